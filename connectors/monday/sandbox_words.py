"""What the imitation of monday.com needs to say things as monday.com does: ids, labels, columns,
times. Pure."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import NamedTuple

from connectors.sdk.records import CustomValue, Person, Status, Task
from connectors.sdk.sandbox import as_text

SITE = "https://example.monday.com"
FOUNDED = datetime(2020, 1, 1, tzinfo=UTC)  # when things came to be that do not say when
WORKSPACE = {"id": "1000001", "name": "Delivery"}
GROUP = "Group Title"  # as monday.com calls the first group of a new board

LABELS: dict[Status, str] = {
    "todo": "Not Started",
    "in_progress": "Working on it",
    "done": "Done",
    "cancelled": "Cancelled",
}
STUCK = "Stuck"
PRIORITY_LABELS = {1: "Critical", 2: "High", 3: "Medium", 4: "Low", 5: "Best Effort"}


class Column(NamedTuple):
    """A column of a board."""

    id: str
    title: str
    type: str


STANDARD = (
    Column("name", "Name", "name"),
    Column("subtasks", "Subitems", "subtasks"),
    Column("person", "Owner", "people"),
    Column("status", "Status", "status"),
    Column("priority", "Priority", "status"),
    Column("type", "Type", "status"),
    Column("date4", "Due date", "date"),
    Column("date5", "Start date", "date"),
    Column("timeline", "Timeline", "timeline"),
    Column("dependent_on", "Dependent on", "dependency"),
    Column("connect_boards", "Related", "board_relation"),
    Column("tags", "Tags", "tags"),
    Column("time_tracking", "Time", "time_tracking"),
    Column("item_id", "Item ID", "item_id"),
)
"""Every board of the imitation has them; a board's own fields come after."""


def number_id(*parts: str, digits: int = 10) -> str:
    """An id as monday.com makes them: a number. Stable."""
    found = int(hashlib.sha256("\0".join(parts).encode()).hexdigest()[:15], 16)
    return str(10 ** (digits - 1) + found % (9 * 10 ** (digits - 1)))


def is_number(id: str) -> bool:
    return id.isascii() and id.isdecimal() and len(id) >= 6


def log_id(*parts: str) -> str:
    """An id of an entry of activity."""
    return str(uuid.UUID(hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]))


def hidden_board(board_id: str) -> str:
    """The id of the board that holds a board's subitems."""
    return number_id("subitems", board_id)


READER = Person(
    id=number_id("reader", digits=8), name="Flagstaff Reader", email="reader@example.com",
    active=True, url=f"{SITE}/users/{number_id('reader', digits=8)}",
)  # fmt: skip
"""Whose token it is."""


def second(at: datetime) -> datetime:
    """monday.com tells whole seconds."""
    return at.astimezone(UTC).replace(microsecond=0)


def stamp(at: datetime) -> str:
    return second(at).isoformat().replace("+00:00", "Z")


def stamp_ms(at: datetime) -> str:
    return second(at).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def ticks(at: datetime, place: int = 0) -> str:
    """An instant as activity writes it: seventeen digits, 100 ns."""
    return str(int(at.timestamp()) * 10_000_000 + at.microsecond * 10 + place)


def moment(value: date | datetime | None) -> date | datetime | None:
    """A day, or an instant of whole seconds."""
    return second(value) if isinstance(value, datetime) else value


def day_of(value: date | datetime | None) -> date | None:
    """A timeline has days only."""
    return second(value).date() if isinstance(value, datetime) else value


def noon(value: date) -> datetime:
    return datetime.combine(value, time(12), UTC)


def said(value: str | None) -> str | None:
    return value if value and value.strip() else None


def username(name: str) -> str:
    return "".join(each for each in name.lower().replace(" ", ".") if each.isalnum() or each == ".")


def column_type(values: Sequence[CustomValue]) -> str:
    """The type of column that holds values."""
    held = [value for value in values if value is not None]
    if held and all(isinstance(value, bool) for value in held):
        return "checkbox"
    if held and all(isinstance(value, (int, float)) for value in held):
        return "numbers"
    if held and all(isinstance(value, date) for value in held):
        return "date"
    return "dropdown" if held and all(isinstance(value, tuple) for value in held) else "text"


def held_as(value: CustomValue, type: str) -> CustomValue:
    """A value as a column of a type holds it."""
    if value is None or type == "checkbox":
        return value
    if type == "numbers" and isinstance(value, (int, float)):
        return float(value)
    if type == "date" and isinstance(value, date):
        return moment(value)
    if type == "dropdown" and isinstance(value, tuple):
        return value or None
    return said(", ".join(value) if isinstance(value, tuple) else as_text(value))


def is_sub(task: Task) -> bool:
    return task.parent_id is not None
