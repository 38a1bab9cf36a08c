"""A small invented company at GitHub, and a way to read it through the real door."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import Any

import pytest

from connectors.github.connector import GitHub
from connectors.github.options import GitHubOptions
from connectors.github.sandbox import GitHubSandbox
from connectors.sdk.contract import Cursor, Item
from connectors.sdk.gate import Gates
from connectors.sdk.http import Door, open_door
from connectors.sdk.records import (
    Change,
    Comment,
    Custom,
    Link,
    Milestone,
    Person,
    Project,
    Record,
    Sprint,
    Task,
    Worklog,
)
from connectors.sdk.sandbox import serve
from tests.conformance.reading import Tokens

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def ago(**time: float) -> datetime:
    return NOW - timedelta(**time)


def portfolio() -> list[Record]:
    """Records of every kind, as another tool may have said them."""
    return [
        Project(id="site", key="SITE", name="Site", description="The new one", owner_id="ann",
                created_at=ago(days=90), updated_at=ago(days=1)),
        Project(id="shop", name="Shop", created_at=ago(days=80)),
        Project(id="old", name="Old works", state="archived", created_at=ago(days=900)),
        Person(id="ann", name="Ann Archer", email="ann@example.com", active=True),
        Person(id="bob", name="Bob Baker"),
        Milestone(id="m1", project_id="site", name="Go live", description="All of it",
                  state="open", due_on=date(2026, 4, 1)),
        Milestone(id="m0", project_id="site", name="Design", state="done",
                  completed_at=ago(days=30)),
        Task(id="e", project_id="site", title="Epic", type="epic", status="in_progress",
             description="Two\nlines", reporter_id="bob", created_at=ago(days=60),
             updated_at=ago(days=9)),
        Task(id="a", project_id="site", parent_id="e", title="Basket", type="story",
             type_label="Feature", status="todo", assignee_ids=("ann", "bob"), labels=("release",),
             created_at=ago(days=50), updated_at=ago(days=8), milestone_id="m1", points=3.0,
             custom=(Custom(id="risk", name="Risk", value="High"),
                     Custom(id="effort", name="Effort", value=3.0),
                     Custom(id="target", name="Target date", value=date(2026, 4, 1)),
                     Custom(id="teams", name="Teams", value=("Web", "Ops")),
                     Custom(id="note", name="Note", value="x" * 40),
                     Custom(id="gap", name="Gap", value=None))),
        Task(id="b", project_id="site", parent_id="a", title="Price", status="done",
             assignee_ids=("ann",), created_at=ago(days=40), updated_at=ago(days=5),
             completed_at=ago(days=5)),
        Task(id="c", project_id="site", title="Crash", type="bug", status="cancelled",
             created_at=ago(days=30), updated_at=ago(days=4), resolution="duplicate"),
        Task(id="s", project_id="shop", parent_id="e", title="Till", status="todo",
             created_at=ago(days=20), updated_at=ago(days=3)),
        Task(id="o", project_id="old", title="Papers", status="done", created_at=ago(days=800),
             updated_at=ago(days=700)),
        Link(id="l1", type="blocks", from_id="b", to_id="a"),
        Link(id="l2", type="blocks", from_id="s", to_id="a"),
        Link(id="l3", type="relates", from_id="c", to_id="a"),
        Comment(id="k1", task_id="a", author_id="bob", text="Final?", at=ago(days=7)),
        Comment(id="k2", task_id="a", author_id="ann", text="Yes.", at=ago(days=6),
                updated_at=ago(days=5.5)),
        Change(id="h1", task_id="a", at=ago(days=8), author_id="bob", field="title", old="Cart",
               new="Basket"),
        Change(id="h2", task_id="a", at=ago(days=9), author_id="bob", field="assignee_ids",
               old="ann", new="ann,bob"),
        Change(id="h3", task_id="e", at=ago(days=10), author_id="ann", field="status", old="done",
               new="in_progress"),
        Sprint(id="x1", name="Sprint 1"),
        Worklog(id="w1", task_id="a", minutes=30, on=date(2026, 2, 27)),
    ]  # fmt: skip


def many(count: int, *, same_second: bool = False) -> list[Record]:
    """One repository with many issues, changed one after the other or all at once."""
    return [
        Project(id="site", name="Site", created_at=ago(days=90)),
        *(
            Task(id=f"t{number}", project_id="site", title=f"Piece {number}", status="todo",
                 created_at=ago(days=60),
                 updated_at=ago(days=9) + timedelta(minutes=0 if same_second else number))
            for number in range(1, count + 1)
        ),
    ]  # fmt: skip


@dataclass
class Reading:
    """What one turn read of a stream."""

    items: dict[str, Item]
    cursors: dict[str, Cursor]
    requests: int
    unread: list[tuple[str, str]]

    def records(self, stream: str) -> dict[tuple[type[Record], str], Record]:
        """The records of all items, by kind and id."""
        found = (
            record
            for item in self.items.values()
            for record in GitHub.to_records(stream, item.body)
        )
        return {(type(record), record.id): record for record in found}

    def titles(self) -> set[str]:
        """Titles of the tasks."""
        found = self.records("tasks").values()
        return {record.title for record in found if isinstance(record, Task)}


class Clock:
    """Moves when someone waits, or when a test says so."""

    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return (self.at - NOW).total_seconds()

    def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass
class Tool:
    """A served sandbox with a connector that reads it."""

    sandbox: GitHubSandbox
    connector: GitHub
    door: Door
    clock: Clock

    def native(self, kind: type[Record], id: str) -> str:
        """The id under which a record of the portfolio is known at GitHub."""
        return self.sandbox.ids[kind, id]

    def again(self, **options: Any) -> Tool:
        """The same, read with other options."""
        config = self.connector._config.model_copy(update=options)
        return Tool(self.sandbox, GitHub(config, self.door), self.door, self.clock)

    def later(self, **time: float) -> datetime:
        """Let time pass."""
        self.clock.at += timedelta(**time)
        return self.clock.at

    def read(self, stream: str, cursors: Mapping[str, Cursor] | None = None) -> Reading:
        """What the engine does in one turn: all lanes of a stream."""
        before, held = self.door.requests, dict(cursors or {})
        items: dict[str, Item] = {}
        unread: list[tuple[str, str]] = []
        plan = self.connector.lanes(stream, held)
        for name in plan.forget:
            del held[name]
        for lane in plan.lanes:
            for page in self.connector.pull(stream, lane.name, held.get(lane.name)):
                items.update((item.id, item) for item in page.items)
                unread += page.unread
                if page.cursor is not None:
                    held[lane.name] = page.cursor
        return Reading(items, held, self.door.requests - before, unread)

    def asked(self, act: Callable[[], Any]) -> list[str]:
        """Paths asked for by an act."""
        start = len(self.sandbox.log)
        act()
        return [request.path for request in self.sandbox.log[start:]]


@pytest.fixture
def tool_of() -> Iterator[Callable[..., Tool]]:
    """Makes a served GitHub over some records (the portfolio) and a connector that reads it."""
    with ExitStack() as stack:

        def make(
            records: list[Record] | None = None,
            *,
            page_size: int = 100,
            of_sandbox: Mapping[str, Any] = MappingProxyType({"board": False}),
            **options: Any,
        ) -> Tool:
            clock = Clock()
            held = portfolio() if records is None else records
            sandbox = GitHubSandbox(held, clock.now, page_size=page_size, **of_sandbox)
            base = stack.enter_context(serve(sandbox))
            config = GitHubOptions.model_validate({**sandbox.options(base), **options})
            gates = Gates(now=clock.now, monotonic=clock.monotonic)
            door = open_door(
                GitHub, config, gates=gates, now=clock.now, sleep=clock.sleep, tokens=Tokens()
            )
            stack.callback(door.close)
            return Tool(sandbox, GitHub(config, door), door, clock)

        yield make


@pytest.fixture
def tool(tool_of: Callable[..., Tool]) -> Tool:
    """The portfolio at GitHub."""
    return tool_of()


@pytest.fixture(name="many")
def many_fixture() -> Callable[..., list[Record]]:
    """Makes a repository of many issues."""
    return many
