"""Records as Bitbucket's JSON. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from connectors.bitbucket.sandbox_adopt import (
    ISSUE_WORDS,
    PULL_WORDS,
    SITE,
    WORKSPACE,
    number_of,
    slug,
    uuid_of,
)
from connectors.bitbucket.words import ISSUE_STATES, OVER
from connectors.sdk.records import Approval, Change, Comment, Milestone, Person, Project, Task
from connectors.sdk.sandbox import World

Object = dict[str, Any]
HOME: Object = {
    "type": "workspace",
    "uuid": uuid_of("Workspace", WORKSPACE),
    "slug": WORKSPACE,
    "name": "Acme",
}


class Render:
    """Writes the records of a world as Bitbucket would.

    Args:
        world: the records.
        base: the address at which the API is asked.
    """

    def __init__(self, world: World, base: str) -> None:
        self.world = world
        self.base = base

    def repository(self, project: Project, *, issues: bool) -> Object:
        """A repository as lists show it."""
        name = full_name(project)
        group = self.world.get(Project, project.parent_id or "")
        return {
            "type": "repository",
            "uuid": project.id,
            "full_name": name,
            "name": project.name,
            "slug": slug(project.name),
            "description": project.description or "",
            "scm": "git",
            "is_private": True,
            "has_issues": issues,
            "has_wiki": False,
            "owner": HOME,
            "workspace": HOME,
            "project": group
            and {
                "type": "project",
                "uuid": group.id,
                "key": group.key,
                "name": group.name,
                "links": {"html": {"href": group.url}},
            },
            "created_on": _at(project.created_at),
            "updated_on": _at(project.updated_at),
            "links": {"html": {"href": f"{SITE}/{name}"}},
        }

    def member(self, person: Person) -> Object:
        """A membership of the workspace."""
        return {"type": "workspace_membership", "user": self.user(person.id), "workspace": HOME}

    def user(self, id: str | None) -> Object | None:
        """An account as everything mentions it; None for one that was deleted."""
        person = self.world.get(Person, id or "")
        if person is None:
            return None
        return {
            "type": "app_user" if person.kind == "app" else "user",
            "uuid": person.id,
            "display_name": person.name,
            "nickname": slug(person.name),
            "account_id": f"557058:{person.id[1:-1]}",
            "links": {"html": {"href": person.url}},
        }

    def milestone(self, milestone: Milestone) -> Object:
        """A milestone: a number and a name."""
        number = int(milestone.id.rpartition("/")[2])
        return {"type": "milestone", "id": number, "name": milestone.name, "links": {}}

    def pull(self, task: Task) -> Object:
        """A pull request, with what only its own address shows."""
        approvals = self.world.where(Approval, "task_id", task.id)
        said = self.world.where(Comment, "task_id", task.id)
        open_tasks = [
            each for each in self.world.where(Task, "parent_id", task.id) if each.status not in OVER
        ]
        return {
            "type": "pullrequest",
            "id": _number(task.id),
            "title": task.title,
            "description": task.description or "",
            "summary": _content(task.description),
            "state": PULL_WORDS[task.status],
            "draft": False,
            "author": self.user(task.reporter_id),
            "reviewers": [self.user(who) for each in approvals for who in each.approver_ids],
            "participants": [self._participant(each) for each in approvals],
            "comment_count": len(said),
            "task_count": len(open_tasks),
            "reason": "",
            "created_on": _at(task.created_at),
            "updated_on": _at(self._moved(task)),
            "links": {"html": {"href": task.url}},
        }

    def _participant(self, approval: Approval) -> Object:
        approved = approval.decision == "approved"
        return {
            "type": "participant",
            "user": self.user(approval.approver_ids[0]),
            "role": "REVIEWER",
            "approved": approved,
            "state": approval.decision_label,
            "participated_on": _at(approval.decided_at) if approved else None,
        }

    def activity(self, task: Task) -> list[Object]:
        """What happened on a pull request, newest first."""
        changes = sorted(self.world.where(Change, "task_id", task.id), key=lambda each: each.at)
        titles = [each for each in changes if each.field == "title"]
        state, title = "OPEN", titles[0].old if titles else task.title
        dated: list[tuple[datetime | None, Object]] = [
            (task.created_at, self._update(task.reporter_id, state, title, task.created_at))
        ]
        for each in changes:
            if each.field == "title":
                title = each.new
            elif each.field == "status":
                state = PULL_WORDS[each.new]  # type: ignore[index]
            dated.append((each.at, self._update(each.author_id, state, title, each.at)))
        for approval in self.world.where(Approval, "task_id", task.id):
            if approval.decision != "pending":
                named = "approval" if approval.decision == "approved" else "changes_requested"
                decision = {
                    "date": _at(approval.decided_at),
                    "user": self.user(approval.approver_ids[0]),
                }
                dated.append((approval.decided_at, {named: decision}))
        for comment in self.world.where(Comment, "task_id", task.id):
            shown = {**self.comment(comment), "type": "pullrequest_comment", "pending": False}
            dated.append((comment.at, {"comment": shown}))
        dated.sort(key=lambda pair: str(pair[0]), reverse=True)
        return [each for _, each in dated]

    def _update(
        self, author: str | None, state: str, title: str | None, at: datetime | None
    ) -> Object:
        shown = {"state": state, "title": title, "author": self.user(author), "date": _at(at)}
        return {"update": {**shown, "description": "", "reason": "", "changes": {}}}

    def task(self, task: Task) -> Object:
        """A task of a pull request."""
        done = task.status in OVER
        text = f"{task.title}\n\n{task.description}" if task.description else task.title
        return {
            "id": int(task.id.rpartition("/")[2]),
            "state": "RESOLVED" if done else "UNRESOLVED",
            "content": _content(text),
            "creator": self.user(task.reporter_id),
            "pending": False,
            "created_on": _at(task.created_at),
            "updated_on": _at(task.updated_at),
            "resolved_on": _at(task.completed_at or task.updated_at) if done else None,
            "resolved_by": self.user(task.reporter_id) if done else None,
            "links": {"html": {"href": task.url}},
        }

    def issue(self, task: Task) -> Object:
        """An issue as lists show it."""
        milestone = self.world.get(Milestone, task.milestone_id or "")
        named = {each.id: each.value for each in task.custom}
        said = task.status_label or ""
        return {
            "type": "issue",
            "id": _number(task.id),
            "title": task.title,
            "content": _content(task.description),
            "state": said if ISSUE_STATES.get(said) == task.status else ISSUE_WORDS[task.status],
            "kind": task.type_label,
            "priority": task.priority_label,
            "assignee": self.user(next(iter(task.assignee_ids), None)),
            "reporter": self.user(task.reporter_id),
            "milestone": milestone and self.milestone(milestone),
            "component": _named("component", named.get("component")),
            "version": _named("version", named.get("version")),
            "votes": 0,
            "watches": 1,
            "created_on": _at(task.created_at),
            "updated_on": _at(self._moved(task)),
            "edited_on": None,
            "links": {"html": {"href": task.url}},
        }

    def comment(self, comment: Comment) -> Object:
        """What someone said; the second date is a moment later than the first."""
        return {
            "type": "issue_comment",
            "id": int(comment.id.rpartition("/")[2]),
            "content": _content(comment.text),
            "user": self.user(comment.author_id),
            "created_on": _at(comment.at),
            "updated_on": _at(comment.updated_at),
            "deleted": False,
        }

    def change(self, change: Change) -> Object:
        """An issue's change, in its own words."""
        field, old, new = change.field, change.old_label, change.new_label
        if field == "status":
            field = "state"
            if change.field_label != "state":  # an edit of the world, in our words
                words: dict[Any, str] = {**ISSUE_WORDS}
                old, new = words.get(change.old), words.get(change.new)
        number = change.id.partition("@")[2].partition("/")[0]
        return {
            "type": "issue_change",
            "id": int(number) if number.isdecimal() else number_of("Change", change.id),
            "changes": {field: {"old": old or "", "new": new or ""}},
            "created_on": _at(change.at),
            "user": self.user(change.author_id),
            "message": _content(None),
            "links": {},
        }

    def _moved(self, task: Task) -> datetime | None:
        """When it changed last: what is said since moves it as well."""
        at = task.updated_at
        for comment in self.world.where(Comment, "task_id", task.id):
            edited = self.world.edited.get((Comment, comment.id))
            at = max(at, edited) if at and edited else at
        return at


def full_name(project: Project) -> str:
    """A repository's name with its workspace."""
    return f"{WORKSPACE}/{slug(project.name)}"


def _number(id: str) -> int:
    return int(id.rpartition("!" if "!" in id else "#")[2])


def _named(kind: str, name: Any) -> Object | None:
    return {"type": kind, "id": number_of(kind, str(name)), "name": name} if name else None


def _content(text: str | None) -> Object:
    return {"type": "rendered", "raw": text or "", "markup": "markdown", "html": ""}


def _at(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="microseconds")
