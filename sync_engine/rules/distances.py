"""How far two days of a row are apart, in days or in the PMO's working days.

Constants do for an age, since one of its days is today. Between two facts, working days are
counted by arithmetic: those of whole weeks, less the days off that fall on one of them.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from sync_engine.rules.calendars import Moment, WorkCalendar
from sync_engine.rules.dialect import Column, Truth, day_later, days_since_epoch, list_entries
from sync_engine.rules.sources import Source, Value, both, guarded
from sync_engine.rules.syntax import Apart, Literal

ZONE_YEARS = 12
"""So many years back and ahead, the changes of the PMO's clocks are known; beyond, the nearest
one's time holds: a day may then begin an hour early or late."""


def apart(condition: Apart, source: Source) -> Truth:
    """Whether two days are so far apart; unknown where either is empty."""
    left, other = source.value(condition.left), source.value(condition.other)
    moment, unit = source.frame.moment, str(condition.unit)
    amount = condition.amount.value if isinstance(condition.amount, Literal) else None
    if unit == "working days":
        dialect = source.frame.dialect
        first, second = (working_day(day_of(v, moment), moment, dialect) for v in (left, other))
    else:
        first, second = (days_since_epoch(day_of(v, moment)) for v in (left, other))
        amount = float(str(amount)) * (7 if unit == "weeks" else 1)
    later: Column = first - second
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


def working_day(day: Column, moment: Moment, dialect: str) -> Column:
    """A number that grows by one with every working day."""
    calendar = moment.calendar
    number = days_since_epoch(day) + EPOCH_SHIFT
    in_weeks, within = number // 7, number % 7
    works = [weekday not in calendar.weekend for weekday in range(7)]
    sums = {n: sum(works[: n + 1]) for n in range(7)}
    counted: Column = in_weeks * sum(works) + sa.case(sums, value=within, else_=0)
    off = days_off(calendar, moment.today.year)
    if not off:
        return counted
    rows, text = list_entries(_document(off, dialect), dialect)
    passed = sa.select(sa.func.count()).select_from(rows).where(
        sa.cast(text, sa.Integer) <= days_since_epoch(day)
    )  # fmt: skip
    return counted - passed.correlate_except(rows).scalar_subquery()


EPOCH_SHIFT = 3 + 7 * 52 * 200
"""1970-01-01 was a Thursday; so many weeks more keep the number positive."""


def _document(days: tuple[int, ...], dialect: str) -> Column:
    from sqlalchemy.dialects.postgresql import JSONB

    text = sa.literal(json.dumps(days), sa.Text())
    return sa.cast(text, JSONB) if dialect == "postgresql" else text


@lru_cache(maxsize=16)
def days_off(calendar: WorkCalendar, year: int) -> tuple[int, ...]:
    """The days off of a calendar that would be working days, as days since 1970."""
    days = calendar.days(year)
    works, first, last = set(days), days[0], days[-1]
    every = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return tuple(
        (day - date(1970, 1, 1)).days
        for day in every
        if day.weekday() not in calendar.weekend and day not in works
    )
