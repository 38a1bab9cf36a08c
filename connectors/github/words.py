"""How GitHub writes things: instants, addresses, types, states. Pure; total on any JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from connectors.sdk.contract import Json
from connectors.sdk.records import CustomValue, Status, TaskType

TYPES: Mapping[str, TaskType] = {
    "task": "task",
    "subtask": "subtask",
    "sub-task": "subtask",
    "epic": "epic",
    "initiative": "epic",
    "feature": "story",
    "story": "story",
    "user story": "story",
    "bug": "bug",
    "defect": "bug",
    "milestone": "milestone",
    "risk": "risk",
    "issue": "issue",
    "change": "change",
    "request": "request",
    "approval": "approval",
}
"""What the name of an organization's issue type means; any other name is `other`."""

LABEL_TYPES: Mapping[str, TaskType] = {"bug": "bug", "epic": "epic", "story": "story"}
"""Labels that say the type of an issue without one; `type:` or `kind/` may stand before them."""

CLOSED: Mapping[str | None, Status] = {
    None: "done",  # closed before GitHub asked for reasons
    "completed": "done",
    "not_planned": "cancelled",
    "duplicate": "cancelled",
}
"""What a closed issue's `state_reason` means; any other is unknown."""

STATUS_WORDS = ("open", "reopened", "closed", *filter(None, CLOSED))
"""All that GitHub calls the state of an issue, or the reason for it."""

_LABEL = re.compile(r"(?:(?:type|kind)\s*[:/]\s*)?(\w+)", re.IGNORECASE)
_ISSUE_URL = re.compile(r"/repos/([^/\s]+/[^/\s]+)/issues/(\d{1,18})$")


def text(value: Any) -> str | None:
    """Text that says something; None for anything else."""
    return value if isinstance(value, str) and value.strip() else None


def key(value: Any) -> str | None:
    """An id or a number as GitHub gives it, as text; None for what is none."""
    if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
        return None
    return str(value)


def part(value: Any, name: str) -> Mapping[str, Any]:
    """An object inside an object; an empty one when it is not there."""
    held = value.get(name) if isinstance(value, Mapping) else None
    return held if isinstance(held, Mapping) else {}


def objects(value: Any) -> list[Mapping[str, Any]]:
    """The objects of a list; an empty list for anything else."""
    if not isinstance(value, (list, tuple)):
        return []
    return [each for each in value if isinstance(each, Mapping)]


def instant(value: Any) -> datetime | None:
    """An ISO 8601 instant; None for what is none, or names no zone."""
    if not isinstance(value, str):
        return None
    try:
        parsed = datetime.fromisoformat(value)
        return parsed.astimezone(UTC) if parsed.tzinfo else None
    except (ValueError, OverflowError):
        return None


def stamp(at: datetime) -> str:
    """An instant as GitHub writes and filters it: UTC, whole seconds."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def day(value: Any) -> date | None:
    """A calendar day: a date, or the UTC day of an instant."""
    if not isinstance(value, str):
        return None
    try:
        return date.fromisoformat(value[:10])
    except ValueError:
        return None


def issue_id(repository: str, number: str) -> str:
    """What we call an issue: both parts never change.

    A repository keeps its id when it is renamed or given to another owner, and an issue its number
    as long as it is there; an issue that is transferred becomes another one.
    """
    return f"{repository}#{number}"


def place_of(url: Any) -> tuple[str, str] | None:
    """The repository's full name and the number in an issue's address; None if it is none."""
    found = _ISSUE_URL.search(url) if isinstance(url, str) else None
    return (found[1], found[2]) if found else None


def status_of(state: Any, reason: Any) -> tuple[Status | None, str | None]:
    """Our word for an issue's state, and GitHub's own."""
    said = text(reason)
    if state == "open":
        return "todo", said or "open"
    if state == "closed":
        return CLOSED.get(said), said or "closed"
    return None, text(state)


def labels_of(issue: Json) -> tuple[str, ...]:
    """Names of the labels, each once; GitHub gives objects, or plain names."""
    given = issue.get("labels")
    names = (
        text(each.get("name")) if isinstance(each, Mapping) else text(each)
        for each in (given if isinstance(given, (list, tuple)) else ())
    )
    return tuple(dict.fromkeys(name for name in names if name is not None))


def type_of(issue: Json) -> tuple[TaskType, str | None]:
    """What an issue is, and GitHub's word for it: its type, else a label that names one."""
    named = text(part(issue, "type").get("name"))
    if named is not None:
        return TYPES.get(named.strip().lower(), "other"), named
    for label in labels_of(issue):
        found = _LABEL.fullmatch(label.strip())
        kind = LABEL_TYPES.get(found[1].lower()) if found else None
        if kind is not None:
            return kind, label
    return ("subtask" if text(issue.get("parent_issue_url")) else "task"), None


def field_value(entry: Json) -> CustomValue:
    """The value of an organization's issue field; an option's is its name."""
    value = entry.get("value")
    match entry.get("data_type"):
        case "single_select":
            return text(part(entry, "single_select_option").get("name")) or text(value)
        case "multi_select":
            names = (text(each.get("name")) for each in objects(entry.get("multi_select_options")))
            return tuple(name for name in names if name is not None) or None
        case "date":
            return day(value)
        case "number":
            return number(value)
        case _:
            return text(value)


def number(value: Any) -> float | None:
    """A finite number, also one in text; None for what is none."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if abs(found) < float("inf") else None  # NaN compares false as well
