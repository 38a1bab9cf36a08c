"""Write-back in the console: seen as an example, switched on, changed, switched off."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import sqlalchemy as sa

from sync_engine.configure import connections
from sync_engine.configure.changes import Desk
from tests.console.portfolio import fill
from tests.console.site import ACTOR, CONNECTIONS, Browser, Site, served
from tests.console.test_settings import actions, send, words

PATH = "/connections/engineering/writeback"
SAID = {"severities": "critical", "after": "1 working day", "team_daily": "1", "daily": "50"}


@pytest.fixture
def made_here(sqlite_store: sa.Engine, tmp_path: Path) -> Iterator[Site]:
    """The connection `engineering`, with flags, is of the console."""
    fill(sqlite_store)
    with served(sqlite_store, tmp_path, also={"connections": CONNECTIONS[1:]}) as site:
        desk = Desk(site.engine, site.console.configuration(), site.console.now)
        document = {key: each for key, each in CONNECTIONS[0].items() if key != "name"}
        connections.add(desk, ACTOR, "engineering", document)
        site.console.changed()
        yield site


def press(browser: Browser, do: str, looked: str = "", **fields: Any) -> requests.Response:
    """A button of the form."""
    version = re.search(r'name="version" value="(\d+)"', browser.get(PATH).text)
    assert version is not None
    return send(browser, PATH, do=do, looked=looked, version=version[1], **fields)


def looked_at(answer: requests.Response) -> str:
    """What the page says was looked at."""
    found = re.search(r'name="looked" value="(\w*)"', answer.text)
    assert found is not None
    return found[1]


def held(site: Site) -> Any:
    """What is in force."""
    return site.console.configuration().connection("engineering").writeback


def test_write_back_is_seen_before_it_is_switched_on(made_here: Site) -> None:
    """Kept is only what was looked at; the settings' form leaves it; off again by a button."""
    site, admin = made_here, made_here.browser("admin")
    assert "Switch it on" not in admin.get(PATH).text
    unseen = press(admin, "keep", **SAID)
    assert held(site) is None
    assert "What it would write" in words(unseen)
    assert "Flagstaff (critical): Nobody owns it" in words(unseen)
    assert "new comments a day for one team" in words(unseen)
    other = press(admin, "keep", looked_at(unseen), **SAID | {"severities": ["critical", "low"]})
    assert "What it would write" in words(other)
    assert held(site) is None
    assert press(admin, "keep", looked_at(unseen), **SAID).status_code == 303
    assert (held(site).severities, held(site).team_daily) == (("critical",), 1)
    page = words(admin.get(PATH))
    assert "Flags of these are written back" in page
    assert "writeback:" in admin.get("/connections/engineering/yaml").text
    settings = {"options.url": "https://acme.example", "options.email": "p@acme.example",
                "version": "2"}  # fmt: skip
    assert send(admin, "/connections/engineering/settings", **settings).status_code == 303
    assert held(site) is not None
    assert press(admin, "off").status_code == 303
    assert held(site) is None
    assert [each for each in actions(site) if "write-back" in each] == [
        "write-back switched on", "write-back switched off",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"severities": []}, "Say which flags"),
        ({"standards": "active-without-ownr"}, "did you mean “active-without-owner”"),
        ({"after": "soon"}, "soon"),
        ({"daily": "0"}, "greater than or equal to 1"),
        ({"daily": "many"}, "whole number"),
    ],
)
def test_what_cannot_be_written_back_is_told(
    made_here: Site, wrong: dict[str, Any], told: str
) -> None:
    """Beside its field; nothing is switched on."""
    answer = press(made_here.browser("admin"), "look", **SAID | wrong)
    assert answer.status_code == 422
    assert told.replace("“", '"').replace("”", '"') in words(answer)
    assert held(made_here) is None


def test_an_example_is_shown_where_nothing_is_due(made_here: Site) -> None:
    """So that one knows how a comment reads."""
    answer = press(made_here.browser("admin"), "look", standards="active-without-owner")
    assert "A comment would read like this" in words(answer)
    assert "What to do: Assign one owner." in words(answer)


def test_write_back_of_the_file_is_read_only(sqlite_store: sa.Engine, tmp_path: Path) -> None:
    """And for admins; a tool that takes no comments has no such page."""
    fill(sqlite_store)
    wanted = {**CONNECTIONS[0], "writeback": {"severities": ["critical"]}}
    mute = {"name": "desk", "connector": "clickup", "options": {"token": "t", "workspace": "1"}}
    also = {"connections": [wanted, mute]}
    with served(sqlite_store, tmp_path, also=also) as site:
        admin = site.browser("admin")
        page = admin.get(PATH)
        assert "changed there" in words(page)
        assert "Flagstaff (critical)" in words(page)
        assert 'name="do"' not in page.text
        assert send(admin, PATH, do="off", version="1").status_code == 404
        assert admin.get("/connections/desk/writeback").status_code == 404
        for role in ("pmo", "manager", "viewer"):
            assert site.browser(role).get(PATH).status_code == 403
