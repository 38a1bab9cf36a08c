"""Calls of Zendesk: signed, with their time, by a secret that Zendesk chooses and tells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from connectors.sdk.contract import Http, Scope
from connectors.sdk.errors import Unexpected
from connectors.sdk.webhooks import Call, Greeting, Hint, Registered, signed, timely
from connectors.zendesk.client import Client
from connectors.zendesk.words import instant, part, text

PATH = "/api/v2/webhooks"
TICKET = "zen:event-type:ticket."
EVENTS = (
    "agent_assignment_changed", "comment_added", "comment_made_private", "comment_redacted",
    "created", "custom_field_changed", "custom_status_changed", "description_changed",
    "group_assignment_changed", "marked_as_spam", "merged", "permanently_deleted",
    "priority_changed", "problem_link_changed", "requester_changed", "soft_deleted",
    "status_changed", "subject_changed", "tags_changed", "task_due_at_changed", "type_changed",
    "undeleted",
)  # fmt: skip
GONE = ("marked_as_spam", "permanently_deleted", "soft_deleted")
SUBJECT = "zen:ticket:"


class ZendeskWebhook:
    """A webhook of the account that is subscribed to events of tickets."""

    signed_by: Literal["us", "tool", "nobody"] = "tool"
    howto = (
        "In the Admin Center under Apps and integrations, Webhooks, Create webhook, Zendesk "
        "events: choose the events of tickets and paste the address; `webhook: secret` is then "
        "the signing secret that the webhook's page shows."
    )

    def greet(self, call: Call, secrets: Sequence[str]) -> Greeting | None:  # noqa: ARG002
        """Zendesk has no handshake."""
        return None

    def verify(self, call: Call, secrets: Sequence[str], now: datetime) -> bool:
        """Whether `X-Zendesk-Webhook-Signature` is right over the call's time and its body, and
        the time is ours."""
        at = call.headers.get("x-zendesk-webhook-signature-timestamp", "")
        given = call.headers.get("x-zendesk-webhook-signature")
        right = signed(at.encode() + call.body, secrets, given, encoding="base64")
        return right and timely(instant(at), now)

    def hints(self, call: Call) -> Iterator[Hint]:
        """The ticket of an event, and its service levels where it is gone."""
        body = call.json()
        if not isinstance(body, Mapping):
            return
        kind, subject = text(body.get("type")) or "", text(body.get("subject")) or ""
        id = subject.removeprefix(SUBJECT)
        if not kind.startswith(TICKET) or id == subject or not id.isdecimal():
            return
        gone = kind.removeprefix(TICKET) in GONE
        for stream in ("tasks", "slas") if gone else ("tasks",):
            yield Hint(stream, id, gone=gone)

    def registered(self, http: Http, scopes: Sequence[Scope], url: str) -> list[Registered]:  # noqa: ARG002
        """The hooks of the account that call this address."""
        pages = Client(http).pages("/webhooks", "webhooks", ids=str)
        return [_hook(http, row) for rows in pages for row in rows if row.get("endpoint") == url]

    def register(
        self,
        http: Http,
        scopes: Sequence[Scope],  # noqa: ARG002  there is one for all
        url: str,
        secret: str,  # noqa: ARG002  Zendesk chooses its own
    ) -> list[Registered]:
        """One hook for the account; an OAuth token needs the scope `webhooks:write`."""
        asked = {
            "name": "Flagstaff", "endpoint": url, "http_method": "POST", "request_format": "json",
            "status": "active", "subscriptions": [f"{TICKET}{each}" for each in EVENTS],
        }  # fmt: skip
        return [_hook(http, part(http.send("POST", PATH, {"webhook": asked}).data, "webhook"))]

    def renew(self, http: Http, hook: Registered) -> None:
        """Switch a hook on again; Zendesk's do not run out."""
        http.request("PATCH", f"{PATH}/{hook.id}", json={"webhook": {"status": "active"}})

    def remove(self, http: Http, hook: Registered) -> None:
        """Take a hook back."""
        http.request("DELETE", f"{PATH}/{hook.id}")


def _hook(http: Http, row: Mapping[str, Any]) -> Registered:
    """A hook with its secret, which is asked for by itself."""
    id = text(row.get("id"))
    if id is None:
        raise Unexpected("Zendesk's answer about a webhook has no id.")
    told = part(http.get(f"{PATH}/{id}/signing_secret"), "signing_secret")
    secret = text(told.get("secret"))
    if secret is None:
        raise Unexpected("Zendesk does not tell the signing secret of a webhook.")
    trouble = "" if row.get("status") == "active" else "It is switched off."
    return Registered(id, text(row.get("endpoint")) or "", trouble=trouble, secret=secret)
