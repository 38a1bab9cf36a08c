"""What happened on a board as monday.com's activity tells it. Pure."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

from connectors.monday.sandbox_render import Object, Shelf, date_value, entity
from connectors.monday.sandbox_words import (
    FOUNDED,
    READER,
    Column,
    is_sub,
    log_id,
    moment,
    ticks,
)
from connectors.sdk.records import Change, Task

LOG_TYPES = {"status": "color", "priority": "color", "person": "multiple-person", "date4": "date",
             "date5": "date"}  # fmt: skip
FIELDS = {"status": "status", "priority": "priority", "assignee_ids": "person", "due_on": "date4",
          "start_on": "date5"}  # fmt: skip
EVENTS = {"deleted": "delete_pulse", "archived": "archive_pulse", "moved": "move_pulse_from_board"}


def entry(id: str, at: datetime, event: str, data: Object, user: str | None, place: int) -> Object:
    """One entry; `data` is JSON inside JSON, the time a count of ticks."""
    return {
        "__typename": "ActivityLogType", "id": id, "event": event, "entity": "pulse",
        "data": json.dumps(data), "created_at": ticks(at, place), "user_id": user or READER.id,
        "account_id": "5000001", "at": at,
    }  # fmt: skip


def created(task: Task, board: str) -> Object:
    """An item was made."""
    at = task.created_at or FOUNDED
    data: Object = {"board_id": int(board), "pulse_id": int(task.id), "pulse_name": task.title}
    if is_sub(task):
        data["parent_item_id"] = task.parent_id
    return entry(log_id("create", task.id), at, "create_pulse", data, task.reporter_id, 1)


def left(id: str, at: datetime, reason: str, board: str) -> Object | None:
    """An item went; None for a way of going that activity does not tell."""
    if reason not in EVENTS:
        return None
    data: Object = {"board_id": int(board)}
    data |= {"pulse": {"id": int(id)}} if reason == "moved" else {"pulse_id": int(id)}
    return entry(log_id(reason, id, str(at)), at, EVENTS[reason], data, None, 2)


def edited(change: Change, task: Task, shelf: Shelf, board: str) -> Object | None:
    """A field was edited; None for one that is no column."""
    id = change.id.partition(":")[0] if change.id.count("-") == 4 else log_id("change", change.id)
    data: Object = {"board_id": int(board), "group_id": "topics", "is_top_group": False}
    if change.field == "title":
        data |= {"pulse_id": int(task.id), "value": {"name": change.new},
                 "previous_value": {"name": change.old}}  # fmt: skip
        return entry(id, change.at, "update_name", data, change.author_id, 3)
    column = next((c for c in shelf.columns if c.id == FIELDS.get(change.field)), None)
    if column is None:
        return None
    data |= {
        "pulse_id": int(task.id), "pulse_name": task.title, "column_id": column.id,
        "column_type": LOG_TYPES[column.id], "column_title": column.title,
        "value": _value(column, change.new, change.new_label, shelf),
        "previous_value": _value(column, change.old, change.old_label, shelf),
    }  # fmt: skip
    if column.type != "status":
        data |= {"textual_value": change.new_label, "previous_textual_value": change.old_label}
    return entry(id, change.at, "update_column_value", data, change.author_id, 3)


def _value(column: Column, value: str | None, label: str | None, shelf: Shelf) -> Any:
    if value is None:
        return None
    if column.type == "status":
        done = column.id == "status" and value == "done"
        index = shelf.index(column.id, label or value, done=done)
        told = {
            "index": index,
            "text": label or value,
            "is_done": done,
            "style": {"color": "#00c875"},
        }
        return {"label": told, "post_id": None}
    if column.type == "people":
        held = [entity(each) for each in value.split(",")]
        return {"personsAndTeams": [{**each, "id": int(each["id"])} for each in held]}
    parsed = date.fromisoformat(value) if len(value) == 10 else datetime.fromisoformat(value)
    return date_value(moment(parsed))
