"""The pack of schedule standards: its sentences, and which tools can feed it."""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo

import pytest

from connectors.sdk import registry
from sync_engine.rules import examples, facts, packs
from sync_engine.rules.standards import Standard, sentence
from tests.scheduling.conftest import NOW

PACK = packs.load(packs.find("schedule"))
STANDARDS = {standard.id: standard for standard in PACK.standards}


def said(standard: Standard, count: int) -> str:
    """Its sentence, with one number for every number."""
    known = facts.of(standard.subject)
    values = {
        name: NOW.date() if known[name].type == "day" else count for name in standard.say_facts
    }
    return sentence(standard, values, ZoneInfo("UTC"))


def test_every_standard_answers_its_examples() -> None:
    assert examples.check(PACK) == []


@pytest.mark.parametrize("id", STANDARDS)
def test_sentences_read_well_for_one_and_for_several(id: str) -> None:
    for text in (said(STANDARDS[id], 1), said(STANDARDS[id], 3)):
        assert not re.search(r"[{}|]|\bnone\b|\bunknown\b", text)
        assert text.endswith(".")
        assert len(text) <= 160
    one = said(STANDARDS[id], 1)
    assert not re.search(r"\b1 (?!of\b)(?:\w+ )?\w{3,}(?<!s)s\b", one), one
    assert not re.search(r"\b1 [^.,;]{0,40}\bare\b", one), one


@pytest.mark.parametrize(
    ("tool", "undecided"),
    [
        ("smartsheet", set()),
        ("redmine", set()),
        ("jira", {"schedule-leads", "schedule-lags"}),
        ("asana", {"schedule-leads", "schedule-lags"}),
    ],
)
def test_where_standards_can_be_decided(tool: str, undecided: set[str]) -> None:
    declared = registry.get(tool).provides
    provides = {kind.__name__.lower(): sorted(names) for kind, names in declared.items()}
    lacking = {id for id, each in STANDARDS.items() if facts.missing(each.needed(), provides)}
    assert lacking == undecided
