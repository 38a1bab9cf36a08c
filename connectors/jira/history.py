"""Jira's changelog as changes of fields."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from connectors.jira.values import account, day, ident, instant, items, minutes, number, obj, word
from connectors.jira.vocabulary import (
    EPIC_LINK,
    FLAGGED,
    POINTS,
    START,
    STATUS_OF_CATEGORY,
    priority_of,
    type_of_word,
)
from connectors.sdk.records import Change

LONGEST = 500  # characters of a long text (a description) that a change keeps


def _as_id(raw: Any, _text: str | None, _category: Any) -> str | None:
    return ident(raw)


def _as_word(_raw: Any, text: str | None, _category: Any) -> str | None:
    return text


def _as_status(_raw: Any, _text: str | None, category: Any) -> str | None:
    return STATUS_OF_CATEGORY.get(category) if type(category) is str else None


def _as_day(raw: Any, text: str | None, _category: Any) -> str | None:
    on = day(raw) or day(text)
    return on.isoformat() if on else None


def _as_minutes(raw: Any, text: str | None, _category: Any) -> str | None:
    amount = minutes(raw if raw is not None else text)
    return None if amount is None else str(amount)


def _as_points(raw: Any, text: str | None, _category: Any) -> str | None:
    amount = number(text if text is not None else raw)
    return None if amount is None else str(amount)


def _as_priority(_raw: Any, text: str | None, _category: Any) -> str | None:
    rank = priority_of(text)
    return text if rank is None else str(rank)


def _as_flag(raw: Any, text: str | None, _category: Any) -> str | None:
    return "true" if text or raw not in (None, "", "[]") else "false"


def _as_type(_raw: Any, text: str | None, _category: Any) -> str | None:
    return None if text is None else type_of_word(text)


def _as_labels(_raw: Any, text: str | None, _category: Any) -> str | None:
    return None if text is None else ",".join(text.split())


def _as_long_text(_raw: Any, text: str | None, _category: Any) -> str | None:
    return None if text is None else text[:LONGEST]


def _as_any(raw: Any, text: str | None, _category: Any) -> str | None:
    held = ident(raw) or text
    return None if held is None else held[:LONGEST]


Reading = Callable[[Any, "str | None", Any], "str | None"]
"""From Jira's raw value, its text, and the category of a status."""

FIELDS: dict[str, tuple[str, Reading]] = {
    "status": ("status", _as_status),
    "duedate": ("due_on", _as_day),
    "assignee": ("assignee_ids", _as_id),
    "reporter": ("reporter_id", _as_id),
    "priority": ("priority", _as_priority),
    "timeoriginalestimate": ("estimate_minutes", _as_minutes),
    "timeestimate": ("remaining_minutes", _as_minutes),
    "timespent": ("spent_minutes", _as_minutes),
    "summary": ("title", _as_word),
    "description": ("description", _as_long_text),
    "fix version": ("milestone_id", _as_id),
    "fixversions": ("milestone_id", _as_id),
    "parent": ("parent_id", _as_id),
    "issueparentassociation": ("parent_id", _as_id),
    "project": ("project_id", _as_id),
    "key": ("key", _as_word),
    "issuetype": ("type", _as_type),
    "labels": ("labels", _as_labels),
    "resolution": ("resolution", _as_word),
    **dict.fromkeys(EPIC_LINK, ("parent_id", _as_id)),
    **dict.fromkeys(POINTS, ("points", _as_points)),
    **dict.fromkeys(START, ("start_on", _as_day)),
    **dict.fromkeys(FLAGGED, ("blocked", _as_flag)),
}
"""Jira's name of a field, in lower case → the field of `Task` and how its values are read."""

ROLES: dict[str, tuple[str, Reading]] = {
    "points": FIELDS["story points"],
    "start": FIELDS["start date"],
    "flagged": FIELDS["flagged"],
    "epic": FIELDS["epic link"],
}


def changes(task_id: str, histories: Any, fields: Mapping[str, Any]) -> Iterator[Change]:
    """The changes of one issue.

    Args:
        task_id: the issue's id.
        histories: entries of Jira's changelog; into those of statuses the connector has put
            `fromCategory` and `toCategory`.
        fields: the custom fields of the item's body by id, with the role that each has.
    """
    for entry in items(histories):
        history = obj(entry)
        at, number = instant(history.get("created")), ident(history.get("id"))
        if at is None or number is None:
            continue
        author = account(history.get("author"))
        for position, item in enumerate(items(history.get("items"))):
            each = obj(item)
            label = word(each.get("field")) or ident(each.get("fieldId"))
            if label is None:
                continue
            old_text, new_text = word(each.get("fromString")), word(each.get("toString"))
            name, read = _reading(label, each.get("fieldId"), fields)
            yield Change(
                id=f"{number}.{position}",
                task_id=task_id,
                at=at,
                author_id=author,
                field=name,
                field_label=label,
                old=read(each.get("from"), old_text, each.get("fromCategory")),
                new=read(each.get("to"), new_text, each.get("toCategory")),
                old_label=old_text and old_text[:LONGEST],
                new_label=new_text and new_text[:LONGEST],
            )


def _reading(label: str, field_id: Any, fields: Mapping[str, Any]) -> tuple[str, Reading]:
    known = FIELDS.get(label) or FIELDS.get(label.lower())
    if known is None and type(field_id) is str:
        # A field may carry a name of its own; the role that the connector found is by its id.
        described = fields.get(field_id)
        if isinstance(described, list) and len(described) == 2 and type(described[1]) is str:
            known = ROLES.get(described[1])
    return known or (label, _as_any)
