"""The points that speak of the project's baseline: D08, D11, D14."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from sync_engine.rules.calendars import WorkCalendar
from sync_engine.schedule.analysis import analyse
from sync_engine.schedule.model import DAY, Activity, Agreed, Point

TODAY = date(2026, 3, 18)  # a Wednesday
YESTERDAY, TOMORROW = TODAY - timedelta(1), TODAY + timedelta(1)
FRIDAY, SUNDAY = date(2026, 3, 13), date(2026, 3, 15)


def point(ref: str, work: Iterable[Activity], **more: Any) -> Point:
    return analyse(
        work, [], today=TODAY, calendar=WorkCalendar(), baselined=True, **more
    ).point(ref)  # fmt: skip


def activity(id: str, agreed: Agreed | None, **more: Any) -> Activity:
    return Activity(id=id, agreed=agreed, estimate=DAY, **more)


def parts(found: Point) -> tuple[object, ...]:
    return found.answer, found.numerator, found.denominator


def ends(finish: date) -> Agreed:
    return Agreed(finish=finish)


@pytest.mark.parametrize(("finish", "long"), [(date(2026, 4, 30), 0), (date(2026, 5, 1), 1)])
def test_d08_begins_after_44_working_days_of_the_baseline(finish: date, long: int) -> None:
    """From 2 March on, the 44th working day is 30 April; what is planned now does not matter."""
    work = [
        activity("a", Agreed(start=date(2026, 3, 2), finish=finish)),
        activity("b", Agreed(estimate=44 * DAY)),
        activity("m", ends(TOMORROW), milestone=True),
        activity("new", None, start=TODAY, finish=date(2026, 12, 31)),
        activity("done", Agreed(estimate=999 * DAY), state="done"),
    ]
    assert parts(point("D08", work)) == ("flagged" if long else "met", long, 3)


def test_d08_is_not_said_while_a_baseline_does_not_tell_how_long() -> None:
    found = point("D08", [activity("a", Agreed(start=TODAY)), activity("b", Agreed(estimate=DAY))])
    assert (found.answer, found.missing) == ("not assessable", ("baseline.due_on",))


def test_d11_finds_what_was_finished_later_or_not_at_all() -> None:
    work = [
        activity("open", ends(YESTERDAY)),
        activity("late", ends(FRIDAY), state="done", actual_finish=date(2026, 3, 16)),
        activity("in time", ends(FRIDAY), state="done", actual_finish=FRIDAY),
        activity("weekend", ends(FRIDAY), state="done", actual_finish=SUNDAY),
        activity("started", ends(YESTERDAY), state="started"),
        activity("today", ends(TODAY)),
        activity("undated", Agreed()),
        activity("new", None),
        Activity(id="far", agreed=ends(FRIDAY), external=True),
    ]
    assert parts(point("D11", work)) == ("flagged", 3, 5)
    twenty = [activity(str(n), ends(FRIDAY), state="done", actual_finish=FRIDAY) for n in range(19)]
    assert parts(point("D11", [work[0], *twenty])) == ("met", 1, 20)


@pytest.mark.parametrize(
    ("unknown", "missing"),
    [
        (activity("a", ends(FRIDAY), state="done"), ("task.completed_at",)),
        (activity("a", ends(FRIDAY), state=None), ("task.status",)),
    ],
)
def test_d11_is_not_said_of_what_nobody_knows(unknown: Activity, missing: tuple[str]) -> None:
    found = point("D11", [unknown])
    assert (found.answer, found.missing) == ("not assessable", missing)


def test_d14_counts_what_is_done_for_what_was_to_be() -> None:
    work = [
        activity("a", ends(FRIDAY), state="done"),
        activity("b", ends(YESTERDAY)),
        activity("ahead", ends(TOMORROW), state="done"),
        activity("later", ends(TOMORROW)),
        activity("new", None, state="done"),
    ]
    found = point("D14", work)
    assert (*parts(found), found.value) == ("met", 2, 2, 1.0)
    behind = [*work, activity("c", ends(FRIDAY))]
    assert parts(point("D14", behind)) == ("flagged", 2, 3)
    assert parts(point("D14", behind, limits={"D14": 0.5})) == ("met", 2, 3)


def test_d14_is_not_said_before_anything_was_due() -> None:
    found = point("D14", [activity("a", ends(TODAY))])
    assert (found.answer, found.missing) == ("not assessable", ("work due by now",))
    unmapped = point("D14", [activity("a", ends(FRIDAY), state=None)])
    assert (unmapped.answer, unmapped.missing) == ("not assessable", ("task.status",))


def test_without_a_baseline_nothing_is_said_whatever_stands_with_activities() -> None:
    work = [replace(activity("a", ends(FRIDAY)), state="open")]
    found = analyse(work, [], today=TODAY, calendar=WorkCalendar())
    for ref in ("D08", "D11", "D14"):
        assert (found.point(ref).answer, found.point(ref).missing) == (
            "not assessable", ("baseline",),
        )  # fmt: skip


def gone(agreed: Agreed, **more: Any) -> list[Activity]:
    return [activity("gone", agreed, **more)]


@pytest.mark.parametrize("ref", ["D08", "D11", "D14"])
def test_what_went_out_of_sight_makes_the_answer_unknown(ref: str) -> None:
    work = [activity("a", ends(FRIDAY), state="done", actual_finish=FRIDAY)]
    assert point(ref, work).answer == "met"
    found = point(ref, work, unseen=gone(ends(FRIDAY), state=None))
    assert (found.answer, found.missing) == ("not assessable", ("tasks out of sight",))


def test_what_went_out_of_sight_ahead_of_its_day_may_be_done_but_not_missed() -> None:
    work = [activity("a", ends(FRIDAY), state="done", actual_finish=FRIDAY)]
    ahead = gone(ends(TOMORROW), state=None)
    assert parts(point("D11", work, unseen=ahead)) == ("met", 0, 1)
    assert point("D14", work, unseen=ahead).missing == ("tasks out of sight",)
    assert parts(point("D14", work, unseen=gone(Agreed(), state=None))) == ("met", 1, 1)


def test_what_was_done_and_is_out_of_sight_since_stays_done() -> None:
    work = [activity("a", Agreed(start=FRIDAY, finish=FRIDAY))]
    late = gone(ends(FRIDAY), state="done", actual_finish=YESTERDAY)
    assert parts(point("D11", work, unseen=late)) == ("flagged", 2, 2)
    assert parts(point("D14", work, unseen=late)) == ("flagged", 1, 2)
    assert parts(point("D08", work, unseen=late)) == ("met", 0, 1)
