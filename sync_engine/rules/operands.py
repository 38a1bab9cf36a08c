"""The values in a condition: each made the type that its fact needs, each parameter its value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from sync_engine.rules.facts import Fact
from sync_engine.rules.language import LanguageError, words_of
from sync_engine.rules.syntax import Literal, Operand, Param, Today
from sync_engine.settings.nearest import nearest

NUMBERS = ("number", "minutes", "percent")
TEXTS = ("text", "list", "person", "people")
MANY = ("list", "people")
MINUTES = {"minutes": 1, "hours": 60, "days": 8 * 60, "weeks": 5 * 8 * 60}
"""Effort in minutes: a day of work is eight hours, a week five days."""

FIELD = Fact(name="field", subject="task", type="list", meaning="A custom field.")
"""What a custom field counts as: it may hold one value or several, of any type."""


@dataclass(frozen=True, slots=True)
class ParamValue:
    """A parameter's value and type as its standard declares it."""

    value: Any
    type: str


@dataclass(frozen=True, slots=True)
class Scope:
    """What names mean in one condition."""

    subject: str
    params: Mapping[str, ParamValue] = field(default_factory=dict)
    linked: bool = False
    nested: bool = False


def constant(operand: Operand, fact: Fact, scope: Scope) -> Operand:
    """A value of the fact's type: `Literal` or `Today`."""
    if isinstance(operand, Param):
        return _coerced(_param(operand, scope), fact)
    if isinstance(operand, Today):
        if fact.type not in ("day", "instant") and fact is not FIELD:
            raise LanguageError(f'"today" is a day; this needs {article(fact.type)}', operand.at)
        return operand
    if not isinstance(operand, Literal):
        raise LanguageError("a value must stand here", operand.at)
    return _coerced(operand, fact)


def _coerced(literal: Literal, fact: Fact) -> Literal:  # noqa: C901, PLR0911  # one case a type
    value = literal.value
    if (
        isinstance(value, str)
        and not literal.quoted
        and value.casefold() in ("null", "none", "nil")
    ):
        raise LanguageError('nothing equals nothing; write "is empty"', literal.at)
    if literal.unit and fact.type != "minutes":
        raise LanguageError(f"{article(fact.type)} has no unit; write the number alone", literal.at)
    if fact is FIELD:
        return literal
    if fact.type in TEXTS:
        return replace(literal, value=_as_text(literal), quoted=True)
    if fact.type == "word":
        return _word(literal, fact)
    if fact.type == "yes/no" and isinstance(value, bool):
        return literal
    if fact.type in ("day", "instant") and isinstance(value, date):
        return literal
    if fact.type in NUMBERS:
        if isinstance(value, str) and isinstance(fact.words, Mapping):
            found = fact.words.get(words_of(value))
            if found is None:
                raise LanguageError(
                    f'there is no {fact.shown} "{value}"{nearest(value, fact.words)}; '
                    f"known: {', '.join(fact.words)}",
                    literal.at,
                )
            return replace(literal, value=float(found))
        if isinstance(value, float):
            return _effort(literal, fact)
    raise LanguageError(
        f'"{_as_text(literal)}" is not {article(fact.type)}, which "{fact.shown}" needs',
        literal.at,
    )


def _effort(literal: Literal, fact: Fact) -> Literal:
    if fact.type != "minutes":
        return literal
    if literal.unit is None and literal.value != 0:
        raise LanguageError("effort needs a unit: minutes, hours, days or weeks", literal.at)
    factor = MINUTES.get(literal.unit or "minutes")
    if factor is None or not isinstance(literal.value, float):
        raise LanguageError("write effort in minutes, hours, days or weeks", literal.at)
    return replace(literal, value=literal.value * factor, unit=None)


def _word(literal: Literal, fact: Fact) -> Literal:
    word = words_of(_as_text(literal))
    if word not in fact.words:
        raise LanguageError(
            f'there is no {fact.shown} "{_as_text(literal)}"{nearest(word, fact.words)}; '
            f"known: {', '.join(fact.words)}",
            literal.at,
        )
    return replace(literal, value=word)


def _as_text(literal: Literal) -> str:
    value = literal.value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    return value.isoformat() if isinstance(value, date) else value


def number(amount: Literal | Param, scope: Scope) -> Literal:
    literal = _param(amount, scope) if isinstance(amount, Param) else amount
    if isinstance(literal.value, bool) or not isinstance(literal.value, (int, float)):
        raise LanguageError("a number must stand here", amount.at)
    return replace(literal, value=float(literal.value), unit=None)


def declared(param: Param, scope: Scope) -> ParamValue:
    if param.name not in scope.params:
        raise LanguageError(
            f'there is no parameter ":{param.name}"{nearest(param.name, scope.params)}', param.at
        )
    return scope.params[param.name]


def _param(param: Param, scope: Scope) -> Literal:
    given = declared(param, scope)
    value = given.value
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    unit = given.type if given.type in MINUTES and number else None
    return Literal(float(value) if number else value, param.at, quoted=True, unit=unit)


def article(kind: str) -> str:
    return {
        "instant": "an instant", "people": "a list of people", "minutes": "an effort",
        "approval": "an approval", "yes/no": "a yes/no fact",
    }.get(kind, f"a {kind}")  # fmt: skip
