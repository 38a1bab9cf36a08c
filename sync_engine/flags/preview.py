"""What a change of standards would do, before it counts. Reads only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from sync_engine.flags.apply import fingerprint
from sync_engine.rules.calendars import Moment, WorkCalendar
from sync_engine.rules.evaluate import SECONDS, Assessment, Finding, assess, not_assessable
from sync_engine.rules.frames import frame_for
from sync_engine.rules.limits import limited
from sync_engine.rules.sources import Frame
from sync_engine.rules.standards import Standard, sentence
from sync_engine.store.engine import reading

SAMPLES = 5


@dataclass(frozen=True, slots=True)
class Sample:
    """One flag that would come or go."""

    title: str
    key: str | None
    url: str | None
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What becomes of one standard.

    Args:
        opens, resolves: flags that would come and go.
        stays: flags before and after.
        flagged, met, unknown: subjects afterwards; the first two are those that are assessed.
        missing: the facts that tools do not provide, by connection.
        opening, resolving, not_assessed: some of them.
        severity: (before, after), where that changes.
        suspect: the share flagged, where it is over the standard's limit.
    """

    standard: str
    title: str
    opens: int
    resolves: int
    stays: int
    flagged: int
    met: int
    unknown: int
    missing: Mapping[str, tuple[str, ...]]
    opening: tuple[Sample, ...]
    resolving: tuple[Sample, ...]
    not_assessed: tuple[Sample, ...] = ()
    severity: tuple[str, str] | None = None
    suspect: float | None = None
    slow: bool = False

    @property
    def changes(self) -> bool:
        """Whether anything would be different."""
        return bool(self.opens or self.resolves or self.severity)

    @property
    def assessed(self) -> int:
        """Subjects that it could say something about."""
        return self.flagged + self.met


def preview(
    engine: sa.Engine,
    before: Iterable[Standard],
    after: Iterable[Standard],
    *,
    now: datetime,
    timezone: ZoneInfo,
    calendar: WorkCalendar,
    intervals: Mapping[str, timedelta] | None = None,
) -> tuple[Effect, ...]:
    """What going from some standards to others would open and resolve, standard by standard."""
    old_by_id = {s.id: s for s in before if s.enabled}
    new_by_id = {s.id: s for s in after if s.enabled}
    changed = {
        id
        for id in old_by_id.keys() | new_by_id.keys()
        if id not in old_by_id
        or id not in new_by_id
        or old_by_id[id].version != new_by_id[id].version
    }

    def assessed(standards: Mapping[str, Standard]) -> Assessment:
        return assess(
            engine, [s for id, s in standards.items() if id in changed], now=now,
            timezone=timezone, calendar=calendar, full=True, intervals=intervals,
        )  # fmt: skip

    old, new = assessed(old_by_id), assessed(new_by_id)
    effects = [_effect(id, old, new, timezone) for id in sorted(changed)]
    moment = Moment(now, timezone, calendar)
    with reading(engine) as connection:
        frame = frame_for(connection, moment, intervals)
        return tuple(
            replace(each, not_assessed=_unknown(connection, frame, new.standards[each.standard]))
            if each.unknown
            else each
            for each in effects
        )


def _unknown(connection: sa.Connection, frame: Frame, standard: Standard) -> tuple[Sample, ...]:
    with limited(connection, SECONDS):
        found = not_assessable(connection, frame, standard, SAMPLES)
    return tuple(
        Sample(item.title, item.key, item.url, "It cannot be said whether it meets this.")
        for item in found
    )


def _effect(id: str, old: Assessment, new: Assessment, zone: ZoneInfo) -> Effect:
    earlier, later = _marked(id, old), _marked(id, new)
    comes = [later[mark] for mark in later if mark not in earlier]
    goes = [earlier[mark] for mark in earlier if mark not in later]
    was, will = old.standards.get(id), new.standards.get(id)
    standard = will or was
    if standard is None:
        raise KeyError(id)
    met = sum(t.met for t in new.totals if t.standard == id)
    share = len(later) / (met + len(later)) if later else 0.0
    limit = will.limit if will else None
    return Effect(
        standard=id,
        title=standard.title,
        opens=len(comes),
        resolves=len(goes),
        stays=len(later) - len(comes),
        flagged=len(later),
        met=met,
        unknown=sum(t.unknown for t in new.totals if t.standard == id),
        missing={
            new.connections[connection]: names
            for (name, connection), names in new.missing.items()
            if name == id
        },
        opening=_samples(comes, new.standards, zone),
        resolving=_samples(goes, old.standards, zone),
        severity=(was.severity, will.severity)
        if was and will and was.severity != will.severity
        else None,
        suspect=share if limit is not None and share > limit else None,
        slow=id in new.slow,
    )


def _marked(id: str, found: Assessment) -> dict[str, Finding]:
    return {
        fingerprint(f.standard, f.subject, f.key): f for f in found.findings if f.standard == id
    }


def _samples(
    findings: list[Finding], standards: Mapping[str, Standard], zone: ZoneInfo
) -> tuple[Sample, ...]:
    return tuple(
        Sample(
            f.item.title,
            f.item.key,
            f.item.url,
            sentence(standards[f.standard], f.item.values, zone),
        )
        for f in findings[:SAMPLES]
    )
