"""Signing in with an organisation's account: at a real provider, in a real browser."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import sqlalchemy as sa

from sync_engine import clock
from tests.conftest import missing_part
from tests.console.pages import Door, Overview
from tests.console.portfolio import fill
from tests.console.site import Site, free_port, served

pytestmark = pytest.mark.browser
FOLDER = Path(__file__).parent / "oidc"
SECRET = "a-secret-of-this-test-alone"


@contextmanager
def _provider(redirect: str) -> Iterator[str]:
    """The address of an issuer that knows us."""
    node = shutil.which("node")
    if node is None or not (FOLDER / "node_modules" / "oidc-provider").is_dir():
        missing_part("the OpenID provider", "run `make parts`")
    assert node is not None
    port = free_port()
    command = [node, str(FOLDER / "server.mjs"), str(port), redirect, SECRET]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield f"http://127.0.0.1:{port}"
        process.terminate()


@pytest.fixture
def organised(sqlite_store: sa.Engine, tmp_path: Path) -> Iterator[Site]:
    """A console that the organisation's provider knows."""
    fill(sqlite_store)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with _provider(f"{url}/sign-in/oidc/back") as issuer:
        oidc = {
            "issuer": issuer, "client_id": "flagstaff", "client_secret": SECRET, "create": True,
            "title": "your Acme account", "allow_private_network": True,
            "roles": {"claim": "groups", "map": {"pmo-admins": "admin", "readers": "viewer"}},
        }  # fmt: skip
        with served(sqlite_store, tmp_path, now=clock.now, port=port, url=url, oidc=oidc) as site:
            yield site


def _sign_in(site: Site, page: Any, name: str) -> None:
    page.goto(f"{site.address}/sign-in?next=/settings")
    page.get_by_role("link", name="Sign in with your Acme account").click()
    page.locator("input[name=login]").fill(name)
    page.locator("input[name=password]").fill("anything")
    page.locator("button[type=submit]").click()
    page.locator("button[type=submit]").click()  # what is told to us is allowed


def _who(site: Site) -> dict[str, str]:
    with site.engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT address, role FROM account"))
        return {row.address: row.role for row in rows}


@pytest.mark.parametrize("script", [True, False])
def test_one_signs_in_with_the_organisation(organised: Site, chromium: Any, script: bool) -> None:
    """Who has an account, and who gets one by their group; both land where they wanted to go."""
    for name, address in (("olga", "olga@acme.example"), ("nina", "nina@acme.example")):
        context = chromium.new_context(java_script_enabled=script)
        page = context.new_page()
        _sign_in(organised, page, name)
        assert page.locator("h1").inner_text() == "Settings"
        assert page.locator("#h-you + .aside").inner_text() == address
        cookies = {each["name"]: each for each in context.cookies(organised.address)}
        assert "flagstaff-oidc" not in cookies
        assert cookies["flagstaff"]["httpOnly"]
        context.close()
    assert _who(organised)["nina@acme.example"] == "viewer"


def test_an_address_that_is_not_verified_lets_nobody_in(organised: Site, chromium: Any) -> None:
    """It says so at the door, where one can sign in another way."""
    page = chromium.new_context().new_page()
    _sign_in(organised, page, "mallory")
    assert page.locator("h1").inner_text() == Door.title
    assert "has not verified" in page.get_by_role("alert").inner_text()
    page.goto(f"{organised.address}/")
    assert page.locator("h1").inner_text() != Overview.title


def test_a_return_is_worth_something_to_its_own_browser_once(organised: Site) -> None:
    """Another browser, another state, a second time, no sign-in at all: nobody is let in."""
    browser, other = organised.browser(), organised.browser()
    begun = browser.get("/sign-in/oidc?next=https://evil.example/")
    assert begun.status_code == 303
    asked = dict(parse_qsl(urlsplit(begun.headers["Location"]).query))
    assert asked["code_challenge_method"] == "S256"
    assert {"state", "nonce", "code_challenge"} <= asked.keys()
    returns = f"/sign-in/oidc/back?code=x&state={asked['state']}"
    assert "took too long, or began in another" in other.get(returns).text
    assert "belongs to another sign-in" in browser.get("/sign-in/oidc/back?code=x&state=y").text
    assert "took too long" in browser.get(returns).text  # the attempt is used up
    browser.get("/sign-in/oidc")
    assert "flagstaff" not in browser.session.cookies
