"""Pebble: an invented tool and its connector, to prove the suite with.

It is as small as a tool can be that still has all that the checks look at: people, boards, cards
with subcards, remarks, blockers, a changed-since filter that also tells deletions, and pages.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, ClassVar, Literal

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
from connectors.sdk.errors import ConnectorError, Unexpected
from connectors.sdk.records import Comment, Gone, GoneReason, Link, Person, Project, Record, Task
from connectors.sdk.vocabulary import FieldName, Vocabulary

OVERLAP = timedelta(minutes=1)
STATES = {"open": "todo", "doing": "in_progress", "closed": "done"}


class PebbleOptions(Options):
    """Options of a connection to Pebble."""

    key: SecretStr = Field(description="Key of the account that reads.")


def fields(names: str) -> frozenset[str]:
    """Field names written as words."""
    return frozenset(names.split())


class Pebble:
    """One account in Pebble."""

    name: ClassVar[str] = "pebble"
    title: ClassVar[str] = "Pebble"
    Config: ClassVar[type[Options]] = PebbleOptions
    limits: ClassVar[Sequence[RateLimit]] = (RateLimit(100, timedelta(seconds=1)),)
    parallel: ClassVar[int] = 4
    streams: ClassVar[Mapping[str, Can]] = {
        "projects": Can.FULL,
        "people": Can.FULL,
        "tasks": Can.FULL | Can.INCREMENTAL | Can.TOMBSTONES | Can.CENSUS,
    }
    provides: ClassVar[Mapping[type[Record], frozenset[str]]] = {
        Project: fields("id name owner_id"),
        Person: fields("id name email"),
        Task: fields(
            "id project_id parent_id title type status status_label assignee_ids due_on created_at "
            "updated_at"
        ),
        Link: fields("id type from_id to_id"),
        Comment: fields("id task_id author_id text at"),
    }
    evidence: ClassVar[Literal["docs", "recorded", "live"]] = "docs"
    evidence_on: ClassVar[str] = "2026-11-20"
    history: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, config: PebbleOptions, http: Http) -> None:
        self.config = config
        self.http = http

    @classmethod
    def access(cls, config: PebbleOptions) -> Access:
        """The key travels in a header."""
        return Access(f"{config.url}/v1", {"X-Pebble-Key": config.key.get_secret_value()})

    @staticmethod
    def classify(answer: Answer) -> ConnectorError | None:
        """Pebble's statuses mean what they say."""
        return None

    @staticmethod
    def budget(answer: Answer) -> Sequence[Budget]:
        """Pebble tells nothing of it."""
        return ()

    def check(self) -> Identity:
        """Who the key belongs to."""
        me = mapping(self.http.get("/me"))
        return Identity(account=text(me, "name"), site=self.config.url, scopes=self.scopes())

    def scopes(self) -> Sequence[Scope]:
        """The visible boards."""
        return [Scope(text(board, "id"), str(board.get("title"))) for board in self._boards()]

    def vocabulary(self) -> Vocabulary:
        """The states, which are the same for everyone, and the account's own fields."""
        own = objects(mapping(self.http.get("/fields")), "fields")
        return Vocabulary.of(
            STATES, (FieldName(text(each, "id"), text(each, "name"), "text") for each in own)
        )

    def lanes(self, stream: str, cursors: Mapping[str, Cursor]) -> Plan:
        """First each board by itself; from then on one question for all."""
        if stream != "tasks":
            return Plan([Lane()])
        if "" in cursors:
            return Plan([Lane(full=False)])
        data = mapping(self.http.get("/boards"))
        begun = min([cursor["begun"] for cursor in cursors.values()] + [text(data, "now")])
        boards = objects(data, "boards")
        return Plan(
            [Lane(text(board, "id"), scope=text(board, "id")) for board in boards],
            joint={"since": self._earlier(begun)},
        )

    def pull(self, stream: str, lane: str, since: Cursor | None) -> Iterator[Page]:
        """Read a lane."""
        if stream == "projects":
            yield Page([Item(text(board, "id"), board) for board in self._boards()])
        elif stream == "people":
            for data in self._pages("/people", {}):
                people = objects(data, "people")
                yield Page([Item(text(person, "id"), person) for person in people])
        elif lane:
            for data in self._pages("/cards", {"board": lane}):
                yield Page(self._cards(data), cursor={"begun": text(data, "now")})
        else:
            begun = None
            for data in self._pages("/cards", {"since": (since or {}).get("since")}):
                begun = begun or text(data, "now")
                gone = [Gone(id=text(each, "id"), stream="tasks", reason="deleted")
                        for each in objects(data, "deleted")]  # fmt: skip
                yield Page(self._cards(data), gone=gone)
            yield Page(cursor={"since": self._earlier(begun or "")})

    def census(self, stream: str, scope: str) -> Iterator[Sequence[str]]:
        """Ids of a board's cards."""
        for data in self._pages("/cards", {"board": scope}):
            yield [text(card, "id") for card in objects(data, "cards")]

    def confirm(self, stream: str, ids: Sequence[str]) -> Mapping[str, GoneReason | None]:
        """Read each card: 410 is a deletion, 403 lost access."""
        reasons: dict[int, GoneReason | None] = {200: None, 403: "access_lost", 410: "deleted"}
        return {
            id: reasons[self.http.request("GET", f"/cards/{id}", accept=(403, 410)).status]
            for id in ids
        }

    def count(self, stream: str, scope: str) -> int | None:
        """Pebble's own total."""
        total = mapping(self.http.get("/cards", {"board": scope, "page": "1"})).get("total")
        return total if isinstance(total, int) else None

    @staticmethod
    def to_records(stream: str, item: Json) -> Iterable[Record]:
        """See `card_records`."""
        id = item.get("id")
        if not isinstance(id, str) or not id:
            return
        if stream == "projects":
            yield Project(id=id, name=str(item.get("title")), owner_id=word(item.get("owner")))
        elif stream == "people":
            yield Person(id=id, name=str(item.get("name")), email=word(item.get("mail")))
        else:
            yield from card_records(id, item)

    def _boards(self) -> list[Json]:
        return objects(mapping(self.http.get("/boards")), "boards")

    def _cards(self, data: Json) -> list[Item]:
        cards = objects(data, "cards")
        return [Item(text(card, "id"), card, scope=word(card.get("board"))) for card in cards]

    def _earlier(self, begun: str) -> str:
        """By the vendor's lag."""
        return (datetime.fromisoformat(begun) - OVERLAP).isoformat()

    def _pages(self, path: str, params: Mapping[str, Any]) -> Iterator[Json]:
        page: str | None = "1"
        seen: set[str] = set()
        while page is not None:
            if page in seen:
                raise Unexpected(f"Pebble gives page {page} of {path} again and again.")
            seen.add(page)
            data = mapping(self.http.get(path, {**params, "page": page}))
            if "next" not in data:
                raise Unexpected(f"Pebble does not say whether {path} goes on.")
            yield data
            page = word(data["next"])


