"""Every shipped standard finds all that breaks it, nothing else, and says where it cannot know:
planted work among sound work, on both databases, under several calendars and clocks.

What must be said comes from `tests.planted`, which works out facts, days and answers by itself.
`python -m benchmarks.planted` asks the same of a million tasks.
"""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from tests.planted.days import Days
from tests.planted.field import assessed, compare, everything, fill, misplanted, shipped, sow, store
from tests.planted.filler import FLEET
from tests.planted.oracle import Oracle
from tests.planted.plot import PLANTS
from tests.planted.scenarios import SCENARIOS

TASKS = 3_000
STANDARDS = shipped()
IDS = [standard.id for standard in STANDARDS]
BUSIEST = "Berlin in spring"


@pytest.fixture(scope="module")
def planted() -> dict[str, set[bool | None]]:
    """What was planted of every standard."""
    kept: dict[str, set[bool | None]] = {id: set() for id in IDS}
    for each in sow(SCENARIOS[BUSIEST].days, [s for s in STANDARDS if s.id in PLANTS]).plants:
        kept[each.standard].add(each.answer)
    return kept


@pytest.mark.parametrize("id", IDS)
def test_every_standard_is_planted(planted: dict[str, set[bool | None]], id: str) -> None:
    assert id in PLANTS, f"plant {id} in tests/planted, as plot.py says"
    subject = next(s.subject for s in STANDARDS if s.id == id)
    expected = {True, False} if subject == "connection" else {True, False, None}
    assert planted[id] == expected


def test_every_plant_is_of_a_standard() -> None:
    assert PLANTS.keys() <= set(IDS)


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", SCENARIOS)
def test_all_that_is_planted_is_found_and_nothing_else(
    name: str, sqlite_store: sa.Engine, postgres_store: sa.Engine
) -> None:
    scenario = SCENARIOS[name]
    portfolio = sow(scenario.days, STANDARDS)
    sound, people = set(), portfolio.identities
    if name == BUSIEST:
        sown = len(portfolio.rows["task"])
        sound = {(place.id, project) for place, project in fill(portfolio, TASKS - sown)}
    oracle = Oracle(portfolio)
    expected = oracle.answers(STANDARDS)
    assert misplanted(portfolio, expected) == []
    watched = everything(oracle, STANDARDS)
    for engine in (sqlite_store, postgres_store):
        store(engine, portfolio)
        found = assessed(engine, portfolio, STANDARDS, scenario.calendar, watched)
        assert found.slow == frozenset()
        assert compare(found, expected) == [], engine.dialect.name
        hit = [t for t in found.totals if (t.connection_id, t.project_id) in sound and t.flagged]
        assert hit == [], engine.dialect.name
        busy = [f for f in found.findings if f.subject == "person" and f.key[0] > people]
        assert busy == [], engine.dialect.name
        fleet = [f for f in found.findings if f.key == (0, FLEET.lower())]
        assert fleet == [], engine.dialect.name


def test_days_are_counted_as_people_do() -> None:
    days: Days = SCENARIOS[BUSIEST].days
    assert days.oldest(3, "working days").isoformat() == "2026-03-26"
    assert days.farthest(3, "working days").isoformat() == "2026-04-07"
    skipped = SCENARIOS["Apia"].days
    assert skipped.begins(skipped.today).astimezone(skipped.zone).hour == 0
