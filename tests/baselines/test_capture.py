"""When baselines are taken, and when not: never of what is stale or half read, never twice."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from sync_engine import commands
from sync_engine.baselines import keep
from sync_engine.baselines.keep import Wanted
from sync_engine.baselines.listed import listed
from sync_engine.commands import CommandError
from sync_engine.store import retention
from sync_engine.store.audit import Actor
from sync_engine.store.engine import reading
from tests.baselines.conftest import NOW, World

ANN = Actor("ann@example.com", "command line")
LATE = datetime(2999, 1, 1, tzinfo=UTC)
EARLY = datetime(2000, 1, 1, tzinfo=UTC)


def refresh(world: World, wanted: Wanted, now: datetime | None = None) -> int:
    if now is not None:
        world.moment = replace(world.moment, now=now)
        world.change(complete_at=now)
    return keep.refresh(world.engine, wanted, world.moment, None)


def by_hand(
    world: World,
    project: str = "P",
    name: str | None = None,
    intervals: Mapping[str, timedelta] | None = None,
) -> int:
    return commands.take_baseline(
        world.engine, (1, project), name=name, actor=ANN, moment=world.moment,
        intervals=intervals,
    )  # fmt: skip


def names(world: World) -> list[tuple[str, str, str]]:
    with reading(world.engine) as connection:
        return [(row["project_id"], row["name"], row["standing"]) for row in listed(connection)]


def test_a_baseline_holds_the_plan_as_it_stood(world: World) -> None:
    world.project(start_on=date(2026, 3, 1), due_on=date(2026, 4, 30))
    world.task("a", due_on=date(2026, 3, 20), estimate_minutes=60, points=3.0)
    world.task("b", parent_id="a", type="subtask", status="done", due_on=date(2026, 4, 2))
    world.task("c", status="cancelled")
    world.task("d", gone_at=NOW, gone_reason="deleted")
    world.milestone("m", due_on=date(2026, 3, 31))
    world.project("Q")
    world.task("q", project_id="Q")
    made = by_hand(world, name=" Kick-off ")
    assert world.rows("SELECT name, reason, period, taken_by, tasks, project_id FROM baseline") == [
        ("Kick-off", "person", None, "ann@example.com", 1, "P")
    ]
    with reading(world.engine) as connection:
        (row,) = listed(connection)
    assert (row["start_on"], row["due_on"], row["last_due_on"]) == (
        date(2026, 3, 1), date(2026, 4, 30), date(2026, 4, 2),
    )  # fmt: skip
    assert (row["standing"], row["taken_at"], row["id"]) == ("first and current", NOW, made)
    assert world.rows(
        "SELECT task_id, type, status, estimate_minutes, points FROM baseline_task ORDER BY task_id"
    ) == [("a", "task", "todo", 60, 3.0), ("b", "subtask", "done", None, None)]
    wholes = world.rows("SELECT task_id, whole FROM baseline_task ORDER BY task_id")
    assert [(id, bool(whole)) for id, whole in wholes] == [("a", True), ("b", False)]
    assert world.rows("SELECT milestone_id FROM baseline_milestone") == [("m",)]


def test_earlier_baselines_stay(world: World) -> None:
    for name in ("one", "two", "three"):
        by_hand(world, name=name)
    assert [(name, standing) for _, name, standing in names(world)] == [
        ("one", "first"), ("two", "earlier"), ("three", "current"),
    ]  # fmt: skip


def test_its_day_is_the_day_of_the_pmos_zone(world: World) -> None:
    """On the night when clocks change: 23:30 UTC is past midnight in Berlin."""
    night = datetime(2026, 3, 28, 23, 30, tzinfo=UTC)
    world.change(complete_at=night)
    world.moment = replace(world.moment, now=night)
    by_hand(world)
    world.moment = replace(world.moment, zone=ZoneInfo("America/Montreal"))
    by_hand(world)
    with reading(world.engine) as connection:
        days = [(row["day"], row["name"]) for row in listed(connection)]
    assert days == [
        (date(2026, 3, 29), "Agreed on 2026-03-29"), (date(2026, 3, 28), "Agreed on 2026-03-28"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"complete_at": None}, "was never read completely"),
        ({"complete_at": NOW - timedelta(days=2)}, "was last read completely on 2026-03-16 11:30"),
        ({"state": "partial"}, "was not complete (partial)"),
        ({"state": "needs_reauth"}, "was not complete (needs reauth)"),
        ({"provides": {"task": ["id", "title"]}}, "does not say which project"),
    ],
)
def test_nothing_is_taken_of_what_is_stale_or_incomplete(
    world: World, values: dict[str, Any], says: str
) -> None:
    world.task("a", status="in_progress")
    world.change(**values)
    with pytest.raises(CommandError) as refused:
        by_hand(world)
    assert says in str(refused.value)
    assert "tool-1" in str(refused.value)
    assert refresh(world, Wanted(at_start=True, every="week")) == 0
    assert world.rows("SELECT count(*) FROM baseline") == [(0,)]


UNDER_WAY = {"ended_at": None, "outcome": None}


@pytest.mark.parametrize(
    ("runs", "says"),
    [
        ([UNDER_WAY], "is under way, or was broken off"),
        ([{"kind": "census", **UNDER_WAY}], "is under way, or was broken off"),
        ([UNDER_WAY, {"kind": "census"}], "is under way, or was broken off"),
        ([{"outcome": "cut"}], "was not complete (cut)"),
        ([{"outcome": "rate_limited"}, {"kind": "census"}], "was not complete (rate limited)"),
    ],
)
def test_nothing_is_taken_in_the_middle_of_a_read(
    world: World, runs: list[dict[str, Any]], says: str
) -> None:
    world.task("a", status="in_progress")
    for run in runs:
        world.pulled(**run)
    with pytest.raises(CommandError) as refused:
        by_hand(world)
    assert says in str(refused.value)
    assert refresh(world, Wanted(at_start=True)) == 0
    world.pulled()
    assert refresh(world, Wanted(at_start=True)) == 1


def test_a_read_that_begins_before_the_baseline_is_taken_puts_it_off(world: World) -> None:
    """It was fit when we looked; what counts is what holds once nobody else writes."""
    world.task("a", status="in_progress")
    sa.event.listen(
        world.engine, "commit", lambda _: world.pulled(**UNDER_WAY), once=True
    )  # the end of the first look
    assert refresh(world, Wanted(at_start=True)) == 0
    assert world.run == 2


def test_a_connection_that_is_pulled_often_is_stale_soon(world: World) -> None:
    world.change(complete_at=NOW - timedelta(hours=2))
    with pytest.raises(CommandError, match="last read completely"):
        by_hand(world, intervals={"tool-1": timedelta(minutes=5)})


def test_what_is_not_there_is_refused(world: World) -> None:
    with pytest.raises(CommandError, match="no project Z in tool-1"):
        by_hand(world, "Z")
    world.change(removed_at=NOW)
    with pytest.raises(CommandError, match="no longer configured"):
        by_hand(world)
    for id in (7, 0, -1, 2**40):
        with pytest.raises(CommandError, match=f"there is no baseline {id}"):
            commands.remove_baseline(world.engine, id, actor=ANN, now=NOW)


def test_who_took_and_removed_one_is_in_the_audit_log(world: World) -> None:
    made = by_hand(world, name="Kick-off")
    assert commands.remove_baseline(world.engine, made, actor=ANN, now=NOW) == "Kick-off"
    assert world.rows("SELECT who, action, about FROM audit ORDER BY id") == [
        ("ann@example.com", "baseline taken", "project P of tool-1"),
        ("ann@example.com", "baseline removed", "project P"),
    ]
    assert names(world) == []
    with reading(world.engine) as connection:
        (gone,) = listed(connection, removed=True)
    assert (gone["standing"], gone["removed_by"]) == ("removed", "ann@example.com")


def test_one_is_taken_when_work_is_first_seen_in_progress(world: World) -> None:
    world.task("a")
    for id, state in (("old", "archived"), ("idle", "active")):
        world.project(id, state=state)
        world.task(f"in-{id}", project_id=id, status="done" if state == "archived" else "todo")
    wanted = Wanted(at_start=True)
    assert refresh(world, wanted) == 0
    world.task("a", status="in_progress")
    assert refresh(world, wanted) == 1
    assert refresh(world, wanted) == 0
    assert names(world) == [("P", "Work first seen in progress", "first and current")]
    commands.remove_baseline(world.engine, 1, actor=ANN, now=NOW)
    assert refresh(world, wanted) == 0  # whoever removed it knew why
    world.task("in-idle", project_id="idle", status="in_progress")
    by_hand(world, "idle")
    assert refresh(world, wanted) == 0  # it has one


def test_one_is_taken_in_each_period_of_the_pmos_zone(world: World) -> None:
    wanted = Wanted(every="month")
    assert refresh(world, wanted) == 1
    assert refresh(world, wanted, NOW + timedelta(days=3)) == 0
    berlin_april = datetime(2026, 3, 31, 22, 30, tzinfo=UTC)
    assert refresh(world, wanted, berlin_april - timedelta(hours=1)) == 0
    assert refresh(world, wanted, berlin_april) == 1
    assert [name for _, name, _ in names(world)] == ["2026-03", "2026-04"]


@pytest.mark.parametrize(
    ("day", "every", "name"),
    [
        (date(2027, 1, 3), "week", "2026-W53"),
        (date(2027, 1, 4), "week", "2027-W01"),
        (date(2026, 12, 31), "month", "2026-12"),
        (date(2026, 3, 31), "quarter", "2026-Q1"),
        (date(2026, 4, 1), "quarter", "2026-Q2"),
        (date(2026, 12, 1), "quarter", "2026-Q4"),
    ],
)
def test_periods_have_names(day: date, every: keep.Every, name: str) -> None:
    assert keep.period(day, every) == name


def test_only_the_projects_that_are_wanted(world: World) -> None:
    world.project("Q", name="Quay", owner_id="ann")
    world.project("R", name="Rail", state="closed")
    assert refresh(world, Wanted(every="week", projects="name != P")) == 1
    assert names(world) == [("Q", "2026-W12", "first and current")]


def test_several_daemons_take_one(world: World) -> None:
    for id in range(20):
        world.project(f"p{id}")
        world.task(f"t{id}", project_id=f"p{id}", status="in_progress")
    wanted = Wanted(at_start=True, every="quarter")
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: refresh(world, wanted), range(4)))
    assert sum(found) == 21  # P too; those at start have one by then
    assert world.rows("SELECT count(*) FROM baseline_task") == [(20,)]


def test_where_nothing_is_due_nobody_waits(world: World) -> None:
    """A writer elsewhere holds nothing up: that there is nothing to take is read."""
    refresh(world, Wanted(every="week"))
    statements: list[str] = []
    sa.event.listen(
        world.engine, "before_cursor_execute", lambda _c, _k, text, *_: statements.append(text)
    )
    refresh(world, Wanted(at_start=True, every="week"))
    assert statements
    assert not [text for text in statements if "INSERT" in text or "advisory" in text]


def test_what_a_baseline_speaks_of_is_not_tidied_away(world: World) -> None:
    world.project("Q")
    for id in ("a", "b"):
        world.task(id)
    world.task("q", project_id="Q")
    world.milestone("m", due_on=date(2026, 3, 20))
    by_hand(world)
    for id in ("a", "q"):
        world.task(id, project_id="Q" if id == "q" else "P", gone_at=NOW, gone_reason="deleted")
    world.milestone("m", due_on=date(2026, 3, 20), gone_at=NOW, gone_reason="deleted")
    world.task("b", gone_at=NOW, gone_reason="moved")
    retention.tidy(world.engine, gone=LATE, runs=EARLY, flags=EARLY)
    assert world.rows("SELECT id FROM task ORDER BY id") == [("a",), ("b",)]
    assert world.rows("SELECT id FROM milestone") == [("m",)]
    assert world.said("project", "P", "removed_tasks", "moved_tasks") == {
        "removed_tasks": 1, "moved_tasks": 1,
    }  # fmt: skip
    commands.remove_baseline(world.engine, 1, actor=ANN, now=NOW)
    retention.tidy(world.engine, gone=LATE, runs=EARLY, flags=EARLY)
    assert world.rows("SELECT count(*) FROM task") == [(0,)]
