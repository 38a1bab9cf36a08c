"""The JSON of the imitated Redmine: one function per thing it answers with."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from datetime import datetime
from typing import Any

from connectors.redmine.reading import stamp
from connectors.redmine.sandbox_world import (
    COLUMNS,
    PRIORITIES,
    RELATION_TYPES,
    STATUS_IDS,
    STATUS_NAMES,
    STATUSES,
    TRACKERS,
    Numbers,
    written,
)
from connectors.sdk.records import (
    Change,
    Comment,
    Custom,
    Link,
    Milestone,
    Person,
    Project,
    Record,
    Task,
    Worklog,
)
from connectors.sdk.sandbox import World

Out = dict[str, Any]
CLOSED = {id for id, _, closed, _ in STATUSES if closed}
TABLES: Mapping[str, Out] = {
    "/issue_statuses.json": {
        "issue_statuses": [
            {"id": id, "name": name, "is_closed": closed} for id, name, closed, _ in STATUSES
        ]
    },
    "/trackers.json": {
        "trackers": [
            {"id": id, "name": name, "default_status": {"id": 1, "name": "New"}}
            for id, name in TRACKERS.values()
        ]
    },
    "/enumerations/issue_priorities.json": {
        "issue_priorities": [
            {"id": id, "name": name, "is_default": id == 2, "active": True}
            for id, name in PRIORITIES.items()
        ]
    },
}


def status_id(task: Task) -> int:
    """The status of an issue."""
    return STATUS_IDS[task.status or "todo"]


class Render:
    """Writes the records of a world as Redmine would."""

    def __init__(self, world: World, numbers: Numbers, formats: Mapping[str, tuple[str, str]]):
        self.world = world
        self.number = numbers.of
        self.formats = formats

    def project(self, project: Project, public: Container[str] = ()) -> Out:
        """A row of /projects.json."""
        parent = self._named(Project, project.parent_id)
        return {
            "id": self.number(Project, project.id),
            "name": project.name,
            "identifier": project.key,
            "description": project.description,
            **({"parent": parent} if parent else {}),
            "status": 1 if project.state == "active" else 5,
            "is_public": project.id in public,
            "inherit_members": False,
            "custom_fields": self._custom(project.custom),
            "enabled_modules": [
                {"id": 1, "name": "issue_tracking"},
                {"id": 2, "name": "time_tracking"},
            ],
            "created_on": _at(project.created_at),
            "updated_on": _at(project.updated_at),
        }

    def user(self, person: Person) -> Out:
        """A row of /users.json."""
        first, _, last = person.name.partition(" ")
        return {
            "id": self.number(Person, person.id),
            "login": f"user{self.number(Person, person.id)}",
            "admin": False,
            "firstname": first,
            "lastname": last,
            "mail": person.email,
            "created_on": _at(self.world.now()),
            "last_login_on": None,
        }

    def membership(self, person: Person, project: Project, number: int) -> Out:
        """A row of /projects/{id}/memberships.json."""
        kind = "group" if person.kind == "group" else "user"
        return {
            "id": number,
            "project": self._named(Project, project.id),
            kind: self._named(Person, person.id),
            "roles": [{"id": 4, "name": "Developer"}],
        }

    def version(self, milestone: Milestone) -> Out:
        """A row of /projects/{id}/versions.json."""
        return {
            "id": self.number(Milestone, milestone.id),
            "project": self._named(Project, milestone.project_id),
            "name": milestone.name,
            "description": milestone.description or "",
            "status": milestone.state_label,
            "due_date": milestone.due_on,
            "sharing": "none",
            "wiki_page_title": None,
        }

    def issue(self, task: Task, include: Sequence[str] = ()) -> Out:
        """A row of /issues.json, or with `include` one issue."""
        status, priority = status_id(task), 6 - (task.priority or 4)
        tracker, label = TRACKERS[task.type]
        named = {
            "author": self._named(Person, task.reporter_id),
            "assigned_to": self._named(Person, next(iter(task.assignee_ids), None)),
            "fixed_version": self._named(Milestone, task.milestone_id),
            "parent": {"id": self.number(Task, task.parent_id)} if task.parent_id else None,
        }
        out = {
            "id": self.number(Task, task.id),
            "project": self._named(Project, task.project_id),
            "tracker": {"id": tracker, "name": label},
            "status": {
                "id": status,
                "name": STATUS_NAMES[status],
                "is_closed": status in CLOSED,
            },
            "priority": {"id": priority, "name": PRIORITIES[priority]},
            **{name: value for name, value in named.items() if value},
            "subject": task.title,
            "description": task.description,
            "start_date": task.start_on,
            "due_date": task.due_on,
            "done_ratio": round(task.percent_complete or 0),
            "is_private": False,
            "estimated_hours": _hours(task.estimate_minutes),
            "total_estimated_hours": _hours(task.estimate_minutes),
            "custom_fields": self._custom(task.custom),
            "created_on": _at(task.created_at),
            "updated_on": _at(task.updated_at),
            "closed_on": _at(task.completed_at),
        }
        if task.spent_minutes is not None:
            out["spent_hours"] = out["total_spent_hours"] = _hours(task.spent_minutes)
        if "relations" in include and (relations := self._relations(task)):
            out["relations"] = relations
        if "journals" in include:
            out["journals"] = self._journals(task)
        return out

    def time_entry(self, worklog: Worklog) -> Out:
        """A row of /time_entries.json."""
        task = self.world.get(Task, worklog.task_id) if worklog.task_id else None
        project = worklog.project_id or (task.project_id if task else None)
        return {
            "id": self.number(Worklog, worklog.id),
            "project": self._named(Project, project),
            **({"issue": {"id": self.number(Task, worklog.task_id)}} if worklog.task_id else {}),
            "user": self._named(Person, worklog.person_id),
            "activity": {"id": 9, "name": "Development"},
            "hours": _hours(worklog.minutes),
            "comments": worklog.text,
            "spent_on": worklog.on,
            "created_on": _at(worklog.updated_at),
            "updated_on": _at(worklog.updated_at),
        }

    def custom_fields(self) -> Out:
        """The answer of /custom_fields.json."""
        return {
            "custom_fields": [
                {
                    "id": int(id),
                    "name": name,
                    "customized_type": "issue",
                    "field_format": form or "string",
                    "multiple": form == "list",
                }
                for id, (name, form) in self.formats.items()
            ]
        }

    def _named(self, kind: type[Record], id: str | None) -> Out | None:
        if id is None:
            return None
        held = self.world.get(kind, id)
        return {"id": self.number(kind, id), "name": getattr(held, "name", "")}

    def _custom(self, custom: Sequence[Custom]) -> list[Out]:
        return [
            {
                "id": int(field.id),
                "name": field.name,
                "value": list(field.value)
                if isinstance(field.value, tuple)
                else written(field.value),
            }
            for field in custom
        ]

    def _relations(self, task: Task) -> list[Out]:
        links = self.world.where(Link, "from_id", task.id)
        links += self.world.where(Link, "to_id", task.id)
        return [
            {
                "id": self.number(Link, link.id),
                "issue_id": self.number(Task, link.from_id),
                "issue_to_id": self.number(Task, link.to_id),
                "relation_type": RELATION_TYPES[link.type],
                "delay": None if link.lag_minutes is None else link.lag_minutes // 480,
            }
            for link in links
        ]

    def _journals(self, task: Task) -> list[Out]:
        found: list[tuple[datetime, Out]] = [
            (comment.at, self._journal(Comment, comment, comment.text, []))
            for comment in self.world.where(Comment, "task_id", task.id)
        ]
        for change in self.world.where(Change, "task_id", task.id):
            if change.field in COLUMNS:
                detail = {
                    "property": "attr",
                    "name": COLUMNS[change.field],
                    "old_value": _raw(change.field, change.old),
                    "new_value": _raw(change.field, change.new),
                }
                found.append((change.at, self._journal(Change, change, "", [detail])))
        return [journal for _, journal in sorted(found, key=lambda each: (each[0], each[1]["id"]))]

    def _journal(
        self, kind: type[Record], record: Comment | Change, notes: str, details: list[Out]
    ) -> Out:
        user = self._named(Person, record.author_id)
        return {
            "id": self.number(kind, record.id),
            **({"user": user} if user else {}),
            "notes": notes,
            "created_on": _at(record.at),
            "private_notes": isinstance(record, Comment) and record.public is False,
            "details": details,
        }


def _at(at: datetime | None) -> str | None:
    return stamp(at) if at else None


def _hours(minutes: int | None) -> float | None:
    return None if minutes is None else round(minutes / 60, 2)


def _raw(field: str, value: str | None) -> str | None:
    """A value of ours as the journal has it: ids and hours."""
    if value is None:
        return None
    write = RAW.get(field)
    return write(value) if write else value


RAW: Mapping[str, Callable[[str], str]] = {
    "status": lambda value: str(STATUS_IDS[value]),
    "priority": lambda value: str(6 - int(value)),
    "type": lambda value: str(TRACKERS[value][0]),
    "estimate_minutes": lambda value: str(round(int(value) / 60, 2)),
    "due_on": lambda value: value[:10],
    "start_on": lambda value: value[:10],
    "assignee_ids": lambda value: value.partition(",")[0],
}
