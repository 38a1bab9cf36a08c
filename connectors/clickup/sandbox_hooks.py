"""The webhooks of an imitated ClickUp's workspace: listed, made, switched on, taken back."""

from __future__ import annotations

import hashlib
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from connectors.clickup.sandbox_render import Object
from connectors.clickup.sandbox_words import WORKSPACE, error
from connectors.sdk.sandbox import Request


class Hooks:
    """All webhooks of the account.

    Attributes:
        held: by id, as ClickUp shows them: with their secret.
    """

    def __init__(self) -> None:
        self.held: dict[str, Object] = {}
        self._made = 0

    def of_workspace(self, request: Request) -> tuple[Any, int]:
        """What is asked of the list of webhooks."""
        if request.method == "GET":
            return {"webhooks": list(self.held.values())}, 200
        asked = request.json()
        if any(row["endpoint"] == asked["endpoint"] for row in self.held.values()):
            return error("Webhook configuration already exists", "OAUTH_171"), 400
        self._made += 1
        id = str(uuid5(NAMESPACE_URL, f"hook {self._made}"))
        self.held[id] = {
            "id": id, "userid": 90000001, "team_id": int(WORKSPACE), "client_id": "INVENTED",
            "endpoint": asked["endpoint"], "events": asked["events"], "task_id": None,
            "list_id": None, "folder_id": None, "space_id": None,
            "health": {"status": "active", "fail_count": 0},
            "secret": hashlib.sha256(id.encode()).hexdigest().upper(),
        }  # fmt: skip
        return {"id": id, "webhook": self.held[id]}, 200

    def one(self, id: str, request: Request) -> tuple[Any, int]:
        """What is asked of one webhook."""
        if id not in self.held:
            return error("Webhook not found", "OAUTH_172"), 404
        if request.method == "DELETE":
            del self.held[id]
            return {}, 200
        row, asked = self.held[id], request.json()
        row |= {"endpoint": asked["endpoint"], "events": [asked["events"]]}
        row["health"] = {"status": asked["status"], "fail_count": 0}
        return {"id": id, "webhook": row}, 200
