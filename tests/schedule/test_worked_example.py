"""A small network, computed by hand.

The status date is Monday 2 March 2026; Friday the 6th is a day off. Working days are 2 3 4 5 | 9 10
11 12 13 | 16 … A day is eight hours.

    A  3 days                           2 – 4
    B  2 days, after A                  5 – 9    (the 6th is off, 7 and 8 are a week-end)
    C  4 days, a day after A begins     3 – 9    (3, 4, 5, 9)
    D  2 days, after C, and a day
       after B                         11 – 12   (B ends on the 9th, the 10th is the lag)
    E  1 day, after C                  10
    F  milestone, after D and E        12        (the evening)

Backward from the evening of the 12th: D must start on the 11th, so B must end on the 9th and A on
the 4th: no float. C may end on the 10th (D starts on the 11th): a day. E may be on the 12th: two
days. Slipping C moves E at once, so its free float is none; E may slip its two days freely.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from sync_engine.rules.calendars import WorkCalendar
from sync_engine.schedule.analysis import analyse
from sync_engine.schedule.model import DAY, Activity, Dependency, Schedule

MONDAY = date(2026, 3, 2)
CALENDAR = WorkCalendar.of(days_off=[date(2026, 3, 6)])
WORK = (
    Activity(id="A", estimate=3 * DAY),
    Activity(id="B", estimate=2 * DAY),
    Activity(id="C", estimate=4 * DAY),
    Activity(id="D", estimate=2 * DAY),
    Activity(id="E", estimate=DAY),
    Activity(id="F", milestone=True),
)
LINKS = (
    Dependency("A", "B"),
    Dependency("A", "C", "SS", DAY),
    Dependency("B", "D", lag=DAY),
    Dependency("C", "D"),
    Dependency("C", "E"),
    Dependency("D", "F"),
    Dependency("E", "F"),
)


def march(day: int) -> date:
    return date(2026, 3, day)


def analysed(
    work: Sequence[Activity] = WORK, links: Sequence[Dependency] = LINKS, due: date | None = None
) -> Schedule:
    return analyse(work, links, today=MONDAY, calendar=CALENDAR, due=due)


EXPECTED = {
    #     early     late      total, free
    "A": ((2, 4), (2, 4), 0, 0),
    "B": ((5, 9), (5, 9), 0, 0),
    "C": ((3, 9), (4, 10), 1, 0),
    "D": ((11, 12), (11, 12), 0, 0),
    "E": ((10, 10), (12, 12), 2, 2),
    "F": ((12, 12), (12, 12), 0, 0),
}


@pytest.mark.parametrize("id", EXPECTED)
def test_dates_and_float_are_those_computed_by_hand(id: str) -> None:
    early, late, total, free = EXPECTED[id]
    found = analysed().timings[id]
    assert (found.early_start, found.early_finish) == (march(early[0]), march(early[1]))
    assert (found.late_start, found.late_finish) == (march(late[0]), march(late[1]))
    assert (found.total_float, found.free_float) == (total, free)
    assert found.critical is (total == 0)


def test_the_critical_path_leads_to_the_finish() -> None:
    found = analysed()
    assert found.finish == march(12)
    assert found.critical_paths == (("A", "B", "D", "F"),)
    assert found.target is None  # nothing says when it is to be finished


def test_a_due_date_of_the_project_takes_float_and_moves_no_date() -> None:
    found, before = analysed(due=march(11)), analysed()
    for id, timing in found.timings.items():
        assert timing.total_float == (before.timings[id].total_float or 0) - 1
        assert timing.early_finish == before.timings[id].early_finish
    assert (found.finish, found.target) == (march(12), march(11))


def test_a_later_due_date_gives_no_float_to_the_critical_path() -> None:
    assert analysed(due=march(31)).timings["A"].total_float == 0


def test_a_milestones_deadline_binds_only_what_leads_to_it() -> None:
    work = [replace(each, deadline=march(9)) if each.id == "E" else each for each in WORK]
    found = analysed(work).timings
    assert [found[id].total_float for id in "ABCDEF"] == [-1, 0, -1, 0, -1, 0]


def test_two_chains_that_end_together_are_both_told() -> None:
    links = [link for link in LINKS if link.after != "F"]
    work = [replace(each, estimate=3 * DAY) if each.id == "E" else each for each in WORK[:5]]
    assert set(analysed(work, links).critical_paths) == {("A", "B", "D"), ("A", "C", "E")}


def test_what_is_done_stays_where_it_was_and_what_is_not_goes_on_from_today() -> None:
    """A took two days longer than planned and is done; B cannot have begun before today."""
    a = replace(
        WORK[0], state="done", actual_start=date(2026, 2, 20), actual_finish=date(2026, 2, 27)
    )  # fmt: skip
    found = analysed((a, *WORK[1:])).timings
    assert (found["A"].early_start, found["A"].early_finish) == (a.actual_start, a.actual_finish)
    assert found["A"].total_float is None
    assert found["B"].early_start == MONDAY
    assert found["C"].early_start == MONDAY


@pytest.mark.parametrize(
    ("known", "finish"),
    [
        ({"remaining": 2 * DAY}, 3),  # today and tomorrow
        ({"estimate": 10 * DAY, "percent": 70.0}, 4),  # three of its ten days are left
        ({"finish": march(9)}, 9),  # as planned
        ({"finish": date(2026, 2, 27)}, 2),  # overdue: the rest of today at least
        ({"estimate": 4 * DAY, "actual_start": date(2026, 2, 27)}, 4),  # Friday, 2, 3, 4
        ({"remaining": 0, "finish": march(9)}, 2),  # nothing is left, and it is not done yet
        ({"estimate": 2 * DAY, "percent": 0.0, "finish": march(9)}, 9),  # nobody keeps the percent
    ],
)
def test_work_in_progress_ends_by_what_remains_of_it(known: dict[str, object], finish: int) -> None:
    a = Activity(id="A", state="started", **known)  # type: ignore[arg-type]
    found = analysed((a, *WORK[1:])).timings
    assert found["A"].early_finish == march(finish)


@pytest.mark.parametrize(("today", "ahead"), [(MONDAY, MONDAY), (march(7), march(9))])
@pytest.mark.parametrize(
    "left", [{"milestone": True}, {"state": "started", "remaining": 0}, {"estimate": 0}]
)
def test_what_is_open_is_not_finished_before_today(
    today: date, ahead: date, left: dict[str, Any]
) -> None:
    work = [Activity(id="done", state="done", actual_finish=date(2026, 2, 20)),
            Activity(id="last", **left)]  # fmt: skip
    found = analyse(work, [Dependency("done", "last")], today=today, calendar=WorkCalendar())
    assert (found.finish, found.timings["last"].early_finish) == (ahead, ahead)
    assert found.timings["done"].early_finish == date(2026, 2, 20)


@pytest.mark.parametrize(("day", "reached"), [(5, 5), (7, 6)])  # on a Saturday: on Friday
def test_a_milestone_is_reached_on_the_day_for_which_it_is_planned(day: int, reached: int) -> None:
    """Many tools give it a start, which is its end."""
    stone = Activity(id="m", milestone=True, start=march(day), finish=march(day),
                     deadline=march(day))  # fmt: skip
    found = analyse([stone], [], today=MONDAY, calendar=WorkCalendar())
    assert (found.finish, found.timings["m"].total_float) == (march(reached), 0)


def test_work_in_progress_has_started_whatever_it_waits_for() -> None:
    b = replace(WORK[1], state="started", remaining=DAY)
    found = analysed((WORK[0], b, *WORK[2:]))
    assert found.timings["B"].early_finish == MONDAY
    assert found.finish == march(11)
    assert found.critical_paths == (("A", "C", "D", "F"),)  # what A holds up is C, no longer B


def test_work_is_not_begun_before_its_planned_start() -> None:
    a = replace(WORK[0], start=march(9))
    found = analysed((a, *WORK[1:])).timings["A"]
    assert (found.early_start, found.early_finish) == (march(9), march(11))
