"""The one door to the time: everything else is given `now` as a value or as this function."""

from __future__ import annotations

import time
from datetime import UTC, datetime


def now() -> datetime:
    """The current instant in UTC."""
    return datetime.now(UTC)


def monotonic() -> float:
    """Seconds that only grow, for durations and budgets."""
    return time.monotonic()


def sleep(seconds: float) -> None:
    """Wait. Only the HTTP door waits, and only for a limit or before a retry."""
    time.sleep(seconds)
