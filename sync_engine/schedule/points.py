"""DCMA's fourteen points of a schedule, and four of our own. Each says what it lacks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sync_engine.schedule.axis import Axis
from sync_engine.schedule.model import DAY, Activity, Dependency, Point
from sync_engine.schedule.network import Network
from sync_engine.schedule.passes import Early, binds, forward, project_end
from sync_engine.schedule.work import (
    BEYOND,
    CONTRADICTION,
    NO_END,
    NOTHING,
    OUT_OF_SIGHT,
    UNMAPPED,
    Standing,
    Work,
    planned_length,
)

HIGH_FLOAT = HIGH_DURATION = 44 * DAY
SLIP = 600 * DAY
"""By how much the critical-path test delays one activity."""

_AT_MOST = (
    ("D01", "Open activities without a predecessor or successor", "%", 5),
    ("D02", "Links with a lead", "links", 0),
    ("D03", "Links with a lag", "%", 5),
    ("D05", "Activities with a hard constraint", "%", 5),
    ("D06", "Open activities with more than 44 working days of float", "%", 5),
    ("D07", "Open activities with negative float", "activities", 0),
    ("D08", "Open activities planned to take more than 44 working days by the baseline", "%", 5),
    ("D09", "Forecast dates in the past, actual dates in the future", "activities", 0),
    ("D10", "Open activities of a day or more that nobody is assigned to", "activities", 0),
    ("D11", "Activities due by now by the baseline, finished later or not", "%", 5),
    ("D15", "Links that the planned dates contradict", "links", 0),
    ("D16", "Cycles", "cycles", 0),
    ("D18", "Done while a predecessor is open", "activities", 0),
)
_AT_LEAST = (
    ("D04", "Links from finish to start", "%", 90),
    ("D12", "A slip on the critical path moves the finish", "yes/no", 1),
    ("D13", "Critical path length index", "ratio", 0.95),
    ("D14", "Baseline execution index", "ratio", 0.95),
)
POINTS: Mapping[str, Point] = {
    **{ref: Point(ref=ref, title=title, unit=unit, limit=limit)
       for ref, title, unit, limit in _AT_MOST},
    **{ref: Point(ref=ref, title=title, unit=unit, limit=limit, sense="at least")
       for ref, title, unit, limit in _AT_LEAST},
}  # fmt: skip
"""Every point before anything is known, with the threshold by default."""

LACKING = {
    NOTHING: "task.due_on", NO_END: "task.due_on", CONTRADICTION: "task.start_on",
    BEYOND: "task.due_on", UNMAPPED: "task.status", OUT_OF_SIGHT: "predecessor",
}  # fmt: skip
"""Which field would tell what is not known."""

GONE = "tasks out of sight"
"""What is lacking where a baseline has tasks that we see no more."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the points are computed from.

    Args:
        floats: by activity: total float in working minutes.
        end: the point at which everything is finished; `target`: at which it is to be.
        conflicts: how many links the planned dates contradict.
        lacks: fields that the tool cannot tell.
        baselined: the project has a baseline; `unseen`: what of it is out of sight.
    """

    network: Network
    work: Work
    axis: Axis
    today: date
    early: Early
    floats: list[int | None]
    end: int | None
    target: int | None
    conflicts: int
    lacks: frozenset[str]
    baselined: bool
    unseen: tuple[Activity, ...]

    def where(self, holds: Callable[[int], bool]) -> list[int]:
        """The numbers of the project's own activities for which something holds."""
        every = enumerate(self.network.activities)
        return [n for n, each in every if not each.external and holds(n)]

    def is_open(self, position: int) -> bool:
        """Neither done nor of unknown standing."""
        return self.work.standing[position] in (Standing.OPEN, Standing.STARTED)

    def is_scheduled(self, position: int) -> bool:
        """Open and in the schedule: linked, or at least dated."""
        known = self.network.linked[position] or self.work.why[position] is None
        return known and self.is_open(position)

    def lacking(self, *fields: str, statuses: bool = True) -> tuple[str, ...]:
        """Of some fields, those that the tool cannot tell; and the status where it is unknown."""
        found = {name for name in fields if name in self.lacks}
        unmapped = self.where(lambda n: self.work.standing[n] is Standing.UNKNOWN)
        if statuses and (unmapped or "task.status" in self.lacks):
            found.add("task.status")
        return tuple(sorted(found))

    def undated(self) -> tuple[str, ...]:
        """What is lacking where the passes could not say everything."""
        why, network = self.work.why, self.network
        told = (
            n for n, each in enumerate(network.activities)
            if network.outs[n] or (network.linked[n] and not each.external)
        )  # fmt: skip
        found = {LACKING[reason] for n in told if (reason := why[n]) is not None}
        return tuple(sorted(found)) or ("task.completed_at",)


