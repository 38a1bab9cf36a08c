"""Retention: what is past goes at its time, what is present never does."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sync_engine.store import retention
from sync_engine.store.retention import Removed

EARLY = datetime(2000, 1, 1, tzinfo=UTC)
LATE = datetime(2999, 1, 1, tzinfo=UTC)


def test_tombstones_go_and_what_is_present_stays(bench: Any) -> None:
    bench.pull()
    bench.ledger.remove("t03")
    bench.census()
    assert retention.tidy(bench.engine, gone=EARLY, runs=EARLY, flags=EARLY) == Removed(0, 0, 0)
    removed = retention.tidy(bench.engine, gone=LATE, runs=EARLY, flags=EARLY)
    assert removed.records == 1
    assert len(bench.tasks()) == 11
    assert bench.rows("SELECT count(*) FROM raw_item WHERE item_id = 't03'") == [(0,)]
    assert bench.rows("SELECT count(*) FROM assignment") == [(11,)]


def test_a_run_that_a_held_census_refers_to_stays(bench: Any) -> None:
    bench.pull()
    for id in ("t08", "t09", "t10", "t11"):
        bench.ledger.remove(id)
    held = bench.census()
    assert held.outcome == "held"
    retention.tidy(bench.engine, gone=EARLY, runs=LATE, flags=EARLY)
    assert bench.rows("SELECT id FROM run") == [(held.run_id,)]


def test_the_last_run_of_a_connection_stays_so_that_numbers_only_grow(bench: Any) -> None:
    """What was looked at is told by the number of a run: a smaller one would never be seen."""
    bench.pull()
    last = bench.pull()
    assert retention.tidy(bench.engine, gone=EARLY, runs=LATE, flags=EARLY).runs == 1
    assert bench.rows("SELECT id FROM run") == [(last.run_id,)]
    assert bench.pull().run_id > last.run_id


def test_after_it_a_pull_goes_on_as_before(bench: Any) -> None:
    bench.pull()
    retention.tidy(bench.engine, gone=LATE, runs=LATE, flags=LATE)
    report = bench.pull()
    assert (report.outcome, report.tally.written) == ("complete", 0)
