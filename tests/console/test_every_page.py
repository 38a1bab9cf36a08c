"""What every page keeps: WCAG by axe, 320 px, light and dark, no script, keyboard, no error of the
browser. A page is one line in `PAGES`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.console import form_pages, pages
from tests.console.pages import Page
from tests.console.site import Site

pytestmark = pytest.mark.browser
Kind = TypeVar("Kind", bound=Page)
SHOTS = Path("out/screenshots")
LEVELS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
LOOKS = ((320, "dark"), (390, "light"), (1280, "dark"), (1280, "light"))
"""Widths and colour schemes; a look at each from the narrowest, where most goes wrong."""
WCAG = {"runOnly": {"type": "tag", "values": list(LEVELS)}}

REFUSED = re.compile(r"status of (409|422) ")
"""A form that is refused in words: the browser notes it, and nothing is wrong."""

PAGES: dict[str, tuple[type[Page], str | None]] = {
    "sign-in": (pages.Door, None),
    "overview": (pages.Overview, "admin"),
    "overview-of-a-manager": (pages.Overview, "manager"),
    "digests": (pages.Digests, "admin"),
    "digest-form": (pages.DigestForm, "pmo"),
    "preview": (pages.Preview, "viewer"),
    "deliveries": (pages.Deliveries, "viewer"),
    "delivery": (pages.Delivery, "pmo"),
    "settings": (pages.Settings, "manager"),
    "tokens": (pages.Tokens, "admin"),
    "users": (pages.Users, "admin"),
    "user-form": (pages.UserForm, "admin"),
    "general": (pages.General, "admin"),
    "mail-form": (pages.MailForm, "admin"),
    "sign-in-form": (pages.SignInForm, "admin"),
    "channels": (form_pages.Channels, "admin"),
    "channel-form": (form_pages.ChannelForm, "admin"),
    "people-entries": (pages.PeopleEntries, "pmo"),
    "person-form": (pages.PersonForm, "pmo"),
    "audit-log": (pages.AuditLog, "admin"),
    "about": (pages.About, "admin"),
    "flags": (pages.Flags, "admin"),
    "flags-of-a-viewer": (pages.Flags, "viewer"),
    "flags-grouped": (pages.GroupedFlags, "pmo"),
    "flags-misread": (pages.MisreadFlags, "pmo"),
    "flags-chosen": (pages.ChosenFlags, "manager"),
    "flag": (pages.FlagPage, "pmo"),
    "projects": (pages.Projects, "viewer"),
    "project": (pages.Project, "manager"),
    "people": (pages.People, "pmo"),
    "person": (pages.Person, "manager"),
    "standards": (pages.Standards, "pmo"),
    "standards-of-a-manager": (pages.Standards, "manager"),
    "standard": (pages.Standard, "pmo"),
    "standard-tuned": (pages.Tune, "pmo"),
    "standards-new-pack": (pages.NewPack, "pmo"),
    "facts": (pages.Facts, "viewer"),
    "connections": (pages.Connections, "admin"),
    "connections-of-a-manager": (pages.Connections, "manager"),
    "connection-tools": (pages.Tools, "admin"),
    "connection-new": (pages.NewConnection, "admin"),
    "connection": (pages.ConnectionPage, "admin"),
    "connection-of-a-manager": (pages.ConnectionPage, "manager"),
    "connection-runs": (pages.Runs, "admin"),
    "connection-items": (pages.Items, "pmo"),
    "connection-item": (pages.FoundItem, "pmo"),
    "connection-words": (pages.Words, "pmo"),
    "connection-settings": (pages.ConnectionSettings, "admin"),
    "connection-writeback": (form_pages.Writeback, "admin"),
    "connection-sign-in": (form_pages.SignInToTool, "admin"),
    "connection-check": (pages.Check, "admin"),
    "setup": (pages.Setup, "admin"),
    "setup-packs": (pages.SetupPacks, "pmo"),
    "setup-digest": (pages.SetupDigest, "admin"),
    "same-person": (pages.SamePerson, "pmo"),
}
"""By name: the page, and who looks at it (None: nobody is signed in)."""


@contextmanager
def shown(
    site: Site, chromium: Any, kind: type[Kind], role: str | None, token: str = "", **options: Any
) -> Iterator[Kind]:
    """A page in a browser of its own; afterwards the browser had nothing to complain about.

    Args:
        token: of a session to go on with; "": a new one of the role.
    """
    context = chromium.new_context(**options)
    if role is not None:
        token = token or site.browser(role).session.cookies["flagstaff"]
        context.add_cookies([{"name": "flagstaff", "value": token, "url": site.address}])
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    found = kind(site, page)
    found.open()
    yield found
    context.close()
    assert [each for each in complaints if not REFUSED.search(each)] == []


@pytest.mark.parametrize("name", PAGES)
def test_a_page_can_be_read_by_everyone(site: Site, chromium: Any, name: str) -> None:
    """No violation of WCAG 2.2 AA, and no scrolling sideways: narrow and wide, light and dark."""
    kind, role = PAGES[name]
    SHOTS.mkdir(parents=True, exist_ok=True)
    with shown(site, chromium, kind, role) as page:
        assert page.heading == kind.title
        for width, scheme in LOOKS:
            page.page.set_viewport_size({"width": width, "height": 900})
            page.page.emulate_media(color_scheme=scheme)
            assert page.page.evaluate("document.documentElement.scrollWidth") <= width
            found = Axe().run(page.page, options=WCAG)
            assert found.violations_count == 0, found.generate_report()
            page.page.screenshot(path=SHOTS / f"{name}-{width}-{scheme}.png", full_page=True)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_says_the_same_without_a_script(site: Site, chromium: Any, name: str) -> None:
    """A script only spares page loads."""
    kind, role = PAGES[name]
    token = site.browser(role).session.cookies["flagstaff"] if role else ""
    with shown(site, chromium, kind, role, token) as page:
        with_script = page.page.locator("main").inner_text()
    with shown(site, chromium, kind, role, token, java_script_enabled=False) as page:
        assert page.page.locator("main").inner_text() == with_script


@pytest.mark.parametrize("name", PAGES)
def test_the_keyboard_reaches_everything(site: Site, chromium: Any, name: str) -> None:
    """Tab by tab, and each stop is seen."""
    kind, role = PAGES[name]
    with shown(site, chromium, kind, role) as page:
        wanted = page.page.evaluate(
            """() => [...document.querySelectorAll('a[href], button, summary, select, textarea,'
                 + 'input:not([type=hidden]), [tabindex="0"]')]
                 .filter(e => e.checkVisibility()).length"""
        )
        reached = set()
        days = page.page.locator("input[type=date]").count()  # day, month, year, calendar
        inner = sum(frame.locator("a[href]").count() for frame in page.page.frames[1:])
        for _ in range(wanted + 2 + 3 * days + inner):
            page.page.keyboard.press("Tab")
            stop = page.page.evaluate(
                """() => { const e = document.activeElement; const s = getComputedStyle(e);
                     return [[...document.querySelectorAll('*')].indexOf(e), e.tagName,
                             s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2]; }"""
            )
            if stop[1] not in ("BODY", "IFRAME"):  # a letter in a frame is a page of its own
                assert stop[2], f"the focus on {stop[1]} is not seen"
                reached.add(stop[0])
        assert len(reached) == wanted > 2


def test_the_theme_is_kept(site: Site, chromium: Any) -> None:
    """The switch goes before what the system says, on each later page."""
    with shown(site, chromium, pages.Overview, "admin", color_scheme="light") as page:
        page.choose_theme("Dark")
        page.open()
        assert page.page.locator("html").get_attribute("data-theme") == "dark"
        colour = page.page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert colour == "rgb(12, 15, 20)"


@pytest.mark.parametrize("script", [True, False])
def test_the_first_admin_begins(fresh: Site, chromium: Any, script: bool) -> None:
    """From an empty store to the overview; signed out again, the door is where one lands."""
    with shown(fresh, chromium, pages.Overview, None, java_script_enabled=script) as page:
        start = pages.Start(fresh, page.page)
        assert start.heading == pages.Start.title
        start.make(fresh.console.start_code.code, "Ada", "ada@acme.example", "a few words in a row")
        assert page.heading == "Getting started"
        assert "Welcome, Ada" in page.page.locator("[role=status]").inner_text()
        page.sign_out()
        assert pages.Door(fresh, page.page).heading == pages.Door.title


def test_one_signs_in_and_is_sent_on(site: Site, chromium: Any) -> None:
    """Where one wanted to go."""
    with shown(site, chromium, pages.Overview, None) as page:
        pages.Door(site, page.page).sign_in("viewer")
        assert page.heading == pages.Overview.title
