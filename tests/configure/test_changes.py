"""Entries of the store: checked whole, locked, sealed, audited, merged."""

from __future__ import annotations

import threading
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel

from sync_engine.commands import CommandError
from sync_engine.configure import connections
from sync_engine.configure import entries as plain
from sync_engine.configure import people as persons
from sync_engine.configure.changes import ChangedMeanwhileError, Desk, InvalidError
from sync_engine.configured import with_entries
from sync_engine.jobs import retire_unconfigured
from sync_engine.probing import probe
from sync_engine.secrets import connection_options, way_secret
from sync_engine.settings import load, load_people
from sync_engine.store import entries, runs
from sync_engine.store.vault import KEY_BYTES
from tests.configure.conftest import ADA, BEN, CANARY, FILE, NOW, trello


def dump(engine: sa.Engine) -> str:
    """Every value of every table, as text."""
    with engine.connect() as connection:
        return repr(
            [
                list(connection.execute(sa.select(table)).all())
                for table in SQLModel.metadata.sorted_tables
            ]
        )


def audited(desk: Desk) -> list[Any]:
    table = SQLModel.metadata.tables["audit"]
    with desk.engine.connect() as connection:
        return list(connection.execute(sa.select(table).order_by(table.c.id)))


def test_a_connection_of_the_console_stands_beside_those_of_the_file(desk: Desk) -> None:
    changed = connections.add(desk, ADA, "team", trello(boards=["Core"]))
    configuration = desk.configuration()
    assert [each.name for each in configuration.settings.connections] == ["boards", "team"]
    assert configuration.settings.connections[1].options["boards"] == ["Core"]
    assert (changed.version, changed.secrets) == (1, ("options.key", "options.token"))
    [entry] = configuration.entries
    assert entry.origin == "store, ada@example.com, 2026-03-02 09:00 UTC"
    assert configuration.source.place(("connections", 1, "options")) is None
    assert not configuration.left_out


def test_a_typed_secret_is_sealed_and_opens_for_its_connection_alone(desk: Desk) -> None:
    connections.add(desk, ADA, "team", trello())
    configuration = desk.configuration()
    team = configuration.connection("team")
    assert team.options["token"] == "kept:connection.team.options.token"
    from connectors.sdk import registry

    options = connection_options(
        team, registry.get("trello"), configuration.folder, kept=configuration.kept
    )
    assert options.token.get_secret_value() == CANARY
    assert CANARY not in dump(desk.engine)
    assert CANARY not in repr(configuration)
    with pytest.raises(InvalidError) as refused:
        connections.add(
            desk, BEN, "thief",
            {"connector": "trello", "options": {
                "key": "mine-1234", "token": "kept:connection.team.options.token",
                "url": "https://thief.example.com"}},
        )  # fmt: skip
    assert list(refused.value.fields) == ["options.token"]


@pytest.mark.parametrize("text", ["env:FLAGSTAFF_KEY", "file:/etc/passwd", "cmd:id", "kept:x"])
def test_a_form_cannot_make_the_server_read_its_own_secrets(desk: Desk, text: str) -> None:
    with pytest.raises(InvalidError, match="only the configuration file may hold"):
        connections.add(desk, ADA, "team", trello(token=text))
    assert not desk.configuration().entries


def test_a_secret_stays_until_it_is_replaced_or_removed(desk: Desk) -> None:
    connections.add(desk, ADA, "team", trello())
    document = {"connector": "trello", "options": {"boards": ["Core"]}, "every": "10m"}
    changed = connections.change(desk, BEN, "team", document, version=1)
    assert (changed.version, changed.secrets) == (2, ())
    kept = desk.configuration().kept
    assert kept is not None
    assert kept("connection.team.options.token") == CANARY
    document["options"] = {"token": "another-canary-1"}
    changed = connections.change(desk, BEN, "team", document, version=2)
    assert changed.secrets == ("options.token",)
    assert kept("connection.team.options.token") == "another-canary-1"
    line = audited(desk)[-1]
    assert line.after == {"secrets set or taken away": ["options.token"]} | line.after
    assert "another-canary-1" not in dump(desk.engine)
    connections.take_away(desk, ADA, "team", version=3)
    assert kept("connection.team.options.token") is None
    assert kept("connection.team.options.key") is None


