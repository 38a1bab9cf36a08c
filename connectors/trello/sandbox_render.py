"""Records as Trello's JSON: boards, lists, members, custom fields, cards. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from connectors.sdk.records import Column, Custom, Person, Project, Task
from connectors.trello.sandbox_words import (
    CHECKED,
    SITE,
    Field,
    born,
    card_list,
    hex_id,
    is_marked,
    moment,
    short_link,
    to_ms,
    username,
)
from connectors.trello.words import BLOCKED_WORDS

Object = dict[str, Any]


class Shelf:
    """A board, with what lies on it now."""

    def __init__(self, board: Project, columns: Iterable[Column], fields: Sequence[Field]) -> None:
        self.board = board
        self.active = board.updated_at or born(board.id)
        self.columns = {column.name: column for column in columns}
        self.fields = fields
        self.cards: list[Task] = []
        self.items: dict[str, list[Task]] = {}  # by card
        self.linked: dict[str, list[str]] = {}  # by card
        self.card_active: dict[str, datetime] = {}

    def touch(self, at: datetime | None, card_id: str | None = None) -> None:
        """Something happened on the board at a time, perhaps on a card."""
        if at is None:
            return
        self.active = max(self.active, to_ms(at))
        if card_id is not None:
            self.card_active[card_id] = max(self.card_active.get(card_id, at), at)

    def add(self, card: Task) -> None:
        """Put a card on the board; a list that it names and that is not there comes to be."""
        self.cards.append(card)
        self.touch(card.updated_at, card.id)
        name = card_list(card)
        if name not in self.columns:
            id = hex_id(None, "List", self.board.id, name)
            self.columns[name] = Column(
                id=id, board_id=self.board.id, name=name, position=len(self.columns)
            )

    def list_of(self, name: str) -> str:
        """The id of a list."""
        return self.columns[name].id

    def lists(self) -> list[Object]:
        """The lists from left to right."""
        return [
            {
                "id": column.id,
                "name": column.name,
                "closed": False,
                "idBoard": self.board.id,
                "pos": (place + 1) * 16384,
                "softLimit": column.wip_max,
            }
            for place, column in enumerate(
                sorted(self.columns.values(), key=lambda column: column.position)
            )
        ]

    def labels(self) -> list[Object]:
        """The board's labels."""
        names = dict.fromkeys(name for card in self.cards for name in labels_of(card))
        return [_label(self.board.id, name) for name in names]

    def definitions(self) -> list[Object]:
        """The board's custom fields; a list's options are the values that cards have."""
        found = []
        for place, field in enumerate(self.fields):
            definition: Object = {
                "id": field.id,
                "idModel": self.board.id,
                "modelType": "board",
                "name": field.name,
                "pos": (place + 1) * 16384,
                "type": field.type,
            }
            if field.type == "list":
                values = dict.fromkeys(
                    custom.value for card in self.cards for custom in card.custom
                    if custom.id == field.id and custom.value is not None
                )  # fmt: skip
                definition["options"] = [
                    {
                        "id": _option(field.id, value),
                        "idCustomField": field.id,
                        "value": {"text": value},
                        "color": "none",
                    }
                    for value in values
                ]
            found.append(definition)
        return found

    def card(self, card: Task) -> Object:
        """A card with its checklists, attachments and custom fields."""
        column = card_list(card)
        short = short_link(card.id)
        types = {field.id: field.type for field in self.fields}
        return {
            "id": card.id,
            "idBoard": self.board.id,
            "idList": self.list_of(column),
            "idShort": int((card.key or "#0").lstrip("#")),
            "name": card.title,
            "desc": card.description or "",
            "shortLink": short,
            "shortUrl": f"{SITE}/c/{short}",
            "url": f"{SITE}/c/{short}/{username(card.title)}",
            "closed": bool(card.archived),
            "due": stamp(moment(card.due_on)),
            "dueComplete": is_marked(card),
            "start": stamp(moment(card.start_on)),
            "dateLastActivity": stamp(self.card_active.get(card.id)),
            "idMembers": list(card.assignee_ids),
            "labels": [_label(self.board.id, name) for name in labels_of(card)],
            "isTemplate": card.type_label == "template",
            "cardRole": None if card.type_label == "template" else card.type_label,
            "checklists": self._checklists(card),
            "attachments": [
                {"id": hex_id(None, card.id, id), "url": f"{SITE}/c/{short_link(id)}"}
                for id in self.linked.get(card.id, ())
            ],
            "customFieldItems": [
                _entry(custom, card.id, types[custom.id])
                for custom in card.custom
                if custom.value is not None and custom.id in types
            ],
        }

    def _checklists(self, card: Task) -> list[Object]:
        items = self.items.get(card.id)
        if not items:
            return []
        checklist = hex_id(None, "Checklist", card.id)
        return [
            {
                "id": checklist,
                "idCard": card.id,
                "name": "Checklist",
                "pos": 16384,
                "checkItems": [
                    {
                        "id": item.id,
                        "idChecklist": checklist,
                        "name": item.title,
                        "pos": (place + 1) * 16384,
                        "state": CHECKED["done" if item.status == "done" else "todo"],
                        "due": stamp(moment(item.due_on)),
                        "idMember": next(iter(item.assignee_ids), None),
                    }
                    for place, item in enumerate(items)
                ],
            }
        ]


