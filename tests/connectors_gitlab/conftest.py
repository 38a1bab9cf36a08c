"""A small invented company in an imitated GitLab, and a way to read it through the real door."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from connectors.gitlab.connector import GitLab
from connectors.gitlab.options import GitLabOptions
from connectors.gitlab.sandbox import GitLabSandbox
from connectors.sdk.contract import Cursor, Item
from connectors.sdk.errors import ConnectorError
from connectors.sdk.http import Door, open_door
from connectors.sdk.oauth import Tokens
from connectors.sdk.records import (
    Approval,
    Change,
    Comment,
    Custom,
    Link,
    Membership,
    Milestone,
    Person,
    Project,
    Record,
    Sprint,
    Task,
    Worklog,
)
from connectors.sdk.sandbox import serve

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def ago(**time: float) -> datetime:
    return NOW - timedelta(**time)


def portfolio() -> list[Record]:
    """Records of every kind, as another tool may have said them."""
    return [
        Project(id="web", key="WEB", name="Website", description="The new site",
                created_at=ago(days=90), updated_at=ago(days=1)),
        Project(id="ops", name="Operations", created_at=ago(days=80)),
        Project(id="lab", key="LAB", name="Lab", parent_id="web", created_at=ago(days=70)),
        Project(id="old", name="Old works", state="archived", created_at=ago(days=900)),
        Person(id="ann", name="Ann Archer", email="ann@example.com", active=True),
        Person(id="bob", name="Bob Baker", active=False),
        Person(id="rob", name="Robot", kind="app", active=True),
        Milestone(id="m1", project_id="web", name="Go live", state="open",
                  start_on=date(2026, 2, 1), due_on=date(2026, 4, 1)),
        Milestone(id="m2", name="Quarter", state="done", description="For all"),
        Sprint(id="s1", name="Sprint 1", goal="Basket works", state="active",
               start_at=ago(days=4), end_at=ago(days=-10)),
        Task(id="e", project_id="web", title="Shop", type="epic", status="in_progress",
             reporter_id="ann", created_at=ago(days=60), updated_at=ago(days=6)),
        Task(id="a", project_id="web", parent_id="e", title="Basket", type="story",
             description="As a buyer …", status="in_progress", assignee_ids=("ann", "bob"),
             reporter_id="bob", labels=("shop", "workflow::doing"), due_on=date(2026, 3, 20),
             created_at=ago(days=50), updated_at=ago(days=5), estimate_minutes=480,
             spent_minutes=90, points=3.0, milestone_id="m1",
             custom=(Custom(id="health_status", name="Health", value="at_risk"),)),
        Task(id="b", project_id="web", parent_id="a", title="Price", type="subtask", status="done",
             created_at=ago(days=40), updated_at=ago(days=4), completed_at=ago(days=4)),
        Task(id="c", project_id="web", title="Payment fails", type="bug", status="todo",
             created_at=ago(days=30), updated_at=ago(days=3)),
        Task(id="d", project_id="ops", title="Renew certificate", status="todo",
             created_at=ago(days=20), updated_at=ago(days=2), milestone_id="m2"),
        Task(id="l", project_id="lab", title="Try it", type="request", status="todo",
             created_at=ago(days=19), updated_at=ago(days=2)),
        Task(id="o", project_id="old", title="Archive papers", status="done",
             created_at=ago(days=800), updated_at=ago(days=700)),
        Link(id="l1", type="blocks", from_id="a", to_id="d"),
        Link(id="l2", type="relates", from_id="d", to_id="c"),
        Link(id="l3", type="precedes", from_id="b", to_id="c"),
        Membership(id="sprint:s1:a", task_id="a", kind="sprint", container_id="s1"),
        Comment(id="k1", task_id="a", author_id="ann", text="Is it final?", at=ago(days=9)),
        Comment(id="k2", task_id="a", author_id="bob", text="Hush", at=ago(days=8), public=False,
                updated_at=ago(days=7)),
        Worklog(id="w1", task_id="a", person_id="ann", minutes=60, on=date(2026, 2, 20), text="x"),
        Worklog(id="w2", task_id="a", person_id="bob", minutes=30, on=date(2026, 2, 21)),
        Change(id="h1", task_id="b", at=ago(days=4), author_id="ann", field="status", old="todo",
               new="done"),
        Change(id="h2", task_id="a", at=ago(days=9), author_id="bob", field="labels", new="shop",
               new_label="shop"),
        Change(id="h3", task_id="a", at=ago(days=8), author_id="bob", field="points", new="3.0"),
        Change(id="h4", task_id="a", at=ago(days=7), author_id="bob", field="due_on",
               new="2026-03-20"),
        Approval(id="x", task_id="a", decision="pending"),
    ]  # fmt: skip


def many(count: int, step: timedelta = timedelta(minutes=1), **fields: Any) -> list[Record]:
    """One project with so many issues, one made and changed each `step`."""
    start = ago(days=30)
    return [
        Project(id="p", name="Big", created_at=start),
        *(
            Task(id=f"t{n}", project_id="p", title=f"Task {n}", status="todo",
                 **{"created_at": start + n * step, "updated_at": start + n * step, **fields})
            for n in range(count)
        ),
    ]  # fmt: skip


@dataclass
class Read:
    """What a turn of a stream read."""

    items: dict[str, Item] = field(default_factory=dict)
    cursors: dict[str, Cursor] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)
    errors: list[ConnectorError] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    lanes: list[str] = field(default_factory=list)

    def records(self, stream: str) -> dict[tuple[type[Record], str], Record]:
        """The records of all items, by kind and id."""
        found = (each for item in self.items.values()
                 for each in GitLab.to_records(stream, item.body))  # fmt: skip
        return {(type(each), each.id): each for each in found}


class Memory:
    """Where refreshed tokens are kept."""

    def __init__(self) -> None:
        self.held: dict[str, Tokens] = {}

    def load(self, key: str) -> Tokens | None:
        return self.held.get(key)

    def save(self, key: str, tokens: Tokens) -> None:
        self.held[key] = tokens

    def lock(self, key: str) -> AbstractContextManager[Any]:
        return nullcontext()


@dataclass
class Tool:
    """A served sandbox with a connector that reads it."""

    sandbox: GitLabSandbox
    connector: GitLab
    door: Door
    clock: list[datetime]
    url: str
    tokens: Memory

    def native(self, kind: type[Record], id: str) -> str:
        """The id under which GitLab knows a record of the portfolio."""
        return self.sandbox.ids[kind, id]

    def later(self, **time: float) -> datetime:
        """Let time pass in the tool."""
        self.clock[0] += timedelta(**time)
        return self.clock[0]

    def read(self, stream: str, cursors: Mapping[str, Cursor] | None = None) -> Read:
        """What the engine does in one turn: all lanes of a stream."""
        read, before = Read(cursors=dict(cursors or {})), len(self.sandbox.log)
        plan = self.connector.lanes(stream, read.cursors)
        for lane in plan.lanes:
            read.lanes.append(lane.name)
            try:
                for page in self.connector.pull(stream, lane.name, read.cursors.get(lane.name)):
                    read.items.update((item.id, item) for item in page.items)
                    read.unread.update(page.unread)
                    if page.cursor is not None:
                        read.cursors[lane.name] = page.cursor
            except ConnectorError as error:
                read.errors.append(error)
        if plan.joint is not None and not read.errors:
            read.cursors = {"": plan.joint}
        read.asked = [each.path for each in self.sandbox.log[before:]]
        return read


@pytest.fixture
def tool_of() -> Iterator[Callable[..., Tool]]:
    """Makes a served GitLab over some records (the portfolio) and a connector that reads it."""
    with ExitStack() as stack:

        def make(
            records: list[Record] | None = None,
            *,
            page_size: int = 100,
            admin: bool = True,
            has: str = "ultimate",
            **options: Any,
        ) -> Tool:
            clock = [NOW]
            held = portfolio() if records is None else records
            sandbox = GitLabSandbox(
                held, lambda: clock[0], page_size=page_size, admin=admin, plan=has
            )
            url = stack.enter_context(serve(sandbox))
            given = {**sandbox.options(url), **options}
            config = GitLabOptions(**{name: each for name, each in given.items() if each != ""})
            tokens = Memory()
            door = open_door(
                GitLab, config, sleep=lambda seconds: None, now=lambda: clock[0], tokens=tokens
            )
            stack.callback(door.close)
            return Tool(sandbox, GitLab(config, door), door, clock, url, tokens)

        yield make


@pytest.fixture
def tool(tool_of: Callable[..., Tool]) -> Tool:
    """The portfolio in a GitLab of the plan ultimate, read by an administrator."""
    return tool_of()


@pytest.fixture(name="many")
def many_fixture() -> Callable[..., list[Record]]:
    """Makes a world of many issues."""
    return many
