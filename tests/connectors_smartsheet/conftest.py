"""A small invented company in an imitated Smartsheet, and a way to read it through the door."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime

import pytest

from connectors.sdk.records import (
    Approval,
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
from connectors.smartsheet.connector import Smartsheet
from connectors.smartsheet.sandbox import SmartsheetSandbox
from tests.conformance.moments import NOW, ago
from tests.conformance.reading import Subject, Tool


def portfolio() -> list[Record]:
    """Records of every kind, as another tool may have said them."""
    return [
        Project(id="erp", key="ERP", name="ERP rollout", owner_id="ann", created_at=ago(days=200),
                updated_at=ago(days=9),
                custom=(Custom(id="budget", name="Budget", value=125000.0),
                        Custom(id="rag", name="Health", value="Green"),
                        Custom(id="live", name="Go live", value=date(2026, 9, 1)),
                        Custom(id="gate", name="Gate passed", value=True),
                        Custom(id="sites", name="Sites", value=("Rome", "Oslo")))),
        Project(id="mig", name="Migration", parent_id="erp", created_at=ago(days=90)),
        Project(id="old", name="Old works", state="closed", owner_id="bob"),
        Person(id="ann", name="Ann Archer", email="Ann@Example.com", active=True),
        Person(id="bob", name="Bob van Baker", email="bob@example.com", active=False),
        Person(id="ops", name="Operations", kind="group"),
        Milestone(id="m1", project_id="erp", name="M1"),
        Task(id="p", key="ERP-1", project_id="erp", title="Phase 1", description="Two\nlines",
             type="epic", status="in_progress", priority=2, assignee_ids=("ann",),
             reporter_id="bob", start_on=date(2026, 2, 1), due_on=date(2026, 3, 20),
             created_at=ago(days=30), updated_at=ago(days=2), percent_complete=40.0),
        Task(id="q", project_id="erp", parent_id="p", title="Workshop", status="todo", priority=4,
             assignee_ids=("ann", "ops"), labels=("web", "release"), created_at=ago(days=20),
             due_on=datetime(2026, 3, 9, 15, 30, tzinfo=UTC), updated_at=ago(days=20),
             percent_complete=0.0,
             custom=(Custom(id="risk", name="Risk", value="high"),
                     Custom(id="cost", name="Cost", value=12.5),
                     Custom(id="vip", name="VIP", value=True),
                     Custom(id="from", name="From", value=date(2026, 1, 2)),
                     Custom(id="mixed", name="Mixed", value=3.0),
                     Custom(id="sites", name="Sites", value=("Rome", "Oslo")))),
        Task(id="r", project_id="erp", parent_id="p", title="Go live", type="milestone",
             status="todo", due_on=date(2026, 4, 1), created_at=ago(days=19), blocked=True,
             custom=(Custom(id="mixed", name="Mixed", value="three"),)),
        Task(id="d", project_id="mig", title="Done", type="bug", status="done", priority=1,
             assignee_ids=("ops",), created_at=ago(days=40), updated_at=ago(days=3),
             percent_complete=100.0),
        Task(id="x", project_id="mig", parent_id="p", title="Dropped", status="cancelled",
             created_at=ago(days=40), updated_at=ago(days=5)),
        Task(id="z", project_id="old", title="Quiet", status="todo", created_at=ago(days=800)),
        Task(id="lost", title="In no sheet"),
        Link(id="l1", type="blocks", from_id="q", to_id="r"),
        Link(id="l2", type="precedes", from_id="d", to_id="x", lag_minutes=-960),
        Link(id="l3", type="precedes", from_id="q", to_id="d", lag_minutes=480),
        Link(id="l4", type="relates", from_id="d", to_id="x"),
        Comment(id="k1", task_id="q", author_id="ann", text="Waiting", at=ago(days=3)),
        Comment(id="k2", task_id="q", author_id="bob", text="Still", at=ago(days=2),
                updated_at=ago(days=1)),
        Comment(id="k3", task_id="d", author_id=None, text="Well done", at=ago(days=1)),
        Comment(id="k4", task_id="d", text="", at=ago(days=1)),
        Worklog(id="w1", task_id="p", minutes=20, on=date(2026, 2, 20)),
        Sprint(id="s", name="Sprint 1"),
        Approval(id="a", task_id="p", decision="pending"),
    ]  # fmt: skip


def many(count: int) -> list[Record]:
    """One sheet of so many rows, each seventh of which is the parent of the next six."""
    return [
        Project(id="big", name="Big"),
        *(
            Task(id=f"t{n}", project_id="big", title=f"Row {n}", status="todo",
                 parent_id=f"t{n - n % 7}" if n % 7 else None,
                 created_at=ago(days=9), updated_at=ago(days=9))
            for n in range(count)
        ),
    ]  # fmt: skip


class Account(Tool):
    """The served sandbox, with what these tests ask of it."""

    sandbox: SmartsheetSandbox

    def asked(self) -> list[str]:
        """The paths that were asked for since the log was cleared."""
        return [request.path.removeprefix("/2.0") for request in self.sandbox.log]


@pytest.fixture
def tool_of() -> Iterator[Callable[..., Account]]:
    """Opens a Smartsheet over some records (the portfolio)."""
    subject = Subject(Smartsheet, SmartsheetSandbox, served_as=Account, holds=portfolio, begins=NOW)
    yield from subject.opener(small_pages=False)


@pytest.fixture
def tool(tool_of: Callable[..., Account]) -> Account:
    """The portfolio in a Smartsheet, read with an administrator's token."""
    return tool_of()


@pytest.fixture(name="many")
def many_fixture() -> Callable[[int], list[Record]]:
    """Makes a sheet of many rows."""
    return many
