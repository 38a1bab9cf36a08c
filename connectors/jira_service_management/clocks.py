"""The clocks of service levels (SLAs): as records, and when the next of them runs out. Pure.

Jira writes them alike into a request's SLA fields and into the service desk's own answers: the
runs that have ended, and the one that goes on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from connectors.jira_service_management.values import (
    duration_minutes,
    ident,
    items,
    moment,
    obj,
    truth,
    word,
)
from connectors.sdk.records import SlaCycle

Json = Mapping[str, Any]

GRACE_MS = 300_000
"""How long after its end a clock that does not say yet that it was missed is waited for; also the
least wait for a clock that stands still outside its hours."""


def cycles(task_id: str, field_id: str, name: str, value: Any) -> Iterator[SlaCycle]:
    """One record for each run of a request's clock.

    A run is named by its beginning: it keeps its id when it ends.
    """
    clock = obj(value)
    number = ident(clock.get("id")) or field_id
    name = word(clock.get("name")) or name
    ended = [obj(each) for each in items(clock.get("completedCycles"))]
    ongoing = obj(clock.get("ongoingCycle"))
    for position, cycle in enumerate([*ended, ongoing] if ongoing else ended):
        goes_on = position == len(ended)
        started = moment(cycle.get("startTime"))
        place = position if started is None else round(started.timestamp() * 1000)
        yield SlaCycle(
            id=f"{task_id}:{number}:{place}",
            task_id=task_id,
            name=name,
            started_at=started,
            stopped_at=None if goes_on else moment(cycle.get("stopTime")),
            breach_at=moment(cycle.get("breachTime")),
            breached=truth(cycle.get("breached")),
            paused=truth(cycle.get("paused")) if goes_on else False,
            goal_minutes=duration_minutes(cycle.get("goalDuration")),
            elapsed_minutes=duration_minutes(cycle.get("elapsedTime")),
        )


def runs_out_ms(fields: Json, clocks: Iterable[str], now_ms: int) -> int | None:
    """When the first of a request's running clocks runs out; None: none does.

    Args:
        fields: the request's fields.
        clocks: ids of the SLA fields.
        now_ms: the tool's clock when it gave them.
    """
    ends: list[int] = []
    for field_id in clocks:
        cycle = obj(obj(fields.get(field_id)).get("ongoingCycle"))
        if not cycle or cycle.get("paused") is True or cycle.get("breached") is True:
            continue
        left = obj(cycle.get("remainingTime")).get("millis")
        if (at := moment(cycle.get("breachTime"))) is not None:
            ends.append(round(at.timestamp() * 1000))
        elif type(left) is int:
            # Outside its hours Jira may not say when a clock runs out: not before what is left.
            ends.append(now_ms + max(left, GRACE_MS))
    return min((end for end in ends if end > now_ms - GRACE_MS), default=None)
