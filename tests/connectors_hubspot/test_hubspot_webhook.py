"""Calls of HubSpot: who is believed and when, and what they hint at."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from connectors.hubspot.connector import HubSpot
from connectors.sdk.records import Task
from connectors.sdk.webhooks import Hint, Registrar
from tests.connectors_hubspot.conftest import Portal
from tests.hooked import (
    ADDRESS,
    NOW,
    SECRET,
    call_of,
    json_like,
    only_the_signed_is_believed,
    signature,
)

WEBHOOK = HubSpot.webhook
BODY = b'[{"subscriptionType": "object.deletion", "objectTypeId": "0-5", "objectId": 123}]'


def at(seconds: float) -> str:
    return str(int((NOW.timestamp() + seconds) * 1000))


def call(stamp: str) -> Any:
    signed = signature("POST", ADDRESS, BODY, stamp, encoding="base64")
    return call_of(BODY, X_HubSpot_Signature_v3=signed, X_HubSpot_Request_Timestamp=stamp)


def test_only_what_the_secret_signed_with_its_time_is_believed() -> None:
    only_the_signed_is_believed(
        WEBHOOK, call(at(0)), "x-hubspot-signature-v3", "x-hubspot-request-timestamp"
    )


def test_a_call_is_signed_for_its_address_and_method() -> None:
    right = call(at(0))
    assert not WEBHOOK.verify(replace(right, url=ADDRESS + "/"), [SECRET], NOW)
    assert not WEBHOOK.verify(replace(right, method="PUT"), [SECRET], NOW)


@pytest.mark.parametrize(
    ("seconds", "believed"), [(-301, False), (-299, True), (299, True), (301, False)]
)
def test_a_signed_call_is_believed_near_to_its_own_time(seconds: float, believed: bool) -> None:
    assert WEBHOOK.verify(call(at(seconds)), [SECRET], NOW) is believed


@pytest.mark.parametrize("stamp", ["", "soon", "1" * 40])
def test_a_signed_call_without_a_time_is_not_believed(stamp: str) -> None:
    assert not WEBHOOK.verify(call(stamp), [SECRET], NOW)


def test_there_is_no_handshake_and_hooks_are_made_by_hand() -> None:
    assert WEBHOOK.greet(call(at(0)), [SECRET]) is None
    assert not isinstance(WEBHOOK, Registrar)
    assert "client secret" in WEBHOOK.howto


@pytest.mark.parametrize(
    ("event", "hints"),
    [
        ({"subscriptionType": "object.creation", "objectTypeId": "0-27", "objectId": 7},
         [Hint("tasks", "0-27-7")]),
        ({"subscriptionType": "object.propertyChange", "objectTypeId": "0-970", "objectId": 7},
         [Hint("projects", "0-970-7")]),
        ({"subscriptionType": "object.deletion", "objectTypeId": "0-46", "objectId": 7},
         [Hint("comments", "0-46-7", gone=True)]),
        ({"subscriptionType": "object.restore", "objectTypeId": "0-5", "objectId": 7},
         [Hint("tickets", "0-5-7")]),
        ({"subscriptionType": "ticket.deletion", "objectId": 7},
         [Hint("tickets", "0-5-7", gone=True)]),
        ({"subscriptionType": "deal.propertyChange", "objectId": 7}, [Hint("deals", "0-3-7")]),
        ({"subscriptionType": "ticket.merge", "objectId": 7, "mergedObjectIds": [8, 9]},
         [Hint("tickets", "0-5-7"), Hint("tickets", "0-5-8", gone=True),
          Hint("tickets", "0-5-9", gone=True)]),
        ({"subscriptionType": "contact.deletion", "objectId": 7}, []),
        ({"subscriptionType": "object.deletion", "objectTypeId": "0-1", "objectId": 7}, []),
        ({"subscriptionType": "ticket.associationChange", "fromObjectId": 7}, []),
        ({"subscriptionType": "ticket.deletion", "objectId": "7/8"}, []),
    ],
)  # fmt: skip
def test_records_are_hinted_at_by_their_coordinates(
    event: dict[str, Any], hints: list[Hint]
) -> None:
    assert list(WEBHOOK.hints(call_of([event]))) == hints


@given(json_like("subscriptionType", "objectTypeId", "objectId", "mergedObjectIds", words=(
    "ticket.deletion", "ticket.merge", "object.deletion", "0-5", 7)))  # fmt: skip
def test_hints_are_total(body: Any) -> None:
    for each in (body, [body], [{"subscriptionType": "ticket.merge", "mergedObjectIds": body}]):
        assert all(isinstance(hint, Hint) for hint in WEBHOOK.hints(call_of(each)))


def test_the_id_is_the_one_of_the_item(portal: Portal) -> None:
    items = [each.id for each in portal.sandbox.world.all(Task) if each.id.startswith("0-5-")]
    assert items
    events = [
        {"subscriptionType": "ticket.deletion", "objectId": int(each.rpartition("-")[2])}
        for each in items
    ]
    assert [each.item_id for each in WEBHOOK.hints(call_of(events))] == items
