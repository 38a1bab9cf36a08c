"""Records as Asana can hold them: its own ids and words, its sections, its kinds of tasks."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, TypeVar

import msgspec

from connectors.asana.sandbox_chain import Chain, Standing
from connectors.asana.words import DECISION_LABELS, priority_of, status_of
from connectors.sdk.records import (
    Approval,
    Change,
    Column,
    Custom,
    CustomValue,
    Membership,
    Milestone,
    Project,
    Record,
    Task,
)

R = TypeVar("R", bound=Record)
SECTIONS = {"todo": "To do", "in_progress": "In progress", "done": "Done", "cancelled": "Cancelled"}
PRIORITY_NAMES = {1: "Critical", 2: "High", 3: "Medium", 4: "Low", 5: "Lowest"}
DECIDED = {"pending": "pending", "approved": "approved", "declined": "rejected"}


def number(*names: str) -> str:
    """A stable id of Asana's shape: sixteen digits."""
    digest = hashlib.blake2b("\0".join(names).encode("utf-8", "surrogatepass"), digest_size=8)
    return str(1_200_000_000_000_000 + int.from_bytes(digest.digest()) % 800_000_000_000_000)


def milli(value: datetime | None) -> datetime | None:
    """An instant in Asana's resolution, in UTC."""
    if value is None:
        return None
    value = value.astimezone(UTC)
    return value.replace(microsecond=value.microsecond // 1000 * 1000)


def moment(value: date | datetime | None) -> date | datetime | None:
    """A day as it is, an instant in Asana's resolution."""
    return milli(value) if isinstance(value, datetime) else value


def fits(section: str | None, status: str | None) -> bool:
    """Whether work of a status can stand in a section of this name."""
    said = status_of(section)
    return section is not None and (said == status if said else status in ("todo", "done", None))


class Given:
    """What a sandbox was given, completed by what Asana always has: each milestone and approval is
    a task too, each task of a project is a member of it in a section, an assignee was assigned."""

    def __init__(self, records: Iterable[Record]) -> None:
        self.records: list[Record] = list(records)
        self.tasks = self._by_id(Task)
        self.projects = self._by_id(Project)
        self._twins()
        self.approvals = {each.task_id: each for each in self._all(Approval)}
        self.changes: dict[str, list[Change]] = defaultdict(list)
        for change in self._all(Change):
            self.changes[change.task_id].append(change)
        for changes in self.changes.values():
            changes.sort(key=lambda change: change.at)
        self._assignments()
        self.places: dict[str, list[Membership]] = defaultdict(list)
        for place in self._all(Membership):
            if place.kind == "project":
                self.places[place.task_id].append(place)
        self._memberships()
        self.chains = {id: self._chain(task) for id, task in self.tasks.items()}
        self.columns = self._columns()

    def root_project(self, task: Task) -> str | None:
        """The project that a task inherits from above."""
        seen: set[str] = set()
        while task.parent_id in self.tasks and task.id not in seen:
            seen.add(task.id)
            task = self.tasks[task.parent_id]
        return task.project_id

    def status(self, task: Task) -> str:
        """The status that Asana can hold: an approval is complete as soon as it is decided."""
        decision = self.approvals[task.id].decision if task.id in self.approvals else None
        if decision is not None and decision != "pending":
            return "done"
        if decision == "pending" and task.status == "done":
            return "todo"
        return task.status or "todo"

    def section(self, task: Task) -> str | None:
        """The section in which a task stands at the end."""
        return self.chains[task.id].section if self.places[task.id] else None

    def _all(self, kind: type[R]) -> list[R]:
        return [each for each in self.records if isinstance(each, kind)]

    def _by_id(self, kind: type[R]) -> dict[str, R]:
        return {each.id: each for each in self._all(kind)}

    def _twins(self) -> None:
        milestones = self._by_id(Milestone)
        states = {"done": "done", "cancelled": "cancelled"}
        for milestone in milestones.values():
            if milestone.id not in self.tasks:
                twin = Task(
                    id=milestone.id,
                    project_id=milestone.project_id,
                    title=milestone.name,
                    description=milestone.description,
                    type="milestone",
                    status=states.get(milestone.state or "", "todo"),  # type: ignore[arg-type]
                    assignee_ids=(milestone.owner_id,) if milestone.owner_id else (),
                    due_on=milestone.due_on,
                    completed_at=milestone.completed_at,
                )
                self._add(twin)
                self.tasks[twin.id] = twin
        approved = {each.task_id for each in self._all(Approval)}
        for task in self.tasks.values():
            if task.type == "milestone" and task.id not in milestones:
                self._add(Milestone(id=task.id, name=task.title))
            if task.type == "approval" and task.id not in approved:
                decided = "approved" if task.status == "done" else "pending"
                self._add(Approval(id=task.id, task_id=task.id, decision=decided))  # type: ignore[arg-type]

    def _assignments(self) -> None:
        for task in self.tasks.values():
            moves = [c for c in self.changes[task.id] if c.field == "assignee_ids"]
            if moves and moves[0].old and task.created_at and task.created_at <= moves[0].at:
                first = Change(
                    id=f"{task.id}/assigned",
                    task_id=task.id,
                    at=task.created_at,
                    author_id=task.reporter_id,
                    field="assignee_ids",
                    new=moves[0].old,
                )
                self._add(first)
                self.changes[task.id].insert(0, first)

    def _memberships(self) -> None:
        for task in self.tasks.values():
            held = {place.container_id for place in self.places[task.id]}
            stages = {task.status, *(c.new for c in self.changes[task.id] if c.field == "status")}
            alone = (
                task.parent_id not in self.tasks
                or bool(stages & {"in_progress", "cancelled"})
                or self.root_project(task) != task.project_id
            )
            if task.project_id and task.project_id not in held and (alone or held):
                place = Membership(
                    id=f"project:{task.project_id}:{task.id}",
                    task_id=task.id,
                    kind="project",
                    container_id=task.project_id,
                )
                self._add(place)
                self.places[task.id].insert(0, place)
            self.places[task.id].sort(key=lambda place: place.container_id != task.project_id)

    def _chain(self, task: Task) -> Chain:
        place = next(iter(self.places[task.id]), None)
        named = place.section if place is not None else None
        status = self.status(task)
        section = named if fits(named, status) else SECTIONS[status]
        moves = [c for c in self.changes[task.id] if c.field == "status"]
        if status == "done" and moves and not fits(named, status):
            section = {"in_progress": "In progress"}.get(moves[0].old or "", "To do")
        return Chain(self.changes[task.id], section if place is not None else None, status)

    def _columns(self) -> dict[str, list[Column]]:
        """Every section of a project: those that were given, and those in which something is."""
        columns: dict[str, list[Column]] = {id: [] for id in self.projects}
        for column in self._all(Column):
            if column.project_id in columns:
                columns[column.project_id].append(column)
        for task in self.tasks.values():
            for index, place in enumerate(self.places[task.id]):
                name = self.section(task) if index == 0 else place.section
                self._column(columns, place.container_id, name)
        for project in self.projects:
            for name in ("To do", "In progress", "Done"):
                self._column(columns, project, name)
        return columns

    def _column(self, columns: dict[str, list[Column]], project: str, name: str | None) -> None:
        held = columns.get(project)
        if name and held is not None and name not in [column.name for column in held]:
            column = Column(
                id=f"{project}/{name}",
                project_id=project,
                board_id=project,
                name=name,
                position=len(held),
            )
            held.append(column)
            self._add(column)

    def _add(self, record: Record) -> None:
        self.records.append(record)


def held_task(task: Task, given: Given, url: Callable[[str], str], refer: Any) -> Task:
    """A task as Asana holds it."""
    native = refer(task)
    approval = given.approvals.get(task.id)
    assignees = native.assignee_ids
    if approval is not None and approval.approver_ids:
        assignees = refer(approval).approver_ids
    chain = given.chains[task.id]
    parent = native.parent_id if task.parent_id in given.tasks else None
    status, label = Standing(chain.section, chain.completed).said()
    if approval is not None and status == "done":
        label = DECISION_LABELS[DECIDED[approval.decision]]
    kind = "approval" if approval is not None else task.type
    if kind not in ("milestone", "approval"):
        kind = "subtask" if parent else "task"
    closed = status in ("done", "cancelled")
    places = given.places[task.id]
    home = places[0].container_id if places else given.root_project(task)
    known = task.priority_label is not None and priority_of(task.priority_label) == task.priority
    return Task(
        id=native.id,
        project_id=number("Project", home) if home else None,
        parent_id=parent,
        title=task.title,
        description=task.description or None,
        url=url(native.id),
        type=kind,
        type_label=kind if kind in ("milestone", "approval") else "default_task",
        status=status,
        status_label=label,
        priority=task.priority,
        priority_label=task.priority_label if known else PRIORITY_NAMES.get(task.priority or 0),
        assignee_ids=assignees[:1],
        reporter_id=native.reporter_id,
        labels=tuple(dict.fromkeys(label for label in task.labels if label)),
        start_on=moment(task.start_on),
        due_on=moment(task.due_on),
        created_at=milli(task.created_at),
        updated_at=milli(task.updated_at or task.created_at),
        completed_at=milli(task.completed_at) if closed else None,
        estimate_minutes=task.estimate_minutes,
        spent_minutes=task.spent_minutes,
        custom=held_customs(task.custom),
    )


def held_customs(customs: Iterable[Custom]) -> tuple[Custom, ...]:
    """Custom fields with Asana's ids; it has no yes-or-no field, teams write the word."""
    held = (
        Custom(id=number("Custom", each.id), name=each.name, value=_held_value(each.value))
        for each in customs
    )
    return tuple(held)


def _held_value(value: CustomValue) -> CustomValue:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, datetime):
        return milli(value)
    return value if value not in ("", ()) else None


@cache
def _defaults(kind: type[Record], fields: frozenset[str]) -> dict[str, Any]:
    return {
        each.name: each.default
        for each in msgspec.structs.fields(kind)
        if each.name not in fields and each.default is not msgspec.NODEFAULT
    }


def provided(record: R, fields: frozenset[str]) -> R:
    """A record without the fields that Asana does not know; required ones stay."""
    return msgspec.structs.replace(record, **_defaults(type(record), fields))
