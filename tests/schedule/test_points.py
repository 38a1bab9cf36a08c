"""The points one by one: what they find, what just passes, and what they cannot say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from sync_engine.rules import packs
from sync_engine.rules.calendars import WorkCalendar
from sync_engine.schedule.analysis import analyse
from sync_engine.schedule.model import DAY, Activity, Dependency, Point
from sync_engine.schedule.points import POINTS
from sync_engine.scheduling.keep import COLUMNS

TODAY = date(2026, 3, 18)  # a Wednesday


def chain(count: int, **more: Any) -> list[Activity]:
    return [Activity(id=str(n), estimate=DAY, owned=True, **more) for n in range(count)]


def links(count: int, **more: Any) -> list[Dependency]:
    return [Dependency(str(n), str(n + 1), **more) for n in range(count - 1)]


def point(
    ref: str, work: Iterable[Activity], tied: Iterable[Dependency] = (), **more: Any
) -> Point:
    found = analyse(work, tied, today=TODAY, calendar=WorkCalendar(), **more)
    return found.point(ref)


def parts(found: Point) -> tuple[object, ...]:
    return found.answer, found.numerator, found.denominator


def test_d01_counts_open_work_without_a_predecessor_or_a_successor() -> None:
    """The two ends of a chain of 40 are 5 per cent; of 39 they are more."""
    assert parts(point("D01", chain(40), links(40))) == ("met", 2, 40)
    assert parts(point("D01", chain(39), links(39))) == ("flagged", 2, 39)


def test_d01_takes_links_to_other_projects_and_done_work_as_links() -> None:
    work = [
        Activity(id="done", state="done"),
        Activity(id="mine", estimate=DAY),
        Activity(id="far", external=True),
    ]
    tied = [Dependency("done", "mine"), Dependency("mine", "far")]
    assert parts(point("D01", work, tied)) == ("met", 0, 1)
    assert parts(point("D01", work, tied[:1])) == ("flagged", 1, 1)


def test_d02_finds_a_single_lead() -> None:
    tied = [*links(3), Dependency("0", "2", lag=-1)]
    assert parts(point("D02", chain(3), tied)) == ("flagged", 1, None)
    assert point("D02", chain(3), links(3, lag=1)).answer == "met"


def test_d03_lets_one_lag_in_twenty_pass() -> None:
    tied = [*links(20), Dependency("0", "19", lag=1)]
    assert parts(point("D03", chain(20), tied)) == ("met", 1, 20)
    assert parts(point("D03", chain(20), tied[1:])) == ("flagged", 1, 19)


def test_d02_and_d03_are_not_said_of_a_tool_without_lags() -> None:
    lacks = frozenset({"link.lag_minutes"})
    for ref in ("D02", "D03"):
        found = point(ref, chain(3), links(3), lacks=lacks)
        assert (found.answer, found.missing) == ("not assessable", ("link.lag_minutes",))


def test_d04_wants_nine_of_ten_links_from_finish_to_start() -> None:
    tied = [*links(10), Dependency("0", "9", "SS")]
    assert parts(point("D04", chain(10), tied)) == ("met", 9, 10)
    assert parts(point("D04", chain(10), tied[1:])) == ("flagged", 8, 9)
    told = point("D04", chain(10), links(10, told=False))
    assert (told.answer, told.missing) == ("not assessable", ("link.type_label",))


def test_links_to_what_is_done_do_not_count() -> None:
    work = [Activity(id="0", estimate=DAY), Activity(id="1", state="done")]
    assert parts(point("D03", work, links(2, lag=DAY))) == ("met", 0, 0)


@pytest.mark.parametrize(
    ("ref", "wrong", "found"),
    [
        ("D02", {"lag": -DAY}, ("not assessable", 0, None)),
        ("D03", {"lag": DAY}, ("not assessable", None, None)),
        ("D04", {"kind": "SS"}, ("not assessable", None, None)),
    ],
)
def test_links_to_work_of_unknown_status_count_as_neither(
    ref: str, wrong: dict[str, Any], found: tuple[object, ...]
) -> None:
    """They may lead to what is done. Where they are like all others, it does not matter."""
    work = [*chain(3), Activity(id="?", state=None)]
    unsure = point(ref, work, [*links(3), Dependency("2", "?", **wrong)])
    assert (parts(unsure), unsure.missing) == (found, ("task.status",))
    assert point(ref, work, [*links(3), Dependency("2", "?")]).answer == "met"
    only = [Dependency("0", "?", **wrong)]
    assert point(ref, work, only).answer == "not assessable"


def test_a_lead_to_open_work_is_found_whatever_else_is_in_doubt() -> None:
    work = [*chain(3), Activity(id="?", state=None)]
    tied = [Dependency("0", "1", lag=-DAY), Dependency("1", "?", lag=-DAY)]
    assert parts(point("D02", work, tied)) == ("flagged", 1, None)


@pytest.mark.parametrize(
    ("ref", "what"),
    [("D05", "constraint"), ("D08", "baseline"), ("D11", "baseline"), ("D14", "baseline")],
)
def test_what_rests_on_constraints_and_baselines_says_so(ref: str, what: str) -> None:
    found = point(ref, chain(3), links(3))
    assert (found.answer, found.missing, found.value) == ("not assessable", (what,), None)


@pytest.mark.parametrize(("days", "answer"), [(45, "met"), (46, "flagged")])
def test_d06_begins_after_44_working_days(days: int, answer: str) -> None:
    """B takes a day beside A, which takes so many: that many less one are its float."""
    work = [Activity(id="A", estimate=days * DAY), Activity(id="B", estimate=DAY)]
    found = point("D06", work)
    assert parts(found) == (answer, int(answer == "flagged"), 2)


def test_d06_is_not_said_while_something_linked_has_no_length() -> None:
    work = [*chain(2), Activity(id="2")]
    found = point("D06", work, links(3))
    assert (found.answer, found.missing) == ("not assessable", ("task.due_on",))


def test_d07_finds_what_is_too_late_for_the_projects_end() -> None:
    late = TODAY + timedelta(days=1)  # for three days of work
    found = point("D07", chain(3), links(3), due=late)
    assert parts(found) == ("flagged", 3, None)
    assert point("D07", chain(3), links(3), due=late + timedelta(days=1)).answer == "met"


def test_d09_finds_forecasts_in_the_past_and_facts_in_the_future() -> None:
    yesterday, tomorrow = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
    wrong = [
        Activity(id="a", finish=yesterday),
        Activity(id="b", start=yesterday, finish=tomorrow),
        Activity(id="c", state="started", finish=yesterday),
        Activity(id="d", state="started", actual_start=tomorrow, finish=tomorrow),
        Activity(id="e", state="done", actual_finish=tomorrow),
        Activity(id="f", state="done", actual_start=tomorrow),
    ]
    right = [
        Activity(id="g", start=TODAY, finish=TODAY),
        Activity(id="h", state="started", start=yesterday, actual_start=TODAY, finish=TODAY),
        Activity(id="i", state="done", finish=yesterday, actual_finish=TODAY),
        Activity(id="j"),
        Activity(id="k", external=True, finish=yesterday),
    ]
    assert parts(point("D09", [*wrong, *right])) == ("flagged", 6, None)
    assert point("D09", right).answer == "met"
    found = point("D09", right, lacks=frozenset({"task.due_on"}))
    assert (found.answer, found.missing) == ("not assessable", ("task.due_on",))


def test_d10_asks_for_people_from_a_day_of_work_on() -> None:
    day, less = Activity(id="a", estimate=DAY, owned=False), Activity(id="b", estimate=DAY - 1)
    assert parts(point("D10", [day, replace(less, owned=False)])) == ("flagged", 1, None)
    assert point("D10", [replace(day, owned=True), replace(less, owned=False)]).answer == "met"
    assert point("D10", [replace(day, state="done")]).answer == "met"


def test_d10_says_what_it_does_not_know_and_flags_what_it_does() -> None:
    undated, untold = Activity(id="a", owned=False), Activity(id="b", estimate=DAY)
    sure = Activity(id="c", estimate=DAY, owned=False)
    found = point("D10", [undated, untold])
    assert found.answer == "not assessable"
    assert found.missing == ("task.assignee_ids", "task.due_on")
    assert parts(point("D10", [undated, untold, sure])) == ("flagged", 1, None)


def test_d12_follows_a_slip_to_the_end() -> None:
    assert point("D12", chain(5), links(5)).value == 1
    assert point("D12", chain(5), links(5, kind="SS")).value == 1


def test_d12_fails_where_the_least_float_has_no_way_to_the_end() -> None:
    """A must be done by its deadline, which has passed; the end of the project is B's."""
    work = [
        Activity(id="A", estimate=DAY, deadline=TODAY - timedelta(days=1)),
        Activity(id="B", estimate=700 * DAY),
    ]
    found = point("D12", work)
    assert (found.value, found.answer) == (0, "flagged")


