"""Assessing the store by standards: reads, never writes; one frozen `now`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from sync_engine.rules import changed, facts
from sync_engine.rules import teams as teams_of
from sync_engine.rules.calendars import Moment, WorkCalendar
from sync_engine.rules.dialect import pairs
from sync_engine.rules.evidence import Item, chunks, items
from sync_engine.rules.frames import frame_for
from sync_engine.rules.limits import TooSlow, limited
from sync_engine.rules.scan import (
    FLAGGED,
    UNKNOWN,
    Answers,
    Counts,
    Key,
    collect,
    each_row,
    rows_statement,
    scan_statement,
    scans,
)
from sync_engine.rules.sources import ConnectionInfo, Frame
from sync_engine.rules.standards import Standard
from sync_engine.rules.teams import Teams
from sync_engine.store.engine import reading
from sync_engine.store.models import PeopleState

SECONDS = 60.0
SMALL = 20_000
"""Stores with fewer tasks are assessed whole every time: it costs less than finding out."""

Watched = tuple[str, Key]
"""A standard and one of its subjects."""

_people = PeopleState.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Finding:
    """A subject that breaks a standard."""

    standard: str
    subject: str
    key: Key
    item: Item


@dataclass(frozen=True, slots=True)
class Total:
    """How the subjects of one project fared by one standard."""

    standard: str
    connection_id: int | None
    project_id: str | None
    met: int
    flagged: int
    unknown: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What an assessment found. A value: applying it is another matter.

    Args:
        full: every subject was looked at, not only those that changed.
        answers: by (standard, key), for the watched subjects: a code of `scan`; a subject that is
            not there is missing.
        watched: the subjects whose answers were asked for.
        totals, of_teams, of_people: of a full assessment only; see `scan.Answers`.
        missing: by (standard, connection): the facts that its tool does not provide.
        slow: standards that were stopped because they ran over their time.
        runs: by connection: the last run whose rows were looked at.
        baselines: the last change of baselines that was looked at.
        stale: connections whose last complete read is too long ago to resolve or raise anything.
        unread: those of them that nothing reads: they are not in force.
    """

    moment: Moment
    full: bool
    standards: Mapping[str, Standard]
    fingerprint: str
    findings: tuple[Finding, ...] = ()
    answers: Mapping[tuple[str, Key], int] = field(default_factory=dict)
    watched: frozenset[tuple[str, Key]] = frozenset()
    totals: tuple[Total, ...] = ()
    of_teams: Mapping[tuple[str, str], Counts] = field(default_factory=dict)
    of_people: Mapping[int, Counts] = field(default_factory=dict)
    teams: Teams = field(default_factory=Teams)
    missing: Mapping[tuple[str, int], tuple[str, ...]] = field(default_factory=dict)
    slow: tuple[str, ...] = ()
    rows: int = 0
    runs: Mapping[int, int] = field(default_factory=dict)
    baselines: int = 0
    stale: frozenset[int] = frozenset()
    unread: frozenset[int] = frozenset()
    connections: Mapping[int, str] = field(default_factory=dict)

    @property
    def day(self) -> date:
        """The day for which it holds."""
        return self.moment.today


def fingerprint(standards: Iterable[Standard]) -> str:
    """Changes whenever any standard does."""
    versions = sorted(f"{s.id} {s.version}" for s in standards if s.enabled)
    return hashlib.sha256("\n".join(versions).encode()).hexdigest()[:16]


