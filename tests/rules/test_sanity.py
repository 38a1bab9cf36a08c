"""What is said to be impossible is; what is possible is never said not to be."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings, target
from hypothesis import strategies as st

from sync_engine.rules import sanity
from sync_engine.rules.examples import Bench
from sync_engine.rules.language import read
from sync_engine.rules.packs import find, load, load_all
from sync_engine.rules.resolve import resolve
from sync_engine.rules.standards import Standard

ANY = next(s for s in load(find("pmo-core")).standards if s.subject == "task")


def standard(flag: str, scope: str | None = None, name: str = "made") -> Standard:
    return replace(
        ANY, id=name, flag_when=resolve(read(flag), "task"), escalate=None, say_facts=(),
        scope=None if scope is None else resolve(read(scope), "task"),
    )  # fmt: skip


def told(flag: str, scope: str | None = None) -> str:
    return " | ".join(each.message for each in sanity.warnings(standard(flag, scope)))


@pytest.mark.parametrize(
    ("flag", "scope", "message"),
    [
        ("status = done and status = todo", None, 'flags nothing: .*no "status" is left'),
        ("status = done", "status in (todo, in_progress)", "its condition excludes its scope"),
        ("priority > 3 and priority < 3", None, 'no "priority" lies between'),
        ("priority > 3 and priority <= 3", None, "lies between"),
        ("estimate > 3 hours and estimate < 120 minutes", None, "lies between"),
        ("due before today and due within 3 days", None, "lies between"),
        ("due older than 2 weeks and due > today", None, "lies between"),
        ("due < 2026-02-01 and due > 2026-01-31", None, "lies between"),
        ("owner is empty and owner = ann", None, "cannot be empty and have a value"),
        ("due is empty and due before today", None, "cannot be empty"),
        ("labels is empty and labels contains x", None, "cannot be empty"),
        ("blocked and not blocked", None, "opposite"),
        ("status is empty", None, "is never empty"),
        ("due > start and not (due > start)", None, "its opposite"),
        ("owner is empty", "status = done and status = todo", "assesses nothing"),
        ("owner is empty or status = todo", "status = todo", "flags all that it can assess"),
        ("status != done or owner is empty", "status = todo", "flags all that it can assess"),
        ("status not in (todo, in_progress, done, cancelled)", None, "no .status. is left"),
    ],
)
def test_what_cannot_be_meant_is_told(flag: str, scope: str | None, message: str) -> None:
    import re

    assert re.search(message, told(flag, scope)), told(flag, scope)


@pytest.mark.parametrize(
    ("flag", "scope"),
    [
        ("status = done", "status in (todo, done)"),
        ("priority >= 3 and priority <= 3", None),
        ("project = A and project = ENG", None),  # its name and its key
        ("labels = a and labels = b", None),
        ("due >= today and due within 0 days", None),
        ("due < 2026-02-02 and due > 2026-01-31", None),
        ("due older than 5 working days and due older than 5 days", None),
        ("owner != ann and owner is empty", None),
        ('field "Risk" = high and field "Risk" = low', None),
    ],
)
def test_what_can_be_meant_is_not(flag: str, scope: str | None) -> None:
    assert told(flag, scope) == ""


def test_our_own_standards_are_sound() -> None:
    assert [each for held in load_all(["pmo-core"]) for each in sanity.warnings(held)] == []


ATOMS = (
    "status = todo", "status != done", "status in (todo, done)", "status not in (todo)",
    "status is empty", "priority < 2", "priority >= 2", "priority = 3", "priority != 3",
    "priority is empty", "owner is empty", "owner = ann", "owner != ann", "blocked",
    "due before today", "due > today", "due = today", "due older than 1 day", "due within 1 weeks",
    "due older than 1 working days", "due is empty", "labels = a", "labels is empty",
)  # fmt: skip
ROWS = [
    {"status": s, "priority": p, "owner": o, "blocked": b, "due": d, "labels": label}
    for (s, p), (o, label), (b, d) in product(
        product(["todo", "done", "in_progress", "?"], [None, 1, 2, 3, "?"]),
        [(None, ["a"]), ("ann", None), ("bo", ["b", "a"])],
        [(True, "today"), (False, None), ("?", "3 days ago"), (True, "in 2 days")],
    )
]


def conditions() -> st.SearchStrategy[str]:
    def larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        joined = st.tuples(inner, st.sampled_from(["and", "or"]), inner)
        return joined.map(lambda t: f"({t[0]} {t[1]} {t[2]})") | inner.map(lambda c: f"not ({c})")

    return st.recursive(st.sampled_from(ATOMS), larger, max_leaves=5)


@given(st.lists(st.tuples(conditions(), conditions()), min_size=40, max_size=40))
@settings(max_examples=12, deadline=None, derandomize=True, database=None)
def test_no_row_does_what_is_said_to_be_impossible(pairs: list[tuple[str, str]]) -> None:
    bench, claimed = Bench("task"), 0
    try:
        for number, (flag, scope) in enumerate(pairs):
            held = standard(flag, scope, f"made-{number}")
            claims = " ".join(each.message for each in sanity.warnings(held))
            if not claims:
                continue
            claimed += 1
            answers: set[Any] = {bench.answer(held, row) for row in ROWS[number % 3 :: 3]}
            if "assesses nothing" in claims:
                assert not any(scope_holds for _, scope_holds in answers)
            if "nothing" in claims:
                assert not any(flagged for flagged, _ in answers)
            if "flags all" in claims:
                assert (False, True) not in answers
    finally:
        bench.close()
    target(float(claimed), label="claims")
