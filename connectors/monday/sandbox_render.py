"""Records as monday.com's objects: users, items with their cells, updates. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from connectors.monday.sandbox_words import (
    GROUP,
    Column,
    day_of,
    hidden_board,
    is_sub,
    moment,
    noon,
    number_id,
    second,
    stamp,
    stamp_ms,
)
from connectors.sdk.records import Change, Comment, Custom, Link, Person, Project, Task, Worklog

Object = dict[str, Any]


@dataclass
class Shelf:
    """A board with what lies on it, and the hidden board of its subitems beside it."""

    board: Project
    columns: list[Column]
    items: list[Task] = field(default_factory=list)
    subitems: list[Task] = field(default_factory=list)
    sections: dict[str, str] = field(default_factory=dict)  # by item
    labels: dict[tuple[str, str, bool], int] = field(default_factory=dict)
    changed: dict[bool, datetime] = field(default_factory=dict)  # by whether it is the hidden one

    @property
    def hidden_id(self) -> str:
        return hidden_board(self.board.id)

    def index(self, column: str, label: str, *, done: bool) -> int:
        """The number of a label in its column; the first done one has 1, as in a new board."""
        key = (column, label, done)
        if key not in self.labels:
            taken = {index for (each, *_), index in self.labels.items() if each == column}
            order = (1, *range(6, 200)) if done else (0, 2, 3, 4, *range(6, 200))
            self.labels[key] = next(number for number in order if number not in taken)
        return self.labels[key]

    def settings(self, column: Column) -> str:
        """`settings_str` of a column."""
        if column.type == "subtasks":
            return json.dumps({"allowMultipleItems": True, "boardIds": [int(self.hidden_id)]})
        if column.type != "status":
            return "{}"
        mine = [(key, index) for key, index in self.labels.items() if key[0] == column.id]
        return json.dumps(
            {
                "done_colors": [index for (_, _, done), index in mine if done],
                "labels": {str(index): label for (_, label, _), index in mine},
            }
        )

    def add(self, task: Task) -> None:
        """Put an item on the board, a subitem on the hidden one; its labels come to be."""
        (self.subitems if is_sub(task) else self.items).append(task)
        self.touch(task.updated_at, hidden=is_sub(task))
        for column, label in (
            ("status", task.status_label),
            ("priority", task.priority_label),
            ("type", task.type_label),
        ):
            if label is not None:
                self.index(column, label, done=column == "status" and task.status == "done")

    def remember(self, change: Change) -> None:
        """Labels that items had once are still labels of their column."""
        if change.field in ("status", "priority"):
            sides = ((change.old, change.old_label), (change.new, change.new_label))
            for value, label in sides:
                if value is not None:
                    done = change.field == "status" and value == "done"
                    self.index(change.field, label or value, done=done)

    def touch(self, at: datetime | None, *, hidden: bool) -> None:
        if at is not None:
            self.changed[hidden] = max(self.changed.get(hidden, at), at)

    def group(self, task: Task) -> Object:
        title = "Subitems" if is_sub(task) else self.sections.get(task.id, GROUP)
        return {"__typename": "Group", "id": f"group_{number_id(title, digits=6)}", "title": title}

    def groups(self, *, hidden: bool) -> list[Object]:
        held = self.subitems if hidden else self.items
        return list({group["id"]: group for group in map(self.group, held)}.values())


def user_json(person: Person) -> Object:
    return {
        "__typename": "User", "id": person.id, "name": person.name, "email": person.email or "",
        "status": "INACTIVE" if person.active is False else "ACTIVE", "is_deleted": False,
        "url": person.url, "time_zone_identifier": person.time_zone,
        "account": {"id": "5000001", "name": "Example Ltd", "slug": "example"},
    }  # fmt: skip


def update_json(comment: Comment, item: Callable[[], Object | None]) -> Object:
    edited = comment.updated_at or comment.at
    return {
        "__typename": "Update", "id": comment.id, "item_id": comment.task_id,
        "body": comment.text, "text_body": comment.text, "creator_id": comment.author_id,
        "created_at": stamp_ms(comment.at), "updated_at": stamp_ms(edited), "replies": [],
        "item": lambda _args: item(),
    }  # fmt: skip


@dataclass(frozen=True)
class Around:
    """What an item's cells show of other records."""

    tasks: Mapping[str, Task]
    before: Mapping[str, list[Link]]  # dependencies, by the item that waits
    related: Mapping[str, list[str]]  # ids of items, by item
    sessions: Mapping[str, list[Worklog]]  # by item


