"""What a sandbox needs to say things as Airtable says them: ids, columns, cells. Pure."""

from __future__ import annotations

import hashlib
import re
import string
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from connectors.sdk.records import CustomValue, Status, Task, TaskType

SITE = "https://airtable.com"
ALPHABET = string.ascii_letters + string.digits
NATIVE = re.compile(r"(app|usr)\w{14}(:\w{17}){0,2}")
LINKS = "multipleRecordLinks"
STATUSES: dict[Status, str] = {
    "todo": "Todo",
    "in_progress": "In progress",
    "done": "Done",
    "cancelled": "Cancelled",
}
PRIORITIES = {1: "Critical", 2: "High", 3: "Medium", 4: "Low", 5: "Lowest"}
TYPES: dict[TaskType, str] = {
    "task": "Task", "subtask": "Subtask", "epic": "Epic", "story": "Story", "bug": "Bug",
    "milestone": "Milestone", "risk": "Risk", "issue": "Issue", "change": "Change",
    "request": "Request", "approval": "Approval", "other": "Something else",
}  # fmt: skip
Object = dict[str, Any]


class Column(NamedTuple):
    """A column of a table. `field` is the field of a task that it holds, "" for a custom one."""

    id: str
    name: str
    type: str
    field: str = ""


STANDARD = (
    ("Name", "singleLineText", "title"),
    ("Notes", "multilineText", "description"),
    ("ID", "singleLineText", "key"),
    ("Status", "singleSelect", "status_label"),
    ("Type", "singleSelect", "type_label"),
    ("Priority", "singleSelect", "priority_label"),
    ("Assignee", "multipleCollaborators", "assignee_ids"),
    ("Tags", "multipleSelects", "labels"),
    ("Blocked", "checkbox", "blocked"),
    ("Start date", "date", "start_on"),
    ("Due date", "date", "due_on"),
    ("Completed", "dateTime", "completed_at"),
    ("Estimate", "duration", "estimate_minutes"),
    ("Time spent", "duration", "spent_minutes"),
    ("Time left", "duration", "remaining_minutes"),
    ("Points", "number", "points"),
    ("Progress", "percent", "percent_complete"),
    ("Parent", LINKS, "parent_id"),
    ("Blocked by", LINKS, "blocks"),
    ("Predecessors", LINKS, "precedes"),
    ("Related to", LINKS, "relates"),
    ("Created by", "createdBy", "reporter_id"),
    ("Last modified", "lastModifiedTime", "updated_at"),
)


def code(prefix: str, *parts: str) -> str:
    """An id as Airtable makes them, stable: three letters and fourteen more."""
    number = int(hashlib.sha256("\0".join(parts).encode()).hexdigest(), 16)
    found = prefix
    for _ in range(14):
        number, place = divmod(number, len(ALPHABET))
        found += ALPHABET[place]
    return found


def columns_of(table: str, tasks: Iterable[Task]) -> tuple[Column, ...]:
    """The columns of a table: the usual ones, then one for each custom field of its tasks."""
    held = [Column(code("fld", table, name), name, type, does) for name, type, does in STANDARD]
    custom: dict[str, tuple[str, str]] = {}
    for task in tasks:
        for each in task.custom:
            form = form_of(each.value)
            name, known = custom.get(each.id, (each.name, ""))
            both = known if not form or form == known else form if not known else "singleLineText"
            custom[each.id] = name, both
    held += [
        Column(code("fld", table, id), name, form or "singleLineText")
        for id, (name, form) in custom.items()
    ]
    return tuple(held)


def form_of(value: CustomValue) -> str:
    """The type of column that holds a value; "" for no value."""
    if value is None or value in ("", ()):
        return ""
    if isinstance(value, bool):
        return "checkbox"
    if isinstance(value, float):
        return "number"
    if isinstance(value, datetime):
        return "dateTime"
    if isinstance(value, date):
        return "date"
    return "multipleSelects" if isinstance(value, tuple) else "singleLineText"


def kept(value: CustomValue, form: str) -> CustomValue:
    """A value as a column of a type holds it."""
    if form == "checkbox":
        return value is True
    if value is None or value in ("", ()):
        return None
    if isinstance(value, datetime):
        value = milli(value)
    if form != "singleLineText":
        return value
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def milli(at: datetime) -> datetime:
    """Airtable keeps thousandths of seconds."""
    return at.astimezone(UTC).replace(microsecond=at.microsecond // 1000 * 1000)


def stamp(at: datetime) -> str:
    """An instant as Airtable writes it."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def day(value: date | datetime | None) -> date | None:
    """A date column has no time of day."""
    return value.date() if isinstance(value, datetime) else value


def record_of(id: str) -> str:
    """The record's own id in the id of a task."""
    return id.rpartition(":")[2]


def table_of(id: str) -> str:
    """The id of the project in the id of a task."""
    return id.rpartition(":")[0]
