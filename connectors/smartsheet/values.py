"""How Smartsheet writes things: ids, instants, days, numbers, contacts, durations.

Pure; total on any JSON. A *field* is a column of a sheet with what one row holds in it, as
`frame.py` puts it together: `id`, `title`, `type`, `tags`, `system`, `primary`, and, where the
row holds something, `value`, `display`, `object`, `formula` (there is one).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from connectors.sdk.contract import Json
from connectors.sdk.records import CustomValue

DATE_TYPES = ("DATE", "ABSTRACT_DATETIME", "DATETIME")
CONTACT_TYPES = ("CONTACT_LIST", "MULTI_CONTACT_LIST")

ERRORS = frozenset(
    {
        "#BLOCKED", "#BOOLEAN EXPECTED", "#CALCULATING", "#CIRCULAR REFERENCE", "#CONTACT EXPECTED",
        "#DATE EXPECTED", "#DIVIDE BY ZERO", "#IMBALANCED PARENTHESES", "#INCORRECT ARGUMENT",
        "#INCORRECT ARGUMENT SET", "#INVALID", "#INVALID COLUMN VALUE", "#INVALID DATA TYPE",
        "#INVALID OPERATION", "#INVALID REF", "#INVALID VALUE", "#NESTED CRITERIA", "#NO MATCH",
        "#NOT FOUND", "#NUMBER EXPECTED", "#OVERFLOW", "#PERMISSION ERROR", "#REF",
        "#UNPARSEABLE", "#UNSUPPORTED CROSS-SHEET FORMULA",
    }
)  # fmt: skip
"""What a cell holds instead of a value when its formula or its link failed."""

_ERROR_SHAPE = re.compile(r"#[A-Z][A-Z -]+")
_BIGGEST = 1e15


def text(value: Any) -> str | None:
    """Text that says something; None for anything else."""
    return value if isinstance(value, str) and value.strip() else None


def ident(value: Any) -> str | None:
    """An id, which Smartsheet writes as a whole number, as text; None for what is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float) and value.is_integer() and abs(value) < _BIGGEST * 10:
        value = int(value)
    return str(value) if isinstance(value, int) and value >= 0 else text(value)


def part(value: Any, name: str) -> Mapping[str, Any]:
    """An object inside an object; an empty one when it is not there."""
    held = value.get(name) if isinstance(value, Mapping) else None
    return held if isinstance(held, Mapping) else {}


def objects(value: Any) -> list[Mapping[str, Any]]:
    """The objects of a list; an empty list for anything else."""
    if not isinstance(value, (list, tuple)):
        return []
    return [each for each in value if isinstance(each, Mapping)]


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
    """A day; an instant where a zone is named.

    The dates of a project sheet are *abstract*: a day and an hour of the working day, in no zone.
    Only the day is meant.
    """
    if not isinstance(value, str):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        pass
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        return None
    return parsed.date() if parsed.tzinfo is None else instant(value)


def is_error(field: Json) -> bool:
    """Whether the cell shows that its formula failed: then what it would hold is unknown."""
    shown = text(field.get("value")) or text(field.get("display"))
    if shown is None or not shown.startswith("#"):
        return False
    return shown in ERRORS or (
        field.get("formula") is True and _ERROR_SHAPE.fullmatch(shown) is not None
    )


def shown(field: Json) -> str | None:
    """What the cell shows, as text; None when it is empty."""
    display = text(field.get("display"))
    if display is not None:
        return display
    value = field.get("value")
    held = number(value)
    if held is not None:
        return str(int(held)) if held.is_integer() else str(held)
    return text(value)


def word(field: Json) -> str | None:
    """What the cell shows, None also where its formula failed."""
    return None if is_error(field) else shown(field)


def checked(field: Json) -> bool | None:
    """Whether a box is ticked: one that nobody touched is not; None where its formula failed."""
    value = field.get("value")
    if value in (None, False, 0, ""):
        return False
    return True if value in (True, 1, "true") else None


def day_of(field: Json) -> date | datetime | None:
    """The date of a cell."""
    found = day_or_instant(field.get("value"))
    return found if found is not None else day_or_instant(part(field, "object").get("value"))


