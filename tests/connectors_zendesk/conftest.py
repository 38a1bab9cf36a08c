"""A small invented service desk, and a way to read its sandbox through the real door."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson
import pytest

from connectors.sdk.contract import Cursor, Item, Page
from connectors.sdk.gate import Gates
from connectors.sdk.http import Door, open_door
from connectors.sdk.records import (
    Change,
    Comment,
    Custom,
    Gone,
    Link,
    Person,
    Project,
    Record,
    SlaCycle,
    Task,
)
from connectors.sdk.sandbox import Reply, Request, serve
from connectors.zendesk.connector import Zendesk, ZendeskOptions
from connectors.zendesk.sandbox import ZendeskSandbox

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def days_ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def service_desk() -> list[Record]:
    """Two groups, three agents, two customers, six tickets with what happened on them."""
    return [
        Project(id="ops", name="IT Operations", description="Keeps it running",
                created_at=days_ago(400), updated_at=days_ago(30)),
        Project(id="dev", name="IT Projects", created_at=days_ago(300)),
        Project(id="old", name="Fax team", state="archived", created_at=days_ago(900)),
        Person(id="ann", name="Ann Archer", email="ann@example.com", active=True,
               time_zone="Europe/Paris"),
        Person(id="bob", name="Bob Baker", email="bob@example.com", active=True),
        Person(id="cid", name="Cid Cooper", active=False),
        Person(id="kim", name="Kim Customer", email="kim@example.org", active=True,
               kind="customer"),
        Person(id="lee", name="Lee Customer", active=True, kind="customer"),
        Task(id="t1", project_id="ops", title="Mail is down", type="issue", status="in_progress",
             status_label="Investigating", priority=1, assignee_ids=("ann",), reporter_id="kim",
             labels=("mail", "outage"), created_at=days_ago(9), updated_at=days_ago(1),
             description="No mail since nine.",
             custom=(Custom(id="risk", name="Risk", value="High"),
                     Custom(id="hours", name="Hours", value=2.5),
                     Custom(id="vip", name="VIP", value=True),
                     Custom(id="go", name="Go live", value=date(2026, 4, 1)),
                     Custom(id="sites", name="Sites", value=("Paris", "Lyon")),
                     Custom(id="note", name="Note", value="x" * 40))),
        Task(id="t2", project_id="ops", title="I get no mail", type="issue", status="in_progress",
             blocked=True, reporter_id="lee", created_at=days_ago(8), updated_at=days_ago(2)),
        Task(id="t3", project_id="dev", title="Order laptops", type="task", status="todo",
             priority=3, reporter_id="bob", due_on=datetime(2026, 3, 9, 16, tzinfo=UTC),
             created_at=days_ago(7), updated_at=days_ago(7)),
        Task(id="t4", project_id="dev", title="How do I print?", type="request", status="done",
             assignee_ids=("cid",), reporter_id="kim", created_at=days_ago(6),
             updated_at=days_ago(5), completed_at=days_ago(5)),
        Task(id="t5", project_id="old", title="Fax is broken", status="done", archived=True,
             reporter_id="kim", created_at=days_ago(500), updated_at=days_ago(490)),
        Task(id="t6", title="Hello?", type="other", status="todo", reporter_id="lee",
             created_at=days_ago(3), updated_at=days_ago(3)),
        Link(id="l1", type="relates", from_id="t2", to_id="t1"),
        Link(id="l2", type="blocks", from_id="t3", to_id="t4"),
        Comment(id="c1", task_id="t1", author_id="ann", text="Looking into it.", public=True,
                at=days_ago(8.5)),
        Comment(id="c2", task_id="t1", author_id="bob", text="It was the disk.", public=False,
                at=days_ago(8)),
        Comment(id="c3", task_id="t4", author_id="cid", text="Press the button.", public=True,
                at=days_ago(5.5)),
        Change(id="h1", task_id="t1", at=days_ago(8.6), author_id="ann", field="status",
               old="todo", new="in_progress"),
        Change(id="h2", task_id="t1", at=days_ago(8.4), author_id="bob", field="priority",
               old="3", new="1"),
        Change(id="h3", task_id="t4", at=days_ago(5.8), field="assignee_ids", old="ann",
               new="cid"),
        Change(id="h4", task_id="t3", at=days_ago(6), author_id="ann", field="type", old="bug",
               new="task"),
        Change(id="h5", task_id="t3", at=days_ago(6), field="due_on", new="2026-03-09"),
        SlaCycle(id="s1", task_id="t1", name="First reply time", started_at=days_ago(9),
                 stopped_at=days_ago(8.5), breach_at=days_ago(8.9), breached=True, paused=False,
                 goal_minutes=60, elapsed_minutes=720),
        SlaCycle(id="s2", task_id="t1", name="Total resolution time", started_at=days_ago(9),
                 breach_at=NOW + timedelta(days=1), breached=False, paused=False,
                 goal_minutes=14400),
    ]  # fmt: skip


class Clock:
    """The sandbox's time and ours: it moves when someone waits or a test says so."""

    def __init__(self) -> None:
        self.at = NOW
        self.slept = 0.0

    def __call__(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.slept

    def sleep(self, seconds: float) -> None:
        self.slept += seconds
        self.at += timedelta(seconds=seconds)

    def pass_by(self, **amount: float) -> datetime:
        self.sleep(timedelta(**amount).total_seconds())
        return self.at


@dataclass
class Turn:
    """What one turn of a stream gave."""

    items: list[Item] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    gone: list[Gone] = field(default_factory=list)
    unread: list[tuple[str, str]] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)
    asked: list[Request] = field(default_factory=list)

    def paths(self) -> list[str]:
        """What was asked for, without the start that all paths share."""
        return [request.path.removeprefix("/api/v2/") for request in self.asked]

    def of(self, kind: type[Any]) -> dict[str, Any]:
        return {record.id: record for record in self.records if isinstance(record, kind)}


