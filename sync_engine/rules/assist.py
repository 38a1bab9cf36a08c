"""Help while a condition is written: what is wrong and where, and what may follow (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from lark import Token

from sync_engine.rules import facts
from sync_engine.rules.facts import RELATION_WORDS, Fact
from sync_engine.rules.language import LanguageError, begun, read, words_of
from sync_engine.rules.operands import NUMBERS, TEXTS, ParamValue
from sync_engine.rules.resolve import resolve
from sync_engine.settings.nearest import nearest

MOST = 250
"""Proposals at once."""

_WORD = re.compile(r"\"[^\"\n]*\"?|'[^'\n]*'?|:?[\w.@+-]+|[!<>]=|\S")
_TYPED = re.compile(r"(?:[\w.@+:-]+[ \t]+){0,3}[\w.@+:-]*$")
_BLAMED = re.compile(r'there is no fact "([^"]+)"')
_NEAREST = re.compile(r'did you mean "([^"]+)"\?')
_KEYWORDS: Mapping[str, tuple[str, str]] = {
    "AND": ("and", "both hold"), "OR": ("or", "one of them holds"),
    "NOT": ("not", "turns it round"),
    "IN": ("in (", "one of several values"), "IS": ("is empty", "the tool says there is none"),
    "CONTAINS": ("contains", "text within text"), "BEFORE": ("before", "an earlier day"),
    "AFTER": ("after", "a later day"), "OLDER": ("older than", "an age"),
    "WITHIN": ("within", "from today on"), "MOVED": ("moved", "how often it was changed"),
    "THAN": ("than", ""), "LATER": ("later", "moved to a later day only"),
    "TIMES": ("times or more", ""), "OR_MORE": ("or more", ""), "EMPTY": ("empty", ""),
    "TODAY": ("today", "the PMO's day"), "ANY": ("any", "of related tasks"),
    "ALL": ("all", "of related tasks"), "NO": ("no", "related task, or not yes"),
    "YES": ("yes", ""), "COUNT": ("count", "of related tasks, or per owner or project"),
    "PER": ("per", ""), "OF": ("of", ""), "WORKING": ("working days", "by the PMO's calendar"),
    "DAY": ("days", ""), "WEEK": ("weeks", ""), "HOUR": ("hours", ""), "MINUTE": ("minutes", ""),
    "FIELD": ('field "', "a custom field by its name"), "LPAR": ("(", ""), "RPAR": (")", ""),
    "COMMA": (",", ""), "PERCENT": ("%", "of a share, or of another fact"),
    "LIKE": ("like", "a pattern: * for any text, ? for one character"),
    "STARTS_WITH": ("starts with", ""), "ENDS_WITH": ("ends with", ""),
    "MORE_THAN": ("more than", "so long before or after another day"),
    "SHARE": ("share", "of related tasks, in percent"), "SUM": ("sum of", "of related tasks"),
}  # fmt: skip
_COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")
_OF_DAYS = frozenset({"BEFORE", "AFTER", "OLDER", "WITHIN", "MORE_THAN"})
_OF_TEXT = frozenset({"CONTAINS", "LIKE", "STARTS_WITH", "ENDS_WITH"})
_VALUE = frozenset({"COMPARISON", "BEFORE", "AFTER"}) | _OF_TEXT


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with a condition.

    Args:
        start, end: the word that is to blame, as positions in the text from 0.
        instead: a word that may have been meant.
    """

    message: str
    line: int
    column: int
    start: int
    end: int
    instead: str | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """A word that may stand here."""

    word: str
    kind: Literal["fact", "value", "word", "parameter"]
    help: str


@dataclass(frozen=True, slots=True)
class Proposals:
    """Words that may take the place of the text from `start` to the cursor."""

    start: int
    words: tuple[Proposal, ...]


