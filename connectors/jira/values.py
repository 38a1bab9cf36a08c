"""Reading single JSON values as Jira writes them; whatever is odd is None, nothing raises."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

EMPTY: Mapping[str, Any] = {}
SECONDS_UNTIL = 100_000_000_000  # an epoch number above it counts milliseconds, below it seconds


def instant(value: Any) -> datetime | None:
    """`2026-05-06T07:08:09.123+0200` or an epoch number as a UTC instant.

    A time without a zone is taken as UTC: Jira itself always writes the offset.
    """
    try:
        if type(value) is str:
            at = datetime.fromisoformat(value)
            if at.tzinfo is UTC:
                return at
            return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
        if type(value) in (int, float):
            seconds = value / 1000 if abs(value) >= SECONDS_UNTIL else value
            return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return None


def day(value: Any) -> date | None:
    """The calendar day that a text begins with, in the writer's own zone."""
    if type(value) is not str:
        return None
    try:
        return date.fromisoformat(value[:10])
    except ValueError:
        return None


def day_there(value: Any, zone: Any) -> date | None:
    """The calendar day of an instant in a zone (`Europe/Paris`); where that is not known, the day
    that the text begins with."""
    at = instant(value) if type(zone) is str else None
    try:
        return day(value) if at is None else at.astimezone(ZoneInfo(zone)).date()
    except (KeyError, ValueError, OSError, OverflowError):
        return day(value)


def day_or_instant(value: Any) -> date | datetime | None:
    """A date as a date, a time as an instant."""
    if type(value) is str and len(value) == 10:
        return day(value)
    return instant(value)


def word(value: Any) -> str | None:
    """A text that is not empty."""
    return value if type(value) is str and value else None


def ident(value: Any) -> str | None:
    """An id, which Jira writes as text here and as a number there."""
    if type(value) is str:
        return value or None
    return str(value) if type(value) is int else None


def number(value: Any) -> float | None:
    """A finite number, also when it comes as text."""
    if type(value) is str:
        try:
            value = float(value)
        except ValueError:
            return None
    if type(value) is int:
        try:
            return float(value)
        except OverflowError:
            return None
    return value if type(value) is float and math.isfinite(value) else None


def minutes(seconds: Any) -> int | None:
    """Whole minutes of a number of seconds."""
    if type(seconds) is int:
        return seconds // 60
    amount = number(seconds)
    return None if amount is None else int(amount // 60)


MINUTES_OF = {"m": 1, "h": 60, "d": 480, "w": 2400}  # Jira's own day of 8 hours, week of 5 days


def spelled_minutes(value: Any) -> int | None:
    """Minutes of a span in words (`1w 2d 3h 20m`), as very old Jiras say it without seconds."""
    total = 0
    for part in value.split() if type(value) is str else ():
        amount, unit = part[:-1], part[-1]
        if unit not in MINUTES_OF or not (amount.isascii() and amount.isdecimal()):
            return None
        total += int(amount) * MINUTES_OF[unit]
    return total if value and type(value) is str else None


def whole(value: Any) -> int | None:
    """A whole number."""
    amount = number(value)
    return None if amount is None else int(amount)


def truth(value: Any) -> bool | None:
    """True, False, or None for anything else."""
    return value if type(value) is bool else None


def obj(value: Any) -> Mapping[str, Any]:
    """A JSON object; an empty one for anything else."""
    return value if isinstance(value, dict) else EMPTY


def items(value: Any) -> Sequence[Any]:
    """A JSON array; an empty one for anything else."""
    return value if isinstance(value, list) else ()


def words_in(value: Any) -> tuple[str, ...]:
    """The texts of an array."""
    return tuple(each for each in items(value) if type(each) is str)


def account(user: Any) -> str | None:
    """A person's id: the account id on Cloud, the immutable user key on Data Center."""
    if not isinstance(user, dict):
        return None
    return ident(user.get("accountId")) or ident(user.get("key")) or ident(user.get("name"))
