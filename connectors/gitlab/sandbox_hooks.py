"""The webhooks of an imitated GitLab's projects: listed, made, tested, taken back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from connectors.sdk.sandbox import Reply, Request
from connectors.sdk.sandbox_caller import call

UNUSUAL = ("push_events", "enable_ssl_verification")  # on unless told otherwise
TEST = b'{"object_kind": "issue", "object_attributes": {"iid": 1}}'


class Hooks:
    """All webhooks.

    Attributes:
        held: by id, as GitLab shows them: without their token.
        tokens: by id.
    """

    def __init__(self) -> None:
        self.held: dict[str, dict[str, Any]] = {}
        self.tokens: dict[str, str] = {}
        self._made = 0

    def answer(self, project: str, rest: Sequence[str], request: Request) -> Reply:
        """Answer as GitLab would."""
        match request.method, rest:
            case "GET", []:
                rows = [row for row in self.held.values() if row["project_id"] == int(project)]
                return Reply.of(rows)
            case "POST", []:
                return self._make(project, request.json())
            case "POST", [id, "test", _] if id in self.held:
                return self._test(id)
            case "DELETE", [id] if id in self.held:
                del self.held[id]
                return Reply(204)
        return Reply.of({"message": "404 Not found"}, 404)

    def _make(self, project: str, asked: dict[str, Any]) -> Reply:
        if not str(asked.get("url", "")).startswith(("http://", "https://")):
            return Reply.of({"error": "Invalid url given"}, 422)
        self._made += 1
        id = str(self._made)
        self.tokens[id] = str(asked.pop("token", ""))
        self.held[id] = {
            **dict.fromkeys(UNUSUAL, True), **asked, "id": int(id), "project_id": int(project),
            "alert_status": "executable", "disabled_until": None,
        }  # fmt: skip
        return Reply.of(self.held[id], 201)

    def _test(self, id: str) -> Reply:
        """A call that works switches the hook on again."""
        headers = {"X-Gitlab-Token": self.tokens[id], "X-Gitlab-Event": "Issue Hook"}
        if not call(self.held[id]["url"], headers, TEST).ok:
            return Reply.of({"message": "422 Unprocessable Entity"}, 422)
        self.held[id] |= {"alert_status": "executable", "disabled_until": None}
        return Reply.of({"message": "201 Created"}, 201)
