"""Mapping raw items from a file: pure, with no tool asked."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import msgspec
import orjson

from connectors.sdk import registry
from sync_engine.cli.frame import UsageProblem
from sync_engine.settings.nearest import nearest


def map_file(kind: str, stream: str, file: Path) -> tuple[list[dict[str, Any]], list[str]]:
    """The records of every item in a file, and what could not be mapped.

    An item is the `body` that the connector hands to its mapping; an object with `id` and `body`
    (as a parked item is exported) stands for its body.
    """
    connector = registry.get(kind)
    if stream not in connector.streams:
        raise UsageProblem(
            f'{connector.title} has no stream "{stream}"{nearest(stream, connector.streams)}; '
            f"known: {', '.join(connector.streams)}."
        )
    records: list[dict[str, Any]] = []
    problems: list[str] = []
    for position, item in enumerate(_items(file), 1):
        body = item["body"] if _is_exported(item) else item
        if not isinstance(body, dict):
            problems.append(f"Item {position} is not an object and was left out.")
            continue
        try:
            found = list(connector.to_records(stream, body))
        except Exception as error:  # noqa: BLE001 - a mapping's fault is what this command shows
            problems.append(f"Item {position} cannot be mapped: {type(error).__name__}: {error}.")
            continue
        for record in found:
            fields = msgspec.to_builtins(record)
            records.append({"kind": type(record).__name__, **fields})
    return records, problems


def _is_exported(item: Any) -> bool:
    return isinstance(item, dict) and "body" in item and set(item) <= _EXPORTED


_EXPORTED = frozenset({"id", "body", "scope", "altered"})


def _items(file: Path) -> list[Any]:
    try:
        raw = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise UsageProblem(f"{file} cannot be read ({error.strerror}).") from None
    try:
        data = orjson.loads(raw)
    except orjson.JSONDecodeError:
        try:
            return [orjson.loads(line) for line in raw.splitlines() if line.strip()]
        except orjson.JSONDecodeError as error:
            raise UsageProblem(f"{file} is not JSON: {error}.") from None
    return data if isinstance(data, list) else [data]
