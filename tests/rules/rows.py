"""A small invented portfolio, row by row, for tests of rules and of flags."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from sync_engine.rules.calendars import Moment, WorkCalendar
from sync_engine.store.flag_models import FlagRow
from sync_engine.store.models import Connection, Run

assert FlagRow.__tablename__  # its tables belong to the store
NOW = datetime(2026, 3, 18, 11, 30, tzinfo=UTC)  # a Wednesday


@pytest.fixture
def moment() -> Moment:
    """The frozen moment of all tests of rules and flags."""
    return Moment(NOW, ZoneInfo("Europe/Berlin"), WorkCalendar())


def table(model: Any) -> sa.Table:
    """The table of a model."""
    found: sa.Table = model.__table__
    return found


def connect(
    connection: sa.Connection, id: int, provides: dict[str, Iterable[str]], **more: Any
) -> None:
    """Add a connection, and a run that has ended."""
    values = {
        "id": id, "name": f"tool-{id}", "connector": "jira", "state": "ok", "lease_epoch": 0,
        "complete_at": NOW, "provides": {kind: sorted(names) for kind, names in provides.items()},
        **more,
    }  # fmt: skip
    connection.execute(sa.insert(table(Connection)), values)
    run = {"id": id, "connection_id": id, "kind": "pull", "epoch": 1, "started_at": NOW,
           "ended_at": NOW, "outcome": "complete"}  # fmt: skip
    connection.execute(sa.insert(table(Run)), run)


def record(
    connection: sa.Connection, model: Any, connection_id: int, id: str, **values: Any
) -> None:
    """Add a record row."""
    row = {
        "connection_id": connection_id, "id": id, "item_id": id, "run_id": connection_id,
        "hash": b"", "seen_at": NOW, "written_at": NOW, **values,
    }  # fmt: skip
    connection.execute(sa.insert(table(model)), row)


@pytest.fixture
def add() -> Callable[..., None]:
    """Adds a record row."""
    return record


@pytest.fixture
def add_connection() -> Callable[..., None]:
    """Adds a connection."""
    return connect
