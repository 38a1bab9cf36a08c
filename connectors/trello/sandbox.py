"""An imitation of Trello's REST API over a world of records, for the one account that asks."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from connectors.sdk.records import Change, Column, Comment, Link, Person, Project, Record, Task
from connectors.sdk.sandbox import Reply, Request
from connectors.trello.sandbox_actions import comment_action, edit_actions, leaving_action
from connectors.trello.sandbox_adopt import Adoption
from connectors.trello.sandbox_hooks import Hooks
from connectors.trello.sandbox_render import Object, Shelf, board_json, member_json
from connectors.trello.sandbox_words import hex_id, short_link
from connectors.trello.words import instant

KEY = "0123456789abcdef0123456789abcdef"
TOKEN = "ATTA-an-invented-token"  # noqa: S105
CREDENTIAL = re.compile(r'OAuth oauth_consumer_key="([^"]*)", oauth_token="([^"]*)"')
READER = Person(id=hex_id(None, "reader"), name="Flagstaff Reader")
BOARD_HIDDEN = "unauthorized permission requested"
CARD_HIDDEN = "unauthorized card permission requested"
NOT_FOUND = "The requested resource was not found."
ALLOWANCES = {"api-token": 100, "api-key": 300, "member": 200}  # requests in ten seconds


class TrelloSandbox(Adoption):
    """Trello's boards, cards and actions."""

    def __init__(self, records: Iterable[Record], now: Callable[[], datetime]) -> None:
        super().__init__(records, now)
        self._revision = -1
        self._homes: dict[str, str] = {}  # the board of every task that ever was
        self._card_of: dict[str, str] = {}  # the card that a task is or is part of
        self._shelves: dict[str, Shelf] = {}
        self._feeds: dict[str, list[Object]] = {}
        self.hooks = Hooks(lambda id: id in self._shelves and id not in self.hidden, _text)
        self._index()

    def options(self, base_url: str) -> dict[str, Any]:
        """See `Sandbox.options`."""
        return {"url": base_url, "key": KEY, "token": TOKEN, "allow_private_network": True}

    def handle(self, request: Request) -> Reply:
        """Answer as Trello would."""
        given = CREDENTIAL.fullmatch(request.headers.get("authorization", ""))
        if given is None or given.groups() != (KEY, TOKEN):
            wrong = "key" if given is None or given[1] != KEY else "token"
            return _text(401, f"invalid {wrong}")
        self._index()
        match request.path.strip("/").split("/"):
            case ["1", "members", "me", *rest]:
                reply = self._member(request, rest)
            case ["1", "webhooks", *rest]:
                reply = self.hooks.answer(rest, request)
            case ["1", "boards", id, *rest]:
                reply = self._visible_board(request, id, rest)
            case ["1", "cards", id, "actions", *rest]:
                reply = self._of_card(request, id, rest)
            case ["1", kind, id]:
                reply = self._single(request, kind, id)
            case _:
                reply = _text(404, f"Cannot {request.method} {request.path}")
        return reply

    def _member(self, request: Request, rest: list[str]) -> Reply:
        """What the token's own account is asked for."""
        match rest:
            case []:
                return _json(_pick(member_json(READER), request))
            case ["tokens"]:
                return self.hooks.tokens(request)
            case ["boards"]:
                return self._member_boards(request)
            case _:
                return _text(404, f"Cannot {request.method} {request.path}")

    def _index(self) -> None:
        """Sort everything onto its board, once per revision of the world."""
        if self._revision == self.world.revision:
            return
        self._revision = self.world.revision
        self._feeds.clear()
        columns = self.world.all(Column)
        self._shelves = {
            board.id: Shelf(
                board,
                [column for column in columns if column.board_id == board.id],
                self.native_fields.get(board.id, ()),
            )
            for board in self.world.all(Project)
        }
        tasks = self.world.all(Task)
        for task in tasks:
            if task.parent_id is None and task.project_id in self._shelves:
                self._homes[task.id], self._card_of[task.id] = task.project_id, task.id
                self._shelves[task.project_id].add(task)
        for item in tasks:
            if item.parent_id is not None and item.parent_id in self._homes:
                home = self._homes[item.id] = self._homes[item.parent_id]
                self._card_of[item.id] = item.parent_id
                self._shelves[home].items.setdefault(item.parent_id, []).append(item)
                self._shelves[home].touch(item.updated_at, item.parent_id)
        for link in self.world.all(Link):
            self._homes[link.id], self._card_of[link.id] = (
                self._homes.get(link.from_id, ""), link.from_id,
            )  # fmt: skip
            if link.from_id in self._homes:
                shelf = self._shelves[self._homes[link.from_id]]
                shelf.linked.setdefault(link.from_id, []).append(link.to_id)
        self._touch()

    def _touch(self) -> None:
        """Whatever was edited moves the activity of its board, and of its card."""
        for comment in self.world.all(Comment):
            self._homes[comment.id] = self._homes.get(comment.task_id, "")
            if shelf := self._shelves.get(self._homes[comment.id]):
                shelf.touch(comment.at)
        for change in self.world.all(Change):
            if change.field == "project_id" and (shelf := self._shelves.get(change.old or "")):
                shelf.touch(change.at)
        for (kind, id), at in self.world.edited.items():
            home = id if kind is Project else self._homes.get(id, "")
            silent = kind is Comment and (kind, id) in self.world.gone
            if (shelf := self._shelves.get(home)) and not silent:
                shelf.touch(at, self._card_of.get(id) if kind is not Task else None)

    def _member_boards(self, request: Request) -> Reply:
        people = self.world.all(Person)
        only = request.one("filter", "all")
        found = []
        for shelf in self._shelves.values():
            state = "open" if shelf.board.state == "active" else "closed"
            if shelf.board.id not in self.hidden and only in ("all", state):
                board = _pick(board_json(shelf, people), request)
                if request.one("lists", "none") != "none":
                    board["lists"] = shelf.lists()
                found.append(board)
        return _json(found)

    def _visible_board(self, request: Request, id: str, rest: list[str]) -> Reply:
        shelf = self._shelves.get(id)
        if shelf is None or id in self.hidden:
            return _text(404, NOT_FOUND) if shelf is None else _text(401, BOARD_HIDDEN)
        match rest:
            case []:
                return _json(_nested_board(shelf, request))
            case ["members"]:
                members = map(member_json, self.world.all(Person))
                return _json([_pick(member, request) for member in members])
            case ["cards"]:
                return _cards(shelf, request)
            case ["actions"]:
                return _actions(self._feed(id), request)
            case _:
                return _text(404, f"Cannot {request.method} {request.path}")

    def _feed(self, board_id: str) -> list[Object]:
        """The board's actions, newest first. A deleted card takes its own along."""
        if not self._feeds:
            feeds: dict[str, list[Object]] = defaultdict(list)
            live = {card.id for shelf in self._shelves.values() for card in shelf.cards}
            for comment in self.world.all(Comment):
                if comment.task_id in live:
                    home = self._homes[comment.task_id]
                    feeds[home].append(comment_action(comment, home))
            for change in self.world.all(Change):
                card = self._card_of.get(change.task_id)
                if card is None:
                    continue
                home = self._homes[card]
                feeds[home].extend(edit_actions(change, home, card))
                if change.field == "project_id" and change.old and change.new:
                    feeds[change.old].append(
                        leaving_action(card, change.at, change.old, change.new)
                    )
            for (kind, id), (reason, at) in self.world.gone.items():
                if kind is Task and self._card_of.get(id) == id and reason in ("deleted", "moved"):
                    target = None if reason == "deleted" else hex_id(None, "a board elsewhere")
                    feeds[self._homes[id]].append(leaving_action(id, at, self._homes[id], target))
            for feed in feeds.values():
                feed.sort(key=lambda action: str(action["id"]), reverse=True)
            self._feeds = {"": [], **feeds}
        return self._feeds.get(board_id, [])

    def _of_card(self, request: Request, id: str, rest: list[str]) -> Reply:
        """A card's comments: listed, written, edited."""
        home = self._homes.get(id, "")
        if self._card_of.get(id) != id or self.world.get(Task, id) is None or home in self.hidden:
            return _text(404, NOT_FOUND)
        if request.method == "GET":
            feed = [each for each in self._feed(home) if each["data"]["card"]["id"] == id]
            return _actions(feed, request)
        if not self.may_comment:
            return _text(401, "unauthorized permission requested")
        made = hex_id(self.world.now(), "comment", str(self.world.revision))
        comment = made if rest == ["comments"] else rest[0]
        if comment != made and self.world.get(Comment, comment) is None:
            return _text(404, NOT_FOUND)
        said = self.say(id, comment, request.one("text"), touch=comment == made)
        return _json(comment_action(said, home))

    def _single(self, request: Request, kind: str, id: str) -> Reply:
        """A card (also by its short link), a member or an action by itself."""
        if kind == "members" and (person := self.world.get(Person, id)):
            return _json(_pick(member_json(person), request))
        for shelf in self._shelves.values():
            if kind == "cards":
                found = next((card for card in shelf.cards if id in _names(card)), None)
                answer = found and shelf.card(found)
            else:
                feed = self._feed(shelf.board.id) if kind == "actions" else []
                answer = next((action for action in feed if action["id"] == id), None)
            if answer:
                hidden = shelf.board.id in self.hidden
                return _text(401, CARD_HIDDEN) if hidden else _json(_pick(answer, request, NESTED))
        reason, _ = self.world.gone.get((Task, id), ("deleted", None))
        elsewhere = reason in ("moved", "access_lost")
        return _text(401, CARD_HIDDEN) if elsewhere else _text(404, NOT_FOUND)


