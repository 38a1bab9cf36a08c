"""The fields that a delivery can fill, and how their values are read. Pure.

Whoever delivers speaks a plain format, so a value that cannot be read is an error with its reason,
not an unknown: it is told back at once, to someone who can mend it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from email.utils import parseaddr
from typing import Any, Literal, get_args

from connectors.sdk.records import Status, TaskType

Field = Literal[
    "id", "title", "key", "project", "project_name", "parent", "description", "url", "type",
    "status", "blocked", "blocked_reason", "priority", "assignees", "reporter", "labels",
    "start_on", "due_on", "created_at", "updated_at", "started_at", "completed_at", "resolution",
    "estimate_minutes", "spent_minutes", "remaining_minutes", "estimate_hours", "spent_hours",
    "remaining_hours", "points", "percent_complete", "archived", "blocks", "depends_on", "deleted",
    "custom",
]  # fmt: skip
FIELDS: tuple[Field, ...] = get_args(Field)

STATUSES: Mapping[str, Status] = {
    "todo": "todo", "to do": "todo", "in progress": "in_progress", "done": "done",
    "cancelled": "cancelled", "canceled": "cancelled",
}  # fmt: skip
PRIORITIES: Mapping[str, int] = {
    "highest": 1, "critical": 1, "urgent": 1, "high": 2, "medium": 3, "normal": 3, "low": 4,
    "lowest": 5,
}  # fmt: skip
TYPES: frozenset[str] = frozenset(get_args(TaskType))
YES = frozenset({"true", "yes", "y", "x", "1"})
NO = frozenset({"false", "no", "n", "0"})
MAX_MINUTES = 2**31 - 1

_NAME_AND_ADDRESS = re.compile(r'"?([^<>"]*?)"?\s*<([^<>\s]+@[^<>\s]+)>')
_BETWEEN_SEMICOLONS = re.compile(r'(?:"[^"]*"|[^;])+')
_BETWEEN_COMMAS = re.compile(r'(?:"[^"]*"|[^,])+')
_NUMBER = re.compile(r"[+-]?\d{1,15}([.,]\d{1,10})?%?")


class Unreadable(ValueError):
    """A value is not what its field holds; the message says what would be."""


def text(value: Any) -> str:
    """Text, and numbers as text."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise Unreadable("text is needed")
    return str(value).strip()


def number(value: Any) -> float:
    """A number; text may have a decimal comma and a percent sign."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    said = text(value)
    if not _NUMBER.fullmatch(said):
        raise Unreadable("a number is needed")
    return float(said.rstrip("%").replace(",", "."))


def yes_or_no(value: Any) -> bool:
    """A yes or a no."""
    if isinstance(value, bool):
        return value
    said = text(value).casefold()
    if said not in YES | NO:
        raise Unreadable("yes or no is needed")
    return said in YES


def whole(low: int, high: int) -> Callable[[Any], int]:
    """Reads whole numbers within bounds."""

    def read(value: Any) -> int:
        found = number(value)
        if found != int(found) or not low <= found <= high:
            raise Unreadable(f"a whole number from {low} to {high} is needed")
        return int(found)

    return read


def day_or_instant(value: Any, pattern: str | None) -> str:
    """A day or an instant with its zone, in ISO form; text may have a form of its own."""
    said = text(value)
    try:
        if pattern is not None:
            return datetime.strptime(said, pattern).date().isoformat()  # noqa: DTZ007  a day
        if len(said) <= len("2026-01-31"):
            return date.fromisoformat(said).isoformat()
        found = datetime.fromisoformat(said)
    except ValueError:
        raise Unreadable(
            f"a day written as {pattern or '2026-01-31'} is needed"
            + ("" if pattern else ", or an instant with its zone, 2026-01-31T09:30:00+01:00")
        ) from None
    if found.tzinfo is None:
        raise Unreadable("an instant needs its zone, 2026-01-31T09:30:00+01:00")
    try:
        return found.astimezone(UTC).isoformat()
    except OverflowError:  # the last hours of the year 9999, which some write for "never"
        raise Unreadable("an instant between the years 1 and 9999 in UTC is needed") from None


def instant(value: Any, pattern: str | None) -> str:
    """An instant; of a day its first moment in UTC."""
    said = day_or_instant(value, pattern)
    return said if "T" in said else f"{said}T00:00:00+00:00"


def several(value: Any) -> list[str]:
    """Texts: a list, or one text with commas or semicolons."""
    if isinstance(value, list):
        return [found for each in value if (found := text(each))]
    return [found for each in re.split("[,;]", text(value)) if (found := each.strip())]


def people(value: Any) -> list[dict[str, str]]:
    """People, each a name, an address or both (`Ann Archer <ann@example.com>`): a list, or one text
    with commas. Where it has semicolons, or quotes, a comma is part of a name (`Archer, Ann`)."""
    if isinstance(value, list):
        return [person(each) for each in several(value)]
    parts = _BETWEEN_SEMICOLONS if ";" in text(value) else _BETWEEN_COMMAS
    return [person(each) for each in parts.findall(text(value)) if each.strip()]


def person(value: Any) -> dict[str, str]:
    """One of them; known by the address where there is one."""
    said = text(value)
    both = _NAME_AND_ADDRESS.fullmatch(said)
    name, address = both.groups() if both else parseaddr(said)
    if "@" in address:
        return {"id": address.casefold(), "name": name or address, "email": address}
    return {"id": said.casefold(), "name": said}


def priority(value: Any) -> dict[str, Any]:
    """1 (highest) to 5, or a word; a word that we do not know is kept as it is."""
    said = text(value)
    if said.isdigit():
        return {"priority": whole(1, 5)(said)}
    return {"priority": PRIORITIES.get(said.casefold()), "priority_label": said}


def status(value: Any) -> dict[str, Any]:
    """todo, in progress, done or cancelled; another word waits for the admin's mapping."""
    said = text(value)
    return {"status": STATUSES.get(said.casefold().replace("_", " ")), "status_label": said}


def type_of(value: Any) -> dict[str, Any]:
    """One of our kinds of tasks; any other word is `other`."""
    said = text(value)
    ours = said.casefold().replace(" ", "_")
    return {"type": ours if ours in TYPES else "other", "type_label": said}


def minutes(factor: int) -> Callable[[Any], int]:
    """Reads an effort, given in units of so many minutes."""

    def read(value: Any) -> int:
        found = round(number(value) * factor)
        if not 0 <= found <= MAX_MINUTES:
            raise Unreadable("an effort of zero or more is needed")
        return found

    return read


def percent(value: Any) -> float:
    """0 to 100."""
    found = number(value)
    if not 0 <= found <= 100:
        raise Unreadable("a percentage from 0 to 100 is needed")
    return found


def is_empty(value: Any) -> bool:
    """Whether the sender says that there is none."""
    return value is None or value == [] or (isinstance(value, str) and not value.strip())


def joined(parts: Sequence[str]) -> str:
    """Names in a sentence."""
    return ", ".join(f'"{each}"' for each in parts)
