"""monday.com over its GraphQL API: the account, its boards, and what is asked when.

Calls a day are the scarce thing, so everything is arranged around their number: the boards come
in one answer with the time of their last change, only changed boards get a lane (`board.py`
reads one in one call, with its subitems and its activity), and the updates of all boards come in
one answer. A turn in which nothing happened costs one call a stream.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from datetime import timedelta
from functools import cache
from typing import ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr

from connectors.monday import answers, comments, mapping, queries
from connectors.monday.api import Api, objects_of, rows
from connectors.monday.board import Board
from connectors.monday.items import by_id, item_ids
from connectors.monday.roster import Boards, Roster, not_visible
from connectors.monday.values import identifier, objects, part, text
from connectors.monday.vocabulary import vocabulary
from connectors.monday.webhook import MondayWebhook
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
from connectors.sdk.errors import ConnectorError, Unexpected
from connectors.sdk.records import Gone, GoneReason, Record
from connectors.sdk.vocabulary import Vocabulary


class MondayOptions(Options):
    """What an admin writes under `options`."""

    url: str = Field(default="https://api.monday.com", description="Address of monday.com's API.")
    token: SecretStr = Field(
        description="Personal API token of the account that reads (your picture, Developers, "
        "API token)."
    )
    workspaces: tuple[str, ...] | None = Field(
        default=None,
        description="Workspaces to read, by id or name; all that the account sees when absent.",
    )
    boards: tuple[str, ...] | None = Field(
        default=None,
        description="Boards to read, by id or name, within the workspaces; all of them when "
        "absent.",
    )
    api_version: str = Field(
        default="2026-07",
        pattern=r"^\d{4}-\d{2}$",
        description="Version of monday.com's API that is asked for; another one only if a newer "
        "Flagstaff says so.",
    )


class Monday:
    """One account in monday.com."""

    name: ClassVar = "monday"
    title: ClassVar = "monday.com"
    Config: ClassVar[type[Options]] = MondayOptions
    limits: ClassVar[Sequence[RateLimit]] = (RateLimit(500, timedelta(minutes=1)),)
    parallel: ClassVar = 3
    streams: ClassVar[Mapping[str, Can]] = {
        "projects": Can.FULL | Can.TOMBSTONES,
        "people": Can.FULL,
        "tasks": Can.FULL | Can.INCREMENTAL | Can.TOMBSTONES | Can.CENSUS | Can.FEED,
        "comments": Can.FULL | Can.INCREMENTAL | Can.CENSUS,
    }
    provides: ClassVar[Mapping[type[Record], frozenset[str]]] = mapping.PROVIDES
    evidence: ClassVar[Literal["docs", "recorded", "live"]] = "recorded"
    evidence_on: ClassVar = "2026-11-30"
    history: ClassVar = frozenset(
        {"status", "priority", "assignee_ids", "due_on", "start_on", "title"}
    )
    webhook: ClassVar[MondayWebhook] = MondayWebhook()

    def __init__(self, config: MondayOptions, http: Http) -> None:
        self.config = config
        self.api = Api(http)
        self.boards = Boards(self.api, config.boards, config.workspaces)

    @classmethod
    def access(cls, config: MondayOptions) -> Access:
        """The token travels in a header; so does the version, which else changes by itself."""
        return Access(
            config.url.rstrip("/"),
            {"Authorization": config.token.get_secret_value(), "API-Version": config.api_version},
        )

    @staticmethod
    def classify(answer: Answer) -> ConnectorError | None:
        """See `answers.py`."""
        return answers.classify(answer)

    @staticmethod
    def budget(answer: Answer) -> Sequence[Budget]:
        """See `answers.py`."""
        return answers.budget(answer)

    def check(self) -> Identity:
        """Who the token belongs to, and which boards it shows us: one call."""
        roster = self.boards.roster(more=queries.ME)
        me = part(roster.told.data, "me")
        account = part(me, "account")
        name = text(me.get("name")) or text(me.get("email"))
        if name is None:
            raise Unexpected("monday.com does not say whose token this is.")
        slug = text(account.get("slug"))
        return Identity(
            account=f"{name} ({me.get('email')})",
            site=f"{slug}.monday.com" if slug else urlsplit(self.config.url).netloc,
            version=self.config.api_version,
            server_time=roster.told.clock,
            scopes=roster.scopes(),
            warnings=list(_warnings(roster)),
        )

    def scopes(self) -> Sequence[Scope]:
        """The boards that are configured and visible, active and archived."""
        return self.boards.roster().scopes()

    def vocabulary(self) -> Vocabulary:
        """The labels of the columns that tell a status, and all columns, of the boards that are
        read and of their subitems: one call for two hundred boards."""
        families = self.boards.roster(queries.PROJECT).families
        return vocabulary(board for each in families for board in (each.board, *each.hidden))

    def lanes(self, stream: str, cursors: Mapping[str, Cursor]) -> Plan:
        """One lane; for tasks one per board on which something happened."""
        if stream == "comments":
            return Plan([Lane(full="" not in cursors)])
        if stream != "tasks":
            return Plan([Lane()])
        roster = self.boards.roster()
        changed = [
            Lane(each.lane, scope=each.id, full=not cursors.get(each.lane))
            for each in roster.families
            if not each.unchanged(cursors.get(each.lane))
        ]
        # A name that no board has fails in a lane of its own, and says so.
        missing = [Lane(f"?{each}", scope=each, full=False) for each in roster.missing]
        return Plan([*changed, *missing])

    def pull(self, stream: str, lane: str, since: Cursor | None) -> Iterator[Page]:
        """Read a lane; its cursor moves once all of it was read."""
        match stream:
            case "projects":
                yield from self._projects()
            case "people":
                yield from self._people()
            case "tasks" if lane.startswith("?"):
                raise not_visible(lane[1:])
            case "tasks":
                yield from Board(self.api, lane).items(since, cache(self._read))
            case "comments":
                yield from comments.updates(self.api, since, self._read())
            case _:
                raise Unexpected(f"monday.com has no stream {stream!r}.")

    def census(self, stream: str, scope: str) -> Iterator[Sequence[str]]:
        """Ids of a board's items and subitems, or of the updates on them. Archived items are not
        listed: monday.com shows them only to who knows their id."""
        if stream == "comments":
            yield from comments.census(self.api, scope)
        else:
            yield from item_ids(self.api, scope)

    def confirm(self, stream: str, ids: Sequence[str]) -> Mapping[str, GoneReason | None]:
        """Ask for each by its id, a hundred a call. What monday.com no longer gives at all is
        deleted for good or hidden; it answers alike for both. What is on a board that is not read
        has moved away."""
        told: dict[str, GoneReason | None] = dict.fromkeys(ids, "unknown")
        if stream == "tasks":
            families = self.boards.roster().families if self.boards.chosen else ()
            read = {id for each in families for id in each.ids}
            for item in by_id(self.api, ids, queries.items(PLACE)):
                told[str(item["id"])] = _fate(item, read)
            return told
        for kind, prefix in _KINDS.get(stream, ()):
            mine = [id for id in ids if id.startswith(prefix) and (prefix or ":" not in id)]
            for start in range(0, len(mine), queries.BY_ID):
                asked = [id.removeprefix(prefix) for id in mine[start : start + queries.BY_ID]]
                fields = "id state" if kind == "boards" else "id"
                answer = self.api.ask(queries.by_ids(kind, fields), {"ids": asked})
                for found in objects_of(rows(answer.data, kind)):
                    if str(found["id"]) in asked:
                        deleted = found.get("state") == "deleted"
                        told[f"{prefix}{found['id']}"] = "deleted" if deleted else None
        return told

    def count(self, stream: str, scope: str) -> int | None:  # noqa: ARG002
        """monday.com's count would cost a call a board; the census lists what it counts."""
        return None

    @staticmethod
    def to_records(stream: str, item: Json) -> Iterable[Record]:
        """See `mapping.py`."""
        return mapping.to_records(stream, item)

    def _read(self) -> frozenset[str] | None:
        """Ids of the boards that are read; None (and nothing asked) when all are."""
        if not self.boards.chosen:
            return None
        return frozenset(each.id for each in self.boards.roster().families)

    def _projects(self) -> Iterator[Page]:
        roster = self.boards.roster(queries.PROJECT)
        yield Page(
            [Item(each.id, _with_bare_columns(each.board)) for each in roster.families],
            gone=[Gone(id=id, stream="projects", reason="deleted") for id in roster.deleted],
        )

    def _people(self) -> Iterator[Page]:
        for page, (found, told) in enumerate(self.api.pages(queries.people)):
            if page == 0:
                teams = objects_of(rows(told.data, "teams"))
                yield Page([Item(f"team:{team['id']}", {"team": team}) for team in teams])
            yield Page([Item(str(user["id"]), {"user": user}) for user in objects_of(found)])


