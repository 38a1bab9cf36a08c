"""Assessing the store by standards: reads, never writes; one frozen `now`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from sync_engine.rules import changed, facts
from sync_engine.rules import teams as teams_of
from sync_engine.rules.assessment import Assessment
from sync_engine.rules.calendars import Moment, WorkCalendar
from sync_engine.rules.dialect import pairs
from sync_engine.rules.evidence import Item, chunks, items
from sync_engine.rules.frames import frame_for
from sync_engine.rules.limits import PATIENCE, TooSlow, limited
from sync_engine.rules.scan import (
    UNKNOWN,
    Answers,
    Key,
    collect,
    one_by_one,
    rows_statement,
    scan_statement,
    scans,
)
from sync_engine.rules.sources import ConnectionInfo, Frame
from sync_engine.rules.standards import Standard
from sync_engine.rules.teams import Teams
from sync_engine.store.engine import reading
from sync_engine.store.models import PeopleState

SMALL = 20_000
"""Stores with fewer tasks are assessed whole every time: it costs less than finding out."""

_people = PeopleState.__table__  # type: ignore[attr-defined]


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


@contextmanager
def assessing(
    engine: sa.Engine,
    standards: Iterable[Standard],
    *,
    now: datetime,
    timezone: ZoneInfo,
    calendar: WorkCalendar,
    full: bool | None = None,
    intervals: Mapping[str, timedelta] | None = None,
    seconds: float = PATIENCE,
) -> Iterator[Assessment]:
    """Assess a store that is held open, in one state, while what was found is dealt with; see
    `assess`."""
    with reading(engine) as connection:
        frame = frame_for(connection, Moment(now, timezone, calendar), intervals)
        yield assess(connection, frame, standards, full=full, seconds=seconds)


def assess(
    connection: sa.Connection,
    frame: Frame,
    standards: Iterable[Standard],
    *,
    full: bool | None = None,
    seconds: float = PATIENCE,
) -> Assessment:
    """Assess a store by all enabled standards.

    Args:
        connection: reads one state of the store for as long as the assessment is used.
        full: True: every subject; False: what changed since the last assessment, and what
            depends on it; None: whichever is right (full at a new day, with other standards, or
            when the store is small).
        seconds: after which a statement is stopped; the standards in it are then run apart.
    """
    enabled = [standard for standard in standards if standard.enabled]
    mark = _basis(connection, fingerprint(enabled), frame)
    teams = teams_of.read(connection)
    reach = changed.reach(
        connection, frame, mark, full=full, small=SMALL, asked=changed.asked(enabled)
    )
    work = _Work(connection, frame, reach.tasks, teams, seconds)
    found: dict[str, list[Answers]] = {}
    for subject in facts.SUBJECTS:
        mine = [standard for standard in enabled if standard.subject == subject]
        if mine:
            found[subject] = [part for each in scans(mine) for part in work.bisected(each)]
    return Assessment(
        connection=connection,
        frame=frame,
        standards={standard.id: standard for standard in enabled},
        fingerprint=mark,
        tasks=None if reach.tasks is None else frozenset(reach.tasks),
        scanned=found,
        teams=teams,
        missing=_missing(enabled, frame.connections),
        slow=frozenset(work.slow),
        runs=reach.runs,
        baselines=reach.baselines,
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
        self.connection, self.frame, self.tasks = connection, frame, tasks
        self.teams, self.seconds = teams, seconds
        self.slow: set[str] = set()

    def bisected(self, standards: list[Standard]) -> list[Answers]:
        """All in one scan; if that takes too long, halves of them, down to the slow ones."""
        try:
            with limited(self.connection, self.seconds):
                return [self._scan(standards)]
        except TooSlow:
            if len(standards) == 1:
                self.slow.add(standards[0].id)
                return [Answers(standards)]
        half = len(standards) // 2
        return self.bisected(standards[:half]) + self.bisected(standards[half:])

    def _scan(self, standards: list[Standard]) -> Answers:
        if standards[0].subject != "task" or self.tasks is None:
            whole, words = scan_statement(self.frame, standards)
            return collect(self.connection.execute(whole), standards, words, self.teams)
        frame = replace(self.frame, only=pairs(self.frame.dialect))
        statement, _ = rows_statement(frame, "task", standards)
        rows = (
            row
            for document in chunks(self.tasks)
            for row in self.connection.execute(statement, {"document": document}).all()
        )
        return one_by_one(rows, standards)


def not_assessable(
    connection: sa.Connection, frame: Frame, standard: Standard, most: int
) -> list[Item]:
    """Some of the subjects about which a standard cannot say anything."""
    statement, _ = rows_statement(frame, standard.subject, [standard])
    rows = statement.subquery()
    wanted = sa.select(rows.c.connection_id, rows.c.id).where(rows.c.word_0 == UNKNOWN)
    found = connection.execute(wanted.order_by(rows.c.connection_id, rows.c.id).limit(most)).all()
    keys: list[Key] = [(connection_id, id) for connection_id, id in found]
    return list(items(connection, frame, standard.subject, keys, []).values())


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
