"""A baseline is what was: replays, full reads, censuses and retention leave it as it is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from sync_engine import clock, commands
from sync_engine.replay import replay
from sync_engine.rules.calendars import Moment, WorkCalendar
from sync_engine.rules.evidence import items
from sync_engine.rules.frames import frame_for
from sync_engine.rules.syntax import Ref, Span
from sync_engine.store import retention
from sync_engine.store.audit import Actor
from sync_engine.store.engine import reading
from sync_engine.store.lease import release

EARLY = datetime(2000, 1, 1, tzinfo=UTC)
LATE = datetime(2999, 1, 1, tzinfo=UTC)
KEPT = "SELECT * FROM baseline_task ORDER BY task_id"


def moment() -> Moment:
    return Moment(clock.now(), ZoneInfo("UTC"), WorkCalendar())


def removed(bench: Any) -> Any:
    names = ("removed_tasks", "baseline_tasks")
    with reading(bench.engine) as connection:
        refs = [Ref(name, Span(1, 1)) for name in names]
        found = items(connection, frame_for(connection, moment()), "project", [(1, "p1")], refs)
    return tuple(found[1, "p1"].values[name] for name in names)


def test_it_survives_whatever_reads_and_tidies(bench: Any) -> None:
    bench.pull()
    commands.take_baseline(
        bench.engine, (bench.id, "p1"), name="Kick-off", actor=Actor("ann", "command line"),
        moment=moment(), intervals=None,
    )  # fmt: skip
    kept = bench.rows(KEPT)
    assert len(kept) == 8
    bench.ledger.put("t01", project="p1", who=["u2"], title="Another")
    bench.ledger.remove("t03")
    bench.pull()
    bench.census()
    assert removed(bench) == (1, 8)
    lease = bench.lease()
    replay(bench.engine, bench.source, lease)
    release(bench.engine, lease)
    bench.pull(full=True)
    retention.tidy(bench.engine, gone=LATE, runs=LATE, flags=LATE)
    assert bench.rows(KEPT) == kept
    assert removed(bench) == (1, 8)
    with bench.engine.begin() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM baseline")).scalar_one() == 1
