"""History where the tool keeps none: the differences that we saw ourselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from connectors.sdk.records import Change, Task
from sync_engine.store.models import ChangeRow, TaskRow

CHUNK = 500
TRACKED = (
    "status", "due_on", "start_on", "assignee_ids", "priority", "estimate_minutes", "points",
    "parent_id", "project_id", "milestone_id", "blocked",
)  # fmt: skip
"""Fields of a task whose history is kept."""

_task = TaskRow.__table__  # type: ignore[attr-defined]
_change = ChangeRow.__table__  # type: ignore[attr-defined]


def comparable(value: Any) -> str | None:
    """A value as `Change` holds it; empty is None."""
    if value is None or value in ((), []):
        return None
    if isinstance(value, (list, tuple)):
        return ",".join(str(each) for each in value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def differences(
    connection: sa.Connection,
    connection_id: int,
    tasks: Mapping[str, Task],
    fields: frozenset[str],
    *,
    at: datetime,
    day: Callable[[Any], date | None],
) -> list[Change]:
    """What the new tasks say otherwise than the stored ones, for `fields`."""
    names = [name for name in TRACKED if name in fields]
    if not names or not tasks:
        return []
    found = []
    ids = list(tasks)
    for start in range(0, len(ids), CHUNK):
        rows = connection.execute(
            sa.select(_task.c.id, _task.c.status_label, *(_task.c[name] for name in names))
            .where(_task.c.connection_id == connection_id)
            .where(_task.c.id.in_(ids[start : start + CHUNK]))
        )
        for row in rows.mappings():
            found += _of_task(dict(row), tasks[row["id"]], names, at, day)
    return found


def _of_task(
    row: Mapping[str, Any],
    task: Task,
    names: Sequence[str],
    at: datetime,
    day: Callable[[Any], date | None],
) -> list[Change]:
    found = []
    for name in names:
        value = getattr(task, name)
        old = comparable(row[name])
        new = comparable(day(value) if name in ("due_on", "start_on") else value)
        if old == new:
            continue
        is_status = name == "status"
        found.append(
            Change(
                id=f"observed:{task.id}:{name}:{at.timestamp():.6f}",
                task_id=task.id,
                at=at,
                field=name,
                old=old,
                new=new,
                old_label=row["status_label"] if is_status else None,
                new_label=task.status_label if is_status else None,
            )
        )
    return found


def write(
    connection: sa.Connection,
    connection_id: int,
    run_id: int,
    changes: Sequence[Change],
    *,
    at: datetime,
) -> None:
    """Add observed changes to the history."""
    if not changes:
        return
    connection.execute(
        sa.insert(_change),
        [
            {
                "connection_id": connection_id,
                "id": change.id,
                "item_id": change.task_id,
                "run_id": run_id,
                "hash": b"",
                "seen_at": at,
                "written_at": at,
                "task_id": change.task_id,
                "at": change.at,
                "field": change.field,
                "old": change.old,
                "new": change.new,
                "old_label": change.old_label,
                "new_label": change.new_label,
                "observed": True,
            }
            for change in changes
        ],
    )
