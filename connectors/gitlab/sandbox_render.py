"""The JSON of the imitated GitLab: one function per thing it answers with."""

from __future__ import annotations

import zlib
from datetime import UTC, datetime
from typing import Any

from connectors.gitlab.sandbox_world import EVENTS, GROUPS, WEB
from connectors.sdk.records import (
    Change,
    Comment,
    Membership,
    Milestone,
    Person,
    Project,
    Sprint,
    Task,
)
from connectors.sdk.sandbox import World

Out = dict[str, Any]
ITERATION_STATES = {"future": 1, "active": 2, "closed": 3}
REPORTER = 20


def number(id: str) -> int:
    """The number in an id: GitLab's own, or one for what came with another's."""
    tail = id.rpartition(":")[2]
    return int(tail) if tail.isdecimal() else 10**6 + zlib.crc32(id.encode()) % 10**8


def written(at: datetime | None) -> str | None:
    """An instant as GitLab writes it."""
    if at is None:
        return None
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def global_number(task_id: str) -> int:
    """The id of an issue over all projects, which its project and number do not tell."""
    place, _, counted = task_id.rpartition("-")
    return int(place.lstrip("g") or 0) * 10**6 + int(counted)


def group_id(project: Project) -> int:
    """The group in which a project lies."""
    return {path: id for id, path in GROUPS.items()}[(project.key or "").rpartition("/")[0]]


