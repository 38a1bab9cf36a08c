"""Teamwork's custom fields by their type. Pure and total.

What a value of a kind that is not known here holds is unknown to us, and unknown is not empty:
such a field is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from connectors.sdk.records import Custom, CustomValue
from connectors.sdk.vocabulary import plain_type
from connectors.teamwork.words import day, id_of, number_of, objects, part, text

EMPTY: tuple[Any, ...] = (None, "", [], (), {})
NUMBERS = ("number", "percent", "currency", "money", "rating", "formula")
"""What the types of fields that hold numbers begin with ("number-integer" …)."""
CHOICES = ("dropdown", "multiselect", "status", "preset")
SEVERAL = ("multiselect",)


def type_of(kind: Any) -> str:
    """The type of a field in plain words, as its values are read."""
    known = text(kind) or ""
    if known.startswith(CHOICES):
        return "several of a list" if known.startswith(SEVERAL) else "one of a list"
    return "number" if known.startswith(NUMBERS) else plain_type(known)


def custom_fields(fields: Any) -> Iterator[Custom]:
    """Custom fields, those without a value with None."""
    for field in objects(fields):
        id = id_of(field.get("id"))
        if id is None:
            continue
        name, value = text(field.get("name")) or id, field.get("value")
        if value in EMPTY:
            yield Custom(id=id, name=name, value=None)
        elif (read := _read(field, value)) is not None:
            yield Custom(id=id, name=name, value=read)


def _read(field: Mapping[str, Any], value: Any) -> CustomValue:
    kind = text(field.get("type")) or ""
    if kind.startswith(CHOICES):
        return _chosen(field, value)
    if kind.startswith(NUMBERS):
        return number_of(value)
    if kind == "checkbox":
        return {"true": True, "false": False}.get(str(value).lower())
    if kind == "date":
        return day(value)
    if isinstance(value, (list, tuple)):
        return tuple(str(each) for each in value if isinstance(each, (str, int))) or None
    return text(value) if isinstance(value, str) else number_of(value)


def _chosen(field: Mapping[str, Any], value: Any) -> str | tuple[str, ...] | None:
    """The labels of what was chosen; an option that is gone from the field by what it was."""
    options = objects(part(field, "options").get("choices"))
    labels = {id_of(each.get("id")): text(each.get("value")) for each in options}
    several = isinstance(value, (list, tuple))
    found = []
    for each in value if isinstance(value, (list, tuple)) else [value]:
        label = labels.get(id_of(each)) or text(each) or id_of(each)
        if label is not None:
            found.append(label)
    if several:
        return tuple(found) or None
    return found[0] if found else None
