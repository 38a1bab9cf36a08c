"""The one door to the time: everything else is given `now` as a value or as this function."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, tzinfo


def now() -> datetime:
    """The current instant in UTC."""
    return datetime.now(UTC)


def day_in(zone: tzinfo, at: datetime) -> date:
    """The day of an instant in a time zone. At the ends of the calendar, where tools write what
    means "never", it may have none there: then its own."""
    try:
        return at.astimezone(zone).date()
    except OverflowError:
        return at.date()


def monotonic() -> float:
    """Seconds that only grow, for durations and budgets."""
    return time.monotonic()


def sleep(seconds: float) -> None:
    """Wait. Only the HTTP door waits, and only for a limit or before a retry."""
    time.sleep(seconds)
