"""Records as monday.com can hold them: its ids, its labels, every field a column."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import msgspec

from connectors.monday.sandbox_implied import (
    implied,
    is_dependency,
    is_left_out,
    latest_activity,
    priority_label,
    shown_change,
    status_and_label,
)
from connectors.monday.sandbox_words import (
    FOUNDED,
    GROUP,
    READER,
    SITE,
    STANDARD,
    WORKSPACE,
    Column,
    column_type,
    day_of,
    held_as,
    is_number,
    log_id,
    moment,
    number_id,
    said,
    second,
    username,
)
from connectors.monday.words import blocked, priority_of, type_of
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
    Status,
    Task,
    Worklog,
)
from connectors.sdk.sandbox import Sandbox

EDITED = frozenset({"status", "priority", "assignee_ids", "due_on", "start_on", "title"})
"""Fields whose edits a board's activity shows."""


class Adoption(Sandbox):
    """The half of the sandbox that takes records in."""

    name = "monday"

    def __init__(self, records: Iterable[Record], now: Callable[[], datetime]) -> None:
        records = [READER, *(each for each in records if not is_left_out(each))]
        self._source = {(type(record), record.id): record for record in records}
        for extra in implied(records):
            if (type(extra), extra.id) not in self._source:
                self._source[type(extra), extra.id] = extra
                records.append(extra)
        self._links = [each for each in records if isinstance(each, Link)]
        self._latest = latest_activity(records, self._root)
        self._extra = self._columns(records)
        super().__init__(records, now)
        self.columns: dict[str, list[Column]] = {
            self._native(Project, board): [*STANDARD, *extra.values()]
            for board, extra in self._extra.items()
        }

    def native_id(self, record: Record) -> str:
        """Numbers; of links and places their ends; a change is called by its entry and field."""
        if isinstance(record, Link):
            return self._link_id(record)
        if isinstance(record, Membership):
            task = self._native(Task, record.task_id)
            home = self._root(record.task_id)
            board = self._native(Project, (home.project_id if home else None) or "")
            return f"project:{board}:{task}"
        if isinstance(record, Change):
            return f"{log_id('change', record.id)}:{record.field}"
        if isinstance(record, Person) and record.kind == "group":
            return f"team:{number_id('team', record.id, digits=8)}"
        if is_number(record.id):
            return record.id
        kind = "Task" if isinstance(record, Milestone) else type(record).__name__
        return number_id(kind, record.id, digits=8 if isinstance(record, Person) else 10)

    def adopt(self, record: Record) -> Record | None:
        """See `Sandbox.adopt`. Kinds that monday.com does not have: none."""
        self.ids.setdefault((type(record), record.id), self.native_id(record))
        hold: dict[type[Record], Callable[[Any], Record | None]] = {
            Project: self._project,
            Person: self._person,
            Task: self._task,
            Milestone: self._milestone,
            Membership: self._membership,
            Link: self._link,
            Comment: self._comment,
            Worklog: self._worklog,
            Change: self._change,
        }
        return hold[type(record)](record) if type(record) in hold else None

    def _native(self, kind: type[Record], id: str) -> str:
        source = self._source.get((kind, id))
        return id if source is None else self.native_id(source)

    def _given(self, id: str | None) -> Task | None:
        task = self._source.get((Task, id or ""))
        return task if isinstance(task, Task) else None

    def _root(self, id: str | None) -> Task | None:
        """The item that a task is, or is a subitem of: there is one level only."""
        task = self._given(id)
        seen: set[str] = set()
        while task is not None and task.id not in seen:
            seen.add(task.id)
            parent = self._given(task.parent_id)
            if parent is None:
                break
            task = parent
        return task

    def _columns(self, records: Iterable[Record]) -> dict[str, dict[str, Column]]:
        """The own columns of each board, by board and field as the records name them."""
        values: dict[str, dict[str, list[CustomValue]]] = defaultdict(lambda: defaultdict(list))
        names: dict[tuple[str, str], str] = {}
        for record in records:
            if isinstance(record, Project):
                values[record.id].update({})
            root = self._root(record.id) if isinstance(record, Task) else None
            if isinstance(record, Task) and root is not None:
                for custom in record.custom:
                    board = root.project_id or ""
                    names[board, custom.id] = custom.name
                    values[board][custom.id].append(custom.value)
        found: dict[str, dict[str, Column]] = {}
        for board, fields in values.items():
            found[board] = {
                key: Column(f"{column_type(held)}_{number_id(key, digits=6)}",
                            names[board, key], column_type(held))
                for key, held in fields.items()
            }  # fmt: skip
        return found

    def _project(self, project: Project) -> Project:
        id = self._native(Project, project.id)
        at = max(filter(None, (project.updated_at, self._latest.get(project.id))), default=FOUNDED)
        return Project(
            id=id,
            name=project.name,
            description=said(project.description),
            url=f"{SITE}/boards/{id}",
            state="active" if project.state == "active" else "archived",
            owner_id=self._native(Person, project.owner_id) if project.owner_id else None,
            created_at=second(project.created_at or FOUNDED),
            updated_at=second(at),
            custom=(Custom(id="workspace", name="Workspace", value=WORKSPACE["name"]),),
        )

    def _person(self, person: Person) -> Person:
        id = self._native(Person, person.id)
        if person.kind == "group":
            return Person(id=id, name=person.name, kind="group")
        return Person(
            id=id,
            name=person.name,
            email=person.email or f"{username(person.name)}@example.com",
            active=person.active is not False,
            time_zone=person.time_zone,
            url=f"{SITE}/users/{id}",
        )

    def _task(self, task: Task) -> Task | None:
        root = self._root(task.id)
        if root is None or root.project_id is None:
            return None
        id, board = self._native(Task, task.id), self._native(Project, root.project_id)
        sub = root.id != task.id
        status, label = status_and_label(task)
        kind = said(task.type_label) or ("Milestone" if task.type == "milestone" else None)
        drawn = task.type == "milestone"
        created = second(task.created_at or FOUNDED)
        over = status in ("done", "cancelled") and task.completed_at is not None
        completed = second(task.completed_at) if over and task.completed_at else None
        priority = priority_label(task)
        people = tuple(dict.fromkeys(self._native(Person, each) for each in task.assignee_ids))
        adopted = Task(
            id=id,
            key=said(task.key),
            project_id=board,
            parent_id=self._native(Task, root.id) if sub else None,
            title=task.title,
            url=f"{SITE}/boards/{board}/pulses/{id}",
            type="milestone" if drawn else "subtask" if sub else type_of(kind),
            type_label=kind,
            status=status,
            status_label=label,
            blocked=blocked(label),
            priority=priority_of(priority),
            priority_label=priority,
            assignee_ids=people,
            reporter_id=self._native(Person, task.reporter_id or READER.id),
            labels=tuple(dict.fromkeys(each for each in task.labels if said(each))),
            start_on=moment(task.start_on),
            due_on=moment(task.due_on),
            created_at=created,
            updated_at=second(task.updated_at or created),
            completed_at=completed if completed and completed >= created else None,
            spent_minutes=task.spent_minutes,
        )
        custom = (*self._standard(task, adopted), *self._own(task, root.project_id))
        return msgspec.structs.replace(adopted, custom=custom)

    def _standard(self, task: Task, adopted: Task) -> list[Custom]:
        """What the standard columns hold, as the custom fields that they are as well."""
        drawn = adopted.type == "milestone"
        spent = adopted.spent_minutes
        values: dict[str, CustomValue] = {
            "person": adopted.assignee_ids or None,
            "status": adopted.status_label,
            "priority": adopted.priority_label,
            "type": adopted.type_label,
            "date4": adopted.due_on,
            "date5": adopted.start_on,
            "dependent_on": self._shown(task, before=True),
            "connect_boards": self._shown(task, before=False),
            "tags": adopted.labels or None,
            "time_tracking": None if spent is None else float(spent),
            "item_id": adopted.key,
        }
        found = []
        for column in STANDARD[2:]:
            if column.type == "timeline":
                ends = (adopted.start_on, adopted.due_on) if drawn else (None, None)
                for name, end in zip(("from", "to"), ends, strict=True):
                    id, title = f"{column.id}.{name}", f"{column.title} {name}"
                    found.append(Custom(id=id, name=title, value=day_of(end)))
            else:
                found.append(Custom(id=column.id, name=column.title, value=values[column.id]))
        return found

    def _shown(self, task: Task, *, before: bool) -> str | None:
        """Names of the linked items: those that go before, or those that have no direction."""
        names = []
        for link in self._links:
            if before and is_dependency(link) and link.to_id == task.id:
                names.append(self._given(link.from_id))
            if not before and not is_dependency(link) and task.id in (link.from_id, link.to_id):
                names.append(self._given(link.to_id if link.from_id == task.id else link.from_id))
        return ", ".join(each.title for each in names if each is not None) or None

    def _own(self, task: Task, board: str) -> list[Custom]:
        held = {custom.id: custom.value for custom in task.custom}
        return [
            Custom(id=column.id, name=column.title, value=held_as(held.get(key), column.type))
            for key, column in self._extra.get(board, {}).items()
        ]

    def _milestone(self, milestone: Milestone) -> Milestone | None:
        given = self._given(milestone.id)
        task = given and self._task(given)
        if task is None:
            return None
        states: dict[Status | None, Any] = {"done": "done", "cancelled": "cancelled"}
        return Milestone(
            id=task.id,
            project_id=task.project_id,
            name=task.title,
            url=task.url,
            state=states.get(task.status, "open"),
            state_label=task.status_label,
            owner_id=next(iter(task.assignee_ids), None),
            start_on=day_of(task.start_on),
            due_on=task.due_on,
            completed_at=task.completed_at,
        )

    def _membership(self, place: Membership) -> Membership | None:
        root = self._root(place.task_id)
        if place.kind != "project" or root is None or root.id != place.task_id:
            return None
        if root.project_id is None:
            return None
        board = self._native(Project, root.project_id)
        return Membership(
            id=self.native_id(place),
            task_id=self._native(Task, place.task_id),
            kind="project",
            container_id=board,
            section=said(place.section) or GROUP,
        )

    def _link_id(self, link: Link) -> str:
        first, last = self._native(Task, link.from_id), self._native(Task, link.to_id)
        if is_dependency(link):
            return f"blocks:{first}:{last}"
        return "relates:" + ":".join(sorted((first, last)))

    def _link(self, link: Link) -> Link | None:
        if link.from_id == link.to_id:
            return None
        first, last = self._native(Task, link.from_id), self._native(Task, link.to_id)
        if not is_dependency(link):
            first, last = sorted((first, last))
            return Link(id=self._link_id(link), type="relates", from_id=first, to_id=last)
        days, rest = divmod(link.lag_minutes or 0, 480)
        return Link(
            id=self._link_id(link),
            type="blocks",
            type_label="finish to start",
            from_id=first,
            to_id=last,
            lag_minutes=None if link.lag_minutes is None or rest else days * 480,
        )

    def _comment(self, comment: Comment) -> Comment:
        return Comment(
            id=self._native(Comment, comment.id),
            task_id=self._native(Task, comment.task_id),
            author_id=self._native(Person, comment.author_id) if comment.author_id else None,
            text=comment.text,
            at=second(comment.at),
            updated_at=comment.updated_at and second(comment.updated_at),
        )

    def _worklog(self, worklog: Worklog) -> Worklog | None:
        root = self._root(worklog.task_id)
        if root is None or worklog.task_id is None or worklog.started_at is None:
            return None
        return Worklog(
            id=self._native(Worklog, worklog.id),
            task_id=self._native(Task, worklog.task_id),
            project_id=self._native(Project, root.project_id or ""),
            person_id=self._native(Person, worklog.person_id) if worklog.person_id else None,
            minutes=worklog.minutes,
            on=second(worklog.started_at).date(),
            started_at=second(worklog.started_at),
            updated_at=worklog.updated_at and second(worklog.updated_at),
        )

    def _change(self, change: Change) -> Change | None:
        """A change that a board's activity shows; None for one of another field."""
        if change.field not in EDITED or self._given(change.task_id) is None:
            return None
        return shown_change(
            msgspec.structs.replace(
                change,
                id=self.native_id(change),
                task_id=self._native(Task, change.task_id),
                author_id=self._native(Person, change.author_id or READER.id),
                old=self._value(change.field, change.old),
                new=self._value(change.field, change.new),
            )
        )

    def _value(self, field: str, value: str | None) -> str | None:
        if value is None or field != "assignee_ids":
            return value
        return ",".join(self._native(Person, each) for each in value.split(",") if each)
