"""Flags are the same however many are dealt with at a time, and however far one looks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import SQLModel

from sync_engine import commands
from sync_engine.flags import compliance, standing
from sync_engine.rules import assessment, evaluate, evidence
from sync_engine.rules.joins import table
from sync_engine.rules.language import read
from sync_engine.rules.resolve import resolve
from sync_engine.store.audit import Actor
from sync_engine.store.engine import open_engine
from sync_engine.store.flag_models import (
    Compliance,
    ComplianceOfPerson,
    ComplianceOfProject,
    ComplianceOfStandard,
    ComplianceOfTeam,
)
from sync_engine.store.models import Run
from tests.flags.world import CONNECTION, EVENT, FLAG, NOW, PROVIDES, World, standards

MARIA = Actor("Maria", "command line")
RUNS = table(Run)
COUNTED = tuple(map(table, (Compliance, ComplianceOfProject, ComplianceOfStandard,
                            ComplianceOfTeam, ComplianceOfPerson)))  # fmt: skip
MANY = (
    (evidence, "CHUNK"), (assessment, "CHUNK"), (standing, "MANY"), (standing, "CHUNK"),
    (compliance, "CHUNK"),
)  # fmt: skip
"""How much is dealt with at a time."""
SAMPLE = "ABCDEFGH"
SAYS = {"task": [*PROVIDES["task"], "project_id"]}

Task = tuple[str, str | None, str | None, str | None, str | None]
TASK = st.tuples(
    st.sampled_from(SAMPLE),
    st.sampled_from([None, None, "p1"]),
    st.sampled_from(["in_progress", "in_progress", "done", None]),
    st.sampled_from([None, None, None, "deleted", "access_lost"]),
    st.sampled_from([None, "Red", "Blue"]),
)
STEP = st.tuples(
    st.lists(TASK, max_size=6),
    st.sampled_from(["", "", "waive", "scope", "off", "days", "read"]),
)
Step = tuple[list[Task], str]


def two_standards() -> tuple[Any, ...]:
    (first,) = standards()
    other = replace(
        first, id="no-project", flag_when=resolve(read("project is empty"), "task"),
        scope=None, escalate=None, say="It is nowhere.", say_facts=(),
    )  # fmt: skip
    return first, other


class Lived:
    """A store in which some steps are taken, each followed by an assessment."""

    def __init__(self, path: Path, full: bool | None) -> None:
        self.engine = open_engine(f"sqlite:///{path}")
        SQLModel.metadata.create_all(self.engine)
        with self.engine.begin() as connection:
            connection.execute(sa.insert(CONNECTION), {"id": 1, "name": "t", "connector": "jira",
                               "state": "ok", "lease_epoch": 0, "complete_at": NOW,
                               "provides": SAYS})  # fmt: skip
        self.world, self.full = World(self.engine), full
        self.world.standards = two_standards()

    def take(self, step: Step) -> None:
        world, (tasks, then) = self.world, step
        world.runs += 1
        with self.engine.begin() as connection:
            connection.execute(sa.insert(RUNS), {
                "id": world.runs, "connection_id": 1, "kind": "pull", "started_at": NOW,
                "ended_at": NOW, "outcome": "complete", "epoch": 0, "full": False})  # fmt: skip
        for id, owner, status, gone, project in tasks:
            world.task(id, owner_id=owner, status=status, gone_reason=gone, project_id=project,
                       gone_at=NOW if gone else None)  # fmt: skip
        self.also(then)
        world.assess(full=self.full)

    def also(self, then: str) -> None:
        world, today = self.world, self.world.now.date()
        if then == "days":
            world.pass_days(1)
        elif then == "read":
            world.read()
        elif then == "off":
            world.standards = world.standards[1:] or two_standards()
        elif then == "scope":
            commands.waive_scope(
                self.engine, standard="no-owner", condition=None, by=MARIA, reason="agreed",
                until=today + timedelta(days=1), moment=world.moment, known={"no-owner"},
            )  # fmt: skip
        elif then == "waive":
            with self.engine.connect() as connection:
                live = sa.select(sa.func.min(FLAG.c.fingerprint)).where(FLAG.c.state != "resolved")
                mark = connection.execute(live).scalar_one()
            if mark is not None:
                commands.waive(self.engine, mark, by=MARIA, reason="agreed", until=today,
                               now=world.now, today=today)  # fmt: skip

    def state(self) -> dict[str, list[Any]]:
        """Flags, what happened to each in order, and compliance; without numbers of rows."""
        told = [c for c in FLAG.c if c.name != "id"]
        happened = (
            sa.select(FLAG.c.fingerprint, EVENT.c.at, EVENT.c.event, EVENT.c.severity, EVENT.c.note)
            .join(FLAG, FLAG.c.id == EVENT.c.flag_id)
            .order_by(FLAG.c.fingerprint, EVENT.c.id)
        )
        with self.engine.connect() as connection:
            found = {"flags": sa.select(*told).order_by(FLAG.c.fingerprint), "events": happened}
            found |= {t.name: sa.select(t).order_by(*t.primary_key) for t in COUNTED}
            return {
                name: [tuple(row) for row in connection.execute(wanted)]
                for name, wanted in found.items()
            }


def lived(path: Path, steps: Sequence[Step], *, full: bool | None = True) -> dict[str, list[Any]]:
    life = Lived(path, full)
    for step in steps:
        life.take(step)
    state = life.state()
    life.engine.dispose()
    return state


@pytest.fixture
def paths(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """Names of files for stores."""
    return lambda: tmp_path_factory.mktemp("lived") / "store.db"


SOME = settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.mark.slow
@SOME
@given(steps=st.lists(STEP, min_size=1, max_size=6), size=st.integers(1, 3))
def test_flags_and_compliance_are_the_same_however_many_are_dealt_with_at_a_time(
    paths: Callable[[], Path], steps: list[Step], size: int
) -> None:
    whole = lived(paths(), steps)
    patches = [patch.object(module, name, size) for module, name in MANY]
    for each in patches:
        each.start()
    try:
        assert lived(paths(), steps) == whole
    finally:
        for each in patches:
            each.stop()


@pytest.mark.slow
@SOME
@given(steps=st.lists(STEP, min_size=2, max_size=6))
def test_flags_are_the_same_when_only_what_changed_is_looked_at(
    paths: Callable[[], Path], steps: list[Step]
) -> None:
    whole = lived(paths(), steps)
    with patch.object(evaluate, "SMALL", 0):
        partly = lived(paths(), steps, full=None)
    for name in ("flags", "events"):
        assert partly[name] == whole[name]


def test_flags_of_the_only_standard_are_frozen_when_it_is_too_slow(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.task("a")
    world.assess()
    endless = sa.text(
        "SELECT (WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n "
        "WHERE x < 100000000) SELECT count(*) FROM n) AS owners, 1, NULL, 0, 0, NULL"
    )
    monkeypatch.setattr(evaluate, "scan_statement", lambda *_: (endless, 1))
    report = world.assess(full=True, seconds=0.2)
    assert report.slow == ("no-owner",)
    assert (world.flag().state, world.flag().frozen_why) == ("open", "slow")
    assert (len(report.frozen), report.resolved) == (1, ())
