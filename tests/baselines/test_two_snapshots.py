"""A baseline, then any changes: the facts are what plain Python finds between two snapshots."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync_engine.rules.calendars import WorkCalendar
from sync_engine.store import baseline_models as b
from sync_engine.store import models as m
from tests.baselines.conftest import NOW, World
from tests.rules.rows import record, table

TODAY = NOW.date()
DAYS = st.sampled_from([None, -9, -4, -3, -1, -1, 0, 0, 1, 2, 6, 20]).map(
    lambda n: None if n is None else TODAY + timedelta(n)
)
IDS = "abcdef"
TASK = st.fixed_dictionaries(
    {
        "status": st.sampled_from(["todo", "todo", "in_progress",
                                   "done", "done", "cancelled", None]),
        "type": st.sampled_from(["task", "task", "story", "subtask"]),
        "project_id": st.sampled_from(["P", "P", "P", "Q", None]),
        "parent_id": st.none() | st.sampled_from(IDS),
        "due_on": DAYS,
        "estimate_minutes": st.sampled_from([60, 60, 60, 120, 120, 120, 240, None]),
        "gone_reason": st.sampled_from(
            [None] * 8 + ["deleted", "archived", "moved", "access_lost", "unknown"]
        ),
    }
)  # fmt: skip
Snapshot = dict[str, dict[str, Any]]
SNAPSHOT = st.dictionaries(st.sampled_from(IDS), TASK, max_size=len(IDS))
COUNTS = ("baseline_tasks", "added_tasks", "removed_tasks", "moved_tasks", "scope_growth",
          "planned_value", "earned_value", "spi", "spi_by_count", "finish_slip")  # fmt: skip


def live(task: Mapping[str, Any]) -> bool:
    return task["gone_reason"] is None


def put_away_done(task: Mapping[str, Any]) -> bool:
    return (task["gone_reason"], task["status"]) == ("archived", "done")


def stands(task: Mapping[str, Any]) -> bool:
    return (live(task) or put_away_done(task)) and task["status"] != "cancelled"


def fate(task: Mapping[str, Any]) -> str:
    """What became of a task of the plan of P."""
    reason, status = task["gone_reason"], task["status"]
    if reason in ("moved", "deleted"):
        return "moved" if reason == "moved" else "removed"
    if reason == "archived" and status is not None:
        return "kept" if status == "done" else "removed"
    if reason is not None:
        return "lost"
    if task["project_id"] != "P":
        return "moved"
    return {None: "lost", "cancelled": "removed"}.get(status, "kept")


def untold(task: Mapping[str, Any]) -> bool:
    """Nobody can say how far it is now: lost, or gone elsewhere without a word that we know."""
    away = fate(task) == "moved" and (not live(task) or task["status"] is None)
    return away or fate(task) == "lost"


def between(calendar: WorkCalendar, first: date | None, second: date | None) -> int | None:
    if first is None or second is None:
        return None
    low, high = sorted((first, second))
    days = [low + timedelta(n + 1) for n in range((high - low).days)]
    off = calendar.days_off
    count = sum(day.weekday() not in calendar.weekend and day not in off for day in days)
    return count if second >= first else -count


def expected(before: Snapshot, after: Snapshot, calendar: WorkCalendar) -> dict[str, Any]:
    """The facts of the project P."""
    plan = {id: t for id, t in before.items() if t["project_id"] == "P" and stands(t)}
    wholes = {t["parent_id"] for t in before.values() if stands(t)}
    here = {id: t for id, t in after.items() if t["project_id"] == "P"}
    now = {id: t for id, t in here.items() if live(t) or put_away_done(t)}
    counted = {id: t for id, t in plan.items() if t["type"] != "subtask"}
    scope = [t for t in now.values() if t["type"] != "subtask"]
    fates = [fate(after[id]) for id in counted]
    unmapped, lost = any(t["status"] is None for t in scope), "lost" in fates
    valued = {id: t for id, t in plan.items() if t["due_on"] and id not in wholes}
    due = [t for t in valued.values() if t["due_on"] < TODAY]
    done = [t for id, t in valued.items() if after[id]["status"] == "done"]
    unseen = any(untold(after[id]) and after[id]["status"] != "done" for id in valued)
    unsized = any(t["estimate_minutes"] is None for t in valued.values())
    total = sum(t["status"] != "cancelled" for t in scope)
    standing = {id: t for id, t in now.items() if t["status"] != "cancelled"}
    added = sum(t["type"] != "subtask" for id, t in standing.items() if id not in plan)
    planned, earned = (
        "?" if unsized else sum(t["estimate_minutes"] for t in some) for some in (due, done)
    )
    valueless = unsized or unseen
    last = [max((t["due_on"] for t in some if t["due_on"]), default=None)
            for some in (plan.values(), standing.values())]  # fmt: skip
    slip = between(calendar, *last)
    hidden = any(fate(after[id]) == "lost" for id in plan)
    return {
        "baseline_tasks": len(counted),
        "added_tasks": "?" if unmapped else added,
        "removed_tasks": "?" if lost else fates.count("removed"),
        "moved_tasks": "?" if lost else fates.count("moved"),
        "scope_growth": "?" if lost or unmapped
        else (total - len(counted)) * 100.0 / len(counted) if counted else None,
        "planned_value": planned,
        "earned_value": "?" if valueless else earned,
        "spi": "?" if valueless else earned / planned if planned else None,  # type: ignore[operator]
        "spi_by_count": "?" if unseen else len(done) / len(due) if due else None,
        "finish_slip": "?" if slip is None or hidden else slip,
    }  # fmt: skip


def put(world: World, snapshot: Snapshot) -> None:
    """Make the tasks of the store these."""
    with world.engine.begin() as connection:
        connection.execute(sa.delete(table(m.TaskRow)))
        for id, task in snapshot.items():
            gone_at = None if live(task) else NOW
            record(connection, m.TaskRow, 1, id, title=id, labels=[], gone_at=gone_at, **task)


def emptied(world: World) -> None:
    with world.engine.begin() as connection:
        for model in (b.BaselineTask, b.BaselineMilestone, b.Baseline):
            connection.execute(sa.delete(table(model)))


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(before=SNAPSHOT, after=SNAPSHOT, off=st.sets(st.integers(-20, 20), max_size=6))
def test_facts_are_what_two_snapshots_say(
    world: World, before: Snapshot, after: Snapshot, off: set[int]
) -> None:
    calendar = WorkCalendar.of(days_off=[TODAY + timedelta(n) for n in off])
    world.moment = replace(world.moment, calendar=calendar)
    after = {**{id: {**t, "gone_reason": "deleted"} for id, t in before.items()}, **after}
    emptied(world)
    put(world, before)
    world.take("P")
    put(world, after)
    found = world.said("project", "P", *COUNTS)
    for name, value in expected(before, after, calendar).items():
        same = found[name] == value or (
            isinstance(value, float) and abs(found[name] - value) < 1e-9
        )  # fmt: skip
        assert same, (name, found[name], value)
    plan = {id for id, t in before.items() if t["project_id"] == "P" and stands(t)}
    for id, task in after.items():
        if live(task) and task["project_id"] == "P":
            slip = between(calendar, before[id]["due_on"], task["due_on"]) if id in plan else None
            assert world.said("task", id, "in_baseline", "slip") == {
                "in_baseline": id in plan, "slip": slip,
            }  # fmt: skip
