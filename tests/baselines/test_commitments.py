"""What sprints begin with: kept of those that we see begin, and of no others."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from sync_engine.baselines import keep
from sync_engine.baselines.keep import Wanted
from tests.baselines.conftest import NOW, World

FACTS = ("committed_tasks", "added_tasks", "dropped_tasks", "committed_done",
         "committed_done_share")  # fmt: skip


def ago(**span: float) -> datetime:
    return NOW - timedelta(**span)


def refresh(world: World) -> int:
    return keep.refresh(world.engine, Wanted(), world.moment, None)


def begun(world: World, *tasks: str) -> None:
    """A sprint that began an hour ago with some tasks, and was known before."""
    world.sprint(start_at=ago(hours=1), end_at=NOW + timedelta(days=14), seen_at=ago(days=3))
    for id in tasks:
        world.task(id)
        world.place(id)


def said(world: World) -> dict[str, Any]:
    return world.said("sprint", "S", *FACTS)


def test_a_sprint_that_begins_is_kept_once(world: World) -> None:
    begun(world, "a", "b", "c", "d")
    assert refresh(world) == 1
    world.place("d", gone_at=NOW)
    world.task("e")
    world.place("e")
    world.task("a", status="done", completed_at=NOW)
    assert refresh(world) == 0
    assert said(world) == {
        "committed_tasks": 4, "added_tasks": 1, "dropped_tasks": 1, "committed_done": 1,
        "committed_done_share": 25.0,
    }  # fmt: skip


def test_an_empty_sprint_is_kept_as_empty(world: World) -> None:
    begun(world)
    assert refresh(world) == 1
    world.task("a")
    world.place("a")
    assert refresh(world) == 0
    assert said(world) == {
        "committed_tasks": 0, "added_tasks": 1, "dropped_tasks": 0, "committed_done": 0,
        "committed_done_share": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    "values",
    [
        {"seen_at": NOW},  # it had begun when we first saw it
        {"start_at": ago(days=2)},  # nobody looked for a day after it began
        {"start_at": NOW + timedelta(hours=1)},
        {"start_at": None},
        {"state": "future"},  # its time has come, and nobody has begun it
        {"gone_at": NOW},
    ],
)
def test_of_others_nobody_can_tell(world: World, values: dict[str, Any]) -> None:
    begun(world, "a")
    world.sprint(**{"start_at": ago(hours=1), "seen_at": ago(days=3), **values})
    assert refresh(world) == 0
    if "gone_at" not in values:
        assert set(said(world).values()) == {"?"}


def test_nothing_is_kept_before_the_sprint_was_read_after_its_start(world: World) -> None:
    begun(world, "a")
    world.change(complete_at=ago(hours=2))
    assert refresh(world) == 0
    world.change(complete_at=NOW)
    assert refresh(world) == 1


@pytest.mark.parametrize(
    ("completed_at", "done"), [(ago(days=1), 1), (ago(hours=-1), 0), (None, "?")]
)
def test_of_a_closed_sprint_counts_what_was_done_by_then(
    world: World, completed_at: datetime | None, done: object
) -> None:
    begun(world, "a", "b")
    refresh(world)
    world.sprint(state="closed", start_at=ago(days=9), completed_at=NOW, seen_at=ago(days=12))
    world.task("a", status="done", completed_at=completed_at)
    assert said(world)["committed_done"] == done


def test_a_task_that_is_deleted_was_not_done(world: World) -> None:
    begun(world, "a", "b")
    refresh(world)
    world.task("a", gone_at=NOW, gone_reason="deleted")
    world.place("a", gone_at=NOW)
    assert (said(world)["dropped_tasks"], said(world)["committed_done_share"]) == (1, 0.0)
    world.task("b", status=None)
    assert said(world)["committed_done"] == "?"


@pytest.mark.parametrize("reason", ["moved", "access_lost", "unknown", None])
def test_of_a_task_that_is_out_of_sight_nobody_can_tell(world: World, reason: str | None) -> None:
    begun(world, "a", "b")
    refresh(world)
    world.task("a", status="in_progress", gone_at=NOW, gone_reason=reason)
    assert (said(world)["committed_done"], said(world)["committed_done_share"]) == ("?", "?")
    world.task("a", status="done", gone_at=NOW, gone_reason=reason)  # it stays done
    assert said(world)["committed_done_share"] == 50.0


def test_a_tool_that_does_not_tell_places_keeps_nothing(world: World) -> None:
    begun(world, "a")
    world.change(provides={"task": ["status", "project_id"], "sprint": ["start_at"]})
    assert refresh(world) == 0


def test_a_later_look_changes_nothing(world: World) -> None:
    """Replays and full reads rewrite records; what was kept is not among them."""
    begun(world, "a")
    refresh(world)
    world.moment = replace(world.moment, now=NOW + timedelta(hours=2))
    world.task("a", title="Another", run_id=1)
    world.sprint(start_at=ago(minutes=5), seen_at=ago(days=3))
    assert refresh(world) == 0
    assert world.rows("SELECT sprint_id, task_id FROM commitment_task") == [("S", "a")]
