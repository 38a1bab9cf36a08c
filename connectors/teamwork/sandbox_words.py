"""What a sandbox needs to say things as Teamwork says them: ids, words, custom fields. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import NamedTuple

from connectors.sdk.records import CustomValue, Health, Record
from connectors.sdk.sandbox import as_text
from connectors.teamwork.mapping import PRIORITIES

FOUNDED = datetime(2020, 1, 1, tzinfo=UTC)  # when things came to be that do not say when
WEB = "https://acme.teamwork.com"
OWNER_COMPANY = "Acme"
CATEGORIES = ("Delivery", None)
GENERAL = "General tasks"  # the task list that everything is in that says nothing else
BEGUN = 10  # percent of a task that was begun and says no more
HEALTHS: Mapping[Health | None, tuple[int, str]] = {
    None: (0, "Not set"), "off_track": (1, "Off track"), "at_risk": (2, "At risk"),
    "on_track": (3, "On track"),
}  # fmt: skip
WORD_OF_PRIORITY = {rank: word for word, rank in PRIORITIES.items()}


class Field(NamedTuple):
    """A custom field; `type` is one of Teamwork's."""

    id: str
    name: str
    type: str


def number(*parts: str) -> str:
    """An id, which is a number, that stays the same for the same words."""
    digest = int(hashlib.sha256("\0".join(parts).encode()).hexdigest(), 16)
    return str(1_000_000 + digest % 98_000_000_000)


def native(record: Record) -> str:
    """The id of a record; one that came with Teamwork's own keeps it."""
    if re.fullmatch(r"[1-9][0-9]{3,11}", record.id):
        return record.id
    return number(type(record).__name__, record.id)


def to_second(at: datetime) -> datetime:
    """Teamwork tells whole seconds."""
    return at.astimezone(UTC).replace(microsecond=0)


def just_day(value: date | datetime | None) -> date | None:
    """The day of a date or an instant."""
    return value.date() if isinstance(value, datetime) else value


def said(value: str | None) -> str | None:
    """Text that says something."""
    return value if value and value.strip() else None


def priority_of(rank: int | None) -> tuple[int | None, str | None]:
    """A priority as one of three, and its word."""
    if rank is None:
        return None, None
    held = min(max(rank, 2), 4)
    return held, WORD_OF_PRIORITY[held]


def field_type(values: list[CustomValue]) -> str:
    """The type of custom field that holds such values."""
    held = [value for value in values if value is not None]
    if held and all(isinstance(value, bool) for value in held):
        return "checkbox"
    if held and all(isinstance(value, (int, float)) for value in held):
        return "number-decimal"
    if held and all(isinstance(value, date) for value in held):
        return "date"
    if held and all(isinstance(value, tuple) for value in held):
        return "multiselect"
    short = all(isinstance(value, str) and len(value) < 30 for value in held)
    return "dropdown" if held and short and len(set(held)) <= 20 else "text-short"


def held_as(value: CustomValue, type: str) -> CustomValue:
    """A value as a field of a type holds it."""
    if value is None or type == "checkbox":
        return value
    if type == "date" and isinstance(value, date):
        return just_day(value)
    if type == "number-decimal" and isinstance(value, (int, float)):
        return float(value)
    if type == "multiselect" and isinstance(value, tuple):
        return value or None
    return said(", ".join(value) if isinstance(value, tuple) else as_text(value))
