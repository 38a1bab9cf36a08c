"""Answers as Jira shapes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from connectors.sdk.sandbox import Reply, Request

REMOVED = "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API."
STATE_WORD = {"active": "live", "closed": "live", "archived": "archived", "trashed": "deleted"}
JSON = {"Content-Type": "application/json;charset=UTF-8"}
FAILED_SIGN_IN = {"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}


def refusal(status: int, said: str) -> Reply:
    return Reply.of({"errorMessages": [said], "errors": {}}, status)


def issue_page(issues: list[bytes], more: dict[str, Any]) -> Reply:
    rest = orjson.dumps(more)[1:]
    return Reply(200, b'{"issues":[' + b",".join(issues) + b"]," + rest, JSON)


def page(
    request: Request,
    held: list[Any],
    shape: Callable[[Any], Any],
    *,
    most: int,
    key: str = "values",
    last: bool = True,
) -> Reply:
    start, size = int(request.one("startAt", "0")), int(request.one("maxResults", "50"))
    size = min(size, most)
    shown = [shape(each) for each in held[start : start + size]]
    end = {"isLast": start + size >= len(held)} if last else {}
    return Reply.of({"startAt": start, "maxResults": size, "total": len(held), key: shown, **end})
