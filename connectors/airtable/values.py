"""How Airtable writes things: ids, instants, days, numbers, people, cells.

Pure; total on any JSON. A *field* is a column of a table with what one record holds in it, as
`frame.py` puts it together: `id`, `name`, `type`, `result` (of a formula), `links` (the table that
it links to), `primary`, `part` (its part in the table's date dependencies), `watches` (a time of
change is that of these columns only), and `value` where the record holds something.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from connectors.sdk.contract import Json
from connectors.sdk.records import CustomValue

COMPUTED = ("formula", "rollup")
"""Types whose values are of another type, their result."""
NUMBERS = ("number", "currency", "rating", "count", "autoNumber")
INSTANTS = ("dateTime", "createdTime", "lastModifiedTime")

_BIGGEST = 1e15


def text(value: Any) -> str | None:
    """Text that says something; None for anything else."""
    return value if isinstance(value, str) and value.strip() else None


def part(value: Any, name: str) -> Mapping[str, Any]:
    """An object inside an object; an empty one when it is not there."""
    held = value.get(name) if isinstance(value, Mapping) else None
    return held if isinstance(held, Mapping) else {}


def items(value: Any) -> list[Any]:
    """What is in a list; a single thing is a list of one, nothing an empty one."""
    if isinstance(value, (list, tuple)):
        return list(value)
    return [] if value is None else [value]


def objects(value: Any) -> list[Mapping[str, Any]]:
    """The objects of a list; an empty list for anything else."""
    return [each for each in items(value) if isinstance(each, Mapping)]


def number(value: Any) -> float | None:
    """A finite number; None for anything else, text and truth values included."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if abs(value) < _BIGGEST else None  # NaN compares false as well


def instant(value: Any) -> datetime | None:
    """An instant that names its zone; None for what is none."""
    if not isinstance(value, str):
        return None
    try:
        parsed = datetime.fromisoformat(value)
        return None if parsed.tzinfo is None else parsed.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def day_or_instant(value: Any) -> date | datetime | None:
    """What a date column holds: a day, or an instant where it has a time of day."""
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        return instant(value)


def kind(field: Json) -> str:
    """The type of a column's values: that of the result where the column is computed."""
    named = field.get("result") if field.get("type") in COMPUTED else field.get("type")
    return text(named) or ""


def word(field: Json) -> str | None:
    """A cell as text; None when it is empty, or its formula failed."""
    return ", ".join(words(field)) or None


def _plain(value: Any) -> str | None:
    """One value as text. What a failed formula gives (an object with its error) is none."""
    if isinstance(value, Mapping):
        named = (value.get(name) for name in ("name", "text", "value", "label", "filename", "id"))
        return next(filter(None, map(text, named)), None)
    if isinstance(value, bool):
        return "true" if value else "false"
    held = number(value)
    if held is not None:
        return str(int(held)) if held.is_integer() else str(held)
    return text(value)


def checked(field: Json) -> bool:
    """Whether a box is ticked. Airtable leaves one that is not out of its answer."""
    return field.get("value") is True or field.get("value") == 1


def day_of(field: Json) -> date | datetime | None:
    """The day or instant of a cell."""
    return day_or_instant(field.get("value"))


def person(value: Any) -> str | None:
    """The id of a person or group."""
    return text(value.get("id")) if isinstance(value, Mapping) else None


def people(field: Json) -> tuple[str, ...]:
    """Ids of the people in a cell, each once."""
    found = [id for id in map(person, items(field.get("value"))) if id is not None]
    return tuple(dict.fromkeys(found))


def words(field: Json) -> tuple[str, ...]:
    """The several words in a cell, each once."""
    found = [each for each in map(_plain, items(field.get("value"))) if each is not None]
    return tuple(dict.fromkeys(found))


def minutes(field: Json) -> int | None:
    """The time in a duration column, which counts seconds."""
    held = number(field.get("value"))
    return None if held is None or held < 0 else round(held / 60)


def percent(field: Json) -> float | None:
    """A percentage, which Airtable keeps as a share: 0.5 is 50."""
    held = number(field.get("value"))
    return None if held is None else round(held * 100, 6)


def custom_value(field: Json) -> CustomValue:
    """What a cell holds, by the type of its column; what is of another shape stays as text.

    A box is never empty; a duration is told in minutes, a percentage in percent.
    """
    type, held = kind(field), field.get("value")
    value: CustomValue = None
    if type == "checkbox":
        return None if isinstance(held, Mapping) else checked(field)
    if type in ("singleCollaborator", "createdBy", "lastModifiedBy"):
        value = next(iter(people(field)), None)
    elif type == "multipleCollaborators":
        value = people(field) or None
    elif type in ("date", *INSTANTS):
        value = day_of(field)
    elif type == "percent":
        value = percent(field)
    elif type == "duration":
        seconds = number(held)
        value = None if seconds is None else seconds / 60
    elif type in NUMBERS:
        value = number(held)
    elif isinstance(held, (list, tuple)):
        value = words(field) or None
    return word(field) if value is None else value
