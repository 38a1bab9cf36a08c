"""What a Zendesk can hold of a record: its ids, its words, nothing that it does not know."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, time
from typing import Any, ClassVar

import msgspec

from connectors.sdk.records import (
    Change,
    Comment,
    Custom,
    CustomValue,
    Link,
    Person,
    Project,
    Record,
    SlaCycle,
    Task,
    TaskType,
)
from connectors.sdk.sandbox import Sandbox, as_text
from connectors.zendesk.cycles import FIRST_REPLY, NAMES
from connectors.zendesk.mapping import PROVIDES
from connectors.zendesk.words import PRIORITIES, STATUS_TITLES, STATUSES, WAITS

SITE = "https://acme.zendesk.example.com"
FIRST_NUMBER: Mapping[type[Record], int] = {
    Task: 1, Person: 23_111_000_000_001, Project: 23_112_000_000_001,
    Comment: 23_113_000_000_001, Change: 23_114_000_000_001,
}  # fmt: skip
"""Tickets count from one; all else has ids of fourteen digits."""

FIELD_IDS = 23_115_000_000_001
STATUS_IDS = 23_116_000_000_001
CATEGORY_OF = {"todo": "new", "in_progress": "open", "done": "solved", "cancelled": "solved"}
KIND_OF: Mapping[TaskType, str | None] = {
    "task": "task", "subtask": "task", "story": "task", "epic": "task", "milestone": "task",
    "change": "task", "approval": "task", "bug": "problem", "risk": "problem",
    "issue": "incident", "request": "question", "other": None,
}  # fmt: skip
PRIORITY_OF = {1: "urgent", 2: "high", 3: "normal", 4: "low", 5: "low"}
FIELD_OF = {
    "status": "status", "assignee_ids": "assignee_id", "project_id": "group_id",
    "priority": "priority", "title": "subject", "type": "type",
}  # fmt: skip
"""Field of `Task` → Zendesk's, of those whose changes it tells."""


def second(at: datetime | None) -> datetime | None:
    """Zendesk keeps whole seconds."""
    return at.astimezone(UTC).replace(microsecond=0) if at else None


def due_at(value: date | datetime | None) -> datetime | None:
    """A due date is an instant; a day becomes its noon."""
    if value is None or isinstance(value, datetime):
        return second(value)
    return datetime.combine(value, time(12), UTC)


def number(kind: type[Record], id: str) -> int:
    """The number of a record; one that was not made here gets one from its id."""
    head = id.partition(":")[0]
    if head.isdecimal():
        return int(head)
    return FIRST_NUMBER.get(kind, 1) + 10**6 + zlib.crc32(id.encode()) % 10**9


def category_of(task: Task) -> str:
    """The status that a ticket has."""
    if task.status in (None, "todo") and not task.blocked:
        return "new"
    if task.status in ("done", "cancelled"):
        return "closed" if task.archived else "solved"
    if not task.blocked:
        return "open"
    return "pending" if task.blocked_reason == WAITS["pending"] else "hold"


