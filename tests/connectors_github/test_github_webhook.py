"""Calls of GitHub: who is believed, what they hint at, and how hooks are made."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from connectors.github.connector import GitHub
from connectors.github.sandbox import GitHubSandbox
from connectors.sdk.records import Task
from connectors.sdk.sandbox import Request
from connectors.sdk.webhooks import Hint
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

WEBHOOK = GitHub.webhook
BODY = b'{"action": "edited", "repository": {"id": 7}, "issue": {"number": 12}}'


@pytest.fixture
def tool() -> Iterator[Hooked]:
    with hooked(GitHub, GitHubSandbox) as opened:
        yield opened


def test_only_what_the_secret_signed_is_believed() -> None:
    call = call_of(BODY, X_Hub_Signature_256=f"sha256={signature(BODY)}")
    only_the_signed_is_believed(WEBHOOK, call, "x-hub-signature-256")


def test_the_older_signature_is_not_believed() -> None:
    old = f"sha1={signature(BODY, digest='sha1')}"
    assert not WEBHOOK.verify(call_of(BODY, X_Hub_Signature=old), [SECRET], NOW)
    assert not WEBHOOK.verify(call_of(BODY, X_Hub_Signature_256=old), [SECRET], NOW)


def test_there_is_no_handshake() -> None:
    assert WEBHOOK.greet(call_of({"zen": "Design for failure."}, X_GitHub_Event="ping"), []) is None


@pytest.mark.parametrize(
    ("kind", "body", "hints"),
    [
        ("issues", {"action": "opened", "issue": {"number": 12}}, [Hint("tasks", "7#12")]),
        ("issues", {"action": "deleted", "issue": {"number": 12}}, [Hint("tasks", "7#12", True)]),
        ("issues", {"action": "transferred", "issue": {"number": 12}},
         [Hint("tasks", "7#12", True)]),
        ("issue_comment", {"action": "deleted", "issue": {"number": 12}}, [Hint("tasks", "7#12")]),
        ("milestone", {"action": "deleted", "milestone": {"number": 3}},
         [Hint("milestones", "7/3", True)]),
        ("milestone", {"action": "closed", "milestone": {"number": 3}},
         [Hint("milestones", "7/3")]),
        ("ping", {"zen": "Design for failure."}, []),
        ("issues", {"action": "deleted", "issue": {"number": -1}}, []),
    ],
)  # fmt: skip
def test_issues_and_milestones_are_hinted_at(
    kind: str, body: dict[str, Any], hints: list[Hint]
) -> None:
    call = call_of({"repository": {"id": 7}, **body}, X_GitHub_Event=kind)
    assert list(WEBHOOK.hints(call)) == hints


@given(json_like("action", "repository", "issue", "milestone", "id", "number",
                 words=("deleted", 7)))  # fmt: skip
def test_hints_are_total(body: Any) -> None:
    for kind in ("issues", "milestone"):
        call = call_of(body, X_GitHub_Event=kind)
        assert all(isinstance(each, Hint) for each in WEBHOOK.hints(call))


def test_the_ids_are_those_of_the_items(tool: Hooked) -> None:
    [task, *_] = tool.sandbox.world.all(Task)
    home, _, number = task.id.partition("#")
    body = {"repository": {"id": int(home)}, "issue": {"number": int(number)}}
    assert [each.item_id for each in WEBHOOK.hints(call_of(body))] == [task.id]
    milestones = tool.items("milestones")
    repository, _, number = min(milestones).partition("/")
    body = {"repository": {"id": int(repository)}, "milestone": {"number": int(number)}}
    assert {each.item_id for each in WEBHOOK.hints(call_of(body))} <= milestones


def test_hooks_are_made_with_the_secret_and_taken_back(tool: Hooked) -> None:
    made_once_and_taken_back(tool)
    asked = [json.loads(each.body) for each in tool.requests() if each.method == "POST"]
    assert {each["config"]["secret"] for each in asked} == {SECRET}
    assert {each["config"]["insecure_ssl"] for each in asked} == {"0"}
    assert SECRET not in str([(each.path, each.query) for each in tool.requests()])


@pytest.mark.parametrize(
    ("state", "trouble"),
    [
        ({"active": False}, "It is switched off."),
        ({"last_response": {"code": 502}}, "GitHub's last call was answered with 502."),
        ({"last_response": {"code": 200}}, ""),
        ({"last_response": {"code": None, "status": "unused"}}, ""),
    ],
)
def test_a_hook_that_fails_is_told(tool: Hooked, state: dict[str, Any], trouble: str) -> None:
    [hook, *_] = tool.register()
    tool.sandbox.hooks.held[int(hook.id)][1].update(state)
    assert tool.registered()[0].trouble == trouble


def test_a_hook_that_is_switched_off_is_woken_up(tool: Hooked) -> None:
    [hook, *_] = tool.register()
    tool.sandbox.hooks.held[int(hook.id)][1]["active"] = False
    tool.webhook.renew(tool.http, tool.registered()[0])
    assert tool.registered()[0].trouble == ""


@pytest.mark.contract
def test_every_request_is_one_that_github_describes(tool: Hooked, contracts: Path) -> None:
    """By id or by name: GitHub's own links lead to `/repositories/{id}`."""
    like = {r"^/repositories/\d+": "/repos/acme/site"}
    description = Described(contracts / "github" / "spec.json", **like)
    made_once_and_taken_back(tool)
    asked = tool.requests()
    assert {each.method for each in asked} == {"GET", "POST", "PATCH", "DELETE"}
    assert [each for request in asked for each in description.complaints(request)] == []
    bad = Request("POST", "/repositories/1/hooks", {}, {}, b'{"events": "issues"}')
    assert description.complaints(bad)
