"""What the columns of a board mean, and the values in them. Pure; total.

monday.com gives a board columns of types and no meaning: there may be three of type `status`.
Which of them is the item's status, owner or date is decided here, in the same way for everyone:
by monday.com's own default ids and titles first, then the first of its type in board order.
README.md says it to the admin, who may decide otherwise with `mapping: {fields: …}`; for that
every column is a custom field as well.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from connectors.monday.values import (
    day,
    day_or_instant,
    identifier,
    json_object,
    number,
    objects,
    part,
    text,
)
from connectors.sdk.contract import Json
from connectors.sdk.records import Custom, CustomValue

STATUS_IDS = ("status", "task_status", "project_status")
PEOPLE_IDS = ("person", "people", "task_owner", "project_owner")
STATUS_TITLE = re.compile(r"^status\b", re.IGNORECASE)
PRIORITY_TITLE = re.compile(r"^priority\b", re.IGNORECASE)
TYPE_TITLE = re.compile(r"^(item |task |issue )?type$", re.IGNORECASE)
PEOPLE_TITLE = re.compile(
    r"^(owner|assignee|person|people|responsible|assigned)s?\b", re.IGNORECASE
)
DUE_TITLE = re.compile(r"\b(due|deadline|end|finish|target)\b", re.IGNORECASE)
START_TITLE = re.compile(r"\b(start|begin|kick[ -]?off)\b", re.IGNORECASE)
NEITHER_TITLE = re.compile(
    r"\b(created?|creation|updated?|completed?|completion|done|closed|actual|request(ed)?|submi\w+)\b",
    re.IGNORECASE,
)

SILENT = frozenset({"name", "subtasks", "button", "creation_log", "last_updated", "group"})
"""Types that say nothing which an item does not say by itself."""

PERSON_KINDS: Mapping[str, str] = {"team": "team:", "agent": "agent:"}
"""Users, teams and agents are counted apart: only a user's id is one without more."""


@dataclass(frozen=True, slots=True)
class Roles:
    """The ids of the columns that fill our fields; None: the board has no such column."""

    status: str | None = None
    priority: str | None = None
    type: str | None = None
    people: str | None = None
    due: str | None = None
    start: str | None = None
    timeline: str | None = None
    key: str | None = None
    time: str | None = None


def roles(columns: Sequence[Json]) -> Roles:
    """Which column is what; the same for the same columns in the same order."""
    typed: dict[str, list[tuple[str, str]]] = {}
    for column in columns:
        id, kind = text(column.get("id")), text(column.get("type"))
        if id and kind and column.get("archived") is not True:
            typed.setdefault(kind, []).append((id, text(column.get("title")) or ""))
    labels = typed.get("status", [])
    priority = _titled(labels, PRIORITY_TITLE)
    kind = _titled(labels, TYPE_TITLE)
    states = [each for each in labels if each[0] not in (priority, kind)]
    dates = typed.get("date", [])
    timeline = _first(typed.get("timeline", []))
    start = _titled(dates, START_TITLE)
    due = _titled([each for each in dates if each[0] != start], DUE_TITLE)
    if due is None and timeline is None:
        plain = [each for each in dates if each[0] != start and not NEITHER_TITLE.search(each[1])]
        due = _first(plain)
    return Roles(
        status=_named(states, STATUS_IDS) or _titled(states, STATUS_TITLE) or _first(states),
        priority=priority,
        type=kind,
        people=_person(typed.get("people", [])),
        due=due,
        start=start,
        timeline=timeline,
        key=_first(typed.get("item_id", [])),
        time=_first(typed.get("time_tracking", [])),
    )


ROOM: Mapping[str, Sequence[str]] = {
    "status": ("status",),
    "blocked": ("status",),
    "priority": ("priority",),
    "assignee_ids": ("people",),
    "start_on": ("start", "timeline"),
    "due_on": ("due", "timeline"),
    "spent_minutes": ("time",),
}
"""By field of a task: the roles of columns, one of which a board needs for it."""


