"""A past day's flags are those that were listed on it; a waiver of a scope ends when it says."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from sqlmodel import SQLModel

from sync_engine import commands
from sync_engine.flags import past
from sync_engine.flags.waivers import SCOPE, WAIVER
from sync_engine.rules import filters
from sync_engine.rules.calendars import WorkCalendar
from sync_engine.rules.language import LanguageError
from sync_engine.store.audit import Actor
from sync_engine.store.engine import open_engine, reading
from tests.flags.world import CONNECTION, FLAG, NOW, PROVIDES, World, standards

MARIA = Actor("Maria", "command line")

UTC_ZONE = ZoneInfo("UTC")
COLUMNS = ("fingerprint", "state", "severity", "opened_at", "worsened_at")
TODAY = NOW.date()


def listed(world: World, where: str | None = None) -> set[Any]:
    """What is listed just now."""
    statement = filters.filter_flags(where, world.moment, world.engine.dialect.name)
    return rows(world, statement)


def as_of(world: World, day: date, where: str | None = None) -> set[Any]:
    """What was listed at the end of a day."""
    dialect = world.engine.dialect.name
    return rows(world, past.filter_flags(where, day, UTC_ZONE, WorkCalendar(), dialect))


def rows(world: World, statement: sa.Select[Any]) -> set[Any]:
    with world.engine.connect() as connection:
        found = connection.execute(statement).mappings().all()
    return {
        (
            *(row[name] for name in COLUMNS),
            row["waived_until"] if row["state"] == "waived" else None,
        )
        for row in found
        if row["state"] != "resolved"
    }


def test_a_past_day_is_told_from_its_events(world: World) -> None:
    world.task("a")
    world.task("b")
    world.assess()
    commands.acknowledge(world.engine, world.flag("b").id, by=MARIA, now=world.now)
    world.pass_days(2)
    world.read()
    world.task("a", owner_id="p1")
    world.assess()
    then = as_of(world, TODAY + timedelta(days=1))
    assert {state for _, state, *_ in then} == {"open", "acknowledged"}
    assert {row[0] for row in then} == {world.flag(id).fingerprint for id in "ab"}
    assert len(as_of(world, TODAY, "state = open")) == 1
    world.pass_days(1)
    assert {state for _, state, *_ in as_of(world, TODAY + timedelta(days=2))} == {"acknowledged"}


def test_severity_is_that_of_the_day_though_nothing_got_worse(small: World) -> None:
    small.task("a")
    small.assess()
    small.pass_days(6)
    small.read()
    small.assess()
    commands.waive(small.engine, small.flag().id, by=MARIA, reason="agreed", now=small.now,
                   until=small.now.date() + timedelta(days=9), today=small.now.date())  # fmt: skip
    small.pass_days(1)
    small.read()
    small.assess()
    assert small.events() == ["opened", "worsened", "waived", "severity_changed"]
    small.pass_days(1)
    severities = [
        {severity for _, _, severity, *_ in as_of(small, TODAY + timedelta(days=n))}
        for n in (5, 6, 7)
    ]
    assert severities == [{"low"}, {"high"}, {"low"}]


def test_before_the_first_assessment_nobody_can_say(small: World) -> None:
    def known(day: date) -> past.Known:
        with reading(small.engine) as connection:
            return past.known(connection, day, small.now, UTC_ZONE)

    with pytest.raises(past.NotKnownError, match="assessed never yet"):
        known(TODAY - timedelta(days=1))
    small.assess()
    with pytest.raises(past.NotKnownError, match="assessed since 2026-03-18"):
        known(TODAY - timedelta(days=1))
    with pytest.raises(past.NotKnownError, match="is not over"):
        known(TODAY)
    small.pass_days(3)
    assert known(TODAY).that_day
    assert not known(TODAY + timedelta(days=2)).that_day


def test_what_was_frozen_on_a_past_day_is_refused_not_guessed(small: World) -> None:
    with pytest.raises(LanguageError, match="is not kept"):
        as_of(small, TODAY, "frozen")


class Days(RuleBasedStateMachine):
    """Days on which tools, people and time do anything to two flags."""

    folder: Path
    made = 0

    @initialize()
    def begin(self) -> None:
        type(self).made += 1
        self.engine = open_engine(f"sqlite:///{self.folder / f'days{type(self).made}.db'}")
        SQLModel.metadata.create_all(self.engine)
        with self.engine.begin() as connection:
            connection.execute(sa.insert(CONNECTION), {"id": 1, "name": "t", "connector": "jira",
                               "state": "ok", "lease_epoch": 0, "provides": PROVIDES,
                               "complete_at": NOW})  # fmt: skip
        self.world, self.days = World(self.engine), dict[date, set[Any]]()
        for id in "ab":
            self.world.task(id)
        self.world.assess()

    @rule(id=st.sampled_from("ab"), owner=st.sampled_from([None, "p1"]),
          status=st.sampled_from(["in_progress", "done", None]),
          title=st.sampled_from(["Plan", "Pilot"]))  # fmt: skip
    def change(self, id: str, owner: str | None, status: str | None, title: str) -> None:
        self.world.task(id, owner_id=owner, status=status, title=title)

    @rule(days=st.integers(1, 3), read=st.booleans())
    def days_pass(self, days: int, read: bool) -> None:
        now_listed = listed(self.world)
        for n in range(days):
            self.days[self.world.now.date() + timedelta(days=n)] = now_listed
        self.world.pass_days(days)
        if read:
            self.world.read()

    @rule(read=st.booleans())
    def assess(self, read: bool) -> None:
        if read:
            self.world.read()
        self.world.assess()
        self._none_hides_longer_than_it_may()

    @rule(on=st.sampled_from([True, True, False]))
    def switch(self, on: bool) -> None:
        self.world.standards = standards() if on else ()

    @rule(days=st.integers(0, 4), condition=st.sampled_from([None, "title = Pilot", 'key = "x"']))
    def waive_scope(self, days: int, condition: str | None) -> None:
        commands.waive_scope(
            self.engine, standard="no-owner", condition=condition, by=MARIA, reason="agreed",
            until=self.world.now.date() + timedelta(days=days), moment=self.world.moment,
            known=["no-owner"],
        )  # fmt: skip

    @rule(number=st.integers(1, 3))
    def end_scope(self, number: int) -> None:
        try:
            commands.end_scope_waiver(self.engine, number, by=MARIA, moment=self.world.moment)
        except commands.CommandError:
            return
        with self.engine.connect() as connection:
            left = connection.execute(
                sa.select(WAIVER.c.id).where(
                    WAIVER.c.scope_id == number, WAIVER.c.ended_at.is_(None)
                )
            ).all()
        assert left == []

    @rule(number=st.integers(1, 2), days=st.integers(0, 3),
          what=st.sampled_from(["waive", "end", "acknowledge"]))  # fmt: skip
    def say(self, number: int, days: int, what: str) -> None:
        today = self.world.now.date()
        try:
            if what == "waive":
                commands.waive(self.engine, number, by=MARIA, reason="agreed", today=today,
                               until=today + timedelta(days=days), now=self.world.now)  # fmt: skip
            elif what == "end":
                commands.end_waiver(self.engine, number, by=MARIA, now=self.world.now)
            else:
                commands.acknowledge(self.engine, number, by=MARIA, now=self.world.now)
        except commands.CommandError:
            pass

    def _none_hides_longer_than_it_may(self) -> None:
        """After an assessment, what is waived has exactly one running waiver, still within it."""
        with self.engine.connect() as connection:
            held = connection.execute(
                sa.select(FLAG.c.id, FLAG.c.waived_until, sa.func.count(WAIVER.c.id).label("n"))
                .outerjoin(
                    WAIVER, sa.and_(WAIVER.c.flag_id == FLAG.c.id, WAIVER.c.ended_at.is_(None))
                )
                .where(FLAG.c.state == "waived")
                .group_by(FLAG.c.id, FLAG.c.waived_until)
            ).all()
            over = connection.execute(
                sa.select(FLAG.c.id)
                .join(WAIVER, WAIVER.c.flag_id == FLAG.c.id)
                .join(SCOPE, SCOPE.c.id == WAIVER.c.scope_id)
                .where(WAIVER.c.ended_at.is_(None))
                .where(sa.or_(SCOPE.c.ended_at.is_not(None), SCOPE.c.until < self.world.now.date()))
            ).all()
        assert all(row.n == 1 and row.waived_until >= self.world.now.date() for row in held)
        assert over == []

    def teardown(self) -> None:
        """Every past day is told as it was."""
        if hasattr(self, "engine"):
            try:
                assert {day: as_of(self.world, day) for day in self.days} == self.days
            finally:
                self.engine.dispose()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    Days.folder, Days.made = tmp_path, 0
    return tmp_path


@pytest.mark.slow
def test_any_days(folder: Path) -> None:
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(
        Days,
        settings=settings(max_examples=20, stateful_step_count=25, deadline=None, derandomize=True,
                          database=None, suppress_health_check=list(HealthCheck)),
    )  # fmt: skip
    assert Days.made > 5
