"""What an admin writes for a duration, a time to run, a share or a secret, as values."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DURATION = r"\d{1,6}\s*[smhdw]"
_SECRET = re.compile(r"(?P<kind>env|file|cmd|kept):(?P<target>.+)", re.DOTALL)

DURATION_HELP = 'write a number and a unit, for example "30s", "5m", "1h", "2d" or "4w"'
SCHEDULE_HELP = 'write "daily 02:00", "weekdays 02:00", "Sun 02:00" or "Mon,Thu 02:00"'


def parse_duration(text: Any) -> timedelta:
    """A duration from text such as ``5m``; zero is refused."""
    if isinstance(text, timedelta):
        return text
    if not isinstance(text, str) or not re.fullmatch(_DURATION, text.strip(), re.ASCII):
        raise ValueError(DURATION_HELP)
    text = text.strip()
    span = timedelta(**{_UNITS[text[-1]]: int(text[:-1])})
    if not span:
        raise ValueError("a duration of zero does not work; " + DURATION_HELP)
    return span


def duration_text(span: timedelta) -> str:
    """The shortest text that `parse_duration` reads back as the same duration."""
    seconds = int(span.total_seconds())
    for unit, size in (("w", 604800), ("d", 86400), ("h", 3600), ("m", 60)):
        if seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    PlainSerializer(duration_text, return_type=str),
    WithJsonSchema({"type": "string", "pattern": f"^{_DURATION}$", "examples": ["5m", "1h", "2d"]}),
]


@dataclass(frozen=True, slots=True)
class Schedule:
    """Local times at which something is due.

    Args:
        at: the local time of day.
        weekdays: 0 is Monday; empty: every day.
    """

    at: time
    weekdays: frozenset[int] = frozenset()

    @classmethod
    def daily(cls, hour: int) -> Schedule:
        """Every day at the full hour."""
        return cls(time(hour))

    def on(self, day: date, zone: tzinfo) -> datetime:
        """The instant at which it is due on a local day.

        A local time that the clock change skips becomes the instant after the gap; one that
        happens twice is the first of the two. So there is exactly one instant a day.
        """
        return datetime.combine(day, self.at, zone)

    def next(self, now: datetime, zone: tzinfo) -> datetime:
        """The earliest due instant after `now`."""
        day = now.astimezone(zone).date()
        while True:
            due = self.on(day, zone)
            # By instant: aware times of one zone compare by wall clock, wrong at its changes.
            if self.due_on(day) and due.timestamp() > now.timestamp():
                return due
            day += timedelta(days=1)

    def due_on(self, day: date) -> bool:
        """Whether it is due on a local day."""
        return not self.weekdays or day.weekday() in self.weekdays

    def __str__(self) -> str:
        """The text that `parse_schedule` reads back."""
        days = ",".join(DAYS[day] for day in sorted(self.weekdays)) or "daily"
        return f"{days} {self.at:%H:%M}"


def parse_schedule(text: Any) -> Schedule:
    """A schedule from text such as ``Mon, Thu 08:00``."""
    if isinstance(text, Schedule):
        return text
    shape = re.fullmatch(
        r"\s*(?P<days>.+?)\s+(?P<h>\d{1,2}):(?P<m>\d{2})\s*",
        text if isinstance(text, str) else "",
        re.ASCII,
    )
    if shape is None or int(shape["h"]) > 23 or int(shape["m"]) > 59:
        raise ValueError(SCHEDULE_HELP)
    at, days = time(int(shape["h"]), int(shape["m"])), shape["days"].casefold()
    if days == "daily":
        return Schedule(at)
    if days == "weekdays":
        return Schedule(at, frozenset(range(5)))
    return Schedule(at, frozenset(weekday(part) for part in re.split(r"\s*,\s*", days)))


def weekday(text: Any) -> int:
    """The number of a weekday (0 is Monday) from its English name, short or long."""
    if isinstance(text, int) and not isinstance(text, bool) and 0 <= text <= 6:
        return text
    names = {name.casefold(): number for number, name in enumerate(DAYS)}
    names |= {name.casefold(): number for number, name in enumerate(calendar.day_name)}
    if not isinstance(text, str) or text.strip().casefold() not in names:
        raise ValueError(f"write a day of the week: {', '.join(DAYS)}")
    return names[text.strip().casefold()]


def parse_census(value: Any) -> Schedule | timedelta | None:
    """When a census runs: a schedule, a duration since the last one, or None for never."""
    if value is None or value is False or value == "off":
        return None
    if isinstance(value, (Schedule, timedelta)):
        return value
    for parse in (parse_schedule, parse_duration):
        try:
            return parse(value)
        except ValueError:
            continue
    raise ValueError(f'{SCHEDULE_HELP}, or a duration such as "12h", or "off"')


def _census_text(value: Schedule | timedelta | None) -> str:
    if value is None:
        return "off"
    return duration_text(value) if isinstance(value, timedelta) else str(value)


Census = Annotated[
    Schedule | timedelta | None,
    BeforeValidator(parse_census),
    PlainSerializer(_census_text, return_type=str),
    WithJsonSchema({"type": "string", "examples": ["daily 02:00", "12h", "off"]}),
]
Weekday = Annotated[
    int,
    BeforeValidator(weekday),
    PlainSerializer(lambda day: DAYS[day], return_type=str),
    WithJsonSchema({"type": "string", "enum": list(DAYS)}),
    "day of the week",
]


def parse_day(value: Any) -> date:
    """A day from ISO text; numbers are refused, they would be read as seconds since 1970."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError('write the day as year-month-day, for example "2026-12-24"') from None


Day = Annotated[date, BeforeValidator(parse_day)]


def parse_quiet(value: Any) -> int | date | str:
    """A quiet day: "holidays", a day of the week, or a date."""
    if value == "holidays":
        return "holidays"
    for parse in (weekday, parse_day):
        try:
            return parse(value)
        except ValueError:
            continue
    raise ValueError('write "holidays", a day of the week such as "Sat", or a date as 2026-12-24')


QuietDay = Annotated[
    int | date | Literal["holidays"],
    BeforeValidator(parse_quiet),
    PlainSerializer(lambda day: DAYS[day] if isinstance(day, int) else str(day), return_type=str),
    WithJsonSchema({"type": "string", "examples": ["holidays", "Sat", "2026-12-24"]}),
    "day of the week, date or `holidays`",
]


def parse_share(value: Any) -> float:
    """A share of a whole, 0 to 1, from text such as ``20%`` or from a number."""
    if isinstance(value, str) and re.fullmatch(r"\d{1,3}(\.\d+)?\s*%", value.strip(), re.ASCII):
        share = float(value.strip()[:-1]) / 100
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        share = float(value)
    else:
        raise ValueError('write a percentage, for example "20%"')
    if not 0 <= share <= 1:
        raise ValueError('a share lies between "0%" and "100%"')
    return share


Share = Annotated[
    float,
    BeforeValidator(parse_share),
    PlainSerializer(lambda share: f"{share * 100:g}%", return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^\d{1,3}(\.\d+)?\s*%$", "examples": ["20%"]}),
]


@dataclass(frozen=True, slots=True)
class Reference:
    """Where a secret is kept: an environment variable, a file, a command's output, or sealed in
    the store under a name."""

    kind: str
    target: str

    @classmethod
    def of(cls, text: str) -> Reference | None:
        """The reference that a text is; None when it is the secret itself."""
        shape = _SECRET.fullmatch(text.strip())
        return cls(shape["kind"], shape["target"].strip()) if shape else None

    def __str__(self) -> str:
        """As an admin writes it."""
        return f"{self.kind}:{self.target}"
