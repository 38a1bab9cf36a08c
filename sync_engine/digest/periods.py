"""When a digest is due: exactly one per local period, whatever the clocks of the zone do.

A schedule names local wall times. Each has a period key that follows from the wall time alone,
never from the instant at which something was sent, so that a doubled hour, a missing hour, a
restart or a long stop can neither repeat a period nor lose one.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sync_engine.digest.text import WEEKDAYS, day_words

LATE_AFTER = timedelta(hours=1)
_LOOK_BACK_DAYS = 400
_LOOK_AHEAD_DAYS = 8 * 366  # 29 February may be eight years away
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HELP = 'Write "Mon 08:00", "Mon,Thu 08:00", "weekdays 07:30", "daily 09:00" or a cron line.'


@dataclass(frozen=True, slots=True)
class Period:
    """A local period for which one digest is due.

    Attributes:
        key: "2026-W48", "2026-11", "2026-11-23" or, for several a day, "2026-11-23T08:00".
        fire_at: the instant from which it is due.
        label: the period in words, as the digest names it.
    """

    key: str
    fire_at: datetime
    label: str

    def late(self, now: datetime) -> bool:
        """Whether `now` is so long after the due time that the reader should be told."""
        return now - self.fire_at > LATE_AFTER


@dataclass(frozen=True, slots=True)
class Schedule:
    """Local wall times: `times` on the days that all of the given sets admit (empty: all)."""

    text: str
    zone: ZoneInfo
    times: tuple[time, ...]
    weekdays: frozenset[int] = frozenset()  # 0 is Monday
    days: frozenset[int] = frozenset()
    months: frozenset[int] = frozenset()
    quiet: Container[date] = field(default=frozenset(), compare=False)

    @property
    def unit(self) -> Literal["week", "month", "day", "time"]:
        """What a period is: the longest span of which the schedule has one wall time."""
        if len(self.times) > 1:
            return "time"
        if len(self.days) == 1 and not self.weekdays:
            return "month"
        if len(self.weekdays) == 1 and not self.days and not self.months:
            return "week"
        return "day"

    def admits(self, day: date) -> bool:
        """Whether the schedule names this day, quiet or not."""
        return (
            (not self.weekdays or day.weekday() in self.weekdays)
            and (not self.days or day.day in self.days)
            and (not self.months or day.month in self.months)
        )


def parse(when: str, zone: str, quiet: Container[date] = frozenset()) -> Schedule:
    """Read a schedule.

    `when` is "daily HH:MM", "weekdays HH:MM", weekday names with a time, or five cron fields
    (minute, hour, day of month, month, weekday). A weekly or monthly digest that falls on a quiet
    day moves to the next day of its week or month that is not quiet; others are left out.

    Raises:
        ValueError: with one sentence for the admin.
    """
    try:
        tz = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(
            f'"{zone}" is no time zone. Write an IANA name such as "Europe/Warsaw".'
        ) from error
    words = re.sub(r"\s*,\s*", ",", when).split()
    if len(words) == 5:
        return _parse_cron(words, when, tz, quiet)
    if len(words) != 2:
        raise ValueError(f'"{when}" is no schedule. {_HELP}')
    return Schedule(when, tz, (_clock(words[1], when),), _weekdays(words[0], when), quiet=quiet)


def due(schedule: Schedule, now: datetime, last: Period | None) -> Period | None:
    """The latest period that is due and was not yet served, or None.

    Only the latest: after a long stop one digest goes out, late, and it covers what was missed.

    Args:
        last: the period served last; None when none was.
    """
    day = now.astimezone(schedule.zone).date() + timedelta(days=1)
    for _ in range(_LOOK_BACK_DAYS):
        for period in sorted(_periods_of(schedule, day), key=lambda p: p.fire_at, reverse=True):
            if period.fire_at > now:
                continue
            served = last is not None and (period.key == last.key or period.fire_at <= last.fire_at)
            return None if served else period
        day -= timedelta(days=1)
    return None


def next_at(schedule: Schedule, now: datetime) -> datetime | None:
    """The next instant after `now` at which a digest falls due; None when there is none."""
    day = now.astimezone(schedule.zone).date() - timedelta(days=1)
    for _ in range(_LOOK_AHEAD_DAYS):
        coming = [p.fire_at for p in _periods_of(schedule, day) if p.fire_at > now]
        if coming:
            return min(coming)
        day += timedelta(days=1)
    return None


def before(schedule: Schedule, period: Period) -> datetime:
    """When the period before this one fell due: the default of "since when" is new."""
    earlier = due(schedule, period.fire_at - timedelta(microseconds=1), None)
    return earlier.fire_at if earlier else period.fire_at - timedelta(days=7)


def day_label(day: date) -> str:
    """A day as a period is named."""
    return f"{day_words(day)} {day.year}"


def _periods_of(schedule: Schedule, day: date) -> Iterator[Period]:
    if not _chosen(schedule, day):
        return
    for at in schedule.times:
        wall = datetime.combine(day, at, tzinfo=schedule.zone)
        # fold=0: of a doubled hour the first; of a missing one the same time after the jump.
        yield Period(_key(schedule, day, at), wall.astimezone(UTC), _label(schedule, day, at))


def _chosen(schedule: Schedule, day: date) -> bool:
    if schedule.unit not in ("week", "month"):
        return schedule.admits(day) and day not in schedule.quiet
    span = _span(schedule, day)
    anchor = next((d for d in span if schedule.admits(d)), None)
    if anchor is None:
        return False
    # Who is written to on a weekday is not written to at the weekend instead.
    free = [
        d for d in span if d not in schedule.quiet and (d.weekday() < 5 or anchor.weekday() > 4)
    ]
    if anchor not in schedule.quiet:
        return day == anchor
    after = [d for d in free if d > anchor]
    return day == (after[0] if after else max(free, default=None))


def _span(schedule: Schedule, day: date) -> list[date]:
    if schedule.unit == "week":
        start = day - timedelta(days=day.weekday())
        return [start + timedelta(days=n) for n in range(7)]
    start = day.replace(day=1)
    days = (start + timedelta(days=n) for n in range(31))
    return [d for d in days if d.month == day.month]


def _key(schedule: Schedule, day: date, at: time) -> str:
    if schedule.unit == "week":
        year, week, _ = day.isocalendar()
        return f"{year:04}-W{week:02}"
    if schedule.unit == "month":
        return f"{day:%Y-%m}"
    return f"{day}T{at:%H:%M}" if schedule.unit == "time" else f"{day}"


def _label(schedule: Schedule, day: date, at: time) -> str:
    words = day_label(day)
    if schedule.unit == "week":
        return f"Week {day.isocalendar().week} · {words}"
    return f"{words}, {at:%H:%M}" if schedule.unit == "time" else words


def _clock(text: str, when: str) -> time:
    found = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", text)
    if not found:
        raise ValueError(f'"{text}" in "{when}" is no time of day. {_HELP}')
    return time(int(found[1]), int(found[2]))


def _weekdays(text: str, when: str) -> frozenset[int]:
    word = text.lower()
    if word == "daily":
        return frozenset()
    if word in ("weekdays", "workdays"):
        return frozenset(range(5))
    names = word.split(",")
    for name in names:
        if len(name) < 3 or not any(day.lower().startswith(name) for day in WEEKDAYS):
            raise ValueError(f'"{name}" in "{when}" is no day of the week. {_HELP}')
    return frozenset(_DAYS.index(name[:3]) for name in names)


def _parse_cron(words: list[str], when: str, zone: ZoneInfo, quiet: Container[date]) -> Schedule:
    minutes = _cron_field(words[0], 0, 59, when)
    hours = _cron_field(words[1], 0, 23, when)
    days = _cron_field(words[2], 1, 31, when)
    months = _cron_field(words[3], 1, 12, when)
    weekdays = _cron_field(words[4], 0, 7, when)
    if words[2] != "*" and words[4] != "*":
        raise ValueError(f'"{when}" limits both days of the month and weekdays: give one of them.')
    times = tuple(time(h, m) for h in sorted(hours) for m in sorted(minutes))
    if len(times) > 24:
        raise ValueError(f'"{when}" means more than 24 digests a day: name minutes and hours.')
    return Schedule(
        when,
        zone,
        times,
        weekdays=frozenset() if words[4] == "*" else frozenset((d - 1) % 7 for d in weekdays),
        days=frozenset() if words[2] == "*" else frozenset(days),
        months=frozenset() if words[3] == "*" else frozenset(months),
        quiet=quiet,
    )


def _cron_field(text: str, low: int, high: int, when: str) -> set[int]:
    values: set[int] = set()
    for part in text.lower().split(","):
        found = re.fullmatch(r"(?:\*|(\d+|[a-z]{3})(?:-(\d+|[a-z]{3}))?)(?:/(\d+))?", part)
        if not found:
            raise ValueError(f'"{part}" in the cron line "{when}" is not understood. {_HELP}')
        first = low if found[1] is None else _cron_value(found[1], when)
        step = int(found[3] or 1)
        open_ended = found[1] is None or (found[3] is not None and found[2] is None)
        last = high if open_ended else _cron_value(found[2] or found[1], when)
        if not low <= first <= last <= high or step < 1:
            raise ValueError(f'"{part}" in the cron line "{when}" is not within {low}-{high}.')
        values.update(range(first, last + 1, step))
    return values


def _cron_value(text: str, when: str) -> int:
    if text.isdigit():
        return int(text)
    if text in _DAYS:
        return _DAYS.index(text) + 1  # cron counts Monday as 1
    raise ValueError(f'"{text}" in the cron line "{when}" is no number and no weekday. {_HELP}')
