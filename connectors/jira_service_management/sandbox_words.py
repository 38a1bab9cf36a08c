"""The words and ids of the imitated Jira: what a record is called there, and what it becomes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache
from typing import Any

from connectors.jira_service_management.words import (
    CANCELLED_RESOLUTIONS,
    LINKS,
    TYPES,
    priority_of,
)
from connectors.sdk.records import CustomValue, LinkType, Status, TaskType

SITE = "https://desk.example.com"
REQUEST_TYPE_FIELD, APPROVALS_FIELD, RANK_FIELD = (
    "customfield_10010", "customfield_10011", "customfield_10019",
)  # fmt: skip
CATEGORY: Mapping[Status | None, str] = {
    None: "undefined", "todo": "new", "in_progress": "indeterminate", "done": "done",
    "cancelled": "done",
}  # fmt: skip
STATUS_WORD = {
    "undefined": "No Category", "new": "Waiting for support", "indeterminate": "In progress",
    "done": "Resolved",
}  # fmt: skip
ISSUE_TYPE: Mapping[TaskType, str] = {
    "task": "Task", "subtask": "Sub-task", "epic": "Epic", "story": "Story", "bug": "Bug",
    "milestone": "Milestone", "risk": "Risk", "issue": "[System] Incident",
    "change": "[System] Change", "request": "[System] Service request", "approval": "Approval",
    "other": "IT Help",
}  # fmt: skip
PRIORITY_WORD = {1: "Highest", 2: "High", 3: "Medium", 4: "Low", 5: "Lowest"}
LINK_WORD: Mapping[LinkType, str] = {
    "blocks": "Blocks", "relates": "Relates", "duplicates": "Duplicate", "clones": "Cloners",
    "precedes": "Precedes", "other": "Reference",
}  # fmt: skip
FIELD_WORD = {  # our field of a task → Jira's name of it in a changelog, and its id there
    "status": ("status", "status"), "due_on": ("duedate", "duedate"),
    "assignee_ids": ("assignee", "assignee"), "priority": ("priority", "priority"),
    "estimate_minutes": ("timeoriginalestimate", "timeoriginalestimate"),
    "title": ("summary", "summary"), "parent_id": ("IssueParentAssociation", "parent"),
    "project_id": ("project", "project"),
}  # fmt: skip
SCHEMA = {
    "number": "float", "date": "datepicker", "datetime": "datetime", "string": "textfield",
    "array": "multiselect", "any": "checkbox",
}  # fmt: skip
KINDS: tuple[tuple[type, str], ...] = (
    (bool, "any"), (float, "number"), (datetime, "datetime"), (date, "date"), (tuple, "array"),
)  # fmt: skip


@cache
def number_for(*parts: str) -> str:
    """A stable number of twelve digits for something that is not named by a number yet."""
    mark = hashlib.blake2b("\0".join(parts).encode(), digest_size=8).digest()
    return str(10**11 + int.from_bytes(mark) % (9 * 10**11))


def number_id(kind: str, id_: str) -> str:
    """The id as it is when Jira might have given it, else a stable number."""
    fits = id_.isascii() and id_.isdecimal() and len(id_) <= 15 and not id_.startswith("0")
    return id_ if fits else number_for(kind, id_)


def account_id(id_: str) -> str:
    """24 hexadecimal digits."""
    if len(id_) == 24 and all(digit in "0123456789abcdef" for digit in id_):
        return id_
    return hashlib.blake2b(id_.encode(), digest_size=12).hexdigest()


def field_id(*name: str) -> str:
    """A stable id of a custom field."""
    return f"customfield_{11000 + int(number_for(*name)) % 80000}"


def clip(at: datetime) -> datetime:
    """To Jira's resolution: milliseconds."""
    return at.astimezone(UTC).replace(microsecond=at.microsecond // 1000 * 1000)


def clip_or_none(at: datetime | None) -> datetime | None:
    """To Jira's resolution, where there is a time."""
    return None if at is None else clip(at)


def epoch_ms(at: datetime) -> int:
    """Milliseconds since 1970."""
    return round(at.timestamp() * 1000)


def written(at: datetime | None) -> str | None:
    """`2026-05-06T07:08:09.123+0000`, as the platform's API writes times."""
    if at is None:
        return None
    text = at.isoformat(timespec="milliseconds")
    return text[:-3] + text[-2:]  # Jira writes the offset without a colon


def spelled(at: datetime | None) -> dict[str, Any] | None:
    """A time in the four spellings of the service desk's API."""
    if at is None:
        return None
    return {
        "iso8601": f"{at:%Y-%m-%dT%H:%M:%S}+0000",
        "jira": written(at),
        "friendly": f"{at:%d/%b/%y %I:%M %p}",
        "epochMillis": epoch_ms(at),
    }


def span(minutes: float | None) -> dict[str, Any] | None:
    """A span as the service desk's API writes it."""
    if minutes is None:
        return None
    return {"millis": round(minutes * 60_000), "friendly": f"{minutes:.0f}m"}


def zone_on(at: datetime, day: date) -> str | None:
    """A zone in which it is that day at that instant; None where there is no such zone."""
    for hours in (0, *range(1, 15), *range(-1, -13, -1)):
        if at.astimezone(timezone(timedelta(hours=hours))).date() == day:
            return f"Etc/GMT{-hours:+d}" if hours else "Etc/UTC"
    return None


def text_or_none(value: str | None) -> str | None:
    """Text without white space around it; None for nothing."""
    return (value or "").strip() or None


def type_held(kind: TaskType) -> TaskType:
    """What a request of that type reads back as: what no name tells is a request."""
    return "request" if kind == "other" else kind


def issue_type(kind: TaskType, label: str | None) -> str:
    """The name of the issue type, where no request type bears the label."""
    if label and (kind == "subtask" or TYPES.get(label.lower()) == kind):
        return label
    return ISSUE_TYPE[kind]


def priority_word(rank: int | None, label: str | None) -> str | None:
    """The label where it means that rank, else Jira's own word for the rank."""
    if label and priority_of(label) == rank:
        return label
    return PRIORITY_WORD.get(rank) if rank is not None else None


def link_word(kind: LinkType, label: str | None) -> str:
    """The label where it means that link, else Jira's own word."""
    return label if label and LINKS.get(label.lower(), "other") == kind else LINK_WORD[kind]


def resolution_word(status: Status | None, label: str | None) -> str | None:
    """A cancelled request bears a resolution that says so, a done one none that says otherwise."""
    cancels = label is not None and label.lower() in CANCELLED_RESOLUTIONS
    if status == "cancelled":
        return label if cancels else "Won't Do"
    return "Done" if status == "done" and cancels else label


def kind_of(value: CustomValue) -> str | None:
    """The type of field that holds such a value; None for no value."""
    if isinstance(value, str):
        return "string"
    return next((kind for held, kind in KINDS if isinstance(value, held)), None)


def document(text: str | None) -> dict[str, Any] | None:
    """Plain text as an ADF document: paragraphs, and line breaks within them."""
    if text is None:
        return None
    paragraphs = []
    for block in text.split("\n\n"):
        content: list[dict[str, Any]] = []
        for position, line in enumerate(block.split("\n")):
            content += [{"type": "hardBreak"}] if position else []
            content += [{"type": "text", "text": line}] if line else []
        paragraphs.append({"type": "paragraph", "content": content})
    return {"type": "doc", "version": 1, "content": paragraphs}
