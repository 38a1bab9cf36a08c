"""Commands that need only the configuration and the registry, and the sick store's."""

from __future__ import annotations

import json
import sqlite3
import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.sdk import registry
from connectors.sdk.contract import Identity, Scope
from connectors.sdk.errors import Refused, Throttled, Unavailable
from connectors.sdk.records import Project, Task
from connectors.sdk.sandbox import Sandbox, serve
from sync_engine import clock, probing
from sync_engine.cli.boundary import explain
from sync_engine.probing import trouble_of
from sync_engine.settings import load

Flagstaff = Callable[..., Any]
CANARY = "canary-3c9f-do-not-show"


@pytest.mark.parametrize("tools", [[], ["jira"], ["jira", "asana", "trello", "redmine"]])
def test_init_writes_a_file_that_passes_the_check(
    flagstaff: Flagstaff, tmp_path: Path, tools: list[str]
) -> None:
    said = flagstaff("init", "--yes", *(word for tool in tools for word in ("--tool", tool)))
    assert said.code == 0
    file = tmp_path / "flagstaff.yaml"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [each.connector for each in load(file).settings.connections] == tools
    assert flagstaff("config", "check").code == 0
    text = file.read_text()
    assert text.count("#") > 10
    for tool in tools:
        for name in registry.get(tool).Config.model_fields:
            assert name in ("allow_private_network", "quota_share") or f"{name}:" in text


def test_init_never_overwrites(flagstaff: Flagstaff, tmp_path: Path) -> None:
    file = tmp_path / "flagstaff.yaml"
    file.write_text("connections: []\n")
    said = flagstaff("init", "--yes")
    assert said.code == 1
    assert "left as it is" in said.err
    assert file.read_text() == "connections: []\n"


def test_init_without_a_terminal_says_what_to_do(flagstaff: Flagstaff, tmp_path: Path) -> None:
    said = flagstaff("init")
    assert said.code == 1
    assert "--yes" in said.err
    assert not (tmp_path / "flagstaff.yaml").exists()
    unknown = flagstaff("init", "--yes", "--tool", "jirra")
    assert "jira" in unknown.err
    assert unknown.code == 1


