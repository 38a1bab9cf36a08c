"""Records as GitHub's JSON: repositories, users, milestones, issues, comments, events. Pure."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from connectors.github.sandbox_adopt import ISSUE, SITE, number_of, slug
from connectors.github.sandbox_history import edit_of
from connectors.github.words import stamp
from connectors.sdk.records import (
    Change,
    Comment,
    Custom,
    Link,
    Milestone,
    Person,
    Project,
    Task,
)
from connectors.sdk.sandbox import World

Object = dict[str, Any]


class Render:
    """Writes the records of a world as GitHub would.

    Args:
        world: the records.
        base: the address at which the API is asked.
        names: full names of the repositories, by id.
    """

    def __init__(self, world: World, base: str, names: dict[str, str]) -> None:
        self.world = world
        self.base = base
        self.names = names

    def repository(self, project: Project, *, issues: bool) -> Object:
        """A repository as lists show it."""
        full = self.names[project.id]
        owner, _, name = full.partition("/")
        return {
            "id": int(project.id),
            "node_id": node_id(project.id),
            "name": name,
            "full_name": full,
            "private": True,
            "owner": {"login": owner, "id": 1, "type": "Organization"},
            "html_url": f"{SITE}/{full}",
            "description": project.description,
            "fork": False,
            "url": f"{self.base}/repos/{full}",
            "archived": project.state != "active",
            "disabled": False,
            "has_issues": issues,
            "open_issues_count": 0,
            "visibility": "private",
            "created_at": _at(project.created_at),
            "updated_at": _at(project.updated_at),
            "pushed_at": _at(project.updated_at),
        }

    def milestone(self, milestone: Milestone, number: int) -> Object:
        """A milestone; GitHub makes midnight in California of the day it is due."""
        full = self.names[milestone.project_id or ""]
        due = milestone.due_on
        return {
            "url": f"{self.base}/repos/{full}/milestones/{number}",
            "html_url": milestone.url,
            "id": int(milestone.id),
            "node_id": f"MI_{milestone.id}",
            "number": number,
            "title": milestone.name,
            "description": milestone.description,
            "creator": self.user(None),
            "open_issues": 0,
            "closed_issues": 0,
            "state": "closed" if milestone.state == "done" else "open",
            "created_at": "2026-01-05T09:00:00Z",
            "updated_at": "2026-01-05T09:00:00Z",
            "due_on": f"{due.isoformat()}T08:00:00Z" if isinstance(due, date) else None,
            "closed_at": _at(milestone.completed_at),
        }

    def issue(self, task: Task) -> Object:
        """An issue as lists show it."""
        full, number = self._place(task.id)
        here = f"{self.base}/repos/{full}/issues/{number}"
        over = task.status in ("done", "cancelled")
        blockers = self.world.where(Link, "to_id", task.id)
        assignees = [self.user(id) for id in task.assignee_ids]
        milestone = self.world.get(Milestone, task.milestone_id or "")
        reason = task.resolution or ("completed" if task.status == "done" else "not_planned")
        row: Object = {
            "url": here,
            "repository_url": f"{self.base}/repos/{full}",
            "comments_url": f"{here}/comments",
            "html_url": f"{SITE}/{full}/issues/{number}",
            "id": int(number_of("Issue", task.id)),
            "node_id": issue_node(task.id),
            "number": number,
            "title": task.title,
            "user": self.user(task.reporter_id),
            "labels": [
                {"id": int(number_of("Label", full, name)), "name": name, "color": "ededed"}
                for name in task.labels
            ],
            "state": "closed" if over else "open",
            "state_reason": reason if over else None,
            "locked": False,
            "assignee": assignees[0] if assignees else None,
            "assignees": assignees,
            "milestone": milestone and self.milestone(milestone, 1),
            "comments": len(self.world.where(Comment, "task_id", task.id)),
            "created_at": _at(task.created_at),
            "updated_at": _at(task.updated_at),
            "closed_at": _at(task.completed_at or task.updated_at) if over else None,
            "author_association": "MEMBER",
            "body": task.description,
            "type": task.type_label and {"id": 1, "name": task.type_label, "color": "blue"},
            "sub_issues_summary": {"total": 0, "completed": 0, "percent_completed": 0},
            "issue_dependencies_summary": {
                "blocked_by": sum(self._is_open(link.from_id) for link in blockers),
                "total_blocked_by": len(blockers),
                "blocking": 0,
                "total_blocking": len(self.world.where(Link, "from_id", task.id)),
            },
            "issue_field_values": [
                _field(each) for each in task.custom if not each.id.startswith("PVT")
            ],
        }
        if task.parent_id is not None:
            parent, at = self._place(task.parent_id)
            row["parent_issue_url"] = f"{self.base}/repos/{parent}/issues/{at}"
        return row

    def pull(self, project: Project, number: int, at: datetime) -> Object:
        """A pull request as the list of issues shows it."""
        full = self.names[project.id]
        here = f"{self.base}/repos/{full}"
        return {
            "url": f"{here}/issues/{number}",
            "html_url": f"{SITE}/{full}/pull/{number}",
            "id": int(number_of("Pull", project.id, str(number))),
            "number": number,
            "title": "A pull request",
            "user": self.user(None),
            "labels": [],
            "state": "open",
            "state_reason": None,
            "assignee": None,
            "assignees": [],
            "milestone": None,
            "created_at": _at(at),
            "updated_at": _at(at),
            "closed_at": None,
            "body": None,
            "draft": False,
            "pull_request": {"url": f"{here}/pulls/{number}", "merged_at": None},
        }

    def comment(self, comment: Comment) -> Object:
        """A comment on an issue."""
        full, number = self._place(comment.task_id)
        anchor = f"issues/{number}#issuecomment-{comment.id}"
        return self._comment(
            full, number, anchor, comment.id, comment.text, comment.author_id,
            _at(comment.at), _at(comment.updated_at or comment.at),
        )  # fmt: skip

    def pull_comment(self, project: Project, number: int, at: datetime) -> Object:
        """A comment on a pull request: only its address for people says so."""
        full, id = self.names[project.id], number_of("PullComment", project.id, str(number))
        anchor = f"pull/{number}#issuecomment-{id}"
        return self._comment(full, number, anchor, id, "Nice.", None, _at(at), _at(at))

    def _comment(
        self, full: str, number: int, anchor: str, id: str, text: str, author: str | None,
        at: str | None, updated: str | None,
    ) -> Object:  # fmt: skip
        id = id if id.isdecimal() else number_of("Comment", id)
        return {
            "url": f"{self.base}/repos/{full}/issues/comments/{id}",
            "html_url": f"{SITE}/{full}/{anchor}",
            "issue_url": f"{self.base}/repos/{full}/issues/{number}",
            "id": int(id),
            "node_id": f"IC_{id}",
            "user": self.user(author),
            "created_at": at,
            "updated_at": updated,
            "body": text,
            "author_association": "MEMBER",
        }

    def event(self, change: Change) -> Object | None:
        """The event that an edit left behind; None for a field that has none."""
        edit = edit_of(change)
        if edit is None:
            return None
        kind, old, new, _, label = edit
        id = change.id if change.id.isdecimal() else number_of("Change", change.id)
        full, number = self._place(change.task_id)
        row: Object = {
            "id": int(id),
            "node_id": f"EV_{id}",
            "url": f"{self.base}/repos/{full}/issues/events/{id}",
            "actor": self.user(change.author_id),
            "event": kind,
            "commit_id": None,
            "commit_url": None,
            "created_at": _at(change.at),
            "issue": {"number": number, "title": "", "url": f"{self.base}/repos/{full}"},
        }
        if kind == "closed":
            row["state_reason"] = label
        elif kind == "renamed":
            row["rename"] = {"from": old, "to": new}
        elif kind in ("assigned", "unassigned"):
            row["assignee"] = self.user(old or new)
            # The actor of an assignment is the one who was assigned.
            row["actor"], row["assigner"] = row["assignee"], row["actor"]
        return row

    def pull_event(self, project: Project, number: int, at: datetime) -> Object:
        """An event of a pull request."""
        return {
            "id": int(number_of("PullEvent", project.id, str(number))),
            "actor": self.user(None),
            "event": "closed",
            "created_at": _at(at),
            "state_reason": None,
            "issue": {"number": number, "pull_request": {"url": self.base}},
        }

    def user(self, id: str | None) -> Object | None:
        """An account as everything mentions it; None for one that was deleted."""
        person = self.world.get(Person, id or "")
        if person is None:
            return None
        login = slug(person.name)
        return {
            "login": login, "id": int(person.id), "node_id": f"U_{person.id}",
            "html_url": f"{SITE}/{login}", "type": "User", "site_admin": False,
        }  # fmt: skip

    def _place(self, id: str) -> tuple[str, int]:
        found = ISSUE.fullmatch(id)
        if found is None:
            raise ValueError(f"no issue of GitHub: {id}")
        return self.names[found[1]], int(found[2])

    def _is_open(self, id: str) -> bool:
        task = self.world.get(Task, id)
        return task is not None and task.status not in ("done", "cancelled")


def node_id(repository: str) -> str:
    """The id by which the GraphQL API knows a repository."""
    return f"R_{repository}"


def issue_node(id: str) -> str:
    """The id by which the GraphQL API knows an issue."""
    return f"I_{number_of('Issue', id)}"


def user_node(person: Person) -> Object:
    """An account as the GraphQL API shows it."""
    login = slug(person.name)
    return {
        "databaseId": int(person.id), "login": login, "name": person.name,
        "url": f"{SITE}/{login}",
    }  # fmt: skip


def _field(custom: Custom) -> Object:
    value, row = custom.value, {"issue_field_id": int(custom.id), "issue_field_name": custom.name}
    if isinstance(value, tuple):
        options = [{"id": int(number_of("Option", each)), "name": each} for each in value]
        return {**row, "data_type": "multi_select", "value": None, "multi_select_options": options}
    if isinstance(value, float):
        return {**row, "data_type": "number", "value": value}
    if isinstance(value, date):
        return {**row, "data_type": "date", "value": value.isoformat()}
    if isinstance(value, str) and len(value) < 30:
        option = {"id": int(number_of("Option", value)), "name": value, "color": "red"}
        return {**row, "data_type": "single_select", "value": value, "single_select_option": option}
    return {**row, "data_type": "text", "value": value}


def _at(at: datetime | None) -> str | None:
    return None if at is None else stamp(at)
