"""Retention: what is past goes at its time, what is present never does."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from sync_engine.store import retention
from sync_engine.store.retention import Removed
from sync_engine.store.tables import METADATA
from tests.engine.test_purge import row

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


def test_what_happens_after_old_flags_are_gone_is_news_to_digests(store: sa.Engine) -> None:
    """SQLite gives the numbers of their events to later ones, which no digest has told."""
    tables = METADATA.tables
    with store.begin() as connection:
        for name in ("connection", "flag", "flag_event", "digest_reader"):
            connection.execute(sa.insert(tables[name]), [row(tables[name], n) for n in (1, 2)])
        flag = tables["flag"]
        connection.execute(sa.update(flag).where(flag.c.id == 2).values(state="resolved"))
    assert retention.tidy(store, gone=EARLY, runs=EARLY, flags=LATE).flags == 1
    with store.connect() as connection:
        told = sa.select(tables["digest_reader"].c.told_event)
        assert connection.execute(told).scalars().all() == [1, 1]


def test_after_it_a_pull_goes_on_as_before(bench: Any) -> None:
    bench.pull()
    retention.tidy(bench.engine, gone=LATE, runs=LATE, flags=LATE)
    report = bench.pull()
    assert (report.outcome, report.tally.written) == ("complete", 0)
