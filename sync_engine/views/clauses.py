"""A condition on flags that is clicked together: parts that are joined by "and", each about a fact.

What somebody typed stays as it is; a click adds, changes or takes away one part of it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from sync_engine.rules import facts
from sync_engine.rules.language import LanguageError, read, words_of
from sync_engine.rules.syntax import (
    Age,
    Compare,
    Condition,
    Empty,
    Literal,
    Not,
    OneOf,
    Ref,
)

LONGEST_VALUE = 300
"""Characters of a value that can be chosen: longer ones make no readable condition."""
_TOKEN = re.compile(r"\"[^\"\n]*\"|'[^'\n]*'|[()]|[^\W\d][\w.@+-]*")
_SPACES = re.compile(r"(\"[^\"\n]*\"|'[^'\n]*')|\s+")
_BARE = re.compile(r"[a-z_]+")


def tidied(condition: str) -> str:
    """The condition on one line, with single spaces; what stands in quotes stays as it is."""
    return _SPACES.sub(lambda found: found[1] or " ", condition).strip()


def parts(condition: str) -> list[str]:
    """The parts of a condition that are joined by "and"; one part where it has an "or" outside."""
    cuts, depth = [], 0
    for found in _TOKEN.finditer(condition):
        word = found[0].casefold()
        depth += {"(": 1, ")": -1}.get(word, 0)
        if depth == 0 and word == "or":
            return [condition.strip()]
        if depth == 0 and word == "and":
            cuts.append(found.span())
    starts = [0, *(end for _, end in cuts)]
    ends = [*(start for start, _ in cuts), len(condition)]
    held = (condition[start:end].strip() for start, end in zip(starts, ends, strict=True))
    return [part for part in held if part]


def chosen(condition: str, fact: str) -> tuple[str | None, ...]:
    """The values of a fact that a condition asks for; None among them: that it is empty."""
    for part in parts(condition):
        about = _about(part)
        if about is not None and about[0] == fact:
            return about[1]
    return ()


def without(condition: str, fact: str) -> str:
    """The condition without its parts about a fact."""
    return joined([part for part in parts(condition) if not _is_about(part, fact)])


def replaced(condition: str, fact: str, part: str) -> str:
    """The condition with this part about a fact in the place of those that it had."""
    return joined([*parts(without(condition, fact)), part])


def toggled(condition: str, fact: str, value: str | None) -> str | None:
    """The condition that asks for one more value of a fact, or one less.

    Args:
        value: None: that it is empty, which goes together with no other value.

    Returns:
        None: this value cannot be said in the language.
    """
    held = chosen(condition, fact)
    if value in held:
        wanted = [each for each in held if each != value]
    else:
        wanted = [value] if value is None else [*(each for each in held if each is not None), value]
    if not wanted:
        return without(condition, fact)
    part = said(fact, wanted)
    return None if part is None else replaced(condition, fact, part)


def said(fact: str, values: Sequence[str | None]) -> str | None:
    """The part of a condition that asks for these values; None: one cannot be said."""
    name = fact.replace("_", " ")
    if None in values:
        return f"{name} is empty"
    written = [quoted(fact, each) for each in values if each is not None]
    if None in written:
        return None
    words = [each for each in written if each is not None]
    return f"{name} = {words[0]}" if len(words) == 1 else f"{name} in ({', '.join(words)})"


def quoted(fact: str, value: str) -> str | None:
    """A value as the language writes it."""
    known = facts.of("flag")[fact]
    if known.words and _BARE.fullmatch(value):
        return value
    if "\n" in value or len(value) > LONGEST_VALUE:
        return None
    mark = next((mark for mark in ('"', "'") if mark not in value), None)
    return None if mark is None else f"{mark}{value}{mark}"


def has(condition: str, fact: str) -> bool:
    """Whether a part of a condition is about a fact."""
    return any(_is_about(part, fact) for part in parts(condition))


def ages(condition: str, fact: str) -> tuple[str, ...]:
    """The parts of a condition that speak of the age of a fact."""
    return tuple(part for part in parts(condition) if _is_about(part, fact))


def joined(held: Sequence[str]) -> str:
    if len(held) == 1:
        return held[0]
    return " and ".join(f"({part})" if _has_or(part) else part for part in held)


def _has_or(part: str) -> bool:
    depth = 0
    for found in _TOKEN.finditer(part):
        depth += {"(": 1, ")": -1}.get(found[0], 0)
        if depth == 0 and found[0].casefold() == "or":
            return True
    return False


def _is_about(part: str, fact: str) -> bool:
    about = _about(part)
    return about is not None and about[0] == fact


@lru_cache(1024)
def _about(part: str) -> tuple[str, tuple[str | None, ...]] | None:
    """The fact of a part, and the values that it asks for; None: it is more than that."""
    try:
        node: Condition = read(part)
    except LanguageError:
        return None
    found: tuple[Ref, tuple[str | None, ...]] | None = None
    match node:
        case Compare(Ref() as ref, "=", Literal() as value):
            found = ref, (str(value.value),)
        case OneOf(Ref() as ref, values) if all(isinstance(each, Literal) for each in values):
            found = ref, tuple(str(each.value) for each in values if isinstance(each, Literal))
        case Empty(Ref() as ref):
            found = ref, (None,)
        case Age(Ref() as ref) | Not(Age(Ref() as ref)):
            found = ref, ()
        case _:
            pass
    if found is None or found[0].is_field:
        return None
    fact = facts.find("flag", words_of(found[0].name))
    return None if fact is None else (fact.name, found[1])
