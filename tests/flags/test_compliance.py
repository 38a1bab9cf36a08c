"""Compliance over days: by project, portfolio, team, person; gaps are gaps."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, get_args

import pytest
import sqlalchemy as sa

from sync_engine import commands
from sync_engine.access import Visible
from sync_engine.flags.compliance import (
    COUNTS,
    OF_PROJECT,
    OF_TEAM,
    WHOLE_STANDARD,
    By,
    Course,
    course,
)
from sync_engine.rules.language import LanguageError
from sync_engine.store.audit import Actor
from sync_engine.store.engine import reading
from sync_engine.store.models import Identity, PersonRow, ProjectRow
from tests.flags.world import NOW, World
from tests.rules.rows import record, table

MARIA = Actor("Maria", "command line")

TODAY = NOW.date()


@pytest.fixture
def staffed(world: World) -> World:
    """Ada and Bo work for Lea in "Pump", Cy for nobody in another "Pump"; one task has no owner."""
    with world.engine.begin() as connection:
        for id, name, lead in ((1, "Ada", "Lea@acme.example"), (2, "Bo", None), (3, "Cy", None)):
            connection.execute(
                sa.insert(table(Identity)),
                {"id": id, "name": name, "email": f"{name.lower()}@acme.example", "source": "file",
                 "lead_email": lead, "manager_email": "lea@acme.example" if id < 3 else None},
            )  # fmt: skip
            record(connection, PersonRow, 1, f"p{id}", name=name, kind="human", identity_id=id)
        portfolio = [{"id": "f1", "name": "Portfolio", "value": "Core"}]
        for project, custom in (("P", portfolio), ("Q", [])):
            record(connection, ProjectRow, 1, project, name="Pump", custom=custom)
    world.task("a", project_id="P", owner_id="p1")
    world.task("b", project_id="P", owner_id="p2")
    world.task("c", project_id="Q", owner_id="p3")
    world.task("d", project_id="P")
    world.assess(full=True)
    return world


def fared(world: World, by: By, where: str | None = None, first: date = TODAY) -> Course:
    with reading(world.engine) as connection:
        return course(connection, by, first, world.now.date(), world.moment, where)


def figures(found: Course) -> list[Any]:
    return [(row.group, row.met, row.flagged, row.waived, row.unknown) for row in found.rows]


def test_is_told_by_what_the_work_belongs_to(staffed: World) -> None:
    assert figures(fared(staffed, "standard")) == [("no-owner", 3, 1, 0, 0)]
    assert figures(fared(staffed, "project")) == [("Pump", 2, 1, 0, 0), ("Pump", 1, 0, 0, 0)]
    assert figures(fared(staffed, "portfolio")) == [("", 1, 0, 0, 0), ("Core", 2, 1, 0, 0)]
    assert figures(fared(staffed, "tool")) == [("jira", 3, 1, 0, 0)]
    assert figures(fared(staffed, "connection", "portfolio = Core")) == [("tool-1", 2, 1, 0, 0)]
    assert figures(fared(staffed, "team")) == [("", 1, 1, 0, 0), ("lea@acme.example", 2, 0, 0, 0)]
    assert figures(fared(staffed, "team", "standard = none-such")) == []
    assert figures(fared(staffed, "person")) == [
        ("", 0, 1, 0, 0), ("Ada", 1, 0, 0, 0), ("Bo", 1, 0, 0, 0), ("Cy", 1, 0, 0, 0),
    ]  # fmt: skip
    assert figures(fared(staffed, "person", "owner = ada@acme.example")) == [("Ada", 1, 0, 0, 0)]
    (row,) = fared(staffed, "standard").rows
    assert row.compliance == 0.75


def test_only_what_is_visible_is_told(staffed: World) -> None:
    """Of one project, of one's own team, of whom one leads; groups of one name are told apart."""
    lea = Visible({1: ["P"]}, (1, 2), "lea@acme.example")
    expected: dict[By, Any] = {
        "standard": [("no-owner", 2, 1, 0, 0)],
        "project": [("Pump", 2, 1, 0, 0)],
        "portfolio": [("Core", 2, 1, 0, 0)],
        "team": [("lea@acme.example", 2, 0, 0, 0)],
        "person": [("Ada", 1, 0, 0, 0), ("Bo", 1, 0, 0, 0)],
    }
    with reading(staffed.engine) as connection:
        for by, rows in expected.items():
            found = course(connection, by, TODAY, TODAY, staffed.moment, visible=lea)
            assert figures(found) == rows, by
    assert [row.key for row in fared(staffed, "project").rows] == [(1, "P"), (1, "Q")]
    assert [row.key for row in fared(staffed, "person").rows] == [(0,), (1,), (2,), (3,)]


