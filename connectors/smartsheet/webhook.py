"""Calls of Smartsheet: signed by a secret that Smartsheet chooses and tells with the hook."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from connectors.sdk.contract import Http, Scope
from connectors.sdk.errors import Unexpected
from connectors.sdk.webhooks import Call, Greeting, Hint, Registered, signed
from connectors.smartsheet.api import Api
from connectors.smartsheet.values import ident, objects, part, text

CHALLENGE, SIGNATURE = "smartsheet-hook-challenge", "smartsheet-hmac-sha256"
ITEMS: Mapping[str, tuple[str, str]] = {
    "row": ("tasks", "id"), "cell": ("tasks", "rowId"), "discussion": ("comments", "id"),
}  # fmt: skip
"""What events tell of → the stream of the item in which we read it, and the name of its id."""


class SmartsheetWebhook:
    """A webhook of a sheet."""

    signed_by: Literal["us", "tool", "nobody"] = "tool"
    howto = (
        "Smartsheet has no page for webhooks: they are made by its API, for each sheet "
        "(`flagstaff connections webhooks NAME --register`). It calls only the ports 443, 8000, "
        "8008, 8080 and 8443 of addresses that the internet can reach."
    )

    def greet(self, call: Call, secrets: Sequence[str]) -> Greeting | None:  # noqa: ARG002
        """The challenge, when a hook is switched on and from time to time: it is said again."""
        given = call.headers.get(CHALLENGE)
        if not given or SIGNATURE in call.headers:
            return None
        return Greeting(headers={"Smartsheet-Hook-Response": given})

    def verify(self, call: Call, secrets: Sequence[str], now: datetime) -> bool:  # noqa: ARG002
        """Whether `Smartsheet-Hmac-SHA256` is right; a call's time stands in its body alone."""
        return signed(call.body, secrets, call.headers.get(SIGNATURE))

    def hints(self, call: Call) -> Iterator[Hint]:
        """Rows and discussions, as `frame.py` and the connector name them."""
        body = call.json()
        if not isinstance(body, Mapping):
            return
        sheet = ident(body.get("scopeObjectId"))
        for event in objects(body.get("events")):
            kind = text(event.get("objectType")) or ""
            stream, name = ITEMS.get(kind, ("", ""))
            id = ident(event.get(name))
            if stream and sheet is not None and id is not None:
                gone = kind != "cell" and event.get("eventType") == "deleted"
                yield Hint(stream, f"{sheet}:{id}", gone=gone)

    def registered(self, http: Http, scopes: Sequence[Scope], url: str) -> list[Registered]:
        """The hooks of these sheets that call this address."""
        sheets = {scope.id for scope in scopes}
        hooks = [_hook(row) for row in Api(http).webhooks() if row.get("callbackUrl") == url]
        return [hook for hook in hooks if hook.scope in sheets]

    def register(
        self,
        http: Http,
        scopes: Sequence[Scope],
        url: str,
        secret: str,  # noqa: ARG002  Smartsheet chooses its own
    ) -> list[Registered]:
        """A hook for each sheet. It is made switched off; while it is switched on, Smartsheet
        calls us with a challenge. Where that fails, the hook says so."""
        made = []
        for scope in scopes:
            asked = {
                "name": "Flagstaff", "callbackUrl": url, "scope": "sheet",
                "scopeObjectId": int(scope.id), "events": ["*.*"], "version": 1,
            }  # fmt: skip
            hook = _hook(part(http.send("POST", "/webhooks", asked).data, "result"))
            made.append(_switched_on(http, hook))
        return made

    def renew(self, http: Http, hook: Registered) -> None:
        """Switch a hook on again; Smartsheet's do not run out."""
        _switched_on(http, hook)

    def remove(self, http: Http, hook: Registered) -> None:
        """Take a hook back."""
        http.request("DELETE", f"/webhooks/{hook.id}")


def _switched_on(http: Http, hook: Registered) -> Registered:
    answer = http.request("PUT", f"/webhooks/{hook.id}", json={"enabled": True})
    return _hook(part(answer.data, "result"))


def _hook(row: Mapping[str, Any]) -> Registered:
    id, scope = ident(row.get("id")), ident(row.get("scopeObjectId"))
    secret = text(row.get("sharedSecret"))
    if id is None or scope is None or secret is None:
        raise Unexpected("Smartsheet's answer about a webhook has no id, sheet or secret.")
    status, why = text(row.get("status")), text(row.get("disabledDetails"))
    trouble = ""
    if row.get("enabled") is not True or status != "ENABLED":
        trouble = f"It is switched off ({why or status})."
    return Registered(id, text(row.get("callbackUrl")) or "", scope, trouble=trouble, secret=secret)
