"""Records as GitHub can hold them: its ids, its words, what it has no place for left out."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from datetime import date, datetime
from typing import Any

import msgspec

from connectors.github.sandbox_boards import ITERATION_FIELD, iterated, placed
from connectors.github.sandbox_history import OVER, closing, edit_of, said
from connectors.github.words import LABEL_TYPES, TYPES
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
    TaskType,
)
from connectors.sdk.sandbox import Sandbox

OWNER = "acme"
SITE = "https://github.com"
TYPE_NAMES: dict[TaskType, str] = {
    "task": "Task", "subtask": "Sub-task", "epic": "Epic", "story": "Feature", "bug": "Bug",
    "milestone": "Milestone", "risk": "Risk", "issue": "Issue", "change": "Change",
    "request": "Request", "approval": "Approval", "other": "Other",
}  # fmt: skip
ISSUE = re.compile(r"(\d+)#(\d+)")


def number_of(*parts: str) -> str:
    """A number of GitHub's shape that is always the same for the same thing; a person's and a
    repository's have 31 bits, as the GraphQL API has no more."""
    digits = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    return str((int(digits[:13], 16) >> (21 if parts[0] in ("Person", "Project") else 0)) + 1)


def second(at: datetime | None) -> datetime | None:
    """An instant as GitHub keeps it."""
    return None if at is None else at.replace(microsecond=0)