class Render:
    """Writes the records of a world as GitLab would.

    Args:
        world: the records.
        admin: whether the account is an administrator.
        paid: whether the plan has weights, iterations and epics.
    """

    def __init__(self, world: World, *, admin: bool, paid: bool) -> None:
        self.world = world
        self.admin = admin
        self.paid = paid
        self.level = REPORTER

    def project(self, project: Project) -> Out:
        """A row of /projects."""
        group = group_id(project)
        path = GROUPS[group]
        return {
            "id": number(project.id),
            "name": project.name,
            "name_with_namespace": f"{path.title()} / {project.name}",
            "path": (project.key or "").rpartition("/")[2],
            "path_with_namespace": project.key,
            "description": project.description,
            "archived": project.state in ("archived", "trashed"),
            "marked_for_deletion_on": "2026-12-24" if project.state == "trashed" else None,
            "visibility": "private",
            "issues_enabled": True,
            "issues_access_level": "enabled",
            "created_at": written(project.created_at),
            "updated_at": written(project.updated_at),
            "last_activity_at": written(project.updated_at),
            "web_url": project.url,
            "namespace": {
                "id": group, "name": path.rpartition("/")[2], "kind": "group", "full_path": path,
                "parent_id": 7 if group == 8 else None,
            },
            "permissions": {
                "project_access": None, "group_access": {"access_level": self.level},
            },
        }  # fmt: skip

    def user(self, person: Person) -> Out:
        """A row of /users, or of a project's members."""
        return {
            "id": number(person.id),
            "username": f"user{person.id}",
            "name": person.name,
            "state": "active" if person.active else "blocked",
            "locked": False,
            "avatar_url": None,
            "web_url": person.url,
            **({"email": person.email, "bot": person.kind == "app"} if self.admin else {}),
        }

    def milestone(self, milestone: Milestone) -> Out:
        """A row of /milestones."""
        project = milestone.project_id
        return {
            "id": number(milestone.id),
            "iid": number(milestone.id),
            **({"project_id": number(project)} if project else {"group_id": 7}),
            "title": milestone.name,
            "description": milestone.description or "",
            "state": milestone.state_label,
            "expired": False,
            "start_date": milestone.start_on,
            "due_date": milestone.due_on,
            "web_url": milestone.url,
        }

    def iteration(self, sprint: Sprint) -> Out:
        """A row of /iterations."""
        return {
            "id": number(sprint.id),
            "iid": number(sprint.id),
            "sequence": number(sprint.id),
            "group_id": 7,
            "title": sprint.name,
            "description": sprint.goal or None,
            "state": ITERATION_STATES[sprint.state or "future"],
            "start_date": sprint.start_at.date() if sprint.start_at else None,
            "due_date": sprint.end_at.date() if sprint.end_at else None,
        }

    def epic(self, task: Task) -> Out:
        """A row of /epics."""
        group, _, iid = task.id.lstrip("g").partition("-")
        parent = None
        if task.parent_id:
            up, _, parent_iid = task.parent_id.lstrip("g").partition("-")
            parent = f"{WEB}/api/v4/groups/{up}/epics/{parent_iid}"
        return {
            "id": global_number(task.id),
            "iid": int(iid),
            "group_id": int(group),
            "parent_id": None if parent is None else global_number(task.parent_id or ""),
            **self._common(task),
            "start_date": None,
            "end_date": task.due_on,
            "due_date": task.due_on,
            "_links": {"self": f"{WEB}/api/v4/groups/{group}/epics/{iid}", "parent": parent},
        }

    def issue(self, task: Task) -> Out:
        """A row of /issues."""
        milestone = self.world.get(Milestone, task.milestone_id) if task.milestone_id else None
        comments = self.world.where(Comment, "task_id", task.id)
        people = [self._person(id) for id in task.assignee_ids]
        label = task.type_label or "issue"
        return {
            "id": global_number(task.id),
            "iid": int(task.id.partition("-")[2]),
            "project_id": number(task.project_id or ""),
            **self._common(task),
            "closed_by": None,
            "milestone": milestone and self.milestone(milestone),
            "assignees": people,
            "assignee": people[0] if people else None,
            "type": label.upper(),
            "issue_type": label,
            "severity": "UNKNOWN",
            "user_notes_count": len(comments),
            "moved_to_id": None,
            "time_stats": {
                "time_estimate": (task.estimate_minutes or 0) * 60,
                "total_time_spent": (task.spent_minutes or 0) * 60,
                "human_time_estimate": None,
                "human_total_time_spent": None,
            },
            "task_completion_status": {"count": 0, "completed_count": 0},
            **(self._paid(task) if self.paid else {}),
        }

    def note(self, comment: Comment) -> Out:
        """A row of an issue's notes."""
        return {
            "id": number(comment.id),
            "type": None,
            "body": comment.text,
            "author": self._person(comment.author_id),
            "created_at": written(comment.at),
            "updated_at": written(comment.updated_at or comment.at),
            "system": False,
            "noteable_type": "Issue",
            "internal": comment.public is False,
            "confidential": comment.public is False,
        }

    def events(self, task: Task, kind: str) -> list[Out]:
        """The rows of one of an issue's lists of events, oldest first."""
        changes = [
            each
            for each in self.world.where(Change, "task_id", task.id)
            if EVENTS.get(each.field) == kind
        ]
        return [self._event(each, kind) for each in sorted(changes, key=lambda each: each.at)]

    def _event(self, change: Change, kind: str) -> Out:
        out: Out = {
            "id": number(change.id),
            "user": self._person(change.author_id),
            "created_at": written(change.at),
            "resource_type": "Issue",
            "resource_id": global_number(change.task_id),
        }
        if kind == "state":
            return {**out, "state": "closed" if change.new in ("done", "cancelled") else "reopened"}
        if kind == "weight":
            return {**out, "weight": None if change.new is None else float(change.new)}
        value = change.old if change.new is None else change.new
        named = change.old_label if change.new is None else change.new_label
        action = "remove" if change.new is None else "add"
        if kind == "label":
            return {**out, "label": {"id": 1, "name": value}, "action": action}
        held = {"id": number(value or ""), "title": named}
        return {**out, "milestone": held, "action": action}

    def _common(self, task: Task) -> Out:
        return {
            "title": task.title,
            "description": task.description,
            "state": "closed" if task.status in ("done", "cancelled") else "opened",
            "labels": list(task.labels),
            "author": self._person(task.reporter_id),
            "confidential": False,
            "due_date": task.due_on,
            "created_at": written(task.created_at),
            "updated_at": written(task.updated_at),
            "closed_at": written(task.completed_at),
            "references": {"short": "#", "relative": "#", "full": task.key},
            "web_url": task.url,
        }

    def _paid(self, task: Task) -> Out:
        places = self.world.where(Membership, "task_id", task.id)
        sprint = self.world.get(Sprint, places[0].container_id) if places else None
        health = {each.id: each.value for each in task.custom}.get("health_status")
        epic = None
        if task.parent_id and task.parent_id.startswith("g"):
            group, _, iid = task.parent_id.lstrip("g").partition("-")
            epic = {"id": global_number(task.parent_id), "iid": int(iid), "group_id": int(group)}
        return {
            "weight": task.points,
            "health_status": health,
            "iteration": sprint and self.iteration(sprint),
            "epic": epic,
        }

    def _person(self, id: str | None) -> Out | None:
        person = self.world.get(Person, id) if id else None
        if person is None:
            return None
        user = self.user(person)
        return {name: user[name] for name in ("id", "username", "name", "state", "web_url")}
