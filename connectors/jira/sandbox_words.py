"""The words and ids of the imitated Jira: what a record is called there, and what it becomes."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache
from typing import Any

from connectors.jira.vocabulary import (
    CANCELLED_RESOLUTIONS,
    EPIC_LINK,
    FLAGGED,
    LINKS,
    POINTS,
    START,
    TYPES,
    priority_of,
)
from connectors.sdk.records import CustomValue, LinkType, Status, TaskType

SITE = "https://jira.example.com"
POINTS_FIELD, SPRINT_FIELD, START_FIELD, FLAGGED_FIELD, EPIC_FIELD, RANK_FIELD = (
    "customfield_10016", "customfield_10020", "customfield_10015", "customfield_10021",
    "customfield_10014", "customfield_10019",
)  # fmt: skip
ROLE_NAMES = POINTS | START | FLAGGED | EPIC_LINK | {"sprint", "rank"}

CATEGORY: dict[Status | None, str] = {
    None: "undefined", "todo": "new", "in_progress": "indeterminate", "done": "done",
    "cancelled": "done",
}  # fmt: skip
STATUS_WORD = {
    "undefined": "No Category", "new": "To Do", "indeterminate": "In Progress", "done": "Done",
}  # fmt: skip
TYPE_WORD: dict[TaskType, str] = {
    "task": "Task", "subtask": "Sub-task", "epic": "Epic", "story": "Story", "bug": "Bug",
    "milestone": "Milestone", "risk": "Risk", "issue": "Incident", "change": "Change",
    "request": "Service Request", "approval": "Approval", "other": "Idea",
}  # fmt: skip
PRIORITY_WORD = {1: "Highest", 2: "High", 3: "Medium", 4: "Low", 5: "Lowest"}
LINK_WORD: dict[LinkType, str] = {
    "blocks": "Blocks", "relates": "Relates", "duplicates": "Duplicate", "clones": "Cloners",
    "precedes": "Precedes", "other": "Reference",
}  # fmt: skip
LINK_ENDS = {
    "Blocks": ("blocks", "is blocked by"), "Relates": ("relates to", "relates to"),
    "Duplicate": ("duplicates", "is duplicated by"), "Cloners": ("clones", "is cloned by"),
    "Precedes": ("precedes", "follows"),
}  # fmt: skip
MILESTONE_WORD = {"open": "unreleased", "done": "released", "cancelled": "archived"}
FIELD_WORD = {  # our field of a task → Jira's name of it in a changelog, and its id there
    "status": ("status", "status"), "due_on": ("duedate", "duedate"),
    "start_on": ("Start date", START_FIELD), "assignee_ids": ("assignee", "assignee"),
    "reporter_id": ("reporter", "reporter"), "priority": ("priority", "priority"),
    "estimate_minutes": ("timeoriginalestimate", "timeoriginalestimate"),
    "remaining_minutes": ("timeestimate", "timeestimate"),
    "spent_minutes": ("timespent", "timespent"), "points": ("Story Points", POINTS_FIELD),
    "title": ("summary", "summary"), "description": ("description", "description"),
    "parent_id": ("IssueParentAssociation", "parent"), "project_id": ("project", "project"),
    "milestone_id": ("Fix Version", "fixVersions"), "blocked": ("Flagged", FLAGGED_FIELD),
    "labels": ("labels", "labels"), "type": ("issuetype", "issuetype"),
    "resolution": ("resolution", "resolution"), "key": ("Key", "key"),
}  # fmt: skip
SCHEMA = {  # kind of a custom value → Jira's type of field
    "number": "float", "date": "datepicker", "datetime": "datetime", "string": "textfield",
    "array": "multiselect", "any": "checkbox",
}  # fmt: skip
KINDS: tuple[tuple[type, str], ...] = (
    (bool, "any"), (int, "number"), (float, "number"), (datetime, "datetime"), (date, "date"),
    (tuple, "array"), (str, "string"),
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


def clip(at: datetime) -> datetime:
    """To Jira's resolution: milliseconds."""
    return at.astimezone(UTC).replace(microsecond=at.microsecond // 1000 * 1000)


def to_day(value: date | datetime | None) -> date | None:
    """Jira's own dates have no time of day."""
    return value.date() if isinstance(value, datetime) else value


def written(at: datetime | None) -> str | None:
    """`2026-05-06T07:08:09.123+0000`, as the platform's API writes times."""
    if at is None:
        return None
    text = at.isoformat(timespec="milliseconds")
    return text[:-3] + text[-2:]  # Jira writes the offset without a colon


def written_zulu(at: datetime | None) -> str | None:
    """`2026-05-06T07:08:09.123Z`, as the boards' API writes times."""
    return None if at is None else f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


def epoch_ms(at: datetime) -> int:
    """Milliseconds since 1970."""
    return round(at.timestamp() * 1000)


def zone_on(at: datetime, day: date) -> str | None:
    """A zone in which it is that day at that instant; None where there is no such zone."""
    for hours in (0, *range(1, 15), *range(-1, -13, -1)):
        if at.astimezone(timezone(timedelta(hours=hours))).date() == day:
            return f"Etc/GMT{-hours:+d}" if hours else "Etc/UTC"
    return None


def text_or_none(value: str | None) -> str | None:
    """Text without white space around it; None for nothing."""
    return (value or "").strip() or None


def type_word(kind: TaskType, label: str | None) -> str:
    """The label where Jira would read it as that type, else Jira's own word."""
    if label and kind == TYPES.get(label.lower(), "other" if kind == "other" else None):
        return label
    if label and kind in ("epic", "subtask") and TYPES.get(label.lower()) is None:
        return label  # told by the hierarchy, whatever its name
    return TYPE_WORD[kind]


def priority_word(rank: int | None, label: str | None) -> str | None:
    """The label where it means that rank, else Jira's own word for the rank."""
    if label and priority_of(label) == rank:
        return label
    return PRIORITY_WORD.get(rank) if rank is not None else None


def link_word(kind: LinkType, label: str | None) -> str:
    """The label where it means that link, else Jira's own word."""
    return label if label and LINKS.get(label.lower(), "other") == kind else LINK_WORD[kind]


def resolution_word(status: Status | None, label: str | None) -> str | None:
    """A cancelled issue bears a resolution that says so, a done one none that says otherwise."""
    cancels = label is not None and label.lower() in CANCELLED_RESOLUTIONS
    if status == "cancelled":
        return label if cancels else "Won't Do"
    return "Done" if status == "done" and cancels else label


def kind_of(value: CustomValue) -> str | None:
    """The type of field that holds such a value; None for no value."""
    for held, kind in KINDS:
        if isinstance(value, held):
            return kind
    return None


def field_id(name: str, kind: str) -> str:
    """A stable id of a custom field."""
    return f"customfield_{11000 + int(number_for(name, kind)) % 80000}"


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
