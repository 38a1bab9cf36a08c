"""An imitated tool that is read, assessed and written back to, and a clock that only tests move."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import orjson
import sqlalchemy as sa
from msgspec.structs import replace

from connectors.sdk import registry
from connectors.sdk.comments import fingerprint_in
from connectors.sdk.records import Comment, Person, Project, Task
from connectors.sdk.sandbox import Request, Sandbox, serve
from sync_engine import clock, duties, jobs
from sync_engine.connect import Workshop
from sync_engine.flags.apply import FlagReport
from sync_engine.jobs import Job
from sync_engine.rules.joins import table
from sync_engine.settings import load
from sync_engine.store.flag_models import FlagRow
from sync_engine.store.models import CommentRow, TaskRow
from sync_engine.store.writeback_models import WritebackRow
from sync_engine.writeback.run import Round, steps

START = datetime(2026, 3, 2, 9, tzinfo=UTC)  # a Monday
FLAG, TASK, ROW, COMMENT = map(table, (FlagRow, TaskRow, WritebackRow, CommentRow))
PACK = """
pack: small
title: Small
standards:
  - id: no-owner
    title: Nobody owns it
    source: test
    why: Because somebody has to.
    severity: low
    subject: task
    scope: status in (todo, in_progress)
    flag_when: owner is empty
    escalate: {after: 20 days, to: high}
    say: "{title} has no owner."
    remedy: Name one in {tool}.
    examples: {flags: [{status: todo}], passes: [{status: todo, owner: Ada}]}
"""
STILL = """
  - id: still
    title: Nothing happens
    source: test
    why: Because work moves.
    severity: medium
    subject: task
    scope: status in (todo, in_progress)
    flag_when: last activity older than 3 days
    say: "{title} has not moved."
    remedy: Move it.
    examples:
      flags: [{status: todo, last_activity: "-5 days"}]
      passes: [{status: todo, last_activity: "-1 days"}]
"""


def portfolio(items: int = 1) -> list[Any]:
    """A project whose tasks nobody owns."""
    before = START - timedelta(days=1)
    tasks = [
        Task(id=f"t{number}", project_id="erp", title=f"Task {number}", status="todo",
             status_label="New", type="task", priority=4, created_at=before, updated_at=before)
        for number in range(items)
    ]  # fmt: skip
    ada = Person(id="ada", name="Ada Quist", email="ada@example.com", active=True)
    return [Project(id="erp", key="ERP", name="ERP rollout", created_at=before), ada, *tasks]


class Bench:
    """One connection to one imitated tool, and all that happens around it."""

    def __init__(self, engine: sa.Engine, tool: Sandbox, folder: Path, base_url: str) -> None:
        self.engine, self.tool, self.folder, self.base_url = engine, tool, folder, base_url
        self.now = START
        self.configure()

    def configure(self, pack: str = PACK, **writeback: Any) -> None:
        """Write the configuration and take it."""
        wanted = {"standards": ["no-owner"], "after": "0 days", **writeback}
        (self.folder / "small.yaml").write_text(pack)
        connection = {
            "name": "work", "connector": self.tool.name,
            "options": self.tool.options(self.base_url), "writeback": wanted,
        }  # fmt: skip
        file = self.folder / "flagstaff.yaml"
        said = {"connections": [connection], "standards": {"packs": ["small.yaml"]}}
        file.write_bytes(orjson.dumps(said))
        self.workshop = Workshop.open(load(file), self.engine, sleep=lambda _: None)

    @property
    def connection(self) -> Any:
        return self.workshop.configuration.connection("work")

    def read(self) -> FlagReport:
        """Pull and assess, a minute later."""
        self.now += timedelta(minutes=1)
        report = jobs.run(self.workshop, self.connection, Job("pull"))
        assert report is not None
        assert report.ok, report
        return self.assess()

    def assess(self) -> FlagReport:
        self.now += timedelta(seconds=1)
        return duties.assess(self.engine, self.workshop.configuration, full=True)

    def write(self) -> Round | None:
        """A round, six minutes later: what was unsure has settled."""
        self.now += timedelta(minutes=6)
        return duties.write_back(self.workshop, self.connection)

    def due(self) -> list[Any]:
        return [step for step in steps(self.workshop, self.connection, self.now) if not step.waits]

    def waiting(self) -> list[str]:
        found = steps(self.workshop, self.connection, self.now)
        return [step.waits for step in found if step.waits]

    def ours(self) -> list[Comment]:
        """Our comments, as the tool has them."""
        return [each for each in self.tool.world.all(Comment) if fingerprint_in(each.text)]

    def text(self) -> str:
        [comment] = self.ours()
        return comment.text

    def edit(self, number: int = 0, **to: Any) -> None:
        """Somebody changes a task in the tool."""
        self.now += timedelta(minutes=1)
        self.tool.world.edit(self.task_id(number), at=self.now.replace(microsecond=0), **to)

    def own(self, number: int = 0) -> None:
        self.edit(number, assignee_ids=(self.tool.ids[Person, "ada"],))

    def task_id(self, number: int = 0) -> str:
        return self.tool.ids[Task, f"t{number}"]

    def drop(self) -> None:
        """People take our comments away."""
        for comment in self.ours():
            self.tool.world.remove(Comment, comment.id)

    def rows(self, table: sa.Table = ROW) -> list[Any]:
        with self.engine.connect() as connection:
            return list(connection.execute(sa.select(table)))

    def row(self) -> Any:
        [row] = self.rows()
        return row

    def change_flag(self, **values: Any) -> None:
        with self.engine.begin() as connection:
            connection.execute(sa.update(FLAG).values(**values))

    def asked(self, *methods: str) -> list[Request]:
        """The requests of these methods so far."""
        return [each for each in self.tool.log if each.method in methods]


@contextmanager
def bench(
    engine: sa.Engine, kind: str, folder: Path, patch: Callable[..., None], items: int = 1
) -> Iterator[Bench]:
    """A tool with some tasks, not read yet. `patch` sets an attribute of a module."""
    held: list[Bench] = []
    sandbox: ModuleType = __import__(f"connectors.{kind}.sandbox", fromlist=["SANDBOX"])
    tool = sandbox.SANDBOX(portfolio(items), lambda: held[0].now if held else START)
    patch(clock, "now", lambda: held[0].now if held else START)
    assert registry.get(kind)
    with serve(tool, "127.0.0.1") as base_url:
        held.append(Bench(engine, tool, folder, base_url))
        yield held[0]


def renamed(comment: Comment, text: str) -> Comment:
    """A comment with another text."""
    return replace(comment, text=text)
