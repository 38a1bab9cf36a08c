"""Help while a condition is written: what is wrong and where, and what may follow."""

from __future__ import annotations

import pytest

from sync_engine.rules import facts
from sync_engine.rules.assist import proposals, trouble

PARAMS = {"days": "working days"}


def words(text: str, subject: str = "task") -> list[str]:
    return [each.word for each in proposals(text, len(text), subject, PARAMS).words]


@pytest.mark.parametrize(
    ("text", "wanted", "unwanted"),
    [
        ("", ["status", "owner", "any", "not"], ["and", "="]),
        ("last ac", ["last activity"], ["last comment"]),
        ("status ", ["=", "in (", "is empty"], ["<", "before", "older than"]),
        ("status = ", ["todo", "in_progress"], ["owner", "today"]),
        ("status = in", ["in_progress"], ["todo"]),
        ("status in (todo, ", ["done"], ["owner"]),
        ("due ", ["before", "within", "moved", "and", "more than"], ["contains", "in ("]),
        ("due before ", ["today", "milestone due", ":days"], ["owner", "points"]),
        ("last activity older than ", [":days"], ["today"]),
        ("last activity older than 5 ", ["working days", "weeks", "and"], ["owner"]),
        ("blocked ", ["and", "or"], ["=", "is empty"]),
        ("title ", ["contains", "like", "starts with"], ["before"]),
        ("any subtask (", ["status"], ["link"]),
        ("any linked task (li", ["link"], []),
        ("count per ", ["owner", "project"], ["status"]),
        ("count of subtasks (blocked) ", [">", "="], ["and"]),
        ("owner is empty ", ["and", "or"], ["status"]),
        ("any ", ["subtask (", "linked task ("], ["status", "task ("]),
    ],
)
def test_only_what_may_follow_is_proposed(
    text: str, wanted: list[str], unwanted: list[str]
) -> None:
    found = words(text)
    assert set(wanted) <= set(found)
    assert not set(unwanted) & set(found)


def test_a_proposal_takes_the_place_of_what_was_typed() -> None:
    text = "status = todo and last act"
    found = proposals(text, len(text), "task", {})
    assert text[: found.start] + found.words[0].word == "status = todo and last activity"
    inside = proposals("own = ann", 3, "task", {})
    assert (inside.start, inside.words[0].word) == (0, "owner")
    assert proposals("status = ann", 400, "task", {}).words == ()


def test_facts_are_those_of_the_subject() -> None:
    for subject in facts.SUBJECTS:
        own = {fact.shown for fact in facts.of(subject).values()}
        found = proposals("", 0, subject, {}).words
        assert {each.word for each in found if each.kind == "fact"} <= own
    assert "any" not in words("", "sprint")


@pytest.mark.parametrize("text", ['"', "status = = ", "(" * 60, "x" * 5000, "status in (", ")"])
def test_whatever_is_typed_is_answered(text: str) -> None:
    proposals(text, len(text), "task", PARAMS)
    found = trouble(text, "task", PARAMS)
    assert found is not None
    assert 0 <= found.start <= found.end <= len(text)


def test_the_word_to_blame_is_named_with_what_was_meant() -> None:
    text = "owner is empty and\n  statuss = todo"
    found = trouble(text, "task", {})
    assert found is not None
    assert (found.line, found.column, text[found.start : found.end]) == (2, 3, "statuss")
    assert found.instead == "status"
    word = trouble("status = in_progres", "task", {})
    assert word is not None
    assert word.instead == "in_progress"
    several = "status = todo and opn tasks > 3"
    phrase = trouble(several, "project", {})
    assert phrase is not None
    assert several[phrase.start : phrase.end] == "opn tasks"
    assert phrase.instead == "open tasks"
    parameter = trouble("updated older than :dys", "task", PARAMS)
    assert parameter is not None
    assert parameter.instead == ":days"
    assert trouble("updated older than :days", "task", PARAMS) is None


def test_what_was_meant_is_a_fact_of_the_subject() -> None:
    found = trouble("sta = active", "task", {})
    assert found is not None
    assert "state" not in found.message
    assert found.instead in {None, "status", "start"}
