"""Tables, records and comments as Airtable writes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from connectors.airtable.sandbox_words import (
    LINKS,
    PRIORITIES,
    STATUSES,
    TYPES,
    Column,
    Object,
    code,
    record_of,
    stamp,
)
from connectors.sdk.records import Comment, Link, Person, Project, Task

People = Mapping[str, Person]
CHOICES: Mapping[str, Iterable[str]] = {
    "status_label": STATUSES.values(),
    "priority_label": PRIORITIES.values(),
    "type_label": TYPES.values(),
}
FORMATS: Object = {
    "dateFormat": {"name": "iso", "format": "YYYY-MM-DD"},
    "timeFormat": {"name": "24hour", "format": "HH:mm"},
    "timeZone": "utc",
}
OPTIONS: Mapping[str, Object] = {
    "checkbox": {"icon": "check", "color": "greenBright"},
    "date": {"dateFormat": FORMATS["dateFormat"]},
    "dateTime": FORMATS,
    "duration": {"durationFormat": "h:mm"},
    "number": {"precision": 1},
    "percent": {"precision": 0},
    "formula": {"isValid": True, "formula": "1", "result": {"type": "number"}},
    "lastModifiedTime": {
        "isValid": True,
        "referencedFieldIds": [],
        "result": {"type": "dateTime", "options": FORMATS},
    },
}


def table_json(project: Project, columns: Sequence[Column]) -> Object:
    """A table of a base's schema."""
    id = project.id.partition(":")[2]
    return {
        "id": id,
        "name": project.name.rpartition(" / ")[2],
        "primaryFieldId": columns[0].id,
        "fields": [field_json(column, id) for column in columns],
        "views": [{"id": code("viw", id), "name": "Grid view", "type": "grid"}],
    }


def field_json(column: Column, table: str) -> Object:
    """A column of a table."""
    found: Object = {"id": column.id, "name": column.name, "type": column.type}
    if column.type in ("singleSelect", "multipleSelects"):
        choices = [
            {"id": code("sel", column.id, name), "name": name, "color": "blueLight2"}
            for name in CHOICES.get(column.field, ())
        ]
        found["options"] = {"choices": choices}
    elif column.type == LINKS:
        found["options"] = {
            "linkedTableId": table, "isReversed": False, "prefersSingleRecordLink": False,
        }  # fmt: skip
    elif column.type in OPTIONS:
        found["options"] = OPTIONS[column.type]
    return found


def cells_json(
    task: Task, columns: Sequence[Column], links: Sequence[Link], people: People
) -> Object:
    """What a record holds, by column; what is empty or not ticked is left out."""
    custom = {each.id: each.value for each in task.custom}
    found = {}
    for column in columns:
        match column.field:
            case "":
                value = cell(custom.get(column.id), column.type, people)
            case "blocks" | "precedes" as type:
                value = [
                    record_of(each.from_id)
                    for each in links
                    if each.type == type and each.to_id == task.id
                ]
            case "relates":
                value = [
                    record_of(each.to_id)
                    for each in links
                    if each.type == "relates" and each.from_id == task.id
                ]
            case name:
                value = cell(getattr(task, name), column.type, people)
        if value not in (None, "", [], False):
            found[column.id] = value
    return found


def cell(value: Any, type: str, people: People) -> Any:
    """A value as a column of a type shows it."""
    shown = value
    match value, type:
        case None, _:
            pass
        case _, "createdBy":
            shown = collaborator(value, people)
        case _, "multipleCollaborators":
            shown = [collaborator(each, people) for each in value]
        case _, "multipleRecordLinks":
            shown = [record_of(value)]
        case _, "percent":
            shown = value / 100
        case _, "duration":
            shown = value * 60
        case datetime(), _:
            shown = stamp(value)
        case date(), _:
            shown = value.isoformat()
        case tuple(), _:
            shown = list(value)
        case _:
            pass
    return shown


def collaborator(id: str, people: People) -> Object:
    """A person as cells and comments name one."""
    known = people.get(id)
    if known is None:
        return {"id": id}
    return {"id": id, "email": known.email, "name": known.name}


def comment_json(comment: Comment, people: People) -> Object:
    """A comment on a record."""
    found: Object = {
        "id": comment.id.partition(":")[2],
        "createdTime": stamp(comment.at),
        "lastUpdatedTime": None if comment.updated_at is None else stamp(comment.updated_at),
        "text": comment.text,
    }
    if comment.author_id is not None:
        found["author"] = collaborator(comment.author_id, people)
    return found
