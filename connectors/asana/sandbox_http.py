"""How Asana wraps what it answers: envelopes, pages, errors, the choice of fields."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

from connectors.asana.sandbox_render import select, wanted
from connectors.sdk.sandbox import Reply, Request

PREFIX = "/api/1.0"
Json = dict[str, Any]


class Problem(Exception):
    """An error answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def error(status: int, message: str) -> Reply:
    """An error as Asana words it."""
    help = "For more information on API status codes see the documentation."
    return Reply.of({"errors": [{"message": message, "help": help}]}, status)


def one(request: Request, row: Json) -> Reply:
    """A single resource."""
    return Reply.of({"data": select(row, wanted(request.one("opt_fields")))})


def listing(
    request: Request, records: Sequence[Any], row: Callable[[Any], Json], page_size: int
) -> Reply:
    """A page of a list; only its own rows are rendered. Without `limit` it is the whole list."""
    limit, start = request.one("limit"), _offset(request)
    size = len(records)
    if limit:
        if not (limit.isdecimal() and 1 <= int(limit) <= 100):
            raise Problem(400, "limit: must be between 1 and 100")
        size = min(int(limit), page_size)
    tree = wanted(request.one("opt_fields"))
    body: Json = {"data": [select(row(each), tree) for each in records[start : start + size]]}
    if limit:
        body["next_page"] = None
        if start + size < len(records):
            token = base64.urlsafe_b64encode(f"at:{start + size}".encode()).decode()
            again = {name: each[0] for name, each in request.query.items()} | {"offset": token}
            path = f"{request.path.removeprefix(PREFIX)}?{urlencode(again)}"
            uri = f"https://app.asana.com{PREFIX}{path}"
            body["next_page"] = {"offset": token, "path": path, "uri": uri}
    return Reply.of(body)


def _offset(request: Request) -> int:
    token = request.one("offset")
    if not token:
        return 0
    try:
        return int(base64.urlsafe_b64decode(token).decode().removeprefix("at:"))
    except ValueError:
        raise Problem(400, "offset: Your pagination token has expired") from None
