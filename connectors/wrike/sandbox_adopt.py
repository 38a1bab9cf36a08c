"""Records as Wrike can hold them: its ids and words, what it has no place for left out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time
from typing import Any

from connectors.sdk.records import (
    Approval,
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
from connectors.wrike.mapping import MILESTONE, STATUS
from connectors.wrike.sandbox_words import (
    DECISION_WORDS,
    FOUNDED,
    STATUS_WORDS,
    WORD_OF_PRIORITY,
    Field,
    dependency_id,
    field_id,
    field_type,
    held_as,
    just_day,
    lines,
    native,
    permalink,
    said,
    to_second,
)
from connectors.wrike.words import MILESTONE_STATES

SPACE = "space/"
SPACES = ("Delivery", "Operations")
MADE = "milestone/"
OWN_STATUS = "In delivery"  # of a workflow, which every other project has
GREEN, COMPLETED = "Green", "Completed"
RELATION = "FinishToStart"
IMPORTANCE = {1: 2, 2: 2, 3: 3, 4: 4, 5: 4}

NOON = time(12)


class Adoption(Sandbox):
    """The half of the sandbox that takes records in."""

    name = "wrike"

    def __init__(self, records: Iterable[Record], now: Callable[[], datetime]) -> None:
        records = list(records)
        self._projects = [each for each in records if isinstance(each, Project)]
        records = [*(Project(id=f"{SPACE}{name}", name=name) for name in SPACES), *records]
        records += [_as_task(each) for each in records if isinstance(each, Milestone)]
        records += [
            Milestone(id=each.id, name=each.title)
            for each in records
            if isinstance(each, Task) and each.type == "milestone" and not each.id.startswith(MADE)
        ]
        self._source = {(type(record), record.id): record for record in records}
        self._found = _custom_fields(records)
        self.fields = {field.id: field for field in self._found.values()}
        super().__init__(records, now)
        self.spaces = {self._native(Project, f"{SPACE}{name}"): name for name in SPACES}

    def native_id(self, record: Record) -> str:
        """A dependency and a membership are named by their ends."""
        if isinstance(record, Link):
            return dependency_id(*(self._native(Task, id) for id in (record.from_id, record.to_id)))
        if isinstance(record, Membership):
            place = self._native(Project, self._other(record) or record.container_id)
            return f"project:{place}:{self._native(Task, record.task_id)}"
        if isinstance(record, Milestone) and (made := self._task_of(f"{MADE}{record.id}")):
            record = made
        return native(record)

    def adopt(self, record: Record) -> Record | None:
        """See `Sandbox.adopt`. Kinds that Wrike does not have: none."""
        hold: dict[type[Record], Callable[[Any], Record | None]] = {
            Project: self._place,
            Person: self._person,
            Task: self._task,
            Milestone: self._milestone,
            Membership: self._membership,
            Link: self._link,
            Comment: self._comment,
            Worklog: self._worklog,
            Approval: self._approval,
        }
        return hold[type(record)](record) if type(record) in hold else None

    def _native(self, kind: type[Record], id: str) -> str:
        source = self._source.get((kind, id))
        return id if source is None else self.native_id(source)

    def _person_id(self, id: str | None) -> str | None:
        return self._native(Person, id) if id else None

    def _task_of(self, id: str | None) -> Task | None:
        task = self._source.get((Task, id or ""))
        return task if isinstance(task, Task) else None

    def _place(self, project: Project) -> Project:
        id = self._native(Project, project.id)
        if project.id.startswith(SPACE):
            return Project(id=id, name=project.name)
        place = self._projects.index(project)
        closed = project.state != "active"
        status = COMPLETED if closed else GREEN if place % 2 else OWN_STATUS
        created = to_second(project.created_at or FOUNDED)
        above = (Project, project.parent_id or "")
        parent = project.parent_id if above in self._source else None
        return Project(
            id=id,
            name=project.name,
            description=lines(project.description),
            url=permalink(id),
            state="closed" if closed else "active",
            parent_id=self._native(Project, parent or f"{SPACE}{SPACES[place % 2]}"),
            owner_id=self._person_id(project.owner_id),
            start_on=project.start_on,
            due_on=just_day(project.due_on),
            created_at=created,
            updated_at=to_second(project.updated_at or created),
            custom=(Custom(id=STATUS.id, name=STATUS.name, value=status), *self._custom(project)),
        )

    def _custom(self, item: Project | Task) -> tuple[Custom, ...]:
        """Empty fields are not told."""
        held = ((self._found[each.id], each.value) for each in item.custom)
        values = ((field, held_as(value, field.type)) for field, value in held)
        return tuple(
            Custom(id=field.id, name=field.name, value=value)
            for field, value in values
            if value is not None
        )

    def _person(self, person: Person) -> Person:
        group = person.kind == "group"
        return Person(
            id=self._native(Person, person.id),
            name=" ".join(person.name.split()),
            email=None if group else person.email,
            active=person.active is not False,
            kind=person.kind if person.kind in ("group", "app") else "human",
            time_zone=None if group else person.time_zone,
        )

    def _task(self, task: Task) -> Task | None:
        if (Project, task.project_id or "") not in self._source:
            return None
        id = self._native(Task, task.id)
        parent = self._task_of(task.parent_id)
        parent_id = self._native(Task, parent.id) if parent and parent is not task else None
        is_milestone = task.type == "milestone"
        status = task.status or "in_progress"
        created = to_second(task.created_at or FOUNDED)
        updated = to_second(task.updated_at or created)
        start, due = _dates(task, created.date())
        priority = IMPORTANCE[task.priority or 3]
        return Task(
            id=id,
            project_id=self._native(Project, task.project_id or ""),
            parent_id=parent_id,
            title=task.title,
            description=lines(task.description),
            url=permalink(id),
            type="milestone" if is_milestone else "subtask" if parent_id else "task",
            type_label=MILESTONE if is_milestone else "Task",
            status=status,
            status_label=said(task.status_label) or STATUS_WORDS[status],
            priority=priority,
            priority_label=WORD_OF_PRIORITY[priority],
            assignee_ids=tuple(
                dict.fromkeys(self._native(Person, each) for each in task.assignee_ids)
            ),
            reporter_id=self._person_id(task.reporter_id),
            start_on=start,
            due_on=due,
            created_at=created,
            updated_at=updated,
            completed_at=to_second(task.completed_at or updated) if status == "done" else None,
            estimate_minutes=task.estimate_minutes,
            custom=self._custom(task),
        )

    def _milestone(self, milestone: Milestone) -> Milestone | None:
        made = self._task_of(f"{MADE}{milestone.id}") or self._task_of(milestone.id)
        task = self._task(made) if made else None
        if task is None:
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
            due_on=task.due_on,
            completed_at=task.completed_at,
        )

    def _other(self, membership: Membership) -> str | None:
        """A project that is not the task's first one, which is none of its further places."""
        task = self._task_of(membership.task_id)
        if task is None or membership.kind != "project":
            return None
        first = [membership.container_id, *(each.id for each in self._projects)]
        return next((id for id in first if id != task.project_id), None)

    def _membership(self, membership: Membership) -> Membership | None:
        other = self._other(membership)
        if other is None:
            return None
        return Membership(
            id=self.native_id(membership),
            task_id=self._native(Task, membership.task_id),
            kind="project",
            container_id=self._native(Project, other),
        )

    def _link(self, link: Link) -> Link | None:
        if link.type not in ("blocks", "precedes") or link.from_id == link.to_id:
            return None
        return Link(
            id=self.native_id(link),
            type="precedes",
            type_label=RELATION,
            from_id=self._native(Task, link.from_id),
            to_id=self._native(Task, link.to_id),
        )

    def _comment(self, comment: Comment) -> Comment:
        return Comment(
            id=self._native(Comment, comment.id),
            task_id=self._native(Task, comment.task_id),
            author_id=self._person_id(comment.author_id),
            text=said(comment.text) or "",
            at=to_second(comment.at),
        )

    def _worklog(self, worklog: Worklog) -> Worklog | None:
        """Time is booked on tasks alone, and counts where they do."""
        task = self._task_of(worklog.task_id)
        if task is None or task.project_id is None:
            return None
        noon = datetime.combine(worklog.on, NOON, UTC)
        return Worklog(
            id=self._native(Worklog, worklog.id),
            task_id=self._native(Task, task.id),
            project_id=self._native(Project, task.project_id),
            person_id=self._person_id(worklog.person_id),
            minutes=worklog.minutes,
            on=worklog.on,
            text=said(worklog.text),
            updated_at=to_second(worklog.updated_at or worklog.started_at or noon),
        )

    def _approval(self, approval: Approval) -> Approval:
        """Without approvers nothing is decided."""
        decision = approval.decision if approval.approver_ids else "pending"
        decided = to_second(approval.decided_at or FOUNDED) if decision != "pending" else None
        return Approval(
            id=self._native(Approval, approval.id),
            task_id=self._native(Task, approval.task_id),
            name=said(approval.name),
            approver_ids=tuple(self._native(Person, each) for each in approval.approver_ids),
            decision=decision,
            decision_label=DECISION_WORDS[decision],
            decided_at=decided,
        )


def _dates(task: Task, created: date) -> tuple[date | None, date | None]:
    """A milestone has a day, a planned task both days, a task in the backlog none."""
    start, due = just_day(task.start_on), just_day(task.due_on)
    if task.type == "milestone":
        return None, due or created
    start, due = start or due, due or start
    return (min(start, due), due) if start and due else (None, None)


def _as_task(milestone: Milestone) -> Task:
    """The task that a milestone is in Wrike."""
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
        due_on=milestone.due_on,
        completed_at=milestone.completed_at,
    )


def _custom_fields(records: list[Record]) -> dict[str, Field]:
    """The account's custom fields, by the id that the records give them."""
    values: dict[str, list[CustomValue]] = defaultdict(list)
    names: dict[str, str] = {}
    for item in records:
        for custom in item.custom if isinstance(item, (Project, Task)) else ():
            names.setdefault(custom.id, custom.name)
            values[custom.id].append(custom.value)
    return {id: Field(field_id(id), names[id], field_type(held)) for id, held in values.items()}
