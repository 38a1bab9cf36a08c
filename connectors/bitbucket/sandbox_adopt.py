"""Records as Bitbucket can hold them: its ids, its words, what it has no place for left out.

A piece of work that has parts, or that someone has to approve, is a pull request, its parts are
the tasks of that; any other is an issue.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from connectors.bitbucket.words import (
    ISSUE,
    KINDS,
    OVER,
    PRIORITIES,
    PULL,
    item_id,
    place_of,
)
from connectors.sdk.records import (
    Approval,
    Change,
    Comment,
    Custom,
    Milestone,
    Person,
    Project,
    Record,
    Status,
    Task,
    TaskType,
)
from connectors.sdk.sandbox import Sandbox

WORKSPACE = "acme"
SITE = "https://bitbucket.org"
ISSUE_WORDS: dict[Status | None, str] = {
    None: "new", "todo": "new", "in_progress": "open", "done": "resolved", "cancelled": "wontfix",
}  # fmt: skip
PULL_WORDS: dict[Status | None, str] = {
    None: "OPEN", "todo": "OPEN", "in_progress": "OPEN", "done": "MERGED", "cancelled": "DECLINED",
}  # fmt: skip
KIND_WORDS: dict[TaskType, str] = {kind: word for word, kind in KINDS.items()}
PRIORITY_WORDS: dict[int | None, str] = {rank: word for word, rank in PRIORITIES.items()}
GROUP = Project(
    id="{0f0e1d2c-3b4a-4958-8677-665544332211}",
    key="WORKS",
    name="Works",
    url=f"{SITE}/{WORKSPACE}/workspace/projects/WORKS",
)
"""The workspace's project, in which all repositories are."""


def uuid_of(*parts: str) -> str:
    """An id of Bitbucket's shape that is always the same for the same thing."""
    found = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    return f"{{{found[:8]}-{found[8:12]}-{found[12:16]}-{found[16:20]}-{found[20:32]}}}"


def number_of(*parts: str) -> int:
    """A number that is always the same for the same thing."""
    return int(hashlib.sha256("\n".join(parts).encode()).hexdigest()[:8], 16) + 1


