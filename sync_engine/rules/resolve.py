"""Making sense of a condition: each name a fact of its subject, each value of the fact's type,
each parameter its value. What comes out can be compiled as it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from sync_engine.rules import facts
from sync_engine.rules.facts import Fact
from sync_engine.rules.language import LanguageError, words_of
from sync_engine.rules.syntax import (
    Age,
    And,
    Compare,
    Condition,
    Contains,
    Count,
    Empty,
    Literal,
    Moved,
    Not,
    OneOf,
    Operand,
    Or,
    Param,
    Quantified,
    Ref,
    Share,
    Today,
    Truth,
)
from sync_engine.settings.nearest import nearest

NUMBERS = ("number", "minutes", "percent")
TEXTS = ("text", "list", "person", "people")
MANY = ("list", "people")
MINUTES = {"minutes": 1, "hours": 60, "days": 8 * 60, "weeks": 5 * 8 * 60}
"""Effort in minutes: a day of work is eight hours, a week five days."""

FIELD = Fact(name="field", subject="task", type="list", meaning="A custom field.")
"""What a custom field counts as: it may hold one value or several, of any type."""

_MOVES = {"due": ("due_moves", "due_pushes"), "owner": ("reassignments", None)}


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


def resolve(
    condition: Condition, subject: str, params: Mapping[str, ParamValue] | None = None
) -> Condition:
    """The condition with every name found and every value checked. Raises `LanguageError`."""
    return _condition(condition, Scope(subject, params or {}))


def fact_of(ref: Ref, scope: Scope) -> Fact:
    """The fact that a reference names."""
    if ref.is_field:
        if scope.subject not in ("task", "project"):
            raise LanguageError(
                f"a {scope.subject} has no custom fields; tasks and projects have", ref.at
            )
        return FIELD
    found = facts.find(scope.subject, ref.name, linked=scope.linked)
    if found is not None:
        return found
    shown = ref.name.replace("_", " ")
    if others := facts.subjects_with(ref.name):
        raise LanguageError(
            f'"{shown}" is a fact of a {" or ".join(others)}, not of a {scope.subject}', ref.at
        )
    hint = nearest(shown, facts.words_of(scope.subject))
    raise LanguageError(f'a {scope.subject} has no fact "{shown}"{hint}', ref.at)


def _condition(condition: Condition, scope: Scope) -> Condition:  # noqa: PLR0911  # one case a kind
    match condition:
        case And(parts):
            return And(tuple(_condition(part, scope) for part in parts))
        case Or(parts):
            return Or(tuple(_condition(part, scope) for part in parts))
        case Not(part):
            return Not(_condition(part, scope))
        case Quantified() | Count():
            return _about_others(condition, scope)
        case Moved():
            return _moved(condition, scope)
        case Truth(left):
            fact = fact_of(left, scope)
            if fact.type != "yes/no":
                raise LanguageError(
                    f'"{_shown(left)}" is not a yes/no fact; compare it, as in: '
                    f"{_shown(left)} is not empty",
                    left.at,
                )
            return Truth(_named(left, fact))
        case Empty(left):
            return Empty(_named(left, fact_of(left, scope)))
        case _:
            return _comparison(condition, scope)


def _comparison(condition: Compare | OneOf | Contains | Age, scope: Scope) -> Condition:
    fact = fact_of(condition.left, scope)
    left = _named(condition.left, fact)
    match condition:
        case OneOf(values=values):
            return OneOf(left, tuple(_constant(each, fact, scope) for each in values))
        case Contains(right=right):
            if fact.type not in ("text", *MANY):
                raise LanguageError(
                    f'"contains" is for text and lists; "{_shown(left)}" is a {fact.type}', left.at
                )
            value = _constant(right, replace(fact, type="text"), scope)
            if isinstance(value, Literal) and value.value == "":
                raise LanguageError('"contains" needs at least one character', value.at)
            return Contains(left, value)
        case Age():
            return _age(replace(condition, left=left), fact, scope)
        case Compare(op=op, right=right):
            return _compare(left, fact, op, right, scope)


def _compare(left: Ref, fact: Fact, op: str, right: Operand, scope: Scope) -> Condition:
    if (
        op not in ("=", "!=")
        and fact is not FIELD
        and fact.type in ("text", "word", "yes/no", *TEXTS)
    ):
        raise LanguageError(
            f'"{op}" orders numbers and days; "{_shown(left)}" is {_article(fact.type)}', left.at
        )
    other = _other_fact(right, fact, scope)
    if other is not None:
        return Compare(left, op, other)
    return Compare(left, op, _constant(right, fact, scope))


def _other_fact(  # noqa: C901, PLR0911  # a list of exceptions
    right: Operand, fact: Fact, scope: Scope
) -> Operand | None:
    """The right side as a fact, where it is one."""
    if isinstance(right, Share):
        other = fact_of(right.of, scope)
        percent = _number(right.percent, scope)
        if fact.type not in NUMBERS or other.type != fact.type:
            raise LanguageError(
                f'a share compares facts of one kind of number; "{_shown(right.of)}" is '
                f"{_article(other.type)}",
                right.at,
            )
        return Share(percent, _named(right.of, other), right.at)
    if isinstance(right, Ref):
        raise LanguageError("a custom field can only stand on the left side", right.at)
    if not isinstance(right, Literal) or right.quoted or not isinstance(right.value, str):
        return None
    if fact.type == "word" and words_of(right.value) in fact.words:
        return None
    if fact.type == "number" and words_of(right.value) in fact.words:
        return None
    other_fact = facts.find(scope.subject, words_of(right.value), linked=scope.linked)
    if other_fact is None:
        return None
    if fact is FIELD or fact.type in MANY or other_fact.type in MANY:
        if fact is FIELD or fact.type in MANY:
            return None  # a label may well be called like a fact
        raise LanguageError(
            f'"{right.value}" has several values; put it on the left side', right.at
        )
    same = other_fact.type == fact.type or {other_fact.type, fact.type} <= {"text", "word"}
    if not same:
        if fact.type in TEXTS:
            return None
        raise LanguageError(
            f'"{_shown(Ref(fact.name, right.at))}" is {_article(fact.type)}, '
            f'"{right.value}" is {_article(other_fact.type)}; they cannot be compared',
            right.at,
        )
    return Ref(other_fact.name, right.at)


def _constant(operand: Operand, fact: Fact, scope: Scope) -> Operand:
    """A value of the fact's type: `Literal` or `Today`."""
    if isinstance(operand, Param):
        return _coerced(_param(operand, scope), fact)
    if isinstance(operand, Today):
        if fact.type not in ("day", "instant") and fact is not FIELD:
            raise LanguageError(f'"today" is a day; this needs {_article(fact.type)}', operand.at)
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
        raise LanguageError(
            f"{_article(fact.type)} has no unit; write the number alone", literal.at
        )
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
        f'"{_as_text(literal)}" is not {_article(fact.type)}, which "{fact.shown}" needs',
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