def points(facts: Facts, limits: Mapping[str, float] | None = None) -> tuple[Point, ...]:
    """All points, in order. `limits`: thresholds other than by default."""
    found = [
        _logic(facts), *_links(facts), _bare("D05", "constraint"), *_floats(facts),
        *_agreed(facts), _invalid(facts), _unresourced(facts), _slip_test(facts),
        _path_index(facts),
        _count("D15", facts.conflicts, facts.lacking("task.due_on")),
        _count("D16", len(facts.network.cycles), ()), _done_too_early(facts),
    ]  # fmt: skip
    given = limits or {}
    found.sort(key=lambda point: point.ref)
    return tuple(
        replace(point, limit=given[point.ref]) if point.ref in given else point for point in found
    )


def _bare(ref: str, *missing: str) -> Point:
    return replace(POINTS[ref], missing=missing)


def _share(ref: str, part: int, whole: int, missing: tuple[str, ...]) -> Point:
    if missing:
        return _bare(ref, *missing)
    value = 100.0 * part / whole if whole else (0.0 if POINTS[ref].sense == "at most" else 100.0)
    return replace(POINTS[ref], value=value, numerator=part, denominator=whole)


def _count(ref: str, count: int, missing: tuple[str, ...]) -> Point:
    """What is lacking may hide more of them: the count is the least that it can be."""
    return replace(POINTS[ref], value=count, numerator=count, missing=missing)


def _logic(facts: Facts) -> Point:
    has_before, has_after = set(facts.network.after), set(facts.network.before)
    judged = facts.where(facts.is_open)
    loose = sum(n not in has_before or n not in has_after for n in judged)
    return _share("D01", loose, len(judged), facts.lacking())


def _links(facts: Facts) -> Iterable[Point]:
    """Of the links to open activities of the project. Those to activities of unknown standing may
    be such links, or not."""
    network, standing = facts.network, facts.work.standing
    judged: list[Dependency] = []
    doubtful: list[Dependency] = []
    for link, after in zip(network.links, network.after, strict=True):
        if not network.activities[after].external and standing[after] is not Standing.DONE:
            (doubtful if standing[after] is Standing.UNKNOWN else judged).append(link)
    lags = facts.lacking("link.lag_minutes", statuses=False)
    leads = sum(link.lag < 0 for link in judged)
    unsure = ("task.status",) if any(link.lag < 0 for link in doubtful) else ()
    yield _bare("D02", *lags) if lags else _count("D02", leads, unsure)
    late = [link.lag > 0 for link in judged], [link.lag > 0 for link in doubtful]
    yield _share_of_links("D03", *late, lags)
    told = () if all(link.told for link in (*judged, *doubtful)) else ("link.type_label",)
    plain = [link.kind == "FS" for link in judged], [link.kind == "FS" for link in doubtful]
    yield _share_of_links("D04", *plain, told)


def _share_of_links(
    ref: str, judged: Sequence[bool], doubtful: Sequence[bool], missing: tuple[str, ...]
) -> Point:
    """The share of those that are so; not known where those in doubt would change it."""
    part, more = sum(judged), sum(doubtful)
    found = _share(ref, part, len(judged), missing)
    least = _share(ref, part, len(judged) + len(doubtful) - more, missing)
    most = _share(ref, part + more, len(judged) + more, missing)
    if least.value != most.value:
        return _bare(ref, *sorted({*missing, "task.status"}))
    return found


def _floats(facts: Facts) -> Iterable[Point]:
    judged = facts.where(facts.is_scheduled)
    known = [found for n in judged if (found := facts.floats[n]) is not None]
    lacking = facts.lacking()
    if len(known) < len(judged):
        lacking = tuple(sorted({*lacking, *facts.undated()}))
    yield _share("D06", sum(each > HIGH_FLOAT for each in known), len(judged), lacking)
    yield _count("D07", sum(each < 0 for each in known), lacking)


def _agreed(facts: Facts) -> Iterable[Point]:
    """What the project's current baseline says. As commonly described of DCMA's assessment:

    - D08: open activities of a baseline duration above 44 working days, of all open ones in it;
    - D11: activities whose baseline finish has passed that finished later or are open, of all
      whose baseline finish has passed. What is finished on a day off is no later than the evening
      before;
    - D14, the baseline execution index: activities done, of those whose baseline finish has passed.

    Passed is what was due before today: the day is not over. What was removed or went to another
    project since is no activity of it, and not counted, unless it was done and then archived. What
    went out of sight was done by then, or nobody can say how it stands.
    """
    if not facts.baselined:
        for ref in ("D08", "D11", "D14"):
            yield _bare(ref, "baseline")
        return
    yield _long(facts)
    axis, done, late, due, unknown = facts.axis, 0, 0, 0, set(facts.lacking())
    mine = [facts.network.activities[n] for n in facts.where(lambda _: True)]
    for each in (*mine, *facts.unseen):
        finish = None if each.agreed is None else each.agreed.finish
        if finish is None:
            continue
        done += each.state == "done"
        if finish >= facts.today:
            continue
        due += 1
        if each.state != "done":
            late += 1
        elif each.actual_finish is None:
            unknown.add("task.completed_at")
        else:
            ended, agreed = axis.end(each.actual_finish), axis.end(finish)
            late += ended is not None and agreed is not None and ended > agreed
    untold = [each.agreed.finish for each in facts.unseen if each.agreed and each.state is None]
    if any(finish is not None and finish < facts.today for finish in untold):
        unknown.add(GONE)
    yield _share("D11", late, due, tuple(sorted(unknown)))
    lacking = {*facts.lacking(), *(GONE for finish in untold if finish is not None)}
    if lacking or not due:
        yield _bare("D14", *(sorted(lacking) or ("work due by now",)))
    else:
        yield replace(POINTS["D14"], value=done / due, numerator=done, denominator=due)


