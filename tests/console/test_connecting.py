"""From an empty store to flags on the screen, in a browser, with a real daemon and no YAML."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from prometheus_client import CollectorRegistry

from connectors.sdk import registry
from connectors.sdk.sandbox import Sandbox, serve
from sync_engine.daemon import Daemon
from sync_engine.demo.portfolio import portfolio
from sync_engine.web.app import make_app
from sync_engine.web.console.site import Console
from sync_engine.web.listener import Listener
from tests.console.pages import Connections, NewConnection, Start
from tests.console.site import CHEAP, Site

PATIENCE = 120.0
pytestmark = [pytest.mark.browser, pytest.mark.slow]


@dataclass
class Live:
    """A console beside a daemon whose clock is the test, and a tool that it can read."""

    site: Site
    daemon: Daemon
    tool: Sandbox
    url: str

    def turn(self) -> None:
        """One look at what is due, and the end of what it began."""
        self.daemon.tick()
        with self.daemon._idle:
            assert self.daemon._idle.wait_for(lambda: not self.daemon._health.busy, PATIENCE)

    def rows(self, sql: str) -> list[Any]:
        """What is in the store."""
        with self.site.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(sa.text(sql))]


@pytest.fixture
def live(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Live]:
    """On an empty store without a configuration file."""
    monkeypatch.chdir(tmp_path)
    for name in ("FLAGSTAFF_STORE", "FLAGSTAFF_KEY"):
        monkeypatch.delenv(name, raising=False)
    daemon = Daemon(Path("flagstaff.yaml"), optional=True)
    console = Console(
        daemon._engine, lambda: daemon._configuration, listen="127.0.0.1:0", passwords=CHEAP,
        changed=daemon.take_entries,
    )  # fmt: skip
    app = make_app(healthz=_fine, readyz=_fine, metrics=CollectorRegistry(), console=console)
    listener = Listener("127.0.0.1:0", app)
    today = datetime.now(UTC).date()
    tool = registry.sandbox("trello")(portfolio(today, 7)["trello"], lambda: datetime.now(UTC))
    with serve(tool) as url:
        yield Live(Site(listener.address, daemon._engine, console), daemon, tool, url)
    listener.close()
    console.close()
    daemon._pool.shutdown()
    daemon._engine.dispose()


def _fine() -> tuple[bool, dict[str, Any]]:
    return True, {}


@contextmanager
def window(live: Live, chromium: Any, *, script: bool = True) -> Iterator[Any]:
    """A browser's page; afterwards the browser had nothing to complain about."""
    context = chromium.new_context(java_script_enabled=script)
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []


def _first_admin(live: Live, page: Any) -> None:
    start = Start(live.site, page)
    page.goto(live.site.address)
    start.make(live.site.console.start_code.code, "Ada", "ada@acme.example", "a few words in a row")


@pytest.mark.parametrize("script", [True, False])
def test_from_nothing_to_records(live: Live, chromium: Any, script: bool) -> None:
    """Sign in wrongly, correct it, choose two boards, see them arrive."""
    given = live.tool.options(live.url)
    with window(live, chromium, script=script) as page:
        _first_admin(live, page)
        page.goto(f"{live.site.address}/connections")
        form: NewConnection = Connections(live.site, page).connect("Trello")
        assert "power-ups" in page.locator(".prose").inner_text()
        form.fill("office", {"Key": given["key"], "Token": "not-the-token"}, live.url)
        page.get_by_role("button", name="Test it").click()
        assert "token" in page.locator(".failed").first.inner_text().lower()
        assert "not-the-token" not in page.content()
        page.get_by_role("link", name="Correct the settings").click()
        page.locator("#f-options-token").fill(given["token"])
        page.get_by_role("button", name="Keep them").click()
        page.get_by_role("button", name="Test it").click()
        assert "It works." in page.locator("main").inner_text()
        assert live.rows("SELECT count(*) FROM connection") == [(0,)]  # nothing was read so far
        page.get_by_label("Only these boards").check()
        for board in ("Office move", "Hiring"):
            page.get_by_label(board).check()
        page.get_by_role("button", name="Begin to read").click()
        assert "waits for its first read" in page.locator(".standing").inner_text()
        live.turn()
        page.get_by_role("link", name="How it stands").click()
        assert "tasks" in page.locator("#standing .stats").inner_text()
        names = [name for name, in live.rows("SELECT name FROM project ORDER BY name")]
        assert names == ["Hiring", "Office move"]
        assert given["token"] not in str(live.rows("SELECT document FROM config_entry"))
        assert given["token"] not in str(live.rows('SELECT "after" FROM audit'))
