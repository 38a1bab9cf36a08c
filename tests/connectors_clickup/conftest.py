"""A small invented company in one workspace, and a way to read its sandbox."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlsplit

import orjson
import pytest

from connectors.clickup.connector import ClickUp, ClickUpOptions
from connectors.clickup.sandbox import ClickUpSandbox
from connectors.sdk.contract import Answer, Cursor, Item, Page, Xml
from connectors.sdk.errors import ConnectorError, NotVisible, Refused, Unavailable, Unexpected
from connectors.sdk.records import (
    Comment,
    Custom,
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
        Project(id="web", key="WEB", name="Website", owner_id="ann", start_on=date(2026, 1, 5),
                due_on=date(2026, 6, 30)),
        Project(id="ops", name="Operations"),
        Project(id="old", name="Old works", state="archived"),
        Project(id="lab", name="Laboratory"),
        Person(id="ann", name="Ann Archer", email="ann@example.com"),
        Person(id="bob", name="Bob Baker"),
        Person(id="crew", name="The crew", kind="group"),
        Task(id="e1", key="WEB-1", project_id="web", title="Shop", type="epic",
             status="in_progress", status_label="Building", created_at=days_ago(80),
             updated_at=days_ago(2)),
        Task(id="s1", key="WEB-2", project_id="web", parent_id="e1", title="Basket", type="subtask",
             description="As a buyer …", status="in_progress", priority=2,
             assignee_ids=("crew", "ann", "bob"), reporter_id="bob", labels=("shop", "release"),
             start_on=date(2026, 2, 2), due_on=date(2026, 3, 20), created_at=days_ago(40),
             updated_at=days_ago(3), points=5.0, estimate_minutes=480, spent_minutes=90,
             custom=(Custom(id="pts", name="Size", value=5.0),
                     Custom(id="risk", name="Risk", value="High"),
                     Custom(id="ok", name="Signed off", value=True),
                     Custom(id="go", name="Go live", value=date(2026, 4, 1)),
                     Custom(id="tags", name="Areas", value=("shop", "pay")),
                     Custom(id="note", name="Note", value="x" * 40))),
        Task(id="t1", project_id="web", parent_id="s1", title="Price field", type="subtask",
             status="done", created_at=days_ago(39), updated_at=days_ago(5)),
        Task(id="s2", project_id="web", title="Payment", type="bug", status="cancelled",
             priority=5, created_at=days_ago(30), updated_at=days_ago(10), archived=True,
             due_on=datetime(2026, 2, 20, 16, 30, 15, 123456, tzinfo=UTC)),
        Task(id="o1", project_id="ops", title="Renew certificate", status="todo",
             created_at=days_ago(20), updated_at=days_ago(1)),
        Task(id="o2", project_id="ops", title="How we work", type="other", type_label="Handbook",
             created_at=days_ago(70)),
        Task(id="z1", project_id="old", title="Archive papers", status="done",
             created_at=days_ago(800), updated_at=days_ago(700)),
        Milestone(id="m1", project_id="web", name="Go live", due_on=date(2026, 4, 1),
                  owner_id="ann", state="open"),
        Membership(id="x", task_id="o1", kind="project", container_id="web"),
        Link(id="l1", type="blocks", from_id="s1", to_id="o1"),
        Link(id="l2", type="relates", from_id="o1", to_id="e1"),
        Comment(id="c1", task_id="s1", author_id="bob", text="Is the design final?",
                at=days_ago(4)),
        Comment(id="c2", task_id="s1", author_id="ann", text="Yes.", at=days_ago(3.5)),
        Worklog(id="w1", task_id="s1", person_id="ann", minutes=30, on=date(2026, 2, 27)),
        Worklog(id="w2", task_id="o1", person_id="bob", minutes=45, on=date(2025, 4, 3)),
        Worklog(id="w3", person_id="bob", minutes=60, on=date(2015, 4, 3), text="Long ago"),
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
    """The contract's `Http` without a network: what a door makes of a tool's answers."""

    def __init__(self, sandbox: ClickUpSandbox, config: ClickUpOptions) -> None:
        self.sandbox = sandbox
        access = ClickUp.access(config)
        self.base = urlsplit(access.base_url).path
        self.headers = {name.lower(): value for name, value in access.headers.items()}

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
        query = {name: written(value) for name, value in (params or {}).items() if value != ()}
        query = {name: values for name, values in query.items() if values}
        request = Request(method, self.base + path, query, self.headers)
        reply = self.sandbox.answer(request)
        headers = {name.lower(): value for name, value in reply.headers.items()}
        headers.setdefault("date", format_datetime(self.sandbox.world.now(), usegmt=True))
        answer = Answer(reply.status, headers, orjson.loads(reply.body), self.base + path)
        if reply.status in accept:
            return answer
        error = ClickUp.classify(answer) or ordinary(reply.status, scope)
        if error is not None:
            error.scope = error.scope or scope
            raise error
        return answer


def written(value: Any) -> list[str]:
    """A parameter as the door writes it."""
    if value is None:
        return []
    values = value if isinstance(value, (list, tuple)) else (value,)
    return [str(each).lower() if isinstance(each, bool) else str(each) for each in values]


def ordinary(status: int, scope: str | None) -> ConnectorError | None:
    if status == 401:
        return Refused("refused")
    if status in (403, 404):
        return NotVisible("not visible", scope=scope)
    if status >= 500:
        return Unavailable("down")
    return Unexpected(f"answered with {status}") if status >= 400 else None


class Reading:
    """A sandbox, its connector, and what has been read from it: a store in a dictionary."""

    def __init__(self, records: Sequence[Record], clock: Clock, **options: Any) -> None:
        self.clock = clock
        of_sandbox = {name: options.pop(name) for name in ("page_size", "admin") if name in options}
        self.sandbox = ClickUpSandbox(records, clock, **of_sandbox)
        self.world = self.sandbox.world
        self.config = ClickUpOptions(**(self.sandbox.options("http://127.0.0.1:1") | options))
        self.connector = ClickUp(self.config, Wire(self.sandbox, self.config))
        self.cursors: dict[str, dict[str, Cursor]] = {}
        self.errors: list[ConnectorError] = []

    def pages(self, stream: str) -> Iterator[Page]:
        """One turn of a stream: all its lanes, their cursors kept."""
        cursors = self.cursors.setdefault(stream, {})
        plan = self.connector.lanes(stream, dict(cursors))
        for lane in plan.lanes:
            try:
                for page in self.connector.pull(stream, lane.name, cursors.get(lane.name)):
                    yield page
                    if page.cursor is not None:
                        cursors[lane.name] = page.cursor
            except NotVisible as error:
                self.errors.append(error)
        if plan.joint is not None and not self.errors:
            cursors.clear()
            cursors[""] = plan.joint

    def items(self, stream: str) -> list[Item]:
        return [item for page in self.pages(stream) for item in page.items]

    def records(self, stream: str) -> list[Record]:
        items = self.items(stream)
        return [record for item in items for record in ClickUp.to_records(stream, item.body)]

    def tasks(self) -> dict[str, Task]:
        return {each.title: each for each in self.records("tasks") if isinstance(each, Task)}

    def requests(self, act: Callable[[], Any]) -> list[str]:
        """Paths asked for by an act."""
        start = len(self.sandbox.log)
        act()
        return [request.path.removeprefix("/api/v2") for request in self.sandbox.log[start:]]

    def id(self, kind: type[Record], id: str) -> str:
        """The id in ClickUp of what the portfolio calls something else."""
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
