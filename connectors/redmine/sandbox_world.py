"""What a Redmine can hold of the records of a portfolio, and how it writes it as JSON."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

import msgspec

from connectors.redmine.history import FIELDS
from connectors.redmine.mapping import PROVIDES
from connectors.sdk.records import (
    Change,
    Comment,
    Custom,
    CustomValue,
    Link,
    Milestone,
    Person,
    Project,
    Record,
    Task,
    Worklog,
)

WEB = "https://redmine.example.com"

STATUSES = (
    (1, "New", False, "todo"), (2, "In Progress", False, "in_progress"),
    (3, "Resolved", False, None), (4, "Feedback", False, None),
    (5, "Closed", True, "done"), (6, "Rejected", True, "cancelled"),
)  # fmt: skip
STATUS_IDS = {ours: id for id, _, _, ours in STATUSES if ours}
STATUS_NAMES = {id: name for id, name, _, _ in STATUSES}
PRIORITIES = {1: "Low", 2: "Normal", 3: "High", 4: "Urgent", 5: "Immediate"}
TRACKERS = {
    "bug": (1, "Bug"), "story": (2, "Feature"), "request": (3, "Support"), "task": (4, "Task"),
    "subtask": (5, "Subtask"), "epic": (6, "Epic"), "milestone": (7, "Milestone"),
    "risk": (8, "Risk"), "issue": (9, "Issue"), "change": (10, "Change"),
    "approval": (11, "Approval"), "other": (12, "Miscellaneous"),
}  # fmt: skip
RELATION_TYPES = {
    "blocks": "blocks", "relates": "relates", "duplicates": "duplicates", "precedes": "precedes",
    "clones": "copied_to", "other": "relates",
}  # fmt: skip
COLUMNS = {ours: column for column, ours in FIELDS.items()}
NUMBERED: Mapping[type[Record], type[Record]] = {Change: Comment}
"""Kinds that count together: comments and changes are both entries of one journal."""


class Numbers:
    """Redmine's ids: small numbers, counted per table."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[type[Record], str], int] = {}
        self._ids: dict[tuple[type[Record], int], str] = {}
        self._last: dict[type[Record], int] = {}

    def next(self, kind: type[Record]) -> int:
        """The next free number of a table."""
        table = NUMBERED.get(kind, kind)
        self._last[table] = self._last.get(table, 0) + 1
        return self._last[table]

    def of(self, kind: type[Record], id: str) -> int:
        """The number of a record in the world; one that came with an id of its own gets one."""
        head = id.partition(":")[0]
        if head.isdigit():
            return int(head)
        if (kind, id) not in self._numbers:
            number = 10**6 + zlib.crc32(id.encode()) % 10**8
            self._numbers[kind, id], self._ids[kind, number] = number, id
        return self._numbers[kind, id]

    def id(self, kind: type[Record], number: str) -> str:
        """The reverse of `of`, for a number as a path has it."""
        return self._ids.get((kind, int(number)), number)


def second(at: datetime | None) -> datetime | None:
    """Redmine keeps whole seconds."""
    return at.astimezone(UTC).replace(microsecond=0) if at else None


def _day(value: date | datetime | None) -> date | None:
    return value.date() if isinstance(value, datetime) else value


