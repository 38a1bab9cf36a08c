"""Ten standards over the same tasks: Flagstaff's scan, and libraries that read rules in Python.

Run ``python -m benchmarks.peers --python .venv-peers/bin/python``. All must flag the same number of
tasks by each standard; times are of the processor, the reading of rows from SQLite included.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from benchmarks.conditions import STANDARDS, standards
from benchmarks.portfolio import NOW, fill
from sync_engine.rules.calendars import Moment, WorkCalendar
from sync_engine.rules.frames import frame_for
from sync_engine.rules.scan import collect, scan_statement
from sync_engine.rules.teams import Teams
from sync_engine.store.engine import open_engine, reading

LIBRARIES = ("c7n", "rule-engine", "cel")
CHOSEN = (
    "owner is empty",
    "due is empty",
    "estimate is empty and points is empty",
    "due is not empty and due before today",
    "start is not empty and due is not empty and start > due",
    "priority is empty",
    "resolution is empty",
    "start is not empty and start after today",
    "milestone is empty and parent is empty",
    "type = bug and priority is empty",
)
"""The conditions that the libraries can say too, in the order of `peers_evaluate`."""


def ours(path: Path) -> tuple[float, list[int]]:
    """Seconds, and how many tasks each standard flags."""
    said = [condition for _, condition, _ in STANDARDS]
    every = standards()
    chosen = [every[said.index(condition)] for condition in CHOSEN]
    engine = open_engine(f"sqlite:///{path}")
    begun = time.process_time()
    with reading(engine) as connection:
        frame = frame_for(connection, Moment(NOW, ZoneInfo("Europe/Berlin"), WorkCalendar()))
        statement, words = scan_statement(frame, chosen)
        found = collect(connection.execute(statement), chosen, words, Teams())
    spent = time.process_time() - begun
    engine.dispose()
    sums = found.by_standard()
    return spent, [sums[standard.id][1] for standard in chosen]


def theirs(python: Path, path: Path, library: str) -> tuple[float, list[int]]:
    """Likewise, by a library in its own environment."""
    script = Path(__file__).with_name("peers_evaluate.py")
    done = subprocess.run(
        [python, script, path, library], check=True, capture_output=True, text=True
    )
    answer = json.loads(done.stdout.splitlines()[-1])
    return answer["seconds"], answer["flagged"]


def main() -> int:
    """Measure, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", type=Path, required=True, help="where the libraries are")
    parser.add_argument("--rows", type=int, default=5_000)
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "store.db"
        engine = open_engine(f"sqlite:///{path}")
        fill(engine, given.rows, path)
        engine.dispose()
        seconds, flagged = min(ours(path) for _ in range(3))
        figures: dict[str, Any] = {"rows": given.rows, "flagged": sum(flagged)}
        figures["ours_seconds"] = round(seconds, 3)
        same = True
        for library in LIBRARIES:
            spent, counts = theirs(given.python, path, library)
            same = same and counts == flagged
            figures[f"{library}_seconds"] = round(spent, 3)
            figures[f"{library}_ratio"] = round(spent / seconds, 1)
    figures["same"] = same
    for name, value in figures.items():
        print(f"{name:32} {value}")
    print(json.dumps(figures))
    if given.json:
        given.json.write_text(json.dumps(figures, indent=2) + "\n")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
