"""Trello over its REST API, version 1. All I/O; what the answers mean is in `mapping.py`.

How a board is read. Trello has no "cards changed since", but a board's `dateLastActivity` moves
with everything that happens on it, and the account's boards come in one answer. So a turn asks
for that list, and only a board whose `dateLastActivity` is not the one in its cursor gets a lane;
a board where nothing happened costs no request at all. In its lane a stream reads

- tasks: the board's lists, labels and custom fields; the actions that took cards away since
  (`deleteCard` is Trello's feed of deletions); then the cards, and of them those whose own
  `dateLastActivity` is not older than the last read: all of them when a list, a label or a
  custom field is not what it was, because such a change moves no card's date;
- changes: the actions since, as history. Actions are never edited, and history only grows;
- comments: the comments since, less a week, because an edit changes a comment in place and does
  not show as an action; a deleted one is missing from the census.

Comments are a stream of their own, not a part of the cards: one request gives a thousand of
them, whereas per card they would cost a request each.

A cursor holds the board's `dateLastActivity` before the read, as written (compared only for being
the same), and the instant to read from, by Trello's own clock.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr

from connectors.sdk.contract import (
    Access,
    Answer,
    Budget,
    Can,
    Cursor,
    Http,
    Identity,
    Item,
    Json,
    Lane,
    Options,
    Page,
    Plan,
    RateLimit,
    Scope,
)
from connectors.sdk.errors import ConnectorError, NotVisible, Refused, Unexpected
from connectors.sdk.records import Gone, GoneReason, Record
from connectors.trello import mapping
from connectors.trello.words import HEX_ID, instant, objects, part, text

BOARDS = "/1/members/me/boards"
BOARD_FIELDS = "id,name,desc,closed,shortLink,shortUrl,dateLastActivity"
CARD_FIELDS = (
    "id,idBoard,idList,idShort,name,desc,shortLink,shortUrl,closed,due,dueComplete,start,"
    "dateLastActivity,idMembers,labels,isTemplate,cardRole"
)
COMMENT_ACTIONS = "commentCard,copyCommentCard"
CHANGE_ACTIONS = (
    "updateCard,addMemberToCard,removeMemberFromCard,moveCardToBoard,updateCheckItemStateOnCard,"
    "updateCustomFieldItem"
)
LEAVING_ACTIONS = "deleteCard,moveCardFromBoard"

NO_MEMBERS = {"member": "false", "memberCreator": "false"}  # their ids are in the action itself

CARDS_PAGE = 500  # with checklists, attachments and custom fields; Trello allows 1000
IDS_PAGE = 1000
ACTIONS_PAGE = 1000
MAX_PAGES = 10_000

OVERLAP = timedelta(hours=1)  # an action or an activity date may show late
EDITED_COMMENTS = timedelta(days=7)  # how long after it was written an edit is looked for

TOKEN_REMEDY = "Make a new token at https://trello.com/power-ups/admin and put it in `token`."
BOARD_REMEDY = "Invite the account to the board, or take the board out of `boards`."


class TrelloOptions(Options):
    """What an admin writes under `options`."""

    url: str = Field(default="https://api.trello.com", description="Address of Trello's API.")
    key: SecretStr = Field(description="API key of the Power-Up that the token was made with.")
    token: SecretStr = Field(description="Token of the account that reads; scope `read` is enough.")
    boards: tuple[str, ...] | None = Field(
        default=None,
        description="Boards to read, by id, short link or name; all of the account's when absent.",
    )


class Trello:
    """One account in Trello."""

    name: ClassVar = "trello"
    title: ClassVar = "Trello"
    Config: ClassVar[type[Options]] = TrelloOptions
    limits: ClassVar[Sequence[RateLimit]] = (
        RateLimit(100, timedelta(seconds=10)),
        RateLimit(100, timedelta(seconds=900), path="/1/members"),
    )
    parallel: ClassVar = 4
    streams: ClassVar[Mapping[str, Can]] = {
        "projects": Can.FULL,
        "people": Can.FULL,
        "tasks": Can.FULL | Can.INCREMENTAL | Can.TOMBSTONES | Can.CENSUS | Can.FEED,
        "comments": Can.FULL | Can.INCREMENTAL | Can.CENSUS,
        "changes": Can.FULL | Can.INCREMENTAL,
    }
    provides: ClassVar[Mapping[type[Record], frozenset[str]]] = mapping.PROVIDES
    evidence: ClassVar[Literal["docs", "recorded", "live"]] = "recorded"
    evidence_on: ClassVar = "2026-11-23"

    def __init__(self, config: TrelloOptions, http: Http) -> None:
        self.config = config
        self.http = http

    @classmethod
    def access(cls, config: TrelloOptions) -> Access:
        """Key and token travel in a header, so that no address holds them."""
        key, token = config.key.get_secret_value(), config.token.get_secret_value()
        credential = f'OAuth oauth_consumer_key="{key}", oauth_token="{token}"'
        return Access(config.url.rstrip("/"), {"Authorization": credential})

    @staticmethod
    def classify(answer: Answer) -> ConnectorError | None:
        """Trello says 401 for three things; the words of the answer tell which."""
        said = _said(answer.data).lower()
        if answer.status == 403 and "api_too_many_cards_requested" in said:
            return Unexpected("Trello finds that too many cards were asked for in one request.")
        if answer.status != 401:
            return None
        if "permission requested" in said:
            return NotVisible(
                "Trello shows this board or card only to its members.", remedy=BOARD_REMEDY
            )
        if "key" in said:
            return Refused(
                "Trello does not know the API key.",
                remedy="Copy the API key from https://trello.com/power-ups/admin into `key`.",
            )
        if "scope" in said:
            return Refused("The token lacks the scope `read`.", remedy=TOKEN_REMEDY)
        return Refused(
            "Trello refuses the token: it is wrong, expired or revoked.", remedy=TOKEN_REMEDY
        )

    @staticmethod
    def budget(headers: Mapping[str, str]) -> Budget | None:
        """The scarcest of the allowances that Trello names: by token, by key, by member."""
        left = [
            Budget(
                remaining=int(headers[f"{family}-remaining"]),
                resets_in=timedelta(milliseconds=int(headers[f"{family}-interval-ms"])),
                limit=int(headers[f"{family}-max"]),
            )
            for family in (
                "x-rate-limit-api-token", "x-rate-limit-api-key", "x-rate-limit-member",
            )
            if all(
                headers.get(f"{family}-{part}", "").isdecimal()
                for part in ("remaining", "interval-ms", "max")
            )
        ]  # fmt: skip
        return min(left, key=lambda budget: budget.remaining, default=None)

    def check(self) -> Identity:
        """Who the token belongs to, and which boards it shows us."""
        fields = {"fields": "id,fullName,username"}
        answer = self.http.request("GET", "/1/members/me", params=fields)
        member = _object(answer.data, "its account")
        boards, missing = self._boards("id,name,shortLink,closed")
        warnings = [f"{_not_visible(each)} {BOARD_REMEDY}" for each in missing]
        return Identity(
            account=f"{member.get('fullName')} (@{member.get('username')})",
            site=urlsplit(self.config.url).netloc,
            server_time=server_time(answer),
            scopes=[_scope(board) for board in boards],
            warnings=warnings if boards or missing else ["The account is a member of no board."],
        )

    def scopes(self) -> Sequence[Scope]:
        """The boards that are configured and visible, open and closed."""
        return [_scope(board) for board in self._boards("id,name,shortLink,closed")[0]]

    def lanes(self, stream: str, cursors: Mapping[str, Cursor]) -> Plan:
        """One lane; for what lies on boards one per board on which something happened."""
        if stream in ("projects", "people"):
            return Plan([Lane()])
        boards, missing = self._boards("id,name,shortLink,dateLastActivity")
        changed = [
            Lane(board["id"], scope=board["id"], full=board["id"] not in cursors)
            for board in boards
            if not _same_activity(board, cursors.get(board["id"]))
        ]
        return Plan([*changed, *(Lane(each, scope=each, full=False) for each in missing)])

    def pull(self, stream: str, lane: str, since: Cursor | None) -> Iterator[Page]:
        """Read a lane; its cursor moves once all of it was read."""
        match stream:
            case "projects":
                boards, _ = self._boards(BOARD_FIELDS, lists="open")
                yield Page([Item(board["id"], board) for board in boards])
            case "people":
                yield from self._people()
            case "tasks":
                yield from self._tasks(lane, since)
            case "comments":
                yield from self._actions(lane, since, COMMENT_ACTIONS, EDITED_COMMENTS)
            case "changes":
                yield from self._actions(lane, since, CHANGE_ACTIONS, OVERLAP)
            case _:
                raise Unexpected(f"Trello has no stream {stream!r}.")

    def census(self, stream: str, scope: str) -> Iterator[Sequence[str]]:
        """Ids of a board's cards, or of its comments."""
        if stream == "tasks":
            path, params = "cards", {"filter": "all", "fields": "id"}
        else:
            path = "actions"
            params = {"filter": COMMENT_ACTIONS, "fields": "id", **NO_MEMBERS}
        for found in self._walk(f"/1/boards/{scope}/{path}", params, IDS_PAGE, scope):
            yield [each["id"] for each in found]

    def confirm(self, stream: str, ids: Sequence[str]) -> Mapping[str, GoneReason | None]:
        """Read each by itself. Trello tells what it hides (401) from what is no more (404)."""
        kind = {"projects": "boards", "people": "members", "tasks": "cards"}.get(stream, "actions")
        found: dict[str, GoneReason | None] = {}
        for id in ids:
            try:
                answer = self.http.request(
                    "GET", f"/1/{kind}/{id}", params={"fields": "id"}, accept=(404,)
                )
            except NotVisible:
                found[id] = "access_lost"
            else:
                found[id] = "deleted" if answer.status == 404 else None
        return found

    def count(self, stream: str, scope: str) -> int | None:
        """Trello counts nothing; the census lists it."""
        return None

    @staticmethod
    def to_records(stream: str, item: Json) -> Iterable[Record]:
        """See `mapping.py`."""
        return mapping.to_records(stream, item)

    def _boards(self, fields: str, **nested: str) -> tuple[list[dict[str, Any]], list[str]]:
        """The configured boards that the account sees, and the configured ones it does not."""
        answer = self.http.get(BOARDS, {"filter": "all", "fields": fields, **nested})
        boards = _objects(answer, "the account's boards")
        if self.config.boards is None:
            return boards, []
        wanted = set(self.config.boards)
        names = {
            board["id"]: {board["id"], board.get("shortLink"), board.get("name")}
            for board in boards
        }
        seen = set().union(*names.values())
        return (
            [board for board in boards if names[board["id"]] & wanted],
            [each for each in self.config.boards if each not in seen],
        )

    def _people(self) -> Iterator[Page]:
        """Members of all boards, each once.

        The boards' list names every member's id, so a board whose members other boards have
        told already is not asked for.
        """
        boards, _ = self._boards("id,name,shortLink,memberships")
        active: dict[str, bool] = {}
        for board in boards:
            for membership in objects(board.get("memberships")):
                id = str(membership.get("idMember"))
                here = membership.get("deactivated") is not True
                active[id] = here or active.get(id, False)
        told: set[str] = set()
        for board in sorted(boards, key=lambda board: -len(objects(board.get("memberships")))):
            ids = {str(each.get("idMember")) for each in objects(board.get("memberships"))}
            if ids and ids <= told:
                continue
            path, fields = f"/1/boards/{board['id']}/members", "id,fullName,username,url"
            answer = self.http.request(
                "GET", path, params={"filter": "all", "fields": fields}, scope=board["id"]
            )
            members = _objects(answer.data, f"the members of board {board['id']}")
            yield Page(
                [
                    Item(member["id"], {"member": member, "active": active.get(member["id"])})
                    for member in members
                    if member["id"] not in told
                ]
            )
            told.update(ids, (member["id"] for member in members))

    def _tasks(self, board_id: str, since: Cursor | None) -> Iterator[Page]:
        board, cursor = self._open(board_id, lists="all", labels="all", customFields="true")
        if _same_activity(board, since):
            return
        frame = [objects(board.get(each)) for each in ("lists", "labels", "customFields")]
        cursor["frame"] = _digest(frame)
        start = _start(since, OVERLAP)
        gone = [] if start is None else self._gone(board_id, start)
        if since and since.get("frame") != cursor["frame"]:
            start = None
        params = {
            "filter": "all", "fields": CARD_FIELDS, "checklists": "all", "customFieldItems": "true",
            "attachments": "true", "attachment_fields": "url",
        }  # fmt: skip
        here: dict[str, str | None] = {}  # ids of cards by short link
        for cards in self._walk(f"/1/boards/{board_id}/cards", params, CARDS_PAGE, board_id):
            here.update({str(card.get("shortLink")): card["id"] for card in cards})
            changed = [card for card in cards if _active_since(card, start)]
            yield Page(
                [
                    Item(card["id"], _body(card, board, self._linked(card, here)), scope=board_id)
                    for card in changed
                ]
            )
        on_board = set(here.values())  # a card that was moved away may have come back
        yield Page(cursor=cursor, gone=[each for each in gone if each.id not in on_board])

    def _gone(self, board_id: str, start: datetime) -> list[Gone]:
        """Cards that left the board since: deleted, or moved to a board that is not read."""
        params = {"filter": LEAVING_ACTIONS, "since": start.isoformat(), **NO_MEMBERS}
        actions = [
            action
            for page in self._walk(f"/1/boards/{board_id}/actions", params, ACTIONS_PAGE, board_id)
            for action in page
        ]
        moved = any(action.get("type") == "moveCardFromBoard" for action in actions)
        boards = {scope.id for scope in self.scopes()} if moved else set()
        gone = []
        for action in actions:
            data = part(action, "data")
            id = text(part(data, "card").get("id"))
            deleted = action.get("type") == "deleteCard"
            # A card on a board that is read comes with that board.
            if id is not None and (deleted or part(data, "boardTarget").get("id") not in boards):
                at = instant(action.get("date"))
                reason: GoneReason = "deleted" if deleted else "moved"
                gone.append(Gone(id=id, stream="tasks", reason=reason, at=at))
        return gone

    def _linked(self, card: Json, known: dict[str, str | None]) -> dict[str, str]:
        """Ids of the cards that a card's attachments point to; those we may not see are left out.

        `known` holds what this read has learnt so far, and learns.
        """
        for short in mapping.linked_cards(card):
            if short not in known:
                try:
                    answer = self.http.request(
                        "GET", f"/1/cards/{short}", params={"fields": "id"}, accept=(404,)
                    )
                except NotVisible:
                    known[short] = None
                else:
                    known[short] = text(part({"card": answer.data}, "card").get("id"))
        pairs = ((short, known[short]) for short in mapping.linked_cards(card))
        return {short: id for short, id in pairs if id is not None}

    def _actions(
        self, board_id: str, since: Cursor | None, kinds: str, overlap: timedelta
    ) -> Iterator[Page]:
        board, cursor = self._open(board_id, lists="none")
        if _same_activity(board, since):
            return
        start = _start(since, overlap)
        params = {"filter": kinds, "since": start and start.isoformat(), **NO_MEMBERS}
        for actions in self._walk(f"/1/boards/{board_id}/actions", params, ACTIONS_PAGE, board_id):
            yield Page([Item(action["id"], action, scope=board_id) for action in actions])
        yield Page(cursor=cursor)

    def _open(self, board_id: str, **nested: str) -> tuple[Mapping[str, Any], dict[str, str]]:
        """The board as it is before it is read, and the cursor for after that."""
        if not HEX_ID.fullmatch(board_id):  # a name in `boards` that no visible board has
            raise NotVisible(_not_visible(board_id), remedy=BOARD_REMEDY, scope=board_id)
        params = {"fields": "id,name,dateLastActivity", "actions": "none", **nested}
        answer = self.http.request("GET", f"/1/boards/{board_id}", params=params, scope=board_id)
        board = _object(answer.data, f"board {board_id}")
        clock = server_time(answer)
        active = text(board.get("dateLastActivity"))
        cursor = {"activity": active} if active else {}
        if clock is not None:  # else the next read is a full one
            cursor["since"] = min(instant(active) or clock, clock).isoformat()
        return board, cursor

    def _walk(
        self, path: str, params: Mapping[str, str | None], limit: int, scope: str
    ) -> Iterator[list[dict[str, Any]]]:
        """Pages from the newest to the oldest; a page that is not full is the last."""
        before: str | None = None
        for _ in range(MAX_PAGES):
            query = {**params, "limit": limit, "before": before}
            answer = self.http.request("GET", path, params=query, scope=scope)
            found = _objects(answer.data, path)
            if found:
                yield found
            if len(found) < limit:
                return
            oldest = min(each["id"] for each in found)
            if before is not None and oldest >= before:
                break
            before = oldest
        raise Unexpected(f"Trello's pages of {path} do not come to an end.", scope=scope)


