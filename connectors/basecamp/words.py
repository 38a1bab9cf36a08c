"""How Basecamp writes things: ids, instants, days, hours, rich text. Pure; total on any JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from html.parser import HTMLParser
from typing import Any

from connectors.sdk.records import Health, ProjectState, Status

TO_DO, CARD, STEP, COMMENT, LIST = "Todo", "Kanban::Card", "Kanban::Step", "Comment", "Todolist"
TASKS = (TO_DO, CARD, STEP)
"""The types of recordings that are work."""

STATES: Mapping[str, ProjectState] = {
    "active": "active", "archived": "archived", "trashed": "trashed",
}  # fmt: skip
COLUMNS: Mapping[str, Status] = {
    "Kanban::Triage": "todo", "Kanban::NotNowColumn": "todo", "Kanban::Column": "in_progress",
    "Kanban::DoneColumn": "done",
}  # fmt: skip
"""What the kind of a card's column says. A column that people add has no kind of its own."""
ON_HOLD = "Kanban::OnHold"
"""Begins the kind of the section of a column where cards wait."""
HEALTH: Mapping[str, Health] = {"green": "on_track", "yellow": "at_risk", "red": "off_track"}

_BREAKS = frozenset({"br", "div", "p", "h1", "h2", "blockquote", "pre", "ul", "ol", "tr"})
_LONGEST = 24 * 366  # hours; no entry is longer


def text(value: Any) -> str | None:
    """Text that says something; None for anything else."""
    return value if isinstance(value, str) and value.strip() else None


def id_of(value: Any) -> str | None:
    """An id, which is a number; None for what is none."""
    if isinstance(value, bool):
        return None
    return str(value) if isinstance(value, int) else text(value)


def instant(value: Any) -> datetime | None:
    """An instant; None for what is none, or has no zone."""
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo else None


def day(value: Any) -> date | None:
    """A calendar day."""
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        return None


def flag(value: Any) -> bool | None:
    """A yes or no."""
    return value if isinstance(value, bool) else None


def minutes(value: Any) -> int | None:
    """Hours, written as text such as "1.5", as the nearest whole minute."""
    if not isinstance(value, (str, int, float)) or isinstance(value, bool):
        return None
    try:
        hours = float(value)
    except (ValueError, OverflowError):
        return None
    return round(hours * 60) if 0 <= hours <= _LONGEST else None  # NaN compares false


def part(value: Any, name: str) -> Mapping[str, Any]:
    """An object inside an object; an empty one when it is not there."""
    held = value.get(name) if isinstance(value, Mapping) else None
    return held if isinstance(held, Mapping) else {}


def objects(value: Any) -> list[Mapping[str, Any]]:
    """The objects of a list; an empty list for anything else."""
    if not isinstance(value, (list, tuple)):
        return []
    return [each for each in value if isinstance(each, Mapping)]


def ids(values: Any) -> tuple[str, ...]:
    """The ids of a list of objects, each once."""
    found = (id_of(each.get("id")) for each in objects(values))
    return tuple(dict.fromkeys(id for id in found if id is not None))


class _Plain(HTMLParser):
    """Collects the words of rich text."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag == "li":
            self.said.append("\n- ")
        elif tag in _BREAKS:
            self.said.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _BREAKS and tag != "br":
            self.said.append("\n")

    def handle_data(self, data: str) -> None:
        self.said.append(data)


def plain(value: Any) -> str | None:
    """The words of rich text (HTML); None where there are none."""
    if not isinstance(value, str):
        return None
    parser = _Plain()
    parser.feed(value.replace("<![", "&lt;!["))  # the parser stops at sections that it dislikes
    parser.close()
    lines = "".join(parser.said).replace("\xa0", " ").splitlines()
    words = "\n".join(line.strip() for line in lines)
    return re.sub(r"\n{3,}", "\n\n", words).strip() or None
