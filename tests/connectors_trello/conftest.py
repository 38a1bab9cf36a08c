"""A small invented company on three boards, and a way to read its sandbox."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlsplit

import orjson
import pytest

from connectors.sdk.contract import Answer, Cursor, Item, Page, Xml
from connectors.sdk.errors import ConnectorError, NotVisible, Refused, Unexpected
from connectors.sdk.records import (
    Change,
    Column,
    Comment,
    Custom,
    Link,
    Milestone,
    Person,
    Project,
    Record,
    Task,
    Worklog,
)
from connectors.sdk.sandbox import Request
from connectors.trello.connector import Trello, TrelloOptions
from connectors.trello.sandbox import TrelloSandbox

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def days_ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def portfolio() -> list[Record]:
    """Records of every kind, as another tool may have said them."""
    return [
        Project(id="web", key="WEB", name="Website", description="The new site", owner_id="ann",
                created_at=days_ago(100), updated_at=days_ago(1)),
        Project(id="ops", name="Operations", created_at=days_ago(90)),
        Project(id="old", name="Old works", state="archived", created_at=days_ago(900)),
        Person(id="ann", name="Ann Archer", email="ann@example.com", active=True),
        Person(id="bob", name="Bob Baker", active=False),
        Person(id="cid", name="Cid Cooper"),
        Column(id="web-qa", project_id="web", board_id="web", name="Quality review", position=7,
               wip_max=3),
        Column(id="web-done", project_id="web", board_id="web", name="Done", position=9),
        Task(id="e1", key="WEB-1", project_id="web", title="Shop", type="epic",
             status="in_progress", status_label="Doing", created_at=days_ago(80),
             updated_at=days_ago(2)),
        Task(id="s1", key="WEB-2", project_id="web", parent_id="e1", title="Basket", type="story",
             description="As a buyer …", status="in_progress", status_label="Quality review",
             priority=2, assignee_ids=("ann", "bob"), labels=("shop", "release"),
             start_on=date(2026, 2, 2), due_on=date(2026, 3, 20), created_at=days_ago(40),
             updated_at=days_ago(3), points=5.0,
             custom=(Custom(id="pts", name="Points", value=5.0),
                     Custom(id="risk", name="Risk", value="High"),
                     Custom(id="ok", name="Signed off", value=True),
                     Custom(id="go", name="Go live", value=date(2026, 4, 1)),
                     Custom(id="note", name="Note", value="x" * 40))),
        Task(id="t1", project_id="web", parent_id="s1", title="Price field", type="subtask",
             status="done", assignee_ids=("ann",), due_on=date(2026, 3, 1),
             created_at=days_ago(39), updated_at=days_ago(5)),
        Task(id="t2", project_id="web", parent_id="t1", title="Currency", type="subtask",
             status="in_progress", created_at=days_ago(38)),
        Task(id="s2", key="WEB-9", project_id="web", title="Payment", type="bug", status="done",
             status_label="Signed off", blocked=False, created_at=days_ago(30),
             due_on=datetime(2026, 2, 20, 16, 30, 15, 123456, tzinfo=UTC),
             updated_at=days_ago(10), archived=True,
             custom=(Custom(id="pts", name="Points", value=None),)),
        Task(id="o1", project_id="ops", title="Renew certificate", status="todo",
             status_label="Selected", blocked=True, created_at=days_ago(20),
             updated_at=days_ago(1)),
        Task(id="o2", project_id="ops", title="How we work", type="other", type_label="template",
             status=None, status_label="Notes", created_at=days_ago(70)),
        Task(id="o3", project_id="ops", title="Move office", status="cancelled",
             created_at=days_ago(60), updated_at=days_ago(50)),
        Task(id="z1", project_id="old", title="Archive papers", status="done", status_label="Done",
             created_at=days_ago(800), updated_at=days_ago(700)),
        Link(id="l1", type="blocks", from_id="s1", to_id="s2"),
        Link(id="l2", type="relates", from_id="o1", to_id="s1"),
        Link(id="l3", type="relates", from_id="t1", to_id="s2"),
        Comment(id="c1", task_id="s1", author_id="bob", text="Is the design final?",
                at=days_ago(4)),
        Comment(id="c2", task_id="s1", author_id="ann", text="Yes.", at=days_ago(3.5),
                updated_at=days_ago(3), public=True),
        Comment(id="c3", task_id="t1", author_id="ann", text="Lost on an item", at=days_ago(3)),
        Change(id="h1", task_id="s1", at=days_ago(8), author_id="ann", field="status", old="todo",
               new="in_progress", old_label="Open", new_label="Quality review"),
        Change(id="h2", task_id="s1", at=days_ago(7), author_id="bob", field="due_on",
               old="2026-03-10", new="2026-03-20"),
        Change(id="h3", task_id="s1", at=days_ago(6), field="assignee_ids", old="ann",
               new="ann,bob"),
        Change(id="h4", task_id="t1", at=days_ago(5), author_id="ann", field="status",
               old="in_progress", new="done", old_label="Doing", new_label="Done"),
        Change(id="h5", task_id="s2", at=days_ago(10), field="title", old="Pay", new="Payment"),
        Change(id="h6", task_id="s2", at=days_ago(9), field="archived", old="false", new="true"),
        Change(id="h7", task_id="s2", at=days_ago(9), field="points", old="3", new="5"),
        Change(id="h8", task_id="s2", at=days_ago(12), field="start_on", old=None,
               new="2026-02-18T08:00:00+00:00"),
        Milestone(id="m1", name="Go live", project_id="web"),
        Worklog(id="w1", task_id="s1", minutes=30, on=date(2026, 2, 27)),
    ]  # fmt: skip


class Clock:
    """The sandbox's time."""

    def __init__(self) -> None:
        self.at = NOW

    def __call__(self) -> datetime:
        return self.at

    def pass_by(self, **amount: float) -> datetime:
        self.at += timedelta(**amount)
        return self.at


