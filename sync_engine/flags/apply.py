"""What an assessment means for the flags: decided one by one, some thousands at a time, and all
written in one transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from sync_engine.flags import lifecycle, waivers
from sync_engine.flags.compliance import keep
from sync_engine.flags.content import content, kept, tool_title
from sync_engine.flags.ledger import Ledger
from sync_engine.flags.report import ASSESSMENT, FlagReport, log
from sync_engine.flags.standing import FOUND, SEEN, Standing, key_of
from sync_engine.rules.assessment import Assessment, Finding
from sync_engine.rules.calendars import WorkCalendar
from sync_engine.rules.evaluate import assessing
from sync_engine.rules.joins import PERSON
from sync_engine.rules.limits import PATIENCE
from sync_engine.rules.portfolio_facts import touched_by
from sync_engine.rules.scan import FLAGGED, OUT, Key
from sync_engine.rules.sources import Frame
from sync_engine.rules.standards import SEVERITIES, Severity, Standard

__all__ = ("FlagReport", "apply", "fingerprint", "run", "tool_title")

LEAST_FOR_LIMIT = 10
"""A standard is not suspected on fewer subjects than this."""


def fingerprint(standard: str, subject: str, key: Key) -> str:
    """Names the flag of a subject and a standard, for ever."""
    text = "\x1f".join((standard, subject, str(key[0]), key[1]))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def run(
    engine: sa.Engine,
    standards: Iterable[Standard],
    *,
    now: datetime,
    timezone: ZoneInfo,
    calendar: WorkCalendar,
    full: bool | None = None,
    intervals: Mapping[str, timedelta] | None = None,
    seconds: float = PATIENCE,
) -> FlagReport:
    """Assess the store and bring its flags up to date. Arguments: see `evaluate.assessing`."""
    with assessing(
        engine, standards, now=now, timezone=timezone, calendar=calendar, full=full,
        intervals=intervals, seconds=seconds,
    ) as found:  # fmt: skip
        return apply(engine, found)


def apply(engine: sa.Engine, assessment: Assessment) -> FlagReport:
    """Bring the flags in line with an assessment."""
    with engine.begin() as connection:
        waivers.alone(connection)
        last = connection.execute(
            sa.select(ASSESSMENT.c.at, ASSESSMENT.c.suspect)
            .order_by(ASSESSMENT.c.id.desc()).limit(1)
        ).first()  # fmt: skip
        if last is not None and last.at > assessment.moment.now:
            return FlagReport(superseded=True)
        carried = {} if last is None else {k: v["share"] for k, v in (last.suspect or {}).items()}
        return _Application(connection, assessment, _suspects(assessment, carried)).run()


def _suspects(assessment: Assessment, carried: Mapping[str, float]) -> dict[str, float]:
    """Standards that flag more than their limit allows; known after full assessments only."""
    if not assessment.full:
        return {id: share for id, share in carried.items() if id in assessment.standards}
    found = {}
    for id, (met, flagged, _) in assessment.sums.items():
        limit = assessment.standards[id].limit
        if limit is not None and met + flagged >= LEAST_FOR_LIMIT:
            share = flagged / (met + flagged)
            if share > limit:
                found[id] = share
    return found


class _Application:
    """One assessment being applied, inside one transaction."""

    def __init__(
        self, connection: sa.Connection, assessment: Assessment, suspects: dict[str, float]
    ) -> None:
        self.connection, self.assessment, self.suspects = connection, assessment, suspects
        self.moment, self.now = assessment.moment, assessment.moment.now
        self.ledger = Ledger(connection, self.now)
        self.frozen: list[str] = []
        self.standing = Standing(connection, assessment)
        self.facts = {id: kept(standard) for id, standard in assessment.standards.items()}

    def run(self) -> FlagReport:
        self._end_waivers()
        for findings in self.assessment.findings():
            self._found(findings)
            self.ledger.write()
        for rows in self.standing.rest():
            self._not_found(rows)
            self.ledger.write()
        report = self._report(waivers.cover(self.connection, self.moment))
        log(self.connection, self.assessment, report)
        if self.assessment.full:
            keep(self.connection, self.assessment, self.standing.waived())
        return report

    def _report(self, covered: list[str]) -> FlagReport:
        marked = self.ledger.marked
        return FlagReport(
            opened=marked("opened"),
            worsened=marked("worsened"),
            resolved=marked("resolved"),
            reopened=marked("reopened"),
            waiver_expired=marked("waiver_expired"),
            waived=tuple(covered),
            frozen=tuple(self.frozen),
            suspect=dict(self.suspects),
            slow=tuple(sorted(self.assessment.slow)),
            subjects=self.assessment.rows,
            full=self.assessment.full,
        )

    def _end_waivers(self) -> None:
        for each in (waivers.WAIVER, waivers.SCOPE):
            self.connection.execute(
                sa.update(each)
                .where(each.c.until < self.moment.today, each.c.ended_at.is_(None))
                .values(ended_at=self.now, ended_why="expired")
            )

    # -- what may be concluded -----------------------------------------------------------------

    def _is_fresh(self, subject: str, key: Key) -> bool:
        """Recent enough to conclude anything; what we say of our own connections always is."""
        stale = self.assessment.stale
        if subject == "connection" or not stale:
            return True
        if subject == "person":
            return key[0] not in self._people_of_stale
        if subject == "portfolio":
            return key[1] not in self._portfolios_of_stale
        return key[0] not in stale

    @cached_property
    def _portfolios_of_stale(self) -> set[str]:
        frame = Frame(self.moment, self.connection.dialect.name)
        return touched_by(self.connection, frame, sorted(self.assessment.stale))

    @cached_property
    def _people_of_stale(self) -> set[int]:
        rows = self.connection.execute(
            sa.select(PERSON.c.identity_id).where(
                PERSON.c.connection_id.in_(self.assessment.stale),
                PERSON.c.identity_id.is_not(None),
            )
        )
        return set(rows.scalars())

    # -- deciding ------------------------------------------------------------------------------

    def _found(self, findings: Iterable[Finding]) -> None:
        """Subjects that break a standard."""
        marked = {fingerprint(f.standard, f.subject, f.key): f for f in findings}
        rows = self.standing.named(marked)
        for mark, finding in marked.items():
            sound = finding.standard not in self.suspects and self._is_fresh(
                finding.subject, finding.key
            )
            row = rows.get(mark)
            if row is None:
                if sound:
                    self._open(mark, finding)
                continue
            self.standing.note(row, FOUND)
            if row.state == "resolved":
                if sound:
                    self._reopen(row, finding)
                continue
            state = self._state(row)
            if sound:
                self._stands(row, finding, state)
            else:
                self._conclude(row, self._seen(row, FLAGGED))

    def _not_found(self, rows: Sequence[Any]) -> None:
        """Live flags whose subjects do not break the standard, or were not looked at."""
        keys: dict[str, set[Key]] = {}
        for row in rows:
            if self.assessment.looked(row.subject, key_of(row)):
                keys.setdefault(row.subject, set()).add(key_of(row))
        answers = {subject: self.assessment.answers(subject, of) for subject, of in keys.items()}
        absent = {subject: of.difference(answers[subject]) for subject, of in keys.items()}
        lost = self.standing.lost(absent)
        for row in rows:
            self.standing.note(row, SEEN)
            self._state(row)
            key = key_of(row)
            own = answers.get(row.subject, {}).get(key)
            answer = None if own is None else own.get(row.standard, OUT)
            self._conclude(row, self._seen(row, answer, lost=(row.subject, key) in lost))

    def _state(self, row: Any) -> lifecycle.State:
        """Its state by now; a waiver that has run out is told."""
        state: lifecycle.State = row.state
        if lifecycle.expired(state, row.waived_until, self.moment.today):
            state = "open"
            self.ledger.change(row, state=state)
            self.ledger.event(row.fingerprint, "waiver_expired", row.severity)
        return state

    def _conclude(self, row: Any, seen: lifecycle.Seen) -> None:
        match lifecycle.verdict(seen):
            case lifecycle.Resolve(why):
                self.ledger.change(
                    row, state="resolved", resolved_at=self.now, resolution=why,
                    assessed_at=self.now, frozen_at=None, frozen_why=None,
                )  # fmt: skip
                self.ledger.event(row.fingerprint, "resolved", row.severity, why)
            case lifecycle.Frozen(why):
                self.frozen.append(row.fingerprint)
                if row.frozen_why != why:
                    self.ledger.change(row, frozen_at=row.frozen_at or self.now, frozen_why=why)
            case lifecycle.Stands() | lifecycle.Untouched():
                pass

    def _seen(self, row: Any, answer: int | None, *, lost: bool = False) -> lifecycle.Seen:
        """`answer`: None: the subject is not there, or was not looked at."""
        found, key = self.assessment, key_of(row)
        halted: Any = None
        if row.standard in found.slow:
            halted = "slow"
        elif row.standard in self.suspects:
            halted = "suspect"
        return lifecycle.Seen(
            standard=row.standard in found.standards,
            connection=row.connection_id is None or row.connection_id in found.connections,
            looked=found.looked(row.subject, key),
            there=answer is not None,
            lost=lost,
            fresh=self._is_fresh(row.subject, key),
            read=row.connection_id not in found.unread,
            halted=halted,
            answer=OUT if answer is None else answer,
        )

    def _stands(self, row: Any, finding: Finding, state: lifecycle.State) -> None:
        standard = self.assessment.standards[finding.standard]
        opened = row.opened_at.astimezone(self.moment.zone).date()
        severity = self._severity(finding, opened, state)
        said = self._content(standard, finding)
        other = {name: value for name, value in said.items() if getattr(row, name) != value}
        other.pop("read_at", None)  # by itself no reason to write
        if other:
            other["read_at"] = said["read_at"]
        if row.frozen_at is not None:
            other |= {"frozen_at": None, "frozen_why": None}
        if severity != row.severity:
            other["severity"] = severity
            rank = SEVERITIES.index
            if rank(severity) > max(rank(row.severity), rank(standard.severity)):
                other["worsened_at"] = self.now
                self.ledger.event(row.fingerprint, "worsened", severity)
            else:
                note = f"from {row.severity}"
                self.ledger.event(row.fingerprint, "severity_changed", severity, note)
        if other:
            self.ledger.change(row, assessed_at=self.now, **other)

    def _content(self, standard: Standard, finding: Finding) -> dict[str, Any]:
        return content(standard, finding, self.facts[standard.id], self.moment.zone)

    def _severity(self, finding: Finding, opened: date, state: lifecycle.State) -> Severity:
        return lifecycle.severity(
            self.assessment.standards[finding.standard], opened, state, self.moment,
            worse=finding.standard in finding.item.worse,
        )  # fmt: skip

    def _open(self, mark: str, finding: Finding) -> None:
        standard = self.assessment.standards[finding.standard]
        severity = self._severity(finding, self.moment.today, "open")
        self.ledger.inserts.append(
            {
                "fingerprint": mark,
                "standard": standard.id,
                "subject": finding.subject,
                "connection_id": finding.item.connection_id,
                "subject_id": finding.item.id,
                "severity": severity,
                "state": "open",
                "opened_at": self.now,
                "first_opened_at": self.now,
                "assessed_at": self.now,
                **self._content(standard, finding),
            }
        )
        self.ledger.event(mark, "opened", severity)

    def _reopen(self, row: Any, finding: Finding) -> None:
        standard = self.assessment.standards[finding.standard]
        state = lifecycle.reopened_as(row.waived_until, self.moment.today)
        severity = self._severity(finding, self.moment.today, state)
        self.ledger.change(
            row, state=state, severity=severity,
            opened_at=self.now, reopened_at=self.now, assessed_at=self.now, resolved_at=None,
            resolution=None, worsened_at=None, acknowledged_by=None, acknowledged_note=None,
            frozen_at=None, frozen_why=None,
            **self._content(standard, finding),
        )  # fmt: skip
        self.ledger.event(row.fingerprint, "reopened", severity)
        if state == "waived":
            note = f"its waiver holds until {row.waived_until.isoformat()}"
            self.ledger.event(row.fingerprint, "waived", severity, note)
