"""What a sandbox needs to say things as Wrike says them: ids, types of fields, errors. Pure."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from connectors.sdk.records import (
    Approval,
    Comment,
    CustomValue,
    Milestone,
    Person,
    Project,
    Record,
    Status,
    Task,
    Worklog,
)
from connectors.sdk.sandbox import as_text
from connectors.wrike.words import PRIORITIES

ACCOUNT = "IEAAAAAQ"
ROOT, BIN = f"{ACCOUNT}I7777777", f"{ACCOUNT}I7777776"
FOUNDED = datetime(2020, 1, 1, tzinfo=UTC)  # when things came to be that do not say when
PREFIXES: dict[type[Record], str] = {
    Project: f"{ACCOUNT}I4", Task: f"{ACCOUNT}KQ", Milestone: f"{ACCOUNT}KQ",
    Comment: f"{ACCOUNT}IM", Worklog: f"{ACCOUNT}JQ", Approval: f"{ACCOUNT}MF",
}  # fmt: skip
PERSON, GROUP = "KUA", "KX"
STATUS_WORDS: dict[Status, str] = {
    "todo": "New", "in_progress": "In Progress", "done": "Completed", "cancelled": "Cancelled",
}  # fmt: skip
GROUP_OF: dict[Status, str] = {
    "todo": "Active", "in_progress": "Active", "done": "Completed", "cancelled": "Cancelled",
}  # fmt: skip
WORD_OF_PRIORITY = {number: word for word, number in PRIORITIES.items()}
DECISION_WORDS = {"pending": "Pending", "approved": "Approved", "declined": "Rejected"}

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


class Field(NamedTuple):
    """A custom field of the account."""

    id: str
    name: str
    type: str


def code(*parts: str, length: int = 8) -> str:
    """Letters and digits that stay the same for the same words."""
    number = int(hashlib.sha256("\0".join(parts).encode()).hexdigest(), 16)
    found = ""
    for _ in range(length):
        number, place = divmod(number, 32)
        found += _LETTERS[place]
    return found


def native(record: Record) -> str:
    """The id of a record that came with another tool's."""
    if isinstance(record, Person):
        prefix, length = (GROUP, 6) if record.kind == "group" else (PERSON, 5)
    else:
        prefix, length = PREFIXES.get(type(record), ACCOUNT), 8
    given = record.id
    if given.startswith(prefix) and len(given) == len(prefix) + length:
        return given
    # A milestone is a task: both have the same ids.
    return prefix + code(prefix, given, length=length)


def dependency_id(before: str, after: str) -> str:
    """The id of a dependency names both tasks."""
    return f"{ACCOUNT}IU{before[-8:]}KM{after[-8:]}"


def field_id(id: str) -> str:
    """The id of a custom field."""
    return f"{ACCOUNT}JU{code('field', id)}"


def status_id(status: str, label: str) -> str:
    """The id of a status of a workflow."""
    return f"{ACCOUNT}JM{code('status', status, label)}"


def permalink(id: str) -> str:
    """The address of a folder or task in the browser."""
    number = int(hashlib.sha256(id.encode()).hexdigest(), 16) % 10**9
    return f"https://www.wrike.com/open.htm?id={number}"


def to_second(at: datetime) -> datetime:
    """Wrike keeps full seconds."""
    return at.astimezone(UTC).replace(microsecond=0)


def just_day(value: date | datetime | None) -> date | None:
    """The day of a date or an instant."""
    return value.date() if isinstance(value, datetime) else value


def said(value: str | None) -> str | None:
    """Text that says something."""
    return value if value and value.strip() else None


def lines(value: str | None) -> str | None:
    """Text as it comes out of HTML again: no empty lines, no blanks in a row."""
    found = (" ".join(line.split()) for line in (value or "").splitlines())
    return "\n".join(line for line in found if line) or None


def field_type(values: list[CustomValue]) -> str:
    """The type of custom field that holds such values."""
    held = [value for value in values if value is not None]
    if held and all(isinstance(value, bool) for value in held):
        return "Checkbox"
    if held and all(isinstance(value, (int, float)) for value in held):
        return "Numeric"
    if held and all(isinstance(value, date) for value in held):
        return "Date"
    if held and all(isinstance(value, tuple) for value in held):
        return "Multiple"
    return "Text"


def held_as(value: CustomValue, type: str) -> CustomValue:
    """A value as a field of a type holds it."""
    if type == "Date":
        return just_day(value) if isinstance(value, date) else None
    if type == "Numeric" and isinstance(value, (int, float)):
        return float(value)
    if type in ("Checkbox", "Multiple"):
        return value or (False if type == "Checkbox" else None)
    return said(", ".join(value) if isinstance(value, tuple) else as_text(value))


def written(value: CustomValue) -> str:
    """A value as Wrike writes it: always text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return ",".join(value)
    return value.isoformat() if isinstance(value, date) else str(value)


def error(code: str, said: str) -> dict[str, Any]:
    """Wrike's way to say no."""
    return {"errorDescription": said, "error": code}
