"""Making sense of a condition: each name a fact of its subject, each value of the fact's type,
each parameter its value. What comes out can be compiled as it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sync_engine.rules import facts
from sync_engine.rules.facts import Fact
from sync_engine.rules.language import LanguageError, words_of
from sync_engine.rules.operands import (
    FIELD,
    MANY,
    NUMBERS,
    TEXTS,
    ParamValue,
    Scope,
    article,
    constant,
    declared,
    number,
)
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
    Operand,
    Or,
    Param,
    Quantified,
    Ref,
    Share,
    Truth,
)
from sync_engine.settings.nearest import nearest

MOST_STARS = 8
LONGEST = 200
"""Characters of a pattern."""

_MOVES = {"due": ("due_moves", "due_pushes"), "owner": ("reassignments", None)}


def resolve(
    condition: Condition, subject: str, params: Mapping[str, ParamValue] | None = None
) -> Condition:
    """The condition with every name found and every value checked. Raises `LanguageError`."""
    return _condition(condition, Scope(subject, params or {}))


def fact_of(ref: Ref, scope: Scope) -> Fact:
    """The fact that a reference names."""
    if ref.is_field:
        if scope.subject not in ("task", "request", "project"):
            raise LanguageError(
                f"{article(scope.subject)} has no custom fields; tasks and projects have", ref.at
            )
        return FIELD
    found = facts.find(scope.subject, ref.name, linked=scope.linked)
    if found is not None:
        return found
    shown = ref.name.replace("_", " ")
    if others := facts.subjects_with(ref.name):
        raise LanguageError(
            f'"{shown}" is a fact of {article(" or ".join(others))}, '
            f"not of {article(scope.subject)}",
            ref.at,
        )
    hint = nearest(shown, facts.words_of(scope.subject))
    raise LanguageError(f'{article(scope.subject)} has no fact "{shown}"{hint}', ref.at)


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
        case Apart():
            return _apart(condition, scope)
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
            return OneOf(left, tuple(constant(each, fact, scope) for each in values))
        case Contains():
            return _contains(replace(condition, left=left), fact, scope)
        case Age():
            return _age(replace(condition, left=left), fact, scope)
        case Compare(op=op, right=right):
            return _compare(left, fact, op, right, scope)


def _contains(condition: Contains, fact: Fact, scope: Scope) -> Contains:
    written = {"starts": "starts with", "ends": "ends with"}.get(condition.how, condition.how)
    if fact.type not in ("text", *MANY):
        raise LanguageError(
            f'"{written}" is for text and lists; "{_shown(condition.left)}" is '
            f"{article(fact.type)}",
            condition.left.at,
        )
    value = constant(condition.right, replace(fact, type="text"), scope)
    if isinstance(value, Literal):
        text = str(value.value)
        if text == "":
            raise LanguageError(f'"{written}" needs at least one character', value.at)
        if condition.how == "like" and (text.count("*") > MOST_STARS or len(text) > LONGEST):
            raise LanguageError(
                f'"like" takes at most {LONGEST} characters and {MOST_STARS} times "*"', value.at
            )
    return replace(condition, right=value)


def _apart(condition: Apart, scope: Scope) -> Apart:
    """Two days (of instants: the days that they fall on), and whole days between them."""
    left, other = fact_of(condition.left, scope), fact_of(condition.other, scope)
    for ref, fact in ((condition.left, left), (condition.other, other)):
        if fact.type not in ("day", "instant"):
            raise LanguageError(
                f'only days and instants can be so far apart; "{_shown(ref)}" is '
                f"{article('custom field' if fact is FIELD else fact.type)}",
                ref.at,
            )
    age = _age(Age(condition.left, condition.amount, condition.unit, False, condition.at),
               replace(left, type="day"), scope)  # fmt: skip
    return replace(
        condition,
        left=_named(condition.left, left), other=_named(condition.other, other),
        amount=age.amount, unit=age.unit,
    )  # fmt: skip


def _compare(left: Ref, fact: Fact, op: str, right: Operand, scope: Scope) -> Condition:
    if (
        op not in ("=", "!=")
        and fact is not FIELD
        and fact.type in ("text", "word", "yes/no", *TEXTS)
    ):
        raise LanguageError(
            f'"{op}" orders numbers and days; "{_shown(left)}" is {article(fact.type)}', left.at
        )
    other = _other_fact(right, fact, scope)
    if other is not None:
        return Compare(left, op, other)
    return Compare(left, op, constant(right, fact, scope))


def _other_fact(  # noqa: C901, PLR0911  # a list of exceptions
    right: Operand, fact: Fact, scope: Scope
) -> Operand | None:
    """The right side as a fact, where it is one."""
    if isinstance(right, Share):
        other = fact_of(right.of, scope)
        percent = number(right.percent, scope)
        if fact.type not in NUMBERS or other.type != fact.type:
            raise LanguageError(
                f'a share compares facts of one kind of number; "{_shown(right.of)}" is '
                f"{article(other.type)}",
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
            f'"{_shown(Ref(fact.name, right.at))}" is {article(fact.type)}, '
            f'"{right.value}" is {article(other_fact.type)}; they cannot be compared',
            right.at,
        )
    return Ref(other_fact.name, right.at)


def _age(condition: Age, fact: Fact, scope: Scope) -> Age:
    if fact.type not in ("day", "instant") and fact is not FIELD:
        raise LanguageError(
            f'only days and instants have an age; "{fact.shown}" is {article(fact.type)}',
            condition.left.at,
        )
    unit = condition.unit
    if isinstance(condition.amount, Param):
        given = declared(condition.amount, scope).type
        if given not in ("number", "count") and unit is None:
            unit = given
        elif unit is not None and given not in ("number", "count", unit):
            raise LanguageError(
                f":{condition.amount.name} is declared in {given}; leave out the unit",
                condition.at,
            )
    if unit not in ("minutes", "hours", "days", "working days", "weeks"):
        raise LanguageError(
            "an age needs a unit: minutes, hours, days, working days or weeks", condition.at
        )
    if unit in ("minutes", "hours") and fact.type != "instant":
        raise LanguageError(f'"{fact.shown}" is a day; count it in days or weeks', condition.at)
    amount = number(condition.amount, scope)
    limit = {"minutes": 5_000_000, "hours": 90_000}.get(unit, 4_000)
    if not 0 <= float(str(amount.value)) <= limit:
        raise LanguageError(f"an age lies between 0 and {limit} {unit}", amount.at)
    if unit == "working days" and amount.value != int(float(str(amount.value))):
        raise LanguageError("working days are counted whole", amount.at)
    return replace(condition, amount=amount, unit=unit)


def _moved(condition: Moved, scope: Scope) -> Condition:
    fact = fact_of(condition.left, scope)
    kept = _MOVES if scope.subject in ("task", "request") else {}
    either, later = kept.get(fact.name, (None, None))
    name = later if condition.later else either
    if name is None:
        raise LanguageError(
            f'how often "{fact.shown}" moved is not kept; "due date" and "owner" are',
            condition.left.at,
        )
    return Compare(Ref(name, condition.left.at), ">=", number(condition.amount, scope))


def _about_others(condition: Quantified | Count, scope: Scope) -> Condition:
    if scope.nested:
        raise LanguageError("conditions on related records cannot be nested", condition.at)
    if isinstance(condition, Count):
        condition = _measured(condition, scope)
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
            f"{article(scope.subject)} has no {relation.replace('_', ' ')}; it has: {known}",
            condition.at,
        )
    inside = Scope("task", scope.params, linked=relation == "linked_task", nested=True)
    return replace(condition, condition=_condition(condition.condition, inside))


def _measured(condition: Count, scope: Scope) -> Count:
    """A count, share or sum with what it is compared to, in the unit of what is summed."""
    if condition.of is None:
        return replace(condition, amount=number(condition.amount, scope))
    inner = Scope("task", scope.params, linked=condition.relation == "linked_task", nested=True)
    fact = fact_of(condition.of, inner)
    if fact.type not in ("number", "minutes") or fact.words:
        raise LanguageError(
            f'only numbers and efforts add up; "{_shown(condition.of)}" is {article(fact.type)}',
            condition.of.at,
        )
    value = constant(condition.amount, fact, scope)
    if not isinstance(value, Literal):
        raise LanguageError("a number must stand here", condition.at)
    return replace(condition, of=_named(condition.of, fact), amount=value)


def _named(ref: Ref, fact: Fact) -> Ref:
    return ref if ref.is_field else replace(ref, name=fact.name)


def _shown(ref: Ref) -> str:
    return ref.name.replace("_", " ")
