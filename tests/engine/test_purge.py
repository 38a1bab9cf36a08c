"""All that was read of a connection goes when it is purged, and nothing else."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa

from sync_engine.store import purge
from sync_engine.store.tables import METADATA

VALUES: dict[str, Any] = {
    "Boolean": True, "Float": 1.0, "LargeBinary": b"x", "JSON": {}, "Date": date(2026, 3, 2),
    "UTCDateTime": datetime(2026, 3, 2, tzinfo=UTC),
}  # fmt: skip
THROUGH_OTHERS = {"escalation", "baseline_task", "baseline_milestone", "flag_event", "waiver"}
"""Tables whose rows are a connection's because of what they refer to."""


def row(table: sa.Table, number: int) -> dict[str, Any]:
    """One that refers to the rows of the same number, wherever it can."""
    own = VALUES | {"Integer": number, "AutoString": f"x{number}", "Text": f"x{number}"}
    return {column.name: own[type(column.type).__name__] for column in table.columns}


def test_nothing_that_refers_to_a_purged_connection_is_in_the_way(store: sa.Engine) -> None:
    """Every table has a row that refers to the connection, if it can refer to anything there."""
    with store.begin() as connection:
        for table in METADATA.sorted_tables:
            connection.execute(sa.insert(table), [row(table, 1), row(table, 2)])
        deleted = purge.connection(connection, "x1")
        left = {
            table.name: connection.execute(sa.select(sa.func.count()).select_from(table)).scalar()
            for table in METADATA.sorted_tables
        }
    of_connection = {table.name for table in METADATA.sorted_tables if "connection_id" in table.c}
    assert set(deleted or ()) == of_connection | THROUGH_OTHERS
    assert {name for name, count in left.items() if count == 1} == {*(deleted or ()), "connection"}
    assert set(left.values()) == {1, 2}


def test_what_happens_afterwards_is_news_to_digests(store: sa.Engine) -> None:
    """SQLite gives the numbers of its events to later ones, which no digest has told."""
    with store.begin() as connection:
        for table in METADATA.sorted_tables:
            if table.name in ("connection", "flag", "flag_event", "digest_reader"):
                connection.execute(sa.insert(table), [row(table, 1), row(table, 2)])
        purge.connection(connection, "x2")
        told = sa.select(METADATA.tables["digest_reader"].c.told_event)
        assert connection.execute(told).scalars().all() == [1, 1]


def test_what_was_looked_at_of_it_is_forgotten(store: sa.Engine) -> None:
    """The next connection may get its number, and nothing of that one has been looked at."""
    with store.begin() as connection:
        for table in METADATA.sorted_tables:
            if table.name in ("connection", "assessment"):
                connection.execute(sa.insert(table), [row(table, 1), row(table, 2)])
        seen = METADATA.tables["assessment"]
        connection.execute(sa.update(seen).values(runs={"1": 7, "2": 9}))
        purge.connection(connection, "x2")
        last = sa.select(seen.c.runs).order_by(seen.c.id.desc()).limit(1)
        assert connection.execute(last).scalar_one() == {"1": 7}
