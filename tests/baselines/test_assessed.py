"""Standards over what was agreed, from the configuration to flags; also where only changes are
assessed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from sync_engine.baselines import capture
from sync_engine.flags.apply import run
from sync_engine.rules import packs
from sync_engine.rules.frames import connections
from sync_engine.rules.joins import PROJECT
from sync_engine.rules.standards import Standard
from sync_engine.scheduling import keep as schedules
from sync_engine.scheduling.keep import RESULT
from sync_engine.settings.source import parse
from sync_engine.store.engine import reading
from sync_engine.views.schedule import AGREED, schedule
from tests.baselines.conftest import NOW, World


def march(day: int) -> date:
    return date(2026, 3, day)


def late() -> tuple[Standard, ...]:
    source = parse(
        "\n".join(
            [
                "pack: late", "title: Late", "standards:", "  - id: late", "    title: Too late",
                "    source: test", "    why: Because it is too late.", "    severity: high",
                "    subject: task", "    flag_when: slip > 0", "    say: It is too late.",
                "    remedy: Hurry up.", "    examples: {flags: [{slip: 1}], passes: [{slip: 0}]}",
            ]
        ),
        "late.yaml",
    )  # fmt: skip
    return packs.from_source(source).standards


def assessed(world: World, *, full: bool | None = False) -> bool:
    moment = world.moment = replace(world.moment, now=world.moment.now + timedelta(seconds=1))
    report = run(
        world.engine, late(), now=moment.now, timezone=moment.zone, calendar=moment.calendar,
        full=full,
    )  # fmt: skip
    return report.full


def open_flags(world: World) -> set[str]:
    rows = world.rows("SELECT subject_id FROM flag WHERE state = 'open'")
    return {id for (id,) in rows}


def test_an_assessment_of_changes_reaches_tasks_whose_baseline_changed(world: World) -> None:
    """No row of theirs was read in between: only what was agreed is another."""
    world.project("Q")
    for id, project in (("a", "P"), ("q", "Q")):
        world.task(id, project_id=project, due_on=march(20))
    world.take()
    assessed(world, full=True)
    world.pulled()
    for id, project in (("a", "P"), ("q", "Q")):
        world.task(id, project_id=project, due_on=march(25))
    assert not assessed(world)
    assert open_flags(world) == {"a", "q"}
    world.take("P")
    assert not assessed(world)
    assert open_flags(world) == {"q"}
    with reading(world.engine) as connection:
        latest = connection.execute(capture.latest((1, "P"))).one()
    with capture.alone(world.engine) as connection:
        capture.remove(connection, latest.id, by="ann", now=NOW)
    assert not assessed(world)
    assert open_flags(world) == {"a", "q"}
    assert world.rows("SELECT baselines FROM assessment ORDER BY id") == [(1,), (1,), (2,), (3,)]


def results(world: World) -> dict[str, Any]:
    with reading(world.engine) as connection:
        rows = connection.execute(sa.select(RESULT)).mappings()
        return {row["project_id"]: dict(row) for row in rows}


def test_a_schedule_is_judged_anew_when_its_baseline_changes(world: World) -> None:
    world.chain("a", "b", days=((2, 6), (9, 13)))
    world.project("Q")
    assert schedules.refresh(world.engine, world.moment) == 2
    assert results(world)["P"]["bei"] is None
    world.take("P")
    assert schedules.refresh(world.engine, world.moment) == 1
    assert schedules.refresh(world.engine, world.moment) == 0
    found = results(world)["P"]
    assert (found["bei"], found["missed_share"], found["high_duration_share"]) == (0.0, 100.0, 0.0)
    world.pulled()
    world.task("a", status="done", start_on=march(2), due_on=march(6), completed_at=NOW)
    assert schedules.refresh(world.engine, world.moment) == 1
    assert results(world)["P"]["bei"] == 0.5
    assert results(world)["Q"]["baseline_id"] is None
    with capture.alone(world.engine) as connection:
        capture.remove(connection, 1, by="ann", now=NOW)
    assert schedules.refresh(world.engine, world.moment) == 1
    assert results(world)["P"]["bei"] is None


@pytest.mark.parametrize("reason", ["access_lost", "moved"])
def test_a_schedule_is_not_judged_by_a_plan_of_which_a_part_is_out_of_sight(
    world: World, reason: str
) -> None:
    world.chain("a", "b", "c", days=((2, 6), (9, 13), (16, 20)))
    world.task("x", start_on=march(9), due_on=march(13))
    world.take("P")
    world.task("x", start_on=march(9), due_on=march(13), gone_at=NOW, gone_reason="deleted")
    schedules.refresh(world.engine, world.moment)
    assert set(agreed(world).values()) == {(True, None)}
    world.pulled()
    world.task("a", start_on=march(2), due_on=march(6), gone_at=NOW, gone_reason=reason)
    schedules.refresh(world.engine, world.moment)
    assert set(agreed(world).values()) == {(False, "tasks of its baseline are out of sight")}


def agreed(world: World) -> dict[str, tuple[bool, str | None]]:
    """Of the points that compare with a baseline: whether there is a value, and why not."""
    with reading(world.engine) as connection:
        (tool,) = connections(connection, world.moment, {})
        project = connection.execute(sa.select(PROJECT).where(PROJECT.c.id == "P")).one()
        told = schedule(connection, tool, project, world.moment, {})
    return {
        each.point.ref: (each.point.value is not None, each.why)
        for each in told.points
        if each.point.ref in AGREED
    }


@pytest.mark.parametrize("pack", ["schedule"])
def test_the_pack_flags_what_the_baseline_says(world: World, pack: str) -> None:
    world.chain("a", "b", days=((2, 6), (9, 13)))
    world.take()
    schedules.refresh(world.engine, world.moment)
    run(
        world.engine, packs.load_all([pack]), now=world.moment.now, timezone=world.moment.zone,
        calendar=world.moment.calendar, full=True,
    )  # fmt: skip
    found = world.rows("SELECT standard, said FROM flag WHERE subject_id = 'P'")
    said = dict(found)
    assert {"schedule-missed", "schedule-execution-index"} <= said.keys()
    assert "100%" in said["schedule-missed"]
