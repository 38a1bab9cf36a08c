"""Jira's words and ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from connectors.jira_service_management.values import obj, word
from connectors.sdk.records import LinkType, Status, TaskType

STATUS_OF_CATEGORY: Mapping[str, Status] = {
    "new": "todo", "indeterminate": "in_progress", "done": "done",
}  # fmt: skip

CANCELLED_RESOLUTIONS = frozenset({
    "won't do", "won't fix", "cancelled", "canceled", "declined", "duplicate", "incomplete",
    "cannot reproduce", "known error", "rejected", "abandoned",
})  # fmt: skip
"""Names of resolutions that say that the request was not fulfilled: Jira's own and their usual
spellings. Anything else that is in a done status counts as done."""

PRIORITIES: Mapping[str, int] = {
    "highest": 1, "high": 2, "medium": 3, "low": 4, "lowest": 5,
    "blocker": 1, "critical": 2, "major": 3, "minor": 4, "trivial": 5,
}  # fmt: skip

TYPES: Mapping[str, TaskType] = {
    "task": "task", "story": "story", "epic": "epic", "bug": "bug", "sub-task": "subtask",
    "subtask": "subtask", "milestone": "milestone", "risk": "risk", "issue": "issue",
    "incident": "issue", "[system] incident": "issue", "problem": "issue",
    "[system] problem": "issue", "change": "change", "[system] change": "change",
    "change request": "change", "request": "request", "service request": "request",
    "[system] service request": "request", "service request with approvals": "request",
    "[system] service request with approvals": "request", "support": "request",
    "question": "request", "emailed request": "request", "approval": "approval",
}  # fmt: skip

LINKS: Mapping[str, LinkType] = {
    "blocks": "blocks", "relates": "relates", "duplicate": "duplicates", "cloners": "clones",
    "precedes": "precedes", "gantt end to start": "precedes",
}  # fmt: skip

DECISIONS: Mapping[str, Literal["pending", "approved", "declined"]] = {
    "pending": "pending", "approved": "approved", "declined": "declined",
}  # fmt: skip


def status_of(status: Mapping[str, Any], resolution: str | None) -> Status | None:
    """The status by Jira's own category; a resolution that means "not fulfilled" cancels."""
    key = word(obj(status.get("statusCategory")).get("key"))
    found = STATUS_OF_CATEGORY.get(key) if key is not None else None
    if found == "done" and resolution is not None and resolution.lower() in CANCELLED_RESOLUTIONS:
        return "cancelled"
    return found


def type_of(issue_type: Mapping[str, Any], request_type: str | None) -> TaskType:
    """The type by Jira's hierarchy, then by the issue type's name.

    What came through a request type is a request, whatever name of its own its issue type has.
    """
    level = issue_type.get("hierarchyLevel")
    if issue_type.get("subtask") is True or level == -1:
        return "subtask"
    for key in ("name", "untranslatedName"):
        name = word(issue_type.get(key))
        if name is not None and (found := TYPES.get(name.lower())) is not None:
            return found
    if request_type is not None:
        return "request"
    return "epic" if level == 1 else "other"


def priority_of(name: str | None) -> int | None:
    """1 (highest) to 5 by the names of Jira's two standard schemes."""
    return PRIORITIES.get(name.lower()) if name else None


def link_of(name: str | None) -> LinkType:
    """The link by its type's name."""
    return LINKS.get(name.lower(), "other") if name else "other"
