"""Records as Teamwork can hold them: its ids and words, what it has no place for left out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, time
from typing import Any

from connectors.sdk.records import (
    Column,
    Comment,
    Custom,
    CustomValue,
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
from connectors.sdk.sandbox import Sandbox
from connectors.teamwork.mapping import CATEGORY, COMPANY, TAGS
from connectors.teamwork.sandbox_words import (
    BEGUN,
    CATEGORIES,
    FOUNDED,
    GENERAL,
    HEALTHS,
    OWNER_COMPANY,
    WEB,
    Field,
    field_type,
    held_as,
    just_day,
    native,
    number,
    priority_of,
    said,
    to_second,
)

HOME = "home/"
"""What the ids of the memberships begin with that every task has."""


class Adoption(Sandbox):
    """The half of the sandbox that takes records in."""

    name = "teamwork"

    def __init__(self, records: Iterable[Record], now: Callable[[], datetime]) -> None:
        given = list(records)
        sections = {
            (each.task_id, each.container_id): each.section
            for each in given
            if isinstance(each, Membership) and each.kind == "project"
        }
        records = [each for each in given if not isinstance(each, Membership)]
        records += [
            Membership(
                id=f"{HOME}{each.id}",
                task_id=each.id,
                kind="project",
                container_id=each.project_id,
                section=said(sections.get((each.id, each.project_id))) or GENERAL,
            )
            for each in records
            if isinstance(each, Task) and each.project_id
        ]
        records.append(Person(id=f"company/{OWNER_COMPANY}", name=OWNER_COMPANY, kind="group"))
        self._source = {(type(record), record.id): record for record in records}
        self._given_projects = [each for each in records if isinstance(each, Project)]
        self._given_columns = [each for each in records if isinstance(each, Column)]
        self.project_fields = _fields_of(self._given_projects, lambda _: "")
        self.task_fields = _fields_of(
            [each for each in records if isinstance(each, Task)], lambda task: task.project_id or ""
        )
        super().__init__(records, now)

    def native_id(self, record: Record) -> str:
        """Links and memberships are named by their ends, groups by their kind."""
        match record:
            case Link():
                return f"{_kind(record)}:{self._native(Task, record.from_id)}:" + self._native(
                    Task, record.to_id
                )
            case Membership():
                project = self._native(Project, record.container_id)
                return f"project:{project}:{self._native(Task, record.task_id)}"
            case Person(kind="group", id=id):
                kind, _, name = id.rpartition("/")
                return f"{'company' if kind == 'company' else 'team'}-{number(kind, name)}"
            case _:
                return native(record)

    def adopt(self, record: Record) -> Record | None:
        """See `Sandbox.adopt`. Kinds that Teamwork does not have: none."""
        hold: dict[type[Record], Callable[[Any], Record | None]] = {
            Project: self._project,
            Person: self._person,
            Column: self._column,
            Milestone: self._milestone,
            Task: self._task,
            Membership: self._membership,
            Link: self._link,
            Comment: self._comment,
            Worklog: self._worklog,
            StatusUpdate: self._update,
        }
        return hold[type(record)](record) if type(record) in hold else None

    def _native(self, kind: type[Record], id: str) -> str:
        source = self._source.get((kind, id))
        return id if source is None else self.native_id(source)

    def _person_id(self, id: str | None) -> str | None:
        return id and self._native(Person, id)

    def _project(self, project: Project) -> Project:
        id, place = self._native(Project, project.id), self._given_projects.index(project)
        values = {custom.id: custom.value for custom in project.custom}
        created = to_second(project.created_at or FOUNDED)
        return Project(
            id=id,
            name=project.name,
            description=said(project.description),
            url=f"{WEB}/app/projects/{id}",
            state="archived" if project.state == "trashed" else project.state,
            owner_id=self._person_id(project.owner_id),
            start_on=project.start_on,
            due_on=just_day(project.due_on),
            created_at=created,
            updated_at=to_second(project.updated_at or created),
            custom=(
                Custom(id="company", name=COMPANY, value=OWNER_COMPANY),
                Custom(id="category", name=CATEGORY, value=CATEGORIES[place % 2]),
                Custom(id="tags", name=TAGS, value=("client",) if place % 2 else None),
                *_customs(self.project_fields.get("", {}), values),
            ),
        )

    def _person(self, person: Person) -> Person:
        group = person.kind == "group"
        return Person(
            id=self._native(Person, person.id),
            name=" ".join(person.name.split()),
            email=None if group else person.email,
            active=None if group else person.active is not False,
            kind=person.kind if person.kind in ("group", "customer") else "human",
        )

    def _column(self, column: Column) -> Column:
        """A stage of a workflow, which is not one project's."""
        board = [each for each in self._given_columns if each.board_id == column.board_id]
        board.sort(key=lambda each: each.position)
        return Column(
            id=self._native(Column, column.id),
            board_id=number("workflow", column.board_id),
            board_name=column.board_name or "Workflow",
            name=column.name,
            position=board.index(column),
            status_labels=(column.name,),
        )

    def _milestone(self, milestone: Milestone) -> Milestone | None:
        if (Project, milestone.project_id or "") not in self._source:
            return None
        id, done = self._native(Milestone, milestone.id), milestone.state in ("done", "cancelled")
        return Milestone(
            id=id,
            project_id=self._native(Project, milestone.project_id or ""),
            name=milestone.name,
            description=said(milestone.description),
            url=f"{WEB}/app/milestones/{id}",
            state="done" if done else "open",
            state_label="completed" if done else "new",
            owner_id=self._person_id(milestone.owner_id),
            due_on=just_day(milestone.due_on),
            completed_at=to_second(milestone.completed_at or FOUNDED) if done else None,
        )

    def _task(self, task: Task) -> Task | None:
        if (Project, task.project_id or "") not in self._source:
            return None
        id = self._native(Task, task.id)
        done = task.status in ("done", "cancelled")
        begun = task.status == "in_progress"
        parent = self._source.get((Task, task.parent_id or ""))
        parent_id = self.native_id(parent) if parent and parent is not task else None
        priority, word = priority_of(task.priority)
        created = to_second(task.created_at or FOUNDED)
        updated = to_second(task.updated_at or created)
        values = {custom.id: custom.value for custom in task.custom}
        stages = [each.name for each in self._given_columns if each.project_id == task.project_id]
        return Task(
            id=id,
            project_id=self._native(Project, task.project_id or ""),
            parent_id=parent_id,
            title=task.title,
            description=said(task.description),
            url=f"{WEB}/app/tasks/{id}",
            type="subtask" if parent_id else "task",
            status="done" if done else "in_progress" if begun else "todo",
            status_label=_label(task.status_label, stages, done=done),
            priority=priority,
            priority_label=word,
            assignee_ids=tuple(
                dict.fromkeys(self._native(Person, each) for each in task.assignee_ids)
            ),
            reporter_id=self._person_id(task.reporter_id),
            labels=tuple(dict.fromkeys(each for each in task.labels if each.strip())),
            start_on=just_day(task.start_on),
            due_on=just_day(task.due_on),
            created_at=created,
            updated_at=updated,
            completed_at=to_second(task.completed_at or updated) if done else None,
            estimate_minutes=task.estimate_minutes or None,
            spent_minutes=task.spent_minutes,
            percent_complete=float(task.percent_complete or BEGUN) if begun else 0.0,
            milestone_id=task.milestone_id and self._native(Milestone, task.milestone_id),
            custom=tuple(_customs(self.task_fields.get(task.project_id or "", {}), values)),
        )

    def _membership(self, membership: Membership) -> Membership | None:
        if (Project, membership.container_id) not in self._source:
            return None
        return self.refer(
            Membership(
                id=membership.id,
                task_id=membership.task_id,
                kind="project",
                container_id=self._native(Project, membership.container_id),
                section=membership.section,
            )
        )

    def _link(self, link: Link) -> Link | None:
        ends = [self._native(Task, id) for id in (link.from_id, link.to_id)]
        if link.type not in ("blocks", "precedes", "other") or ends[0] == ends[1]:
            return None
        kind = _kind(link)
        return Link(
            id=self.native_id(link),
            type="other" if kind == "other" else "blocks",
            type_label="complete" if kind == "other" else "start",
            from_id=ends[0],
            to_id=ends[1],
        )

    def _comment(self, comment: Comment) -> Comment:
        return Comment(
            id=self._native(Comment, comment.id),
            task_id=self._native(Task, comment.task_id),
            author_id=self._person_id(comment.author_id),
            text=said(comment.text) or "",
            at=to_second(comment.at),
            updated_at=to_second(comment.updated_at) if comment.updated_at else None,
        )

    def _worklog(self, worklog: Worklog) -> Worklog | None:
        task = self._source.get((Task, worklog.task_id or ""))
        home = task.project_id if isinstance(task, Task) else worklog.project_id
        if (Project, home or "") not in self._source:
            return None
        start = to_second(worklog.started_at or datetime.combine(worklog.on, time(12), UTC))
        return Worklog(
            id=self._native(Worklog, worklog.id),
            task_id=self.native_id(task) if task else None,
            project_id=self._native(Project, home or ""),
            person_id=self._person_id(worklog.person_id),
            minutes=worklog.minutes,
            on=start.date(),
            started_at=start,
            text=said(worklog.text),
            updated_at=to_second(worklog.updated_at or start),
        )

    def _update(self, update: StatusUpdate) -> StatusUpdate:
        health = update.health if update.health in HEALTHS else None
        return StatusUpdate(
            id=self._native(StatusUpdate, update.id),
            project_id=self._native(Project, update.project_id),
            author_id=self._person_id(update.author_id),
            at=to_second(update.at),
            health=health,
            health_label=said(update.health_label) or HEALTHS[health][1],
            text=said(update.text) or said(update.title),
        )


