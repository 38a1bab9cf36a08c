"""A small invented service desk, and a way to read its sandbox through the real door."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson
import pytest

from connectors.sdk.records import (
    Change,
    Comment,
    Custom,
    Link,
    Person,
    Project,
    Record,
    SlaCycle,
    Task,
)
from connectors.sdk.sandbox import Reply, Request
from connectors.zendesk.connector import Zendesk
from connectors.zendesk.sandbox import ZendeskSandbox
from tests.conformance.moments import NOW, ago
from tests.conformance.reading import Kept, Subject


def service_desk() -> list[Record]:
    """Two groups, three agents, two customers, six tickets with what happened on them."""
    return [
        Project(id="ops", name="IT Operations", description="Keeps it running",
                created_at=ago(400), updated_at=ago(30)),
        Project(id="dev", name="IT Projects", created_at=ago(300)),
        Project(id="old", name="Fax team", state="archived", created_at=ago(900)),
        Person(id="ann", name="Ann Archer", email="ann@example.com", active=True,
               time_zone="Europe/Paris"),
        Person(id="bob", name="Bob Baker", email="bob@example.com", active=True),
        Person(id="cid", name="Cid Cooper", active=False),
        Person(id="kim", name="Kim Customer", email="kim@example.org", active=True,
               kind="customer"),
        Person(id="lee", name="Lee Customer", active=True, kind="customer"),
        Task(id="t1", project_id="ops", title="Mail is down", type="issue", status="in_progress",
             status_label="Investigating", priority=1, assignee_ids=("ann",), reporter_id="kim",
             labels=("mail", "outage"), created_at=ago(9), updated_at=ago(1),
             description="No mail since nine.",
             custom=(Custom(id="risk", name="Risk", value="High"),
                     Custom(id="hours", name="Hours", value=2.5),
                     Custom(id="vip", name="VIP", value=True),
                     Custom(id="go", name="Go live", value=date(2026, 4, 1)),
                     Custom(id="sites", name="Sites", value=("Paris", "Lyon")),
                     Custom(id="note", name="Note", value="x" * 40))),
        Task(id="t2", project_id="ops", title="I get no mail", type="issue", status="in_progress",
             blocked=True, reporter_id="lee", created_at=ago(8), updated_at=ago(2)),
        Task(id="t3", project_id="dev", title="Order laptops", type="task", status="todo",
             priority=3, reporter_id="bob", due_on=datetime(2026, 3, 9, 16, tzinfo=UTC),
             created_at=ago(7), updated_at=ago(7)),
        Task(id="t4", project_id="dev", title="How do I print?", type="request", status="done",
             assignee_ids=("cid",), reporter_id="kim", created_at=ago(6),
             updated_at=ago(5), completed_at=ago(5)),
        Task(id="t5", project_id="old", title="Fax is broken", status="done", archived=True,
             reporter_id="kim", created_at=ago(500), updated_at=ago(490)),
        Task(id="t6", title="Hello?", type="other", status="todo", reporter_id="lee",
             created_at=ago(3), updated_at=ago(3)),
        Link(id="l1", type="relates", from_id="t2", to_id="t1"),
        Link(id="l2", type="blocks", from_id="t3", to_id="t4"),
        Comment(id="c1", task_id="t1", author_id="ann", text="Looking into it.", public=True,
                at=ago(8.5)),
        Comment(id="c2", task_id="t1", author_id="bob", text="It was the disk.", public=False,
                at=ago(8)),
        Comment(id="c3", task_id="t4", author_id="cid", text="Press the button.", public=True,
                at=ago(5.5)),
        Change(id="h1", task_id="t1", at=ago(8.6), author_id="ann", field="status",
               old="todo", new="in_progress"),
        Change(id="h2", task_id="t1", at=ago(8.4), author_id="bob", field="priority",
               old="3", new="1"),
        Change(id="h3", task_id="t4", at=ago(5.8), field="assignee_ids", old="ann",
               new="cid"),
        Change(id="h4", task_id="t3", at=ago(6), author_id="ann", field="type", old="bug",
               new="task"),
        Change(id="h5", task_id="t3", at=ago(6), field="due_on", new="2026-03-09"),
        SlaCycle(id="s1", task_id="t1", name="First reply time", started_at=ago(9),
                 stopped_at=ago(8.5), breach_at=ago(8.9), breached=True, paused=False,
                 goal_minutes=60, elapsed_minutes=720),
        SlaCycle(id="s2", task_id="t1", name="Total resolution time", started_at=ago(9),
                 breach_at=NOW + timedelta(days=1), breached=False, paused=False,
                 goal_minutes=14400),
    ]  # fmt: skip


class Reading(Kept):
    """The served sandbox, read as these tests read it."""

    sandbox: ZendeskSandbox

    def task(self, id: str) -> Task:
        held = self.world.get(Task, self.native(Task, id))
        assert held is not None
        return held

    def answer(self, path: str, change: Callable[[Any], object]) -> None:
        """Have one path's answers changed on their way."""

        def interfere(request: Request) -> Reply | None:
            if not request.path.endswith(path):
                return None
            reply = self.sandbox.handle(request)
            data = orjson.loads(reply.body)
            change(data)
            return Reply(reply.status, orjson.dumps(data), reply.headers)

        self.sandbox.interfere = interfere


@pytest.fixture
def read_with() -> Iterator[Callable[..., Reading]]:
    """A reading with other options of the connection or the sandbox."""
    subject = Subject(Zendesk, ZendeskSandbox, served_as=Reading, holds=service_desk, begins=NOW)
    yield from subject.opener(small_pages=False)


@pytest.fixture
def reading(read_with: Callable[..., Reading]) -> Reading:
    return read_with()
