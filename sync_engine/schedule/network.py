"""Activities and links as arrays, in an order in which what comes first is first; cycles found.

Nothing here recurses: a chain of 50,000 activities is as good as any.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sync_engine.schedule.model import Activity, Dependency


@dataclass(frozen=True, slots=True)
class Network:
    """Links are numbers; `before[link]` and `after[link]` are the numbers of activities.

    Args:
        ins, outs: by activity: its links, those inside a cycle left out.
        order: every activity after all that it depends on.
        cycles: activities that depend on each other.
        left_out: links inside cycles.
        linked: by activity: has any link, also one that was left out.
    """

    activities: Sequence[Activity]
    number: dict[str, int]
    links: Sequence[Dependency]
    before: list[int]
    after: list[int]
    ins: list[list[int]]
    outs: list[list[int]]
    order: list[int]
    cycles: tuple[tuple[int, ...], ...]
    left_out: tuple[int, ...]
    linked: list[bool]


def build(activities: Iterable[Activity], dependencies: Iterable[Dependency]) -> Network:
    """A network. Links of which an end is no activity are not part of it."""
    held = list(activities)
    number = {activity.id: position for position, activity in enumerate(held)}
    links = [link for link in dependencies if link.before in number and link.after in number]
    before = [number[link.before] for link in links]
    after = [number[link.after] for link in links]
    linked = [False] * len(held)
    for ends in (before, after):
        for position in ends:
            linked[position] = True
    every = range(len(links))
    ins, outs = _adjacent(len(held), before, after, every)
    order = _ordered(ins, outs, after)
    cycles: tuple[tuple[int, ...], ...] = ()
    left_out: tuple[int, ...] = ()
    if len(order) < len(held):
        cycles = _cycles(set(range(len(held))).difference(order), before, after, outs)
        of = {position: at for at, members in enumerate(cycles) for position in members}
        inside = [n for n in every if of.get(before[n], -1) == of.get(after[n], -2)]
        left_out = tuple(inside)
        ins, outs = _adjacent(len(held), before, after, sorted(set(every).difference(inside)))
        order = _ordered(ins, outs, after)
    return Network(
        held, number, links, before, after, ins, outs, order, cycles, left_out, linked
    )  # fmt: skip


def _adjacent(
    count: int, before: list[int], after: list[int], links: Iterable[int]
) -> tuple[list[list[int]], list[list[int]]]:
    ins: list[list[int]] = [[] for _ in range(count)]
    outs: list[list[int]] = [[] for _ in range(count)]
    for link in links:
        outs[before[link]].append(link)
        ins[after[link]].append(link)
    return ins, outs


def _ordered(ins: list[list[int]], outs: list[list[int]], after: list[int]) -> list[int]:
    """As far as there is an order: what is in a cycle, or behind one, is missing."""
    waiting = [len(each) for each in ins]
    order = [position for position, count in enumerate(waiting) if count == 0]
    for position in order:  # grows as we go
        for link in outs[position]:
            follower = after[link]
            waiting[follower] -= 1
            if waiting[follower] == 0:
                order.append(follower)
    return order


def _cycles(
    among: set[int], before: list[int], after: list[int], outs: list[list[int]]
) -> tuple[tuple[int, ...], ...]:
    """The strongly connected components with a link inside (Tarjan's, with a stack of our own)."""
    search = _Search(among, after, outs)
    for root in sorted(among):
        if root not in search.seen:
            search.visit(root)
    own = {before[link] for position in among for link in outs[position] if after[link] == position}
    return tuple(
        tuple(sorted(members))
        for members in sorted(search.found, key=min)
        if len(members) > 1 or members[0] in own
    )


class _Search:
    """One run of Tarjan's algorithm."""

    def __init__(self, among: set[int], after: list[int], outs: list[list[int]]) -> None:
        self.among, self.after, self.outs = among, after, outs
        self.seen: dict[int, int] = {}
        self.low: dict[int, int] = {}
        self.stack: list[int] = []
        self.waiting: set[int] = set()
        self.found: list[list[int]] = []

    def visit(self, root: int) -> None:
        """Find the components that can be reached from an activity."""
        path = [(root, 0)]
        self._enter(root)
        while path:
            position, at = path.pop()
            links = self.outs[position]
            while at < len(links):
                follower = self.after[links[at]]
                at += 1
                if follower not in self.among:
                    continue
                if follower not in self.seen:
                    path += [(position, at), (follower, 0)]
                    self._enter(follower)
                    break
                if follower in self.waiting:
                    self.low[position] = min(self.low[position], self.seen[follower])
            else:
                self._leave(position)
                if path:
                    parent = path[-1][0]
                    self.low[parent] = min(self.low[parent], self.low[position])

    def _enter(self, position: int) -> None:
        self.seen[position] = self.low[position] = len(self.seen)
        self.stack.append(position)
        self.waiting.add(position)

    def _leave(self, position: int) -> None:
        if self.low[position] != self.seen[position]:
            return
        members: list[int] = []
        while not members or members[-1] != position:
            members.append(self.stack.pop())
            self.waiting.discard(members[-1])
        self.found.append(members)
