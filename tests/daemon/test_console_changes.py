"""What is changed in the store is taken at once: no file, no restart, a real tool."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from signal import SIGHUP, SIGTERM
from typing import Any
from unittest.mock import Mock

import pytest
import sqlalchemy as sa
import structlog

from connectors.sdk.sandbox import Sandbox
from sync_engine.commands import CommandError
from sync_engine.configure import connections
from sync_engine.configure import entries as plain
from sync_engine.configure import people as persons
from sync_engine.configure.changes import Desk, InvalidError
from sync_engine.daemon import Daemon
from sync_engine.digest import run
from sync_engine.secrets import SecretError
from sync_engine.settings import load
from sync_engine.store import entries, runs
from sync_engine.store.audit import Actor
from sync_engine.store.engine import open_engine

PATIENCE = 60.0
ADA = Actor("ada@example.com", "console")
ABSENT = Path("flagstaff.yaml")

pytestmark = pytest.mark.slow


@pytest.fixture
def daemon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Daemon]:
    """A daemon without a configuration file, whose clock is the test."""
    monkeypatch.chdir(tmp_path)
    for name in ("FLAGSTAFF_STORE", "FLAGSTAFF_KEY"):
        monkeypatch.delenv(name, raising=False)
    made = Daemon(ABSENT, optional=True)
    yield made
    made._pool.shutdown()
    made._engine.dispose()


@pytest.fixture
def desk(daemon: Daemon, tmp_path: Path) -> Iterator[Desk]:
    """Another process at the same store."""
    engine = open_engine(f"sqlite:///{tmp_path / 'flagstaff.db'}")
    yield Desk(engine, load(ABSENT, optional=True))
    engine.dispose()


@pytest.fixture
def document(tool: Sandbox, base_url: str) -> dict[str, Any]:
    """The tool's connection, as a form gives it."""
    options = {**tool.options(base_url), "allow_private_network": True}
    return {"connector": "trello", "options": options, "every": "1d"}


def turn(daemon: Daemon) -> None:
    """One look at what is due, and the end of what it began."""
    daemon.tick()
    with daemon._idle:
        assert daemon._idle.wait_for(lambda: not daemon._health.busy, PATIENCE)


def rows(desk: Desk, sql: str) -> list[Any]:
    with desk.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(sa.text(sql))]


def test_it_takes_what_the_store_says(daemon: Daemon, desk: Desk, document: dict[str, Any]) -> None:
    turn(daemon)
    connections.add(desk, ADA, "boards", document)
    turn(daemon)
    assert rows(desk, "SELECT count(*) FROM task WHERE status = 'in_progress'") == [(6,)]
    connections.map_words(desk, ADA, "boards", status={"Doing": "done"}, fields={}, version=1)
    for _ in range(3):  # a census may go first; the next look maps again
        turn(daemon)
    assert rows(desk, "SELECT count(*) FROM task WHERE status = 'done'") == [(6,)]
    connections.take_away(desk, ADA, "boards", version=2)
    turn(daemon)
    assert daemon._configuration.settings.connections == ()
    assert rows(desk, "SELECT count(*) FROM connection WHERE removed_at IS NOT NULL") == [(1,)]
    assert rows(desk, "SELECT count(*) FROM task") == [(6,)]


def test_health_names_what_is_left_out_and_goes_on(daemon: Daemon, desk: Desk) -> None:
    runs.connection_id(desk.engine, "lost", "trello")
    with desk.engine.begin() as connection:
        entries.begin_change(connection)
        gone = {"connector": "no_such_tool"}
        entries.write(connection, ("connection", "lost"), gone, by="ada", at=desk.now())
    plain.set_setting(desk, ADA, "timezone", "Europe/Berlin", version=None)
    turn(daemon)
    assert daemon._configuration.settings.timezone == "Europe/Berlin"
    ready, said = daemon._readyz()
    assert ready
    assert rows(desk, "SELECT name FROM connection WHERE removed_at IS NULL") == [("lost",)]
    [told] = said["left_out"]
    assert '"lost"' in told
    assert "no_such_tool" in told


