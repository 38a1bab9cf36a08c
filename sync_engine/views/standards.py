"""How standards fare: counts, course, what cannot be assessed and why, what was changed of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from sync_engine.access import Visible
from sync_engine.flags.compliance import COUNTS, OF_PROJECT, WHOLE_STANDARD
from sync_engine.flags.ledger import FLAG
from sync_engine.flags.report import ASSESSMENT
from sync_engine.rules import facts
from sync_engine.rules.joins import CONNECTION, table
from sync_engine.rules.standards import Standard
from sync_engine.store.audit import LONGEST_ABOUT
from sync_engine.store.audit_models import AuditRow
from sync_engine.views.compliance import Assessed, Counts, Week, last_assessed, weeks
from sync_engine.views.overview import SEVERITIES, SHORT, UNSOLVED, ShortFlag

AUDIT = table(AuditRow)
FLAGS_SHOWN = 6
STEPS_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Fared:
    """How the standards fare.

    Args:
        assessed: None: nothing was ever assessed.
        now: by standard, the counts of the last full assessment; those that it did not assess, or
            of which nothing is visible, are missing.
        weeks: by standard; all have the same weeks.
    """

    assessed: Assessed | None
    now: Mapping[str, Counts] = field(default_factory=dict)
    weeks: Mapping[str, tuple[Week, ...]] = field(default_factory=dict)


def fared(
    connection: sa.Connection, visible: Visible, today: date, only: str | None = None
) -> Fared:
    """How all standards fare, or one of them; limited to what is visible."""
    assessed = last_assessed(connection)
    if assessed is None:
        return Fared(None)
    course = weeks(connection, today)
    days = {week.day for week in course if week.day} | {assessed.day}
    by_day: dict[tuple[date, str], Counts] = {
        (row.day, row.standard): Counts(*(int(getattr(row, name)) for name in COUNTS))
        for row in connection.execute(_counting(visible, days, only))
    }
    known = {standard for _, standard in by_day}
    return Fared(
        assessed,
        {id: by_day[assessed.day, id] for id in known if (assessed.day, id) in by_day},
        {
            id: tuple(
                Week(week.monday, week.day, by_day.get((week.day, id)) if week.day else None)
                for week in course
            )
            for id in known
        },
    )


def _counting(visible: Visible, days: Iterable[date], only: str | None) -> sa.Select[Any]:
    """Counts by day and standard: kept as sums for who sees everything."""
    of = WHOLE_STANDARD if visible.everything else OF_PROJECT
    row = of.c
    sums = [sa.func.sum(row[name]).label(name) for name in COUNTS]
    chosen = sa.select(row.day, row.standard, *sums).where(row.day.in_(sorted(days)))
    if only is not None:
        chosen = chosen.where(row.standard == only)
    if not visible.everything:
        chosen = chosen.where(visible.of_projects(of))
    return chosen.group_by(row.day, row.standard)


@dataclass(frozen=True, slots=True)
class Blind:
    """A connection where something of a standard could not be assessed.

    Args:
        unknown: subjects of it at the last full assessment.
        missing: facts that the standard rests on and the tool does not provide.
        read: whether it was ever read; what its tool provides is known only then.
    """

    connection: str
    tool: str
    unknown: int
    missing: tuple[str, ...]
    read: bool


@dataclass(frozen=True, slots=True)
class Flagged:
    """The flags of a standard now: unsolved ones by severity, waived ones, the most severe."""

    by_severity: Mapping[str, int]
    waived: int
    worst: tuple[ShortFlag, ...]

    @property
    def unsolved(self) -> int:
        """Open and acknowledged."""
        return sum(self.by_severity.values())


def flagged(connection: sa.Connection, visible: Visible, standard: str) -> Flagged:
    """The visible flags of a standard."""
    row = FLAG.c
    mine = sa.and_(row.standard == standard, visible.among_flags(FLAG))
    rows = connection.execute(
        sa.select(row.state, row.severity, sa.func.count().label("times"))
        .where(mine, row.state.in_((*UNSOLVED, "waived")))
        .group_by(row.state, row.severity)
    ).all()
    counts: dict[str, int] = {}
    for each in rows:
        if each.state != "waived":
            counts[each.severity] = counts.get(each.severity, 0) + each.times
    worst: list[ShortFlag] = []
    for severity in (name for name in SEVERITIES if name in counts):
        wanted = (
            sa.select(*SHORT)
            .where(mine, row.state == "open", row.severity == severity)
            .order_by(row.opened_at, row.id)
            .limit(FLAGS_SHOWN - len(worst))
        )
        worst += [ShortFlag(*held) for held in connection.execute(wanted)]
        if len(worst) >= FLAGS_SHOWN:
            break
    waived = sum(each.times for each in rows if each.state == "waived")
    return Flagged({name: counts[name] for name in SEVERITIES if name in counts}, waived,
                   tuple(worst))  # fmt: skip


def blind(
    connection: sa.Connection, visible: Visible, standard: Standard, day: date | None
) -> tuple[Blind, ...]:
    """Where a standard cannot be assessed, in part or at all, worst first."""
    unknown: dict[int, int] = {}
    if day is not None:
        row = OF_PROJECT.c
        sums = connection.execute(
            sa.select(row.connection_id, sa.func.sum(row.unknown).label("unknown"))
            .where(row.day == day, row.standard == standard.id, visible.of_projects(OF_PROJECT))
            .group_by(row.connection_id)
        )
        unknown = {each.connection_id: int(each.unknown) for each in sums}
    rows = connection.execute(
        sa.select(CONNECTION.c.id, CONNECTION.c.name, CONNECTION.c.connector, CONNECTION.c.provides)
        .where(CONNECTION.c.removed_at.is_(None), visible.connections(CONNECTION.c.id))
        .order_by(CONNECTION.c.name)
    )
    needed = standard.needed()
    found = []
    for each in rows:
        lacking = facts.missing(needed, each.provides) if each.provides is not None else []
        count = unknown.get(each.id, 0)
        if lacking or count or each.provides is None:
            found.append(
                Blind(each.name, each.connector, count, tuple(lacking), each.provides is not None)
            )
    return tuple(sorted(found, key=lambda one: -one.unknown))


@dataclass(frozen=True, slots=True)
class Step:
    """A change that somebody made, with the values before and after that differ."""

    at: datetime
    who: str
    action: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]


def history(connection: sa.Connection, kinds: Sequence[str], about: str) -> tuple[Step, ...]:
    """What was changed of something, the newest first.

    Args:
        kinds: how its actions begin: "standard", "pack".
    """
    row = AUDIT.c
    begins = sa.or_(*(row.action.startswith(kind, autoescape=True) for kind in kinds))
    rows = connection.execute(
        sa.select(row.at, row.who, row.action, row.before, row.after)
        .where(row.about == about[:LONGEST_ABOUT], begins)
        .order_by(row.id.desc())
        .limit(STEPS_SHOWN)
    )
    return tuple(
        Step(each.at, each.who, each.action, each.before or {}, each.after or {}) for each in rows
    )


@dataclass(frozen=True, slots=True)
class Suspect:
    """Why the flags of a standard were left as they are at the last assessment."""

    slow: bool
    share: float | None


def suspect(connection: sa.Connection, standard: str) -> Suspect | None:
    """Whether the last full assessment ran over its time with a standard, or over its limit."""
    row = connection.execute(
        sa.select(ASSESSMENT.c.slow, ASSESSMENT.c.suspect)
        .where(ASSESSMENT.c.full.is_(True))
        .order_by(ASSESSMENT.c.id.desc())
        .limit(1)
    ).first()
    if row is None:
        return None
    slow, shares = standard in (row.slow or ()), (row.suspect or {}).get(standard)
    return Suspect(slow, shares["share"] if shares else None) if slow or shares else None
