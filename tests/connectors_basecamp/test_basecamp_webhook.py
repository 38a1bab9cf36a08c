"""Calls of Basecamp, and the hooks that are made for them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from connectors.basecamp.connector import Basecamp
from connectors.basecamp.sandbox_hooks import MOST
from connectors.sdk.contract import Scope
from connectors.sdk.errors import NotVisible, Refused
from connectors.sdk.records import Project
from connectors.sdk.webhooks import Call, Hint, Registrar
from tests.conformance import world
from tests.connectors_basecamp.conftest import Account

HOOK = Basecamp.webhook
URL = "https://flagstaff.example.com/hooks/studio/key"


def call(**body: Any) -> Call:
    return Call("POST", URL, {"user-agent": "Basecamp3 Webhook"}, json.dumps(body).encode())


def recording(type: str, **more: Any) -> dict[str, Any]:
    return {"id": 801, "type": type, "status": "active", **more}


@pytest.mark.parametrize(
    ("kind", "type", "hint"),
    [
        ("todo_created", "Todo", Hint("tasks", "801")),
        ("todo_completed", "Todo", Hint("tasks", "801")),
        ("todo_untrashed", "Todo", Hint("tasks", "801")),
        ("kanban_card_archived", "Kanban::Card", Hint("tasks", "801")),
        ("kanban_step_deleted", "Kanban::Step", Hint("tasks", "801", gone=True)),
        ("todo_trashed", "Todo", Hint("tasks", "801", gone=True)),
        ("comment_created", "Comment", Hint("comments", "801")),
        ("timesheet_entry_deleted", "Timesheet::Entry", Hint("worklogs", "801", gone=True)),
    ],
)
def test_a_call_names_the_recording_that_it_is_about(kind: str, type: str, hint: Hint) -> None:
    assert list(HOOK.hints(call(kind=kind, recording=recording(type)))) == [hint]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"recording": None},
        {"kind": 7, "recording": []},
        {"kind": "todo_created", "recording": {"type": "Todo", "id": None}},
        {"kind": "message_created", "recording": recording("Message")},
        {"kind": "todolist_trashed", "recording": recording("Todolist")},
    ],
)
def test_a_call_about_nothing_of_ours_names_nothing(body: dict[str, Any]) -> None:
    assert list(HOOK.hints(call(**body))) == []


def test_a_call_that_is_no_object_names_nothing() -> None:
    assert list(HOOK.hints(Call("POST", URL, {}, b"[1]"))) == []


def test_basecamp_signs_nothing_and_greets_not() -> None:
    assert HOOK.signed_by == "nobody"
    assert HOOK.verify(call(kind="todo_created"), ["secret"], world.NOW)
    assert HOOK.greet(call(), ["secret"]) is None


def test_hooks_are_made_found_woken_and_taken_back(account: Account) -> None:
    assert isinstance(HOOK, Registrar)
    door, scopes = account.door, account.connect().scopes()
    made = HOOK.register(door, scopes, URL, "")
    assert [hook.scope for hook in made] == [scope.id for scope in scopes]
    assert not any(hook.trouble for hook in made)
    assert HOOK.registered(door, scopes, URL) == made
    assert HOOK.registered(door, scopes, f"{URL}/other") == []
    account.sandbox.hooks.held[made[0].scope][0]["active"] = False
    assert "switched it off" in HOOK.registered(door, scopes, URL)[0].trouble
    HOOK.renew(door, made[0])
    assert HOOK.registered(door, scopes, URL) == made
    HOOK.remove(door, made[1])
    assert HOOK.registered(door, scopes, URL) == [made[0], *made[2:]]


def test_projects_that_were_put_away_get_no_hook(account: Account) -> None:
    put_away = Scope(account.native(Project, "project-1"), "Old", "archived")
    assert HOOK.register(account.door, [put_away], URL, "") == []
    assert HOOK.registered(account.door, [put_away], URL) == []


def test_one_hook_too_many_is_the_admins_to_solve(account: Account) -> None:
    door, scopes = account.door, account.connect().scopes()[:1]
    for _ in range(MOST):
        HOOK.register(door, scopes, URL, "")
    with pytest.raises(Refused, match="no further webhook"):
        HOOK.register(door, scopes, URL, "")


def test_a_hook_of_a_hidden_project_is_not_visible(account: Account) -> None:
    scopes = account.connect().scopes()[:1]
    account.sandbox.hidden.add(scopes[0].id)
    with pytest.raises(NotVisible):
        HOOK.registered(account.door, scopes, URL)
