"""Writing what an assessment means for the flags: one transaction, bulk statements."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from sync_engine.flags import lifecycle
from sync_engine.rules.calendars import WorkCalendar
from sync_engine.rules.evaluate import SECONDS, Assessment, Finding, Total, Watched, assess
from sync_engine.rules.evidence import plain
from sync_engine.rules.joins import MILESTONE, PERSON, PROJECT, TASK, table
from sync_engine.rules.scan import OUT, Key
from sync_engine.rules.standards import SEVERITIES, Standard, sentence
from sync_engine.store.engine import reading
from sync_engine.store.flag_models import AssessmentRow, Compliance, FlagEvent, FlagRow, Waiver
from sync_engine.store.models import SprintRow

CHUNK = 500
LEAST_FOR_LIMIT = 10
"""A standard is not suspected on fewer subjects than this."""

LOCK = 7_204_118  # names our advisory lock on PostgreSQL
ITEM_FIELDS = (
    "title", "key", "url", "project_id", "project", "portfolio", "owner", "owner_email",
    "identity_id", "tool", "connection", "read_at",
)  # fmt: skip

FLAG, EVENT, WAIVER, ASSESSMENT, COMPLIANCE = map(
    table, (FlagRow, FlagEvent, Waiver, AssessmentRow, Compliance)
)
_RECORDS = {"task": TASK, "project": PROJECT, "milestone": MILESTONE, "sprint": table(SprintRow)}


@dataclass(frozen=True, slots=True)
class FlagReport:
    """What an assessment changed; flags are named by fingerprint.

    Args:
        suspect: standards that flagged more than their limit, with the share; their flags were
            left as they are.
        slow: standards that ran over their time.
        superseded: a later assessment had been applied already; nothing was changed.
    """

    opened: tuple[str, ...] = ()
    worsened: tuple[str, ...] = ()
    resolved: tuple[str, ...] = ()
    reopened: tuple[str, ...] = ()
    waiver_expired: tuple[str, ...] = ()
    frozen: tuple[str, ...] = ()
    suspect: Mapping[str, float] = field(default_factory=dict)
    slow: tuple[str, ...] = ()
    subjects: int = 0
    full: bool = False
    superseded: bool = False


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
    return row.connection_id, row.subject_id


def apply(engine: sa.Engine, assessment: Assessment) -> FlagReport:
    """Bring the flags in line with an assessment."""
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
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
        self.inserts: list[dict[str, Any]] = []
        self.updates: list[dict[str, Any]] = []
        self.events: list[
            tuple[str, str, str, str | None]
        ] = []  # fingerprint, event, severity, note
        self.ids: dict[str, int] = {}
        self.touched: dict[str, dict[str, Any]] = {}
        self.frozen: list[str] = []

    def run(self) -> FlagReport:
        findings = {
            fingerprint(f.standard, f.subject, f.key): f
            for f in self.assessment.findings
            if f.standard not in self.suspects and self._is_fresh(f.subject, f.key)
        }
        self._end_waivers()
        existing = self._flags(findings)
        lost = self._lost(existing.values())
        for mark, row in existing.items():
            self.ids[mark] = row.id
            if row.state != "resolved":
                self._live(mark, row, findings.get(mark), lost)
            elif mark in findings:
                self._reopen(mark, row, findings[mark])
        for mark, finding in findings.items():
            if mark not in existing:
                self._open(mark, finding)
        return self._write()

    def _end_waivers(self) -> None:
        self.connection.execute(
            sa.update(WAIVER)
            .where(WAIVER.c.until < self.moment.today, WAIVER.c.ended_at.is_(None))
            .values(ended_at=self.now, ended_why="expired")
        )

    # -- reading -------------------------------------------------------------------------------

    def _flags(self, findings: Mapping[str, Finding]) -> dict[str, Any]:
        live = self.connection.execute(sa.select(FLAG).where(FLAG.c.state != "resolved"))
        found = {row.fingerprint: row for row in live}
        rest = [mark for mark in findings if mark not in found]
        for start in range(0, len(rest), CHUNK):
            rows = self.connection.execute(
                sa.select(FLAG).where(FLAG.c.fingerprint.in_(rest[start : start + CHUNK]))
            )
            found.update({row.fingerprint: row for row in rows})
        return found

    def _lost(self, rows: Iterable[Any]) -> set[tuple[str, Key]]:
        """Of the flagged subjects that are not there: those that we may no longer see."""
        absent: dict[tuple[str, int], list[str]] = {}
        for row in rows:
            key = key_of(row)
            if row.subject in _RECORDS and not self._is_there(row.subject, key):
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
        return key[0] not in stale

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
            self._change(mark, state=state)
            self._event(mark, "waiver_expired", row.severity)
        if finding is not None:
            self._stands(mark, row, finding, state)
            return
        told = lifecycle.verdict(self._seen(row, lost))
        match told:
            case lifecycle.Resolve(why):
                self._change(
                    mark, state="resolved", resolved_at=self.now, resolution=why,
                    assessed_at=self.now, frozen_at=None, frozen_why=None,
                )  # fmt: skip
                self._event(mark, "resolved", row.severity, why)
            case lifecycle.Frozen(why):
                self.frozen.append(mark)
                if row.frozen_why != why:
                    since = row.frozen_at or self.now
                    self._change(mark, frozen_at=since, frozen_why=why)
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
            halted=halted,
            answer=found.answers.get((row.standard, key), OUT),
        )

    def _stands(self, mark: str, row: Any, finding: Finding, state: Any) -> None:
        standard = self.assessment.standards[finding.standard]
        opened = row.opened_at.astimezone(self.moment.zone).date()
        severity = lifecycle.severity(standard, opened, state, self.moment)
        content = self._content(standard, finding)
        kept = {name: value for name, value in content.items() if getattr(row, name) != value}
        kept.pop("read_at", None)  # by itself no reason to write
        if kept:
            kept["read_at"] = content["read_at"]
        if row.frozen_at is not None:
            kept |= {"frozen_at": None, "frozen_why": None}
        if severity != row.severity:
            kept["severity"] = severity
            rank = SEVERITIES.index
            if rank(severity) > max(rank(row.severity), rank(standard.severity)):
                kept["worsened_at"] = self.now
                self._event(mark, "worsened", severity)
        if kept:
            self._change(mark, assessed_at=self.now, **kept)

    def _open(self, mark: str, finding: Finding) -> None:
        standard = self.assessment.standards[finding.standard]
        self.inserts.append(
            {
                "fingerprint": mark,
                "standard": standard.id,
                "subject": finding.subject,
                "connection_id": finding.item.connection_id,
                "subject_id": finding.item.id,
                "severity": standard.severity,
                "state": "open",
                "opened_at": self.now,
                "first_opened_at": self.now,
                "assessed_at": self.now,
                **self._content(standard, finding),
            }
        )
        self._event(mark, "opened", standard.severity)

    def _reopen(self, mark: str, row: Any, finding: Finding) -> None:
        standard = self.assessment.standards[finding.standard]
        self._change(
            mark,
            state=lifecycle.reopened_as(row.waived_until, self.moment.today),
            severity=standard.severity,
            opened_at=self.now, reopened_at=self.now, assessed_at=self.now, resolved_at=None,
            resolution=None, worsened_at=None, acknowledged_by=None, acknowledged_note=None,
            frozen_at=None, frozen_why=None,
            **self._content(standard, finding),
        )  # fmt: skip
        self._event(mark, "reopened", standard.severity)

    def _content(self, standard: Standard, finding: Finding) -> dict[str, Any]:
        """What a flag keeps of its standard and its item."""
        item = finding.item
        used = [f"field {r.name}" if r.is_field else r.name for r in standard.refs()]
        return {
            "pack": standard.pack,
            "standard_version": standard.version,
            "standard_title": standard.title,
            "said": sentence(standard, item.values, self.moment.zone),
            "remedy": _remedy(standard, item.values, item.tool),
            "evidence": {name: plain(item.values.get(name)) for name in used},
            **{name: getattr(item, name) for name in ITEM_FIELDS},
        }

    # -- writing -------------------------------------------------------------------------------

    def _change(self, mark: str, **values: Any) -> None:
        self.touched.setdefault(mark, {}).update(values)

    def _event(self, mark: str, event: str, severity: str, note: str | None = None) -> None:
        self.events.append((mark, event, severity, note))

    def _write(self) -> FlagReport:
        if self.inserts:
            self.connection.execute(sa.insert(FLAG), self.inserts)
            self._learn_ids([row["fingerprint"] for row in self.inserts])
        self._update()
        if self.events:
            self.connection.execute(
                sa.insert(EVENT),
                [
                    {"flag_id": self.ids[mark], "at": self.now, "event": event,
                     "severity": severity, "note": note}
                    for mark, event, severity, note in self.events
                ],
            )  # fmt: skip
        report = self._report()
        self._log(report)
        if self.assessment.full:
            self._compliance(self.assessment.day)
        return report

    def _learn_ids(self, marks: Sequence[str]) -> None:
        for start in range(0, len(marks), CHUNK):
            rows = self.connection.execute(
                sa.select(FLAG.c.fingerprint, FLAG.c.id).where(
                    FLAG.c.fingerprint.in_(marks[start : start + CHUNK])
                )
            )
            self.ids.update({row.fingerprint: row.id for row in rows})

    def _update(self) -> None:
        """One statement for each set of columns."""
        alike: dict[tuple[str, ...], list[dict[str, Any]]] = {}
        for mark, values in self.touched.items():
            row = {f"new_{name}": value for name, value in values.items()}
            alike.setdefault(tuple(sorted(values)), []).append({**row, "flag": self.ids[mark]})
        for names, rows in alike.items():
            changes = {name: sa.bindparam(f"new_{name}", type_=FLAG.c[name].type) for name in names}
            statement = sa.update(FLAG).where(FLAG.c.id == sa.bindparam("flag")).values(changes)
            self.connection.execute(statement, rows)

    def _report(self) -> FlagReport:
        def marked(event: str) -> tuple[str, ...]:
            return tuple(mark for mark, name, _, _ in self.events if name == event)

        return FlagReport(
            opened=marked("opened"),
            worsened=marked("worsened"),
            resolved=marked("resolved"),
            reopened=marked("reopened"),
            waiver_expired=marked("waiver_expired"),
            frozen=tuple(self.frozen),
            suspect=dict(self.suspects),
            slow=self.assessment.slow,
            subjects=self.assessment.rows,
            full=self.assessment.full,
        )

    def _log(self, report: FlagReport) -> None:
        found = self.assessment
        suspect = {
            id: {"share": share, "limit": found.standards[id].limit}
            for id, share in report.suspect.items()
        }
        self.connection.execute(
            sa.insert(ASSESSMENT),
            {
                "at": self.now, "day": found.day, "full": found.full,
                "standards": found.fingerprint,
                "runs": {str(id): run for id, run in found.runs.items()},
                "subjects": found.rows, "opened": len(report.opened),
                "worsened": len(report.worsened), "resolved": len(report.resolved),
                "reopened": len(report.reopened), "frozen": len(report.frozen),
                "slow": list(report.slow), "suspect": suspect,
            },
        )  # fmt: skip

    def _compliance(self, day: date) -> None:
        found = self.assessment
        self.connection.execute(sa.delete(COMPLIANCE).where(COMPLIANCE.c.day == day))
        rows = [
            {
                "day": day, "standard": t.standard, "connection_id": t.connection_id or 0,
                "project_id": t.project_id or "", "met": t.met, "flagged": t.flagged,
                "unknown": t.unknown,
                "missing": list(found.missing.get((t.standard, t.connection_id or 0), ())),
            }
            for t in _merged(found)
        ]  # fmt: skip
        if rows:
            self.connection.execute(sa.insert(COMPLIANCE), rows)


def _merged(assessment: Assessment) -> list[Any]:
    """Totals with people's taken together: they live in no single connection."""
    found: dict[tuple[str, int | None, str | None], Total] = {}
    for total in assessment.totals:
        key = (total.standard, total.connection_id, total.project_id)
        before = found.get(key)
        if before is not None:
            total = Total(
                *key, before.met + total.met, before.flagged + total.flagged,
                before.unknown + total.unknown,
            )  # fmt: skip
        found[key] = total
    return list(found.values())


def _remedy(standard: Standard, values: Mapping[str, Any], tool: str | None) -> str:
    """The remedy, with the tool's and the subject's name put in."""
    named = standard.remedy.replace("{tool}", tool_title(tool) if tool else "the tool")
    return named.replace("{name}", str(values.get("name") or "NAME"))


def tool_title(connector: str) -> str:
    """A connector's name as people write it."""
    return connector.replace("_", " ").title()
