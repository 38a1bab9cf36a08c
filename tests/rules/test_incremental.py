"""Looking only at what changed says the same as looking at everything, after any changes."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from sync_engine.rules import evaluate
from sync_engine.rules.language import read
from sync_engine.rules.resolve import resolve
from sync_engine.rules.scan import FLAGGED, UNKNOWN, Key
from sync_engine.rules.standards import Standard
from sync_engine.store.flag_models import AssessmentRow
from tests.planted.changing import CHANGES, QUIET, Changing
from tests.planted.field import everything, shipped, sow, store
from tests.planted.oracle import Oracle
from tests.planted.scenarios import SCENARIOS
from tests.rules.looked import Looked, look

SCENARIO = SCENARIOS["Berlin in spring"]
STANDARDS = [s for s in shipped() if s.subject == "task"]
TABLE = AssessmentRow.__table__  # type: ignore[attr-defined]
Pair = tuple[str, Key]
OVER_TWO_STEPS = (
    "any subtask (milestone due before today)", "any subtask (open blockers > 0)",
    "any linked task (milestone due before today or comments > 0)",
    "any linked task (subtask count > 0 and project state = active)",
    "any blocker (owner is empty or pending approvals > 0)", "count of subtasks (sprints > 0) >= 1",
    'portfolio = "Core"', 'project owner = "Ann Lee"', 'reporter = "Ann Lee"',
    'assignee = "Ann Lee"', 'last comment by = "Ann Lee"', 'blocker owner = "Ann Lee"',
)  # fmt: skip
WIDE = ("edit", "link", "hang", "part", "reassign", "comment", "around", "rename", "rename", "lead")
"""Changes that others depend on."""
IN_GROUPS = (
    "count per owner of (status = in_progress) > 3",
    "share per project of (blocked) > 20%",
)
"""What rests on more than a task and its own: it changes though neither did."""
OUTSIDE = "owner-outside-team"
TURNS = 16
"""Assessments, with up to a dozen changes before each."""


def standards_that_say(conditions: Sequence[str]) -> list[Standard]:
    """A standard on tasks for each condition."""
    return [
        replace(
            STANDARDS[0], id=f"says-{n}", scope=None, flag_when=resolve(read(text), "task"),
            params={}, escalate=None, say="", say_facts=(), version=text,
        )
        for n, text in enumerate(conditions)
    ]  # fmt: skip


class Ledger:
    """The answers so far, kept as whoever raises flags keeps them."""

    def __init__(self, engine: sa.Engine, portfolio: Any, standards: Sequence[Standard]) -> None:
        self.engine, self.standards, self.days = engine, standards, portfolio.days
        self.watched = everything(Oracle(portfolio), list(standards))
        self.answers: dict[Pair, int] = {}

    def look(self, *, full: bool | None) -> Looked:
        return look(
            self.engine, self.standards, now=self.days.now, timezone=self.days.zone,
            calendar=SCENARIO.calendar, full=full, watched=self.watched, seconds=600,
        )  # fmt: skip

    def keep(self, found: Looked) -> None:
        """Take over the answers of the subjects that were looked at."""
        reached = found.reached
        self.answers = {pair: a for pair, a in self.answers.items() if pair[1] not in reached}
        self.answers |= told(found)
        made = found.assessment
        row = {"at": self.days.now, "day": made.day, "full": found.full, "subjects": 0,
               "opened": 0,
               "worsened": 0, "resolved": 0, "reopened": 0, "frozen": 0, "slow": [],
               "standards": made.fingerprint, "baselines": made.baselines,
               "runs": {str(id): run for id, run in made.runs.items()}}  # fmt: skip
        with self.engine.begin() as connection:
            connection.execute(sa.insert(TABLE), row)


def told(found: Looked) -> dict[Pair, int]:
    return dict(found.answers)


@pytest.fixture(params=[STANDARDS], ids=["shipped"])
def ledger(
    sqlite_store: sa.Engine, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> tuple[Ledger, Changing]:
    """A planted portfolio that was assessed once; it is not small enough to be assessed whole.

    Its parameter: by which standards.
    """
    monkeypatch.setattr(evaluate, "SMALL", 0)
    portfolio = sow(SCENARIO.days, shipped())
    store(sqlite_store, portfolio)
    found = Ledger(sqlite_store, portfolio, request.param)
    found.keep(found.look(full=None))
    return found, Changing(sqlite_store, portfolio, random.Random(7))


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_what_changed_is_enough_to_look_at(ledger: tuple[Ledger, Changing]) -> None:
    book, changing = ledger
    assert len(book.answers) > 3_000
    names = [name for name in CHANGES if name not in QUIET]
    stays_equal(book, changing, names, turns=TURNS, most=12)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "ledger", [standards_that_say(OVER_TWO_STEPS)], indirect=True, ids=["over two steps"]
)
def test_what_depends_on_a_change_over_two_steps_is_looked_at(
    ledger: tuple[Ledger, Changing],
) -> None:
    book, changing = ledger
    tools = [tool for tool, _ in changing.keys]
    tool = max(tools, key=tools.count)
    changing.narrow(tool, 8)
    book.watched = {"task": [pair for pair in book.watched["task"] if pair[1][0] == tool]}
    book.answers = {pair: code for pair, code in book.answers.items() if pair[1][0] == tool}
    stays_equal(book, changing, WIDE, turns=2 * TURNS, most=2)


def stays_equal(
    book: Ledger, changing: Changing, names: Sequence[str], *, turns: int, most: int
) -> None:
    """Changes at random; after each, the answers kept are those of a look at everything."""
    for turn in range(turns):
        chosen = changing.rng.choices(names, k=changing.rng.randint(1, most))
        for name in chosen:
            changing.turn(name)
        found = book.look(full=None)
        assert not found.full
        book.keep(found)
        expected = told(book.look(full=True))
        assert differences(book.answers, expected) == {}, (turn, chosen)


@pytest.mark.parametrize(
    "ledger", [standards_that_say(IN_GROUPS)], indirect=True, ids=["per owner and project"]
)
def test_a_group_is_looked_at_whole_when_one_of_it_changes(
    ledger: tuple[Ledger, Changing],
) -> None:
    book, changing = ledger
    for name in ("edit", "reassign", "hang"):
        for _ in range(6):
            changing.turn(name)
        book.keep(book.look(full=None))
        assert differences(book.answers, told(book.look(full=True))) == {}, name
    assert not book.look(full=None).full  # nothing changed since


def differences(kept: dict[Pair, int], expected: dict[Pair, int]) -> dict[Pair, tuple[int, int]]:
    return {
        pair: (kept.get(pair, 0), expected.get(pair, 0))
        for pair in kept.keys() | expected.keys()
        if kept.get(pair, 0) != expected.get(pair, 0)
    }


@pytest.mark.parametrize("name", QUIET)
def test_what_no_row_tells_of_is_noticed(ledger: tuple[Ledger, Changing], name: str) -> None:
    book, changing = ledger
    assert not book.look(full=None).full
    changing.turn(name)
    found = book.look(full=None)
    book.keep(found)
    assert book.answers == told(book.look(full=True))


def test_a_group_that_turns_up_in_a_team_is_noticed(ledger: tuple[Ledger, Changing]) -> None:
    book, changing = ledger
    before = dict(book.answers)
    outside = [key for (id, key), code in before.items() if (id, code) == (OUTSIDE, FLAGGED)]
    for tool, _ in outside * 3:
        changing.turn("team", tool)
    found = book.look(full=None)
    assert not found.full
    book.keep(found)
    assert book.answers == told(book.look(full=True))
    assert any(book.answers[OUTSIDE, key] == UNKNOWN for key in outside)