def lacking(columns: Sequence[Json]) -> tuple[str, ...]:
    """Fields of a task that the items of a board with these columns have no room for; nothing is
    concluded from a board that shows no columns at all."""
    if not columns:
        return ()
    found = roles(columns)
    lacks = [
        field for field, names in ROOM.items() if not any(getattr(found, name) for name in names)
    ]
    if not any(each.get("type") == "tags" for each in columns):
        lacks.append("labels")
    return tuple(lacks)


def _person(columns: list[tuple[str, str]]) -> str | None:
    return _named(columns, PEOPLE_IDS) or _titled(columns, PEOPLE_TITLE) or _first(columns)


def _named(columns: list[tuple[str, str]], ids: Sequence[str]) -> str | None:
    held = {id for id, _ in columns}
    return next((id for id in ids if id in held), None)


def _titled(columns: list[tuple[str, str]], title: re.Pattern[str]) -> str | None:
    return next((id for id, name in columns if title.search(name)), None)


def _first(columns: list[tuple[str, str]]) -> str | None:
    return columns[0][0] if columns else None


# --- what a cell holds ----------------------------------------------------------------------


def label_of(cell: Json) -> str | None:
    """The label of a status; None for one that is not set."""
    return text(cell.get("label")) or text(cell.get("text"))


def done_of(cell: Json, column: Json) -> bool | None:
    """Whether the board counts a status as done; None: neither cell nor column says."""
    told = cell.get("is_done")
    if isinstance(told, bool):
        return told
    return index_done(cell.get("index", json_object(cell.get("value")).get("index")), column)


def index_done(index: Any, column: Json) -> bool | None:
    """Whether a label, by its index, is one of the board's done labels."""
    colors = column.get("done")
    if not isinstance(colors, (list, tuple)) or isinstance(index, bool):
        return None
    return index in colors if isinstance(index, int) else None


def done_colors(settings: Any) -> list[int] | None:
    """The indexes of the done labels in a status column's `settings_str`; None: not said."""
    colors = json_object(settings).get("done_colors")
    if not isinstance(colors, list):
        return None
    return [each for each in colors if isinstance(each, int) and not isinstance(each, bool)]


def people_of(cell: Json) -> tuple[str, ...]:
    """Ids of the people and teams in a cell, each once."""
    held = objects(cell.get("persons_and_teams"))
    return entities(held or objects(json_object(cell.get("value")).get("personsAndTeams")))


def entities(held: Sequence[Json]) -> tuple[str, ...]:
    """Ids of people and teams, as `Person` has them."""
    found = []
    for each in held:
        id = identifier(each.get("id"))
        if id is not None:
            found.append(PERSON_KINDS.get(str(each.get("kind")), "") + id)
    return tuple(dict.fromkeys(found))


def date_of(cell: Json) -> date | datetime | None:
    """The day or instant of a date column. Its raw value is in UTC, the rest may not be."""
    raw = json_object(cell.get("value"))
    return day_or_instant(raw.get("date"), raw.get("time")) or day_or_instant(
        cell.get("date"), cell.get("time")
    )


def span_of(cell: Json) -> tuple[date | None, date | None]:
    """The first and the last day of a timeline."""
    raw = json_object(cell.get("value"))
    return (
        day(raw.get("from")) or day(cell.get("from")),
        day(raw.get("to")) or day(cell.get("to")),
    )


def is_milestone(cell: Json) -> bool:
    """Whether a timeline is drawn as a milestone: a person has said that it is one."""
    raw = json_object(cell.get("value"))
    return "milestone" in (raw.get("visualization_type"), cell.get("visualization_type"))


def tags_of(cell: Json) -> tuple[str, ...]:
    """The names of a cell's tags."""
    return _texts(each.get("name") for each in objects(cell.get("tags")))


def minutes_of(cell: Json) -> float | None:
    """The time that a time tracking column has counted; it counts seconds."""
    seconds = number(cell.get("duration"))
    if seconds is None:
        seconds = number(json_object(cell.get("value")).get("duration"))
    return None if seconds is None or seconds < 0 else seconds / 60


