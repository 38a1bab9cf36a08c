"""`flagstaff sync NAME --item ITEM`: one item is looked at by itself."""

from __future__ import annotations

import msgspec
import pytest

from connectors.sdk.records import Task
from tests.system.conftest import Office


def test_a_deleted_item_is_found_at_once(office: Office) -> None:
    assert office.sync("--quiet").code == 0
    card = office.bad.world.all(Task)[0]
    office.bad.world.remove(Task, card.id)
    said = office.say("--json", "sync", "bad", "--item", card.id)
    assert said.code == 0
    [item] = said.json["items"]
    assert (item["item_id"], item["gone_reason"]) == (card.id, "deleted")
    assert office.count("bad") == 7


@pytest.mark.parametrize("named_by", ["id", "url"])
def test_an_item_that_is_there_stays(office: Office, named_by: str) -> None:
    assert office.sync("--quiet").code == 0
    [(id, url)] = office.rows("SELECT id, url FROM task WHERE url IS NOT NULL LIMIT 1")
    name = "bad" if (id,) in office.rows(
        "SELECT t.id FROM task t JOIN connection c ON c.id = t.connection_id WHERE c.name = 'bad'"
    ) else "good"  # fmt: skip
    said = office.sync(name, "--item", id if named_by == "id" else url)
    assert said.code == 0
    assert "is there." in said.out
    assert office.count(name) == (8 if name == "bad" else 6)


def test_a_new_item_is_read_and_told(office: Office) -> None:
    assert office.sync("--quiet").code == 0
    card = office.bad.world.all(Task)[0]
    new = msgspec.structs.replace(card, id=f"{card.id[:8]}{1:016x}", title="Made just now")
    office.bad.world.put(new)
    assert "Made just now" in office.sync("bad", "--item", new.id).out


def test_what_nobody_knows_is_said(office: Office) -> None:
    said = office.sync("bad", "--item", "no-such-card")
    assert said.code == 0
    assert "Nothing is known by the id, key or address no-such-card." in said.out


@pytest.mark.parametrize("names", [(), ("good", "bad")])
def test_the_connection_has_to_be_named(office: Office, names: tuple[str, ...]) -> None:
    said = office.sync(*names, "--item", "x")
    assert said.code == 1
    assert "Name the one connection" in said.err
