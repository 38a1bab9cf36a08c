"""Who sees which rows, on both databases."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from sync_engine.access import Visible, check_scope
from sync_engine.accounts import User
from sync_engine.rules.calendars import Moment, WorkCalendar
from sync_engine.rules.filters import FLAG
from sync_engine.rules.joins import IDENTITY, PROJECT, TASK
from sync_engine.rules.language import LanguageError
from sync_engine.store.engine import reading
from sync_engine.store.flag_models import Compliance, ComplianceOfPerson, ComplianceOfTeam
from sync_engine.store.models import Connection
from tests.console.portfolio import NOW, PROJECTS, fill, table

MOMENT = Moment(NOW, ZoneInfo("UTC"), WorkCalendar())


def user(role: Any = "manager", address: str = "Eve@acme.example", scope: Any = None) -> User:
    return User(1, address, "Eve", role, None, scope)


@pytest.fixture
def filled(store: sa.Engine) -> sa.Engine:
    """The portfolio."""
    fill(store)
    return store


def seen(engine: sa.Engine, who: User, column: Any, condition: Any) -> set[Any]:
    """The values of a column in the rows that someone sees."""
    with reading(engine) as connection:
        where = condition(Visible.to(who, connection, MOMENT))
        return set(connection.execute(sa.select(column).where(where)).scalars())


@pytest.mark.parametrize("role", ["admin", "pmo", "viewer"])
def test_the_others_see_everything(filled: sa.Engine, role: str) -> None:
    """Whatever their scope says."""
    who = user(role, scope='portfolio = "Core"')
    assert seen(filled, who, PROJECT.c.id, lambda v: v.projects()) == set(PROJECTS)
    assert seen(filled, who, TASK.c.id, lambda v: v.tasks(TASK)) == {
        "task-eve", "task-bob", "task-ada",
    }  # fmt: skip
    assert len(seen(filled, who, FLAG.c.id, lambda v: v.flags())) == 94


def test_a_manager_sees_the_projects_of_their_scope_and_whom_they_lead(filled: sa.Engine) -> None:
    """And nothing else, in any table."""
    who = user(scope='portfolio = "Core"')
    own = {"alpha", "beta"}
    assert seen(filled, who, PROJECT.c.id, lambda v: v.projects()) == own
    compliance = table(Compliance)
    assert seen(filled, who, compliance.c.project_id, lambda v: v.of_projects(compliance)) == own
    assert seen(filled, who, IDENTITY.c.name, lambda v: v.people()) == {"Eve", "Bob"}
    assert seen(filled, who, TASK.c.id, lambda v: v.tasks(TASK)) == {"task-eve", "task-bob"}
    owners = seen(
        filled, who, FLAG.c.project_id + sa.literal("/") + FLAG.c.owner, lambda v: v.flags()
    )
    assert owners == {"alpha/Ada", "beta/Ada", "gamma/Bob"}
    held = table(Connection)
    assert seen(filled, who, held.c.name, lambda v: v.connections(held.c.id)) == {"engineering"}


def test_flags_are_the_same_found_or_tried(filled: sa.Engine) -> None:
    """Where most projects are a manager's, all flags are tried instead of theirs looked for."""
    who = user(scope='portfolio = "Core"')
    with reading(filled) as connection:
        visible = Visible.to(who, connection, MOMENT)
        ids = {
            most: connection.execute(
                sa.select(FLAG.c.id).where(replace(visible, most=most).flags())
            ).scalars().all()
            for most in (False, True)
        }  # fmt: skip
        every = connection.execute(sa.select(sa.func.count()).select_from(FLAG)).scalar_one()
        all_ = Visible.to(user(scope="name is not empty"), connection, MOMENT)
    assert (visible.most, all_.most) == (False, True)
    assert sorted(ids[True]) == sorted(ids[False])
    assert 0 < len(ids[True]) < every


def test_a_manager_without_a_scope_sees_their_people_only(filled: sa.Engine) -> None:
    """A scope that is missing hides; it does not show all."""
    assert seen(filled, user(), PROJECT.c.id, lambda v: v.projects()) == set()
    assert seen(filled, user(), FLAG.c.owner, lambda v: v.flags()) == {"Bob"}
    stranger = user(address="zoe@acme.example")
    assert seen(filled, stranger, FLAG.c.id, lambda v: v.flags()) == set()
    held = table(Connection)
    assert seen(filled, stranger, held.c.name, lambda v: v.connections(held.c.id)) == set()


def test_what_is_counted_by_team_and_person_is_theirs(filled: sa.Engine) -> None:
    """The team that bears their address; the people whom they lead."""
    team, person = table(ComplianceOfTeam), table(ComplianceOfPerson)
    counts = {"day": NOW.date(), "met": 1, "flagged": 0, "waived": 0, "unknown": 0}
    with filled.begin() as connection:
        for name in ("eve@acme.example", "zoe@acme.example", ""):
            connection.execute(sa.insert(team), {**counts, "team": name, "standard": "s"})
        for id in (0, 1, 2, 3):
            connection.execute(sa.insert(person), {**counts, "team": "", "identity_id": id})
    who = user()
    assert seen(filled, who, team.c.team, lambda v: v.teams(team.c.team)) == {"eve@acme.example"}
    column = person.c.identity_id
    assert seen(filled, who, column, lambda v: v.people(column)) == {1, 2}


def test_a_scope_that_is_unknown_of_a_project_hides_it(filled: sa.Engine) -> None:
    """Not assessable is not theirs; a project that is gone is not there."""
    with filled.begin() as connection:
        connection.execute(sa.update(PROJECT).where(PROJECT.c.id == "alpha").values(custom=None))
        connection.execute(sa.update(PROJECT).where(PROJECT.c.id == "beta").values(gone_at=NOW))
    assert seen(filled, user(scope='portfolio = "Core"'), PROJECT.c.id, lambda v: v.projects()) == (
        set()
    )


def test_a_scope_that_makes_no_sense_is_refused_and_shows_nothing(filled: sa.Engine) -> None:
    """When it is given, and when it is used."""
    with pytest.raises(LanguageError):
        check_scope("portfolio is nice")
    with reading(filled) as connection, pytest.raises(LanguageError):
        Visible.to(user(scope="portfolio is nice"), connection, MOMENT)
