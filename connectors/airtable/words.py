"""Which column of a table says what, and what its words mean. Pure.

A table's columns are its owner's. What Airtable itself says of one decides (its part in the
table's date dependencies, a type that can mean but one thing); else its type together with a usual
name. Within either the order of the lists here decides, then the first column, so that the same
table is always read alike.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from connectors.airtable.values import kind, text
from connectors.sdk.contract import Json
from connectors.sdk.records import LinkType, Status, TaskType


@dataclass(frozen=True, slots=True)
class Role:
    """How a column with a meaning is known: its types; then its part in date dependencies; then
    its names.

    `unique`: whatever it is called, the first column of the type is meant.
    """

    types: Sequence[str]
    names: Sequence[str] = ()
    part: str = ""
    unique: bool = False


_CHOICE = ("singleSelect", "singleLineText")
_DATES = ("date", "dateTime")
_PEOPLE = ("singleCollaborator", "multipleCollaborators")
_LONG = ("multilineText", "richText", "singleLineText", "aiText")
LINKS = "multipleRecordLinks"

ROLES: Mapping[str, Role] = {
    "key": Role(
        ("autoNumber", "singleLineText"), ("id", "key", "task id", "issue key", "ticket id")
    ),
    "number": Role(("autoNumber",), unique=True),
    "description": Role(_LONG, ("description", "details", "task description", "notes")),
    "status": Role(
        _CHOICE, ("status", "task status", "state", "stage", "workflow status", "work status")
    ),
    "done": Role(
        ("checkbox",),
        ("done", "done?", "complete", "complete?", "completed", "completed?", "finished"),
    ),
    "type": Role(
        _CHOICE, ("type", "task type", "item type", "issue type", "work type", "record type")
    ),
    "priority": Role(_CHOICE, ("priority", "task priority")),
    "assignees": Role(
        _PEOPLE,
        (
            "assignee", "assignees", "assigned to", "assigned", "owner", "task owner",
            "responsible", "lead",
        ),
    ),
    "reporter": Role(("createdBy",), unique=True),
    "labels": Role(("multipleSelects",), ("labels", "label", "tags", "tag")),
    "blocked": Role(("checkbox",), ("blocked", "blocked?", "is blocked")),
    "start": Role(
        _DATES,
        ("start", "start date", "planned start", "planned start date", "begin", "begin date"),
        "start",
    ),
    "due": Role(
        _DATES,
        (
            "due", "due date", "deadline", "end", "end date", "finish", "finish date",
            "target date", "target end date", "planned end", "planned end date", "planned finish",
        ),
        "end",
    ),
    "completed": Role(
        ("dateTime",),
        (
            "completed", "completed at", "completed on", "completion date", "date completed",
            "done at", "closed at", "finished at",
        ),
    ),
    "updated": Role(("lastModifiedTime",), unique=True),
    "percent": Role(
        ("percent",), ("% complete", "percent complete", "% done", "progress", "completion")
    ),
    "estimate": Role(
        ("duration",),
        ("estimate", "estimated time", "original estimate", "time estimate", "planned time"),
    ),
    "spent": Role(
        ("duration",), ("time spent", "spent", "actual time", "logged time", "time logged")
    ),
    "remaining": Role(
        ("duration",), ("remaining", "time remaining", "remaining time", "time left")
    ),
    "points": Role(("number",), ("points", "story points", "estimate points")),
}  # fmt: skip
"""By meaning of a column of plain values."""

OWN_LINKS: Mapping[str, Role] = {
    "parent": Role((LINKS,), ("parent", "parent task", "parent item", "parent record")),
    "precedes": Role(
        (LINKS,),
        ("depends on", "dependencies", "predecessors", "predecessor", "after"),
        "predecessors",
    ),
    "blocked by": Role((LINKS,), ("blocked by", "waiting on", "waiting for")),
    "blocks": Role((LINKS,), ("blocks", "blocking")),
    "relates": Role((LINKS,), ("related to", "relates to", "related", "related tasks")),
}
"""By meaning of a column of links to records of the same table."""

LINK_TYPES: Mapping[str, tuple[LinkType, bool]] = {
    "precedes": ("precedes", True),
    "blocked by": ("blocks", True),
    "blocks": ("blocks", False),
    "relates": ("relates", False),
}
"""By meaning: the type of link, and whether it leads here from the linked record."""

ROOM: Mapping[str, Sequence[str]] = {
    "key": ("key", "number"),
    "parent_id": ("parent",),
    "description": ("description",),
    "status": ("status", "done", "percent"),
    "blocked": ("blocked", "status"),
    "priority": ("priority",),
    "assignee_ids": ("assignees",),
    "reporter_id": ("reporter",),
    "labels": ("labels",),
    "start_on": ("start",),
    "due_on": ("due",),
    "updated_at": ("updated",),
    "completed_at": ("completed",),
    "estimate_minutes": ("estimate",),
    "spent_minutes": ("spent",),
    "remaining_minutes": ("remaining",),
    "points": ("points",),
    "percent_complete": ("percent",),
}
"""By field of a task: the meanings of columns, one of which a table needs for it."""

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

TYPE_WORDS: Mapping[str, TaskType] = {
    "task": "task", "subtask": "subtask", "sub task": "subtask", "epic": "epic", "story": "story",
    "user story": "story", "bug": "bug", "defect": "bug", "milestone": "milestone",
    "risk": "risk", "issue": "issue", "change": "change", "change request": "change",
    "request": "request", "approval": "approval",
}  # fmt: skip
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
_SIGNS = re.compile(r"^[^\w%#]+|[^\w?#]+$")


def plain(said: str) -> str:
    """A word without case, ornaments and numbering: ``"3. 🚧 In-Progress:"`` → ``in progress``."""
    bare = _NUMBERING.sub("", said.strip().casefold().replace("\u2019", "'"))
    return _BREAKS.sub(" ", _ORNAMENTS.sub("", bare))


def status_of(said: str | None) -> Status | None:
    """What a table's status word unmistakably means; None: nothing that we know."""
    return None if said is None else STATUS_WORDS.get(plain(said))


