"""Records as Airtable can hold them: tables of bases, records of tables, people of cells."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from connectors.airtable.sandbox_words import (
    LINKS,
    NATIVE,
    PRIORITIES,
    SITE,
    STATUSES,
    TYPES,
    Column,
    code,
    columns_of,
    day,
    kept,
    milli,
    record_of,
)
from connectors.sdk.records import (
    Comment,
    Custom,
    CustomValue,
    Link,
    Person,
    Project,
    Record,
    Task,
)
from connectors.sdk.sandbox import Sandbox

LINK_FIELDS = ("blocks", "precedes", "relates")


class Adoption(Sandbox):
    """The half of the sandbox that takes records in.

    A project becomes a table; the tables of a project and of those below it lie in one base.
    """

    name = "airtable"

    def __init__(self, records: Iterable[Record], now: Callable[[], datetime]) -> None:
        records = list(records)
        self._now = now
        self._source = {(type(each), each.id): each for each in records}
        self._links = defaultdict[str, list[Link]](list)
        for each in records:
            if isinstance(each, Link):
                self._links[each.from_id].append(each)
                self._links[each.to_id].append(each)
        self._working = {
            id
            for each in records
            if isinstance(each, Task) and (Project, each.project_id or "") in self._source
            for id in (*each.assignee_ids, each.reporter_id)
        }
        projects = [each for each in records if isinstance(each, Project)]
        self.columns = self._columns(records, projects)
        super().__init__([*self._bases(projects), *records], now)

    def native_id(self, record: Record) -> str:
        """Ids of the base, the table and the record, with colons between."""
        match record:
            case Project():
                return self._table(record.id)
            case Task():
                return self._task_id(record.id)
            case Link():
                return self._link_id(record)
            case Comment():
                base = self._task_id(record.task_id).partition(":")[0]
                return f"{base}:{code('com', record.id)}"
            case Person():
                return record.id if NATIVE.fullmatch(record.id) else code("usr", record.id)
            case _:
                return record.id

    def adopt(self, record: Record) -> Record | None:
        """See `Sandbox.adopt`. Kinds that Airtable does not have: none."""
        self.ids.setdefault((type(record), record.id), self.native_id(record))
        hold: dict[type[Record], Callable[[Any], Record | None]] = {
            Project: self._project,
            Person: self._person,
            Task: self._task,
            Link: self._link,
            Comment: self._comment,
        }
        return hold[type(record)](record) if type(record) in hold else None

    # -- where things lie ------------------------------------------------------------------------

    def _bases(self, projects: Sequence[Project]) -> list[Project]:
        """A base for each project that is below no other."""
        roots = {self._root(each.id): None for each in projects}
        return [Project(id=code("app", root), name=self._base_name(root)) for root in roots]

    def _base_name(self, root: str) -> str:
        project = self._source[Project, root]
        return f"{project.name} base" if isinstance(project, Project) else root

    def _root(self, id: str) -> str:
        """The project above all others that a project is below."""
        seen = {id}
        while True:
            project = self._source.get((Project, id))
            above = project.parent_id if isinstance(project, Project) else None
            if above is None or above in seen or (Project, above) not in self._source:
                return id
            seen.add(above)
            id = above

    def _table(self, id: str) -> str:
        return id if NATIVE.fullmatch(id) else f"{code('app', self._root(id))}:{code('tbl', id)}"

    def _task_id(self, id: str) -> str:
        home = self._home(id)
        if NATIVE.fullmatch(id) or home is None:
            return id
        return f"{self._table(home)}:{code('rec', id)}"

    def _home(self, id: str | None) -> str | None:
        """The project of a task."""
        task = self._source.get((Task, id or ""))
        return task.project_id if isinstance(task, Task) else None

    def _link_id(self, link: Link) -> str:
        return f"{link.type}:{self._task_id(link.from_id)}:{self._task_id(link.to_id)}"

    def _columns(
        self, records: Iterable[Record], projects: Iterable[Project]
    ) -> dict[str, tuple[Column, ...]]:
        """By native id of a table: its columns."""
        tasks: dict[str | None, list[Task]] = defaultdict(list)
        for each in records:
            if isinstance(each, Task):
                tasks[each.project_id].append(each)
        return {self._table(each.id): columns_of(each.id, tasks[each.id]) for each in projects}

    # -- as Airtable can hold it -----------------------------------------------------------------

    def _project(self, project: Project) -> Project:
        id = self._table(project.id)
        if ":" not in id:
            return Project(id=id, name=project.name, url=f"{SITE}/{id}")
        return Project(
            id=id,
            name=f"{self._base_name(self._root(project.id))} / {project.name}",
            url=f"{SITE}/{id.replace(':', '/')}",
            parent_id=id.partition(":")[0],
        )

    def _person(self, person: Person) -> Person | None:
        """Only who is in some cell is known."""
        if person.id not in self._working:
            return None
        id = self.ids[Person, person.id]
        return Person(id=id, name=person.name, email=person.email)

    def _who(self, id: str | None) -> str | None:
        return None if id is None else self.ids.get((Person, id), id)

    def _task(self, task: Task) -> Task | None:
        if (Project, task.project_id or "") not in self._source:
            return None
        table = self._table(task.project_id or "")
        id = self._task_id(task.id)
        created = milli(task.created_at or task.updated_at or self._now())
        status = task.status or "todo"
        percent = task.percent_complete
        same = self._home(task.parent_id) == task.project_id and task.parent_id != task.id
        held = Task(
            id=id,
            key=task.key or None,
            project_id=table,
            parent_id=self._task_id(task.parent_id) if task.parent_id and same else None,
            title=task.title,
            description=task.description or None,
            url=f"{SITE}/{id.replace(':', '/')}",
            type=task.type,
            type_label=TYPES[task.type],
            status=status,
            status_label=STATUSES[status],
            blocked=task.blocked is True,
            priority=task.priority,
            priority_label=None if task.priority is None else PRIORITIES[task.priority],
            assignee_ids=tuple(filter(None, map(self._who, task.assignee_ids))),
            reporter_id=self._who(task.reporter_id),
            labels=tuple(dict.fromkeys(filter(None, task.labels))),
            start_on=day(task.start_on),
            due_on=day(task.due_on),
            created_at=created,
            updated_at=milli(task.updated_at or created),
            completed_at=None if task.completed_at is None else milli(task.completed_at),
            estimate_minutes=task.estimate_minutes,
            spent_minutes=task.spent_minutes,
            remaining_minutes=task.remaining_minutes,
            points=task.points,
            percent_complete=None if percent is None else float(round(min(max(percent, 0), 100))),
        )
        extra = {code("fld", task.project_id or "", each.id): each.value for each in task.custom}
        linked = self._linked(task)
        custom = [
            Custom(id=c.id, name=c.name, value=self._custom(c, held, extra, linked))
            for c in self.columns[table]
        ]
        return msgspec.structs.replace(held, custom=tuple(custom))

    def _linked(self, task: Task) -> dict[str, tuple[str, ...]]:
        """By column of links: the records in it. A link is kept where it leads from or to."""
        found: dict[str, list[str]] = defaultdict(list)
        for link in self._links[task.id]:
            held = self._link(link)
            keeper, other = (
                (link.from_id, link.to_id) if link.type == "relates" else (link.to_id, link.from_id)
            )
            if held is not None and keeper == task.id:
                found[link.type].append(record_of(self._task_id(other)))
        return {name: tuple(ids) for name, ids in found.items()}

    def _custom(
        self,
        column: Column,
        task: Task,
        extra: dict[str, CustomValue],
        linked: dict[str, tuple[str, ...]],
    ) -> CustomValue:
        """What the custom field of a column says."""
        if column.field == "":
            return kept(extra.get(column.id), column.type)
        if column.field in LINK_FIELDS:
            return linked.get(column.field)
        value: Any = getattr(task, column.field)
        if column.type == LINKS:
            return (record_of(value),) if value else None
        if value in (None, ()):
            return None
        return float(value) if column.type == "duration" else value

    def _link(self, link: Link) -> Link | None:
        """Only records of one table are linked, and only in ways that a usual column has."""
        home = self._home(link.from_id)
        if link.type not in LINK_FIELDS or home is None or home != self._home(link.to_id):
            return None
        if link.from_id == link.to_id or (Project, home) not in self._source:
            return None
        labels = {"blocks": "Blocked by", "precedes": "Predecessors", "relates": "Related to"}
        return Link(
            id=self._link_id(link),
            type=link.type,
            type_label=labels[link.type],
            from_id=self._task_id(link.from_id),
            to_id=self._task_id(link.to_id),
        )

    def _comment(self, comment: Comment) -> Comment | None:
        home = self._home(comment.task_id)
        if not comment.text or (Project, home or "") not in self._source:
            return None
        at = milli(comment.at)
        changed = None if comment.updated_at is None else milli(comment.updated_at)
        return Comment(
            id=self.ids[Comment, comment.id],
            task_id=self._task_id(comment.task_id),
            author_id=self._who(comment.author_id),
            text=comment.text,
            at=at,
            updated_at=changed if changed != at else None,
        )
