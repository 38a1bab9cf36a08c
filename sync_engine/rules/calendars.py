"""Working days: which days count, and the day so many of them ago or ahead. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

YEARS_BACK = 17  # more than 4,000 working days
YEARS_AHEAD = 17
FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class WorkCalendar:
    """The PMO's working days.

    Args:
        country: ISO code whose public holidays are days off.
        region: subdivision of the country.
        days_off: the PMO's own.
        weekend: days of the week without work, Monday = 0.
    """

    country: str | None = None
    region: str | None = None
    days_off: frozenset[date] = field(default_factory=frozenset)
    weekend: frozenset[int] = frozenset({5, 6})

    @classmethod
    def of(
        cls,
        country: str | None = None,
        region: str | None = None,
        days_off: Iterable[date] = (),
        weekend: Iterable[int] = (5, 6),
    ) -> WorkCalendar:
        """A calendar from the configuration's values."""
        return cls(country, region, frozenset(days_off), frozenset(weekend))

    def days(self, year: int) -> tuple[date, ...]:
        """All working days around a year, in order."""
        return _working_days(self, year)

    def off(self, year: int) -> tuple[date, ...]:
        """All days around a year that would be working days, and are off; in order."""
        days = _working_days(self, year)
        working, count = set(days), (date(year + YEARS_AHEAD, 12, 31) - days[0]).days + 1
        every = (days[0] + timedelta(days=n) for n in range(count))
        return tuple(d for d in every if d.weekday() not in self.weekend and d not in working)

    def back(self, today: date, count: int) -> date:
        """The first day whose age, in working days, is `count` or less today.

        A day's age is the number of working days after it, today included: what happened on
        Monday is one working day old on Tuesday, and what happened on Friday on Monday.
        """
        days = _working_days(self, today.year)
        at = bisect_right(days, today) - 1 - count
        return days[max(at, 0)]

    def ahead(self, today: date, count: int) -> date:
        """The `count`-th working day after today."""
        days = _working_days(self, today.year)
        at = bisect_right(days, today) - 1 + count
        return today if count == 0 else days[min(at, len(days) - 1)]

    def within(self, today: date, count: int) -> date:
        """The last day that is at most `count` working days ahead.

        A day is as far ahead as the working days after today up to it: what is due on the Saturday
        after the last working day is no farther than that one.
        """
        days = _working_days(self, today.year)
        at = bisect_right(days, today) + count
        return days[at] - timedelta(days=1) if at < len(days) else days[-1]

    def age(self, day: date, today: date) -> int:
        """How many working days lie after `day`, up to and including today."""
        days = _working_days(self, today.year)
        return max(0, bisect_right(days, today) - bisect_right(days, day))


@lru_cache(maxsize=64)
def _working_days(calendar: WorkCalendar, year: int) -> tuple[date, ...]:
    """All working days around a year; a day's position is its ordinal."""
    years = range(year - YEARS_BACK, year + YEARS_AHEAD + 1)
    off = set(calendar.days_off)
    if calendar.country:
        import holidays

        off |= set(holidays.country_holidays(calendar.country, calendar.region, years=years))
    first, last = date(years[0], 1, 1), date(years[-1], 12, 31)
    every = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return tuple(day for day in every if day.weekday() not in calendar.weekend and day not in off)


@dataclass(frozen=True)
class Moment:
    """The one frozen `now` of an assessment, and what it makes of days."""

    now: datetime
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    calendar: WorkCalendar = field(default_factory=WorkCalendar)

    @property
    def today(self) -> date:
        """The day it is in the PMO's time zone."""
        return self.now.astimezone(self.zone).date()

    def span_of(self, day: date) -> tuple[datetime, datetime]:
        """The instants at which a day and the one after it begin in the PMO's time zone; the first
        or last that there is, where they would lie beyond: some write "never" as 9999-12-31."""
        start, end = FIRST, LAST
        midnight = datetime.combine(day, time(), self.zone)
        with suppress(OverflowError):
            start = midnight.astimezone(UTC)
        with suppress(OverflowError):
            end = (midnight + timedelta(days=1)).astimezone(UTC)
        return start, end

    @property
    def noon(self) -> int:
        """The hour of UTC, from 0 to 23, at which it is about noon there.

        A day without a time stands as this instant of it: where it is half the world later than in
        UTC, it would otherwise become the day before or after. The offset is that of now; clocks
        that are put forward or back by an hour or two do not move noon to another day.
        """
        offset = self.now.astimezone(self.zone).utcoffset() or timedelta()
        return min(max(12 - round(offset / timedelta(hours=1)), 0), 23)

    def day_back(self, count: float, unit: str) -> date:
        """The first day that is not older than so many days, weeks or working days."""
        if unit == "working days":
            return self.calendar.back(self.today, int(count))
        return self.today - timedelta(days=int(count) * (7 if unit == "weeks" else 1))

    def day_ahead(self, count: float, unit: str) -> date:
        """The last day within so many days, weeks or working days from today."""
        if unit == "working days":
            return self.calendar.within(self.today, int(count))
        return self.today + timedelta(days=int(count) * (7 if unit == "weeks" else 1))