def _long(facts: Facts) -> Point:
    judged, unknown = 0, set(facts.lacking())
    unknown.update(GONE for each in facts.unseen if each.state is None)
    many = 0
    for n in facts.where(facts.is_open):
        each = facts.network.activities[n]
        if each.agreed is None:
            continue
        judged += 1
        then = replace(
            each, start=each.agreed.start, finish=each.agreed.finish, estimate=each.agreed.estimate
        )
        length, why = planned_length(then, facts.axis)
        if length is None:
            unknown.add(LACKING[why or NOTHING].replace("task.", "baseline."))
        else:
            many += length > HIGH_DURATION
    return _share("D08", many, judged, tuple(sorted(unknown)))


def _invalid(facts: Facts) -> Point:
    activities = facts.network.activities
    wrong = facts.where(lambda n: has_invalid_dates(activities[n], facts.today))
    return _count("D09", len(wrong), facts.lacking("task.due_on"))


def has_invalid_dates(each: Activity, today: date) -> bool:
    """Planned for a day that has passed though it is not done, or happened on one to come."""
    planned = {"open": (each.start, each.finish), "started": (each.finish,)}
    happened = {"started": (each.actual_start,), "done": (each.actual_start, each.actual_finish)}
    state = each.state or ""
    return any(day is not None and day < today for day in planned.get(state, ())) or any(
        day is not None and day > today for day in happened.get(state, ())
    )


def _unresourced(facts: Facts) -> Point:
    count, unknown = 0, set(facts.lacking("task.assignee_ids"))
    for n in facts.where(facts.is_open):
        each = facts.network.activities[n]
        if each.owned:
            continue
        length, why = planned_length(each, facts.axis)
        if length is not None and length < DAY:
            continue
        if each.owned is None:
            unknown.add("task.assignee_ids")
        elif length is None:
            unknown.add(LACKING[why or NOTHING])
        else:
            count += 1
    return _count("D10", count, tuple(sorted(unknown)))


def _slip_test(facts: Facts) -> Point:
    """Delay the first of the activities with the least float by 600 working days: the project's
    end must move by as much, or the chain to it is broken somewhere.

    What has the least float because of a milestone may have room before the project's end, and
    move it by less: its chain is whole where links lead from it to what ends the project.
    """
    if facts.end is None:
        return _bare("D12", *facts.undated())
    found: list[tuple[int, bool, int, int]] = []
    for n in facts.where(facts.is_scheduled):
        spare = facts.floats[n]
        if spare is not None:
            started = facts.work.standing[n] is Standing.STARTED
            found.append((spare, started, facts.early.start[n] or 0, n))
    if not found:
        return _bare("D12", "open work")
    chosen = min(found)[3]
    later = forward(facts.network, facts.work, slipped=chosen, slip=SLIP)
    moved = project_end(facts.network, facts.work, later)
    holds = moved == facts.end + SLIP or _leads_to_the_end(facts, chosen)
    return replace(POINTS["D12"], value=float(holds))


def _leads_to_the_end(facts: Facts, position: int) -> bool:
    network, reached, path = facts.network, {position}, [position]
    for each in path:  # grows as we go
        if facts.early.finish[each] == facts.end:
            return True
        for link in network.outs[each]:
            after = network.after[link]
            if after not in reached and binds(network, facts.work, link):
                reached.add(after)
                path.append(after)
    return False


def _path_index(facts: Facts) -> Point:
    if facts.end is None:
        return _bare("D13", *facts.undated())
    if facts.target is None:
        return _bare("D13", "project.due_on")
    length = facts.end - facts.axis.now
    if length <= 0 or not facts.where(facts.is_open):
        return _bare("D13", "open work")
    spare = facts.target - facts.end
    return replace(
        POINTS["D13"], value=(length + spare) / length,
        numerator=(length + spare) / DAY, denominator=length / DAY,
    )  # fmt: skip


def _done_too_early(facts: Facts) -> Point:
    network, standing = facts.network, facts.work.standing
    waiting = (Standing.OPEN, Standing.STARTED, Standing.FIXED)
    wrong = {
        after
        for link, before, after in zip(network.links, network.before, network.after, strict=True)
        if link.kind[0] == "F" and standing[before] in waiting and standing[after] is Standing.DONE
        and not network.activities[after].external
    }  # fmt: skip
    return _count("D18", len(wrong), facts.lacking())