def test_d12_is_not_failed_by_a_late_milestone_on_another_path() -> None:
    """A is late for its milestone, and has days to spare before B, which decides the end: its slip
    of 600 days moves that by less, though nothing is broken."""
    late = Activity(id="A", estimate=DAY, deadline=TODAY - timedelta(days=9))
    work = [late, Activity(id="B", estimate=20 * DAY), Activity(id="Z", estimate=DAY)]
    whole = [Dependency("A", "Z"), Dependency("B", "Z")]
    assert point("D12", work, whole).value == 1
    assert point("D12", work, whole[1:]).value == 0
    done = [*work[:2], Activity(id="Z", state="started", remaining=20 * DAY)]
    assert point("D12", done, [Dependency("A", "Z")]).value == 0  # it ties its start, which is past


def test_d12_and_d13_have_nothing_to_say_of_finished_projects() -> None:
    for ref in ("D12", "D13"):
        found = point(ref, [Activity(id="a", state="done", actual_finish=TODAY)], due=TODAY)
        assert (found.answer, found.missing) == ("not assessable", ("open work",))


@pytest.mark.parametrize(
    ("due", "value", "answer"),
    [
        (date(2026, 4, 14), 1.0, "met"),  # twenty working days, from 18 March on
        (date(2026, 4, 13), 0.95, "met"),
        (date(2026, 4, 10), 0.9, "flagged"),
    ],
)
def test_d13_compares_the_time_there_is_with_the_time_it_takes(
    due: date, value: float, answer: str
) -> None:
    found = point("D13", chain(20), links(20), due=due)
    assert found.value == pytest.approx(value)
    assert (found.answer, found.denominator) == (answer, 20)


