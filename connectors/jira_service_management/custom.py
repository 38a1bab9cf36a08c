"""The values of custom fields, read by the type that Jira's field list gives them. Pure."""

from __future__ import annotations

from typing import Any

from connectors.jira_service_management.values import (
    account,
    day,
    ident,
    instant,
    items,
    number,
    obj,
    word,
)
from connectors.sdk.adf import plain
from connectors.sdk.records import CustomValue

NAMES = ("value", "name", "title", "key")


def custom_value(value: Any, kind: Any) -> CustomValue:
    """One value; several become a tuple of text, an option its label, a person its id."""
    if type(value) is bool:
        return value
    if isinstance(value, list):
        found = (_label(each) for each in items(value))
        return tuple(each for each in found if each is not None) or None
    if kind == "date":
        return day(value)
    if kind == "datetime":
        return instant(value)
    if kind == "string" and isinstance(value, str):
        return plain(value)
    amount = number(value)
    return _label(value) if amount is None else amount


def _label(value: Any) -> str | None:
    held = obj(value)
    if not held:
        return ident(value)
    if held.get("type") == "doc":
        return plain(value)
    if (person := account(value)) is not None:
        return person
    own = next(filter(None, (word(held.get(key)) for key in NAMES)), None)
    below = word(obj(held.get("child")).get("value"))  # a cascading select: "Region / Country"
    return f"{own} / {below}" if own and below else own or ident(held.get("id"))
