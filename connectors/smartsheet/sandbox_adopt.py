"""Records as Smartsheet can hold them: rows of sheets, people by their address."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from connectors.sdk.records import Comment, Custom, Link, Person, Project, Record, Task
from connectors.sdk.sandbox import Sandbox
from connectors.smartsheet.sandbox_words import (
    NATIVE,
    PRIORITIES,
    SITE,
    STATUSES,
    Column,
    big,
    columns_of,
    customs,
    day,
    form_of,
    kept,
    second,
)


class Adoption(Sandbox):
    """The half of the sandbox that takes records in."""

    name = "smartsheet"

    def __init__(self, records: Iterable[Record], now: Callable[[], datetime]) -> None:
        records = list(records)
        self._now = now
        self._source = {(type(each), each.id): each for each in records}
        self._children = self._parents(records)
        self.columns = self._columns(records)
        super().__init__(records, now)

    def native_id(self, record: Record) -> str:
        """A number, of a row with its sheet's before it; a person's is the e-mail address."""
        if isinstance(record, Person):
            return (record.email or f"{big('person', record.id)}@example.com").casefold()
        if isinstance(record, Link):
            return f"precedes:{self._task_id(record.from_id)}:{self._task_id(record.to_id)}"
        if isinstance(record, Task):
            return self._task_id(record.id)
        return self._number(type(record), record.id)

    def adopt(self, record: Record) -> Record | None:
        """See `Sandbox.adopt`. Kinds that Smartsheet does not have: none."""
        self.ids.setdefault((type(record), record.id), self.native_id(record))
        hold: dict[type[Record], Callable[[Any], Record | None]] = {
            Project: self._project,
            Person: self._person,
            Task: self._task,
            Link: self._link,
            Comment: self._comment,
        }
        return hold[type(record)](record) if type(record) in hold else None

    def _number(self, kind: type[Record], id: str) -> str:
        return id if NATIVE.fullmatch(id) else big(kind.__name__, id)

    def _task_id(self, id: str) -> str:
        task = self._source.get((Task, id))
        if NATIVE.fullmatch(id) or not isinstance(task, Task) or task.project_id is None:
            return id
        return f"{self._number(Project, task.project_id)}:{self._number(Task, id)}"

    def _home(self, id: str | None) -> str | None:
        """The project of a task."""
        task = self._source.get((Task, id or ""))
        return task.project_id if isinstance(task, Task) else None

    def _parent(self, task: Task) -> str | None:
        """A row's parent is a row of its own sheet, and above it there is no circle."""
        seen, above = {task.id}, task
        while above.parent_id is not None and above.parent_id not in seen:
            seen.add(above.parent_id)
            parent = self._source.get((Task, above.parent_id))
            if not isinstance(parent, Task) or parent.project_id != task.project_id:
                break
            above = parent
        else:
            return task.parent_id if above.parent_id is None else None
        return task.parent_id if above is not task else None

    def _parents(self, records: Sequence[Record]) -> set[str]:
        tasks = [each for each in records if isinstance(each, Task)]
        return {parent for each in tasks if (parent := self._parent(each)) is not None}

    def _columns(self, records: Iterable[Record]) -> dict[str, tuple[Column, ...]]:
        """By native id of a sheet: its columns."""
        tasks: dict[str, list[Task]] = defaultdict(list)
        for each in records:
            if isinstance(each, Task) and each.project_id is not None:
                tasks[each.project_id].append(each)
        return {
            self._number(Project, each.id): columns_of(each.id, tasks[each.id])
            for each in records
            if isinstance(each, Project)
        }

    def _project(self, project: Project) -> Project:
        created = second(project.created_at or project.updated_at or self._now())
        parent = self._source.get((Project, project.parent_id or ""))
        custom = [
            Custom(
                id=big("summary", project.id, each.id),
                name=each.name,
                value=kept(each.value, form_of(each.value) or "TEXT_NUMBER"),
            )
            for each in project.custom
        ]
        if isinstance(parent, Project):
            custom.insert(0, Custom(id="workspace", name="Workspace", value=parent.name))
        id = self._number(Project, project.id)
        return Project(
            id=id,
            name=project.name,
            url=f"{SITE}/sheets/{id}",
            owner_id=self._who(project.owner_id),
            created_at=created,
            updated_at=second(project.updated_at or created),
            custom=tuple(custom),
        )

    def _who(self, id: str | None) -> str | None:
        return None if id is None else self.ids.get((Person, id), id)

    def _person(self, person: Person) -> Person:
        id = self.ids[Person, person.id]
        return Person(id=id, name=person.name, email=id, active=person.active is not False)

    def _task(self, task: Task) -> Task | None:
        if (Project, task.project_id or "") not in self._source:
            return None
        sheet = self._number(Project, task.project_id or "")
        id, parent = self._task_id(task.id), self._parent(task)
        kind, label = self._type(task)
        created = second(task.created_at or task.updated_at or self._now())
        percent = task.percent_complete
        held = Task(
            id=id,
            key=task.key or None,
            project_id=sheet,
            parent_id=None if parent is None else self._task_id(parent),
            title=task.title,
            url=f"{SITE}/sheets/{sheet}?rowId={id.partition(':')[2]}",
            type=kind,
            type_label=label,
            status=task.status or "todo",
            status_label=STATUSES[task.status or "todo"],
            blocked=task.blocked is True,
            priority=task.priority,
            priority_label=None if task.priority is None else PRIORITIES[task.priority],
            assignee_ids=tuple(filter(None, (self._who(each) for each in task.assignee_ids))),
            reporter_id=self._who(task.reporter_id),
            labels=tuple(dict.fromkeys(filter(None, task.labels))),
            start_on=day(task.start_on),
            due_on=day(task.due_on),
            created_at=created,
            updated_at=second(task.updated_at or created),
            percent_complete=None if percent is None else float(round(min(max(percent, 0), 100))),
        )
        extra = [
            Custom(id=big("column", task.project_id or "", each.id), name="", value=each.value)
            for each in task.custom
        ]
        return msgspec.structs.replace(held, custom=customs(self.columns[sheet], held, extra))

    def _type(self, task: Task) -> tuple[Any, str | None]:
        if task.id in self._children:
            return "other", "Parent row"
        return ("milestone", "Milestone") if task.type == "milestone" else ("task", None)

    def _link(self, link: Link) -> Link | None:
        """What must go first, within a sheet; Smartsheet knows no other relation of rows."""
        home = self._home(link.from_id)
        if link.type not in ("blocks", "precedes") or home is None:
            return None
        if home != self._home(link.to_id) or link.from_id == link.to_id:
            return None
        first, then = self._task_id(link.from_id), self._task_id(link.to_id)
        return Link(
            id=f"precedes:{first}:{then}",
            type="precedes",
            type_label="FS",
            from_id=first,
            to_id=then,
            lag_minutes=link.lag_minutes or None,
        )

    def _comment(self, comment: Comment) -> Comment | None:
        home = self._home(comment.task_id)
        if not comment.text or (Project, home or "") not in self._source:
            return None
        at = second(comment.at)
        changed = None if comment.updated_at is None else second(comment.updated_at)
        return Comment(
            id=self._number(Comment, comment.id),
            task_id=self._task_id(comment.task_id),
            author_id=self._who(comment.author_id),
            text=comment.text,
            at=at,
            updated_at=changed if changed != at else None,
        )
