"""A ticket's audits as comments and changes. Pure and total.

The event export and a ticket's own list of audits say the same in two ways: the export names a
changed field by the key that holds its new value, the list by `field_name` and `value`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from connectors.sdk.contract import Json
from connectors.sdk.records import Change, Comment, Record
from connectors.zendesk.words import (
    PRIORITIES,
    STATUS_TITLES,
    STATUSES,
    TYPES,
    identifier,
    instant,
    objects,
    part,
    plain,
    text,
)

COMMENTS = frozenset({"Comment", "VoiceComment", "FacebookComment"})
"""Kinds of events in which someone says something."""

FIELDS: Mapping[str, str] = {
    "status": "status", "assignee_id": "assignee_ids", "group_id": "project_id",
    "priority": "priority", "subject": "title", "requester_id": "reporter_id", "type": "type",
    "ticket_type": "type", "tags": "labels",
}  # fmt: skip
"""Zendesk's field → field of `Task`. Whether a moved due date is told is not documented."""

ABOUT_THE_EVENT = frozenset({
    "id", "audit_id", "author_id", "created_at", "event_type", "field_name", "previous_value",
    "previous_values", "value", "via", "via_reference_id", "metadata", "added_tags",
    "removed_tags", "comment_present", "comment_public", "public", "trusted",
})  # fmt: skip
"""Keys of a change in the export that are not a changed field."""

_Pair = tuple[str | None, str | None]  # comparable value, Zendesk's own word


def kind_of(event: Json) -> str | None:
    """What kind of event it is; in the export `type` may be the ticket's new type."""
    return text(event.get("event_type")) or text(event.get("type"))


def changed_fields(event: Json) -> dict[str, tuple[object, object]]:
    """Zendesk's name of each changed field → the value before and after."""
    if kind_of(event) != "Change":
        return {}
    before = event.get("previous_value")
    named = identifier(event.get("field_name"))
    if named is not None:
        return {named: (before, event.get("value"))}
    found: dict[str, tuple[object, object]] = {}
    for name, after in event.items():
        if name in ABOUT_THE_EVENT or (name == "type" and after == "Change"):
            continue
        if name == "custom_ticket_fields":
            of = before if isinstance(before, Mapping) else {}
            for id, value in part(event, name).items():
                found[str(id)] = (of.get(id) if of else before, value)
        else:
            found[name] = (before, after)
    return found


def told_of(events: Sequence[Json]) -> list[Json]:
    """The events in which something was changed or said.

    The comment with which a ticket is created is its description, and is not told again.
    """
    creates = any(kind_of(event) == "Create" for event in events)
    return [
        event
        for event in events
        if changed_fields(event) or (kind_of(event) in COMMENTS and not creates)
    ]


def to_history(item: Json) -> Iterator[Record]:
    """The comments and changes of one audit."""
    audit = part(item, "audit")
    id, ticket = identifier(audit.get("id")), identifier(audit.get("ticket_id"))
    at = instant(audit.get("created_at"))
    if id is None or ticket is None:
        return
    for place, event in enumerate(told_of(objects(audit.get("events")))):
        event_id = identifier(event.get("id")) or f"{id}:{place}"
        author = identifier(event.get("author_id")) or identifier(audit.get("author_id"))
        when = instant(event.get("created_at")) or at
        if when is None:
            continue
        if kind_of(event) in COMMENTS:
            public = event.get("public")
            yield Comment(
                id=event_id,
                task_id=ticket,
                author_id=author,
                text=text(event.get("body")) or "",
                at=when,
                public=public if isinstance(public, bool) else None,
            )
        yield from _changes(event, event_id, ticket, author, when, item)


def _changes(
    event: Json, event_id: str, ticket: str, author: str | None, at: datetime, item: Json
) -> Iterator[Change]:
    changed = changed_fields(event)
    for name, (before, after) in changed.items():
        old, old_label = _read(name, before, item)
        new, new_label = _read(name, after, item)
        field = part(part(item, "fields"), name)
        yield Change(
            id=event_id if len(changed) == 1 else f"{event_id}:{name}",
            task_id=ticket,
            at=at,
            author_id=author,
            field=FIELDS.get(name, name),
            field_label=text(field.get("title")) or name,
            old=old,
            new=new,
            old_label=old_label,
            new_label=new_label,
        )


def _read(name: str, value: object, item: Json) -> _Pair:
    read = READ.get(name)
    if read is not None:
        return read(plain(value), item)
    written = plain(value)
    label = text(part(part(part(item, "fields"), name), "options").get(written or ""))
    return written, label


def _status(word: str | None, item: Json) -> _Pair:  # noqa: ARG001
    return STATUSES.get(word or ""), STATUS_TITLES.get(word or "", word)


def _custom_status(id: str | None, item: Json) -> _Pair:
    return id, text(part(item, "statuses").get(id or ""))


def _priority(word: str | None, item: Json) -> _Pair:  # noqa: ARG001
    rank = PRIORITIES.get(word or "")
    return None if rank is None else str(rank), word


def _type(word: str | None, item: Json) -> _Pair:  # noqa: ARG001
    return (None, None) if word is None else (TYPES.get(word, "other"), word)


READ: Mapping[str, Callable[[str | None, Json], _Pair]] = {
    "status": _status, "custom_status_id": _custom_status, "priority": _priority, "type": _type,
    "ticket_type": _type,
}  # fmt: skip


def trimmed(event: Json) -> dict[str, Any]:
    """What is kept of an event: no markup, attachments, addresses."""
    kept = {
        name: value
        for name, value in event.items()
        if name not in ("via", "via_reference_id", "html_body", "plain_body", "attachments",
                        "metadata", "data", "formatted_from", "formatted_to")
    }  # fmt: skip
    if "body" in event or "plain_body" in event:
        kept["body"] = text(event.get("plain_body")) or event.get("body")
    return kept
