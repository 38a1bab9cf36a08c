"""Entries of the console that are not in force: seen, corrected and removed like any other."""

from __future__ import annotations

from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from sync_engine import accounts
from sync_engine.rules.joins import PROJECT
from sync_engine.settings.entry import Key
from sync_engine.store import entries
from tests.console.portfolio import NOW, fill
from tests.console.site import ACTOR, CONNECTIONS, Browser, Site, served

SECRETS = {"key": "kept:a-key", "token": "kept:a-token"}


@pytest.fixture
def site(sqlite_store: sa.Engine, tmp_path: Path) -> Iterator[Site]:
    """Beside a file with one connection, and another's records."""
    fill(sqlite_store)
    with served(sqlite_store, tmp_path, also={"connections": CONNECTIONS[:1]}) as site:
        yield site


def put(site: Site, name: str, document: dict[str, Any]) -> None:
    """An entry as an earlier version of Flagstaff, or of the file, has let it in."""
    key: Key = ("connection", name)
    with site.engine.begin() as connection:
        entries.begin_change(connection)
        entries.write(connection, key, document, by="olga@acme.example", at=NOW)
    site.console.changed()


def names(site: Site) -> list[str]:
    return [each.name for each in entries.snapshot(site.engine)[1]]


def trello(**more: Any) -> dict[str, Any]:
    return {"connector": "trello", "options": {**SECRETS, **more}}


@pytest.fixture
def admin(site: Site) -> Browser:
    return site.browser("admin")


def test_what_does_not_hold_is_corrected(site: Site, admin: Browser) -> None:
    """Its records cannot be purged meanwhile; with the wrong option gone it is in force again."""
    put(site, "office", trello(colour="red"))
    listed = admin.get("/connections").text
    assert "It is not in force, so it is not read" in listed
    assert "It is not in force, so nothing reads it" in admin.get("/").text
    shown = admin.get("/connections/office").text
    assert "/connections/office/purge" not in shown
    refused = admin.post("/connections/office/purge", typed="office")
    assert refused.status_code == 409
    assert "remove it first" in refused.text
    assert 'value="1"' in admin.get("/connections/office/settings").text
    tested = admin.post("/connections/office/check")
    assert tested.status_code == 200
    assert "colour" in tested.text
    kept = admin.post("/connections/office/settings", version="1")
    assert (kept.status_code, kept.headers["location"]) == (303, "/connections/office")
    assert "not in force" not in admin.get("/connections/office").text
    assert [each.name for each in site.console.configuration().settings.connections] == [
        "engineering", "office",
    ]  # fmt: skip


def test_what_was_never_read_is_listed_and_removed(site: Site, admin: Browser) -> None:
    """Also where its connector is not installed any more, so that no form can be drawn."""
    put(site, "strange", {"connector": "no_such_tool", "options": {}})
    assert "/connections/strange" in admin.get("/connections").text
    shown = admin.get("/connections/strange").text
    assert "/connections/strange/settings" not in shown
    assert admin.get("/connections/strange/settings").status_code == 409
    assert site.browser("manager").get("/connections/strange").status_code == 404
    removed = admin.post("/connections/strange/remove", version="1", typed="strange")
    assert (removed.status_code, removed.headers["location"]) == (303, "/connections")
    assert names(site) == []


def test_beside_the_file_an_entry_says_nothing(site: Site, admin: Browser) -> None:
    """The connection stands as the file's does; the entry can go."""
    put(site, "engineering", trello())
    shown = admin.get("/connections/engineering").text
    assert "so it is not read" not in shown
    assert "An entry of the console of this name is not in force" in shown
    assert "Remove the console&#39;s entry" in shown
    assert "flagstaff.yaml" in shown
    assert admin.post("/connections/engineering/settings", version="1").status_code == 404
    removed = admin.post("/connections/engineering/remove", version="1", typed="engineering")
    assert (removed.status_code, removed.headers["location"]) == (303, "/connections/engineering")
    assert names(site) == []


def test_what_names_it_is_told_before_it_is_removed(
    sqlite_store: sa.Engine, tmp_path: Path
) -> None:
    """Digests, standards and accounts, by its name and by those of its projects; nothing else."""
    fill(sqlite_store)
    with sqlite_store.begin() as connection:
        moved = sa.update(PROJECT).where(PROJECT.c.id == "gamma").values(connection_id=2)
        connection.execute(moved)
    scopes = {
        "Office": 'connection = "OFFICE"', "Labs": 'project in ("Sensor research", "x")',
        "Other": 'project = "Billing platform" or connection = "engineering"',
        "All": "severity = high",
    }  # fmt: skip
    also = {
        "connections": CONNECTIONS[:1],
        "digests": [
            {"name": name, "to": ["eve@acme.example"], "scope": scope, "when": "Mon 08:00",
             "channels": ["file"]}
            for name, scope in scopes.items()
        ],
        "standards": {"packs": ["pmo-core"],
                      "set": {"overdue": {"scope": 'connection != "office"'}}},
    }  # fmt: skip
    with served(sqlite_store, tmp_path, also=also) as site:
        put(site, "office", trello())
        scope = 'no task (connection = "office")'
        accounts.change(site.engine, "eve@acme.example", ACTOR, NOW, scope=scope)
        shown = unescape(site.browser("admin").get("/connections/office").text)
        assert (
            'none of their work then: the digest "Office", the digest "Labs", the account '
            'eve@acme.example, the standard "overdue".'
        ) in shown
        put(site, "spare", trello())
        assert "none of their work then" not in site.browser("admin").get("/connections/spare").text
