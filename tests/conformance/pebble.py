"""Pebble: an invented tool, its connector and its imitation, to prove the suite with.

It is as small as a tool can be that still has all that the checks look at: people, boards, cards
with subcards, remarks, blockers, a changed-since filter that also tells deletions, and pages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, ClassVar, Literal

import msgspec
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
from connectors.sdk.sandbox import Reply, Request, Sandbox

OVERLAP = timedelta(minutes=1)
STATES = {"open": "todo", "doing": "in_progress", "closed": "done"}
KEY = "canary-pebble-key-0123456789"


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
    def budget(headers: Mapping[str, str]) -> Budget | None:
        """Pebble tells nothing of it."""
        return None

    def check(self) -> Identity:
        """Who the key belongs to."""
        me = mapping(self.http.get("/me"))
        return Identity(account=text(me, "name"), site=self.config.url, scopes=self.scopes())

    def scopes(self) -> Sequence[Scope]:
        """The visible boards."""
        return [Scope(text(board, "id"), str(board.get("title"))) for board in self._boards()]

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


class PebbleSandbox(Sandbox):
    """Pebble's API over the company's records."""

    name = "pebble"

    def __init__(
        self, records: Iterable[Record], now: Callable[[], datetime], *, page_size: int = 100
    ) -> None:
        super().__init__(records, now)
        self.page_size = page_size

    def native_id(self, record: Record) -> str:
        """Links have no id of their own, so theirs is made of both ends'."""
        if isinstance(record, Link):
            return f"blocks:p{record.from_id}:p{record.to_id}"
        return f"p{record.id}"

    def adopt(self, record: Record) -> Record | None:
        """Only what Pebble provides."""
        if type(record) not in Pebble.provides:
            return None
        if isinstance(record, Link) and record.type != "blocks":
            return None
        kept = self.refer(record)
        if isinstance(kept, Task):
            label = {meant: own for own, meant in STATES.items()}[kept.status or "todo"]
            kind: Any = "subtask" if kept.parent_id else "task"
            kept = msgspec.structs.replace(kept, status_label=label, type=kind)
        dropped = {
            each.name: each.default
            for each in msgspec.structs.fields(kept)
            if each.name not in Pebble.provides[type(kept)]
        }
        return msgspec.structs.replace(kept, **dropped)

    def options(self, base_url: str) -> dict[str, Any]:
        """As an admin would write them."""
        return {"url": base_url, "key": KEY, "allow_private_network": True}

    def handle(self, request: Request) -> Reply:
        """Answer as Pebble would."""
        if request.headers.get("x-pebble-key") != KEY:
            return Reply.of({"message": "Who are you?"}, 401)
        reply = Reply.of({"message": "Not here"}, 404)
        match request.path.removeprefix("/v1").split("/")[1:]:
            case ["me"]:
                reply = Reply.of({"id": "me", "name": "Reader"})
            case ["boards"]:
                reply = Reply.of({"boards": self._boards(), "now": self.world.now().isoformat()})
            case ["people"]:
                reply = self._page(request, "people", [
                    {"id": person.id, "name": person.name, "mail": person.email}
                    for person in self.world.all(Person)
                ])  # fmt: skip
            case ["cards"]:
                reply = self._page(request, "cards", self._cards(request), **self._deleted(request))
            case ["cards", id]:
                reply = self._card(id)
            case _:
                pass
        return reply

    def _boards(self) -> list[dict[str, Any]]:
        return [
            {"id": project.id, "title": project.name, "owner": project.owner_id}
            for project in self.world.all(Project)
            if project.id not in self.hidden
        ]

    def _cards(self, request: Request) -> list[dict[str, Any]]:
        board, since = request.one("board"), instant(request.one("since"))
        tasks = [t for t in self.world.all(Task) if t.project_id not in self.hidden]
        if board:
            tasks = [task for task in tasks if task.project_id == board]
        if since:
            tasks = [
                task
                for task in tasks
                if (task.updated_at and task.updated_at >= since)
                or self.world.edited.get((Task, task.id), since) > since
            ]
        return [self._render(task) for task in tasks]

    def _deleted(self, request: Request) -> dict[str, Any]:
        since = instant(request.one("since"))
        if since is None:
            return {"deleted": []}
        gone = [
            id for (kind, id), (_, at) in self.world.gone.items() if kind is Task and at >= since
        ]
        return {"deleted": [{"id": id} for id in gone]}

    def _card(self, id: str) -> Reply:
        task = self.world.get(Task, id)
        if task is None:
            return Reply.of({}, 410)
        return Reply.of({}, 403) if task.project_id in self.hidden else Reply.of(self._render(task))

    def _render(self, task: Task) -> dict[str, Any]:
        return {
            "id": task.id,
            "board": task.project_id,
            "parent": task.parent_id,
            "title": task.title,
            "state": task.status_label,
            "people": list(task.assignee_ids),
            "due": task.due_on and task.due_on.isoformat(),
            "created": task.created_at and task.created_at.isoformat(),
            "updated": task.updated_at and task.updated_at.isoformat(),
            "blocks": [link.to_id for link in self.world.where(Link, "from_id", task.id)],
            "remarks": [
                {"id": c.id, "by": c.author_id, "text": c.text, "at": c.at.isoformat()}
                for c in self.world.where(Comment, "task_id", task.id)
            ],
        }

    def _page(self, request: Request, name: str, found: list[Any], **more: Any) -> Reply:
        number = int(request.one("page", "1"))
        start = (number - 1) * self.page_size
        left = start + self.page_size < len(found)
        return Reply.of(
            {
                name: found[start : start + self.page_size],
                "next": str(number + 1) if left else None,
                "total": len(found),
                "now": self.world.now().isoformat(),
                **more,
            }
        )
