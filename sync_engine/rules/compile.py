"""A condition in SQL: an expression that is true, false, or NULL for "unknown".

SQL's own AND, OR and NOT are Kleene's on both databases; all care goes into the leaves, which
must be NULL exactly where the language says that the answer is unknown. Values are always bound.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from operator import eq
from typing import Any, assert_never

import sqlalchemy as sa

from sync_engine.rules import syntax
from sync_engine.rules.aggregates import ORDER, quantified, tallied
from sync_engine.rules.dialect import Column, Truth, ascii_lower, ascii_small, position_of
from sync_engine.rules.distances import apart
from sync_engine.rules.sources import NULL, Source, Value, both, guarded
from sync_engine.rules.syntax import (
    Age,
    And,
    Apart,
    Compare,
    Condition,
    Contains,
    Count,
    Empty,
    Literal,
    Moved,
    Not,
    OneOf,
    Or,
    Param,
    Quantified,
    Ref,
    Share,
    Today,
)


def compiled(condition: Condition, source: Source) -> Truth:  # noqa: C901, PLR0911, PLR0912  # one case a kind
    """The three-valued truth of a resolved condition for each row of a source."""
    match condition:
        case And(parts):
            return sa.and_(*(compiled(part, source) for part in parts))
        case Or(parts):
            return sa.or_(*(compiled(part, source) for part in parts))
        case Not(part):
            return sa.not_(compiled(part, source))
        case syntax.Truth(left):
            value = source.value(left)
            return guarded(value.known, value.expr)
        case Empty(left):
            return _empty(source.value(left))
        case OneOf(left, values):
            return _one_of(source.value(left), [_constant(each, source) for each in values], source)
        case Contains(left, right, how):
            return _contains(source.value(left), _constant(right, source), how)
        case Compare():
            return _compare(condition, source)
        case Age():
            return _age(condition, source)
        case Apart():
            return apart(condition, source)
        case Quantified():
            return quantified(condition, source, compiled)
        case Count():
            return tallied(condition, source, compiled)
        case Moved():
            raise TypeError("a condition must be resolved before it is compiled")
        case _:
            assert_never(condition)


def _empty(value: Value) -> Truth:
    if value.rows is not None:
        filled = value.rows.any(
            sa.or_(value.rows.text.is_not(None), value.rows.number.is_not(None))
        )
        return guarded(value.known, sa.not_(filled))
    if value.null == "unknown":
        return guarded(value.known, sa.case((value.expr.is_not(None), sa.false()), else_=NULL))
    return guarded(value.known, value.expr.is_(None))


def _constant(operand: Any, source: Source) -> Any:
    """The plain value of a literal or of today."""
    if isinstance(operand, Today):
        return source.frame.moment.today
    if isinstance(operand, (Literal, Param)):
        return operand.value if isinstance(operand, Literal) else None
    raise TypeError(f"{operand!r} is no constant")


def _text_equals(expr: Column, value: str) -> Truth:
    return ascii_lower(expr).is_not_distinct_from(ascii_small(value))


def _one_of(value: Value, constants: list[Any], source: Source) -> Truth:
    if value.type in ("word", "number", "minutes", "percent") and not value.names:
        found = value.expr.in_(constants)
        return guarded(value.known, found if value.null == "unknown" else _settled(found, value))
    return sa.or_(*(_equals(value, constant, source) for constant in constants))


def _settled(answer: Truth, value: Value) -> Truth:
    """An answer about a value that may be empty: then it is no."""
    return sa.func.coalesce(answer, sa.false(), type_=sa.Boolean()) if _nullable(value) else answer


def _nullable(value: Value) -> bool:
    return bool(getattr(value.expr, "nullable", True))


def _equals(value: Value, constant: Any, source: Source) -> Truth:
    """`=` with a constant, safe with empty."""
    if value.rows is not None:
        return guarded(value.known, value.rows.any(_field_holds(value, eq, constant)))
    if value.any is not None:
        return guarded(value.known, value.any(partial(_text_equals, value=str(constant))))
    if value.type == "instant":
        start, end = source.frame.moment.span_of(constant)
        within = sa.and_(value.expr >= start, value.expr < end)
        return guarded(value.known, within if value.null == "unknown" else _settled(within, value))
    if value.type in ("text", "person"):
        texts = value.names or (value.expr,)
        return guarded(value.known, sa.or_(*(_text_equals(each, constant) for each in texts)))
    if value.null == "unknown":
        return guarded(value.known, value.expr == constant)
    return guarded(value.known, value.expr.is_not_distinct_from(constant))


def _field_holds(value: Value, op: Any, constant: Any) -> Truth:
    rows = value.rows
    if rows is None:
        raise TypeError("not a custom field")
    if isinstance(constant, bool):
        return op(ascii_lower(rows.text), "yes" if constant else "no")  # type: ignore[no-any-return]
    if isinstance(constant, float):
        return op(rows.number, constant)  # type: ignore[no-any-return]
    if isinstance(constant, date):
        return op(sa.func.substr(rows.text, 1, 10), constant.isoformat())  # type: ignore[no-any-return]
    return op(ascii_lower(rows.text), ascii_small(constant))  # type: ignore[no-any-return]


def _pattern(text: str, how: str) -> str:
    """What SQL calls it: only `*` and `?` of a pattern stand for others, and nothing else does."""
    plain = "".join(f"\\{c}" if c in "\\%_" else c for c in text)
    if how == "like":
        return plain.replace("*", "%").replace("?", "_")
    return f"{plain}%" if how == "starts" else f"%{plain}"


def _contains(value: Value, constant: Any, how: str) -> Truth:
    def holds(expr: Column) -> Truth:
        found: Truth
        if how == "contains":
            found = position_of(ascii_lower(expr), ascii_small(constant)) > 0
        else:
            found = ascii_lower(expr).like(_pattern(ascii_small(constant), how), escape="\\")
        return found

    if value.rows is not None:
        return guarded(value.known, value.rows.any(holds(value.rows.text)))
    if value.any is not None:
        return guarded(value.known, value.any(holds))
    return guarded(value.known, _settled(holds(value.expr), value))


def _compare(condition: Compare, source: Source) -> Truth:
    left = source.value(condition.left)
    if isinstance(condition.right, (Ref, Share)):
        return _facts(left, condition, source)
    constant = _constant(condition.right, source)
    if condition.op == "=":
        return _equals(left, constant, source)
    if condition.op == "!=":
        return sa.not_(_equals(left, constant, source))
    order = ORDER[condition.op]
    if left.rows is not None:
        return _field_order(left, order, constant)
    if left.type == "instant":
        return guarded(left.known, _instant_order(left.expr, condition.op, constant, source))
    return guarded(left.known, order(left.expr, constant))


def _field_order(left: Value, order: Any, constant: Any) -> Truth:
    """Some value stands so; unknown when no value is of the kind."""
    rows = left.rows
    if rows is None:
        raise TypeError("not a custom field")
    kind = rows.number if isinstance(constant, float) else rows.text
    answer = sa.case(
        (rows.any(_field_holds(left, order, constant)), sa.true()),
        (rows.any(kind.is_not(None)), sa.false()),
        else_=NULL,
    )
    return guarded(left.known, answer)


def _instant_order(expr: Column, op: str, day: date, source: Source) -> Truth:
    """An instant against a day: the day is all its instants in the PMO's time zone."""
    start, end = source.frame.moment.span_of(day)
    answers: dict[str, Truth] = {
        "<": expr < start,
        "<=": expr < end,
        ">": expr >= end,
        ">=": expr >= start,
    }
    return answers[op]


