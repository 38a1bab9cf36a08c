"""Calls of ClickUp: who is believed, what they hint at, and how the hook is made."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given

from connectors.clickup.connector import ClickUp
from connectors.clickup.sandbox import ClickUpSandbox
from connectors.clickup.sandbox_words import WORKSPACE
from connectors.sdk.errors import NotVisible
from connectors.sdk.records import Task
from connectors.sdk.sandbox import Reply, Request
from connectors.sdk.webhooks import Hint
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

WEBHOOK = ClickUp.webhook
BODY = b'{"event": "taskUpdated", "task_id": "1vj37mc", "webhook_id": "7fa3ec74"}'


@pytest.fixture
def tool() -> Iterator[Hooked]:
    with hooked(ClickUp, ClickUpSandbox) as opened:
        yield opened


def test_only_what_the_secret_signed_is_believed() -> None:
    call = call_of(BODY, X_Signature=signature(BODY))
    only_the_signed_is_believed(WEBHOOK, call, "x-signature")


def test_there_is_no_handshake() -> None:
    assert WEBHOOK.greet(call_of(BODY), []) is None


@pytest.mark.parametrize(
    ("body", "hints"),
    [
        ({"event": "taskUpdated", "task_id": "1vj37mc"}, [Hint("tasks", "1vj37mc")]),
        ({"event": "taskMoved", "task_id": "1vj37mc"}, [Hint("tasks", "1vj37mc")]),
        ({"event": "taskCommentPosted", "task_id": "1vj37mc"}, [Hint("tasks", "1vj37mc")]),
        ({"event": "taskDeleted", "task_id": "1vj37mc"},
         [Hint("tasks", "1vj37mc", gone=True), Hint("comments", "1vj37mc", gone=True)]),
        ({"event": "listDeleted", "list_id": "162641234"}, []),
        ({"event": "taskDeleted", "task_id": None}, []),
        ([], []),
    ],
)  # fmt: skip
def test_tasks_are_hinted_at_and_the_deleted_one_is_gone(body: Any, hints: list[Hint]) -> None:
    assert list(WEBHOOK.hints(call_of(body))) == hints


@given(json_like("event", "task_id", "history_items", words=("taskDeleted", "1vj37mc")))
def test_hints_are_total(body: Any) -> None:
    assert all(isinstance(each, Hint) for each in WEBHOOK.hints(call_of(body)))


def test_the_id_is_the_one_of_the_item(tool: Hooked) -> None:
    [task, *_] = tool.sandbox.world.all(Task)
    body = {"event": "taskUpdated", "task_id": task.id}
    assert [each.item_id for each in WEBHOOK.hints(call_of(body))] == [task.id]


def test_one_hook_is_made_for_the_workspace_and_tells_its_secret(tool: Hooked) -> None:
    [made] = made_once_and_taken_back(tool)
    assert len(made.secret) == 64
    assert made.secret not in repr(made)
    assert SECRET not in str([each.body for each in tool.requests()])


@pytest.mark.parametrize(
    ("health", "trouble"),
    [
        ({"status": "suspended", "fail_count": 100}, "ClickUp has switched it off."),
        ({"status": "failing", "fail_count": 5}, "ClickUp's last 5 calls failed."),
    ],
)
def test_a_hook_that_fails_is_told_and_woken_up(
    tool: Hooked, health: dict[str, Any], trouble: str
) -> None:
    [hook] = tool.register()
    tool.sandbox.hooks.held[hook.id]["health"] = health
    [found] = tool.registered()
    assert found.trouble == trouble
    tool.webhook.renew(tool.http, found)
    [renewed] = tool.registered()
    assert (renewed.trouble, renewed.secret) == ("", hook.secret)


def second_workspace(tool: Hooked, spaces: dict[str, list[str]]) -> None:
    """A token that sees another workspace too, with these spaces (the other one's stay)."""

    def interfere(request: Request) -> Reply | None:
        if request.path == "/api/v2/team":
            data = orjson.loads(tool.sandbox.handle(request).body)
            return Reply.of({"teams": [{"id": "777", "name": "Other"}, *data["teams"]]})
        team = request.path.removeprefix("/api/v2/team/").removesuffix("/space")
        if team in spaces:
            return Reply.of({"spaces": [{"id": each} for each in spaces[team]]})
        return None

    tool.sandbox.interfere = interfere


def test_of_several_workspaces_the_one_of_the_lists_is_taken(tool: Hooked) -> None:
    second_workspace(tool, {"777": ["1"]})
    tool.register()
    [made] = [each for each in tool.requests() if each.method == "POST"]
    assert made.path == f"/api/v2/team/{WORKSPACE}/webhook"


def test_where_no_workspace_has_the_lists_no_hook_is_made(tool: Hooked) -> None:
    second_workspace(tool, {"777": ["1"], WORKSPACE: ["2"]})
    with pytest.raises(NotVisible):
        tool.register()
    assert tool.sandbox.hooks.held == {}


@pytest.mark.contract
def test_every_request_is_one_that_clickup_describes(tool: Hooked, contracts: Path) -> None:
    description = Described(contracts / "clickup" / "spec.json")
    made_once_and_taken_back(tool)
    second_workspace(tool, {"777": ["1"]})
    tool.register()
    assert [each for asked in tool.requests() for each in description.complaints(asked)] == []
    bad = Request("POST", f"/api/v2/team/{WORKSPACE}/webhook", {}, {}, b'{"endpoint": 5}')
    assert len(description.complaints(bad)) == 2
