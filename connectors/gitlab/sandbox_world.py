"""What a GitLab can hold of the records of a portfolio, and the ids that it would give them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from typing import Any

import msgspec

from connectors.gitlab.mapping import provided
from connectors.sdk.records import (
    Change,
    Comment,
    Custom,
    CustomValue,
    Link,
    Membership,
    Milestone,
    Person,
    Project,
    Record,
    Sprint,
    Task,
    Worklog,
)

WEB = "https://gitlab.example.com"
GROUPS = {7: "acme", 8: "acme/labs"}
"""Id and full path: projects that have a parent lie in the second, the others in the first."""

EVENTS = {
    "status": "state", "labels": "label", "milestone_id": "milestone", "points": "weight",
}  # fmt: skip
"""Field of a task → the events in which GitLab tells its changes."""

ISSUE_TYPES = {"bug": "incident", "request": "ticket", "subtask": "task"}
CLOSED = ("done", "cancelled")


class Numbers:
    """GitLab's ids: small numbers, counted per table; issues and epics by project and group."""

    def __init__(self, records: Iterable[Record], *, paid: bool) -> None:
        records = list(records)
        self._counts: dict[Any, int] = {}
        self._known: dict[tuple[Any, str], int] = {}
        self.group_of = {
            each.id: 8 if each.parent_id else 7 for each in records if isinstance(each, Project)
        }
        self.tasks = {each.id: each for each in records if isinstance(each, Task)}
        self.epics = {id for id, each in self.tasks.items() if paid and each.type == "epic"}

    def of(self, table: Any, id: str) -> int:
        """The number of something in a table; a new one for what has none."""
        if (table, id) not in self._known:
            self._counts[table] = self._counts.get(table, 0) + 1
            self._known[table, id] = self._counts[table]
        return self._known[table, id]

    def native(self, kind: type[Record], id: str) -> str:
        """The id that GitLab gives to a record of the portfolio."""
        task = self.tasks.get(id) if kind is Task else None
        if task is None:
            return str(self.of(kind, id))
        place = task.project_id or ""
        if id in self.epics:
            group = self.group_of.get(place, 7)
            return f"g{group}-{self.of(('epic', group), id)}"
        project = self.of(Project, place)
        return f"{project}-{self.of(('issue', project), id)}"


