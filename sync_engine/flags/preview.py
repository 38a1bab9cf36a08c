"""What a change of standards would do, before it counts. Reads only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import nsmallest
from operator import itemgetter
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from sync_engine.rules.assessment import Assessment
from sync_engine.rules.calendars import Moment, WorkCalendar
from sync_engine.rules.evaluate import assess, not_assessable
from sync_engine.rules.frames import frame_for
from sync_engine.rules.limits import PATIENCE, limited
from sync_engine.rules.scan import Key
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
    then: Moment | None = None,
) -> tuple[Effect, ...]:
    """What going from some standards to others would open and resolve, standard by standard.

    Args:
        then: the moment in the time zone and the working days of afterwards; None: they stay. What
            is kept of schedules is as the calendar in force made it, before and after.
    """
    old_by_id = {s.id: s for s in before if s.enabled}
    new_by_id = {s.id: s for s in after if s.enabled}
    moment = Moment(now, timezone, calendar)
    then = then or moment
    every = old_by_id.keys() | new_by_id.keys()
    changed = {
        id
        for id in every
        if id not in old_by_id
        or id not in new_by_id
        or old_by_id[id].version != new_by_id[id].version
    }
    looked_at = changed if then == moment else every
    with reading(engine) as connection:

        def assessed(standards: Mapping[str, Standard], at: Moment) -> Assessment:
            chosen = [s for id, s in standards.items() if id in looked_at]
            return assess(connection, frame_for(connection, at, intervals), chosen, full=True)

        old, new = assessed(old_by_id, moment), assessed(new_by_id, then)
        effects = [_effect(id, old, new) for id in sorted(looked_at)]
    return tuple(each for each in effects if each.standard in changed or each.changes)


def _unknown(found_by: Assessment, standard: Standard) -> tuple[Sample, ...]:
    with limited(found_by.connection, PATIENCE):
        found = not_assessable(found_by.connection, found_by.frame, standard, SAMPLES)
    return tuple(
        Sample(item.title, item.key, item.url, "It cannot be said whether it meets this.")
        for item in found
    )


def _effect(id: str, old: Assessment, new: Assessment) -> Effect:
    earlier, later = old.flagged(id), new.flagged(id)
    was, will = old.standards.get(id), new.standards.get(id)
    standard = will or was
    if standard is None:
        raise KeyError(id)
    met, flagged, unknown = new.sums.get(id, (0, 0, 0))
    share = flagged / (met + flagged) if flagged else 0.0
    limit = will.limit if will else None
    return Effect(
        standard=id,
        title=standard.title,
        opens=len(later - earlier),
        resolves=len(earlier - later),
        stays=len(later & earlier),
        flagged=flagged,
        met=met,
        unknown=unknown,
        missing={
            new.connections[connection]: names
            for (name, connection), names in new.missing.items()
            if name == id
        },
        opening=_samples(new, id, later - earlier),
        resolving=_samples(old, id, earlier - later),
        not_assessed=_unknown(new, standard) if unknown else (),
        severity=(was.severity, will.severity)
        if was and will and was.severity != will.severity
        else None,
        suspect=share if limit is not None and share > limit else None,
        slow=id in new.slow,
    )


def _samples(found: Assessment, standard: str, keys: Iterable[Key]) -> tuple[Sample, ...]:
    some = nsmallest(SAMPLES, keys)
    if not some:
        return ()
    items = found.items(standard, some)
    chosen, zone = found.standards, found.moment.zone
    return tuple(
        Sample(item.title, item.key, item.url, sentence(chosen[standard], item.values, zone))
        for _, item in sorted(items.items(), key=itemgetter(0))
    )
