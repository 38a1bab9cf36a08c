"""Webhooks of an imitated account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.basecamp.sandbox_render import API, Object
from connectors.sdk.records import Project
from connectors.sdk.sandbox import Reply, Request

if TYPE_CHECKING:
    from connectors.basecamp.sandbox import BasecampSandbox

MOST = 3
"""How many webhooks a project may have."""


class Hooks:
    """The webhooks of all projects.

    Args:
        account: the imitation whose projects they watch.
    """

    def __init__(self, account: BasecampSandbox) -> None:
        self._account = account
        self.held: dict[str, list[Object]] = {}  # by project

    def answer(self, request: Request, path: list[str]) -> Reply:
        """Lists, makes, changes and deletes."""
        match request.method, path:
            case "GET" | "POST", ["buckets", project, "webhooks"]:
                world, hidden = self._account.world, self._account.hidden
                if world.get(Project, project) is None or project in hidden:
                    return Reply(404)
                if request.method == "GET":
                    return Reply.of(self.held.get(project, []))
                return self._make(request, project)
            case "PUT" | "DELETE", ["webhooks", id]:
                return self._change(request, id)
            case _:
                return Reply(404)

    def _make(self, request: Request, project: str) -> Reply:
        asked, hooks = request.json(), self.held.setdefault(project, [])
        if "json" not in request.headers.get("content-type", ""):
            return Reply(415)
        if not str(asked.get("payload_url")).startswith("https://"):
            return Reply.of({"error": "Payload url must use HTTPS."}, 400)
        if len(hooks) >= MOST:
            return Reply(507)
        id = 1051000000 + sum(map(len, self.held.values()))
        hook = {
            "id": id,
            "active": asked.get("active", True),
            "created_at": "2026-11-20T15:00:00.000Z",
            "updated_at": "2026-11-20T15:00:00.000Z",
            "payload_url": asked["payload_url"],
            "types": asked["types"],
            "url": f"{API}/webhooks/{id}.json",
            "app_url": f"{API}/webhooks/{id}",
        }
        hooks.append(hook)
        return Reply.of(hook, 201)

    def _change(self, request: Request, id: str) -> Reply:
        for hooks in self.held.values():
            for hook in hooks:
                if str(hook["id"]) != id:
                    continue
                if request.method == "DELETE":
                    hooks.remove(hook)
                    return Reply(204)
                hook.update(request.json())
                return Reply.of(hook)
        return Reply(404)
