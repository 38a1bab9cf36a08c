"""Conditions as a person reads them, one subject at a time, with three answers.

Written from the documented rules; it shares the syntax with the compiler, and nothing else.
"""

from __future__ import annotations

import fnmatch
import re
from datetime import date, datetime, timedelta
from typing import Any

from sync_engine.rules.syntax import (
    Age,
    And,
    Apart,
    Compare,
    Contains,
    Count,
    Empty,
    Not,
    OneOf,
    Or,
    Quantified,
    Ref,
    Share,
    Today,
    Truth,
)  # fmt: skip
from tests.planted.days import Days


class Reading:
    """Reads conditions the way the documentation says; what facts are is said by who derives."""

    def __init__(self, days: Days) -> None:
        self.days = days

    def value(self, row: Any, name: str) -> tuple[bool, Any]:
        """Whether a fact is known, and its value."""
        raise NotImplementedError

    def field(self, row: Any, name: str) -> tuple[bool, list[Any]]:
        """Whether a custom field is known, and its values."""
        raise NotImplementedError

    def related(self, row: Any, relation: str) -> list[Any] | None:
        """The related records; None where nobody knows them."""
        raise NotImplementedError

    def says(self, c: Any, row: Any) -> bool | None:
        """The answer for one subject."""
        match c:
            case And(parts):
                answers = [self.says(part, row) for part in parts]
                return False if False in answers else None if None in answers else True
            case Or(parts):
                answers = [self.says(part, row) for part in parts]
                return True if True in answers else None if None in answers else False
            case Not(part):
                answer = self.says(part, row)
                return None if answer is None else not answer
            case Quantified() | Count():
                return self._of_related(c, row)
            case _ if c.left.is_field:
                return self._of_field(c, row)
            case _:
                known, value = self.value(row, c.left.name)
                return self._leaf(c, row, value) if known else None

    def _leaf(self, node: object, row: Any, value: Any) -> bool | None:  # noqa: C901, PLR0911
        c: Any = node
        match c:
            case Truth():
                return None if value is None else bool(value)
            case Empty():
                return value in (None, [])
            case OneOf(values=values):
                return any(self._equal(value, self._constant(v)) for v in values)
            case Contains(right=right, how=how):
                texts = value if isinstance(value, list) else [] if value is None else [value]
                return any(holds(how, low(text), low(plain(right))) for text in texts)
            case Apart():
                return self._apart(c, row, value)
            case Age():
                return None if value is None else self._aged(c, value)
            case Compare(op=op, right=Ref() | Share() as right):
                ref = right.of if isinstance(right, Share) else right
                known, other = self.value(row, ref.name)
                if not known:
                    return None
                if isinstance(right, Share) and other is not None:
                    other = other * plain(right.percent) / 100.0
                return compared(op, value, other)
            case Compare(op=op, right=right):
                day = self.days.day_of(value) if isinstance(value, datetime) else value
                return self._against(op, day, self._constant(right))
            case _:
                raise TypeError(c)

    def _against(self, op: str, value: Any, other: Any) -> bool | None:
        if op in ("=", "!="):
            return self._equal(value, other) is (op == "=")
        return compared(op, value, other)

    def _constant(self, operand: Any) -> Any:
        return self.days.today if isinstance(operand, Today) else operand.value

    @staticmethod
    def _equal(value: Any, other: Any) -> bool:
        if isinstance(value, list):
            return any(low(each) == low(other) for each in value)
        if isinstance(value, str) and isinstance(other, str):
            return low(value) == low(other)
        return bool(value == other)

    def _aged(self, c: Age, when: date | datetime) -> bool:
        amount, unit, now = plain(c.amount), str(c.unit), self.days.now
        if unit in ("minutes", "hours"):
            assert isinstance(when, datetime)
            distance = timedelta(**{unit: amount})
            return now <= when <= now + distance if c.ahead else when < now - distance
        day, today = self.days.day_of(when) if isinstance(when, datetime) else when, self.days.today
        if c.ahead:
            return today <= day <= self.days.farthest(amount, unit)
        return day < self.days.oldest(amount, unit)

    def _apart(self, c: Apart, row: Any, value: Any) -> bool | None:
        known, other = self.value(row, c.other.name)
        if not known or other is None or value is None:
            return None
        day, from_ = (self.days.day_of(v) if isinstance(v, datetime) else v for v in (value, other))
        unit = str(c.unit)
        count = plain(c.amount) * (7 if unit == "weeks" else 1)
        distance = self.days.between(min(day, from_), max(day, from_), unit)
        distance *= 1 if day > from_ else -1
        if c.how == "within":
            return bool(abs(distance) <= count)
        return bool((distance if c.how == "after" else -distance) > count)

    def _of_field(self, c: Any, row: Any) -> bool | None:
        known, values = self.field(row, c.left.name)
        if not known:
            return None
        values = ["yes" if v is True else "no" if v is False else v for v in values]
        match c:
            case Empty():
                return not values
            case OneOf(values=options):
                return any(alike(v, plain(o)) for v in values for o in options)
            case Contains(right=right, how=how):
                wanted = low(plain(right))
                return any(isinstance(v, str) and holds(how, low(v), wanted) for v in values)
            case Compare(op="=" | "!=" as op, right=right):
                return any(alike(v, plain(right)) for v in values) is (op == "=")
            case Compare(op=op, right=right):
                kind = [
                    v for v in values if isinstance(v, float) == isinstance(plain(right), float)
                ]
                return any(compared(op, v, plain(right)) for v in kind) if kind else None
            case _:
                raise TypeError(c)

    def _of_related(self, c: Any, row: Any) -> bool | None:
        others = self.related(row, c.relation)
        if others is None:
            return None
        answers = [self.says(c.condition, other) for other in others]
        if isinstance(c, Count):
            bounds = self._bounds(c, others, answers)
            return None if bounds is None else self._between(c.op, *bounds, plain(c.amount))
        if c.quantifier == "all":
            answers = [None if a is None else not a for a in answers]
        found = True if True in answers else None if None in answers else False
        return found if c.quantifier == "any" or found is None else not found

    def _bounds(
        self, c: Count, others: list[Any], answers: list[bool | None]
    ) -> tuple[float, float] | None:
        """The least and the most that a count, share or sum may be; None: anything."""
        if c.of is not None:
            low = high = 0
            for other, answer in zip(others, answers, strict=True):
                if answer is not False:
                    known, value = self.value(other, c.of.name)
                    if not known:
                        return None
                    low += (value or 0) if answer else min(value or 0, 0)
                    high += (value or 0) if answer else max(value or 0, 0)
            return low, high
        low, high = answers.count(True), len(answers) - answers.count(False)
        if c.kind == "count":
            return low, high
        return (low * 100.0 / len(answers), high * 100.0 / len(answers)) if answers else None

    def _between(self, op: str, low: float, high: float, amount: float) -> bool | None:
        if op in ("=", "!=") and low < amount < high:
            return None
        ends = {compared(op, low, amount), compared(op, high, amount)}
        return ends.pop() if len(ends) == 1 else None