def test_d13_needs_to_know_when_the_project_is_due() -> None:
    found = point("D13", chain(20), links(20))
    assert (found.answer, found.missing) == ("not assessable", ("project.due_on",))


def dated(id: str, start: int | None, finish: int | None, **more: Any) -> Activity:
    days = [None if day is None else date(2026, 3, day) for day in (start, finish)]
    return Activity(id=id, start=days[0], finish=days[1], **more)


@pytest.mark.parametrize(
    ("then", "link", "conflicts"),
    [
        ((24, 26), Dependency("a", "b"), 1),  # starts the day before its predecessor is due
        ((25, 26), Dependency("a", "b"), 0),  # on the same day: no conflict yet
        ((24, 26), Dependency("a", "b", lag=-DAY), 0),  # the lead allows it
        ((25, 26), Dependency("a", "b", lag=DAY), 1),
        ((26, 27), Dependency("a", "b", lag=DAY), 0),
        ((None, 24), Dependency("a", "b"), 1),  # due before its predecessor
        ((None, 25), Dependency("a", "b"), 0),
        ((None, None), Dependency("a", "b"), 0),  # no date contradicts nothing
        ((22, 26), Dependency("a", "b", "SS"), 1),  # Sunday: Monday morning, a is on Tuesday
        ((24, 26), Dependency("a", "b", "SS"), 0),
        ((20, 24), Dependency("a", "b", "FF"), 1),
        ((20, 25), Dependency("a", "b", "FF"), 0),
        ((18, 20), Dependency("a", "b", "SF"), 1),
        ((18, 24), Dependency("a", "b", "SF"), 0),
    ],
)
def test_d15_compares_planned_dates_by_the_kind_of_the_link(
    then: tuple[int | None, int | None], link: Dependency, conflicts: int
) -> None:
    """a is planned from Tuesday the 24th to Wednesday the 25th."""
    work = [dated("a", 24, 25), dated("b", *then)]
    found = analyse(work, [link], today=TODAY, calendar=WorkCalendar())
    assert found.point("D15").value == conflicts
    assert dict(found.conflicts) == ({"b": 1} if conflicts else {})


