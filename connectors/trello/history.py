"""Trello's actions as changes of fields. Pure and total.

An action is one event on a board and says what was before (`data.old`, `listBefore`) and what
is after (`data.card`, `listAfter`). One action may tell of several fields, so a change's id is
``"{action id}:{field}"``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from connectors.sdk.contract import Json
from connectors.sdk.records import Change, Record
from connectors.trello.words import (
    CHECK_ITEM_STATES,
    COMPLETE,
    created,
    custom_value,
    instant,
    part,
    status_of,
    text,
)


class _Edit(NamedTuple):
    """What became of one field, in our words and in Trello's."""

    field: str
    field_label: str
    old: str | None
    new: str | None
    old_label: str | None = None
    new_label: str | None = None


def to_changes(action: Json) -> Iterator[Record]:
    """The changes that an action tells of; none for a kind of action that changes no field."""
    data = part(action, "data")
    id, kind = text(action.get("id")), text(action.get("type"))
    on = part(data, "checkItem" if kind == "updateCheckItemStateOnCard" else "card")
    task_id = text(on.get("id"))
    at = instant(action.get("date")) or (created(id) if id else None)
    if id is None or task_id is None or at is None:
        return
    for edit in _edits(kind, action, data):
        yield Change(
            id=f"{id}:{edit.field}",
            task_id=task_id,
            at=at,
            author_id=text(action.get("idMemberCreator")),
            field=edit.field,
            field_label=edit.field_label,
            old=edit.old,
            new=edit.new,
            old_label=edit.old_label,
            new_label=edit.new_label,
        )


def _edits(kind: str | None, action: Json, data: Json) -> Iterator[_Edit]:
    match kind:
        case "updateCard":
            yield from _card_edits(data)
        case "addMemberToCard" | "removeMemberFromCard":
            member = text(data.get("idMember")) or text(part(action, "member").get("id"))
            gained = kind == "addMemberToCard"
            if member is not None:
                yield _Edit(
                    "assignee_ids",
                    "idMembers",
                    None if gained else member,
                    member if gained else None,
                )
        case "moveCardToBoard":
            # The board that the card left tells the same as moveCardFromBoard.
            source, target = part(data, "boardSource"), part(data, "board")
            yield _Edit(
                "project_id",
                "idBoard",
                text(source.get("id")),
                text(target.get("id")),
                text(source.get("name")),
                text(target.get("name")),
            )
        case "updateCheckItemStateOnCard":
            state = text(part(data, "checkItem").get("state"))
            before = {"complete": "incomplete", "incomplete": "complete"}.get(state or "")
            yield _Edit(
                "status",
                "state",
                CHECK_ITEM_STATES.get(before or ""),
                CHECK_ITEM_STATES.get(state or ""),
                before,
                state,
            )
        case "updateCustomFieldItem":
            definition = part(data, "customField")
            id, name = text(definition.get("id")), text(definition.get("name"))
            if id is not None:  # not its name, which could be that of a field of ours
                old, new = part(data, "old"), part(data, "customFieldItem")
                yield _Edit(id, name or id, _plain(old, definition), _plain(new, definition))
        case _:
            return


def _card_edits(data: Json) -> Iterator[_Edit]:
    card, old, column = part(data, "card"), part(data, "old"), text(part(data, "list").get("name"))
    before, after = part(data, "listBefore"), part(data, "listAfter")
    if before or after:
        left, entered = text(before.get("name")), text(after.get("name"))
        yield _Edit("status", "idList", status_of(left), status_of(entered), left, entered)
    elif "dueComplete" in old:
        marked = card.get("dueComplete") is True
        listed, complete = (status_of(column), column or "not complete"), ("done", COMPLETE)
        (was, left), (is_now, entered) = (listed, complete) if marked else (complete, listed)
        yield _Edit("status", "dueComplete", was, is_now, left, entered)
    for key, field in (("due", "due_on"), ("start", "start_on")):
        if key in old:
            yield _Edit(field, key, _moment(old.get(key)), _moment(card.get(key)))
    if "name" in old:
        yield _Edit("title", "name", text(old.get("name")), text(card.get("name")))
    if "closed" in old:
        yield _Edit("archived", "closed", _flag(old.get("closed")), _flag(card.get("closed")))


def _moment(value: Any) -> str | None:
    at = instant(value)
    return None if at is None else at.isoformat()


def _flag(value: Any) -> str | None:
    return {True: "true", False: "false"}.get(value) if isinstance(value, bool) else None


def _plain(entry: Mapping[str, Any], definition: Json) -> str | None:
    value = custom_value(entry, definition)
    if isinstance(value, bool):
        return _flag(value)
    if isinstance(value, datetime):
        return value.isoformat()
    return None if value is None else str(value)
