"""Calls of monday.com: the challenge, tokens of apps, and what they hint at."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import jwt
import pytest
from hypothesis import given

from connectors.monday.connector import Monday
from connectors.sdk.webhooks import Call, Hint, Registrar
from tests.hooked import ADDRESS, NOW, OTHER, SECRET, call_of, flipped, json_like

WEBHOOK = Monday.webhook
EVENT = {"event": {"type": "update_column_value", "boardId": 5, "pulseId": 1234, "userId": 9}}
SOON = NOW + timedelta(minutes=5)


def token(secret: str = SECRET, algorithm: str = "HS256", **other: Any) -> str:
    claims = {"accountId": 1, "userId": 9, "aud": ADDRESS, "exp": SOON, "iat": NOW, **other}
    held = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(held, secret, algorithm)


def believed(authorization: str | None, *secrets: str) -> bool:
    headers = {} if authorization is None else {"Authorization": authorization}
    return WEBHOOK.verify(call_of(EVENT, **headers), secrets or (SECRET,), NOW)


def test_only_a_token_that_the_secret_signed_is_believed() -> None:
    right = token()
    assert believed(right)
    assert believed(f"Bearer {right}")
    assert believed(right, OTHER, SECRET)
    assert not believed(token(OTHER))
    head, claims, signature = right.split(".")
    for forged in (
        f"{head}.{claims}.{flipped(signature)}", f"{head}.{claims}.", f"{head}.{claims}",
        f"{head}.{token(userId=8).split('.')[1]}.{signature}", "", "é", "Basic dTpw", "..",
    ):  # fmt: skip
        assert not believed(forged), forged


def test_a_token_is_for_this_address_and_not_for_ever() -> None:
    assert not believed(token(aud=ADDRESS + "x"))
    assert not believed(token(aud=None))
    assert not believed(token(exp=None))
    assert not believed(token(exp=NOW))
    assert believed(token(exp=NOW + timedelta(seconds=1)))
    assert not believed(token(exp=NOW - timedelta(seconds=1)))


def test_a_token_is_signed_as_monday_signs() -> None:
    assert not believed(jwt.encode({"aud": ADDRESS, "exp": SOON}, "", "none"))
    assert not believed(token("k" * 64, "HS512"), "k" * 64)


def test_a_secret_that_is_too_short_to_have_signed_anything_believes_no_token() -> None:
    assert not believed(token(), "sixteen letters.")


def test_calls_of_hooks_that_no_app_made_carry_no_token_and_are_believed() -> None:
    assert believed(None)
    assert WEBHOOK.signed_by == "nobody"


def test_the_challenge_is_said_again() -> None:
    greeting = WEBHOOK.greet(call_of({"challenge": "3eZbrw1aBm"}), [SECRET])
    assert greeting is not None
    assert (greeting.status, greeting.secret) == (200, "")
    assert greeting.body == b'{"challenge":"3eZbrw1aBm"}'
    assert greeting.headers == {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    "call",
    [
        call_of(EVENT),
        call_of({**EVENT, "challenge": "a"}),
        call_of({"challenge": ""}),
        call_of({"challenge": {"a": 1}}),
        call_of(["challenge"]),
        call_of(b'{"challenge": '),
        call_of(b'{"challenge": "\xff"}'),
        call_of(b'{"challenge": ' + b"[" * 5000),
        call_of({"challenge": "a"}, method="HEAD"),
    ],
)
def test_what_is_no_challenge_is_not_answered_as_one(call: Call) -> None:
    assert WEBHOOK.greet(call, [SECRET]) is None


@pytest.mark.parametrize(
    ("event", "hints"),
    [
        ({"type": "create_pulse", "pulseId": 12}, [Hint("tasks", "12")]),
        ({"type": "update_name", "itemId": 12, "parentItemId": "7"}, [Hint("tasks", "12")]),
        ({"type": "delete_pulse", "itemId": 12}, [Hint("tasks", "12", gone=True)]),
        ({"type": "delete_pulse", "itemId": 12, "pulseId": 12}, [Hint("tasks", "12", gone=True)]),
        ({"type": "archive_pulse", "itemId": 12}, [Hint("tasks", "12", gone=True)]),
        ({"type": "restore_pulse", "itemId": 12}, [Hint("tasks", "12")]),
        ({"type": "create_update", "pulseId": 12, "updateId": 90}, [Hint("comments", "90")]),
        ({"type": "delete_update", "pulseId": 12, "updateId": 90},
         [Hint("comments", "90", gone=True)]),
        ({"type": "create_column", "columnId": "status"}, []),
        ({"type": ["delete_pulse"], "itemId": -1}, []),
    ],
)  # fmt: skip
def test_items_and_updates_are_hinted_at(event: dict[str, Any], hints: list[Hint]) -> None:
    assert list(WEBHOOK.hints(call_of({"event": event}))) == hints


@given(json_like("event", "type", "itemId", "pulseId", "updateId", words=("delete_pulse", 12)))
def test_hints_and_greetings_are_total(body: Any) -> None:
    assert all(isinstance(each, Hint) for each in WEBHOOK.hints(call_of(body)))
    WEBHOOK.greet(call_of(body), [SECRET])
    WEBHOOK.greet(call_of({"challenge": body}), [SECRET])


def test_hooks_are_made_by_hand() -> None:
    """monday.com's `Webhook` has no address: which of them are ours could not be said."""
    assert not isinstance(WEBHOOK, Registrar)
    assert "Signing Secret" in WEBHOOK.howto


@pytest.mark.contract
def test_the_schema_does_not_tell_whom_a_webhook_calls(contracts: Any) -> None:
    schema = (contracts / "monday" / "schema.graphql").read_text()
    [fields] = [each.split("}")[0] for each in schema.split("\ntype Webhook {")[1:]]
    assert "board_id: ID!" in fields
    assert "url" not in fields.lower()
