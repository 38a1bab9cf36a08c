"""The webhooks of a sandbox: those of the account; a new one with a secret is greeted first."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable

from connectors.sdk.sandbox import Request
from connectors.wrike.sandbox_asked import Refused, invalid
from connectors.wrike.sandbox_render import Object, told
from connectors.wrike.sandbox_words import ACCOUNT, code


class Hooks:
    """The hooks that were made.

    Attributes:
        held: by id.
        greet: how whoever is called answers the word of a handshake.
    """

    def __init__(self) -> None:
        self.held: dict[str, Object] = {}
        self.greet: Callable[[str], str | None] = lambda _: None

    def answer(self, request: Request, path: list[str]) -> Object:
        """List, make, change or take back."""
        if path:
            return self._one(request, path[0])
        if request.method == "POST":
            return told("webhooks", [self._made(request)])
        return told("webhooks", list(self.held.values()))

    def _made(self, request: Request) -> Object:
        given = request.json()
        if not isinstance(given, dict) or not given.get("hookUrl"):
            raise invalid("hookUrl")
        word = code("challenge", str(len(self.held)), length=32)
        made = hmac.new(str(given.get("secret")).encode(), word.encode(), hashlib.sha256)
        if "secret" in given and self.greet(word) != made.hexdigest():
            raise Refused(400, "invalid_parameter", "The handshake failed")
        hook = {
            "id": f"{ACCOUNT}JA{code('hook', given['hookUrl'])}",
            "accountId": ACCOUNT,
            "hookUrl": given["hookUrl"],
            "status": "Active",
        }
        self.held[hook["id"]] = hook
        return hook

    def _one(self, request: Request, id: str) -> Object:
        if id not in self.held:
            raise Refused(404, "resource_not_found", "Requested entity not found")
        if request.method == "DELETE":
            return told("webhooks", [self.held.pop(id)])
        if request.method == "PUT":
            self.held[id]["status"] = request.one("status")
        return told("webhooks", [self.held[id]])
