"""Marks of pages: where the following page of a list begins, by the key of the last row shown."""

from __future__ import annotations

import base64
import binascii
import json
from datetime import date, datetime
from typing import Any

_NO_MARK = "this is no mark of a page of this list; begin with the first page"
MOST = 2**31
"""Numbers of keys are below it."""


class MarkError(Exception):
    """The mark of a page is none of ours."""


def made(of: str, *key: str | int | date) -> str:
    """The mark behind a row.

    Args:
        of: which list in which order.
        key: what the list is ordered by; it tells each row from all others.
    """
    told = json.dumps([of, *(e.isoformat() if isinstance(e, date) else e for e in key)])
    return base64.urlsafe_b64encode(told.encode()).decode().rstrip("=")


def read(mark: str, of: str, *kinds: type) -> tuple[Any, ...]:
    """The key of a mark.

    Args:
        kinds: the types of its parts: str, int, date or datetime.

    Raises:
        MarkError: it is not of this list.
    """
    try:
        padded = mark.encode("ascii") + b"=" * (-len(mark) % 4)
        made_for, *key = json.loads(base64.b64decode(padded, b"-_", validate=True))
        found = tuple(_value(each, kind) for each, kind in zip(key, kinds, strict=True))
    except (binascii.Error, ValueError, TypeError, OverflowError, RecursionError):
        raise MarkError(_NO_MARK) from None
    if made_for != of:
        raise MarkError(_NO_MARK)
    return found


def _value(value: Any, kind: type) -> Any:
    if kind is int:
        if type(value) is not int or not 0 <= value < MOST:
            raise ValueError
        return value
    if not isinstance(value, str) or "\x00" in value:
        raise ValueError
    value.encode()  # one that a database takes
    if kind is date:
        return date.fromisoformat(value)
    if kind is datetime:
        instant = datetime.fromisoformat(value)
        instant.astimezone()  # one that can be counted with
        if instant.tzinfo is None:
            raise ValueError
        return instant
    return value
