"""Regions that are put in place of those shown: the sentence above tells of the same, and what
could not be read anew is not passed off as new."""

from __future__ import annotations

import re
from typing import Any

import pytest
import sqlalchemy as sa

from sync_engine.store.flag_models import FlagRow
from tests.console.pages import Overview, Projects
from tests.console.portfolio import table
from tests.console.site import Site
from tests.console.test_every_page import shown

pytestmark = pytest.mark.browser
MINUTE = 61_000
OLD = "This could not be read anew, so it may be out of date. Load the page again."


def lead(page: Any) -> str:
    """The sentence above a page."""
    return str(page.locator("main .lead").inner_text())


def test_the_sentence_above_tells_of_what_was_filtered(site: Site, chromium: Any) -> None:
    with shown(site, chromium, Projects, "viewer") as found:
        assert lead(found.page).startswith("4 active projects")
        found.choose("Portfolio", "Core")
        found.ask("")
        found.page.wait_for_url(re.compile("portfolio=Core"))
        assert lead(found.page).startswith("2 active projects")


def test_the_sentence_above_tells_of_what_was_read_anew(site: Site, chromium: Any) -> None:
    with shown(site, chromium, Overview, "viewer") as found:
        page = found.page
        page.clock.install()
        page.reload()
        assert "need a hand" in lead(page)
        with site.engine.begin() as connection:
            connection.execute(sa.update(table(FlagRow)).values(state="resolved"))
        page.clock.fast_forward(MINUTE)
        page.get_by_text("No flag is open", exact=True).wait_for()
        assert lead(page).startswith("No flag is open.")


def test_what_could_not_be_read_anew_is_said(site: Site, chromium: Any) -> None:
    """A screen on a wall does not show old numbers as if they were new."""
    with shown(site, chromium, Overview, "viewer") as found:
        page = found.page
        page.clock.install()
        page.reload()
        page.route("**/*", lambda route: route.fulfill(status=200, body="somebody else's page"))
        for _ in range(2):
            page.clock.fast_forward(MINUTE)
            page.get_by_text(OLD).wait_for()
        assert page.get_by_text(OLD).count() == 1
        page.unroute("**/*")
        page.clock.fast_forward(MINUTE)
        page.get_by_text(OLD).wait_for(state="detached")
