"""Jira's changelog as changes of fields. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from connectors.jira_service_management.values import (
    account,
    day,
    ident,
    instant,
    items,
    minutes,
    obj,
    word,
)
from connectors.jira_service_management.words import STATUS_OF_CATEGORY, TYPES, priority_of
from connectors.sdk.records import Change

LONGEST = 500  # characters of a long text that a change keeps

Reading = Callable[[Any, "str | None", Any], "str | None"]
"""From Jira's raw value, its text, and the category of a status."""


def _as_id(raw: Any, _text: str | None, _category: Any) -> str | None:
    return ident(raw)


def _as_text(_raw: Any, text: str | None, _category: Any) -> str | None:
    return text and text[:LONGEST]


def _as_status(_raw: Any, _text: str | None, category: Any) -> str | None:
    return STATUS_OF_CATEGORY.get(category) if type(category) is str else None


def _as_day(raw: Any, text: str | None, _category: Any) -> str | None:
    on = day(raw) or day(text)
    return on.isoformat() if on else None


def _as_minutes(raw: Any, text: str | None, _category: Any) -> str | None:
    amount = minutes(raw if raw is not None else text)
    return None if amount is None else str(amount)


def _as_priority(_raw: Any, text: str | None, _category: Any) -> str | None:
    rank = priority_of(text)
    return text if rank is None else str(rank)


def _as_type(_raw: Any, text: str | None, _category: Any) -> str | None:
    return None if text is None else TYPES.get(text.lower(), "other")


def _as_labels(_raw: Any, text: str | None, _category: Any) -> str | None:
    return None if text is None else ",".join(text.split())


def _as_any(raw: Any, text: str | None, _category: Any) -> str | None:
    held = ident(raw) or text
    return held and held[:LONGEST]


FIELDS: Mapping[str, tuple[str, Reading]] = {
    "status": ("status", _as_status),
    "duedate": ("due_on", _as_day),
    "assignee": ("assignee_ids", _as_id),
    "reporter": ("reporter_id", _as_id),
    "priority": ("priority", _as_priority),
    "timeoriginalestimate": ("estimate_minutes", _as_minutes),
    "timeestimate": ("remaining_minutes", _as_minutes),
    "timespent": ("spent_minutes", _as_minutes),
    "summary": ("title", _as_text),
    "description": ("description", _as_text),
    "parent": ("parent_id", _as_id),
    "issueparentassociation": ("parent_id", _as_id),
    "project": ("project_id", _as_id),
    "key": ("key", _as_text),
    "issuetype": ("type", _as_type),
    "labels": ("labels", _as_labels),
    "resolution": ("resolution", _as_text),
}
"""Jira's name of a field, in lower case → the field of `Task` and how its values are read."""


def changes(task_id: str, histories: Any) -> Iterator[Change]:
    """The changes of one request.

    Args:
        task_id: the request's id.
        histories: entries of Jira's changelog; into those of statuses the connector has put
            `fromCategory` and `toCategory`.
    """
    for entry in items(histories):
        history = obj(entry)
        at, number = instant(history.get("created")), ident(history.get("id"))
        if at is None or number is None:
            continue
        for position, item in enumerate(items(history.get("items"))):
            each = obj(item)
            label = word(each.get("field")) or ident(each.get("fieldId"))
            if label is None:
                continue
            old, new = word(each.get("fromString")), word(each.get("toString"))
            name, read = FIELDS.get(label.lower(), (label, _as_any))
            yield Change(
                id=f"{number}.{position}",
                task_id=task_id,
                at=at,
                author_id=account(history.get("author")),
                field=name,
                field_label=label,
                old=read(each.get("from"), old, each.get("fromCategory")),
                new=read(each.get("to"), new, each.get("toCategory")),
                old_label=old and old[:LONGEST],
                new_label=new and new[:LONGEST],
            )
