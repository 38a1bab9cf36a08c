"""Projects, those that fare worst first: what is found, beside what is reported."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from sync_engine.access import Visible
from sync_engine.flags.compliance import WHOLE_PROJECT
from sync_engine.rules.calendars import Moment
from sync_engine.rules.compile import compiled
from sync_engine.rules.filters import SECONDS
from sync_engine.rules.frames import frame_for
from sync_engine.rules.joins import CONNECTION, PERSON, portfolio_of
from sync_engine.rules.language import read
from sync_engine.rules.limits import limited
from sync_engine.rules.other_facts import REPORT, source_of
from sync_engine.rules.resolve import resolve
from sync_engine.rules.sources import StoreSource
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
from sync_engine.views.overview import unsolved_by_project

PAGE = 25
NO_PORTFOLIO = "–"
"""Stands for projects without one, where a portfolio is chosen."""

Pair = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which projects are wanted.

    Args:
        condition: in the language of standards, on projects; "": all.
        portfolio: "": any.
        every: those that are closed or archived, too.
    """

    condition: str = ""
    portfolio: str = ""
    every: bool = False
    page: int = 1


@dataclass(frozen=True, slots=True)
class Listed:
    """A project in the list. `counts`: None: it was not assessed yet. `unflagged`: see
    `found_health`."""

    connection_id: int
    id: str
    key: str | None
    name: str
    state: str
    connection: str
    portfolio: str | None
    counts: Counts | None
    weeks: tuple[Week, ...]
    flags: Mapping[str, int]
    unflagged: int
    reported: Reported | None

    @property
    def found(self) -> Found:
        """How it stands by what is found."""
        return found_health(self.counts, self.flags, self.unflagged)

    @property
    def watermelon(self) -> bool:
        """Whether it is reported better than it is found."""
        return is_watermelon(self.reported, self.found)


