"""Calls of monday.com: those of an app's hooks carry a token that the app's secret signed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

import jwt
import orjson

from connectors.monday.values import identifier, number, part, text
from connectors.sdk.errors import ConnectorError
from connectors.sdk.json_body import BrokenText, NotJson
from connectors.sdk.webhooks import Call, Greeting, Hint

KEY_BYTES = 32
"""As many as HS256 asks of a key (RFC 7518 §3.2); a shorter secret is no app's Signing Secret."""
GONE = ("delete_pulse", "archive_pulse", "delete_update")


class MondayWebhook:
    """A webhook of a board, made by hand: monday.com's API does not tell whom a webhook calls, so
    that ours could not be told from those of others."""

    signed_by: Literal["us", "tool", "nobody"] = "nobody"
    howto = (
        "On each board under Automate, Integrations, Webhooks: choose a recipe (a column changes, "
        "an item is created, deleted or archived, an update is posted; the same of subitems) and "
        "paste the address, once for each recipe. Where an app of your own makes the webhooks, "
        "`webhook: secret` must be its Signing Secret."
    )

    def greet(self, call: Call, secrets: Sequence[str]) -> Greeting | None:  # noqa: ARG002
        """The challenge, when a webhook is made: it is said again."""
        if call.method != "POST" or b'"challenge"' not in call.body:
            return None
        try:
            body = call.json()
        except (NotJson, BrokenText, ConnectorError):
            return None
        given = text(body.get("challenge")) if isinstance(body, Mapping) else None
        if given is None or "event" in body:
            return None
        headers = {"Content-Type": "application/json"}
        return Greeting(headers=headers, body=orjson.dumps({"challenge": given}))

    def verify(self, call: Call, secrets: Sequence[str], now: datetime) -> bool:
        """Whether the token in `Authorization` is signed by one of the secrets, for this address,
        and not run out. Of hooks that no app has made the calls carry none: who knows the address
        is then all that can be known."""
        given = call.headers.get("authorization")
        if given is None:
            return True
        token = given.removeprefix("Bearer ")
        return any(_holds(token, secret, call.url, now) for secret in secrets)

    def hints(self, call: Call) -> Iterator[Hint]:
        """The item or subitem of an event, or the update."""
        event = part(call.json(), "event")
        gone = text(event.get("type")) in GONE
        update = identifier(event.get("updateId"))
        item = identifier(event.get("itemId")) or identifier(event.get("pulseId"))
        if update:
            yield Hint("comments", update, gone=gone)
        elif item:
            yield Hint("tasks", item, gone=gone)


def _holds(token: str, secret: str, address: str, now: datetime) -> bool:
    """Whether a token is right, by the caller's clock."""
    if len(secret.encode()) < KEY_BYTES:
        return False
    # What is said of times is checked below: the library would ask its own clock.
    options: Any = {
        "require": ["exp", "aud"], "verify_exp": False, "verify_iat": False, "verify_nbf": False,
    }  # fmt: skip
    try:
        claims = jwt.decode(token, secret, ["HS256"], options=options, audience=address)
    except jwt.PyJWTError:
        return False
    ends = number(claims["exp"])
    return ends is not None and ends > now.timestamp()
