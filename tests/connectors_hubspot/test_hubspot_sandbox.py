"""The imitated account refuses what HubSpot refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest

from connectors.hubspot.sandbox import TOKEN
from connectors.sdk.records import Task
from connectors.sdk.sandbox import Reply, Request
from tests.connectors_hubspot.conftest import Portal


def ask(portal: Portal, method: str, path: str, body: Any = None, **query: str) -> Reply:
    headers = {"authorization": f"Bearer {TOKEN}"}
    given = {name: [value] for name, value in query.items()}
    data = b"" if body is None else json.dumps(body).encode()
    return portal.sandbox.handle(Request(method, path, given, headers, data))


def search(portal: Portal, **more: Any) -> Reply:
    filters = [{"propertyName": "hs_object_id", "operator": "GT", "value": "0"}]
    question = {"filterGroups": [{"filters": filters}], "limit": 2, **more}
    return ask(portal, "POST", "/crm/v3/objects/tickets/search", question)


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/crm/v3/objects/tickets", {"limit": "101"}),
        ("/crm/v3/objects/tickets", {"page": "2"}),
        ("/crm/v3/owners", {"limit": "501"}),
        ("/crm/v3/objects/dragons", {}),
    ],
)
def test_lists_refuse_what_is_too_much_or_unknown(
    portal: Portal, path: str, query: dict[str, str]
) -> None:
    assert ask(portal, "GET", path, **query).status == 400


def test_a_search_shows_ten_thousand_at_most(portal: Portal) -> None:
    assert search(portal).status == 200
    refused = search(portal, after="9999")
    assert refused.status == 400
    assert b"10,000" in refused.body
    assert search(portal, limit=201).status == 400


def test_a_search_is_late_and_a_batch_is_not(portal: Portal) -> None:
    ticket = portal.work("tickets")[0].id
    number = ticket.rpartition("-")[2]
    portal.clock.sleep(3600)
    portal.sandbox.world.edit(ticket, title="Just now")
    found = json.loads(search(portal, limit=200, properties=["subject"]).body)
    assert number not in [row["id"] for row in found["results"]]
    question = {"inputs": [{"id": number}], "properties": ["subject"], "propertiesWithHistory": []}
    read = json.loads(ask(portal, "POST", "/crm/v3/objects/tickets/batch/read", question).body)
    assert read["results"][0]["properties"]["subject"] == "Just now"


def test_a_batch_with_history_has_fifty_records_at_most(portal: Portal) -> None:
    question = {"inputs": [{"id": str(n)} for n in range(51)], "properties": []}
    path = "/crm/v3/objects/tickets/batch/read"
    history = {**question, "propertiesWithHistory": ["subject"]}
    assert ask(portal, "POST", path, history).status == 400
    assert ask(portal, "POST", path, {**question, "propertiesWithHistory": []}).status == 207


def test_what_was_deleted_is_in_a_list_of_its_own(portal: Portal) -> None:
    gone = portal.work("tickets")[0].id
    portal.sandbox.world.remove(Task, gone)
    path = "/crm/v3/objects/tickets"
    (row,) = json.loads(ask(portal, "GET", path, archived="true").body)["results"]
    assert (row["id"], row["archived"]) == (gone.rpartition("-")[2], True)
    assert row["archivedAt"]


def test_an_unknown_address_and_another_method_are_not_found(portal: Portal) -> None:
    assert ask(portal, "GET", "/crm/v3/lists").status == 404
    assert ask(portal, "DELETE", "/crm/v3/objects/tickets").status == 404
