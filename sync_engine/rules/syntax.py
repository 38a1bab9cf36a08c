"""What a condition is, once read: plain values, each knowing its place in the sentence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal as OneWord
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Span:
    """Where something stands: line and column, counted from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Ref:
    """A fact (`name` in its canonical form), or a custom field by the tool's name or id."""

    name: str
    at: Span
    is_field: bool = False


@dataclass(frozen=True, slots=True)
class Literal:
    """A value: text, number, truth or day. `quoted` text is never taken for a fact."""

    value: str | float | bool | date
    at: Span
    quoted: bool = False
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Today:
    """The day of the assessment in the PMO's time zone."""

    at: Span


@dataclass(frozen=True, slots=True)
class Param:
    """A standard's parameter, by name; resolving replaces it by its value."""

    name: str
    at: Span


@dataclass(frozen=True, slots=True)
class Share:
    """`percent` of another fact's value."""

    percent: Literal | Param
    of: Ref
    at: Span


Operand: TypeAlias = Literal | Today | Param | Ref | Share


@dataclass(frozen=True, slots=True)
class And:
    """True when all parts are."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """True when any part is."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """True when its part is false."""

    part: Condition


@dataclass(frozen=True, slots=True)
class Truth:
    """A yes/no fact by itself."""

    left: Ref


@dataclass(frozen=True, slots=True)
class Compare:
    """`op` is one of = != < <= > >=; before and after are < and >."""

    left: Ref
    op: str
    right: Operand


@dataclass(frozen=True, slots=True)
class OneOf:
    """`left in (…)`; its negation is `Not`, since membership is never unknown for known facts."""

    left: Ref
    values: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Empty:
    """The tool says that there is none."""

    left: Ref


@dataclass(frozen=True, slots=True)
class Contains:
    """Text within text, or within an entry of a list; `how`: where, or as which pattern."""

    left: Ref
    right: Operand
    how: OneWord["contains", "like", "starts", "ends"] = "contains"


@dataclass(frozen=True, slots=True)
class Age:
    """`older than` (back from today) or `within` (from today on) so many units."""

    left: Ref
    amount: Literal | Param
    unit: str | None
    ahead: bool
    at: Span


@dataclass(frozen=True, slots=True)
class Apart:
    """How far the days of two facts are apart: within so many units, either way, or more than so
    many before or after the other."""

    left: Ref
    amount: Literal | Param
    unit: str | None
    how: OneWord["within", "before", "after"]
    other: Ref
    at: Span


@dataclass(frozen=True, slots=True)
class Quantified:
    """`any`, `all` or `no` related record for which `condition` holds."""

    quantifier: str
    relation: str
    condition: Condition
    at: Span


@dataclass(frozen=True, slots=True)
class Count:
    """How many related records, or records with the same value of `per`, meet `condition`; or
    which share of them (0 to 100), or what a fact of those that do adds up to."""

    relation: str | None
    per: Ref | None
    condition: Condition
    op: str
    amount: Literal | Param
    at: Span
    kind: OneWord["count", "share", "sum"] = "count"
    of: Ref | None = None


@dataclass(frozen=True, slots=True)
class Moved:
    """A fact was changed (with `later`: put off) so many times or more."""

    left: Ref
    later: bool
    amount: Literal | Param
    at: Span


Condition: TypeAlias = (
    And
    | Or
    | Not
    | Truth
    | Compare
    | OneOf
    | Empty
    | Contains
    | Age
    | Apart
    | Quantified
    | Count
    | Moved
)


def children(condition: Condition) -> tuple[Condition, ...]:
    """The conditions about the same subject that a condition is made of."""
    if isinstance(condition, (And, Or)):
        return condition.parts
    return (condition.part,) if isinstance(condition, Not) else ()


def surely_empty(condition: Condition, *, holds: bool = True) -> frozenset[Ref]:
    """The facts that must be empty where a condition holds, or with `holds` false does not; each
    stands without its place."""
    if isinstance(condition, Not):
        return surely_empty(condition.part, holds=not holds)
    if isinstance(condition, (And, Or)):
        found = [surely_empty(part, holds=holds) for part in condition.parts]
        every = isinstance(condition, And) == holds
        return frozenset.union(*found) if every else frozenset.intersection(*found)
    if holds and isinstance(condition, Empty):
        return frozenset((replace(condition.left, at=Span(1, 1)),))
    return frozenset()


def on_related(condition: Condition) -> Iterator[Quantified | Count]:
    """The conditions on related records that it has, those within such conditions included."""
    for part in children(condition):
        yield from on_related(part)
    if isinstance(condition, (Quantified, Count)):
        yield condition
        yield from on_related(condition.condition)


def related(condition: Condition) -> int:
    """How many conditions on related records it has, those within such conditions included."""
    return sum(1 for _ in on_related(condition))


def refs(condition: Condition) -> Iterator[Ref]:  # noqa: C901  # one case a kind
    """The facts of the subject itself that a condition reads, in the order of the sentence."""
    for part in children(condition):
        yield from refs(part)
    if isinstance(condition, (And, Or, Not, Quantified)):
        return
    if isinstance(condition, Count):
        if condition.per is not None:
            yield condition.per
        return
    yield condition.left
    if isinstance(condition, Apart):
        yield condition.other
    operands: tuple[Operand, ...] = ()
    if isinstance(condition, OneOf):
        operands = condition.values
    elif isinstance(condition, (Compare, Contains)):
        operands = (condition.right,)
    for operand in operands:
        if isinstance(operand, Ref):
            yield operand
        elif isinstance(operand, Share):
            yield operand.of
