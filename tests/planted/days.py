"""A calendar of its own, walked day by day: what plants are computed from, and never the product's.

A day is as old as the working days after it, today included; it is as far ahead as the working
days from tomorrow up to it. Both come out of counting one day after the other.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

ONE = timedelta(days=1)
JUST = timedelta(microseconds=1)
"""The least by which an instant can lie before another."""


@dataclass(frozen=True)
class Days:
    """One frozen moment with its working days.

    Args:
        off: days off, holidays included, written out by hand for the weeks around the moment.
    """

    now: datetime
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    weekend: frozenset[int] = frozenset({5, 6})
    off: frozenset[date] = frozenset()

    @property
    def today(self) -> date:
        """The day on the wall."""
        return self.day_of(self.now)

    def day_of(self, instant: datetime) -> date:
        """The day on which something happened."""
        return instant.astimezone(self.zone).date()

    def works(self, day: date) -> bool:
        """Whether it is a working day."""
        return day.weekday() not in self.weekend and day not in self.off

    def between(self, day: date, later: date, unit: str) -> int:
        """Whole days, weeks or working days after `day` up to `later`."""
        if unit != "working days":
            return (later - day).days
        return sum(self.works(day + ONE * n) for n in range(1, (later - day).days + 1))

    def oldest(self, count: float, unit: str) -> date:
        """The earliest day that is not older than so many units."""
        limit, day = count * (7 if unit == "weeks" else 1), self.today
        while self.between(day - ONE, self.today, unit) <= limit:
            day -= ONE
        return day

    def farthest(self, count: float, unit: str) -> date:
        """The last day within so many units."""
        return self.after(self.today, count, unit)

    def after(self, start: date, count: float, unit: str) -> date:
        """The last day that is no more than so many units after another."""
        limit, day = count * (7 if unit == "weeks" else 1), start
        while self.between(start, day + ONE, unit) <= limit:
            day += ONE
        return day

    def begins(self, day: date) -> datetime:
        """The first instant of a day, found by looking at clocks all around midnight."""
        low = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=30)
        high = low + timedelta(hours=60)
        while high - low > timedelta(seconds=1):
            middle = low + (high - low) // 2
            middle = middle.replace(microsecond=0)
            if middle in (low, high):
                break
            if self.day_of(middle) >= day:
                high = middle
            else:
                low = middle
        return high
