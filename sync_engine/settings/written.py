"""A configuration written as YAML that reads back as the same values (pure)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from sync_engine.settings.source import Path_

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./@-]*( [A-Za-z0-9_./@-]+)*")
_WORDS = re.compile(r"(?i)null|true|false")
_ESCAPED = re.compile(
    r"[^\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufdff\ufe10-\ufefe\uff00-\uffef]"
)
WIDTH = 90


def text(document: Any, comments: Mapping[Path_, str] | None = None) -> str:
    """YAML of mappings, lists and plain values.

    Args:
        comments: by place: a line that stands above it.
    """
    return "".join(f"{line}\n" for line in _lines(document, (), 0, comments or {}))


def _lines(value: Any, path: Path_, depth: int, said: Mapping[Path_, str]) -> Iterator[str]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _entry(f"{_scalar(str(key))}:", each, (*path, str(key)), depth, said)
    else:
        for number, each in enumerate(value):
            yield from _item(each, (*path, number), depth, said)


def _entry(
    head: str, value: Any, path: Path_, depth: int, said: Mapping[Path_, str]
) -> Iterator[str]:
    indent = "  " * depth
    yield from _comment(path, depth, said)
    short = _short(value)
    if short is not None and (not value or len(indent + head + short) < WIDTH):
        yield f"{indent}{head} {short}"
    elif isinstance(value, (dict, list, tuple)):
        yield f"{indent}{head}"
        yield from _lines(value, path, depth + 1, said)
    else:
        yield f"{indent}{head} {_scalar(value)}"


def _item(value: Any, path: Path_, depth: int, said: Mapping[Path_, str]) -> Iterator[str]:
    indent = "  " * depth
    yield from _comment(path, depth, said)
    if not isinstance(value, (dict, list, tuple)) or not value:
        yield f"{indent}- {_short(value)}"
        return
    first = True
    for line in _lines(value, path, depth + 1, said):
        # A comment before the first key would part it from its dash.
        if first and not line.lstrip().startswith("#"):
            yield f"{indent}- {line[len(indent) + 2 :]}"
            first = False
        else:
            yield line if not first else indent + line.lstrip()


def _comment(path: Path_, depth: int, said: Mapping[Path_, str]) -> Iterator[str]:
    if path in said:
        yield f"{'  ' * depth}# {said[path]}"


def _short(value: Any) -> str | None:
    """On one line; None: it is more than a line."""
    if isinstance(value, dict):
        return None if value else "{}"
    if isinstance(value, (list, tuple)):
        if any(isinstance(each, (dict, list, tuple)) for each in value):
            return None
        return f"[{', '.join(_scalar(each) for each in value)}]"
    return _scalar(value)


def _scalar(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    said = str(value)
    if _PLAIN.fullmatch(said) and not _WORDS.fullmatch(said):
        return said
    return _ESCAPED.sub(_escape, json.dumps(said, ensure_ascii=False))


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
