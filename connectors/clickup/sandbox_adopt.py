"""Records as ClickUp can hold them: its ids and words, what it has no place for left out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime, time, timedelta
from typing import Any

from connectors.clickup.mapping import FOLDER, SITE, SPACE
from connectors.clickup.sandbox_words import (
    FOUNDED,
    STATUS_WORDS,
    WORD_OF_PRIORITY,
    WORKSPACE,
    Field,
    dated,
    field_type,
    held_as,
    just_day,
    native,
    said,
    to_ms,
    type_of,
    uuid,
)
from connectors.clickup.words import MILESTONE_STATES
from connectors.sdk.records import (
    Comment,
    Custom,
    CustomValue,
    Link,
    Membership,
    Milestone,
    Person,
    Project,
    Record,
    Task,
    Worklog,
)
from connectors.sdk.sandbox import Sandbox

SPACES = ("Delivery", "Operations")
FOLDERS = (None, "Portfolio")
TASKS = {Task, Milestone}  # one thing in ClickUp: a milestone is a task of that type


class Adoption(Sandbox):
    """The half of the sandbox that takes records in."""

    name = "clickup"

    def __init__(self, records: Iterable[Record], now: Callable[[], datetime]) -> None:
        records = list(records)
        records += [_as_task(each) for each in records if isinstance(each, Milestone)]
        records += [
            Milestone(id=each.id, name=each.title)
            for each in records
            if isinstance(each, Task) and each.type == "milestone" and not _is_made(each)
        ]
        self._source = {(type(record), record.id): record for record in records}
        self._lists = [each for each in records if isinstance(each, Project)]
        self.fields = _custom_fields(records)  # by list, both as the records name them
        super().__init__(records, now)
        self.native_fields = {
            self.ids[Project, id]: tuple(fields.values())
            for id, fields in self.fields.items()
            if (Project, id) in self.ids
        }

    def native_id(self, record: Record) -> str:
        """A link and a membership are named by their ends."""
        if isinstance(record, Link):
            return _link_id(self._link_ends(record))
        if isinstance(record, Membership):
            list_id = self._native(Project, self._other_list(record) or record.container_id)
            return f"project:{list_id}:{self._native(Task, record.task_id)}"
        if isinstance(record, Person) and record.kind == "group":
            return uuid("group", record.id)
        if isinstance(record, Milestone) and (made := self._source_task(f"{MADE}{record.id}")):
            record = made
        kind = type(record)
        return native(record, "Task" if kind in TASKS else kind.__name__)

    def adopt(self, record: Record) -> Record | None:
        """See `Sandbox.adopt`. Kinds that ClickUp does not have: none."""
        hold: dict[type[Record], Callable[[Any], Record | None]] = {
            Project: self._project,
            Person: self._person,
            Task: self._task,
            Milestone: self._milestone,
            Membership: self._membership,
            Link: self._link,
            Comment: self._comment,
            Worklog: self._worklog,
        }
        return hold[type(record)](record) if type(record) in hold else None

    def _native(self, kind: type[Record], id: str) -> str:
        source = self._source.get((kind, id))
        return id if source is None else self.native_id(source)

    def _source_task(self, id: str | None) -> Task | None:
        task = self._source.get((Task, id or ""))
        return task if isinstance(task, Task) else None

    def _project(self, project: Project) -> Project:
        id = self._native(Project, project.id)
        place = self._lists.index(project)
        return Project(
            id=id,
            name=project.name,
            url=f"{SITE}/{WORKSPACE}/v/li/{id}",
            state="active" if project.state == "active" else "archived",
            owner_id=project.owner_id and self._native(Person, project.owner_id),
            start_on=project.start_on,
            due_on=dated(project.due_on),
            custom=(
                Custom(id="space", name=SPACE, value=SPACES[place % 2]),
                Custom(id="folder", name=FOLDER, value=FOLDERS[place // 2 % 2]),
            ),
        )

    def _person(self, person: Person) -> Person:
        group = person.kind == "group"
        return Person(
            id=self._native(Person, person.id),
            name=person.name,
            email=None if group else person.email,
            kind="group" if group else "human",
        )

    def _task(self, task: Task) -> Task | None:
        if task.project_id is None or (Project, task.project_id) not in self._source:
            return None
        parent = self._source_task(task.parent_id)
        parent_id = self._native(Task, parent.id) if parent and parent is not task else None
        id = self._native(Task, task.id)
        kind, label = type_of(task, parent_id)
        status = "done" if task.status == "cancelled" else task.status or "todo"
        priority = min(task.priority, 4) if task.priority else None
        created = to_ms(task.created_at or FOUNDED)
        updated = to_ms(task.updated_at or created)
        done_at = to_ms(task.completed_at or updated) if status == "done" else None
        values = {custom.id: custom.value for custom in task.custom}
        return Task(
            id=id,
            key=said(task.key),
            project_id=self._native(Project, task.project_id),
            parent_id=parent_id,
            title=task.title,
            description=said(task.description),
            url=f"{SITE}/t/{id}",
            type=kind,
            type_label=label,
            status=status,
            status_label=said(task.status_label) or STATUS_WORDS[task.status or "todo"],
            priority=priority,
            priority_label=WORD_OF_PRIORITY.get(priority or 0),
            assignee_ids=self._assignees(task),
            reporter_id=task.reporter_id and self._native(Person, task.reporter_id),
            labels=tuple(dict.fromkeys(label for label in task.labels if label.strip())),
            start_on=dated(task.start_on),
            due_on=dated(task.due_on),
            created_at=created,
            updated_at=updated,
            completed_at=done_at,
            estimate_minutes=task.estimate_minutes,
            spent_minutes=task.spent_minutes,
            points=task.points,
            archived=bool(task.archived),
            custom=tuple(
                Custom(id=field.id, name=field.name, value=held_as(values.get(key), field.type))
                for key, field in self.fields.get(task.project_id, {}).items()
            ),
        )

    def _assignees(self, task: Task) -> tuple[str, ...]:
        """People stand before groups."""
        found = dict.fromkeys(self._native(Person, id) for id in task.assignee_ids)
        return tuple(sorted(found, key=lambda id: "-" in id))

    def _milestone(self, milestone: Milestone) -> Milestone | None:
        made = self._source_task(f"{MADE}{milestone.id}") or self._source_task(milestone.id)
        task = made and self._task(made)
        if made is None or task is None:
            return None
        return Milestone(
            id=task.id,
            project_id=task.project_id,
            name=task.title,
            description=task.description,
            url=task.url,
            state=MILESTONE_STATES.get(task.status),
            state_label=task.status_label,
            owner_id=next(iter(task.assignee_ids), None),
            start_on=just_day(task.start_on),
            due_on=task.due_on,
            completed_at=task.completed_at,
        )

    def _other_list(self, membership: Membership) -> str | None:
        """A list that is not the task's home, which is none of its further places."""
        task = self._source_task(membership.task_id)
        if task is None or membership.kind != "project":
            return None
        first = [membership.container_id, *(each.id for each in self._lists)]
        return next((id for id in first if id != task.project_id), None)

    def _membership(self, membership: Membership) -> Membership | None:
        list_id = self._other_list(membership)
        if list_id is None:
            return None
        return Membership(
            id=self.native_id(membership),
            task_id=self._native(Task, membership.task_id),
            kind="project",
            container_id=self._native(Project, list_id),
        )

    def _link_ends(self, link: Link) -> tuple[bool, str, str]:
        """Whether it is a dependency, and the ends: of a mere link in the order of their ids."""
        ends = [self._native(Task, id) for id in (link.from_id, link.to_id)]
        waits = link.type in ("blocks", "precedes")
        first, second = ends if waits else sorted(ends)
        return waits, first, second

    def _link(self, link: Link) -> Link | None:
        waits, first, second = ends = self._link_ends(link)
        if first == second:
            return None
        kind = "blocks" if waits else "relates"
        return Link(id=_link_id(ends), type=kind, from_id=first, to_id=second)  # type: ignore[arg-type]

    def _comment(self, comment: Comment) -> Comment:
        return Comment(
            id=self._native(Comment, comment.id),
            task_id=self._native(Task, comment.task_id),
            author_id=comment.author_id and self._native(Person, comment.author_id),
            text=said(comment.text) or "",
            at=to_ms(comment.at),
        )

    def _worklog(self, worklog: Worklog) -> Worklog:
        """Where time lies is where its task lies."""
        start = to_ms(worklog.started_at or datetime.combine(worklog.on, time(12), FOUNDED.tzinfo))
        task = self._source_task(worklog.task_id)
        home = task.project_id if task else None
        return Worklog(
            id=self._native(Worklog, worklog.id),
            task_id=self._native(Task, task.id) if task else None,
            project_id=home and self._native(Project, home),
            person_id=worklog.person_id and self._native(Person, worklog.person_id),
            minutes=worklog.minutes,
            on=start.date(),
            started_at=start,
            text=said(worklog.text),
            updated_at=to_ms(worklog.updated_at or start + timedelta(minutes=worklog.minutes)),
        )


