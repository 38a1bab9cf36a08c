"""What the facts of tasks and service requests are, said a second time: from the rows, in plain
Python, by what the catalogue means."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, time, timedelta
from typing import Any

from tests.planted.index import ENDED, OPEN, UNSEEN, Index
from tests.planted.portfolio import Row

Derived = Callable[[Index, Row], Any]


class Unknown:
    """No value can be said."""


UNKNOWN = Unknown()


def key(row: Row) -> tuple[int, str]:
    """A task as groups name it."""
    return row.connection_id, row.id


def count(
    rows: Iterable[Row], *, untold: Callable[[Row], bool], holds: Callable[[Row], bool]
) -> Any:
    """How many rows hold; unknown as soon as one cannot be told."""
    rows = list(rows)
    return UNKNOWN if any(untold(r) for r in rows) else sum(holds(r) for r in rows)


def unmapped(row: Row) -> bool:
    """A status word that nobody has mapped."""
    return row.status is None


def is_open(row: Row) -> bool:
    """Work that is not ended."""
    return row.status in OPEN


def is_ended(row: Row) -> bool:
    """Done or cancelled."""
    return row.status in ENDED


def last(instants: Iterable[datetime | None]) -> datetime | None:
    """The latest, if there is any."""
    return max((each for each in instants if each is not None), default=None)


def booked_at(index: Index, booking: Row) -> datetime:
    """When time was booked: a day alone is that day on the PMO's wall, its noon."""
    if booking.started_at is not None:
        return booking.started_at  # type: ignore[no-any-return]
    return index.days.begins(booking.on) + timedelta(hours=12)


def steps(index: Index, row: Row, field: str) -> list[Row]:
    """A task's history in one field."""
    return [c for c in index.changes.get(key(row), ()) if c.field == field]


def _history(field: str, holds: Callable[[Row], bool]) -> Derived:
    return lambda x, r: sum(holds(c) for c in steps(x, r, field))


def _since(index: Index, row: Row) -> Any:
    found = last(c.at for c in steps(index, row, "status"))
    return UNKNOWN if found is None else found


def _blocked_since(index: Index, row: Row) -> Any:
    if row.blocked is None:
        return UNKNOWN
    found = last(c.at for c in steps(index, row, "blocked") if c.new == "true")
    return None if not row.blocked else UNKNOWN if found is None else found


def _late(index: Index, row: Row) -> int:
    if row.completed_at is None:
        return 0
    limit = row.completed_at + timedelta(hours=14)
    return sum(
        b.minutes for b in index.bookings.get(key(row), ())
        if datetime.combine(b.on, time(), UTC) > limit
    )  # fmt: skip


def _sprints(index: Index, row: Row) -> int:
    stays = [s for s in index.stays.get(key(row), ()) if s.kind == "sprint"]
    begun = [
        index.sprints[s.connection_id, s.container_id] for s in stays
        if (s.connection_id, s.container_id) in index.sprints
    ]  # fmt: skip
    return len({
        s.id for s in begun
        if s.state != "future" and s.start_at is not None and s.start_at <= index.days.now
    })  # fmt: skip


def _owner(index: Index, row: Row) -> Row | None:
    return index.accounts.get((row.connection_id, row.owner_id))


def _parent(index: Index, row: Row) -> Row | None:
    return index.tasks.get((row.connection_id, row.parent_id))


def _milestone(index: Index, row: Row) -> Row | None:
    return index.milestones.get((row.connection_id, row.milestone_id))


def _blockers(index: Index, row: Row) -> list[Row]:
    return [link for link in index.waits_for.get(key(row), ()) if link.type == "blocks"]


def _blocking(index: Index, row: Row) -> list[Row]:
    return [index.tasks.get((b.connection_id, b.from_id), UNSEEN) for b in _blockers(index, row)]


def _same_title(index: Index, row: Row) -> int:
    title = row.title.strip().lower()
    mine = index.titles.get(title, ())
    if row not in mine:
        return 0
    return sum(t.connection_id != row.connection_id for t in mine)


def _moves(holds: Callable[[Row], bool]) -> Derived:
    return _history("due_on", lambda c: c.old is not None and c.new is not None and holds(c))


def _sprint_end(index: Index, row: Row) -> Any:
    stays = [
        s for s in index.stays.get(key(row), ()) if s.kind == "sprint" and s.gone_at is None
    ]  # fmt: skip
    there = [index.sprints.get((s.connection_id, s.container_id)) for s in stays]
    current = [s for s in there if s is not None and s.state != "closed"]
    if any(s.state is None for s in current):
        return UNKNOWN
    end = last(s.end_at for s in current)
    return None if end is None else index.days.day_of(end)


def _in_team(index: Index, row: Row) -> Any:
    project = index.projects.get((row.connection_id, row.project_id))
    members = None if project is None else project.member_ids
    if row.owner_id is None or members is None:
        return UNKNOWN
    if row.owner_id in members:
        return True
    accounts = [index.accounts.get((row.connection_id, id)) for id in members]
    return UNKNOWN if any(a is not None and a.kind == "group" for a in accounts) else False


def _conflicts(index: Index, row: Row) -> Any:
    result = index.results.get((row.connection_id, row.project_id))
    if result is None or result.day != index.days.today:
        return UNKNOWN
    held = index.floats.get(key(row))
    return held.conflicts if held is not None and held.project_id == row.project_id else 0


