"""Reading single values out of GitLab's JSON. Pure and total: odd input gives None."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

NOTHING: Mapping[str, Any] = {}
LARGEST = 10**15  # beyond this a number is no id and no effort

_GLOBAL_ID = re.compile(r"gid://gitlab/(?P<kind>[\w:]+)/(?P<number>\d{1,18})")


def mapping(value: object) -> Mapping[str, Any]:
    """An object, empty when it is none."""
    return value if isinstance(value, Mapping) else NOTHING


def objects(value: object) -> list[Mapping[str, Any]]:
    """The objects of a list; anything else in it is left out."""
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def nodes(connection: object) -> list[Mapping[str, Any]]:
    """The nodes of a GraphQL connection."""
    return objects(mapping(connection).get("nodes"))


def text(value: object) -> str | None:
    """A text, None when empty or no text."""
    return value if isinstance(value, str) and value else None


def number(value: object) -> float | None:
    """A finite JSON number."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    if abs(value) > LARGEST or not math.isfinite(value):
        return None
    return float(value)


def identifier(value: object) -> str | None:
    """A numeric id as text; GraphQL writes some of them as text."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int) and 0 < value < LARGEST:
        return str(value)
    return value if isinstance(value, str) and value.isdecimal() and value.isascii() else None


def global_id(value: object) -> str | None:
    """The number in `gid://gitlab/User/7`."""
    found = _GLOBAL_ID.fullmatch(value) if isinstance(value, str) else None
    return found["number"] if found else None


def reference(value: object) -> str | None:
    """The id inside `{"id": …, …}`."""
    return identifier(mapping(value).get("id"))


def minutes(seconds: object) -> int | None:
    """Seconds as whole minutes."""
    held = number(seconds)
    return None if held is None else round(held / 60)


def day(value: object) -> date | None:
    """A calendar day `2026-11-23`; what is none is None."""
    if not isinstance(value, str):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def instant(value: object) -> datetime | None:
    """An instant `2026-11-23T08:04:49.123Z` or with another zone, in UTC; without one None."""
    if not isinstance(value, str):
        return None
    try:
        held = datetime.fromisoformat(value)
        return held.astimezone(UTC) if held.tzinfo else None
    except (ValueError, OverflowError):
        return None


def texts(values: object, name: str) -> tuple[str, ...]:
    """Each text of a list once; of an object that stands there, what it holds under a name."""
    held: Iterable[object] = values if isinstance(values, list) else ()
    found = (text(mapping(each).get(name) if isinstance(each, Mapping) else each) for each in held)
    return tuple(dict.fromkeys(each for each in found if each is not None))


def issue_id(project: object, iid: object) -> str | None:
    """The id of an issue: its project's id and its number there, as GitLab's API addresses it.

    Neither ever changes: a moved issue is another one, and a number is never given again.
    """
    place, counted = identifier(project), identifier(iid)
    return f"{place}-{counted}" if place and counted else None


def epic_id(group: object, iid: object) -> str | None:
    """The id of an epic: its group's id and its number there."""
    place, counted = identifier(group), identifier(iid)
    return f"g{place}-{counted}" if place and counted else None


def work_item_id(item: object) -> str | None:
    """The id of an issue or an epic as GraphQL names it: `iid`, its project, else its group."""
    held = mapping(item)
    project = global_id(mapping(held.get("project")).get("id"))
    if project is not None:
        return issue_id(project, held.get("iid"))
    return epic_id(global_id(mapping(held.get("namespace")).get("id")), held.get("iid"))
