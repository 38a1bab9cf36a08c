"""Reading single values out of Salesforce's JSON. Pure and total: odd input gives None."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from connectors.sdk.records import CustomValue

NOTHING: Mapping[str, Any] = {}
ID = re.compile(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?")
LARGEST = 10**15


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


def identifier(value: object) -> str | None:
    """A record's id; None for anything else."""
    return value if isinstance(value, str) and value else None


def flag(value: object) -> bool | None:
    """A checkbox."""
    return value if isinstance(value, bool) else None


def number(value: object) -> float | None:
    """A finite number."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    if abs(value) > LARGEST or not math.isfinite(value):
        return None
    return float(value)


def whole(value: object) -> int | None:
    """A whole number, None for anything else."""
    held = number(value)
    return None if held is None else int(held)


def day(value: object) -> date | None:
    """A calendar day `2026-01-01`."""
    if not isinstance(value, str) or len(value) != 10:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def instant(value: object) -> datetime | None:
    """An instant `2026-01-01T00:00:00.000+0000`, in UTC; None without a zone."""
    if not isinstance(value, str):
        return None
    try:
        held = datetime.fromisoformat(value)
        return None if held.tzinfo is None else held.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def custom_value(raw: object, kind: object, labels: Mapping[str, Any]) -> CustomValue:
    """A field's value by its type in the object's description.

    Args:
        raw: as the query gave it.
        kind: the field's `type`.
        labels: of a picklist's values.
    """
    if isinstance(raw, bool):
        return raw
    held = text(raw)
    if held is None:
        return number(raw)
    if kind == "multipicklist":
        return tuple(str(labels.get(each, each)) for each in held.split(";") if each)
    if kind in ("date", "datetime"):
        return (day(held) if kind == "date" else instant(held)) or held
    return str(labels.get(held, held)) if kind in ("picklist", "combobox") else held
