"""A small invented company in an imitated GitLab, and a way to read it through the real door."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any

import pytest

from connectors.gitlab.connector import GitLab
from connectors.gitlab.sandbox import GitLabSandbox
from connectors.sdk.contract import Cursor
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
from tests.conformance.reading import Read, Subject, Tool


def portfolio() -> list[Record]:
    """Records of every kind, as another tool may have said them."""
    return [
        Project(id="web", key="WEB", name="Website", description="The new site",
                created_at=ago(days=90), updated_at=ago(days=1)),
        Project(id="ops", name="Operations", created_at=ago(days=80)),
        Project(id="lab", key="LAB", name="Lab", parent_id="web", created_at=ago(days=70)),
        Project(id="old", name="Old works", state="archived", created_at=ago(days=900)),
        Person(id="ann", name="Ann Archer", email="ann@example.com", active=True),
        Person(id="bob", name="Bob Baker", active=False),
        Person(id="rob", name="Robot", kind="app", active=True),
        Milestone(id="m1", project_id="web", name="Go live", state="open",
                  start_on=date(2026, 2, 1), due_on=date(2026, 4, 1)),
        Milestone(id="m2", name="Quarter", state="done", description="For all"),
        Sprint(id="s1", name="Sprint 1", goal="Basket works", state="active",
               start_at=ago(days=4), end_at=ago(days=-10)),
        Task(id="e", project_id="web", title="Shop", type="epic", status="in_progress",
             reporter_id="ann", created_at=ago(days=60), updated_at=ago(days=6)),
        Task(id="a", project_id="web", parent_id="e", title="Basket", type="story",
             description="As a buyer …", status="in_progress", assignee_ids=("ann", "bob"),
             reporter_id="bob", labels=("shop", "workflow::doing"), due_on=date(2026, 3, 20),
             created_at=ago(days=50), updated_at=ago(days=5), estimate_minutes=480,
             spent_minutes=90, points=3.0, milestone_id="m1",
             custom=(Custom(id="health_status", name="Health", value="at_risk"),)),
        Task(id="b", project_id="web", parent_id="a", title="Price", type="subtask", status="done",
             created_at=ago(days=40), updated_at=ago(days=4), completed_at=ago(days=4)),
        Task(id="c", project_id="web", title="Payment fails", type="bug", status="todo",
             created_at=ago(days=30), updated_at=ago(days=3)),
        Task(id="d", project_id="ops", title="Renew certificate", status="todo",
             created_at=ago(days=20), updated_at=ago(days=2), milestone_id="m2"),
        Task(id="l", project_id="lab", title="Try it", type="request", status="todo",
             created_at=ago(days=19), updated_at=ago(days=2)),
        Task(id="o", project_id="old", title="Archive papers", status="done",
             created_at=ago(days=800), updated_at=ago(days=700)),
        Link(id="l1", type="blocks", from_id="a", to_id="d"),
        Link(id="l2", type="relates", from_id="d", to_id="c"),
        Link(id="l3", type="precedes", from_id="b", to_id="c"),
        Membership(id="sprint:s1:a", task_id="a", kind="sprint", container_id="s1"),
        Comment(id="k1", task_id="a", author_id="ann", text="Is it final?", at=ago(days=9)),
        Comment(id="k2", task_id="a", author_id="bob", text="Hush", at=ago(days=8), public=False,
                updated_at=ago(days=7)),
        Worklog(id="w1", task_id="a", person_id="ann", minutes=60, on=date(2026, 2, 20), text="x"),
        Worklog(id="w2", task_id="a", person_id="bob", minutes=30, on=date(2026, 2, 21)),
        Change(id="h1", task_id="b", at=ago(days=4), author_id="ann", field="status", old="todo",
               new="done"),
        Change(id="h2", task_id="a", at=ago(days=9), author_id="bob", field="labels", new="shop",
               new_label="shop"),
        Change(id="h3", task_id="a", at=ago(days=8), author_id="bob", field="points", new="3.0"),
        Change(id="h4", task_id="a", at=ago(days=7), author_id="bob", field="due_on",
               new="2026-03-20"),
        Approval(id="x", task_id="a", decision="pending"),
    ]  # fmt: skip


def many(count: int, step: timedelta = timedelta(minutes=1), **fields: Any) -> list[Record]:
    """One project with so many issues, one made and changed each `step`."""
    start = ago(days=30)
    return [
        Project(id="p", name="Big", created_at=start),
        *(
            Task(id=f"t{n}", project_id="p", title=f"Task {n}", status="todo",
                 **{"created_at": start + n * step, "updated_at": start + n * step, **fields})
            for n in range(count)
        ),
    ]  # fmt: skip


class Instance(Tool):
    """The served sandbox, read as these tests read it."""

    sandbox: GitLabSandbox

    def turn(
        self, stream: str, cursors: Mapping[str, Mapping[str, Cursor]] | None = None, **how: Any
    ) -> Read:
        """One turn of one stream, whose lanes may fail."""
        return super().turn(stream, cursors, patient=True, **how)


@pytest.fixture
def tool_of() -> Iterator[Callable[..., Instance]]:
    """Opens a GitLab over some records (the portfolio)."""
    subject = Subject(GitLab, GitLabSandbox, served_as=Instance, holds=portfolio, begins=NOW)
    yield from subject.opener(small_pages=False)


@pytest.fixture
def tool(tool_of: Callable[..., Instance]) -> Instance:
    """The portfolio in a GitLab of the plan ultimate, read by an administrator."""
    return tool_of()


@pytest.fixture(name="many")
def many_fixture() -> Callable[..., list[Record]]:
    """Makes a world of many issues."""
    return many
