"""The console served on the invented portfolio, and a browser to look at it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.console.connected import fill_connected
from tests.console.portfolio import fill
from tests.console.site import Site, served
from tests.console.work import fill_work


@pytest.fixture
def site(sqlite_store: sa.Engine, tmp_path: Path) -> Iterator[Site]:
    """With one account of each role."""
    fill(sqlite_store)
    fill_work(sqlite_store)
    fill_connected(sqlite_store)
    with served(sqlite_store, tmp_path) as site:
        yield site


@pytest.fixture
def fresh(sqlite_store: sa.Engine, tmp_path: Path) -> Iterator[Site]:
    """On an empty store: nobody has an account."""
    with served(sqlite_store, tmp_path, people=False) as site:
        yield site
