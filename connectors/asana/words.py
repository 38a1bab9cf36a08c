"""Asana's words and ours: status, priority, kinds of tasks, health, decisions.

Asana itself knows only "completed: yes or no". Teams say the rest by the section of a board or by
a field called Status or Stage, so a short list of words that nobody uses otherwise is understood;
the admin's own table of labels goes over it, in the engine.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

from connectors.asana.values import gid, name_of, objects, part, text
from connectors.sdk.contract import Json
from connectors.sdk.records import Health, Status, TaskType
from connectors.sdk.vocabulary import FieldName, plain_type

IN_PROGRESS = frozenset(
    {
        "active", "blocked", "code review", "doing", "in design", "in dev", "in development",
        "in flight", "in progress", "in qa", "in review", "in test", "in testing", "ongoing", "qa",
        "review", "reviewing", "started", "testing", "under review", "wip", "work in progress",
        "working on it",
    }
)  # fmt: skip
CANCELLED = frozenset(
    {"abandoned", "canceled", "cancelled", "dropped", "not doing", "won't do", "won't fix",
     "wont do", "wont fix"}
)  # fmt: skip
STATUS_FIELDS = frozenset({"stage", "status", "task progress", "task status"})
PRIORITIES = {
    "critical": 1, "highest": 1, "urgent": 1, "p0": 1, "p1": 1,
    "high": 2, "p2": 2,
    "medium": 3, "med": 3, "normal": 3, "p3": 3,
    "low": 4, "p4": 4,
    "lowest": 5, "trivial": 5, "p5": 5,
}  # fmt: skip
HEALTH: dict[str, Health] = {
    "on_track": "on_track",
    "at_risk": "at_risk",
    "off_track": "off_track",
    "on_hold": "on_hold",
    "complete": "complete",
}
DECISIONS: dict[str, Literal["pending", "approved", "declined"]] = {
    "pending": "pending",
    "approved": "approved",
    "rejected": "declined",
    "changes_requested": "declined",
}
DECISION_LABELS = {
    "approved": "Approved",
    "rejected": "Rejected",
    "changes_requested": "Changes requested",
}
FIELD_TYPES = {
    "enum": "one of a list", "multi_enum": "several of a list", "people": "people",
}  # fmt: skip
COMPLETED = "Completed"
INCOMPLETE = "Incomplete"

_EDGES = re.compile(r"^[\W\d_]+|[\W_]+$")
_BREAKS = re.compile(r"[\s_-]+")


def plain(word: str) -> str:
    """A word without case, ornaments and numbering: ``"3. 🚧 In-Progress:"`` → ``in progress``."""
    folded = word.casefold().replace("\u2019", "'")
    if folded in PRIORITIES:
        return folded
    return _BREAKS.sub(" ", _EDGES.sub("", folded))


def status_of(word: str | None) -> Status | None:
    """What a section's or option's name says about the work in it; None: nothing we know."""
    if word is None:
        return None
    known = plain(word)
    if known in IN_PROGRESS:
        return "in_progress"
    return "cancelled" if known in CANCELLED else None


def priority_of(word: str | None) -> int | None:
    """1 (highest) … 5 (lowest); None: a word that we do not know."""
    return None if word is None else PRIORITIES.get(plain(word))


def is_priority(field: Json) -> bool:
    """Whether a custom field says the priority."""
    return plain(text(field.get("name")) or "") == "priority" and kind_of(field) == "enum"


def is_estimate(field: Json) -> bool:
    """Whether a custom field is Asana's own estimate: a duration, which Asana counts in minutes."""
    return (
        plain(text(field.get("name")) or "") == "estimated time"
        and kind_of(field) == "number"
        and field.get("format") == "duration"
    )


def is_status(field: Json) -> bool:
    """Whether a custom field may say the status."""
    return plain(text(field.get("name")) or "") in STATUS_FIELDS and kind_of(field) == "enum"


def described(field: Json) -> FieldName:
    """A custom field's definition for people. What says the priority or the estimate is no custom
    field of the tasks."""
    id = gid(field) or ""
    own = "priority" if is_priority(field) else "estimate_minutes" if is_estimate(field) else None
    return FieldName(
        id,
        text(field.get("name")) or id,
        plain_type(kind_of(field), FIELD_TYPES),
        "status" if is_status(field) else own,
        taken=own is not None,
    )


def kind_of(field: Json) -> str | None:
    """The type of a custom field; `type` is the older name of `resource_subtype`."""
    return text(field.get("resource_subtype")) or text(field.get("type"))


def task_type(task: Json) -> TaskType:
    """Our kind of a task. A separator is a line between tasks, not work."""
    if task.get("is_rendered_as_separator") is True:
        return "other"
    subtype = task.get("resource_subtype")
    if subtype == "milestone" or subtype == "approval":
        return "milestone" if subtype == "milestone" else "approval"
    if subtype in ("default_task", "custom", None):
        return "subtask" if gid(task.get("parent")) else "task"
    return "other"


def type_label(task: Json) -> str | None:
    """Asana's word: the name of a custom type, else the subtype."""
    if task.get("is_rendered_as_separator") is True:
        return "separator"
    return name_of(task, "custom_type") or text(task.get("resource_subtype"))


def section_in(task: Json, project: str | None) -> str | None:
    """The section in which a task stands in a project; in its first one when not in that."""
    memberships = objects(task.get("memberships"))
    for membership in memberships:
        if gid(membership.get("project")) == project:
            return name_of(membership, "section")
    return name_of(memberships[0], "section") if memberships else None


def status_field(task: Json) -> str | None:
    """The chosen option of a field called Status or Stage."""
    for field in objects(task.get("custom_fields")):
        if is_status(field):
            return text(part(field, "enum_value").get("name"))
    return None


@dataclass
class Standing:
    """All that decides a task's status at one moment.

    Args:
        completed: None where Asana did not say.
        typed: the status of a custom task type.
        field: the chosen option of a field called Status or Stage.
        section: the section in the task's own project.
    """

    completed: bool | None
    typed: str | None = None
    field: str | None = None
    section: str | None = None
    approval: str | None = None

    @classmethod
    def of(cls, task: Json, home: str | None) -> Standing:
        """How a task stands now."""
        completed = task.get("completed")
        return cls(
            completed=completed if isinstance(completed, bool) else None,
            typed=name_of(task, "custom_type_status_option"),
            field=status_field(task),
            section=section_in(task, home),
            approval=text(task.get("approval_status")),
        )

    def status(self) -> tuple[Status | None, str | None]:
        """The status and the tool's word for it.

        A completed task has the word "Completed" whatever its section is called: else an admin who
        maps the section "Review" to work in progress would reopen what was completed there.
        """
        words = [word for word in (self.typed, self.field, self.section) if word]
        word = next((word for word in words if status_of(word)), None)
        said = status_of(word)
        if said == "cancelled":
            return said, word
        if self.completed:
            return "done", DECISION_LABELS.get(self.approval or "", COMPLETED)
        if self.completed is None:
            return None, word or self.typed or self.section
        return said or "todo", word or self.typed or self.section or INCOMPLETE


def any_text(value: Any) -> str | None:
    """A value as a `Change` holds it: whole numbers without a fraction, None for nothing."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return None if value is None or value == "" else str(value)
