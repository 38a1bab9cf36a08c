"""Random networks against what the words mean: the least dates that break no link, found by trying
again and again; float by delaying an activity and looking at what moves."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from sync_engine.rules.calendars import WorkCalendar
from sync_engine.schedule import passes
from sync_engine.schedule.axis import Axis
from sync_engine.schedule.model import DAY, Activity, Dependency, Kind
from sync_engine.schedule.network import build
from sync_engine.schedule.work import prepare

TODAY = date(2026, 3, 2)
AXIS = Axis(WorkCalendar(), TODAY)
KINDS: tuple[Kind, ...] = ("FS", "SS", "FF", "SF")


@dataclass
class Trying:
    """Starts as early as they can be, found by moving whatever breaks a link until none does."""

    activities: Sequence[Activity]
    links: Sequence[Dependency]
    delays: Mapping[str, int] = field(default_factory=dict)

    def starts(self) -> dict[str, int]:
        behind: dict[str, list[Dependency]] = {each.id: [] for each in self.activities}
        for link in self.links:
            behind[link.before].append(link)
        length = {each.id: int(each.estimate or 0) for each in self.activities}
        start = {each.id: AXIS.now for each in self.activities}
        for id, delay in self.delays.items():
            start[id] = max(start[id], delay)
        waiting = deque(start)
        while waiting:
            before = waiting.popleft()
            for link in behind[before]:
                tied = start[before] + (length[before] if link.kind[0] == "F" else 0) + link.lag
                least = tied - (length[link.after] if link.kind[1] == "F" else 0)
                if least > start[link.after]:
                    start[link.after] = least
                    waiting.append(link.after)
        return start

    def end(self, starts: Mapping[str, int]) -> int:
        return max(starts[each.id] + int(each.estimate or 0) for each in self.activities)


@st.composite
def networks(draw: st.DrawFn) -> tuple[list[Activity], list[Dependency]]:
    count = draw(st.integers(1, 8))
    hours = st.integers(0, 20).map(lambda n: n * 60)
    work = [Activity(id=str(n), estimate=draw(hours)) for n in range(count)]
    pairs = [(a, b) for b in range(count) for a in range(b)]
    chosen = draw(st.lists(st.sampled_from(pairs), max_size=14)) if pairs else []
    lags = st.integers(-10, 20).map(lambda n: n * 60)
    links = [
        Dependency(str(a), str(b), draw(st.sampled_from(KINDS)), draw(lags)) for a, b in chosen
    ]
    return draw(st.permutations(work)), draw(st.permutations(links))


@settings(max_examples=300, deadline=None)
@given(networks())
def test_early_dates_and_float_are_what_the_words_mean(
    drawn: tuple[list[Activity], list[Dependency]],
) -> None:
    activities, links = drawn
    network = build(activities, links)
    work = prepare(network.activities, AXIS)
    early = passes.forward(network, work)
    trying = Trying(activities, links)
    starts = trying.starts()
    end = trying.end(starts)
    assert dict(zip(network.number, early.start, strict=True)) == starts
    assert passes.project_end(network, work, early) == end
    late = passes.backward(network, work, early, end)
    for n, each in enumerate(network.activities):
        latest, finish = late.finish[n], early.finish[n]
        assert latest is not None
        assert finish is not None
        total = latest - finish
        free = passes.free_float(network, work, early, n, end)
        assert free is not None
        assert 0 <= free <= total
        for slip in (total, total + 1, free, free + 1):
            later = Trying(activities, links, {each.id: starts[each.id] + slip}).starts()
            assert (trying.end(later) == end) == (slip <= total)
            others = all(later[id] == starts[id] for id in starts if id != each.id)
            if slip <= total:
                assert others == (slip <= free)


@settings(max_examples=200, deadline=None)
@given(networks())
def test_a_critical_path_has_no_room_between_its_activities(
    drawn: tuple[list[Activity], list[Dependency]],
) -> None:
    activities, links = drawn
    network = build(activities, links)
    work = prepare(network.activities, AXIS)
    early = passes.forward(network, work)
    end = passes.project_end(network, work, early)
    assert end is not None
    late = passes.backward(network, work, early, end)
    paths = passes.critical_paths(network, work, early, end)
    assert paths
    for path in paths:
        assert early.finish[path[-1]] == end
        assert early.start[path[0]] == AXIS.now
        assert all(late.finish[n] == early.finish[n] for n in path)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=16))
def test_cycles_are_those_that_reach_themselves(pairs: list[tuple[int, int]]) -> None:
    reach = {n: {b for a, b in pairs if a == n} for n in range(8)}
    for _ in range(8):
        reach = {n: far.union(*(reach[m] for m in far)) for n, far in reach.items()}
    expected = {
        frozenset(m for m in range(8) if m == n or (m in reach[n] and n in reach[m]))
        for n in range(8)
        if n in reach[n]
    }
    network = build(
        [Activity(id=str(n), estimate=DAY) for n in range(8)],
        [Dependency(str(a), str(b)) for a, b in pairs],
    )
    assert {frozenset(each) for each in network.cycles} == expected
    assert sorted(network.order) == list(range(8))
    inside = [(a, b) for a, b in pairs if any(a in each and b in each for each in expected)]
    assert [pairs[link] for link in network.left_out] == inside


def test_a_large_network_is_computed_as_by_trying() -> None:
    rng = random.Random(20260302)
    count = 4_000
    activities = [
        Activity(id=str(n), estimate=rng.randrange(0, 20) * 60) for n in range(count)
    ]  # fmt: skip
    links = []
    for _ in range(2 * count):
        before = rng.randrange(count - 1)
        after = rng.randrange(before + 1, min(count, before + 300))
        kind = rng.choice(KINDS)
        links.append(Dependency(str(before), str(after), kind, rng.randrange(-5, 10) * 60))
    network = build(activities, links)
    early = passes.forward(network, prepare(network.activities, AXIS))
    assert dict(zip(network.number, early.start, strict=True)) == Trying(activities, links).starts()


def test_a_chain_may_be_as_long_as_it_likes() -> None:
    """Nothing recurses, neither over a chain nor round a circle."""
    count = 30_000
    activities = [Activity(id=str(n), estimate=60) for n in range(count)]
    links = [Dependency(str(n), str(n + 1)) for n in range(count - 1)]
    assert len(build(activities, links).order) == count
    circle = build(activities, [*links, Dependency(str(count - 1), "0")])
    assert [len(each) for each in circle.cycles] == [count]