class Wire:
    """The contract's `Http` without a network: what a door makes of a sandbox's answers."""

    def __init__(self, sandbox: TrelloSandbox, config: TrelloOptions) -> None:
        self.sandbox = sandbox
        self.headers = {
            name.lower(): value for name, value in Trello.access(config).headers.items()
        }

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        return self.request("GET", path, params=params).data

    def post(self, path: str, json: Any = None, params: Mapping[str, Any] | None = None) -> Any:
        raise AssertionError("this connector only reads")

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        xml: Xml | None = None,
        accept: Container[int] = (),
        etag: str | None = None,
        scope: str | None = None,
    ) -> Answer:
        query = {name: [str(value)] for name, value in (params or {}).items() if value is not None}
        request = Request(method, urlsplit(path).path, query, self.headers)
        reply = self.sandbox.answer(request)
        headers = {name.lower(): value for name, value in reply.headers.items()}
        headers["date"] = format_datetime(self.sandbox.world.now(), usegmt=True)
        is_json = headers["content-type"].startswith("application/json")
        data = orjson.loads(reply.body) if is_json else reply.body.decode()
        answer = Answer(reply.status, headers, data, path)
        if reply.status in accept:
            return answer
        error = Trello.classify(answer) or _ordinary(reply.status, scope)
        if error is not None:
            raise error
        return answer


def _ordinary(status: int, scope: str | None) -> ConnectorError | None:
    if status == 401:
        return Refused("refused")
    if status in (403, 404):
        return NotVisible("not visible", scope=scope)
    return Unexpected(f"answered with {status}") if status >= 400 else None


class Reading:
    """A sandbox, its connector, and what has been read from it: a store in a dictionary."""

    def __init__(self, records: Sequence[Record], clock: Clock, **options: Any) -> None:
        self.clock = clock
        self.sandbox = TrelloSandbox(records, clock)
        self.world = self.sandbox.world
        self.config = TrelloOptions(**(self.sandbox.options("http://127.0.0.1:1") | options))
        self.connector = Trello(self.config, Wire(self.sandbox, self.config))
        self.cursors: dict[str, dict[str, Cursor]] = {}
        self.errors: list[ConnectorError] = []

    def pages(self, stream: str) -> Iterator[Page]:
        """One turn of a stream: all its lanes, their cursors kept."""
        cursors = self.cursors.setdefault(stream, {})
        for lane in self.connector.lanes(stream, dict(cursors)).lanes:
            try:
                for page in self.connector.pull(stream, lane.name, cursors.get(lane.name)):
                    yield page
                    if page.cursor is not None:
                        cursors[lane.name] = page.cursor
            except NotVisible as error:
                self.errors.append(error)

    def items(self, stream: str) -> list[Item]:
        return [item for page in self.pages(stream) for item in page.items]

    def records(self, stream: str) -> list[Record]:
        items = self.items(stream)
        return [record for item in items for record in Trello.to_records(stream, item.body)]

    def all(self) -> list[Record]:
        return [record for stream in Trello.streams for record in self.records(stream)]

    def requests(self, act: Callable[[], Any]) -> list[str]:
        """Paths asked for by an act."""
        start = len(self.sandbox.log)
        act()
        return [request.path for request in self.sandbox.log[start:]]

    def id(self, kind: type[Record], id: str) -> str:
        """The id in Trello of what the portfolio calls something else."""
        return self.sandbox.ids[kind, id]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def company() -> list[Record]:
    return portfolio()


@pytest.fixture
def reading(clock: Clock, company: list[Record]) -> Reading:
    return Reading(company, clock)


@pytest.fixture
def read_with(clock: Clock, company: list[Record]) -> Callable[..., Reading]:
    """A reading with other options."""
    return lambda **options: Reading(company, clock, **options)
