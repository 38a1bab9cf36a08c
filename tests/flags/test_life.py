"""A flag's whole life, step by step and in any order."""

# ruff: noqa: E501

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlmodel import SQLModel

from sync_engine import commands
from sync_engine.flags.explain import explain
from sync_engine.flags.preview import preview
from sync_engine.people import KnownPerson, take
from sync_engine.rules import evaluate
from sync_engine.rules.calendars import WorkCalendar
from sync_engine.rules.language import read
from sync_engine.rules.packs import from_source
from sync_engine.rules.resolve import resolve
from sync_engine.settings.source import parse
from sync_engine.store.audit import Actor
from sync_engine.store.engine import open_engine
from sync_engine.store.flag_models import Compliance, Waiver
from sync_engine.store.models import PersonRow
from tests.flags.world import CONNECTION, FLAG, NOW, PACK, PROVIDES, TASKS, World, standards
from tests.rules.rows import record

MARIA = Actor("Maria", "command line")


def test_opens_stays_is_fixed_and_comes_back(world: World) -> None:
    world.task("a")
    assert len(world.assess().opened) == 1
    assert world.flag().said == "Task a has no owner."
    assert world.flag().remedy == "Name one in Jira."
    again = world.assess()
    assert (again.opened, again.worsened, again.resolved) == ((), (), ())
    world.task("a", owner_id="p1")
    assert len(world.assess().resolved) == 1
    assert (world.flag().state, world.flag().resolution) == ("resolved", "fixed")
    world.task("a")
    assert len(world.assess().reopened) == 1
    assert world.flag().state == "open"
    assert world.events() == ["opened", "resolved", "reopened"]


def test_out_of_scope_and_gone_resolve_but_lost_access_freezes(small: World) -> None:
    for id in "abc":
        small.task(id)
    small.assess()
    small.task("a", status="done")
    small.task("b", gone_at=NOW, gone_reason="deleted")
    small.task("c", gone_at=NOW, gone_reason="access_lost")
    small.assess()
    assert small.flag("a").resolution == "out_of_scope"
    assert small.flag("b").resolution == "gone"
    assert (small.flag("c").state, small.flag("c").frozen_why) == ("open", "access_lost")


def test_stale_data_raise_nothing_and_resolve_nothing(world: World) -> None:
    world.task("a")
    world.assess()
    world.pass_days(3)
    world.task("a", owner_id="p1")
    world.task("b")
    report = world.assess()
    assert (report.resolved, report.opened) == ((), ())
    assert len(report.frozen) == 1
    assert world.flag().frozen_why == "stale"
    world.read()
    report = world.assess()
    assert (len(report.resolved), len(report.opened)) == (1, 1)
    assert world.flag().frozen_at is None


def test_what_nothing_reads_any_more_is_frozen_at_once(world: World) -> None:
    """Its connection was left out of what is in force: however fresh, it says nothing any more."""
    world.task("a")
    world.task("c")
    world.assess(intervals={"tool-1": timedelta(minutes=5)})
    world.task("a", owner_id="p1")
    world.task("b")
    report = world.assess(intervals={})
    assert (report.resolved, report.opened, len(report.frozen)) == ((), (), 2)
    assert [world.flag(id).frozen_why for id in "ac"] == ["unread", "unread"]
    report = world.assess(intervals={"tool-1": timedelta(minutes=5)})
    assert (len(report.resolved), len(report.opened)) == (1, 1)
    assert world.flag("c").frozen_why is None


def test_unknown_answers_freeze(small: World) -> None:
    small.task("a")
    small.assess()
    small.connection(provides={"task": ["status", "title"]})
    assert len(small.assess().frozen) == 1
    assert (small.flag().state, small.flag().frozen_why) == ("open", "not_assessable")


def test_grows_more_severe_with_age(small: World) -> None:
    small.task("a")
    small.assess()
    small.pass_days(5)
    small.read()
    assert small.assess().worsened == ()
    small.pass_days(1)
    small.read()
    assert len(small.assess().worsened) == 1
    assert small.flag().severity == "high"
    small.read()
    assert small.assess().worsened == ()


def test_waiver_holds_through_a_fix_and_runs_out(small: World) -> None:
    small.task("a")
    small.assess()
    flag, today = small.flag().id, small.now.date()
    commands.waive(small.engine, flag, by=MARIA, reason="agreed", until=today + timedelta(days=2),
                   now=small.now, today=today)  # fmt: skip
    small.task("a", owner_id="p1")
    small.assess()
    small.task("a")
    small.assess()
    assert small.flag().state == "waived"
    small.pass_days(2)
    small.read()
    assert small.assess().waiver_expired == ()
    small.pass_days(1)
    small.read()
    assert len(small.assess().waiver_expired) == 1
    assert small.flag().state == "open"
    assert small.events() == [
        "opened", "waived", "resolved", "reopened", "waived", "waiver_expired",
    ]  # fmt: skip


