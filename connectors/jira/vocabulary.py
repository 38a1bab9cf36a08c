"""Jira's words and ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.jira.values import obj, word
from connectors.sdk.records import LinkType, Status, TaskType

STATUS_OF_CATEGORY: dict[str, Status] = {
    "new": "todo",
    "indeterminate": "in_progress",
    "done": "done",
    # `/statuses/search` and webhooks write the same categories in capitals
    "TODO": "todo",
    "IN_PROGRESS": "in_progress",
    "DONE": "done",
}

CANCELLED_RESOLUTIONS = frozenset({
    "won't do", "won't fix", "wont do", "wont fix", "cancelled", "canceled", "declined",
    "duplicate", "incomplete", "cannot reproduce", "not a bug", "abandoned", "rejected",
})  # fmt: skip
"""Names of resolutions that say that the work was not done: Jira's own of Cloud and Data Center
and their usual spellings. Anything else that is in a done status counts as done."""

PRIORITIES: dict[str, int] = {
    "highest": 1, "high": 2, "medium": 3, "low": 4, "lowest": 5,
    "blocker": 1, "critical": 2, "major": 3, "minor": 4, "trivial": 5,
}  # fmt: skip

TYPES: dict[str, TaskType] = {
    "task": "task", "story": "story", "user story": "story", "epic": "epic", "bug": "bug",
    "defect": "bug", "sub-task": "subtask", "subtask": "subtask", "milestone": "milestone",
    "risk": "risk", "issue": "issue", "incident": "issue", "[system] incident": "issue",
    "problem": "issue", "[system] problem": "issue", "change": "change",
    "[system] change": "change", "change request": "change", "request": "request",
    "service request": "request", "[system] service request": "request",
    "service request with approvals": "request",
    "[system] service request with approvals": "request", "support": "request",
    "approval": "approval",
}  # fmt: skip

LINKS: dict[str, LinkType] = {
    "blocks": "blocks", "blocker": "blocks", "relates": "relates", "relates to": "relates",
    "duplicate": "duplicates", "duplicates": "duplicates", "cloners": "clones",
    "clones": "clones", "precedes": "precedes", "gantt end to start": "precedes",
    "gantt: finish-to-start": "precedes", "finish-to-start [gantt]": "precedes",
}  # fmt: skip

POINTS = frozenset({"story points", "story point estimate"})
START = frozenset({"start date", "target start"})
FLAGGED = frozenset({"flagged"})
EPIC_LINK = frozenset({"epic link"})


def status_of(status: Mapping[str, Any], resolution: str | None) -> Status | None:
    """The status by Jira's own category; a closing resolution that means "not done" cancels."""
    category = status.get("statusCategory")
    key = category.get("key") if isinstance(category, dict) else category
    found = STATUS_OF_CATEGORY.get(key) if isinstance(key, str) else None
    if found == "done" and resolution is not None and resolution.lower() in CANCELLED_RESOLUTIONS:
        return "cancelled"
    return found


def type_of(issue_type: Mapping[str, Any]) -> TaskType:
    """The type by Jira's hierarchy first, then by its name; "other" for names of one's own."""
    level = issue_type.get("hierarchyLevel")
    if issue_type.get("subtask") is True or level == -1:
        return "subtask"
    for key in ("name", "untranslatedName"):
        name = issue_type.get(key)
        if isinstance(name, str) and (found := TYPES.get(name.lower())) is not None:
            return found
    return "epic" if level == 1 else "other"


def type_of_word(name: str) -> TaskType:
    """The type by the name alone, as histories have it."""
    return TYPES.get(name.lower(), "other")


def priority_of(name: str | None) -> int | None:
    """1 (highest) to 5 by the names of Jira's two standard schemes."""
    return PRIORITIES.get(name.lower()) if name else None


def link_of(link_type: Any) -> LinkType:
    """The link by its type's name, then by its outward words."""
    held = obj(link_type)
    for key in ("name", "outward"):
        name = word(held.get(key))
        if name is not None and (found := LINKS.get(name.lower())) is not None:
            return found
    return "other"
