"""The webhooks of an imitated Trello's boards: listed with the token, made after a HEAD, changed,
taken back."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from connectors.sdk.sandbox import Reply, Request
from connectors.sdk.sandbox_caller import call


class Hooks:
    """All webhooks of the token.

    Args:
        visible: whether a board is to be seen.
        text: an answer in plain text, as Trello refuses.

    Attributes:
        held: by id.
    """

    def __init__(self, visible: Callable[[str], bool], text: Callable[[int, str], Reply]) -> None:
        self._visible = visible
        self._text = text
        self._made = 0
        self.held: dict[str, dict[str, Any]] = {}

    def tokens(self, request: Request) -> Reply:
        """The member's tokens: the one that asks."""
        token: dict[str, Any] = {"id": "5f00000000000000000000aa", "identifier": "Flagstaff"}
        if request.one("webhooks") == "true":
            token["webhooks"] = list(self.held.values())
        return Reply.of([token])

    def answer(self, rest: list[str], request: Request) -> Reply:
        """Answer as Trello would."""
        match request.method, rest:
            case "POST", []:
                return self._make(request)
            case "PUT", [id] if id in self.held:
                self.held[id]["active"] = request.one("active", "true") == "true"
                return Reply.of(self.held[id])
            case "DELETE", [id] if id in self.held:
                del self.held[id]
                return Reply.of({"_value": None})
        return self._text(404, "The requested resource was not found.")

    def _make(self, request: Request) -> Reply:
        address, board = request.one("callbackURL"), request.one("idModel")
        if not self._visible(board):
            return self._text(401, "unauthorized permission requested")
        if any(
            (row["callbackURL"], row["idModel"]) == (address, board) for row in self.held.values()
        ):
            return self._text(400, "A webhook with that callback, model, and token already exists")
        status = call(address, method="HEAD").status
        if status != 200:
            said = f"URL ({address}) did not return 200 status code, got {status}"
            return self._text(400, said)
        self._made += 1
        id = hashlib.sha256(f"hook {self._made}".encode()).hexdigest()[:24]
        self.held[id] = {
            "id": id, "description": "", "idModel": board, "callbackURL": address, "active": True,
            "consecutiveFailures": 0, "firstConsecutiveFailDate": None,
        }  # fmt: skip
        return Reply.of(self.held[id])