def test_init_asks_on_a_terminal(
    flagstaff: Flagstaff, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = iter(["jirra", "jira", "https://acme.example.com", "env:TOKEN", "",
                 "Europe/Berlin", "maria@acme.example"])  # fmt: skip
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    asked: list[str] = []

    def answer(question: str, **_: Any) -> str:
        asked.append(question)
        return next(said)

    monkeypatch.setattr("typer.prompt", answer)
    assert flagstaff("init").code == 0
    settings = load(tmp_path / "flagstaff.yaml").settings
    [connection] = settings.connections
    assert connection.options["url"] == "https://acme.example.com"
    assert connection.options["token"] == "env:TOKEN"
    assert settings.timezone == "Europe/Berlin"
    assert settings.digests[0].to == ("maria@acme.example",)
    assert len(asked) == 7


def test_config_check_tells_what_would_fail_later(flagstaff: Flagstaff, tmp_path: Path) -> None:
    (tmp_path / "flagstaff.yaml").write_text(
        "connections:\n"
        f"  - {{name: a, connector: asana, options: {{token: {CANARY}}}, census: off}}\n"
        "digests:\n"
        "  - {to: maria@acme.example, when: someday, channels: [file]}\n"
        "people: nowhere.yaml\n"
        "standards: {set: {overdu: off}}\n"
    )
    said = flagstaff("config", "check", "--json")
    assert said.code == 1
    told = {(each["line"], each["message"].split(":")[0]) for each in said.json["problems"]}
    assert (4, "digests.maria@acme.example.when") in told
    assert any(line == 5 for line, _ in told)
    assert any('did you mean "overdue"' in each["message"] for each in said.json["problems"])
    warned = [each["message"] for each in said.json["warnings"]]
    assert any("stands in this file in clear" in each for each in warned)
    assert any("without a census" in each for each in warned)
    assert CANARY not in said.out + said.err


def test_config_check_says_which_name_keeps_a_digest_without_one(
    flagstaff: Flagstaff, tmp_path: Path
) -> None:
    file = tmp_path / "flagstaff.yaml"
    digest = "digests:\n  - {{to: [Ann@example.com, bo@example.com{}], channels: [file]{}}}\n"
    file.write_text(digest.format("", ""))
    key = load(file).settings.digests[0].key
    said = [
        each for each in flagstaff("config", "check", "--json").json["warnings"] if each["line"]
    ]
    assert [each["line"] for each in said] == [2]
    assert f'`name: "{key}"` keeps it' in said[0]["message"]
    file.write_text(digest.format(", cy@example.com", f", name: '{key}'"))
    assert load(file).settings.digests[0].key == key
    said = flagstaff("config", "check", "--json").json["warnings"]
    assert not any(each["line"] for each in said)


def test_config_check_reads_the_scopes_of_digests(flagstaff: Flagstaff, tmp_path: Path) -> None:
    (tmp_path / "flagstaff.yaml").write_text(
        "digests:\n  - to: maria@acme.example\n    channels: [file]\n    scope: severty = high\n"
    )
    [problem] = flagstaff("config", "check", "--json").json["problems"]
    assert problem["line"] == 4
    assert 'did you mean "severity"' in problem["message"]


def test_the_schema_is_printed(flagstaff: Flagstaff) -> None:
    assert "jira.options" in flagstaff("config", "schema").json["$defs"]


@pytest.fixture
def trello() -> Sandbox:
    at = datetime(2026, 11, 2, 9, tzinfo=UTC)
    return registry.sandbox("trello")(
        [
            Project(id="move", name="Office move"),
            Task(id="t1", project_id="move", title="Order the desks", status="todo",
                 created_at=at, updated_at=at),
        ],
        clock.now,
    )  # fmt: skip


def configure(folder: Path, options: dict[str, Any], connector: str = "trello") -> None:
    document = {"connections": [{"name": "office", "connector": connector, "options": options}]}
    (folder / "flagstaff.yaml").write_text(json.dumps(document))


def test_connections_check_says_who_we_are_and_what_we_see(
    flagstaff: Flagstaff, tmp_path: Path, trello: Sandbox
) -> None:
    with serve(trello) as url:
        configure(tmp_path, trello.options(url))
        said = flagstaff("connections", "check")
        document = flagstaff("connections", "check", "office", "--json").json
    assert said.code == 0
    assert "Office move" in said.out
    assert "Signed in at" in said.out
    assert document[0]["ok"] is True
    assert document[0]["scopes"][0]["name"] == "Office move"


def test_connections_check_says_what_is_wrong_and_what_to_do(
    flagstaff: Flagstaff, tmp_path: Path, trello: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve(trello) as url:
        configure(tmp_path, {**trello.options(url), "token": CANARY})
        said = flagstaff("connections", "check")
        monkeypatch.delenv("NOT_SET", raising=False)
        configure(tmp_path, {**trello.options(url), "token": "env:NOT_SET"})
        missing = flagstaff("connections", "check")
    assert said.code == missing.code == 2
    assert "→" in said.out
    assert CANARY not in said.out + said.err
    assert "connection office, option token: the environment variable NOT_SET" in missing.out


def test_an_unknown_connection_name_is_told(flagstaff: Flagstaff, tmp_path: Path) -> None:
    configure(tmp_path, {"token": "env:T", "key": "env:K"})
    said = flagstaff("connections", "check", "ofice")
    assert said.code == 1
    assert 'did you mean "office"?' in said.err


def test_troubles_say_who_must_act() -> None:
    until = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
    assert trouble_of(Refused("No.", remedy="Do.")).who == "admin"
    assert trouble_of(Unavailable("Down.")).who == "nobody"
    waits = trouble_of(Throttled("Slow.", until=until))
    assert "09:30 UTC" in waits.remedy


def test_remarks_are_no_obstacle() -> None:
    now = datetime(2026, 11, 23, 9, tzinfo=UTC)
    identity = Identity(
        account="pmo", site="acme", server_time=now - timedelta(minutes=40),
        credential_expires_at=now + timedelta(days=3), warnings=("It is old.",),
    )  # fmt: skip
    told = list(probing._remarks(identity, [Scope("1", "A")], now))
    assert not any(trouble.stops for trouble in told)
    assert ["old" in told[0].message, "40 minutes" in told[1].message,
            "2026-11-26" in told[2].message] == [True] * 3  # fmt: skip
    [nothing_seen] = [t for t in probing._remarks(Identity("a", "b"), [], now) if t.stops]
    assert "access" in nothing_seen.remedy


def test_connections_map_prints_records(flagstaff: Flagstaff, tmp_path: Path) -> None:
    file = tmp_path / "items.json"
    file.write_text(json.dumps([{"id": "1", "body": {}}, "odd"]))
    said = flagstaff("connections", "map", "redmine", "tasks", str(file))
    assert said.code == 2
    assert isinstance(said.json, list)
    assert "Item 2 is not an object" in said.err
    file.write_text('{"id": 7}\n{"id": 8}\n')
    lines = flagstaff("connections", "map", "redmine", "tasks", str(file))
    assert lines.code == 0
    file.write_text("<html>")
    assert "is not JSON" in flagstaff("connections", "map", "redmine", "tasks", str(file)).err
    wrong = flagstaff("connections", "map", "redmine", "task", str(file))
    assert 'did you mean "tasks"?' in wrong.err


def test_doctor_tells_much_and_no_secret(
    flagstaff: Flagstaff, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLAGSTAFF_STORE", f"postgresql://pmo:{CANARY}@127.0.0.1:1/none")
    (tmp_path / "flagstaff.yaml").write_text(
        json.dumps(
            {
                "store": f"postgresql://pmo:{CANARY}@db.example.com/pmo",
                "connections": [
                    {"name": "a", "connector": "jira", "options": {
                        "url": f"https://x.example.com/?key={CANARY}", "token": CANARY}},
                    {"name": "b", "connector": "trello", "options": {
                        "key": f"cmd:show {CANARY}", "token": "env:TRELLO_TOKEN"}},
                ],
                "mail": {"host": "m.example.com", "from": "pmo@acme.example", "user": "pmo",
                         "password": CANARY},
            }
        )
    )  # fmt: skip
    for said in (flagstaff("doctor"), flagstaff("doctor", "--json")):
        assert said.code == 0
        assert CANARY not in said.out + said.err
        assert "env:TRELLO_TOKEN" in said.out
        assert "python" in said.out
    assert "cannot be reached" in said.json["store"]["not available"]
    assert said.json["program"]["flagstaff"]


def test_doctor_works_without_a_configuration(flagstaff: Flagstaff) -> None:
    said = flagstaff("doctor", "--json")
    assert said.code == 0
    assert "no such file" in said.json["configuration"]["not available"]
    assert said.json["connectors"]["jira"].startswith("Jira")


def test_a_store_that_is_no_database_is_told(flagstaff: Flagstaff, tmp_path: Path) -> None:
    (tmp_path / "flagstaff.yaml").write_text("store: sqlite:///odd.db\n")
    (tmp_path / "odd.db").write_bytes(b"this is no database at all, whatever its name " * 50)
    for arguments in (["db", "check"], ["flags"], ["tasks"]):
        said = flagstaff(*arguments)
        assert said.code == 1
        assert "not an intact SQLite database" in said.err
    (tmp_path / "flagstaff.yaml").write_text("store: sqlite:///no/such/folder/x.db\n")
    assert "option `store`" in flagstaff("db", "check").err
    (tmp_path / "flagstaff.yaml").write_text("store: nonsense\n")
    assert "not the URL of a store" in flagstaff("db", "check").err


@pytest.mark.parametrize("kind", ["mysql", "mariadb+pymysql", "oracle"])
def test_a_store_on_another_database_is_refused(
    flagstaff: Flagstaff, tmp_path: Path, kind: str
) -> None:
    (tmp_path / "flagstaff.yaml").write_text(f"store: {kind}://pmo@db.example.com/flagstaff\n")
    for command in (("db", "check"), ("run",), ("sync",)):
        refused = flagstaff(*command)
        assert (refused.code, "not the URL of a store" in refused.err) == (1, True)


def test_a_store_that_is_not_there_is_not_backed_up(flagstaff: Flagstaff, tmp_path: Path) -> None:
    """A backup without anything in it is one that nobody notices until it is needed."""
    (tmp_path / "flagstaff.yaml").write_text("store: sqlite:///elsewhere.db\n")
    for _ in range(2):
        refused = flagstaff("db", "backup", str(tmp_path / "copy.db"))
        assert (refused.code, "nothing to back up" in refused.err) == (1, True)
        assert not (tmp_path / "copy.db").exists()
        assert not (tmp_path / "elsewhere.db").exists()
    flagstaff("db", "check")  # makes an empty file
    assert flagstaff("db", "backup", str(tmp_path / "copy.db")).code == 1


def test_a_backup_that_finds_no_room_is_told_in_plain_words() -> None:
    said, code = explain(sqlite3.OperationalError("database or disk is full"))
    assert (code, said is not None and "the disk is full" in said) == (1, True)


def test_a_store_is_made_checked_and_backed_up(flagstaff: Flagstaff, tmp_path: Path) -> None:
    (tmp_path / "flagstaff.yaml").write_text("connections: []\n")
    assert flagstaff("db", "check").code == 1
    assert flagstaff("db", "upgrade").code == 0
    assert "already" in flagstaff("db", "upgrade").out
    checked = flagstaff("db", "check")
    assert (checked.code, "chmod" in checked.err) == (0, False)
    (tmp_path / "flagstaff.db").chmod(0o644)
    checked = flagstaff("db", "check")
    assert (checked.code, "chmod 600" in checked.err) == (0, True)
    assert "flagstaff.db" in flagstaff("doctor", "--json").json["store"]["others may read"]
    copy = tmp_path / "copy.db"
    assert flagstaff("db", "backup", str(copy), "--json").json["bytes"] == copy.stat().st_size
    assert "exists" in flagstaff("db", "backup", str(copy)).err
    nothing = flagstaff("sync")
    assert nothing.code == 1
    assert "No connection is configured" in nothing.err
