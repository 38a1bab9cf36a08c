"""What baselines there are, for lists."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from sync_engine.baselines.capture import BASELINE
from sync_engine.rules.joins import CONNECTION, PROJECT

COLUMNS = (
    "id", "connection", "project_id", "project", "name", "reason", "standing", "taken_at",
    "taken_by", "day", "start_on", "due_on", "last_due_on", "tasks", "removed_at", "removed_by",
)  # fmt: skip


def listed(
    connection: sa.Connection, project: tuple[int, str] | None = None, *, removed: bool = False
) -> list[dict[str, Any]]:
    """The baselines, those of one project together, the first first.

    `standing` is "first", "current", "first and current", "earlier" or "removed".

    Args:
        project: of this one only: its connection's id, and its own.
        removed: those that were removed too.
    """
    named = sa.and_(
        PROJECT.c.connection_id == BASELINE.c.connection_id, PROJECT.c.id == BASELINE.c.project_id
    )
    statement = (
        sa.select(
            BASELINE,
            CONNECTION.c.name.label("connection"),
            sa.func.coalesce(PROJECT.c.name, BASELINE.c.project_id).label("project"),
        )
        .select_from(
            BASELINE.join(CONNECTION, CONNECTION.c.id == BASELINE.c.connection_id).outerjoin(
                PROJECT, named
            )
        )
        .order_by(CONNECTION.c.name, BASELINE.c.project_id, BASELINE.c.id)
    )
    if project is not None:
        statement = statement.where(
            BASELINE.c.connection_id == project[0], BASELINE.c.project_id == project[1]
        )
    rows = [dict(row) for row in connection.execute(statement).mappings()]
    first: dict[tuple[int, str], int] = {}
    current: dict[tuple[int, str], int] = {}
    for row in rows:
        if row["removed_at"] is None:
            key = (row["connection_id"], row["project_id"])
            first.setdefault(key, row["id"])
            current[key] = row["id"]
    found = []
    for row in rows:
        key = (row["connection_id"], row["project_id"])
        row["standing"] = _standing(row, first.get(key), current.get(key))
        if removed or row["removed_at"] is None:
            found.append({name: row[name] for name in COLUMNS})
    return found


def _standing(row: dict[str, Any], first: int | None, current: int | None) -> str:
    if row["removed_at"] is not None:
        return "removed"
    names = {first: "first"}
    names[current] = "first and current" if current == first else "current"
    return names.get(row["id"], "earlier")
