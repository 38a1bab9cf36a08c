"""Wrike's custom fields by their type. Pure and total.

All values are text. What a field holds whose definition is not shown to us is taken as text.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from connectors.sdk.errors import Unexpected
from connectors.sdk.json_body import NotJson, parse_json
from connectors.sdk.records import Custom, CustomValue
from connectors.wrike.words import day, ids, number, objects, text

NUMBERS = ("Numeric", "Currency", "Percentage", "Duration")
SEVERAL = ("Contacts", "Multiple")


def customs(fields: Any) -> Iterator[Custom]:
    """The custom fields of an item, each with its `title` and `type` beside its value."""
    for field in objects(fields):
        id = text(field.get("id"))
        if id is not None:
            value = _read(field.get("type"), field.get("value"))
            yield Custom(id=id, name=text(field.get("title")) or id, value=value)


def _read(kind: Any, value: Any) -> CustomValue:
    if kind in NUMBERS:
        return number(value)
    if kind == "Date":
        return day(value)
    if kind == "Checkbox":
        return {"true": True, "false": False}.get(str(value).lower())
    if kind in SEVERAL:
        return _several(value)
    return text(value)


def _several(value: Any) -> tuple[str, ...] | None:
    """Ids or options: a list, a list written as JSON, or words between commas."""
    if isinstance(value, str):
        value = _written(value) if value.startswith("[") else value.split(",")
    if not isinstance(value, (list, tuple)):
        return None
    return ids([each.strip() for each in value if isinstance(each, str)]) or None


def _written(value: str) -> Any:
    try:
        return parse_json(value.encode(errors="replace"))[0]
    except (NotJson, Unexpected):
        return [value]
