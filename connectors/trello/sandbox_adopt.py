"""Records as Trello can hold them: its ids, its lists, what it has no place for left out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

from connectors.sdk.records import (
    Change,
    Column,
    Comment,
    Custom,
    CustomValue,
    Link,
    Person,
    Project,
    Record,
    Status,
    Task,
)
from connectors.sdk.sandbox import Sandbox
from connectors.trello.sandbox_words import (
    CHECKED,
    SITE,
    Field,
    born,
    card_list,
    edit_of,
    field_type,
    held_as,
    hex_id,
    is_marked,
    moment,
    number_of,
    positions,
    said,
    short_link,
    to_ms,
    username,
)
from connectors.trello.words import BLOCKED_WORDS, COMPLETE, HEX_ID, status_of


class Adoption(Sandbox):
    """The half of the sandbox that takes records in."""

    name = "trello"

    def __init__(self, records: Iterable[Record], now: Callable[[], datetime]) -> None:
        records = list(records)
        self._source = {(type(record), record.id): record for record in records}
        records.extend(self._missing_columns(records))
        self._positions = positions(records)
        self._latest = self._activity(records)
        self.fields = self._custom_fields(records)
        super().__init__(records, now)
        self.native_fields = {
            self.ids[Project, board]: tuple(fields.values())
            for board, fields in self.fields.items()
            if (Project, board) in self.ids
        }

    def native_id(self, record: Record) -> str:
        """24 hexadecimal digits; a change is named by its action and field, a link by its ends."""
        if HEX_ID.fullmatch(record.id):
            return record.id
        if isinstance(record, Link):
            first, second = sorted(self._native(Task, id) for id in (record.from_id, record.to_id))
            return f"relates:{first}:{second}"
        kind = type(record).__name__
        at = getattr(record, "created_at", None) or getattr(record, "at", None)
        id = hex_id(at, kind, record.id)
        return f"{id}:{record.field}" if isinstance(record, Change) else id

    def adopt(self, record: Record) -> Record | None:
        """See `Sandbox.adopt`. Kinds that Trello does not have: none."""
        self.ids.setdefault((type(record), record.id), self.native_id(record))
        hold: dict[type[Record], Callable[[Any], Record | None]] = {
            Project: self._project,
            Person: self._person,
            Task: self._task_of,
            Column: self._column,
            Link: self._link,
            Comment: self._comment,
            Change: self._change,
        }
        return hold[type(record)](record) if type(record) in hold else None

    def _person(self, person: Person) -> Person:
        return Person(
            id=self._native(Person, person.id),
            name=person.name,
            active=person.active is not False,
            url=f"{SITE}/{username(person.name)}",
        )

    def _task_of(self, task: Task) -> Task | None:
        return self._item(task) if self._is_item(task) else self._card(task)

    def _native(self, kind: type[Record], id: str) -> str:
        known = self.ids.get((kind, id)) if hasattr(self, "ids") else None
        source = self._source.get((kind, id))
        return known or (id if source is None else self.native_id(source))

    def _task(self, id: str | None) -> Task | None:
        task = self._source.get((Task, id or ""))
        return task if isinstance(task, Task) else None

    def _is_item(self, task: Task) -> bool:
        """A part of a card (not of an epic, which Trello does not have) is a checklist item."""
        parent = self._task(task.parent_id)
        return parent is not None and parent is not task and parent.type != "epic"

    def _root(self, task: Task) -> Task:
        """The card that a task is part of; checklists have one level only."""
        seen = {task.id}
        while self._is_item(task):
            parent = self._task(task.parent_id)
            if parent is None or parent.id in seen:
                break
            seen.add(parent.id)
            task = parent
        return task

    def _cards(self, records: Iterable[Record]) -> Iterator[Task]:
        for record in records:
            if isinstance(record, Task) and not self._is_item(record):
                yield record

    def _missing_columns(self, records: list[Record]) -> list[Column]:
        """A list for every status label that a card has and no column is there for."""
        held = {(each.project_id, each.name) for each in records if isinstance(each, Column)}
        wanted = dict.fromkeys((card.project_id, card_list(card)) for card in self._cards(records))
        return [
            Column(
                id=f"{board}/{name}", project_id=board, board_id=board, name=name, position=10**6
            )
            for board, name in wanted
            if board is not None and (board, name) not in held
        ]

    def _custom_fields(self, records: list[Record]) -> dict[str, dict[str, Field]]:
        """The custom fields of each board, by board and field as the records name them."""
        values: dict[tuple[str, str], list[CustomValue]] = defaultdict(list)
        names: dict[tuple[str, str], str] = {}
        for card in self._cards(records):
            for custom in card.custom:
                key = (card.project_id or "", custom.id)
                names[key] = custom.name
                values[key].append(custom.value)
        fields: dict[str, dict[str, Field]] = defaultdict(dict)
        for (board, field), held in values.items():
            id = hex_id(None, "CustomField", board, field)
            fields[board][field] = Field(id, names[board, field], field_type(held))
        return fields

    def _activity(self, records: list[Record]) -> dict[str, datetime]:
        """When something last happened on each board, by its id in the records."""
        moments: dict[str, list[datetime]] = defaultdict(list)
        for card in self._cards(records):
            at = card.updated_at or born(self._native(Task, card.id))
            moments[card.project_id or ""].append(at)
        for record in records:
            task = self._task(record.task_id) if isinstance(record, Comment) else None
            if isinstance(record, Comment) and task is not None:
                moments[task.project_id or ""].append(record.at)
        return {board: max(held) for board, held in moments.items()}

    def _project(self, project: Project) -> Project:
        id = self._native(Project, project.id)
        latest = max(filter(None, (project.updated_at, self._latest.get(project.id))), default=None)
        return Project(
            id=id,
            name=project.name,
            description=said(project.description),
            url=f"{SITE}/b/{short_link(id)}",
            state="active" if project.state == "active" else "closed",
            created_at=born(id),
            updated_at=to_ms(latest) if latest else born(id),
        )

    def _column(self, column: Column) -> Column | None:
        board = self._source.get((Project, column.project_id or ""))
        if not isinstance(board, Project):
            return None
        board_id = self._native(Project, board.id)
        return Column(
            id=self._native(Column, column.id),
            project_id=board_id,
            board_id=board_id,
            board_name=board.name,
            name=column.name,
            position=self._positions.get(column.id, 0),
            status_labels=(column.name,),
            wip_max=column.wip_max,
        )

    def _card(self, task: Task) -> Task | None:
        if task.project_id is None:
            return None
        id = self._native(Task, task.id)
        role = task.type_label if task.type == "other" else None
        column = card_list(task)
        labels = dict.fromkeys(label for label in task.labels if label.strip())
        if task.blocked and not any(map(BLOCKED_WORDS.search, (*labels, column))):
            labels["Blocked"] = None
        fields = self.fields.get(task.project_id, {})
        values = {custom.id: custom.value for custom in task.custom}
        return Task(
            id=id,
            key=f"#{number_of(task)}",
            project_id=self._native(Project, task.project_id),
            title=task.title,
            description=said(task.description),
            url=f"{SITE}/c/{short_link(id)}",
            type="other" if role else "task",
            type_label=role,
            status="done" if task.status == "done" else status_of(column),
            status_label=COMPLETE if is_marked(task) else column,
            blocked=any(map(BLOCKED_WORDS.search, (*labels, column))),
            assignee_ids=tuple(dict.fromkeys(self._native(Person, id) for id in task.assignee_ids)),
            labels=tuple(labels),
            start_on=moment(task.start_on),
            due_on=moment(task.due_on),
            created_at=born(id),
            updated_at=to_ms(task.updated_at) if task.updated_at else born(id),
            archived=bool(task.archived),
            custom=tuple(
                Custom(id=field.id, name=field.name, value=held_as(values.get(key), field.type))
                for key, field in fields.items()
            ),
        )

    def _item(self, task: Task) -> Task | None:
        card = self._root(task)
        if card.project_id is None:
            return None
        id, card_id = self._native(Task, task.id), self._native(Task, card.id)
        status: Status = "done" if task.status == "done" else "todo"
        return Task(
            id=id,
            project_id=self._native(Project, card.project_id),
            parent_id=card_id,
            title=task.title,
            url=f"{SITE}/c/{short_link(card_id)}",
            type="subtask",
            status=status,
            status_label=CHECKED[status],
            assignee_ids=tuple(self._native(Person, id) for id in task.assignee_ids[:1]),
            due_on=moment(task.due_on),
            created_at=born(id),
            archived=bool(card.archived),
        )

    def _on_card(self, id: str | None) -> bool:
        task = self._task(id)
        return task is None or not self._is_item(task)

    def _link(self, link: Link) -> Link | None:
        """Trello has no dependencies: any link is an attachment that points to the other card."""
        first, second = sorted(self._native(Task, id) for id in (link.from_id, link.to_id))
        if first == second or not (self._on_card(link.from_id) and self._on_card(link.to_id)):
            return None
        id = f"relates:{first}:{second}"
        return Link(id=id, type="relates", from_id=first, to_id=second)

    def _comment(self, comment: Comment) -> Comment | None:
        if not self._on_card(comment.task_id):
            return None
        return Comment(
            id=self._native(Comment, comment.id),
            task_id=self._native(Task, comment.task_id),
            author_id=comment.author_id and self._native(Person, comment.author_id),
            text=said(comment.text) or "",
            at=to_ms(comment.at),
            updated_at=comment.updated_at and to_ms(comment.updated_at),
        )

    def _change(self, change: Change) -> Change | None:
        """A change that Trello's history shows; None for one of another field."""
        edit = edit_of(change, on_card=self._on_card(change.task_id))
        if edit is None:
            return None
        label, old, new, old_label, new_label = edit
        if change.field == "assignee_ids":
            old, new = (value and self._native(Person, value) for value in (old, new))
        return Change(
            id=self._native(Change, change.id),
            task_id=self._native(Task, change.task_id),
            at=to_ms(change.at),
            author_id=change.author_id and self._native(Person, change.author_id),
            field=change.field,
            field_label=label,
            old=old,
            new=new,
            old_label=old_label,
            new_label=new_label,
        )
