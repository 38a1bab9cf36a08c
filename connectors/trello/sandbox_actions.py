"""Comments, edits and departures as Trello's actions. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from connectors.sdk.records import Change, Comment
from connectors.trello.sandbox_render import Object, stamp
from connectors.trello.sandbox_words import CHECKED, LISTS, NO_STATUS, hex_id, ids_of, moment_text
from connectors.trello.words import HEX_ID


def comment_action(comment: Comment, board_id: str) -> Object:
    """A comment; an edit of it shows as its new text and a date in its data, no other way."""
    data: Object = {"card": {"id": comment.task_id}, "text": comment.text}
    if comment.updated_at is not None:
        data["dateLastEdited"] = stamp(comment.updated_at)
    return _action(comment.id, "commentCard", comment.at, comment.author_id, board_id, data)


def leaving_action(card_id: str, at: datetime, board_id: str, target: str | None = None) -> Object:
    """A card was deleted, or moved to another board."""
    data: Object = {"card": {"id": card_id}}
    if target is not None:
        data["boardTarget"] = {"id": target}
    kind = "deleteCard" if target is None else "moveCardFromBoard"
    return _action(hex_id(at, kind, card_id), kind, at, None, board_id, data)


def edit_actions(change: Change, board_id: str, card_id: str) -> list[Object]:
    """The actions that an edit leaves behind; none for a field that Trello's history leaves out."""
    id = change.id.partition(":")[0]
    id = id if HEX_ID.fullmatch(id) else hex_id(change.at, "Change", change.id)

    def action(kind: str, data: Object, id: str = id) -> Object:
        data = {"card": {"id": card_id}, **data}
        return _action(id, kind, change.at, change.author_id, board_id, data)

    def update(key: str, old: Any, new: Any) -> list[Object]:
        card = {"id": card_id, key: new}
        return [action("updateCard", {"card": card, "old": {key: old}})]

    if change.task_id != card_id:
        state = CHECKED["done" if change.new == "done" else "todo"]
        entry = {"checkItem": {"id": change.task_id, "state": state}}
        return [action("updateCheckItemStateOnCard", entry)] if change.field == "status" else []
    match change.field:
        case "status":
            found = [action("updateCard", _move(change, card_id, board_id))]
        case "due_on" | "start_on":
            key = change.field.removesuffix("_on")
            found = update(key, _iso(change.old), _iso(change.new))
        case "title":
            found = update("name", change.old, change.new)
        case "archived":
            found = update("closed", change.old == "true", change.new == "true")
        case "assignee_ids":
            before, after = ids_of(change.old), ids_of(change.new)
            moves = [("removeMemberFromCard", each) for each in before if each not in after]
            moves += [("addMemberToCard", each) for each in after if each not in before]
            found = [
                action(
                    kind, {"idMember": member}, id if len(moves) == 1 else f"{id[:20]}{place:04x}"
                )
                for place, (kind, member) in enumerate(moves)
            ]
        case "project_id":
            found = [action("moveCardToBoard", {"boardSource": {"id": change.old}})]
        case _:
            found = []
    return found


def _move(change: Change, card_id: str, board_id: str) -> Object:
    """A card went to another list, or was marked complete in the one that it is in."""
    left = _list_said(change.old, change.old_label)
    entered = _list_said(change.new, change.new_label)
    if left == entered and "done" in (change.old, change.new):
        marked = change.new == "done"
        return {
            "card": {"id": card_id, "dueComplete": marked},
            "old": {"dueComplete": not marked},
            "list": {"name": left},
        }
    before, after = (
        {"id": hex_id(None, "List", board_id, name), "name": name} for name in (left, entered)
    )
    return {"listBefore": before, "listAfter": after, "old": {"idList": before["id"]}}


def _list_said(status: str | None, label: str | None) -> str:
    if label:
        return label
    return next((name for each, name in LISTS.items() if each == status), NO_STATUS)


def _iso(value: str | None) -> str | None:
    said = moment_text(value)
    return said and stamp(datetime.fromisoformat(said))


def _action(
    id: str, kind: str, at: datetime, author_id: str | None, board_id: str, data: Object
) -> Object:
    return {
        "id": id,
        "type": kind,
        "date": stamp(at),
        "idMemberCreator": author_id,
        "data": {"board": {"id": board_id}, **data},
    }
