"""Calls of Jira about requests: signed where an administrator gave the hook a secret."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Literal

from connectors.jira_service_management.values import ident, obj
from connectors.sdk.webhooks import Call, Greeting, Hint, signed

GONE = "jira:issue_deleted"


class ServiceManagementWebhook:
    """A webhook that an administrator of the site makes."""

    signed_by: Literal["us", "tool", "nobody"] = "us"
    howto = (
        "Under Settings, System, WebHooks, Create a WebHook (it needs an administrator): paste the "
        "address and the secret, tick the events of issues, comments and worklogs, and limit them "
        "by JQL to the service projects that are read."
    )

    def greet(self, call: Call, secrets: Sequence[str]) -> Greeting | None:  # noqa: ARG002
        """Jira has no handshake."""
        return None

    def verify(self, call: Call, secrets: Sequence[str], now: datetime) -> bool:  # noqa: ARG002
        """Whether `X-Hub-Signature` is right. Jira repeats a call for up to half an hour, so that
        the time in its body says nothing about a forgery."""
        return signed(call.body, secrets, call.headers.get("x-hub-signature"), prefix="sha256=")

    def hints(self, call: Call) -> Iterator[Hint]:
        """The request of an event, or on which a comment hangs; its approvals where it is gone."""
        body = obj(call.json())
        id = ident(obj(body.get("issue")).get("id"))
        gone = body.get("webhookEvent") == GONE
        if id is not None:
            for stream in ("tasks", "approvals") if gone else ("tasks",):
                yield Hint(stream, id, gone=gone)
