"""The webhooks of an imitated GitHub's repositories: listed, made, switched on, taken back."""

from __future__ import annotations

from collections.abc import Callable

from connectors.github.sandbox_render import Object
from connectors.sdk.sandbox import Reply, Request


class Hooks:
    """All webhooks.

    Args:
        error: an answer as GitHub refuses.

    Attributes:
        held: by id, with their repository.
    """

    def __init__(self, error: Callable[[int, str], Reply]) -> None:
        self._error = error
        self.held: dict[int, tuple[str, Object]] = {}

    def answer(self, request: Request) -> Reply:
        """Answer as GitHub would."""
        match request.method, request.path.strip("/").split("/"):
            case "GET", ["repositories", id, "hooks"]:
                return Reply.of([row for home, row in self.held.values() if home == id])
            case "POST", ["repositories", id, "hooks"]:
                return self._make(id, request)
            case "PATCH", ["repositories", _, "hooks", number] if int(number) in self.held:
                self.held[int(number)][1].update(request.json())
                return Reply.of(self.held[int(number)][1])
            case "DELETE", ["repositories", _, "hooks", number] if int(number) in self.held:
                del self.held[int(number)]
                return Reply(204)
        return self._error(404, "Not Found")

    def _make(self, repository: str, request: Request) -> Reply:
        made = {**request.json(), "id": len(self.held) + 1, "last_response": {}}
        if any(row["config"]["url"] == made["config"]["url"] and home == repository
               for home, row in self.held.values()):  # fmt: skip
            return self._error(422, "Validation Failed")
        made["config"] = {**made["config"], "secret": "********"}
        self.held[made["id"]] = (repository, made)
        return Reply.of(made, 201)
