"""Clocks of service levels: which runs there are, and that a missed one is found by itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from connectors.jira_service_management.clocks import GRACE_MS, cycles, runs_out_ms
from connectors.sdk.records import SlaCycle, Task
from tests.conformance.world import NOW, ago
from tests.connectors_jira_service_management.conftest import Desk, Open, company

NOW_MS = 1_790_000_000_000


def clock(**ongoing: Any) -> dict[str, Any]:
    return {"customfield_2": {"id": "5", "completedCycles": [], "ongoingCycle": ongoing}}


@pytest.mark.parametrize(
    ("ongoing", "ends"),
    [
        ({"breachTime": {"epochMillis": NOW_MS + 60_000}, "breached": False}, NOW_MS + 60_000),
        ({"breachTime": {"iso8601": "2026-09-21T14:14:20+0000"}}, NOW_MS + 60_000),
        ({"breachTime": {"epochMillis": NOW_MS + 60_000}, "paused": True}, None),
        ({"breachTime": {"epochMillis": NOW_MS - 60_000}, "breached": True}, None),
        # Just over, and not told yet: waited for a little, but not for ever.
        ({"breachTime": {"epochMillis": NOW_MS - 1}, "breached": False}, NOW_MS - 1),
        ({"breachTime": {"epochMillis": NOW_MS - GRACE_MS - 1}, "breached": False}, None),
        # Outside its hours no time is told: the minutes that are left are the least.
        ({"breached": False, "remainingTime": {"millis": 900_000}}, NOW_MS + 900_000),
        ({"breached": False, "remainingTime": {"millis": 5}}, NOW_MS + GRACE_MS),
        ({"breached": False, "remainingTime": None}, None),
        ({}, None),
    ],
)
def test_when_a_clock_runs_out(ongoing: dict[str, Any], ends: int | None) -> None:
    assert runs_out_ms(clock(**ongoing), ["customfield_2", "customfield_9"], NOW_MS) == ends


def test_the_first_of_several_clocks_counts() -> None:
    fields = {
        "a": {"ongoingCycle": {"breachTime": {"epochMillis": NOW_MS + 9}}},
        "b": {"ongoingCycle": {"breachTime": {"epochMillis": NOW_MS + 5}}},
        "c": "odd",
    }
    assert runs_out_ms(fields, ["a", "b", "c"], NOW_MS) == NOW_MS + 5


def test_a_run_keeps_its_id_when_it_ends() -> None:
    begun = {"startTime": {"epochMillis": NOW_MS}, "breached": False, "paused": False}
    [going] = cycles("1", "customfield_2", "TTR", {"id": "5", "ongoingCycle": begun})
    earlier = {"startTime": {"epochMillis": NOW_MS - 5}}
    ended = [earlier, {**begun, "stopTime": {"epochMillis": NOW_MS + 5}}]
    first, second = cycles("1", "customfield_2", "TTR", {"id": "5", "completedCycles": ended})
    assert going.id == second.id != first.id
    assert (going.stopped_at, going.paused) == (None, False)
    assert second.stopped_at is not None


def test_a_clock_without_id_or_times_is_told_by_its_field() -> None:
    told = list(cycles("1", "customfield_2", "TTR", {"completedCycles": [{}, {"breached": True}]}))
    assert [(each.id, each.name, each.breached) for each in told] == [
        ("1:customfield_2:0", "TTR", None), ("1:customfield_2:1", "TTR", True),
    ]  # fmt: skip
    assert list(cycles("1", "customfield_2", "TTR", None)) == []


def resolution_of(desk: Desk, read: Any) -> SlaCycle | None:
    """The running clock of the laptop's request, if it was read."""
    found: SlaCycle | None = read.of(SlaCycle).get(desk.native(SlaCycle, "s2"))
    return found