PLACE = "id state board { id } parent_item { id board { id } }"
_KINDS: Mapping[str, Sequence[tuple[str, str]]] = {
    "projects": [("boards", "")],
    "people": [("users", ""), ("teams", "team:")],
    "comments": [("updates", "")],
}
"""By stream: what is asked for by id, and how its ids begin with us."""


def _fate(item: Json, read: Set[str]) -> GoneReason | None:
    """What became of an item that is there; `read`: ids of the boards that are, empty: all."""
    if item.get("state") == "deleted":
        return "deleted"
    if item.get("state") == "archived":
        return "archived"
    home = identifier(part(part(item, "parent_item") or item, "board").get("id"))
    return "moved" if read and home is not None and home not in read else None


def _with_bare_columns(board: Json) -> Json:
    """A board whose columns keep their names and types: settings are long, and change often."""
    kept = ("id", "title", "type", "archived")
    columns = [
        {name: column[name] for name in kept if name in column}
        for column in objects(board.get("columns"))
    ]
    return {**board, "columns": columns}


def _warnings(roster: Roster) -> Iterator[str]:
    for each in roster.missing:
        error = not_visible(each)
        yield f"{error.message} {error.remedy}"
    for each in roster.unseen:
        yield f"The subitems of the board {each!r} are not visible to this account."
    if roster.hidden:
        yield f"monday.com lists {roster.hidden} boards that this account may not see."
    if not roster.families and not roster.missing:
        yield "The account sees no board."


CONNECTOR = Monday
