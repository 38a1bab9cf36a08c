"""Reading single values out of HubSpot's JSON, where every property is a text. Pure and total."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from connectors.sdk.records import CustomValue

NOTHING: Mapping[str, Any] = {}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECONDS = re.compile(r"-?\d{1,15}")
_LINE_ENDS = re.compile(r"<br\s*/?>|</(?:p|div|li|h[1-6]|tr)>", re.IGNORECASE)
_TAG = re.compile(r"<!--.*?-->|</?[a-z][^>]*>", re.IGNORECASE | re.DOTALL)


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
    """An id, which HubSpot writes as a text or as a number."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) and value else None


def texts(value: object) -> list[str]:
    """The texts of a list."""
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def several(value: object) -> list[str]:
    """The values of a property that holds several: `a;b`."""
    return [each for each in (text(value) or "").split(";") if each]


def flag(value: object) -> bool | None:
    """True or false, which properties write as a text."""
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value.casefold()) if isinstance(value, str) else None


def number(value: object) -> float | None:
    """A finite number, written as a text."""
    try:
        held = float(value) if isinstance(value, str) else math.nan
    except ValueError:
        return None
    return held if math.isfinite(held) else None


def instant(value: object) -> datetime | None:
    """An instant: ISO 8601 with or without fractions, or milliseconds since 1970; in UTC."""
    if not isinstance(value, str):
        return None
    try:
        if _MILLISECONDS.fullmatch(value):
            return EPOCH + timedelta(milliseconds=int(value))
        held = datetime.fromisoformat(value)
        return None if held.tzinfo is None else held.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def day(value: object) -> date | None:
    """A calendar day, which is written as itself or as its midnight in UTC."""
    if not isinstance(value, str):
        return None
    if len(value) == 10 and not value.isdecimal():
        try:
            return date.fromisoformat(value)
        except ValueError:
            return None
    midnight = instant(value)
    return None if midnight is None else midnight.date()


def plain(value: object) -> str | None:
    """The text of what people write as HTML."""
    held = text(value)
    if held is None:
        return None
    lines = _TAG.sub("", _LINE_ENDS.sub("\n", held))
    return html.unescape(lines).replace("\xa0", " ").strip() or None


def custom_value(raw: object, field: Mapping[str, Any]) -> CustomValue:
    """A property's value by its definition.

    Args:
        raw: as HubSpot wrote it.
        field: `type`, `several` (whether it holds several), and the `labels` of its options.
    """
    held = text(raw)
    if held is None:
        return None
    labels = mapping(field.get("labels"))
    if field.get("several") is True:
        return tuple(text(labels.get(each)) or each for each in several(held))
    read = READERS.get(str(field.get("type")))
    return read(held) if read is not None else text(labels.get(held)) or held


READERS: Mapping[str, Callable[[str], CustomValue]] = {
    "number": number, "bool": flag, "date": day, "datetime": instant,
}  # fmt: skip
