"""What a hostile page, a forged form, a guessing stranger cannot do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import requests
import sqlalchemy as sa

from sync_engine import accounts
from sync_engine.accounts import TRIES_OF_ADDRESS
from sync_engine.web.console import tokens
from sync_engine.web.console.ask import local
from sync_engine.web.console.site import DEMO
from sync_engine.web.console.start_code import TRIES, StartCode
from sync_engine.web.hosts import REFUSED
from tests.console.portfolio import HOSTILE, fill
from tests.console.site import PASSWORD, PEOPLE, Browser, Site, served

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


def door(browser: Browser, password: str = PASSWORD, **more: str) -> requests.Response:
    """Sign in as the viewer."""
    fields = {"address": PEOPLE["viewer"].address, "password": password, **more}
    return browser.post("/sign-in", **fields)


def test_every_answer_carries_the_headers(site: Site) -> None:
    """Pages, errors, redirects, assets, probes."""
    browser = site.browser("viewer")
    for path in (
        "/",
        "/sign-in",
        "/nothing",
        "/static/0/x.css",
        "/healthz",
        "/metrics",
        "/api/v1/flags",
        "/api/v1/nothing",
        "/connections/none",
        "/settings/users",
    ):
        headers = browser.get(path).headers
        assert headers["Content-Security-Policy"] == POLICY, path
        assert headers["X-Content-Type-Options"] == "nosniff", path
        assert headers["Referrer-Policy"] == "same-origin", path
        assert "camera=()" in headers["Permissions-Policy"], path
        assert "Access-Control-Allow-Origin" not in headers, path
        assert headers["Cache-Control"] == "no-store", path
        assert "server" not in headers, path
    style = site.console.templates.globals["asset"]("flagstaff.css")  # type: ignore[operator]
    kept = browser.get(style)
    assert kept.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert kept.headers["Content-Encoding"] == "gzip"


def test_the_first_view_is_small(site: Site) -> None:
    """Page, style, script and picture together, as they travel."""
    browser, total = site.browser("admin"), 0
    asset: Any = site.console.templates.globals["asset"]
    names = ("flagstaff.css", "flagstaff.js", "flagstaff.svg")
    for path in ("/", *(asset(name) for name in names)):
        answer = browser.session.get(site.address + path, stream=True, timeout=30)
        total += len(answer.raw.read(decode_content=False))
    assert 3_000 < total < 100_000


def test_the_cookie_is_for_us_alone(sqlite_store: sa.Engine, tmp_path: Path) -> None:
    """On https by its name, too."""
    for url, start, secure in (
        (None, "flagstaff=", False), ("https://pmo.acme.example", "__Host-flagstaff=", True),
    ):  # fmt: skip
        folder = tmp_path / start[:3]
        folder.mkdir()
        with served(
            sqlite_store, folder, people=url is None, **({"url": url} if url else {})
        ) as it:
            cookie = door(it.browser() if not secure else _Https(it)).headers["Set-Cookie"]
        found = next(part for part in cookie.split(", ") if part.startswith(start))
        assert "HttpOnly" in found
        assert "SameSite=lax" in found
        assert "Path=/" in found
        assert ("Secure" in found) is secure


class _Https(Browser):
    """Behind a proxy that ends https: cookies that are for https come back all the same."""

    def ask(self, method: str, path: str, headers: Any = None, data: Any = None) -> Any:
        held = "; ".join(f"{each.name}={each.value}" for each in self.session.cookies)
        return super().ask(method, path, {**(headers or {}), "Cookie": held}, data)


def test_signing_in_renews_the_session(site: Site) -> None:
    """What somebody planted before is not what one has afterwards."""
    browser = site.browser()
    browser.session.cookies.set("flagstaff", "planted")
    assert door(browser).status_code == 303
    held = [each.value for each in browser.session.cookies if each.name == "flagstaff"]
    assert "planted" not in held[-1:]
    assert browser.get("/").status_code == 200


def test_signed_out_everywhere_is_everywhere(site: Site) -> None:
    """The other browser is at the door, too."""
    one, other = site.browser("viewer"), site.browser("viewer")
    assert one.post("/sign-out-everywhere").headers["Location"] == "/sign-in"
    assert other.get("/").status_code == 303


def test_who_is_not_there_cannot_be_told(site: Site) -> None:
    """The same page but for what was typed, then the same refusal."""
    pages = []
    for address in (PEOPLE["viewer"].address, "nobody@acme.example"):
        browser = site.browser()
        answers = [door(browser, "wrong", address=address) for _ in range(TRIES_OF_ADDRESS + 1)]
        assert [each.status_code for each in answers] == [401] * TRIES_OF_ADDRESS + [429]
        pages.append(_without_proofs(answers[0].text).replace(address, "X"))
    assert pages[0] == pages[1]
    assert door(site.browser()).status_code == 429


def _without_proofs(page: str) -> str:
    import re

    return re.sub(r'name="_csrf" value="[^"]+"', "", page)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"},
    ],
)
def test_a_form_of_another_page_is_refused(site: Site, headers: dict[str, str]) -> None:
    """Even with the right proof: also at the door, for each unsafe route."""
    browser = site.browser("viewer")
    proof = tokens.csrf(browser.session.cookies["flagstaff"])
    for path in ("/sign-out", "/sign-out-everywhere", "/theme", "/sign-in", "/start"):
        answer = browser.ask("POST", path, headers, {"_csrf": proof, "theme": "dark"})
        assert answer.status_code == 403, path
        assert "Set-Cookie" not in answer.headers, path
    assert browser.get("/").status_code == 200


def test_a_form_without_its_proof_is_refused(site: Site) -> None:
    """None, somebody else's, one that is none."""
    browser = site.browser("viewer")
    for proof in ("", tokens.csrf("another"), "x" * 88, "\u00e9", "AAAA"):
        assert browser.post("/sign-out", csrf=proof).status_code == 403, proof
    assert browser.post("/sign-out").status_code == 303


