"""What a sandbox needs to say things as Smartsheet says them: ids, columns, cells. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from connectors.sdk.records import Custom, CustomValue, Project, Status, Task

SITE = "https://app.smartsheet.com"
HOURS_A_DAY = 8
WORKING_DAYS = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"]
NATIVE = re.compile(r"\d{10,}(:\d{10,})?")
STATUSES: dict[Status, str] = {
    "todo": "Not Started",
    "in_progress": "In Progress",
    "done": "Complete",
    "cancelled": "Cancelled",
}
PRIORITIES = {1: "Critical", 2: "High", 3: "Medium", 4: "Low", 5: "Lowest"}
Object = dict[str, Any]


class Column(NamedTuple):
    """A column of a sheet. `field` is the field of a task that it holds, "" for a custom one."""

    id: str
    title: str
    type: str
    field: str = ""
    tag: str = ""
    system: str = ""


STANDARD = (
    ("Task Name", "TEXT_NUMBER", "title", "", ""),
    ("ID", "TEXT_NUMBER", "key", "", "AUTO_NUMBER"),
    ("Status", "PICKLIST", "status_label", "", ""),
    ("Priority", "PICKLIST", "priority_label", "", ""),
    ("Assigned To", "MULTI_CONTACT_LIST", "assignee_ids", "GANTT_ASSIGNED_RESOURCE", ""),
    ("Start", "ABSTRACT_DATETIME", "start_on", "GANTT_START_DATE", ""),
    ("Finish", "ABSTRACT_DATETIME", "due_on", "GANTT_END_DATE", ""),
    ("Duration", "DURATION", "duration", "GANTT_DURATION", ""),
    ("% Complete", "TEXT_NUMBER", "percent_complete", "GANTT_PERCENT_COMPLETE", ""),
    ("Predecessors", "PREDECESSOR", "predecessors", "GANTT_PREDECESSOR", ""),
    ("Blocked", "CHECKBOX", "blocked", "", ""),
    ("Tags", "MULTI_PICKLIST", "labels", "", ""),
)
"""A project sheet as Smartsheet's own template has it, and a little more."""


def big(*parts: str) -> str:
    """An id as Smartsheet makes them, stable: a number of up to sixteen digits."""
    digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()
    return str(10**12 + int(digest[:12], 16))


def columns_of(sheet: str, tasks: Iterable[Task]) -> tuple[Column, ...]:
    """The columns of a sheet: the template's, then one for each custom field of its tasks."""
    held = [
        Column(big("column", sheet, title), title, type, field, tag, system)
        for title, type, field, tag, system in STANDARD
    ]
    custom: dict[str, tuple[str, str]] = {}
    for task in tasks:
        for each in task.custom:
            form = form_of(each.value)
            name, known = custom.get(each.id, (each.name, ""))
            both = known if not form or form == known else form if not known else "TEXT_NUMBER"
            custom[each.id] = name, both
    held += [
        Column(big("column", sheet, id), name, form or "TEXT_NUMBER")
        for id, (name, form) in custom.items()
    ]
    return tuple(held)


def form_of(value: CustomValue) -> str:
    """The type of column that holds a value; "" for no value."""
    if value is None or value in ("", ()):
        return ""
    if isinstance(value, bool):
        return "CHECKBOX"
    if isinstance(value, date):
        return "DATE"
    return "MULTI_PICKLIST" if isinstance(value, tuple) else "TEXT_NUMBER"


def kept(value: CustomValue, form: str) -> CustomValue:
    """A value as a column of a type holds it."""
    if form == "CHECKBOX":
        return value is True
    if value is None or value in ("", ()):
        return None
    if isinstance(value, datetime):
        value = value.date()
    if form != "TEXT_NUMBER" or isinstance(value, (float, bool)):
        return value
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def second(at: datetime) -> datetime:
    """Smartsheet keeps whole seconds."""
    return at.astimezone(UTC).replace(microsecond=0)


def stamp(at: datetime | None) -> str | None:
    """An instant as Smartsheet writes it."""
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def day(value: date | datetime | None) -> date | None:
    """Dates of a sheet have no zone: only the day is kept."""
    return value.date() if isinstance(value, datetime) else value


def duration(task: Task) -> int | None:
    """Days from start to finish, both counted; 0 for a milestone; None where one is missing."""
    if task.type == "milestone":
        return 0
    start, due = day(task.start_on), day(task.due_on)
    return None if start is None or due is None else max((due - start).days, 0) + 1


def duration_shown(days: int | None) -> str | None:
    """A duration as the cell shows it."""
    return None if days is None else "0" if days == 0 else f"{days}d"


def customs(columns: Sequence[Column], task: Task, extra: Sequence[Custom]) -> tuple[Custom, ...]:
    """Every column of the sheet with what the task has in it, as a custom field says it."""
    held = {each.id: each.value for each in extra}
    found = []
    for column in columns:
        if column.type == "PREDECESSOR":
            continue
        value: CustomValue
        match column.field:
            case "":
                value = kept(held.get(column.id), column.type)
            case "duration":
                value = duration_shown(duration(task))
            case name:
                value = getattr(task, name)
                value = None if value in ("", ()) else value
        found.append(Custom(id=column.id, name=column.title, value=value))
    return tuple(found)


def summary_fields(project: Project) -> list[Custom]:
    """A sheet's summary: its custom fields but the one that names its workspace."""
    return [each for each in project.custom if each.id != "workspace"]
