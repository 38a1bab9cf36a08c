"""What is kept of our own comments in the tools."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from connectors.sdk.records import Task
from sync_engine.admin_map import AdminMapping
from sync_engine.store.engine import reading
from sync_engine.store.lease import Lease, fence
from sync_engine.store.rows import table_of
from sync_engine.store.writeback_models import WritebackRow

_row = WritebackRow.__table__  # type: ignore[attr-defined]
_task = table_of(Task)


def of_connection(engine: sa.Engine, connection_id: int) -> dict[str, Any]:
    """The rows of a connection, by the flag's fingerprint."""
    with reading(engine) as store:
        rows = store.execute(sa.select(_row).where(_row.c.connection_id == connection_id)).all()
    return {row.fingerprint: row for row in rows}


def touches(
    engine: sa.Engine, connection_id: int, task_id: str | None = None
) -> dict[str, dict[datetime, datetime]]:
    """By task: when our own comments were its last update, and what it was before each."""
    chosen = sa.select(_row.c.task_id, _row.c.touched_at, _row.c.before_at).where(
        _row.c.connection_id == connection_id,
        _row.c.touched_at.is_not(None),
        _row.c.before_at.is_not(None),
    )
    if task_id is not None:
        chosen = chosen.where(_row.c.task_id == task_id)
    found: dict[str, dict[datetime, datetime]] = {}
    with reading(engine) as store:
        for task, touched, before in store.execute(chosen):
            found.setdefault(task, {})[touched] = before
    return found


def remembered(engine: sa.Engine, connection_id: int, mapping: AdminMapping) -> AdminMapping:
    """The mapping, with what our own comments did to the tasks' `updated_at`."""
    found = touches(engine, connection_id)
    return replace(mapping, touched=found) if found else mapping


def keep(engine: sa.Engine, lease: Lease, fingerprint: str, values: Mapping[str, Any]) -> None:
    """Write the row of a flag, under the lease.

    Raises:
        LeaseLostError: another worker has taken over; nothing was written.
    """
    with engine.begin() as store:
        fence(store, lease)
        done = store.execute(
            sa.update(_row).where(_row.c.fingerprint == fingerprint).values(**values)
        )
        if done.rowcount == 0:
            store.execute(
                sa.insert(_row).values(
                    fingerprint=fingerprint, connection_id=lease.connection_id, **values
                )
            )
        if values.get("touched_at") is not None and values.get("before_at") is not None:
            # Where the tool was read before we knew that its last update was ours.
            store.execute(
                sa.update(_task)
                .where(_task.c.connection_id == lease.connection_id)
                .where(_task.c.id == values["task_id"])
                .where(_task.c.updated_at == values["touched_at"])
                .values(updated_at=values["before_at"])
            )
