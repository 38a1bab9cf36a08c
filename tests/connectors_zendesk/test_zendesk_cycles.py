"""Golden mappings of metric events."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.sdk.records import SlaCycle
from connectors.zendesk.connector import Zendesk


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 2, 20, hour, minute, tzinfo=UTC)


def event(kind: str, hour: int, minute: int = 0, instance: int = 1, **other: Any) -> dict[str, Any]:
    event.number += 1  # type: ignore[attr-defined]
    return {
        "id": event.number, "ticket_id": 155, "instance_id": instance, "type": kind,  # type: ignore[attr-defined]
        "time": at(hour, minute).strftime("%Y-%m-%dT%H:%M:%SZ"), **other,
    }  # fmt: skip


event.number = 0  # type: ignore[attr-defined]


def target(minutes: int, **other: Any) -> dict[str, Any]:
    return {"sla": {"target": minutes, "business_hours": False, "policy": {"id": 1}, **other}}


def cycles(metric: str, *events: dict[str, Any], due: Any = None) -> list[SlaCycle]:
    ticket = {"id": 155, "metric_events": {metric: list(events)}, "slas": due}
    found = list(Zendesk.to_records("slas", {"ticket": ticket}))
    assert all(isinstance(each, SlaCycle) for each in found)
    return found  # type: ignore[return-value]


def due(metric: str, hour: int, stage: str = "active") -> dict[str, Any]:
    return {"policy_metrics": [{"metric": metric, "stage": stage,
                                "breach_at": at(hour).isoformat()}]}  # fmt: skip


def test_a_reply_in_time() -> None:
    assert cycles(
        "reply_time",
        event("activate", 8),
        event("apply_sla", 8, **target(60)),
        event("fulfill", 8, 40),
        event("update_status", 8, 40, status={"calendar": 40, "business": 10}),
        due=due("first_reply_time", 9, "achieved"),
    ) == [
        SlaCycle(
            id="155:reply_time:1",
            task_id="155",
            name="First reply time",
            started_at=at(8),
            stopped_at=at(8, 40),
            breach_at=at(9),
            breached=False,
            paused=False,
            goal_minutes=60,
            elapsed_minutes=40,
        )
    ]


def test_a_reply_too_late() -> None:
    [cycle] = cycles(
        "reply_time",
        event("activate", 8),
        event("apply_sla", 8, **target(60)),
        event("breach", 9, deleted=False),
        event("fulfill", 10),
    )
    assert (cycle.breached, cycle.breach_at, cycle.stopped_at) == (True, at(9), at(10))


def test_a_breach_that_was_taken_back_is_none() -> None:
    [cycle] = cycles(
        "reply_time",
        event("activate", 8),
        event("apply_sla", 8, **target(60)),
        event("breach", 9, deleted=True),
        event("apply_sla", 9, 30, **target(600)),
        due=due("first_reply_time", 18),
    )
    assert (cycle.breached, cycle.breach_at, cycle.goal_minutes) == (False, at(18), 600)


def test_a_running_clock_says_when_it_will_be_missed() -> None:
    [cycle] = cycles(
        "agent_work_time",
        event("activate", 8),
        event("apply_sla", 8, **target(60)),
        due=due("agent_work_time", 9),
    )
    assert (cycle.stopped_at, cycle.paused, cycle.breached) == (None, False, False)
    assert (cycle.breach_at, cycle.elapsed_minutes) == (at(9), None)


def test_a_paused_clock_and_one_that_goes_on() -> None:
    begun = (event("activate", 8), event("apply_sla", 8, **target(60)), event("pause", 9))
    [paused] = cycles("requester_wait_time", *begun)
    assert (paused.name, paused.paused, paused.stopped_at) == ("Requester wait time", True, None)
    [on] = cycles("requester_wait_time", *begun, event("activate", 10))
    assert (on.paused, on.started_at) == (False, at(8))


def test_a_solved_ticket_that_is_opened_again_runs_on() -> None:
    [cycle] = cycles(
        "resolution_time",
        event("activate", 8),
        event("apply_sla", 8, **target(600)),
        event("fulfill", 9),
        event("activate", 11),
        due=due("total_resolution_time", 20),
    )
    assert (cycle.name, cycle.stopped_at) == ("Total resolution time", None)
    assert cycle.breach_at == at(20)


def test_each_reply_that_is_due_is_a_clock_of_its_own() -> None:
    first, second = cycles(
        "reply_time",
        event("measure", 7, instance=0),
        event("activate", 10, instance=2),
        event("apply_sla", 10, instance=2, **target(30)),
        event("activate", 8),
        event("apply_sla", 8, **target(60)),
        event("fulfill", 9),
        due=due("next_reply_time", 11),
    )
    assert (first.id, first.name, first.breach_at) == (
        "155:reply_time:1", "First reply time", None,
    )  # fmt: skip
    assert (second.id, second.name, second.breach_at) == (
        "155:reply_time:2", "Next reply time", at(11),
    )  # fmt: skip


def test_the_present_target_is_that_of_the_latest_clock() -> None:
    ended, running = cycles(
        "periodic_update_time",
        event("activate", 8),
        event("apply_sla", 8, **target(60)),
        event("fulfill", 8, 30),
        event("activate", 8, 30, instance=2),
        event("apply_sla", 8, 30, instance=2, **target(60)),
        due=due("periodic_update_time", 10),
    )
    assert (ended.breach_at, ended.breached) == (None, False)
    assert (running.breach_at, running.stopped_at) == (at(10), None)


def test_a_clock_without_a_target_is_no_service_level() -> None:
    assert cycles("agent_work_time", event("activate", 8), event("fulfill", 9)) == []


def test_events_of_one_second_are_in_the_order_of_their_numbers() -> None:
    first, then = event("fulfill", 9), event("activate", 9)
    begun = (event("activate", 8), event("apply_sla", 8, **target(60)))
    [cycle] = cycles("agent_work_time", then, first, *begun)
    assert cycle.stopped_at is None


def test_a_group_has_targets_too() -> None:
    [cycle] = cycles(
        "group_ownership_time",
        event("activate", 8),
        event("apply_group_sla", 8, group_sla={"target": 90, "business_hours": False}),
    )
    assert (cycle.name, cycle.goal_minutes) == ("Group ownership time", 90)


@pytest.mark.parametrize(
    ("told", "goal", "elapsed"),
    [
        ({"target": 60}, 60, 40),
        ({"target": 60, "target_in_seconds": 90}, 2, 40),
        ({"target": 60, "business_hours": True}, 60, 10),
        ({"target": None}, None, 40),
    ],
)
def test_targets_and_elapsed_time(
    told: dict[str, Any], goal: int | None, elapsed: int | None
) -> None:
    status = {"calendar": 40, "business": 10}
    [cycle] = cycles(
        "reply_time",
        event("activate", 8),
        event("apply_sla", 8, sla=told),
        event("update_status", 9, status=status),
    )
    assert (cycle.goal_minutes, cycle.elapsed_minutes) == (goal, elapsed)


def test_a_metric_that_is_new_to_us_keeps_its_name() -> None:
    [cycle] = cycles("coffee_time", event("apply_sla", 8, **target(5)))
    assert (cycle.name, cycle.started_at, cycle.paused) == ("coffee_time", None, None)
