"""What a sandbox needs to say things as Trello says them: ids, lists, fields, edits. Pure."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from datetime import UTC, date, datetime, time
from typing import NamedTuple

from connectors.sdk.records import Change, Column, CustomValue, Record, Status, Task
from connectors.sdk.sandbox import as_text
from connectors.trello.words import COMPLETE, HEX_ID, status_of

SITE = "https://trello.com"
FOUNDED = datetime(2020, 1, 1, tzinfo=UTC)  # when things came to be that do not say when
LISTS: dict[Status, str] = {
    "todo": "To Do",
    "in_progress": "Doing",
    "done": "Done",
    "cancelled": "Cancelled",
}
NO_STATUS = "Parked"
CHECKED = {"todo": "incomplete", "done": "complete"}


class Field(NamedTuple):
    """A custom field of a board; `type` is text, number, checkbox, date or list."""

    id: str
    name: str
    type: str


def hex_id(at: datetime | None, *parts: str) -> str:
    """An id as Trello makes them, stable: seconds in eight hexadecimal digits, sixteen more."""
    seconds = max(0, int((at or FOUNDED).timestamp()))
    return f"{seconds:08x}" + hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def short_link(id: str) -> str:
    """The eight letters of a card's or board's address."""
    return hashlib.sha256(id.encode()).hexdigest()[:8]


def born(id: str) -> datetime:
    """When the thing with an id was made."""
    return datetime.fromtimestamp(int(id[:8], 16), UTC) if HEX_ID.fullmatch(id) else FOUNDED


def to_ms(at: datetime) -> datetime:
    """Trello keeps milliseconds."""
    return at.astimezone(UTC).replace(microsecond=at.microsecond // 1000 * 1000)


def moment(value: date | datetime | None) -> datetime | None:
    """Trello knows no days: a day becomes its noon."""
    if value is None or isinstance(value, datetime):
        return value and to_ms(value)
    return datetime.combine(value, time(12), UTC)


def list_name(status: Status | None, label: str | None) -> str:
    """A list whose name says the status; the tool's own word where it does."""
    if label and label.strip() and status_of(label) == status:
        return label
    return NO_STATUS if status is None else LISTS[status]


def is_marked(task: Task) -> bool:
    """Whether a card is marked complete: its word for "done" is no list's name."""
    label = said(task.status_label)
    if task.status != "done" or label is None:
        return False
    return label == COMPLETE or status_of(label) != "done"


def card_list(task: Task) -> str:
    """The list of a card. One that is marked complete has stayed where it was worked on."""
    return LISTS["in_progress"] if is_marked(task) else list_name(task.status, task.status_label)


Words = tuple[str, str | None, str | None, str | None, str | None]


def edit_of(change: Change, *, on_card: bool) -> Words | None:
    """Trello's name of the field, old and new value, old and new label; None for a field whose
    edits Trello's history does not show."""
    if not on_card:
        return _check_edit(change) if change.field == "status" else None
    match change.field:
        case "status":
            return _list_edit(change)
        case "assignee_ids":
            return _member_edit(change)
        case "due_on" | "start_on":
            name, old, new = change.field[:-3], moment_text(change.old), moment_text(change.new)
        case "title":
            name, old, new = "name", said(change.old), said(change.new)
        case "archived":
            name, old, new = "closed", change.old or "false", change.new or "false"
        case _:
            return None
    return name, old, new, None, None


def _check_edit(change: Change) -> Words:
    before, after = ("todo", "done") if change.new == "done" else ("done", "todo")
    return "state", before, after, CHECKED[before], CHECKED[after]


def _list_edit(change: Change) -> Words | None:
    if change.old is None and change.old_label is None:
        return None  # how a card began is not a change
    left = list_name(_status(change.old), change.old_label)
    entered = list_name(_status(change.new), change.new_label)
    return "idList", status_of(left), status_of(entered), left, entered


def _member_edit(change: Change) -> Words | None:
    """One member at a time: who came, else who went."""
    before, after = ids_of(change.old), ids_of(change.new)
    gained = next((id for id in after if id not in before), None)
    lost = next((id for id in before if id not in after), None)
    if gained is None and lost is None:
        return None
    return "idMembers", None if gained else lost, gained, None, None


def ids_of(value: str | None) -> list[str]:
    """The ids of a list as a change holds it."""
    return [id for id in (value or "").split(",") if id]


def _status(value: str | None) -> Status | None:
    return next((status for status in LISTS if status == value), None)


def moment_text(value: str | None) -> str | None:
    """A day or an instant, as a change holds it, as the instant that Trello makes of it."""
    if value is None:
        return None
    parsed = date.fromisoformat(value) if len(value) == 10 else datetime.fromisoformat(value)
    at = moment(parsed)
    return None if at is None else at.isoformat()


def positions(records: list[Record]) -> dict[str, int]:
    """The place of each column on its board, without gaps."""
    columns = sorted(
        (record for record in records if isinstance(record, Column)),
        key=lambda column: column.position,
    )
    counted: Counter[str | None] = Counter()
    places = {}
    for column in columns:
        places[column.id] = counted[column.project_id]
        counted[column.project_id] += 1
    return places


def number_of(task: Task) -> int:
    digits = re.search(r"(\d+)$", task.key or "")
    return int(digits[1]) if digits else int(hex_id(None, task.id)[-4:], 16)


def said(value: str | None) -> str | None:
    return value if value and value.strip() else None


def field_type(values: list[CustomValue]) -> str:
    held = [value for value in values if value is not None]
    if held and all(isinstance(value, bool) for value in held):
        return "checkbox"
    if held and all(isinstance(value, (int, float)) for value in held):
        return "number"
    if held and all(isinstance(value, date) for value in held):
        return "date"
    short = all(isinstance(value, str) and len(value) < 30 for value in held)
    return "list" if held and short and len(set(held)) <= 20 else "text"


def held_as(value: CustomValue, type: str) -> CustomValue:
    """A value as a field of a type holds it; several values become one text."""
    if value is None:
        return None
    if type == "date" and isinstance(value, date):
        return moment(value)
    if type == "number" and isinstance(value, (int, float)):
        return float(value)
    if type == "checkbox":
        return value
    return said(", ".join(value) if isinstance(value, tuple) else as_text(value))


def username(name: str) -> str:
    """The name in a member's address."""
    return re.sub(r"[^a-z0-9]", "", name.lower()) or "member"