def test_a_clock_that_runs_out_untouched_is_found(desk: Desk) -> None:
    read = desk.turn("tasks")
    first = resolution_of(desk, read)
    assert first is not None
    assert first.breached is False
    for _ in range(2):  # an hour later, two hours later: nothing has happened
        desk.clock.sleep(3600)
        read = desk.turn("tasks", read.cursors)
        assert not read.records
    desk.clock.sleep(3600)
    read = desk.turn("tasks", read.cursors)
    missed = resolution_of(desk, read)
    assert missed is not None
    assert missed.breached is True
    assert missed.breach_at == NOW + timedelta(hours=3)
    desk.clock.sleep(600)  # and only once
    assert not desk.turn("tasks", read.cursors).records


def test_waiting_for_a_clock_costs_one_question_a_turn(desk: Desk) -> None:
    read = desk.turn("tasks")
    for _ in range(5):
        desk.clock.sleep(600)
        desk.sandbox.log.clear()
        read = desk.turn("tasks", read.cursors)
        assert [each.path for each in desk.sandbox.log] == ["/rest/api/3/search/jql"]


def test_when_a_clock_has_run_out_only_open_requests_are_read(desk: Desk) -> None:
    read = desk.turn("tasks")
    desk.clock.sleep(600)
    read = desk.turn("tasks", read.cursors)
    desk.clock.sleep(3 * 3600)
    read = desk.turn("tasks", read.cursors)
    assert read.ids("tasks") == {desk.native(Task, "r1"), desk.native(Task, "r3")}


def test_a_paused_clock_is_not_waited_for(open_desk: Open) -> None:
    records = [
        msgspec.structs.replace(each, paused=True) if each.id == "s2" else each
        for each in company()
    ]
    desk = open_desk(records)
    read = desk.turn("tasks")
    desk.clock.sleep(4 * 3600)
    read = desk.turn("tasks", read.cursors)
    assert not read.records


def test_a_clock_that_begins_later_is_waited_for(desk: Desk) -> None:
    read = desk.turn("tasks")
    desk.clock.sleep(600)
    task = desk.native(Task, "r3")
    desk.sandbox.world.edit(task, title="Unpack it today")
    desk.sandbox.world.put(
        SlaCycle(id=f"{task}:1:2", task_id=task, name="Time to resolution",
                 started_at=desk.clock.now(), breach_at=desk.clock.now() + timedelta(minutes=30),
                 breached=False, paused=False, goal_minutes=30)
    )  # fmt: skip
    read = desk.turn("tasks", read.cursors)
    desk.clock.sleep(1860)
    read = desk.turn("tasks", read.cursors)
    assert [each.breached for each in read.of(SlaCycle).values() if each.task_id == task] == [True]


def test_all_open_requests_are_read_again_after_six_hours(open_desk: Open) -> None:
    """What an administrator changed in a calendar or a goal moves no `updated`."""
    records = [each for each in company() if each.id != "s2"]
    desk = open_desk(records)
    read = desk.turn("tasks")
    desk.clock.sleep(6 * 3600)
    task = desk.native(Task, "r1")
    desk.sandbox.world.put(
        SlaCycle(id=f"{task}:1:2", task_id=task, name="Time to resolution", started_at=ago(1),
                 breach_at=ago(0.5), breached=True, paused=False)
    )  # fmt: skip
    read = desk.turn("tasks", read.cursors)
    assert [each.breached for each in read.of(SlaCycle).values() if each.stopped_at is None] == [
        True
    ]


def test_a_site_without_service_levels_is_read_without_them(open_desk: Open) -> None:
    desk = open_desk([each for each in company() if not isinstance(each, SlaCycle)])
    assert desk.connect().check().warnings == [
        "This account sees no SLA field: no service level is read."
    ]
    read = desk.turn("tasks")
    assert len(read.of(Task)) == 4
    assert not read.of(SlaCycle)
    desk.clock.sleep(3600)
    desk.sandbox.world.edit(desk.native(Task, "r4"), title="Changed")
    read = desk.turn("tasks", read.cursors)
    assert read.ids("tasks") == {desk.native(Task, "r4")}
