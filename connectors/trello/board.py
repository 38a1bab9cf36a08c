"""How one board is read: its cards, who left it, and its actions.

Trello has no "cards changed since", but a board's `dateLastActivity` moves with everything that
happens on it. A cursor holds that date as it was before the read, as written: as long as it is
the same, nothing on the board is asked for. (A date of this very minute is not held: more may
have happened since under the same one.) Beside it stands the instant to read from next time, by
Trello's own clock.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from connectors.sdk.contract import Cursor, Item, Json, Page, Scope
from connectors.sdk.errors import NotVisible
from connectors.sdk.records import Gone
from connectors.sdk.vocabulary import FieldName, Vocabulary, plain_type
from connectors.trello.client import Client
from connectors.trello.mapping import linked_cards
from connectors.trello.words import CHECK_ITEM_STATES, HEX_ID, instant, objects, part, text

CARD_FIELDS = (
    "id,idBoard,idList,idShort,name,desc,shortLink,shortUrl,closed,due,dueComplete,start,"
    "dateLastActivity,idMembers,labels,isTemplate,cardRole"
)
COMMENT_ACTIONS = "commentCard,copyCommentCard"
CHANGE_ACTIONS = (
    "updateCard,addMemberToCard,removeMemberFromCard,moveCardToBoard,updateCheckItemStateOnCard,"
    "updateCustomFieldItem"
)
FRAME = {
    "lists": ("id", "name", "closed"),
    "labels": ("id", "name", "color"),
    "customFields": ("id", "name", "options"),
}
TYPES = {"list": "one of a list", "date": "date and time"}
NO_MEMBERS = {"member": "false", "memberCreator": "false"}  # their ids are in the action itself

CARDS_PAGE = 500  # with checklists, attachments and custom fields; Trello allows 1000
ACTIONS_PAGE = 1000

OVERLAP = timedelta(hours=1)  # an action or an activity date may show late
SETTLED = timedelta(minutes=1)  # a younger date (or one to come) may stay while things happen
EDITED_COMMENTS = timedelta(days=7)  # how long after it was written an edit is looked for


class Board:
    """Reads one board.

    Args:
        client: the way to Trello.
        id: of the board, or a name under `boards` that no visible board has.
    """

    def __init__(self, client: Client, id: str) -> None:
        self.client = client
        self.id = id

    def cards(self, since: Cursor | None, roster: Callable[[], Sequence[Scope]]) -> Iterator[Page]:
        """Cards with all that is on them; since a cursor only those that changed.

        Every card's own date tells whether it changed, except where a list, a label or a custom
        field of the board is not what it was: that moves no card's date, so then all count.
        `roster` tells which boards this connection reads; it is asked only when a card was moved.
        """
        board, cursor = self._open(lists="all", labels="all", customFields="true")
        if same_activity(board, since):
            return
        cursor["frame"] = _frame(board)
        start = _start(since, OVERLAP)
        gone = [] if start is None else list(self._gone(start, roster))
        if since and since.get("frame") != cursor["frame"]:
            start = None
        params = {
            "filter": "all", "fields": CARD_FIELDS, "checklists": "all", "customFieldItems": "true",
            "attachments": "true", "attachment_fields": "url",
        }  # fmt: skip
        ids: dict[str, str | None] = {}  # of cards, by short link
        here: set[str] = set()
        for cards in self.client.pages(f"/1/boards/{self.id}/cards", params, CARDS_PAGE, self.id):
            ids.update({str(card.get("shortLink")): card["id"] for card in cards})
            here.update(card["id"] for card in cards)
            yield Page(
                [
                    Item(card["id"], _body(card, board, self._linked(card, ids)), scope=self.id)
                    for card in cards
                    if _active_since(card, start)
                ]
            )
        # A card that was moved away may have come back.
        yield Page(cursor=cursor, gone=[each for each in gone if each.id not in here])

    def comments(self, since: Cursor | None) -> Iterator[Page]:
        """Comments; an edit changes one in place and shows no other way than by reading it again,
        so the last days' are read again whenever something happened on the board."""
        yield from self._actions(since, COMMENT_ACTIONS, EDITED_COMMENTS)

    def changes(self, since: Cursor | None) -> Iterator[Page]:
        """What was done to cards. Actions are never edited, and history only grows."""
        yield from self._actions(since, CHANGE_ACTIONS, OVERLAP)

    def words(self) -> tuple[list[str | None], list[FieldName]]:
        """The names of its lists, closed ones too, and its custom fields."""
        board, _ = self._open(lists="all", customFields="true")
        fields = [
            FieldName(id, text(each.get("name")) or id, plain_type(each.get("type"), TYPES))
            for each in objects(board.get("customFields"))
            if (id := text(each.get("id"))) is not None
        ]
        return [text(each.get("name")) for each in objects(board.get("lists"))], fields

    def _actions(self, since: Cursor | None, kinds: str, overlap: timedelta) -> Iterator[Page]:
        board, cursor = self._open(lists="none")
        if same_activity(board, since):
            return
        for actions in self._action_pages(kinds, _start(since, overlap)):
            yield Page([Item(action["id"], action, scope=self.id) for action in actions])
        yield Page(cursor=cursor)

    def _gone(self, start: datetime, roster: Callable[[], Sequence[Scope]]) -> Iterator[Gone]:
        """Cards that were deleted, or moved to a board that is not read; the cards that were
        moved to one that is read come with that board."""
        read: set[str] | None = None
        for actions in self._action_pages("deleteCard,moveCardFromBoard", start):
            for action in actions:
                data, at = part(action, "data"), instant(action.get("date"))
                id = text(part(data, "card").get("id"))
                if id is None:
                    continue
                if action.get("type") == "deleteCard":
                    yield Gone(id=id, stream="tasks", reason="deleted", at=at)
                    continue
                if read is None:
                    read = {scope.id for scope in roster()}
                if part(data, "boardTarget").get("id") not in read:
                    yield Gone(id=id, stream="tasks", reason="moved", at=at)

    def _action_pages(self, kinds: str, start: datetime | None) -> Iterator[list[dict[str, Any]]]:
        since = None if start is None else start.strftime("%Y-%m-%dT%H:%M:%SZ")
        params = {"filter": kinds, "since": since, **NO_MEMBERS}
        return self.client.pages(f"/1/boards/{self.id}/actions", params, ACTIONS_PAGE, self.id)

    def _open(self, **nested: str) -> tuple[Mapping[str, Any], dict[str, str]]:
        """The board as it is before it is read, and the cursor for after that."""
        if not HEX_ID.fullmatch(self.id):
            raise not_visible(self.id)
        params = {"fields": "id,name,dateLastActivity", "actions": "none", **nested}
        board, clock = self.client.object(f"/1/boards/{self.id}", params, self.id)
        if clock is None:  # then the next read is a full one
            return board, {}
        active = instant(board.get("dateLastActivity"))
        cursor = {"since": min(active or clock, clock).isoformat()}
        if active is not None and active < clock - SETTLED:
            cursor["activity"] = board["dateLastActivity"]
        return board, cursor

    def _linked(self, card: Json, ids: dict[str, str | None]) -> dict[str, str]:
        """Ids of the cards that a card's attachments point to; those we may not see are left out.

        `ids` holds what this read has learnt so far, and learns.
        """
        shorts = linked_cards(card)
        for short in shorts:
            if short not in ids:
                try:
                    ids[short] = self.client.find(f"/1/cards/{short}")
                except NotVisible:
                    ids[short] = None
        return {short: id for short in shorts if (id := ids[short]) is not None}


