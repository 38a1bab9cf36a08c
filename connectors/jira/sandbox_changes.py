"""One side of a change as Jira's history knows it: the value, and Jira's words for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, cast

from connectors.jira.sandbox_words import TYPE_WORD, priority_word, type_word
from connectors.sdk.records import Status

Both = tuple[str | None, str | None]
STATUSES = ("todo", "in_progress", "done")


class Names(Protocol):
    """What a change has to look up."""

    def native(self, kind: str, id_: str) -> str:
        """Jira's id for one of ours."""
        ...

    def status_word(self, status: Status | None, label: str | None) -> str:
        """Jira's word for a status."""
        ...


def side(names: Names, field: str, value: str | None, label: str | None) -> Both:
    """The value and the label of one side of a change of a field."""
    if field in IDS:
        return _id(names, IDS[field], value, label)
    if field == "status":
        return _status(names, value, label)
    read = WORDS.get(field)
    return read(value, label) if read is not None else (value or None, label or value or None)


def _id(names: Names, kind: str, value: str | None, label: str | None) -> Both:
    if not value:
        return None, None
    id_ = names.native(kind, value.partition(",")[0])
    return id_, label or id_


def _status(names: Names, value: str | None, label: str | None) -> Both:
    if not value and not label:
        return None, None
    value = "done" if value == "cancelled" else value
    held = cast("Status | None", value) if value in STATUSES else None
    return held, names.status_word(held, label)


def _day(value: str | None, _: str | None) -> Both:
    on = value[:10] if value else None
    return on, on


def _points(value: str | None, _: str | None) -> Both:
    return (str(float(value)), f"{float(value):g}") if value else (None, None)


def _minutes(value: str | None, _: str | None) -> Both:
    return (value, str(int(value) * 60)) if value else (None, None)


def _priority(value: str | None, label: str | None) -> Both:
    rank = int(value) if value and value.isdecimal() else None
    word = priority_word(rank, label)
    return (str(rank) if rank is not None else word), word


def _blocked(value: str | None, _: str | None) -> Both:
    return ("true", "Impediment") if value == "true" else ("false", None)


def _type(value: str | None, label: str | None) -> Both:
    if value not in TYPE_WORD:
        return None, None
    return value, type_word(value, label)


def _labels(value: str | None, _: str | None) -> Both:
    return (value, value.replace(",", " ")) if value else (None, None)


def _text(value: str | None, _: str | None) -> Both:
    held = (value or "")[:500] or None
    return held, held


IDS = {
    "assignee_ids": "Person",
    "reporter_id": "Person",
    "parent_id": "Task",
    "project_id": "Project",
    "milestone_id": "Milestone",
}
WORDS: dict[str, Callable[[Any, Any], Both]] = {
    "due_on": _day,
    "start_on": _day,
    "points": _points,
    "estimate_minutes": _minutes,
    "remaining_minutes": _minutes,
    "spent_minutes": _minutes,
    "priority": _priority,
    "blocked": _blocked,
    "type": _type,
    "labels": _labels,
    "title": _text,
    "description": _text,
    "resolution": _text,
    "key": _text,
}
