"""A small portfolio with records of every kind, Asana's imitation of it, and a way to read it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from connectors.asana.connector import Asana
from connectors.asana.sandbox import AsanaSandbox
from connectors.sdk.records import (
    Approval,
    Change,
    Column,
    Comment,
    Custom,
    Link,
    Membership,
    Milestone,
    Person,
    Project,
    Record,
    StatusUpdate,
    Task,
    Worklog,
)
from tests.conformance.reading import Clock, Read, Subject, Tool

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def at(days: float, hours: float = 0) -> datetime:
    """An instant after the portfolio's beginning."""
    return START + timedelta(days=days, hours=hours)


def portfolio() -> list[Record]:
    """Two projects of one company, with everything that a tool may hold."""
    people = [
        Person(id="ada", name="Ada Quist", email="ada@example.com"),
        Person(id="bo", name="Bo Lindqvist", email="bo@example.com"),
        Person(id="cy", name="Cy Without Mail"),
    ]
    projects = [
        Project(
            id="site", name="New web site", description="All of it", owner_id="ada",
            start_on=date(2026, 3, 1), due_on=date(2026, 9, 1), created_at=at(0), updated_at=at(1),
            custom=(Custom(id="cost", name="Cost centre", value="CC-12"),),
        ),
        Project(id="old", name="Old site", state="archived", created_at=at(-300)),
        Project(id="shop", name="Shop", state="closed", created_at=at(0)),
    ]  # fmt: skip
    tasks = [
        Task(
            id="t1", project_id="site", title="Choose a host", description="Compare three.",
            status="in_progress", status_label="Doing", priority=2, priority_label="High",
            assignee_ids=("bo",), reporter_id="ada", labels=("infra", "urgent"),
            start_on=date(2026, 3, 3), due_on=date(2026, 3, 20), created_at=at(0, 1),
            updated_at=at(5), estimate_minutes=480, spent_minutes=90,
            custom=(
                Custom(id="risk", name="Risk", value="High"),
                Custom(id="size", name="Size", value=3.5),
                Custom(id="areas", name="Areas", value=("web", "ops")),
                Custom(id="gate", name="Gate", value=date(2026, 4, 1)),
                Custom(id="call", name="Call", value=at(9, 3)),
                Custom(id="none", name="Nothing", value=None),
            ),
        ),
        Task(
            id="t2", project_id="site", title="Write texts", status="done", reporter_id="ada",
            assignee_ids=("ada",), due_on=at(8, 6), created_at=at(0, 2), updated_at=at(7),
            completed_at=at(7),
        ),
        Task(
            id="t2a", project_id="site", parent_id="t2", title="Imprint", type="subtask",
            status="todo", created_at=at(1), updated_at=at(1),
        ),
        Task(
            id="t2b", project_id="site", parent_id="t2a", title="Check imprint", type="subtask",
            status="in_progress", created_at=at(1), updated_at=at(2),
        ),
        Task(
            id="t3", project_id="site", title="Launch", type="task", status="todo",
            status_label="Backlog", created_at=at(0, 3), updated_at=at(0, 3),
        ),
        Task(
            id="t4", project_id="site", title="Fax number", status="cancelled",
            created_at=at(0, 4), updated_at=at(4), completed_at=at(4),
        ),
        Task(
            id="a1", project_id="site", title="Budget approved?", type="approval", status="done",
            assignee_ids=("ada",), created_at=at(2), updated_at=at(3), completed_at=at(3),
        ),
        Task(id="o1", project_id="old", title="Leftover", created_at=at(-290), status="todo"),
        Task(
            id="s1", project_id="shop", title="Basket", status="done", created_at=at(0),
            updated_at=at(1), completed_at=at(1),
        ),
    ]  # fmt: skip
    rest: list[Record] = [
        Milestone(id="m1", project_id="site", name="Go live", due_on=date(2026, 6, 1),
                  owner_id="ada", state="open", description="The old site goes."),
        Milestone(id="m2", project_id="site", name="Host chosen", state="done",
                  completed_at=at(6)),
        Approval(id="ap1", task_id="a1", approver_ids=("ada",), decision="approved"),
        Membership(id="x", task_id="t1", kind="project", container_id="shop", section="Wanted"),
        Membership(id="y", task_id="t3", kind="project", container_id="site", section="Backlog"),
        Column(id="c1", project_id="site", board_id="site", name="Backlog", position=0),
        Link(id="l1", type="blocks", from_id="t1", to_id="t3"),
        Comment(id="k1", task_id="t1", author_id="ada", text="Any news?", at=at(3)),
        Comment(id="k2", task_id="t2a", author_id="cy", text="Soon.", at=at(3, 1)),
        Change(id="h1", task_id="t1", at=at(1), author_id="bo", field="status", old="todo",
               new="in_progress", old_label="To do", new_label="Doing"),
        Change(id="h2", task_id="t1", at=at(2), author_id="bo", field="due_on",
               old="2026-03-10", new="2026-03-20"),
        Change(id="h3", task_id="t1", at=at(2, 1), author_id="ada", field="assignee_ids",
               old="ada", new="bo"),
        Change(id="h4", task_id="t2", at=at(5), author_id="ada", field="status", old="todo",
               new="done"),
        Change(id="h5", task_id="t2", at=at(6), author_id="ada", field="status", old="done",
               new="todo"),
        Change(id="h6", task_id="t2", at=at(7), author_id="ada", field="status", old="todo",
               new="done"),
        Change(id="h7", task_id="t1", at=at(2, 2), field="priority", old="3", new="2",
               old_label="Medium", new_label="High"),
        Change(id="h8", task_id="t1", at=at(2, 3), field="estimate_minutes", old="240", new="480"),
        Change(id="h9", task_id="t1", at=at(2, 4), field="title", old="Host", new="Choose a host"),
        Change(id="h10", task_id="t1", at=at(2, 5), field="start_on", new="2026-03-03"),
        Change(id="h11", task_id="t1", at=at(2, 6), field="project_id", old="old", new="site"),
        Change(id="h12", task_id="t1", at=at(2, 7), field="milestone_id", new="m1"),
        Worklog(id="w1", task_id="t1", person_id="bo", minutes=90, on=date(2026, 3, 4)),
        StatusUpdate(id="u1", project_id="site", author_id="ada", at=at(4), health="at_risk",
                     title="Week 1", text="The host is late."),
        StatusUpdate(id="u2", project_id="site", author_id="ada", at=at(11), health="on_track"),
    ]  # fmt: skip
    return [*people, *projects, *tasks, *rest]


class Account(Tool):
    """The served sandbox, with what these tests ask of it."""

    sandbox: AsanaSandbox

    def lane(self, stream: str, name: str, read: Read) -> None:
        """One lane into a reading."""
        cursors = read.cursors[stream]
        read.items.setdefault(stream, {})
        for page in self.connector.pull(stream, name, cursors.get(name)):
            read.take(self.connector, stream, page)
            if page.cursor is not None:
                cursors[name] = page.cursor

    def asked(self) -> list[str]:
        """The requests since the last time, as "GET /path"; forgets them."""
        log = [f"{each.method} {each.path.removeprefix('/api/1.0')}" for each in self.sandbox.log]
        self.sandbox.log.clear()
        return log


@pytest.fixture
def clock() -> Clock:
    """The sandbox's clock."""
    return Clock(at(14))


@pytest.fixture
def open_account(clock: Clock) -> Iterator[Callable[..., Account]]:
    """Opens an account on a sandbox of the portfolio, or of other records."""
    subject = Subject(Asana, AsanaSandbox, served_as=Account, holds=portfolio)
    yield from subject.opener(clock=clock, small_pages=False)


@pytest.fixture
def account(open_account: Callable[..., Account]) -> Account:
    """The portfolio's account."""
    return open_account()