def slug(name: str) -> str:
    """A name as repositories and accounts may have it."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "unnamed"


class Adoption(Sandbox):
    """The half of the sandbox that takes records in."""

    name = "github"

    def __init__(
        self,
        records: Iterable[Record],
        now: Callable[[], datetime],
        *,
        board: bool,
        off_board: Collection[str],
    ) -> None:
        records = list(records)
        self.board = board
        self._off_board = off_board  # projects whose issues are on no board, as their tool has them
        self._now = now
        self._projects = {each.id: each for each in records if isinstance(each, Project)}
        self._tasks = {each.id: each for each in records if isinstance(each, Task)}
        self._numbers: dict[str, int] = {}
        counted: Counter[str] = Counter()
        for task in self._tasks.values():
            if task.project_id is not None:
                counted[task.project_id] += 1
                self._numbers[task.id] = counted[task.project_id]
        sprints = {each.id: each for each in records if isinstance(each, Sprint)}
        self._iterations: dict[str, Sprint] = {}  # by issue: an issue is in one
        for each in records:
            if isinstance(each, Membership) and each.kind == "sprint":
                sprint = sprints.get(each.container_id)
                if sprint is not None:
                    self._iterations.setdefault(self._issue_id(each.task_id), sprint)
        super().__init__([*records, *filter(None, map(closing, self._tasks.values()))], now)

    def native_id(self, record: Record) -> str:
        """Numbers; an issue's is its repository's and its own."""
        if isinstance(record, Task):
            return self._issue_id(record.id)
        if isinstance(record, Link):
            return f"blocks:{self._issue_id(record.from_id)}:{self._issue_id(record.to_id)}"
        if isinstance(record, Sprint):
            return self._iteration_id(record.id)
        if isinstance(record, Membership):
            place = (self._iteration_id(record.container_id), self._issue_id(record.task_id))
            return ":".join((record.kind, *place))
        return record.id if record.id.isdecimal() else number_of(type(record).__name__, record.id)

    def _issue_id(self, id: str) -> str:
        task = self._tasks.get(id)
        if task is None or ISSUE.fullmatch(id) or task.project_id is None:
            return id
        project = self._projects.get(task.project_id)
        home = self.native_id(project) if project else number_of("Project", task.project_id)
        return f"{home}#{self._numbers[id]}"

    def _iteration_id(self, id: str) -> str:
        known = id.startswith(f"{ITERATION_FIELD}:")
        return id if known else f"{ITERATION_FIELD}:{int(number_of('Sprint', id)):014x}"

    def is_on_board(self, task: Task) -> bool:
        """Whether an issue is on the board in the beginning."""
        off = {self.ids.get((Project, each), each) for each in self._off_board}
        return self.board and task.project_id not in off

    def adopt(self, record: Record) -> Record | None:
        """See `Sandbox.adopt`. Kinds that GitHub does not have: none."""
        hold: dict[type[Record], Callable[[Any], Record | None]] = {
            Project: self._project,
            Person: self._person,
            Milestone: self._milestone,
            Sprint: self._sprint,
            Task: self._task,
            Membership: self._membership,
            Link: self._link,
            Comment: self._comment,
            Change: self._change,
        }
        return hold[type(record)](self.refer(record)) if type(record) in hold else None

    def _project(self, project: Project) -> Project:
        name = slug(project.name)
        return Project(
            id=project.id,
            key=f"{OWNER}/{name}",
            name=name,
            description=said(project.description),
            url=f"{SITE}/{OWNER}/{name}",
            state="active" if project.state == "active" else "archived",
            created_at=second(project.created_at or self._now()),
            updated_at=second(project.updated_at or project.created_at or self._now()),
        )

    def _person(self, person: Person) -> Person:
        return Person(id=person.id, name=person.name, url=f"{SITE}/{slug(person.name)}")

    def _full_name(self, project_id: str | None) -> str | None:
        """The name of a repository, by its id here."""
        for project in self._projects.values():
            if self.ids.get((Project, project.id)) == project_id:
                return f"{OWNER}/{slug(project.name)}"
        return None

    def _milestone(self, milestone: Milestone) -> Milestone | None:
        name = self._full_name(milestone.project_id)
        if name is None:
            return None
        closed = milestone.state in ("done", "cancelled")
        due = milestone.due_on
        return Milestone(
            id=milestone.id,
            project_id=milestone.project_id,
            name=milestone.name,
            description=said(milestone.description),
            url=f"{SITE}/{name}/milestone/{milestone.id}",
            state="done" if closed else "open",
            state_label="closed" if closed else "open",
            due_on=due.date() if isinstance(due, datetime) else due,
            completed_at=second(milestone.completed_at or self._now()) if closed else None,
        )

    def _task(self, task: Task) -> Task | None:
        name, found = self._full_name(task.project_id), ISSUE.fullmatch(task.id)
        if name is None or found is None:
            return None
        over = task.status in OVER
        reason = None
        if over:
            reason = "completed" if task.status == "done" else "not_planned"
            reason = "duplicate" if task.resolution == "duplicate" else reason
        created = second(task.created_at or self._now())
        updated = second(task.updated_at) or created
        held = Task(
            id=task.id,
            key=f"{name}#{found[2]}",
            project_id=task.project_id,
            parent_id=task.parent_id,
            title=task.title,
            description=said(task.description),
            url=f"{SITE}/{name}/issues/{found[2]}",
            type=task.type,
            type_label=_type_name(task),
            status=("cancelled" if reason != "completed" else "done") if over else "todo",
            status_label=reason or "open",
            assignee_ids=tuple(dict.fromkeys(task.assignee_ids))[:10],
            reporter_id=task.reporter_id,
            labels=tuple(dict.fromkeys(label for label in task.labels if label.strip())),
            created_at=created,
            updated_at=updated,
            completed_at=(second(task.completed_at) or updated) if over else None,
            resolution=reason,
            milestone_id=task.milestone_id,
            custom=tuple(_held(each) for each in task.custom if _value(each.value) is not None),
        )
        if not self.is_on_board(held):
            return held
        sprint = self._iterations.get(task.id)
        fields = ("priority", "priority_label", "start_on", "due_on", "points")
        wanted = msgspec.structs.replace(held, **{name: getattr(task, name) for name in fields})
        if not over:
            named = {"status": task.status, "status_label": task.status_label}
            wanted = msgspec.structs.replace(wanted, **named)
        return placed(wanted, sprint and iterated(sprint, self._now().date()))

    def _sprint(self, sprint: Sprint) -> Sprint | None:
        return iterated(sprint, self._now().date()) if self.board else None

    def _membership(self, membership: Membership) -> Membership | None:
        task_id = membership.task_id
        home = Task(id=task_id, title="", project_id=task_id.partition("#")[0])
        sprint = self._iterations.get(task_id)
        if sprint is None or not ISSUE.fullmatch(task_id) or not self.is_on_board(home):
            return None
        container = self._iteration_id(sprint.id)
        if membership.id != f"sprint:{container}:{task_id}":
            return None
        return Membership(id=membership.id, task_id=task_id, kind="sprint", container_id=container)

    def _link(self, link: Link) -> Link | None:
        ends = (link.from_id, link.to_id)
        if link.type != "blocks" or not all(map(ISSUE.fullmatch, ends)):
            return None
        return Link(id=link.id, type="blocks", from_id=link.from_id, to_id=link.to_id)

    def _comment(self, comment: Comment) -> Comment | None:
        if not ISSUE.fullmatch(comment.task_id):
            return None
        at, edited = comment.at.replace(microsecond=0), second(comment.updated_at)
        return Comment(
            id=comment.id,
            task_id=comment.task_id,
            author_id=comment.author_id,
            text=said(comment.text) or "",
            at=at,
            updated_at=edited if edited != at else None,
        )

    def _change(self, change: Change) -> Change | None:
        """A change that is one of GitHub's events; None for any other."""
        edit = edit_of(change)
        if edit is None or not ISSUE.fullmatch(change.task_id):
            return None
        kind, old, new, old_label, new_label = edit
        if kind in ("assigned", "unassigned"):
            id = old or new or ""
            native = self.ids.get((Person, id), id)
            old, new = old and native, new and native
            person = self._person_named(native)
            old_label, new_label = old and person, new and person
        return Change(
            id=change.id,
            task_id=change.task_id,
            at=change.at.replace(microsecond=0),
            author_id=change.author_id,
            field=change.field,
            field_label=kind,
            old=old,
            new=new,
            old_label=old_label,
            new_label=new_label,
        )

    def _person_named(self, id: str) -> str:
        raise NotImplementedError


def _type_name(task: Task) -> str | None:
    """The issue type that says what the task is; None where an issue without one says it."""
    plain = "subtask" if task.parent_id else "task"
    labelled = any(label.lower().rpartition(":")[2].strip() in LABEL_TYPES for label in task.labels)
    if task.type_label is None and task.type == plain and not labelled:
        return None
    label = said(task.type_label)
    if label is not None and TYPES.get(label.strip().lower(), "other") == task.type:
        return label
    return TYPE_NAMES[task.type]


def _held(custom: Custom) -> Custom:
    id = custom.id if custom.id.isdecimal() else number_of("Custom", custom.id)
    return Custom(id=id, name=custom.name, value=_value(custom.value))


def _value(value: CustomValue) -> CustomValue:
    """A value as an issue field holds it: text, number, day, or several options."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, tuple):
        return tuple(filter(said, value)) or None
    if isinstance(value, (int, float)):
        return float(value)
    return value if isinstance(value, date) else said(value)
