"""The overview: how things stand, in the order in which they want attention."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from sync_engine.access import Visible
from sync_engine.flags.compliance import WHOLE_PROJECT
from sync_engine.flags.ledger import EVENT, FLAG
from sync_engine.rules.calendars import Moment
from sync_engine.rules.joins import CONNECTION, PROJECT
from sync_engine.views.attention import Trouble, troubles
from sync_engine.views.compliance import (
    Assessed,
    Counts,
    Week,
    counted,
    counted_by_project,
    counted_last,
    last_assessed,
    weeks,
)

SEVERITIES = ("critical", "high", "medium", "low", "info")
UNSOLVED = ("open", "acknowledged")
AGES = (timedelta(days=7), timedelta(days=30))
"""Where the age of a flag turns from new to known to old."""

NEWEST_SHOWN = 6
PROJECTS_SHOWN = 10
OLD_ASSESSMENT = timedelta(hours=26)


@dataclass(frozen=True, slots=True)
class Standing:
    """The unsolved flags of a severity, by age."""

    severity: str
    week: int
    month: int
    older: int
    acknowledged: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.week + self.month + self.older


@dataclass(frozen=True, slots=True)
class ShortFlag:
    """A flag in short."""

    id: int
    severity: str
    key: str | None
    title: str
    said: str
    project: str | None
    owner: str | None
    url: str | None
    opened_at: datetime


SHORT = tuple(FLAG.c[name] for name in ShortFlag.__slots__)
"""The columns of a flag in short."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What has happened to flags since `since`."""

    since: datetime
    events: Mapping[str, int]
    newest: tuple[ShortFlag, ...]

    @property
    def raised(self) -> int:
        """New, and raised again."""
        return self.events.get("opened", 0) + self.events.get("reopened", 0)


@dataclass(frozen=True, slots=True)
class Ranked:
    """A project by how it fares, with its unsolved flags by severity."""

    connection_id: int
    id: str
    key: str | None
    name: str
    connection: str
    counts: Counts
    flags: Mapping[str, int]
    weeks: tuple[Week, ...]


@dataclass(frozen=True, slots=True)
class Overview:
    """All that the overview shows.

    Args:
        connections: how many there are to be seen.
        assessed: None: nothing was ever assessed, so nothing else is known.
        counts: of the last full assessment.
        projects: the worst of them; `project_count` is of all.
    """

    connections: int
    troubles: tuple[Trouble, ...]
    assessed: Assessed | None
    outdated: bool
    counts: Counts
    weeks: tuple[Week, ...]
    standing: tuple[Standing, ...]
    changes: Changes
    projects: tuple[Ranked, ...]
    project_count: int

    @property
    def open(self) -> int:
        """All unsolved flags."""
        return sum(each.total for each in self.standing)


def overview(
    connection: sa.Connection,
    visible: Visible,
    moment: Moment,
    intervals: Mapping[str, timedelta],
    zone: ZoneInfo,
) -> Overview:
    """What someone's overview shows.

    Args:
        moment: in the PMO's zone, whose days are assessed.
        intervals: how often each connection is pulled, by name.
        zone: the reader's, in which yesterday began.
    """
    assessed = last_assessed(connection)
    course = weeks(connection, moment.today)
    ranked: tuple[Ranked, ...] = ()
    count, counts = 0, Counts()
    if assessed is not None:
        counts = counted_last(connection, visible, assessed)
        ranked, count = _ranked(connection, visible, assessed, course)
    seen = sa.select(sa.func.count()).where(
        CONNECTION.c.removed_at.is_(None), visible.connections(CONNECTION.c.id)
    )
    return Overview(
        connections=connection.execute(seen).scalar_one(),
        troubles=troubles(connection, visible, moment, intervals),
        assessed=assessed,
        outdated=assessed is not None and moment.now - assessed.at > OLD_ASSESSMENT,
        counts=counts,
        weeks=counted(connection, visible, course),
        standing=_standing(connection, visible, moment.now),
        changes=_changes(connection, visible, moment.now, zone),
        projects=ranked,
        project_count=count,
    )


def _standing(connection: sa.Connection, visible: Visible, now: datetime) -> tuple[Standing, ...]:
    young, known = (now - age for age in AGES)
    row = FLAG.c
    rows = connection.execute(
        sa.select(
            row.severity,
            row.state,
            _count(row.opened_at > young).label("week"),
            _count(sa.and_(row.opened_at <= young, row.opened_at > known)).label("month"),
            _count(row.opened_at <= known).label("older"),
        )
        .where(row.state.in_(UNSOLVED), visible.flags(FLAG))
        .group_by(row.severity, row.state)
    ).all()
    return tuple(_severity(name, [row for row in rows if row.severity == name])
                 for name in SEVERITIES)  # fmt: skip


