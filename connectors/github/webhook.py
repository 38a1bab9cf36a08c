"""Calls of GitHub: signed by the secret that its hook was made with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from connectors.github.words import issue_id, key, part, text
from connectors.sdk.contract import Http, Scope
from connectors.sdk.errors import Unexpected
from connectors.sdk.webhooks import Call, Greeting, Hint, Registered, signed

EVENTS = ("issues", "issue_comment", "milestone", "sub_issues")
GONE = {("issues", "deleted"), ("issues", "transferred"), ("milestone", "deleted")}


class GitHubWebhook:
    """A webhook of a repository, or of an organization where it was made by hand."""

    signed_by: Literal["us", "tool", "nobody"] = "us"
    howto = (
        "In the repository or organization under Settings, Webhooks, Add webhook: paste the "
        "address and the secret, choose the content type application/json, and tick Issues, "
        "Issue comments, Milestones and Sub-issues."
    )

    def greet(self, call: Call, secrets: Sequence[str]) -> Greeting | None:  # noqa: ARG002
        """GitHub has no handshake: its ping is signed like every call."""
        return None

    def verify(self, call: Call, secrets: Sequence[str], now: datetime) -> bool:  # noqa: ARG002
        """Whether `X-Hub-Signature-256` is right; GitHub does not say when it called."""
        given = call.headers.get("x-hub-signature-256")
        return signed(call.body, secrets, given, prefix="sha256=")

    def hints(self, call: Call) -> Iterator[Hint]:
        """Issues and milestones, as `reading.py` names them."""
        body = call.json()
        if not isinstance(body, Mapping):
            return
        what = (call.headers.get("x-github-event"), text(body.get("action")))
        repository = key(part(body, "repository").get("id"))
        issue = key(part(body, "issue").get("number"))
        milestone = key(part(body, "milestone").get("number"))
        if repository and issue:
            yield Hint("tasks", issue_id(repository, issue), gone=what in GONE)
        elif repository and milestone:
            yield Hint("milestones", f"{repository}/{milestone}", gone=what in GONE)

    def registered(self, http: Http, scopes: Sequence[Scope], url: str) -> list[Registered]:
        """The hooks of these repositories that call this address."""
        return [
            _hook(scope.id, row)
            for scope in scopes
            for row in _rows(http.get(f"/repositories/{scope.id}/hooks", {"per_page": 100}))
            if part(row, "config").get("url") == url
        ]

    def register(
        self, http: Http, scopes: Sequence[Scope], url: str, secret: str
    ) -> list[Registered]:
        """A hook for each repository; the token needs the right to administer its hooks."""
        config = {"url": url, "content_type": "json", "secret": secret, "insecure_ssl": "0"}
        asked = {"name": "web", "active": True, "events": list(EVENTS), "config": config}
        return [
            _hook(scope.id, http.send("POST", f"/repositories/{scope.id}/hooks", asked).data)
            for scope in scopes
        ]

    def renew(self, http: Http, hook: Registered) -> None:
        """Switch a hook on again; GitHub's never run out."""
        path = f"/repositories/{hook.scope}/hooks/{hook.id}"
        http.request("PATCH", path, json={"active": True})

    def remove(self, http: Http, hook: Registered) -> None:
        """Take a hook back."""
        http.request("DELETE", f"/repositories/{hook.scope}/hooks/{hook.id}")


def _rows(data: Any) -> list[Mapping[str, Any]]:
    if not isinstance(data, list):
        raise Unexpected("GitHub's answer about webhooks is not a list.")
    return [row for row in data if isinstance(row, Mapping)]


def _hook(scope: str, row: Any) -> Registered:
    id = key(row.get("id")) if isinstance(row, Mapping) else None
    if id is None:
        raise Unexpected("GitHub's answer about a webhook has no id.")
    said = part(row, "last_response")
    trouble = "It is switched off." if row.get("active") is False else ""
    if not trouble and isinstance(said.get("code"), int) and said["code"] >= 400:
        trouble = f"GitHub's last call was answered with {said['code']}."
    return Registered(id, str(part(row, "config").get("url") or ""), scope, trouble=trouble)
