"""The two passes of the critical-path method. None is "not known", and spreads as far as it must.

Forward: open work starts as soon as the links that tie it, its planned start and the status date
allow. Work that is done stays where it was. Work in progress has started, whatever it waits for;
only ties to its finish still count. Backward: the latest that each may be without moving the
project's end or a deadline.
"""

from __future__ import annotations

from dataclasses import dataclass

from sync_engine.schedule.network import Network
from sync_engine.schedule.work import Standing, Work

NO_BOUND = -(1 << 60)
OPEN, STARTED, DONE, UNKNOWN = (
    Standing.OPEN, Standing.STARTED, Standing.DONE, Standing.UNKNOWN
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Early:
    """By activity: the earliest points; the link that decides them (-1: none does); and the
    activity that is to blame where they are not known (-1: it has itself to blame)."""

    start: list[int | None]
    finish: list[int | None]
    driver: list[int]
    cause: list[int]


@dataclass(frozen=True, slots=True)
class Late:
    """By activity: the latest points."""

    start: list[int | None]
    finish: list[int | None]


@dataclass(slots=True)
class _Bounds:
    """What an activity's links ask of its start and of its finish; None: nobody can say."""

    start: int | None = NO_BOUND
    finish: int | None = NO_BOUND
    starting: int = -1
    finishing: int = -1
    cause: int = -1


def forward(network: Network, work: Work, slipped: int = -1, slip: int = 0) -> Early:
    """The earliest points; `slipped`: an activity that is so much later than it need be."""
    early = Early(
        list(work.start), list(work.finish), [-1] * len(work.start), [-1] * len(work.start)
    )
    for position in network.order:
        standing = work.standing[position]
        if standing is OPEN or standing is STARTED:
            bounds = _bounds(network, work, early, position)
            extra = slip if position == slipped else 0
            if standing is OPEN:
                _open(work, early, position, bounds, extra)
            else:
                _started(early, position, bounds, extra)
    return early


def _bounds(network: Network, work: Work, early: Early, position: int) -> _Bounds:
    found = _Bounds()
    for link in network.ins[position]:
        before, held = network.before[link], network.links[link]
        kind, lag = held.kind, held.lag
        point = early.finish[before] if kind[0] == "F" else early.start[before]
        if point is None:
            if lag <= 0 and _is_past(work.standing[before], kind):
                continue  # wherever it lies, it ties nothing
            cause = early.cause[before]
            found.cause = before if cause < 0 else cause
            if kind[1] == "S":
                found.start = None
            else:
                found.finish = None
            continue
        bound = point + lag
        if kind[1] == "S":
            if found.start is not None and bound > found.start:
                found.start, found.starting = bound, link
        elif found.finish is not None and bound > found.finish:
            found.finish, found.finishing = bound, link
    return found


def _is_past(standing: Standing, kind: str) -> bool:
    return standing is DONE or (standing is STARTED and kind[0] == "S")


def _open(work: Work, early: Early, position: int, bounds: _Bounds, extra: int) -> None:
    length = work.length[position]
    start, driver = work.floor[position], -1
    if bounds.start is None or bounds.finish is None:
        early.cause[position] = bounds.cause
        return
    if length is None and bounds.finish > NO_BOUND:
        return  # where it starts depends on its own length
    if bounds.start >= start:
        start, driver = bounds.start, bounds.starting
    if length is not None:
        if bounds.finish - length >= start and bounds.finishing >= 0:
            start, driver = bounds.finish - length, bounds.finishing
        early.finish[position] = start + length + extra
    early.start[position] = start + extra
    early.driver[position] = driver


def _started(early: Early, position: int, bounds: _Bounds, extra: int) -> None:
    finish = early.finish[position]
    if finish is None:
        return
    if bounds.finish is None:
        early.finish[position], early.cause[position] = None, bounds.cause
        return
    finish += extra
    if bounds.finish >= finish:
        finish, early.driver[position] = bounds.finish, bounds.finishing
    early.finish[position] = finish


def project_end(network: Network, work: Work, early: Early) -> int | None:
    """The point at which everything is finished. What has neither links nor dates is no part of
    the schedule."""
    end = NO_BOUND
    for position, activity in enumerate(network.activities):
        if activity.external:
            continue
        finish = early.finish[position]
        if finish is not None:
            end = max(end, finish)
        elif work.standing[position] is not DONE and network.linked[position]:
            return None
    return end if end > NO_BOUND else None


def backward(network: Network, work: Work, early: Early, end: int | None) -> Late:
    """The latest points, counted from the project's end."""
    count = len(network.activities)
    late = Late([None] * count, [None] * count)
    if end is None:
        return late
    for position in reversed(network.order):
        standing = work.standing[position]
        if standing is OPEN or standing is STARTED:
            finish = _latest(network, work, late, position, end)
            length = length_of(work, early, position)
            if finish is not None and length is not None:
                late.finish[position] = finish
                late.start[position] = finish - length
    return late


def length_of(work: Work, early: Early, position: int) -> int | None:
    """How long an activity takes as computed; of started work: what remains."""
    length, finish = work.length[position], early.finish[position]
    if work.standing[position] is OPEN or length is None or finish is None:
        return length
    return length + finish - (work.finish[position] or 0)


def _latest(network: Network, work: Work, late: Late, position: int, end: int) -> int | None:
    finish, deadline = end, work.deadline[position]
    if deadline is not None:
        finish = min(finish, deadline)
    for link in network.outs[position]:
        after = network.after[link]
        kind = network.links[link].kind
        if not binds(network, work, link):
            continue
        point = late.start[after] if kind[1] == "S" else late.finish[after]
        if point is None:
            return None
        limit = point - network.links[link].lag
        if kind[0] == "S":
            if work.standing[position] is STARTED:
                continue  # its start is past
            length = work.length[position]
            if length is None:
                return None
            limit += length
        finish = min(finish, limit)
    return finish


def binds(network: Network, work: Work, link: int) -> bool:
    """Whether a link still ties the activity after it, so that float is counted against it."""
    after = network.after[link]
    if network.activities[after].external:
        return False
    standing = work.standing[after]
    if standing is STARTED:
        return network.links[link].kind[1] == "F"
    return standing is OPEN or standing is UNKNOWN


def free_float(
    network: Network, work: Work, early: Early, position: int, end: int
) -> int | None:  # fmt: skip
    """Working minutes that an activity may slip before any that follows does."""
    start, finish = early.start[position], early.finish[position]
    if finish is None:
        return None
    least = end - finish
    for link in network.outs[position]:
        if not binds(network, work, link):
            continue
        after, held = network.after[link], network.links[link]
        kind = held.kind
        if kind[0] == "S" and work.standing[position] is STARTED:
            continue
        own = finish if kind[0] == "F" else start
        other = early.start[after] if kind[1] == "S" else early.finish[after]
        if own is None or other is None:
            return None
        least = min(least, other - held.lag - own)
    return least


MOST_PATHS = 10


def critical_paths(network: Network, work: Work, early: Early, end: int) -> list[list[int]]:
    """Of the unfinished activities that end with the project (the first ten): the chain that
    decides when."""
    found: list[list[int]] = []
    for position in network.order:
        if len(found) == MOST_PATHS:
            break
        activity = network.activities[position]
        if early.finish[position] != end or activity.external:
            continue
        if work.standing[position] is DONE or _ties_the_end(network, work, early, position, end):
            continue
        path = [position]
        while (link := early.driver[path[-1]]) >= 0:
            if work.standing[network.before[link]] is DONE:
                break
            path.append(network.before[link])
        found.append(path[::-1])
    return found


def _ties_the_end(network: Network, work: Work, early: Early, position: int, end: int) -> bool:
    """Another activity that it drives ends with the project too: the chain goes on."""
    return any(
        early.driver[network.after[link]] == link and early.finish[network.after[link]] == end
        for link in network.outs[position]
        if binds(network, work, link)
    )