def moment(at: datetime | None) -> datetime | None:
    """GitLab writes milliseconds."""
    if at is None:
        return None
    return at.astimezone(UTC).replace(microsecond=at.microsecond // 1000 * 1000)


class Adoption:
    """Turns records, already with native ids, into what a GitLab can hold."""

    def __init__(self, numbers: Numbers, now: Any, *, admin: bool, paid: bool) -> None:
        self._numbers = numbers
        self._now = now
        self._admin = admin
        self._paid = paid
        self._provided = provided(paid=paid)

    def adopt(self, record: Record) -> Record | None:
        """None for what GitLab does not have."""
        names = self._provided.get(type(record))
        changed = getattr(self, f"_{type(record).__name__.lower()}", lambda _: None)(record)
        if names is None or changed is None:
            return None
        empty = {
            each.name: each.default
            for each in msgspec.structs.fields(record)
            if each.name not in names
        }
        return msgspec.structs.replace(record, **{**empty, **changed})

    def _project(self, project: Project) -> dict[str, Any]:
        slug = re.sub(r"[^a-z0-9]+", "-", (project.key or project.name).lower()).strip("-")
        group = 8 if project.parent_id else 7
        path = f"{GROUPS[group]}/{slug}-{project.id}"
        return {
            "key": path,
            "description": project.description or None,
            "url": f"{WEB}/{path}",
            "state": "archived" if project.state == "closed" else project.state,
            "created_at": moment(project.created_at or self._now()),
            "updated_at": moment(project.updated_at or project.created_at or self._now()),
        }

    def _person(self, person: Person) -> dict[str, Any]:
        return {
            "email": person.email if self._admin else None,
            "active": person.active is not False,
            "kind": "app" if person.kind == "app" else "human",
            "url": f"{WEB}/user{person.id}",
        }

    def _milestone(self, milestone: Milestone) -> dict[str, Any]:
        over = milestone.state in CLOSED
        due = milestone.due_on
        return {
            "description": milestone.description or None,
            "url": f"{WEB}/milestones/{milestone.id}",
            "state": "done" if over else "open",
            "state_label": "closed" if over else "active",
            "due_on": due.date() if isinstance(due, datetime) else due,
        }

    def _sprint(self, sprint: Sprint) -> dict[str, Any]:
        return {
            "goal": sprint.goal or "",
            "start_at": _at(sprint.start_at, time(0, 0, 0)),
            "end_at": _at(sprint.end_at, time(23, 59, 59)),
        }

    def _task(self, task: Task) -> dict[str, Any] | None:
        if task.project_id is None:
            return None
        over = task.status in CLOSED
        due, created = task.due_on, moment(task.created_at or task.updated_at or self._now())
        labels = (*task.labels, *(label for each in task.custom if (label := _scoped(each))))
        held = {
            "description": task.description or None,
            "status": "done" if over else "todo",
            "status_label": "closed" if over else "opened",
            "labels": labels,
            "due_on": due.date() if isinstance(due, datetime) else due,
            "created_at": created,
            "updated_at": moment(task.updated_at) or created,
            "completed_at": moment(task.completed_at) if over else None,
        }
        place, _, number = task.id.partition("-")
        if task.id.startswith("g"):
            path = GROUPS[int(place[1:])]
            parent = task.parent_id if (task.parent_id or "").startswith(f"{place}-") else None
            return {
                **held, "key": f"{path}&{number}", "url": f"{WEB}/groups/{path}/-/epics/{number}",
                "project_id": None, "parent_id": parent, "type": "epic", "type_label": "epic",
                "assignee_ids": (), "points": None, "milestone_id": None,
                "estimate_minutes": None, "spent_minutes": None, "custom": _custom(labels, over),
            }  # fmt: skip
        kind = _kind(task)
        health = {each.id: each.value for each in task.custom}.get("health_status")
        extra = (Custom(id="health_status", name="Health", value=health),) if self._paid else ()
        return {
            **held,
            "key": f"project-{task.project_id}#{number}",
            "url": f"{WEB}/project-{task.project_id}/-/issues/{number}",
            "type": kind,
            "type_label": ISSUE_TYPES.get(kind, "issue"),
            "estimate_minutes": task.estimate_minutes or None,
            "spent_minutes": task.spent_minutes or 0,
            "points": task.points if self._paid else None,
            "custom": _custom(labels, over, *extra),
        }

    def _link(self, link: Link) -> dict[str, Any] | None:
        if link.type not in ("blocks", "relates") or _epic(link.from_id) or _epic(link.to_id):
            return None
        if link.type == "blocks":
            return {"type_label": "blocks"}
        first, second = sorted((link.from_id, link.to_id))
        return {"type_label": "relates_to", "from_id": first, "to_id": second}

    def _membership(self, place: Membership) -> dict[str, Any] | None:
        if place.kind != "sprint" or _epic(place.task_id):
            return None
        sprint = self._numbers.native(Sprint, place.container_id)
        return {"id": f"sprint:{sprint}:{place.task_id}", "container_id": sprint}

    def _comment(self, comment: Comment) -> dict[str, Any] | None:
        if _epic(comment.task_id):
            return None
        return {
            "at": moment(comment.at),
            "updated_at": moment(comment.updated_at),
            "public": comment.public is not False,
        }

    def _worklog(self, worklog: Worklog) -> dict[str, Any] | None:
        if worklog.task_id is None or _epic(worklog.task_id):
            return None
        project = worklog.task_id.partition("-")[0]
        return {"project_id": project, "text": worklog.text or None}

    def _change(self, change: Change) -> dict[str, Any] | None:
        """Of the status only closing and opening; of the rest what there are events of."""
        kind = EVENTS.get(change.field)
        if kind is None or _epic(change.task_id) or (kind == "weight" and not self._paid):
            return None
        common = {"id": f"{kind}:{change.id}", "at": moment(change.at), "field_label": kind}
        if kind != "state":
            return {**common, "old_label": None, "new_label": None} if kind == "weight" else common
        over = change.new in CLOSED
        words = [("todo", "opened"), ("done", "closed")]
        (old, old_label), (new, new_label) = words if over else words[::-1]
        labels = {"old_label": old_label, "new_label": new_label}
        return {**common, **labels, "old": old, "new": new}


def _epic(id: str) -> bool:
    return id.startswith("g")


def _kind(task: Task) -> str:
    """GitLab's types: a task is a child of an issue; a child of an epic is an issue."""
    if task.parent_id and not _epic(task.parent_id):
        return "subtask"
    return task.type if task.type in ("bug", "request") else "task"


def _scoped(field: Custom) -> str | None:
    """A custom field as a scoped label, the nearest that GitLab has."""
    value: CustomValue = field.value
    if value is None or value == () or field.id == "health_status":
        return None
    if isinstance(value, tuple):
        value = value[0]
    return f"{field.name}::{value.isoformat() if isinstance(value, date) else value}"


def _custom(labels: Iterable[str], over: bool, *more: Custom) -> tuple[Custom, ...]:
    held: dict[str, list[str]] = {}
    for label in () if over else labels:
        if "::" in label:
            key, value = label.rsplit("::", 1)
            held.setdefault(key, []).append(value)
    return (
        Custom(id="confidential", name="Confidential", value=False),
        *more,
        *(
            Custom(id=f"label:{key}", name=key, value=found[0] if len(found) == 1 else tuple(found))
            for key, found in held.items()
        ),
    )


def _at(at: datetime | None, moment_of_day: time) -> datetime | None:
    return datetime.combine(at.date(), moment_of_day, UTC) if at else None
