"""Sentences that nobody means well with: real ones with their words mixed up, text at random, and
what people try who want to reach the database behind."""

# ruff: noqa: E501

from __future__ import annotations

import random
import re
from collections.abc import Iterator

from sync_engine.rules import facts
from tests.planted.field import shipped

TOKEN = re.compile(r"\"[^\"\n]*\"|'[^'\n]*'|:?\w+|[^\w\s]")
INJECTIONS = (
    "; drop table task", "' or '1'='1", "\" or 1=1 --", "1; delete from flag", "union select * from "
    "credential", "(select sealed from credential)", "exists (select 1)", "pg_sleep(10)",
    "load_extension('x')", "randomblob(1000000000)", "title::text", "cast(title as int)", "case when 1 then "
    "1 end", "title ~ '.*'", "title glob '*'", "title collate nocase", "$1", ":x", "?1", "@x", "%(x)s", "{x}",
    "current_user", "current_setting('x')", "/* x */ status = done", "status = done -- x", "\\x00",
    "\x00", "\ud800", "\u202e", "ﬀ = done", "status = done\u2028or 1", "attach database 'x' as y",
    "pragma writable_schema = 1", "copy task to program 'sh'", "_secret", "__class__", "0x10", "1e400",
    "9" * 400, "-0", "NaN", "2026-02-30", "9999-12-31", "0000-00-00", "'", '"', '"""', "`id`", "[id]",
)  # fmt: skip
PLAIN = (
    "status = todo", "not blocked", 'label in ("a b", q)', 'title contains "100%"', "spent >= 120% of "
    "estimate", 'field "Risk" > 2', "due within 3 working days", "updated older than 2 weeks",
    "any subtask (status != done)", "count of subtasks (due is empty) >= 2",
    "count per owner of (status = in_progress) > 5", "due date moved 3 times or more",
    "any linked task (link = blocks and status != done)", "due after 2026-03-19", "estimate > 3 hours",
)  # fmt: skip
WORDS = (
    "and", "or", "not", "in", "is", "empty", "contains", "older", "than", "before", "after", "today", "within",
    "moved", "later", "times", "or more", "any", "all", "no", "yes", "count", "per", "of", "field", "working",
    "days", "hours", "weeks", "minutes", "(", ")", ",", "=", "!=", "<", "<=", ">", ">=", "%", "0", "-1", "3.5",
    "999999999999", "2026-03-18", ":days", "todo", "done", "highest", '"x"', "'y'", "subtask", "linked task",
    "null", "none", "x",
)  # fmt: skip


def sentences(count: int, seed: int) -> Iterator[str]:
    """So many, always the same."""
    rng = random.Random(seed)
    standards = shipped()
    corpus = [
        *PLAIN,
        *(s.flag_text for s in standards),
        *(s.scope_text for s in standards if s.scope_text),
    ]
    split = [TOKEN.findall(text) for text in corpus]
    names = [name for subject in facts.SUBJECTS for name in facts.words_of(subject)]
    for _ in range(count):
        dice = rng.random()
        if dice < 0.05:
            yield "".join(chr(rng.choice((rng.randrange(128), rng.randrange(0x11000))))
                          for _ in range(rng.randrange(60)))  # fmt: skip
        elif dice < 0.15:
            base, bad = rng.choice(corpus), rng.choice(INJECTIONS)
            yield rng.choice((bad, f"{base} {bad}", f"{bad} {base}", f'title = "{bad}"',
                              f"title contains '{bad}' or {base}", f'field "{bad}" = "{bad}"'))  # fmt: skip
        else:
            tokens = list(rng.choice(split))
            if rng.random() < 0.4:
                tokens += [rng.choice(("and", "or")), *rng.choice(split)]
            for _ in range(rng.choice((0, 1, 1, 1, 2, 5))):
                _mutate(tokens, rng, names)
            yield " ".join(tokens)


def _mutate(tokens: list[str], rng: random.Random, names: list[str]) -> None:
    word = rng.choice((rng.choice(WORDS), rng.choice(names), f'"{rng.choice(INJECTIONS)}"'))
    at = rng.randrange(len(tokens) + 1)
    match rng.randrange(5):
        case 0:
            tokens.insert(at, word)
        case 1:
            tokens[at : at + 1] = [word]
        case 2:
            del tokens[at : at + 1]
        case 3:
            tokens[at:at] = tokens[at : at + 1]
        case _:
            other = rng.randrange(len(tokens) + 1)
            tokens[at:at], tokens[other:other] = tokens[other : other + 1], tokens[at : at + 1]


def monsters() -> Iterator[str]:
    """As deep, as long and as broad as the language lets one be, and a little more."""
    for depth in (49, 50, 51, 600):
        yield "(" * depth + "blocked" + ")" * depth
        yield "not " * depth + "blocked"
        yield "(" * depth + "blocked"
    for size in (300, 1_000, 4_000):
        for joint in ("or", "and"):
            yield f" {joint} ".join(["blocked"] * (size // (len(joint) + 9)))
            yield f" {joint} ".join(["any subtask (blocked)"] * (size // (len(joint) + 23)))
            yield f" {joint} ".join(
                ["last activity older than 3 days"] * (size // (len(joint) + 33))
            )
        for fact in ("title", "label", "owner", "status", "priority", "due", 'field "x"'):
            value = {"status": "done", "priority": "3", "due": "2026-01-01"}.get(fact, "a")
            yield f"{fact} in ({','.join([value] * (size // (len(value) + 1) - 9))})"
    yield 'title = "' + "x" * 4_080 + '"'
    yield "x" * 5_000
    yield " " * 4_000
    yield "\n" * 4_000 + "?"
