"""A small invented company on three boards, and a way to read its sandbox."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest

from connectors.monday.connector import Monday
from connectors.monday.sandbox import MondaySandbox
from connectors.sdk.records import (
    Change,
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
        Project(id="web", key="WEB", name="Website", description="The new site", owner_id="ann",
                created_at=ago(100), updated_at=ago(1)),
        Project(id="ops", name="Operations", created_at=ago(90), updated_at=ago(9)),
        Project(id="old", name="Old works", state="archived", created_at=ago(900),
                updated_at=ago(700)),
        Person(id="ann", name="Ann Archer", email="ann@example.com", active=True,
               time_zone="Europe/Riga"),
        Person(id="bob", name="Bob Baker", active=False),
        Person(id="crew", name="Crew", kind="group"),
        Task(id="s1", key="WEB-2", project_id="web", title="Basket", type="story",
             type_label="Story", status="in_progress", status_label="In review", priority=2,
             assignee_ids=("ann", "crew"), reporter_id="bob", labels=("shop", "release"),
             start_on=date(2026, 2, 2), due_on=date(2026, 3, 20), created_at=ago(40),
             updated_at=ago(3), spent_minutes=75,
             custom=(Custom(id="pts", name="Points", value=5.0),
                     Custom(id="ok", name="Signed off", value=True),
                     Custom(id="go", name="Go live", value=date(2026, 4, 1)),
                     Custom(id="env", name="Systems", value=("Shop", "Till")),
                     Custom(id="note", name="Note", value="Ask first"))),
        Task(id="t1", project_id="web", parent_id="s1", title="Price field", type="subtask",
             status="done", status_label="Done", assignee_ids=("ann",), due_on=date(2026, 3, 1),
             created_at=ago(39), updated_at=ago(5), completed_at=ago(5)),
        Task(id="t2", project_id="web", parent_id="t1", title="Currency", type="subtask",
             status="in_progress", created_at=ago(38), updated_at=ago(6)),
        Task(id="s2", key="WEB-9", project_id="web", title="Payment", type="bug",
             type_label="Bug", status="done", status_label="Live", created_at=ago(30),
             due_on=datetime(2026, 2, 20, 16, 30, 15, tzinfo=UTC), updated_at=ago(10),
             completed_at=ago(10)),
        Task(id="o1", project_id="ops", title="Renew certificate", status="in_progress",
             blocked=True, created_at=ago(20), updated_at=ago(11)),
        Task(id="o2", project_id="ops", title="Move office", status="cancelled", priority=5,
             created_at=ago(60), updated_at=ago(50), completed_at=ago(50)),
        Task(id="o3", project_id="ops", title="Gone for good", status="todo", archived=True),
        Task(id="z1", project_id="old", title="Archive papers", status="done",
             created_at=ago(800), updated_at=ago(700)),
        Milestone(id="m1", project_id="web", name="Go live", state="open", owner_id="ann",
                  start_on=date(2026, 3, 30), due_on=date(2026, 4, 1)),
        Membership(id="x", task_id="s1", kind="project", container_id="web", section="Sprint 4"),
        Link(id="l1", type="blocks", from_id="s1", to_id="s2", lag_minutes=2 * 480),
        Link(id="l2", type="relates", from_id="o1", to_id="s1"),
        Comment(id="c1", task_id="s1", author_id="bob", text="Is the design final?",
                at=ago(4)),
        Comment(id="c2", task_id="t1", author_id="ann", text="Yes.", at=ago(2),
                updated_at=ago(1)),
        Worklog(id="w1", task_id="s1", person_id="ann", minutes=30, on=date(2026, 2, 27),
                started_at=ago(3)),
        Change(id="h1", task_id="s1", at=ago(8), author_id="ann", field="status", old="todo",
               new="in_progress", old_label="Ready", new_label="In review"),
        Change(id="h2", task_id="s1", at=ago(7), author_id="bob", field="due_on",
               old="2026-03-10", new="2026-03-20"),
        Change(id="h3", task_id="s1", at=ago(6), field="assignee_ids", old="ann",
               new="ann,crew"),
        Change(id="h4", task_id="t1", at=ago(5), author_id="ann", field="status",
               old="in_progress", new="done", new_label="Done"),
        Change(id="h5", task_id="s2", at=ago(10), field="title", old="Pay", new="Payment"),
        Change(id="h6", task_id="s2", at=ago(9), field="points", old="3", new="5"),
        Change(id="h7", task_id="s2", at=ago(12), field="priority", old="3", new="1"),
    ]  # fmt: skip


class Reading(Kept):
    """The served sandbox, read as these tests read it."""

    sandbox: MondaySandbox

    def of(self, stream: str, kind: type[Any]) -> dict[str, Any]:
        """One turn's records of a kind by id."""
        return {each.id: each for each in self.records(stream) if isinstance(each, kind)}

    def calls(self, act: Callable[[], Any]) -> int:
        """How many calls an act costs."""
        return len(self.requests(act))


@pytest.fixture
def read_with() -> Iterator[Callable[..., Reading]]:
    """A reading with other options of the connection or the sandbox."""
    subject = Subject(Monday, MondaySandbox, served_as=Reading, holds=portfolio, begins=NOW)
    yield from subject.opener(small_pages=False, direct=True)


@pytest.fixture
def reading(read_with: Callable[..., Reading]) -> Reading:
    return read_with()
