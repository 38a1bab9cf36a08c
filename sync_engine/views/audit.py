"""The audit log: who changed what, read back a page at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from sync_engine.store.audit_models import AuditRow

PAGE = 50

_audit: sa.Table = AuditRow.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Change:
    """One change. `differences`: by what changed, the value before and after (None: none)."""

    id: int
    at: datetime
    who: str
    via: str
    action: str
    about: str
    differences: tuple[tuple[str, Any, Any], ...]


@dataclass(frozen=True, slots=True)
class Sought:
    """Which changes are shown; "" is no limit. `before`: only those of a lower id."""

    who: str = ""
    action: str = ""
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None


def changes(
    connection: sa.Connection, sought: Sought, most: int = PAGE
) -> tuple[list[Change], int | None]:
    """Changes, the latest first, and the id to go on before; None: that was all."""
    query = sa.select(_audit)
    if sought.who:
        query = query.where(_audit.c.who == sought.who)
    if sought.action:
        query = query.where(_audit.c.action == sought.action)
    if sought.since is not None:
        query = query.where(_audit.c.at >= sought.since)
    if sought.until is not None:
        query = query.where(_audit.c.at < sought.until)
    if sought.before is not None:
        query = query.where(_audit.c.id < sought.before)
    rows = connection.execute(query.order_by(_audit.c.id.desc()).limit(most + 1)).all()
    shown = [_change(row) for row in rows[:most]]
    return shown, shown[-1].id if len(rows) > most else None


def actions(connection: sa.Connection) -> list[str]:
    """Every kind of change that there is: one look-up in the index for each, not one for a row."""
    found: list[str] = []
    while True:
        query = sa.select(sa.func.min(_audit.c.action))
        if found:
            query = query.where(_audit.c.action > found[-1])
        following = connection.execute(query).scalar_one_or_none()
        if following is None:
            return found
        found.append(following)


def _change(row: Any) -> Change:
    before, after = _values(row.before), _values(row.after)
    names = [*before, *(name for name in after if name not in before)]
    differences = tuple((name, before.get(name), after.get(name)) for name in names)
    return Change(row.id, row.at, row.who, row.via, row.action, row.about, differences)


def _values(held: Any) -> Mapping[str, Any]:
    return held if isinstance(held, dict) else {} if held is None else {"value": held}
