"""Pulling a connection: every stream, lane by lane, page by page.

A page is one transaction. An error ends its lane and no other, except where the tool refuses the
whole account or asks us to stay away. What has been read stays; the next run goes on from there.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from connectors.sdk.contract import Can, Lane, Plan
from connectors.sdk.errors import (
    ConnectorError,
    NotVisible,
    Refused,
    Throttled,
)
from sync_engine import absence, clock, hinted, people, replay
from sync_engine.lanes import Ended, Fetched, Fetcher, Planned
from sync_engine.source import Source, telling
from sync_engine.store import runs, scopes
from sync_engine.store.cursors import Standing
from sync_engine.store.engine import reading
from sync_engine.store.lease import Lease, fence
from sync_engine.store.models import Connection
from sync_engine.store.pages import PageToWrite, PageWriter, Tally
from sync_engine.store.runs import RunReport

CHECK_EVERY = timedelta(hours=24)
"""How often a healthy connection is asked who we are, besides the first time and after trouble."""

PARKED_FAILURE = 0.5
"""Share of a stream's items that, parked, makes the stream a failure."""

PLACES_SHOWN = 3
"""Places of one failure that are named; the rest are counted."""

_connection = Connection.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is, for the terminal."""

    connection: str
    stream: str
    items: int
    pages: int
    done: bool = False


@dataclass(slots=True)
class _StreamState:
    """What came of one stream so far."""

    at: Standing
    plan: Plan = Plan(())  # noqa: RUF009  immutable
    open: int = 0  # lanes that have not ended
    closed: bool = False
    seen: set[str] = field(default_factory=set)  # ids, of a stream that is always read whole
    tally: Tally = field(default_factory=Tally)
    pages: int = 0
    unread: int = 0
    failed: int = 0
    hidden: int = 0


@dataclass(slots=True)
class _Failure:
    """One sentence about what failed, for all places where it did."""

    advice: str
    places: list[str] = field(default_factory=list)

    def sentence(self, message: str) -> str:
        """With the first places named and the others counted."""
        shown = "; ".join(self.places[:PLACES_SHOWN])
        more = len(self.places) - PLACES_SHOWN
        return f"{shown}{f' and {more} more' if more > 0 else ''}: {message}"


class Abandoned(Exception):
    """The whole run ends early because of one error."""

    def __init__(self, error: ConnectorError) -> None:
        super().__init__(str(error))
        self.error = error


def pull(
    engine: sa.Engine,
    source: Source,
    lease: Lease,
    *,
    full: bool = False,
    seconds: float | None = None,
    stop: threading.Event | None = None,
    progress: Callable[[Progress], None] | None = None,
    known_people: tuple[people.KnownPerson, ...] = (),
) -> RunReport:
    """Bring the store up to date with one connection.

    Args:
        full: forget the cursors and read everything again.
        seconds: a budget; when it is spent the run ends as "cut" and goes on next time.
        stop: when set, the run ends soon, as "cut".

    Raises:
        LeaseLostError: another worker has taken over.
    """
    before = _state(engine, lease)
    rescoped = before["scope_fingerprint"] not in (None, source.scope_fingerprint)
    if before["mapping_fingerprint"] not in (None, source.mapping_fingerprint):
        replayed = replay.replay(engine, source, lease)
        full = full or replayed.unread > 0  # what was not kept raw is read anew
    full = full or rescoped
    run = _Run(engine, source, lease, full, seconds, stop, progress)
    changes = run.work(before)
    people.assign_identities(engine, known_people, connection_id=lease.connection_id)
    if rescoped and run.report.ok:
        changes["next_census_at"] = run.report.started_at
    return runs.end(engine, lease, run.report, changes)


def _state(engine: sa.Engine, lease: Lease) -> Mapping[str, Any]:
    with reading(engine) as connection:
        row = connection.execute(
            sa.select(_connection).where(_connection.c.id == lease.connection_id)
        )
        return dict(row.mappings().one())


class _Run:
    def __init__(
        self,
        engine: sa.Engine,
        source: Source,
        lease: Lease,
        full: bool,
        seconds: float | None,
        stop: threading.Event | None,
        progress: Callable[[Progress], None] | None,
    ) -> None:
        self.engine = engine
        self.source = source
        self.lease = lease
        self.stop = stop
        self.progress = progress
        self.states: dict[str, _StreamState] = {}
        self.failures: dict[str, _Failure] = {}  # by what they say
        self.deadline = None if seconds is None else clock.monotonic() + seconds
        self.report = runs.start(engine, lease, source.name, "pull", full=full)
        self.writer = PageWriter(
            engine,
            lease,
            self.report.run_id,
            to_records=source.connector.to_records,
            mapping=source.mapping,
            observe=source.observe,
        )

    def work(self, before: Mapping[str, Any]) -> dict[str, Any]:
        """Run all streams; the columns of the connection that follow from it."""
        report, meter = self.report, self.source.meter
        requests, retries = meter.requests, meter.retries
        changes: dict[str, Any] = {
            "provides": self.source.provides,
        }
        try:
            changes |= self._check(before)
            self._streams()
            self._look_at_hints()
        except Abandoned as abandoned:
            self._abandon(abandoned.error)
        if len(self.states) == len(self.source.connector.streams):
            # Whatever becomes of this run, every stream has begun by this scope and mapping.
            changes["scope_fingerprint"] = self.source.scope_fingerprint
            changes["mapping_fingerprint"] = self.source.mapping_fingerprint
        self._account()
        report.requests = meter.requests - requests
        report.retries = meter.retries - retries
        used = meter.budget_used
        changes["budget_used"] = None if used is None else 100 * used
        self._judge()
        if report.outcome == "complete":
            changes["complete_at"] = report.started_at
        if report.tally.written and before["complete_at"] is not None and not report.full:
            changes["changed_at"] = report.started_at
        return changes

    def _check(self, before: Mapping[str, Any]) -> dict[str, Any]:
        """Ask the tool who we are, where that is not known well enough."""
        checked = before["checked_at"]
        fresh = checked is not None and self.report.started_at - checked < CHECK_EVERY
        if fresh and before["state"] == "ok" and not self.report.full:
            return {}
        try:
            with telling(self.source.connector, "check"):
                identity = self.source.connector.check()
        except ConnectorError as error:
            raise Abandoned(error) from error
        return {
            "checked_at": self.report.started_at,
            "credential_expires_at": identity.credential_expires_at,
        }

    def _over(self) -> bool:
        """Whether we were asked to stop, or the budget is spent."""
        if self.stop is not None and self.stop.is_set():
            return True
        return self.deadline is not None and clock.monotonic() > self.deadline

    def _streams(self) -> None:
        """All streams at once: what their lanes bring is written as it comes."""
        with Fetcher(self.source.connector, self._over, self.writer.mapper) as fetcher:
            for stream in self.source.connector.streams:
                at = self.writer.cursors.begin(stream, full=self.report.full)
                self.states[stream] = _StreamState(at)
                fetcher.plan(stream, at.cursors)
            for event in fetcher.events():
                if isinstance(event, Planned):
                    self._start(fetcher, event)
                elif isinstance(event, Fetched):
                    self._write(event)
                elif isinstance(event, Ended):
                    self._ended(event)
                else:
                    self._renew()

    def _start(self, fetcher: Fetcher, planned: Planned) -> None:
        stream, state = planned.stream, self.states[planned.stream]
        state.plan = planned.plan
        if planned.error is not None:
            self._lane_failed(stream, Lane(), planned.error, state)
        lanes = self.writer.cursors.unfinished(stream, planned.plan)
        state.open = len(lanes)
        for lane in lanes:
            since = state.at.cursors.get(lane.name)
            unread = state.at.empty or planned.plan.joint is not None
            fetcher.start(stream, lane, since, ahead=unread or since is not None)
        if not lanes:
            self._close(stream, state)

    def _write(self, event: Fetched) -> None:
        state = self.states[event.stream]
        state.tally.add(
            self.writer.write(
                PageToWrite(event.stream, event.lane.name, event.items, event.cursor, event.gone)
            )
        )
        state.pages += 1
        state.unread += len(event.unread)
        if self._is_read_whole(event.stream):
            state.seen.update(each.item.id for each in event.items)
            state.seen.update(id for id, _ in event.unread)
        self._tell(event.stream, state)

    def _ended(self, event: Ended) -> None:
        stream, state = event.stream, self.states[event.stream]
        if event.error is not None:
            self._lane_failed(stream, event.lane, event.error, state)
        elif state.plan.joint is not None:
            self.writer.cursors.finish(stream, event.lane)
        state.open -= 1
        if not state.open:
            self._close(stream, state)

    def _is_read_whole(self, stream: str) -> bool:
        """Whether every pull reads all of it, so that a pull shows what is gone."""
        return not self.source.connector.streams[stream] & (Can.INCREMENTAL | Can.CENSUS)

    def _close(self, stream: str, state: _StreamState) -> None:
        """All lanes of a stream have ended."""
        state.closed = True
        whole = not (state.failed or state.hidden)
        if whole and state.plan.joint is not None:
            self.writer.cursors.join(stream)
        if whole and state.plan.lanes and self._is_read_whole(stream):
            self._absent(stream, state.seen, state)
        if not state.failed and (missed := self.writer.cursors.missed(stream)):
            self.report.problems.append(
                f"{stream}: {missed} items in the tool had not been read; the next pull reads all "
                "anew"
            )
        if state.tally.parked:
            self._parked(stream, state)
        self._tell(stream, state, done=True)

    def _look_at_hints(self) -> None:
        """What the tool called deleted; where it does not answer now, it is asked next time."""
        if self._over():
            return
        try:
            retired = hinted.look(self.engine, self.source, self.lease, self.report.run_id)
        except ConnectorError as error:
            if isinstance(error, Throttled):
                raise Abandoned(error) from error
            place = "items that the tool called deleted"
            self.failures.setdefault(error.message, _Failure(error.advice)).places.append(place)
            return
        self.report.tally.retired += retired

    def _account(self) -> None:
        """Each stream's part in the report, and what failed: said once, however often it did."""
        self.report.problems[:0] = [
            failure.sentence(message) for message, failure in self.failures.items()
        ]
        for stream, state in self.states.items():
            self.report.tally.add(state.tally)
            self.report.unread += state.unread
            outcome = "failed" if state.failed else "partial" if state.hidden else "complete"
            self.report.streams[stream] = {
                "outcome": outcome if state.closed else "cut",
                "items": state.tally.items,
                "pages": state.pages,
                "written": state.tally.written,
                "unchanged": state.tally.unchanged,
                "retired": state.tally.retired,
                "parked": state.tally.parked,
                "unread": state.unread,
            }

    def _parked(self, stream: str, state: _StreamState) -> None:
        """Items that could not be read into records: said always, a failure when they are many."""
        parked, items = state.tally.parked, state.tally.items
        self.report.problems.append(
            f"{stream}: {parked} of {items} items could not be read into records; "
            "their raw form is kept"
        )
        if parked >= max(1, PARKED_FAILURE * items):
            state.failed += 1

    def _lane_failed(
        self, stream: str, lane: Lane, error: ConnectorError, state: _StreamState
    ) -> None:
        """One lane has failed: note it, go on; or end the run where the whole account is meant."""
        if isinstance(error, Throttled) or (
            isinstance(error, Refused) and not isinstance(error, NotVisible)
        ):
            raise Abandoned(error)
        scope = error.scope or lane.scope
        place = f"{stream}, {scope}" if scope else stream
        self.failures.setdefault(error.message, _Failure(error.advice)).places.append(place)
        if isinstance(error, NotVisible):
            state.hidden += 1
            if scope:
                with self.engine.begin() as connection:
                    fence(connection, self.lease)
                    scopes.lose(connection, self.lease.connection_id, scope)
            return
        state.failed += 1

    def _abandon(self, error: ConnectorError) -> None:
        report = self.report
        report.message, report.remedy = error.message, error.advice
        if isinstance(error, Throttled):
            report.outcome, report.next_at = "rate_limited", error.until
        elif isinstance(error, Refused):
            report.outcome = "needs_reauth"
        else:
            report.outcome = "failed"

    def _judge(self) -> None:
        """The outcome of a run that was not abandoned."""
        report = self.report
        if report.outcome != "complete":
            return
        advice = next((failure.advice for failure in self.failures.values()), "")
        failed = [s for s, each in report.streams.items() if each["outcome"] == "failed"]
        if failed:
            whole = len(failed) == len(self.source.connector.streams)
            report.outcome = "failed" if whole else "partial"
            report.message = "; ".join(report.problems[:3])
            report.remedy = advice or "Nothing was lost; the next run goes on from here."
        elif any(each["outcome"] == "cut" for each in report.streams.values()):
            report.outcome = "cut"
        elif report.problems:
            report.message = "; ".join(report.problems[:3])
            report.remedy = advice

    def _absent(self, stream: str, seen: set[str], state: _StreamState) -> None:
        """A stream that is always read whole: what two complete reads do not name is gone."""
        with self.engine.begin() as connection:
            now = fence(connection, self.lease)
            found = absence.settle(
                connection, self.lease.connection_id, stream, seen, self.source.guard,
                now=now, run_id=self.report.run_id,
            )  # fmt: skip
        state.tally.retired += found.retired
        if found.held:
            self.report.problems.append(f"{stream}: {found.held}; nothing was retired")

    def _renew(self) -> None:
        with self.engine.begin() as connection:
            fence(connection, self.lease)

    def _tell(self, stream: str, state: _StreamState, *, done: bool = False) -> None:
        if self.progress is not None:
            self.progress(Progress(self.source.name, stream, state.tally.items, state.pages, done))
