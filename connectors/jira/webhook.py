"""Calls of Jira: signed where an administrator gave the hook a secret."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Literal

from connectors.sdk.webhooks import Call, Greeting, Hint, signed


class JiraWebhook:
    """A webhook that an administrator of the site makes."""

    signed_by: Literal["us", "tool", "nobody"] = "us"
    howto = (
        "Under Settings, System, WebHooks, Create a WebHook (it needs an administrator): paste the "
        "address and the secret, and tick the events of issues, comments, worklogs, versions and "
        "sprints."
    )

    def greet(self, call: Call, secrets: Sequence[str]) -> Greeting | None:  # noqa: ARG002
        """Jira has no handshake."""
        return None

    def verify(self, call: Call, secrets: Sequence[str], now: datetime) -> bool:  # noqa: ARG002
        """Whether `X-Hub-Signature` is right. Jira repeats a call for up to half an hour, so that
        the time in its body says nothing about a forgery."""
        return signed(call.body, secrets, call.headers.get("x-hub-signature"), prefix="sha256=")

    def hints(self, call: Call) -> Iterator[Hint]:
        """The issue of an event; of comments and worklogs it is the issue that they hang on."""
        body = call.json()
        issue = body.get("issue") if isinstance(body, Mapping) else None
        id = issue.get("id") if isinstance(issue, Mapping) else None
        if isinstance(id, (str, int)) and not isinstance(id, bool) and str(id):
            gone = body.get("webhookEvent") == "jira:issue_deleted"
            yield Hint("tasks", str(id), gone=gone)