def test_a_kept_secret_does_not_go_to_another_address(desk: Desk) -> None:
    connections.add(desk, ADA, "team", trello())
    moved = {"connector": "trello", "options": {"url": "https://thief.example.com"}}
    with pytest.raises(InvalidError) as refused:
        connections.change(desk, BEN, "team", moved, version=1)
    assert set(refused.value.fields) == {"options.key", "options.token"}
    assert "typed anew" in str(refused.value)


def test_a_channel_of_the_console_finds_its_secret(desk: Desk) -> None:
    room = {"kind": "slack", "token": CANARY, "channel": "C1"}
    plain.set_channel(desk, ADA, "room", room, version=None)
    assert way_secret(desk.configuration(), "room", "token") == CANARY


def test_who_comes_second_is_told_who_was_first(desk: Desk) -> None:
    connections.add(desk, ADA, "team", trello())
    connections.enable(desk, BEN, "team", on=False, version=1)
    with pytest.raises(ChangedMeanwhileError, match=r"by ben@example\.com at 2026-03-02"):
        connections.enable(desk, ADA, "team", on=True, version=1)
    assert not desk.configuration().connection("team").enabled


def test_of_two_writers_at_once_one_wins(desk: Desk) -> None:
    plain.set_setting(desk, ADA, "retention", {"runs": "30d"}, version=None)
    gate, told = threading.Barrier(2), []

    def change(days: int) -> None:
        gate.wait()
        try:
            plain.set_setting(desk, ADA, "retention", {"runs": f"{days}d"}, version=1)
            told.append("done")
        except ChangedMeanwhileError:
            told.append("late")

    threads = [threading.Thread(target=change, args=(days,)) for days in (40, 50)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(told) == ["done", "late"]
    assert entries.version(desk.engine) == 2
    assert desk.entry(("setting", "retention")).version == 2


def test_two_that_are_the_first_ever_both_count(desk: Desk) -> None:
    gate = threading.Barrier(2)

    def change(name: str, value: Any) -> None:
        gate.wait()
        plain.set_setting(desk, ADA, name, value, version=None)

    given = (("retention", {"runs": "30d"}), ("calendar", {"country": "CA"}))
    threads = [threading.Thread(target=change, args=each) for each in given]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert entries.version(desk.engine) == 2
    assert len(desk.configuration().entries) == 2


def test_what_the_file_says_is_not_said_otherwise(desk: Desk) -> None:
    with pytest.raises(InvalidError, match=r"flagstaff.yaml:3 too"):
        connections.add(desk, ADA, "boards", trello())
    with pytest.raises(InvalidError, match=r"flagstaff.yaml:1 too"):
        plain.set_setting(desk, ADA, "timezone", "UTC", version=None)
    for name, value in (("store", "sqlite:///x"), ("web", {"listen": "0.0.0.0:1"}), ("files", {})):
        with pytest.raises(InvalidError, match="file only"):
            plain.set_setting(desk, ADA, name, value, version=None)
    plain.set_setting(desk, ADA, "web", {"url": "https://flags.example.com"}, version=None)
    web = desk.configuration().settings.web
    assert (web.listen, web.url) == ("127.0.0.1:8650", "https://flags.example.com")


def test_an_entry_that_became_wrong_harms_no_other(desk: Desk, file: Path) -> None:
    connections.add(desk, ADA, "team", trello())
    connections.add(desk, ADA, "other", trello())
    with desk.engine.begin() as connection:  # as an upgrade may leave it
        entries.begin_change(connection)
        gone = {"connector": "no_such_tool", "options": {}}
        entries.write(connection, ("connection", "lost"), gone, by="ada", at=desk.now())
        odd = {"connector": "trello", "options": {"colour": "red"}}
        entries.write(connection, ("connection", "odd"), odd, by="ada", at=desk.now())
    file.write_text(FILE.replace("name: boards", "name: other"))
    configuration, _ = with_entries(load(file), desk.engine)
    assert [each.name for each in configuration.settings.connections] == ["other", "team"]
    told = {each.name: str(each) for each in configuration.left_out}
    assert 'no connector is called "no_such_tool"' in told["lost"]
    assert 'unknown option "colour"' in told["odd"]
    assert "flagstaff.yaml:3 too" in told["other"]
    assert "store, ada@example.com" in told["other"]


def retired(desk: Desk) -> set[str]:
    """The connections that count as removed."""
    table = SQLModel.metadata.tables["connection"]
    with desk.engine.connect() as connection:
        found = connection.execute(sa.select(table.c.name).where(table.c.removed_at.is_not(None)))
        return set(found.scalars())


def test_what_is_left_out_by_a_mistake_is_not_taken_for_removed(desk: Desk) -> None:
    for name in ("boards", "lost", "gone"):
        runs.connection_id(desk.engine, name, "trello")
    with desk.engine.begin() as connection:  # as an upgrade may leave it
        entries.begin_change(connection)
        unknown = {"connector": "no_such_tool", "options": {}}
        entries.write(connection, ("connection", "lost"), unknown, by="ada", at=NOW)
        entries.write(connection, ("connection", "boards"), trello(), by="ada", at=NOW)
    configuration = desk.configuration()
    assert {each.name for each in configuration.left_out} == {"boards", "lost"}
    retire_unconfigured(desk.engine, configuration.connection_names, NOW)
    assert retired(desk) == {"gone"}
    with pytest.raises(CommandError, match="still says"):
        connections.purge_records(desk, ADA, "lost")
    maria = {"name": "Maria", "emails": ["m@example.com"], "accounts": {"lost": ["m1"]}}
    persons.set_person(desk, ADA, maria)
    assert [each.name for each in load_people(desk.configuration()).people] == ["Maria"]
    persons.remove_person(desk, ADA, persons.key_of(maria), version=1)
    connections.take_away(desk, ADA, "boards", version=1)  # the file goes on naming it
    assert retired(desk) == {"gone"}
    connections.take_away(desk, ADA, "lost", version=1)
    assert retired(desk) == {"gone", "lost"}


def test_a_key_that_was_lost_is_told_by_the_connection_that_needs_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    connections.add(desk, ADA, "team", trello())
    monkeypatch.setenv("FLAGSTAFF_KEY", b64encode(b"k" * KEY_BYTES).decode())
    configuration = desk.configuration()
    finding = probe(configuration, configuration.connection("team"), lambda: pytest.fail("asked"))
    assert [each.message for each in finding.troubles] == [
        "connection team, option key: The credential kept:connection.team.options.key was sealed "
        "with another master key. Put that key back, or give this credential anew."
    ]
    monkeypatch.setenv("FLAGSTAFF_KEY", "no key")
    with pytest.raises(CommandError, match="cannot be kept: FLAGSTAFF_KEY is not base64"):
        connections.add(desk, ADA, "other", trello())


def test_what_others_rest_on_stays(desk: Desk) -> None:
    mail = {"host": "mail.example.com", "from": "pmo@example.com"}
    plain.set_setting(desk, ADA, "mail", mail, version=None)
    plain.set_digest(desk, ADA, "weekly", {"to": "maria@example.com"}, version=None)
    with pytest.raises(CommandError, match='the digest "weekly" rests on it'):
        plain.unset_setting(desk, ADA, "mail", version=1)
    assert desk.configuration().settings.mail is not None


def test_errors_come_by_field_in_plain_words_without_the_secret(desk: Desk) -> None:
    with pytest.raises(InvalidError) as refused:
        connections.add(
            desk, ADA, "deliveries",
            {"connector": "inbound", "options": {"token": "short-canary"}, "every": "often"},
        )  # fmt: skip
    assert set(refused.value.fields) == {"options.token", "options.columns", "every"}
    assert "short-canary" not in str(refused.value)
    assert "5m" in refused.value.fields["every"]


def test_a_connection_stays_one_of_its_tool(desk: Desk) -> None:
    connections.add(desk, ADA, "team", trello())
    with pytest.raises(InvalidError, match="cannot become one of another tool"):
        connections.change(
            desk, ADA, "team", {"connector": "asana", "options": {"token": "x"}}, version=1
        )


def test_every_change_is_in_the_audit_log(desk: Desk) -> None:
    connections.add(desk, ADA, "team", trello())
    connections.map_words(desk, BEN, "team", status={"Parked": "cancelled"}, fields={}, version=1)
    added, mapped = audited(desk)
    assert (added.who, added.via, added.action) == (ADA.name, "console", "connection added")
    assert (mapped.who, mapped.via, mapped.action) == (BEN.name, "api", "mapping changed")
    assert mapped.after == {"mapping.status.Parked": "cancelled"}
    assert mapped.before is None
