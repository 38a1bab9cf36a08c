"""Signing in to a tool from the console, against a tool that checks the challenge and takes each
code once."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import sqlalchemy as sa

from connectors.gitlab.sandbox import CLIENT, CLIENT_KEY
from connectors.sdk.sandbox import serve
from sync_engine.connect import token_store
from sync_engine.probing import probe
from tests.cli.test_login import Tool
from tests.console.portfolio import NOW
from tests.console.site import Browser, Site, served
from tests.console.test_settings import actions, words

PATH = "/connections/code/sign-in"
BACK = "/sign-in/tool/back"


@dataclass
class Way:
    """A console with two connections to one tool; `later`: how much time has passed."""

    site: Site
    tool: Tool
    later: timedelta = timedelta()

    def begin(self, browser: Browser) -> str:
        """The address to which the page leads."""
        found = re.search(r'href="([^"]+/oauth/authorize\?[^"]+)"', browser.get(PATH).text)
        assert found is not None
        return html.unescape(found[1])

    def come_back(self, address: str) -> str:
        """Where the tool then sends the browser, as a path of ours."""
        location = requests.get(address, allow_redirects=False, timeout=10).headers["Location"]
        assert location.startswith(f"{self.site.address}{BACK}?")
        return location.removeprefix(self.site.address)


@pytest.fixture
def way(sqlite_store: sa.Engine, tmp_path: Path) -> Iterator[Way]:
    """On the address where it listens."""
    tool = Tool()
    with serve(tool) as url:
        app = {"url": url, "allow_private_network": True, "client_id": CLIENT,
               "client_secret": CLIENT_KEY}  # fmt: skip
        held: list[Way] = []
        connections = [
            {"name": "code", "connector": "gitlab", "options": app},
            {"name": "plain", "connector": "gitlab", "options": {"url": url, "token": "t"}},
        ]
        with served(
            sqlite_store, tmp_path, also={"connections": connections},
            now=lambda: NOW + (held[0].later if held else timedelta()),
        ) as site:  # fmt: skip
            held.append(Way(site, tool))
            yield held[0]


def test_an_admin_signs_in_and_the_connection_reads_by_it(way: Way) -> None:
    """The redirect is exact, the tokens sealed, nothing of them said; it is in the audit log."""
    admin = way.site.browser("admin")
    page = admin.get(PATH)
    assert f"{way.site.address}{BACK}" in words(page)
    done = admin.get(way.come_back(way.begin(admin)))
    assert (done.status_code, done.headers["Location"]) == (303, "/connections/code/check")
    after = admin.get("/connections/code/check")
    assert "Signed in; it is read at the next look." in words(after)
    assert way.tool.asked[0]["redirect_uri"] == f"{way.site.address}{BACK}"
    assert way.tool.asked[0]["scope"] == "read_api"
    configuration, engine = way.site.console.configuration(), way.site.engine
    finding = probe(
        configuration, configuration.connection("code"), lambda: token_store(configuration, engine)
    )
    assert (finding.ok, len(way.tool.forms)) == (True, 1)
    assert actions(way.site)[-1] == "signed in to the tool"
    with engine.connect() as connection:
        kept = str(connection.execute(sa.text("SELECT * FROM credential")).all())
    verifier = way.tool.forms[0]["code_verifier"]
    for secret in ("canary", verifier, CLIENT_KEY):
        assert secret not in kept
        assert secret not in page.text + after.text + admin.get("/settings/audit").text


def test_what_was_not_begun_here_ends_nowhere(way: Way) -> None:
    """A guessed state, another session, nobody, another role, too late, a second time."""
    admin, other = way.site.browser("admin"), way.site.browser("admin")
    path = way.come_back(way.begin(admin))
    cookie = admin.session.cookies["flagstaff-tool"]
    state = parse_qs(urlsplit(path).query)["state"][0]
    assert other.get(path).status_code == 403
    other.session.cookies.set("flagstaff-tool", cookie)
    assert other.get(path).status_code == 403
    for role in (None, "pmo", "viewer"):
        browser = way.site.browser(role)
        browser.session.cookies.set("flagstaff-tool", cookie)
        answer = browser.get(path)
        assert answer.status_code == 403
        assert "Location" not in answer.headers
    way.later = timedelta(minutes=11)
    assert admin.get(path).status_code == 403
    way.later = timedelta()
    assert admin.get(path.replace(state, "guessed")).status_code == 403
    assert way.tool.forms == []
    path = way.come_back(way.begin(admin))  # that one has ended the first
    assert admin.get(path).status_code == 303
    assert admin.get(path).status_code == 403
    assert len(way.tool.forms) == 1


def test_what_the_tool_says_is_told(way: Way) -> None:
    """Declined, out of date: in plain words, and the way in is there again."""
    admin = way.site.browser("admin")
    for says, expired, told in (
        ("access_denied", False, "The sign-in was declined in the tool."),
        ("invalid_scope", False, "invalid_scope: <b>told</b> by the tool"),
        ("yes", True, "did not accept the sign-in (invalid_grant: expired)"),
    ):
        way.tool.says, way.tool.expired = says, expired
        answer = admin.get(way.come_back(way.begin(admin)))
        assert answer.status_code == 502
        assert told in html.unescape(answer.text)
        assert "<b>told" not in answer.text
        assert "On to GitLab" in answer.text
    assert "signed in to the tool" not in actions(way.site)


def test_a_connection_without_a_login_says_so(way: Way) -> None:
    """Nor is there a way to it."""
    admin = way.site.browser("admin")
    assert "no login needed" in words(admin.get("/connections/plain/sign-in"))
    assert "/connections/plain/sign-in" not in admin.get("/connections/plain").text
    assert PATH in admin.get("/connections/code").text
    assert "flagstaff-tool" not in admin.session.cookies


def test_the_tool_sends_browsers_to_the_public_address(
    sqlite_store: sa.Engine, tmp_path: Path
) -> None:
    """Where one is said; where others reach us and none is, one has to be."""
    options = {"client_id": "app", "client_secret": "key"}
    also = {"connections": [{"name": "code", "connector": "gitlab", "options": options}]}
    for web, told in (
        ({"url": "https://flags.example.com/"}, "https://flags.example.com/sign-in/tool/back"),
        ({"listen": "0.0.0.0:0"}, "say the web address in Settings, General"),
    ):
        with served(sqlite_store, tmp_path, also=also, people="url" in web, **web) as site:
            admin = site.browser("admin")
            if "url" in web:
                secure = admin.session.cookies["flagstaff"]
                admin.session.cookies.set("__Host-flagstaff", secure)
            assert told in words(admin.get(PATH))
