"""What is said of related tasks: some, all or none of them, how many, which share, and sums.

Where a condition is unknown of some of them, the true number lies between two bounds; the answer
is known if both give it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import eq, ge, gt, le, lt, ne
from typing import Any

import sqlalchemy as sa

from sync_engine.rules.dialect import Column, Truth
from sync_engine.rules.joins import count_if, count_unknown
from sync_engine.rules.sources import NULL, Source, guarded
from sync_engine.rules.syntax import Condition, Count, Literal, Quantified

ORDER = {"=": eq, "!=": ne, "<": lt, "<=": le, ">": gt, ">=": ge}
Compile = Callable[[Condition, Source], Truth]


def quantified(condition: Quantified, source: Source, compiled: Compile) -> Truth:
    """Whether any, all or none of the related tasks meet a condition."""
    every = condition.quantifier == "all"

    def measures(related: Source) -> Mapping[str, Column]:
        answer = compiled(condition.condition, related)
        holds = sa.not_(answer) if every else answer
        return {"yes": count_if(holds), "unknown": count_unknown(holds)}

    sums, known = source.tally(condition.relation, measures)
    found = sa.case((sums["yes"] > 0, sa.true()), (sums["unknown"] > 0, NULL), else_=sa.false())
    return guarded(known, found if condition.quantifier == "any" else sa.not_(found))


def tallied(condition: Count, source: Source, compiled: Compile) -> Truth:
    """A count, share or sum compared with a number."""
    low, high, known = _counted(condition, source, compiled)
    amount: Any = condition.amount.value if isinstance(condition.amount, Literal) else None
    op = ORDER[condition.op]
    if condition.op in ("=", "!="):
        settled = sa.case(
            (sa.and_(low == amount, high == amount), sa.true()),
            (sa.or_(low > amount, high < amount), sa.false()),
            else_=NULL,
        )
        return guarded(known, settled if condition.op == "=" else sa.not_(settled))
    answer = sa.case(
        (sa.and_(op(low, amount), op(high, amount)), sa.true()),
        (sa.not_(sa.or_(op(low, amount), op(high, amount))), sa.false()),
        else_=NULL,
    )
    return guarded(known, answer)


def measured(condition: Count, source: Source, compiled: Compile) -> tuple[Column, Column]:
    """The least and the most that a count, share or sum may be; NULL where nobody can say."""
    low, high, known = _counted(condition, source, compiled)
    if known is None:
        return low, high
    return sa.case((known, low)), sa.case((known, high))


def _counted(
    condition: Count, source: Source, compiled: Compile
) -> tuple[Column, Column, Truth | None]:
    """The bounds of the true number, and whether the relation is known."""

    def measures(related: Source) -> Mapping[str, Column]:
        holds = compiled(condition.condition, related)
        if condition.of is not None:
            return _summed(condition, holds, related)
        found = {"yes": count_if(holds), "unknown": count_unknown(holds)}
        return {**found, "all": sa.func.count()} if condition.kind == "share" else found

    if condition.per is not None:
        sums, known = source.peers(condition.per, measures)
    else:
        sums, known = source.tally(condition.relation or "", measures)
    return *_bounds(condition, sums), known


def _bounds(condition: Count, sums: Mapping[str, Column]) -> tuple[Column, Column]:
    if condition.kind == "sum":
        bounded = sums["unbounded"] == 0
        return sa.case((bounded, sums["low"])), sa.case((bounded, sums["high"]))
    low, high = sums["yes"], sums["yes"] + sums["unknown"]
    if condition.kind == "count":
        return low, high
    some = sums["all"] > 0  # no share of nothing
    return sa.case((some, low * 100.0 / sums["all"])), sa.case((some, high * 100.0 / sums["all"]))


def _summed(condition: Count, holds: Truth, related: Source) -> dict[str, Column]:
    """The least and the most that it may be, and how many values nobody can tell.

    A task without a value adds nothing.
    """
    if condition.of is None:
        raise TypeError("nothing to add up")
    value = related.value(condition.of)
    number = sa.func.coalesce(value.expr, 0)
    untold: Truth = value.expr.is_(None) if value.null == "unknown" else sa.false()
    if value.known is not None:
        untold = sa.or_(untold, sa.not_(sa.func.coalesce(value.known, sa.false())))
    surely, surely_not = holds, sa.not_(holds)

    def bound(least: bool) -> Column:
        possible = number < 0 if least else number > 0
        counted = sa.case((surely, number), (surely_not, 0), (possible, number), else_=0)
        return sa.func.sum(counted)

    unbounded = sa.case((surely_not, 0), (untold, 1), else_=0)
    return {"low": bound(True), "high": bound(False),
            "unbounded": sa.func.sum(unbounded, type_=sa.Integer())}  # fmt: skip
