"""How an imitated account holds the records of a world: what becomes a task, ticket or deal.

A project with dates or a reported health is a record of the object `projects`, and its work are
tasks. A part of another project is a pipeline of deals, any other one a pipeline of tickets.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from itertools import pairwise

from msgspec.structs import replace

from connectors.hubspot.sandbox_words import (
    FOUNDED,
    HEALTHS,
    NAMES,
    PRIORITIES,
    PROPERTIES,
    TASK_STATUSES,
    Property,
    Stages,
    due_at,
    fit,
    property_for,
    property_name,
    shown,
    stamp,
)
from connectors.hubspot.words import TASK_STATUSES as STATUS_OF
from connectors.hubspot.words import priority_of
from connectors.sdk.records import (
    Change,
    Column,
    Comment,
    Custom,
    Link,
    Membership,
    Person,
    Project,
    Record,
    StatusUpdate,
    Task,
)
from connectors.sdk.sandbox import as_text

WEB = "https://app.hubspot.com/contacts/4711/record"
BOARDS = ("tickets", "deals")
FOLLOWED = {
    "tasks": ("status", "due_on", "priority", "title"),
    "tickets": ("status", "priority", "title"),
    "deals": ("status", "priority", "title"),
}
"""Fields whose changes can be brought into one line with what a record has now."""


Word = tuple[str | None, str | None, str | None]


class Adoption:
    """Gives every record the shape that HubSpot can hold.

    Args:
        records: all of them, as they came.
    """

    def __init__(self, records: Sequence[Record]) -> None:
        self._objects = _objects_of_projects(records)
        self._tasks = {each.id: each for each in records if isinstance(each, Task)}
        self.came_as: dict[str, str] = {}  # by a project's native id: the one it came with
        self.stages = self._all_stages()
        self.own: dict[str, dict[str, Property]] = {name: {} for name in PROPERTIES}
        for record in records:
            if isinstance(record, (Project, Task)):
                for each in record.custom:
                    made = property_for(property_name(each.id), each.name, each.value)
                    self.own[self.object_of(record)].setdefault(made.name, made)
        self._followed = self._chains(records)

    def object_of(self, record: Record) -> str:
        """The object that a project or a piece of work becomes."""
        if isinstance(record, Project):
            return self._objects[record.id]
        if isinstance(record, Task):
            kept = self._objects.get(record.project_id or "", "projects")
            return kept if kept in BOARDS else "tasks"
        return "notes" if isinstance(record, Comment) else "other"

    def is_pipeline(self, project: Project) -> bool:
        """Whether a project is a pipeline."""
        return self.object_of(project) in BOARDS

    def adopt(self, record: Record, native: Record) -> Record | None:
        """The record as the account holds it.

        Args:
            record: as it came.
            native: the same with native ids.
        """
        adopted: Record | None
        match native:
            case Project():
                adopted = self._project(native, self.object_of(record))
            case Person():
                adopted = _person(native)
            case Task():
                adopted = self._task(record, native)
            case Change():
                adopted = self._change(record, native)
            case Comment() if self._object_of_task(record) in BOARDS:
                at = native.updated_at or native.at
                adopted = replace(native, updated_at=at, public=False)
            case StatusUpdate() if native.health is not None:
                label = shown(HEALTHS[native.health])
                id = f"{native.project_id}:{stamp(native.at)}"
                adopted = replace(native, id=id, title=None, text=None, health_label=label)
            case Link():
                adopted = self._link(record, native)
            case _:
                adopted = None
        return adopted

    def columns(self, pipelines: Mapping[str, Project]) -> Iterable[Column]:
        """The stages of pipelines.

        Args:
            pipelines: as they are held, by the ids that they came with.
        """
        for came_as, project in pipelines.items():
            for place, stage in enumerate(self.stages[came_as].all):
                yield Column(
                    id=f"{project.id}/{stage.id}", project_id=project.id, board_id=project.id,
                    board_name=project.name, name=stage.label, position=place,
                    status_labels=(stage.label,),
                )  # fmt: skip

    def stages_of(self, project: str | None) -> Stages | None:
        """The stages of a pipeline, by the id that it has or came with."""
        return self.stages.get(self.came_as.get(project or "", project or ""))

    def word(
        self, object: str, project: str | None, field: str, value: str | None, label: str | None
    ) -> Word:
        """A field's value: as the property has it, as `Change` compares it, as people see it."""
        if value is None:
            return None, None, None
        if field == "status" and object in BOARDS:
            stages = self.stages_of(project)
            stage = stages and stages.of(value, label)  # type: ignore[arg-type]
            return (stage.id, stage.status, stage.label) if stage else (value, value, value)
        if field == "status":
            word = TASK_STATUSES.get(value, "COMPLETED")  # type: ignore[call-overload]
            return word, STATUS_OF[word], shown(word)
        if field == "priority":
            word = PRIORITIES[object].get(int(value) if value.isdigit() else 0)
            return word, word and str(priority_of(word)), word and shown(word)
        if field == "due_on":
            at = due_at(datetime.fromisoformat(value) if len(value) > 10 else
                      date.fromisoformat(value))  # fmt: skip
            text = at.isoformat(timespec="seconds").replace("+00:00", "Z") if at else None
            return text, at.isoformat() if at else None, text
        if field == "assignee_ids":
            value = value.split(",")[0]
        return value, value, value

    # --- projects and work --------------------------------------------------------------------

    def _project(self, project: Project, object: str) -> Project:
        created = project.created_at or FOUNDED
        bare = Project(
            id=project.id, name=project.name, created_at=created,
            updated_at=project.updated_at or created,
        )  # fmt: skip
        if object in BOARDS:
            return bare
        due = project.due_on
        return replace(
            bare,
            description=project.description,
            url=f"{WEB}/0-970/{project.id.rpartition('-')[2]}",
            state="active" if project.state == "active" else "closed",
            owner_id=project.owner_id,
            start_on=project.start_on,
            due_on=due.date() if isinstance(due, datetime) else due,
            custom=self._custom("projects", project.custom),
        )

    def _task(self, record: Record, task: Task) -> Task:
        object = self.object_of(record)
        created = task.created_at or FOUNDED
        updated = task.updated_at or created
        here = task.project_id
        _, status, status_label = self.word(object, here, "status", task.status, task.status_label)
        _, priority, priority_label = self.word(
            object, here, "priority", as_text(task.priority), None
        )
        parent = task.parent_id if object == "tasks" and self._is_task(record) else None
        done = status in ("done", "cancelled")
        completed = (task.completed_at or updated) if done else None
        due = None
        if object == "tasks":
            due = due_at(task.due_on)
        elif object == "deals":  # one date: expected at first, then when it was
            due = completed or due_at(task.due_on)
        type, number = task.id.rsplit("-", 1)
        return Task(
            id=task.id,
            project_id=task.project_id,
            parent_id=parent,
            title=task.title,
            description=task.description,
            url=f"{WEB}/{type}/{number}",
            type={"tickets": "request", "deals": "other"}.get(  # type: ignore[arg-type]
                object, "subtask" if parent else "task"
            ),
            type_label={"tickets": "Ticket", "deals": "Deal"}.get(object, "To-do"),
            status=status,  # type: ignore[arg-type]
            status_label=status_label or task.status_label or "Unknown",
            priority=None if priority is None else int(priority),
            priority_label=priority_label,
            assignee_ids=task.assignee_ids[:1],
            reporter_id=task.reporter_id,
            labels=task.labels if object == "tickets" else (),
            due_on=due,
            created_at=created,
            updated_at=updated,
            completed_at=completed,
            custom=self._custom(object, task.custom),
        )

    def _is_task(self, record: Record) -> bool:
        parent = self._tasks.get(record.parent_id or "") if isinstance(record, Task) else None
        return parent is not None and self.object_of(parent) == "tasks"

    def _custom(self, object: str, given: Iterable[Custom]) -> tuple[Custom, ...]:
        """Every record has every property of its object; what the account adds comes last."""
        held = {property_name(each.id): each.value for each in given}
        extras = {"tickets": ("hs_time_to_close_sla_at", "hs_time_to_close_sla_status"),
                  "deals": ("amount",)}.get(object, ())  # fmt: skip
        standard = {each.name: each for each in PROPERTIES[object] if each.name in extras}
        return tuple(
            Custom(id=name, name=each.label, value=fit(held.get(name), each))
            for name, each in (*standard.items(), *self.own[object].items())
        )

    # --- what hangs on work -------------------------------------------------------------------

    def _object_of_task(self, record: Record) -> str:
        task = self._tasks.get(getattr(record, "task_id", ""))
        return "other" if task is None else self.object_of(task)

    def _link(self, record: Record, link: Link) -> Link | None:
        """A task may be associated with a ticket or a deal; nothing says which way."""
        if not isinstance(record, Link) or link.type != "relates":
            return None
        ends = [self._tasks.get(id) for id in (record.from_id, record.to_id)]
        objects = ["" if end is None else self.object_of(end) for end in ends]
        of, to = link.from_id, link.to_id
        if objects[1] == "tasks":
            of, to, objects = to, of, objects[::-1]
        if objects[0] != "tasks" or objects[1] not in BOARDS:
            return None
        return Link(id=f"relates:{of}:{to}", type="relates", from_id=of, to_id=to)

    def _change(self, record: Record, change: Change) -> Change | None:
        """A change within the chain of versions that ends in what the record has now."""
        links = self._followed.get(record.id)
        if links is None:
            return None
        object = self._object_of_task(record)
        name = NAMES[object][change.field]
        old, new = links
        label = next(each.label for each in PROPERTIES[object] if each.name == name)
        return Change(
            id=f"{change.task_id}:{name}:{stamp(change.at)}", task_id=change.task_id, at=change.at,
            author_id=change.author_id, field=change.field, field_label=label,
            old=old[1], new=new[1], old_label=old[2], new_label=new[2],
        )  # fmt: skip

    def _chains(self, records: Iterable[Record]) -> dict[str, tuple[Word, Word]]:
        """By change: the versions before and after it. The last of a field is its value now."""
        by_field: dict[tuple[str, str], list[Change]] = defaultdict(list)
        for each in records:
            if isinstance(each, Change) and each.task_id in self._tasks:
                object = self.object_of(self._tasks[each.task_id])
                if each.field in FOLLOWED[object]:
                    by_field[each.task_id, each.field].append(each)
        found: dict[str, tuple[Word, Word]] = {}
        for (task_id, field), changes in by_field.items():
            task = self._tasks[task_id]
            object = self.object_of(task)
            changes.sort(key=lambda each: each.at)
            last = (as_text(getattr(task, field)), task.status_label)
            values = [(each.old, each.old_label) for each in changes] + [last]
            words = [self.word(object, task.project_id, field, *each) for each in values]
            for change, (old, new) in zip(changes, pairwise(words), strict=True):
                if old[0] != new[0]:
                    found[change.id] = (old, new)
        return found

    def _all_stages(self) -> dict[str, Stages]:
        found: dict[str, Stages] = {}
        for number, (id, object) in enumerate(self._objects.items(), start=1):
            tasks = [each for each in self._tasks.values() if each.project_id == id]
            if object in BOARDS:
                seen = [(each.status, each.status_label) for each in tasks]
                found[id] = Stages(seen, number * 1000)
        return found


def _objects_of_projects(records: Iterable[Record]) -> dict[str, str]:
    """By project: the object that it is a record or a pipeline of."""
    reported = {each.project_id for each in records if isinstance(each, StatusUpdate)}
    found = {}
    for each in records:
        if isinstance(each, Project):
            dated = each.start_on or each.due_on or each.id in reported
            found[each.id] = "projects" if dated else "deals" if each.parent_id else "tickets"
    return found


def _person(person: Person) -> Person:
    return Person(
        id=person.id,
        name=person.name,
        email=person.email,
        active=person.active is not False,
        kind="group" if person.kind == "group" else "human",
    )


def memberships(tasks: Iterable[Task], projects: Iterable[Project]) -> Iterable[Membership]:
    """The first ticket and the first deal are part of the first project, too."""
    project = next((each.id for each in projects if each.id.startswith("0-970-")), None)
    for type in ("0-5-", "0-3-"):
        task = next((each.id for each in tasks if each.id.startswith(type)), None)
        if project and task:
            yield Membership(
                id=f"project:{project}:{task}", task_id=task, kind="project", container_id=project
            )
