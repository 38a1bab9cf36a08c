"""Waivers of a scope: what they cover, how they end, and that they are never silent."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from sync_engine import commands
from sync_engine.flags import waivers
from sync_engine.flags.ledger import EVENT
from sync_engine.rules.language import LanguageError
from sync_engine.store.audit import Actor
from sync_engine.store.engine import reading
from sync_engine.store.flag_models import Compliance
from tests.flags.world import NOW, World

OMAR = Actor("Omar", "command line")

TODAY = NOW.date()


def waive(world: World, condition: str | None = "title = Pilot", **more: Any) -> Any:
    given: dict[str, Any] = {
        "standard": "no-owner", "condition": condition,
        "by": Actor("Maria", "command line"), "reason": "a trial",
        "until": world.now.date() + timedelta(days=2), "moment": world.moment,
        "known": ["no-owner"], **more,
    }  # fmt: skip
    return commands.waive_scope(world.engine, **given)


def listed(world: World, *, ended: bool = False) -> tuple[waivers.WaiverLine, ...]:
    with reading(world.engine) as connection:
        return waivers.listed(connection, world.now.date(), ended=ended)


def test_covers_what_is_flagged_now_and_what_is_flagged_later(world: World) -> None:
    world.task("a", title="Pilot")
    world.task("b")
    world.assess()
    assert waive(world).covered == (world.flag("a").fingerprint,)
    assert (world.flag("a").state, world.flag("b").state) == ("waived", "open")
    world.task("c", title="Pilot")
    report = world.assess()
    assert report.opened == report.waived == (world.flag("c").fingerprint,)
    assert world.events("c") == ["opened", "waived"]


def test_runs_out_by_itself_and_brings_its_flags_back(world: World) -> None:
    world.task("a", title="Pilot")
    world.assess()
    waive(world)
    world.pass_days(2)
    world.read()
    world.assess()
    assert world.flag().state == "waived"
    world.pass_days(1)
    world.read()
    assert world.assess().waiver_expired == (world.flag().fingerprint,)
    assert (world.flag().state, world.events()[-1]) == ("open", "waiver_expired")
    world.task("b", title="Pilot")
    world.assess()
    assert world.flag("b").state == "open"
    assert listed(world) == ()
    assert [line.ended_why for line in listed(world, ended=True)] == ["expired"]


def test_is_ended_by_hand_with_an_event_for_every_flag(small: World) -> None:
    for id in "abc":
        small.task(id, title="Pilot")
    small.assess()
    waive(small)
    small.task("c", title="Pilot", owner_id="p1")  # solved meanwhile
    small.assess()
    assert commands.end_scope_waiver(small.engine, 1, by=OMAR, moment=small.moment) == 2
    assert small.events("a") == ["opened", "waived", "waiver_ended"]
    small.task("c", title="Pilot")
    small.assess()
    assert {small.flag(id).state for id in "abc"} == {"open"}
    with pytest.raises(commands.CommandError, match="has ended already"):
        commands.end_scope_waiver(small.engine, 1, by=OMAR, moment=small.moment)
    with pytest.raises(commands.CommandError, match="no waiver s7"):
        commands.end_scope_waiver(small.engine, 7, by=OMAR, moment=small.moment)


def test_lets_go_of_what_leaves_the_scope(small: World) -> None:
    small.task("a", title="Pilot")
    small.assess()
    waive(small)
    small.task("a", title="Product")
    small.assess()
    assert (small.flag().state, small.events()[-1]) == ("open", "waiver_ended")
    small.task("a", title="Pilot")
    small.assess()
    assert small.flag().state == "waived"


def test_a_flag_whose_waiver_was_ended_stays_visible(small: World) -> None:
    small.task("a", title="Pilot")
    small.assess()
    waive(small)
    commands.end_waiver(small.engine, small.flag().id, by=OMAR, now=small.now)
    small.assess()
    assert small.flag().state == "open"


def test_an_unreadable_condition_hides_nothing(small: World) -> None:
    small.task("a", title="Pilot")
    small.assess()
    waive(small)
    with small.engine.begin() as connection:
        connection.execute(sa.update(waivers.SCOPE).values(condition="titel = Pilot"))
    small.assess()
    assert small.flag().state == "open"
    with small.engine.connect() as connection:
        note = connection.execute(
            sa.select(EVENT.c.note).where(EVENT.c.event == "waiver_ended")
        ).scalar_one()
    assert 'did you mean "title"' in note
    assert [line.ended_why for line in listed(small, ended=True)] == ["unreadable"]


@pytest.mark.parametrize(
    ("wrong", "error", "told"),
    [
        ({"standard": "no-ower"}, commands.CommandError, 'did you mean "no-owner"'),
        ({"standard": None, "condition": None}, commands.CommandError, "say what is accepted"),
        ({"reason": " "}, commands.CommandError, "a name and a reason"),
        ({"until": TODAY - timedelta(days=1)}, commands.CommandError, "has passed"),
        ({"until": TODAY + timedelta(days=900)}, commands.CommandError, "a year at most"),
        ({"condition": "severity = high"}, LanguageError, "changes by itself"),
        ({"condition": "state = open or title = x"}, LanguageError, "changes by itself"),
    ],
)
def test_nonsense_is_refused(small: World, wrong: dict[str, Any], error: Any, told: str) -> None:
    with pytest.raises(error, match=told):
        waive(small, **wrong)
    assert listed(small) == ()


def test_those_that_run_out_are_listed_first(small: World) -> None:
    small.task("a")
    small.task("b", title="Pilot")
    small.assess()
    waive(small, until=TODAY + timedelta(days=30))
    commands.waive(small.engine, small.flag("a").id, by=OMAR, reason="agreed", now=small.now,
                   until=TODAY + timedelta(days=14), today=TODAY)  # fmt: skip
    first, second = listed(small)
    assert (first.id, first.title, first.runs_out) == (str(small.flag("a").id), "Task a", True)
    assert (second.id, second.condition, second.covers) == ("s1", "title = Pilot", 1)
    assert not second.runs_out


def test_waived_is_counted_as_flagged_not_as_met(world: World) -> None:
    world.task("a", title="Pilot", project_id="P")
    world.task("b", project_id="P")
    world.task("c", project_id="P", owner_id="p1")
    world.assess()
    waive(world)
    world.assess(full=True)
    held = Compliance.__table__  # type: ignore[attr-defined]
    with world.engine.connect() as connection:
        row = connection.execute(sa.select(held)).one()
    assert (row.met, row.flagged, row.waived) == (1, 2, 1)
