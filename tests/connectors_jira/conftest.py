"""A small invented company in Jira, and a way to read its sandbox through the real door."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from connectors.jira.connector import Jira
from connectors.jira.sandbox import JiraSandbox
from connectors.sdk.contract import Cursor
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
    SlaCycle,
    Sprint,
    StatusUpdate,
    Task,
    Worklog,
)
from tests.conformance.moments import NOW, ago
from tests.conformance.reading import Clock, Kept, Read, Subject


def company() -> list[Record]:
    """Records of every kind, as another tool may have said them."""
    return [
        Project(id="web", key="WEB", name="Website", description="The new site", owner_id="ann"),
        Project(id="ops", key="OPS", name="Operations"),
        Project(id="old", key="OLD", name="Old works", state="archived"),
        Project(id="bin", key="BIN", name="Thrown away", state="trashed"),
        Person(id="ann", name="Ann Archer", email="ann@example.com", active=True),
        Person(id="bob", name="Bob Baker", active=False, time_zone="Europe/Paris"),
        Person(id="bot", name="Sync robot", kind="app", active=True),
        Person(id="cus", name="Cleo Customer", kind="customer", active=True),
        Person(id="all", name="Everyone", kind="group"),
        Milestone(id="v1", project_id="web", name="1.0", description="First", state="done",
                  start_on=date(2026, 1, 5), due_on=date(2026, 2, 1)),
        Milestone(id="v2", project_id="web", name="2.0", state="open", due_on=date(2026, 6, 1)),
        Milestone(id="v3", project_id="ops", name="Dropped", state="cancelled"),
        Sprint(id="sp1", project_id="web", board_id="b1", name="Sprint 1", goal="Pay by card",
               state="active", start_at=ago(days=7), end_at=NOW + timedelta(days=7)),
        Sprint(id="sp2", project_id="web", board_id="b1", name="Sprint 0", goal="", state="closed",
               start_at=ago(days=21), end_at=ago(days=7), completed_at=ago(days=7)),
        Column(id="c1", project_id="web", board_id="b1", board_name="Web board", name="Waiting",
               position=3, status_labels=("To Do",)),
        Column(id="c2", project_id="web", board_id="b1", board_name="Web board", name="Doing",
               position=5, status_labels=("In Progress", "In Review"), wip_min=1, wip_max=4),
        Task(id="e1", key="WEB-1", project_id="web", title="Shop", type="epic",
             status="in_progress", status_label="In Progress", created_at=ago(days=80),
             updated_at=ago(days=2)),
        Task(id="s1", key="WEB-2", project_id="web", parent_id="e1", title="Basket", type="story",
             description="As a buyer\nI fill it.\n\nThen I pay.", status="in_progress",
             status_label="In Review", blocked=True, priority=2, priority_label="Critical",
             assignee_ids=("ann", "bob"), reporter_id="bob", labels=("shop", "release"),
             start_on=date(2026, 2, 2), due_on=date(2026, 3, 20), created_at=ago(days=40),
             updated_at=ago(days=3), estimate_minutes=480, spent_minutes=90,
             remaining_minutes=390, points=5.0, milestone_id="v2",
             custom=(Custom(id="x1", name="Risk rating", value="High"),
                     Custom(id="x2", name="Budget", value=1250.5),
                     Custom(id="x3", name="Go live", value=date(2026, 4, 1)),
                     Custom(id="x4", name="Approved at", value=ago(days=9)),
                     Custom(id="x5", name="Regions", value=("EU", "US")),
                     Custom(id="x6", name="Needs legal", value=True),
                     Custom(id="x7", name="Cost centre", value=None))),
        Task(id="t1", key="WEB-3", project_id="web", parent_id="s1", title="Totals",
             type="subtask", status="done", status_label="Done", resolution="Done", priority=3,
             created_at=ago(days=30), updated_at=ago(days=4), completed_at=ago(days=4)),
        Task(id="t2", key="WEB-4", project_id="web", title="Carrier pigeons", type="task",
             status="cancelled", status_label="Done", created_at=ago(days=29),
             updated_at=ago(days=5), completed_at=ago(days=5)),
        Task(id="o1", key="OPS-1", project_id="ops", title="Patch the gate", type="bug",
             status="todo", status_label="To Do", assignee_ids=("bob",), created_at=ago(days=20),
             updated_at=ago(days=6)),
        Task(id="o2", key="OPS-2", project_id="ops", title="Odd one", type="other",
             type_label="Experiment", status=None, status_label="Limbo", priority_label="P9",
             created_at=ago(days=19), updated_at=ago(days=7)),
        Link(id="l1", type="blocks", from_id="o1", to_id="s1"),
        Link(id="l2", type="relates", from_id="s1", to_id="e1"),
        Link(id="l3", type="precedes", from_id="t1", to_id="t2", lag_minutes=60),
        Membership(id="m1", task_id="s1", kind="sprint", container_id="sp1"),
        Membership(id="m2", task_id="s1", kind="project", container_id="web"),
        Comment(id="k1", task_id="s1", author_id="bob", text="Please check.\n\nThanks",
                at=ago(days=8), public=False),
        Worklog(id="w1", task_id="s1", person_id="ann", minutes=90, on=date(2026, 2, 20),
                started_at=datetime(2026, 2, 20, 9, 30, tzinfo=UTC), text="Pairing",
                updated_at=ago(days=10)),
        Worklog(id="w2", task_id="o1", person_id="bob", minutes=30, on=date(2026, 2, 22),
                started_at=datetime(2026, 2, 21, 23, 30, tzinfo=UTC), updated_at=ago(days=8)),
        Change(id="h1", task_id="s1", at=ago(days=12), author_id="ann", field="status",
               old="todo", new="in_progress", old_label="To Do", new_label="In Review"),
        Change(id="h2", task_id="s1", at=ago(days=11), author_id="ann", field="due_on",
               old="2026-03-01", new="2026-03-20"),
        Change(id="h3", task_id="s1", at=ago(days=11), field="assignee_ids", old=None, new="ann"),
        Change(id="h4", task_id="s1", at=ago(days=11), field="blocked", old=None, new="true"),
        Change(id="h5", task_id="s1", at=ago(days=10), field="points", old="3.0", new="5.0"),
        Change(id="h6", task_id="s1", at=ago(days=10), field="priority", old="3", new="2"),
        Change(id="h7", task_id="s1", at=ago(days=10), field="estimate_minutes", old=None,
               new="480"),
        Change(id="h8", task_id="s1", at=ago(days=9), field="parent_id", old=None, new="e1"),
        Change(id="h9", task_id="s1", at=ago(days=9), field="milestone_id", old="v1", new="v2",
               old_label="1.0", new_label="2.0"),
        Change(id="h10", task_id="s1", at=ago(days=9), field="title", old="Cart", new="Basket"),
        Change(id="h11", task_id="s1", at=ago(days=8), field="start_on", old=None,
               new="2026-02-02"),
        Change(id="h12", task_id="s1", at=ago(days=8), field="project_id", old="ops", new="web"),
        Change(id="h13", task_id="s1", at=ago(days=8), field="Sprint", old=None, new="31",
               new_label="Sprint 1"),
        StatusUpdate(id="u1", project_id="web", at=NOW, health="on_track"),
        SlaCycle(id="y1", task_id="s1", name="First answer"),
        Approval(id="a1", task_id="s1", decision="pending"),
    ]  # fmt: skip


class Site(Kept):
    """The served sandbox, read as these tests read it."""

    sandbox: JiraSandbox

    @property
    def jira(self) -> Any:
        """A connector as the engine makes one for a run."""
        return self.subject.connector(self.config(), self.door)

    def turn(
        self, stream: str, cursors: Mapping[str, Mapping[str, Cursor]] | None = None, **how: Any
    ) -> Read:
        """One turn of one stream, whose lanes may fail."""
        return super().turn(stream, cursors, connector=self.jira, patient=True, **how)


SUBJECT = Subject(Jira, JiraSandbox, served_as=Site, holds=company, begins=NOW)
Make = Callable[..., Site]


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def make(clock: Clock) -> Iterator[Make]:
    """Makes sites: `make(records=…, options={…}, deployment=…, page_size=…)`."""
    yield from SUBJECT.opener(clock=clock, small_pages=False)


@pytest.fixture
def site(make: Make) -> Site:
    """The company's Jira Cloud."""
    return make()


@pytest.fixture(scope="session")
def bodies() -> dict[str, list[dict[str, Any]]]:
    """Whole items of every stream, as the connector makes them."""
    with SUBJECT.tool(small_pages=False) as site:
        items = site.read(patient=True).items
    return {stream: [dict(each.body) for each in held.values()] for stream, held in items.items()}
