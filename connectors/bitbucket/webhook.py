"""Calls of Bitbucket: signed by the secret that its hook was made with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from connectors.bitbucket.api import Api
from connectors.bitbucket.roster import ALL, Repository
from connectors.bitbucket.words import ISSUE, PULL, item_id, key, part, text
from connectors.sdk.contract import Http, Json, Scope
from connectors.sdk.errors import Unexpected
from connectors.sdk.webhooks import Call, Greeting, Hint, Registered, signed

EVENTS = frozenset(
    {
        "pullrequest:created", "pullrequest:updated", "pullrequest:approved",
        "pullrequest:unapproved", "pullrequest:changes_request_created",
        "pullrequest:changes_request_removed", "pullrequest:fulfilled", "pullrequest:rejected",
        "pullrequest:comment_created", "pullrequest:comment_updated",
        "pullrequest:comment_deleted", "issue:created", "issue:updated", "issue:comment_created",
        "repo:updated", "repo:transfer", "repo:deleted",
    }
)  # fmt: skip
"""What is asked for, as far as Bitbucket offers it: the issue tracker's may be gone."""


class BitbucketWebhook:
    """A webhook of a repository, or of a workspace where it was made by hand."""

    signed_by: Literal["us", "tool", "nobody"] = "us"
    howto = (
        "In the repository under Repository settings, Webhooks, Add webhook: paste the address "
        "and the secret, choose from the full list of triggers, and tick all of Pull request, "
        "all of Issue where it is offered, and Updated, Transfer accepted and Deleted of "
        "Repository."
    )

    def greet(self, call: Call, secrets: Sequence[str]) -> Greeting | None:  # noqa: ARG002
        """Bitbucket has no handshake."""
        return None

    def verify(self, call: Call, secrets: Sequence[str], now: datetime) -> bool:  # noqa: ARG002
        """Whether `X-Hub-Signature` is right; Bitbucket does not say when it called."""
        given = call.headers.get("x-hub-signature")
        return signed(call.body, secrets, given, prefix="sha256=")

    def hints(self, call: Call) -> Iterator[Hint]:
        """Pull requests and issues, as `words.item_id` names them, else the repository. No event
        tells that one of these was deleted; that a repository was cannot be told from lost access.
        """
        body = call.json()
        repository = text(part(body, "repository").get("uuid"))
        if repository is None:
            return
        pull = key(part(body, "pullrequest").get("id"))
        issue = key(part(body, "issue").get("id"))
        if pull:
            yield Hint("tasks", item_id(repository, PULL, pull))
        elif issue:
            yield Hint("tasks", item_id(repository, ISSUE, issue))
        elif call.headers.get("x-event-key", "").startswith("repo:"):
            yield Hint("projects", repository)

    def registered(self, http: Http, scopes: Sequence[Scope], url: str) -> list[Registered]:
        """The hooks of these repositories that call this address."""
        return [
            _hook(scope, row)
            for scope in scopes
            for row in Api(http).all(_hooks(scope), {"pagelen": ALL}, scope.id)
            if row.get("url") == url
        ]

    def register(
        self, http: Http, scopes: Sequence[Scope], url: str, secret: str
    ) -> list[Registered]:
        """A hook for each repository; the credential needs the scope for webhooks."""
        offered = Api(http).all("/hook_events/repository", {"pagelen": ALL})
        events = sorted(EVENTS & {str(each.get("event")) for each in offered})
        asked = {
            "description": "Flagstaff", "url": url, "active": True, "secret": secret,
            "events": events,
        }  # fmt: skip
        return [_hook(scope, http.send("POST", _hooks(scope), asked).data) for scope in scopes]

    def renew(self, http: Http, hook: Registered) -> None:
        """Switch a hook on again; Bitbucket's never run out. Its secret stays as it is."""
        row = Api(http).get(hook.id).data
        kept = {name: row.get(name) for name in ("description", "url", "events")}
        http.request("PUT", hook.id, json={**kept, "active": True})

    def remove(self, http: Http, hook: Registered) -> None:
        """Take a hook back."""
        http.request("DELETE", hook.id)


def _hooks(scope: Scope) -> str:
    return f"{Repository(scope.id, scope.name).path}/hooks"


def _hook(scope: Scope, row: Any) -> Registered:
    uuid = text(row.get("uuid")) if isinstance(row, Mapping) else None
    if uuid is None:
        raise Unexpected("Bitbucket's answer about a webhook has no id.")
    held: Json = row
    trouble = "It is switched off." if held.get("active") is False else ""
    return Registered(
        f"{_hooks(scope)}/{uuid}", str(held.get("url") or ""), scope.id, trouble=trouble
    )
