"""Every kind of link, with lags and leads, over a week-end and a holiday."""

from __future__ import annotations

from datetime import date

import pytest

from sync_engine.rules.calendars import WorkCalendar
from sync_engine.schedule.analysis import analyse
from sync_engine.schedule.axis import Axis
from sync_engine.schedule.model import DAY, Activity, Dependency, Kind, Timing

# In Germany Good Friday is 3 April 2026, Easter Monday the 6th.
EASTER = WorkCalendar.of(country="DE")
WEDNESDAY = date(2026, 4, 1)


def april(day: int) -> date:
    return date(2026, 4, day)


def second(kind: Kind, lag: int, length: int = 2 * DAY) -> Timing:
    """B tied to A, which is on Wednesday and Thursday (1 and 2 April)."""
    work = [
        Activity(id="A", estimate=2 * DAY),
        Activity(id="B", estimate=length),
        Activity(id="C", estimate=20 * DAY),
    ]
    link = Dependency("A", "B", kind, lag)
    return analyse(work, [link], today=WEDNESDAY, calendar=EASTER).timings["B"]


@pytest.mark.parametrize(
    ("kind", "lag", "start", "finish"),
    [
        ("FS", 0, 7, 8),  # after the long week-end
        ("FS", DAY, 8, 9),
        ("FS", -DAY, 2, 7),  # begins on A's last day
        ("FS", -5 * DAY, 1, 2),  # a lead never leads into the past
        ("FS", DAY // 2, 7, 9),  # from Tuesday noon to Thursday noon
        ("SS", 0, 1, 2),
        ("SS", DAY, 2, 7),
        ("SS", 2 * DAY, 7, 8),
        ("FF", 0, 1, 2),
        ("FF", DAY, 2, 7),
        ("FF", 3 * DAY, 8, 9),
        ("FF", -DAY, 1, 2),
        ("SF", 0, 1, 2),  # ends when A begins: today's work cannot
        ("SF", 3 * DAY, 2, 7),
    ],
)
def test_each_kind_ties_the_ends_that_it_names(
    kind: Kind, lag: int, start: int, finish: int
) -> None:
    found = second(kind, lag)
    assert (found.early_start, found.early_finish) == (april(start), april(finish))


def test_a_link_to_the_finish_stretches_what_has_started() -> None:
    work = [
        Activity(id="A", estimate=2 * DAY),
        Activity(id="B", state="started", remaining=DAY),
    ]
    links = [Dependency("A", "B", "FF", DAY)]
    found = analyse(work, links, today=WEDNESDAY, calendar=EASTER)
    assert found.timings["B"].early_finish == april(7)
    assert found.critical_paths == (("A", "B"),)
    assert found.timings["A"].total_float == 0


def test_planned_days_count_without_week_ends_and_holidays() -> None:
    """Thursday to Tuesday over Easter is two days; and what is planned for days off takes none."""
    over = Activity(id="A", start=april(2), finish=april(7))
    off = Activity(id="B", start=april(3), finish=april(6))
    found = analyse([over, off], [Dependency("A", "B")], today=WEDNESDAY, calendar=EASTER)
    assert (found.timings["A"].early_start, found.timings["A"].early_finish) == (april(2), april(7))
    assert found.timings["B"].early_finish == april(7)


def test_a_status_date_on_a_day_off_is_the_next_working_morning() -> None:
    work = [Activity(id="A", estimate=DAY)]
    found = analyse(work, [], today=april(4), calendar=EASTER)
    assert found.timings["A"].early_start == april(7)


def test_days_are_points_of_working_time_and_back() -> None:
    axis = Axis(EASTER, WEDNESDAY)
    assert axis.start(april(3)) == axis.start(april(7)) == axis.end(april(2)) == axis.end(april(6))
    assert axis.day_of_start(axis.start(april(3))) == april(7)
    assert axis.day_of_end(axis.end(april(6))) == april(2)
    assert axis.start(date(9999, 12, 31)) is None


@pytest.mark.parametrize("kind", ["FS", "SS", "FF", "SF"])
def test_float_ends_where_the_end_begins_to_move(kind: Kind) -> None:
    """The free float of A is what B leaves to it, whatever the kind of the link."""
    work = [
        Activity(id="A", estimate=DAY),
        Activity(id="B", estimate=DAY, start=april(9)),
    ]
    found = analyse(work, [Dependency("A", "B", kind)], today=WEDNESDAY, calendar=EASTER)
    # Working days from the 1st: 1 2 7 8 9; B is on the 9th whatever A does.
    expected = {"FS": 3, "SS": 4, "FF": 4, "SF": 4}[kind]
    assert found.timings["A"].free_float == found.timings["A"].total_float == expected
