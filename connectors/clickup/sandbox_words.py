"""What a sandbox needs to say things as ClickUp says them: ids, types, fields. Pure."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from connectors.clickup.words import PRIORITIES, TYPE_LABELS, TYPE_WORDS
from connectors.sdk.records import CustomValue, Record, Status, Task, TaskType
from connectors.sdk.sandbox import as_text

FOUNDED = datetime(2020, 1, 1, tzinfo=UTC)  # when things came to be that do not say when
WORKSPACE = "9001234567"
STATUS_WORDS: dict[Status, str] = {
    "todo": "to do", "in_progress": "in progress", "done": "complete", "cancelled": "cancelled",
}  # fmt: skip
GROUPS: dict[Status, str] = {
    "todo": "open", "in_progress": "custom", "done": "closed", "cancelled": "closed",
}  # fmt: skip
WORD_OF_PRIORITY = {number: word for word, number in PRIORITIES.items()}
TASK_ID = re.compile(r"86[0-9a-z]{7}")
AUTHORS_ZONE = timedelta(hours=-5)  # where the people are who set dates


class Field(NamedTuple):
    """A custom field; `type` is short_text, number, checkbox, date, drop_down or labels."""

    id: str
    name: str
    type: str


def digest(*parts: str) -> str:
    """Hexadecimal digits that stay the same for the same words."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def number_id(*parts: str, digits: int = 12) -> str:
    """An id of digits, as lists, people, comments and time entries have."""
    return "9" + str(int(digest(*parts), 16))[-(digits - 1) :]


def task_id(*parts: str) -> str:
    """An id as tasks have: nine letters and digits."""
    number, letters = int(digest(*parts), 16), "0123456789abcdefghijklmnopqrstuvwxyz"
    found = "86"
    for _ in range(7):
        number, place = divmod(number, 36)
        found += letters[place]
    return found


def uuid(*parts: str) -> str:
    """An id as custom fields, their options and groups have."""
    held = digest(*parts)
    return f"{held[:8]}-{held[8:12]}-{held[12:16]}-{held[16:20]}-{held[20:32]}"


def native(record: Record, kind: str) -> str:
    """The id of a record that came with another tool's."""
    if kind == "Task":
        return record.id if TASK_ID.fullmatch(record.id) else task_id(record.id)
    return record.id if re.fullmatch(r"9[0-9]{6,18}", record.id) else number_id(kind, record.id)


def to_ms(at: datetime) -> datetime:
    """ClickUp keeps milliseconds."""
    return at.astimezone(UTC).replace(microsecond=at.microsecond // 1000 * 1000)


def stamp(value: date | datetime | None) -> str | None:
    """An instant as ClickUp writes it; a day is 4 am of it where its author is."""
    if value is None:
        return None
    if not isinstance(value, datetime):
        value = datetime.combine(value, time(4), UTC) - AUTHORS_ZONE
    return str((value - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1))


def has_time(value: date | datetime | None) -> bool | None:
    """The flag beside a date."""
    return None if value is None else isinstance(value, datetime)


def dated(value: date | datetime | None) -> date | datetime | None:
    """A date or an instant as ClickUp keeps it."""
    return to_ms(value) if isinstance(value, datetime) else value


def just_day(value: date | datetime | None) -> date | None:
    return value.date() if isinstance(value, datetime) else value


def said(value: str | None) -> str | None:
    return value if value and value.strip() else None


def type_of(task: Task, parent_id: str | None) -> tuple[TaskType, str]:
    """A task's type and its name in the workspace."""
    if task.type in ("task", "subtask"):
        return "subtask" if parent_id else "task", TYPE_LABELS["0"]
    if task.type == "milestone":
        return "milestone", TYPE_LABELS["1"]
    label = said(task.type_label)
    if label is None or TYPE_WORDS.get(label.lower(), "other") != task.type:
        label = task.type.capitalize()
    return TYPE_WORDS.get(label.lower(), "other"), label


def type_id(label: str) -> int:
    """`custom_item_id` of a type's name."""
    known = {name: int(number) for number, name in TYPE_LABELS.items()}
    return known.get(label, 1000 + int(digest("type", label)[:6], 16))


def field_type(values: list[CustomValue]) -> str:
    """The type of custom field that holds such values."""
    held = [value for value in values if value is not None]
    if held and all(isinstance(value, bool) for value in held):
        return "checkbox"
    if held and all(isinstance(value, (int, float)) for value in held):
        return "number"
    if held and all(isinstance(value, date) for value in held):
        return "date"
    if held and all(isinstance(value, tuple) for value in held):
        return "labels"
    short = all(isinstance(value, str) and len(value) < 30 for value in held)
    return "drop_down" if held and short and len(set(held)) <= 20 else "short_text"


def held_as(value: CustomValue, type: str) -> CustomValue:
    """A value as a field of a type holds it."""
    if value is None:
        return None
    if type == "date" and isinstance(value, date):
        whole = isinstance(value, datetime)
        return to_ms(value) if whole else datetime.combine(value, time(9), UTC)  # type: ignore[arg-type]
    if type == "number" and isinstance(value, (int, float)):
        return float(value)
    if type in ("checkbox", "labels"):
        return value or (False if type == "checkbox" else None)
    return said(", ".join(value) if isinstance(value, tuple) else as_text(value))


def error(said: str, code: str) -> dict[str, Any]:
    """ClickUp's way to say no."""
    return {"err": said, "ECODE": code}
