"""What the store knows of the portfolio's connections: runs, containers, words, a held census."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
import orjson
import sqlalchemy as sa
import zstandard

from connectors.sdk.records import Task
from sync_engine.store.items import raw_hash
from sync_engine.store.models import (
    Connection,
    Hold,
    LaneState,
    MappedField,
    RawItem,
    Run,
    ScopeState,
    StatusWord,
    TaskRow,
)
from sync_engine.store.rows import KIND_NUMBER
from tests.console.portfolio import NOW, table

CANARY = "canary-4711-never-shown"
COUNTS = {"requests": 14, "retries": 0, "items": 120, "written": 6, "unchanged": 114, "retired": 0,
          "parked": 0, "unread": 0, "altered": 0}  # fmt: skip


def fill_connected(engine: sa.Engine, now: datetime = NOW) -> None:
    """Put it beside the portfolio."""
    with engine.begin() as connection:
        _runs(connection, now)
        _scopes(connection, now)
        _words(connection, now)
        _items(connection, now)
        connection.execute(
            sa.update(table(Connection))
            .where(table(Connection).c.id == 1)
            .values(next_pull_at=now + timedelta(minutes=4), budget_used=12.0, census_at=now,
                    hooked_at=now - timedelta(hours=2), checked_at=now)
        )  # fmt: skip


def _runs(connection: sa.Connection, now: datetime) -> None:
    for number in range(1, 31):
        at = now - timedelta(minutes=5 * (31 - number))
        bad = number % 11 == 0
        connection.execute(
            sa.insert(table(Run)),
            {"id": number, "connection_id": 1, "kind": "census" if number == 12 else "pull",
             "full": number == 1, "epoch": number, "started_at": at,
             "ended_at": at + timedelta(seconds=2 + number % 5),
             "outcome": "held" if number == 12 else "partial" if bad else "complete",
             "message": "Jira answered 503 to /search." if bad else None, **COUNTS},
        )  # fmt: skip


def _scopes(connection: sa.Connection, now: datetime) -> None:
    scopes: tuple[tuple[str, str, bool, Any], ...] = (
        ("alpha", "Billing platform", True, {"tasks": {"store": 96, "tool": 96}}),
        ("beta", "Warehouse move", True, {"tasks": {"store": 70, "tool": 78}}),
        ("gamma", "Sensor research", True, {"tasks": {"store": 88, "tool": None}}),
        ("omega", "Old archive", False, None),
    )
    for id, name, visible, counts in scopes:
        connection.execute(
            sa.insert(table(ScopeState)),
            {"connection_id": 1, "scope": id, "name": name, "state": "active", "visible": visible,
             "lost_at": None if visible else now - timedelta(days=3), "stream_counts": counts,
             "counted_at": now},
        )  # fmt: skip
    connection.execute(
        sa.insert(table(Hold)),
        {"connection_id": 1, "run_id": 12, "stream": "tasks", "scope": "beta", "known": 78,
         "reason": "41 of 78 items would be retired, more than 20% and 10 items",
         "ids": ["task-eve", "task-bob", *(f"t{n}" for n in range(39))], "at": now},
    )  # fmt: skip


def _words(connection: sa.Connection, now: datetime) -> None:
    words = (("In Progress", "in_progress", "tool"), ("Parking lot", None, None),
             ("Done", "done", "tool"), ("In Review", "in_progress", "admin"))  # fmt: skip
    for label, status, by in words:
        connection.execute(
            sa.insert(table(StatusWord)),
            {"connection_id": 1, "label": label, "status": status, "mapped_by": by,
             "seen_at": now},
        )  # fmt: skip
    connection.execute(
        sa.insert(table(MappedField)),
        {"connection_id": 1, "field": "points", "named": "Story points", "field_id": "cf_1",
         "field_name": "Size", "unreadable": False, "found_at": now},
    )  # fmt: skip


def _items(connection: sa.Connection, now: datetime) -> None:
    task = table(TaskRow)
    custom = [{"id": "cf_1", "name": "Size", "value": 5.0}, {"id": "cf_2", "name": "Risk"}]
    connection.execute(
        sa.update(task)
        .where(task.c.id == "task-ada")
        .values(key="ENG-1", status_label="Parking lot", custom=custom, status=None)
    )
    connection.execute(
        sa.insert(table(LaneState)),
        {"connection_id": 1, "stream": "tasks", "lane": "", "done": True, "moved_at": now,
         "run_id": 1},
    )  # fmt: skip
    body = orjson.dumps({"id": "task-ada", "fields": {"summary": "Task of ada"},
                         "webhook": {"apiToken": CANARY}})  # fmt: skip
    for id, parked in (("task-ada", None), ("broken", "ValueError: no project")):
        yields = [(KIND_NUMBER[Task], id, b"")] if parked is None else []
        connection.execute(
            sa.insert(table(RawItem)),
            {"connection_id": 1, "stream": "tasks", "item_id": id, "scope": "alpha",
             "hash": raw_hash(body), "body": zstandard.ZstdCompressor().compress(body),
             "yields": msgspec.msgpack.encode(yields), "parked": parked, "read_at": now,
             "run_id": 1},
        )  # fmt: skip
