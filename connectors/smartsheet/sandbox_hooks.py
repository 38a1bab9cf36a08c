"""The webhooks of an imitated Smartsheet's sheets: made switched off, then challenged."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import orjson

from connectors.sdk.sandbox import Reply, Request
from connectors.sdk.sandbox_caller import call


class Hooks:
    """All webhooks of the account.

    Args:
        visible: whether a sheet is to be seen.
        error: an answer as Smartsheet refuses.

    Attributes:
        held: by id, as Smartsheet shows them: with their secret.
    """

    def __init__(self, visible: Callable[[str], bool], error: Callable[[int], Reply]) -> None:
        self._visible, self._error = visible, error
        self.held: dict[str, dict[str, Any]] = {}
        self._made = 0

    def answer(self, rest: list[str], request: Request) -> Reply:
        """Answer as Smartsheet would."""
        match request.method, rest:
            case "GET", []:
                return self._page(request)
            case "POST", []:
                return self._make(request.json())
            case "PUT", [id] if id in self.held:
                return self._change(self.held[id], request.json())
            case "DELETE", [id] if id in self.held:
                del self.held[id]
                return Reply.of({"message": "SUCCESS", "resultCode": 0})
        return self._error(1006)

    def _page(self, request: Request) -> Reply:
        """A page, the latest first. `includeAll` is not heeded here, and nothing is counted."""
        size, number = (int(request.one(*each)) for each in (("pageSize", "100"), ("page", "1")))
        latest = list(reversed(self.held.values()))
        index = {"pageNumber": number, "pageSize": size, "totalPages": -1, "totalCount": -1}
        return Reply.of({**index, "data": latest[(number - 1) * size : number * size]})

    def _make(self, asked: dict[str, Any]) -> Reply:
        if not self._visible(str(asked["scopeObjectId"])):
            return self._error(1006)
        self._made += 1
        id = 8_000_000_000_000_000 + self._made
        secret = hashlib.sha256(f"hook {id}".encode()).hexdigest()[:26]
        self.held[str(id)] = {
            **asked, "id": id, "sharedSecret": secret, "enabled": False,
            "status": "NEW_NOT_VERIFIED",
        }  # fmt: skip
        return _done(self.held[str(id)])

    def _change(self, hook: dict[str, Any], asked: dict[str, Any]) -> Reply:
        if asked.get("enabled") is True and not hook["enabled"]:
            challenge = hashlib.sha256(f"challenge {hook['id']}".encode()).hexdigest()
            headers = {
                "Smartsheet-Hook-Challenge": challenge, "Smartsheet-Hook-Id": str(hook["id"]),
            }  # fmt: skip
            body = orjson.dumps({"challenge": challenge, "webhookId": hook["id"]})
            heard = call(hook["callbackUrl"], headers, body)
            right = heard.status == 200 and heard.headers.get("smartsheet-hook-response")
            hook["enabled"] = right == challenge
            hook["status"] = "ENABLED" if hook["enabled"] else "DISABLED_VERIFICATION_FAILED"
        return _done(hook)


def _done(hook: dict[str, Any]) -> Reply:
    return Reply.of({"message": "SUCCESS", "resultCode": 0, "result": hook})