def test_a_proof_is_of_one_browser_and_never_the_same_twice() -> None:
    """So that compression tells nothing of it."""
    one, two = tokens.csrf("held"), tokens.csrf("held")
    assert one != two
    assert tokens.csrf_fits("held", one)
    assert tokens.csrf_fits("held", two)
    assert not tokens.csrf_fits("other", one)


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("application/json", b"{}", 400),
        ("text/plain", b"_csrf=x", 400),
        ("multipart/form-data; boundary=x", b"--x\r\nnonsense", 403),
        ("multipart/form-data", b"x", 400),
        ("application/x-www-form-urlencoded", b"a=1&" * 3000, 400),
        ("application/x-www-form-urlencoded", b"a" * 600_000, 413),
        ("application/x-www-form-urlencoded", b"theme=%ff%fe", 403),
    ],
)
def test_a_body_of_another_shape_is_refused(
    site: Site, kind: str, body: bytes, status: int
) -> None:
    """In plain words."""
    headers = {"Origin": site.address, "Content-Type": kind}
    answer = site.browser("viewer").ask("POST", "/theme", headers, body)
    assert answer.status_code == status
    assert "<h1>" in answer.text
    assert "Traceback" not in answer.text


def test_fields_of_another_shape_are_refused(site: Site) -> None:
    """Twice, too long, with what is no text, in fields that nobody reads, too."""
    browser = site.browser("viewer")
    assert "no text" in browser.post("/theme", theme="dark", other="\x00").text
    assert "no text" in browser.post("/theme", **{"theme": "dark", "other\x00": "1"}).text
    for theme in (["dark", "light"], "x" * 20_000, "a\x00b", "pink"):
        answer = browser.post("/theme", theme=theme)
        assert answer.status_code == 400
        assert "<h1>That could not be read</h1>" in answer.text


def test_another_name_for_this_machine_is_refused(site: Site) -> None:
    """A page elsewhere whose name was made to lead here reads nothing."""
    answer = site.browser("viewer").get("/", Host="evil.example:8650")
    assert answer.status_code == 400
    assert "not known by this name" in answer.text


@pytest.mark.parametrize("host", ["[", "[::", "a b", "a/api/v1", "user@a", "a:99999", "a:b"])
def test_what_is_no_name_of_a_machine_is_refused_with_the_headers(site: Site, host: str) -> None:
    for path in ("/", "/api/v1/flags", "/healthz"):
        answer = site.browser().get(path, Host=host)
        assert (answer.status_code, answer.text) == (400, REFUSED)
        assert answer.headers["Content-Security-Policy"] == POLICY
    assert site.browser("viewer").get("/", Host="[::1]:8650").status_code == 200


@pytest.mark.parametrize(
    "path",
    ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "x",
     "/a\r\nSet-Cookie: x=1", "", "/\t/evil.example"],
)  # fmt: skip
def test_nobody_is_sent_elsewhere(site: Site, path: str) -> None:
    """After signing in, or by the switch."""
    assert local(path) == "/"
    assert door(site.browser(), next=path).headers["Location"] == "/"
    assert site.browser("viewer").post("/theme", theme="dark", back=path).headers["Location"] == "/"


def test_hostile_names_are_text(site: Site) -> None:
    """Without what would reverse it."""
    page = site.browser("viewer").get("/").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; txt.exe" in page
    assert HOSTILE not in page
    assert "\u202e" not in page
    assert "\u2066" not in page


