"""GitHub's issue events as changes of fields. Pure and total.

An event says what was done to an issue. What it does not say is left empty: a closed issue that
was reopened had a reason, but the event does not tell it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from connectors.github.words import CLOSED, instant, issue_id, key, part, text
from connectors.sdk.contract import Json
from connectors.sdk.records import Change, Record

HISTORY = frozenset({"status", "assignee_ids", "title"})
"""Fields of `Task` whose every change is an event. (A milestone's events tell its title only.)"""

EVENTS = frozenset(
    {
        "closed", "reopened", "assigned", "unassigned", "labeled", "unlabeled", "renamed",
        "milestoned", "demilestoned",
    }
)  # fmt: skip
"""The events that change a field."""


class _Edit(NamedTuple):
    """What became of one field, in our words and in GitHub's."""

    field: str
    old: str | None
    new: str | None
    old_label: str | None = None
    new_label: str | None = None


def to_change(item: Json) -> Iterator[Record]:
    """The change that an event tells of; none for an event that changes no field."""
    event, home = part(item, "event"), text(item.get("repository"))
    id, number = key(event.get("id")), key(part(event, "issue").get("number"))
    at, kind = instant(event.get("created_at")), text(event.get("event"))
    if id is None or home is None or number is None or at is None or kind is None:
        return
    edit = _edit(kind, event)
    if edit is None:
        return
    # Of an assignment, `actor` may be who was assigned.
    author = part(event, "assigner") or part(event, "actor")
    yield Change(
        id=id,
        task_id=issue_id(home, number),
        at=at,
        author_id=key(author.get("id")),
        field=edit.field,
        field_label=kind,
        old=edit.old,
        new=edit.new,
        old_label=edit.old_label,
        new_label=edit.new_label,
    )


def _edit(kind: str, event: Json) -> _Edit | None:
    edit: _Edit | None = None
    match kind:
        case "closed":
            reason = text(event.get("state_reason"))
            edit = _Edit("status", "todo", CLOSED.get(reason), "open", reason or "closed")
        case "reopened":
            edit = _Edit("status", None, "todo", "closed", "reopened")
        case "assigned" | "unassigned":
            person = part(event, "assignee")
            edit = _gained("assignee_ids", key(person.get("id")), text(person.get("login")), kind)
        case "labeled" | "unlabeled":
            name = text(part(event, "label").get("name"))
            edit = _gained("labels", name, name, kind)
        case "milestoned" | "demilestoned":
            title = text(part(event, "milestone").get("title"))
            edit = _gained("milestone", title, title, kind)
        case "renamed":
            rename = part(event, "rename")
            edit = _Edit("title", text(rename.get("from")), text(rename.get("to")))
        case _:
            pass
    return edit


def _gained(field: str, value: str | None, label: str | None, kind: str) -> _Edit | None:
    """One value came to a field, or left it."""
    if value is None:
        return None
    if kind.startswith(("un", "de")):
        return _Edit(field, value, None, label, None)
    return _Edit(field, None, value, None, label)
