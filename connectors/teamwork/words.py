"""How Teamwork writes things: ids, instants, days, references, text. Pure; total on any JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from html import unescape
from typing import Any

GROUPS: Mapping[str, str] = {"users": "", "teams": "team-", "companies": "company-"}
"""Who may be responsible, and what our ids of them begin with: Teamwork numbers each kind by
itself."""

OWN_STATUSES = ("new", "reopened", "completed")
"""What Teamwork itself says of a task, where no stage says more."""

NEVER = 1
"""The year of a time that was not set."""
_MOST = 2**31
_BLOCK = re.compile(r"<(?:br|p|div|li|tr)\b[^>]*>", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")


def text(value: Any) -> str | None:
    """Text that says something; None for anything else."""
    return value if isinstance(value, str) and value.strip() else None


def id_of(value: Any) -> str | None:
    """An id, which is a number, or text in older answers; 0 and "" stand for none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return str(value) if value > 0 else None
    if isinstance(value, str) and value.isascii() and value.isdigit() and value.strip("0"):
        return value
    return None


def ref(row: Any, *names: str) -> str | None:
    """The id of what a row refers to, by the first of these names that says one.

    A reference is an object with an id, or the bare id.
    """
    for name in names:
        value = row.get(name) if isinstance(row, Mapping) else None
        id = id_of(value.get("id") if isinstance(value, Mapping) else value)
        if id is not None:
            return id
    return None


def refs(value: Any) -> list[str]:
    """The ids of a list of references, each once."""
    if not isinstance(value, (list, tuple)):
        return []
    found = (id_of(each.get("id") if isinstance(each, Mapping) else each) for each in value)
    return list(dict.fromkeys(id for id in found if id is not None))


def responsible(value: Any) -> tuple[str, ...]:
    """The people, teams and companies of a list of references that say what each is."""
    pairs = ((each.get("type") or "users", id_of(each.get("id"))) for each in objects(value))
    found = (
        f"{GROUPS[kind]}{id}"
        for kind, id in pairs
        if isinstance(kind, str) and kind in GROUPS and id
    )
    return tuple(dict.fromkeys(found))


def instant(value: Any) -> datetime | None:
    """An instant; None for "", for the year 1 (which stands for none), and without a zone."""
    if not isinstance(value, str) or len(value) < 19:
        return None
    try:
        found = datetime.fromisoformat(value)
        return found.astimezone(UTC) if found.tzinfo and found.year > NEVER else None
    except (ValueError, OverflowError):
        return None


def first_instant(row: Mapping[str, Any], *names: str) -> datetime | None:
    """The first of these that is an instant."""
    return next((at for name in names if (at := instant(row.get(name)))), None)


def day(value: Any) -> date | None:
    """A calendar day as it is written, be it with midnight (UTC) beside it, or 20261231."""
    if not isinstance(value, str):
        return None
    try:
        found = date.fromisoformat(value if len(value) == 8 else value[:10])
    except ValueError:
        return None
    return found if found.year > NEVER else None


def number_of(value: Any) -> float | None:
    """A number, which comes as text in custom fields; None for what is none."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if abs(number) < float("inf") else None  # NaN compares false as well


def whole(value: Any) -> int | None:
    """A whole number that is not negative, such as minutes."""
    number = number_of(value)
    return round(number) if number is not None and 0 <= number < _MOST else None


def objects(value: Any) -> list[Mapping[str, Any]]:
    """The objects of a list; an empty list for anything else."""
    if not isinstance(value, (list, tuple)):
        return []
    return [each for each in value if isinstance(each, Mapping)]


def part(value: Any, name: str) -> Mapping[str, Any]:
    """An object inside an object; an empty one when it is not there."""
    held = value.get(name) if isinstance(value, Mapping) else None
    return held if isinstance(held, Mapping) else {}


def texts(value: Any) -> tuple[str, ...]:
    """The texts of a list that say something, each once."""
    held = value if isinstance(value, (list, tuple)) else ()
    return tuple(dict.fromkeys(each for each in map(text, held) if each is not None))


def written(body: Any, content_type: Any) -> str | None:
    """What someone wrote as plain text; only HTML, where Teamwork says that it is, is undone."""
    said = text(body)
    if said is None or content_type != "HTML":
        return said
    plain = _TAG.sub("", _BLOCK.sub("\n", said))
    return text(unescape(plain).strip())
