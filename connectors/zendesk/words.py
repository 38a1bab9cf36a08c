"""Single values out of Zendesk's JSON, and its words in ours. Pure and total."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from connectors.sdk.records import Custom, CustomValue, Status, TaskType

NOTHING: Mapping[str, Any] = {}
LARGEST = 10**18  # beyond this a number is not an id

STATUSES: Mapping[str, Status] = {
    "new": "todo", "open": "in_progress", "pending": "in_progress", "hold": "in_progress",
    "solved": "done", "closed": "done",
}  # fmt: skip
"""A ticket's status; a custom status has one of these as its category."""

STATUS_TITLES: Mapping[str, str] = {
    "new": "New", "open": "Open", "pending": "Pending", "hold": "On-hold", "solved": "Solved",
    "closed": "Closed",
}  # fmt: skip
"""What Zendesk's own pages call them."""

WAITS: Mapping[str, str] = {
    "pending": "Waits for the requester", "hold": "Waits for a third party",
}  # fmt: skip
"""The statuses in which the team cannot go on, and why, by Zendesk's definition of them."""

PRIORITIES: Mapping[str, int] = {"urgent": 1, "high": 2, "normal": 3, "low": 4}

TYPES: Mapping[str, TaskType] = {
    "question": "request", "incident": "issue", "problem": "issue", "task": "task",
}  # fmt: skip


def part(holder: object, name: str) -> Mapping[str, Any]:
    """The object under a name, empty when there is none."""
    held = holder.get(name) if isinstance(holder, Mapping) else None
    return held if isinstance(held, Mapping) else NOTHING


def objects(value: object) -> list[Mapping[str, Any]]:
    """The objects of a list; anything else in it is left out."""
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def text(value: object) -> str | None:
    """A text with plain line ends; None for an empty one or none."""
    if not isinstance(value, str):
        return None
    return value.replace("\r\n", "\n") or None


def identifier(value: object) -> str | None:
    """An id as text. Zendesk writes ids as numbers, in histories also as text."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int) and 0 < value < LARGEST:
        return str(value)
    return value if isinstance(value, str) and value else None


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


def instant(value: object) -> datetime | None:
    """An instant in UTC; one without a zone is unknown."""
    if not isinstance(value, str):
        return None
    try:
        held = datetime.fromisoformat(value)
        return held.astimezone(UTC) if held.tzinfo else None
    except (ValueError, OverflowError):
        return None


def moment(seconds: object) -> datetime | None:
    """Seconds since 1970 as an instant."""
    held = number(seconds)
    if held is None:
        return None
    try:
        return datetime.fromtimestamp(held, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def day(value: object) -> date | None:
    """A calendar day `2026-11-23`."""
    if not isinstance(value, str):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def page_of(address: object, *place: str) -> str | None:
    """The page that agents open, made from the address of a thing in the API.

    Args:
        address: `https://acme.zendesk.com/api/v2/tickets/1.json`.
        place: what stands behind `/agent/`.
    """
    if not isinstance(address, str):
        return None
    site, found, _ = address.partition("/api/v2/")
    return "/".join((site, "agent", *place)) if site and found else None


def plain(value: object) -> str | None:
    """Any value of a history as comparable text; None when empty."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ",".join(each for each in map(plain, value) if each) or None
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        held = number(value)
        return None if held is None else f"{held:g}" if held.is_integer() else str(held)
    return text(value)


def custom_fields(ticket: Mapping[str, Any], fields: Mapping[str, Any]) -> tuple[Custom, ...]:
    """A ticket's custom fields, the empty ones too.

    Args:
        ticket: as Zendesk gives it.
        fields: id → title, type and the names of the options that the ticket uses.
    """
    found: dict[str, Custom] = {}
    for entry in objects(ticket.get("custom_fields")):
        id = identifier(entry.get("id"))
        if id is not None:
            field = part(fields, id)
            found[id] = Custom(
                id=id, name=text(field.get("title")) or id, value=_value(entry.get("value"), field)
            )
    return tuple(found.values())


def _value(raw: object, field: Mapping[str, Any]) -> CustomValue:
    """A value by its field's type."""
    options = part(field, "options")
    if isinstance(raw, list):
        held = [each for each in map(plain, raw) if each]
        return tuple(text(options.get(each)) or each for each in held) or None
    match field.get("type"):
        case "checkbox":
            flag: dict[object, bool] = {"true": True, "1": True, "false": False, "0": False}
            known = raw if isinstance(raw, bool) else flag.get(plain(raw))
            return plain(raw) if known is None else known
        case "integer" | "decimal":
            figure = number(raw)
            return plain(raw) if figure is None else figure
        case "date":
            return day(raw) or plain(raw)
        case _:
            written = plain(raw)
            return None if written is None else text(options.get(written)) or written