NESTED = ("checklists", "attachments", "customFieldItems")


def _names(card: Task) -> tuple[str, str]:
    return card.id, short_link(card.id)


def _nested_board(shelf: Shelf, request: Request) -> Object:
    board = _pick(board_json(shelf, ()), request)
    if request.one("lists", "none") != "none":
        board["lists"] = shelf.lists()
    if request.one("labels", "none") != "none":
        board["labels"] = shelf.labels()
    if request.one("customFields") == "true":
        board["customFields"] = shelf.definitions()
    return board


def _cards(shelf: Shelf, request: Request) -> Reply:
    states = {"all": (True, False), "closed": (True,)}
    closed = states.get(request.one("filter", "visible"), (False,))
    cards = [card for card in shelf.cards if bool(card.archived) in closed]
    cards.sort(key=lambda card: card.id, reverse=True)
    page = _page(cards, lambda card: str(card.id), request, 1000)
    return _json([_pick(shelf.card(card), request, NESTED) for card in page])


def _actions(feed: list[Object], request: Request) -> Reply:
    kinds = request.one("filter", "all").split(",")
    wanted = [action for action in feed if kinds == ["all"] or action["type"] in kinds]
    page = _page(wanted, lambda action: str(action["id"]), request, 50)
    return _json([_pick(action, request) for action in page])


