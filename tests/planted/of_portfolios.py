"""Likewise the facts of portfolios: projects of any tool under one name."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.planted.index import OPEN, Index
from tests.planted.of_tasks import UNKNOWN, Derived, count, is_open, key, last, unmapped
from tests.planted.portfolio import Row
from tests.rules.reading import low

RECENT = timedelta(days=30)


def portfolios(index: Index) -> list[Row]:
    """One row a portfolio, with its projects."""
    found: dict[str, list[tuple[str, Row]]] = {}
    for project in index.all("project"):
        if name := _name(index, project):
            found.setdefault(low(name), []).append((name, project))
    return [
        Row(connection_id=0, id=id, name=min(name for name, _ in named),
            members=[project for _, project in named])
        for id, named in found.items()
    ]  # fmt: skip


def _name(index: Index, project: Row) -> str | None:
    """What its field says, else the project that it is part of."""
    for entry in project.custom or ():
        if low(entry["name"]) == "portfolio" and entry["value"]:
            return str(entry["value"])
    parent = index.projects.get((project.connection_id, project.parent_id))
    return None if parent is None else str(parent.name)


def _work(index: Index, row: Row) -> list[Row]:
    return [task for each in row.members for task in index.in_project.get(key(each), ())]


def _overdue_share(index: Index, row: Row) -> Any:
    tasks, today = _work(index, row), index.days.today
    if any(t.status is None for t in tasks):
        return UNKNOWN
    due = [t.due_on for t in tasks if t.status in OPEN]
    return sum(d is not None and d < today for d in due) * 100.0 / len(due) if due else None


def _active(row: Row) -> list[Row]:
    return [p for p in row.members if p.state == "active"]


def _recent(index: Index, project: Row) -> list[Row]:
    """Its last report, if that is recent; several of one instant."""
    reports = index.reports.get(key(project), [])
    newest = last(r.at for r in reports)
    since = index.days.now - RECENT
    return [r for r in reports if r.at == newest] if newest is not None and newest >= since else []


def _rated(index: Index, row: Row) -> list[str]:
    told = [[r.health for r in _recent(index, p) if r.health is not None] for p in _active(row)]
    return [min(healths) for healths in told if healths]


def _off_track_share(index: Index, row: Row) -> float | None:
    rated = _rated(index, row)
    return rated.count("off_track") * 100.0 / len(rated) if rated else None


PORTFOLIO: dict[str, Derived] = {
    "active_projects": lambda _, r: len(_active(r)),
    "open_tasks": lambda x, r: count(_work(x, r), untold=unmapped, holds=is_open),
    "overdue_share": _overdue_share,
    "off_track_projects": lambda x, r: _rated(x, r).count("off_track"),
    "off_track_share": _off_track_share,
    "unreported_projects": lambda x, r: sum(not _recent(x, p) for p in _active(r)),
}