def test_a_waiver_counts_on_its_last_day(small: World) -> None:
    small.task("a")
    small.assess()
    today = small.now.date()
    commands.waive(small.engine, small.flag().id, by=MARIA, reason="agreed", until=today,
                   now=small.now, today=today)  # fmt: skip
    small.task("a", owner_id="p1")
    small.assess()
    small.task("a")
    assert len(small.assess().reopened) == 1
    assert small.flag().state == "waived"
    commands.end_waiver(small.engine, small.flag().id, by=MARIA, now=small.now)
    assert small.flag().state == "open"


def test_what_ends_a_flag_by_itself_does_so_though_its_subject_did_not_change(small: World) -> None:
    for id in "abc":
        small.task(id)
    small.assess()
    today = small.now.date()
    commands.waive(small.engine, small.flag("a").id, by=MARIA, reason="agreed", until=today,
                   now=small.now, today=today)  # fmt: skip
    assert small.assess(full=False).subjects == 0
    assert small.flag("a").state == "waived"
    small.pass_days(1)
    assert len(small.assess(full=False).waiver_expired) == 1
    assert [small.flag(id).state for id in "abc"] == ["open"] * 3
    small.standards = ()
    assert len(small.assess(full=False).resolved) == 3


def test_standard_off_and_connection_removed_resolve(small: World) -> None:
    small.task("a")
    small.assess()
    small.standards = ()
    small.assess()
    assert small.flag().resolution == "standard_off"
    small.standards = standards()
    small.assess()
    assert small.flag().state == "open"
    small.connection(removed_at=NOW)
    small.assess()
    assert small.flag().resolution == "removed"


def test_a_standard_over_its_limit_is_reported_not_raised(small: World) -> None:
    small.standards = standards("50%")
    for n in range(12):
        small.task(f"t{n}", owner_id=None if n < 8 else "p1")
    report = small.assess()
    assert report.opened == ()
    assert report.suspect == {"no-owner": pytest.approx(8 / 12)}
    small.task("t0", owner_id="p1")
    small.task("t1", owner_id="p1")
    assert len(small.assess().opened) == 6


def test_only_what_changed_is_looked_at(small: World) -> None:
    for id in "ab":
        small.task(id)
    small.assess()
    run_table = SQLModel.metadata.tables["run"]
    with small.engine.begin() as connection:
        connection.execute(sa.insert(run_table), {"id": 2, "connection_id": 1, "kind": "pull",
                           "epoch": 1, "started_at": NOW, "ended_at": NOW})  # fmt: skip
    small.runs = 2
    small.task("b", owner_id="p1")
    asked: list[str] = []
    sa.event.listen(
        small.engine, "before_cursor_execute", lambda _c, _k, text, *_: asked.append(text)
    )
    report = small.assess(full=False)
    assert len([text for text in asked if "word_0" in text]) == 1
    assert (report.subjects, report.full, len(report.resolved)) == (1, False, 1)
    assert small.flag("a").state == "open"
    assert small.assess(full=False).subjects == 0