def trouble(text: str, subject: str, params: Mapping[str, str]) -> Trouble | None:
    """What is wrong with a condition on a subject; None: nothing.

    Args:
        params: types of the parameters by name.
    """
    values = {name: ParamValue("x" if type == "text" else 1, type) for name, type in params.items()}
    try:
        resolve(read(text), subject, values)
    except LanguageError as error:
        start = _position(text, error.at.line, error.at.column)
        word = _WORD.match(text, start)
        end = word.end() if word else start
        blamed = _BLAMED.match(error.message)  # it may have several words
        if blamed is not None and text.startswith(blamed[1], start):
            end = start + len(blamed[1])
        message, instead = _meant(error.message, text[start:end], subject)
        return Trouble(message, error.at.line, error.at.column, start, end, instead)
    return None


def _meant(message: str, word: str, subject: str) -> tuple[str, str | None]:
    """The message with the word that was meant: of facts, one that the subject has."""
    found = _NEAREST.search(message)
    if found is None:
        return message, None
    if message.startswith("there is no fact") and not facts.find(subject, words_of(found[1])):
        own = nearest(word, facts.words_of(subject))
        message = _NEAREST.sub("", message).rstrip("; ") + own
        found = _NEAREST.search(own)
    instead = found[1] if found else None
    return message, f":{instead}" if instead and word.startswith(":") else instead


def _position(text: str, line: int, column: int) -> int:
    start = 0
    for _ in range(line - 1):
        start = text.find("\n", start) + 1
    return min(start + column - 1, len(text))


def proposals(text: str, cursor: int, subject: str, params: Mapping[str, str]) -> Proposals:
    """What may stand at a position of a condition that is being written."""
    before = text[: max(0, min(cursor, len(text)))]
    typed = _TYPED.search(before)
    tail = typed[0] if typed else ""
    # Facts have several words: the longest beginning of one that was typed is completed.
    starts = [match.start() for match in re.finditer(r"[\w.@+:-]+", tail)] or [len(tail)]
    if not tail or tail[-1].isspace():
        starts.insert(0, len(tail))
    for offset in dict.fromkeys(starts):
        part = tail[offset:]
        stem = before[: len(before) - len(part)]
        tokens, may = begun(stem)
        wanted = words_of(part) if part.strip() else ""
        found = [each for each in _every(tokens, may, subject, params)
                 if words_of(each.word).startswith(wanted)]  # fmt: skip
        several = any(char.isspace() for char in part.strip())
        if several:
            found = [each for each in found if each.kind == "fact"]
        if found and not (len(found) == 1 and words_of(found[0].word) == wanted):
            return Proposals(len(stem), tuple(found[:MOST]))
    return Proposals(len(before), ())


def _every(
    tokens: tuple[Token, ...], may: frozenset[str], subject: str, params: Mapping[str, str]
) -> Iterator[Proposal]:
    about, linked = _about(tokens, subject)
    fact = _fact(tokens, about, linked=linked)
    last = tokens[-1].type if tokens else ""
    given = [Proposal(f":{name}", "parameter", type) for name, type in params.items()]
    if fact is not None and _is_value(tokens):
        yield from _values(fact) if "NAME" in may else ()
        yield from given if "PARAM" in may else ()
        yield from (_proposal(each) for each in _facts(about, linked=linked)
                    if _comparable(each, fact))  # fmt: skip
        return
    yield from given if "PARAM" in may else ()
    if "COMPARISON" in may:
        yield from _operators(fact, may) if fact is not None and last != "RPAR" else (
            Proposal(sign, "word", "") for sign in _COMPARISONS
        )  # fmt: skip
    if "FACT" in may:
        known = _facts(about, linked=linked)
        of = [each for each in known if last != "PER" or each.name in ("owner", "project")]
        yield from map(_proposal, of)
    yield from _keywords(about, may, last)


