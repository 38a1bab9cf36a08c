"""GitLab's words in ours. Pure tables and functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from connectors.gitlab.values import text
from connectors.sdk.records import (
    LinkType,
    MilestoneState,
    ProjectState,
    SprintState,
    Status,
    TaskType,
)

STATES: Mapping[str, Status] = {"opened": "todo", "closed": "done"}
"""GitLab knows open and closed; that someone works on an open issue it does not say."""

CATEGORIES: Mapping[str, Status] = {
    "triage": "todo", "to_do": "todo", "in_progress": "in_progress", "done": "done",
    "canceled": "cancelled", "cancelled": "cancelled",
}  # fmt: skip
"""The category of a work item's status, where statuses are read."""

EVENT_STATES: Mapping[str, str] = {
    "opened": "opened", "reopened": "opened", "closed": "closed",
}  # fmt: skip
"""What a state event says → the state that the issue was in after it."""

TYPES: Mapping[str, TaskType] = {
    "issue": "task", "incident": "bug", "task": "subtask", "ticket": "request", "epic": "epic",
}  # fmt: skip
"""`issue_type` → our type; others (test_case, requirement, …) are "other"."""

LINKS: Mapping[str, tuple[LinkType, str, bool]] = {
    "relates_to": ("relates", "relates_to", False),
    "blocks": ("blocks", "blocks", False),
    "is_blocked_by": ("blocks", "blocks", True),
}
"""Link type → (our type, GitLab's word from the blocking end, whether it reads from the other)."""

OTHER_LINK: tuple[LinkType, str, bool] = ("other", "", False)

MILESTONE_STATES: Mapping[str, MilestoneState] = {"active": "open", "closed": "done"}
ITERATION_STATES: Mapping[int, SprintState] = {1: "future", 2: "active", 3: "closed"}


def project_state(project: Mapping[str, Any]) -> ProjectState:
    """A project that waits for its deletion is also archived, and is named after the former."""
    if text(project.get("marked_for_deletion_on")) or text(project.get("marked_for_deletion_at")):
        return "trashed"
    return "archived" if project.get("archived") is True else "active"


def status_of(state: str | None, category: str | None, *, moved: bool) -> Status | None:
    """Our status.

    Args:
        state: `opened` or `closed`; it goes before a category that contradicts it.
        category: of the work item's status, None where there is none.
        moved: whether the issue was closed because another project has it now: not done here.
    """
    by_state = STATES.get(state or "")
    by_category = CATEGORIES.get((category or "").lower())
    if by_state == "done":
        if moved:
            return "cancelled"
        return by_category if by_category in ("done", "cancelled") else "done"
    if by_state == "todo" and by_category == "in_progress":
        return by_category
    return by_state


def scoped(labels: Sequence[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Scoped labels (`workflow::doing`) by their key, which is all before the last `::`."""
    found: dict[str, list[str]] = {}
    for label in labels:
        key, colons, value = label.rpartition("::")
        if colons and key and value:
            found.setdefault(key, []).append(value)
    for key, values in found.items():
        yield key, tuple(values)