class Adoption(Sandbox):
    """Zendesk's ids and words for the records of any tool."""

    name: ClassVar[str] = "zendesk"

    def __init__(self, records: Iterable[Record], now: Callable[[], datetime]) -> None:
        records = list(records)
        self._now = now
        self._numbers: dict[tuple[type[Record], str], str] = {}
        counted: dict[type[Record], int] = {}
        for record in records:
            kind = type(record)
            counted[kind] = counted.get(kind, FIRST_NUMBER.get(kind, 1) - 1) + 1
            self._numbers[kind, record.id] = str(counted[kind])
        self.problem_of: dict[str, str] = {}  # an incident → its problem, before adoption
        for link in records:
            if isinstance(link, Link) and link.type == "relates":
                taken = {*self.problem_of, *self.problem_of.values()}
                if link.from_id not in taken and link.to_id not in self.problem_of:
                    self.problem_of[link.from_id] = link.to_id
        self._fields: dict[str, tuple[str, list[CustomValue]]] = {}
        for task in records:
            for custom in task.custom if isinstance(task, Task) else ():
                held = self._fields.setdefault(custom.id, (custom.name, []))[1]
                held.append(custom.value)
        self.fields = [
            (FIELD_IDS + place, name, _field_type(values), values)
            for place, (name, values) in enumerate(self._fields.values())
        ]
        super().__init__(records, now)

    def native_id(self, record: Record) -> str:
        """A number; links and clocks are called by their tickets."""
        if isinstance(record, Link):
            return f"relates:{self._ticket(record.from_id)}:{self._ticket(record.to_id)}"
        if isinstance(record, SlaCycle):
            return f"{self._ticket(record.task_id)}:{metric_of(record)}:1"
        return self._numbers[type(record), record.id]

    def _ticket(self, id: str) -> str:
        return self._numbers.get((Task, id), id)

    def adopt(self, record: Record) -> Record | None:
        """None for a kind that Zendesk does not have."""
        provided = PROVIDES.get(type(record))
        if provided is None:
            return None
        if isinstance(record, Link) and self.problem_of.get(record.from_id) != record.to_id:
            return None
        change = getattr(self, f"_{type(record).__name__.lower()}")
        changed = change(record)
        if changed is None:
            return None
        defaults = {
            each.encode_name: each.default
            for each in msgspec.structs.fields(type(record))
            if each.encode_name not in provided
        }
        return msgspec.structs.replace(self.refer(record), **{**defaults, **changed})

    def _project(self, project: Project) -> dict[str, Any]:
        return {
            "description": project.description or None,
            "state": "active" if project.state == "active" else "trashed",
            "created_at": second(project.created_at),
            "updated_at": second(project.updated_at),
        }

    def _person(self, person: Person) -> dict[str, Any]:
        customer = person.kind == "customer"
        id = self.ids[Person, person.id]
        return {
            "kind": "customer" if customer else "human",
            "active": person.active is not False,
            "url": f"{SITE}/agent/users/{id}",
        }

    def _task(self, task: Task) -> dict[str, Any]:
        kind = KIND_OF[task.type]
        if task.id in self.problem_of:
            kind = "incident"
        elif task.id in self.problem_of.values():
            kind = "problem"
        category = category_of(task)
        status, priority = STATUSES[category], PRIORITY_OF.get(task.priority or 0)
        id = self.ids[Task, task.id]
        named = (task.status_label or "").strip() if status == task.status else ""
        if category in ("hold", "pending", "closed"):
            named = ""
        types: dict[str | None, TaskType] = {
            None: "request", "task": "task", "problem": "issue", "incident": "issue",
            "question": "request",
        }  # fmt: skip
        created = second(task.created_at or task.updated_at or self._now())
        return {
            "key": f"#{id}",
            "description": task.description or task.title,
            "url": f"{SITE}/agent/tickets/{id}",
            "type": types[kind],
            "type_label": kind,
            "status": status,
            "status_label": named or STATUS_TITLES[category],
            "blocked": category in WAITS,
            "blocked_reason": WAITS.get(category),
            "priority": None if priority is None else PRIORITIES[priority],
            "priority_label": priority,
            "assignee_ids": self.refer(task).assignee_ids[:1],
            "labels": tuple(dict.fromkeys(each.replace(" ", "_") for each in task.labels)),
            "due_on": due_at(task.due_on) if kind == "task" else None,
            "created_at": created,
            "updated_at": second(task.updated_at) or created,
            "completed_at": second(task.completed_at) if status == "done" else None,
            "custom": self._custom(task),
        }

    def _custom(self, task: Task) -> tuple[Custom, ...]:
        """Every ticket has every custom field of the account."""
        held = {custom.id: custom.value for custom in task.custom}
        return tuple(
            Custom(id=str(id), name=name, value=_held(held.get(key), form))
            for key, (id, name, form, _) in zip(self._fields, self.fields, strict=True)
        )

    def _link(self, link: Link) -> dict[str, Any]:
        return {"id": self.ids[Link, link.id], "type_label": "problem"}

    def _comment(self, comment: Comment) -> dict[str, Any]:
        return {"at": second(comment.at), "public": comment.public is not False}

    def _change(self, change: Change) -> dict[str, Any] | None:
        if change.field not in FIELD_OF:
            return None
        shown = self.told(change)
        return {"at": second(change.at), "field_label": FIELD_OF[change.field], **shown}

    def told(self, change: Change) -> dict[str, str | None]:
        """Both sides of a change, as Zendesk's words make them ours."""
        shown: dict[str, str | None] = {}
        for side in ("old", "new"):
            held, label = getattr(change, side), None
            if change.field in ("assignee_ids", "project_id"):
                kind: type[Record] = Person if change.field == "assignee_ids" else Project
                first = (held or "").partition(",")[0]
                held = self.ids.get((kind, first), first) or None
            else:
                word = word_of(change.field, held)
                held, label = _in_ours(change.field, word)
            shown[side], shown[f"{side}_label"] = held, label
        return shown

    def _slacycle(self, cycle: SlaCycle) -> dict[str, Any]:
        times = ("started_at", "stopped_at", "breach_at")
        metric = metric_of(cycle)
        stopped = cycle.stopped_at is not None
        return {
            "id": self.ids[SlaCycle, cycle.id],
            "name": NAMES.get(metric, FIRST_REPLY),
            **{name: second(getattr(cycle, name)) for name in times},
            "breached": cycle.breached is True,
            "paused": cycle.paused is True and not stopped,
            "elapsed_minutes": cycle.elapsed_minutes if stopped else None,
        }


def metric_of(cycle: SlaCycle) -> str:
    """Zendesk's metric for a clock, by its name."""
    known = {name: metric for metric, name in NAMES.items()}
    return known.get(cycle.name, "reply_time")


def word_of(field: str, value: str | None) -> str | None:
    """Zendesk's word for a value of a change."""
    if value is None:
        return None
    match field:
        case "status":
            return CATEGORY_OF.get(value, "new")
        case "priority":
            return PRIORITY_OF.get(int(value)) if value.isdecimal() else None
        case "type":
            return KIND_OF.get(value)  # type: ignore[call-overload,no-any-return]
        case _:
            return value


def _in_ours(field: str, word: str | None) -> tuple[str | None, str | None]:
    if word is None:
        return None, None
    match field:
        case "status":
            return STATUSES[word], STATUS_TITLES[word]
        case "priority":
            return str(PRIORITIES[word]), word
        case "type":
            return (
                "task" if word == "task" else "request" if word == "question" else "issue",
                word,
            )
        case _:
            return word, None


def _field_type(values: list[CustomValue]) -> str:
    held = [value for value in values if value is not None]
    if held and all(isinstance(value, bool) for value in held):
        return "checkbox"
    if held and all(isinstance(value, float) for value in held):
        return "decimal"
    if held and all(isinstance(value, date) for value in held):
        return "date"
    if held and all(isinstance(value, tuple) for value in held):
        return "multiselect"
    short = all(isinstance(value, str) and len(value) < 30 for value in held)
    return "tagger" if held and short else "text"


def _held(value: CustomValue, form: str) -> CustomValue:
    """A value as a field of a type holds it."""
    if value is None or value in ("", ()):
        return None
    if form == "date" and isinstance(value, datetime):
        return value.date()
    if form == "text":
        return ", ".join(value) if isinstance(value, tuple) else as_text(value)
    return value
