"""Calls of ClickUp: signed by a secret that ClickUp chooses and tells with the hook."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from connectors.clickup.words import id_of, objects, part, text
from connectors.sdk.contract import Http, Scope
from connectors.sdk.errors import NotVisible, Unexpected
from connectors.sdk.webhooks import Call, Greeting, Hint, Registered, signed

EVENTS = (
    "taskCreated", "taskUpdated", "taskDeleted", "taskPriorityUpdated", "taskStatusUpdated",
    "taskAssigneeUpdated", "taskDueDateUpdated", "taskTagUpdated", "taskMoved",
    "taskCommentPosted", "taskCommentUpdated", "taskTimeEstimateUpdated", "taskTimeTrackedUpdated",
    "listCreated", "listUpdated", "listDeleted",
)  # fmt: skip
EVERY_EVENT = "*"  # the only word that an update takes: its description wants one text
GONE = "taskDeleted"


class ClickUpWebhook:
    """A webhook of a workspace."""

    signed_by: Literal["us", "tool", "nobody"] = "tool"
    howto = (
        "ClickUp has no page for webhooks: they are made by its API, one for the workspace "
        "(`flagstaff connections webhooks NAME --register`)."
    )

    def greet(self, call: Call, secrets: Sequence[str]) -> Greeting | None:  # noqa: ARG002
        """ClickUp has no handshake."""
        return None

    def verify(self, call: Call, secrets: Sequence[str], now: datetime) -> bool:  # noqa: ARG002
        """Whether `X-Signature` is right; ClickUp does not say when it called."""
        return signed(call.body, secrets, call.headers.get("x-signature"))

    def hints(self, call: Call) -> Iterator[Hint]:
        """The task of an event, and the comments on it where it is gone."""
        body = call.json()
        if not isinstance(body, Mapping):
            return
        id = id_of(body.get("task_id"))
        gone = body.get("event") == GONE
        if id is not None:
            for stream in ("tasks", "comments") if gone else ("tasks",):
                yield Hint(stream, id, gone=gone)

    def registered(self, http: Http, scopes: Sequence[Scope], url: str) -> list[Registered]:
        """The hooks of the workspace that call this address."""
        data = http.get(f"/team/{_workspace(http, scopes)}/webhook")
        rows = data.get("webhooks") if isinstance(data, Mapping) else None
        if not isinstance(rows, list):
            raise Unexpected("ClickUp's answer about webhooks holds none.")
        return [_hook(row) for row in objects(rows) if row.get("endpoint") == url]

    def register(
        self,
        http: Http,
        scopes: Sequence[Scope],
        url: str,
        secret: str,  # noqa: ARG002  ClickUp chooses its own
    ) -> list[Registered]:
        """One hook for the workspace, whichever of its lists are read."""
        asked = {"endpoint": url, "events": list(EVENTS)}
        answer = http.send("POST", f"/team/{_workspace(http, scopes)}/webhook", asked).data
        return [_hook(part(answer, "webhook"))]

    def renew(self, http: Http, hook: Registered) -> None:
        """Switch a hook on again; ClickUp's do not run out."""
        asked = {"endpoint": hook.url, "events": EVERY_EVENT, "status": "active"}
        http.request("PUT", f"/webhook/{hook.id}", json=asked)

    def remove(self, http: Http, hook: Registered) -> None:
        """Take a hook back."""
        http.request("DELETE", f"/webhook/{hook.id}")


def _workspace(http: Http, scopes: Sequence[Scope]) -> str:
    """The workspace in which the lists are. A token that sees several is asked in which of them
    the first list's space is.

    Raises:
        NotVisible: in none of them.
    """
    data = http.get("/team")
    held = objects(data.get("teams") if isinstance(data, Mapping) else None)
    teams = [id for each in held if (id := id_of(each.get("id")))]
    if len(teams) == 1:
        return teams[0]
    for scope in scopes[:1]:
        space = id_of(part(http.get(f"/list/{scope.id}"), "space").get("id"))
        for team in teams:
            listed = http.get(f"/team/{team}/space")
            spaces = objects(listed.get("spaces") if isinstance(listed, Mapping) else None)
            if space in {id_of(each.get("id")) for each in spaces}:
                return team
    raise NotVisible("It is not visible in which of the token's workspaces its lists are.")


def _hook(row: Mapping[str, Any]) -> Registered:
    id, secret = text(row.get("id")), text(row.get("secret"))
    if id is None or secret is None:
        raise Unexpected("ClickUp's answer about a webhook has no id, or no secret.")
    health = part(row, "health")
    trouble = {
        "suspended": "ClickUp has switched it off.",
        "failing": f"ClickUp's last {health.get('fail_count')} calls failed.",
    }.get(text(health.get("status")) or "", "")
    return Registered(id, text(row.get("endpoint")) or "", trouble=trouble, secret=secret)
