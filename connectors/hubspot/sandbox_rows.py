"""How an imitated account picks records, shows them, and refuses a question."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from connectors.hubspot.sandbox_render import Row
from connectors.sdk.sandbox import Reply, Request

ALWAYS = ("hs_object_id", "hs_lastmodifieddate")
OPERATORS: Mapping[str, Callable[[int, int], bool]] = {
    "EQ": int.__eq__, "GT": int.__gt__, "GTE": int.__ge__, "LT": int.__lt__, "LTE": int.__le__,
}  # fmt: skip


class Wrong(Exception):
    """What HubSpot refuses, with its status and category."""

    def __init__(self, status: int, category: str, message: str, **more: Any) -> None:
        super().__init__(message)
        self.reply = _error(status, category, message, **more)


def passes(row: Row, groups: list[Row]) -> bool:
    """Whether a row passes all filters of some group."""
    return any(
        all(
            OPERATORS[each["operator"]](number(row, each["propertyName"]), int(each["value"]))
            for each in group["filters"]
        )
        for group in groups
    )


def number(row: Row, name: str) -> int:
    """A property as the search compares it: an id, or milliseconds since 1970."""
    value = row["properties"][name]
    if name == "hs_object_id":
        return int(value)
    return round(datetime.fromisoformat(value).timestamp() * 1000)


def shown_as(row: Row, properties: Iterable[str], history: Iterable[str]) -> Row:
    """A row with what was asked for; a property that there is not is passed over."""
    held, versions = row["properties"], row.get("versions", {})
    shown = {name: each for name, each in row.items() if name not in ("properties", "versions")}
    names = (*ALWAYS, *properties, *history)
    shown["properties"] = {name: held[name] for name in names if name in held}
    if history:
        shown["propertiesWithHistory"] = {
            name: versions[name] for name in history if name in versions
        }
    return shown


def refuse_others(request: Request, *known: str) -> None:
    """Refuse query parameters that there are not."""
    others = sorted(set(request.query) - set(known))
    if others:
        raise Wrong(400, "VALIDATION_ERROR", f"Unknown parameters: {', '.join(others)}")


def _error(status: int, category: str, message: str, **more: Any) -> Reply:
    said = {"status": "error", "message": message, "category": category, **more}
    return Reply.of({**said, "correlationId": "aeb5f871-7f07-4993-9211-075dc63e7cbf"}, status)
