"""A small invented company on three boards, and a way to read its sandbox."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlsplit

import orjson
import pytest

from connectors.monday.connector import Monday, MondayOptions
from connectors.monday.sandbox import MondaySandbox
from connectors.sdk.contract import Answer, Cursor, Item, Page, Xml
from connectors.sdk.errors import ConnectorError, NotVisible, Unexpected
from connectors.sdk.records import (
    Change,
    Comment,
    Custom,
    Gone,
    Link,
    Membership,
    Milestone,
    Person,
    Project,
    Record,
    Task,
    Worklog,
)
from connectors.sdk.sandbox import Request

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def days_ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def portfolio() -> list[Record]:
    """Records of every kind, as another tool may have said them."""
    return [
        Project(id="web", key="WEB", name="Website", description="The new site", owner_id="ann",
                created_at=days_ago(100), updated_at=days_ago(1)),
        Project(id="ops", name="Operations", created_at=days_ago(90), updated_at=days_ago(9)),
        Project(id="old", name="Old works", state="archived", created_at=days_ago(900),
                updated_at=days_ago(700)),
        Person(id="ann", name="Ann Archer", email="ann@example.com", active=True,
               time_zone="Europe/Riga"),
        Person(id="bob", name="Bob Baker", active=False),
        Person(id="crew", name="Crew", kind="group"),
        Task(id="s1", key="WEB-2", project_id="web", title="Basket", type="story",
             type_label="Story", status="in_progress", status_label="In review", priority=2,
             assignee_ids=("ann", "crew"), reporter_id="bob", labels=("shop", "release"),
             start_on=date(2026, 2, 2), due_on=date(2026, 3, 20), created_at=days_ago(40),
             updated_at=days_ago(3), spent_minutes=75,
             custom=(Custom(id="pts", name="Points", value=5.0),
                     Custom(id="ok", name="Signed off", value=True),
                     Custom(id="go", name="Go live", value=date(2026, 4, 1)),
                     Custom(id="env", name="Systems", value=("Shop", "Till")),
                     Custom(id="note", name="Note", value="Ask first"))),
        Task(id="t1", project_id="web", parent_id="s1", title="Price field", type="subtask",
             status="done", status_label="Done", assignee_ids=("ann",), due_on=date(2026, 3, 1),
             created_at=days_ago(39), updated_at=days_ago(5), completed_at=days_ago(5)),
        Task(id="t2", project_id="web", parent_id="t1", title="Currency", type="subtask",
             status="in_progress", created_at=days_ago(38), updated_at=days_ago(6)),
        Task(id="s2", key="WEB-9", project_id="web", title="Payment", type="bug",
             type_label="Bug", status="done", status_label="Live", created_at=days_ago(30),
             due_on=datetime(2026, 2, 20, 16, 30, 15, tzinfo=UTC), updated_at=days_ago(10),
             completed_at=days_ago(10)),
        Task(id="o1", project_id="ops", title="Renew certificate", status="in_progress",
             blocked=True, created_at=days_ago(20), updated_at=days_ago(11)),
        Task(id="o2", project_id="ops", title="Move office", status="cancelled", priority=5,
             created_at=days_ago(60), updated_at=days_ago(50), completed_at=days_ago(50)),
        Task(id="o3", project_id="ops", title="Gone for good", status="todo", archived=True),
        Task(id="z1", project_id="old", title="Archive papers", status="done",
             created_at=days_ago(800), updated_at=days_ago(700)),
        Milestone(id="m1", project_id="web", name="Go live", state="open", owner_id="ann",
                  start_on=date(2026, 3, 30), due_on=date(2026, 4, 1)),
        Membership(id="x", task_id="s1", kind="project", container_id="web", section="Sprint 4"),
        Link(id="l1", type="blocks", from_id="s1", to_id="s2", lag_minutes=2 * 480),
        Link(id="l2", type="relates", from_id="o1", to_id="s1"),
        Comment(id="c1", task_id="s1", author_id="bob", text="Is the design final?",
                at=days_ago(4)),
        Comment(id="c2", task_id="t1", author_id="ann", text="Yes.", at=days_ago(2),
                updated_at=days_ago(1)),
        Worklog(id="w1", task_id="s1", person_id="ann", minutes=30, on=date(2026, 2, 27),
                started_at=days_ago(3)),
        Change(id="h1", task_id="s1", at=days_ago(8), author_id="ann", field="status", old="todo",
               new="in_progress", old_label="Ready", new_label="In review"),
        Change(id="h2", task_id="s1", at=days_ago(7), author_id="bob", field="due_on",
               old="2026-03-10", new="2026-03-20"),
        Change(id="h3", task_id="s1", at=days_ago(6), field="assignee_ids", old="ann",
               new="ann,crew"),
        Change(id="h4", task_id="t1", at=days_ago(5), author_id="ann", field="status",
               old="in_progress", new="done", new_label="Done"),
        Change(id="h5", task_id="s2", at=days_ago(10), field="title", old="Pay", new="Payment"),
        Change(id="h6", task_id="s2", at=days_ago(9), field="points", old="3", new="5"),
        Change(id="h7", task_id="s2", at=days_ago(12), field="priority", old="3", new="1"),
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

    def __init__(self, sandbox: MondaySandbox, config: MondayOptions) -> None:
        self.sandbox = sandbox
        self.headers = {
            name.lower(): value for name, value in Monday.access(config).headers.items()
        }

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        raise AssertionError("monday.com is asked by POST alone")

    def post(self, path: str, json: Any = None, params: Mapping[str, Any] | None = None) -> Any:
        return self.request("POST", path, json=json, params=params).data

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
        assert params is None
        assert etag is None
        request = Request(method, urlsplit(path).path, {}, self.headers, orjson.dumps(json))
        reply = self.sandbox.answer(request)
        headers = {name.lower(): value for name, value in reply.headers.items()}
        headers["date"] = format_datetime(self.sandbox.world.now(), usegmt=True)
        answer = Answer(reply.status, headers, orjson.loads(reply.body), path)
        error = Monday.classify(answer)
        if error is None and reply.status >= 400 and reply.status not in accept:
            error = Unexpected(f"answered with {reply.status}")
        if error is not None:
            error.scope = error.scope or scope
            raise error
        return answer


class Reading:
    """A sandbox, its connector, and what has been read from it: a store in dictionaries."""

    def __init__(self, records: Sequence[Record], clock: Clock, **options: Any) -> None:
        self.clock = clock
        self.sandbox = MondaySandbox(records, clock)
        self.world = self.sandbox.world
        self.config = MondayOptions(**(self.sandbox.options("http://127.0.0.1:1") | options))
        self.connector = Monday(self.config, Wire(self.sandbox, self.config))
        self.cursors: dict[str, dict[str, Cursor]] = {}
        self.errors: list[ConnectorError] = []
        self.gone: list[Gone] = []
        self.unread: list[tuple[str, str]] = []

    def pages(self, stream: str) -> Iterator[Page]:
        """One turn of a stream: all its lanes, their cursors kept."""
        cursors = self.cursors.setdefault(stream, {})
        for lane in self.connector.lanes(stream, dict(cursors)).lanes:
            try:
                for page in self.connector.pull(stream, lane.name, cursors.get(lane.name)):
                    yield page
                    self.gone += page.gone
                    self.unread += page.unread
                    if page.cursor is not None:
                        cursors[lane.name] = page.cursor
            except NotVisible as error:
                self.errors.append(error)

    def items(self, stream: str) -> list[Item]:
        return [item for page in self.pages(stream) for item in page.items]

    def records(self, stream: str) -> list[Record]:
        items = self.items(stream)
        return [record for item in items for record in Monday.to_records(stream, item.body)]

    def of(self, stream: str, kind: type[Any]) -> dict[str, Any]:
        """One turn's records of a kind by id."""
        return {each.id: each for each in self.records(stream) if isinstance(each, kind)}

    def all(self) -> list[Record]:
        return [record for stream in Monday.streams for record in self.records(stream)]

    def calls(self, act: Callable[[], Any]) -> int:
        """How many calls an act costs."""
        start = len(self.sandbox.log)
        act()
        return len(self.sandbox.log) - start

    def id(self, kind: type[Record], id: str) -> str:
        """The id in monday.com of what the portfolio calls something else."""
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
