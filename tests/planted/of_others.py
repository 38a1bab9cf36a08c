"""Likewise the facts of projects, milestones, sprints, people, dependencies and approvals."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from tests.planted import of_agreed
from tests.planted.index import Index
from tests.planted.of_tasks import (
    UNKNOWN,
    Derived,
    count,
    is_ended,
    is_open,
    key,
    last,
    unmapped,
)
from tests.planted.portfolio import Row

DAY = timedelta(days=1)
RESULTS = (
    "dependencies", "open_activities", "undated_activities", "open_ends_share", "leads",
    "lags_share", "finish_to_start_share", "high_float_share", "negative_float", "invalid_dates",
    "unresourced", "critical_path_test", "cpli", "dependency_cycles", "dependency_conflicts",
    "forecast_finish", "high_duration_share", "missed_share", "bei",
)  # fmt: skip


def _work(index: Index, row: Row) -> list[Row]:
    return index.in_project.get(key(row), [])


def _result(name: str) -> Derived:
    def value(index: Index, row: Row) -> Any:
        held = index.results.get(key(row))
        return UNKNOWN if held is None or held.day != index.days.today else getattr(held, name)

    return value


def _urgent(index: Index, row: Row) -> Any:
    if any(unmapped(t) for t in _work(index, row)):
        return UNKNOWN
    ranked = [t for t in _work(index, row) if is_open(t) and t.priority is not None]
    return sum(t.priority == 1 for t in ranked) * 100.0 / len(ranked) if ranked else None


def _finished(index: Index, row: Row) -> list[Row]:
    return [
        t for t in _work(index, row)
        if t.status == "done" and t.estimate_minutes and t.spent_minutes and not index.is_whole(t)
    ]  # fmt: skip


def _health(index: Index, row: Row) -> str | None:
    reports = index.reports.get(key(row), [])
    newest = last(r.at for r in reports)
    told = [r.health for r in reports if r.at == newest and r.health is not None]
    return min(told, default=None)


def _crowded(index: Index, row: Row) -> int:
    over = 0
    for column in index.columns.get(key(row), ()):
        here = [
            t for t in _work(index, row)
            if t.status_label in column.status_labels and t.type != "subtask" and not t.archived
        ]  # fmt: skip
        over += column.wip_max is not None and len(here) > column.wip_max
    return over


def _overdue(index: Index, row: Row) -> Any:
    today = index.days.today
    return count(
        _work(index, row), untold=unmapped,
        holds=lambda t: is_open(t) and t.due_on is not None and t.due_on < today,
    )  # fmt: skip


PROJECT: dict[str, Derived] = {
    "owner": lambda _, r: r.owner_id,
    "open_tasks": lambda x, r: count(_work(x, r), untold=unmapped, holds=is_open),
    "overdue_tasks": _overdue,
    "top_priority_share": _urgent,
    "done_estimate": lambda x, r: sum(t.estimate_minutes for t in _finished(x, r)),
    "done_spent": lambda x, r: sum(t.spent_minutes for t in _finished(x, r)),
    "columns_over_limit": _crowded,
    "last_activity": lambda x, r: last((r.updated_at, *(t.updated_at for t in _work(x, r)))),
    "last_report": lambda x, r: last(u.at for u in x.reports.get(key(r), ())),
    "health": _health,
    **{name: _result(name) for name in RESULTS},
    **of_agreed.PROJECT,
}


def _done_share(index: Index, row: Row) -> Any:
    tasks = index.in_milestone.get(key(row), [])
    ended = count(tasks, untold=unmapped, holds=is_ended)
    return ended if ended is UNKNOWN or not tasks else ended * 100.0 / len(tasks)


MILESTONE: dict[str, Derived] = {
    "total_tasks": lambda x, r: len(x.in_milestone.get(key(r), ())),
    "done_share": lambda x, r: _done_share(x, r) if x.in_milestone.get(key(r)) else None,
    **of_agreed.MILESTONE,
}


def _planned(index: Index, row: Row) -> list[Row]:
    stays = [s for s in index.stayed.get(key(row), ()) if s.kind == "sprint" and s.gone_at is None]
    return [index.tasks[s.connection_id, s.task_id] for s in stays]


def _unsized(task: Row) -> bool:
    nothing = task.estimate_minutes is None and task.points is None
    return is_open(task) and task.type != "subtask" and nothing


def _parallel(index: Index, row: Row) -> Any:
    if None in (row.board_id, row.start_at, row.end_at):
        return UNKNOWN
    others = [
        s for s in index.all("sprint")
        if s.connection_id == row.connection_id and s.board_id == row.board_id
        and s.id != row.id and s.state == "active"
        and (s.start_at is None or s.start_at < row.end_at)
        and (s.end_at is None or s.end_at > row.start_at)
    ]  # fmt: skip
    undated = any(None in (s.start_at, s.end_at) for s in others)
    return UNKNOWN if undated else len(others)


def _added(index: Index, row: Row) -> Any:
    if row.start_at is None or row.seen_at > row.start_at:
        return UNKNOWN
    stays = [s for s in index.stayed.get(key(row), ()) if s.kind == "sprint"]
    stays = [s for s in stays if s.gone_at is None or s.gone_at > row.start_at]
    later = sum(s.seen_at - row.start_at > DAY for s in stays)
    planned = len(stays) - later
    return later * 100.0 / planned if planned else None


def _length(_: Index, row: Row) -> float | None:
    if None in (row.start_at, row.end_at):
        return None
    return float((row.end_at - row.start_at) / DAY)


SPRINT: dict[str, Derived] = {
    "goal": lambda _, r: UNKNOWN if r.goal is None else r.goal or None,
    "length": _length,
    "open_tasks": lambda x, r: count(_planned(x, r), untold=unmapped, holds=is_open),
    "unestimated_tasks": lambda x, r: count(_planned(x, r), untold=unmapped, holds=_unsized),
    "unowned_tasks": lambda x, r: count(
        _planned(x, r), untold=unmapped, holds=lambda t: is_open(t) and t.owner_id is None
    ),
    "parallel_sprints": _parallel,
    "added_share": _added,
    **of_agreed.SPRINT,
}


def _load(index: Index, row: Row) -> list[Row]:
    accounts = index.of_identity.get(row.id, [])
    given = [g for a in accounts for g in index.given.get((a.connection_id, a.id), ())]
    keys = {(g.connection_id, g.task_id) for g in given}
    tasks = [index.tasks[each] for each in sorted(keys)]
    return [t for t in tasks if not is_ended(t) and t.type != "epic"]


def _told(index: Index, row: Row, *needs: str) -> bool:
    accounts = index.of_identity.get(row.id, [])
    return all(index.places[a.connection_id].has(needs) for a in accounts)


def _loaded(needs: tuple[str, ...], holds: Callable[[Row], bool]) -> Derived:
    every = ("task.assignee_ids", "task.status", *needs)
    return lambda x, r: (
        count(_load(x, r), untold=unmapped, holds=holds) if _told(x, r, *every) else UNKNOWN
    )


def _active(index: Index, row: Row) -> Any:
    told = [a.active for a in index.of_identity.get(row.id, ())]
    return True if True in told else UNKNOWN if None in told else False


def _remaining(task: Row) -> int:
    if task.remaining_minutes is not None:
        return int(task.remaining_minutes)
    if task.estimate_minutes is None:
        return 0
    return max(int(task.estimate_minutes) - (task.spent_minutes or 0), 0)


def _effort(index: Index, row: Row) -> Any:
    if not _told(index, row, "task.assignee_ids", "task.status", "task.due_on"):
        return UNKNOWN
    last_day = index.days.today + timedelta(days=6)
    due = [
        t for t in _load(index, row)
        if t.due_on is not None and t.due_on <= last_day and not index.is_whole(t)
    ]  # fmt: skip
    if any(unmapped(t) for t in due):
        return UNKNOWN
    return sum(_remaining(t) // max(len(t.assignee_ids), 1) for t in due)


def _capacity(index: Index, row: Row) -> int:
    days = index.days
    week = [days.today + DAY * n for n in range(7)]
    away = [(v.first_on, v.last_on) for v in index.all("leave") if v.identity_id == row.id]
    there = [
        d for d in week if days.works(d) and not any(a <= d <= b for a, b in away)
    ]  # fmt: skip
    weekly = row.capacity_minutes if row.capacity_minutes is not None else 2400
    return int(weekly * len(there) // (7 - len(days.weekend)))


PERSON: dict[str, Derived] = {
    "work_in_progress": _loaded((), lambda t: t.status == "in_progress"),
    "open_tasks": _loaded((), is_open),
    "active": _active,
    "effort_due": _effort,
    "capacity": _capacity,
}


def ends(index: Index, link: Row) -> tuple[Row | None, Row | None]:
    """The task that is waited for and the one that waits; None: in no tool that we read."""
    return _end(index, link, link.from_id), _end(index, link, link.to_id)


def _end(index: Index, link: Row, name: str) -> Row | None:
    here = index.tasks.get((link.connection_id, name))
    if here is not None:
        return here
    far = [t for t in index.named.get(name, ()) if t.connection_id != link.connection_id]
    return far[0] if len(far) == 1 else None


def _of_end(side: int, column: str, need: str) -> Derived:
    def value(index: Index, row: Row) -> Any:
        task = ends(index, row)[side]
        if task is None or not index.places[task.connection_id].has((need,)):
            return UNKNOWN
        return getattr(task, column)

    return value


def _both(index: Index, row: Row, need: str) -> tuple[Row, Row] | None:
    first, second = ends(index, row)
    if first is None or second is None:
        return None
    told = all(index.places[t.connection_id].has((need,)) for t in (first, second))
    return (first, second) if told else None


def _apart(index: Index, row: Row) -> Any:
    found = _both(index, row, "task.project_id")
    if found is None:
        return UNKNOWN
    first, second = found
    return (first.connection_id, first.project_id) != (second.connection_id, second.project_id)


def _kind(row: Row) -> str:
    """The ends that a link ties, in two letters: FS where nobody says."""
    words = "".join(c for c in (row.type_label or "").lower() if c.isalpha()).replace("gantt", "")
    ends = words.replace("finish", "f").replace("end", "f").replace("start", "s").replace("to", "")
    return ends if ends in ("ss", "ff", "sf") else "fs"


def _conflict(index: Index, row: Row) -> Any:
    found = _both(index, row, "task.due_on")
    if found is None:
        return UNKNOWN
    (first, second), lead, kind = found, (row.lag_minutes or 0) < 0, _kind(row)
    begun = first.started_at if first.status == "in_progress" else None
    begins = first.start_on if begun is None else index.days.day_of(begun)
    bound = begins if kind[0] == "s" else first.due_on
    if bound is None:
        return UNKNOWN
    due_early = second.due_on is not None and second.due_on < bound
    early = kind[1] == "s" and second.start_on is not None and second.start_on < bound
    if (due_early and (not lead or kind == "fs")) or (early and not lead):
        return True
    if lead and kind != "fs" and (due_early or early):
        return UNKNOWN
    told = second.due_on is not None or (kind[1] == "s" and not lead and second.start_on)
    return False if told else UNKNOWN


def _unmet(index: Index, row: Row) -> Any:
    status = _of_end(0, "status", "task.status")(index, row)
    if status in (UNKNOWN, None):
        return UNKNOWN
    return status in (("todo",) if _kind(row)[0] == "s" else ("todo", "in_progress"))


def _mutual(index: Index, row: Row) -> bool:
    back = index.waits_for.get((row.connection_id, row.from_id), ())
    return any(b.from_id == row.to_id and b.type in ("blocks", "precedes") for b in back)


DEPENDENCY: dict[str, Derived] = {
    "cross_project": _apart,
    "date_conflict": _conflict,
    "unmet": _unmet,
    "mutual": _mutual,
    **{
        f"{side}_{fact}": _of_end(number, column, f"task.{need}")
        for number, side in enumerate(("predecessor", "successor"))
        for fact, column, need in (
            ("status", "status", "status"), ("start", "start_on", "start_on"),
            ("due", "due_on", "due_on"), ("owner", "owner_id", "assignee_ids"),
        )
    },
}  # fmt: skip


def _task(index: Index, row: Row) -> Row:
    return index.tasks[row.connection_id, row.task_id]


def _own(index: Index, row: Row) -> Any:
    reporter = _task(index, row).reporter_id
    if not reporter or not row.approver_ids:
        return UNKNOWN
    accounts = [index.accounts.get((row.connection_id, id)) for id in row.approver_ids]
    asks = index.accounts.get((row.connection_id, reporter))
    human = None if asks is None else asks.identity_id
    same = human is not None and any(a is not None and a.identity_id == human for a in accounts)
    if reporter in row.approver_ids or same:
        return True
    return UNKNOWN if any(a is not None and a.kind == "group" for a in accounts) else False


APPROVAL: dict[str, Derived] = {
    "type": lambda x, r: _task(x, r).type,
    "status": lambda x, r: _task(x, r).status,
    "waiting_since": lambda _, r: r.asked_at if r.decision == "pending" else None,
    "requester_approves": _own,
}
