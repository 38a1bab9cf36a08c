"""iCalendar (RFC 5545) as properties, dates and addresses. Pure; total on any text.

The lines are the library's, the components are not: its own reader gives a whole to-do up for one
bad value, and keeps what one calendar says about zones for all others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from icalendar.parser import Contentlines, split_on_unescaped_comma, unescape_backslash
from icalendar.prop import vDDDTypes
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON


@dataclass(frozen=True, slots=True)
class Property:
    """A line: its parameters (names in capitals), its value as written."""

    params: Mapping[str, Any]
    value: str

    def param(self, name: str) -> str | None:
        """A parameter's value, the first of several."""
        held = self.params.get(name)
        if isinstance(held, list):
            held = next(iter(held), None)
        return held.strip() or None if isinstance(held, str) else None

    @property
    def text(self) -> str | None:
        """The value as text; None when it says nothing."""
        said = unescape_backslash(self.value)
        return said if said.strip() else None

    @property
    def texts(self) -> list[str]:
        """The values of a list of texts."""
        return [said for each in split_on_unescaped_comma(self.value) if (said := each.strip())]


@dataclass(slots=True)
class Component:
    """What stands between BEGIN and END: properties by name, and components."""

    name: str = ""
    properties: dict[str, list[Property]] = field(default_factory=dict)
    parts: list[Component] = field(default_factory=list)

    def all(self, name: str) -> list[Property]:
        """Every property of a name."""
        return self.properties.get(name, [])

    def first(self, name: str) -> Property | None:
        """The first property of a name."""
        return next(iter(self.all(name)), None)

    def text(self, name: str) -> str | None:
        """The text of the first property of a name."""
        held = self.first(name)
        return None if held is None else held.text


def todos(text: str) -> list[Component]:
    """The to-dos of a calendar object: of a recurring one the master, then the exceptions."""
    found = [
        part
        for calendar in _parse(text).parts
        if calendar.name == "VCALENDAR"
        for part in calendar.parts
        if part.name == "VTODO"
    ]
    return sorted(found, key=lambda todo: todo.first("RECURRENCE-ID") is not None)


def day_or_instant(held: Property | None) -> date | datetime | None:
    """A day, or an instant in UTC.

    A time without a zone ("floating"), or with a zone that nobody knows, is no instant: its day
    is all that is sure. What cannot be read is unknown.
    """
    value = None if held is None else _value(held.value)
    if not isinstance(value, datetime) or held is None:
        return value if isinstance(value, date) else None
    zone = value.tzinfo or zone_of(held.param("TZID"))
    if zone is None:
        return value.date()
    try:
        return value.replace(tzinfo=zone).astimezone(UTC)
    except (OverflowError, ValueError):
        return None


def instant(held: Property | None) -> datetime | None:
    """An instant; None for a mere day."""
    found = day_or_instant(held)
    return found if isinstance(found, datetime) else None


def later(start: date | datetime | None, duration: Property | None) -> date | datetime | None:
    """The end of a duration; None when either is unknown or it is no end."""
    length = None if duration is None else _value(duration.value)
    if start is None or not isinstance(length, timedelta):
        return None
    try:
        return start + length
    except OverflowError:
        return None


def zone_of(name: str | None) -> ZoneInfo | None:
    """The zone that a name means: an Olson or a Windows name, also behind a vendor's prefix."""
    plain = (name or "").strip("/")
    parts = WINDOWS_TO_OLSON.get(plain, plain).split("/")
    for start in range(len(parts)):
        try:
            return ZoneInfo("/".join(parts[start:]))
        except (KeyError, ValueError, OSError):  # a folder of the zones' is an OSError
            continue
    return None


def _value(written: str) -> Any:
    try:
        return vDDDTypes.from_ical(written.strip())  # type: ignore[no-untyped-call]
    except (ValueError, OverflowError):
        return None


def _parse(text: str) -> Component:
    """The components of a text, in one without a name; a line that cannot be read is left out."""
    stack = [Component()]
    for name, held in _lines(text):
        if name == "BEGIN":
            stack.append(Component(held.value.strip().upper()))
            stack[-2].parts.append(stack[-1])
        elif name == "END":
            if len(stack) > 1:
                stack.pop()
        else:
            stack[-1].properties.setdefault(name, []).append(held)
    return stack[0]


def _lines(text: str) -> Iterator[tuple[str, Property]]:
    lines: Iterable[Any] = Contentlines.from_ical(text)  # type: ignore[no-untyped-call]
    for line in filter(None, lines):
        try:
            name, params, value = line.raw_parts()
        except ValueError:
            continue
        yield name.upper(), Property({key.upper(): held for key, held in params.items()}, value)