def _page(found: list[Any], id_of: Callable[[Any], str], request: Request, most: int) -> list[Any]:
    """The newest, made since an instant, before an id."""
    before, since = request.one("before"), instant(request.one("since"))
    oldest = "" if since is None else f"{max(0, int(since.timestamp())):08x}"
    kept = (
        each for each in found if id_of(each) >= oldest and (not before or id_of(each) < before)
    )
    return list(kept)[: int(request.one("limit", str(most)))]


def _pick(found: Object, request: Request, nested: Iterable[str] = ()) -> Object:
    """The fields that were asked for; nested resources only when they were."""
    fields = request.one("fields", "all")
    kept = {"id", *(found if fields == "all" else fields.split(","))} - set(nested)
    kept |= {name for name in nested if request.one(name) not in ("", "none", "false")}
    return {name: value for name, value in found.items() if name in kept}


def _headers() -> dict[str, str]:
    headers: dict[str, str] = {}
    for family, most in ALLOWANCES.items():
        name = f"X-Rate-Limit-{family.title()}"
        headers |= {
            f"{name}-Interval-Ms": "10000",
            f"{name}-Max": str(most),
            f"{name}-Remaining": str(most - 1),
        }
    return headers


def _json(data: Any) -> Reply:
    return Reply.of(data, 200, **_headers())


def _text(status: int, said: str) -> Reply:
    """Trello's errors are plain text."""
    return Reply(status, said.encode(), {"Content-Type": "text/plain; charset=utf-8"})


SANDBOX = TrelloSandbox