class Adoption:
    """Turns records, already with native ids, into what a Redmine can hold."""

    def __init__(
        self, records: Iterable[Record], now: Callable[[], datetime], *, admin: bool
    ) -> None:
        self._now = now
        self._admin = admin
        self.formats: dict[str, tuple[str, str]] = {}  # native id → name, format
        self.field_ids: dict[str, str] = {}  # id of a custom field → native id
        for record in records:
            if isinstance(record, (Task, Project)):
                for field in record.custom:
                    self._field(field)

    def adopt(self, record: Record) -> Record | None:
        """None for a kind that Redmine does not have."""
        provided = PROVIDES.get(type(record))
        if provided is None:
            return None
        defaults = {
            each.encode_name: each.default
            for each in msgspec.structs.fields(type(record))
            if each.encode_name not in provided
        }
        record = msgspec.structs.replace(record, **defaults)
        changed = getattr(self, f"_{type(record).__name__.lower()}")(record)
        return None if changed is None else msgspec.structs.replace(record, **changed)

    def _project(self, project: Project) -> dict[str, Any]:
        key = "".join(c if c.isalnum() else "-" for c in (project.key or project.name).lower())
        created = second(project.created_at or project.updated_at or self._now())
        return {
            "key": key,
            "description": project.description or None,
            "url": f"{WEB}/projects/{key}",
            # An archived project exists, but no one can read it: the nearest is a closed one.
            "state": "active" if project.state == "active" else "closed",
            "created_at": created,
            "updated_at": second(project.updated_at) or created,
            "custom": self._custom(project.custom),
        }

    def _person(self, person: Person) -> dict[str, Any]:
        group = person.kind == "group"
        return {
            "kind": "group" if group else "human",
            "email": person.email if self._admin and not group else None,
            "active": (group or person.active is not False) if self._admin else None,
            "url": f"{WEB}/{'groups' if group else 'users'}/{person.id}",
        }

    def _milestone(self, milestone: Milestone) -> dict[str, Any]:
        over = milestone.state in ("done", "cancelled")
        return {
            "description": milestone.description or None,
            "url": f"{WEB}/versions/{milestone.id}",
            "state": "done" if over else "open",
            "state_label": "closed" if over else "open",
            "due_on": _day(milestone.due_on),
        }

    def _task(self, task: Task) -> dict[str, Any]:
        status = task.status or "todo"
        priority = task.priority or 4
        created = second(task.created_at or task.updated_at or self._now())
        over = status in ("done", "cancelled")
        return {
            "key": f"#{task.id}",
            "description": task.description or None,
            "url": f"{WEB}/issues/{task.id}",
            "type_label": TRACKERS[task.type][1],
            "status": status,
            "status_label": STATUS_NAMES[STATUS_IDS[status]],
            "priority": priority,
            "priority_label": PRIORITIES[6 - priority],
            "assignee_ids": task.assignee_ids[:1],
            "start_on": _day(task.start_on),
            "due_on": _day(task.due_on),
            "created_at": created,
            "updated_at": second(task.updated_at) or created,
            "completed_at": second(task.completed_at) if over else None,
            "percent_complete": float(round(task.percent_complete or 0)),
            "custom": self._custom(task.custom),
        }

    def _link(self, link: Link) -> dict[str, Any]:
        label = RELATION_TYPES[link.type]
        days = None if link.lag_minutes is None else round(link.lag_minutes / 480)
        return {
            "type": "relates" if link.type == "other" else link.type,
            "type_label": label,
            "lag_minutes": days * 480 if label == "precedes" and days is not None else None,
        }

    def _comment(self, comment: Comment) -> dict[str, Any] | None:
        if not comment.text:
            return None
        return {"at": second(comment.at), "public": comment.public is not False}

    def _worklog(self, worklog: Worklog) -> dict[str, Any]:
        return {
            "text": worklog.text or None,
            "updated_at": second(worklog.updated_at) or second(self._now()),
        }

    def _change(self, change: Change) -> dict[str, Any] | None:
        column = COLUMNS.get(change.field)
        if column is None:
            return None
        shown: dict[str, str | None] = {
            "old": change.old,
            "new": change.new,
            "old_label": None,
            "new_label": None,
        }
        for side in ("old", "new"):
            held = shown[side]
            if change.field in ("due_on", "start_on") and held:
                held = held[:10]
            if change.field == "assignee_ids" and held:
                held = held.partition(",")[0]
            shown[side], shown[f"{side}_label"] = held, self._label(change.field, held)
        return {"at": second(change.at), "field_label": column, **shown}

    def _label(self, field: str, held: str | None) -> str | None:
        if held is None:
            return None
        if field == "status":
            return STATUS_NAMES[STATUS_IDS[held]]
        if field == "priority":
            return PRIORITIES[6 - int(held)]
        return TRACKERS[held][1] if field == "type" else None

    def _field(self, field: Custom) -> None:
        known = self.field_ids.setdefault(field.id, str(len(self.field_ids) + 1))
        _, form = self.formats.get(known, (field.name, ""))
        found = _format(field.value)
        if found and form and form != found:
            found = "string"  # a Redmine field has one format
        self.formats[known] = (field.name, found or form)

    def _custom(self, custom: tuple[Custom, ...]) -> tuple[Custom, ...]:
        held = []
        for field in custom:
            id = self.field_ids.get(field.id, field.id)
            name, form = self.formats.get(id, (field.name, "string"))
            held.append(Custom(id=id, name=name, value=_kept(field.value, form)))
        return tuple(held)


def _format(value: CustomValue) -> str:
    if value is None or value in ("", ()):
        return ""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, float):
        return "float"
    if isinstance(value, date):
        return "date"
    return "list" if isinstance(value, tuple) else "string"


def _kept(value: CustomValue, form: str) -> CustomValue:
    if value is None or value in ("", ()):
        return None
    if form == "string":
        return written(value) if not isinstance(value, tuple) else ", ".join(value)
    return value.date() if isinstance(value, datetime) else value


def written(value: CustomValue) -> str:
    """A single value as Redmine writes it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    return value.isoformat() if isinstance(value, date) else str(value)
