"""Deleting all that was read of a connection, for good."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import sqlalchemy as sa

from sync_engine.store import told
from sync_engine.store.flag_models import AssessmentRow
from sync_engine.store.models import Connection
from sync_engine.store.tables import METADATA

_connection: sa.Table = Connection.__table__  # type: ignore[attr-defined]
_assessment: sa.Table = AssessmentRow.__table__  # type: ignore[attr-defined]


def connection(store: sa.Connection, name: str) -> Mapping[str, int] | None:
    """Delete a connection with its records, runs and flags, and all that refers to these; the
    rows by table. None: there is none of this name."""
    id = store.execute(
        sa.select(_connection.c.id).where(_connection.c.name == name).with_for_update()
    ).scalar_one_or_none()
    if id is None:
        return None
    deleted: dict[str, int] = {}
    doomed = of_connection(id)
    for table in reversed(doomed):
        count = store.execute(sa.delete(table).where(doomed[table])).rowcount
        if table is not _connection:
            deleted[table.name] = count
    _forget_what_was_seen(store, id)
    told.forget_deleted(store)
    return {table: count for table, count in deleted.items() if count}


def _forget_what_was_seen(store: sa.Connection, id: int) -> None:
    """SQLite gives the number of the last connection, and those of its runs, to the next one, of
    which nothing has been looked at."""
    last = store.execute(
        sa.select(_assessment.c.id, _assessment.c.runs).order_by(_assessment.c.id.desc()).limit(1)
    ).first()
    if last is not None and str(id) in (last.runs or {}):
        seen = {key: run for key, run in last.runs.items() if key != str(id)}
        mine = _assessment.c.id == last.id
        store.execute(sa.update(_assessment).where(mine).values(runs=seen))


def of_connection(id: int) -> dict[sa.Table, sa.ColumnElement[bool]]:
    """The tables with rows of a connection, each with which they are; what refers to another
    table's rows stands behind it."""
    doomed: dict[sa.Table, sa.ColumnElement[bool]] = {}
    for table in METADATA.sorted_tables:
        if table is _connection:
            doomed[table] = table.c.id == id
        elif "connection_id" in table.c:
            doomed[table] = table.c.connection_id == id
        elif referring := list(_referring(table, doomed)):
            doomed[table] = sa.or_(*referring)
    return doomed


def _referring(
    table: sa.Table, doomed: Mapping[sa.Table, sa.ColumnElement[bool]]
) -> Iterator[sa.ColumnElement[bool]]:
    for key in table.foreign_keys:
        if key.column.table in doomed:
            yield key.parent.in_(sa.select(key.column).where(doomed[key.column.table]))
