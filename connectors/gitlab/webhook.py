"""Calls of GitLab: each shows the secret token that its hook was made with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from connectors.gitlab.values import identifier, issue_id, mapping, text
from connectors.sdk.contract import Http, Scope
from connectors.sdk.errors import Unexpected
from connectors.sdk.webhooks import Call, Greeting, Hint, Registered, same

EVENTS = (
    "issues_events", "confidential_issues_events", "note_events", "confidential_note_events",
    "milestone_events",
)  # fmt: skip


class GitLabWebhook:
    """A webhook of a project, or of a group where it was made by hand."""

    signed_by: Literal["us", "tool", "nobody"] = "us"
    howto = (
        "In the project (with Premium also in the group) under Settings, Webhooks, Add new "
        "webhook: paste the address, and the secret as the secret token, and tick Issues, "
        "Confidential issues, Comments, Confidential comments and Milestones."
    )

    def greet(self, call: Call, secrets: Sequence[str]) -> Greeting | None:  # noqa: ARG002
        """GitLab has no handshake: its test is a call like every other."""
        return None

    def verify(self, call: Call, secrets: Sequence[str], now: datetime) -> bool:  # noqa: ARG002
        """Whether `X-Gitlab-Token` is the secret. GitLab signs nothing with it, and does not say
        when it called."""
        return same(secrets, call.headers.get("x-gitlab-token"))

    def hints(self, call: Call) -> Iterator[Hint]:
        """The issue of an event or of a comment. GitLab does not call when one is deleted."""
        body = mapping(call.json())
        kind = text(body.get("object_kind"))
        held: Mapping[str, Any] = {}
        if kind in ("issue", "work_item"):
            held = mapping(body.get("object_attributes"))
        elif kind == "note":
            held = mapping(body.get("issue"))
        home = held.get("project_id") or mapping(body.get("project")).get("id")
        if id := issue_id(home, held.get("iid")):
            yield Hint("tasks", id)

    def registered(self, http: Http, scopes: Sequence[Scope], url: str) -> list[Registered]:
        """The hooks of these projects that call this address."""
        return [
            _hook(scope.id, row)
            for scope in scopes
            for row in _rows(http.get(f"/v4/projects/{scope.id}/hooks", {"per_page": 100}))
            if row.get("url") == url
        ]

    def register(
        self, http: Http, scopes: Sequence[Scope], url: str, secret: str
    ) -> list[Registered]:
        """A hook for each project; the token needs the role Maintainer and the scope `api`."""
        asked = {
            "url": url, "token": secret, "enable_ssl_verification": True, "push_events": False,
            **dict.fromkeys(EVENTS, True),
        }  # fmt: skip
        return [
            _hook(scope.id, http.send("POST", f"/v4/projects/{scope.id}/hooks", asked).data)
            for scope in scopes
        ]

    def renew(self, http: Http, hook: Registered) -> None:
        """Have GitLab call once for a test: where that works, it switches the hook on again."""
        path = f"/v4/projects/{hook.scope}/hooks/{hook.id}/test/issues_events"
        # 422: the test did not work, so all is as before, and `trouble` has said that.
        http.request("POST", path, accept=(422,))

    def remove(self, http: Http, hook: Registered) -> None:
        """Take a hook back."""
        http.request("DELETE", f"/v4/projects/{hook.scope}/hooks/{hook.id}")


def _rows(data: Any) -> list[Mapping[str, Any]]:
    if not isinstance(data, list):
        raise Unexpected("GitLab's answer about webhooks is not a list.")
    return [row for row in data if isinstance(row, Mapping)]


def _hook(scope: str, row: Any) -> Registered:
    held = mapping(row)
    id = identifier(held.get("id"))
    if id is None:
        raise Unexpected("GitLab's answer about a webhook has no id.")
    trouble = {
        "disabled": "GitLab has switched it off.",
        "temporarily_disabled": f"GitLab has switched it off until {held.get('disabled_until')}.",
    }.get(text(held.get("alert_status")) or "", "")
    return Registered(id, text(held.get("url")) or "", scope, trouble=trouble)
