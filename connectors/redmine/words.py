"""Redmine's words in ours: statuses, priorities, trackers. Pure tables and functions."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.sdk.records import LinkType, MilestoneState, ProjectState, Status, TaskType

# Redmine knows only open and closed. Which closed status means "not done" is in its name alone:
# the names that Redmine's own default data has in its larger languages, and common additions.
CANCELLED = frozenset({
    "rejected", "cancelled", "canceled", "abandoned", "won't do", "won't fix", "wontfix", "invalid",
    "abgewiesen", "rejeté", "rejetée", "rechazada", "rifiutato", "rejeitada", "rejeitado",
    "afgewezen", "odrzucony", "avvisad", "afvist", "avvist", "hylätty", "zamítnuto", "отклонено",
    "却下", "已拒绝",
})  # fmt: skip

TYPES: Mapping[str, TaskType] = {
    "task": "task", "subtask": "subtask", "sub-task": "subtask", "epic": "epic",
    "story": "story", "user story": "story", "feature": "story", "enhancement": "story",
    "bug": "bug", "defect": "bug", "incident": "bug", "milestone": "milestone", "risk": "risk",
    "issue": "issue", "change": "change", "change request": "change", "support": "request",
    "request": "request", "service request": "request", "approval": "approval",
}  # fmt: skip

RELATIONS: Mapping[str, tuple[LinkType, bool]] = {
    "relates": ("relates", False), "duplicates": ("duplicates", False),
    "duplicated": ("duplicates", True), "blocks": ("blocks", False), "blocked": ("blocks", True),
    "precedes": ("precedes", False), "follows": ("precedes", True),
    "copied_to": ("clones", False), "copied_from": ("clones", True),
}  # fmt: skip
"""Relation type → (our type, whether it reads from the other end)."""

PROJECT_STATES: Mapping[int, ProjectState] = {
    1: "active", 5: "closed", 9: "archived", 10: "trashed",
}  # fmt: skip

MILESTONE_STATES: Mapping[str, MilestoneState] = {
    "open": "open", "locked": "open", "closed": "done",
}  # fmt: skip

CATEGORY = ("category", "Category")
"""Id and name of the custom field that an issue's category becomes."""


def status_of(name: str | None, closed: bool | None, initial: bool | None) -> Status | None:
    """Our status for one of Redmine's.

    Args:
        name: the status' name.
        closed: Redmine's own flag; None: not known, then the status is not known either.
        initial: whether new issues of some tracker begin in it.
    """
    if closed is None:
        return None
    word = (name or "").strip().casefold()
    if closed:
        return "cancelled" if word in CANCELLED else "done"
    return "todo" if initial or word == "new" else "in_progress"


def priority_of(position: int, of: int) -> int | None:
    """1 (highest) … 5 (lowest) for the priority at `position` (1 lowest) among `of` priorities."""
    if not 1 <= position <= of:
        return None
    if of == 1:
        return 3
    return 5 - round((position - 1) * 4 / (of - 1))


def type_of(tracker: str | None) -> TaskType:
    """Our type for a tracker's name; "other" for a word that we do not know."""
    return TYPES.get((tracker or "").strip().casefold(), "other")