def holds(how: str, text: str, wanted: str) -> bool:
    """Text within text, at its beginning or end, or as a pattern."""
    match how:
        case "starts":
            return text.startswith(wanted)
        case "ends":
            return text.endswith(wanted)
        case "like":
            return re.fullmatch(fnmatch.translate(wanted.replace("[", "[[]")), text) is not None
        case _:
            return wanted in text


def compared(op: str, value: Any, other: Any) -> bool | None:
    """Two values of one kind; nothing is ordered against nothing."""
    if op in ("=", "!="):
        return (value == other) is (op == "=")
    if value is None or other is None:
        return None
    answers: dict[str, bool] = {"<": value < other, "<=": value <= other, ">": value > other,
            ">=": value >= other}  # fmt: skip
    return answers[op]


def alike(value: Any, option: Any) -> bool:
    """A custom field's value and a word or number of the sentence; a tick is the word "yes"."""
    if isinstance(option, bool):
        option = "yes" if option else "no"
    if isinstance(value, str) and isinstance(option, str):
        return low(value) == low(option)
    return isinstance(value, float) and isinstance(option, float) and value == option


def plain(operand: Any) -> Any:
    """The value that stands in the sentence."""
    return operand.value


def low(text: Any) -> str:
    """A to Z made small, and nothing else."""
    return "".join(chr(ord(c) + 32) if "A" <= c <= "Z" else c for c in str(text))