def linked(cell: Json) -> list[str]:
    """Ids of the items that a dependency or connection leads to, each once."""
    held = cell.get("linked_item_ids")
    ids = (identifier(each) for each in held) if isinstance(held, (list, tuple)) else ()
    return list(dict.fromkeys(id for id in ids if id is not None))


def custom(item: Json, columns: Mapping[str, Json]) -> Iterator[Custom]:
    """Every column as a custom field; one that the item leaves empty has the value None."""
    seen: set[str] = set()
    for cell in objects(item.get("column_values")):
        id = text(cell.get("id"))
        if id is None or id in seen:
            continue
        seen.add(id)
        column = columns.get(id, {})
        kind = text(cell.get("type")) or text(column.get("type")) or ""
        name = text(column.get("title")) or id
        if kind in SILENT:
            continue
        if kind == "timeline":
            first, last = span_of(cell)
            yield Custom(id=f"{id}.from", name=f"{name} from", value=first)
            yield Custom(id=f"{id}.to", name=f"{name} to", value=last)
            continue
        read = VALUES.get(kind)
        yield Custom(id=id, name=name, value=read(cell) if read else text(cell.get("text")))


def _checked(cell: Json) -> bool | None:
    for told in (cell.get("checked"), json_object(cell.get("value")).get("checked")):
        if isinstance(told, (bool, str)):
            return _FLAGS.get(told)
    return None


_FLAGS: Mapping[bool | str, bool] = {True: True, "true": True, False: False, "false": False}


def _number(cell: Json) -> CustomValue:
    found = number(cell.get("number"))
    return number(cell.get("text")) if found is None else found


def _shown(cell: Json) -> CustomValue:
    """What columns show that hold no value of their own."""
    return text(cell.get("display_value")) or text(cell.get("text"))


def _chosen(cell: Json) -> CustomValue:
    """The labels of a dropdown."""
    found = _texts(each.get("label") for each in objects(cell.get("values")))
    shown = text(cell.get("text"))
    return found or ((shown,) if shown else None)


def _tags(cell: Json) -> CustomValue:
    shown = text(cell.get("text"))
    return tags_of(cell) or ((shown,) if shown else None)


def _texts(values: Any) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each for each in map(text, values) if each is not None))


VALUES: Mapping[str, Callable[[Json], CustomValue]] = {
    "status": label_of,
    "people": lambda cell: people_of(cell) or None,
    "date": date_of,
    "numbers": _number,
    "rating": lambda cell: number(cell.get("rating")),
    "checkbox": _checked,
    "dropdown": _chosen,
    "tags": _tags,
    "time_tracking": minutes_of,
    "mirror": _shown,
    "formula": _shown,
    "board_relation": _shown,
    "dependency": _shown,
}


def written(kind: str, value: Any) -> str | None:
    """A value of an activity entry, by its type there, as history keeps it."""
    held = part({"value": value}, "value")
    read = WRITTEN.get(kind)
    return read(held) if read else text(held.get("text")) or text(held.get("value"))


def _written_date(held: Json) -> str | None:
    found = day_or_instant(held.get("date"), held.get("time"))
    return None if found is None else found.isoformat()


def _written_number(held: Json) -> str | None:
    found = number(held.get("value"))
    return None if found is None else f"{found:g}"


def _written_flag(held: Json) -> str | None:
    found = _checked(held)
    return None if found is None else str(found).lower()


def _written_people(held: Json) -> str | None:
    return ",".join(entities(objects(held.get("personsAndTeams")))) or None


def _written_choice(held: Json) -> str | None:
    return ", ".join(_texts(x.get("name") for x in objects(held.get("chosenValues")))) or None


WRITTEN: Mapping[str, Callable[[Json], str | None]] = {
    "color": lambda held: text(part(held, "label").get("text")),
    "multiple-person": _written_people,
    "date": _written_date,
    "numeric": _written_number,
    "dropdown": _written_choice,
    "boolean": _written_flag,
}
"""By the type of a column as activity calls it, which is not as the API calls it."""
