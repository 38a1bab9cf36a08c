"""What the PMO admin says about one connection, applied once for all tools.

The connector maps the tool's own categories; the admin's table of status words and fields comes
after it and wins. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import msgspec

from connectors.sdk.comments import fingerprint_in
from connectors.sdk.records import Change, Comment, Custom, Project, Record, Status, Task
from sync_engine.clock import day_in

NUMBER_FIELDS: Mapping[str, type] = {
    "points": float,
    "percent_complete": float,
    "estimate_minutes": int,
    "spent_minutes": int,
    "remaining_minutes": int,
    "priority": int,
}
DATE_FIELDS = frozenset({"start_on", "due_on"})
TEXT_FIELDS = frozenset({"blocked_reason", "resolution", "description"})
FLAG_FIELDS = frozenset({"blocked"})
PEOPLE_FIELDS = frozenset({"assignee_ids"})
WORD_FIELDS = frozenset({"status"})
MAPPABLE_FIELDS = (
    frozenset(NUMBER_FIELDS) | DATE_FIELDS | TEXT_FIELDS | FLAG_FIELDS | PEOPLE_FIELDS | WORD_FIELDS
)
"""Fields of a task that a custom field may fill; any other name becomes a named custom fact."""


REDACTIONS: Mapping[str, tuple[type[Record], str, str | None]] = {
    "descriptions": (Task, "description", None),
    "comments": (Comment, "text", ""),
}
"""What may be left out: the kind of record, its field, and what stands in its place."""

REDACTED_HISTORY: Mapping[str, str] = {"descriptions": "description", "comments": "comment"}
"""What the field of a `Change` is called, in small letters, whose values tell the same text."""

CHANGE_VALUES = ("old", "new", "old_label", "new_label")


@dataclass(frozen=True, slots=True)
class AdminMapping:
    """Status words, custom fields and redactions of one connection.

    Args:
        redact: of `REDACTIONS`: what is left out of its records.
        status: the tool's status word (any case) → our status.
        fields: our field, or a name the PMO uses → the custom field's name or id in the tool.
        ids: our field → the id under which the tool's field was last found: it is found by it
            when somebody has renamed it.
        zone: the PMO's time zone, which makes the day of an instant.
        touched: by task: its last updates that were our own comments, and the one before each.
    """

    status: Mapping[str, Status] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    redact: frozenset[str] = frozenset()
    ids: Mapping[str, str] = field(default_factory=dict)
    touched: Mapping[str, Mapping[datetime, datetime]] = field(default_factory=dict)

    def day(self, value: date | datetime | None) -> date | None:
        """The day of a date or instant in the PMO's time zone."""
        if isinstance(value, datetime):
            return day_in(self.zone, value)
        return value

    def status_of(self, label: str | None) -> Status | None:
        """What the admin says about a status word, None when nothing."""
        return self._folded.get(label.casefold()) if label else None

    @property
    def _folded(self) -> Mapping[str, Status]:
        return {word.casefold(): status for word, status in self.status.items()}

    def apply(self, record: Record) -> Record | None:
        """The record as the PMO wants it read; None for a comment of ours."""
        if isinstance(record, Comment) and fingerprint_in(record.text) is not None:
            return None
        if isinstance(record, Task) and record.id in self.touched:
            record = self._untouched(record)
        record = self._redacted(self._dated(record))
        if not self.status and not self.fields:
            return record
        if isinstance(record, Task):
            return self._task(record)
        if isinstance(record, Project):
            return self._project(record)
        if isinstance(record, Change) and record.field == "status":
            old, new = self.status_of(record.old_label), self.status_of(record.new_label)
            if old or new:
                return msgspec.structs.replace(record, old=old or record.old, new=new or record.new)
        return record

    def _redacted(self, record: Record) -> Record:
        for what in self.redact:
            kind, name, instead = REDACTIONS[what]
            if isinstance(record, kind):
                record = msgspec.structs.replace(record, **{name: instead})
            elif isinstance(record, Change) and record.field.casefold() == REDACTED_HISTORY[what]:
                record = msgspec.structs.replace(record, **dict.fromkeys(CHANGE_VALUES))
        return record

    def _dated(self, record: Record) -> Record:
        """A moved date as days of the PMO's zone, as those of tasks are."""
        if not isinstance(record, Change) or record.field not in DATE_FIELDS:
            return record
        old, new = self._day_in(record.old), self._day_in(record.new)
        if (old, new) == (record.old, record.new):
            return record
        return msgspec.structs.replace(record, old=old, new=new)

    def _day_in(self, text: str | None) -> str | None:
        """The day of an ISO date or instant; other text as it is."""
        if text is None or len(text) <= len("2026-03-02"):
            return text
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            return text
        return (at.date() if at.tzinfo is None else day_in(self.zone, at)).isoformat()

    def _untouched(self, task: Task) -> Task:
        """The task as it would be had we not commented on it."""
        before = self.touched[task.id]
        if task.updated_at is None or task.updated_at not in before:
            return task
        return msgspec.structs.replace(task, updated_at=before[task.updated_at])

    def _project(self, project: Project) -> Project:
        """A field does not lack where the admin names the column that holds it, and it is there."""
        if not project.lacks or not self.fields:
            return project
        there = {name.casefold() for name in project.task_fields}
        lacks = tuple(
            name for name in project.lacks if self.fields.get(name, "").casefold() not in there
        )
        return msgspec.structs.replace(project, lacks=lacks)

    def _task(self, task: Task) -> Task:
        to: dict[str, object] = {}
        word = self._word(task)
        if word != task.status_label:
            to |= {"status": None, "status_label": word}
        status = self.status_of(word)
        if status is not None:
            to["status"] = status
        custom = list(task.custom)
        for ours in self.fields:
            held = self.held(task, ours)
            if held is None or ours in WORD_FIELDS:
                continue
            if ours in PEOPLE_FIELDS:
                to[ours] = _ids(held.value)
            elif ours in MAPPABLE_FIELDS:
                value = convert(ours, held.value)
                if value is not None:
                    to[ours] = value
            else:
                custom.append(msgspec.structs.replace(held, name=ours))
        if len(custom) > len(task.custom):
            to["custom"] = tuple(custom)
        return msgspec.structs.replace(task, **to) if to else task

    def held(self, task: Task, ours: str) -> Custom | None:
        """The custom field that holds one of `fields`, where the task has it."""
        wanted = self.fields[ours]
        folded = wanted.casefold()
        for held in task.custom:
            if held.id == wanted or held.name.casefold() == folded:
                return held
        known = self.ids.get(ours)
        return next((held for held in task.custom if held.id == known), None) if known else None

    def _word(self, task: Task) -> str | None:
        """The status word: of the column that the admin names, where the task has it."""
        held = self.held(task, "status") if "status" in self.fields else None
        if held is None:
            return task.status_label
        return held.value if isinstance(held.value, str) and held.value else None


def _ids(value: object) -> tuple[str, ...]:
    """People, as a custom field of people holds their ids."""
    if isinstance(value, tuple):
        return value
    return (value,) if isinstance(value, str) and value else ()


def convert(field_name: str, value: object) -> object | None:
    """A custom value as a field of a task wants it; None where it says nothing usable."""
    if value is None or value == "" or value == ():
        return None
    if field_name in NUMBER_FIELDS:
        return _number(field_name, value)
    if field_name in DATE_FIELDS:
        return _date(value)
    if field_name in FLAG_FIELDS:
        if isinstance(value, str):
            return value.casefold() in ("yes", "true", "blocked", "1")
        return bool(value)
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def _number(field_name: str, value: object) -> float | int | None:
    try:
        number = float(str(value).replace(",", "."))
    except ValueError:
        return None
    return int(number) if NUMBER_FIELDS[field_name] is int else number


def _date(value: object) -> date | datetime | None:
    if isinstance(value, (date, datetime)):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        pass
    try:
        instant = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
