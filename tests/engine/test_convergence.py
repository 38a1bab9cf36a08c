"""Convergence: whatever is edited, moved, deleted or restored, and wherever the pulls break, once
the changes stop and one full reconciliation has run, the store says what the tool says."""

from __future__ import annotations

import tempfile
from pathlib import Path

import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlmodel import SQLModel

from connectors.sdk.errors import Unavailable
from sync_engine.reconcile import Guard
from sync_engine.store.engine import open_engine
from tests.engine.conftest import Bench, Ledger

IDS = st.integers(0, 14).map(lambda number: f"t{number:02}")


class Reconciliation(RuleBasedStateMachine):
    """Edits on the tool's side, pulls and censuses that may break on ours."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.engine = open_engine(f"sqlite:///{Path(self.folder.name) / 'store.db'}")
        SQLModel.metadata.create_all(self.engine)
        self.ledger = Ledger(page_size=3)
        self.bench = Bench(self.engine, self.ledger)
        self.bench.source_with(guard=Guard(share=1.0, items=1000))

    def teardown(self) -> None:
        """When the changes stop, one full pull and one census make store and tool agree."""
        try:
            self.ledger.fault = None
            for id in list(self.ledger.projects):  # an empty scope would rightly be held
                self.ledger.put(f"anchor-{id}", project=id)
            assert self.bench.pull(full=True).outcome == "complete"
            assert self.bench.census().outcome == "complete"
            expected = {id: task["title"] for id, task in self.ledger.tasks.items()}
            assert self.bench.tasks() == expected
            quiet = self.bench.pull()
            assert (quiet.tally.written, quiet.tally.retired) == (0, 0)
        finally:
            self.engine.dispose()
            self.folder.cleanup()

    @initialize(count=st.integers(0, 12))
    def start(self, count: int) -> None:
        for number in range(count):
            self.ledger.put(f"t{number:02}", project="p1" if number % 3 else "p2")

    @rule(id=IDS, project=st.sampled_from(["p1", "p2"]), title=st.text("ab ", max_size=4))
    def edit(self, id: str, project: str, title: str) -> None:
        self.ledger.put(id, project=project, title=title or "untitled")

    @rule(id=IDS, title=st.text("xy", min_size=1, max_size=2))
    def edit_within_the_same_second(self, id: str, title: str) -> None:
        if id in self.ledger.tasks:
            self.ledger.tasks[id]["title"] = title
            self.ledger.tasks[id]["updated"] = self.ledger.now.isoformat()

    @rule(id=IDS)
    def delete(self, id: str) -> None:
        if id in self.ledger.tasks:
            self.ledger.remove(id)

    @rule(full=st.booleans(), breaks_at=st.none() | st.integers(1, 8))
    def pull(self, full: bool, breaks_at: int | None) -> None:
        calls = 0

        def fault(_what: str) -> None:
            nonlocal calls
            calls += 1
            if calls == breaks_at:
                raise Unavailable("broken line")

        self.ledger.fault = fault
        self.bench.pull(full=full)
        self.ledger.fault = None

    @rule()
    def take_census(self) -> None:
        self.bench.census()

    @invariant()
    def no_task_is_there_twice(self) -> None:
        with self.engine.connect() as connection:
            twice = connection.execute(
                sa.text("SELECT id FROM task GROUP BY connection_id, id HAVING count(*) > 1")
            ).all()
        assert not twice

    @invariant()
    def nothing_present_is_a_tombstone(self) -> None:
        """A tombstone is only ever made of what the tool itself denies."""
        with self.engine.connect() as connection:
            gone = connection.execute(
                sa.text("SELECT id, gone_at FROM task WHERE gone_at IS NOT NULL")
            ).all()
        for id, _ in gone:
            assert id in self.ledger.deleted


TestReconciliation = Reconciliation.TestCase
TestReconciliation.settings = settings(
    max_examples=40,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