def test_other_people_in_the_people_file_are_noticed(
    small: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who an account belongs to is written by no run."""
    monkeypatch.setattr(evaluate, "SMALL", 0)
    small.standards = (
        replace(small.standards[0], flag_when=resolve(read('owner = "Ann Lee"'), "task")),
    )
    small.task("a", owner_id="p1")
    with small.engine.begin() as connection:
        record(connection, PersonRow, 1, "p1", kind="human", name="alee", email="ann@example.com")
    take(small.engine, ())
    assert not small.assess().opened
    take(small.engine, (KnownPerson("Ann Lee", ("ann@example.com",)),))
    assert len(small.assess().opened) == 1
    assert not small.assess().full
    take(small.engine, (KnownPerson("Ann Quist", ("ann@example.com",)),))
    assert len(small.assess().resolved) == 1


def test_a_late_assessment_changes_nothing(small: World) -> None:
    small.task("a")
    small.assess()
    small.now -= timedelta(hours=1)
    small.task("a", owner_id="p1")
    assert small.assess().superseded
    assert small.flag().state == "open"


def test_compliance_is_kept_per_day(small: World) -> None:
    for n in range(4):
        small.task(f"t{n}", project_id="P", owner_id=None if n else "p1")
    small.task("x", project_id="P", status=None)
    small.assess()
    table = Compliance.__table__  # type: ignore[attr-defined]
    with small.engine.connect() as connection:
        row = connection.execute(sa.select(table)).one()
    assert (row.day, row.met, row.flagged, row.unknown) == (date(2026, 3, 18), 1, 3, 1)


def test_preview_says_what_would_change_and_changes_nothing(small: World) -> None:
    small.task("a")
    small.task("b", owner_id="p1")
    args: Any = {"now": NOW, "timezone": ZoneInfo("UTC"), "calendar": WorkCalendar()}
    (effect,) = preview(small.engine, (), small.standards, **args)
    assert (effect.opens, effect.resolves, effect.met) == (1, 0, 1)
    assert effect.opening[0].said == "Task a has no owner."
    (back,) = preview(small.engine, small.standards, (), **args)
    assert (back.opens, back.resolves) == (0, 1)
    assert preview(small.engine, small.standards, small.standards, **args) == ()
    small.connection(provides={"task": ["status", "title"]})
    (blind,) = preview(small.engine, (), small.standards, **args)
    assert dict(blind.missing) == {"tool-1": ("owner",)}
    with small.engine.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(FLAG)).scalar_one() == 0


def test_explain_shows_values_and_life(small: World) -> None:
    small.task("a")
    small.assess()
    told = explain(small.engine, small.flag().fingerprint, small.standards)
    assert told is not None
    assert [(v.fact, v.value) for v in told.values] == [
        ("status", "in_progress"), ("owner", None), ("title", "Task a"),
    ]  # fmt: skip
    assert [v.shown for v in told.values] == ["in progress", "none", "Task a"]
    assert told.condition == "owner is empty"
    assert [step.event for step in told.steps] == ["opened"]
    assert explain(small.engine, 999) is None


@pytest.mark.parametrize(("condition", "owner", "estimate"), [
    ("owner is empty", "none", None),
    ("owner is empty and estimate is empty", "none", "none"),
    ("not (owner is not empty or estimate is not empty)", "none", "none"),
    ("(owner is empty or estimate is empty) and status = in_progress",
     "none, or not known", "none, or not known"),
    ("owner is empty or owner is empty and estimate = 1 hour", "none", "none, or not known"),
    ("not owner = Ada", "none, or not known", None),
])  # fmt: skip
def test_what_the_condition_says_to_be_empty_is_told_as_none(
    small: World, condition: str, owner: str, estimate: str | None
) -> None:
    provides = {"task": ["status", "assignee_ids", "title", "estimate_minutes"]}
    small.connection(provides=provides)
    small.standards = from_source(
        parse(PACK.replace("LIMIT", "100%").replace("owner is empty", condition), "small.yaml")
    ).standards
    small.task("a")
    small.assess()
    told = explain(small.engine, small.flag().fingerprint, small.standards)
    assert told is not None
    values = {v.fact: v.shown for v in told.values}
    assert (values["owner"], values.get("estimate")) == (owner, estimate)
    other = explain(small.engine, small.flag().fingerprint, standards())
    assert other is not None
    assert other.outdated == (condition != "owner is empty")
    if other.outdated:
        assert {v.fact: v.shown for v in other.values}["owner"] == "none, or not known"


def test_commands_refuse_nonsense(small: World) -> None:
    small.task("a")
    small.assess()
    ok: dict[str, Any] = {"by": MARIA, "reason": "agreed", "until": NOW.date(), "now": NOW,
                          "today": NOW.date()}  # fmt: skip
    for wrong, told in (
        ({"by": Actor(" ", "command line")}, "a name and a reason"),
        ({"until": NOW.date() - timedelta(days=1)}, "has passed"),
        ({"until": NOW.date() + timedelta(days=900)}, "a year at most"),
    ):
        with pytest.raises(commands.CommandError, match=told):
            commands.waive(small.engine, small.flag().id, **{**ok, **wrong})
    for missing in (77, "77", "nosuchflag", "9" * 40):
        with pytest.raises(commands.CommandError, match="there is no flag"):
            commands.waive(small.engine, missing, **ok)
    commands.acknowledge(small.engine, small.flag().id, by=MARIA, now=NOW, note="on it")
    assert (small.flag().state, small.flag().acknowledged_note) == ("acknowledged", "on it")
    with pytest.raises(commands.CommandError, match="no"):
        commands.accept_census(small.engine, 5, by=MARIA)


class Life(RuleBasedStateMachine):
    """Any order of what tools, people and time can do to one task's flag."""

    folder: Path
    made = 0

    @initialize()
    def begin(self) -> None:
        type(self).made += 1
        self.engine = open_engine(f"sqlite:///{self.folder / f'life{type(self).made}.db'}")
        SQLModel.metadata.create_all(self.engine)
        with self.engine.begin() as connection:
            connection.execute(sa.insert(CONNECTION), {"id": 1, "name": "t", "connector": "jira",
                               "state": "ok", "lease_epoch": 0, "provides": PROVIDES,
                               "complete_at": NOW})  # fmt: skip
        self.world = World(self.engine)
        self.world.task("a")
        self.assess()

    @rule(owner=st.sampled_from([None, "p1"]),
          status=st.sampled_from(["in_progress", "done", None]),
          gone=st.sampled_from([None, None, None, "deleted", "access_lost"]),
          then=st.sampled_from(["nothing", "assess", "neglect"]))  # fmt: skip
    def change(self, owner: str | None, status: str | None, gone: str | None, then: str) -> None:
        at = NOW if gone else None
        self.world.task("a", owner_id=owner, status=status, gone_at=at, gone_reason=gone)
        if then == "neglect":
            self.world.pass_days(2)
        if then != "nothing":
            self.assess()

    @rule(days=st.integers(0, 4), read=st.booleans())
    def time_passes(self, days: int, read: bool) -> None:
        self.world.pass_days(days)
        if read:
            self.world.read()

    @rule(on=st.sampled_from([True, True, False]))
    def switch(self, on: bool) -> None:
        self.world.standards = standards() if on else ()

    @rule(days=st.integers(0, 3))
    def waive(self, days: int) -> None:
        today = self.world.now.date()
        try:
            commands.waive(self.engine, 1, by=MARIA, reason="agreed",
                           until=today + timedelta(days=days), now=self.world.now, today=today)  # fmt: skip
        except commands.CommandError:
            assert self.row() is None or self.row().state == "resolved"

    @rule()
    def acknowledge(self) -> None:
        try:
            commands.acknowledge(self.engine, 1, by=MARIA, now=self.world.now)
        except commands.CommandError:
            assert self.row() is None or self.row().state in ("resolved", "waived")

    @rule()
    def assess(self) -> None:
        before = self.row()
        fresh = self.world.now + timedelta(seconds=1) - self.complete() <= timedelta(hours=24)
        with self.engine.connect() as connection:
            task = connection.execute(sa.select(TASKS)).one()
        self.world.assess()
        after = self.row()
        live_before = before is not None and before.state != "resolved"
        live_after = after is not None and after.state != "resolved"
        breaks = task.gone_at is None and task.status == "in_progress" and task.owner_id is None
        clear = task.gone_at is None and (task.owner_id is not None or task.status == "done")
        if not self.world.standards or task.gone_reason == "deleted":
            assert not live_after
        elif fresh and breaks:
            assert live_after
        elif fresh and clear:
            assert not live_after
        else:  # stale, unknown or out of sight: as it was
            assert live_after == live_before

    def complete(self) -> datetime:
        with self.engine.connect() as connection:
            found: datetime = connection.execute(sa.select(CONNECTION.c.complete_at)).scalar_one()
        return found

    def row(self) -> Any:
        with self.engine.connect() as connection:
            return connection.execute(sa.select(FLAG)).one_or_none()  # one flag at most, for ever

    @invariant()
    def history_fits_the_state(self) -> None:
        if not hasattr(self, "world") or (flag := self.row()) is None:
            return
        events = self.world.events()
        assert events[0] == "opened"
        assert "opened" not in events[1:]
        moves = [e for e in events if e in ("opened", "resolved", "reopened")]
        assert all(a != b for a, b in pairwise(moves))
        assert (moves[-1] == "resolved") == (flag.state == "resolved")
        if flag.state == "waived":
            with self.engine.connect() as connection:
                waivers = Waiver.__table__  # type: ignore[attr-defined]
                running = connection.execute(
                    sa.select(sa.func.count())
                    .select_from(waivers)
                    .where(waivers.c.ended_at.is_(None))
                ).scalar_one()
            assert running == 1
            assert flag.waived_until is not None

    def teardown(self) -> None:
        if hasattr(self, "engine"):
            self.engine.dispose()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    Life.folder, Life.made = tmp_path, 0
    return tmp_path


@pytest.mark.timeout(600)  # many sequences, on a machine that may be busy
def test_any_order_of_events(folder: Path) -> None:
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(
        Life,
        settings=settings(max_examples=40, stateful_step_count=20, deadline=None, derandomize=True,
                          database=None, suppress_health_check=list(HealthCheck)),
    )  # fmt: skip
    assert Life.made > 5
