"""What people do with standards, in a real browser: tune, switch and write them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from sync_engine.configure import standards
from sync_engine.configure.changes import Desk
from tests.console.pages import NewPack, Standards, Tune, Write
from tests.console.site import ACTOR, Site
from tests.console.test_every_page import SHOTS, WCAG, shown
from tests.console.test_standards import OWN

pytestmark = pytest.mark.browser
FORM = {
    "Title": "Nobody owns it", "Id": "own-rule", "What_the_flag_says": "Nobody owns this.",
    "Remedy": "Assign somebody.", "Why": "Because nobody looks after it.", "Source": "Acme",
    "Examples_that_are_flagged": "owner: empty", "Examples_that_are_met": "owner: Ada",
}  # fmt: skip


def look(page: Any, name: str) -> None:
    """Hold what is shown to WCAG and to the width of a phone, and keep a picture."""
    found = Axe().run(page, options=WCAG)
    assert found.violations_count == 0, found.generate_report()
    width = page.viewport_size["width"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=Path(SHOTS) / f"{name}-{width}.png", full_page=True)


@pytest.mark.parametrize("script", [True, False])
def test_one_tunes_a_standard(site: Site, chromium: Any, script: bool) -> None:
    """A form, what it would do, and only then it counts."""
    view = {"width": 390, "height": 900}
    with shown(site, chromium, Tune, "pmo", java_script_enabled=script, viewport=view) as page:
        page.set(Most="5", Severity="high")
        page.preview()
        assert page.heading == "What it would do"
        assert "most: 3 → 5" in page.page.locator("main").inner_text()
        if script:
            look(page.page, "standard-preview")
        page.save()
        assert page.heading == "Work has too many owners to be anyone's"
        main = page.page.locator("main").inner_text()
        assert "Saved. It counts from the next assessment on." in main
        assert "severity: high" in main


def test_one_finds_and_switches(site: Site, chromium: Any) -> None:
    """By words, in place; a pack is switched after it was seen what that would do."""
    with shown(site, chromium, Standards, "pmo") as page:
        page.search("too many owners")
        page.page.wait_for_url("**/standards?q=too+many+owners**")
        assert page.shown == ["Work has too many owners to be anyone's"]
        page.open()
        page.switch("Delivery", "on")
        look(page.page, "standards-switch")
        page.page.get_by_role("button", name="Switch it on").click()
        assert "is on: its standards" in page.page.get_by_role("status").inner_text()


@pytest.mark.parametrize("script", [True, False])
def test_one_writes_a_standard(site: Site, chromium: Any, script: bool) -> None:
    """From nothing to a published pack, without YAML; what is wrong is said where it stands."""
    with shown(site, chromium, NewPack, "pmo", java_script_enabled=script) as door:
        page = Write(site, door.page)
        page.begin("Acme's own", "acme")
        assert page.heading == "Write the standard"
        page.set(**FORM)
        page.page.get_by_label("Flagged when").fill("ownr is empty")
        page.press("Keep in the draft")
        assert any('did you mean "owner"' in text for text in page.wrong)
        assert page.page.locator(".trouble mark").first.inner_text() == "ownr"
        if script:
            look(page.page, "standard-write-wrong")
        page.page.get_by_label("Flagged when").fill("owner is empty")
        page.press("Check only")
        assert "Nothing is wrong with it" in page.page.get_by_role("status").first.inner_text()
        page.press("Keep in the draft")
        assert page.heading == "Acme's own"
        page.press("See what publishing would do")
        assert page.heading == "What publishing would do"
        page.set(What_is_new_in_it="The first rule")
        page.press("Publish")
        assert "published, and counts" in page.page.get_by_role("status").inner_text()
        page.page.get_by_role("link", name="Version 1").click()
        assert page.heading == "Version 1"
        listed = Standards(site, page.page)
        listed.open()
        assert "Nobody owns it" in listed.shown


def test_words_are_completed_and_mended_while_one_writes(site: Site, chromium: Any) -> None:
    """With the keyboard alone."""
    desk = Desk(site.engine, site.console.configuration(), site.console.now)
    standards.save_draft(desk, ACTOR, "acme", OWN, version=None)
    with shown(site, chromium, Write, "pmo") as page:
        area = page.page.get_by_label("Flagged when")
        area.press_sequentially("last act")
        words = page.page.locator(".words:visible li")
        words.first.wait_for()
        assert words.all_inner_texts()[0].startswith("last activity")
        look(page.page, "standard-write-words")
        area.press("ArrowDown")
        area.press("Enter")
        assert area.input_value() == "last activity "
        area.press("Control+ ")
        page.page.locator(".words:visible li", has_text="older than").wait_for()
        area.press("Escape")
        assert page.page.locator(".words:visible").count() == 0
        area.fill("statuss = todo")
        page.page.get_by_role("button", name="Write “status”").click()
        page.page.locator(".trouble mark").wait_for(state="detached")
        assert area.input_value() == "status = todo"
        page.page.get_by_label("Subject").select_option("sprint")
        page.page.get_by_text("Facts of a sprint").wait_for()


def test_two_who_write_at_once_are_told(site: Site, chromium: Any) -> None:
    """Nothing that was typed is lost."""
    desk = Desk(site.engine, site.console.configuration(), site.console.now)
    standards.save_draft(desk, ACTOR, "acme", OWN, version=None)
    with shown(site, chromium, Write, "pmo", viewport={"width": 320, "height": 900}) as page:
        page.page.goto(f"{site.address}/standards/_packs/acme/write?id=own-rule")
        look(page.page, "standard-write")
        page.set(Remedy="Ask the lead.")
        standards.save_draft(desk, ACTOR, "acme", OWN + "# more\n", version=1)
        page.press("Keep in the draft")
        assert "changed meanwhile" in page.page.get_by_role("alert").inner_text()
        assert page.page.get_by_label("Remedy").input_value() == "Ask the lead."
        for path, name in (("", "pack"), ("/yaml", "pack-yaml")):
            page.page.goto(f"{site.address}/standards/_packs/acme{path}")
            look(page.page, name)
        page.page.get_by_label("Text").fill("pack: acme\ntitel: x\n")
        page.press("Check only")
        assert "Line 2" in page.page.locator(".problems").inner_text()
