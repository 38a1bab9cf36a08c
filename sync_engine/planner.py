"""When a connection is due again. Pure: the schedule is a column, not a scheduler's memory."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

MAX_BACKOFF = timedelta(hours=1)


def next_pull(
    outcome: str, every: timedelta, now: datetime, *, until: datetime | None, failures: int
) -> datetime:
    """When to pull again.

    Args:
        until: when the tool lets us come back; wins.
        failures: how many runs in a row have failed, this one included.
    """
    if until is not None:
        return max(until, now)
    if outcome == "cut":
        return now
    if outcome in ("failed", "needs_reauth"):
        wait = every * (1 << min(failures - 1, 6))
        return now + max(min(wait, MAX_BACKOFF), every)
    return now + every


def next_daily(at: time, zone: ZoneInfo, now: datetime) -> datetime:
    """The next local `at` after `now`; in a skipped hour the first instant after it."""
    local = now.astimezone(zone)
    candidate = datetime.combine(local.date(), at, tzinfo=zone)
    if candidate <= now:
        candidate = datetime.combine(local.date() + timedelta(days=1), at, tzinfo=zone)
    return candidate.astimezone(ZoneInfo("UTC"))
