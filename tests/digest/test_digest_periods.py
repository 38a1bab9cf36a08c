"""When a digest is due: once per local period, whatever clocks, restarts and long stops do."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync_engine.digest import periods
from sync_engine.digest.periods import Period, Schedule

ZONES = (
    "Europe/Warsaw",
    "America/Sao_Paulo",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Africa/Casablanca",
    "Asia/Tehran",
    "UTC",
)
FIRST, LAST = date(2024, 1, 1), date(2030, 12, 31)


def ticks(zone: str, at: time) -> list[datetime]:
    """Instants at which a daemon looks: twice a day, and often where the zone's clock changes."""
    tz = ZoneInfo(zone)
    found: list[datetime] = []
    day = FIRST
    while day <= LAST:
        wall = datetime.combine(day, at, tzinfo=tz).astimezone(UTC)
        offsets = {
            (wall + timedelta(hours=h)).astimezone(tz).utcoffset() for h in range(-14, 15, 2)
        }
        step = timedelta(minutes=15) if len(offsets) > 1 else timedelta(hours=12)
        moment = wall
        while moment < wall + timedelta(days=1):
            found.append(moment)
            moment += step
        day += timedelta(days=1)
    return sorted(set(found))


def served(schedule: Schedule, moments: list[datetime]) -> list[Period]:
    last: Period | None = None
    found = []
    for moment in moments:
        period = periods.due(schedule, moment, last)
        if period is not None:
            found.append(period)
            last = period
    return found


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("at", ["00:30", "02:30", "09:00"])
def test_exactly_one_per_local_day_over_seven_years(zone: str, at: str) -> None:
    schedule = periods.parse(f"daily {at}", zone)
    found = served(schedule, ticks(zone, schedule.times[0]))
    days = (LAST - FIRST).days + 1
    keys = [p.key for p in found if FIRST <= date.fromisoformat(p.key) <= LAST]
    assert keys == [str(FIRST + timedelta(days=n)) for n in range(days)]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("at", ["00:30", "02:30", "09:00"])
def test_exactly_one_per_iso_week_over_seven_years(zone: str, at: str) -> None:
    # Sundays are when most zones change their clocks.
    schedule = periods.parse(f"Sun {at}", zone)
    found = served(schedule, ticks(zone, schedule.times[0]))
    sundays = [date(2024, 1, 7) + timedelta(weeks=n) for n in range(364)]
    expected = ["{}-W{:02}".format(*day.isocalendar()[:2]) for day in sundays]
    keys = [p.key for p in found if p.key >= expected[0]]
    assert keys[: len(expected)] == expected
    assert "2026-W53" in keys
    assert max(Counter(keys).values()) == 1


def test_week_53_and_the_turn_of_the_year() -> None:
    schedule = periods.parse("Fri 08:00", "Europe/Warsaw")
    period = periods.due(schedule, datetime(2027, 1, 1, 12, tzinfo=UTC), None)
    assert period is not None
    assert (period.key, period.label) == ("2026-W53", "Week 53 · Friday 1 January 2027")


def test_a_missing_time_is_served_after_the_gap_and_a_doubled_one_at_its_first() -> None:
    schedule = periods.parse("daily 02:30", "Europe/Warsaw")
    gap = periods.due(schedule, datetime(2026, 3, 29, 12, tzinfo=UTC), None)
    doubled = periods.due(schedule, datetime(2026, 10, 25, 12, tzinfo=UTC), None)
    assert gap is not None
    assert gap.fire_at == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert doubled is not None
    assert doubled.fire_at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert periods.due(schedule, datetime(2026, 10, 25, 1, 31, tzinfo=UTC), doubled) is None


