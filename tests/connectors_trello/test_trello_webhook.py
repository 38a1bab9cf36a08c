"""Calls of Trello: the look at the address, who is believed, what is hinted at, hooks made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from connectors.sdk.errors import ConnectorError
from connectors.sdk.records import Task
from connectors.sdk.sandbox import Request
from connectors.sdk.webhooks import Greeting, Hint
from connectors.trello.connector import Trello
from connectors.trello.sandbox import KEY, TOKEN, TrelloSandbox
from tests.hooked import (
    ADDRESS,
    NOW,
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

WEBHOOK = Trello.webhook
BODY = b'{"action": {"type": "updateCard", "data": {"card": {"id": "5f1"}}}}'


@pytest.fixture
def tool() -> Iterator[Hooked]:
    with hooked(Trello, TrelloSandbox) as opened:
        yield opened


def call() -> Any:
    signed = signature(BODY, ADDRESS, digest="sha1", encoding="base64")
    return call_of(BODY, X_Trello_Webhook=signed)


def test_only_what_the_secret_signed_is_believed() -> None:
    only_the_signed_is_believed(WEBHOOK, call(), "x-trello-webhook")


def test_a_call_is_signed_for_its_address() -> None:
    assert not WEBHOOK.verify(replace(call(), url=ADDRESS + "/"), [SECRET], NOW)


def test_a_look_at_the_address_is_answered() -> None:
    assert WEBHOOK.greet(call_of(b"", method="HEAD"), []) == Greeting()
    assert WEBHOOK.greet(call(), [SECRET]) is None


@pytest.mark.parametrize(
    ("kind", "gone"),
    [("createCard", False), ("updateCard", False), ("commentCard", False),
     ("moveCardToBoard", False), ("deleteCard", True), ("moveCardFromBoard", True)],
)  # fmt: skip
def test_cards_are_hinted_at(kind: str, gone: bool) -> None:
    body = {"action": {"type": kind, "data": {"card": {"id": "5f1"}}}, "model": {"id": "b"}}
    assert list(WEBHOOK.hints(call_of(body))) == [Hint("tasks", "5f1", gone=gone)]


def test_an_action_on_the_board_hints_at_nothing() -> None:
    body = {"action": {"type": "updateBoard", "data": {"board": {"id": "b"}}}}
    assert list(WEBHOOK.hints(call_of(body))) == []


@given(json_like("action", "type", "data", "card", "id", words=("deleteCard", "5f1")))
def test_hints_are_total(body: Any) -> None:
    assert all(isinstance(each, Hint) for each in WEBHOOK.hints(call_of(body)))


def test_the_id_is_the_one_of_the_item(tool: Hooked) -> None:
    [card, *_] = [each for each in tool.sandbox.world.all(Task) if each.parent_id is None]
    shown = tool.http.get(f"/1/cards/{card.id}")
    body = {"action": {"type": "updateCard", "data": {"card": {"id": shown["id"]}}}}
    assert [each.item_id for each in WEBHOOK.hints(call_of(body))] == [card.id]


def test_hooks_are_made_after_a_look_at_the_address_and_taken_back(tool: Hooked) -> None:
    made = made_once_and_taken_back(tool)
    assert [heard.method for heard in tool.ear.heard] == ["HEAD"] * len(made)


def test_no_secret_stands_in_an_address(tool: Hooked) -> None:
    made_once_and_taken_back(tool)
    addresses = str([(each.path, each.query) for each in tool.requests()])
    assert not [each for each in (KEY, TOKEN, SECRET) if each in addresses]


def test_where_nobody_answers_no_hook_is_made(tool: Hooked) -> None:
    tool.ear.deaf = True
    with pytest.raises(ConnectorError, match="400"):
        tool.register()
    assert tool.registered() == []


@pytest.mark.parametrize(
    ("state", "trouble"),
    [
        ({"active": False, "consecutiveFailures": 99}, "Trello has switched it off."),
        ({"consecutiveFailures": 3}, "Trello's last 3 calls failed."),
        ({"consecutiveFailures": 0}, ""),
    ],
)
def test_a_hook_that_fails_is_told_and_woken_up(
    tool: Hooked, state: dict[str, Any], trouble: str
) -> None:
    [hook, *_] = tool.register()
    tool.sandbox.hooks.held[hook.id].update(state)
    assert tool.registered()[0].trouble == trouble
    tool.webhook.renew(tool.http, tool.registered()[0])
    assert tool.sandbox.hooks.held[hook.id]["active"] is True


@pytest.mark.contract
def test_every_request_is_one_that_trello_describes(tool: Hooked, contracts: Path) -> None:
    description = Described(contracts / "trello" / "spec.json")
    made_once_and_taken_back(tool)
    asked = tool.requests()
    assert {each.method for each in asked} == {"GET", "POST", "PUT", "DELETE"}
    assert [each for request in asked for each in description.complaints(request)] == []
    bad = Request("POST", "/1/webhooks", {"callbackUrl": ["x"]}, {})
    assert len(description.complaints(bad)) == 3
