"""What tests of flags share."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from tests.flags.world import PROVIDES, World
from tests.rules.rows import add, add_connection, moment

__all__ = ["add", "add_connection", "moment"]


@pytest.fixture
def world(store: sa.Engine, add_connection: Callable[..., None]) -> World:
    """A store with one connection, once on each database."""
    with store.begin() as connection:
        add_connection(connection, 1, PROVIDES)
    return World(store)


@pytest.fixture
def small(sqlite_store: sa.Engine, add_connection: Callable[..., None]) -> World:
    """A store with one connection."""
    with sqlite_store.begin() as connection:
        add_connection(connection, 1, PROVIDES)
    return World(sqlite_store)
