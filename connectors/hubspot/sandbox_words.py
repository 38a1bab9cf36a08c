"""What an imitated account calls things: stages, statuses, priorities, properties."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from connectors.hubspot.words import CANCELLED
from connectors.sdk.records import CustomValue, Status
from connectors.sdk.sandbox import as_text

FOUNDED = datetime(2020, 1, 1, tzinfo=UTC)
DUE_AT = time(17, tzinfo=UTC)
TYPES = {"tasks": "0-27", "tickets": "0-5", "deals": "0-3", "projects": "0-970", "notes": "0-46"}

STAGES: Mapping[Status, str] = {
    "todo": "New", "in_progress": "Working on it", "done": "Closed", "cancelled": "Cancelled",
}  # fmt: skip
"""The stages of a pipeline in which nothing is yet."""

TASK_STATUSES: Mapping[Status, str] = {
    "todo": "NOT_STARTED", "in_progress": "IN_PROGRESS", "done": "COMPLETED",
}  # fmt: skip
PRIORITIES: Mapping[str, Mapping[int, str]] = {
    "tasks": {1: "HIGH", 2: "HIGH", 3: "MEDIUM", 4: "LOW"},
    "tickets": {1: "URGENT", 2: "HIGH", 3: "MEDIUM", 4: "LOW"},
    "deals": {1: "high", 2: "high", 3: "medium", 4: "low"},
}
HEALTHS = {
    "on_track": "on_track", "at_risk": "at_risk", "off_track": "delayed", "on_hold": "on_hold",
    "complete": "completed",
}  # fmt: skip

NAMES: Mapping[str, Mapping[str, str]] = {
    "tasks": {"title": "hs_task_subject", "status": "hs_task_status", "due_on": "hs_timestamp",
              "priority": "hs_task_priority", "assignee_ids": "hubspot_owner_id"},
    "tickets": {"title": "subject", "status": "hs_pipeline_stage",
                "priority": "hs_ticket_priority", "assignee_ids": "hubspot_owner_id"},
    "deals": {"title": "dealname", "status": "dealstage", "due_on": "closedate",
              "priority": "hs_priority", "assignee_ids": "hubspot_owner_id"},
}  # fmt: skip
"""By object: the property in which a field of a task is kept."""


@dataclass(frozen=True, slots=True)
class Property:
    """The definition of a property."""

    name: str
    label: str
    type: str = "string"
    field_type: str = "text"
    options: tuple[tuple[str, str], ...] = ()
    own: bool = False  # the account's, not HubSpot's

    def rendered(self) -> dict[str, Any]:
        """As the API describes it."""
        return {
            "name": self.name,
            "label": self.label,
            "type": self.type,
            "fieldType": self.field_type,
            "description": "",
            "groupName": "information",
            "hubspotDefined": not self.own,
            "hidden": False,
            "options": [
                {"value": value, "label": label, "displayOrder": place, "hidden": False}
                for place, (value, label) in enumerate(self.options)
            ],
        }


def shown(word: str) -> str:
    """How people see the word of a choice."""
    return word.replace("_", " ").capitalize()


def _options(words: Iterable[str]) -> tuple[tuple[str, str], ...]:
    return tuple((word, shown(word)) for word in words)


def _choice(name: str, label: str, words: Iterable[str]) -> Property:
    return Property(name, label, "enumeration", "select", _options(words))


OWNER = Property("hubspot_owner_id", "Owner", "enumeration", "select")
COMMON = (
    Property("hs_object_id", "Record ID", "number", "number"),
    Property("hs_lastmodifieddate", "Last modified date", "datetime", "date"),
    Property("hs_createdate", "Create date", "datetime", "date"),
    Property("hs_created_by_user_id", "Created by user ID", "number", "number"),
    Property("hs_merged_object_ids", "Merged record IDs", "enumeration", "checkbox"),
    OWNER,
)
SLA_STATUSES = (("0", "Active SLA"), ("1", "Overdue"), ("2", "Due soon"),
                ("3", "Completed on time"), ("4", "Completed late"))  # fmt: skip
PROPERTIES: Mapping[str, tuple[Property, ...]] = {
    "tasks": (
        *COMMON,
        Property("hs_task_subject", "Task title"),
        Property("hs_task_body", "Task notes", "string", "html"),
        _choice("hs_task_status", "Task status", (*TASK_STATUSES.values(), "WAITING", "DEFERRED")),
        _choice("hs_task_priority", "Priority", ("NONE", "LOW", "MEDIUM", "HIGH")),
        Property("hs_task_type", "Task type", "enumeration", "select",
                 (("TODO", "To-do"), ("CALL", "Call"), ("EMAIL", "Email"))),
        Property("hs_timestamp", "Due date", "datetime", "date"),
        Property("hs_task_completion_date", "Completed at", "datetime", "date"),
        Property("hs_task_parent_task_id", "Parent task ID", "number", "number"),
    ),
    "tickets": (
        *COMMON,
        Property("subject", "Ticket name"),
        Property("content", "Ticket description", "string", "textarea"),
        Property("hs_pipeline", "Pipeline", "enumeration", "select"),
        Property("hs_pipeline_stage", "Ticket status", "enumeration", "radio"),
        _choice("hs_ticket_priority", "Priority", ("LOW", "MEDIUM", "HIGH", "URGENT")),
        Property("hs_ticket_category", "Category", "enumeration", "checkbox"),
        Property("createdate", "Create date", "datetime", "date"),
        Property("closed_date", "Close date", "datetime", "date"),
        Property("hs_time_to_close_sla_at", "Time to close SLA due date", "datetime", "date"),
        Property("hs_time_to_close_sla_status", "Time to close SLA status", "enumeration",
                 "select", SLA_STATUSES),
    ),
    "deals": (
        *COMMON,
        Property("dealname", "Deal name"),
        Property("description", "Deal description", "string", "textarea"),
        Property("pipeline", "Pipeline", "enumeration", "select"),
        Property("dealstage", "Deal stage", "enumeration", "radio"),
        _choice("hs_priority", "Priority", ("low", "medium", "high")),
        Property("createdate", "Create date", "datetime", "date"),
        Property("closedate", "Close date", "datetime", "date"),
        Property("amount", "Amount", "number", "number"),
    ),
    "projects": (
        *COMMON,
        Property("hs_name", "Project name"),
        Property("hs_description", "Description", "string", "textarea"),
        Property("hs_pipeline_stage", "Pipeline stage", "enumeration", "radio"),
        _choice("hs_status", "Status", (*HEALTHS.values(), "blocked")),
        Property("hs_start_date", "Start date", "date", "date"),
        Property("hs_target_due_date", "Target due date", "date", "date"),
    ),
    "notes": (
        *COMMON,
        Property("hs_note_body", "Note body", "string", "html"),
        Property("hs_timestamp", "Activity date", "datetime", "date"),
    ),
}  # fmt: skip


TYPE_OF: Mapping[type, tuple[str, str]] = {
    bool: ("bool", "booleancheckbox"), float: ("number", "number"), datetime: ("datetime", "date"),
    date: ("date", "date"), tuple: ("enumeration", "checkbox"),
}  # fmt: skip
"""By a value: type and field type of the properties that can hold it; else a line of text."""


def property_for(name: str, label: str, value: CustomValue) -> Property:
    """A property of the account's own, in which a value like this can be kept."""
    return Property(name, label, *TYPE_OF.get(type(value), ("string", "text")), own=True)


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of a pipeline."""

    id: str
    label: str
    status: Status


class Stages:
    """The stages of one pipeline: those that it begins with, and what its records are in.

    Args:
        seen: the statuses of the records with their own words for them.
        first: the number of the first stage; no other pipeline has the numbers from it on.
    """

    def __init__(self, seen: Iterable[tuple[Status | None, str | None]], first: int) -> None:
        words: dict[Status, list[str]] = {
            "todo": [], "in_progress": [], "done": [], "cancelled": [],
        }  # fmt: skip
        known: set[str] = set()
        for status, label in seen:
            if status is not None and label and label not in known:
                fits = (label.casefold() in CANCELLED) == (status == "cancelled")
                if fits and not (status == "todo" and words["todo"]):
                    words[status].append(label)
                    known.add(label)
        for each, default in STAGES.items():
            words[each] = words[each] or [default]
        self.all = [
            Stage(str(first + place), label, status)
            for place, (status, label) in enumerate(
                (status, label) for status, labels in words.items() for label in labels
            )
        ]

    def of(self, status: Status | None, label: str | None) -> Stage | None:
        """The stage of a status, the one with this label where there is one."""
        fitting = [stage for stage in self.all if stage.status == status]
        named = [stage for stage in fitting if stage.label == label]
        return next(iter(named or fitting), None)


def written(value: Any) -> str | None:
    """A property's value: always a text, with or without milliseconds."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        at = value.astimezone(UTC)
        form = "milliseconds" if at.microsecond else "seconds"
        return at.isoformat(timespec=form).replace("+00:00", "Z")
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, tuple):
        return ";".join(map(str, value)) or None
    return None if value is None else str(value)


def property_name(id: str) -> str:
    """The name of a property."""
    return re.sub(r"\W", "_", id).lower()


def stamp(at: datetime) -> int:
    """Milliseconds since 1970."""
    return int(at.timestamp() * 1000)


def due_at(value: date | datetime | None) -> datetime | None:
    """The instant at which a day's work is due."""
    if value is None or isinstance(value, datetime):
        return value
    return datetime.combine(value, DUE_AT)


def fit(value: CustomValue, kept_in: Property) -> CustomValue:
    """A value, where a property can hold it."""
    if kept_in.own and kept_in.type == "string" and value is not None:
        return as_text(value) if not isinstance(value, str) else value
    fits = value is None or property_for("", "", value).type == kept_in.type or not kept_in.own
    return value if fits else None
