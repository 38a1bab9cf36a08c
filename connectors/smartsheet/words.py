"""Which column of a sheet says what, and what its words mean. Pure.

A sheet's columns are its owner's. What Smartsheet itself says of one (its tag, that it is a
system column) decides; else its type together with a usual title. Within either the order of the
lists here decides, then the leftmost column, so that the same sheet is always read alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from connectors.sdk.contract import Json
from connectors.sdk.records import Status
from connectors.sdk.vocabulary import FieldName, Vocabulary, plain_type
from connectors.smartsheet.values import CONTACT_TYPES, DATE_TYPES, ident, objects, text


@dataclass(frozen=True, slots=True)
class Role:
    """How a column with a meaning is known: its types; then its tags; then its titles.

    `unique`: a sheet has but one column of the type, whatever it is called.
    """

    types: Sequence[str]
    tags: Sequence[str] = ()
    titles: Sequence[str] = ()
    unique: bool = False


_CHOICE = ("PICKLIST", "TEXT_NUMBER")

ROLES: Mapping[str, Role] = {
    "start": Role(
        DATE_TYPES,
        ("GANTT_START_DATE", "CALENDAR_START_DATE"),
        ("start", "start date", "planned start", "planned start date", "begin", "begin date"),
    ),
    "due": Role(
        DATE_TYPES,
        ("GANTT_END_DATE", "CALENDAR_END_DATE"),
        (
            "due", "due date", "finish", "finish date", "end", "end date", "deadline",
            "target date", "target end date", "planned finish", "planned end", "planned end date",
        ),
    ),
    "percent": Role(
        ("TEXT_NUMBER",),
        ("GANTT_PERCENT_COMPLETE",),
        ("% complete", "percent complete", "% completed", "% done", "percentage complete"),
    ),
    "assignees": Role(
        CONTACT_TYPES,
        ("GANTT_ASSIGNED_RESOURCE",),
        (
            "assigned to", "assignee", "assignees", "assigned", "owner", "task owner",
            "responsible", "resource", "resources", "assigned resource",
        ),
    ),
    "status": Role(
        _CHOICE, (), ("status", "task status", "state", "stage", "workflow status", "work status")
    ),
    "done": Role(
        ("CHECKBOX",),
        ("CARD_DONE",),
        ("done", "done?", "complete", "complete?", "completed", "completed?", "finished"),
    ),
    "priority": Role(_CHOICE, (), ("priority", "task priority")),
    "labels": Role(("MULTI_PICKLIST", "PICKLIST"), (), ("labels", "label", "tags", "tag")),
    "blocked": Role(("CHECKBOX",), (), ("blocked", "blocked?", "is blocked")),
    "duration": Role(("DURATION",), ("GANTT_DURATION",), ("duration",)),
    "predecessors": Role(("PREDECESSOR",), ("GANTT_PREDECESSOR",), unique=True),
}  # fmt: skip

ROOM: Mapping[str, Sequence[str]] = {
    "status": ("status", "done", "percent"),
    "blocked": ("blocked", "status"),
    "priority": ("priority",),
    "assignee_ids": ("assignees",),
    "labels": ("labels",),
    "start_on": ("start",),
    "due_on": ("due",),
    "percent_complete": ("percent",),
}
"""By field of a task: the meanings of columns, one of which a sheet needs for it."""

FILLS: Mapping[str, str] = {
    "start": "start_on", "due": "due_on", "percent": "percent_complete",
    "assignees": "assignee_ids", "status": "status", "done": "status", "priority": "priority",
    "labels": "labels", "blocked": "blocked",
}  # fmt: skip
"""By meaning of a column: the field of a task that it fills."""
TYPES: Mapping[str, str] = {
    "TEXT_NUMBER": "text or number", "PICKLIST": "one of a list",
    "MULTI_PICKLIST": "several of a list",
    "CONTACT_LIST": "person", "MULTI_CONTACT_LIST": "people",
    "ABSTRACT_DATETIME": "date and time",
}  # fmt: skip

_STATUSES: Mapping[Status, tuple[str, ...]] = {
    "todo": ("not started", "not yet started", "to do", "todo", "backlog", "new", "open"),
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

BLOCKED_WORDS = frozenset({"blocked", "on hold", "impeded"})
PRIORITIES = {
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
    """What a sheet's status word unmistakably means; None: nothing that we know."""
    return None if said is None else STATUS_WORDS.get(plain(said))


def priority_of(said: str | None) -> int | None:
    """1 (highest) … 5 (lowest); None: a word that we do not know."""
    return None if said is None else PRIORITIES.get(plain(said))


def says_blocked(said: str | None) -> bool:
    """Whether a status word says that the work cannot go on."""
    return said is not None and plain(said) in BLOCKED_WORDS


def columns_by_role(fields: Sequence[Json]) -> Mapping[str, Json]:
    """The column for each meaning that the sheet has one for."""
    found = {name: _column(fields, role) for name, role in ROLES.items()}
    return {name: field for name, field in found.items() if field is not None}


def lacking(fields: Sequence[Json]) -> tuple[str, ...]:
    """Fields of a task that rows of these columns have no room for."""
    there = columns_by_role(fields).keys()
    return tuple(field for field, roles in ROOM.items() if not there & set(roles))


def vocabulary(sheets: Iterable[Json]) -> Vocabulary:
    """What there is to map in some sheets: the choices of their status columns, what a ticked box
    is called, and every column."""
    columns = [objects(sheet.get("columns")) for sheet in sheets]
    told = [columns_by_role(each) for each in columns]
    return Vocabulary.of(
        (word for each in told for word in _status_words(each)),
        (field for each in columns for field in _field_names(each)),
        free=any(each.get("status", {}).get("type") == "TEXT_NUMBER" for each in told),
    )


def _status_words(columns: Mapping[str, Json]) -> Iterator[str | None]:
    choices = columns.get("status", {}).get("options")
    yield from map(text, choices if isinstance(choices, list) else ())
    yield text(columns.get("done", {}).get("title"))


def _field_names(fields: Sequence[Json]) -> Iterator[FieldName]:
    fills = {
        ident(each.get("id")): FILLS.get(role) for role, each in columns_by_role(fields).items()
    }
    for field in fields:
        id, kind = ident(field.get("id")), field.get("type")
        if id is not None and kind != "PREDECESSOR":
            filled = "title" if field.get("primary") is True else fills.get(id)
            if field.get("systemColumnType") == "AUTO_NUMBER":
                filled = "key"
            yield FieldName(id, text(field.get("title")) or id, plain_type(kind, TYPES), filled)


def _column(fields: Sequence[Json], role: Role) -> Json | None:
    fitting = [field for field in fields if field.get("type") in role.types]
    for tag in role.tags:
        for field in fitting:
            tags = field.get("tags")
            if isinstance(tags, (list, tuple)) and tag in tags:
                return field
    for title in role.titles:
        for field in fitting:
            if _title(field) == title:
                return field
    return fitting[0] if role.unique and fitting else None


def _title(field: Json) -> str:
    return " ".join((text(field.get("title")) or "").casefold().split()).strip(" :*")
