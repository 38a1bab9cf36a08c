"""How Asana holds each kind of record (tasks and changes have files of their own)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from connectors.asana.sandbox_adopt import DECIDED, Given, held_customs, held_task, milli, number
from connectors.asana.sandbox_history import Telling
from connectors.sdk.records import (
    Approval,
    Change,
    Column,
    Comment,
    Link,
    Membership,
    Milestone,
    Person,
    Project,
    Record,
    StatusUpdate,
    Task,
    Worklog,
)

replace = msgspec.structs.replace


class Holding:
    """Adopts records of every kind.

    Args:
        given: all records, completed.
        telling: how changes are told.
        refer: translates a record's references to native ids.
        workspace: its gid.
    """

    def __init__(
        self, given: Given, telling: Telling, refer: Callable[[Any], Any], workspace: str
    ) -> None:
        self._given = given
        self._telling = telling
        self._refer = refer
        self._workspace = workspace

    def held(self, record: Record) -> Record | None:
        """The record as Asana holds it; None if it has no such thing."""
        adopt = _KINDS.get(type(record))
        return None if adopt is None else adopt(self, record)

    def project(self, record: Project) -> Project | None:
        """A project; what is in the bin is not shown at all."""
        if record.state == "trashed":
            return None
        native: Project = self._refer(record)
        due = record.due_on
        return replace(
            native,
            url=f"https://app.asana.com/1/{self._workspace}/project/{native.id}",
            description=record.description or None,
            due_on=due.date() if isinstance(due, datetime) else due,
            created_at=milli(record.created_at),
            updated_at=milli(record.updated_at),
            custom=held_customs(record.custom),
        )

    def person(self, record: Person) -> Person:
        """A user."""
        native: Person = self._refer(record)
        return replace(native, email=record.email or None)

    def task(self, record: Task) -> Task:
        """A task."""
        return held_task(record, self._given, self._task_url, self._refer)

    def milestone(self, record: Milestone) -> Milestone:
        """A milestone is a task of its own kind; nothing is said twice."""
        task = self.task(self._given.tasks[record.id])
        states: dict[str | None, Any] = {"done": "done", "cancelled": "cancelled"}
        return Milestone(
            id=task.id,
            project_id=task.project_id,
            name=task.title,
            description=task.description,
            url=task.url,
            state=states.get(task.status, "open"),
            state_label=task.status_label,
            owner_id=next(iter(task.assignee_ids), None),
            due_on=task.due_on,
            completed_at=task.completed_at,
        )

    def approval(self, record: Approval) -> Approval | None:
        """An approval is a task whose assignee decides."""
        given = self._given.tasks.get(record.task_id)
        if given is None:
            return None
        task = self.task(given)
        return Approval(
            id=task.id,
            task_id=task.id,
            name=task.title,
            approver_ids=task.assignee_ids,
            decision=record.decision,
            decision_label=DECIDED[record.decision],
            asked_at=task.created_at,
            decided_at=None if record.decision == "pending" else task.completed_at,
        )

    def membership(self, record: Membership) -> Membership | None:
        """A task's place in a project; the first one is where its status shows."""
        places = self._given.places.get(record.task_id, [])
        if record not in places or record.container_id not in self._given.projects:
            return None
        task, project = number("Task", record.task_id), number("Project", record.container_id)
        first = places[0].id == record.id
        given = self._given.tasks[record.task_id]
        return replace(
            record,
            id=f"project:{project}:{task}",
            task_id=task,
            container_id=project,
            section=self._given.section(given) if first else record.section or None,
        )

    def column(self, record: Column) -> Column | None:
        """A section of a project."""
        project = self._given.projects.get(record.project_id or "")
        if project is None or not record.name:
            return None
        id = number("Project", project.id)
        native: Column = self._refer(record)
        return replace(
            native,
            board_id=id,
            board_name=project.name,
            position=self._given.columns[project.id].index(record),
            status_labels=(record.name,),
        )

    def link(self, record: Link) -> Link | None:
        """Asana knows one kind of link: one task waits for another."""
        if record.type != "blocks":
            return None
        native: Link = self._refer(record)
        return replace(native, id=f"blocks:{native.from_id}:{native.to_id}")

    def comment(self, record: Comment) -> Comment:
        """A comment."""
        native: Comment = self._refer(record)
        return replace(native, at=milli(record.at) or record.at)

    def change(self, record: Change) -> Change | None:
        """A change, as a story tells it."""
        return self._telling.held(record)

    def worklog(self, record: Worklog) -> Worklog:
        """A time entry; what is not said to be another project's is the task's."""
        native: Worklog = self._refer(record)
        task = self._given.tasks.get(record.task_id or "")
        if record.project_id is not None or task is None:
            return native
        return replace(native, project_id=self.task(task).project_id)

    def status_update(self, record: StatusUpdate) -> StatusUpdate:
        """A report of a project."""
        native: StatusUpdate = self._refer(record)
        return replace(
            native,
            at=milli(record.at) or record.at,
            health_label=record.health,
            title=record.title or None,
            text=record.text or None,
        )

    def _task_url(self, id: str) -> str:
        return f"https://app.asana.com/1/{self._workspace}/task/{id}"


_KINDS: dict[type[Record], Callable[[Holding, Any], Record | None]] = {
    Project: Holding.project,
    Person: Holding.person,
    Task: Holding.task,
    Milestone: Holding.milestone,
    Approval: Holding.approval,
    Membership: Holding.membership,
    Column: Holding.column,
    Link: Holding.link,
    Comment: Holding.comment,
    Change: Holding.change,
    Worklog: Holding.worklog,
    StatusUpdate: Holding.status_update,
}
