"""Moments and calendars in which the portfolio is planted: days off written out by hand, and clocks
that were put forward, back, by half an hour, at midnight, or over a whole day."""

# ruff: noqa: E501

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from sync_engine.rules.calendars import WorkCalendar
from tests.planted.days import Days


@dataclass(frozen=True)
class Scenario:
    """The product's calendar, and the same one by hand."""

    days: Days
    calendar: WorkCalendar


def _scenario(
    now: datetime, zone: str, *, country: str | None = None, region: str | None = None,
    holidays: tuple[date, ...] = (), own: tuple[date, ...] = (), weekend: tuple[int, ...] = (5, 6),
) -> Scenario:  # fmt: skip
    return Scenario(
        Days(now, ZoneInfo(zone), frozenset(weekend), frozenset({*holidays, *own})),
        WorkCalendar.of(country, region, own, weekend),
    )


SCENARIOS = {
    # Clocks went forward on Sunday, 29 March; Good Friday and Easter Monday lie ahead.
    "Berlin in spring": _scenario(
        datetime(2026, 3, 31, 10, 15, 7, 250_001, tzinfo=UTC), "Europe/Berlin", country="DE",
        region="BE", holidays=(date(2026, 4, 3), date(2026, 4, 6)), own=(date(2026, 3, 24),),
    ),
    # Back on Sunday, 25 October; it is past midnight there, and the day before in UTC.
    "Berlin in autumn": _scenario(
        datetime(2026, 10, 27, 23, 30, tzinfo=UTC), "Europe/Berlin", country="DE", region="BW",
        holidays=(date(2026, 11, 1), date(2026, 10, 3)),
    ),
    # There was no midnight on Sunday, 4 November; All Souls was on Friday the 2nd.
    "Sao Paulo, clocks forward": _scenario(
        datetime(2018, 11, 6, 2, 30, tzinfo=UTC), "America/Sao_Paulo", country="BR",
        holidays=(date(2018, 11, 2), date(2018, 10, 12), date(2018, 11, 15)),
    ),
    # The last hour of Saturday, 17 February came twice.
    "Sao Paulo, clocks back": _scenario(
        datetime(2018, 2, 20, 14, tzinfo=UTC), "America/Sao_Paulo", own=(date(2018, 2, 12),)
    ),
    # Fridays and Saturdays are off, and half an hour more than whole hours lie between.
    "Kolkata": _scenario(
        datetime(2026, 5, 19, 20, 45, tzinfo=UTC), "Asia/Kolkata", weekend=(4, 5),
        own=(date(2026, 5, 18), date(2026, 5, 21), date(2026, 5, 24)),
    ),
    # Friday, 30 December 2011 did not happen.
    "Apia": _scenario(datetime(2012, 1, 11, 11, tzinfo=UTC), "Pacific/Apia", own=(date(2012, 1, 2),)),
    # Half an hour back on Sunday, 5 April.
    "Lord Howe": _scenario(datetime(2026, 4, 7, 13, 45, tzinfo=UTC), "Australia/Lord_Howe"),
}  # fmt: skip
