"""Calls of Basecamp, which signs nothing: the key in the address is all there is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from connectors.basecamp.words import CARD, COMMENT, LIST, STEP, TO_DO, id_of, objects, part, text
from connectors.sdk.contract import Http, Scope
from connectors.sdk.errors import Unexpected
from connectors.sdk.webhooks import Call, Greeting, Hint, Registered

TYPES = (TO_DO, LIST, CARD, STEP, COMMENT)
STREAMS: Mapping[str, str] = {
    TO_DO: "tasks", CARD: "tasks", STEP: "tasks", COMMENT: "comments",
    "Timesheet::Entry": "worklogs",
}  # fmt: skip
GONE = ("_trashed", "_deleted")


class BasecampWebhook:
    """A webhook of a project."""

    signed_by: Literal["us", "tool", "nobody"] = "nobody"
    howto = (
        "In the project's menu under Webhooks, Add a new webhook: paste the address, and choose "
        "To-dos, To-do lists, Cards, Card steps and Comments."
    )

    def greet(self, call: Call, secrets: Sequence[str]) -> Greeting | None:  # noqa: ARG002
        """Basecamp has no handshake."""
        return None

    def verify(self, call: Call, secrets: Sequence[str], now: datetime) -> bool:  # noqa: ARG002
        """Always: whoever knows the address is believed, and causes no more than a read."""
        return True

    def hints(self, call: Call) -> Iterator[Hint]:
        """The recording of an event. What a list takes along is seen by the read that follows."""
        body = call.json()
        recording = part(body, "recording")
        stream = STREAMS.get(text(recording.get("type")) or "")
        id = id_of(recording.get("id"))
        if stream and id:
            kind = text(body.get("kind")) or ""
            yield Hint(stream, id, gone=kind.endswith(GONE))

    def registered(self, http: Http, scopes: Sequence[Scope], url: str) -> list[Registered]:
        """The hooks of these projects that call this address."""
        return [
            _hook(scope.id, row)
            for scope in scopes
            if scope.state == "active"
            for row in _rows(http.get(_hooks(scope.id)))
            if text(row.get("payload_url")) == url
        ]

    def register(
        self,
        http: Http,
        scopes: Sequence[Scope],
        url: str,
        secret: str,  # noqa: ARG002  Basecamp signs nothing
    ) -> list[Registered]:
        """A hook for each active project."""
        asked = {"payload_url": url, "types": list(TYPES), "active": True}
        return [
            _hook(scope.id, http.send("POST", _hooks(scope.id), asked).data)
            for scope in scopes
            if scope.state == "active"
        ]

    def renew(self, http: Http, hook: Registered) -> None:
        """Switch a hook on again; Basecamp's do not run out."""
        http.request("PUT", f"/webhooks/{hook.id}", json={"active": True})

    def remove(self, http: Http, hook: Registered) -> None:
        """Take a hook back."""
        http.request("DELETE", f"/webhooks/{hook.id}")


def _hooks(project: str) -> str:
    return f"/buckets/{project}/webhooks.json"


def _rows(data: Any) -> list[Mapping[str, Any]]:
    if not isinstance(data, list):
        raise Unexpected("Basecamp's answer about webhooks is not a list.")
    return objects(data)


def _hook(scope: str, row: Any) -> Registered:
    id = id_of(row.get("id")) if isinstance(row, Mapping) else None
    if id is None:
        raise Unexpected("Basecamp's answer about a webhook has no id.")
    off = row.get("active") is False
    trouble = "Basecamp has switched it off, as it does after ten failed calls." if off else ""
    return Registered(id, text(row.get("payload_url")) or "", scope, trouble=trouble)