@pytest.mark.parametrize("kind", ["SS", "SF"])
def test_d15_takes_what_has_begun_by_the_day_on_which_it_has(kind: Any) -> None:
    """a was planned from the 24th on, and has begun on the 17th; b may follow it from then on."""
    begun = dated("a", 24, 25, state="started", actual_start=date(2026, 3, 17))
    link = Dependency("a", "b", kind)
    assert point("D15", [begun, dated("b", 18, 19)], [link]).value == 0
    assert point("D15", [replace(begun, external=True), dated("b", 18, 19)], [link]).value == 0
    assert point("D15", [begun, dated("b", 12, 13)], [link]).value == 1


def test_d15_is_over_when_either_is_done() -> None:
    for states in (("done", "open"), ("open", "done")):
        work = [dated("a", 24, 25, state=states[0]), dated("b", 19, 20, state=states[1])]
        assert point("D15", work, [Dependency("a", "b")]).value == 0


def test_d16_counts_cycles() -> None:
    tied = [*links(4), Dependency("1", "0"), Dependency("3", "2")]
    assert parts(point("D16", chain(4), tied)) == ("flagged", 2, None)
    assert point("D16", chain(4), links(4)).answer == "met"


@pytest.mark.parametrize(
    ("kind", "state", "answer"),
    [
        ("FS", "open", "flagged"),
        ("FF", "started", "flagged"),
        ("FS", "done", "met"),
        ("SS", "open", "met"),
    ],
)
def test_d18_finds_what_was_done_before_what_it_waits_for(
    kind: Any, state: Any, answer: str
) -> None:
    work = [
        Activity(id="a", estimate=DAY, state=state, finish=TODAY),
        Activity(id="b", state="done"),
    ]
    assert point("D18", work, [Dependency("a", "b", kind)]).answer == answer


@pytest.mark.parametrize("ref", ["D01", "D06", "D07", "D10", "D18"])
def test_an_unmapped_status_leaves_open_what_is_open(ref: str) -> None:
    found = point(ref, [*chain(1), Activity(id="x", state=None)])
    assert found.answer == "not assessable"
    assert "task.status" in found.missing


def test_thresholds_can_be_set() -> None:
    found = point("D01", chain(39), links(39), limits={"D01": 6})
    assert (found.answer, found.limit) == ("met", 6)


def test_points_are_told_in_order_and_with_what_they_are_held_against() -> None:
    found = analyse(chain(3), links(3), today=TODAY, calendar=WorkCalendar()).points
    assert [each.ref for each in found] == sorted(POINTS)
    assert len([each for each in found if each.ref <= "D14"]) == 14


def test_the_packs_thresholds_are_those_of_the_points() -> None:
    pack = packs.load(packs.find("schedule"))
    by_ref = {each.ref: each for each in pack.standards if each.subject == "project" and each.ref}
    assert set(by_ref) == set(COLUMNS) - {"D15"}
    for ref, standard in by_ref.items():
        for name, sense in (("most", "at most"), ("least", "at least")):
            if name in standard.params:
                assert (POINTS[ref].sense, POINTS[ref].limit) == (
                    sense,
                    standard.params[name].value,
                )