def _basis(connection: sa.Connection, standards: str, frame: Frame) -> str:
    """What all answers rest on beside the rows, which say themselves when they changed: the
    standards, the calendar, the connections there are, what their tools provide, whether they are
    out of date, and the people who are known: who they are is written by no run."""
    calendar = frame.moment.calendar
    told = [
        (
            each.id,
            each.fresh,
            sorted((kind, sorted(names)) for kind, names in each.provides.items()),
        )
        for each in frame.connections
    ]
    people = connection.execute(sa.select(_people.c.basis)).scalar_one_or_none()
    parts = (standards, frame.moment.zone.key, calendar.country, calendar.region,
             sorted(calendar.days_off), sorted(calendar.weekend), told, people)  # fmt: skip
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def assess(  # noqa: PLR0913  # all of them are the caller's to say
    engine: sa.Engine,
    standards: Iterable[Standard],
    *,
    now: datetime,
    timezone: ZoneInfo,
    calendar: WorkCalendar,
    full: bool | None = None,
    intervals: Mapping[str, timedelta] | None = None,
    watched: Mapping[str, Iterable[Watched]] | None = None,
    seconds: float = SECONDS,
) -> Assessment:
    """Assess a store by all enabled standards.

    Args:
        full: True: every subject; False: what changed since the last assessment, and what
            depends on it; None: whichever is right (full at a new day, with other standards, or
            when the store is small).
        intervals: by connection's name: how often it is pulled, which says when data are stale;
            see `connections`.
        watched: by subject: standard and subject whose own answer is wanted (there is a flag).
        seconds: after which a statement is stopped; the standards in it are then run apart.
    """
    moment = Moment(now, timezone, calendar)
    enabled = [standard for standard in standards if standard.enabled]
    mark = fingerprint(enabled)
    with reading(engine) as connection:
        frame = frame_for(connection, moment, intervals)
        mark = _basis(connection, mark, frame)
        teams = teams_of.read(connection)
        reach = changed.reach(
            connection,
            frame,
            mark,
            full=full,
            small=SMALL,
            asked=changed.asked(enabled),
        )
        work = _Work(connection, frame, reach.tasks, teams, seconds)
        for subject in facts.SUBJECTS:
            mine = [standard for standard in enabled if standard.subject == subject]
            if mine:
                work.subject(subject, mine, (watched or {}).get(subject, ()))
    by_id = {standard.id: standard for standard in enabled}
    return Assessment(
        moment=moment,
        full=reach.tasks is None,
        standards=by_id,
        fingerprint=mark,
        findings=tuple(work.findings),
        answers=work.answers,
        watched=frozenset(work.watched),
        totals=_totals(work.found, by_id) if reach.tasks is None else (),
        of_teams=work.found.teams,
        of_people=work.found.people,
        teams=teams,
        missing=_missing(enabled, frame.connections),
        slow=tuple(sorted(work.slow)),
        rows=work.found.rows,
        runs=reach.runs,
        baselines=reach.baselines,
        stale=frozenset(each.id for each in frame.connections if not each.fresh),
        unread=frozenset(each.id for each in frame.connections if not each.read),
        connections={each.id: each.name for each in frame.connections},
    )


