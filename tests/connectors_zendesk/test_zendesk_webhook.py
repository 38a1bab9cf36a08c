"""Calls of Zendesk: who is believed and when, what they hint at, and how the hook is made."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given

from connectors.sdk.errors import Refused, Unexpected
from connectors.sdk.records import Task
from connectors.sdk.sandbox import Reply
from connectors.sdk.webhooks import TOLERANCE, Hint
from connectors.zendesk.connector import Zendesk
from connectors.zendesk.sandbox import ZendeskSandbox
from connectors.zendesk.sandbox_hooks import secret_of
from connectors.zendesk.webhook import EVENTS
from tests.hooked import (
    NOW,
    SECRET,
    Hooked,
    call_of,
    hooked,
    json_like,
    made_once_and_taken_back,
    only_the_signed_is_believed,
    signature,
)

WEBHOOK = Zendesk.webhook
BODY = (
    b'{"type": "zen:event-type:ticket.status_changed", "subject": "zen:ticket:158", '
    b'"detail": {"id": "158"}, "event": {"current": "OPEN", "previous": "NEW"}}'
)


@pytest.fixture
def tool() -> Iterator[Hooked]:
    with hooked(Zendesk, ZendeskSandbox) as opened:
        yield opened


def at(seconds: float) -> str:
    return f"{NOW + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%SZ}"


def call(stamp: str, secret: str = SECRET) -> Any:
    return call_of(
        BODY,
        X_Zendesk_Webhook_Signature=signature(stamp, BODY, secret=secret, encoding="base64"),
        X_Zendesk_Webhook_Signature_Timestamp=stamp,
    )


def test_only_what_the_secret_signed_with_its_time_is_believed() -> None:
    only_the_signed_is_believed(
        WEBHOOK, call(at(0)),
        "x-zendesk-webhook-signature", "x-zendesk-webhook-signature-timestamp",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("seconds", "believed"), [(-301, False), (-299, True), (299, True), (301, False)]
)
def test_a_signed_call_is_believed_near_to_its_own_time(seconds: float, believed: bool) -> None:
    assert TOLERANCE.total_seconds() == 300
    assert WEBHOOK.verify(call(at(seconds)), [SECRET], NOW) is believed


@pytest.mark.parametrize("stamp", ["", "soon", "2026-03-02T09:00:00", "1772442000"])
def test_a_signed_call_without_a_time_is_not_believed(stamp: str) -> None:
    assert not WEBHOOK.verify(call(stamp), [SECRET], NOW)


def test_there_is_no_handshake() -> None:
    assert WEBHOOK.greet(call(at(0)), [SECRET]) is None


@pytest.mark.parametrize(
    ("kind", "gone"),
    [("created", False), ("status_changed", False), ("comment_added", False), ("merged", False),
     ("undeleted", False), ("soft_deleted", True), ("permanently_deleted", True),
     ("marked_as_spam", True)],
)  # fmt: skip
def test_tickets_are_hinted_at_and_what_is_deleted_is_gone(kind: str, gone: bool) -> None:
    body = {"type": f"zen:event-type:ticket.{kind}", "subject": "zen:ticket:158"}
    streams = ["tasks", "slas"] if gone else ["tasks"]
    assert list(WEBHOOK.hints(call_of(body))) == [Hint(each, "158", gone) for each in streams]


@pytest.mark.parametrize(
    "body",
    [
        {"type": "zen:event-type:user.deleted", "subject": "zen:user:158"},
        {"type": "zen:event-type:ticket.created", "subject": "zen:user:158"},
        {"type": "zen:event-type:ticket.created", "subject": "zen:ticket:"},
        {"type": "zen:event-type:ticket.created", "subject": "zen:ticket:1/2"},
        {"type": "zen:event-type:ticket.created", "detail": {"id": "158"}},
        "Ticket 158 has been updated.",
    ],
)
def test_what_names_no_ticket_hints_at_none(body: Any) -> None:
    assert list(WEBHOOK.hints(call_of(body))) == []


@given(json_like("type", "subject", "detail", "event", "id", words=(
    "zen:event-type:ticket.soft_deleted", "zen:ticket:158")))  # fmt: skip
def test_hints_are_total(body: Any) -> None:
    assert all(isinstance(each, Hint) for each in WEBHOOK.hints(call_of(body)))


def test_the_id_is_the_one_of_the_item(tool: Hooked) -> None:
    [task, *_] = tool.sandbox.world.all(Task)
    body = {"type": "zen:event-type:ticket.created", "subject": f"zen:ticket:{task.id}"}
    assert [each.item_id for each in WEBHOOK.hints(call_of(body))] == [task.id]


def test_one_hook_is_made_for_the_account_and_its_secret_fetched(tool: Hooked) -> None:
    [made] = made_once_and_taken_back(tool)
    assert made.secret == secret_of(made.id)
    assert made.secret not in repr(made)
    [asked] = [each.json()["webhook"] for each in tool.requests() if each.method == "POST"]
    assert asked["subscriptions"] == [f"zen:event-type:ticket.{each}" for each in EVENTS]
    assert SECRET not in str([each.body for each in tool.requests()])


def test_hooks_of_others_on_further_pages_are_passed_over(tool: Hooked) -> None:
    for number in range(250):
        tool.sandbox.hooks.held[f"00{number:024}"] = {
            "id": f"00{number:024}", "endpoint": "https://other.example.com", "status": "active",
        }  # fmt: skip
    tool.register()
    assert len(tool.registered()) == 1
    pages = [each for each in tool.requests() if each.path == "/api/v2/webhooks"]
    assert len([each for each in pages if each.method == "GET"]) == 3


def test_a_hook_that_is_switched_off_is_told_and_woken_up(tool: Hooked) -> None:
    [hook] = tool.register()
    tool.sandbox.hooks.held[hook.id]["status"] = "inactive"
    [found] = tool.registered()
    assert found.trouble == "It is switched off."
    tool.webhook.renew(tool.http, found)
    assert tool.registered()[0].trouble == ""


def test_a_hook_whose_secret_is_not_told_is_an_error(tool: Hooked) -> None:
    tool.sandbox.interfere = lambda request: (
        Reply.of({"signing_secret": {}}) if request.path.endswith("signing_secret") else None
    )
    with pytest.raises(Unexpected):
        tool.register()


def test_an_agent_is_refused(tool: Hooked) -> None:
    tool.sandbox.role = "agent"
    with pytest.raises(Refused):
        tool.registered()
