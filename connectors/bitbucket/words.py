"""How Bitbucket writes things: ids, instants, states, kinds. Pure; total on any JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from connectors.sdk.records import Status, TaskType

ISSUE_STATES: Mapping[str, Status] = {
    "submitted": "todo",
    "new": "todo",
    "open": "todo",  # taken up; whether it was begun it does not say
    "on hold": "todo",
    "resolved": "done",
    "closed": "done",
    "invalid": "cancelled",
    "duplicate": "cancelled",
    "wontfix": "cancelled",
}
PULL_STATES: Mapping[str, Status] = {
    "OPEN": "in_progress",
    "MERGED": "done",
    "DECLINED": "cancelled",
    "SUPERSEDED": "cancelled",
}
TASK_STATES: Mapping[str, Status] = {"UNRESOLVED": "todo", "RESOLVED": "done"}
OVER: frozenset[Status] = frozenset({"done", "cancelled"})

KINDS: Mapping[str, TaskType] = {"task": "task", "bug": "bug", "enhancement": "story"}
"""What an issue's kind means; any other is `other`."""

PRIORITIES: Mapping[str, int] = {
    "blocker": 1,
    "critical": 2,
    "major": 3,
    "minor": 4,
    "trivial": 5,
}

PULL, ISSUE = "!", "#"
"""What stands between the repository's id and the number of a pull request, of an issue."""

_ITEM = re.compile(r"(?P<repository>\{[^{}]+\})(?P<sign>[!#])(?P<number>\d{1,15})")


def text(value: Any) -> str | None:
    """Text that says something; None for anything else."""
    return value if isinstance(value, str) and value.strip() else None


def key(value: Any) -> str | None:
    """A number that identifies something, as text; None for what is none."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 10**15:
        return None
    return str(value)


def part(value: Any, *names: str) -> Mapping[str, Any]:
    """An object inside an object, however deep; an empty one when it is not there."""
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def objects(value: Any) -> list[Mapping[str, Any]]:
    """The objects of a list; an empty list for anything else."""
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def raw(value: Any) -> str | None:
    """The text of a content as it was typed."""
    return text(part(value).get("raw"))


def link(value: Any) -> str | None:
    """Where people find a thing."""
    return text(part(value, "links", "html").get("href"))


def account(value: Any) -> str | None:
    """The id of an account; None for one that was deleted."""
    return text(part(value).get("uuid"))


def instant(value: Any) -> datetime | None:
    """An ISO 8601 instant in UTC; None for what is none, or names no zone."""
    if not isinstance(value, str):
        return None
    try:
        parsed = datetime.fromisoformat(value)
        return parsed.astimezone(UTC) if parsed.tzinfo else None
    except (ValueError, OverflowError):
        return None


def stamp(at: datetime) -> str:
    """An instant as filters take it."""
    return at.astimezone(UTC).isoformat()


def item_id(repository: str, sign: str, number: str) -> str:
    """What we call an issue or a pull request: its repository's id, which stays when that is
    renamed, and its number, which is never given again."""
    return f"{repository}{sign}{number}"


def place_of(id: str) -> tuple[str, str, str] | None:
    """The repository's id, the sign and the number in an id made by `item_id`."""
    found = _ITEM.fullmatch(id)
    return (found["repository"], found["sign"], found["number"]) if found else None