@dataclass(frozen=True, slots=True)
class Projects:
    """A page of projects.

    Args:
        assessed: None: nothing was ever assessed.
        count: how many there are of those wanted.
        portfolios: what may be chosen.
    """

    shown: tuple[Listed, ...]
    count: int
    page: int
    assessed: Assessed | None
    portfolios: tuple[str, ...]

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return max(1, -(-self.count // PAGE))


def projects(
    connection: sa.Connection, visible: Visible, moment: Moment, wanted: Wanted
) -> Projects:
    """The projects that someone wants of those that they may see.

    Args:
        moment: in the PMO's zone, in which conditions are counted.

    Raises:
        LanguageError: the condition makes no sense.
        TooSlow: it takes too long.
    """
    choice = _chosen(connection, visible, moment, wanted)
    base, where = choice.source.base.c, choice.where
    fared, origin = WHOLE_PROJECT.c, choice.source.origin
    checks = fared.met + fared.flagged
    share = sa.case((checks > 0, fared.met * 1.0 / checks), else_=2.0)  # nothing known: last
    listed = choice.select().order_by(
        share, fared.flagged.desc(), base.name, base.connection_id, base.id
    )
    with limited(connection, SECONDS):
        counting = sa.select(sa.func.count()).select_from(origin).where(*where)
        count = connection.execute(counting).scalar_one()
        page = min(max(wanted.page, 1), max(1, -(-count // PAGE)))
        rows = connection.execute(listed.limit(PAGE).offset((page - 1) * PAGE)).all()
        named = connection.execute(
            sa.select(choice.portfolio.label("name")).select_from(origin)
            .where(*choice.anywhere).distinct()
        ).scalars()  # fmt: skip
        portfolios = sorted(named, key=lambda name: (name is None, (name or "").casefold()))
    return Projects(
        _shown(connection, rows, moment, choice.assessed), count, page, choice.assessed,
        tuple(NO_PORTFOLIO if name is None else name for name in portfolios),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Some:
    """Projects by their key, whatever becomes of them. `next`: the last of them, if more follow."""

    shown: tuple[Listed, ...]
    next: Pair | None
    assessed: Assessed | None


def projects_after(
    connection: sa.Connection, visible: Visible, moment: Moment, wanted: Wanted,
    after: Pair | None, most: int,
) -> Some:  # fmt: skip
    """As `projects`, ordered by connection and id, those behind one of them.

    Raises:
        LanguageError, TooSlow: as there.
    """
    choice = _chosen(connection, visible, moment, wanted)
    base = choice.source.base.c
    listed = choice.select().order_by(base.connection_id, base.id)
    if after is not None:
        later = sa.and_(base.connection_id == after[0], base.id > after[1])
        listed = listed.where(sa.or_(base.connection_id > after[0], later))
    with limited(connection, SECONDS):
        rows = connection.execute(listed.limit(most + 1)).all()
    shown = _shown(connection, rows[:most], moment, choice.assessed)
    last = (shown[-1].connection_id, shown[-1].id) if len(rows) > most else None
    return Some(shown, last, choice.assessed)


@dataclass(frozen=True, slots=True)
class _Choice:
    """The projects that are wanted. `anywhere`: the conditions, but for the portfolio."""

    source: StoreSource
    portfolio: sa.ColumnElement[Any]
    where: Sequence[sa.ColumnElement[bool]]
    anywhere: Sequence[sa.ColumnElement[bool]]
    assessed: Assessed | None

    def select(self) -> sa.Select[Any]:
        """They, with how they fared at the last assessment."""
        base, fared = self.source.base.c, WHOLE_PROJECT.c
        day = None if self.assessed is None else self.assessed.day
        return (
            sa.select(
                base.connection_id, base.id, base.key, base.name, base.state,
                CONNECTION.c.name.label("connection"), self.portfolio.label("portfolio"),
                *(fared[name] for name in ("met", "flagged", "waived", "unknown")),
            )
            .select_from(
                self.source.origin.join(
                    CONNECTION, CONNECTION.c.id == base.connection_id
                ).outerjoin(
                    WHOLE_PROJECT,
                    sa.and_(fared.day == day, fared.connection_id == base.connection_id,
                            fared.project_id == base.id),
                )
            )
            .where(*self.where)
        )  # fmt: skip


def _chosen(connection: sa.Connection, visible: Visible, moment: Moment, wanted: Wanted) -> _Choice:
    source = source_of(frame_for(connection, moment), "project")
    portfolio = portfolio_of(source, source.base)
    where = [source.live(), visible.projects(source.base)]
    if not wanted.every:
        where.append(source.base.c.state == "active")
    if wanted.condition:
        where.append(compiled(resolve(read(wanted.condition), "project"), source))
    anywhere = where.copy()
    if wanted.portfolio:
        chosen = wanted.portfolio if wanted.portfolio != NO_PORTFOLIO else None
        where.append(portfolio.is_(None) if chosen is None else portfolio == chosen)
    return _Choice(source, portfolio, where, anywhere, last_assessed(connection))


def _shown(
    connection: sa.Connection, rows: Sequence[Any], moment: Moment, assessed: Assessed | None
) -> tuple[Listed, ...]:
    pairs = [(row.connection_id, row.id) for row in rows]
    courses = counted_by_project(connection, pairs, weeks(connection, moment.today))
    flags, told = unsolved_by_project(connection, pairs), reported(connection, pairs)
    hidden = unflagged_by_project(connection, pairs, assessed)
    return tuple(_listed(row, courses, flags, hidden, told) for row in rows)


def _listed(
    row: Any, courses: Mapping[Pair, tuple[Week, ...]], flags: Mapping[Pair, Mapping[str, int]],
    hidden: Mapping[Pair, int], told: Mapping[Pair, Reported],
) -> Listed:  # fmt: skip
    pair = (row.connection_id, row.id)
    counts = None if row.met is None else Counts(row.met, row.flagged, row.waived, row.unknown)
    return Listed(
        *pair, row.key, row.name, row.state, row.connection, row.portfolio, counts, courses[pair],
        flags.get(pair, {}), hidden.get(pair, 0), told.get(pair),
    )  # fmt: skip


def reported(connection: sa.Connection, pairs: Iterable[Pair]) -> dict[Pair, Reported]:
    """The last status update of each of some projects: (connection, id)."""
    wanted, row, other = list(pairs), REPORT.c, REPORT.alias()
    last = (
        sa.select(sa.func.max(other.c.at))
        .where(
            other.c.connection_id == row.connection_id, other.c.project_id == row.project_id,
            other.c.gone_at.is_(None),
        )
        .scalar_subquery()
    )  # fmt: skip
    rows = connection.execute(
        _updates(row.connection_id, row.project_id)
        .where(
            # Column by column, so that an index is used; pairs too many are left out below.
            row.connection_id.in_({connection_id for connection_id, _ in wanted}),
            row.project_id.in_({id for _, id in wanted}),
            row.at == last,
        )
        .order_by(row.id)
    )
    found = {(each.connection_id, each.project_id): Reported(*each[:-2]) for each in rows}
    return {pair: found[pair] for pair in wanted if pair in found}


def status_updates(connection: sa.Connection, pair: Pair, most: int) -> list[Reported]:
    """The last status updates of a project, newest first."""
    row, (connection_id, project_id) = REPORT.c, pair
    rows = connection.execute(
        _updates()
        .where(row.connection_id == connection_id, row.project_id == project_id)
        .order_by(row.at.desc(), row.id.desc())
        .limit(most)
    )
    return [Reported(*each) for each in rows]


def _updates(*more: sa.ColumnElement[Any]) -> sa.Select[Any]:
    row, author = REPORT.c, PERSON.alias()
    on = sa.and_(author.c.connection_id == row.connection_id, author.c.id == row.author_id)
    said = (row.at, row.health, row.health_label, author.c.name.label("author"), row.title)
    return (
        sa.select(*said, row.text, *more)
        .select_from(REPORT.outerjoin(author, on))
        .where(row.gone_at.is_(None))
    )
