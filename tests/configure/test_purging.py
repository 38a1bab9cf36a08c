"""Purging says what is in the way, and deletes all or nothing."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from sync_engine.commands import CommandError
from sync_engine.configure import connections
from sync_engine.configure.changes import Desk
from sync_engine.store.models import Connection
from tests.configure.conftest import ADA


def test_what_holds_a_connection_is_an_answer_and_no_crash(desk: Desk) -> None:
    with desk.engine.begin() as store:
        store.execute(sa.insert(Connection).values(id=7, name="old", connector="trello"))
        store.execute(sa.text("CREATE TABLE holder (id INTEGER REFERENCES connection (id))"))
        store.execute(sa.text("INSERT INTO holder VALUES (7)"))
    with pytest.raises(CommandError, match='nothing of the connection "old" was deleted'):
        connections.purge_records(desk, ADA, "old")
    with desk.engine.begin() as store:
        store.execute(sa.text("DROP TABLE holder"))
    assert connections.purge_records(desk, ADA, "old") == {}