def type_of(said: str) -> TaskType:
    """What kind of work a word names."""
    return TYPE_WORDS.get(plain(said), "other")


def priority_of(said: str | None) -> int | None:
    """1 (highest) … 5 (lowest); None: a word that we do not know."""
    return None if said is None else PRIORITIES.get(plain(said))


def says_blocked(said: str | None) -> bool:
    """Whether a status word says that the work cannot go on."""
    return said is not None and plain(said) in BLOCKED_WORDS


def columns_by_role(fields: Sequence[Json], table: str | None) -> Mapping[str, Json]:
    """The column for each meaning that the table, of that id, has one for."""
    own = [each for each in fields if each.get("type") == LINKS and each.get("links") == table]
    found = {name: _column(fields, role) for name, role in ROLES.items()}
    found |= {name: _column(own, role) for name, role in OWN_LINKS.items()}
    return {name: field for name, field in found.items() if field is not None}


def lacking(fields: Sequence[Json], table: str | None) -> tuple[str, ...]:
    """Fields of a task that records of these columns have no room for."""
    there = columns_by_role(fields, table).keys()
    return tuple(field for field, roles in ROOM.items() if not there & set(roles))


def _column(fields: Sequence[Json], role: Role) -> Json | None:
    fitting = [field for field in fields if _fits(field, role)]
    for field in fitting:
        if role.part and field.get("part") == role.part:
            return field
    for name in role.names:
        for field in fitting:
            if _name(field) == name:
                return field
    return fitting[0] if role.unique and fitting else None


def _fits(field: Json, role: Role) -> bool:
    """A time of change that is one of some columns only, or a mere day, is not that of the record;
    the primary column is the title and nothing else."""
    mere_day = field.get("type") == "lastModifiedTime" and field.get("result") == "date"
    return (
        kind(field) in role.types
        and not field.get("watches")
        and not mere_day
        and field.get("primary") is not True
    )


def _name(field: Json) -> str:
    said = " ".join((text(field.get("name")) or "").casefold().split())
    return _SIGNS.sub("", said)
