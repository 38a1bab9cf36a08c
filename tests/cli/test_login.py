"""`flagstaff connections login`, from the printed address to the tokens in the store, against a
sign-in service that checks the challenge and takes each code once."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import threading
import webbrowser
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests

from connectors.gitlab.sandbox import CLIENT, CLIENT_KEY, GitLabSandbox
from connectors.sdk.records import Project
from connectors.sdk.sandbox import Reply, Request, serve
from sync_engine.cli import login
from sync_engine.cli.loopback import Loopback
from sync_engine.connect import KEY_FILE
from sync_engine.store.vault import KEY_BYTES, StoreTokens
from tests.cli.conftest import Flagstaff, Said

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


class Tool(GitLabSandbox):
    """A GitLab at which a person says yes or no."""

    def __init__(self) -> None:
        super().__init__([Project(id="site", name="Site", created_at=NOW)], lambda: NOW)
        self.says = "yes"
        self.asked: list[dict[str, str]] = []
        self.codes: dict[str, dict[str, str]] = {}
        self.forms: list[dict[str, str]] = []
        self.expired = False
        self.meanwhile: Callable[[dict[str, str]], object] = lambda _form: None

    def handle(self, request: Request) -> Reply:
        """As GitLab, and the part of the sign-in that a person sees."""
        if request.path == "/oauth/authorize":
            return self._ask_person({name: values[0] for name, values in request.query.items()})
        if request.path == "/oauth/token":
            form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
            self.forms.append(form)
            if form["grant_type"] == "authorization_code":
                self.meanwhile(form)
                return self._spend(form)
        return super().handle(request)

    def _ask_person(self, asked: dict[str, str]) -> Reply:
        self.asked.append(asked)
        said = {"state": asked["state"]}
        if self.says == "yes":
            said["code"] = f"canary-code-{len(self.asked)}"
            self.codes[said["code"]] = asked
        else:
            said |= {"error": self.says, "error_description": "<b>told</b> by the tool"}
        return Reply(302, b"", {"Location": f"{asked['redirect_uri']}?{urlencode(said)}"})

    def _spend(self, form: dict[str, str]) -> Reply:
        asked = self.codes.pop(form["code"], None)
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        shown = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        good = (
            asked is not None
            and not self.expired
            and (form["client_id"], form["client_secret"]) == (CLIENT, CLIENT_KEY)
            and form["redirect_uri"] == asked["redirect_uri"]
            and (shown, "S256") == (asked["code_challenge"], asked["code_challenge_method"])
        )
        if not good:
            return Reply.of({"error": "invalid_grant", "error_description": "expired"}, 400)
        number = 100 * len(self.asked)
        self.grant, self.bearer = f"canary-refresh-{number}", f"canary-access-{number}"
        return Reply.of({
            "access_token": self.bearer, "refresh_token": self.grant, "expires_in": 7200,
        })  # fmt: skip


@dataclass
class Browser:
    """What opens the address; `first` is done with the redirect before it is followed."""

    first: Callable[[str], object] = lambda _back: None
    follows: bool = True
    back: str = ""
    opened: list[str] = field(default_factory=list)
    pages: list[requests.Response] = field(default_factory=list)
    pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(2))

    def open(self, url: str) -> bool:
        """Like `webbrowser.open`, which does not wait."""
        self.opened.append(url)
        self.back = requests.get(url, allow_redirects=False, timeout=10).headers["Location"]
        if self.follows:
            self.pool.submit(self._follow)
        return True

    def _follow(self) -> None:
        self.first(self.back)
        self.pages.append(requests.get(self.back, timeout=10))

    def page(self) -> requests.Response:
        """The page at which it ended."""
        self.pool.shutdown()
        [page] = self.pages
        return page


@pytest.fixture
def tool() -> Iterator[tuple[Tool, str]]:
    """The tool, and where it is."""
    sandbox = Tool()
    with serve(sandbox) as url:
        yield sandbox, url


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    """A browser on a machine with a screen."""
    opened = Browser()
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(webbrowser, "open", opened.open)
    yield opened
    opened.pool.shutdown()


@pytest.fixture
def config(tool: tuple[Tool, str], tmp_path: Path) -> Path:
    """Two connections of one application, one with a token, one with a refresh token."""
    app = {"client_id": CLIENT, "client_secret": CLIENT_KEY}
    reach = {"url": tool[1], "allow_private_network": True}
    credentials = {
        "code": app, "other": app, "plain": {"token": "a-token"},
        "kept": {**app, "refresh_token": "refresh-1"},
    }  # fmt: skip
    entries: list[dict[str, Any]] = [
        {"name": name, "connector": "gitlab", "options": {**reach, **credential}}
        for name, credential in credentials.items()
    ]
    file = tmp_path / "flagstaff.yaml"
    file.write_text(json.dumps({"connections": entries}))
    return file


def log_in(flagstaff: Flagstaff, *more: str) -> Said:
    return flagstaff("connections", "login", "code", "--port", "0", *more)


def test_a_login_ends_signed_in_and_every_later_command_reads_by_it(
    flagstaff: Flagstaff, config: Path, tool: tuple[Tool, str], browser: Browser
) -> None:
    said = log_in(flagstaff)
    assert (said.code, said.out.count("as flagstaff.")) == (0, 1)
    assert browser.opened[0] in said.err
    page = browser.page()
    assert (page.status_code, "Signed in" in page.text) == (200, True)
    assert page.headers["Cache-Control"] == "no-store"
    assert "color-scheme:light dark" in page.text
    assert flagstaff("sync", "code", "--quiet").code == 0
    assert [form["grant_type"] for form in tool[0].forms] == ["authorization_code"]
    assert tool[0].asked[0]["scope"] == "read_api"


def test_a_token_that_runs_out_is_renewed_without_another_login(
    flagstaff: Flagstaff, config: Path, tool: tuple[Tool, str], browser: Browser
) -> None:
    log_in(flagstaff)
    tool[0].bearer = "revoked elsewhere"
    assert flagstaff("connections", "check", "code").code == 0
    assert tool[0].forms[-1]["refresh_token"] == "canary-refresh-100"


def test_no_code_verifier_or_token_is_ever_said_or_kept_in_clear(
    flagstaff: Flagstaff, config: Path, tool: tuple[Tool, str], browser: Browser
) -> None:
    heard = [log_in(flagstaff, "--verbose"), flagstaff("sync", "code", "--verbose")]
    tool[0].grant = tool[0].bearer = "lost"
    heard += [flagstaff("sync", "code", "--verbose"), flagstaff("doctor", "--json")]
    secrets = ("canary", tool[0].forms[0]["code_verifier"], CLIENT_KEY)
    told = "".join(each.out + each.err for each in heard) + browser.page().text
    assert not [secret for secret in secrets if secret in told]
    files = [file for file in config.parent.rglob("*") if file.is_file() and file != config]
    assert len(files) >= 2
    assert not [s for s in secrets for file in files if s.encode() in file.read_bytes()]


def test_nobody_has_signed_in_says_how_to(flagstaff: Flagstaff, config: Path) -> None:
    for command in (("connections", "check", "other"), ("sync", "other")):
        said = flagstaff(*command)
        assert said.code == 2
        assert "flagstaff connections login other" in said.out + said.err


def test_a_login_signs_in_its_own_connection_alone(
    flagstaff: Flagstaff, config: Path, browser: Browser
) -> None:
    assert log_in(flagstaff).code == 0
    assert "Nobody has signed in" in flagstaff("connections", "check", "other").out


def test_what_else_calls_the_page_does_no_harm(
    flagstaff: Flagstaff, config: Path, browser: Browser
) -> None:
    seen: list[int] = []

    def disturb(back: str) -> None:
        here, state = back.partition("?")[0], parse_qs(urlsplit(back).query)["state"][0]
        others = (
            here.replace("/callback", "/favicon.ico"),
            here,
            f"{here}?code=theirs&state=guessed",
            f"{here}?error=access_denied&state=guessed",
            f"{here}?code=theirs&state={state}&state={state}",
            f"{here}/?code=theirs&state={state}",
        )
        seen.extend(requests.get(url, timeout=10).status_code for url in others)
        seen.append(requests.post(here, timeout=10).status_code)

    browser.first = disturb
    assert log_in(flagstaff).code == 0
    assert seen == [404, 400, 400, 400, 400, 404, 501]
    assert browser.page().status_code == 200


def test_a_second_return_spends_no_second_code(
    flagstaff: Flagstaff, config: Path, tool: tuple[Tool, str], browser: Browser
) -> None:
    again: list[threading.Thread] = []

    def come_again(form: dict[str, str]) -> None:
        thread = threading.Thread(target=reload)
        thread.start()
        again.append(thread)

    statuses: list[int] = []

    def reload() -> None:
        try:
            statuses.append(requests.get(browser.back, timeout=10).status_code)
        except requests.ConnectionError:  # it came too late to be answered
            statuses.append(410)

    tool[0].meanwhile = come_again
    assert log_in(flagstaff).code == 0
    again[0].join()
    assert statuses == [410]
    assert len(tool[0].forms) == 1


@pytest.mark.parametrize(
    ("says", "told"),
    [("access_denied", "declined in the tool"), ("invalid_scope", "invalid_scope: <b>told</b>")],
)
def test_a_refusal_is_told_in_the_terminal_and_on_the_page(
    flagstaff: Flagstaff, config: Path, tool: tuple[Tool, str], browser: Browser,
    says: str, told: str,
) -> None:  # fmt: skip
    tool[0].says = says
    said = log_in(flagstaff)
    assert said.code == 2
    assert told in said.err
    assert "<b>" not in browser.page().text
    assert tool[0].forms == []


def test_an_expired_code_keeps_what_was_there(
    flagstaff: Flagstaff, config: Path, tool: tuple[Tool, str], browser: Browser
) -> None:
    log_in(flagstaff)
    tool[0].expired = True
    browser.pages.clear()
    said = log_in(flagstaff)
    assert (said.code, "invalid_grant: expired" in said.err) == (2, True)
    assert "invalid_grant" in browser.page().text
    tool[0].bearer, tool[0].grant = "canary-access-100", "canary-refresh-100"
    assert flagstaff("connections", "check", "code").code == 0


def test_dying_between_exchange_and_save_leaves_what_was_there_and_another_login_mends_it(
    flagstaff: Flagstaff, config: Path, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_in(flagstaff)
    held = flagstaff("connections", "check", "code").code
    with monkeypatch.context() as patch:
        patch.setattr(StoreTokens, "save", _die)
        browser.pages.clear()
        assert log_in(flagstaff).code == 130
        browser.pages.clear()
    said = flagstaff("connections", "check", "code")
    assert (held, said.code) == (0, 2)  # the tool has voided the first sign-in; nothing is half
    assert "flagstaff connections login code" in said.out
    assert log_in(flagstaff).code == 0


def _die(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_store_that_cannot_be_written_is_told_and_the_page_says_so_too(
    flagstaff: Flagstaff, config: Path, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(StoreTokens, "save", full)
    said = log_in(flagstaff)
    assert (said.code, "disk is full" in said.err) == (1, True)
    assert browser.page().status_code == 500


def test_another_master_key_stops_reading_until_somebody_signs_in_again(
    flagstaff: Flagstaff, config: Path, browser: Browser
) -> None:
    log_in(flagstaff)
    (config.parent / KEY_FILE).write_bytes(b"k" * KEY_BYTES)
    assert "another master key" in flagstaff("connections", "check", "code").out
    assert log_in(flagstaff).code == 0
    assert flagstaff("connections", "check", "code").code == 0


def test_a_browser_that_never_returns_is_given_up(
    flagstaff: Flagstaff, config: Path, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser.follows = False
    monkeypatch.setattr(login, "WAIT", 0.01)
    said = log_in(flagstaff)
    assert (said.code, "did not come back" in said.err) == (2, True)


def test_the_address_at_which_a_browser_elsewhere_ended_can_be_pasted(
    flagstaff: Flagstaff, config: Path, tool: tuple[Tool, str], browser: Browser,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    class Pasting:
        lines = iter(("canary-code-1", "http://[", "https://pmo.example.com/?code=x&state=y"))

        def isatty(self) -> bool:
            return False

        def readline(self) -> str:
            return next(self.lines, browser.back) + "\n"

    browser.follows = False
    monkeypatch.setattr("sys.stdin", Pasting())
    back = "https://pmo.example.com/signed-in"
    said = flagstaff("--json", "connections", "login", "code", "--paste", "--redirect", back)
    assert (said.code, said.json["account"]) == (0, "flagstaff")
    assert said.err.count("not the whole address") == 3
    assert tool[0].forms[0]["redirect_uri"] == back


def test_what_is_pasted_on_a_terminal_is_not_shown(
    flagstaff: Flagstaff, config: Path, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    def prompt(_text: str, *, hide_input: bool, err: bool) -> str:
        assert hide_input
        assert err
        return f" {browser.back} "

    browser.follows = False
    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr("typer.prompt", prompt)
    assert flagstaff("connections", "login", "code", "--paste").code == 0


def test_nothing_pasted_ends_the_login(
    flagstaff: Flagstaff, config: Path, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser.follows = False
    monkeypatch.setattr("sys.stdin", io.StringIO())
    said = flagstaff("connections", "login", "code", "--paste")
    assert (said.code, "No address was pasted" in said.err) == (1, True)
    assert "http%3A%2F%2F127.0.0.1%3A8651%2Fcallback" in said.err


def test_without_a_browser_the_address_is_still_printed(
    flagstaff: Flagstaff, config: Path, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(login, "WAIT", 0.01)
    said = log_in(flagstaff, "--no-browser", "--quiet")
    assert "/oauth/authorize?response_type=code" in said.err
    assert browser.opened == []
    monkeypatch.delenv("DISPLAY")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    log_in(flagstaff)
    assert browser.opened == []


def test_a_redirect_on_this_machine_is_listened_at(
    flagstaff: Flagstaff, config: Path, tool: tuple[Tool, str], browser: Browser
) -> None:
    with Loopback(0, "/") as free:
        port = free.port
    back = f"http://localhost:{port}/signed-in/here"
    assert flagstaff("connections", "login", "code", "--redirect", back).code == 0
    assert tool[0].forms[0]["redirect_uri"] == back


def test_a_taken_port_is_told(flagstaff: Flagstaff, config: Path, browser: Browser) -> None:
    with Loopback(0, "/") as other:
        said = flagstaff("connections", "login", "code", "--port", str(other.port))
    assert (said.code, f"Port {other.port}" in said.err) == (1, True)
    assert browser.opened == []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("plain",), "no login needed"),
        (("kept",), "take it out"),
        (("nowhere",), "nowhere"),
        (("code", "--redirect", "https://pmo.example.com/back"), "--paste"),
        (("code", "--redirect", "http://pmo.example.com/back"), "--paste"),
        (("code", "--redirect", "nonsense"), "begins with http"),
        (("code", "--redirect", "http://localhost:99999/"), "no valid address"),
        (("code", "--redirect", "http://localhost:1/#x", "--paste"), "begins with http"),
        (("code", "--redirect", "http://localhost:8651/", "--port", "1"), "Either"),
    ],
)
def test_what_cannot_be_is_refused_before_any_browser(
    flagstaff: Flagstaff, config: Path, browser: Browser, arguments: tuple[str, ...], told: str
) -> None:
    said = flagstaff("connections", "login", *arguments)
    assert (said.code, told in said.err) == (1, True)
    assert browser.opened == []