def _severity(name: str, rows: list[Any]) -> Standing:
    week, month, older = (
        sum(getattr(row, age) for row in rows) for age in ("week", "month", "older")
    )
    taken = sum(row.week + row.month + row.older for row in rows if row.state == "acknowledged")
    return Standing(name, week, month, older, taken)


def _count(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.sum(sa.case((condition, 1), else_=0))


def _changes(connection: sa.Connection, visible: Visible, now: datetime, zone: ZoneInfo) -> Changes:
    yesterday = now.astimezone(zone).date() - timedelta(days=1)
    since = datetime.combine(yesterday, time(), tzinfo=zone)
    counting = sa.select(EVENT.c.event, sa.func.count().label("times")).where(EVENT.c.at >= since)
    if not visible.everything:
        # Not a join: few events are of these days, and a database might begin with all flags.
        own = sa.select(FLAG.c.id).where(visible.flags(FLAG))
        counting = counting.where(EVENT.c.flag_id.in_(own))
    rows = connection.execute(counting.group_by(EVENT.c.event))
    events = {row.event: row.times for row in rows}
    return Changes(since, events, _newest(connection, visible, since))


def _newest(connection: sa.Connection, visible: Visible, since: datetime) -> tuple[ShortFlag, ...]:
    """The most severe of the new flags. Severity by severity: each is a short walk on an index."""
    row = FLAG.c
    found: list[ShortFlag] = []
    for severity in SEVERITIES:
        wanted = (
            sa.select(*SHORT)
            .where(row.state == "open", row.severity == severity, row.opened_at >= since)
            .where(visible.flags(FLAG))
            .order_by(row.opened_at.desc(), row.id)
            .limit(NEWEST_SHOWN - len(found))
        )
        found += [ShortFlag(*held) for held in connection.execute(wanted)]
        if len(found) >= NEWEST_SHOWN:
            break
    return tuple(found)


def _ranked(
    connection: sa.Connection, visible: Visible, assessed: Assessed, course: list[Week]
) -> tuple[tuple[Ranked, ...], int]:
    """The projects that fare worst, and how many there are."""
    fared = WHOLE_PROJECT.c
    checks = fared.met + fared.flagged
    share = sa.case((checks > 0, fared.met * 1.0 / checks), else_=2.0)  # nothing known: last
    origin = WHOLE_PROJECT.join(
        PROJECT,
        sa.and_(
            PROJECT.c.connection_id == fared.connection_id,
            PROJECT.c.id == fared.project_id,
            PROJECT.c.gone_at.is_(None),
        ),
    )
    where = sa.and_(fared.day == assessed.day, visible.of_projects(WHOLE_PROJECT))
    rows = connection.execute(
        sa.select(
            WHOLE_PROJECT, PROJECT.c.key, PROJECT.c.name, CONNECTION.c.name.label("connection")
        )
        .select_from(origin.join(CONNECTION, CONNECTION.c.id == fared.connection_id))
        .where(where)
        .order_by(share, fared.flagged.desc(), PROJECT.c.name, PROJECT.c.id)
        .limit(PROJECTS_SHOWN)
    ).all()
    pairs = [(row.connection_id, row.project_id) for row in rows]
    courses = counted_by_project(connection, pairs, course)
    flags = unsolved_by_project(connection, pairs)
    count = connection.execute(
        sa.select(sa.func.count()).select_from(origin).where(where)
    ).scalar_one()
    return tuple(
        Ranked(
            row.connection_id, row.project_id, row.key, row.name, row.connection,
            Counts(row.met, row.flagged, row.waived, row.unknown),
            flags.get((row.connection_id, row.project_id), {}),
            courses[row.connection_id, row.project_id],
        )
        for row in rows
    ), count  # fmt: skip


def unsolved_by_project(
    connection: sa.Connection, pairs: list[tuple[int, str]]
) -> dict[tuple[int, str], dict[str, int]]:
    """By project (connection, id): how many of its flags are unsolved, by severity."""
    row = FLAG.c
    place = (row.connection_id, row.project_id)
    rows = connection.execute(
        sa.select(*place, row.severity, sa.func.count().label("times"))
        .where(
            row.state.in_(UNSOLVED),
            row.connection_id.in_({connection_id for connection_id, _ in pairs}),
            row.project_id.in_({id for _, id in pairs}),
        )
        .group_by(*place, row.severity)
    )
    found: dict[tuple[int, str], dict[str, int]] = {}
    for held in rows:
        of_project = found.setdefault((held.connection_id, held.project_id), {})
        of_project[held.severity] = held.times
    return found