def _facts(left: Value, condition: Compare, source: Source) -> Truth:
    """Fact against fact."""
    if isinstance(condition.right, Share):
        right = source.value(condition.right.of)
        percent = _constant(condition.right.percent, source)
        other: Column = right.expr * sa.literal(percent / 100.0)
    else:
        right = source.value(condition.right)  # type: ignore[arg-type]  # a reference by now
        other = right.expr
    mine = left.expr
    if left.type in ("text", "word"):
        mine, other = ascii_lower(mine), ascii_lower(other)
    known = both(left.known, right.known)
    if condition.op not in ("=", "!="):
        return guarded(known, ORDER[condition.op](mine, other))
    if "unknown" in (left.null, right.null):
        same = mine == other
        if left.null != right.null:  # the one that may be empty settles the answer by being so
            empty = mine if left.null == "empty" else other
            unknown = other if left.null == "empty" else mine
            same = sa.case((unknown.is_(None), NULL), (empty.is_(None), sa.false()), else_=same)
    else:
        same = mine.is_not_distinct_from(other)
    return guarded(known, same if condition.op == "=" else sa.not_(same))


def _age(condition: Age, source: Source) -> Truth:
    moment, value = source.frame.moment, source.value(condition.left)
    count, unit = _constant(condition.amount, source), str(condition.unit)
    if unit in ("minutes", "hours"):
        distance = timedelta(**{unit: count})
        if condition.ahead:
            between = sa.and_(value.expr >= moment.now, value.expr <= moment.now + distance)
            return guarded(value.known, between)
        return guarded(value.known, value.expr < moment.now - distance)
    if not condition.ahead:
        return _on_day(value, "<", moment.day_back(count, unit), source)
    last = moment.day_ahead(count, unit)
    return sa.and_(_on_day(value, ">=", moment.today, source), _on_day(value, "<=", last, source))


def _on_day(value: Value, op: str, day: date, source: Source) -> Truth:
    if value.rows is not None:
        return _field_order(value, ORDER[op], day)
    if value.type == "instant":
        return guarded(value.known, _instant_order(value.expr, op, day, source))
    return guarded(value.known, ORDER[op](value.expr, day))