WHENS = st.sampled_from(
    ["Mon 08:00", "Sun 02:30", "Mon,Thu 00:30", "weekdays 07:30", "daily 23:59", "0 8,16 * * 1-5"]
)
INSTANTS = st.integers(0, 7 * 365 * 24 * 60).map(
    lambda minutes: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


@settings(max_examples=200, deadline=None)
@given(WHENS, st.sampled_from(ZONES), st.lists(INSTANTS, min_size=2, max_size=20))
def test_whenever_it_looks_no_period_comes_twice(
    when: str, zone: str, moments: list[datetime]
) -> None:
    """Also when the clock jumps back: the instants are in any order."""
    keys = [p.key for p in served(periods.parse(when, zone), moments)]
    assert len(keys) == len(set(keys))
    assert keys == sorted(keys)


@settings(max_examples=200, deadline=None)
@given(WHENS, st.sampled_from(ZONES), INSTANTS)
def test_next_at_is_when_due_says_something_new(when: str, zone: str, now: datetime) -> None:
    schedule = periods.parse(when, zone)
    last = periods.due(schedule, now, None)
    coming = periods.next_at(schedule, now)
    assert last is not None
    assert coming is not None
    assert last.fire_at <= now < coming
    assert periods.due(schedule, coming - timedelta(seconds=1), last) is None
    period = periods.due(schedule, coming, last)
    assert period is not None
    assert period.fire_at == coming
    assert periods.before(schedule, period) == last.fire_at


def test_after_a_long_stop_one_late_digest() -> None:
    schedule = periods.parse("daily 09:00", "UTC")
    last = periods.due(schedule, datetime(2026, 11, 20, 9, tzinfo=UTC), None)
    back = datetime(2026, 11, 23, 15, tzinfo=UTC)
    late = periods.due(schedule, back, last)
    assert late is not None
    assert late.key == "2026-11-23"
    assert late.late(back)
    assert not late.late(datetime(2026, 11, 23, 9, 59, tzinfo=UTC))
    assert periods.due(schedule, back + timedelta(hours=1), late) is None


def test_a_changed_schedule_neither_repeats_nor_loses_a_week() -> None:
    noon = datetime(2026, 11, 23, 12, tzinfo=UTC)  # a Monday
    monday, tuesday = (periods.parse(f"{day} 08:00", "UTC") for day in ("Mon", "Tue"))
    this_week = periods.due(monday, noon, None)
    assert periods.due(tuesday, noon + timedelta(days=1), this_week) is None
    last_week = periods.due(tuesday, noon, None)
    moved = periods.due(monday, noon, last_week)
    assert moved is not None
    assert moved.key == "2026-W48"
    daily = periods.due(periods.parse("daily 09:00", "UTC"), noon, this_week)
    assert daily is not None
    assert daily.key == "2026-11-23"


@pytest.mark.parametrize(
    ("when", "quiet", "days"),
    [
        ("Mon 08:00", [date(2026, 11, 23)], [date(2026, 11, 24)]),
        ("Fri 08:00", [date(2026, 11, 27)], [date(2026, 11, 26)]),
        ("Mon 08:00", [date(2026, 11, 23) + timedelta(days=n) for n in range(7)], []),
        ("daily 08:00", [date(2026, 11, 24)], [date(2026, 11, 23), *(
            date(2026, 11, n) for n in range(25, 30))]),
        ("Mon,Wed 08:00", [date(2026, 11, 23)], [date(2026, 11, 25)]),
    ],
)  # fmt: skip
def test_quiet_days(when: str, quiet: list[date], days: list[date]) -> None:
    schedule = periods.parse(when, "UTC", frozenset(quiet))
    week = [datetime(2026, 11, 23, tzinfo=UTC) + timedelta(hours=n) for n in range(24 * 7)]
    start = periods.due(schedule, week[0], None)
    found = [
        p.fire_at.date() for p in served(schedule, week) if start is None or p.key != start.key
    ]
    assert found == days


def test_a_month_and_its_quiet_first_day() -> None:
    schedule = periods.parse("0 8 1 * *", "UTC", frozenset({date(2027, 1, 1)}))
    period = periods.due(schedule, datetime(2027, 1, 10, tzinfo=UTC), None)
    assert period is not None
    # 2 and 3 January 2027 are a weekend.
    assert (period.key, period.fire_at.date()) == ("2027-01", date(2027, 1, 4))


@pytest.mark.parametrize(
    ("cron", "days", "times"),
    [
        ("30 7 * * 1-5", {0, 1, 2, 3, 4}, 1),
        ("0 8 * * 0", {6}, 1),
        ("0 8 * * 7", {6}, 1),
        ("0 8 * * mon,thu", {0, 3}, 1),
        ("Mon, Thu 8:00", {0, 3}, 1),
        ("0,30 8-10/2 * * *", set(), 4),
    ],
)
def test_cron_lines(cron: str, days: set[int], times: int) -> None:
    schedule = periods.parse(cron, "UTC")
    assert schedule.weekdays == days
    assert len(schedule.times) == times


@pytest.mark.parametrize(
    ("when", "says"),
    [
        ("", "is no schedule"),
        ("Mon", "is no schedule"),
        ("Mon 25:00", "is no time of day"),
        ("Mon 8", "is no time of day"),
        ("Monkey 08:00", "is no day of the week"),
        ("Mo 08:00", "is no day of the week"),
        ("Mon, 08:00", "is no schedule"),
        ("* * * * *", "more than 24 digests a day"),
        ("0 8 1 * 1", "give one of them"),
        ("0 24 * * *", "is not within 0-23"),
        ("0 8 * * x", "is not understood"),
        ("0 8 * * xyz", "no number and no weekday"),
        ("0 8 */0 * *", "is not within"),
    ],
)
def test_a_wrong_schedule_is_explained(when: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        periods.parse(when, "UTC")


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "/etc/passwd", "../UTC"])
def test_a_wrong_zone_is_explained(zone: str) -> None:
    with pytest.raises(ValueError, match="is no time zone"):
        periods.parse("daily 09:00", zone)


def test_a_day_that_never_comes_has_no_next() -> None:
    schedule = periods.parse("0 8 31 2 *", "UTC")
    assert periods.next_at(schedule, datetime(2026, 1, 1, tzinfo=UTC)) is None
    assert periods.due(schedule, datetime(2026, 1, 1, tzinfo=UTC), None) is None
