"""Through the pages of projects and people in a real browser, with a script and without."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.console.pages import People, Project, Projects, SamePerson
from tests.console.site import Site
from tests.console.test_every_page import shown

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("script", [True, False])
def test_from_all_projects_to_the_one_that_is_reported_too_well(
    site: Site, chromium: Any, script: bool
) -> None:
    """Narrowed down by portfolio and by words, then its scorecard; a wrong word is told."""
    with shown(site, chromium, Projects, "viewer", java_script_enabled=script) as page:
        assert isinstance(page, Projects)
        assert page.names[0] == "Warehouse move"
        page.choose("Portfolio", "Core")
        page.ask("health = on_track")
        page.page.wait_for_url(re.compile("portfolio=Core"))
        assert page.names == ["Warehouse move", "Billing platform"]
        card = page.enter("Warehouse move")
        card.page.wait_for_url(re.compile("/projects/engineering/beta"))
        assert card.heading == Project.title
        assert "reported on track, which is better than what is found" in card.standing
        assert "5 working days later" in " ".join(card.section("h-milestones").split())
        assert "Critical path length index" in card.section("h-schedule")


def test_a_scorecard_prints_on_one_page(site: Site, chromium: Any) -> None:
    """A4, with all of it."""
    with shown(site, chromium, Project, "viewer") as page:
        printed = page.page.pdf(format="A4", margin=dict.fromkeys(
            ("top", "right", "bottom", "left"), "10mm"
        ))  # fmt: skip
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1


def test_who_is_overbooked_and_with_what(site: Site, chromium: Any) -> None:
    """Numbers and words, not colour; then the person's own page."""
    with shown(site, chromium, People, "manager") as page:
        assert isinstance(page, People)
        assert page.names == ["Bob", "Eve"]
        assert page.weeks("Bob")[0] == "24 h of 18 h over"
        assert page.weeks("Bob")[2] == "none known"
        assert page.weeks("Eve")[0] == "free"
        bob = page.enter("Bob")
        bob.page.wait_for_url(re.compile("/people/2"))
        assert bob.heading == "Bob"
        assert "ENG-1" in bob.section("h-work")
        assert "Trello" in bob.section("h-accounts")


@pytest.mark.parametrize("script", [True, False])
def test_two_accounts_become_one_person(site: Site, chromium: Any, script: bool) -> None:
    """One click; then there is nothing left to decide."""
    with shown(site, chromium, SamePerson, "pmo", java_script_enabled=script) as page:
        assert isinstance(page, SamePerson)
        assert page.names == ["Ada"]
        page.decide("One person")
        page.page.get_by_text("Nothing to decide").wait_for()
        assert "are one person's now" in page.page.locator("[role=status]").inner_text()
