"""The webhooks of an imitated Zendesk: listed in pages, made, switched on, taken back; each has a
signing secret that is asked for by itself."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from connectors.sdk.sandbox import Reply, Request

Out = dict[str, Any]


class Hooks:
    """All webhooks of the account.

    Args:
        paged: a page of a list as Zendesk answers it.

    Attributes:
        held: by id, as Zendesk shows them.
    """

    def __init__(self, paged: Callable[[Request, str, Iterable[Out]], Reply]) -> None:
        self._paged = paged
        self.held: dict[str, Out] = {}
        self._made = 0

    def answer(self, rest: Sequence[str], request: Request) -> Reply:
        """Answer as Zendesk would."""
        match request.method, rest:
            case "GET", []:
                return self._paged(request, "webhooks", self.held.values())
            case "POST", []:
                return self._make(request.json()["webhook"])
            case "GET", [id, "signing_secret"] if id in self.held:
                told = {"algorithm": "SHA256", "secret": secret_of(id)}
                return Reply.of({"signing_secret": told})
            case "PATCH", [id] if id in self.held:
                self.held[id] |= request.json()["webhook"]
                return Reply(204)
            case "DELETE", [id] if id in self.held:
                del self.held[id]
                return Reply(204)
        return Reply.of({"errors": [{"code": "WebhookNotFound", "title": "Not found"}]}, 404)

    def _make(self, asked: Out) -> Reply:
        self._made += 1
        id = f"01INVENTED{self._made:016}"
        self.held[id] = {**asked, "id": id, "created_by": "1", "updated_by": "1"}
        return Reply.of({"webhook": self.held[id]}, 201)


def secret_of(id: str) -> str:
    """The signing secret of a webhook."""
    return hashlib.sha256(f"signing {id}".encode()).hexdigest()