def mapping(data: Any) -> Json:
    """An object, or an error of ours."""
    if not isinstance(data, Mapping):
        raise Unexpected("Pebble answered with something else than an object.")
    return data


def objects(data: Json, name: str) -> list[Json]:
    """A list of objects, or an error of ours."""
    found = data.get(name)
    if not isinstance(found, list) or not all(isinstance(each, Mapping) for each in found):
        raise Unexpected(f"Pebble answered without a list of {name}.")
    return found


def text(data: Json, name: str) -> str:
    """A text that must be there."""
    value = data.get(name)
    if not isinstance(value, str) or not value:
        raise Unexpected(f"Pebble answered without {name}.")
    return value


def word(value: Any) -> str | None:
    """A text that may be missing."""
    return value if isinstance(value, str) and value else None


def instant(value: Any) -> datetime | None:
    """An instant with its zone, None for anything else."""
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo else None


def day(value: Any) -> date | None:
    """A day, None for anything else."""
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        return None


def words(value: Any) -> tuple[str, ...]:
    """The texts of a list."""
    return tuple(each for each in value if word(each)) if isinstance(value, list) else ()


def card_records(id: str, card: Json) -> Iterator[Record]:
    """A card with its blockers and remarks."""
    state = word(card.get("state"))
    parent = word(card.get("parent"))
    yield Task(
        id=id,
        project_id=word(card.get("board")),
        parent_id=parent,
        title=str(card.get("title")),
        type="subtask" if parent else "task",
        status=STATES.get(state or ""),  # type: ignore[arg-type]
        status_label=state,
        assignee_ids=words(card.get("people")),
        due_on=day(card.get("due")),
        created_at=instant(card.get("created")),
        updated_at=instant(card.get("updated")),
    )
    for blocked in dict.fromkeys(words(card.get("blocks"))):
        yield Link(id=f"blocks:{id}:{blocked}", type="blocks", from_id=id, to_id=blocked)
    remarks = card.get("remarks")
    for remark in remarks if isinstance(remarks, list) else []:
        said = remark if isinstance(remark, Mapping) else {}
        at, remark_id = instant(said.get("at")), word(said.get("id"))
        if at is not None and remark_id is not None:
            yield Comment(
                id=remark_id,
                task_id=id,
                author_id=word(said.get("by")),
                text=str(said.get("text")),
                at=at,
            )
