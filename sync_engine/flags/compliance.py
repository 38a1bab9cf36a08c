"""Compliance day by day: kept by the last full assessment of a day, and added up when asked for.

Met, flagged and not assessable are counted; of the flagged, those that are waived. A day without a
full assessment has no rows, and is a gap: nothing is carried over from the day before.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import Any, Literal

import sqlalchemy as sa

from sync_engine.access import Visible
from sync_engine.flags.report import ASSESSMENT
from sync_engine.rules import facts
from sync_engine.rules.assessment import Assessment, Finding
from sync_engine.rules.calendars import Moment
from sync_engine.rules.compile import compiled
from sync_engine.rules.joins import CONNECTION, IDENTITY, portfolio_of, table
from sync_engine.rules.language import LanguageError, read
from sync_engine.rules.other_facts import source_of
from sync_engine.rules.resolve import resolve
from sync_engine.rules.sources import Builder, Frame, StoreSource, Value
from sync_engine.rules.syntax import refs
from sync_engine.rules.teams import NOBODY
from sync_engine.store.flag_models import (
    Compliance,
    ComplianceOfPerson,
    ComplianceOfProject,
    ComplianceOfStandard,
    ComplianceOfTeam,
)

By = Literal["standard", "project", "portfolio", "team", "person", "tool", "connection"]

OF_PROJECT, OF_TEAM, OF_PERSON = map(table, (Compliance, ComplianceOfTeam, ComplianceOfPerson))
WHOLE_PROJECT, WHOLE_STANDARD = table(ComplianceOfProject), table(ComplianceOfStandard)
CHUNK = 1_000
COUNTS = ("met", "flagged", "waived", "unknown")
WHOLE = Visible()
"""What is visible to who sees everything."""


# -- keeping ---------------------------------------------------------------------------------------


def keep(connection: sa.Connection, found: Assessment, waived: Iterable[Finding]) -> None:
    """Note how all fares today, in place of what was noted before.

    Args:
        waived: what the assessment found, of the flags that are waived.
    """
    teams = {(standard, team): counts for standard, team, counts in found.of_teams()}
    of_projects, of_teams, of_people = _waived(found, waived, teams)
    kept = (OF_PROJECT, WHOLE_PROJECT, WHOLE_STANDARD, OF_TEAM, OF_PERSON)
    for target in kept:
        connection.execute(sa.delete(target).where(target.c.day == found.day))
    _insert(connection, OF_PROJECT, found, _of_projects(
        found, of_projects, _places(connection, found.moment)))  # fmt: skip
    _sum_up(connection, WHOLE_PROJECT, found.day, "connection_id", "project_id")
    _sum_up(connection, WHOLE_STANDARD, found.day, "standard")
    _insert(connection, OF_TEAM, found, (
        {"standard": key[0], "team": key[1], **_counts(counts, of_teams, key)}
        for key, counts in teams.items()))  # fmt: skip
    _insert(connection, OF_PERSON, found, (
        {"identity_id": who, "team": found.teams.of(who), **_counts(counts, of_people, who)}
        for who, counts in found.of_people().items()))  # fmt: skip


def _insert(
    connection: sa.Connection, target: sa.Table, found: Assessment, made: Iterable[dict[str, Any]]
) -> None:
    rows = ({"day": found.day, **row} for row in made)
    while some := list(islice(rows, CHUNK)):
        connection.execute(sa.insert(target), some)


def _sum_up(connection: sa.Connection, target: sa.Table, day: date, *by: str) -> None:
    """The counts of each project, all standards together; or of each standard."""
    own = OF_PROJECT.c
    keys = [own.day, *(own[name] for name in by)]
    sums = [sa.func.sum(own[name]) for name in COUNTS]
    rows = sa.select(*keys, *sums).where(own.day == day).group_by(*keys)
    connection.execute(sa.insert(target).from_select(["day", *by, *COUNTS], rows))


def _counts(counts: Iterable[int], waived: Mapping[Any, int], key: Any) -> dict[str, int]:
    met, flagged, unknown = counts
    return {"met": met, "flagged": flagged, "waived": waived.get(key, 0), "unknown": unknown}


def _waived(
    found: Assessment, waived: Iterable[Finding], teams: Container[tuple[str, str]]
) -> tuple[dict[Any, int], dict[Any, int], dict[Any, int]]:
    """How many are waived by project, team and person, as their totals are told apart."""
    of_projects: dict[Any, int] = {}
    of_teams: dict[Any, int] = {}
    of_people: dict[Any, int] = {}
    for each in waived:
        item, standard = each.item, each.standard
        who = item.identity_id or NOBODY
        team = (standard, found.teams.of(who))
        owned = team in teams  # what nobody can own is counted for nobody
        for sums, key in (
            (of_projects, (standard, item.connection_id or 0, item.place or "")),
            *(((of_teams, team), (of_people, who)) if owned else ()),
        ):
            sums[key] = sums.get(key, 0) + 1
    return of_projects, of_teams, of_people


def _of_projects(
    found: Assessment, waived: Mapping[Any, int], places: Mapping[Any, tuple[str, str | None]]
) -> Iterator[dict[str, Any]]:
    """What is said of people and portfolios is taken together: they live in no connection."""
    for each in found.totals():
        standard, at = each.standard, (each.connection_id or 0, each.project_id or "")
        name, portfolio = places.get(at, (None, None))
        yield {
            "standard": standard, "connection_id": at[0], "project_id": at[1],
            "project": name, "portfolio": portfolio,
            **_counts((each.met, each.flagged, each.unknown), waived, (standard, *at)),
            "missing": list(found.missing.get((standard, at[0]), ())),
        }  # fmt: skip


def _places(connection: sa.Connection, moment: Moment) -> dict[Any, tuple[str, str | None]]:
    """By connection and project: its name and portfolio."""
    source = source_of(Frame(moment, connection.dialect.name), "project")
    own = source.base.c
    portfolio = portfolio_of(source, source.base).label("portfolio")
    rows = connection.execute(
        sa.select(own.connection_id, own.id, own.name, portfolio).select_from(source.origin)
    )
    return {(connection_id, id): (name, portfolio) for connection_id, id, name, portfolio in rows}


# -- reading ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fared:
    """How one group fared on a day.

    Args:
        group: a standard's id, a project's name, a person…; "" stands for none.
        detail: the connection of a project, the address of a person.
        missing: facts for lack of which something could not be assessed, where that is kept.
        key: what tells it from groups of the same name: a project's connection and id, the number
            of a person (0: nobody).
    """

    day: date
    group: str
    met: int
    flagged: int
    waived: int
    unknown: int
    detail: str | None = None
    missing: tuple[str, ...] = ()
    key: tuple[int | str, ...] = ()

    @property
    def compliance(self) -> float | None:
        """Met of what could be assessed, 0 to 1; None when nothing could.

        To four places, rounded down: what is not all is not 1.
        """
        assessed = self.met + self.flagged
        return self.met * 10_000 // assessed / 10_000 if assessed else None


@dataclass(frozen=True, slots=True)
class Course:
    """Compliance over some days; `gaps` are the days without a full assessment."""

    rows: tuple[Fared, ...]
    gaps: tuple[date, ...]
    first_kept: date | None = None


_HELD = (
    sa.select(
        *OF_PROJECT.c, CONNECTION.c.name.label("connection"), CONNECTION.c.connector.label("tool")
    )
    .select_from(OF_PROJECT.outerjoin(CONNECTION, CONNECTION.c.id == OF_PROJECT.c.connection_id))
    .subquery("t")
)
_TEAMS = sa.select(*OF_TEAM.c).subquery("t")
_PEOPLE = (
    sa.select(*OF_PERSON.c, IDENTITY.c.name.label("owner"), IDENTITY.c.email.label("owner_email"))
    .select_from(OF_PERSON.outerjoin(IDENTITY, IDENTITY.c.id == OF_PERSON.c.identity_id))
    .subquery("t")
)
_OWN: dict[str, Builder] = {
    "owner": lambda s: Value(
        "person", s.base.c.owner, names=(s.base.c.owner, s.base.c.owner_email)
    ),
}


@dataclass(frozen=True, slots=True)
class _Kept:
    """Where a kind of group is kept.

    Args:
        name, detail: columns that tell people which group it is.
        key: columns that tell groups apart: two projects may have the same name.
        speakable: what conditions may speak of.
        seen: the condition on what somebody may see.
    """

    rows: Any
    name: Any
    speakable: tuple[str, ...]
    seen: Callable[[Visible], sa.ColumnElement[bool]]
    detail: Any = field(default_factory=lambda: sa.cast(sa.null(), sa.Text))
    key: tuple[Any, ...] = ()


def _kept(by: By) -> _Kept:
    held, people = _HELD.c, _PEOPLE.c
    if by == "team":
        return _Kept(_TEAMS, _TEAMS.c.team, ("standard",), lambda v: v.teams(_TEAMS.c.team))
    if by == "person":
        name, who = sa.func.coalesce(people.owner, ""), people.identity_id
        return _Kept(_PEOPLE, name, ("owner",), lambda v: v.people(who), people.owner_email, (who,))
    speakable = ("standard", "project", "portfolio", "tool", "connection")

    def seen(visible: Visible) -> sa.ColumnElement[bool]:
        return visible.of_projects(_HELD)

    if by == "project":
        name = sa.func.coalesce(held.project, held.project_id)
        key = (held.connection_id, held.project_id)
        return _Kept(_HELD, name, speakable, seen, held.connection, key)
    return _Kept(_HELD, sa.func.coalesce(held[by], ""), speakable, seen)


def course(
    connection: sa.Connection,
    by: By,
    first: date,
    last: date,
    moment: Moment,
    condition: str | None = None,
    visible: Visible = WHOLE,
) -> Course:
    """Compliance from a day to another, both included, of what is visible.

    Raises:
        LanguageError: the condition makes no sense.
    """
    kept = _kept(by)
    rows, day = kept.rows, kept.rows.c.day
    span = sa.and_(day.between(first, last), kept.seen(visible))
    if condition is not None:
        span = sa.and_(span, _where(condition, by, kept, moment, connection.dialect.name))
    # The names are worked out inside: PostgreSQL groups by columns, not by alike expressions.
    named = {f"key_{n}": column for n, column in enumerate(kept.key)}
    named |= {"group": kept.name, "detail": kept.detail}
    inner = sa.select(rows, *(column.label(name) for name, column in named.items())).where(span)
    told = inner.subquery("told")
    keys = [told.c[f"key_{n}"] for n in range(len(kept.key))]
    group = [told.c.day, told.c.group, told.c.detail, *keys]
    sums = [sa.func.sum(told.c[name]).label(name) for name in COUNTS]
    wanted = sa.select(*group, *sums).group_by(*group).order_by(*group)
    lacking: dict[Any, set[str]] = {}
    if "missing" in told.c:
        untold = sa.select(*group[:3], told.c.missing).where(told.c.unknown > 0)
        for row in connection.execute(untold):
            lacking.setdefault(tuple(row[:3]), set()).update(row.missing or ())
    found = tuple(
        Fared(
            row.day, row.group, int(row.met), int(row.flagged), int(row.waived), int(row.unknown),
            row.detail, tuple(sorted(lacking.get((row.day, row.group, row.detail), ()))),
            tuple(row[3 : 3 + len(keys)]),
        )
        for row in connection.execute(wanted)
    )  # fmt: skip
    return Course(found, *_days(connection, first, last, None if rows is _HELD else rows.c.day))


def _days(
    connection: sa.Connection, first: date, last: date, since: Any
) -> tuple[tuple[date, ...], date | None]:
    """The days without a full assessment, and the first that ever had one.

    Args:
        since: the days of what was not kept from the beginning; those before it are gaps.
    """
    day = ASSESSMENT.c.day
    whole = sa.select(day).where(ASSESSMENT.c.full.is_(True))
    assessed = set(connection.execute(whole.where(day.between(first, last)).distinct()).scalars())
    every = (date.fromordinal(n) for n in range(first.toordinal(), last.toordinal() + 1))
    kept = whole.subquery().c.day if since is None else since
    began = connection.execute(sa.select(sa.func.min(kept))).scalar_one()
    gaps = (each for each in every if each not in assessed or began is None or each < began)
    return tuple(gaps), began


def last_day(connection: sa.Connection) -> date | None:
    """The last day that was assessed in full."""
    last = sa.select(sa.func.max(ASSESSMENT.c.day)).where(ASSESSMENT.c.full.is_(True))
    found: date | None = connection.execute(last).scalar_one()
    return found


def _where(
    condition: str, by: By, kept: _Kept, moment: Moment, dialect: str
) -> sa.ColumnElement[bool]:
    """A condition in the language of flags, on what is kept."""
    meant = resolve(read(condition), "flag")
    for ref in refs(meant):
        if ref.name not in kept.speakable:
            also = " (of people, all standards are kept together)" if by == "person" else ""
            raise LanguageError(
                f'compliance by {by} is not kept by "{ref.name.replace("_", " ")}"{also}; a '
                f"condition may speak of {', '.join(kept.speakable)}",
                ref.at,
            )
    source = StoreSource(
        Frame(moment, dialect), "flag", kept.rows, facts.of("flag"), _OWN, keys=("day", None)
    )
    return compiled(meant, source)
