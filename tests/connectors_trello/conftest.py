"""A small invented company on three boards, and a way to read its sandbox."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime

import pytest

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
from connectors.trello.connector import Trello
from connectors.trello.sandbox import TrelloSandbox
from tests.conformance.moments import NOW, ago
from tests.conformance.reading import Kept, Subject


def portfolio() -> list[Record]:
    """Records of every kind, as another tool may have said them."""
    return [
        Project(id="web", key="WEB", name="Website", description="The new site", owner_id="ann",
                created_at=ago(100), updated_at=ago(1)),
        Project(id="ops", name="Operations", created_at=ago(90)),
        Project(id="old", name="Old works", state="archived", created_at=ago(900)),
        Person(id="ann", name="Ann Archer", email="ann@example.com", active=True),
        Person(id="bob", name="Bob Baker", active=False),
        Person(id="cid", name="Cid Cooper"),
        Column(id="web-qa", project_id="web", board_id="web", name="Quality review", position=7,
               wip_max=3),
        Column(id="web-done", project_id="web", board_id="web", name="Done", position=9),
        Task(id="e1", key="WEB-1", project_id="web", title="Shop", type="epic",
             status="in_progress", status_label="Doing", created_at=ago(80),
             updated_at=ago(2)),
        Task(id="s1", key="WEB-2", project_id="web", parent_id="e1", title="Basket", type="story",
             description="As a buyer …", status="in_progress", status_label="Quality review",
             priority=2, assignee_ids=("ann", "bob"), labels=("shop", "release"),
             start_on=date(2026, 2, 2), due_on=date(2026, 3, 20), created_at=ago(40),
             updated_at=ago(3), points=5.0,
             custom=(Custom(id="pts", name="Points", value=5.0),
                     Custom(id="risk", name="Risk", value="High"),
                     Custom(id="ok", name="Signed off", value=True),
                     Custom(id="go", name="Go live", value=date(2026, 4, 1)),
                     Custom(id="note", name="Note", value="x" * 40))),
        Task(id="t1", project_id="web", parent_id="s1", title="Price field", type="subtask",
             status="done", assignee_ids=("ann",), due_on=date(2026, 3, 1),
             created_at=ago(39), updated_at=ago(5)),
        Task(id="t2", project_id="web", parent_id="t1", title="Currency", type="subtask",
             status="in_progress", created_at=ago(38)),
        Task(id="s2", key="WEB-9", project_id="web", title="Payment", type="bug", status="done",
             status_label="Signed off", blocked=False, created_at=ago(30),
             due_on=datetime(2026, 2, 20, 16, 30, 15, 123456, tzinfo=UTC),
             updated_at=ago(10), archived=True,
             custom=(Custom(id="pts", name="Points", value=None),)),
        Task(id="o1", project_id="ops", title="Renew certificate", status="todo",
             status_label="Selected", blocked=True, created_at=ago(20),
             updated_at=ago(1)),
        Task(id="o2", project_id="ops", title="How we work", type="other", type_label="template",
             status=None, status_label="Notes", created_at=ago(70)),
        Task(id="o3", project_id="ops", title="Move office", status="cancelled",
             created_at=ago(60), updated_at=ago(50)),
        Task(id="z1", project_id="old", title="Archive papers", status="done", status_label="Done",
             created_at=ago(800), updated_at=ago(700)),
        Link(id="l1", type="blocks", from_id="s1", to_id="s2"),
        Link(id="l2", type="relates", from_id="o1", to_id="s1"),
        Link(id="l3", type="relates", from_id="t1", to_id="s2"),
        Comment(id="c1", task_id="s1", author_id="bob", text="Is the design final?",
                at=ago(4)),
        Comment(id="c2", task_id="s1", author_id="ann", text="Yes.", at=ago(3.5),
                updated_at=ago(3), public=True),
        Comment(id="c3", task_id="t1", author_id="ann", text="Lost on an item", at=ago(3)),
        Change(id="h1", task_id="s1", at=ago(8), author_id="ann", field="status", old="todo",
               new="in_progress", old_label="Open", new_label="Quality review"),
        Change(id="h2", task_id="s1", at=ago(7), author_id="bob", field="due_on",
               old="2026-03-10", new="2026-03-20"),
        Change(id="h3", task_id="s1", at=ago(6), field="assignee_ids", old="ann",
               new="ann,bob"),
        Change(id="h4", task_id="t1", at=ago(5), author_id="ann", field="status",
               old="in_progress", new="done", old_label="Doing", new_label="Done"),
        Change(id="h5", task_id="s2", at=ago(10), field="title", old="Pay", new="Payment"),
        Change(id="h6", task_id="s2", at=ago(9), field="archived", old="false", new="true"),
        Change(id="h7", task_id="s2", at=ago(9), field="points", old="3", new="5"),
        Change(id="h8", task_id="s2", at=ago(12), field="start_on", old=None,
               new="2026-02-18T08:00:00+00:00"),
        Milestone(id="m1", name="Go live", project_id="web"),
        Worklog(id="w1", task_id="s1", minutes=30, on=date(2026, 2, 27)),
    ]  # fmt: skip


@pytest.fixture
def read_with() -> Iterator[Callable[..., Kept]]:
    """A reading with other options of the connection or the sandbox."""
    subject = Subject(Trello, TrelloSandbox, served_as=Kept, holds=portfolio, begins=NOW)
    yield from subject.opener(direct=True)


@pytest.fixture
def reading(read_with: Callable[..., Kept]) -> Kept:
    return read_with()
