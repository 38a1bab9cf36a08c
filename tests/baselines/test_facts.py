"""What is said of a plan against what was agreed; unknown where nothing was."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from sync_engine.baselines import capture
from sync_engine.rules.calendars import WorkCalendar
from sync_engine.store import models as m
from tests.baselines.conftest import NOW, World
from tests.rules.rows import table

TASK = ("in_baseline", "baseline_due", "first_baseline_due", "slip", "first_slip",
        "baseline_start", "baseline_estimate")  # fmt: skip
SCOPE = ("added_tasks", "removed_tasks", "moved_tasks", "added_share", "removed_share",
         "scope_growth", "first_scope_growth")  # fmt: skip
VALUE = ("planned_value", "earned_value", "spi", "spi_by_count")


def march(day: int) -> date:
    return date(2026, 3, day)


def test_without_a_baseline_only_that_is_known(world: World) -> None:
    world.task("a", due_on=march(20))
    assert set(world.said("task", "a", *TASK).values()) == {"?"}
    assert set(world.said("project", "P", *SCOPE, *VALUE, "finish_slip").values()) == {"?"}
    assert world.said("project", "P", "has_baseline", "baselines", "baseline_at") == {
        "has_baseline": False, "baselines": 0, "baseline_at": None,
    }  # fmt: skip


def test_a_task_says_how_it_was_planned_and_how_far_it_slipped(world: World) -> None:
    world.task("a", start_on=march(18), due_on=march(20), estimate_minutes=480)
    world.take()
    world.task("a", start_on=march(19), due_on=march(24), estimate_minutes=960)  # Fri to Tue
    world.take()
    world.task("a", due_on=march(23))
    assert world.said("task", "a", *TASK) == {
        "in_baseline": True, "baseline_due": march(24), "first_baseline_due": march(20),
        "slip": -1, "first_slip": 1, "baseline_start": march(19), "baseline_estimate": 960,
    }  # fmt: skip
    world.task("b", due_on=march(30))
    assert world.said("task", "b", *TASK) == {
        "in_baseline": False, **dict.fromkeys(TASK[1:])
    }  # fmt: skip
    world.task("a", due_on=None)
    assert world.said("task", "a", "slip", "baseline_due") == {
        "slip": None, "baseline_due": march(24),
    }  # fmt: skip


def test_slips_are_counted_in_the_pmos_working_days(world: World) -> None:
    world.moment = replace(
        world.moment, calendar=WorkCalendar.of("DE", "BE", [march(18)], weekend=[5, 6])
    )
    days = {"a": (march(17), march(19)), "b": (date(2026, 4, 2), date(2026, 4, 7)),
            "c": (march(21), march(22)), "d": (march(20), march(22)),
            "e": (date(2025, 12, 23), date(2027, 1, 4))}  # fmt: skip
    for id, (then, _) in days.items():
        world.task(id, due_on=then)
    world.take()
    for id, (_, now) in days.items():
        world.task(id, due_on=now)
    slips = {id: world.said("task", id, "slip")["slip"] for id in days}
    working = set(world.moment.calendar.days(2026))
    counted = {
        id: sum(then + timedelta(n + 1) in working for n in range((now - then).days))
        for id, (then, now) in days.items()
    }
    assert slips == counted
    assert slips["a"] == 1  # the 18th is off
    assert slips["b"] == 1  # Good Friday and Easter Monday are off
    assert slips["c"] == slips["d"] == 0


def test_milestones_slip_like_tasks(world: World) -> None:
    world.milestone("m", due_on=march(20))
    world.take()
    world.milestone("m", due_on=march(27))
    world.milestone("n", due_on=march(27))
    world.milestone("o", due_on=march(27), project_id=None)
    names = ("in_baseline", "baseline_due", "slip", "first_slip")
    assert world.said("milestone", "m", *names) == dict(
        zip(names, (True, march(20), 5, 5), strict=True)
    )
    assert world.said("milestone", "n", *names) == dict(
        zip(names, (False, None, None, None), strict=True)
    )
    assert set(world.said("milestone", "o", *names).values()) == {"?"}


def test_scope_tells_added_removed_and_moved_apart(world: World) -> None:
    world.project("Q")
    for id in "abcdefgh":
        world.task(id)
    world.task("sub", type="subtask", parent_id="a")
    world.task("off", status="cancelled")
    world.take()
    world.task("a", gone_at=NOW, gone_reason="deleted")
    world.task("b", status="cancelled")
    world.task("c", gone_at=NOW, gone_reason="archived")
    world.task("d", gone_at=NOW, gone_reason="archived", status="done")
    world.task("e", project_id="Q")
    world.task("f", gone_at=NOW, gone_reason="moved")
    for id in ("new", "newer"):
        world.task(id)
    world.task("dropped", status="cancelled")
    world.task("part", type="subtask", parent_id="g")
    assert world.said("project", "P", "baseline_tasks", *SCOPE) == {
        "baseline_tasks": 8, "added_tasks": 2, "removed_tasks": 3, "moved_tasks": 2,
        "added_share": 25.0, "removed_share": 37.5,
        "scope_growth": -37.5, "first_scope_growth": -37.5,
    }  # fmt: skip


@pytest.mark.parametrize("reason", ["access_lost", "unknown", None])
def test_what_is_out_of_sight_is_not_called_removed(world: World, reason: str | None) -> None:
    world.task("a")
    world.task("b", due_on=march(10), estimate_minutes=60)
    world.take()
    world.task("b", due_on=march(10), gone_at=NOW, gone_reason=reason)
    said = world.said("project", "P", *SCOPE, "earned_value", "spi", "spi_by_count")
    assert said.pop("added_tasks") == 0
    assert said.pop("added_share") == 0
    assert set(said.values()) == {"?"}


def test_a_status_that_nobody_has_mapped_leaves_scope_open(world: World) -> None:
    world.task("a")
    world.task("b")
    world.take()
    world.task("b", status=None)
    said = world.said("project", "P", *SCOPE)
    assert {name for name, value in said.items() if value == "?"} == set(SCOPE)


def test_growth_speaks_of_the_first_and_of_the_current_baseline(world: World) -> None:
    for id in "abcd":
        world.task(id)
    world.take()
    world.task("e")
    world.take()
    world.task("f")
    assert world.said("project", "P", "scope_growth", "first_scope_growth", "baselines") == {
        "scope_growth": 20.0, "first_scope_growth": 50.0, "baselines": 2,
    }  # fmt: skip


def test_value_is_planned_and_earned_by_the_0_100_rule(world: World) -> None:
    """Due before today: 60 + 120; done: 60 + 240, the latter ahead of its time."""
    for id, day, effort in (("a", 10, 60), ("b", 17, 120), ("c", 18, 480), ("d", 30, 240)):
        world.task(id, due_on=march(day), estimate_minutes=effort)
    world.task("w", due_on=march(1), estimate_minutes=9999)
    world.task("w2", parent_id="w", status="cancelled", due_on=march(1), estimate_minutes=77)
    world.task("w1", parent_id="w", due_on=march(30), estimate_minutes=30)
    world.task("undated", estimate_minutes=9999)
    world.take()
    for id in ("a", "d"):
        world.task(id, status="done")
    assert world.said("project", "P", *VALUE) == {
        "planned_value": 180, "earned_value": 300,
        "spi": pytest.approx(300 / 180), "spi_by_count": 1.0,
    }  # fmt: skip
    world.task("a", status="done", gone_at=NOW, gone_reason="access_lost")  # it stays earned
    assert world.said("project", "P", "earned_value")["earned_value"] == 300


def test_value_is_unknown_while_something_planned_has_no_estimate(world: World) -> None:
    world.task("a", due_on=march(10))
    world.task("b", due_on=march(10), estimate_minutes=60)
    world.take()
    world.task("b", status="done")
    assert world.said("project", "P", *VALUE) == {
        "planned_value": "?", "earned_value": "?", "spi": "?", "spi_by_count": 0.5,
    }  # fmt: skip


def test_there_is_no_index_before_anything_was_to_be_done(world: World) -> None:
    world.task("a", due_on=march(18), estimate_minutes=60)
    world.take()
    assert world.said("project", "P", *VALUE) == {
        "planned_value": 0, "earned_value": 0, "spi": None, "spi_by_count": None,
    }  # fmt: skip


def test_the_finish_is_compared_like_with_like(world: World) -> None:
    names = ("finish_slip", "first_finish_slip", "baseline_due")
    world.task("a", due_on=march(20))
    world.take()
    world.task("a", due_on=march(25))
    assert world.said("project", "P", *names) == {
        "finish_slip": 3, "first_finish_slip": 3, "baseline_due": march(20),
    }  # fmt: skip
    world.project(due_on=march(27))
    assert world.said("project", "P", *names)["finish_slip"] == "?"
    world.take()
    world.project(due_on=march(26))
    assert world.said("project", "P", *names) == {
        "finish_slip": -1, "first_finish_slip": "?", "baseline_due": march(27),
    }  # fmt: skip


def test_what_is_done_and_archived_still_counts(world: World) -> None:
    """A team that tidies its board has neither less to do nor is it earlier."""
    for id, day in (("a", 20), ("b", 31)):
        world.task(id, due_on=march(day))
    world.take()
    for id, day in (("b", 31), ("new", 25)):
        world.task(id, status="done", due_on=march(day), gone_at=NOW, gone_reason="archived")
    names = ("scope_growth", "added_tasks", "removed_tasks", "finish_slip")
    assert world.said("project", "P", *names) == dict(zip(names, (50, 1, 0, 0), strict=True))


def test_what_was_done_and_archived_before_is_part_of_what_was_agreed(world: World) -> None:
    """Else a project that tidies its board has grown on the day on which it is agreed on."""
    away = {"status": "done", "gone_at": NOW, "gone_reason": "archived"}
    world.task("a", due_on=march(20))
    world.task("whole", due_on=march(10), estimate_minutes=999, status="done")
    world.task("part", type="subtask", parent_id="whole", **away)
    world.task("old", due_on=march(25), estimate_minutes=60, **away)
    world.task("dropped", **{**away, "status": "todo"})
    world.take()
    names = ("baseline_tasks", "scope_growth", "added_tasks", "finish_slip", "spi_by_count")
    assert world.said("project", "P", *names) == dict(zip(names, (3, 0, 0, 0, None), strict=True))
    world.task("old", due_on=march(25), estimate_minutes=60, status="todo")  # taken out again
    assert world.said("project", "P", *names[1:3]) == {"scope_growth": 0, "added_tasks": 0}


def test_the_finish_is_open_while_a_task_of_the_plan_is_out_of_sight(world: World) -> None:
    for id, day in (("a", 20), ("b", 25)):
        world.task(id, due_on=march(day))
    world.take()
    world.task("b", due_on=march(25), gone_at=NOW, gone_reason="access_lost")
    assert world.said("project", "P", "finish_slip") == {"finish_slip": "?"}
    world.task("b", due_on=march(25), gone_at=NOW, gone_reason="deleted")
    assert world.said("project", "P", "finish_slip") == {"finish_slip": -3}


def test_a_moved_task_is_new_where_it_came_to(world: World) -> None:
    world.project("Q")
    world.task("a", due_on=march(20))
    world.task("q", project_id="Q")
    world.take()
    world.task("a", project_id="Q", due_on=march(20))
    assert world.said("task", "a", "in_baseline", "slip") == {"in_baseline": False, "slip": None}
    assert world.said("project", "Q", "added_tasks", "moved_tasks") == {
        "added_tasks": 1, "moved_tasks": 0,
    }  # fmt: skip


def test_a_removed_baseline_is_spoken_of_no_more(world: World) -> None:
    world.task("a", due_on=march(20))
    world.take()
    world.task("a", due_on=march(25))
    world.take()
    with capture.alone(world.engine) as connection:
        capture.remove(connection, 2, by="ann", now=NOW)
    assert world.said("task", "a", "slip", "first_slip") == {"slip": 3, "first_slip": 3}
    with capture.alone(world.engine) as connection:
        capture.remove(connection, 1, by="ann", now=NOW)
    assert world.said("project", "P", "has_baseline", "scope_growth") == {
        "has_baseline": False, "scope_growth": "?",
    }  # fmt: skip
    assert world.rows("SELECT count(*) FROM baseline_task") == [(0,)]
    with capture.alone(world.engine) as connection:
        assert capture.remove(connection, 1, by="ann", now=NOW) is None


def test_a_tool_without_due_dates_says_nothing_of_slips(world: World) -> None:
    world.task("a")
    world.take()
    provided = {"task": ["id", "title", "status", "project_id"], "project": ["id", "name"]}
    with world.engine.begin() as connection:
        connection.execute(sa.update(table(m.Connection)).values(provides=provided))
    assert world.said("task", "a", "slip", "in_baseline") == {"slip": "?", "in_baseline": True}
    assert world.said("project", "P", "spi", "spi_by_count", "scope_growth") == {
        "spi": "?", "spi_by_count": "?", "scope_growth": 0,
    }  # fmt: skip