def vocabulary(client: Client, boards: Iterable[str]) -> Vocabulary:
    """What there is to map on some boards; every check list has the same two words."""
    told = [Board(client, id).words() for id in boards]
    return Vocabulary.of(
        (*(word for words, _ in told for word in words), *CHECK_ITEM_STATES),
        (field for _, fields in told for field in fields),
    )


def not_visible(board: str) -> NotVisible:
    """What is said of a board that is configured and that Trello does not show."""
    return NotVisible(
        f"The board {board!r} is not visible to the account that the token belongs to.",
        remedy="Invite the account to the board, or take the board out of `boards`.",
        scope=board,
    )


def same_activity(board: Json, cursor: Cursor | None) -> bool:
    """Nothing has happened on the board since the read that left the cursor."""
    active = board.get("dateLastActivity")
    return active is not None and (cursor or {}).get("activity") == active


def _start(since: Cursor | None, overlap: timedelta) -> datetime | None:
    """Where an incremental read begins; None: at the beginning of all."""
    last = instant((since or {}).get("since"))
    return None if last is None else last - overlap


def _active_since(card: Json, start: datetime | None) -> bool:
    active = instant(card.get("dateLastActivity"))
    return start is None or active is None or active >= start


def _frame(board: Json) -> str:
    """A digest of what cards show of their board, and nothing else (labels count their uses)."""
    shown = [
        sorted(json.dumps([each.get(name) for name in names]) for each in objects(board.get(kind)))
        for kind, names in FRAME.items()
    ]
    return hashlib.sha256(json.dumps(shown).encode()).hexdigest()[:16]


def _body(card: Json, board: Json, linked: Mapping[str, str]) -> Json:
    """The card with the look-ups that its mapping needs, and no more of them."""
    chosen = [entry.get("idValue") for entry in objects(card.get("customFieldItems"))]
    lists = (each for each in objects(board.get("lists")) if each.get("id") == card.get("idList"))
    column = next(lists, None)
    return {
        "card": card,
        "list": column and {name: column.get(name) for name in ("id", "name", "closed")},
        "customFields": [
            {
                "id": field.get("id"),
                "name": field.get("name"),
                "options": [
                    {"id": option.get("id"), "value": option.get("value")}
                    for option in objects(field.get("options"))
                    if option.get("id") in chosen
                ],
            }
            for field in objects(board.get("customFields"))
        ],
        "linked": linked,
    }
