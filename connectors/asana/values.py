"""Reading single values out of Asana's JSON: total, whatever is there. Absent and odd is None."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from connectors.sdk.contract import Json


def text(value: Any) -> str | None:
    """A text; the empty one is Asana's way to say that there is none."""
    return value if isinstance(value, str) and value else None


def gid(value: Any) -> str | None:
    """The id of a resource, given as the id itself or as the object that carries it."""
    if isinstance(value, Mapping):
        value = value.get("gid")
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return text(value)


def part(value: Any, name: str) -> Json:
    """A nested object; the empty one when it is null, absent or something else."""
    nested = value.get(name) if isinstance(value, Mapping) else None
    return nested if isinstance(nested, Mapping) else {}


def name_of(value: Any, name: str) -> str | None:
    """The name of a nested object."""
    return text(part(value, name).get("name"))


def objects(value: Any) -> list[Json]:
    """The objects of a list; what is none is left out."""
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def instant(value: Any) -> datetime | None:
    """An ISO 8601 instant as UTC; Asana writes UTC, so a missing zone means UTC."""
    if not isinstance(value, str):
        return None
    try:
        read = datetime.fromisoformat(value)
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def day(value: Any) -> date | None:
    """A calendar day ``YYYY-MM-DD``."""
    if not isinstance(value, str) or len(value) != len("YYYY-MM-DD"):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def number(value: Any) -> float | None:
    """A finite number."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        read = float(value)
    except OverflowError:
        return None
    return read if math.isfinite(read) else None


def minutes(value: Any) -> int | None:
    """Whole minutes."""
    read = number(value)
    return None if read is None else round(read)


def when(value: Any, at: str, on: str) -> date | datetime | None:
    """A day or an instant: Asana fills the instant's key only where a time of day was chosen."""
    if not isinstance(value, Mapping):
        return None
    exact = instant(value.get(at))
    return exact if exact is not None else day(value.get(on))
