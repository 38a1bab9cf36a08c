"""An issue's journals as comments and changes. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from connectors.redmine.values import (
    identifier,
    instant,
    mapping,
    minutes,
    objects,
    reference,
    text,
)
from connectors.redmine.words import priority_of, status_of, type_of
from connectors.sdk.records import Change, Comment

FIELDS: Mapping[str, str] = {
    "status_id": "status", "assigned_to_id": "assignee_ids", "due_date": "due_on",
    "start_date": "start_on", "priority_id": "priority", "estimated_hours": "estimate_minutes",
    "subject": "title", "parent_id": "parent_id", "project_id": "project_id",
    "fixed_version_id": "milestone_id", "done_ratio": "percent_complete", "tracker_id": "type",
    "description": "description",
}  # fmt: skip
"""Redmine's column → field of `Task`."""


def journal_records(
    issue: Mapping[str, Any], body: Mapping[str, Any]
) -> Iterator[Comment | Change]:
    """Comments (entries with notes) and changes (their details), oldest first."""
    task_id = identifier(issue.get("id"))
    for journal in objects(issue.get("journals")):
        number = identifier(journal.get("id"))
        at = instant(journal.get("created_on")) or instant(issue.get("updated_on"))
        if task_id is None or number is None or at is None:
            continue
        author = reference(journal.get("user"))
        notes = text(journal.get("notes"))
        if notes is not None:
            private = journal.get("private_notes")
            yield Comment(
                id=number,
                task_id=task_id,
                author_id=author,
                text=notes,
                at=at,
                public=not private if isinstance(private, bool) else None,
            )
        yield from _changes(journal, number, task_id, author, at, body)


def _changes(
    journal: Mapping[str, Any],
    number: str,
    task_id: str,
    author: str | None,
    at: datetime,
    body: Mapping[str, Any],
) -> Iterator[Change]:
    times: dict[str, int] = {}
    for detail in objects(journal.get("details")):
        kind, name = text(detail.get("property")), identifier(detail.get("name"))
        if kind is None or name is None:
            continue
        # Details have no id of their own. A field with several values has one detail for each.
        change_id = f"{number}:{kind}:{name}"
        times[change_id] = times.get(change_id, 0) + 1
        if times[change_id] > 1:
            change_id += f":{times[change_id]}"
        old, old_label = _value(kind, name, detail.get("old_value"), body)
        new, new_label = _value(kind, name, detail.get("new_value"), body)
        field, label = _field(kind, name, body)
        yield Change(
            id=change_id,
            task_id=task_id,
            at=at,
            author_id=author,
            field=field,
            field_label=label,
            old=old,
            new=new,
            old_label=old_label,
            new_label=new_label,
        )


def _field(kind: str, name: str, body: Mapping[str, Any]) -> tuple[str, str]:
    if kind == "attr":
        return FIELDS.get(name, name), name
    if kind == "cf":
        held = mapping(mapping(body.get("fields")).get(name))
        return f"cf_{name}", text(held.get("name")) or f"cf_{name}"
    return kind if kind == "attachment" else name, name


def _value(
    kind: str, name: str, raw: object, body: Mapping[str, Any]
) -> tuple[str | None, str | None]:
    """A detail's value as we compare it, and the tool's own word where that is another."""
    held = identifier(raw)
    read = VALUES.get(name) if kind == "attr" else None
    if held is None or read is None:
        return held, None
    return read(held, body)


def _status(id: str, body: Mapping[str, Any]) -> tuple[str | None, str | None]:
    status = mapping(mapping(body.get("statuses")).get(id))
    label = text(status.get("name"))
    closed = status.get("closed")
    ours = status_of(
        label, closed if isinstance(closed, bool) else None, status.get("initial") is True
    )
    return ours, label or f"#{id}"


def _priority(id: str, body: Mapping[str, Any]) -> tuple[str | None, str | None]:
    priority = mapping(mapping(body.get("priorities")).get(id))
    rank = rank_of(priority)
    return None if rank is None else str(rank), text(priority.get("name")) or f"#{id}"


def _tracker(id: str, body: Mapping[str, Any]) -> tuple[str | None, str | None]:
    tracker = text(mapping(body.get("trackers")).get(id))
    return type_of(tracker), tracker or f"#{id}"


def _effort(hours: str, body: Mapping[str, Any]) -> tuple[str | None, str | None]:  # noqa: ARG001
    effort = minutes(hours)
    return (hours if effort is None else str(effort)), None


VALUES: Mapping[str, Callable[[str, Mapping[str, Any]], tuple[str | None, str | None]]] = {
    "status_id": _status,
    "priority_id": _priority,
    "tracker_id": _tracker,
    "estimated_hours": _effort,
}


def rank_of(priority: Mapping[str, Any]) -> int | None:
    """1 … 5 for a looked-up priority, None when it was not found."""
    position, of = priority.get("position"), priority.get("of")
    if not isinstance(position, int) or not isinstance(of, int):
        return None
    return priority_of(position, of)
