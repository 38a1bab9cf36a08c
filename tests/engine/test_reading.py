"""What is read in one piece is one state of the store, however many statements it takes."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from sync_engine.store.engine import reading
from sync_engine.store.models import Identity

PEOPLE = Identity.__table__  # type: ignore[attr-defined]
MARIA: dict[str, Any] = {"name": "Maria Ortiz", "email": "maria@example.com"}


def many(connection: sa.Connection) -> int:
    return int(connection.execute(sa.select(sa.func.count()).select_from(PEOPLE)).scalar_one())


def test_a_reader_sees_nothing_of_what_is_written_meanwhile(store: sa.Engine) -> None:
    with reading(store) as reader:
        assert many(reader) == 0
        with store.begin() as writer:
            writer.execute(sa.insert(PEOPLE), MARIA)
        assert many(reader) == 0
    with reading(store) as reader:
        assert many(reader) == 1


@pytest.mark.postgres
def test_a_reader_that_writes_is_refused(postgres_store: sa.Engine) -> None:
    with pytest.raises(DBAPIError), reading(postgres_store) as reader:
        reader.execute(sa.insert(PEOPLE), MARIA)
    with reading(postgres_store) as reader:
        assert many(reader) == 0


def test_whoever_writes_next_may(store: sa.Engine) -> None:
    """A connection that was lent to a reader goes back as it was."""
    with reading(store) as reader:
        many(reader)
    with store.begin() as writer:
        writer.execute(sa.insert(PEOPLE), MARIA)
        assert many(writer) == 1
