"""Reading single values out of Redmine's JSON. Pure and total: odd input gives None."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

NOTHING: Mapping[str, Any] = {}
LARGEST = 10**15  # beyond this a number is not an id and not an effort


def mapping(value: object) -> Mapping[str, Any]:
    """An object, empty when it is none."""
    return value if isinstance(value, Mapping) else NOTHING


def objects(value: object) -> list[Mapping[str, Any]]:
    """The objects of a list; anything else in it is left out."""
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def text(value: object) -> str | None:
    """A text with plain line ends, None when empty or no text."""
    if not isinstance(value, str):
        return None
    return value.replace("\r\n", "\n") or None


def number(value: object) -> float | None:
    """A finite number, also when written as text."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    if abs(value) > LARGEST or not math.isfinite(value):
        return None
    return float(value)


def identifier(value: object) -> str | None:
    """An id as text."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int) and abs(value) < LARGEST:
        return str(value)
    return value if isinstance(value, str) and value else None


def reference(value: object) -> str | None:
    """The id inside `{"id": …, "name": …}`."""
    return identifier(mapping(value).get("id"))


def name(value: object) -> str | None:
    """The name inside `{"id": …, "name": …}`."""
    return text(mapping(value).get("name"))


def minutes(hours: object) -> int | None:
    """Decimal hours as whole minutes."""
    held = number(hours)
    return None if held is None else round(held * 60)


def whole(value: object) -> int | None:
    """A whole number, None for anything else."""
    held = number(value)
    return None if held is None else int(held)


def day(value: object) -> date | None:
    """A calendar day `2026-11-23`; what is none (`0000-00-00`) is None."""
    if not isinstance(value, str):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def instant(value: object) -> datetime | None:
    """An instant `2026-11-23T08:04:49Z`, in UTC; one without a zone is taken as UTC."""
    if not isinstance(value, str):
        return None
    try:
        held = datetime.fromisoformat(value)
        return held.replace(tzinfo=UTC) if held.tzinfo is None else held.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
