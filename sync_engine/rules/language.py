"""Reading a condition: text to syntax, or an error that says where, what and what may follow."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Any
from typing import Literal as Word

from lark import Lark, Token, Transformer, v_args
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, VisitError

from sync_engine.rules import facts
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
    Span,
    Today,
    Truth,
    children,
)
from sync_engine.settings.nearest import nearest

MAX_BYTES = 4096
MAX_DEPTH = 50
MAX_PARTS = 200
"""Comparisons and listed values in a condition; databases refuse what is far larger."""
MAX_RELATED = 20
"""Conditions on related records in it: each is a join, of which a database allows about 60."""


SURE = 0.8
"""How alike two words and a fact of two must be for the fact to be proposed."""


class LanguageError(Exception):
    """A condition that cannot be read or makes no sense. `at` is where in its text."""

    def __init__(self, message: str, at: Span | None = None) -> None:
        self.message = message
        self.at = at or Span(1, 1)
        super().__init__(f"line {self.at.line}, column {self.at.column}: {message}")


def read(text: str) -> Condition:
    """The condition that a text says; facts are not yet checked against a subject."""
    _check_size(text)
    try:
        tree = _parser().parse(text)
    except VisitError as error:
        raise error.orig_exc from None
    except UnexpectedInput as error:
        raise _explained(error, text) from None
    _check_parts(tree)  # type: ignore[arg-type]  # the parser's transformer returns conditions
    return tree  # type: ignore[return-value]


def _check_parts(condition: Condition) -> None:
    parts = related = 0
    waiting = [condition]
    while waiting:
        each = waiting.pop()
        if isinstance(each, (And, Or, Not)):
            waiting += reversed(children(each))
            continue
        if isinstance(each, (Quantified, Count)):
            waiting.append(each.condition)
            related += 1
            if related > MAX_RELATED:
                raise LanguageError(
                    f"more than {MAX_RELATED} conditions on related records stand in one "
                    "condition; split it into two standards",
                    each.at,
                )
            continue
        parts += len(each.values) if isinstance(each, OneOf) else 1
        if parts > MAX_PARTS:
            raise LanguageError(
                f"more than {MAX_PARTS} comparisons and listed values stand in one condition; "
                "split it into two standards",
                each.left.at,
            )


def _check_size(text: str) -> None:
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        raise LanguageError(
            f"the condition has {size} bytes, more than {MAX_BYTES}; split it into two standards"
        )
    if odd := re.search("[\x00\ud800-\udfff]", text):
        raise LanguageError(
            "half a character or a NUL stands here, which no database keeps; write it anew",
            _span_at(text, odd.start()),
        )
    if not text.strip():
        raise LanguageError("the condition is empty; write one, such as: status = in_progress")
    depth = 0
    for found in re.finditer(r"\"[^\"\n]*\"|'[^'\n]*'|[()]", text):
        depth += {"(": 1, ")": -1}.get(found[0], 0)
        if depth > MAX_DEPTH:
            raise LanguageError(
                f"parentheses are nested deeper than {MAX_DEPTH} levels here; say it more simply",
                _span_at(text, found.start()),
            )


def _span_at(text: str, position: int) -> Span:
    before = text[:position]
    return Span(before.count("\n") + 1, position - (before.rfind("\n") + 1) + 1)


def begun(text: str) -> tuple[tuple[Token, ...], frozenset[str]]:
    """The tokens of a beginning of a condition, and the names of those that may follow it.

    A text that cannot begin a condition has none that may follow.
    """
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        return (), frozenset()
    reader = _parser().parse_interactive(text)
    try:
        tokens = tuple(reader.exhaust_lexer())
        return tokens, frozenset(reader.accepts())  # type: ignore[no-untyped-call]
    except (UnexpectedInput, LanguageError):
        return (), frozenset()


@cache
def _parser() -> Lark:
    grammar = files("sync_engine.rules").joinpath("grammar.lark").read_text("utf-8")
    for mark, words in (("%FACTS%", facts.all_words()), ("%RELATIONS%", facts.RELATION_WORDS)):
        longest_first = sorted(words, key=lambda word: (-len(word), word))
        pattern = "|".join(r"[\s_]+".join(map(re.escape, word.split())) for word in longest_first)
        grammar = grammar.replace(mark, pattern)
    return Lark(grammar, parser="lalr", lexer="basic", transformer=_Builder())


def _span(token: Token) -> Span:
    return Span(token.line or 1, token.column or 1)


def words_of(text: str) -> str:
    """A name as people may write it, in its canonical form: ``Due  date`` is ``due_date``."""
    return re.sub(r"[\s_]+", "_", text.strip().casefold())


@v_args(inline=True)
class _Builder(Transformer[Token, Any]):
    """Builds the syntax bottom-up while the parser reads, so that no depth of text recurses."""

    def any_of(self, first: Condition, *rest: Any) -> Condition:
        parts = tuple(each for each in rest if not isinstance(each, Token))
        return Or((first, *parts)) if parts else first

    def all_of(self, first: Condition, *rest: Any) -> Condition:
        parts = tuple(each for each in rest if not isinstance(each, Token))
        return And((first, *parts)) if parts else first

    def negation(self, word: Token, part: Condition) -> Condition:
        depth, inner = 1, part
        while isinstance(inner, Not):
            depth, inner = depth + 1, inner.part
        if depth > MAX_DEPTH:
            raise LanguageError(f'"not" is repeated more than {MAX_DEPTH} times here', _span(word))
        return Not(part)

    def group(self, _open: Token, part: Condition, _close: Token) -> Condition:
        return part

    def truth(self, left: Ref) -> Condition:
        return Truth(left)

    def compare(self, left: Ref, op: Token, right: Operand) -> Condition:
        return Compare(left, {"before": "<", "after": ">"}.get(op.lower(), str(op)), right)

    def one_of(self, left: Ref, _in: Token, values: tuple[Operand, ...]) -> Condition:
        return OneOf(left, values)

    def none_of(self, left: Ref, _not: Token, _in: Token, values: tuple[Operand, ...]) -> Condition:
        return Not(OneOf(left, values))

    def empty(self, left: Ref, *_words: Token) -> Condition:
        return Empty(left)

    def not_empty(self, left: Ref, *_words: Token) -> Condition:
        return Not(Empty(left))

    def contains(self, left: Ref, _word: Token, right: Operand) -> Condition:
        return Contains(left, right)

    def like(self, left: Ref, _word: Token, right: Operand) -> Condition:
        return Contains(left, right, "like")

    def starts(self, left: Ref, _word: Token, right: Operand) -> Condition:
        return Contains(left, right, "starts")

    def ends(self, left: Ref, _word: Token, right: Operand) -> Condition:
        return Contains(left, right, "ends")

    def older(self, left: Ref, word: Token, _than: Token, amount: Any, unit: Any) -> Condition:
        return Age(left, amount, unit, ahead=False, at=_span(word))

    def within(self, left: Ref, word: Token, amount: Any, unit: Any) -> Condition:
        return Age(left, amount, unit, ahead=True, at=_span(word))

    def near(self, left: Ref, word: Token, amount: Any, unit: Any, *rest: Token) -> Condition:
        other = Ref(words_of(rest[-1]), _span(rest[-1]))
        return Apart(left, amount, unit, "within", other, _span(word))

    def apart(
        self, left: Ref, word: Token, amount: Any, unit: Any, order: Token, fact: Token
    ) -> Condition:
        how: Word["before", "after"] = "before" if order.lower() == "before" else "after"
        return Apart(left, amount, unit, how, Ref(words_of(fact), _span(fact)), _span(word))

    def moved(self, left: Ref, word: Token, later: Any, amount: Any, *_words: Token) -> Condition:
        return Moved(left, later is not None, amount, _span(word))

    def quantified(self, how: Token, relation: Token, *rest: Any) -> Condition:
        return Quantified(
            str(how).lower().replace("false", "no"),
            facts.relation_of(words_of(relation)),
            rest[1],
            _span(relation),
        )

    def relation(self, word: Token) -> Token:
        return word

    def per(self, _per: Token, fact: Token, *rest: Any) -> tuple[str | None, Ref | None, Condition]:
        return None, Ref(words_of(fact), _span(fact)), rest[2]

    def related(
        self, _of: Token, relation: Token, *rest: Any
    ) -> tuple[str | None, Ref | None, Condition]:
        return facts.relation_of(words_of(relation)), None, rest[1]

    def counted(self, word: Token, among: Any) -> tuple[Token, Ref | None, Any]:
        return word, None, among

    def summed(self, word: Token, _of: Token, fact: Token, among: Any) -> Any:
        return word, Ref(words_of(fact), _span(fact)), among

    def tallied(self, tally: Any, op: Token, amount: Literal | Param, unit: str | None) -> Count:
        word, of, (relation, per, condition) = tally
        kinds: dict[str, Word["count", "share", "sum"]] = {"SHARE": "share", "SUM": "sum"}
        kind = kinds.get(word.type, "count")
        if unit is not None:
            if kind != "sum":
                raise LanguageError(f"a {kind} has no unit; write the number alone", amount.at)
            if isinstance(amount, Literal):
                amount = replace(amount, unit=unit)
        return Count(relation, per, condition, str(op), amount, _span(word), kind, of)

    def shared(self, tally: Any, op: Token, amount: Literal | Param, _sign: Token) -> Count:
        if tally[0].type != "SHARE":
            raise LanguageError('only a "share" is a percentage; leave out the "%"', amount.at)
        return self.tallied(tally, op, amount, None)

    def subject_fact(self, *tokens: Token) -> Ref:
        first = tokens[0]
        if first.type == "FIELD":
            return _field(tokens)
        if first.type == "NAME":
            raise LanguageError(
                f'there is no fact "{first}"{nearest(words_of(first), facts.all_words())}',
                _span(first),
            )
        return Ref(words_of(first), _span(first))

    def day_order(self, word: Token) -> Token:
        return word

    def quantifier(self, word: Token) -> Token:
        return word

    def values(self, *tokens: Any) -> tuple[Operand, ...]:
        return tuple(each for each in tokens if not isinstance(each, Token))

    def value(self, *tokens: Any) -> Operand:  # noqa: PLR0911  # one case a kind
        first = tokens[0]
        at = _span(first)
        match first.type:
            case "FIELD":
                return _field(tokens)
            case "STRING":
                return Literal(str(first)[1:-1], at, quoted=True)
            case "NUMBER":
                return Literal(float(first), at, unit=tokens[1] if len(tokens) > 1 else None)
            case "DATE":
                return Literal(_day(first), at)
            case "TODAY":
                return Today(at)
            case "YES" | "NO":
                return Literal(first.type == "YES", at)
            case "PARAM":
                return Param(str(first)[1:], at)
            case _:
                return Literal(str(first), at)

    def share(self, percent: Token, _sign: Token, _of: Token, fact: Token) -> Share:
        name = words_of(fact)
        return Share(self.amount(percent), Ref(name, _span(fact)), _span(percent))

    def amount(self, token: Token) -> Literal | Param:
        at = _span(token)
        if token.type == "PARAM":
            return Param(str(token)[1:], at)
        return Literal(float(token), at)

    def unit(self, *words: Token) -> str:
        if words[0].type == "WORKING":
            return "working days"
        return f"{words[0].type.lower()}s"


def _field(tokens: tuple[Token, ...]) -> Ref:
    return Ref(str(tokens[1])[1:-1], _span(tokens[0]), is_field=True)


def _day(token: Token) -> date:
    try:
        return date.fromisoformat(token)
    except ValueError:
        raise LanguageError(f'there is no day "{token}"', _span(token)) from None


_PLAIN = {
    "COMPARISON": ("=", "!=", "<", "<=", ">", ">="),
    "FACT": ("a fact",),
    "FIELD": ("field",),
    "NAME": (),
    "RELATION": ("subtask", "linked task", "blocker", "task"),
    "BLOCKERS": (),
    "MORE_THAN": ("more than",),
    "STARTS_WITH": ("starts with",),
    "ENDS_WITH": ("ends with",),
    "STRING": ('"text"',),
    "NUMBER": ("a number",),
    "DATE": ("a date (2026-01-31)",),
    "PARAM": (":parameter",),
    "OR_MORE": ("or more",),
    "LPAR": ("(",),
    "RPAR": (")",),
    "COMMA": (",",),
    "PERCENT": ("%",),
    "MINUTE": ("minutes",),
    "HOUR": ("hours",),
    "DAY": ("days",),
    "WEEK": ("weeks",),
    "$END": ("the end",),
}
_ORDER = ("a fact", "=", "!=", "<", "<=", ">", ">=", "and", "or", "not", "is", "in")


def _explained(error: UnexpectedInput, text: str) -> LanguageError:
    if isinstance(error, UnexpectedCharacters):
        character = text.split("\n")[error.line - 1][error.column - 1]
        what = {
            '"': "a quote that is not closed",
            "'": "a quote that is not closed",
        }.get(character, f"the character {character!r}, which means nothing here")
        return LanguageError(f"found {what}", Span(error.line, error.column))
    token = error.token  # type: ignore[attr-defined]  # UnexpectedToken, at its end too
    ended = token.type == "$END"
    at = _span_at(text, len(text.rstrip())) if ended else _span(token)
    found = "the end" if ended else f'"{token}"'
    may = _may_follow(error)
    if "=" in may and (wrong := _no_fact(token, text)) is not None:
        return wrong
    hint = ""
    if token.type == "NAME":
        hint = nearest(str(token), [*may, *facts.all_words()] if "a fact" in may else may)
    if token.type == "IN" and re.match(r"(?i)in\s+progress\b", text[token.start_pos or 0 :]):
        hint = '; write "in_progress"'
    if token.type == "EMPTY" or (token.type == "NAME" and token.lower() in ("null", "none")):
        hint = '; write "is empty"'
    return LanguageError(f"found {found}, expected {_listed(may)}{hint}", at)


def _no_fact(token: Token, text: str) -> LanguageError | None:
    """A fact of two words that is written wrongly: its first word was read, this is its second."""
    position = token.start_pos or 0
    before = re.search(r"\w+\s+$", text[:position])
    if before is None or token.type not in ("NAME", "FACT", "RELATION", "STRING"):
        return None
    at = _span_at(text, before.start())
    first = before[0].strip()
    if token.type == "STRING":
        close = get_close_matches(first.casefold(), ["field"], n=1, cutoff=SURE)
        return LanguageError(f'there is no fact "{first}"; did you mean "field"?', at) if (
            close) else None  # fmt: skip
    written = text[before.start() : position + len(token)]
    close = get_close_matches(written.casefold(), facts.all_words(), n=1, cutoff=SURE)
    if not close:
        return None
    return LanguageError(f'there is no fact "{written}"; did you mean "{close[0]}"?', at)


def _may_follow(error: UnexpectedInput) -> list[str]:
    names = set(getattr(error, "accepts", None) or getattr(error, "expected", None) or ())
    words = {word for name in names for word in _PLAIN.get(name, (name.lower(),))}
    if {"NAME", "YES"} <= names:
        words = (words - set(_PLAIN["RELATION"])) | {"a word"}
    return sorted(words, key=lambda w: (_ORDER.index(w) if w in _ORDER else len(_ORDER), w))


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
