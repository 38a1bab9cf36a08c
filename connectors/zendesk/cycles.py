"""A ticket's metric events as runs of service level clocks. Pure and total.

Zendesk counts a metric (time to reply, time of work …) in instances: each reply that is due is
another one. The events of an instance say when its clock ran, was paused, ended, which target an
SLA policy set for it and when that was missed. An instance without a target is no service level.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from connectors.sdk.contract import Json
from connectors.sdk.records import Record, SlaCycle
from connectors.zendesk.words import identifier, instant, number, objects, part, text

APPLIED: Mapping[str, str] = {"apply_sla": "sla", "apply_group_sla": "group_sla"}
"""Event in which a policy sets a target → where it stands."""

NAMES: Mapping[str, str] = {
    "agent_work_time": "Agent work time", "requester_wait_time": "Requester wait time",
    "pausable_update_time": "Pausable update", "periodic_update_time": "Periodic update",
    "resolution_time": "Total resolution time", "group_ownership_time": "Group ownership time",
}  # fmt: skip

FIRST_REPLY, NEXT_REPLY = "First reply time", "Next reply time"

_BEGINNING = datetime.min.replace(tzinfo=UTC)


def has_target(ticket: Json) -> bool:
    """Whether an SLA policy ever set a target for the ticket."""
    return any(
        _kind(event) in APPLIED
        for events in part(ticket, "metric_events").values()
        for event in objects(events)
    )


def to_cycles(item: Json) -> Iterator[Record]:
    """One record for each instance of a metric that has a target."""
    ticket = part(item, "ticket")
    id = identifier(ticket.get("id"))
    if id is None:
        return
    for metric, told in part(ticket, "metric_events").items():
        instances: dict[int, list[Mapping[str, Any]]] = {}
        for event in objects(told):
            instance = number(event.get("instance_id"))
            instances.setdefault(int(instance or 0), []).append(event)
        latest = max(instances, default=0)
        for instance, events in sorted(instances.items()):
            due = _due(ticket, metric, instance) if instance == latest else None
            yield from _cycle(id, str(metric), instance, sorted(events, key=_order), due)


def _cycle(
    ticket: str, metric: str, instance: int, events: Sequence[Json], due: datetime | None
) -> Iterator[SlaCycle]:
    applied = [event for event in events if _kind(event) in APPLIED]
    if not applied:
        return
    target = part(applied[-1], APPLIED[_kind(applied[-1])])
    clock = [event for event in events if _kind(event) in ("activate", "pause", "fulfill")]
    started = [instant(event.get("time")) for event in clock if _kind(event) == "activate"]
    state = _kind(clock[-1]) if clock else None
    stopped = instant(clock[-1].get("time")) if state == "fulfill" else None
    missed = [
        instant(event.get("time"))
        for event in events
        if _kind(event) == "breach" and event.get("deleted") is not True
    ]
    breach = next((at for at in reversed(missed) if at is not None), None)
    yield SlaCycle(
        id=f"{ticket}:{metric}:{instance}",
        task_id=ticket,
        name=_name(metric, instance),
        started_at=next((at for at in started if at is not None), None),
        stopped_at=stopped,
        breach_at=breach or due,
        breached=bool(missed),
        paused=None if state is None else state == "pause",
        goal_minutes=_goal(target),
        elapsed_minutes=_elapsed(events, business=target.get("business_hours") is True),
    )


def _kind(event: Json) -> str:
    return text(event.get("type")) or ""


def _order(event: Json) -> tuple[datetime, int]:
    """By time; events of one second by their number."""
    id = number(event.get("id"))
    return instant(event.get("time")) or _BEGINNING, int(id or 0)


def _name(metric: str, instance: int) -> str:
    if metric == "reply_time":
        return FIRST_REPLY if instance <= 1 else NEXT_REPLY
    return NAMES.get(metric, metric)


def _goal(target: Json) -> int | None:
    """Zendesk's targets are minutes; newer answers give seconds beside them."""
    seconds = number(target.get("target_in_seconds"))
    minutes = number(target.get("target")) if seconds is None else seconds / 60
    return None if minutes is None else round(minutes)


def _elapsed(events: Sequence[Json], *, business: bool) -> int | None:
    """What the clock showed when Zendesk last wrote it down."""
    for event in reversed(events):
        if _kind(event) == "update_status":
            counted = number(part(event, "status").get("business" if business else "calendar"))
            return None if counted is None else round(counted)
    return None


def _due(ticket: Json, metric: str, instance: int) -> datetime | None:
    """When the running instance of a metric is missed, as the ticket says it."""
    name = metric
    if metric == "reply_time":
        name = "first_reply_time" if instance <= 1 else "next_reply_time"
    names = {name, f"total_{name}"}  # "total_resolution_time" is the metric "resolution_time"
    for each in objects(part(ticket, "slas").get("policy_metrics")):
        if text(each.get("metric")) in names:
            return instant(each.get("breach_at"))
    return None
