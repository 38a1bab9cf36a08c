"""A tool of our own for the engine's tests: it can be edited, broken and counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Literal

import pytest
import sqlalchemy as sa

from connectors.sdk.contract import (
    Access,
    Can,
    Cursor,
    Identity,
    Item,
    Lane,
    Options,
    Page,
    Plan,
    RateLimit,
    Scope,
)
from connectors.sdk.errors import ConnectorError, NotVisible, Unexpected
from connectors.sdk.records import (
    Comment,
    Gone,
    GoneReason,
    Link,
    Person,
    Project,
    Record,
    Task,
)
from sync_engine.admin_map import AdminMapping
from sync_engine.reconcile import Guard
from sync_engine.source import Source
from sync_engine.store.lease import Lease, claim, release
from sync_engine.store.runs import connection_id

START = datetime(2026, 3, 2, 8, tzinfo=UTC)


class ToolOptions(Options):
    """Options of the invented tool."""

    url: str = "https://tool.example.com"


@dataclass
class Ledger:
    """What the invented tool holds. Every edit moves its clock by one second."""

    projects: dict[str, str] = field(default_factory=lambda: {"p1": "One", "p2": "Two"})
    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    tasks: dict[str, dict[str, Any]] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    archived: set[str] = field(default_factory=set)
    left_out: set[str] = field(default_factory=set)  # of the configuration
    deleted: dict[str, str] = field(default_factory=dict)
    now: datetime = START
    calls: list[str] = field(default_factory=list)
    fault: Callable[[str], None] | None = None  # may raise, per call
    page_size: int = 5

    def put(self, id: str, **fields: Any) -> None:
        """Create or edit a task."""
        self.now += timedelta(seconds=1)
        held = self.tasks.get(id, {"project": "p1", "title": f"Task {id}", "status": "open"})
        self.tasks[id] = {**held, **fields, "id": id, "updated": self.now.isoformat()}

    def remove(self, id: str, reason: str = "deleted") -> None:
        """Delete a task without a trace in any changed-since list."""
        self.now += timedelta(seconds=1)
        del self.tasks[id]
        self.deleted[id] = reason

    def fate_of(self, project: str) -> GoneReason | None:
        """What a read of a project's own address says."""
        if project in self.hidden:
            return "access_lost"
        return None if project in self.projects else "deleted"

    def call(self, what: str) -> None:
        """One request."""
        self.calls.append(what)
        if self.fault is not None:
            self.fault(what)


class Tool:
    """The invented tool's connector: it reads a ledger instead of an HTTP API."""

    name: ClassVar = "tool"
    title: ClassVar = "Tool"
    Config: ClassVar[type[Options]] = ToolOptions
    limits: ClassVar[Sequence[RateLimit]] = ()
    parallel: ClassVar = 3
    streams: ClassVar[Mapping[str, Can]] = {
        "projects": Can.FULL,
        "people": Can.FULL,
        "tasks": Can.FULL | Can.INCREMENTAL | Can.CENSUS | Can.TOMBSTONES,
    }
    provides: ClassVar[Mapping[type[Record], frozenset[str]]] = {
        Project: frozenset({"name"}),
        Person: frozenset({"name", "email"}),
        Task: frozenset({"title", "status", "project_id", "assignee_ids", "due_on"}),
        Comment: frozenset({"text", "at"}),
        Link: frozenset({"type", "from_id", "to_id"}),
    }
    evidence: ClassVar[Literal["docs", "recorded", "live"]] = "docs"
    evidence_on: ClassVar = "2026-03-02"
    history: ClassVar = frozenset[str]()

    def __init__(self, config: Any, http: Any = None) -> None:
        self.ledger: Ledger = config

    @classmethod
    def access(cls, config: Any) -> Access:
        return Access(config.url)

    @staticmethod
    def classify(answer: Any) -> ConnectorError | None:
        return None

    @staticmethod
    def budget(answer: Any) -> Sequence[Any]:
        return ()

    def check(self) -> Identity:
        self.ledger.call("check")
        return Identity("reader", "tool.example.com")

    def scopes(self) -> Sequence[Scope]:
        self.ledger.call("scopes")
        held = self.ledger.projects.items()
        return [
            Scope(id, name, "archived" if id in self.ledger.archived else "active")
            for id, name in held
            if id not in self.ledger.hidden | self.ledger.left_out
        ]

    def lanes(self, stream: str, cursors: Mapping[str, Cursor]) -> Plan:
        if stream != "tasks":
            return Plan([Lane()])
        if "" in cursors:
            return Plan([Lane(full=False)])
        return Plan(
            [Lane(id, id) for id in self.ledger.projects],
            joint={"since": self.ledger.now.isoformat()},
        )

    def pull(self, stream: str, lane: str, since: Cursor | None) -> Iterator[Page]:
        if stream == "projects":
            self.ledger.call("projects")
            held = self.ledger.projects.items()
            yield Page([Item(id, {"id": id, "name": name}) for id, name in held])
            return
        if stream == "people":
            self.ledger.call("people")
            yield Page([Item(id, person) for id, person in self.ledger.people.items()])
            return
        yield from self._tasks(lane, since)

    def _tasks(self, lane: str, since: Cursor | None) -> Iterator[Page]:
        if lane in self.ledger.hidden:
            raise NotVisible(f"project {lane} is not visible", scope=lane)
        started = self.ledger.now
        after = (since or {}).get("after", "")
        floor = (since or {}).get("since", "")
        chosen = sorted(
            (task for task in self.ledger.tasks.values()
             if lane in ("", task["project"]) and task["updated"] >= floor and task["id"] > after),
            key=lambda task: task["id"],
        )  # fmt: skip
        size = self.ledger.page_size
        pages = [chosen[start : start + size] for start in range(0, len(chosen), size)] or [[]]
        for number, tasks in enumerate(pages):
            self.ledger.call(f"tasks {lane} {number}")
            items = [Item(task["id"], dict(task), task["project"]) for task in tasks]
            last = number == len(pages) - 1
            cursor = (
                ({"since": started.isoformat()} if lane == "" else {"after": after})
                if last
                else {"since": floor, "after": tasks[-1]["id"]}
            )
            yield Page(items, cursor=cursor)

    def census(self, stream: str, scope: str) -> Iterator[Sequence[str]]:
        self.ledger.call(f"census {scope}")
        if scope in self.ledger.hidden | self.ledger.archived:
            raise NotVisible(f"project {scope} is not visible", scope=scope)
        yield [id for id, task in self.ledger.tasks.items() if task["project"] == scope]

    def confirm(self, stream: str, ids: Sequence[str]) -> Mapping[str, GoneReason | None]:
        self.ledger.call(f"confirm {len(ids)}")
        if stream == "projects":
            return {id: self.ledger.fate_of(id) for id in ids}
        return {id: None if id in self.ledger.tasks else "deleted" for id in ids}

    def count(self, stream: str, scope: str) -> int | None:
        return len([task for task in self.ledger.tasks.values() if task["project"] == scope])

    @staticmethod
    def to_records(stream: str, item: Mapping[str, Any]) -> Iterator[Record]:
        if stream == "projects":
            yield Project(id=item["id"], name=item["name"])
        elif stream == "people":
            yield Person(id=item["id"], name=item["name"], email=item.get("email"))
        else:
            yield from task_records(item)


