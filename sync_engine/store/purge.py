"""Deleting all that was read of a connection, for good."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from sqlmodel import SQLModel

from sync_engine.store.flag_models import FlagEvent, FlagRow, Waiver
from sync_engine.store.models import Connection

_connection: sa.Table = Connection.__table__  # type: ignore[attr-defined]
_flag: sa.Table = FlagRow.__table__  # type: ignore[attr-defined]
_event: sa.Table = FlagEvent.__table__  # type: ignore[attr-defined]
_waiver: sa.Table = Waiver.__table__  # type: ignore[attr-defined]


def connection(store: sa.Connection, name: str) -> Mapping[str, int] | None:
    """Delete a connection with its records, runs and flags; the rows by table. None: there is
    none of this name."""
    id = store.execute(
        sa.select(_connection.c.id).where(_connection.c.name == name).with_for_update()
    ).scalar_one_or_none()
    if id is None:
        return None
    deleted: dict[str, int] = {}
    flags = sa.select(_flag.c.id).where(_flag.c.connection_id == id)
    for table in (_event, _waiver):
        deleted[table.name] = store.execute(
            sa.delete(table).where(table.c.flag_id.in_(flags))
        ).rowcount
    for table in reversed(SQLModel.metadata.sorted_tables):
        if "connection_id" in table.c:
            done = store.execute(sa.delete(table).where(table.c.connection_id == id))
            deleted[table.name] = done.rowcount
    store.execute(sa.delete(_connection).where(_connection.c.id == id))
    return {table: count for table, count in deleted.items() if count}
