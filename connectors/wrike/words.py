"""How Wrike writes things: ids, instants, days, hours, HTML. Pure; total on any JSON."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from typing import Any, Literal

from connectors.sdk.records import MilestoneState, PersonKind, ProjectState, Status

ACTIVE = "Active"
GROUPS: Mapping[str, Status] = {
    "Active": "in_progress", "Completed": "done", "Deferred": "todo", "Cancelled": "cancelled",
}  # fmt: skip
"""The four groups into which every status of every workflow falls."""
MILESTONE_STATES: Mapping[Status | None, MilestoneState] = {
    "todo": "open", "in_progress": "open", "done": "done", "cancelled": "cancelled",
}  # fmt: skip
PROJECT_STATES: Mapping[str, ProjectState] = {"Completed": "closed", "Cancelled": "closed"}
"""By the word, or by the group of the own status, of a project; all others are active."""
CUSTOM = "Custom"  # a project's word when its status is one of a workflow
PRIORITIES: Mapping[str, int] = {"High": 2, "Normal": 3, "Low": 4}
PEOPLE: Mapping[str, PersonKind] = {"Person": "human", "Group": "group", "Robot": "app"}
DECISIONS: Mapping[str, Literal["pending", "approved", "declined"]] = {
    "Pending": "pending", "Approved": "approved", "Rejected": "declined",
}  # fmt: skip
BINNED = ("RbTask", "RbFolder", "RbRoot")
"""What lies in the recycle bin, and the bin itself."""

_MOST = 2**31
_BREAKS = frozenset({"br", "p", "div", "li", "ul", "ol", "tr", "h1", "h2", "h3", "h4"})
_SILENT = frozenset({"script", "style"})


def text(value: Any) -> str | None:
    """Text that says something; None for anything else."""
    return value if isinstance(value, str) and value.strip() else None


def instant(value: Any) -> datetime | None:
    """An instant in UTC; None for what is none or has no zone."""
    try:
        found = datetime.fromisoformat(value)
        return found.astimezone(UTC) if found.tzinfo else None
    except (TypeError, ValueError, OverflowError):
        return None


def day(value: Any) -> date | None:
    """The calendar day of a date, which Wrike writes with a time of day but without a zone."""
    try:
        return datetime.fromisoformat(value).date()
    except (TypeError, ValueError):
        return None


def stamp(at: datetime) -> str:
    """An instant as Wrike's filters want it: to the second, in UTC."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def number(value: Any) -> float | None:
    """Numbers come as JSON numbers and, in custom fields, as text."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if abs(found) < float("inf") else None  # NaN compares false as well


def minutes(value: Any, per: int = 1) -> int | None:
    """An amount of time as whole minutes.

    Args:
        per: minutes in one of what is counted.
    """
    found = number(value)
    return round(found * per) if found is not None and 0 <= found * per < _MOST else None


def objects(value: Any) -> list[Mapping[str, Any]]:
    """The objects of a list; an empty list for anything else."""
    if not isinstance(value, (list, tuple)):
        return []
    return [each for each in value if isinstance(each, Mapping)]


def part(value: Any, name: str) -> Mapping[str, Any]:
    """An object inside an object; an empty one when it is not there."""
    held = value.get(name) if isinstance(value, Mapping) else None
    return held if isinstance(held, Mapping) else {}


def ids(value: Any) -> tuple[str, ...]:
    """The ids in a list, each once, in its order."""
    if not isinstance(value, (list, tuple)):
        return ()
    return tuple(dict.fromkeys(id for each in value if (id := text(each)) is not None))


def plain(value: Any) -> str | None:
    """What HTML says, as plain text; None when it says nothing."""
    if text(value) is None:
        return None
    reader = _Reader()
    reader.feed(value)
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.said).splitlines())
    return text("\n".join(line for line in lines if line))


class _Reader(HTMLParser):
    """Collects the text between tags, a line for each block."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002
        self._silent += tag in _SILENT
        if tag in _BREAKS:
            self.said.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in _SILENT and self._silent > 0
        if tag in _BREAKS:
            self.said.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.said.append(data)
