"""The values of custom fields, read by the type that Jira's field list gives them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from connectors.jira.values import account, day, ident, instant, number, word
from connectors.sdk.adf import plain
from connectors.sdk.records import CustomValue


def custom_value(value: Any, kind: Any) -> CustomValue:
    """One value; several become a tuple of text, an option its label, a person its id."""
    if value is None:
        return None
    if isinstance(value, bool):
        return value
    if isinstance(value, list):
        found = (_label(each) for each in value)
        return tuple(each for each in found if each is not None) or None
    read = READINGS.get(kind) if isinstance(kind, str) else None
    read_value = read(value) if read is not None else None
    return _label(value) if read_value is None else read_value


def _label(value: Any) -> str | None:
    if isinstance(value, dict):
        if value.get("type") == "doc":
            return plain(value)
        if "accountId" in value or "displayName" in value:
            return account(value)
        own = next(filter(None, (word(value.get(key)) for key in NAMES)), None)
        child = value.get("child")  # cascading select: "Region / Country"
        below = _label(child) if isinstance(child, dict) and "child" not in child else None
        return f"{own} / {below}" if own and below else own or ident(value.get("id"))
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value)
    return ident(value)


NAMES = ("value", "name", "title", "key")
READINGS: dict[str, Callable[[Any], CustomValue]] = {
    "number": number,
    "date": day,
    "datetime": instant,
    "string": plain,
    "option": _label,
    "user": account,
}