def _keywords(about: str, may: frozenset[str], last: str) -> Iterator[Proposal]:
    if "RELATION" in may:
        yield from (Proposal(f"{word} (", "word", "that …") for word in _relations(about))
    skipped = {"YES"}
    if last in ("FACT", "STRING"):  # what goes with the fact was said
        skipped |= _OF_DAYS | _OF_TEXT | {"IN", "IS", "MOVED", "NOT"}
    if not facts.RELATED_TO[about]:
        skipped |= {"ANY", "ALL", "NO"}
    for name, (word, told) in _KEYWORDS.items():
        if name in may and name not in skipped:
            yield Proposal(word, "word", told)


def _about(tokens: tuple[Token, ...], subject: str) -> tuple[str, bool]:
    """What the facts here are of: the subject, or tasks within `any subtask (…)`."""
    opened: list[tuple[str, bool] | None] = []
    relation: str | None = None
    per = False
    for token in tokens:
        if token.type in ("RELATION", "BLOCKERS"):
            relation = facts.relation_of(words_of(token))
        elif token.type == "PER":
            per = True
        elif token.type == "LPAR":
            inside = ("task", relation == "linked_task") if relation else None
            opened.append(inside or (("task", False) if per else None))
            relation, per = None, False
        elif token.type == "RPAR" and opened:
            opened.pop()
    return next((each for each in reversed(opened) if each), (subject, False))


def _fact(tokens: tuple[Token, ...], about: str, *, linked: bool) -> Fact | None:
    """The fact that was last named on the left."""
    for token in reversed(tokens):
        if token.type in ("AND", "OR"):
            return None
        if token.type == "FACT":
            return facts.find(about, words_of(token), linked=linked)
    return None


def _is_value(tokens: tuple[Token, ...]) -> bool:
    """Whether a value comes next: after an operator, or within `in (…)`."""
    last = tokens[-1].type if tokens else ""
    if last in _VALUE:
        return True
    if last not in ("LPAR", "COMMA"):
        return False
    for position in range(len(tokens) - 1, 0, -1):
        if tokens[position].type == "LPAR":
            return tokens[position - 1].type == "IN"
    return False


def _facts(about: str, *, linked: bool) -> Iterator[Fact]:
    if linked:
        yield facts.LINK
    yield from facts.of(about).values()


def _relations(about: str) -> list[str]:
    allowed = facts.RELATED_TO[about]
    return [word for word in RELATION_WORDS if facts.relation_of(word) in allowed]


def _proposal(fact: Fact) -> Proposal:
    return Proposal(fact.shown, "fact", fact.meaning)


def _comparable(other: Fact, fact: Fact) -> bool:
    kinds = (NUMBERS, TEXTS, ("day", "instant"))
    return other is not fact and any(
        other.type in kind and fact.type in kind for kind in kinds
    )  # fmt: skip


def _values(fact: Fact) -> Iterator[Proposal]:
    for word in fact.words:
        yield Proposal(word, "value", f"a value of {fact.shown}")
    if fact.type == "yes/no":
        yield from (Proposal(word, "value", "") for word in ("yes", "no"))
    if fact.type in ("day", "instant"):
        yield Proposal("today", "value", "the PMO's day")


def _operators(fact: Fact, may: frozenset[str]) -> Iterator[Proposal]:
    ordered = fact.type in NUMBERS or fact.type in ("day", "instant")
    if fact.type != "yes/no":
        for sign in _COMPARISONS if ordered else _COMPARISONS[:2]:
            yield Proposal(sign, "word", "")
    names = ["IN"] if fact.type in ("word", *TEXTS) else []
    if fact.type in ("day", "instant"):
        names += ["BEFORE", "AFTER", "OLDER", "WITHIN", "MORE_THAN"]
    if fact.type in TEXTS:
        names += ["CONTAINS", "LIKE", "STARTS_WITH", "ENDS_WITH"]
    if fact.name in ("due", "owner"):
        names.append("MOVED")
    yield from (Proposal(_KEYWORDS[name][0], "word", _KEYWORDS[name][1]) for name in names
                if name in may)  # fmt: skip
    if fact.type != "yes/no" and "IS" in may:
        yield Proposal("is empty", "word", "the tool says there is none")
        yield Proposal("is not empty", "word", "there is one")
