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


def _connect(live: Live, page: Any, given: dict[str, Any]) -> None:
    """By the guided start, all that the account sees."""
    page.get_by_role("link", name="Connect").last.click()
    page.get_by_role("link", name="Trello").first.click()
    form = NewConnection(live.site, page)
    form.fill("office", {"Key": given["key"], "Token": given["token"]}, live.url)
    page.get_by_role("button", name="Test it").click()
    page.get_by_role("button", name="Begin to read").click()


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
        names = [name for (name,) in live.rows("SELECT name FROM project ORDER BY name")]
        assert names == ["Hiring", "Office move"]
        assert given["token"] not in str(live.rows("SELECT document FROM config_entry"))
        assert given["token"] not in str(live.rows('SELECT "after" FROM audit'))


def test_the_guided_start(live: Live, chromium: Any) -> None:
    """To flags on the overview: connect, words, packs with what they flag, a digest."""
    with window(live, chromium) as page:
        _first_admin(live, page)
        assert page.locator("h1").inner_text() == "Getting started"
        _connect(live, page, live.tool.options(live.url))
        live.turn()
        page.goto(live.site.address)
        assert "of 4 steps done" in page.locator("main").inner_text()
        page.get_by_role("link", name="Go on").click()
        page.get_by_role("link", name="Say what your words mean").click()
        assert page.locator("select[name=means]").count() > 1
        for each in page.locator("select[name=means]").all():
            if each.locator("option").first.inner_text() == "nobody has said":
                each.select_option("todo")
        page.get_by_role("button", name="Keep them, map again").click()
        assert page.locator("h1").inner_text() == "Getting started"
        for _ in range(3):  # a census may go first; the next look maps again
            live.turn()
        assert live.rows("SELECT count(*) FROM status_word WHERE status IS NULL") == [(0,)]
        page.get_by_role("link", name="Pick standards").click()
        page.get_by_label("Delivery standards").check()
        page.get_by_role("button", name="See what they flag").click()
        assert "flags by" in page.locator("main").inner_text()
        assert page.get_by_label("Delivery standards").is_checked()
        page.get_by_role("button", name="Put them in force").click()
        page.get_by_role("link", name="Add a digest").click()
        page.get_by_label("Host").fill("mail.acme.example")
        page.get_by_label("From").fill("pmo@acme.example")
        page.get_by_role("button", name="Keep it").click()
        assert "All is set up" in page.locator("main").inner_text()
        live.turn()
        page.get_by_role("link", name="To the overview").click()
        assert "Getting started" not in page.locator("main").inner_text()
        (open_,) = live.rows("SELECT count(*) FROM flag WHERE state = 'open'")[0]
        assert open_ > 0
        assert f"{open_:,}" in page.locator("section:has(> header > #h-flags)").inner_text()
