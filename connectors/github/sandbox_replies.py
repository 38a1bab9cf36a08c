"""Answers of the imitated GitHub that are always alike."""

from __future__ import annotations

from collections.abc import Iterable

import orjson

from connectors.github.sandbox_render import Object
from connectors.sdk.sandbox import Reply

NOT_FOUND = "Not Found"


def single(rows: Iterable[Object], name: str, value: str) -> Reply:
    """The row that has a value, alone."""
    found = next((row for row in rows if str(row[name]) == value), None)
    return error(404, NOT_FOUND) if found is None else Reply.of(found)


def error(status: int, message: str) -> Reply:
    """A refusal."""
    return Reply.of(
        {"message": message, "documentation_url": "https://docs.github.com/rest"}, status
    )


def moved(location: str) -> Reply:
    """What is asked for is somewhere else now."""
    body = orjson.dumps({"message": "Moved Permanently", "url": location})
    headers = {"Content-Type": "application/json", "Location": location}
    return Reply(301, body, headers)
