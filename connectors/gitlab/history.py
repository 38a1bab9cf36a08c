"""An issue's notes as comments, its events as changes. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from connectors.gitlab.values import identifier, instant, mapping, number, objects, reference, text
from connectors.gitlab.words import EVENT_STATES, STATES
from connectors.sdk.records import Change, Comment


def comments(task_id: str, body: Mapping[str, Any]) -> Iterator[Comment]:
    """What people wrote. Notes that GitLab itself wrote (`system`) are no comments."""
    for note in objects(body.get("notes")):
        id, at = identifier(note.get("id")), instant(note.get("created_at"))
        if id is None or at is None or note.get("system") is True:
            continue
        changed = instant(note.get("updated_at"))
        internal = note.get("internal", note.get("confidential"))
        yield Comment(
            id=id,
            task_id=task_id,
            author_id=reference(note.get("author")),
            text=text(note.get("body")) or "",
            at=at,
            updated_at=None if changed == at else changed,
            public=None if not isinstance(internal, bool) else not internal,
        )


def changes(task_id: str, body: Mapping[str, Any]) -> Iterator[Change]:
    """State, labels, milestone, iteration and weight, each oldest first."""
    yield from _states(task_id, body)
    for kind, field, word in (
        ("label", "labels", "name"), ("milestone", "milestone_id", "title"),
        ("iteration", "iteration", "title"),
    ):  # fmt: skip
        yield from _added_and_removed(task_id, body, kind, field, word)
    yield from _weights(task_id, body)


def _states(task_id: str, body: Mapping[str, Any]) -> Iterator[Change]:
    """Where statuses are read, a state is not the status, and its changes are named after it."""
    field = "state" if body.get("statuses") is True else "status"
    for event, common in _events(task_id, body, "state"):
        word = text(event.get("state"))
        after = EVENT_STATES.get(word or "")
        before = {"opened": "closed", "closed": "opened"}.get(after or "")
        yield Change(
            **common,
            field=field,
            field_label="state",
            old=STATES.get(before or ""),
            new=STATES.get(after or ""),
            old_label=before,
            new_label=after or word,
        )


def _added_and_removed(
    task_id: str, body: Mapping[str, Any], kind: str, field: str, word: str
) -> Iterator[Change]:
    for event, common in _events(task_id, body, kind):
        held = mapping(event.get(kind))  # null when the label itself was deleted since
        name = text(held.get(word))
        value = name if kind == "label" else identifier(held.get("id"))
        removed = event.get("action") == "remove"
        yield Change(
            **common,
            field=field,
            field_label=kind,
            old=value if removed else None,
            new=None if removed else value,
            old_label=name if removed else None,
            new_label=None if removed else name,
        )


def _weights(task_id: str, body: Mapping[str, Any]) -> Iterator[Change]:
    before: str | None = None
    for event, common in _events(task_id, body, "weight"):
        weight = number(event.get("weight"))
        after = None if weight is None else str(weight)
        yield Change(**common, field="points", field_label="weight", old=before, new=after)
        before = after


def _events(
    task_id: str, body: Mapping[str, Any], kind: str
) -> Iterator[tuple[Mapping[str, Any], dict[str, Any]]]:
    """The events of one kind, with what all changes have."""
    for event in objects(body.get(f"{kind}_events")):
        id, at = identifier(event.get("id")), instant(event.get("created_at"))
        if id is None or at is None:
            continue
        author = reference(event.get("user"))
        yield event, {"id": f"{kind}:{id}", "task_id": task_id, "at": at, "author_id": author}
