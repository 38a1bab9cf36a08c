"""Durations, schedules, shares, days."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from sync_engine.settings.values import (
    Reference,
    duration_text,
    parse_census,
    parse_day,
    parse_duration,
    parse_quiet,
    parse_schedule,
    parse_share,
)

MONTREAL = ZoneInfo("America/Montreal")


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("30s", timedelta(seconds=30)),
        ("5m", timedelta(minutes=5)),
        (" 1 h ", timedelta(hours=1)),
        ("2d", timedelta(days=2)),
        ("4w", timedelta(weeks=4)),
    ],
)
def test_durations_are_read_and_written(text: str, span: timedelta) -> None:
    assert parse_duration(text) == span
    assert parse_duration(duration_text(span)) == span


@pytest.mark.parametrize("text", ["", "5", "5 minutes", "-5m", "0m", "m", "1h30m", 5, None, "٥m"])
def test_other_durations_are_refused(text: object) -> None:
    with pytest.raises(ValueError, match="for example"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "now", "due"),
    [
        ("daily 02:00", "2026-03-10T05:59:59Z", "2026-03-10T06:00:00Z"),
        ("daily 02:00", "2026-03-10T06:00:00Z", "2026-03-11T06:00:00Z"),
        # 2026-03-08 has no 02:30 in Montreal: the instant after the gap is 03:30 local.
        ("daily 02:30", "2026-03-08T05:00:00Z", "2026-03-08T07:30:00Z"),
        # 2026-11-01 has 01:30 twice: the first one counts, and only it.
        ("daily 01:30", "2026-11-01T04:00:00Z", "2026-11-01T05:30:00Z"),
        ("daily 01:30", "2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"),
        ("Mon,Thu 08:00", "2026-11-23T13:00:00Z", "2026-11-26T13:00:00Z"),
        ("weekdays 08:00", "2026-11-27T14:00:00Z", "2026-11-30T13:00:00Z"),
        ("sunday 08:00", "2026-11-23T00:00:00Z", "2026-11-29T13:00:00Z"),
    ],
)
def test_a_schedule_names_the_next_instant(text: str, now: str, due: str) -> None:
    schedule = parse_schedule(text)
    found = schedule.next(datetime.fromisoformat(now), MONTREAL).astimezone(UTC)
    assert found == datetime.fromisoformat(due)
    assert parse_schedule(str(schedule)) == schedule


@pytest.mark.parametrize("text", ["", "02:00", "daily 24:00", "daily 2", "Foo 08:00", "* * * * *"])
def test_other_schedules_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="Mon"):
        parse_schedule(text)


def test_a_census_may_be_a_time_a_duration_or_off() -> None:
    assert parse_census("daily 02:00") == parse_schedule("daily 02:00")
    assert parse_census("12h") == timedelta(hours=12)
    assert parse_census("off") is None
    with pytest.raises(ValueError, match="off"):
        parse_census("sometimes")


def test_shares_are_percentages_or_parts_of_one() -> None:
    assert parse_share("20%") == parse_share(0.2) == 0.2
    for wrong in ("20", "120%", 2, True, "half"):
        with pytest.raises(ValueError, match="%"):
            parse_share(wrong)


def test_days_are_iso_dates_and_never_numbers() -> None:
    assert parse_day("2026-12-24") == date(2026, 12, 24)
    for wrong in (20261224, "24.12.2026", None):
        with pytest.raises(ValueError, match="year-month-day"):
            parse_day(wrong)


def test_quiet_days() -> None:
    assert [parse_quiet(each) for each in ("Sat", "2026-12-24", "holidays")] == [
        5, date(2026, 12, 24), "holidays",
    ]  # fmt: skip
    with pytest.raises(ValueError, match="holidays"):
        parse_quiet("someday")


def test_a_secret_is_a_reference_only_with_a_known_start() -> None:
    assert Reference.of("env:TOKEN") == Reference("env", "TOKEN")
    assert Reference.of("cmd:show token") == Reference("cmd", "show token")
    assert Reference.of("xoxb:TOKEN") is None
    assert Reference.of("env:") is None