TASK: dict[str, Derived] = {
    "title_length": lambda _, r: len(r.title.strip()),
    "owner": lambda _, r: r.owner_id,
    "owner_active": lambda x, r: getattr(_owner(x, r), "active", None),
    "owner_in_team": _in_team,
    "owners": lambda _, r: len(r.assignee_ids),
    "parent": lambda _, r: r.parent_id,
    "parent_due": lambda x, r: getattr(_parent(x, r), "due_on", None),
    "milestone": lambda _, r: r.milestone_id,
    "milestone_due": lambda x, r: getattr(_milestone(x, r), "due_on", None),
    "project": lambda _, r: r.project_id,
    "subtask_count": lambda x, r: len(x.parts.get(key(r), ())),
    "open_subtasks": lambda x, r: count(x.parts.get(key(r), ()), untold=unmapped, holds=is_open),
    "last_subtask_done": lambda x, r: last(t.completed_at for t in x.parts.get(key(r), ())),
    "blockers": lambda x, r: len(_blockers(x, r)),
    "open_blockers": lambda x, r: count(_blocking(x, r), untold=unmapped, holds=is_open),
    "open_siblings": lambda x, r: count(x.siblings(r), untold=unmapped, holds=is_open),
    "done_siblings": lambda x, r: count(
        x.siblings(r), untold=unmapped, holds=lambda t: t.status == "done"
    ),
    "same_title_elsewhere": _same_title,
    "sprints": _sprints,
    "sprint_end": _sprint_end,
    "given_approvals": lambda x, r: sum(
        a.decision == "approved" for a in x.approvals.get(key(r), ())
    ),
    "last_comment": lambda x, r: last(c.at for c in x.comments.get(key(r), ())),
    "last_booking": lambda x, r: last(booked_at(x, b) for b in x.bookings.get(key(r), ())),
    "booked_after_completion": _late,
    "effort_used": lambda _, r: (
        r.spent_minutes * 100.0 / r.estimate_minutes
        if r.estimate_minutes and r.spent_minutes is not None else None
    ),
    "last_activity": lambda x, r: last(
        (r.updated_at, *(c.at for c in x.comments.get(key(r), ())),
         *(booked_at(x, b) for b in x.bookings.get(key(r), ())))
    ),
    "status_since": _since,
    "due_pushes": _moves(lambda c: c.new[:10] > c.old[:10]),
    "reopens": _history("status", lambda c: c.old in ENDED and c.new in OPEN),
    "straight_to_done": _history(
        "status", lambda c: c.old == "todo" and c.new == "done" and not c.observed
    ),
    "reassignments": _history(
        "assignee_ids", lambda c: None not in (c.old, c.new) and c.old != c.new
    ),
    "blocked_since": _blocked_since,
    "predecessor_conflicts": _conflicts,
}  # fmt: skip


def _runs(clock: Row) -> bool:
    return clock.stopped_at is None


def _missed(index: Index, clock: Row) -> bool | None:
    """Whether a clock's promise was broken."""
    ticks = _runs(clock) and not clock.paused
    if clock.breached or (
        ticks and clock.breach_at is not None and clock.breach_at <= index.days.now
    ):
        return True
    if clock.breached is False:
        return False
    if clock.breach_at is None:
        return None
    if _runs(clock):
        return False if clock.breach_at > index.days.now else None
    return bool(clock.stopped_at > clock.breach_at)


def _breached(index: Index, row: Row) -> Any:
    told = [_missed(index, clock) for clock in index.clocks.get(key(row), ())]
    return True if True in told else UNKNOWN if None in told or not told else False


def _ahead(index: Index, row: Row) -> list[Row]:
    return [
        c for c in index.clocks.get(key(row), ())
        if _runs(c) and not c.paused and not c.breached
        and c.breach_at is not None and c.breach_at > index.days.now
    ]  # fmt: skip


def _left(index: Index, row: Row) -> float | None:
    shares = []
    for c in _ahead(index, row):
        if c.goal_minutes:
            left = (c.breach_at - index.days.now) / timedelta(minutes=1)
            if c.elapsed_minutes is not None:
                left = c.goal_minutes - c.elapsed_minutes
            shares.append(left * 100.0 / c.goal_minutes)
    return min(shares, default=None)


def _waiting(index: Index, row: Row) -> bool | None:
    running = [c for c in index.clocks.get(key(row), ()) if _runs(c)]
    if running and all(c.paused for c in running):
        return True
    word = row.status_label
    if word is None:
        return None
    words = (
        "pending",
        "on hold",
        "waiting for customer",
        "waiting on customer",
        "awaiting customer",
    )
    return any(each in word.lower() for each in words)


def is_request(index: Index, row: Row) -> bool:
    """Whether a task is one that a service desk answers."""
    named = "incident" in (row.type_label or "").lower()
    return row.type == "request" or named or bool(index.clocks.get(key(row)))


REQUEST: dict[str, Derived] = {
    **TASK,
    "sla_count": lambda x, r: len(x.clocks.get(key(r), ())),
    "sla_running": lambda x, r: sum(_runs(c) for c in x.clocks.get(key(r), ())),
    "sla_breached": _breached,
    "sla_left": _left,
    "next_breach": lambda x, r: min((c.breach_at for c in _ahead(x, r)), default=None),
    "waiting": _waiting,
}
