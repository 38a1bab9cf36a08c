"""How far two days of a row are apart, in days or in the PMO's working days.

Constants do for an age, since one of its days is today.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from sync_engine.rules.calendars import Moment
from sync_engine.rules.dialect import Column, Truth, day_later, days_since_epoch
from sync_engine.rules.sources import Source, Value, both, guarded
from sync_engine.rules.syntax import Apart, Literal
from sync_engine.rules.working_days import working_days_between

ZONE_YEARS = 12
"""So many years back and ahead, the changes of the PMO's clocks are known; beyond, the nearest
one's time holds: a day may then begin an hour early or late."""


def apart(condition: Apart, source: Source) -> Truth:
    """Whether two days are so far apart; unknown where either is empty."""
    left, other = source.value(condition.left), source.value(condition.other)
    moment, unit = source.frame.moment, str(condition.unit)
    amount = condition.amount.value if isinstance(condition.amount, Literal) else None
    if unit == "working days":
        later = working_days_between(day_of(other, moment), day_of(left, moment), moment)
    else:
        first, second = (days_since_epoch(day_of(v, moment)) for v in (left, other))
        later = first - second
        amount = float(str(amount)) * (7 if unit == "weeks" else 1)
    if condition.how == "within":
        answer = sa.and_(later <= amount, later >= -float(str(amount)))
    else:
        answer = (later if condition.how == "after" else -later) > amount
    return guarded(both(left.known, other.known), answer)


def day_of(value: Value, moment: Moment) -> Column:
    """A day; of an instant, the one that it falls on in the PMO's time zone."""
    return value.expr if value.type == "day" else day_at(value.expr, moment)


def day_at(instant: Column, moment: Moment) -> Column:
    """The day that an instant falls on in the PMO's time zone."""
    first, *changes = _offsets(moment.zone, moment.now.year)
    arms = [(instant >= at, seconds) for at, seconds in reversed(changes)]
    offset = sa.case(*arms, else_=first[1]) if arms else sa.literal(first[1])
    return day_later(instant, offset)


@lru_cache(maxsize=16)
def _offsets(zone: ZoneInfo, year: int) -> tuple[tuple[datetime, int], ...]:
    """From when on clocks are so many seconds ahead of UTC."""

    def ahead(at: datetime) -> int:
        offset = at.astimezone(zone).utcoffset()
        return 0 if offset is None else int(offset.total_seconds())

    at, end = (datetime(year + years, 1, 1, tzinfo=UTC) for years in (-ZONE_YEARS, ZONE_YEARS))
    found = [(at, ahead(at))]
    step = timedelta(days=7)
    while at < end:
        if ahead(at + step) != found[-1][1]:
            low, high = at, at + step
            while high - low > timedelta(seconds=1):
                middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
                low, high = (middle, high) if ahead(middle) == ahead(low) else (low, middle)
            found.append((high, ahead(high)))
        at += step
    return tuple(found)
