"""When a connection is due again. Pure: the schedule is a column, not a scheduler's memory."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo

from sync_engine.settings.values import Schedule

MAX_BACKOFF = timedelta(hours=1)
CENSUS_RETRY = timedelta(hours=1)


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
        wait = every * (1 << min(max(failures - 1, 0), 6))
        return now + max(min(wait, MAX_BACKOFF), every)
    return now + every


def next_census(
    schedule: Schedule | timedelta | None,
    outcome: str,
    now: datetime,
    zone: tzinfo,
    *,
    until: datetime | None,
) -> datetime | None:
    """When to take a census again; None: never by itself.

    One that could not be completed is tried again within the hour, or when the tool lets us.
    """
    if schedule is None:
        return None
    if outcome not in ("complete", "held"):
        return max(until or now, now + CENSUS_RETRY)
    return now + schedule if isinstance(schedule, timedelta) else schedule.next(now, zone)
