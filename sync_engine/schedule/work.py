"""What is known of each activity before anything is computed: its standing, its length, and the
points that its own dates fix. What cannot be known stays None, with the reason."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import IntEnum

from sync_engine.schedule.axis import Axis
from sync_engine.schedule.model import DAY, Activity, State

NOTHING = "it has neither both dates nor an estimate"
CONTRADICTION = "it is planned to start after it is due"
BEYOND = "its dates lie beyond the calendar"
UNMAPPED = "nobody knows whether it is done"
NO_END = "it is in progress, and neither its end nor what remains is known"
OUT_OF_SIGHT = "it is not in the store, or not dated"


class Standing(IntEnum):
    """How an activity takes part in the passes."""

    OPEN = 0
    STARTED = 1
    DONE = 2
    FIXED = 3  # of another project: its own dates stand
    UNKNOWN = 4


@dataclass(frozen=True, slots=True)
class Work:
    """By activity.

    Args:
        start, finish: points that are fixed before the passes; a done activity without one has
            it somewhere in the past.
        floor: of open work: not before this point.
        length: from start to finish; of started work: what remains.
        deadline: the point that its finish is counted against.
        why: why its own length, or its dates, are not known.
    """

    standing: list[Standing] = field(default_factory=list)
    start: list[int | None] = field(default_factory=list)
    finish: list[int | None] = field(default_factory=list)
    floor: list[int] = field(default_factory=list)
    length: list[int | None] = field(default_factory=list)
    deadline: list[int | None] = field(default_factory=list)
    why: list[str | None] = field(default_factory=list)


def prepare(activities: Sequence[Activity], axis: Axis) -> Work:
    """What is known of some activities."""
    work = Work()
    for each in activities:
        standing = _standing(each)
        start = finish = length = why = None
        floor = axis.now
        if standing is Standing.OPEN:
            length, why = planned_length(each, axis)
            if each.start is not None:
                not_before = (axis.end if each.milestone else axis.start)(each.start)
                why = why or (BEYOND if not_before is None else None)
                floor = max(axis.now, not_before or 0)
        elif standing is Standing.STARTED:
            start = _point(axis.start, each.actual_start or each.start)
            finish, why = _expected(each, start, axis)
            length = None if finish is None else finish - axis.now
        elif standing is Standing.DONE:
            start = _point(axis.start, each.actual_start or each.start)
            finish = _point(axis.end, each.actual_finish)
        elif standing is Standing.FIXED:
            start, finish = _outside(each, axis)
            why = OUT_OF_SIGHT if finish is None else None
        else:
            why = OUT_OF_SIGHT if each.external else UNMAPPED
        work.standing.append(standing)
        work.start.append(start)
        work.finish.append(finish)
        work.floor.append(floor)
        work.length.append(None if why else length)
        work.deadline.append(_point(axis.end, each.deadline))
        work.why.append(why)
    return work


def may_be_undated(each: Activity, axis: Axis) -> bool:
    """Of an activity of unknown state: nobody could say how long it takes if it were open."""
    states: tuple[State, ...] = ("open", "started")
    return any(prepare([replace(each, state=state)], axis).why[0] for state in states)


def _standing(each: Activity) -> Standing:
    if each.state is None:
        return Standing.UNKNOWN
    if each.state == "done":
        return Standing.DONE
    if each.external:
        return Standing.FIXED
    return Standing.OPEN if each.state == "open" else Standing.STARTED


def _point(convert: Callable[[date], int | None], day: date | None) -> int | None:
    return None if day is None else convert(day)


def planned_length(each: Activity, axis: Axis) -> tuple[int | None, str | None]:
    """Working minutes that it takes as planned: by its two dates, else by its estimate."""
    if each.milestone:
        return 0, None
    if each.start is not None and each.finish is not None:
        if each.start > each.finish:
            return None, CONTRADICTION
        start, end = axis.start(each.start), axis.end(each.finish)
        if start is None or end is None:
            return None, BEYOND
        return max(0, end - start), None
    if each.estimate is not None:
        return max(0, round(each.estimate)), None
    return None, NOTHING


def _expected(each: Activity, start: int | None, axis: Axis) -> tuple[int | None, str | None]:
    """When started work ends by itself: by what remains of it, else as it is planned.

    What is overdue needs the rest of the day at least.
    """
    length, _ = planned_length(each, axis)
    soonest = axis.now if each.milestone else axis.now + DAY
    if each.remaining is not None:
        return axis.now + max(0, round(each.remaining)), None
    if each.percent and length is not None:
        left = length * max(0.0, 100.0 - each.percent) / 100.0
        return axis.now + round(left), None
    if each.finish is not None:
        planned = axis.end(each.finish)
        return (None, BEYOND) if planned is None else (max(planned, soonest), None)
    if length is not None and start is not None:
        return max(start + length, soonest), None
    return None, NO_END


def _outside(each: Activity, axis: Axis) -> tuple[int | None, int | None]:
    """The dates of another project's open work: as planned, but not in the past."""
    start = _point(axis.start, each.actual_start or each.start)
    finish = _point(axis.end, each.finish)
    if start is not None and each.state == "open":
        start = max(start, axis.now)
    return start, None if finish is None else max(finish, axis.now + (0 if each.milestone else DAY))
