"""Calls of Wrike: one hook for the whole account, signed by the secret it was made with."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from connectors.sdk.contract import Http, Scope
from connectors.sdk.errors import Unexpected
from connectors.sdk.webhooks import Call, Greeting, Hint, Registered, signed
from connectors.wrike.words import objects, text

NAMED: Mapping[str, tuple[str, str]] = {
    "Task": ("tasks", "taskId"),
    "Comment": ("comments", "commentId"),
    "Folder": ("projects", "folderId"),
    "Project": ("projects", "folderId"),
}
"""By the first word of an event: the stream, and where the event names the item."""
GONE = ("TaskDeleted", "CommentDeleted", "FolderDeleted", "ProjectDeleted")
# A body begins with a bracket: whoever sends one as a challenge is not given its signature.
CHALLENGE = re.compile(r"[A-Za-z0-9+/=_.:-]{8,512}")
WORD = re.compile(r"[A-Z][a-z]+")


class WrikeWebhook:
    """A webhook of an account."""

    signed_by: Literal["us", "tool", "nobody"] = "us"
    howto = (
        "Wrike has no page for webhooks: one is made for the account by its API "
        "(`flagstaff connections webhooks NAME --register`)."
    )

    def greet(self, call: Call, secrets: Sequence[str]) -> Greeting | None:
        """The handshake: Wrike asks for the signature of a word of its own."""
        asked = call.headers.get("x-hook-secret", "")
        if not secrets or not CHALLENGE.fullmatch(asked):
            return None
        answer = hmac.new(secrets[0].encode(), asked.encode(), hashlib.sha256).hexdigest()
        return Greeting(headers={"X-Hook-Secret": answer})

    def verify(self, call: Call, secrets: Sequence[str], now: datetime) -> bool:  # noqa: ARG002
        """Whether `X-Hook-Signature` is right; Wrike does not say when it called."""
        return signed(call.body, secrets, call.headers.get("x-hook-signature"))

    def hints(self, call: Call) -> Iterator[Hint]:
        """What the events name. Several come in one call."""
        for event in objects(call.json()):
            kind = text(event.get("eventType")) or ""
            word = WORD.match(kind)
            stream, place = NAMED.get(word.group() if word else "", ("", ""))
            id = text(event.get(place))
            if stream and id:
                yield Hint(stream, id, gone=kind in GONE)

    def registered(
        self,
        http: Http,
        scopes: Sequence[Scope],  # noqa: ARG002  one hook sees all of them
        url: str,
    ) -> list[Registered]:
        """The hooks that call this address, those of one folder or space too."""
        return [_hook(row) for row in _rows(http.get("/webhooks")) if row.get("hookUrl") == url]

    def register(
        self,
        http: Http,
        scopes: Sequence[Scope],  # noqa: ARG002
        url: str,
        secret: str,
    ) -> list[Registered]:
        """One hook for the account, for every kind of event. While Wrike makes it, it calls us."""
        asked = {"hookUrl": url, "secret": secret}
        return [_hook(row) for row in _rows(http.send("POST", "/webhooks", asked).data)]

    def renew(self, http: Http, hook: Registered) -> None:
        """Wake up a hook that Wrike has suspended; they do not run out."""
        http.request("PUT", f"/webhooks/{hook.id}", params={"status": "Active"})

    def remove(self, http: Http, hook: Registered) -> None:
        """Take a hook back."""
        http.request("DELETE", f"/webhooks/{hook.id}")


def _rows(answer: Any) -> list[Mapping[str, Any]]:
    held = answer.get("data") if isinstance(answer, Mapping) else None
    if not isinstance(held, list):
        raise Unexpected("Wrike's answer about webhooks has no data.")
    return objects(held)


def _hook(row: Mapping[str, Any]) -> Registered:
    id = text(row.get("id"))
    if id is None:
        raise Unexpected("Wrike's answer about a webhook has no id.")
    scope = text(row.get("folderId")) or text(row.get("spaceId")) or ""
    trouble = "Wrike has suspended it." if row.get("status") == "Suspended" else ""
    return Registered(id, text(row.get("hookUrl")) or "", scope, trouble=trouble)
