"""How a plant is said: one function a standard.

    @plant("overdue")
    def _(p: Plot) -> str:
        return p.at.task(due_on=p.aged("days"))

It adds rows and returns the id of the subject. Called with `p.bad`, they must break the standard;
without, they must come as close as they can and not break it: `p.aged`, `p.since`, `p.ahead` and
`p.until` give the days and instants on either side of the limit, `p.over` and `p.reached` the
numbers, `p.param` the parameter's default as the pack has it, `p.pick` whatever else.

What cannot be assessed is the breaking plant in a tool that lacks a field it needs. Where every
tool has what is needed, or where another reason is worth a plant, say so:

    @unknown("stale-in-progress")
    def _(p: Plot) -> str: ...

A standard that has no plant fails `tests/rules/test_planted.py` by its name. A new module with
plants is named in `field.SOWERS`. A new fact that is more than a column needs its second saying in
`of_tasks.py` or `of_others.py`; without it, reading the standard fails with the fact's name. A new
table needs a line in `portfolio.OTHERS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

from sync_engine.rules.standards import Standard
from tests.planted.days import JUST, ONE, Days
from tests.planted.portfolio import Place

T = TypeVar("T")


@dataclass
class Plot:
    """A place where one standard is planted. `bad`: it is to be broken."""

    at: Place
    standard: Standard
    bad: bool

    @property
    def days(self) -> Days:
        """The calendar."""
        return self.at.days

    @property
    def now(self) -> datetime:
        """The moment."""
        return self.at.days.now

    def param(self, name: str) -> Any:
        """A parameter's default."""
        return self.standard.params[name].value

    def pick(self, bad: T, near: T) -> T:
        """One of two, by what is planted."""
        return bad if self.bad else near

    def _amount(self, of: str | int, unit: str) -> tuple[float, str]:
        if isinstance(of, int):
            return of, unit
        given = self.standard.params[of]
        return given.value, given.type if given.type != "count" else unit

    def aged(self, of: str | int, unit: str = "days") -> date:
        """A day older than a parameter (or so many units); else the oldest that is not."""
        oldest = self.days.oldest(*self._amount(of, unit))
        return self.pick(oldest - ONE, oldest)

    def since(self, of: str | int, unit: str = "days") -> datetime:
        """Likewise an instant, to the microsecond."""
        begins = self.days.begins(self.days.oldest(*self._amount(of, unit)))
        return self.pick(begins - JUST, begins)

    def ahead(self, of: str | int, unit: str = "days") -> date:
        """The last day within a parameter; else the day after it."""
        last = self.days.farthest(*self._amount(of, unit))
        return self.pick(last, last + ONE)

    def until(self, of: str | int, unit: str = "days") -> datetime:
        """Likewise the last instant of that day; else the first of the next."""
        ends = self.days.begins(self.days.farthest(*self._amount(of, unit)) + ONE)
        return self.pick(ends - JUST, ends)

    def over(self, name: str) -> int:
        """One more than a parameter; else just that."""
        return int(self.param(name)) + self.bad

    def reached(self, name: str) -> int:
        """A parameter; else one less."""
        return int(self.param(name)) - (not self.bad)


Planter = Callable[[Plot], str]
PLANTS: dict[str, Planter] = {}
UNKNOWNS: dict[str, Planter] = {}
NEEDS: dict[str, tuple[str, ...]] = {}
"""Fields that a plant needs in its tool beside those that the standard does."""


def plant(*standards: str, needs: tuple[str, ...] = ()) -> Callable[[Planter], Planter]:
    """Say how standards are broken, and nearly broken; `needs`: in tools with these fields only."""
    NEEDS.update(dict.fromkeys(standards, needs))
    return _kept(PLANTS, standards)


def unknown(*standards: str) -> Callable[[Planter], Planter]:
    """Say how standards come to be not assessable, other than by a tool that lacks a field."""
    return _kept(UNKNOWNS, standards)


def _kept(where: dict[str, Planter], standards: tuple[str, ...]) -> Callable[[Planter], Planter]:
    def keep(planter: Planter) -> Planter:
        for standard in standards:
            assert standard not in where, f"{standard} is planted twice"
            where[standard] = planter
        return planter

    return keep
