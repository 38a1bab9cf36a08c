"""Calls of Wrike: whom they come from, what they name, and how the hook is made."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import orjson
import pytest

from connectors.sdk.errors import Unexpected
from connectors.sdk.sandbox import Reply
from connectors.sdk.webhooks import Call, Hint, Registrar
from connectors.wrike.connector import Wrike
from tests.conformance.world import NOW
from tests.connectors_wrike.conftest import Account

SECRET, OLD = "a secret of ours", "the one before"
URL = "https://flagstaff.example.com/hooks/campaigns/key"
EVENT = {
    "taskId": "IEAAAAAQKQAAAAA1", "webhookId": "IEAAAAAQJAAAAAA1", "eventAuthorId": "KUAAAAAQ",
    "eventType": "TaskStatusChanged", "oldStatus": "Active", "status": "Completed",
    "lastUpdatedDate": "2026-11-20T14:59:00Z",
}  # fmt: skip
hook = Wrike.webhook


def sign(body: bytes, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def call(events: Any, **headers: str) -> Call:
    body = orjson.dumps(events)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Call("POST", URL, {"x-hook-signature": sign(body), **named}, body)


def test_a_call_that_was_signed_with_one_of_the_secrets_is_believed() -> None:
    made = call([EVENT])
    assert hook.verify(made, [SECRET], NOW)
    assert hook.verify(made, [OLD, SECRET], NOW)


def test_a_wrong_secret_a_changed_body_and_no_signature_are_not_believed() -> None:
    made = call([EVENT])
    assert not hook.verify(made, [OLD], NOW)
    assert not hook.verify(made, [], NOW)
    changed = Call("POST", URL, made.headers, made.body.replace(b"Completed", b"Cancelled"))
    assert not hook.verify(changed, [SECRET], NOW)
    assert not hook.verify(Call("POST", URL, {}, made.body), [SECRET], NOW)


def test_the_handshake_is_answered_with_the_signature_of_its_word() -> None:
    greeting = hook.greet(call({}, x_hook_secret="VGhlIHdvcmQ="), [SECRET, OLD])
    assert greeting is not None
    assert greeting.status == 200
    assert greeting.headers == {"X-Hook-Secret": sign(b"VGhlIHdvcmQ=")}
    assert not greeting.secret


@pytest.mark.parametrize(
    "word", ["", "[]", '[{"taskId":"IEAAAAAQKQAAAAA1"}]', "a b c d e f g h", "short", "x" * 513]
)
def test_what_could_be_the_body_of_a_call_is_not_signed(word: str) -> None:
    assert hook.greet(call([EVENT], x_hook_secret=word), [SECRET]) is None


def test_a_call_is_no_handshake_and_without_a_secret_there_is_none() -> None:
    assert hook.greet(call([EVENT]), [SECRET]) is None
    assert hook.greet(call({}, x_hook_secret="VGhlIHdvcmQ="), []) is None


@pytest.mark.parametrize(
    ("event", "hint"),
    [
        (EVENT, Hint("tasks", "IEAAAAAQKQAAAAA1")),
        ({**EVENT, "eventType": "TaskDeleted"}, Hint("tasks", "IEAAAAAQKQAAAAA1", gone=True)),
        (
            {**EVENT, "eventType": "CommentAdded", "commentId": "IEAAAAAQIMAAAAA1"},
            Hint("comments", "IEAAAAAQIMAAAAA1"),
        ),
        (
            {**EVENT, "eventType": "CommentDeleted", "commentId": "IEAAAAAQIMAAAAA1"},
            Hint("comments", "IEAAAAAQIMAAAAA1", gone=True),
        ),
        (
            {"eventType": "ProjectStatusChanged", "folderId": "IEAAAAAQI4AAAAA1"},
            Hint("projects", "IEAAAAAQI4AAAAA1"),
        ),
        (
            {"eventType": "FolderDeleted", "folderId": "IEAAAAAQI4AAAAA1"},
            Hint("projects", "IEAAAAAQI4AAAAA1", gone=True),
        ),
    ],
)
def test_events_name_items(event: Any, hint: Hint) -> None:
    assert list(hook.hints(call([event]))) == [hint]


def test_several_events_come_in_one_call_and_unknown_ones_name_nothing() -> None:
    events = [
        EVENT, {**EVENT, "eventType": "AttachmentAdded"}, {"eventType": "TaskCreated"}, None, 7,
        {**EVENT, "eventType": None}, {**EVENT, "taskId": "IEAAAAAQKQAAAAA2"},
    ]  # fmt: skip
    found = [hint.item_id for hint in hook.hints(call(events))]
    assert found == ["IEAAAAAQKQAAAAA1", "IEAAAAAQKQAAAAA2"]
    assert list(hook.hints(call({"requestType": "x"}))) == []


def test_one_hook_is_made_for_the_account_seen_woken_up_and_taken_back(account: Account) -> None:
    assert isinstance(hook, Registrar)
    http, scopes = account.door, account.connect().scopes()

    def greeted(word: str) -> str | None:
        greeting = hook.greet(Call("POST", URL, {"x-hook-secret": word}), [SECRET])
        return greeting.headers["X-Hook-Secret"] if greeting else None

    account.sandbox.hooks.greet = greeted
    assert hook.registered(http, scopes, URL) == []
    [made] = hook.register(http, scopes, URL, SECRET)
    assert (made.url, made.scope, made.trouble) == (URL, "", "")
    assert hook.registered(http, scopes, URL) == [made]
    assert hook.registered(http, scopes, "https://other.example.com") == []
    account.sandbox.hooks.held[made.id]["status"] = "Suspended"
    [tired] = hook.registered(http, scopes, URL)
    assert tired.trouble == "Wrike has suspended it."
    hook.renew(http, tired)
    assert hook.registered(http, scopes, URL) == [made]
    hook.remove(http, made)
    assert hook.registered(http, scopes, URL) == []
    for request in account.sandbox.log:
        assert SECRET not in f"{request.path} {dict(request.query)}"


def test_a_hook_that_nobody_answers_for_is_not_made(account: Account) -> None:
    with pytest.raises(Unexpected):
        hook.register(account.door, [], URL, SECRET)


@pytest.mark.parametrize("data", [[], {}, {"data": {}}, {"data": [{"hookUrl": URL}]}])
def test_an_answer_about_hooks_of_another_shape_is_unexpected(account: Account, data: Any) -> None:
    account.sandbox.interfere = lambda _: Reply.of(data)
    with pytest.raises(Unexpected):
        hook.registered(account.door, [], URL)


def test_a_hook_of_one_folder_names_it(account: Account) -> None:
    row = {"id": "IEAAAAAQJAAAAAA9", "hookUrl": URL, "status": "Active", "folderId": "F1"}
    account.sandbox.interfere = lambda _: Reply.of({"data": [row]})
    [held] = hook.registered(account.door, [], URL)
    assert held.scope == "F1"
