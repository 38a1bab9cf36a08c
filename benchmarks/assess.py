"""Assessing many tasks by 20 standards, against hand-written SQL that does it in one scan.

Run ``python benchmarks/assess.py --rows 1000000``. Both must give the same counts per standard
and the same flagged ids; the ratio of their times is the figure. Times are of the processor, since
that is what both are bound by once the file is in memory, and neighbours do not blur it.
"""

# ruff: noqa: E501

from __future__ import annotations

import argparse
import json
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import SQLModel

from sync_engine.rules.calendars import Moment, WorkCalendar
from sync_engine.rules.evaluate import assess, frame_for
from sync_engine.rules.packs import from_source
from sync_engine.rules.scan import collect, scan_statement
from sync_engine.rules.standards import Standard
from sync_engine.rules.teams import Teams
from sync_engine.settings.source import parse
from sync_engine.store.engine import open_engine, reading
from sync_engine.store.models import Connection, TaskRow

NOW = datetime(2026, 3, 18, 11, 30, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Berlin")
PROJECTS = 200
FIELDS = (
    "connection_id", "id", "item_id", "run_id", "hash", "seen_at", "written_at", "key",
    "project_id", "parent_id", "title", "description", "type", "status", "status_label", "blocked",
    "blocked_reason", "priority", "owner_id", "assignee_ids", "labels", "start_on", "due_on",
    "created_at", "updated_at", "estimate_minutes", "spent_minutes", "remaining_minutes", "points",
    "percent_complete", "milestone_id", "resolution", "custom",
)  # fmt: skip

# (scope, condition, hand-written scope, hand-written condition; 1, 0 or NULL for unknown)
OPEN = ("status in (todo, in_progress)", "status IN ('todo','in_progress')")
DOING = ("status = in_progress", "status = 'in_progress'")
DONE = ("status = done", "status = 'done'")
STANDARDS: tuple[tuple[tuple[str, str], str, str], ...] = (
    (DOING, "owner is empty", "owner_id IS NULL"),
    (DOING, "due is empty", "due_on IS NULL"),
    (DOING, "estimate is empty and points is empty", "estimate_minutes IS NULL AND points IS NULL"),
    (OPEN, "due is not empty and due before today", "due_on IS NOT NULL AND due_on < :today"),
    (DOING, "updated older than 5 working days", "updated_at < :five_days"),
    (OPEN, "start is not empty and due is not empty and start > due",
     "start_on IS NOT NULL AND due_on IS NOT NULL AND start_on > due_on"),
    (DOING, "updated older than 30 days and owner is not empty",
     "updated_at < :month AND owner_id IS NOT NULL"),
    (OPEN, "title length < 12", "length(trim(title)) < 12"),
    (DOING, "description is empty", "description IS NULL"),
    (OPEN, "priority is empty", "priority IS NULL"),
    (OPEN, "blocked and blocked reason is empty", "blocked AND blocked_reason IS NULL"),
    (DOING, "spent > 120% of estimate", "spent_minutes > estimate_minutes * 1.2"),
    (DOING, "remaining = 0", "remaining_minutes IS 0"),
    (DONE, "resolution is empty", "resolution IS NULL"),
    (DONE, "start is not empty and start after today", "start_on IS NOT NULL AND start_on > :today"),
    (OPEN, "created older than 90 days and due is empty", "created_at < :quarter AND due_on IS NULL"),
    (DOING, "percent is not empty and percent >= 100",
     "percent_complete IS NOT NULL AND percent_complete >= 100"),
    (OPEN, "milestone is empty and parent is empty", "milestone_id IS NULL AND parent_id IS NULL"),
    (DOING, "priority in (highest, high) and owner is empty",
     "coalesce(priority IN (1, 2), 0) AND owner_id IS NULL"),
    (OPEN, "type = bug and priority is empty", "type = 'bug' AND priority IS NULL"),
)  # fmt: skip


def standards() -> tuple[Standard, ...]:
    """The benchmark's standards, read from a pack like any others."""
    lines = ["pack: bench", "title: Benchmark", "standards:"]
    for number, ((scope, _), condition, _sql) in enumerate(STANDARDS):
        lines += [
            f"  - id: bench-{number:02}", "    title: Benchmark", "    source: Benchmark",
            "    why: To measure what it costs.", "    severity: low", "    subject: task",
            f"    scope: {scope}", f"    flag_when: {condition}", "    say: Something is wrong.",
            "    remedy: Nothing.", "    examples: {flags: [{}], passes: [{}]}",
        ]  # fmt: skip
    return from_source(parse("\n".join(lines), "bench.yaml")).standards


def tasks(rows: int) -> Iterator[tuple[Any, ...]]:
    """Generated tasks of three connections."""
    rng = random.Random(7)
    pick, chance = rng.choice, rng.random
    days = [(date(2026, 3, 18) + timedelta(days=n)).isoformat() for n in range(-200, 200)]
    stamps = [
        (NOW - timedelta(days=n, minutes=7 * n)).strftime("%Y-%m-%d %H:%M:%S.000000")
        for n in range(200)
    ]
    text = "Agreed with the harbour authority; see the minutes of the last meeting. " * 6
    statuses = ["todo"] * 20 + ["in_progress"] * 10 + ["done"] * 65 + ["cancelled"] * 4 + [None]

    def rarely(value: Any, other: Any, share: float = 0.03) -> Any:
        return other if chance() < share else value

    for n in range(rows):
        status = pick(statuses)
        owner = rarely(f"p{rng.randrange(500)}", None)
        ahead = rng.randrange(200, 400) if status != "done" else rng.randrange(200)
        due = rarely(days[ahead], pick((None, days[rng.randrange(200)])))
        yield (
            1 + n % 3, str(10_000 + n), str(10_000 + n), 1, b"0123456789abcdef", stamps[0],
            stamps[0], f"ENG-{n}", f"P{rng.randrange(PROJECTS)}",
            str(10_000 + rng.randrange(rows)) if chance() < 0.3 else None,
            rarely(pick(("Rebuild the eastern quay wall", "Order the second crane")), "Fix it"),
            rarely(text, None), pick(("task", "bug", "story")), status,
            "Open", rarely(0, 1), rarely("permit", None), rarely(pick((1, 2, 3, 4)), None), owner,
            json.dumps([owner] if owner else []), "[]",
            rarely(days[max(0, ahead - 20)], pick((None, days[399]))), due,
            stamps[rng.randrange(5, 190)], stamps[rarely(rng.randrange(3), rng.randrange(190))],
            rarely(480, None, 0.2), pick((None, 0, 120, rarely(240, 700))), rarely(60, 0),
            rarely(3.0, None), rarely(50.0, 100.0), rarely("M1", None), rarely("fixed", None),
            "[]",
        )  # fmt: skip


def fill(engine: sa.Engine, path: Path, rows: int) -> None:
    """The store with its tasks."""
    SQLModel.metadata.create_all(engine)
    provides = {"task": list(TaskRow.model_fields)}
    table: sa.Table = Connection.__table__  # type: ignore[attr-defined]
    with engine.begin() as connection:
        connection.execute(
            sa.insert(table),
            [
                {"id": n, "name": f"tool-{n}", "connector": "jira", "state": "ok",
                 "lease_epoch": 0, "provides": provides, "complete_at": NOW}
                for n in (1, 2, 3)
            ],
        )  # fmt: skip
    raw = sqlite3.connect(path)
    marks = ",".join("?" * len(FIELDS))
    with raw:
        raw.executemany(f"INSERT INTO task ({','.join(FIELDS)}) VALUES ({marks})", tasks(rows))
    raw.close()


def by_hand() -> str:
    """One scan: per project, how many met, flagged and unknown per standard, and flagged ids."""
    inner, outer = [], []
    for n, ((_, scope), _, condition) in enumerate(STANDARDS):
        inner.append(
            f"CASE WHEN NOT ({scope}) THEN 0 WHEN ({scope}) THEN CASE WHEN ({condition}) THEN 2 "
            f"WHEN NOT ({condition}) THEN 1 ELSE 3 END "
            f"WHEN NOT ({condition}) THEN 0 ELSE 3 END AS s{n}"
        )
        outer.append(
            f"sum(s{n}=1), sum(s{n}=2), sum(s{n}=3), json_group_array(id) FILTER (WHERE s{n}=2)"
        )
    return (
        f"SELECT connection_id, project_id, {', '.join(outer)} FROM (SELECT connection_id, "
        f"project_id, id, {', '.join(inner)} FROM task WHERE gone_at IS NULL LIMIT -1) "
        "GROUP BY connection_id, project_id"
    )


Result = tuple[dict[tuple[str, int, str], tuple[int, ...]], dict[str, set[tuple[int, str]]]]


def run_by_hand(path: Path) -> tuple[float, Result]:
    """Time and result of the hand-written statement, through sqlite3 alone."""
    moment = Moment(NOW, ZONE)
    at = "%Y-%m-%d %H:%M:%S.%f"

    def start(day: date) -> str:
        return moment.start_of(day).astimezone(UTC).strftime(at)

    values = {
        "today": moment.today.isoformat(),
        "five_days": start(moment.day_back(5, "working days")),
        "month": start(moment.day_back(30, "days")),
        "quarter": start(moment.day_back(90, "days")),
    }
    raw = sqlite3.connect(path)
    raw.execute("PRAGMA temp_store=MEMORY")
    begun = time.process_time()
    totals: dict[tuple[str, int, str], tuple[int, ...]] = {}
    flagged: dict[str, set[tuple[int, str]]] = {}
    for connection_id, project_id, *rest in raw.execute(by_hand(), values):
        for n in range(len(STANDARDS)):
            met, bad, unknown, ids = rest[4 * n : 4 * n + 4]
            totals[f"bench-{n:02}", connection_id, project_id] = (met, bad, unknown)
            found = flagged.setdefault(f"bench-{n:02}", set())
            found.update((connection_id, id) for id in json.loads(ids))
    spent = time.process_time() - begun
    raw.close()
    return spent, (totals, flagged)


def run_scan(engine: sa.Engine) -> tuple[float, Result, int]:
    """Time and result of our scan: the statement, its answers as totals and flagged ids."""
    chosen = standards()
    begun = time.process_time()
    with reading(engine) as connection:
        frame = frame_for(connection, Moment(NOW, ZONE, WorkCalendar()))
        statement, words = scan_statement(frame, chosen)
        found = collect(connection.execute(statement), chosen, words, Teams())
    flagged = {id: set(keys) for id, keys in found.flagged.items()}
    spent = time.process_time() - begun
    totals = {(s, c, p or ""): tuple(counts) for (s, c, p), counts in found.totals.items()}
    return spent, (totals, flagged), found.rows


def main() -> int:
    """Measure, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "store.db"
        engine = open_engine(f"sqlite:///{path}")
        fill(engine, path, given.rows)
        by_hand_runs = [run_by_hand(path) for _ in range(given.rounds)]
        our_runs = [run_scan(engine) for _ in range(given.rounds)]
        hand, ours = [r[0] for r in by_hand_runs], [r[0] for r in our_runs]
        expected, (_, found, rows) = by_hand_runs[-1][1], our_runs[-1]
        begun = time.process_time()
        whole = assess(
            engine, standards(), now=NOW, timezone=ZONE, calendar=WorkCalendar(), full=True,
            seconds=600,
        )  # fmt: skip
        everything = time.process_time() - begun
        engine.dispose()
    nothing = (0, 0, 0)
    same = found[1] == {id: keys for id, keys in expected[1].items() if keys} and all(
        found[0].get(key, nothing) == counts for key, counts in expected[0].items()
    )
    figures = {
        "rows": rows,
        "standards": len(STANDARDS),
        "flagged": sum(len(keys) for keys in found[1].values()),
        "by_hand_cpu_seconds": round(min(hand), 3),
        "scan_cpu_seconds": round(min(ours), 3),
        "scan_ratio": round(min(ours) / min(hand), 3),
        "assess_cpu_seconds": round(everything, 3),
        "ratio": round(everything / min(hand), 3),
        "same": same and len(whole.findings) == sum(len(k) for k in found[1].values()),
    }
    for name, value in figures.items():
        print(f"{name:32} {value}")
    print(json.dumps(figures))
    if given.json:
        given.json.write_text(json.dumps(figures, indent=2) + "\n")
    return 0 if figures["same"] else 1


if __name__ == "__main__":
    sys.exit(main())
