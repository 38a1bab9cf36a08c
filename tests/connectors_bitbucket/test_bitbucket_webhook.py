"""Calls of Bitbucket: whether they are its own, what they name, and how its hooks are made."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.bitbucket.connector import Bitbucket
from connectors.sdk.contract import Http
from connectors.sdk.records import Project
from connectors.sdk.webhooks import Call, Hint, Registrar
from tests.connectors_bitbucket.conftest import Workspace

HOOK = Bitbucket.webhook
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
SECRET, ADDRESS = "a secret of some length", "https://flagstaff.example.com/hooks/code"
REPOSITORY = "{11111111-2222-4333-8444-555555555555}"


def call(body: Any, event: str = "pullrequest:updated", secret: str = SECRET) -> Call:
    sent = json.dumps(body).encode()
    signature = hmac.new(secret.encode(), sent, hashlib.sha256).hexdigest()
    given = {"x-hub-signature": f"sha256={signature}", "x-event-key": event}
    return Call("POST", ADDRESS, given, sent)


def hints(body: Any, event: str = "pullrequest:updated") -> list[Hint]:
    return list(HOOK.hints(call(body, event)))


def test_a_call_that_was_signed_with_one_of_the_secrets_is_right() -> None:
    assert HOOK.verify(call({"a": 1}), ["another", SECRET], NOW)


@pytest.mark.parametrize("secrets", [[], ["another"], [""]])
def test_a_call_that_was_signed_with_another_is_not(secrets: list[str]) -> None:
    assert not HOOK.verify(call({"a": 1}), secrets, NOW)


@pytest.mark.parametrize("given", [None, "", "sha256=", "sha1=00", "0" * 64])
def test_a_call_without_its_signature_is_not(given: str | None) -> None:
    good = call({"a": 1})
    changed = {**good.headers, "x-hub-signature": given or ""}
    if given is None:
        del changed["x-hub-signature"]
    assert not HOOK.verify(Call("POST", ADDRESS, changed, good.body), [SECRET], NOW)


def test_a_call_whose_body_was_changed_is_not() -> None:
    good = call({"a": 1})
    assert not HOOK.verify(Call("POST", ADDRESS, good.headers, b'{"a": 2}'), [SECRET], NOW)


def test_there_is_no_handshake() -> None:
    assert HOOK.greet(call({"a": 1}), [SECRET]) is None


@pytest.mark.parametrize(
    ("body", "event", "named"),
    [
        ({"pullrequest": {"id": 7}}, "pullrequest:approved", ("tasks", f"{REPOSITORY}!7")),
        ({"issue": {"id": 3}}, "issue:comment_created", ("tasks", f"{REPOSITORY}#3")),
        ({}, "repo:deleted", ("projects", REPOSITORY)),
        ({}, "repo:push", ("projects", REPOSITORY)),
    ],
)
def test_a_call_names_what_may_have_changed_and_deletes_nothing(
    body: Any, event: str, named: tuple[str, str]
) -> None:
    assert hints({"repository": {"uuid": REPOSITORY}, **body}, event) == [Hint(*named)]


@pytest.mark.parametrize(
    "body", [[], None, 7, {}, {"pullrequest": {"id": 7}}, {"repository": {"uuid": 7}},
             {"repository": {"uuid": REPOSITORY}, "pullrequest": {"id": True}}],
)  # fmt: skip
def test_a_call_of_another_shape_names_nothing(body: Any) -> None:
    assert hints(body) == []


def test_hints_are_ids_of_items(workspace: Workspace) -> None:
    ids = workspace.turn("tasks").ids("tasks")
    for id in ids:
        sign = "!" if "!" in id else "#"
        home, _, number = id.partition(sign)
        name = "pullrequest" if sign == "!" else "issue"
        body = {"repository": {"uuid": home}, name: {"id": int(number)}}
        assert hints(body) == [Hint("tasks", id)]


@pytest.mark.contract
def test_recorded_calls_name_their_pull_requests(contracts: Path) -> None:
    named = {}
    for file in sorted((contracts / "bitbucket" / "recorded").glob("goscm_webhooks__*.json")):
        body = json.loads(file.read_text())["response"]["body"]
        event = "repo:push" if "push" in body else "pullrequest:updated"
        named[file.stem] = hints(body, event)
        for hint in named[file.stem]:
            assert body["repository"]["uuid"] in hint.item_id
    assert {hint.stream for found in named.values() for hint in found} == {"tasks", "projects"}
    assert sum(any(hint.stream == "tasks" for hint in found) for found in named.values()) >= 6


# --- the registrar ----------------------------------------------------------------------------


def door(workspace: Workspace) -> Http:
    connector: Any = workspace.connect()
    http: Http = connector._api.http
    return http


def test_bitbucket_lets_hooks_be_registered() -> None:
    assert isinstance(HOOK, Registrar)


def test_a_hook_is_made_for_each_repository_found_again_woken_up_and_taken_back(
    workspace: Workspace,
) -> None:
    scopes, http = workspace.connect().scopes(), door(workspace)
    made = HOOK.register(http, scopes, ADDRESS, SECRET)
    assert [each.scope for each in made] == [each.id for each in scopes]
    rows = [row for _, row in workspace.sandbox.hooks.values()]
    assert all(row["secret_set"] and row["active"] and row["url"] == ADDRESS for row in rows)
    assert HOOK.registered(http, scopes, ADDRESS) == made
    assert HOOK.registered(http, scopes, ADDRESS + "/other") == []
    rows[0]["active"] = False
    assert [each.trouble for each in HOOK.registered(http, scopes, ADDRESS)] == [
        "It is switched off.", "", "",
    ]  # fmt: skip
    HOOK.renew(http, made[0])
    assert rows[0]["active"] is True
    assert rows[0]["secret_set"]
    for each in made:
        HOOK.remove(http, each)
    assert workspace.sandbox.hooks == {}


def test_only_events_that_bitbucket_offers_are_asked_for(workspace: Workspace) -> None:
    """Those of the issue tracker are refused where that is gone."""
    HOOK.register(door(workspace), workspace.connect().scopes()[:1], ADDRESS, SECRET)
    [(_, row)] = workspace.sandbox.hooks.values()
    assert "pullrequest:approved" in row["events"]
    assert not [each for each in row["events"] if each.startswith("issue:")]


def test_a_hook_is_found_after_its_repository_was_renamed(workspace: Workspace) -> None:
    import msgspec

    http = door(workspace)
    [made] = HOOK.register(http, workspace.connect().scopes()[:1], ADDRESS, SECRET)
    project = workspace.sandbox.world.get(Project, made.scope)
    assert project is not None
    workspace.sandbox.world.put(msgspec.structs.replace(project, name="Renamed"))
    HOOK.remove(http, made)
    assert workspace.sandbox.hooks == {}


def test_no_secret_stands_in_an_address(workspace: Workspace) -> None:
    http = door(workspace)
    asked = workspace.asked(
        lambda: HOOK.register(http, workspace.connect().scopes(), ADDRESS, SECRET)
    )
    assert not [each for each in asked if SECRET in each.path or SECRET in str(each.query)]
