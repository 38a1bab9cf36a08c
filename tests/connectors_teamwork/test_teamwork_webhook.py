"""Calls of Teamwork: who signed them, and what they name."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.sdk.webhooks import Call, Hint, Registrar
from connectors.teamwork.connector import Teamwork
from connectors.teamwork.webhook import ITEMS

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
SECRET = "an invented secret"
BODY = json.dumps({"eventCreator": {"id": 5}, "task": {"id": 41276637}, "project": {"id": 7}})


def call(body: str = BODY, *, signed_by: str | None = SECRET) -> Call:
    headers = {}
    if signed_by is not None:
        made = hmac.new(signed_by.encode(), body.encode(), hashlib.sha256).hexdigest()
        headers["x-projects-signature"] = made
    return Call("POST", "https://flagstaff.example.com/hooks/abc", headers, body.encode())


def hints(body: Any) -> list[Hint]:
    return list(Teamwork.webhook.hints(call(json.dumps(body))))


def test_a_call_is_signed_by_one_of_the_secrets() -> None:
    assert Teamwork.webhook.verify(call(), [SECRET], NOW)
    assert Teamwork.webhook.verify(call(), ["a newer one", SECRET], NOW)


def test_a_call_with_another_secret_or_none_is_not_believed() -> None:
    assert not Teamwork.webhook.verify(call(signed_by="another"), [SECRET], NOW)
    assert not Teamwork.webhook.verify(call(signed_by=None), [SECRET], NOW)
    assert not Teamwork.webhook.verify(call(), [], NOW)


def test_a_changed_body_is_not_believed() -> None:
    forged = Call("POST", call().url, call().headers, BODY.replace("41276637", "1").encode())
    assert not Teamwork.webhook.verify(forged, [SECRET], NOW)


def test_teamwork_has_no_handshake_and_tells_no_time() -> None:
    assert Teamwork.webhook.greet(call(), [SECRET]) is None
    late = datetime(2027, 1, 1, tzinfo=UTC)
    assert Teamwork.webhook.verify(call(), [SECRET], late)


@pytest.mark.parametrize(
    ("body", "hint"),
    [
        ({"task": {"id": 1}, "project": {"id": 7}}, Hint("tasks", "1")),
        ({"task": {"id": "1", "status": "deleted"}}, Hint("tasks", "1")),
        ({"comment": {"id": 2}, "project": {"id": 7}}, Hint("comments", "2")),
        ({"time": {"id": 3, "taskId": 1, "projectId": 7}}, Hint("worklogs", "3")),
        ({"milestone": {"id": 4}}, Hint("milestones", "4")),
        ({"project": {"id": 7}}, Hint("projects", "7")),
    ],
)
def test_a_call_names_what_it_is_about(body: Any, hint: Hint) -> None:
    assert hints(body) == [hint]


@pytest.mark.parametrize(
    "body",
    [None, [], {}, {"task": None}, {"task": {"id": 0}}, {"task": []}, {"invoice": {"id": 1}}],
)
def test_a_call_about_anything_else_names_nothing(body: Any) -> None:
    assert hints(body) == []


def test_every_hint_is_of_a_stream() -> None:
    assert {stream for _, stream in ITEMS} <= Teamwork.streams.keys()


def test_hooks_are_made_by_hand() -> None:
    assert not isinstance(Teamwork.webhook, Registrar)
    assert Teamwork.webhook.signed_by == "us"
    assert "secret" in Teamwork.webhook.howto
