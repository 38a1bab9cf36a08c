"""Calls of Jira: who is believed, and what they hint at."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from connectors.jira.connector import Jira
from connectors.sdk.records import Task
from connectors.sdk.webhooks import Hint, Registrar
from tests.connectors_jira.conftest import Site
from tests.hooked import NOW, SECRET, call_of, json_like, only_the_signed_is_believed, signature

WEBHOOK = Jira.webhook
BODY = b'{"timestamp": 1772442000000, "webhookEvent": "jira:issue_updated", "issue": {"id": "1"}}'


def test_only_what_the_secret_signed_is_believed() -> None:
    call = call_of(BODY, X_Hub_Signature=f"sha256={signature(BODY)}")
    only_the_signed_is_believed(WEBHOOK, call, "x-hub-signature")


def test_another_digest_or_none_is_not_believed() -> None:
    for wrong in (signature(BODY), f"sha1={signature(BODY, digest='sha1')}", "sha256="):
        assert not WEBHOOK.verify(call_of(BODY, X_Hub_Signature=wrong), [SECRET], NOW)


def test_there_is_no_handshake_and_hooks_are_made_by_hand() -> None:
    assert WEBHOOK.greet(call_of(BODY), [SECRET]) is None
    assert not isinstance(WEBHOOK, Registrar)
    assert "WebHooks" in WEBHOOK.howto


@pytest.mark.parametrize(
    ("body", "hints"),
    [
        ({"webhookEvent": "jira:issue_created", "issue": {"id": "10"}}, [Hint("tasks", "10")]),
        ({"webhookEvent": "jira:issue_updated", "issue": {"id": 10}}, [Hint("tasks", "10")]),
        ({"webhookEvent": "worklog_deleted", "issue": {"id": "10"}}, [Hint("tasks", "10")]),
        ({"webhookEvent": "jira:issue_deleted", "issue": {"id": "10"}},
         [Hint("tasks", "10", gone=True)]),
        ({"webhookEvent": "sprint_closed", "sprint": {"id": 10}}, []),
        ({"webhookEvent": "jira:issue_deleted", "issue": {"id": True}}, []),
        ({"webhookEvent": "jira:issue_deleted", "issue": ["10"]}, []),
        ([], []),
    ],
)  # fmt: skip
def test_issues_are_hinted_at_and_the_deleted_one_is_gone(body: Any, hints: list[Hint]) -> None:
    assert list(WEBHOOK.hints(call_of(body))) == hints


@given(json_like("webhookEvent", "issue", "id", words=("jira:issue_deleted", "10")))
def test_hints_are_total(body: Any) -> None:
    assert all(isinstance(each, Hint) for each in WEBHOOK.hints(call_of(body)))


def test_the_id_is_the_one_of_the_item(site: Site) -> None:
    [task, *_] = site.turn("tasks").of(Task).values()
    body = {"webhookEvent": "jira:issue_updated", "issue": {"id": task.id}}
    assert [each.item_id for each in WEBHOOK.hints(call_of(body))] == [task.id]