def board_json(shelf: Shelf, people: Sequence[Person]) -> Object:
    """A board as the account's list of boards shows it; everybody is a member of every board."""
    board, short = shelf.board, short_link(shelf.board.id)
    return {
        "id": board.id,
        "name": board.name,
        "desc": board.description or "",
        "closed": board.state != "active",
        "shortLink": short,
        "shortUrl": f"{SITE}/b/{short}",
        "url": f"{SITE}/b/{short}/{username(board.name)}",
        "dateLastActivity": stamp(shelf.active),
        "memberships": [
            {
                "id": hex_id(None, board.id, person.id),
                "idMember": person.id,
                "memberType": "normal",
                "unconfirmed": False,
                "deactivated": person.active is False,
            }
            for person in people
        ],
    }


def member_json(person: Person) -> Object:
    """A member as others see it: without an e-mail address."""
    name = username(person.name)
    return {
        "id": person.id, "fullName": person.name, "username": name, "url": f"{SITE}/{name}",
    }  # fmt: skip


def labels_of(card: Task) -> list[str]:
    """The card's labels; a blocked card has one that says so."""
    labels = list(card.labels)
    if card.blocked and not any(map(BLOCKED_WORDS.search, (*labels, card_list(card)))):
        labels.append("Blocked")
    return labels


def stamp(at: datetime | None) -> str | None:
    """An instant as Trello writes it: UTC with milliseconds."""
    if at is None:
        return None
    return to_ms(at).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _label(board_id: str, name: str) -> Object:
    id = hex_id(None, "Label", board_id, name)
    return {"id": id, "idBoard": board_id, "name": name, "color": "sky"}


def _option(field_id: str, value: Any) -> str:
    return hex_id(None, "Option", field_id, str(value))


def _entry(custom: Custom, card_id: str, type: str) -> Object:
    """A custom field's value; Trello writes all of them as text, and a list's is null."""
    entry: Object = {
        "id": hex_id(None, card_id, custom.id),
        "idCustomField": custom.id,
        "idModel": card_id,
        "modelType": "card",
        "idValue": None,
        "value": None,
    }
    value = custom.value
    if type == "list":
        entry["idValue"] = _option(custom.id, value)
    elif type == "checkbox":
        entry["value"] = {"checked": "true" if value else "false"}
    elif type == "number":
        entry["value"] = {"number": repr(value)}
    elif type == "date" and isinstance(value, date):
        entry["value"] = {"date": stamp(moment(value))}
    else:
        entry["value"] = {"text": str(value)}
    return entry