def slug(name: str) -> str:
    """A name as addresses have it."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "unnamed"


def said(value: str | None) -> str | None:
    """Text that says something."""
    return value if value and value.strip() else None


class Adoption(Sandbox):
    """The half of the sandbox that takes records in."""

    name = "bitbucket"

    def __init__(self, records: Iterable[Record], now: Callable[[], datetime]) -> None:
        records = list(records)
        self._now = now
        self._projects = {each.id: each for each in records if isinstance(each, Project)}
        self._tasks = {each.id: each for each in records if isinstance(each, Task)}
        asked = {each.task_id for each in records if isinstance(each, Approval)}
        parents = {each.parent_id for each in self._tasks.values()}
        self._pulls = {
            each.id for each in self._tasks.values()
            if self._root(each) is each
            and (each.id in parents | asked or each.type in ("request", "approval"))
        }  # fmt: skip
        self._said: dict[str, datetime] = {}  # the last comment or change of each
        for each in records:
            if isinstance(each, (Comment, Change)):
                self._said[each.task_id] = max(self._said.get(each.task_id, each.at), each.at)
        self._native: dict[str, str] = {}
        counted: Counter[tuple[str, str]] = Counter()
        for task in self._tasks.values():
            if self._root(task) is task and task.project_id in self._projects:
                home = self.native_id(self._projects[task.project_id])
                sign = PULL if task.id in self._pulls else ISSUE
                counted[home, sign] += 1
                self._native[task.id] = item_id(home, sign, str(counted[home, sign]))
        super().__init__([GROUP, *records, *filter(None, map(_closing, self._tasks.values()))], now)

    def _root(self, task: Task) -> Task:
        """The topmost task above one."""
        seen = {task.id}
        while (above := self._tasks.get(task.parent_id or "")) and above.id not in seen:
            seen.add(above.id)
            task = above
        return task

    def native_id(self, record: Record) -> str:
        """Of work its repository's and its number; of what hangs on it that and more."""
        if isinstance(record, Task):
            return self._task_id(record.id)
        if isinstance(record, Milestone):
            home = self._projects.get(record.project_id or "")
            place = self.native_id(home) if home else "{}"
            return f"{place}/{number_of('Milestone', record.id)}"
        if isinstance(record, (Comment, Approval, Change)):
            return self._hanging_id(record, self._task_id(record.task_id))
        return GROUP.id if record is GROUP else uuid_of(type(record).__name__, record.id)

    def _hanging_id(self, record: Comment | Approval | Change, above: str) -> str:
        if isinstance(record, Comment):
            return f"{above}/{number_of('Comment', record.id)}"
        if isinstance(record, Approval):
            return f"{above}/{uuid_of('Person', next(iter(record.approver_ids), ''))}"
        number = str(number_of("Change", record.id))
        return f"{above}@{record.at.isoformat() if PULL in above else number}/{record.field}"

    def _task_id(self, id: str) -> str:
        task = self._tasks.get(id)
        if task is None or id in self._native:
            return self._native.get(id, id)
        root = self._root(task)
        return f"{self._native.get(root.id, root.id)}/{number_of('Task', id)}"

    def adopt(self, record: Record) -> Record | None:
        """See `Sandbox.adopt`. Kinds that Bitbucket does not have: none."""
        if isinstance(record, Task):
            return self._task(record)
        hold: dict[type[Record], Callable[[Any], Record | None]] = {
            Project: self._project,
            Person: self._person,
            Milestone: self._milestone,
            Comment: self._comment,
            Change: self._change,
            Approval: self._approval,
        }
        return hold[type(record)](self.refer(record)) if type(record) in hold else None

    def _project(self, project: Project) -> Project:
        if project.id == GROUP.id:
            return GROUP
        name = f"{WORKSPACE}/{slug(project.name)}"
        return Project(
            id=project.id,
            key=name,
            name=project.name,
            description=said(project.description),
            url=f"{SITE}/{name}",
            parent_id=GROUP.id,
            created_at=project.created_at or self._now(),
            updated_at=project.updated_at or project.created_at or self._now(),
        )

    def _person(self, person: Person) -> Person:
        return Person(
            id=person.id,
            name=person.name,
            kind="app" if person.kind == "app" else "human",
            url=f"{SITE}/{person.id}/",
        )

    def _milestone(self, milestone: Milestone) -> Milestone | None:
        if milestone.id.startswith("{}"):
            return None
        return Milestone(id=milestone.id, project_id=milestone.project_id, name=milestone.name)

    def _full_name(self, project_id: str | None) -> str:
        project = self._projects[project_id or ""]
        return f"{WORKSPACE}/{slug(project.name)}"

    def _task(self, task: Task) -> Task | None:
        root = self._root(task)
        if root.id not in self._native:
            return None
        if root is not task:
            return self._part(task, root)
        held, name = self.refer(task), self._full_name(task.project_id)
        number = self._native[task.id].rpartition(PULL if task.id in self._pulls else ISSUE)[2]
        created, updated = self._dates(task)
        over = task.status in OVER
        if task.id in self._pulls:
            word = PULL_WORDS[task.status]
            who = (held.reporter_id,) if held.reporter_id else ()
            return Task(
                id=held.id, key=f"{name}/pull-requests/{number}", project_id=held.project_id,
                title=task.title, description=said(task.description),
                url=f"{SITE}/{name}/pull-requests/{number}", type="other",
                type_label="Pull request", status=task.status if over else "in_progress",
                status_label=word, assignee_ids=who, reporter_id=held.reporter_id,
                created_at=created, updated_at=updated,
                completed_at=_end(task), resolution=word if over else None,
            )  # fmt: skip
        word, kind = ISSUE_WORDS[task.status], KIND_WORDS.get(task.type, "proposal")
        priority = PRIORITY_WORDS.get(task.priority, "major")
        component, version, *_ = (*task.labels, None, None)
        return Task(
            id=held.id, key=f"{name}#{number}", project_id=held.project_id, title=task.title,
            description=said(task.description), url=f"{SITE}/{name}/issues/{number}",
            type=KINDS.get(kind, "other"), type_label=kind, status=task.status if over else "todo",
            status_label=word, priority=PRIORITIES[priority], priority_label=priority,
            assignee_ids=held.assignee_ids[:1], reporter_id=held.reporter_id, created_at=created,
            updated_at=updated, completed_at=_end(task), resolution=word if over else None,
            milestone_id=held.milestone_id,
            custom=(Custom(id="component", name="Component", value=component),
                    Custom(id="version", name="Version", value=version)),
        )  # fmt: skip

    def _dates(self, task: Task) -> tuple[datetime, datetime]:
        """When it was made and changed last; what is said or done to it moves the second."""
        created = task.created_at or self._now()
        moved = [at for at in (self._said.get(task.id), _end(task)) if at is not None]
        updated = max([task.updated_at or created, created, *moved])
        if moved and updated == created:
            updated += timedelta(seconds=1)
        return created, updated

    def _part(self, task: Task, root: Task) -> Task:
        """A task of a pull request, which belongs to whoever made that."""
        held, above = self.refer(task), self.refer(root)
        done = task.status in OVER
        word = "RESOLVED" if done else "UNRESOLVED"
        created = task.created_at or self._now()
        number = above.id.rpartition(PULL)[2]
        name = self._full_name(root.project_id)
        return Task(
            id=held.id, project_id=above.project_id, parent_id=above.id,
            title=" ".join(task.title.split()), description=said((task.description or "").strip()),
            url=f"{SITE}/{name}/pull-requests/{number}/_/diff#task-{held.id.rpartition('/')[2]}",
            type="subtask", type_label="Pull request task", status="done" if done else "todo",
            status_label=word, assignee_ids=(above.reporter_id,) if above.reporter_id else (),
            reporter_id=held.reporter_id, created_at=created,
            updated_at=max(task.updated_at or created, created),
            completed_at=_end(task), resolution=word if done else None,
        )  # fmt: skip

    def _comment(self, comment: Comment) -> Comment | None:
        if place_of(comment.task_id) is None or not said(comment.text):
            return None
        edited = comment.updated_at
        return Comment(
            id=comment.id, task_id=comment.task_id, author_id=comment.author_id,
            text=comment.text, at=comment.at,
            updated_at=edited if edited and (edited - comment.at).total_seconds() > 1 else None,
        )  # fmt: skip

    def _change(self, change: Change) -> Change | None:
        """A change that Bitbucket would tell; of pull requests and tasks only how they ended."""
        found, ends = place_of(change.task_id), change.field_label == "state"
        if found is None:
            return _resolving(change) if ends and PULL in change.task_id else None
        words = PULL_WORDS if found[1] == PULL else ISSUE_WORDS
        if change.field == "status" and (ends or (found[1] == ISSUE and change.new not in OVER)):
            old, new = words[change.old], words[change.new]  # type: ignore[index]
            is_open: Status = "todo" if found[1] == ISSUE else "in_progress"
            if old == new:
                return None
            return Change(
                id=change.id, task_id=change.task_id, at=change.at, author_id=change.author_id,
                field="status", field_label="state",
                old=change.old if change.old in OVER else is_open,
                new=change.new if change.new in OVER else is_open, old_label=old, new_label=new,
            )  # fmt: skip
        if change.field == "title" and found[1] == ISSUE and said(change.new):
            return Change(
                id=change.id, task_id=change.task_id, at=change.at, author_id=change.author_id,
                field="title", field_label="title", old=said(change.old), new=change.new,
                old_label=said(change.old), new_label=change.new,
            )  # fmt: skip
        return None

    def _approval(self, approval: Approval) -> Approval | None:
        found = place_of(approval.task_id)
        if found is None or found[1] != PULL or not approval.approver_ids:
            return None
        words = {"approved": "approved", "declined": "changes_requested"}
        decided = approval.decided_at or self._now()
        return Approval(
            id=approval.id, task_id=approval.task_id, approver_ids=approval.approver_ids[:1],
            decision=approval.decision, decision_label=words.get(approval.decision),
            decided_at=None if approval.decision == "pending" else decided,
        )  # fmt: skip


def _resolving(change: Change) -> Change:
    """That a task of a pull request was resolved."""
    return Change(
        id=change.id, task_id=change.task_id, at=change.at, author_id=change.author_id,
        field="status", field_label="state", old="todo", new="done", old_label="UNRESOLVED",
        new_label="RESOLVED",
    )  # fmt: skip


def _end(task: Task) -> datetime | None:
    """When a task was brought to an end."""
    if task.status not in OVER:
        return None
    return task.completed_at or task.updated_at or task.created_at


def _closing(task: Task) -> Change | None:
    """The change by which a task was brought to an end."""
    at = _end(task)
    if at is None:
        return None
    author = task.reporter_id
    return Change(
        id=f"{task.id} closed", task_id=task.id, at=at, author_id=author, field="status",
        field_label="state", old="in_progress", new=task.status,
    )  # fmt: skip
