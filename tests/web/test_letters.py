"""The links of digests on a real address: what they ask, do once, and refuse in plain words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import requests
import sqlalchemy as sa
from prometheus_client import CollectorRegistry

from sync_engine import clock
from sync_engine.digest import leaving, outbox
from sync_engine.digest.links import LIFE, Claim, Links, Purpose
from sync_engine.settings import load
from sync_engine.store.audit_models import AuditRow
from sync_engine.store.digest_models import DigestReader
from sync_engine.store.flag_models import FlagEvent, FlagRow, Waiver
from sync_engine.subscriptions import links as links_of
from sync_engine.web.app import Probe, make_app
from sync_engine.web.letters import Letters
from sync_engine.web.listener import Listener

MARIA = "maria@example.com"
HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(1)> \u202e \r\nSet-Cookie: a=b'

_flag = FlagRow.__table__  # type: ignore[attr-defined]
_audit = AuditRow.__table__  # type: ignore[attr-defined]
_reader = DigestReader.__table__  # type: ignore[attr-defined]
_event = FlagEvent.__table__  # type: ignore[attr-defined]
_waiver = Waiver.__table__  # type: ignore[attr-defined]


@dataclass
class Desk:
    """The served pages, the store behind them, and who signs."""

    address: str
    engine: sa.Engine
    links: Links

    def link(self, purpose: Purpose = "acknowledge", flag: str = "f1", **values: object) -> str:
        """The address of a link for Maria, as a digest of now would have it."""
        opened = self.one(sa.select(_flag.c.opened_at).where(_flag.c.fingerprint == flag))
        held = {"recipient": MARIA, "opened_at": opened, "expires_at": clock.now() + LIFE} | values
        token = self.links.sign(purpose, Claim(flag=flag, **held))  # type: ignore[arg-type]
        return f"{self.address}/letters/{purpose}/{token}"

    def one(self, query: sa.Select[tuple[object]]) -> object:
        with self.engine.connect() as connection:
            return connection.execute(query).scalar_one()

    def all(self, query: sa.Select[tuple[object]]) -> list[object]:
        with self.engine.connect() as connection:
            return list(connection.execute(query).scalars())

    def set(self, **values: object) -> None:
        with self.engine.begin() as connection:
            connection.execute(sa.update(_flag).values(**values))

    @property
    def state(self) -> object:
        return self.one(sa.select(_flag.c.state))

    @property
    def audited(self) -> list[object]:
        return self.all(sa.select(_audit.c.action).order_by(_audit.c.id))


def said(answer: requests.Response) -> str:
    """A page as it is read."""
    body = re.sub(r"<style>.*?</style>", "", answer.text, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


@pytest.fixture
def desk(store: sa.Engine, tmp_path: Path) -> Iterator[Desk]:
    yield from serve(store, tmp_path)


@pytest.fixture
def sqlite_desk(sqlite_store: sa.Engine, tmp_path: Path) -> Iterator[Desk]:
    yield from serve(sqlite_store, tmp_path)


def serve(store: sa.Engine, tmp_path: Path) -> Iterator[Desk]:
    """The pages over a store with one open flag."""
    file = tmp_path / "flagstaff.yaml"
    file.write_text('{"connections": [], "web": {"url": "https://flagstaff.example.com/"}}')
    configuration = load(file)
    now = clock.now() - timedelta(days=3, microseconds=7)
    with store.begin() as connection:
        connection.execute(
            sa.insert(_flag).values(
                fingerprint="f1", standard="s", pack="p", standard_version="1", standard_title="s",
                subject="task", subject_id="1", severity="high", state="open", said="No owner.",
                remedy="", title="Write the handbook", key="OPS-1", opened_at=now,
                first_opened_at=now, assessed_at=now, url="https://jira.example.com/OPS-1",
            )
        )  # fmt: skip
    letters = Letters(lambda: configuration, store)
    probe: Probe = lambda: (True, {})  # noqa: E731
    app = make_app(
        healthz=probe, readyz=probe, metrics=CollectorRegistry(), routers=[letters.router()]
    )
    listener = Listener("127.0.0.1:0", app)
    links = links_of(configuration, store)
    assert links is not None
    yield Desk(listener.address, store, links)
    listener.close()


def test_opening_a_link_changes_nothing(desk: Desk) -> None:
    for purpose in ("acknowledge", "waive"):
        for method in ("GET", "HEAD"):
            for _ in range(3):
                answer = requests.request(method, desk.link(purpose), timeout=30)
                assert answer.status_code == 200
    assert (desk.state, desk.audited, desk.all(sa.select(_event.c.id))) == ("open", [], [])


def test_the_button_acknowledges_once_and_it_is_written_down(desk: Desk) -> None:
    link = desk.link()
    asked = requests.get(link, timeout=30)
    assert "OPS-1 Write the handbook No owner." in said(asked)
    assert requests.post(link, timeout=30).status_code == 200
    assert desk.state == "acknowledged"
    assert desk.one(sa.select(_event.c.actor)) == MARIA
    assert desk.audited == ["flag acknowledged"]
    assert desk.one(sa.select(_audit.c.via)) == "mail"
    for again in (requests.get, requests.post):
        answer = again(link, timeout=30)
        assert answer.status_code == 404
        assert "This link was used already, on" in said(answer)
    assert desk.audited == ["flag acknowledged"]


def test_waiving_asks_for_a_reason_and_a_day(desk: Desk) -> None:
    link = desk.link("waive")
    today = clock.now().date()
    for form, wrong in (
        ({}, "Say why"),
        ({"reason": "  ", "until": today.isoformat()}, "Say why"),
        ({"reason": "x" * 1001, "until": today.isoformat()}, "Say why"),
        ({"reason": "a\x00", "until": today.isoformat()}, "Say why"),
        ({"reason": "agreed", "until": "soon"}, "Write the day as"),
        ({"reason": "agreed", "until": (today - timedelta(days=1)).isoformat()}, "Choose a day"),
        ({"reason": "agreed", "until": (today + timedelta(days=999)).isoformat()}, "Choose a day"),
    ):
        answer = requests.post(link, data=form, timeout=30)
        assert answer.status_code == 422
        assert wrong in said(answer)
    assert (desk.state, desk.audited) == ("open", [])
    until = today + timedelta(days=30)
    form = {"reason": HOSTILE, "until": until.isoformat()}
    assert requests.post(link, data=form, timeout=30).status_code == 200
    waived: object = desk.state
    assert waived == "waived"
    assert desk.one(sa.select(_waiver.c.approver)) == MARIA
    assert desk.one(sa.select(_waiver.c.until)) == until
    desk.set(state="open", waived_until=None)  # the waiver ended
    assert "used already" in said(requests.post(link, data=form, timeout=30))
    assert desk.state == "open"


def test_forged_cut_moved_and_expired_links_are_refused(desk: Desk) -> None:
    good = desk.link()
    token = good.rpartition("/")[2]
    other = Links(b"another key of thirty-two bytes!", "https://flagstaff.example.com")
    opened = desk.one(sa.select(_flag.c.opened_at))
    forged = other.sign("acknowledge", Claim(MARIA, "f1", opened, clock.now() + LIFE))  # type: ignore[arg-type]
    for bad in (
        good[:-1], good + "x", f"{desk.address}/letters/waive/{token}",
        f"{desk.address}/letters/acknowledge/{forged}", f"{desk.address}/letters/delete/{token}",
        f"{desk.address}/letters/acknowledge/{'x' * 5000}", f"{good}%00",
    ):  # fmt: skip
        for ask in (requests.get, requests.post):
            answer = ask(bad, timeout=30)
            assert answer.status_code == 404
            assert "not one of ours, or it is not complete" in said(answer)
    late = desk.link(expires_at=clock.now() - timedelta(minutes=1))
    assert "has expired: links in digests hold for 14 days" in said(requests.post(late, timeout=30))
    assert (desk.state, desk.audited) == ("open", [])


def test_what_is_settled_is_said(desk: Desk) -> None:
    link = desk.link()
    for values, words in (
        ({"state": "acknowledged", "acknowledged_by": "Bo"}, "Bo takes care of it already"),
        ({"state": "waived"}, "accepted already"),
        ({"state": "resolved"}, "solved already"),
        ({"state": "open", "opened_at": clock.now()}, "solved and raised again since"),
    ):
        desk.set(**values)
        for ask in (requests.get, requests.post):
            assert words in said(ask(link, timeout=30))
    assert desk.audited == []


def test_the_pages_carry_nothing_foreign(desk: Desk) -> None:
    desk.set(title=HOSTILE, said=HOSTILE, key=HOSTILE, owner=HOSTILE, url="javascript:alert(1)")
    for purpose in ("acknowledge", "waive"):
        answer = requests.get(desk.link(purpose), timeout=30)
        assert "<script" not in answer.text
        assert "<img" not in answer.text
        assert "javascript:" not in answer.text
        assert "\u202e" not in answer.text
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "Set-Cookie" not in answer.headers
    answer = requests.post(desk.link("waive"), data={"reason": HOSTILE, "until": "x"}, timeout=30)
    assert "<script" not in answer.text


def test_one_click_unsubscribes_and_the_page_takes_back(desk: Desk) -> None:
    now = clock.now()
    token = outbox.meet(desk.engine, "core", [MARIA], now)[MARIA].token
    url = f"{desk.address}/unsubscribe/{token}"
    assert "End this?" in said(requests.get(url, timeout=30))
    assert leaving.members(desk.engine)[0].left_at is None
    answer = requests.post(
        url, data={"List-Unsubscribe": "One-Click"}, timeout=30, allow_redirects=False
    )
    assert answer.status_code == 200
    assert leaving.members(desk.engine, "core")[0].left_at is not None
    assert requests.post(url, timeout=30).status_code == 200
    assert "not sent to maria@example.com any more" in said(requests.get(url, timeout=30))
    assert requests.post(f"{desk.address}/subscribe/{token}", timeout=30).status_code == 200
    assert leaving.members(desk.engine)[0].left_at is None
    assert desk.audited == ["digest unsubscribed", "digest subscribed again"]
    for path in ("unsubscribe", "subscribe"):
        for wrong in ("wrong", "%00", "%FF"):
            answer = requests.post(f"{desk.address}/{path}/{wrong}", timeout=30)
            assert answer.status_code == 404, (path, wrong)


def test_what_is_posted_is_bounded(desk: Desk) -> None:
    answer = requests.post(desk.link("waive"), data=b"reason=" + b"x" * 10_000_000, timeout=30)
    assert answer.status_code == 422
    assert desk.state == "open"


def test_of_two_at_the_same_moment_one_acts(desk: Desk) -> None:
    link = desk.link()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: requests.post(link, timeout=30).status_code, range(8)))
    assert sorted(answers) == [200, *[404] * 7]
    assert desk.audited == ["flag acknowledged"]


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_can_be_used_by_everybody(sqlite_desk: Desk, chromium: Any, scheme: Any) -> None:
    """axe finds nothing, nothing runs off a phone's screen, and the keyboard is enough."""
    from axe_playwright_python.sync_playwright import Axe

    desk = sqlite_desk
    token = outbox.meet(desk.engine, "core", [MARIA], clock.now())[MARIA].token
    context = chromium.new_context(
        viewport={"width": 390, "height": 844}, color_scheme=scheme, bypass_csp=True
    )
    page = context.new_page()
    for url in (desk.link("waive"), f"{desk.address}/unsubscribe/{token}", desk.link()):
        page.goto(url)
        assert Axe().run(page).violations_count == 0
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("button", name="Yes, I take care of it").press("Enter")
    page.get_by_role("heading", name="Done").wait_for()
    context.close()
    assert desk.state == "acknowledged"
