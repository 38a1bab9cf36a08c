"""A store full of generated tasks, on either database."""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from sync_engine.store.models import Connection, Run, TaskRow
from sync_engine.store.tables import METADATA

NOW = datetime(2026, 3, 18, 11, 30, tzinfo=UTC)
PROJECTS = 200
FIELDS = (
    "connection_id", "id", "item_id", "run_id", "hash", "seen_at", "written_at", "key",
    "project_id", "parent_id", "title", "description", "type", "status", "status_label", "blocked",
    "blocked_reason", "priority", "owner_id", "assignee_ids", "labels", "start_on", "due_on",
    "created_at", "updated_at", "estimate_minutes", "spent_minutes", "remaining_minutes", "points",
    "percent_complete", "milestone_id", "resolution", "custom",
)  # fmt: skip


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
            1 + n % 3, str(10_000 + n), str(10_000 + n), 1 + n % 3, b"0123456789abcdef", stamps[0],
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


def fill(engine: sa.Engine, rows: int, path: Path | None) -> None:
    """The store with its tasks.

    Args:
        path: of the file, for SQLite.
    """
    METADATA.create_all(engine)
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
        ran(connection, range(1, 4), NOW)
    if path is not None:
        raw = sqlite3.connect(path)
        marks = ",".join("?" * len(FIELDS))
        with raw:
            raw.executemany(f"INSERT INTO task ({','.join(FIELDS)}) VALUES ({marks})", tasks(rows))
        raw.close()
        return
    _copy(engine, tasks(rows))


def ran(connection: sa.Connection, runs: Iterable[int], at: datetime) -> None:
    """Note that the connections were read, one run each."""
    table: sa.Table = Run.__table__  # type: ignore[attr-defined]
    rows = [
        {"id": run, "connection_id": 1 + (run - 1) % 3, "kind": "pull", "started_at": at,
         "ended_at": at, "outcome": "complete", "epoch": 0, "full": False}
        for run in runs
    ]  # fmt: skip
    connection.execute(sa.insert(table), rows)


def _copy(engine: sa.Engine, made: Iterator[tuple[Any, ...]]) -> None:
    """Into PostgreSQL, as it is loaded fastest."""
    blocked = FIELDS.index("blocked")
    with engine.begin() as connection:
        driver: Any = connection.connection.driver_connection
        with driver.cursor() as cursor:
            with cursor.copy(f"COPY task ({','.join(FIELDS)}) FROM STDIN") as copy:
                while some := list(islice(made, 10_000)):
                    for row in some:
                        fit = list(row)
                        fit[blocked] = None if row[blocked] is None else bool(row[blocked])
                        for at in (5, 6, 23, 24):
                            fit[at] += "+00"
                        copy.write_row(fit)
            cursor.execute("ANALYZE task")