def test_what_the_store_refuses_is_taken_at_the_next_look(daemon: Daemon, desk: Desk) -> None:
    turn(daemon)
    refuse = "CREATE TRIGGER no AFTER INSERT ON people_state BEGIN SELECT RAISE(ABORT,'full'); END"

    def refused(lead: str, version: int | None) -> None:
        document = {"name": "Ada Quist", "emails": ["ada@example.com"], "lead": lead}
        key = persons.key_of(document) if version else None
        persons.set_person(desk, ADA, document, key=key, version=version)
        with daemon._engine.begin() as connection:
            connection.exec_driver_sql(refuse)
        daemon.tick()
        assert "full" in str(daemon._health.store_error)
        assert rows(desk, f"SELECT 1 FROM identity WHERE lead_email = '{lead}'") == []
        with daemon._engine.begin() as connection:
            connection.exec_driver_sql("DROP TRIGGER no")
        turn(daemon)
        assert rows(desk, f"SELECT 1 FROM identity WHERE lead_email = '{lead}'") == [(1,)]

    refused("lead@example.com", None)
    ABSENT.write_text("timezone: Europe/Berlin\n")
    daemon._reload.set()
    refused("other@example.com", 1)
    assert daemon._configuration.settings.timezone == "Europe/Berlin"


def test_an_assessment_that_the_store_refuses_is_made_at_the_next_look(
    daemon: Daemon, desk: Desk
) -> None:
    refuse = "CREATE TRIGGER no AFTER INSERT ON assessment BEGIN SELECT RAISE(ABORT,'full'); END"
    turn(daemon)
    [(made,)] = rows(desk, "SELECT count(*) FROM assessment")
    with daemon._engine.begin() as connection:
        connection.exec_driver_sql(refuse)
    daemon._delivered()
    daemon.tick()
    assert "full" in str(daemon._health.store_error)
    with daemon._engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER no")
    turn(daemon)
    assert daemon._health.store_error is None
    assert rows(desk, "SELECT count(*) FROM assessment") == [(made + 1,)]


def test_what_cannot_be_sent_is_no_reason_to_assess_again(
    daemon: Daemon, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: Any, **__: Any) -> Any:
        raise SecretError("mail.password: it is not set")

    monkeypatch.setattr("sync_engine.duties.send_digests", refused)
    for _ in range(3):
        turn(daemon)
    assert "not set" in str(daemon._health.duties_error)
    assert rows(desk, "SELECT count(*) FROM assessment") == [(1,)]


def test_a_file_with_a_time_that_is_none_is_not_taken(daemon: Daemon) -> None:
    turn(daemon)
    ABSENT.write_text("digests: [{to: ada@example.com, when: Blurday 08:00, channels: [file]}]\n")
    daemon._reload.set()
    turn(daemon)
    assert "Blurday" in str(daemon._health.configuration_error)
    assert daemon._configuration.settings.digests == ()


