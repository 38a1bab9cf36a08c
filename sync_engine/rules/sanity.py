"""Conditions that can never hold, or always do, as far as that can be proven from their words.

Only what is certain is told: values of one fact that exclude each other, orders that leave no room,
being empty and having a value, a condition and its opposite. Whatever else a condition says is
taken to be possible.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import date
from itertools import product
from math import inf, prod
from typing import Any

from sync_engine.rules import facts
from sync_engine.rules.facts import Fact
from sync_engine.rules.standards import Standard
from sync_engine.rules.syntax import (
    Age,
    And,
    Compare,
    Condition,
    Contains,
    Empty,
    Literal,
    Not,
    OneOf,
    Or,
    Ref,
    Span,
    Today,
    Truth,
)

MOST = 400
"""Alternatives of a condition that are looked at; with more, nothing is claimed."""

EXACT = ("word", "number", "minutes", "percent", "yes/no", "day", "instant")
"""Types of facts that have one value. A text may be called by several names, a list has many."""

_NOWHERE = Span(0, 0)
_OPPOSITE = {"=": "!=", "!=": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
Atom = tuple[Condition, bool]


@dataclass(frozen=True, slots=True)
class Warned:
    """What is odd about a standard; `key` is the one of its keys that says so."""

    standard: str
    key: str
    message: str


def warnings(standard: Standard) -> Iterator[Warned]:
    """What is certainly not meant."""
    known = facts.of(standard.subject)
    scope, flag = standard.scope, standard.flag_when

    def told(key: str, message: str) -> Warned:
        return Warned(standard.id, key, f'"{standard.id}" {message}')

    if scope is not None and (why := _impossible(scope, known)):
        yield told("scope", f"assesses nothing: its scope can never hold ({why})")
        return
    if why := _impossible(flag, known):
        yield told("flag_when", f"flags nothing: its condition can never hold ({why})")
        return
    both = flag if scope is None else And((scope, flag))
    if why := _impossible(both, known):
        yield told("flag_when", f"flags nothing: its condition excludes its scope ({why})")
    rest: Condition = Not(flag) if scope is None else And((scope, Not(flag)))
    if _impossible(rest, known):
        yield told("flag_when", "flags all that it can assess: its condition always holds there")
    worse = standard.escalate.when if standard.escalate else None
    if worse is not None and (why := _impossible(And((both, worse)), known)):
        yield told("escalate", f"never escalates: its `when` can never hold ({why})")


def _impossible(condition: Condition, known: Mapping[str, Fact]) -> str | None:
    """Why a condition can never be true; None where it can, or nobody knows."""
    alternatives = _alternatives(condition, positive=True)
    if alternatives is None:
        return None
    whys = [_contradiction(atoms, known) for atoms in alternatives]
    if None in whys:
        return None
    return "; ".join(dict.fromkeys(why for why in whys if why))


def _alternatives(condition: Condition, *, positive: bool) -> list[tuple[Atom, ...]] | None:
    """The condition as alternatives of what must be true together; None: too many."""
    if isinstance(condition, Not):
        return _alternatives(condition.part, positive=not positive)
    if not isinstance(condition, (And, Or)):
        return [((condition, positive),)]
    found = [_alternatives(part, positive=positive) for part in condition.parts]
    parts = [each for each in found if each is not None]
    if len(parts) < len(found):
        return None
    either = isinstance(condition, Or) == positive
    if (sum if either else prod)(len(part) for part in parts) > MOST:
        return None
    if either:
        return [each for part in parts for each in part]
    return [tuple(atom for atoms in chosen for atom in atoms) for chosen in product(*parts)]


def _contradiction(atoms: Sequence[Atom], known: Mapping[str, Fact]) -> str | None:
    """Why these cannot all be true."""
    said: dict[Any, bool] = {}
    rooms: dict[str, _Room] = {}
    for atom, positive in atoms:
        shape = _shape(atom)
        if said.setdefault(shape, positive) != positive:
            return "it asks for something and for its opposite"
        left = getattr(atom, "left", None)
        if isinstance(left, Ref) and not left.is_field and left.name in known:
            fact = known[left.name]
            rooms.setdefault(left.name, _Room(fact)).narrow(atom, positive)
    for room in rooms.values():
        if why := room.closed():
            return why
    return None


def _shape(value: Any) -> Any:
    """A condition without the places of its words, to be compared."""
    if isinstance(value, Span):
        return _NOWHERE
    if isinstance(value, tuple):
        return tuple(_shape(each) for each in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{f.name: _shape(getattr(value, f.name)) for f in fields(value)})
    return value


@dataclass
class _Room:
    """What one fact may still be.

    Args:
        only: the values that it may have; None: any.
        never: values that it may not have.
        empty: whether it must be empty; None: it may.
        low, high: bounds of numbers (with whether the bound itself is left out), of days by their
            number, and of days by their distance from today.
    """

    fact: Fact
    only: set[Any] | None = None
    never: set[Any] = field(default_factory=set)
    empty: bool | None = None
    both: bool = False
    bounds: dict[str, tuple[float, float]] = field(default_factory=dict)
    open_ends: set[tuple[str, float]] = field(default_factory=set)

    def narrow(self, atom: Condition, positive: bool) -> None:
        """Take one more condition into account."""
        match atom:
            case Empty():
                self._be(empty=positive)
            case Truth():
                self._be(empty=False)
                self._allow({positive})
            case Contains() if positive:
                self._be(empty=False)
            case OneOf(values=values) if all(isinstance(each, Literal) for each in values):
                self._one_of({each.value for each in values if isinstance(each, Literal)}, positive)
            case Compare(op=op, right=Literal() | Today() as right):
                self._compare(op if positive else _OPPOSITE[op], right)
            case Age():
                self._age(atom, positive)
            case _:
                pass

    def _be(self, *, empty: bool) -> None:
        self.both = self.both or (self.empty is not None and self.empty != empty)
        self.empty = empty

    def _allow(self, values: set[Any]) -> None:
        self.only = values if self.only is None else self.only & values

    def _one_of(self, values: set[Any], positive: bool) -> None:
        exact = self.fact.type in EXACT and self.fact.type != "instant"
        if positive:
            self._be(empty=False)
            if exact:
                self._allow(values)
        elif exact:
            self.never |= values

    def _compare(self, op: str, right: Literal | Today) -> None:
        if op != "!=":
            self._be(empty=False)
        if self.fact.type not in EXACT:
            return
        if isinstance(right, Today):
            self._order("today", op, 0, whole=True)
        elif isinstance(right.value, date):
            self._order("day", op, right.value.toordinal(), whole=True)
        elif isinstance(right.value, (str, bool)):
            self._one_of({right.value}, op == "=") if op in ("=", "!=") else None
        else:
            self._order("number", op, float(right.value), whole=False)
            if op == "!=":
                self.never.add(right.value)

    def _order(self, scale: str, op: str, value: float, *, whole: bool) -> None:
        low, high = self.bounds.get(scale, (-inf, inf))
        step = 1 if whole else 0
        if op in ("=", ">=", ">"):
            low = max(low, value + (step if op == ">" else 0))
        if op in ("=", "<=", "<"):
            high = min(high, value - (step if op == "<" else 0))
        if op in ("<", ">") and not whole:
            self.open_ends.add((op, value))
        self.bounds[scale] = (low, high)

    def _age(self, atom: Age, positive: bool) -> None:
        """Ages in calendar days; of working days, as far as they are at least as long."""
        amount = atom.amount.value if isinstance(atom.amount, Literal) else None
        if not isinstance(amount, float) or amount != int(amount):
            return
        days = amount * (7 if atom.unit == "weeks" else 1)
        counted = atom.unit in ("days", "weeks")
        if not positive:
            if counted and not atom.ahead:
                self._be(empty=False)
                self._order("today", ">=", -days, whole=True)
            return
        self._be(empty=False)
        if not atom.ahead and atom.unit in ("days", "weeks", "working days"):
            self._order("today", "<", -days, whole=True)
        elif atom.ahead and atom.unit not in ("minutes", "hours"):
            self._order("today", ">=", 0, whole=True)
            if counted:
                self._order("today", "<=", days, whole=True)

    def closed(self) -> str | None:
        """Why nothing is left of it."""
        name = f'"{self.fact.shown}"'
        if self.both:
            return f"{name} cannot be empty and have a value"
        if self.empty:
            if self.fact.null == "unknown":
                return f"{name} is never empty: where there is none, it is unknown"
            return None
        if any(self._is_closed(scale) for scale in self.bounds):
            return f"no {name} lies between what is asked"
        if self._nothing_left():
            return f"no {name} is left of those that are asked for"
        return None

    def _is_closed(self, scale: str) -> bool:
        low, high = self.bounds[scale]
        if low > high:
            return True
        point = low == high and scale == "number"
        return point and bool({(">", low), ("<", high)} & self.open_ends or low in self.never)

    def _nothing_left(self) -> bool:
        left = self.only
        if left is None and self.fact.type == "word" and isinstance(self.fact.words, tuple):
            if self.empty is None and self.fact.null == "empty":
                return False  # it may be empty
            left = set(self.fact.words)
        if left is None:
            return False
        low, high = self.bounds.get("number", (-inf, inf))
        return not any(
            each not in self.never
            and (not isinstance(each, float) or (low <= each <= high and self._inside(each)))
            for each in left
        )

    def _inside(self, value: float) -> bool:
        return not {(">", value), ("<", value)} & self.open_ends
