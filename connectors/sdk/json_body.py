"""One way from bytes to data: strict, bounded, and only values that both databases can hold."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import orjson

from connectors.sdk.errors import Unexpected

MAX_DEPTH = 100
"""Levels of nesting that are read; deeper is an attack or an accident, never a task."""

_DUMP_LIMIT = 254  # levels that orjson writes; what is wrapped in the rest leaves MAX_DEPTH inside
_BOM = b"\xef\xbb\xbf"
_SURROGATE = re.compile("[\ud800-\udfff]")


class NotJson(ValueError):
    """The body is not JSON at all."""


class BrokenText(ValueError):
    """The body is not valid UTF-8."""


def parse_json(body: bytes, *, repair: bool = False) -> tuple[Any, int]:
    """The data of a JSON body, and how many values had to be altered to make it storable.

    Altered are strings with NUL (removed) or lone surrogates (U+FFFD instead), NaN and numbers
    beyond the range of a double (None: unknown), integers beyond 64 bits (the nearest float).
    Of equal keys the last one counts, as everywhere.

    Args:
        body: the decompressed answer.
        repair: read invalid UTF-8 with replacement characters instead of refusing it.

    Raises:
        NotJson: the body is empty or does not parse.
        BrokenText: it is not UTF-8, and `repair` is off.
        Unexpected: it nests deeper than `MAX_DEPTH`.
    """
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError:
        return _carefully(body, repair)
    # JSON spells every NUL like this; a hit may also be an escaped backslash before "u0000".
    if b"\\u0000" in body or not _is_plain(data):
        return _carefully(body, repair)
    return data, 0


def _is_plain(data: Any) -> bool:
    """Whether nothing nests too deeply and no integer is large, asked at the speed of C."""
    wrapped = data
    for _ in range(_DUMP_LIMIT - MAX_DEPTH):
        wrapped = [wrapped]
    try:
        orjson.dumps(wrapped, option=orjson.OPT_STRICT_INTEGER)
    except orjson.JSONEncodeError:
        return False
    return True


def decode(body: bytes, repair: bool) -> tuple[str, int]:
    """The text of a body, and how much of it had to be replaced.

    Raises:
        BrokenText: it is not UTF-8, and `repair` is off.
    """
    try:
        return body.removeprefix(_BOM).decode(), 0
    except UnicodeDecodeError:
        if not repair:
            raise BrokenText from None
    text = body.removeprefix(_BOM).decode(errors="replace")
    return text, max(1, text.count("\ufffd"))


def _carefully(body: bytes, repair: bool) -> tuple[Any, int]:
    text, broken = decode(body, repair)
    cleaning = _Cleaning()
    try:
        data = json.loads(
            text,
            strict=False,  # a raw NUL in a string is removed below like an escaped one
            parse_constant=cleaning.not_a_number,
            parse_float=cleaning.real,
            parse_int=cleaning.integer,
        )
    except RecursionError:
        raise too_deep() from None
    except ValueError:
        raise NotJson from None
    data = cleaning.clean(data, 0)
    return data, cleaning.altered + broken


def too_deep() -> Unexpected:
    """What is said of a body that nests deeper than `MAX_DEPTH`."""
    return Unexpected(
        f"The answer nests deeper than {MAX_DEPTH} levels.",
        remedy="Report this: no answer of this tool should look like that.",
    )


class _Cleaning:
    """Makes every value of one body storable, and counts."""

    def __init__(self) -> None:
        self.altered = 0

    def not_a_number(self, _: str) -> None:
        self.altered += 1

    def real(self, digits: str) -> float | None:
        value = float(digits)
        if math.isinf(value):
            self.altered += 1
            return None
        return value

    def integer(self, digits: str) -> int | float | None:
        # Not int() at once: Python refuses thousands of digits.
        if len(digits) <= 20 and -(2**63) <= (value := int(digits)) < 2**63:
            return value
        self.altered += 1
        nearest = float(digits)
        return None if math.isinf(nearest) else nearest

    def clean(self, value: Any, depth: int) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if not isinstance(value, (dict, list)):
            return value
        if depth == MAX_DEPTH:
            raise too_deep()
        if isinstance(value, list):
            return [self.clean(each, depth + 1) for each in value]
        return {self.text(name): self.clean(each, depth + 1) for name, each in value.items()}

    def text(self, text: str) -> str:
        cleaned = _SURROGATE.sub("\ufffd", text.replace("\x00", ""))
        self.altered += cleaned != text
        return cleaned