def _age(condition: Age, fact: Fact, scope: Scope) -> Age:
    if fact.type not in ("day", "instant") and fact is not FIELD:
        raise LanguageError(
            f'only days and instants have an age; "{fact.shown}" is {_article(fact.type)}',
            condition.left.at,
        )
    unit = condition.unit
    if isinstance(condition.amount, Param):
        declared = _declared(condition.amount, scope).type
        if declared not in ("number", "count") and unit is None:
            unit = declared
        elif unit is not None and declared not in ("number", "count", unit):
            raise LanguageError(
                f":{condition.amount.name} is declared in {declared}; leave out the unit",
                condition.at,
            )
    if unit not in ("minutes", "hours", "days", "working days", "weeks"):
        raise LanguageError(
            "an age needs a unit: minutes, hours, days, working days or weeks", condition.at
        )
    if unit in ("minutes", "hours") and fact.type != "instant":
        raise LanguageError(f'"{fact.shown}" is a day; count it in days or weeks', condition.at)
    amount = _number(condition.amount, scope)
    limit = {"minutes": 5_000_000, "hours": 90_000}.get(unit, 4_000)
    if not 0 <= float(str(amount.value)) <= limit:
        raise LanguageError(f"an age lies between 0 and {limit} {unit}", amount.at)
    if unit == "working days" and amount.value != int(float(str(amount.value))):
        raise LanguageError("working days are counted whole", amount.at)
    return replace(condition, amount=amount, unit=unit)


def _number(amount: Literal | Param, scope: Scope) -> Literal:
    literal = _param(amount, scope) if isinstance(amount, Param) else amount
    if isinstance(literal.value, bool) or not isinstance(literal.value, (int, float)):
        raise LanguageError("a number must stand here", amount.at)
    return replace(literal, value=float(literal.value), unit=None)


def _declared(param: Param, scope: Scope) -> ParamValue:
    if param.name not in scope.params:
        raise LanguageError(
            f'there is no parameter ":{param.name}"{nearest(param.name, scope.params)}', param.at
        )
    return scope.params[param.name]


def _param(param: Param, scope: Scope) -> Literal:
    declared = _declared(param, scope)
    value = declared.value
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    unit = declared.type if declared.type in MINUTES and number else None
    return Literal(float(value) if number else value, param.at, quoted=True, unit=unit)


def _moved(condition: Moved, scope: Scope) -> Condition:
    fact = fact_of(condition.left, scope)
    either, later = _MOVES.get(fact.name, (None, None)) if scope.subject == "task" else (None, None)
    name = later if condition.later else either
    if name is None:
        raise LanguageError(
            f'how often "{fact.shown}" moved is not kept; "due date" and "owner" are',
            condition.left.at,
        )
    return Compare(Ref(name, condition.left.at), ">=", _number(condition.amount, scope))


def _about_others(condition: Quantified | Count, scope: Scope) -> Condition:
    if scope.nested:
        raise LanguageError("conditions on related records cannot be nested", condition.at)
    if isinstance(condition, Count):
        condition = replace(condition, amount=_number(condition.amount, scope))
        if condition.per is not None:
            fact = fact_of(condition.per, scope)
            if scope.subject != "task" or fact.name not in ("owner", "project"):
                raise LanguageError(
                    'tasks can be counted per "owner" or "project"', condition.per.at
                )
            per = _named(condition.per, fact)
            inner = _condition(condition.condition, replace(scope, nested=True))
            return replace(condition, condition=inner, per=per)
    relation = condition.relation or ""
    if relation not in facts.RELATED_TO[scope.subject]:
        known = " or ".join(r.replace("_", " ") for r in facts.RELATED_TO[scope.subject]) or "none"
        raise LanguageError(
            f"a {scope.subject} has no {relation.replace('_', ' ')}; it has: {known}", condition.at
        )
    inside = Scope("task", scope.params, linked=relation == "linked_task", nested=True)
    return replace(condition, condition=_condition(condition.condition, inside))


def _named(ref: Ref, fact: Fact) -> Ref:
    return ref if ref.is_field else replace(ref, name=fact.name)


def _shown(ref: Ref) -> str:
    return ref.name.replace("_", " ")


def _article(kind: str) -> str:
    return {"instant": "an instant", "people": "a list of people", "minutes": "an effort"}.get(
        kind, f"a {kind}"
    )
