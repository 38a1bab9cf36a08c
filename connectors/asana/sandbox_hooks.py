"""The webhooks of an imitated Asana: the handshake, and calls that are signed after it."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable

import orjson

from connectors.asana.sandbox_http import PREFIX, Json, Problem
from connectors.asana.sandbox_render import ref, select, wanted
from connectors.sdk.sandbox import Reply, Request
from connectors.sdk.sandbox_caller import Heard, call


class Hooks:
    """All webhooks.

    Args:
        visible: raises a `Problem` for a project that is not to be seen.

    Attributes:
        held: by id, as Asana shows them: without their secret.
    """

    def __init__(self, visible: Callable[[str], object]) -> None:
        self._visible = visible
        self._made = 0
        self.held: dict[str, Json] = {}

    def answer(self, request: Request) -> Reply:
        """Answer as Asana would."""
        match request.method, request.path.removeprefix(f"{PREFIX}/").split("/"):
            case "GET", ["webhooks"]:
                return self._list(request)
            case "POST", ["webhooks"]:
                return self._make(request)
            case "PUT", ["webhooks", id] if id in self.held:
                self.held[id] |= {**request.json()["data"], "active": True}
                return _told(request, self.held[id])
            case "DELETE", ["webhooks", id] if id in self.held:
                del self.held[id]
                return Reply.of({"data": {}})
        raise Problem(404, "webhook: Unknown object")

    def tell(self, id: str, events: list[Json]) -> Heard:
        """Call a hook's target with events, signed."""
        body = orjson.dumps({"events": events})
        signature = hmac.new(secret_of(id).encode(), body, hashlib.sha256).hexdigest()
        return call(self.held[id]["target"], {"X-Hook-Signature": signature}, body)

    def _list(self, request: Request) -> Reply:
        if not request.one("workspace"):
            raise Problem(400, "workspace: Missing input")
        tree = wanted(request.one("opt_fields"))
        of = request.one("resource")
        rows = [row for row in self.held.values() if not of or row["resource"]["gid"] == of]
        return Reply.of({"data": [select(row, tree) for row in rows], "next_page": None})

    def _make(self, request: Request) -> Reply:
        asked = request.json()["data"]
        resource, target = str(asked["resource"]), str(asked["target"])
        self._visible(resource)
        if any(
            (row["resource"]["gid"], row["target"]) == (resource, target)
            for row in self.held.values()
        ):
            raise Problem(403, "The resource and target are already in use by another webhook")
        self._made += 1
        id = f"12{self._made:014}"
        secret = secret_of(id)
        heard = call(target, {"X-Hook-Secret": secret})
        if heard.status not in (200, 204) or heard.headers.get("x-hook-secret") != secret:
            raise Problem(400, "The remote server did not respond to the handshake request")
        self.held[id] = {
            "gid": id, "resource_type": "webhook", "active": True, "target": target,
            "resource": ref(resource, "project"), "filters": asked.get("filters", []),
            "last_failure_at": None, "last_success_at": None,
        }  # fmt: skip
        return _told(request, self.held[id], 201)


def _told(request: Request, row: Json, status: int = 200) -> Reply:
    return Reply.of({"data": select(row, wanted(request.one("opt_fields")))}, status)


def secret_of(id: str) -> str:
    """The secret that a hook's target is told."""
    return hashlib.sha256(f"hook {id}".encode()).hexdigest()
