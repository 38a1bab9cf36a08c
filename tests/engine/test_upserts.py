"""Writing rows in bulk, on both databases."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from sync_engine.store.models import Cooldown
from sync_engine.store.rows import instant_for
from sync_engine.store.upserts import BATCH, Upsert
from tests.engine.conftest import START

_cooldown = Cooldown.__table__  # type: ignore[attr-defined]


@pytest.mark.parametrize("rows", [0, 1, BATCH - 1, BATCH, BATCH + 1, 3 * BATCH - 5])
def test_any_number_of_rows_is_written_and_replaced(store: sa.Engine, rows: int) -> None:
    at = instant_for(store.dialect.name)(START)
    upsert = Upsert(_cooldown, ("key", "until"), store.dialect)
    written = [(f"scope-{number}", at) for number in range(rows)]
    with store.begin() as connection:
        upsert.run(connection, written[: rows // 2])
        upsert.run(connection, written)
    with store.begin() as connection:
        held = connection.execute(sa.select(_cooldown.c.key, _cooldown.c.until)).all()
    assert sorted(map(tuple, held)) == sorted((key, START) for key, _ in written)