def figure(field: Json) -> float | None:
    """The number of a cell; one that is shown with a percent sign counts in percent (0.5 → 50)."""
    held = number(field.get("value"))
    if held is None:
        return None
    display = text(field.get("display"))
    percent = display is not None and display.rstrip().endswith("%")
    return round(held * 100, 6) if percent else held


def person(contact: Json) -> str | None:
    """The id of a person: the e-mail address in lower case, which is all that cells tell; the name
    for a contact that has none."""
    email = text(contact.get("email"))
    if email is not None:
        return email.strip().casefold()
    name = text(contact.get("name"))
    return None if name is None else name.strip()


def people(field: Json) -> tuple[str, ...]:
    """Ids of the people in a contact cell."""
    if is_error(field):
        return ()
    held = part(field, "object")
    several = held.get("values", held.get("value"))  # the guides say the one, the description …
    contacts = objects(several) or [held]
    found = [id for id in map(person, contacts) if id is not None]
    if not found:
        value = text(field.get("value")) or text(field.get("display")) or ""
        found = [id for each in value.split(",") if (id := person(_contact(each.strip())))]
    return tuple(dict.fromkeys(found))


def _contact(written: str) -> Json:
    return {"email" if "@" in written else "name": written}


def options(field: Json) -> tuple[str, ...]:
    """The chosen options of a cell."""
    if is_error(field):
        return ()
    values = part(field, "object").get("values")
    if isinstance(values, (list, tuple)):
        found = [each for each in values if text(each) is not None]
    else:
        single = shown(field)
        several = field.get("type") == "MULTI_PICKLIST"
        found = [] if single is None else single.split(", ") if several else [single]
    return tuple(dict.fromkeys(found))


def custom_value(field: Json) -> CustomValue:
    """What a cell holds, by the type of its column; what is of another type stays as shown."""
    if is_error(field):
        return None
    value: CustomValue = None
    match field.get("type"):
        case "CHECKBOX":
            value = checked(field)
        case "CONTACT_LIST":
            value = next(iter(people(field)), None)
        case "MULTI_CONTACT_LIST":
            value = people(field) or None
        case "MULTI_PICKLIST":
            value = options(field) or None
        case "DATE" | "ABSTRACT_DATETIME" | "DATETIME":
            value = day_of(field)
        case "DURATION":
            pass
        case _:
            held = field.get("value")
            value = held if isinstance(held, bool) else figure(field)
    return shown(field) if value is None else value


def minutes(lag: Json, hours_a_day: float | None, days_a_week: float | None) -> int | None:
    """A lag in minutes of working time; None when it cannot be read, or speaks of days whose length
    the sheet does not tell. Of elapsed time, as much counts as is worked in it on average."""
    held = {unit: lag[unit] for unit in _UNITS if lag.get(unit) is not None}
    elapsed = lag.get("elapsed") is True
    worked = None if hours_a_day is None or days_a_week is None else hours_a_day * days_a_week / 168
    if elapsed and worked is None:
        return None
    day = 1440.0 if elapsed else None if hours_a_day is None else hours_a_day * 60
    week = 7.0 if elapsed else days_a_week
    lengths = {**_UNITS, "days": day, "weeks": None if day is None or week is None else day * week}
    total = 0.0
    for unit, amount in held.items():
        length, count = lengths[unit], number(amount)
        if length is None or count is None:
            return None
        total += length * count
    if not held or not abs(total) < _BIGGEST:
        return None
    total *= worked if elapsed and worked is not None else 1.0
    return -round(total) if lag.get("negative") is True else round(total)


def is_zero(field: Json) -> bool:
    """Whether a cell holds a duration of nothing, as a milestone's does."""
    held = [number(part(field, "object").get(unit)) for unit in _UNITS]
    told = [each for each in held if each is not None]
    if told:
        return not any(told)
    return _NOTHING.fullmatch(word(field) or "") is not None


_NOTHING = re.compile(r"0+([.,]0+)?\s*(d|days?|h|m|w)?")
_UNITS: Mapping[str, float | None] = {
    "weeks": None, "days": None, "hours": 60, "minutes": 1, "seconds": 1 / 60,
    "milliseconds": 1 / 60000,
}  # fmt: skip
"""Minutes of each unit; None for those that the working time decides."""
