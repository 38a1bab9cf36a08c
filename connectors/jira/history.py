"""Jira's changelog as changes of fields."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from connectors.jira.values import account, day, ident, instant, items, minutes, obj, word
from connectors.jira.vocabulary import (
    EPIC_LINK,
    FLAGGED,
    POINTS,
    START,
    priority_of,
    status_of,
    type_of_word,
)
from connectors.sdk.records import Change

LONGEST = 500  # characters of a long text (a description) that a change keeps


class Side(NamedTuple):
    """One side of a changed field: Jira's raw value, its text, the status's category."""

    raw: Any
    text: str | None
    category: Any


def _as_id(side: Side) -> str | None:
    return ident(side.raw)


def _as_word(side: Side) -> str | None:
    return side.text


def _as_status(side: Side) -> str | None:
    return status_of({"statusCategory": side.category}, None)


def _as_day(side: Side) -> str | None:
    on = day(side.raw) or day(side.text)
    return on.isoformat() if on else None


def _as_minutes(side: Side) -> str | None:
    amount = minutes(side.raw if side.raw is not None else side.text)
    return None if amount is None else str(amount)


def _as_points(side: Side) -> str | None:
    held = side.text if side.text is not None else side.raw
    try:
        return None if held is None else str(float(held))
    except (TypeError, ValueError):
        return None


def _as_priority(side: Side) -> str | None:
    rank = priority_of(side.text)
    return side.text if rank is None else str(rank)


def _as_flag(side: Side) -> str | None:
    return "true" if side.text or side.raw not in (None, "", "[]") else "false"


def _as_type(side: Side) -> str | None:
    return None if side.text is None else type_of_word(side.text)


def _as_labels(side: Side) -> str | None:
    return None if side.text is None else ",".join(side.text.split())


def _as_long_text(side: Side) -> str | None:
    return None if side.text is None else side.text[:LONGEST]


def _as_any(side: Side) -> str | None:
    held = ident(side.raw) or side.text
    return None if held is None else held[:LONGEST]


Reading = Callable[[Side], str | None]

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
                old=read(Side(each.get("from"), old_text, each.get("fromCategory"))),
                new=read(Side(each.get("to"), new_text, each.get("toCategory"))),
                old_label=old_text and old_text[:LONGEST],
                new_label=new_text and new_text[:LONGEST],
            )


def _reading(label: str, field_id: Any, fields: Mapping[str, Any]) -> tuple[str, Reading]:
    known = FIELDS.get(label.lower())
    if known is None and type(field_id) is str:
        # A field may carry a name of its own; the role that the connector found is by its id.
        described = fields.get(field_id)
        if isinstance(described, list) and len(described) == 2 and type(described[1]) is str:
            known = ROLES.get(described[1])
    return known or (label, _as_any)
