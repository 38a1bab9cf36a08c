"""What an assessment means for the flags: decided one by one, written in one transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from sync_engine.flags import lifecycle, waivers
from sync_engine.flags.compliance import keep
from sync_engine.flags.content import content, tool_title
from sync_engine.flags.ledger import CHUNK, FLAG, Ledger
from sync_engine.flags.report import ASSESSMENT, FlagReport, log
from sync_engine.rules.calendars import WorkCalendar
from sync_engine.rules.evaluate import SECONDS, Assessment, Finding, Watched, assess
from sync_engine.rules.joins import (
    APPROVAL,
    LINK,
    MILESTONE,
    PERSON,
    PROJECT,
    SPRINT,
    TASK,
)
from sync_engine.rules.portfolio_facts import touched_by
from sync_engine.rules.scan import OUT, Key
from sync_engine.rules.sources import Frame
from sync_engine.rules.standards import SEVERITIES, Severity, Standard
from sync_engine.store.engine import reading

__all__ = ("FlagReport", "apply", "fingerprint", "key_of", "run", "tool_title", "watched")

LEAST_FOR_LIMIT = 10
"""A standard is not suspected on fewer subjects than this."""

_RECORDS = {
    "task": TASK, "project": PROJECT, "milestone": MILESTONE, "sprint": SPRINT,
    "dependency": LINK, "approval": APPROVAL, "request": TASK,
}  # fmt: skip

_NAMED = ("fingerprint", "standard", "subject", "connection_id", "subject_id", "state",
          "waived_until")  # fmt: skip


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
    seconds: float = SECONDS,
) -> FlagReport:
    """Assess the store and bring its flags up to date. Arguments: see `evaluate.assess`."""
    found = assess(
        engine, standards, now=now, timezone=timezone, calendar=calendar, full=full,
        intervals=intervals, watched=watched(engine), seconds=seconds,
    )  # fmt: skip
    return apply(engine, found)


def watched(engine: sa.Engine) -> dict[str, list[Watched]]:
    """By subject: what has a live flag, and by which standard."""
    found: dict[str, list[Watched]] = {}
    statement = sa.select(
        FLAG.c.standard, FLAG.c.subject, FLAG.c.connection_id, FLAG.c.subject_id
    ).where(FLAG.c.state != "resolved")
    with reading(engine) as connection:
        for row in connection.execute(statement):
            found.setdefault(row.subject, []).append((row.standard, key_of(row)))
    return found


def key_of(row: Any) -> Key:
    """A flag's subject as assessments name it."""
    if row.subject in ("person", "connection"):
        return int(row.subject_id), ""
    return row.connection_id or 0, row.subject_id


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
    flagged: dict[str, int] = {}
    assessed: dict[str, int] = {}
    for total in assessment.totals:
        flagged[total.standard] = flagged.get(total.standard, 0) + total.flagged
        assessed[total.standard] = assessed.get(total.standard, 0) + total.flagged + total.met
    found = {}
    for id, standard in assessment.standards.items():
        many = assessed.get(id, 0)
        if standard.limit is not None and many >= LEAST_FOR_LIMIT:
            share = flagged[id] / many
            if share > standard.limit:
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

    def run(self) -> FlagReport:
        found = {fingerprint(f.standard, f.subject, f.key): f for f in self.assessment.findings}
        findings = {
            mark: f
            for mark, f in found.items()
            if f.standard not in self.suspects and self._is_fresh(f.subject, f.key)
        }
        self._end_waivers()
        existing = self._flags(findings)
        lost = self._lost(existing.values())
        for mark, row in existing.items():
            self.ledger.ids[mark] = row.id
            if row.state != "resolved":
                self._live(mark, row, findings.get(mark), lost)
            elif mark in findings:
                self._reopen(mark, row, findings[mark])
        for mark, finding in findings.items():
            if mark not in existing:
                self._open(mark, finding)
        self.ledger.write()
        report = self._report(waivers.cover(self.connection, self.moment))
        log(self.connection, self.assessment, report)
        if self.assessment.full:
            waived = sa.select(FLAG.c.fingerprint).where(FLAG.c.state == "waived")
            held = set(self.connection.execute(waived).scalars())
            keep(self.connection, self.assessment, {m: f for m, f in found.items() if m in held})
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
            slow=self.assessment.slow,
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

    # -- reading -------------------------------------------------------------------------------

    def _flags(self, findings: Mapping[str, Finding]) -> dict[str, Any]:
        """Those that are found, and the live ones, as far as this assessment may change them."""
        live, found = FLAG.c.state != "resolved", {}
        marks = set(findings)
        if self.assessment.full:
            rows = self.connection.execute(sa.select(FLAG).where(live))
            found = {row.fingerprint: row for row in rows}
        else:  # few of very many: what a flag keeps of its subject is read of these alone
            named = (FLAG.c[each] for each in _NAMED)
            rows = self.connection.execute(sa.select(*named).where(live))
            marks.update(row.fingerprint for row in rows if not self._is_idle(row))
        rest = sorted(marks.difference(found))
        for start in range(0, len(rest), CHUNK):
            rows = self.connection.execute(
                sa.select(FLAG).where(FLAG.c.fingerprint.in_(rest[start : start + CHUNK]))
            )
            found.update({row.fingerprint: row for row in rows})
        return found

    def _is_idle(self, row: Any) -> bool:
        """Nothing is said of a live flag: its subject was not looked at, and all that would end
        it whatever its subject is like is as it was."""
        found = self.assessment
        return (
            (row.subject, key_of(row)) not in found.watched
            and row.standard in found.standards
            and (row.connection_id is None or row.connection_id in found.connections)
            and not lifecycle.expired(row.state, row.waived_until, self.moment.today)
        )

    def _lost(self, rows: Iterable[Any]) -> set[tuple[str, Key]]:
        """Of the flagged subjects that are not there: those that we may no longer see."""
        absent: dict[tuple[str, int], list[str]] = {}
        for row in rows:
            key = key_of(row)
            looked = (row.subject, key) in self.assessment.watched
            if looked and row.subject in _RECORDS and not self._is_there(row.subject, key):
                absent.setdefault((row.subject, key[0]), []).append(key[1])
        found = set()
        for (subject, connection_id), ids in absent.items():
            target = _RECORDS[subject]
            for start in range(0, len(ids), CHUNK):
                gone = self.connection.execute(
                    sa.select(target.c.id).where(
                        target.c.connection_id == connection_id,
                        target.c.id.in_(ids[start : start + CHUNK]),
                        target.c.gone_reason == "access_lost",
                    )
                ).scalars()
                found |= {(subject, (connection_id, id)) for id in gone}
        return found

    def _is_there(self, subject: str, key: Key) -> bool:
        return (subject, key) in self.assessment.answers

    def _is_fresh(self, subject: str, key: Key) -> bool:
        """Recent enough to conclude anything; what we say of our own connections always is."""
        stale = self.assessment.stale
        if subject == "connection" or not stale:
            return True
        if subject == "person":
            return key[0] not in self._people_of_stale()
        if subject == "portfolio":
            return key[1] not in self._portfolios_of_stale()
        return key[0] not in stale

    def _portfolios_of_stale(self) -> set[str]:
        if not hasattr(self, "_stale_portfolios"):
            frame = Frame(self.moment, self.connection.dialect.name)
            stale = sorted(self.assessment.stale)
            self._stale_portfolios = touched_by(self.connection, frame, stale)
        return self._stale_portfolios

    def _people_of_stale(self) -> set[int]:
        if not hasattr(self, "_stale_people"):
            rows = self.connection.execute(
                sa.select(PERSON.c.identity_id).where(
                    PERSON.c.connection_id.in_(self.assessment.stale),
                    PERSON.c.identity_id.is_not(None),
                )
            )
            self._stale_people = set(rows.scalars())
        return self._stale_people

    # -- deciding ------------------------------------------------------------------------------

    def _live(
        self, mark: str, row: Any, finding: Finding | None, lost: set[tuple[str, Key]]
    ) -> None:
        state = row.state
        if lifecycle.expired(state, row.waived_until, self.moment.today):
            state = "open"
            self.ledger.change(mark, state=state)
            self.ledger.event(mark, "waiver_expired", row.severity)
        if finding is not None:
            self._stands(mark, row, finding, state)
            return
        told = lifecycle.verdict(self._seen(row, lost))
        match told:
            case lifecycle.Resolve(why):
                self.ledger.change(
                    mark, state="resolved", resolved_at=self.now, resolution=why,
                    assessed_at=self.now, frozen_at=None, frozen_why=None,
                )  # fmt: skip
                self.ledger.event(mark, "resolved", row.severity, why)
            case lifecycle.Frozen(why):
                self.frozen.append(mark)
                if row.frozen_why != why:
                    since = row.frozen_at or self.now
                    self.ledger.change(mark, frozen_at=since, frozen_why=why)
            case lifecycle.Stands() | lifecycle.Untouched():
                pass

    def _seen(self, row: Any, lost: set[tuple[str, Key]]) -> lifecycle.Seen:
        found, key = self.assessment, key_of(row)
        halted: Any = None
        if row.standard in found.slow:
            halted = "slow"
        elif row.standard in self.suspects:
            halted = "suspect"
        return lifecycle.Seen(
            standard=row.standard in found.standards,
            connection=row.connection_id is None or row.connection_id in found.connections,
            looked=(row.subject, key) in found.watched,
            there=self._is_there(row.subject, key),
            lost=(row.subject, key) in lost,
            fresh=self._is_fresh(row.subject, key),
            read=row.connection_id not in found.unread,
            halted=halted,
            answer=found.answers.get((row.standard, key), OUT),
        )

    def _stands(self, mark: str, row: Any, finding: Finding, state: Any) -> None:
        standard = self.assessment.standards[finding.standard]
        opened = row.opened_at.astimezone(self.moment.zone).date()
        severity = self._severity(finding, opened, state)
        said = content(standard, finding, self.moment.zone)
        kept = {name: value for name, value in said.items() if getattr(row, name) != value}
        kept.pop("read_at", None)  # by itself no reason to write
        if kept:
            kept["read_at"] = said["read_at"]
        if row.frozen_at is not None:
            kept |= {"frozen_at": None, "frozen_why": None}
        if severity != row.severity:
            kept["severity"] = severity
            rank = SEVERITIES.index
            if rank(severity) > max(rank(row.severity), rank(standard.severity)):
                kept["worsened_at"] = self.now
                self.ledger.event(mark, "worsened", severity)
            else:
                self.ledger.event(mark, "severity_changed", severity, f"from {row.severity}")
        if kept:
            self.ledger.change(mark, assessed_at=self.now, **kept)

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
                **content(standard, finding, self.moment.zone),
            }
        )
        self.ledger.event(mark, "opened", severity)

    def _reopen(self, mark: str, row: Any, finding: Finding) -> None:
        standard = self.assessment.standards[finding.standard]
        state = lifecycle.reopened_as(row.waived_until, self.moment.today)
        severity = self._severity(finding, self.moment.today, state)
        self.ledger.change(
            mark, state=state, severity=severity,
            opened_at=self.now, reopened_at=self.now, assessed_at=self.now, resolved_at=None,
            resolution=None, worsened_at=None, acknowledged_by=None, acknowledged_note=None,
            frozen_at=None, frozen_why=None,
            **content(standard, finding, self.moment.zone),
        )  # fmt: skip
        self.ledger.event(mark, "reopened", severity)
        if state == "waived":
            note = f"its waiver holds until {row.waived_until.isoformat()}"
            self.ledger.event(mark, "waived", severity, note)
