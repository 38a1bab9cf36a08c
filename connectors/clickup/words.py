"""How ClickUp writes things: ids, instants, days, amounts of time. Pure; total on any JSON."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from connectors.sdk.records import MilestoneState, Status, TaskType

STATUS_TYPES: Mapping[str, Status] = {
    "open": "todo", "unstarted": "todo", "custom": "in_progress", "done": "done", "closed": "done",
}  # fmt: skip
"""ClickUp's four groups of statuses (Not started, Active, Done, Closed), as its API calls them."""

MILESTONE_STATES: Mapping[Status | None, MilestoneState] = {
    "todo": "open", "in_progress": "open", "done": "done",
}  # fmt: skip

PRIORITIES: Mapping[str, int] = {"urgent": 1, "high": 2, "normal": 3, "low": 4}
TASK, MILESTONE = "0", "1"  # the two values of `custom_item_id` that every workspace has
TYPE_LABELS: Mapping[str, str] = {TASK: "Task", MILESTONE: "Milestone"}
TYPE_WORDS: Mapping[str, TaskType] = {
    "approval": "approval", "bug": "bug", "change": "change", "change request": "change",
    "defect": "bug", "epic": "epic", "issue": "issue", "request": "request", "risk": "risk",
    "story": "story", "user story": "story",
}  # fmt: skip
"""What a workspace's own task types are usually called. Any other one is `other`."""

FOUR_O_CLOCK = timedelta(hours=9)
"""A date without a time is 4 am where its author was, which lies between 15:00 UTC of the day
before (UTC+13) and 14:00 UTC of the day (UTC-10): this much later it is that day in UTC."""

_MILLISECOND = timedelta(milliseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOST = 2**31


def text(value: Any) -> str | None:
    """Text that says something; None for anything else."""
    return value if isinstance(value, str) and value.strip() else None


def id_of(value: Any) -> str | None:
    """An id, which is a number in some places and text in others; None for what is none."""
    if isinstance(value, bool):
        return None
    return str(value) if isinstance(value, int) else text(value)


def millis(value: Any) -> int | None:
    """Whole milliseconds, which come as text or as a number; None for what are none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and value.isascii() and value.removeprefix("-").isdigit():
        value = int(value) if len(value) < 20 else None
    return value if isinstance(value, int) else None


def instant(value: Any) -> datetime | None:
    """The instant of milliseconds since 1970; None for none, 0 and what is no time."""
    number = millis(value)
    if not number:
        return None
    try:
        return _EPOCH + number * _MILLISECOND
    except OverflowError:
        return None


def since_1970(at: datetime) -> int:
    """An instant in ClickUp's milliseconds."""
    return (at - _EPOCH) // _MILLISECOND


def day_or_instant(value: Any, has_time: Any) -> date | datetime | None:
    """A date as its author meant it: a day where ClickUp says that no time was set.

    Where it does not say (`has_time` is neither True nor False) it stays an instant.
    """
    at = instant(value)
    return at if at is None or has_time is not False else _author_day(at)


def day(value: Any, has_time: Any) -> date | None:
    """The day of a date that is only asked for its day."""
    at = instant(value)
    if at is None:
        return None
    return at.date() if has_time is True else _author_day(at)


def _author_day(at: datetime) -> date | None:
    try:
        return (at + FOUR_O_CLOCK).date()
    except OverflowError:
        return None


def minutes(value: Any) -> int | None:
    """Milliseconds as the nearest whole minute."""
    number = millis(value)
    if number is None or not 0 <= number < _MOST * 60_000:
        return None
    return round(number / 60_000)


def number_of(value: Any) -> float | None:
    """Numbers come as JSON numbers and, in custom fields, as text."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if abs(number) < float("inf") else None  # NaN compares false as well


def objects(value: Any) -> list[Mapping[str, Any]]:
    """The objects of a list; an empty list for anything else."""
    if not isinstance(value, (list, tuple)):
        return []
    return [each for each in value if isinstance(each, Mapping)]


def part(value: Any, name: str) -> Mapping[str, Any]:
    """An object inside an object; an empty one when it is not there."""
    held = value.get(name) if isinstance(value, Mapping) else None
    return held if isinstance(held, Mapping) else {}


def ids(values: Any) -> tuple[str, ...]:
    """The ids of a list of objects, each once."""
    found = (id_of(each.get("id")) for each in objects(values))
    return tuple(dict.fromkeys(id for id in found if id is not None))
