"""A small invented company in an imitated Redmine, and a way to read it through the real door."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from connectors.redmine.connector import Redmine
from connectors.redmine.sandbox import RedmineSandbox
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
from tests.conformance.moments import NOW, ago
from tests.conformance.reading import Subject, Tool


def portfolio() -> list[Record]:
    """Records of every kind, as another tool may have said them."""
    return [
        Project(id="erp", key="ERP", name="ERP rollout", description="All sites",
                created_at=ago(days=200), updated_at=ago(days=9),
                custom=(Custom(id="budget", name="Budget", value=125000.0),)),
        Project(id="mig", key="MIG", name="Migration", parent_id="erp", created_at=ago(days=90)),
        Project(id="old", key="OLD", name="Old works", state="closed", created_at=ago(days=900)),
        Person(id="ann", name="Ann Archer", email="ann@example.com", active=True),
        Person(id="bob", name="Bob van Baker", email="bob@example.com", active=False),
        Person(id="ops", name="Operations", kind="group", active=True),
        Milestone(id="m1", project_id="erp", name="M1", description="Go live", state="open",
                  state_label="open", due_on=date(2026, 4, 1)),
        Milestone(id="m0", project_id="erp", name="M0", state="done", state_label="closed"),
        Task(id="p", key="ERP-1", project_id="erp", title="Parent", description="Two\nlines",
             type="epic", status="in_progress", priority=2, assignee_ids=("ann",),
             reporter_id="bob", start_on=date(2026, 2, 1), due_on=date(2026, 3, 20),
             created_at=ago(days=30), updated_at=ago(days=2), estimate_minutes=90,
             spent_minutes=20, percent_complete=40.0, milestone_id="m1",
             custom=(Custom(id="risk", name="Risk", value="high"),
                     Custom(id="cost", name="Cost", value=12.5),
                     Custom(id="vip", name="VIP", value=True),
                     Custom(id="from", name="From", value=date(2026, 1, 2)),
                     Custom(id="sites", name="Sites", value=("Rome", "Oslo")))),
        Task(id="c", project_id="erp", parent_id="p", title="Child", type="task", status="todo",
             priority=4, created_at=ago(days=20), updated_at=ago(days=20)),
        Task(id="d", project_id="mig", title="Done", type="bug", status="done", priority=1,
             assignee_ids=("ops",), created_at=ago(days=40), updated_at=ago(days=3),
             completed_at=ago(days=3), percent_complete=100.0),
        Task(id="x", project_id="mig", title="Dropped", type="request", status="cancelled",
             priority=5, created_at=ago(days=40), updated_at=ago(days=5),
             completed_at=ago(days=5)),
        Task(id="q", project_id="old", title="Quiet", type="risk", status="todo", priority=3,
             created_at=ago(days=800), updated_at=ago(days=800)),
        Link(id="l1", type="blocks", from_id="p", to_id="d"),
        Link(id="l2", type="precedes", from_id="c", to_id="x", lag_minutes=960),
        Link(id="l3", type="clones", from_id="d", to_id="x"),
        Comment(id="k1", task_id="p", author_id="ann", text="Waiting", at=ago(days=3), public=True),
        Comment(id="k2", task_id="p", author_id="bob", text="Hush", at=ago(days=2), public=False),
        Change(id="h1", task_id="p", at=ago(days=4), author_id="bob", field="status", old="todo",
               new="in_progress"),
        Change(id="h2", task_id="p", at=ago(days=2), author_id="ann", field="due_on",
               old="2026-03-10", new="2026-03-20"),
        Change(id="h3", task_id="p", at=ago(days=2), author_id="ann", field="estimate_minutes",
               new="90"),
        Change(id="h4", task_id="d", at=ago(days=9), author_id="ann", field="priority", old="3",
               new="1"),
        Change(id="h5", task_id="d", at=ago(days=9), author_id="ann", field="points", new="5"),
        Worklog(id="w1", task_id="p", person_id="ann", minutes=20, on=date(2026, 2, 20),
                text="Workshop", updated_at=ago(days=10)),
        Worklog(id="w2", project_id="mig", person_id="bob", minutes=450, on=date(2026, 2, 27),
                updated_at=ago(days=2)),
        Sprint(id="s", name="Sprint 1"),
        Membership(id="sprint:s:p", task_id="p", kind="sprint", container_id="s"),
        Approval(id="a", task_id="p", decision="pending"),
    ]  # fmt: skip


START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


def many(count: int, *, projects: int = 1, step: timedelta = timedelta(seconds=1)) -> list[Record]:
    """A world of `count` issues, one changed each `step`."""
    return [
        *(Project(id=f"p{n}", name=f"Project {n}", key=f"p{n}") for n in range(projects)),
        *(
            Task(id=f"t{n}", project_id=f"p{n % projects}", title=f"Task {n}", status="todo",
                 created_at=START, updated_at=START + n * step)
            for n in range(count)
        ),
    ]  # fmt: skip


@pytest.fixture
def tool_of() -> Iterator[Callable[..., Tool]]:
    """Opens a Redmine over some records (the portfolio)."""
    subject = Subject(Redmine, RedmineSandbox, holds=portfolio, begins=NOW)
    yield from subject.opener(small_pages=False)


@pytest.fixture
def tool(tool_of: Callable[..., Tool]) -> Tool:
    """The portfolio in a Redmine, read with an administrator's key."""
    return tool_of()


@pytest.fixture(name="many")
def many_fixture() -> Callable[..., list[Record]]:
    """Makes a world of many issues."""
    return many
