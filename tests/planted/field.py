"""Sowing all plants among the filler, assessing, and comparing with what must be said."""

# ruff: noqa: E501

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import sqlalchemy as sa

from sync_engine.rules import facts, packs
from sync_engine.rules.calendars import WorkCalendar
from sync_engine.rules.scan import FLAGGED, MET
from sync_engine.rules.standards import Standard
from sync_engine.rules.syntax import refs
from tests.planted import (
    agreed,
    core_connections,
    core_others,
    core_tasks,
    delivery,
    filler,
    governance,
    networks,
    portfolios,
)
from tests.planted.days import Days
from tests.planted.oracle import Oracle
from tests.planted.plot import NEEDS, PLANTS, UNKNOWNS, Plot
from tests.planted.portfolio import BARE, Key, Place, Portfolio, tools, write
from tests.rules.looked import Looked, look

SOWERS = (
    core_tasks, core_others, core_connections, delivery, governance, networks, agreed, portfolios,
)  # fmt: skip
"""The modules with the plants."""
TIMES = 2
"""In how many tools each standard is planted."""

Answers = dict[tuple[str, Key], bool | None]


def shipped() -> list[Standard]:
    """Every standard of every pack that comes with the product, all of them switched on."""
    names = sorted(path.stem for path in packs.folders()[-1].glob("*.yaml"))
    every = (s for name in names for s in packs.load(packs.find(name)).standards)
    return [replace(standard, enabled=True, limit=None) for standard in every]


def _asked(standard: Standard) -> set[str]:
    """The fields that what it flags by needs."""
    known = facts.of(standard.subject)
    own = {
        need for ref in refs(standard.flag_when) if not ref.is_field for need in known[ref.name].needs
    }  # fmt: skip
    kind = "project" if standard.subject == "project" else "task"
    return own | {f"{kind}.custom" for ref in refs(standard.flag_when) if ref.is_field}


def _needed(standard: Standard) -> set[str]:
    """The fields without which some tool could not say what it asks."""
    known = facts.of(standard.subject)
    refs_ = (ref for c in standard.conditions() for ref in refs(c) if not ref.is_field)
    return {need for ref in refs_ for need in known[ref.name].needs} | _asked(standard)


def sow(days: Days, standards: Iterable[Standard]) -> Portfolio:
    """Plant every standard: broken and nearly broken in tools that can tell, not assessable in one
    that cannot."""
    portfolio = Portfolio(days)
    for tool in tools():
        portfolio.place(tool)
    places = list(portfolio.places.values())
    portfolio.place("inbound", BARE, provides=dict.fromkeys(("task", "person"), frozenset({"id"})))
    for number, standard in enumerate(standards):
        able = [p for p in places if p.has(_needed(standard) | set(NEEDS[standard.id]))]
        for at in _some(able, number):
            for bad in (True, False):
                at_key = PLANTS[standard.id](Plot(at, standard, bad))
                at.subject(standard.id, standard.subject, at_key, bad)
            if standard.id in UNKNOWNS:
                found = UNKNOWNS[standard.id](Plot(at, standard, bad=True))
                at.subject(standard.id, standard.subject, found, None)
        kind = {"request": "task"}.get(standard.subject, standard.subject)
        if kind in ("task", "project", "milestone"):
            there = [p for p in places if kind in p.provides and p.has(NEEDS[standard.id])]
            lacking = [p for p in there if not p.has(_asked(standard))]
            lacking = lacking or [p for p in there if not p.has(_needed(standard))]
            for at in _some(lacking, number):
                found = PLANTS[standard.id](Plot(at, standard, bad=True))
                at.subject(standard.id, standard.subject, found, None)
    return portfolio


def _some(places: list[Place], number: int) -> list[Place]:
    """A few of them, others for the next standard."""
    return [places[(number + n) % len(places)] for n in range(min(TIMES, len(places)))]


def fill(portfolio: Portfolio, tasks: int) -> Iterator[tuple[Place, str]]:
    """Projects of filler, one a step, tool after tool, until there are so many tasks."""
    places = [portfolio.places[tool] for tool in tools()]
    for number in range(max(tasks // filler.BLOCK, 0)):
        at = places[number % len(places)]
        yield at, filler.block(at)


def assessed(
    engine: sa.Engine,
    portfolio: Portfolio,
    standards: list[Standard],
    calendar: WorkCalendar,
    watched: dict[str, list[tuple[str, Key]]],
) -> Looked:
    """Assess everything."""
    return look(
        engine, standards, now=portfolio.days.now, timezone=portfolio.days.zone, calendar=calendar,
        full=True, intervals=portfolio.intervals, watched=watched, seconds=3_600,
    )  # fmt: skip


def misplanted(portfolio: Portfolio, expected: Answers) -> list[str]:
    """Plants that are not what they are meant to be: a mistake of the plant, or of the oracle. What
    is nearly broken may be out of scope; it is neither flagged nor unknown."""
    return [
        f"{plant.standard}: {plant.key} in {portfolio.named(plant.key)}"
        for plant in portfolio.plants
        if expected.get((plant.standard, plant.key), False) is not plant.answer
    ]


@dataclass(frozen=True)
class Difference:
    """A subject of which the product says something else than must be said."""

    standard: str
    key: Key
    said: str
    expected: str


_WORDS = {True: "flagged", False: "met", None: "not assessable"}


def compare(found: Looked, expected: Answers) -> list[Difference]:
    """All differences: flags by the scan, all else by each subject's own answer."""
    said: Answers = {
        key: True if code == FLAGGED else False if code == MET else None
        for key, code in found.answers.items()
    }  # fmt: skip
    flagged = {(f.standard, f.key) for f in found.findings}
    differences = [
        Difference(*pair, _WORDS[said[pair]] if pair in said else "out of scope",
                   _WORDS[expected[pair]] if pair in expected else "out of scope")
        for pair in sorted(said.keys() | expected.keys())
        if said.get(pair, "out") != expected.get(pair, "out")
    ]  # fmt: skip
    broken = {pair for pair, answer in expected.items() if answer}
    differences += [Difference(*pair, "flagged", "no flag") for pair in sorted(flagged - broken)]
    differences += [Difference(*pair, "no flag", "flagged") for pair in sorted(broken - flagged)]
    return differences


def everything(oracle: Oracle, standards: list[Standard]) -> dict[str, list[tuple[str, Key]]]:
    """Every standard with every subject, to be answered one by one."""
    by_subject: dict[str, list[str]] = {}
    for standard in standards:
        by_subject.setdefault(standard.subject, []).append(standard.id)
    return {
        subject: [(id, key) for key, _ in oracle.subjects(subject) for id in ids]
        for subject, ids in by_subject.items()
    }


def store(engine: sa.Engine, portfolio: Portfolio) -> None:
    """Write the portfolio's rows."""
    with engine.begin() as connection:
        write(connection, portfolio.rows)
        connection.execute(sa.text("ANALYZE"))
