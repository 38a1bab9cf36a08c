"""How monday.com writes things: ids, instants, numbers, JSON inside JSON. Pure; total."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import orjson

TICKS = 10_000_000
"""Activity tells time in steps of 100 ns since 1970, in seventeen digits."""

LONGEST_NUMBER = 40


def text(value: Any) -> str | None:
    """Text that says something; None for anything else."""
    return value if isinstance(value, str) and value.strip() else None


def identifier(value: Any) -> str | None:
    """An id as text; activity writes as a number what everything else writes as text."""
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return str(value) if value < 10**18 else None
    return text(value)


def objects(value: Any) -> list[Mapping[str, Any]]:
    """The objects of a list; an empty list for anything else."""
    if not isinstance(value, (list, tuple)):
        return []
    return [each for each in value if isinstance(each, Mapping)]


def part(value: Any, name: str) -> Mapping[str, Any]:
    """An object inside an object; an empty one when it is not there."""
    held = value.get(name) if isinstance(value, Mapping) else None
    return held if isinstance(held, Mapping) else {}


def json_object(value: Any) -> Mapping[str, Any]:
    """An object that is written as text inside JSON, or is there as such."""
    if isinstance(value, str):
        try:
            value = orjson.loads(value)
        except ValueError:
            return {}
    return value if isinstance(value, Mapping) else {}


def instant(value: Any) -> datetime | None:
    """An ISO 8601 instant, UTC when it names no zone; None for what is none."""
    if not isinstance(value, str) or len(value) <= len("2026-01-01"):
        return None
    try:
        parsed = datetime.fromisoformat(value)
        return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def day(value: Any) -> date | None:
    """A calendar day; of an instant its day."""
    if not isinstance(value, str):
        return None
    try:
        return date.fromisoformat(value[:10])
    except ValueError:
        return None


def day_or_instant(on: Any, at: Any) -> date | datetime | None:
    """A date column's value: a day, and perhaps a time of it, which monday.com keeps in UTC."""
    found = day(on)
    if found is None or not isinstance(at, str):
        return found
    return instant(f"{found.isoformat()}T{at}") or found


def ticks(value: Any) -> datetime | None:
    """The instant of an entry of activity; ISO 8601 is understood as well."""
    written = identifier(value)
    if written is None or not (written.isascii() and written.isdigit() and len(written) == 17):
        return instant(value)
    return datetime.fromtimestamp(int(written) // TICKS, UTC).replace(
        microsecond=int(written) % TICKS // 10
    )


def number(value: Any) -> float | None:
    """Numbers come as JSON numbers and as text."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    if isinstance(value, str) and len(value) > LONGEST_NUMBER:
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if abs(found) < float("inf") else None  # NaN compares false as well


def whole(value: Any) -> int | None:
    """A whole number that a database can hold."""
    found = number(value)
    return None if found is None or abs(found) >= 2**31 else int(found)
