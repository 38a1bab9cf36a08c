"""The scorecard of one project: how it stands by what is found, beside what is reported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from sync_engine.access import Visible
from sync_engine.flags.compliance import OF_PROJECT
from sync_engine.flags.ledger import FLAG
from sync_engine.rules.calendars import Moment
from sync_engine.rules.filters import SEVERITY_RANKS
from sync_engine.rules.frames import frame_for
from sync_engine.rules.joins import CONNECTION, IDENTITY, PERSON, portfolio_of
from sync_engine.rules.other_facts import source_of
from sync_engine.rules.standards import Standard
from sync_engine.scheduling.limits import limits_of
from sync_engine.views.compliance import (
    Assessed,
    Counts,
    Week,
    counted_by_project,
    last_assessed,
    unflagged_by_project,
    weeks,
)
from sync_engine.views.health import Found, Reported, found_health, is_watermelon
from sync_engine.views.milestones import Agreed, Milestone, agreed, milestones
from sync_engine.views.overview import OLD_ASSESSMENT, UNSOLVED, unsolved_by_project
from sync_engine.views.projects import status_updates
from sync_engine.views.schedule import Schedule, schedule

UPDATES_SHOWN = 4
SPONSOR = "sponsor"


@dataclass(frozen=True, slots=True)
class Leader:
    """Who owns or sponsors a project; `id` only where the reader may see their page."""

    name: str
    id: int | None = None


@dataclass(frozen=True, slots=True)
class Broken:
    """A standard that is broken, and by how many of a severity."""

    standard: str
    title: str
    severity: str
    flags: int
    oldest: datetime


@dataclass(frozen=True, slots=True)
class Unassessed:
    """A standard that could not be assessed; `missing`: facts that the tool does not provide, else
    the items themselves do not say it."""

    standard: str
    title: str
    times: int
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scorecard:
    """All that a project's page shows.

    Args:
        read_at: when its connection was last read completely; `stale`: that is too long ago.
        assessed: the last assessment of everything; None: there never was one.
        counts: how it fared then; None: it was not among what was assessed.
        unflagged: see `found_health`.
        updates: the last status updates, newest first.
        baseline: what was agreed; None: nothing was.
        unassessed: None: nothing was assessed at all.
    """

    connection_id: int
    id: str
    key: str | None
    name: str
    url: str | None
    state: str
    connection: str
    tool: str
    read_at: datetime | None
    stale: bool
    portfolio: str | None
    owner: Leader | None
    sponsor: Leader | None
    start_on: date | None
    due_on: date | None
    assessed: Assessed | None
    outdated: bool
    counts: Counts | None
    weeks: tuple[Week, ...]
    flags: Mapping[str, int]
    unflagged: int
    broken: tuple[Broken, ...]
    milestones: tuple[Milestone, ...]
    baseline: Agreed | None
    schedule: Schedule
    updates: tuple[Reported, ...]
    unassessed: tuple[Unassessed, ...]

    @property
    def reported(self) -> Reported | None:
        """The last status update."""
        return self.updates[0] if self.updates else None

    @property
    def found(self) -> Found:
        """How it stands by what is found."""
        return found_health(self.counts, self.flags, self.unflagged)

    @property
    def watermelon(self) -> bool:
        """Whether it is reported better than it is found."""
        return is_watermelon(self.reported, self.found)

    @property
    def open(self) -> int:
        """All its unsolved flags."""
        return sum(self.flags.values())


def scorecard(
    connection: sa.Connection,
    visible: Visible,
    moment: Moment,
    intervals: Mapping[str, timedelta],
    standards: Sequence[Standard],
    place: tuple[str, str],
) -> Scorecard | None:
    """A project's page; None: there is none there that the reader may see.

    Args:
        moment: in the PMO's zone.
        intervals: how often each connection is pulled, by name.
        standards: those in force.
        place: the name of the connection, and the project's id.
    """
    frame = frame_for(connection, moment, intervals)
    tool = next((each for each in frame.connections if each.name == place[0]), None)
    if tool is None:
        return None
    source = source_of(frame, "project")
    base, portfolio = source.base.c, portfolio_of(source, source.base)
    row = connection.execute(
        sa.select(source.base, portfolio.label("portfolio"), CONNECTION.c.complete_at)
        .select_from(source.origin.join(CONNECTION, CONNECTION.c.id == base.connection_id))
        .where(
            base.connection_id == tool.id, base.id == place[1], source.live(),
            visible.projects(source.base),
        )
    ).first()  # fmt: skip
    if row is None:
        return None
    pair = (tool.id, row.id)
    assessed = last_assessed(connection)
    course = weeks(connection, moment.today)
    if assessed is not None:
        course = [*course, Week(assessed.day, assessed.day)]
    of_weeks = counted_by_project(connection, [pair], course)[pair]
    counts = None if assessed is None else of_weeks[-1].counts
    baseline = agreed(connection, *pair)
    return Scorecard(
        *pair, row.key, row.name, row.url, row.state, tool.name, tool.connector, row.complete_at,
        not tool.fresh, row.portfolio, _owner(connection, visible, tool.id, row.owner_id),
        _sponsor(row.custom), row.start_on, row.due_on, assessed,
        assessed is not None and moment.now - assessed.at > OLD_ASSESSMENT, counts,
        of_weeks[:-1] if assessed is not None else of_weeks,
        unsolved_by_project(connection, [pair]).get(pair, {}),
        unflagged_by_project(connection, [pair], assessed).get(pair, 0), _broken(connection, pair),
        milestones(connection, *pair, baseline, moment), _agreed(baseline),
        schedule(connection, tool, row, moment, limits_of(standards)),
        tuple(status_updates(connection, pair, UPDATES_SHOWN)),
        _unassessed(connection, pair, assessed, standards),
    )  # fmt: skip


def _owner(
    connection: sa.Connection, visible: Visible, tool: int, account: str | None
) -> Leader | None:
    if account is None:
        return None
    on = IDENTITY.c.id == PERSON.c.identity_id
    row = connection.execute(
        sa.select(
            sa.func.coalesce(IDENTITY.c.name, PERSON.c.name).label("name"), IDENTITY.c.id,
            visible.people().label("seen"),
        )
        .select_from(PERSON.outerjoin(IDENTITY, on))
        .where(PERSON.c.connection_id == tool, PERSON.c.id == account)
    ).first()  # fmt: skip
    if row is None:
        return Leader(account)
    return Leader(row.name, row.id if row.seen else None)


def _sponsor(custom: Any) -> Leader | None:
    """From a custom field of that name."""
    for entry in custom or ():
        if SPONSOR in (str(entry.get("name")).casefold(), str(entry.get("id")).casefold()):
            value = entry.get("value")
            parts = value if isinstance(value, list) else [value]
            if said := ", ".join(str(part) for part in parts if part not in (None, "")):
                return Leader(said)
    return None


def _agreed(row: Any) -> Agreed | None:
    return None if row is None else Agreed(row.name, row.day, row.due_on or row.last_due_on)


def _broken(connection: sa.Connection, pair: tuple[int, str]) -> tuple[Broken, ...]:
    """Its unsolved flags by severity and standard, the most severe first."""
    row = FLAG.c
    rank = sa.case(SEVERITY_RANKS, value=row.severity)
    many = sa.func.count()
    rows = connection.execute(
        sa.select(
            row.standard, sa.func.max(row.standard_title), row.severity, many,
            sa.func.min(row.opened_at),
        )
        .where(
            row.connection_id == pair[0], row.project_id == pair[1], row.state.in_(UNSOLVED)
        )
        .group_by(row.standard, row.severity)
        .order_by(rank.desc(), many.desc(), row.standard)
    )  # fmt: skip
    return tuple(Broken(*each) for each in rows)


def _unassessed(
    connection: sa.Connection, pair: tuple[int, str], assessed: Assessed | None,
    standards: Sequence[Standard],
) -> tuple[Unassessed, ...]:  # fmt: skip
    """Standards of which some answer could not be had."""
    if assessed is None:
        return ()
    titles, row = {each.id: each.title for each in standards}, OF_PROJECT.c
    rows = connection.execute(
        # Standard by standard, so that the key of the table finds the rows.
        sa.select(row.standard, row.unknown, row.missing)
        .where(
            row.day == assessed.day, row.standard.in_(list(titles)), row.connection_id == pair[0],
            row.project_id == pair[1], row.unknown > 0,
        )
        .order_by(row.unknown.desc(), row.standard)
    )  # fmt: skip
    return tuple(
        Unassessed(each.standard, titles[each.standard], each.unknown, tuple(each.missing or ()))
        for each in rows
    )
