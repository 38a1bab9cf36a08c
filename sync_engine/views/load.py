"""How much people have to do, week by week, against what they can take on.

Effort counts in the week in which it is due; what is overdue counts in this one. That is how the
fact `load` counts, too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

import sqlalchemy as sa

from sync_engine.rules.calendars import Moment
from sync_engine.rules.joins import CONNECTION, LEAVE, PERSON
from sync_engine.rules.person_facts import FULL_TIME_MINUTES
from sync_engine.rules.sources import ConnectionInfo
from sync_engine.workload import ACCOUNT, OF_ACCOUNT, OF_WEEK, WEEK, monday_of

WEEKS = 6
DAYS = 7
FULL = 0.85
"""From this share of the capacity on, a week is called full."""

NEEDS = {
    "who is assigned": ("task.assignee_ids",),
    "what is open": ("task.status",),
    "when work is due": ("task.due_on",),
}
"""What a tool must tell, so that its work is counted at all."""

Level = Literal["free", "some", "full", "over", "away", "unknown"]
EFFORT = ("task.remaining_minutes", "task.estimate_minutes")


@dataclass(frozen=True, slots=True)
class Week:
    """A week of somebody.

    Args:
        capacity: minutes that they can work in it, from today on: without weekends, days off of
            the calendar and leave.
        minutes: effort that is left of what is due by then and says how much it is.
        open: tasks due; `unsized`: those that do not say how much they are.
        leave: working days on which they are away.
    """

    first: date
    last: date
    capacity: int
    minutes: int = 0
    open: int = 0
    unsized: int = 0
    leave: int = 0

    @property
    def share(self) -> float | None:
        """Booked of the capacity; None: nothing can be said, or there is no capacity at all."""
        if self.unsized and not self.minutes:
            return None
        return self.minutes / self.capacity if self.capacity else None

    @property
    def level(self) -> Level:
        """In a word; never colour alone."""
        if self.minutes > self.capacity:
            return "over"
        if not self.capacity:
            return "away"
        if self.share is None:
            return "unknown"
        if self.share >= FULL:
            return "full"
        return "some" if self.open else "free"

    @property
    def strain(self) -> float:
        """What people are ranked by: a share that also knows work without any capacity."""
        if not self.capacity:
            return float("inf") if self.minutes else 0.0
        return self.minutes / self.capacity


@dataclass(frozen=True, slots=True)
class Load:
    """All that somebody has to do.

    Args:
        open, in_progress: across all tools and weeks.
        later, undated: of the open: due after the last week, and without a due date.
        unmapped: tasks whose status nobody has mapped, so they may be open; they are not counted.
    """

    weeks: tuple[Week, ...]
    open: int = 0
    in_progress: int = 0
    later: int = 0
    undated: int = 0
    unmapped: int = 0

    @property
    def peak(self) -> float:
        """The strain of the fullest week."""
        return max((week.strain for week in self.weeks), default=0.0)

    @property
    def over(self) -> int:
        """How many of the weeks are overbooked."""
        return sum(week.level == "over" for week in self.weeks)


def loads(
    connection: sa.Connection, people: Mapping[int, int | None], where: sa.ColumnElement[bool],
    moment: Moment,
) -> dict[int, Load]:  # fmt: skip
    """The load of people.

    Args:
        people: by identity: the minutes that they work in a week; None: nobody has said.
        where: a condition on accounts that finds theirs.
    """
    mondays = [monday_of(moment.today) + timedelta(weeks=n) for n in range(WEEKS)]
    away = _leave(connection, mondays[0], mondays[-1] + timedelta(days=DAYS))
    numbers = _by_week(connection, where, mondays)
    totals = _totals(connection, where)
    working = [_working_days(monday, moment) for monday in mondays]
    normal = max(DAYS - len(moment.calendar.weekend), 1)
    ends = [(monday, monday + timedelta(days=DAYS - 1)) for monday in mondays]
    ends[0] = (moment.today, ends[0][1])
    made = {}
    for id, capacity in people.items():
        weekly = FULL_TIME_MINUTES if capacity is None else capacity
        mine, absent = numbers.get(id, {}), away.get(id, ())
        leave = [_away(days, absent) if absent else 0 for days in working]
        weeks = tuple(
            _week(*ends[n], weekly * (len(working[n]) - leave[n]) // normal, leave[n], mine.get(n))
            for n in range(WEEKS)
        )
        total = totals.get(id)
        if total is None:
            made[id] = Load(weeks)
            continue
        soon = sum(week.open for week in weeks)
        made[id] = Load(
            weeks, total.open, total.in_progress, total.open - total.undated - soon, total.undated,
            total.unmapped,
        )  # fmt: skip
    return made


def silent(tools: Iterable[ConnectionInfo]) -> dict[str, str]:
    """By connection: what its tool cannot tell, so that work there is missing from a load."""
    found = {}
    for tool in tools:
        lacking = [what for what, needs in NEEDS.items() if not tool.has(needs)]
        if not any(tool.has((each,)) for each in EFFORT):
            lacking.append("how much work it is")
        if lacking:
            found[tool.name] = ", ".join(lacking)
    return found


UNCOUNTED = ("who is assigned", "what is open")


def counts_nothing(what: str) -> bool:
    """Whether no work is counted where a tool cannot tell this (see `silent`)."""
    return any(each in what.split(", ") for each in UNCOUNTED)


def _week(
    first: date, last: date, capacity: int, leave: int, row: Any
) -> Week:  # fmt: skip
    if row is None:
        return Week(first, last, capacity, leave=leave)
    return Week(first, last, capacity, row.minutes, row.open, row.unsized, leave)


def _away(working: Sequence[date], absent: Sequence[tuple[date, date]]) -> int:
    return sum(any(first <= day <= last for first, last in absent) for day in working)


def _working_days(monday: date, moment: Moment) -> list[date]:
    """Those of a week that are not yet over."""
    days = [monday + timedelta(days=n) for n in range(DAYS)]
    before = timedelta(days=1)
    return [d for d in days if d >= moment.today and moment.calendar.age(d - before, d)]


def _by_week(
    connection: sa.Connection, where: sa.ColumnElement[bool], mondays: Sequence[date]
) -> dict[int, dict[int, Any]]:
    """By identity: the numbers of each week; 0 is this one with all before."""
    week = sa.case(
        *((WEEK.c.monday == monday, n) for n, monday in enumerate(mondays) if n), else_=0
    )
    told = _told(WEEK, where, week.label("week"), *(WEEK.c[name] for name in OF_WEEK))
    held = told.where(WEEK.c.monday <= mondays[-1]).subquery()
    rows = connection.execute(
        sa.select(held.c.identity_id, held.c.week, *_sums(held, OF_WEEK)).group_by(
            held.c.identity_id, held.c.week
        )
    )
    found: dict[int, dict[int, Any]] = defaultdict(dict)
    for row in rows:
        found[row.identity_id][row.week] = row
    return found


def _totals(connection: sa.Connection, where: sa.ColumnElement[bool]) -> dict[int, Any]:
    """By identity: the numbers of all their accounts."""
    held = _told(ACCOUNT, where, *(ACCOUNT.c[name] for name in OF_ACCOUNT)).subquery()
    rows = connection.execute(
        sa.select(held.c.identity_id, *_sums(held, OF_ACCOUNT)).group_by(held.c.identity_id)
    )
    return {row.identity_id: row for row in rows}


def _told(of: sa.Table, where: sa.ColumnElement[bool], *columns: Any) -> sa.Select[Any]:
    """What is kept of people's accounts, account by account."""
    on = sa.and_(of.c.connection_id == PERSON.c.connection_id, of.c.person_id == PERSON.c.id)
    return (
        sa.select(PERSON.c.identity_id, *columns)
        .select_from(PERSON.join(of, on).join(CONNECTION, _configured()))
        .where(PERSON.c.gone_at.is_(None), PERSON.c.identity_id.is_not(None), where)
    )


def _sums(held: sa.Subquery, names: Iterable[str]) -> list[Any]:
    return [sa.func.sum(held.c[name], type_=sa.Integer()).label(name) for name in names]


def _configured() -> sa.ColumnElement[bool]:
    return sa.and_(
        CONNECTION.c.id == PERSON.c.connection_id, CONNECTION.c.removed_at.is_(None)
    )  # fmt: skip


def _leave(
    connection: sa.Connection, first: date, last: date
) -> dict[int, list[tuple[date, date]]]:
    found: dict[int, list[tuple[date, date]]] = defaultdict(list)
    rows = connection.execute(
        sa.select(LEAVE).where(LEAVE.c.last_on >= first, LEAVE.c.first_on <= last)
    )
    for row in rows:
        found[row.identity_id].append((row.first_on, row.last_on))
    return found
