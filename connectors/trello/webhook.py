"""Calls of Trello: signed, over the body and the address, by the API secret of the Power-Up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from connectors.sdk.contract import Http, Scope
from connectors.sdk.errors import Unexpected
from connectors.sdk.webhooks import Call, Greeting, Hint, Registered, signed
from connectors.trello.words import objects, part, text

GONE = ("deleteCard", "moveCardFromBoard")


class TrelloWebhook:
    """A webhook of a board."""

    signed_by: Literal["us", "tool", "nobody"] = "us"
    howto = (
        "Trello has no page for webhooks: they are made by its API, for each board "
        "(`flagstaff connections webhooks NAME --register`). `webhook: secret` is the secret that "
        "https://trello.com/power-ups/admin shows beside the API key."
    )

    def greet(self, call: Call, secrets: Sequence[str]) -> Greeting | None:  # noqa: ARG002
        """While Trello makes a hook, it looks whether the address answers."""
        return Greeting() if call.method == "HEAD" else None

    def verify(self, call: Call, secrets: Sequence[str], now: datetime) -> bool:  # noqa: ARG002
        """Whether `X-Trello-Webhook` is right; Trello does not say when it called."""
        return signed(
            call.body + call.url.encode(), secrets, call.headers.get("x-trello-webhook"),
            digest="sha1", encoding="base64",
        )  # fmt: skip

    def hints(self, call: Call) -> Iterator[Hint]:
        """The card of an action."""
        action = part(call.json(), "action")
        card = text(part(part(action, "data"), "card").get("id"))
        if card:
            yield Hint("tasks", card, gone=action.get("type") in GONE)

    def registered(self, http: Http, scopes: Sequence[Scope], url: str) -> list[Registered]:
        """The hooks of these boards that call this address. They are asked for by the member, not
        by the token: no address of ours holds a secret."""
        boards = {scope.id for scope in scopes}
        tokens = objects(http.get("/1/members/me/tokens", {"webhooks": "true"}))
        rows = [row for token in tokens for row in objects(token.get("webhooks"))]
        hooks = [_hook(row) for row in rows if text(row.get("callbackURL")) == url]
        return [hook for hook in hooks if hook.scope in boards]

    def register(
        self,
        http: Http,
        scopes: Sequence[Scope],
        url: str,
        secret: str,  # noqa: ARG002  Trello signs by the Power-Up's own
    ) -> list[Registered]:
        """A hook for each board."""
        asked = [{"callbackURL": url, "idModel": scope.id} for scope in scopes]
        return [_hook(http.send("POST", "/1/webhooks", params=each).data) for each in asked]

    def renew(self, http: Http, hook: Registered) -> None:
        """Switch a hook on again; Trello's do not run out."""
        http.request("PUT", f"/1/webhooks/{hook.id}", params={"active": "true"})

    def remove(self, http: Http, hook: Registered) -> None:
        """Take a hook back."""
        http.request("DELETE", f"/1/webhooks/{hook.id}")


def _hook(row: Any) -> Registered:
    id = text(row.get("id")) if isinstance(row, Mapping) else None
    if id is None:
        raise Unexpected("Trello's answer about a webhook has no id.")
    failures = row.get("consecutiveFailures")
    trouble = "Trello has switched it off." if row.get("active") is False else ""
    if not trouble and isinstance(failures, int) and failures > 0:
        trouble = f"Trello's last {failures} calls failed."
    return Registered(
        id, text(row.get("callbackURL")) or "", text(row.get("idModel")) or "", trouble=trouble
    )
