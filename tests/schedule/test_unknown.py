"""What is not known is said to be so, and spreads as far as it must: no further, no less."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from sync_engine.rules.calendars import WorkCalendar
from sync_engine.schedule.analysis import analyse
from sync_engine.schedule.model import DAY, Activity, Dependency, Schedule

MONDAY = date(2026, 3, 2)
FRIDAY = date(2026, 2, 27)
LATER = date(2026, 3, 9)


def analysed(work: list[Activity], *links: Dependency) -> Schedule:
    return analyse(work, links, today=MONDAY, calendar=WorkCalendar())


def chain(middle: Activity, *links: Dependency) -> Schedule:
    """A, then what is given as B, then C; and D, which has nothing to do with them."""
    around = [Activity(id=id, estimate=DAY) for id in "ACD"]
    return analysed([*around, middle], *(links or (Dependency("A", "B"), Dependency("B", "C"))))


@pytest.mark.parametrize(
    ("known", "why"),
    [
        ({}, "neither both dates nor an estimate"),
        ({"start": LATER}, "neither both dates nor an estimate"),
        ({"finish": LATER}, "neither both dates nor an estimate"),
        ({"start": LATER, "finish": MONDAY, "estimate": DAY}, "start after it is due"),
        ({"start": MONDAY, "finish": date(9999, 12, 31)}, "beyond the calendar"),
        ({"state": "started", "start": FRIDAY}, "neither its end nor what remains"),
        ({"state": None, "estimate": DAY}, "nobody knows whether it is done"),
    ],
)
def test_an_activity_without_what_it_takes_says_why(known: dict[str, Any], why: str) -> None:
    found = chain(Activity(id="B", **known))
    assert why in found.unassessable["B"]
    assert why in (found.timings["B"].why or "")
    assert found.timings["B"].early_finish is None
    waits = found.timings["C"]
    assert (waits.early_start, waits.early_finish) == (None, None)
    assert (waits.total_float, waits.critical) == (None, None)
    assert (waits.why or "").startswith("it waits for B: ")
    assert found.timings["A"].early_finish == MONDAY  # nothing before it is in doubt
    assert found.timings["A"].total_float is None  # but how long it may wait is
    assert found.finish is None
    assert found.critical_paths == ()
    assert list(found.unassessable) == ["B"]


def test_what_is_not_linked_and_not_dated_is_no_part_of_the_schedule() -> None:
    found = chain(Activity(id="B"), Dependency("A", "C"))
    assert found.finish == date(2026, 3, 3)
    assert found.timings["A"].total_float == 0
    assert "B" in found.unassessable


def test_a_tie_to_the_start_needs_no_length() -> None:
    """C begins with B, whose start is known; only the end of the project is not."""
    found = chain(Activity(id="B"), Dependency("A", "B"), Dependency("B", "C", "SS"))
    assert found.timings["C"].early_start == date(2026, 3, 3)
    assert found.timings["B"].early_start == date(2026, 3, 3)
    assert found.finish is None


def test_done_at_an_unknown_time_is_done_all_the_same() -> None:
    done = Activity(id="B", state="done")
    assert chain(done).timings["C"].early_start == MONDAY
    assert chain(done, Dependency("B", "C", lag=-DAY)).timings["C"].early_start == MONDAY


def test_a_lag_after_an_unknown_end_is_not_known() -> None:
    done = Activity(id="B", state="done")
    found = chain(done, Dependency("B", "C", lag=DAY))
    assert found.timings["C"].why == "it waits for B: nobody knows when it was done"
    known = Activity(id="B", state="done", actual_finish=FRIDAY)
    found = chain(known, Dependency("B", "C", lag=2 * DAY))
    assert found.timings["C"].early_start == date(2026, 3, 4)


def test_links_in_a_cycle_are_left_out_and_named() -> None:
    links = [Dependency("A", "B"), Dependency("B", "C"), Dependency("C", "B"), Dependency("C", "D")]
    found = chain(Activity(id="B", estimate=DAY), *links)
    assert found.cycles == (("C", "B"),)  # in the order in which they were given
    assert found.left_out == (links[1], links[2])
    assert found.timings["B"].early_start == date(2026, 3, 3)  # the link into the cycle counts
    assert found.timings["C"].early_start == MONDAY
    assert found.finish == date(2026, 3, 3)


def test_an_activity_that_waits_for_itself_is_a_cycle() -> None:
    found = chain(Activity(id="B", estimate=DAY), Dependency("B", "B"))
    assert found.cycles == (("B",),)


@pytest.mark.parametrize(
    ("known", "start"),
    [
        ({"state": "open", "finish": date(2026, 3, 4)}, date(2026, 3, 5)),
        ({"state": "open", "finish": FRIDAY}, date(2026, 3, 3)),  # overdue: today at least
        ({"state": "done", "actual_finish": FRIDAY}, MONDAY),
        ({"state": "open"}, None),
        ({"state": None}, None),
    ],
)
def test_work_of_other_projects_stands_as_it_is_dated(
    known: dict[str, Any], start: date | None
) -> None:
    found = chain(Activity(id="B", external=True, **known), Dependency("B", "C"))
    assert found.timings["C"].early_start == start
    assert "B" not in found.timings
    assert found.activities == 3


def test_work_of_other_projects_that_waits_for_ours_takes_no_float() -> None:
    other = Activity(id="B", state="open", start=FRIDAY, finish=FRIDAY, external=True)
    found = chain(other, Dependency("A", "B"), Dependency("C", "D"))
    assert found.timings["A"].total_float == 1
    assert found.finish == date(2026, 3, 3)


def test_nothing_at_all_is_a_schedule_too() -> None:
    found = analysed([])
    assert (found.finish, found.activities, found.critical_paths) == (None, 0, ())
    assert found.point("D01").answer == "met"
