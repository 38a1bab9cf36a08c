"""Through the engine: what a deleted, a blank, a hidden row comes to in the store."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from msgspec.structs import replace

from connectors.sdk.records import Project, Task
from sync_engine.admin_map import AdminMapping
from sync_engine.census import census
from sync_engine.pull import pull
from sync_engine.source import Source
from sync_engine.store.lease import claim, release
from sync_engine.store.runs import connection_id


class Bench:
    """An imitated Smartsheet and a store that is brought up to date with it."""

    def __init__(self, engine: sa.Engine, tool: Any) -> None:
        self.engine = engine
        self.tool = tool
        self.id = connection_id(engine, "site", "smartsheet")
        self.mapping = AdminMapping()

    def run(self, what: Callable[..., Any]) -> Any:
        """One pull or census."""
        lease = claim(self.engine, self.id, "test")
        assert lease is not None
        source = Source("site", self.tool.connector, self.tool.door, mapping=self.mapping)
        try:
            return what(self.engine, source, lease)
        finally:
            release(self.engine, lease)

    def here(self) -> set[str]:
        """Titles of the tasks that are there."""
        with self.engine.connect() as connection:
            rows = connection.execute(sa.text("SELECT title FROM task WHERE gone_at IS NULL"))
            return {str(row[0]) for row in rows}

    def reason(self, title: str) -> str | None:
        """Why a task is gone; None while it is there."""
        with self.engine.connect() as connection:
            statement = sa.text("SELECT gone_reason FROM task WHERE title = :title")
            return connection.execute(statement, {"title": title}).scalar_one()  # type: ignore[no-any-return]


@pytest.fixture
def bench(sqlite_store: sa.Engine, tool: Any) -> Bench:
    return Bench(sqlite_store, tool)


ALL = {"Phase 1", "Workshop", "Go live", "Done", "Dropped", "Quiet"}


def test_a_deleted_row_is_retired_by_the_census_and_not_before(bench: Bench) -> None:
    assert bench.run(pull).outcome == "complete"
    assert bench.here() == ALL
    bench.tool.sandbox.world.remove(Task, bench.tool.native(Task, "r"))
    assert bench.run(pull).outcome == "complete"
    assert bench.here() == ALL
    report = bench.run(census)
    assert (report.outcome, report.tally.retired) == ("complete", 2)  # its link goes along
    assert bench.here() == ALL - {"Go live"}
    assert bench.reason("Go live") == "deleted"


def test_blank_rows_are_neither_new_nor_gone(bench: Bench) -> None:
    sheet = bench.tool.native(Project, "erp")
    bench.tool.sandbox.blank[sheet] = ["9100000000000", "9200000000000"]
    bench.run(pull)
    for _ in range(2):
        report = bench.run(census)
        assert (report.outcome, report.problems, report.tally.retired) == ("complete", [], 0)
    before = bench.tool.door.requests
    bench.run(pull)
    assert bench.tool.door.requests - before <= 5  # nothing is read anew
    assert bench.here() == ALL


def test_a_hidden_sheet_keeps_its_tasks(bench: Bench) -> None:
    bench.run(pull)
    bench.run(census)
    bench.tool.sandbox.hidden.add(bench.tool.native(Project, "erp"))
    bench.run(pull)
    report = bench.run(census)
    assert report.tally.retired == 0
    assert any("not visible" in problem for problem in report.problems)
    assert bench.here() == ALL


def test_a_deleted_sheet_waits_for_an_admins_word(bench: Bench) -> None:
    bench.run(pull)
    bench.run(census)
    bench.tool.sandbox.world.remove(Project, bench.tool.native(Project, "erp"))
    bench.run(pull)
    report = bench.run(census)
    assert (report.outcome, report.tally.retired) == ("held", 0)
    assert bench.here() == ALL


def test_a_cleared_row_is_no_task_any_more_and_comes_back(bench: Bench) -> None:
    tool = bench.tool
    bench.run(pull)
    sheet, row = tool.native(Project, "old"), tool.native(Task, "z")
    held = tool.sandbox.world.get(Task, row)
    tool.sandbox.world.remove(Task, row)
    tool.sandbox.blank[sheet] = [row.partition(":")[2]]
    bench.run(pull)
    assert bench.here() == ALL - {"Quiet"}
    assert bench.run(census).problems == []
    tool.sandbox.blank.clear()
    tool.sandbox.world.put(replace(held, title="Quiet again"))
    bench.run(pull)
    assert "Quiet again" in bench.here()


def test_an_admin_maps_a_column_and_a_word(bench: Bench) -> None:
    bench.mapping = AdminMapping(
        status={"high": "cancelled"}, fields={"status": "risk", "points": "COST"}
    )
    bench.run(pull)
    with bench.engine.connect() as connection:
        statement = sa.text(
            "SELECT status, status_label, points FROM task WHERE title = 'Workshop'"
        )
        assert tuple(connection.execute(statement).one()) == ("cancelled", "high", 12.5)