def test_what_goes_wrong_is_told_without_a_traceback(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Our mistake: 500; the store is away: 503, with its style all the same."""

    def broken(*_: Any) -> Any:
        raise RuntimeError("a secret of the inside")

    def away(*_: Any) -> Any:
        raise sa.exc.OperationalError("SELECT a secret", {}, Exception("disk I/O error"))

    for failing, status in ((broken, 500), (away, 503)):
        browser = site.browser("viewer")
        monkeypatch.setattr(accounts, "of_session", failing)
        headers = {"X-Forwarded-Proto": "https", "Cookie": "__Host-flagstaff=any"}
        answer = browser.get("/", **headers)
        assert answer.status_code == status
        assert "secret" not in answer.text
        assert answer.headers["Content-Security-Policy"] == POLICY
        assert answer.headers["Strict-Transport-Security"].startswith("max-age=")
    style = site.console.templates.globals["asset"]("flagstaff.css")  # type: ignore[operator]
    assert site.browser().get(style).status_code == 200
    api = site.browser().get("/api/v1/nothing")
    assert api.status_code == 404
    assert set(api.json()) == {"error"}


def test_the_first_account_needs_the_code_and_only_once(fresh: Site) -> None:
    """A wrong code, a short password, the right one; then there is nothing to begin any more."""
    browser, code = fresh.browser(), fresh.console.start_code.code
    fields = {"name": "Ada", "address": "ada@acme.example", "password": PASSWORD}
    assert browser.get("/").headers["Location"].startswith("/sign-in")
    assert browser.get("/sign-in").headers["Location"] == "/start"
    proof = tokens.csrf(_guest(browser, "/start"))

    def begin(**more: str) -> requests.Response:
        return browser.post("/start", csrf=proof, **{**fields, **more})

    assert begin(code="AAAA-AAAA").status_code == 403
    assert begin(code=code, password="short").status_code == 422
    assert begin(code=code, address="ada").status_code == 422
    assert begin(code=code.lower().replace("-", " ")).headers["Location"] == "/setup"
    assert fresh.browser().get("/start").headers["Location"] == "/"
    late = fresh.browser()
    proof = tokens.csrf(_guest(late, "/sign-in"))
    answer = late.post("/start", csrf=proof, **fields, code=code)
    assert answer.headers["Location"] == "/sign-in"


def _guest(browser: Browser, path: str) -> str:
    browser.get(path)
    return str(browser.session.cookies["flagstaff-guest"])


def test_a_code_cannot_be_guessed_for_long() -> None:
    """Some wrong tries, and even the right one is not taken."""
    code = StartCode()
    assert StartCode().code != code.code
    assert all(not code.fits("x") for _ in range(TRIES))
    assert code.used_up
    assert not code.fits(code.code)


def test_a_store_without_accounts_is_told_of(
    fresh: Site, capsys: pytest.CaptureFixture[str], sqlite_store: sa.Engine, tmp_path: Path
) -> None:
    """With the code; open to the network without https, more plainly."""
    from sync_engine import logs

    logs.configure("plain")
    fresh.console.greet("http://127.0.0.1:1")
    said = capsys.readouterr().err
    assert (
        f"Open http://127.0.0.1:1/start and enter the code {fresh.console.start_code.code}" in said
    )
    assert "unencrypted" not in said
    folder = tmp_path / "open"
    folder.mkdir()
    with served(sqlite_store, folder, people=False, listen="0.0.0.0:8650") as wide:
        wide.console.greet("http://0.0.0.0:8650")
        assert "unencrypted" in capsys.readouterr().err
        assert "not encrypted" in wide.browser().get("/sign-in?next=/").text or (
            wide.browser().get("/start").status_code == 200
        )


def test_a_fresh_start_is_reached_from_this_machine_alone(
    fresh: Site, sqlite_store: sa.Engine, tmp_path: Path
) -> None:
    """And opened to the network, it still shows nothing to who has no account."""
    assert fresh.console.host == "127.0.0.1"
    folder = tmp_path / "open"
    folder.mkdir()
    with served(sqlite_store, folder, people=False, listen="0.0.0.0:8650") as wide:
        for site in (fresh, wide):
            browser = site.browser()
            assert browser.get("/flags").headers["Location"].startswith("/sign-in")
            assert browser.get("/api/v1/flags").status_code == 401


def test_the_demonstration_is_read_only(sqlite_store: sa.Engine, tmp_path: Path) -> None:
    """Signed in from the first page, and nothing can be changed but the colours."""
    fill(sqlite_store)
    with served(sqlite_store, tmp_path, people=False, demo=DEMO) as site:
        browser = site.browser()
        assert "A demonstration" in browser.get("/").text
        proof = tokens.csrf(_guest(browser, "/sign-in"))
        assert browser.post("/theme", csrf=proof, theme="dark").status_code == 303
        refused = browser.post("/sign-out-everywhere", csrf=proof)
        assert refused.status_code == 403
        assert "demonstration" in refused.text
