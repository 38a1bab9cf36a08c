"""What people do on the pages of digests and settings, in a real browser."""

from __future__ import annotations

from typing import Any

import pytest

from tests.console import pages
from tests.console.site import Site
from tests.console.test_every_page import shown

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("script", [True, False])
def test_a_digest_is_added_looked_at_and_removed(site: Site, chromium: Any, script: bool) -> None:
    """By somebody who has never seen a YAML file, with a script and without."""
    with shown(site, chromium, pages.Digests, "pmo", java_script_enabled=script) as page:
        page.add("Daily", "file", To="eve@acme.example", When="daily 25:00")
        assert "25:00" in page.page.locator("p.error").inner_text()
        page.page.get_by_label("When", exact=True).fill("daily 09:00")
        page.page.get_by_role("button", name="Add it").click()
        assert "is added" in page.page.locator("[role=status]").inner_text()
        assert "Goes out next tomorrow" in page.row("Daily").inner_text()
        page.row("Daily").get_by_role("link", name="Preview").click()
        letter = page.page.frame_locator("iframe.letter")
        assert "83 flags are open" in letter.locator("body").inner_text()
        page.open()
        page.confirm("Daily", "Remove", "Remove it")
        assert "is removed" in page.page.locator("[role=status]").inner_text()
        assert page.row("Daily").count() == 0


@pytest.mark.parametrize("script", [True, False])
def test_somebody_is_invited_and_lets_themselves_in(
    site: Site, chromium: Any, script: bool
) -> None:
    """From the admin's form, over the link, to the overview of a manager."""
    with shown(site, chromium, pages.UserForm, "admin", java_script_enabled=script) as page:
        page.page.get_by_label("E-mail address").fill("new@acme.example")
        page.fill(Name="Neo")
        page.page.get_by_label("Role").select_option("manager")
        page.page.get_by_label("A manager's projects").fill('portfolio = "Core')
        page.press("Add, and make the link")
        assert page.page.locator("p.error").count() == 1
        page.page.get_by_label("A manager's projects").fill('portfolio = "Core"')
        page.press("Add, and make the link")
        link = page.page.locator("code.once").inner_text()
    with shown(site, chromium, pages.Overview, None, java_script_enabled=script) as page:
        page.page.goto(link)
        page.page.get_by_label("Password").fill("a few words in a row")
        page.page.get_by_role("button", name="Sign in with it").click()
        assert page.heading == pages.Overview.title
        assert sorted(page.projects) == ["Billing platform", "Warehouse move"]


def test_a_token_is_made_and_revoked(site: Site, chromium: Any) -> None:
    """It is asked about first."""
    with shown(site, chromium, pages.Tokens, "viewer") as page:
        page.fill(What_it_is_for="Report")
        page.press("Make it")
        assert page.page.locator("code.once").inner_text().startswith("flag_")
        page.open()
        page.page.locator("summary", has_text="Revoke").click()
        page.press("Revoke it")
        assert page.said == "The token works no more."


def test_a_manager_is_not_offered_what_is_not_theirs(site: Site, chromium: Any) -> None:
    """Neither buttons nor parts of the settings."""
    with shown(site, chromium, pages.Digests, "manager") as page:
        assert page.page.get_by_role("link", name="Add a digest").count() == 0
        assert page.page.locator("section:has(> header > #h-latest) li").count() == 1
    with shown(site, chromium, pages.Settings, "manager") as page:
        tabs = page.page.get_by_role("navigation", name="Settings").get_by_role("link")
        assert tabs.all_inner_texts() == ["You", "Tokens"]
