"""A project's schedule, analysed as of a day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from sync_engine.rules.calendars import WorkCalendar
from sync_engine.schedule import passes
from sync_engine.schedule.axis import Axis, in_days
from sync_engine.schedule.model import DAY, Activity, Dependency, Schedule, Timing
from sync_engine.schedule.network import Network, build
from sync_engine.schedule.points import Facts, points
from sync_engine.schedule.work import Standing, Work, prepare

LIVE = (Standing.OPEN, Standing.STARTED)


def analyse(  # noqa: PLR0913  # all of them are the caller's to say
    activities: Iterable[Activity],
    dependencies: Iterable[Dependency],
    *,
    today: date,
    calendar: WorkCalendar,
    due: date | None = None,
    lacks: frozenset[str] = frozenset(),
    baselined: bool = False,
    unseen: Iterable[Activity] = (),
    limits: Mapping[str, float] | None = None,
) -> Schedule:
    """Both passes over a project's network, and its points.

    Args:
        today: the status date: what is not done by now is done later.
        due: the day by which the project is to be finished; without one, its last planned finish,
            where all that nothing follows has one.
        lacks: fields ("link.lag_minutes") that the tool cannot tell.
        baselined: the project has a baseline; what that has of an activity stands with it.
        unseen: what the baseline has and is out of our sight now: done when it was seen last, or
            of unknown state. It is compared with the baseline, and part of nothing else.
        limits: thresholds of points, by their id, other than by default.
    """
    axis = Axis(calendar, today)
    network = build(activities, dependencies)
    work = prepare(network.activities, axis)
    early = passes.forward(network, work)
    end = passes.project_end(network, work, early)
    goal = due or _planned_finish(network, work)
    target = None if goal is None else axis.end(goal)
    base = end if end is None or target is None else min(end, target)
    late = passes.backward(network, work, early, base)
    floats = [
        None if finish is None or latest is None else latest - finish
        for finish, latest in zip(early.finish, late.finish, strict=True)
    ]
    conflicts = _conflicts(network, work, axis)
    facts = Facts(
        network, work, axis, today, early, floats, end, target, sum(conflicts.values()), lacks,
        baselined, tuple(unseen),
    )  # fmt: skip
    mine = facts.where(lambda _: True)
    ids = [activity.id for activity in network.activities]
    paths = [] if end is None else passes.critical_paths(network, work, early, end)
    return Schedule(
        today=today,
        finish=_ahead(end, axis) if facts.where(facts.is_open) else axis.day_of_end(end),
        target=goal,
        timings={
            ids[n]: _timing(n, network, work, axis, early, late, end) for n in mine
        },
        critical_paths=tuple(tuple(ids[n] for n in path) for path in paths),
        cycles=tuple(tuple(ids[n] for n in cycle) for cycle in network.cycles),
        left_out=tuple(network.links[link] for link in network.left_out),
        unassessable={ids[n]: why for n in mine if (why := work.why[n]) is not None},
        conflicts={ids[n]: count for n, count in conflicts.items()},
        dependencies=sum(not network.activities[n].external for n in network.after),
        activities=len(mine),
        open=len(facts.where(facts.is_open)),
        points=points(facts, limits),
    )  # fmt: skip


def _planned_finish(network: Network, work: Work) -> date | None:
    """The last planned finish, if everything that nothing follows has one."""
    last: date | None = None
    for n, each in enumerate(network.activities):
        if each.external:
            continue
        if each.finish is not None:
            last = each.finish if last is None else max(last, each.finish)
        elif work.standing[n] in LIVE and work.length[n] is not None and not network.outs[n]:
            return None
    return last


def _timing(
    n: int,
    network: Network,
    work: Work,
    axis: Axis,
    early: passes.Early,
    late: passes.Late,
    end: int | None,
) -> Timing:
    finish, latest = early.finish[n], late.finish[n]
    spare = None if finish is None or latest is None else latest - finish
    live = work.standing[n] in LIVE
    free = passes.free_float(network, work, early, n, end) if live and end is not None else None
    why = work.why[n]
    if why is None and finish is None and live:
        cause = early.cause[n]
        why = f"it waits for {network.activities[cause].id}: {work.why[cause] or NO_DAY}"
    instant = work.length[n] == 0  # a milestone is on the evening on which it is reached
    started = axis.day_of_end if instant else axis.day_of_start
    begins = early.start[n]
    return Timing(
        early_start=_ahead(begins, axis) if live and instant else started(begins),
        early_finish=_ahead(finish, axis) if live else axis.day_of_end(finish),
        late_start=started(late.start[n]),
        late_finish=axis.day_of_end(latest),
        total_float=in_days(spare),
        free_float=in_days(free),
        critical=None if spare is None else spare <= 0,
        why=why,
    )


def _ahead(point: int | None, axis: Axis) -> date | None:
    """The day on which what is open is finished: with nothing left to do, today, or the next day
    of work."""
    return None if point is None else axis.day_of_end(max(point, axis.now + 1))


NO_DAY = "nobody knows when it was done"


def _conflicts(network: Network, work: Work, axis: Axis) -> dict[int, int]:
    """By activity: how many links to it its planned dates contradict, by a day or more.

    Compared is what is planned on both sides, but what has begun has done so when it has: what
    starts on the day on which its predecessor is due is no conflict yet, and neither is what has
    no date.
    """
    found: dict[int, int] = {}
    for link, before, after in zip(network.links, network.before, network.after, strict=True):
        waiting = work.standing[before] in (*LIVE, Standing.FIXED)
        if not waiting or work.standing[after] not in LIVE:
            continue
        first, then = network.activities[before], network.activities[after]
        day = first.finish if link.kind[0] == "F" else _begins(first)
        point = None
        if day is not None:
            point = axis.end(day) if link.kind[0] == "F" else axis.start(day)
        if point is not None and _too_early(then, link, point + link.lag, axis):
            found[after] = found.get(after, 0) + 1
    return found


def _begins(each: Activity) -> date | None:
    return each.actual_start or each.start if each.state == "started" else each.start


def _too_early(then: Activity, link: Dependency, bound: int, axis: Axis) -> bool:
    """Whether an activity starts, or is due, before a link allows."""
    starts = None if then.start is None else axis.start(then.start)
    ends = None if then.finish is None else axis.end(then.finish)
    if link.kind[1] == "S" and starts is not None:
        grace = DAY if link.kind[0] == "F" else 0
        if starts + grace < bound:
            return True
    return ends is not None and ends < bound
