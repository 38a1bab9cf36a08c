"""How an imitated organization holds the records of a world: what becomes a task, what a case."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime

from msgspec.structs import replace

from connectors.salesforce.sandbox_schema import Field, type_of
from connectors.salesforce.words import CANCELLED
from connectors.sdk.records import (
    Approval,
    Change,
    Comment,
    Custom,
    CustomValue,
    Person,
    Project,
    Record,
    SlaCycle,
    Status,
    Task,
)
from connectors.sdk.sandbox import as_text

WEB = "https://acme.lightning.force.com"
FOUNDED = datetime(2020, 1, 1, tzinfo=UTC)
QUEUE = "~queue"
LOOKUP = "Work_Project__c"
FIELDS = {
    "status": "Status", "assignee_ids": "Owner", "priority": "Priority", "parent_id": "Parent",
    "title": "Subject",
}  # fmt: skip
PRIORITIES = {1: "Critical", 2: "High", 3: "Medium", 4: "Low", 5: "Lowest"}
DEFAULTS: Mapping[str, Mapping[Status, str]] = {
    "Task": {"todo": "Not Started", "in_progress": "In Progress", "done": "Completed",
             "cancelled": "Cancelled"},
    "Case": {"todo": "New", "in_progress": "Working", "done": "Closed", "cancelled": "Cancelled"},
}  # fmt: skip
DECISIONS = {"pending": "Pending", "approved": "Approved", "declined": "Rejected"}


class Statuses:
    """The picklist of statuses of one object: value → (closed, default)."""

    def __init__(self, words: Mapping[Status, str]) -> None:
        self._words = words
        self.values: dict[str, tuple[bool, bool]] = {
            words["todo"]: (False, True), words["in_progress"]: (False, False),
            words["done"]: (True, False), words["cancelled"]: (True, False),
        }  # fmt: skip

    def label(self, status: Status | None, label: str | None) -> str:
        """The value for a status, the given word where it can mean that."""
        if status is None:
            return label if label and label not in self.values else "No longer used"
        if status == "todo" or not label or status != self._could(label, status):
            return self._words[status]
        self.values.setdefault(label, (status in ("done", "cancelled"), False))
        return label

    def meaning(self, label: str) -> str | None:
        """The status that a value means; None when it is not in the picklist."""
        if label not in self.values:
            return None
        closed, default = self.values[label]
        if closed:
            return "cancelled" if label.casefold() in CANCELLED else "done"
        return "todo" if default else "in_progress"

    def _could(self, label: str, status: Status) -> str | None:
        if label in self.values:
            return self.meaning(label)
        cancelled = label.strip().casefold() in CANCELLED
        return (
            None
            if status in ("done", "cancelled") and cancelled != (status == "cancelled")
            else status
        )


class Adoption:
    """Gives every record the shape that Salesforce can hold.

    Args:
        records: all of them, as they came.
        person: the native id of a person, by the id as it came.
    """

    def __init__(self, records: Sequence[Record], person: Callable[[str], str]) -> None:
        self.cases = _cases(records)
        self.statuses = {name: Statuses(words) for name, words in DEFAULTS.items()}
        self.custom: dict[str, dict[str, Field]] = {"Campaign": {}, "Task": {}, "Case": {}}
        self._person = person
        self._anyone = next(
            (each.id for each in records if isinstance(each, Person) and each.kind != "group"), ""
        )
        for record in records:
            if isinstance(record, (Project, Task)):
                for each in record.custom:
                    field = Field(api_name(each.id), type_of(each.value), each.name, (), True)
                    self.custom[self.object_of(record)].setdefault(field.name, field)

    def object_of(self, record: Record) -> str:
        """The object that a project, person or task becomes."""
        if isinstance(record, Task):
            return "Case" if record.id in self.cases else "Task"
        if isinstance(record, Person):
            return "Group" if record.kind == "group" else "User"
        return {
            Project: "Campaign", Comment: "CaseComment", Change: "CaseHistory",
            SlaCycle: "CaseMilestone", Approval: "ProcessInstance",
        }.get(type(record), "Idea")  # fmt: skip

    def adopt(self, record: Record, native: Record) -> Record | None:
        """The record as the organization holds it.

        Args:
            record: as it came.
            native: the same with native ids.
        """
        if isinstance(native, Project):
            return self._project(native)
        if isinstance(native, Person):
            return _person(native)
        if isinstance(native, Task):
            return self._task(native, self.object_of(record))
        return self._on_case(native) if getattr(record, "task_id", None) in self.cases else None

    def _on_case(self, native: Record) -> Record | None:
        """What hangs on a case."""
        match native:
            case Comment():
                author = native.author_id or self._person(self._anyone)
                return replace(native, author_id=author, public=bool(native.public))
            case Change():
                return self._change(native)
            case SlaCycle():
                return replace(
                    native, started_at=native.started_at or FOUNDED, elapsed_minutes=None,
                    paused=None, breached=bool(native.breached),
                )  # fmt: skip
            case Approval():
                return replace(
                    native, name=native.name or "Approval", asked_at=native.asked_at or FOUNDED,
                    decision_label=DECISIONS[native.decision],
                    decided_at=None if native.decision == "pending" else native.decided_at,
                )  # fmt: skip
            case _:
                return None

    def _project(self, project: Project) -> Project:
        created = project.created_at or FOUNDED
        return Project(
            id=project.id,
            name=project.name,
            description=project.description,
            url=f"{WEB}/{project.id}",
            parent_id=project.parent_id,
            owner_id=project.owner_id or self._person(self._anyone),
            start_on=project.start_on,
            due_on=_day(project.due_on),
            created_at=created,
            updated_at=project.updated_at or created,
            custom=self._custom("Campaign", project.custom),
        )

    def _task(self, task: Task, object: str) -> Task:
        closed = task.status in ("done", "cancelled")
        created = task.created_at or FOUNDED
        updated = task.updated_at or created
        label = self.statuses[object].label(task.status, task.status_label)
        is_case = object == "Case"
        custom = self._custom(object, task.custom)
        if is_case:
            kind = Custom(id="RecordTypeId", name="Record type", value=task.type_label)
            escalated = Custom(id="IsEscalated", name="Escalated", value=bool(task.blocked))
            custom = (escalated, kind, *custom)
        priority = PRIORITIES.get(task.priority or 0)
        return Task(
            id=task.id,
            key=f"{int(task.id[3:15]):08d}" if is_case else None,
            project_id=task.project_id,
            parent_id=task.parent_id if is_case else None,
            title=task.title,
            description=task.description,
            url=f"{WEB}/{task.id}",
            type="request" if is_case else "task",
            type_label="Case" if is_case else "Task",
            status=task.status,
            status_label=label,
            priority=task.priority if priority else None,
            priority_label=priority,
            assignee_ids=task.assignee_ids[:1] or (self._person(QUEUE),),
            reporter_id=task.reporter_id or self._person(self._anyone),
            due_on=None if is_case else _day(task.due_on),
            created_at=created,
            updated_at=updated,
            completed_at=(task.completed_at or updated) if closed else None,
            archived=None if is_case else bool(task.archived),
            custom=custom,
        )

    def _custom(self, object: str, given: Iterable[Custom]) -> tuple[Custom, ...]:
        """Every record has every field of its object; a checkbox is never empty."""
        held = {api_name(each.id): each.value for each in given}
        return tuple(
            Custom(id=name, name=field.label, value=_fit(held.get(name), field.type))
            for name, field in self.custom[object].items()
        )

    def _change(self, change: Change) -> Change:
        name = FIELDS.get(change.field, change.field)
        old, old_label = self.value(change.field, change.old, change.old_label)
        new, new_label = self.value(change.field, change.new, change.new_label)
        return Change(
            id=change.id, task_id=change.task_id, at=change.at,
            author_id=change.author_id or self._person(self._anyone), field=name,
            field_label=name, old=old, new=new, old_label=old_label, new_label=new_label,
        )  # fmt: skip

    def value(
        self, field: str, value: str | None, label: str | None
    ) -> tuple[str | None, str | None]:
        """A value of the history, and the word in which Salesforce keeps it."""
        if value is None:
            return None, None
        if field == "status":
            word = self.statuses["Case"].label(value, label)  # type: ignore[arg-type]
            return self.statuses["Case"].meaning(word) or word, word
        if field == "priority":
            return value, PRIORITIES.get(int(value) if value.isdigit() else 0, value)
        if field == "assignee_ids":
            id = self._person(value.split(",")[0])
            return id, id
        return value, value


def _cases(records: Iterable[Record]) -> set[str]:
    """Tasks with parents, children, remarks, history, clocks or approvals: only cases have any."""
    found: set[str] = set()
    for record in records:
        if isinstance(record, Task) and record.parent_id:
            found |= {record.id, record.parent_id}
        elif isinstance(record, (Comment, Change, SlaCycle, Approval)):
            found.add(record.task_id)
    return found


def _person(person: Person) -> Person:
    if person.kind == "group":
        return Person(id=person.id, name=person.name, kind="group", url=f"{WEB}/{person.id}")
    return replace(
        person,
        active=person.active is not False,
        time_zone=person.time_zone or "America/Los_Angeles",
        url=f"{WEB}/{person.id}",
    )


def api_name(id: str) -> str:
    """The API name of a custom field."""
    return id if id.endswith("__c") else re.sub(r"\W", "_", id) + "__c"


def _day(value: date | datetime | None) -> date | None:
    return value.date() if isinstance(value, datetime) else value


def _fit(value: CustomValue, kind: str) -> CustomValue:
    """A value in a field of a type."""
    if kind == "boolean":
        return value is True
    if kind == "string" and value is not None and not isinstance(value, str):
        return as_text(value)
    return value if value is None or type_of(value) == kind else None
