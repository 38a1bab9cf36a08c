"""Compliance of all standards together, now and week by week."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from sync_engine.access import Visible
from sync_engine.flags.compliance import COUNTS, OF_PERSON, WHOLE_PROJECT
from sync_engine.flags.ledger import FLAG
from sync_engine.flags.report import ASSESSMENT

WEEKS = 12
STILL_COUNTED = ("stale", "unread", "suspect")
"""Why flags are frozen whose checks are made and counted all the same."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How checks fared. `waived` are among the flagged; `unknown` could not be made."""

    met: int = 0
    flagged: int = 0
    waived: int = 0
    unknown: int = 0

    @property
    def checks(self) -> int:
        """Checks that had an answer."""
        return self.met + self.flagged

    @property
    def share(self) -> float | None:
        """Met of what had an answer, 0 to 1, rounded down; None when nothing had."""
        return self.met * 10_000 // self.checks / 10_000 if self.checks else None

    @property
    def broken(self) -> int:
        """Flagged and not waived."""
        return self.flagged - self.waived


@dataclass(frozen=True, slots=True)
class Week:
    """The last assessed day of a week; None: there was none, which is a gap and not a zero."""

    monday: date
    day: date | None
    counts: Counts | None = None

    @property
    def share(self) -> float | None:
        """See `Counts`."""
        return self.counts.share if self.counts else None


@dataclass(frozen=True, slots=True)
class Assessed:
    """The last assessment of everything."""

    at: datetime
    day: date


def last_assessed(connection: sa.Connection) -> Assessed | None:
    """The last full assessment; None: there never was one."""
    row = connection.execute(
        sa.select(ASSESSMENT.c.at, ASSESSMENT.c.day)
        .where(ASSESSMENT.c.full.is_(True))
        .order_by(ASSESSMENT.c.id.desc())
        .limit(1)
    ).first()
    return None if row is None else Assessed(row.at, row.day)


def weeks(connection: sa.Connection, last: date) -> list[Week]:
    """The last twelve weeks with their last assessed days, without counts."""
    day = WHOLE_PROJECT.c.day
    newest = last - timedelta(days=last.weekday())
    mondays = [newest - timedelta(weeks=n) for n in reversed(range(WEEKS))]
    wanted = [
        sa.select(sa.func.max(day))
        .where(day.between(monday, monday + timedelta(days=6)))
        .scalar_subquery()
        .label(f"w{n}")
        for n, monday in enumerate(mondays)
    ]
    found = connection.execute(sa.select(*wanted)).one()
    return [Week(monday, day) for monday, day in zip(mondays, found, strict=True)]


def counted(
    connection: sa.Connection, visible: Visible, course: Sequence[Week]
) -> tuple[Week, ...]:
    """The same weeks with the counts of all that is visible."""
    row = WHOLE_PROJECT.c
    days = [week.day for week in course if week.day]
    rows = connection.execute(
        sa.select(row.day, *_sums())
        .where(row.day.in_(days), visible.of_projects(WHOLE_PROJECT))
        .group_by(row.day)
    )
    return _with_counts(course, {found.day: _counts(found) for found in rows})


def counted_last(connection: sa.Connection, visible: Visible, assessed: Assessed | None) -> Counts:
    """The counts of the last full assessment of all that is visible."""
    if assessed is None:
        return Counts()
    (week,) = counted(connection, visible, [Week(assessed.day, assessed.day)])
    return week.counts or Counts()


def counted_of_person(
    connection: sa.Connection, identity_id: int, assessed: Assessed | None
) -> Counts | None:
    """The counts of the last full assessment of what somebody owns; None: nothing of it was."""
    if assessed is None:
        return None
    row = OF_PERSON.c
    found = connection.execute(
        sa.select(OF_PERSON).where(row.day == assessed.day, row.identity_id == identity_id)
    ).first()
    return None if found is None else _counts(found)


def unflagged_by_project(
    connection: sa.Connection, pairs: Iterable[tuple[int, str]], assessed: Assessed | None
) -> dict[tuple[int, str], int]:
    """By project (connection, id): how many checks of the last full assessment were flagged and
    have no flag that tells how severe it is: their standard flags too much to be believed, or
    their connection was out of date. What was solved or waived since has one."""
    wanted = set(pairs)
    if assessed is None or not wanted:
        return {}
    fared, flag = WHOLE_PROJECT.c, FLAG.c
    connections, projects = {connection_id for connection_id, _ in wanted}, {id for _, id in wanted}
    flagged = connection.execute(
        sa.select(fared.connection_id, fared.project_id, fared.flagged).where(
            fared.day == assessed.day, fared.connection_id.in_(connections),
            fared.project_id.in_(projects),
        )
    )  # fmt: skip
    with_flag = connection.execute(
        sa.select(flag.connection_id, flag.project_id, sa.func.count().label("times"))
        .where(
            flag.connection_id.in_(connections), flag.project_id.in_(projects),
            flag.opened_at <= assessed.at,
            sa.or_(flag.state != "resolved", flag.resolved_at > assessed.at),
            flag.frozen_why.is_(None) | flag.frozen_why.in_(STILL_COUNTED),
        )
        .group_by(flag.connection_id, flag.project_id)
    )  # fmt: skip
    held = {(row.connection_id, row.project_id): row.times for row in with_flag}
    left = {(row.connection_id, row.project_id): row.flagged for row in flagged}
    return {
        pair: max(count - held.get(pair, 0), 0) for pair, count in left.items() if pair in wanted
    }


def counted_by_project(
    connection: sa.Connection, pairs: Iterable[tuple[int, str]], course: Sequence[Week]
) -> dict[tuple[int, str], tuple[Week, ...]]:
    """The same weeks with the counts of each of these projects: (connection, id)."""
    row = WHOLE_PROJECT.c
    days = [week.day for week in course if week.day]
    wanted = list(pairs)
    rows = connection.execute(
        sa.select(WHOLE_PROJECT).where(
            # Column by column, so that an index is used; pairs too many are left out below.
            row.day.in_(days),
            row.connection_id.in_({connection_id for connection_id, _ in wanted}),
            row.project_id.in_({id for _, id in wanted}),
        )
    )
    by_pair: dict[tuple[int, str], dict[date, Counts]] = {pair: {} for pair in wanted}
    for found in rows:
        if (pair := (found.connection_id, found.project_id)) in by_pair:
            by_pair[pair][found.day] = _counts(found)
    return {pair: _with_counts(course, counts) for pair, counts in by_pair.items()}


def _with_counts(course: Sequence[Week], counts: dict[date, Counts]) -> tuple[Week, ...]:
    return tuple(
        Week(week.monday, week.day, counts.get(week.day) if week.day else None) for week in course
    )


def _sums() -> list[Any]:
    return [sa.func.sum(WHOLE_PROJECT.c[name]).label(name) for name in COUNTS]


def _counts(row: Any) -> Counts:
    return Counts(*(int(getattr(row, name)) for name in COUNTS))
