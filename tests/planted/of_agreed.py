"""Likewise the facts that compare with what was agreed: baselines, and what sprints began with."""

from __future__ import annotations

from typing import Any

from tests.planted.index import Index
from tests.planted.of_tasks import UNKNOWN, Derived, key
from tests.planted.portfolio import Row


def _current(index: Index, connection_id: int, project_id: str | None) -> Row | None:
    """The latest baseline of a project that was not removed."""
    kept = index.baselines.get((connection_id, project_id), ())
    standing = [b for b in kept if b.removed_at is None]
    return max(standing, key=lambda b: b.id, default=None)


def _stone(index: Index, row: Row) -> tuple[Row | None, Row | None]:
    """A milestone's current baseline, and the milestone in it."""
    current = _current(index, row.connection_id, row.project_id)
    if current is None:
        return None, None
    planned = index.planned_stones.get(current.id, ())
    return current, next((s for s in planned if s.milestone_id == row.id), None)


def _baseline_due(index: Index, row: Row) -> Any:
    current, planned = _stone(index, row)
    return UNKNOWN if current is None else getattr(planned, "due_on", None)


def _slip(index: Index, row: Row) -> Any:
    current, planned = _stone(index, row)
    if current is None:
        return UNKNOWN
    if planned is None or None in (planned.due_on, row.due_on):
        return None
    first, second = sorted((planned.due_on, row.due_on))
    days = index.days.between(first, second, "working days")
    return days if row.due_on > planned.due_on else -days


MILESTONE: dict[str, Derived] = {"baseline_due": _baseline_due, "slip": _slip}


def _plan(index: Index, row: Row) -> list[tuple[Row, Row | None]] | None:
    """The tasks of a project's current baseline, each with what it is now."""
    current = _current(index, *key(row))
    if current is None:
        return None
    planned = index.planned.get(current.id, ())
    return [(each, index.tasks.get((row.connection_id, each.task_id))) for each in planned]


def _tasks_then(index: Index, row: Row) -> Any:
    current = _current(index, *key(row))
    return UNKNOWN if current is None else current.tasks


def _growth(index: Index, row: Row) -> Any:
    plan, then = _plan(index, row), _tasks_then(index, row)
    if plan is None:
        return UNKNOWN
    here = [t for t in index.in_project.get(key(row), ()) if t.type != "subtask"]
    lost = any(
        task is None or (task.status is None and task.project_id == row.id)
        for planned, task in plan
        if planned.type != "subtask"
    )
    if lost or any(t.status is None for t in here):
        return UNKNOWN
    now = sum(t.status != "cancelled" for t in here)
    return (now - then) * 100.0 / then if then else None


def _valued(index: Index, row: Row) -> list[tuple[Row, Row | None]] | None:
    """What of the plan has a value, if anybody can say what became of it."""
    plan = _plan(index, row)
    if plan is None:
        return None
    valued = [(p, task) for p, task in plan if p.due_on is not None and not p.whole]
    return None if any(task is None or task.status is None for _, task in valued) else valued


def _done(task: Row | None) -> bool:
    return task is not None and task.status == "done"


def _by_count(index: Index, row: Row) -> Any:
    valued = _valued(index, row)
    if valued is None:
        return UNKNOWN
    due = sum(p.due_on < index.days.today for p, _ in valued)
    return sum(_done(task) for _, task in valued) / due if due else None


def _by_effort(index: Index, row: Row) -> Any:
    valued = _valued(index, row)
    if valued is None or any(p.estimate_minutes is None for p, _ in valued):
        return UNKNOWN
    due = sum(p.estimate_minutes for p, _ in valued if p.due_on < index.days.today)
    return sum(p.estimate_minutes for p, task in valued if _done(task)) / due if due else None


def _begun(index: Index, row: Row) -> Any:
    told = [t.status for t in index.in_project.get(key(row), ())]
    return UNKNOWN if None in told else sum(s in ("in_progress", "done") for s in told)


PROJECT: dict[str, Derived] = {
    "begun_tasks": _begun,
    "has_baseline": lambda x, r: _current(x, *key(r)) is not None,
    "baseline_tasks": _tasks_then,
    "scope_growth": _growth,
    "spi": _by_effort,
    "spi_by_count": _by_count,
    "total_tasks": lambda x, r: len(x.in_project.get(key(r), ())),
}


def _committed(index: Index, row: Row) -> Any:
    return len(index.committed.get(key(row), ())) if key(row) in index.commitments else UNKNOWN


def _delivered(index: Index, row: Row) -> Any:
    if key(row) not in index.commitments:
        return UNKNOWN
    closed = (row.completed_at or row.end_at) if row.state == "closed" else None
    done = 0
    began_with = index.committed.get(key(row), ())
    for each in began_with:
        task = index.tasks.get((row.connection_id, each.task_id))
        if task is None or task.status is None:
            return UNKNOWN
        if task.status == "done" and closed is not None and task.completed_at is None:
            return UNKNOWN
        done += task.status == "done" and (closed is None or task.completed_at <= closed)
    return done * 100.0 / len(began_with) if began_with else None


SPRINT: dict[str, Derived] = {"committed_tasks": _committed, "committed_done_share": _delivered}