def item_json(task: Task, shelf: Shelf, around: Around, state: str = "active") -> Object:
    """An item with its cells; what is nested is made when it is asked for."""
    board = shelf.hidden_id if is_sub(task) else shelf.board.id
    parent = None
    if task.parent_id is not None:
        home = {"__typename": "Board", "id": shelf.board.id}
        parent = {"__typename": "Item", "id": task.parent_id, "board": home}
    return {
        "__typename": "Item",
        "id": task.id,
        "name": task.title,
        "state": state,
        "created_at": task.created_at and stamp(task.created_at),
        "updated_at": task.updated_at and stamp(task.updated_at),
        "creator_id": task.reporter_id,
        "url": task.url,
        "board": {"__typename": "Board", "id": board},
        "group": shelf.group(task),
        "parent_item": parent,
        "subitems": [
            {"__typename": "Item", "id": each.id}
            for each in shelf.subitems
            if each.parent_id == task.id
        ],
        "column_values": lambda _args: list(_cells(task, shelf, around)),
    }


def _cells(task: Task, shelf: Shelf, around: Around) -> Iterable[Object]:
    own = {custom.id: custom for custom in task.custom}
    for column in shelf.columns:
        if column.type == "name" or (column.type == "subtasks" and is_sub(task)):
            continue
        made = _STANDARD[column.id](task, shelf, around) if column.id in _STANDARD else _own(
            own.get(column.id), column)  # fmt: skip
        empty: Object = {"text": None, "value": None, "updated_at": None}
        yield {"id": column.id, "type": column.type, **empty, **made}


def _status(column: str) -> Callable[[Task, Shelf, Around], Object]:
    def cell(task: Task, shelf: Shelf, around: Around) -> Object:  # noqa: ARG001
        label = {"status": task.status_label, "priority": task.priority_label,
                 "type": task.type_label}[column]  # fmt: skip
        done = column == "status" and task.status == "done"
        if label is None:
            return {"__typename": "StatusValue", "label": None, "index": None, "is_done": None}
        index = shelf.index(column, label, done=done)
        value: Object = {"index": index, "post_id": None}
        if column == "status" and task.completed_at is not None:
            value["changed_at"] = stamp_ms(task.completed_at)
        return {
            "__typename": "StatusValue", "label": label, "index": index, "is_done": done,
            "text": label, "value": json.dumps(value), "updated_at": value.get("changed_at"),
        }  # fmt: skip

    return cell


def _people(task: Task, shelf: Shelf, around: Around) -> Object:  # noqa: ARG001
    held = [entity(each) for each in task.assignee_ids]
    value = json.dumps({"personsAndTeams": [{**e, "id": int(e["id"])} for e in held]})
    return {
        "__typename": "PeopleValue", "persons_and_teams": held, "text": "",
        "value": value if held else None,
    }  # fmt: skip


def entity(id: str) -> Object:
    """A person or team, as cells name them."""
    kind = "team" if id.startswith("team:") else "person"
    return {"id": id.removeprefix("team:"), "kind": kind}


def date_value(value: date | datetime | None) -> Object | None:
    """The raw value of a date; its time is in UTC."""
    if value is None:
        return None
    if isinstance(value, datetime):
        return {"date": second(value).date().isoformat(), "time": second(value).time().isoformat()}
    return {"date": value.isoformat()}


