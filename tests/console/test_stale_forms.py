"""Forms that come back: what was typed is still there, and what somebody else changed meanwhile is
not overwritten, however often the form is sent again."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import sqlalchemy as sa

from sync_engine import accounts
from sync_engine.configure import connections, standards
from sync_engine.configure.changes import Desk
from tests.console.portfolio import NOW, fill
from tests.console.site import ACTOR, CONNECTIONS, PEOPLE, Browser, Site, served

WORDS = "/connections/engineering/words"


@pytest.fixture
def site(sqlite_store: sa.Engine, tmp_path: Path) -> Iterator[Site]:
    """The connection `engineering`, with flags, is of the console."""
    fill(sqlite_store)
    with served(sqlite_store, tmp_path, also={"connections": CONNECTIONS[1:]}) as site:
        document = {key: each for key, each in CONNECTIONS[0].items() if key != "name"}
        connections.add(desk_of(site), ACTOR, "engineering", document)
        site.console.changed()
        yield site


@pytest.fixture
def admin(site: Site) -> Browser:
    return site.browser("admin")


def desk_of(site: Site) -> Desk:
    configuration = site.console.configuration()
    return Desk(site.engine, configuration.file or configuration, site.console.now)


def hidden(answer: requests.Response, name: str = "version") -> str:
    """What a page's form would send back."""
    found = re.search(rf'name="{name}" value="(\w+)"', answer.text)
    assert found is not None
    return found[1]


def chosen(answer: requests.Response, label: str) -> str:
    """What is chosen in a list of a page."""
    found = re.search(rf'aria-label="{label}">(.*?)</select>', answer.text, re.DOTALL)
    assert found is not None
    marked = re.search(r'value="(\w*)" selected', found[1])
    return marked[1] if marked else ""


def changed_by_another(site: Site) -> None:
    """Somebody else maps a word."""
    connections.map_words(
        desk_of(site), ACTOR, "engineering", status={"Parked": "cancelled"}, fields={}, version=1
    )
    site.console.changed()


def mapped(site: Site) -> dict[str, str]:
    return dict(site.console.configuration().connection("engineering").mapping.status)


def test_settings_of_a_connection(site: Site, admin: Browser) -> None:
    """A mistake does not make a form younger than it is."""
    path = "/connections/engineering/settings"
    said = {"options.url": "https://acme.example", "options.email": "p@acme.example"}
    changed_by_another(site)
    wrong = admin.post(path, version="1", every="10m")
    assert wrong.status_code == 422
    assert hidden(wrong) == "1"
    for _ in range(2):
        stale = admin.post(path, version="1", every="10m", **said)
        assert stale.status_code == 409
        assert "changed meanwhile" in stale.text
        assert hidden(stale) == "1"
    assert mapped(site) == {"Parked": "cancelled"}


def test_words_of_a_connection(site: Site, admin: Browser) -> None:
    """What was chosen stands there again, also when another line is wrong."""
    chosen_here: dict[str, Any] = {"word": ["Doing", "Shelved"], "means": ["in_progress", "done"]}
    more = {"field.start_on": "Begin", "facts": "risk", "back": "/setup"}
    wrong = admin.post(WORDS, version="1", **chosen_here, **more)
    assert wrong.status_code == 422
    assert chosen(wrong, "What Doing means") == "in_progress"
    assert chosen(wrong, "What Shelved means") == "done"
    assert "<option selected>Begin</option>" in wrong.text
    assert "risk</textarea>" in wrong.text
    assert 'name="back" value="/setup"' in wrong.text
    changed_by_another(site)
    stale = admin.post(WORDS, version="1", **chosen_here, **more | {"facts": "risk = Risk"})
    assert (stale.status_code, hidden(stale)) == (409, "1")
    assert chosen(stale, "What Shelved means") == "done"
    assert mapped(site) == {"Parked": "cancelled"}


def test_writing_back(site: Site, admin: Browser) -> None:
    """Looking at what would be written does not make a form younger than it is."""
    changed_by_another(site)
    path = "/connections/engineering/writeback"
    said = {"severities": "critical", "after": "1 working day", "team_daily": "1", "daily": "50"}
    looked = admin.post(path, version="1", do="look", **said)
    assert (looked.status_code, hidden(looked)) == (200, "1")
    mark = hidden(looked, "looked")
    kept = admin.post(path, version="1", do="keep", looked=mark, **said)
    assert kept.status_code == 409


def test_a_button_that_is_pressed_twice(site: Site, admin: Browser) -> None:
    """Nobody is told twice: the second press finds the digest of the first, and says so."""
    mail = {"mail.host": "mail.acme.example", "mail.from": "pmo@acme.example"}
    said = {
        "to": "olga@acme.example",
        "when": "Mon 08:00",
        "name": hidden(admin.get("/setup/digest"), "name"),
    }
    for _ in range(2):
        assert admin.post("/setup/digest", **said, **mail).status_code == 303
    assert [each.key for each in site.console.configuration().settings.digests] == [
        "Weekly", "weekly",
    ]  # fmt: skip
    other = admin.post("/setup/digest", **said | {"to": "pat@acme.example"})
    assert other.status_code == 422
    assert "already" in other.text


def test_an_account(site: Site, admin: Browser) -> None:
    address = PEOPLE["viewer"].address
    form = admin.get(f"/settings/users/one?address={address}")
    accounts.change(site.engine, address, ACTOR, NOW, role="pmo")
    said = {"address": address, "name": "Vic", "role": "viewer"}
    stale = admin.post("/settings/users/one", was=hidden(form, "was"), **said)
    assert stale.status_code == 422
    again = admin.post("/settings/users/one", was=hidden(stale, "was"), **said)
    assert "changed meanwhile" in html.unescape(again.text)
    assert site.user("viewer").role == "pmo"


def test_a_standard_that_nobody_had_set(site: Site, admin: Browser) -> None:
    path = "/standards/active-without-owner/tune"
    assert 'name="version"' not in admin.get(path).text
    standards.set_standard(
        desk_of(site), ACTOR, "active-without-owner", {"severity": "low"}, version=None
    )
    site.console.changed()
    wrong = admin.post(path, enabled="on", severity="low", scope="no such fact")
    assert wrong.status_code == 409
    assert "changed meanwhile" in wrong.text