def _kind(link: Link) -> str:
    return "other" if link.type == "other" else "blocks"


def _label(label: str | None, stages: list[str], *, done: bool) -> str:
    """The stage in which a task is, else Teamwork's own word."""
    if done:
        return "completed"
    return label if label and label in stages else "new"


def _customs(fields: dict[str, Field], values: dict[str, CustomValue]) -> Iterable[Custom]:
    return [
        Custom(id=field.id, name=field.name, value=held_as(values.get(key), field.type))
        for key, field in fields.items()
    ]


def _fields_of(records: Iterable[Any], place: Callable[[Any], str]) -> dict[str, dict[str, Field]]:
    """The custom fields that hold what records hold: by place, by the records' own ids."""
    held: dict[tuple[str, str], list[CustomValue]] = defaultdict(list)
    names: dict[tuple[str, str], str] = {}
    for record in records:
        for custom in record.custom:
            key = (place(record), custom.id)
            names[key] = custom.name
            held[key].append(custom.value)
    fields: dict[str, dict[str, Field]] = defaultdict(dict)
    for (where, id), values in held.items():
        field = Field(number("field", where, id), names[where, id], field_type(values))
        fields[where][id] = field
    return {
        where: dict(sorted(found.items(), key=lambda each: int(each[1].id)))
        for where, found in fields.items()
    }
