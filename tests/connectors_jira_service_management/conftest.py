"""A small invented company's service desks, served over HTTP, and connectors that read them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import orjson
import pytest

from connectors.jira_service_management.connector import JiraServiceManagement
from connectors.jira_service_management.sandbox import JiraServiceManagementSandbox
from connectors.sdk.contract import Connector
from connectors.sdk.records import (
    Approval,
    Change,
    Comment,
    Custom,
    Link,
    Person,
    Project,
    Record,
    SlaCycle,
    Task,
    Worklog,
)
from connectors.sdk.sandbox import Reply, Request
from tests.conformance.reading import Subject, Tool
from tests.conformance.world import NOW, ago


def company() -> list[Record]:
    """Records of every kind that a service desk has."""
    return [
        Person(id="ann", name="Ann Archer", email="ann@example.com", active=True),
        Person(id="bob", name="Bob Baker", active=False, time_zone="Europe/Paris"),
        Person(id="cleo", name="Cleo Customer", kind="customer", active=True),
        Person(id="bot", name="Sync robot", kind="app", active=True),
        Person(id="acme", name="Acme Bakeries", kind="group"),
        Project(id="help", key="HELP", name="IT help", description="Ask us", owner_id="ann"),
        Project(id="hr", key="HR", name="People desk"),
        Project(id="old", key="OLD", name="Old desk", state="archived"),
        Task(id="r1", key="HELP-1", project_id="help", title="New laptop", type="request",
             type_label="Request hardware", description="Mine\nis slow.\n\nPlease.",
             status="in_progress", status_label="Waiting for approval", priority=2,
             assignee_ids=("ann",), reporter_id="cleo", labels=("hardware",),
             due_on=date(2026, 12, 4), created_at=ago(9), updated_at=ago(3), estimate_minutes=60,
             spent_minutes=30, remaining_minutes=30,
             custom=(Custom(id="x1", name="Request participants", value=("bob",)),
                     Custom(id="x2", name="Cost", value=1250.5))),
        Task(id="r2", key="HELP-2", project_id="help", title="Mail is down", type="issue",
             type_label="Report a system problem", status="done", status_label="Resolved",
             resolution="Done", reporter_id="cleo", created_at=ago(8), updated_at=ago(5),
             completed_at=ago(5)),
        Task(id="r3", key="HELP-3", project_id="help", title="Unpack it", type="subtask",
             parent_id="r1", status="todo", status_label="Open", created_at=ago(7),
             updated_at=ago(6)),
        Task(id="r4", key="HR-1", project_id="hr", title="Carrier pigeon", type="other",
             type_label="Ask HR", status="cancelled", status_label="Closed", created_at=ago(6),
             updated_at=ago(4), completed_at=ago(4)),
        Link(id="l1", type="blocks", from_id="r1", to_id="r2"),
        Comment(id="k1", task_id="r1", author_id="ann", text="It is ordered.", at=ago(4),
                public=True),
        Comment(id="k2", task_id="r1", author_id="bob", text="Too dear?", at=ago(3), public=False),
        Worklog(id="w1", task_id="r1", person_id="ann", minutes=30, on=ago(3).date(),
                started_at=ago(3), text="Compared", updated_at=ago(3)),
        Change(id="h1", task_id="r1", at=ago(5), author_id="ann", field="status", old="todo",
               new="in_progress", old_label="Open", new_label="Waiting for approval"),
        Change(id="h2", task_id="r1", at=ago(4), author_id="ann", field="due_on",
               old="2026-11-30", new="2026-12-04"),
        SlaCycle(id="s1", task_id="r1", name="Time to first response", started_at=ago(9),
                 stopped_at=ago(8.9), breach_at=ago(8.5), breached=False, goal_minutes=720,
                 elapsed_minutes=144),
        SlaCycle(id="s2", task_id="r1", name="Time to resolution", started_at=ago(9),
                 breach_at=NOW + timedelta(hours=3), breached=False, paused=False,
                 goal_minutes=2400, elapsed_minutes=2220),
        SlaCycle(id="s3", task_id="r2", name="Time to resolution", started_at=ago(8),
                 stopped_at=ago(5), breach_at=ago(6), breached=True, goal_minutes=2880,
                 elapsed_minutes=4320),
        Approval(id="a1", task_id="r1", name="Head of IT", approver_ids=("bob", "ann"),
                 decision="pending", asked_at=ago(5)),
        Approval(id="a2", task_id="r2", name="Reopen", approver_ids=("ann",), decision="declined",
                 asked_at=ago(7), decided_at=ago(6)),
    ]  # fmt: skip


class Desk(Tool):
    """The served sandbox, with what these tests ask of it."""

    sandbox: JiraServiceManagementSandbox

    def with_options(self, **options: Any) -> Connector:
        """A connector with other options."""
        return self.connect(self.config(**options))

    def questions(self, act: Callable[[], Any]) -> list[str]:
        """The JQL that an act asks."""
        start = len(self.sandbox.log)
        act()
        asked = self.sandbox.log[start:]
        return [each.json()["jql"] for each in asked if each.path.endswith("/search/jql")]

    def answer(self, path: str, reply: Reply) -> None:
        """From now on a path that ends so gets this answer."""
        self.sandbox.interfere = lambda request: reply if request.path.endswith(path) else None

    def alter(self, path: str, change: Callable[[Any], Any]) -> None:
        """From now on the answers of a path that ends so are changed before they go out."""

        def interfere(request: Request) -> Reply | None:
            if not request.path.endswith(path):
                return None
            held = self.sandbox.handle(request)
            return Reply(held.status, orjson.dumps(change(orjson.loads(held.body))), held.headers)

        self.sandbox.interfere = interfere


Open = Callable[..., Desk]


@pytest.fixture
def open_desk() -> Iterator[Open]:
    """Opens service desks, with options for the sandbox."""
    yield from Subject(JiraServiceManagement, JiraServiceManagementSandbox, served_as=Desk).opener()


@pytest.fixture
def desk(open_desk: Open) -> Desk:
    """The company's service desks, with pages of two."""
    return open_desk(company(), page_size=2)