def server_time(answer: Answer) -> datetime | None:
    """The tool's clock, from the `Date` of its answer."""
    try:
        return parsedate_to_datetime(answer.headers.get("date", ""))
    except ValueError:
        return None


def _said(data: Any) -> str:
    """The words of an error: plain text, or the values of a JSON object."""
    if isinstance(data, Mapping):
        return " ".join(str(value) for value in data.values())
    return data if isinstance(data, str) else ""


def _object(data: Any, what: str) -> Mapping[str, Any]:
    if not isinstance(data, Mapping):
        raise Unexpected(f"Trello answered the question for {what} with something else.")
    return data


def _objects(data: Any, what: str) -> list[dict[str, Any]]:
    """A list of objects that have an id each."""
    if not isinstance(data, list) or not all(
        isinstance(each, dict) and text(each.get("id")) for each in data
    ):
        raise Unexpected(f"Trello answered the question for {what} with something else.")
    return data


def _scope(board: Json) -> Scope:
    return Scope(board["id"], str(board.get("name")), "closed" if board.get("closed") else "active")


def _not_visible(board: str) -> str:
    return f"The board {board!r} is not visible to the account that the token belongs to."


def _same_activity(board: Json, cursor: Cursor | None) -> bool:
    active = board.get("dateLastActivity")
    return active is not None and (cursor or {}).get("activity") == active


def _start(since: Cursor | None, overlap: timedelta) -> datetime | None:
    """Where an incremental read begins; None: at the beginning of all."""
    last = instant((since or {}).get("since"))
    return None if last is None else last - overlap


def _active_since(card: Json, start: datetime | None) -> bool:
    active = instant(card.get("dateLastActivity"))
    return start is None or active is None or active >= start


def _digest(frame: Any) -> str:
    canonical = json.dumps(frame, sort_keys=True).encode()
    return hashlib.sha256(canonical).hexdigest()[:16]


def _body(card: Json, board: Json, linked: Mapping[str, str]) -> Json:
    """The card with the look-ups that its mapping needs, and no more of them."""
    chosen = {entry.get("idValue") for entry in objects(card.get("customFieldItems"))}
    return {
        "card": card,
        "list": next(
            (
                {"id": each["id"], "name": each.get("name"), "closed": each.get("closed")}
                for each in objects(board.get("lists"))
                if each.get("id") == card.get("idList")
            ),
            None,
        ),
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


CONNECTOR = Trello
