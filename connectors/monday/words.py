"""The words of monday.com's labels, and what they mean to us. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from connectors.sdk.records import MilestoneState, ProjectState, Status, TaskType

STATUS_WORDS: Mapping[Status, str] = {
    "cancelled": "cancelled|canceled|rejected|abandoned|declined|won['’]?t do",
    "done": "done|closed|completed?|finished|resolved|shipped|released|deployed|approved",
    "in_progress": "working on it|doing|in[ -]progress|ongoing|started|wip|in[ -]development"
    "|review(ing)?|test(s|ing)?|qa|stuck|blocked|on[ -]hold|waiting|pending|paused",
    "todo": "not[ -]started|to[ -]?do|backlog|ready|new|open|planned|upcoming|next|future|inbox",
}
"""A label is done or not; what else it is, its words tell: the first row with one decides."""

NOT_STARTED = re.compile(r"\b(not[ -](yet[ -])?started|ready to start)\b", re.IGNORECASE)

_STATUS_PATTERNS = {
    status: re.compile(rf"\b({words})\b", re.IGNORECASE) for status, words in STATUS_WORDS.items()
}

BLOCKED_WORDS = re.compile(r"\b(stuck|blocked|blocker|impeded|on[ -]hold)\b", re.IGNORECASE)

PRIORITIES: Mapping[str, int] = {
    "critical": 1, "urgent": 1, "highest": 1, "high": 2, "medium": 3, "normal": 3, "low": 4,
    "lowest": 5, "best effort": 5,
}  # fmt: skip
"""monday.com's own labels of a priority and the usual others; None: a word we do not know."""

TYPES: Mapping[str, TaskType] = {
    "task": "task", "bug": "bug", "epic": "epic", "story": "story", "user story": "story",
    "milestone": "milestone", "risk": "risk", "issue": "issue", "change": "change",
    "change request": "change", "request": "request", "approval": "approval",
}  # fmt: skip

PROJECT_STATES: Mapping[str, ProjectState] = {"active": "active", "archived": "archived"}
MILESTONE_STATES: Mapping[Status, MilestoneState] = {
    "todo": "open", "in_progress": "open", "done": "done", "cancelled": "cancelled",
}  # fmt: skip

DEPENDENCIES: Mapping[int, str] = {
    0: "finish to start", 1: "start to start", 2: "finish to finish", 3: "start to finish",
}  # fmt: skip
"""`DependencyLink.dependency_type`."""


def status_of(label: str | None, *, done: bool | None) -> Status | None:
    """The status that a label stands for.

    Args:
        label: None for an item whose status nobody has set: it waits to be begun.
        done: whether the board counts the label as done; None: it does not say.
    """
    if label is None:
        return "done" if done else "todo"
    if _STATUS_PATTERNS["cancelled"].search(label):
        return "cancelled"
    if done:
        return "done"
    if NOT_STARTED.search(label):
        return "todo"
    for status in ("in_progress", "todo"):
        if _STATUS_PATTERNS[status].search(label):
            return status
    # A board that says "Completed" is not among its done labels is believed; a board that says
    # nothing of it is read by the word.
    return "done" if done is None and _STATUS_PATTERNS["done"].search(label) else None


def blocked(label: str | None) -> bool:
    """Whether a label says that the work stands still."""
    return label is not None and BLOCKED_WORDS.search(label) is not None


def priority_of(label: str | None) -> int | None:
    """1 highest … 5 lowest; monday.com decorates its labels (`Critical ⚠️`)."""
    return PRIORITIES.get(_plain(label)) if label else None


def type_of(label: str | None) -> TaskType:
    """What an item is by the label of its type; a word that we do not know leaves it a task."""
    return TYPES.get(_plain(label), "task") if label else "task"


def _plain(label: Any) -> str:
    return re.sub(r"[^a-z ]", "", str(label).casefold()).strip()