class _Work:
    """One assessment under way."""

    def __init__(
        self,
        connection: sa.Connection,
        frame: Frame,
        tasks: list[Key] | None,
        teams: Teams,
        seconds: float,
    ) -> None:
        self.connection, self.frame, self.tasks, self.seconds = connection, frame, tasks, seconds
        self.teams = teams
        self.found = Answers()
        self.findings: list[Finding] = []
        self.answers: dict[tuple[str, Key], int] = {}
        self._asked: set[Key] = set()
        self.watched: set[tuple[str, Key]] = set()
        self.slow: set[str] = set()

    def subject(self, subject: str, standards: list[Standard], wanted: Iterable[Watched]) -> None:
        """Assess all subjects of one kind by their standards."""
        tasks = self.tasks if subject == "task" else None
        reached = None if tasks is None else set(tasks)
        watched = [pair for pair in wanted if reached is None or pair[1] in reached]
        self._asked = {key for _, key in watched}
        known = {standard.id for standard in standards}
        rows = 0
        for together in scans(standards):
            others = known - {standard.id for standard in together}
            answers = self._bisected(together, tasks)
            self.found.add(answers)
            rows = max(rows, answers.rows)
            sound = [standard for standard in together if standard.id not in self.slow]
            self._describe(subject, sound, answers)
            if sound:  # without any, nothing is known, not even who is still there
                mine = [pair for pair in watched if pair[0] not in others]
                self.watched.update((subject, key) for _, key in mine)
                self._look(subject, sound, mine, answers)
        self.found.rows += rows

    def _look(
        self, subject: str, standards: list[Standard], watched: list[Watched], found: Answers
    ) -> None:
        """The watched subjects' own answers; those that the scan flagged are known already."""
        flagged = {id: set(keys) for id, keys in found.flagged.items()}
        rest = set()
        for id, key in watched:
            if key in flagged.get(id, ()):
                self.answers[id, key] = FLAGGED
                self.answers[subject, key] = 0
            else:
                rest.add(key)
        if found.own is not None:
            own = [(key, found.own[key]) for key in rest if key in found.own]
        else:
            own = [(key, codes) for key, _, codes in self._rows(standards, sorted(rest))]
        for key, codes in own:
            self.answers.update({(standard, key): code for standard, code in codes})
            self.answers[subject, key] = 0

    def _bisected(self, standards: list[Standard], keys: list[Key] | None) -> Answers:
        """All in one scan; if that takes too long, halves of them, down to the slow ones."""
        try:
            with limited(self.connection, self.seconds):
                return self._scan(standards, keys)
        except TooSlow:
            if len(standards) == 1:
                self.slow.add(standards[0].id)
                return Answers()
        half = len(standards) // 2
        first = self._bisected(standards[:half], keys)
        second = self._bisected(standards[half:], keys)
        first.add(second)
        first.rows = max(first.rows, second.rows)
        return first

    def _scan(self, standards: list[Standard], keys: list[Key] | None) -> Answers:
        if keys is None:
            statement, words = scan_statement(self.frame, standards)
            return collect(self.connection.execute(statement), standards, words, self.teams)
        found = Answers(own={})
        for key, _, codes in self._rows(standards, keys):
            found.rows += 1
            if found.own is not None and key in self._asked:
                found.own[key] = codes
            for standard, code in codes:
                if code == FLAGGED:
                    found.flagged.setdefault(standard, []).append(key)
        return found

    def _rows(self, standards: Sequence[Standard], keys: Sequence[Key]) -> Iterable[Any]:
        if not keys:
            return
        frame = replace(self.frame, only=pairs(self.frame.dialect))
        statement, _ = rows_statement(frame, standards)
        for document in chunks(sorted(set(keys))):
            rows = self.connection.execute(statement, {"document": document})
            yield from each_row(rows, standards)

    def _describe(self, subject: str, standards: list[Standard], answers: Answers) -> None:
        keys = {key for each in answers.flagged.values() for key in each}
        if not keys:
            return
        used = {
            (ref.name, ref.is_field): ref
            for standard in standards
            if standard.id in answers.flagged
            for ref in standard.refs()
        }
        worse = {
            standard.id: standard.escalate.when
            for standard in standards
            if standard.id in answers.flagged and standard.escalate and standard.escalate.when
        }
        described = items(self.connection, self.frame, subject, keys, list(used.values()), worse)
        for standard in standards:
            for key in answers.flagged.get(standard.id, ()):
                if key in described:
                    self.findings.append(Finding(standard.id, subject, key, described[key]))


def not_assessable(
    connection: sa.Connection, frame: Frame, standard: Standard, most: int
) -> list[Item]:
    """Some of the subjects about which a standard cannot say anything."""
    statement, _ = rows_statement(frame, [standard])
    rows = statement.subquery()
    wanted = sa.select(rows.c.connection_id, rows.c.id).where(rows.c.word_0 == UNKNOWN)
    found = connection.execute(wanted.order_by(rows.c.connection_id, rows.c.id).limit(most)).all()
    keys: list[Key] = [(connection_id, id) for connection_id, id in found]
    return list(items(connection, frame, standard.subject, keys, []).values())


def _totals(found: Answers, standards: Mapping[str, Standard]) -> tuple[Total, ...]:
    return tuple(
        Total(
            standard,
            None if standards[standard].subject in facts.SHARED else connection_id,
            project_id,
            *counts,
        )
        for (standard, connection_id, project_id), counts in found.totals.items()
    )


def _missing(
    standards: Iterable[Standard], known: Sequence[ConnectionInfo]
) -> dict[tuple[str, int], tuple[str, ...]]:
    found = {}
    for standard in standards:
        needed = standard.needed()
        for each in known:
            if names := facts.missing(needed, each.provides):
                found[standard.id, each.id] = tuple(names)
    return found
