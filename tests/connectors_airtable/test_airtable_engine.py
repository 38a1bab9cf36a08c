"""Through the engine: what deleted, hidden, renamed things come to in the store."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from connectors.airtable.connector import LEARN_EVERY
from connectors.sdk.records import Comment, Task
from sync_engine.admin_map import AdminMapping
from sync_engine.census import census
from sync_engine.pull import pull
from sync_engine.source import Source
from sync_engine.store.lease import claim, release
from sync_engine.store.runs import connection_id
from tests.conformance import world
from tests.connectors_airtable.conftest import Workspace


class Bench:
    """An imitated Airtable and a store that is brought up to date with it."""

    def __init__(self, engine: sa.Engine, tool: Workspace) -> None:
        self.engine = engine
        self.tool = tool
        self.id = connection_id(engine, "launches", "airtable")
        self.mapping = AdminMapping()

    def run(self, what: Callable[..., Any]) -> Any:
        """One pull or census."""
        connector: Any = self.tool.connect()
        lease = claim(self.engine, self.id, "test")
        assert lease is not None
        source = Source("launches", connector, connector.api.http, mapping=self.mapping)
        try:
            return what(self.engine, source, lease)
        finally:
            release(self.engine, lease)

    def rows(self, statement: str) -> list[Any]:
        """What the store says."""
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(sa.text(statement))]

    def here(self, table: str = "task") -> int:
        """How many records of a kind are there."""
        [(count,)] = self.rows(f"SELECT count(*) FROM {table} WHERE gone_at IS NULL")
        return int(count)


@pytest.fixture
def bench(sqlite_store: sa.Engine, workspace: Workspace) -> Bench:
    return Bench(sqlite_store, workspace)


TASKS = sum(world.PROJECTS.values())


def test_a_deleted_record_is_retired_by_the_census_and_not_before(bench: Bench) -> None:
    assert bench.run(pull).outcome == "complete"
    gone = bench.tool.task(29)
    bench.tool.sandbox.world.remove(Task, gone)
    assert bench.run(pull).outcome == "complete"
    assert bench.here() == TASKS
    assert bench.run(census).outcome == "complete"
    assert bench.here() == TASKS - 1
    assert bench.rows("SELECT gone_reason FROM task WHERE gone_at IS NOT NULL") == [("deleted",)]
    assert bench.here("person") == 7  # who was in its cells stays known


def test_a_deleted_comment_goes_with_the_next_read_of_its_record(bench: Bench) -> None:
    bench.run(pull)
    before = bench.here("comment")
    said = bench.tool.sandbox.world.all(Comment)[0]
    bench.tool.sandbox.world.remove(Comment, said.id)
    bench.tool.clock.sleep(LEARN_EVERY.total_seconds())
    bench.run(pull)
    report = bench.run(census)
    assert (report.outcome, report.problems) == ("complete", [])
    assert bench.here("comment") == before - 1


def test_a_hidden_base_keeps_its_records(bench: Bench) -> None:
    bench.run(pull)
    bench.run(census)
    bench.tool.sandbox.hidden.add(bench.tool.table("project-2").partition(":")[0])
    bench.run(pull)
    report = bench.run(census)
    assert report.tally.retired == 0
    assert bench.here() == TASKS


def test_a_lane_whose_clock_was_deleted_is_read_anew_by_itself(bench: Bench) -> None:
    bench.run(pull)
    bench.tool.sandbox.dropped.add(bench.tool.column("Last modified").id)
    bench.tool.edit(5, title="Later")
    bench.run(pull)
    assert bench.run(pull).outcome == "complete"
    assert bench.rows("SELECT count(*) FROM task WHERE title = 'Later'") == [(1,)]


def test_a_column_that_is_mapped_by_its_id_stays_mapped_when_it_is_renamed(bench: Bench) -> None:
    column = bench.tool.column("Points").id
    bench.mapping = AdminMapping(fields={"points": column})
    bench.run(pull)
    bench.tool.sandbox.renamed[column] = "Weight"
    bench.tool.edit(5, title="Touched", points=8.0)
    bench.run(pull)
    assert bench.rows("SELECT points FROM task WHERE title = 'Touched'") == [(8.0,)]
    lacking = bench.rows("SELECT lacks FROM project WHERE lacks LIKE '%points%'")
    assert lacking == []


def test_a_second_pull_writes_nothing(bench: Bench) -> None:
    bench.run(pull)
    bench.tool.clock.sleep(LEARN_EVERY.total_seconds())
    assert bench.run(pull).tally.written == 0