def task_records(item: Mapping[str, Any]) -> Iterator[Record]:
    """The invented tool's mapping of a task."""
    meaning = {"open": "todo", "doing": "in_progress", "closed": "done"}
    if item.get("gone"):
        yield Gone(id=item["id"], stream="tasks", reason="deleted")
        return
    yield Task(
        id=item["id"],
        title=item["title"],
        description=item.get("description"),
        url=item.get("url"),
        project_id=item["project"],
        status=meaning.get(item["status"]),  # type: ignore[arg-type]
        status_label=item["status"],
        assignee_ids=tuple(item.get("who", ())),
        due_on=datetime.fromisoformat(item["due"]).date() if item.get("due") else None,
        estimate_minutes=item.get("estimate"),
        updated_at=datetime.fromisoformat(item["updated"]),
    )
    for number, text in enumerate(item.get("comments", ())):
        yield Comment(id=f"{item['id']}-{number}", task_id=item["id"], text=text, at=START)
    for other in item.get("blocks", ()):
        yield Link(
            id=f"blocks:{item['id']}:{other}", type="blocks", from_id=item["id"], to_id=other
        )


class Counter:
    """The requests that the invented tool has seen."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.retries = 0
        self.budget_used: float | None = None

    @property
    def requests(self) -> int:
        return len(self._ledger.calls)


class Bench:
    """A store, a tool, and the ways to make the one read the other."""

    def __init__(self, engine: sa.Engine, ledger: Ledger) -> None:
        self.engine = engine
        self.ledger = ledger
        self.id = connection_id(engine, "tool", "tool")
        self.source = self.source_with()

    def source_with(self, **changes: Any) -> Source:
        settings: dict[str, Any] = {
            "mapping": AdminMapping(),
            "guard": Guard(),
            "scope_fingerprint": "s",
            "mapping_fingerprint": "m",
            **changes,
        }
        self.source = Source("tool", Tool(self.ledger), Counter(self.ledger), **settings)
        return self.source

    def lease(self) -> Lease:
        held = claim(self.engine, self.id, "test")
        assert held is not None
        return held

    def pull(self, **options: Any) -> Any:
        from sync_engine.pull import pull

        lease = self.lease()
        try:
            return pull(self.engine, self.source, lease, **options)
        finally:
            release(self.engine, lease)

    def census(self) -> Any:
        from sync_engine.census import census

        lease = self.lease()
        try:
            return census(self.engine, self.source, lease)
        finally:
            release(self.engine, lease)

    def rows(self, sql: str, **values: Any) -> list[Any]:
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(sa.text(sql), values)]

    def tasks(self) -> dict[str, str]:
        """Present tasks: id → title."""
        return dict(self.rows("SELECT id, title FROM task WHERE gone_at IS NULL"))


@pytest.fixture
def ledger() -> Ledger:
    """Two projects with a dozen tasks."""
    held = Ledger()
    held.people = {
        "u1": {"id": "u1", "name": "Ines Moreau", "email": "ines@example.com"},
        "u2": {"id": "u2", "name": "Tom Okafor"},
    }
    for number in range(12):
        held.put(f"t{number:02}", project="p1" if number < 8 else "p2", who=["u1"])
    return held


@pytest.fixture
def bench(store: sa.Engine, ledger: Ledger) -> Bench:
    """The tool and a fresh store, on each database."""
    return Bench(store, ledger)


@pytest.fixture
def lite(sqlite_store: sa.Engine, ledger: Ledger) -> Bench:
    """The tool and a fresh store on SQLite, for what does not depend on the database."""
    return Bench(sqlite_store, ledger)


def failing(*names: str, error: ConnectorError | None = None) -> Callable[[str], None]:
    """A fault that raises at calls of these names."""

    def fault(what: str) -> None:
        if what in names:
            raise error or Unexpected(f"{what} is garbage")

    return fault
