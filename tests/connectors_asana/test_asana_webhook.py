"""Calls of Asana: the handshake, who is believed, what they hint at, and how hooks are made."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from connectors.asana.connector import Asana
from connectors.asana.sandbox import AsanaSandbox
from connectors.sdk.errors import ConnectorError
from connectors.sdk.records import Task
from connectors.sdk.sandbox import Request
from connectors.sdk.webhooks import Greeting, Hint
from tests.hooked import (
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

WEBHOOK = Asana.webhook
BODY = b'{"events": [{"action": "changed", "resource": {"gid": "1", "resource_type": "task"}}]}'


@pytest.fixture
def tool() -> Iterator[Hooked]:
    with hooked(Asana, AsanaSandbox) as opened:
        yield opened


def test_only_what_the_secret_signed_is_believed() -> None:
    call = call_of(BODY, X_Hook_Signature=signature(BODY))
    only_the_signed_is_believed(WEBHOOK, call, "x-hook-signature")


def test_the_handshake_says_the_secret_again_and_learns_it() -> None:
    greeting = WEBHOOK.greet(call_of(b"{}", X_Hook_Secret="told"), [])
    assert greeting == Greeting(headers={"X-Hook-Secret": "told"}, secret="told")
    assert "told" not in repr(greeting)


def test_a_signed_call_tells_no_secret() -> None:
    assert WEBHOOK.greet(call_of(BODY, X_Hook_Signature="x", X_Hook_Secret="told"), []) is None
    assert WEBHOOK.greet(call_of(BODY, X_Hook_Secret=""), []) is None


@pytest.mark.parametrize(
    ("event", "hints"),
    [
        ({"action": "changed", "resource": {"gid": "1", "resource_type": "task"}},
         [Hint("tasks", "1")]),
        ({"action": "added", "resource": {"gid": "1", "resource_type": "task"}},
         [Hint("tasks", "1")]),
        ({"action": "undeleted", "resource": {"gid": "1", "resource_type": "task"}},
         [Hint("tasks", "1")]),
        ({"action": "deleted", "resource": {"gid": "1", "resource_type": "task"}},
         [Hint("tasks", "1", gone=True)]),
        ({"action": "removed", "resource": {"gid": "1", "resource_type": "task"}},
         [Hint("tasks", "1", gone=True)]),
        ({"action": "deleted", "resource": {"gid": "2", "resource_type": "story"}}, []),
        ({"action": "deleted", "resource": {"resource_type": "task"}}, []),
        ({"action": "deleted", "resource": "1"}, []),
    ],
)  # fmt: skip
def test_tasks_are_hinted_at(event: dict[str, Any], hints: list[Hint]) -> None:
    assert list(WEBHOOK.hints(call_of({"events": [event]}))) == hints


def test_a_heartbeat_hints_at_nothing() -> None:
    assert list(WEBHOOK.hints(call_of({"events": []}))) == []
    assert list(WEBHOOK.hints(call_of({}))) == []


@given(json_like("events", "action", "resource", "gid", "resource_type",
                 words=("deleted", "task", "1")))  # fmt: skip
def test_hints_are_total(body: Any) -> None:
    for each in (body, {"events": body}, {"events": [body]}):
        assert all(isinstance(hint, Hint) for hint in WEBHOOK.hints(call_of(each)))


def test_the_id_is_the_one_of_the_item(tool: Hooked) -> None:
    [task, *_] = tool.sandbox.world.all(Task)
    event = {"action": "changed", "resource": tool.http.get(f"/tasks/{task.id}")["data"]}
    assert [each.item_id for each in WEBHOOK.hints(call_of({"events": [event]}))] == [task.id]


def test_hooks_are_made_with_a_handshake_each_and_taken_back(tool: Hooked) -> None:
    made = made_once_and_taken_back(tool)
    told = {heard.headers["x-hook-secret"] for heard in tool.ear.heard}
    assert len(told) == len(made) == len(tool.scopes)
    assert SECRET not in str([each.body for each in tool.requests()])


def test_without_the_handshake_no_hook_is_made(tool: Hooked) -> None:
    tool.ear.deaf = True
    with pytest.raises(ConnectorError):
        tool.register()
    assert tool.registered() == []


def test_calls_are_signed_by_the_secret_that_was_told(tool: Hooked) -> None:
    [hook, *_] = tool.register()
    told = tool.ear.heard[0].headers["x-hook-secret"]
    assert tool.sandbox.hooks.tell(hook.id, []).ok
    assert WEBHOOK.verify(tool.ear.heard[-1], [told], NOW)


@pytest.mark.parametrize(
    ("state", "trouble"),
    [
        ({"active": False}, "Asana has switched it off."),
        ({"last_failure_at": "2026-03-01T10:00:00.000Z"},
         "Asana's last call failed, at 2026-03-01T10:00:00.000Z."),
        ({"last_failure_at": "2026-03-01T10:00:00.000Z",
          "last_success_at": "2026-03-01T11:00:00.000Z"}, ""),
    ],
)  # fmt: skip
def test_a_hook_that_fails_is_told_and_woken_up(
    tool: Hooked, state: dict[str, Any], trouble: str
) -> None:
    [hook, *_] = tool.register()
    tool.sandbox.hooks.held[hook.id].update(state)
    [found] = [each for each in tool.registered() if each.id == hook.id]
    assert found.trouble == trouble
    tool.webhook.renew(tool.http, found)
    assert tool.sandbox.hooks.held[hook.id]["active"] is True


@pytest.mark.contract
def test_every_request_is_one_that_asana_describes(tool: Hooked, contracts: Path) -> None:
    description = Described(contracts / "asana" / "spec.json")
    made_once_and_taken_back(tool)
    asked = tool.requests()
    assert {each.method for each in asked} == {"GET", "POST", "PUT", "DELETE"}
    assert [each for request in asked for each in description.complaints(request)] == []
    bad = Request("POST", "/api/1.0/webhooks", {"opt": ["x"]}, {}, b'{"data": {"target": 5}}')
    assert len(description.complaints(bad)) == 3
