"""What a schedule is made of, and what its analysis says. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias

DAY = 480
"""Working minutes in a working day: eight hours, as everywhere in the language of standards."""

State: TypeAlias = Literal["open", "started", "done"]
Kind: TypeAlias = Literal["FS", "SS", "FF", "SF"]
Answer: TypeAlias = Literal["met", "flagged", "not assessable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """An activity as the project's current baseline has it. `estimate`: working minutes."""

    start: date | None = None
    finish: date | None = None
    estimate: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """A piece of work in the network.

    Args:
        state: None: nobody knows.
        start, finish: as planned. Work that is open does not start before its planned start;
            the planned finish gives its duration and binds nothing.
        estimate, remaining: working minutes of one person.
        percent: how much is done, 0 to 100.
        milestone: takes no time.
        deadline: a day that float is counted against; it moves no date.
        owned: whether somebody is assigned; None: nobody knows.
        agreed: None: the baseline does not have it.
        external: of another project, or not in sight: its own dates stand, and it is not judged.
    """

    id: str
    state: State | None = "open"
    start: date | None = None
    finish: date | None = None
    actual_start: date | None = None
    actual_finish: date | None = None
    estimate: float | None = None
    remaining: float | None = None
    percent: float | None = None
    milestone: bool = False
    deadline: date | None = None
    owned: bool | None = None
    agreed: Agreed | None = None
    external: bool = False


@dataclass(frozen=True, slots=True)
class Dependency:
    """`after` may start (SS, FS) or finish (FF, SF) only so long after `before` has.

    Args:
        kind: which ends are tied: F(inish) or S(tart) of `before` to that of `after`.
        lag: working minutes; negative: a lead.
        told: the tool says which kind it is; otherwise it is taken as FS.
    """

    before: str
    after: str
    kind: Kind = "FS"
    lag: int = 0
    told: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """What the two passes say of one activity; None: not assessable.

    Args:
        total_float: working days that it may slip before the project's finish, its target or a
            deadline does; below 0: they cannot be kept.
        free_float: working days that it may slip before any other activity does.
        critical: open, with no float left.
        why: why the early dates are not known.
    """

    early_start: date | None = None
    early_finish: date | None = None
    late_start: date | None = None
    late_finish: date | None = None
    total_float: float | None = None
    free_float: float | None = None
    critical: bool | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One of the points by which a schedule is judged.

    Args:
        ref: its id in the catalogue of standards ("D01").
        value: None: nobody can say. A yes/no point is 1 or 0.
        numerator, denominator: what the value was made of, where it is a share or a ratio.
        limit: the threshold; the value is `sense` this one to be met.
        missing: the fields without which it cannot be said. Where there is a value all the same,
            it is the least that it can be.
    """

    ref: str
    title: str
    unit: str
    value: float | None = None
    numerator: float | None = None
    denominator: float | None = None
    sense: Literal["at most", "at least"] = "at most"
    limit: float = 0
    missing: tuple[str, ...] = ()

    @property
    def answer(self) -> Answer:
        """Whether the threshold is kept."""
        if self.value is None:
            return "not assessable"
        kept = self.value <= self.limit if self.sense == "at most" else self.value >= self.limit
        if not kept:
            return "flagged"
        return "not assessable" if self.missing else "met"


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """An analysed project.

    Args:
        finish: the earliest day on which all of it can be finished; None: not assessable.
        target: the day on which it is to be finished: the project's own due date, else the last
            planned finish.
        timings: by activity.
        critical_paths: the chains that decide the finish, first activity first.
        cycles: activities that wait for each other; links among them were left out.
        unassessable: by activity: why nothing can be computed of itself.
        conflicts: by activity: how many of its predecessors its own dates contradict.
        dependencies: links of its activities.
        activities, open: how many activities there are, and how many are not done.
        points: D01 to D16 and D18.
    """

    today: date
    finish: date | None
    target: date | None
    timings: Mapping[str, Timing]
    critical_paths: tuple[tuple[str, ...], ...]
    cycles: tuple[tuple[str, ...], ...]
    left_out: tuple[Dependency, ...]
    unassessable: Mapping[str, str]
    conflicts: Mapping[str, int]
    dependencies: int
    activities: int
    open: int
    points: tuple[Point, ...]

    def point(self, ref: str) -> Point:
        """A point by its id."""
        return next(point for point in self.points if point.ref == ref)
