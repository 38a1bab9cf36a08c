"""How records of any tool become what Basecamp can hold."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from typing import Any

from connectors.basecamp.mapping import COMPLETED, LIST_FIELD, PENDING
from connectors.sdk.records import (
    Column,
    Comment,
    Custom,
    Membership,
    Person,
    Project,
    Record,
    Status,
    StatusUpdate,
    Task,
    Worklog,
)
from connectors.sdk.sandbox import Sandbox

FOUNDED = datetime(2020, 1, 1, tzinfo=UTC)  # when things came to be that do not say when
ACCOUNT = "5550123"
SITE = f"https://3.basecamp.com/{ACCOUNT}"
FIRST_LIST = "To-dos"
ON_HOLD = "On hold"
COLORS = {"on_track": "green", "at_risk": "yellow", "off_track": "red", "on_hold": "yellow"}
HEALTH = {"green": "on_track", "yellow": "at_risk", "red": "off_track"}
_NATIVE = re.compile(r"10\d{11}")


def number_id(*parts: str) -> str:
    """An id of thirteen digits that stays the same for the same words."""
    digest = int(hashlib.sha256("\0".join(parts).encode()).hexdigest(), 16)
    return f"10{digest % 10**11:011}"


def to_ms(at: datetime) -> datetime:
    """Basecamp keeps milliseconds."""
    return at.astimezone(UTC).replace(microsecond=at.microsecond // 1000 * 1000)


def just_day(value: date | datetime | None) -> date | None:
    """The day of a date or an instant."""
    return value.date() if isinstance(value, datetime) else value


def said(value: str | None) -> str | None:
    """Text as rich text gives it back."""
    lines = [line.strip() for line in (value or "").splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() or None


class Adoption(Sandbox):
    """Takes on records; the imitation of the API is in `sandbox.py`."""

    name = "basecamp"

    def __init__(self, records: Iterable[Record], now: Callable[[], datetime]) -> None:
        records = list(records)
        self._source = {(type(record), record.id): record for record in records}
        self._sections = {
            (each.task_id, each.container_id): each.section
            for each in records
            if isinstance(each, Membership) and each.section
        }
        self.boards: dict[str, list[Column]] = {}  # by project, as the records name both
        for column in records:
            if isinstance(column, Column) and column.project_id:
                self.boards.setdefault(column.project_id, []).append(column)
        for columns in self.boards.values():
            columns.sort(key=lambda each: (each.board_id, each.position))
        super().__init__(records, now)

    def native_id(self, record: Record) -> str:
        """A number, for every kind."""
        return self._id(type(record), record.id)

    def adopt(self, record: Record) -> Record | None:
        """See `Sandbox.adopt`. Kinds that Basecamp does not have: none."""
        hold: dict[type[Record], Callable[[Any], Record | None]] = {
            Project: self._project,
            Person: self._person,
            Column: self._column,
            Task: self._task,
            Comment: self._comment,
            Worklog: self._worklog,
            StatusUpdate: self._needle,
        }
        return hold[type(record)](record) if type(record) in hold else None

    @staticmethod
    def _id(kind: type[Record], id: str) -> str:
        return id if _NATIVE.fullmatch(id) else number_id(kind.__name__, id)

    def _known(self, kind: type[Record], id: str | None) -> str | None:
        return self._id(kind, id) if id and (kind, id) in self._source else None

    def _project(self, project: Project) -> Project:
        id = self._id(Project, project.id)
        created = to_ms(project.created_at or FOUNDED)
        return Project(
            id=id,
            name=project.name,
            description=said(project.description),
            url=f"{SITE}/projects/{id}",
            state="archived" if project.state == "closed" else project.state,
            start_on=project.start_on,
            due_on=just_day(project.due_on),
            created_at=created,
            updated_at=to_ms(project.updated_at or created),
        )

    def _person(self, person: Person) -> Person:
        return Person(
            id=self._id(Person, person.id),
            name=person.name,
            email=person.email,
            kind="customer" if person.kind == "customer" else "human",
            time_zone=person.time_zone or "America/Chicago",
        )

    def _column(self, column: Column) -> Column | None:
        project = self._known(Project, column.project_id)
        if project is None:
            return None
        held = [
            each
            for each in self.boards[column.project_id or ""]
            if each.board_id == column.board_id
        ]
        return Column(
            id=self._id(Column, column.id),
            project_id=project,
            board_id=number_id("board", column.board_id),
            board_name=column.board_name or "Card Table",
            name=column.name,
            position=held.index(column),
            status_labels=(column.name,),
        )

    def _task(self, task: Task) -> Task | None:
        root = self._root(task)
        project = self._known(Project, root.project_id)
        if project is None:
            return None
        step = root is not task
        columns = () if step else self._columns(root.project_id)
        status, label, held = self._status(task, columns)
        id = self._id(Task, task.id)
        created = to_ms(task.created_at or FOUNDED)
        updated = to_ms(task.updated_at or created)
        people = (self._known(Person, each) for each in task.assignee_ids)
        section = self._sections.get((task.id, root.project_id or ""), FIRST_LIST)
        todo = not step and not columns
        place = "todos" if todo else "card_tables/cards"
        return Task(
            id=id,
            project_id=project,
            parent_id=self._id(Task, root.id) if step else None,
            title=task.title,
            description=None if step else said(task.description),
            url=f"{SITE}/buckets/{project}/{place}/{id}",
            type="subtask" if step else "task",
            type_label="Step" if step else "To-do" if todo else "Card",
            status=status,
            status_label=label,
            blocked=held if columns else None,
            assignee_ids=tuple(dict.fromkeys(each for each in people if each)),
            reporter_id=self._known(Person, task.reporter_id),
            start_on=just_day(task.start_on) if todo else None,
            due_on=just_day(task.due_on),
            created_at=created,
            updated_at=updated,
            completed_at=to_ms(task.completed_at or updated) if status == "done" else None,
            archived=bool(task.archived or root.archived),
            custom=(Custom(id=LIST_FIELD, name="List", value=section),) if todo else (),
        )

    def _root(self, task: Task) -> Task:
        """The task itself, or the uppermost that it hangs on: steps have no steps."""
        seen = {task.id}
        while True:
            above = self._source.get((Task, task.parent_id or ""))
            if not isinstance(above, Task) or above.id in seen:
                return task
            seen.add(above.id)
            task = above

    def _columns(self, project: str | None) -> tuple[Column, ...]:
        """The columns of a project's first card table."""
        held = self.boards.get(project or "", [])
        return tuple(each for each in held if each.board_id == held[0].board_id)

    @staticmethod
    def _status(task: Task, columns: tuple[Column, ...]) -> tuple[Status, str, bool]:
        done = task.status == "done"
        if not columns:
            return ("done", COMPLETED, False) if done else ("todo", PENDING, False)
        if done and len(columns) > 1:
            return "done", columns[-1].name, False
        if task.status == "in_progress" and len(columns) > 2:
            label = ON_HOLD if task.blocked else columns[1].name
            return "in_progress", label, bool(task.blocked)
        return "todo", columns[0].name, False

    def _comment(self, comment: Comment) -> Comment | None:
        """Steps have no comments."""
        task = self._source.get((Task, comment.task_id))
        if not isinstance(task, Task) or self._root(task) is not task or self._task(task) is None:
            return None
        at = to_ms(comment.at)
        return Comment(
            id=self._id(Comment, comment.id),
            task_id=self._id(Task, comment.task_id),
            author_id=self._known(Person, comment.author_id),
            text=said(comment.text) or "",
            at=at,
            updated_at=to_ms(comment.updated_at) if comment.updated_at else at,
            public=bool(comment.public),
        )

    def _worklog(self, worklog: Worklog) -> Worklog | None:
        """Time on a step counts on what holds it; time on no task on its project."""
        task = self._source.get((Task, worklog.task_id or ""))
        root = self._root(task) if isinstance(task, Task) else None
        project = self._known(Project, root.project_id if root else worklog.project_id)
        if project is None:
            return None
        return Worklog(
            id=self._id(Worklog, worklog.id),
            task_id=self._id(Task, root.id) if root else None,
            project_id=project,
            person_id=self._known(Person, worklog.person_id),
            minutes=worklog.minutes,
            on=worklog.on,
            text=said(worklog.text),
            updated_at=to_ms(worklog.updated_at or FOUNDED),
        )

    def _needle(self, update: StatusUpdate) -> StatusUpdate | None:
        project = self._known(Project, update.project_id)
        if project is None:
            return None
        color = COLORS.get(update.health or "", "green")
        return StatusUpdate(
            id=self._id(StatusUpdate, update.id),
            project_id=project,
            author_id=self._known(Person, update.author_id),
            at=to_ms(update.at),
            health=HEALTH[color],  # type: ignore[arg-type]
            health_label=color,
            text=said(update.text),
        )