def _date(value: date | datetime | None) -> Object:
    raw = date_value(moment(value))
    return {
        "__typename": "DateValue", "date": raw and raw["date"], "time": raw and raw.get("time"),
        "text": raw["date"] if raw else "", "value": raw and json.dumps(raw),
    }  # fmt: skip


def _timeline(task: Task, shelf: Shelf, around: Around) -> Object:  # noqa: ARG001
    drawn = task.type == "milestone"
    first, last = (day_of(task.start_on), day_of(task.due_on)) if drawn else (None, None)
    raw = {"from": first and first.isoformat(), "to": last and last.isoformat()}
    kind = "milestone" if drawn else None
    return {
        "__typename": "TimelineValue", **raw, "visualization_type": kind,
        "value": json.dumps({**raw, "visualization_type": kind}) if drawn else None,
    }  # fmt: skip


def _names(ids: Iterable[str], around: Around) -> str:
    return ", ".join(around.tasks[id].title for id in ids if id in around.tasks)


def _dependency(task: Task, shelf: Shelf, around: Around) -> Object:  # noqa: ARG001
    links = around.before.get(task.id, [])
    ids = [link.from_id for link in links]
    return {
        "__typename": "DependencyValue", "display_value": _names(ids, around),
        "linked_item_ids": ids,
        "dependency_links": [
            {
                "linked_item_id": link.from_id, "dependency_type": 0,
                "lag": None if link.lag_minutes is None else link.lag_minutes // 480,
            }
            for link in links
        ],
    }  # fmt: skip


def _related(task: Task, shelf: Shelf, around: Around) -> Object:  # noqa: ARG001
    ids = around.related.get(task.id, [])
    return {
        "__typename": "BoardRelationValue", "display_value": _names(ids, around),
        "linked_item_ids": ids,
    }  # fmt: skip


def _tags(task: Task, shelf: Shelf, around: Around) -> Object:  # noqa: ARG001
    tags = [{"id": number_id(name, digits=7), "name": name} for name in task.labels]
    return {"__typename": "TagsValue", "tags": tags, "text": ", ".join(task.labels)}


def _time(task: Task, shelf: Shelf, around: Around) -> Object:  # noqa: ARG001
    spent = task.spent_minutes
    return {
        "__typename": "TimeTrackingValue", "running": False,
        "duration": None if spent is None else spent * 60,
        "history": [
            {
                "id": each.id, "started_user_id": each.person_id,
                "started_at": stamp(each.started_at or noon(each.on)),
                "ended_at": stamp(
                    (each.started_at or noon(each.on)) + timedelta(minutes=each.minutes)
                ),
                "updated_at": each.updated_at and stamp(each.updated_at),
            }
            for each in around.sessions.get(task.id, [])
        ],
    }  # fmt: skip


_STANDARD: Mapping[str, Callable[[Task, Shelf, Around], Object]] = {
    "subtasks": lambda *_: {"__typename": "SubtasksValue"},
    "person": _people,
    "status": _status("status"),
    "priority": _status("priority"),
    "type": _status("type"),
    "date4": lambda task, *_: _date(task.due_on),
    "date5": lambda task, *_: _date(task.start_on),
    "timeline": _timeline,
    "dependent_on": _dependency,
    "connect_boards": _related,
    "tags": _tags,
    "time_tracking": _time,
    "item_id": lambda task, *_: {"__typename": "ItemIdValue", "text": task.key},
}


def _own(custom: Custom | None, column: Column) -> Object:
    value = custom.value if custom is not None else None
    match column.type:
        case "checkbox":
            raw = None if value is None else json.dumps({"checked": value})
            return {"__typename": "CheckboxValue", "checked": value, "value": raw}
        case "numbers":
            shown = "" if value is None else f"{value:g}"
            return {"__typename": "NumbersValue", "number": value, "text": shown}
        case "date":
            return _date(value if isinstance(value, date) else None)
        case "dropdown":
            names = value if isinstance(value, tuple) else ()
            return {"__typename": "DropdownValue", "values": [{"label": name} for name in names]}
        case _:
            return {"__typename": "TextValue", "text": value or ""}