MADE = "milestone/"


def _is_made(task: Task) -> bool:
    return task.id.startswith(MADE)


def _as_task(milestone: Milestone) -> Task:
    """The task that a milestone is in ClickUp."""
    done = milestone.state == "done"
    return Task(
        id=f"{MADE}{milestone.id}",
        project_id=milestone.project_id,
        title=milestone.name,
        description=milestone.description,
        type="milestone",
        status="done" if done else "cancelled" if milestone.state == "cancelled" else "todo",
        status_label=milestone.state_label,
        assignee_ids=(milestone.owner_id,) if milestone.owner_id else (),
        start_on=milestone.start_on,
        due_on=milestone.due_on,
        completed_at=milestone.completed_at,
    )


def _custom_fields(records: list[Record]) -> dict[str, dict[str, Field]]:
    values: dict[tuple[str, str], list[CustomValue]] = defaultdict(list)
    names: dict[tuple[str, str], str] = {}
    for task in records:
        for custom in task.custom if isinstance(task, Task) else ():
            key = (task.project_id or "", custom.id)  # type: ignore[attr-defined]
            names[key] = custom.name
            values[key].append(custom.value)
    fields: dict[str, dict[str, Field]] = defaultdict(dict)
    for (home, id), held in values.items():
        fields[home][id] = Field(uuid("field", home, id), names[home, id], field_type(held))
    return fields


def _link_id(ends: tuple[bool, str, str]) -> str:
    waits, first, second = ends
    return f"{'blocks' if waits else 'relates'}:{first}:{second}"
