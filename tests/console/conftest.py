"""The console served on the invented portfolio, and a browser to look at it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.conftest import missing_part
from tests.console.portfolio import fill
from tests.console.site import Site, served
from tests.console.work import fill_work


@pytest.fixture
def site(sqlite_store: sa.Engine, tmp_path: Path) -> Iterator[Site]:
    """With one account of each role."""
    fill(sqlite_store)
    fill_work(sqlite_store)
    with served(sqlite_store, tmp_path) as site:
        yield site


@pytest.fixture
def fresh(sqlite_store: sa.Engine, tmp_path: Path) -> Iterator[Site]:
    """On an empty store: nobody has an account."""
    with served(sqlite_store, tmp_path, people=False) as site:
        yield site


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A real browser."""
    path = Path("/usr/bin/chromium")
    if not path.exists():
        missing_part("chromium", "install Debian's package chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(path), args=["--no-sandbox"])
        yield browser
        browser.close()
