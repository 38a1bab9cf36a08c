"""A small invented company at GitHub, and a way to read it through the real door."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta

import pytest

from connectors.github.connector import GitHub
from connectors.github.sandbox import GitHubSandbox
from connectors.sdk.records import (
    Change,
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
from tests.conformance.moments import NOW, ago
from tests.conformance.reading import Subject, Tool


def portfolio() -> list[Record]:
    """Records of every kind, as another tool may have said them."""
    return [
        Project(id="site", key="SITE", name="Site", description="The new one", owner_id="ann",
                created_at=ago(days=90), updated_at=ago(days=1)),
        Project(id="shop", name="Shop", created_at=ago(days=80)),
        Project(id="old", name="Old works", state="archived", created_at=ago(days=900)),
        Person(id="ann", name="Ann Archer", email="ann@example.com", active=True),
        Person(id="bob", name="Bob Baker"),
        Milestone(id="m1", project_id="site", name="Go live", description="All of it",
                  state="open", due_on=date(2026, 4, 1)),
        Milestone(id="m0", project_id="site", name="Design", state="done",
                  completed_at=ago(days=30)),
        Task(id="e", project_id="site", title="Epic", type="epic", status="in_progress",
             description="Two\nlines", reporter_id="bob", created_at=ago(days=60),
             updated_at=ago(days=9)),
        Task(id="a", project_id="site", parent_id="e", title="Basket", type="story",
             type_label="Feature", status="todo", assignee_ids=("ann", "bob"), labels=("release",),
             created_at=ago(days=50), updated_at=ago(days=8), milestone_id="m1", points=3.0,
             custom=(Custom(id="risk", name="Risk", value="High"),
                     Custom(id="effort", name="Effort", value=3.0),
                     Custom(id="target", name="Target date", value=date(2026, 4, 1)),
                     Custom(id="teams", name="Teams", value=("Web", "Ops")),
                     Custom(id="note", name="Note", value="x" * 40),
                     Custom(id="gap", name="Gap", value=None))),
        Task(id="b", project_id="site", parent_id="a", title="Price", status="done",
             assignee_ids=("ann",), created_at=ago(days=40), updated_at=ago(days=5),
             completed_at=ago(days=5)),
        Task(id="c", project_id="site", title="Crash", type="bug", status="cancelled",
             created_at=ago(days=30), updated_at=ago(days=4), resolution="duplicate"),
        Task(id="s", project_id="shop", parent_id="e", title="Till", status="todo",
             created_at=ago(days=20), updated_at=ago(days=3)),
        Task(id="o", project_id="old", title="Papers", status="done", created_at=ago(days=800),
             updated_at=ago(days=700)),
        Link(id="l1", type="blocks", from_id="b", to_id="a"),
        Link(id="l2", type="blocks", from_id="s", to_id="a"),
        Link(id="l3", type="relates", from_id="c", to_id="a"),
        Comment(id="k1", task_id="a", author_id="bob", text="Final?", at=ago(days=7)),
        Comment(id="k2", task_id="a", author_id="ann", text="Yes.", at=ago(days=6),
                updated_at=ago(days=5.5)),
        Change(id="h1", task_id="a", at=ago(days=8), author_id="bob", field="title", old="Cart",
               new="Basket"),
        Change(id="h2", task_id="a", at=ago(days=9), author_id="bob", field="assignee_ids",
               old="ann", new="ann,bob"),
        Change(id="h3", task_id="e", at=ago(days=10), author_id="ann", field="status", old="done",
               new="in_progress"),
        Sprint(id="x1", name="Sprint 1"),
        Worklog(id="w1", task_id="a", minutes=30, on=date(2026, 2, 27)),
    ]  # fmt: skip


def many(count: int, *, same_second: bool = False) -> list[Record]:
    """One repository with many issues, changed one after the other or all at once."""
    return [
        Project(id="site", name="Site", created_at=ago(days=90)),
        *(
            Task(id=f"t{number}", project_id="site", title=f"Piece {number}", status="todo",
                 created_at=ago(days=60),
                 updated_at=ago(days=9) + timedelta(minutes=0 if same_second else number))
            for number in range(1, count + 1)
        ),
    ]  # fmt: skip


@pytest.fixture
def tool_of() -> Iterator[Callable[..., Tool]]:
    """Opens a GitHub over some records (the portfolio)."""
    subject = Subject(GitHub, GitHubSandbox, holds=portfolio, begins=NOW)
    yield from subject.opener(small_pages=False)


@pytest.fixture
def tool(tool_of: Callable[..., Tool]) -> Tool:
    """The portfolio at GitHub."""
    return tool_of()


@pytest.fixture(name="many")
def many_fixture() -> Callable[..., list[Record]]:
    """Makes a repository of many issues."""
    return many
