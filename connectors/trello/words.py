"""How Trello writes things: ids, instants, numbers, list names. Pure; total on any JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from connectors.sdk.contract import Json
from connectors.sdk.records import CustomValue, Status

STATUS_WORDS: Mapping[Status, str] = {
    "cancelled": "cancelled|canceled|rejected|abandoned|won['’]?t do",
    "done": "done|closed|completed?|finished|resolved|shipped|released|deployed",
    "in_progress": "doing|in[ -]progress|wip|in[ -]development|review(ing)?|test(s|ing)?|qa"
    "|blocked|on[ -]hold|waiting",
    "todo": "to[ -]?do|backlog|ideas?|inbox|planned|upcoming|next up",
}
"""A list has a name and no category: the first row with a word of the name decides."""

_STATUS_PATTERNS = {
    status: re.compile(rf"\b({words})\b", re.IGNORECASE) for status, words in STATUS_WORDS.items()
}
BLOCKED_WORDS = re.compile(r"\b(blocked|blocker|impeded|on[ -]hold)\b", re.IGNORECASE)
HEX_ID = re.compile(r"[0-9a-fA-F]{24}")
COMPLETE = "complete"
CHECK_ITEM_STATES: Mapping[str, Status] = {"incomplete": "todo", COMPLETE: "done"}


def status_of(name: Any) -> Status | None:
    """The category that a list's name speaks of; None when no word of it is known."""
    if isinstance(name, str):
        for status, words in _STATUS_PATTERNS.items():
            if words.search(name):
                return status
    return None


def text(value: Any) -> str | None:
    """Text that says something; None for anything else."""
    return value if isinstance(value, str) and value.strip() else None


def instant(value: Any) -> datetime | None:
    """Trello's ISO 8601 instant (UTC when it names no zone); None for what is none."""
    if not isinstance(value, str):
        return None
    try:
        parsed = datetime.fromisoformat(value)
        return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def created(id: str) -> datetime | None:
    """An id begins with its creation: seconds since 1970 in eight hexadecimal digits."""
    return datetime.fromtimestamp(int(id[:8], 16), UTC) if HEX_ID.fullmatch(id) else None


def second_after(id: str) -> str:
    """The id that begins the second after the one in which something was made."""
    return f"{int(id[:8], 16) + 1:08x}{0:016x}" if HEX_ID.fullmatch(id) else id


def objects(value: Any) -> list[Mapping[str, Any]]:
    """The objects of a list; an empty list for anything else."""
    if not isinstance(value, (list, tuple)):
        return []
    return [each for each in value if isinstance(each, Mapping)]


def part(value: Any, name: str) -> Mapping[str, Any]:
    """An object inside an object; an empty one when it is not there."""
    held = value.get(name) if isinstance(value, Mapping) else None
    return held if isinstance(held, Mapping) else {}


def position(each: Json) -> float:
    position = number_of(each.get("pos"))
    return 0.0 if position is None else position


def whole(value: Any) -> int | None:
    number = number_of(value)
    return None if number is None or abs(number) >= 2**31 else int(number)


def number_of(value: Any) -> float | None:
    """Numbers come as JSON numbers and, in custom fields and limits, as text."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if abs(number) < float("inf") else None  # NaN compares false as well


def custom_value(entry: Json, definition: Json) -> CustomValue:
    """A custom field's value: a list's is the option's text, and `value` is null for it."""
    chosen = text(entry.get("idValue"))
    if chosen is not None:
        for option in objects(definition.get("options")):
            if option.get("id") == chosen:
                return text(part(option, "value").get("text"))
        return chosen  # an option that was removed from the field since
    value = part(entry, "value")
    if "checked" in value:
        return value["checked"] in ("true", True)
    if "number" in value:
        return number_of(value["number"])
    return instant(value.get("date")) or text(value.get("text"))
