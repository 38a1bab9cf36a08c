"""What every record must look like, whatever item it came from."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import Any

import msgspec
from pydantic import ConfigDict, TypeAdapter, ValidationError

from connectors.sdk.records import Custom, Project, Record


@cache
def _adapters(kind: type[msgspec.Struct]) -> dict[str, TypeAdapter[Any]]:
    adapters: dict[str, TypeAdapter[Any]] = {}
    for name, hint in typing.get_type_hints(kind).items():
        if name == "custom":
            continue  # a struct of ours, looked at by itself
        adapters[name] = TypeAdapter(hint, config=ConfigDict(strict=True))
    return adapters


def faults(record: object) -> Iterator[str]:
    """What is wrong with one record: types, empty ids, naive times, unstorable text."""
    if not isinstance(record, Record):
        yield f"{record!r} is no record"
        return
    if not record.id:
        yield f"{type(record).__name__} has an empty id"
    yield from _faults(record)
    custom = getattr(record, "custom", ())
    if not isinstance(custom, tuple):
        yield f"custom is a {type(custom).__name__}"
        return
    for each in custom:
        if isinstance(each, Custom):
            yield from _faults(each)
        else:
            yield f"custom holds {each!r}"


def _faults(record: msgspec.Struct) -> Iterator[str]:
    for name, adapter in _adapters(type(record)).items():
        value = getattr(record, name)
        try:
            adapter.validate_python(value)
        except ValidationError:
            yield f"{type(record).__name__}.{name} is {value!r}"
        if isinstance(value, datetime) and value.utcoffset() is None:
            yield f"{type(record).__name__}.{name} has no zone: {value}"
        for text in value if isinstance(value, tuple) else (value,):
            if isinstance(text, str) and "\0" in text:
                yield f"{type(record).__name__}.{name} holds NUL"


OF_THE_TABLE = ("lacks", "task_fields", "member_ids")
"""What a mapping says of a container itself, which no record of a world tells."""


def unfilled(record: Record) -> dict[str, bool]:
    """By field: whether it holds nothing but its default. Fields without one are always filled."""
    return {
        each.name: each.default is not msgspec.NODEFAULT
        and getattr(record, each.name) == each.default
        for each in msgspec.structs.fields(record)
        if each.name not in OF_THE_TABLE
    }


def without_table(record: Record | None) -> Record | None:
    """A record without what is said of its table."""
    if not isinstance(record, Project):
        return record
    return msgspec.structs.replace(record, lacks=(), task_fields=(), member_ids=None)