def test_no_message_is_begun_once_it_is_told_to_stop(
    daemon: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def deliver(*_: Any, stopping: Any, **__: Any) -> list[Any]:
        asked.append(stopping)
        return []

    monkeypatch.setattr(run, "deliver", deliver)
    turn(daemon)
    [stopping] = asked
    assert not stopping()
    daemon._stop.set()
    assert stopping()


def test_a_broken_people_file_is_said_of_each_connection(
    write_config: Callable[..., Path], tmp_path: Path
) -> None:
    (tmp_path / "people.yaml").write_text("people: [{name: Ada, accounts: {nowhere: [u1]}}]\n")
    made = Daemon(write_config(extra="people: people.yaml"))
    assert 'no connection "nowhere"' in str(made._readyz()[1]["configuration"])
    turn(made)
    with made._engine.connect() as connection:
        [said] = connection.execute(sa.text("SELECT message FROM connection")).scalars()
    assert 'no connection "nowhere"' in said
    made._pool.shutdown()
    made._engine.dispose()


def test_a_draft_is_tried_out_before_it_is_saved(
    desk: Desk, document: dict[str, Any], tool: Sandbox
) -> None:
    finding = connections.check_draft(desk, "boards", document)
    assert finding.ok, finding.troubles
    found = connections.choosable(desk, "boards", document)
    assert found.option == "boards"
    assert {scope.name for scope in found.scopes or ()} == {"Board 0", "Board 1"}
    wrong = {**document, "options": {**document["options"], "token": "not-the-right-one"}}
    finding = connections.check_draft(desk, "boards", wrong)
    assert not finding.ok
    assert "not-the-right-one" not in repr(finding)
    with pytest.raises(InvalidError, match="colour"):
        connections.check_draft(desk, "boards", {**document, "options": {"colour": "red"}})
    assert entries.version(desk.engine) == 0


def test_a_saved_secret_serves_the_next_check(desk: Desk, document: dict[str, Any]) -> None:
    connections.add(desk, ADA, "boards", document)
    shown = desk.entry(("connection", "boards")).document
    assert connections.check_draft(desk, "boards", shown).ok


def test_records_go_only_when_they_are_purged(
    daemon: Daemon, desk: Desk, document: dict[str, Any]
) -> None:
    connections.add(desk, ADA, "boards", document)
    turn(daemon)
    with pytest.raises(CommandError, match="still configured"):
        connections.purge_records(desk, ADA, "boards")
    connections.take_away(desk, ADA, "boards", version=1)
    with pytest.raises(InvalidError, match="still kept"):
        connections.add(desk, ADA, "boards", {"connector": "asana", "options": {"token": "x"}})
    deleted = connections.purge_records(desk, ADA, "boards")
    assert deleted["task"] == 6
    for table in ("task", "raw_item", "run", "connection", "flag"):
        assert rows(desk, f"SELECT count(*) FROM {table}") == [(0,)], table
    with pytest.raises(CommandError, match="nothing is kept"):
        connections.purge_records(desk, ADA, "boards")


@pytest.mark.parametrize("write", [lambda path: path.write_text("log: {}\n"), lambda _: None])
def test_commands_see_the_store_without_a_file(
    desk: Desk, write: Callable[[Path], object], capsys: pytest.CaptureFixture[str]
) -> None:
    from sync_engine.cli.boundary import run

    write(ABSENT)
    plain.set_setting(desk, ADA, "timezone", "Europe/Berlin", version=None)
    assert run(["config", "show"]) == 0
    assert "store, ada@example.com" in capsys.readouterr().out
    assert run(["config", "export", "--console-only"]) == 0
    assert "timezone: Europe/Berlin" in capsys.readouterr().out
    assert run(["config", "check"]) == 0


class _Told:
    """Signals that come one after the other."""

    def __init__(self, *numbers: int) -> None:
        self._left = list(numbers)

    def wait(self) -> int:
        return self._left.pop(0)


@pytest.mark.parametrize("written", [False, True])
def test_the_console_apart_is_reloaded_without_a_file(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, written: bool
) -> None:
    """One that is there by then is read, too."""
    from sync_engine.cli import website
    from sync_engine.cli.frame import Frame

    made = website.Website(Frame(ABSENT))
    monkeypatch.setattr(website, "whole", Mock())
    monkeypatch.setattr(website, "Signals", lambda *_: _Told(SIGHUP, SIGTERM))
    if written:
        ABSENT.write_text("timezone: Europe/Berlin\n")
    with structlog.testing.capture_logs() as said:
        made.run()
    assert [each["event"] for each in said] == ["serving", "configuration reloaded"]
    zone = made._workshop.configuration.settings.timezone
    assert (zone == "Europe/Berlin") == written
