"""Trello over its REST API, version 1: the account, its boards, and what is asked when.

The account's boards come in one answer, each with its `dateLastActivity`; a turn asks for that
list, and only a board on which something happened gets a lane (`board.py` reads it). So a turn
in which nothing happened costs one request a stream, whatever the number of boards.

Comments are a stream of their own, not a part of the cards: one request gives a thousand of
them, whereas per card they would cost a request each. What the price of that is, README.md says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr

from connectors.sdk.comments import CommentsOn
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
from connectors.sdk.records import GoneReason, Record
from connectors.sdk.vocabulary import Vocabulary
from connectors.trello import mapping
from connectors.trello.board import (
    COMMENT_ACTIONS,
    NO_MEMBERS,
    Board,
    not_visible,
    same_activity,
    vocabulary,
)
from connectors.trello.client import Client
from connectors.trello.comments import TrelloComments
from connectors.trello.webhook import TrelloWebhook
from connectors.trello.words import objects

IDS_PAGE = 1000
ADMIN_PAGE = "https://trello.com/power-ups/admin"
BOARD_FIELDS = "id,name,desc,closed,shortLink,shortUrl,dateLastActivity,memberships"


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
    webhook: ClassVar[TrelloWebhook] = TrelloWebhook()
    comments: ClassVar[type[CommentsOn]] = TrelloComments
    evidence: ClassVar[Literal["docs", "recorded", "live"]] = "recorded"
    evidence_on: ClassVar = "2026-11-23"
    history: ClassVar = frozenset({"status", "due_on", "start_on", "assignee_ids", "project_id"})

    def __init__(self, config: TrelloOptions, http: Http) -> None:
        self.config = config
        self.client = Client(http)

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
        new_token = f"Make a new token at {ADMIN_PAGE} and put it in `token`."
        if answer.status == 403 and "api_too_many_cards_requested" in said:
            return Unexpected("Trello finds that too many cards were asked for in one request.")
        if answer.status != 401:
            return None
        if "permission requested" in said:
            return NotVisible(
                "Trello shows this only to members of its board.",
                remedy="Invite the account that the token belongs to.",
            )
        if "key" in said:
            return Refused(
                "Trello does not know the API key.",
                remedy=f"Copy the API key from {ADMIN_PAGE} into `key`.",
            )
        if "scope" in said:
            return Refused("The token lacks the scope `read`.", remedy=new_token)
        return Refused(
            "Trello refuses the token: it is wrong, expired or revoked.", remedy=new_token
        )

    @staticmethod
    def budget(answer: Answer) -> Sequence[Budget]:
        """The allowances that Trello names: by token, by key, by member."""
        headers = answer.headers
        return [
            Budget(
                remaining=int(headers[f"{family}-remaining"]),
                resets_in=timedelta(milliseconds=int(headers[f"{family}-interval-ms"])),
                limit=int(headers[f"{family}-max"]),
                name=family,
            )
            for family in (
                "x-rate-limit-api-token", "x-rate-limit-api-key", "x-rate-limit-member",
            )
            if all(
                headers.get(f"{family}-{part}", "").isdecimal()
                for part in ("remaining", "interval-ms", "max")
            )
        ]  # fmt: skip

    def check(self) -> Identity:
        """Who the token belongs to, and which boards it shows us."""
        member, clock = self.client.object("/1/members/me", {"fields": "id,fullName,username"})
        boards, missing = self._boards("id,name,shortLink,closed")
        warnings = [f"{error.message} {error.remedy}" for error in map(not_visible, missing)]
        return Identity(
            account=f"{member.get('fullName')} (@{member.get('username')})",
            site=urlsplit(self.config.url).netloc,
            server_time=clock,
            scopes=[_scope(board) for board in boards],
            warnings=warnings if boards or missing else ["The account is a member of no board."],
        )

    def scopes(self) -> Sequence[Scope]:
        """The boards that are configured and visible, open and closed."""
        return [_scope(board) for board in self._boards("id,name,shortLink,closed")[0]]

    def vocabulary(self) -> Vocabulary:
        """Names of lists and custom fields: a request for each board that is read."""
        return vocabulary(self.client, (scope.id for scope in self.scopes()))

    def lanes(self, stream: str, cursors: Mapping[str, Cursor]) -> Plan:
        """One lane; for what lies on boards one per board on which something happened."""
        if stream in ("projects", "people"):
            return Plan([Lane()])
        boards, missing = self._boards("id,name,shortLink,dateLastActivity")
        changed = [
            Lane(board["id"], scope=board["id"], full=board["id"] not in cursors)
            for board in boards
            if not same_activity(board, cursors.get(board["id"]))
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
                yield from Board(self.client, lane).cards(since, self.scopes)
            case "comments":
                yield from Board(self.client, lane).comments(since)
            case "changes":
                yield from Board(self.client, lane).changes(since)
            case _:
                raise Unexpected(f"Trello has no stream {stream!r}.")

    def census(self, stream: str, scope: str) -> Iterator[Sequence[str]]:
        """Ids of a board's cards, or of its comments."""
        kind, only = ("cards", "all") if stream == "tasks" else ("actions", COMMENT_ACTIONS)
        params = {"filter": only, "fields": "id", **({} if kind == "cards" else NO_MEMBERS)}
        for found in self.client.pages(f"/1/boards/{scope}/{kind}", params, IDS_PAGE, scope):
            yield [each["id"] for each in found]

    def confirm(self, stream: str, ids: Sequence[str]) -> Mapping[str, GoneReason | None]:
        """Read each by itself. Trello tells what it hides (401) from what is no more (404)."""
        kind = {"projects": "boards", "people": "members", "tasks": "cards"}.get(stream, "actions")
        found: dict[str, GoneReason | None] = {}
        for id in ids:
            try:
                found[id] = None if self.client.find(f"/1/{kind}/{id}") else "deleted"
            except NotVisible:
                found[id] = "access_lost"
        return found

    def count(self, stream: str, scope: str) -> int | None:  # noqa: ARG002
        """Trello counts nothing; the census lists it."""
        return None

    @staticmethod
    def to_records(stream: str, item: Json) -> Iterable[Record]:
        """See `mapping.py`."""
        return mapping.to_records(stream, item)

    def _boards(self, fields: str, **nested: str) -> tuple[list[dict[str, Any]], list[str]]:
        """The configured boards that the account sees, and the configured ones it does not."""
        params = {"filter": "all", "fields": fields, **nested}
        boards = self.client.objects("/1/members/me/boards", params)
        if self.config.boards is None:
            return boards, []
        wanted = set(self.config.boards)
        names = {
            board["id"]: {board["id"], str(board.get("shortLink")), str(board.get("name"))}
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
            params = {"filter": "all", "fields": "id,fullName,username,url"}
            path = f"/1/boards/{board['id']}/members"
            members = self.client.objects(path, params, board["id"])
            yield Page(
                [
                    Item(member["id"], {"member": member, "active": active.get(member["id"])})
                    for member in members
                    if member["id"] not in told
                ]
            )
            told.update(ids, (member["id"] for member in members))


def _said(data: Any) -> str:
    """The words of an error: plain text, or the values of a JSON object."""
    if isinstance(data, Mapping):
        return " ".join(str(value) for value in data.values())
    return data if isinstance(data, str) else ""


def _scope(board: Json) -> Scope:
    return Scope(board["id"], str(board.get("name")), "closed" if board.get("closed") else "active")


CONNECTOR = Trello