class Reading:
    """A served sandbox, its connector behind a real door, and the cursors so far."""

    def __init__(self, url: str, sandbox: ZendeskSandbox, clock: Clock, **options: Any) -> None:
        self.clock = clock
        self.sandbox = sandbox
        self.world = sandbox.world
        self.config = ZendeskOptions(**(sandbox.options(url) | options))
        self.door: Door = open_door(
            Zendesk,
            self.config,
            gates=Gates(now=clock, monotonic=clock.monotonic),
            now=clock,
            sleep=clock.sleep,
        )
        self.connector = Zendesk(self.config, self.door)
        self.cursors: dict[str, Cursor] = {}

    def turn(self, stream: str, *, settle: bool = True) -> Turn:
        """One turn, its cursor kept; by default a minute after what was done before."""
        if settle:
            self.clock.pass_by(seconds=60)
        turn = Turn()
        start = len(self.sandbox.log)
        try:
            for page in self.connector.pull(stream, "", self.cursors.get(stream)):
                turn.pages.append(page)
                turn.items += page.items
                turn.gone += page.gone
                turn.unread += page.unread
                for item in page.items:
                    turn.records += Zendesk.to_records(stream, item.body)
                if page.cursor is not None:
                    self.cursors[stream] = page.cursor
        finally:
            turn.asked = self.sandbox.log[start:]
        return turn

    def id(self, kind: type[Record], id: str) -> str:
        """The id in Zendesk of what the service desk calls something else."""
        return self.sandbox.ids[kind, id]

    def task(self, id: str) -> Task:
        held = self.world.get(Task, self.id(Task, id))
        assert held is not None
        return held

    def answer(self, path: str, change: Callable[[Any], object]) -> None:
        """Have one path's answers changed on their way."""

        def interfere(request: Request) -> Reply | None:
            if not request.path.endswith(path):
                return None
            reply = self.sandbox.handle(request)
            data = orjson.loads(reply.body)
            change(data)
            return Reply(reply.status, orjson.dumps(data), reply.headers)

        self.sandbox.interfere = interfere


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk() -> list[Record]:
    return service_desk()


@pytest.fixture
def read_with(clock: Clock, desk: Sequence[Record]) -> Iterator[Callable[..., Reading]]:
    """A reading with other options of the connection, or of the `sandbox`."""
    open_now: list[Any] = []

    def make(sandbox: dict[str, Any] | None = None, **options: Any) -> Reading:
        imitation = ZendeskSandbox(desk, clock, **(sandbox or {}))
        server = serve(imitation)
        url = server.__enter__()
        reading = Reading(url, imitation, clock, **options)
        open_now.extend((reading, server))
        return reading

    yield make
    for reading, server in zip(open_now[::2], open_now[1::2], strict=True):
        reading.door.close()
        server.__exit__(None, None, None)


@pytest.fixture
def reading(read_with: Callable[..., Reading]) -> Reading:
    return read_with()
