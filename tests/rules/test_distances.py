"""How far two days are apart, where the reading of any condition does not look: days off, changes
of the clocks, days long ago."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from sync_engine.rules.calendars import Moment, WorkCalendar
from sync_engine.rules.distances import day_at
from sync_engine.rules.working_days import working_days_between
from sync_engine.store.models import ProjectRow
from sync_engine.store.types import UTCDateTime
from tests.rules.answers import answers
from tests.rules.rows import connect, record

NOW = datetime(2026, 3, 18, 11, 30, tzinfo=UTC)


def ask(store: sa.Engine, *columns: sa.ColumnElement[object]) -> list[object]:
    with store.connect() as connection:
        return list(connection.execute(sa.select(*columns)).one())


@pytest.mark.parametrize("zone", ["America/Montreal", "Australia/Lord_Howe", "Asia/Kolkata", "UTC"])
def test_an_instant_falls_on_the_day_that_clocks_say(store: sa.Engine, zone: str) -> None:
    moment = Moment(NOW, ZoneInfo(zone))
    instants = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=7 * n) for n in range(1000)]
    for start in range(0, len(instants), 200):
        part = instants[start : start + 200]
        found = ask(store, *(day_at(sa.literal(at, UTCDateTime()), moment) for at in part))
        assert found == [at.astimezone(moment.zone).date() for at in part]


@pytest.mark.parametrize(
    "calendar",
    [
        WorkCalendar(),
        WorkCalendar("CA", "QC"),
        WorkCalendar.of("DE", "BY", [date(2026, 3, 18), date(2026, 3, 21)]),
        WorkCalendar.of(weekend=[4, 5]),
        WorkCalendar.of(weekend=[]),
    ],
)
def test_working_days_are_those_of_the_calendar(store: sa.Engine, calendar: WorkCalendar) -> None:
    moment = Moment(NOW, ZoneInfo("UTC"), calendar)
    days = [date(2025, 12, 20) + timedelta(days=n) for n in range(130)]
    for reckoned in (False, True):
        found = apart(store, days, moment, reckoned=reckoned)
        assert found == [calendar.age(days[0], day) for day in days]


def apart(store: sa.Engine, days: list[date], moment: Moment, *, reckoned: bool) -> list[object]:
    """Working days from the first of these days to each; `reckoned`: of no column, but of what is
    made of one."""
    rows = sa.union_all(*(sa.select(sa.literal(day, sa.Date()).label("day")) for day in days))
    given = rows.subquery()
    day = sa.func.coalesce(given.c.day, sa.null(), type_=sa.Date()) if reckoned else given.c.day
    number = working_days_between(sa.literal(days[0], sa.Date()), day, moment)
    with store.connect() as connection:
        return list(connection.execute(sa.select(number).order_by(given.c.day)).scalars())


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/Adak", "UTC"])
def test_the_first_and_the_last_day_are_days_like_others(store: sa.Engine, zone: str) -> None:
    """Some write "never" as 9999-12-31; no zone makes it a day that cannot be compared with."""
    with store.begin() as connection:
        connect(connection, 1, {"project": ["name", "created_at"]})
        record(connection, ProjectRow, 1, "P", name="P", state="active", created_at=NOW)
    moment = Moment(NOW, ZoneInfo(zone))
    for day, before, on, after in (
        ("9999-12-31", True, False, False), ("0001-01-01", False, False, True),
    ):  # fmt: skip
        for order, holds in (("<", before), ("<=", before), ("=", on), (">=", after), (">", after)):
            found = answers(store, "project", f"created {order} {day}", moment)
            assert found.flagged == ({"P"} if holds else set()), (day, order)


def test_days_before_1970_count_like_others(store: sa.Engine) -> None:
    moment = Moment(NOW)
    days = [date(1899, 12, 30) + timedelta(days=n) for n in range(15)]
    found = apart(store, days, moment, reckoned=False)
    steps = [int(str(b)) - int(str(a)) for a, b in pairwise(found)]
    assert steps == [int(day.weekday() < 5) for day in days[1:]]
