"""What the file rests on stays in the store; what rests on nothing may go."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from sync_engine.commands import CommandError
from sync_engine.configure import connections, standards
from sync_engine.configure import entries as plain
from sync_engine.configure import people as persons
from sync_engine.configure.changes import Desk, InvalidError
from sync_engine.configured import with_entries
from sync_engine.duties import standards_of
from sync_engine.people import Account
from sync_engine.settings import load
from tests.configure.conftest import ADA, FILE, trello

PEOPLE = """\
people:
  - name: Ada Quist
    accounts: {team: [u1]}
"""


@pytest.fixture
def beside(sqlite_store: sa.Engine, file: Path) -> Desk:
    """A desk on SQLite: what is judged here is no matter of the database."""
    return Desk(sqlite_store, load(file))


def anew(desk: Desk, file: Path, further: str) -> Desk:
    """The desk after the file was changed."""
    file.write_text(FILE + further)
    return replace(desk, file=load(file))


def test_the_people_file_may_rest_on_a_connection_of_the_console(beside: Desk, file: Path) -> None:
    connections.add(beside, ADA, "team", trello())
    (file.parent / "people.yaml").write_text(PEOPLE)
    desk = anew(beside, file, "people: people.yaml\n")
    account = Account("team", "u1", "Ada", None, 1)
    with pytest.raises(CommandError, match=r"is that of Ada Quist in people\.yaml"):
        persons.link(desk, ADA, "Ada", [account])
    with pytest.raises(CommandError, match=r'rests on it: .*people\.yaml:3:.*connection "team"'):
        connections.take_away(desk, ADA, "team", version=1)
    assert [each.name for each in desk.configuration().of_kind("connection")] == ["team"]
    (file.parent / "people.yaml").write_text("people: []\n")
    connections.take_away(desk, ADA, "team", version=1)


def test_the_file_may_rest_on_a_pack_that_the_console_puts_on(beside: Desk, file: Path) -> None:
    known = {each.id for each in standards_of(beside.configuration())}
    standards.switch_pack(beside, ADA, "delivery", on=True, version=None)
    held = standards_of(beside.configuration())
    id = next(each.id for each in held if each.id not in known)
    desk = anew(beside, file, f"standards: {{set: {{{id}: off}}}}\n")
    with pytest.raises(CommandError, match=f'the file rests on it: .*no standard "{id}"'):
        standards.switch_pack(desk, ADA, "delivery", on=False, version=1)
    assert "delivery" in desk.configuration().settings.standards.packs


def test_a_condition_on_projects_is_checked_before_it_is_kept(beside: Desk) -> None:
    said = {"projects": "colour = red"}
    with pytest.raises(InvalidError, match=r"baselines\.projects"):
        plain.set_setting(beside, ADA, "baselines", said, version=None)
    assert not with_entries(beside.file, beside.engine)[0].left_out
