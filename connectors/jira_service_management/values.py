"""Single JSON values as Jira writes them; whatever is odd is None, nothing raises."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

EMPTY: Mapping[str, Any] = {}
SECONDS_UNTIL = 100_000_000_000  # an epoch number above it counts milliseconds, below it seconds


def instant(value: Any) -> datetime | None:
    """`2026-05-06T07:08:09.123+0200` or an epoch number, as changelogs in bulk have it, as a UTC
    instant; a time without a zone is unknown."""
    try:
        if type(value) is str:
            at = datetime.fromisoformat(value)
            return None if at.tzinfo is None else at.astimezone(UTC)
        if type(value) is int:
            seconds = value / 1000 if abs(value) >= SECONDS_UNTIL else value
            return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return None


def moment(value: Any) -> datetime | None:
    """A time as the service desk's API writes it: one instant in four spellings."""
    held = obj(value)
    spellings = (held.get(name) for name in ("epochMillis", "iso8601", "jira"))
    return next((at for each in spellings if (at := instant(each)) is not None), None)


def duration_minutes(value: Any) -> int | None:
    """Whole minutes of a span as the service desk's API writes it."""
    span = obj(value).get("millis")
    return span // 60_000 if type(span) is int else None


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


def word(value: Any) -> str | None:
    """A text that is not empty."""
    return value if type(value) is str and value else None


def ident(value: Any) -> str | None:
    """An id, which Jira writes as text here and as a number there."""
    if type(value) is str:
        return value or None
    return str(value) if type(value) is int else None


def number(value: Any) -> float | None:
    """A finite number."""
    if type(value) is int:
        try:
            return float(value)
        except OverflowError:
            return None
    return value if type(value) is float and math.isfinite(value) else None


def minutes(seconds: Any) -> int | None:
    """Whole minutes of a number of seconds, which a changelog writes as text."""
    if type(seconds) is str and seconds.isascii() and seconds.isdecimal():
        seconds = int(seconds) if len(seconds) < 16 else None
    return seconds // 60 if type(seconds) is int else None


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
    """A person's id."""
    return ident(obj(user).get("accountId"))
