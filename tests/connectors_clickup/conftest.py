"""A small invented company in one workspace, and a way to read its sandbox."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest

from connectors.clickup.connector import ClickUp
from connectors.clickup.sandbox import ClickUpSandbox
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
from tests.conformance.moments import NOW, ago
from tests.conformance.reading import Kept, Subject


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
             status="in_progress", status_label="Building", created_at=ago(80),
             updated_at=ago(2)),
        Task(id="s1", key="WEB-2", project_id="web", parent_id="e1", title="Basket", type="subtask",
             description="As a buyer …", status="in_progress", priority=2,
             assignee_ids=("crew", "ann", "bob"), reporter_id="bob", labels=("shop", "release"),
             start_on=date(2026, 2, 2), due_on=date(2026, 3, 20), created_at=ago(40),
             updated_at=ago(3), points=5.0, estimate_minutes=480, spent_minutes=90,
             custom=(Custom(id="pts", name="Size", value=5.0),
                     Custom(id="risk", name="Risk", value="High"),
                     Custom(id="ok", name="Signed off", value=True),
                     Custom(id="go", name="Go live", value=date(2026, 4, 1)),
                     Custom(id="tags", name="Areas", value=("shop", "pay")),
                     Custom(id="note", name="Note", value="x" * 40))),
        Task(id="t1", project_id="web", parent_id="s1", title="Price field", type="subtask",
             status="done", created_at=ago(39), updated_at=ago(5)),
        Task(id="s2", project_id="web", title="Payment", type="bug", status="cancelled",
             priority=5, created_at=ago(30), updated_at=ago(10), archived=True,
             due_on=datetime(2026, 2, 20, 16, 30, 15, 123456, tzinfo=UTC)),
        Task(id="o1", project_id="ops", title="Renew certificate", status="todo",
             created_at=ago(20), updated_at=ago(1)),
        Task(id="o2", project_id="ops", title="How we work", type="other", type_label="Handbook",
             created_at=ago(70)),
        Task(id="z1", project_id="old", title="Archive papers", status="done",
             created_at=ago(800), updated_at=ago(700)),
        Milestone(id="m1", project_id="web", name="Go live", due_on=date(2026, 4, 1),
                  owner_id="ann", state="open"),
        Membership(id="x", task_id="o1", kind="project", container_id="web"),
        Link(id="l1", type="blocks", from_id="s1", to_id="o1"),
        Link(id="l2", type="relates", from_id="o1", to_id="e1"),
        Comment(id="c1", task_id="s1", author_id="bob", text="Is the design final?",
                at=ago(4)),
        Comment(id="c2", task_id="s1", author_id="ann", text="Yes.", at=ago(3.5)),
        Worklog(id="w1", task_id="s1", person_id="ann", minutes=30, on=date(2026, 2, 27)),
        Worklog(id="w2", task_id="o1", person_id="bob", minutes=45, on=date(2025, 4, 3)),
        Worklog(id="w3", person_id="bob", minutes=60, on=date(2015, 4, 3), text="Long ago"),
    ]  # fmt: skip


class Reading(Kept):
    """The served sandbox, read as these tests read it."""

    sandbox: ClickUpSandbox

    def tasks(self) -> dict[str, Task]:
        """The tasks of one turn by title."""
        return {each.title: each for each in self.records("tasks") if isinstance(each, Task)}

    def requests(self, act: Callable[[], Any]) -> list[str]:
        """Paths asked for by an act, without the start that all share."""
        return [path.removeprefix("/api/v2") for path in super().requests(act)]


@pytest.fixture
def company() -> list[Record]:
    return portfolio()


@pytest.fixture
def read_with() -> Iterator[Callable[..., Reading]]:
    """A reading with other options of the connection or the sandbox."""
    subject = Subject(ClickUp, ClickUpSandbox, served_as=Reading, holds=portfolio, begins=NOW)
    yield from subject.opener(small_pages=False, direct=True)


@pytest.fixture
def reading(read_with: Callable[..., Reading]) -> Reading:
    return read_with()
