"""Which field of a board says what, and what its words mean. Pure.

A board's fields are its owner's: GitHub says their types and names, and no meaning. The order of
the names here decides, then the order on the board, so that the same board is always read alike.
README.md says it to the admin, who may decide otherwise with `mapping: {fields: …}`; for that
every field is a custom field as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from connectors.github.words import day, number, text
from connectors.sdk.contract import Json
from connectors.sdk.records import Custom, CustomValue, Status

CHOICE, DATE, NUMBER, ITERATION, TEXT = "SINGLE_SELECT", "DATE", "NUMBER", "ITERATION", "TEXT"
KINDS = frozenset({CHOICE, DATE, NUMBER, ITERATION, TEXT})
"""Types that hold something of their own; the others repeat what the issue says."""


@dataclass(frozen=True, slots=True)
class Role:
    """How a field with a meaning is known: by its type and a usual name."""

    kind: str
    names: Sequence[str]


ROLES: Mapping[str, Role] = {
    "status": Role(CHOICE, ("status", "state", "stage")),
    "priority": Role(CHOICE, ("priority",)),
    "start": Role(
        DATE,
        (
            "start", "start date", "start on", "planned start", "planned start date", "begin",
            "begin date",
        ),
    ),
    "due": Role(
        DATE,
        (
            "due", "due date", "due on", "deadline", "target", "target date", "end", "end date",
            "finish", "finish date", "target end date", "planned end", "planned end date",
        ),
    ),
    "points": Role(
        NUMBER, ("points", "story points", "estimate", "estimate points", "effort", "size")
    ),
}  # fmt: skip

ROOM: Mapping[str, str] = {
    "start_on": "start", "due_on": "due", "priority": "priority", "points": "points",
}  # fmt: skip
"""By field of a task: the meaning of a board's field that it needs."""

_STATUSES: Mapping[Status, tuple[str, ...]] = {
    "todo": (
        "not started", "not yet started", "to do", "todo", "backlog", "new", "open", "ready",
    ),
    "in_progress": (
        "in progress", "started", "doing", "ongoing", "underway", "under way", "wip",
        "work in progress", "in development", "in review", "in testing", "working on it",
    ),
    "done": ("complete", "completed", "done", "finished", "closed", "resolved"),
    "cancelled": ("cancelled", "canceled", "abandoned", "dropped", "won't do"),
}  # fmt: skip
STATUS_WORDS: Mapping[str, Status] = {
    each: status for status, words in _STATUSES.items() for each in words
}
"""Only words that nobody means otherwise; all else is the admin's to map."""

PRIORITIES: Mapping[str, int] = {
    "critical": 1, "highest": 1, "urgent": 1, "p0": 1, "p1": 1,
    "high": 2, "p2": 2,
    "medium": 3, "normal": 3, "p3": 3,
    "low": 4, "p4": 4,
    "lowest": 5, "trivial": 5, "p5": 5,
}  # fmt: skip

_ORNAMENTS = re.compile(r"^[^\w]+|[^\w]+$")
_NUMBERING = re.compile(r"^\d+\s*[.):-]\s*")
_BREAKS = re.compile(r"[\s_-]+")


def plain(said: str) -> str:
    """A word without case, ornaments and numbering: ``"3. 🚧 In-Progress:"`` → ``in progress``."""
    bare = _NUMBERING.sub("", said.strip().casefold().replace("\u2019", "'"))
    return _BREAKS.sub(" ", _ORNAMENTS.sub("", bare))


def status_of(said: str | None) -> Status | None:
    """What a board's status word unmistakably means; None: nothing that we know."""
    return None if said is None else STATUS_WORDS.get(plain(said))


def priority_of(said: str | None) -> int | None:
    """1 (highest) … 5 (lowest); None: a word that we do not know."""
    return None if said is None else PRIORITIES.get(plain(said))


def by_role(fields: Sequence[Json]) -> Mapping[str, Json]:
    """The field for each meaning that the board has one for."""
    found = {name: _field(fields, role) for name, role in ROLES.items()}
    return {name: field for name, field in found.items() if field is not None}


def _field(fields: Sequence[Json], role: Role) -> Json | None:
    named = [
        (plain(text(field.get("name")) or ""), field)
        for field in fields
        if field.get("type") == role.kind
    ]
    return next((field for wanted in role.names for name, field in named if name == wanted), None)


def lacking(boards: Sequence[Sequence[Json]]) -> tuple[str, ...]:
    """Fields of a task that issues on boards of these fields have no room for; on none: all."""
    there = {role for fields in boards for role in by_role(fields)}
    return tuple(field for field, role in ROOM.items() if role not in there)


def value_of(field: Json) -> CustomValue:
    """What a field holds; None for one that is empty."""
    value = field.get("value")
    match field.get("type"):
        case "DATE":
            return day(value)
        case "NUMBER":
            return number(value)
        case _:
            return text(value)


def customs(fields: Sequence[Json]) -> Iterator[Custom]:
    """Every field as a custom field, by its id; an empty one has the value None."""
    for field in fields:
        id = text(field.get("id"))
        if id is not None and text(field.get("type")) in KINDS:
            yield Custom(id=id, name=text(field.get("name")) or id, value=value_of(field))


def iteration_id(field: str, iteration: str) -> str:
    """What we call an iteration: its own id is unique within its field only."""
    return f"{field}:{iteration}"
