"""Days as points of working time, and back.

A point counts working minutes from the calendar's first working day. The morning of a working day
is the same point as the evening of the one before: which day is meant depends on whether something
starts or finishes there. What starts on a day off starts the next working morning; what is due on
one is finished on the last working evening before.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import date

from sync_engine.rules.calendars import WorkCalendar
from sync_engine.schedule.model import DAY


class Axis:
    """Working time around a day. What lies beyond the calendar (17 years) has no point."""

    def __init__(self, calendar: WorkCalendar, today: date) -> None:
        self._days = calendar.days(today.year)
        self._starts: dict[date, int | None] = {}
        self._ends: dict[date, int | None] = {}
        self.now = bisect_left(self._days, today) * DAY

    def start(self, day: date) -> int | None:
        """The first morning on or after a day."""
        if day not in self._starts:
            self._starts[day] = bisect_left(self._days, day) * DAY if self._has(day) else None
        return self._starts[day]

    def end(self, day: date) -> int | None:
        """The last evening on or before a day."""
        if day not in self._ends:
            self._ends[day] = bisect_right(self._days, day) * DAY if self._has(day) else None
        return self._ends[day]

    def day_of_start(self, point: int | None) -> date | None:
        """The day on which something starts at a point."""
        return None if point is None else self._at(point // DAY)

    def day_of_end(self, point: int | None) -> date | None:
        """The day on which something finishes at a point."""
        return None if point is None else self._at((point - 1) // DAY)

    def _has(self, day: date) -> bool:
        return self._days[0] <= day <= self._days[-1]

    def _at(self, position: int) -> date | None:
        return self._days[position] if 0 <= position < len(self._days) else None


def in_days(minutes: int | None) -> float | None:
    """Working minutes as working days."""
    return None if minutes is None else minutes / DAY