def test_sums_by_standard_are_kept_with_each_assessment(staffed: World) -> None:
    """The same as adding up the projects; assessed again, nothing is counted twice."""
    staffed.assess(full=True)
    row = OF_PROJECT.c
    sums = [sa.func.sum(row[name]) for name in COUNTS]
    with reading(staffed.engine) as connection:
        kept = connection.execute(sa.select(WHOLE_STANDARD)).all()
        added = connection.execute(
            sa.select(row.day, row.standard, *sums).group_by(row.day, row.standard)
        ).all()
    assert [tuple(each) for each in kept] == [tuple(each) for each in added]
    assert kept[0].met == 3


def test_waived_is_flagged_for_teams_and_people_too(staffed: World) -> None:
    staffed_flag = staffed.flag("d").id
    commands.waive(staffed.engine, staffed_flag, by=MARIA, reason="agreed", now=staffed.now,
                   until=TODAY, today=TODAY)  # fmt: skip
    staffed.assess(full=True)
    for by in get_args(By):
        found = figures(fared(staffed, by))
        assert [sum(row[n] for row in found) for n in (2, 3)] == [1, 1]


def test_a_day_without_an_assessment_is_a_gap(staffed: World) -> None:
    staffed.pass_days(3)
    staffed.read()
    staffed.assess(full=True)
    found = fared(staffed, "standard", first=TODAY - timedelta(days=1))
    assert [row.day for row in found.rows] == [TODAY, TODAY + timedelta(days=3)]
    assert found.gaps == tuple(TODAY + timedelta(days=n) for n in (-1, 1, 2))
    assert found.first_kept == TODAY


def test_what_is_not_assessable_stands_beside_with_what_is_missing(small: World) -> None:
    small.task("a")
    small.connection(provides={"task": ["status", "title"]})
    small.assess(full=True)
    (row,) = fared(small, "standard").rows
    assert (row.met, row.flagged, row.unknown, row.missing) == (0, 0, 1, ("owner",))
    assert row.compliance is None


@pytest.mark.parametrize(
    ("by", "where"),
    [("person", "standard = x"), ("team", "project = x"), ("project", "severity = high")],
)
def test_conditions_on_what_is_not_kept_are_refused(small: World, by: By, where: str) -> None:
    with pytest.raises(LanguageError, match="a condition may speak of"):
        fared(small, by, where)


def test_the_past_keeps_its_names(staffed: World) -> None:
    with staffed.engine.begin() as connection:
        connection.execute(sa.update(table(ProjectRow)).values(name="Valve", custom=[]))
        connection.execute(sa.update(table(Identity)).values(lead_email="kim@acme.example"))
    staffed.pass_days(1)
    staffed.read()
    staffed.assess(full=True)
    by_day: dict[date, set[str]] = {}
    for by in ("project", "portfolio", "team"):
        for row in fared(staffed, by).rows:
            by_day.setdefault(row.day, set()).add(row.group)
    assert by_day[TODAY] == {"Pump", "Core", "", "lea@acme.example"}
    assert by_day[TODAY + timedelta(days=1)] == {"Valve", "", "kim@acme.example"}


def test_teams_before_they_were_kept_are_gaps(staffed: World) -> None:
    with staffed.engine.begin() as connection:
        connection.execute(sa.delete(OF_TEAM))
    staffed.pass_days(1)
    staffed.read()
    staffed.assess(full=True)
    found = fared(staffed, "team")
    assert (found.gaps, found.first_kept) == ((TODAY,), TODAY + timedelta(days=1))
    assert fared(staffed, "standard").gaps == ()
