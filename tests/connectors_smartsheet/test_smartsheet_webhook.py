"""Calls of Smartsheet: the challenge, who is believed, what is hinted at, how hooks are made."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from connectors.sdk.errors import Unexpected
from connectors.sdk.sandbox import Reply, Request
from connectors.sdk.webhooks import Greeting, Hint
from connectors.smartsheet.connector import Smartsheet
from connectors.smartsheet.sandbox import SmartsheetSandbox
from tests.hooked import (
    SECRET,
    Described,
    Hooked,
    call_of,
    hooked,
    json_like,
    made_once_and_taken_back,
    only_the_signed_is_believed,
    signature,
)

WEBHOOK = Smartsheet.webhook
BODY = b'{"scope": "sheet", "scopeObjectId": 5, "events": [{"objectType": "row", "id": 1}]}'


@pytest.fixture
def tool() -> Iterator[Hooked]:
    with hooked(Smartsheet, SmartsheetSandbox) as opened:
        yield opened


def test_only_what_the_secret_signed_is_believed() -> None:
    call = call_of(BODY, Smartsheet_Hmac_SHA256=signature(BODY))
    only_the_signed_is_believed(WEBHOOK, call, "smartsheet-hmac-sha256")


def test_the_challenge_is_said_again() -> None:
    call = call_of({"challenge": "c1", "webhookId": 8}, Smartsheet_Hook_Challenge="c1")
    assert WEBHOOK.greet(call, []) == Greeting(headers={"Smartsheet-Hook-Response": "c1"})


def test_a_signed_call_is_no_challenge() -> None:
    signed = call_of(BODY, Smartsheet_Hmac_SHA256="x", Smartsheet_Hook_Challenge="c1")
    assert WEBHOOK.greet(signed, []) is None
    assert WEBHOOK.greet(call_of(BODY, Smartsheet_Hook_Challenge=""), []) is None


@pytest.mark.parametrize(
    ("event", "hints"),
    [
        ({"objectType": "row", "eventType": "created", "id": 17}, [Hint("tasks", "5:17")]),
        ({"objectType": "row", "eventType": "deleted", "id": 17},
         [Hint("tasks", "5:17", gone=True)]),
        ({"objectType": "cell", "eventType": "updated", "rowId": 17, "columnId": 3},
         [Hint("tasks", "5:17")]),
        ({"objectType": "cell", "eventType": "deleted", "rowId": 17, "columnId": 3},
         [Hint("tasks", "5:17")]),
        ({"objectType": "discussion", "eventType": "deleted", "id": 9},
         [Hint("comments", "5:9", gone=True)]),
        ({"objectType": "comment", "eventType": "deleted", "id": 9}, []),
        ({"objectType": "column", "eventType": "deleted", "id": 3}, []),
        ({"objectType": "sheet", "eventType": "deleted", "id": 5}, []),
        ({"objectType": "", "": 4}, []),
    ],
)  # fmt: skip
def test_rows_and_discussions_are_hinted_at(event: dict[str, Any], hints: list[Hint]) -> None:
    body = {"scope": "sheet", "scopeObjectId": 5, "events": [event]}
    assert list(WEBHOOK.hints(call_of(body))) == hints


def test_a_change_of_the_hooks_own_state_hints_at_nothing() -> None:
    body = {"webhookId": 8, "newWebhookStatus": "DISABLED_CALLBACK_FAILED"}
    assert list(WEBHOOK.hints(call_of(body))) == []


@given(json_like("scopeObjectId", "events", "objectType", "eventType", "id", "rowId",
                 words=("row", "cell", "discussion", "deleted", 5)))  # fmt: skip
def test_hints_are_total(body: Any) -> None:
    assert all(isinstance(each, Hint) for each in WEBHOOK.hints(call_of(body)))


def test_the_id_is_the_one_of_the_item(tool: Hooked) -> None:
    sheet = tool.scopes[0].id
    rows = [each["id"] for each in tool.http.get(f"/sheets/{sheet}")["rows"]]
    events = [{"objectType": "row", "eventType": "updated", "id": each} for each in rows]
    body = {"scopeObjectId": int(sheet), "events": events}
    assert rows
    assert {each.item_id for each in WEBHOOK.hints(call_of(body))} <= tool.items("tasks")


def test_hooks_are_made_for_each_sheet_and_tell_their_secrets(tool: Hooked) -> None:
    made = made_once_and_taken_back(tool)
    assert len({each.secret for each in made}) == len(made) > 1
    assert {heard.headers["smartsheet-hook-id"] for heard in tool.ear.heard} == {
        each.id for each in made
    }
    assert SECRET not in str([each.body for each in tool.requests()])


def test_a_hook_whose_challenge_nobody_answers_is_there_and_says_so(tool: Hooked) -> None:
    tool.ear.deaf = True
    made = tool.register()
    assert {each.trouble for each in made} == {"It is switched off (DISABLED_VERIFICATION_FAILED)."}
    assert tool.registered() == made[::-1]  # Smartsheet tells the latest first
    tool.ear.deaf = False
    for hook in made:
        tool.webhook.renew(tool.http, hook)
    assert {each.trouble for each in tool.registered()} == {""}


def test_the_words_that_smartsheet_has_for_its_reason_are_passed_on(tool: Hooked) -> None:
    [hook, *_] = tool.register()
    tool.sandbox.hooks.held[hook.id] |= {
        "enabled": False, "status": "DISABLED_CALLBACK_FAILED", "disabledDetails": "Timed out",
    }  # fmt: skip
    assert {each.id: each.trouble for each in tool.registered()}[
        hook.id
    ] == "It is switched off (Timed out)."


def test_hooks_of_other_sheets_are_left_alone(tool: Hooked) -> None:
    tool.register()
    tool.scopes = tool.scopes[:1]
    assert [each.scope for each in tool.registered()] == [tool.scopes[0].id]


def test_all_hooks_are_found_however_many_the_account_has(tool: Hooked) -> None:
    made = tool.register()
    other = next(iter(tool.sandbox.hooks.held.values()))
    tool.sandbox.hooks.held |= {
        str(id): {**other, "id": id, "callbackUrl": "https://other.example.com/"}
        for id in range(1, 2001)
    }
    asked = len(tool.requests())
    assert sorted(each.id for each in tool.registered()) == sorted(each.id for each in made)
    assert len(tool.requests()) - asked == 3


def test_a_hook_without_a_secret_is_an_error(tool: Hooked) -> None:
    tool.sandbox.interfere = lambda request: Reply.of({"result": {"id": 1, "scopeObjectId": 5}})
    with pytest.raises(Unexpected):
        tool.register()


@pytest.mark.contract
def test_every_request_is_one_that_smartsheet_describes(tool: Hooked, contracts: Path) -> None:
    description = Described(contracts / "smartsheet" / "spec.json")
    made_once_and_taken_back(tool)
    asked = tool.requests()
    assert {each.method for each in asked} == {"GET", "POST", "PUT", "DELETE"}
    assert [each for request in asked for each in description.complaints(request)] == []
    bad = Request("POST", "/2.0/webhooks", {}, {}, b'{"scope": "workspace", "events": ["*.*"]}')
    assert description.complaints(bad)
