"""Bad input: one plain sentence with the place and the remedy, the right exit code, nothing lost,
and the other connection read to its end."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connectors.sdk.records import Task
from connectors.sdk.sandbox import Reply, Request
from tests.cli.conftest import Said
from tests.system.conftest import MAX_BYTES, Disk, Office

JSON = {"Content-Type": "application/json"}
HTML = Reply(200, b"<html><h1>Please sign in</h1></html>", {"Content-Type": "text/html"})
TRUNCATED = Reply(200, b'[{"id": "5f', JSON)
HUGE = Reply(200, b"[" + b'"filler", ' * MAX_BYTES + b'"end"]', JSON)


def always(reply: Reply) -> Callable[[Request], Reply]:
    return lambda _: reply


def cards_of(board: str, reply: Reply) -> Callable[[Request], Reply | None]:
    return lambda request: reply if request.path == f"/1/boards/{board}/cards" else None


def endless_pages(office: Office) -> Callable[[Request], Reply | None]:
    """The cards' first page for ever, and always a full one."""

    def fault(request: Request) -> Reply | None:
        if request.path == f"/1/boards/{office.board}/cards" and "before" in request.query:
            return office.bad.handle(replace(request, query={**request.query, "before": [""]}))
        return None

    return fault


def answers(reply: Reply) -> Callable[[Office, pytest.MonkeyPatch], None]:
    def arrange(office: Office, _monkeypatch: pytest.MonkeyPatch) -> None:
        office.bad.interfere = always(reply)

    return arrange


def answers_cards(reply: Reply) -> Callable[[Office, pytest.MonkeyPatch], None]:
    def arrange(office: Office, _monkeypatch: pytest.MonkeyPatch) -> None:
        office.bad.world.edit(office.bad.world.all(Task)[0].id, title="Unread so far")
        office.bad.interfere = cards_of(office.board, reply)

    return arrange


def loops(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.trello.board.CARDS_PAGE", 4)
    office.bad.world.edit(office.bad.world.all(Task)[0].id, title="Unread so far")
    office.bad.interfere = endless_pages(office)


def configured(**options: Any) -> Callable[[Office, pytest.MonkeyPatch], None]:
    def arrange(office: Office, _monkeypatch: pytest.MonkeyPatch) -> None:
        office.write(office.entry("bad", **options))

    return arrange


BAD_CONNECTIONS = {
    "a wrong token": (configured(token="no-such-token"), "refuses the token", "Make a new token"),
    "a missing secret": (configured(token="env:NO_SUCH_SECRET"), "NO_SUCH_SECRET is not set",
                         "set it where Flagstaff starts"),
    "an unreachable host": (configured(url="http://127.0.0.1:9"), "127.0.0.1:9", "`url`"),
    "an unknown host": (configured(url="http://nowhere.invalid"), "nowhere.invalid", "`url`"),
    "HTML": (answers(HTML), "not JSON: <html><h1>Please sign in", "`url`"),
    "HTML for one board": (answers_cards(HTML), "/cards: not JSON", "`url`"),
    "a cut answer": (answers(TRUNCATED), "not JSON", "`url`"),
    "a cut answer for one board": (answers_cards(TRUNCATED), "/cards: not JSON", "`url`"),
    "a huge answer": (answers(HUGE), "more than 0.2 MB", "Narrow the connection down"),
    "a huge answer for one board": (answers_cards(HUGE), "/cards was answered with more than 0.2",
                                    "Narrow the connection down"),
    "looping pages": (loops, "do not come to an end", "flagstaff doctor"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_CONNECTIONS)
def test_one_bad_connection_says_why_loses_nothing_and_harms_no_other(
    office: Office, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    arrange, why, remedy = BAD_CONNECTIONS[case]
    assert office.sync().code == 0
    before = office.counts("bad")
    stood = office.cursors("bad")
    office.good.world.edit(office.good.world.all(Task)[0].id, title="Edited meanwhile")
    arrange(office, monkeypatch)

    said = office.sync("--quiet")

    assert said.code == 2
    assert said.err == ""
    told = [line for line in said.out.splitlines() if line.startswith("bad: ")]
    assert len(told) == 1, said.out
    assert why in told[0]
    whole = said.out[said.out.index(told[0]) :].splitlines()
    assert remedy in "\n".join(whole[:2]), said.out
    assert said.out.count("→") <= 1
    assert all(office.counts("bad")[table] >= count for table, count in before.items())
    assert office.count("bad") == before["task"]
    assert {row[:2] for row in stood} <= {row[:2] for row in office.cursors("bad")}
    assert office.state("bad") != "ok" or case == "a missing secret"
    assert office.state("good") == "ok"
    assert office.rows("SELECT count(*) FROM task WHERE title = 'Edited meanwhile'") == [(1,)]
    assert office.is_intact()

    # Once mended, all that was missed is there.
    office.bad.interfere = None
    office.write()
    assert office.sync("--quiet").code == 0
    titles = {title for (title,) in office.rows("SELECT title FROM task WHERE gone_at IS NULL")}
    tasks = [*office.bad.world.all(Task), *office.good.world.all(Task)]
    assert titles == {task.title for task in tasks}


@pytest.mark.parametrize(
    "case", [case for case in BAD_CONNECTIONS if "board" not in case and "pages" not in case]
)
def test_a_check_says_the_same(office: Office, monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    arrange, why, remedy = BAD_CONNECTIONS[case]
    arrange(office, monkeypatch)
    said = office.say("connections", "check", "--quiet")
    assert said.code == 2
    good, _, bad = said.out.partition("✗ bad")
    assert "✓ good" in good
    assert why in bad
    assert remedy in bad


def test_a_bad_connection_in_the_census_retires_nothing(office: Office) -> None:
    assert office.sync().code == 0
    assert office.say("census").code == 0
    for tool in (office.good, office.bad):
        tool.world.remove(Task, tool.world.all(Task)[0].id)
    office.bad.interfere = cards_of(office.board, HTML)
    said = office.say("census", "--quiet")
    assert said.code == 2
    assert "not JSON" in said.out
    assert "`url`" in said.out
    assert office.count("bad") == 8
    assert office.count("good") == 5


def test_a_connection_of_another_tool_under_an_old_name_is_told(office: Office) -> None:
    assert office.sync().code == 0
    before = office.counts("bad")
    office.write({"name": "bad", "connector": "asana", "options": {"token": "canary-token"}})
    said = office.sync("--quiet")
    assert said.code == 2
    assert "was a trello connection and is now asana: give the new one another name" in said.out
    assert office.counts("bad") == before
    assert "good         complete" in said.out


# --- the configuration ------------------------------------------------------------------------

GOOD_HEAD = "connections:\n  - name: good\n    connector: trello\n"
BOMB = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nconnections: []\n"

BAD_FILES = {
    "broken": (b"connections: [\n  {name: x", ":2:", "check indentation and quotes"),
    "a tab": (b"connections:\n\t- name: x\n", ":2:1", "check indentation and quotes"),
    "anchors": (BOMB.encode(), ":1:4", "anchor"),
    "a key twice": (b"timezone: UTC\ntimezone: UTC\n", ":2:1", "twice"),
    "10 MB": (b"# " + b"x" * 10_000_000 + b"\n", "flagstaff.yaml: ", "larger than 4 MB"),
    "a NUL": (b"timezone: U\x00TC\n", ":1:12", "U+0000"),
    "not UTF-8": (b"timezone: Z\xfcrich\n", ":1:12", "save it as UTF-8"),
    "a tag": (b"timezone: !!python/object:os.system x\n", ":1:11", "tag"),
    "a list": (b"- timezone: UTC\n", "flagstaff.yaml:", "options"),
    "deep": (b"calendar: " + b"[" * 5000 + b"\n", ":1:", "deep"),
    "an unknown connector": (GOOD_HEAD.replace("trello", "trelo").encode(), ":3:5",
                             'did you mean "trello"?'),
    "an unknown option": (b"timezon: UTC\n", ":1:1", 'did you mean "timezone"?'),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_bad_file_is_told_with_its_place_before_anything_is_done(
    tmp_path: Path, flagstaff: Callable[..., Said], case: str
) -> None:
    raw, place, words = BAD_FILES[case]
    (tmp_path / "flagstaff.yaml").write_bytes(raw)
    for command in ("sync", "census", "run", "worker", "tasks"):
        said = flagstaff(command)
        assert said.code == 1
        assert said.out == ""
        lines = said.err.splitlines()
        assert len(lines) == 1, said.err
        assert lines[0].startswith("flagstaff.yaml")
        assert place in lines[0]
        assert words in lines[0]
        assert len(lines[0]) < 500
        assert [each.name for each in tmp_path.iterdir()] == ["flagstaff.yaml"]


def test_a_bad_file_leaves_the_store_as_it_was(office: Office) -> None:
    assert office.sync().code == 0
    before = (office.counts("good"), office.counts("bad"), office.rows("SELECT * FROM run"))
    office.file.write_bytes(BAD_FILES["broken"][0])
    assert office.sync().code == 1
    assert before == (
        office.counts("good"), office.counts("bad"), office.rows("SELECT * FROM run"),
    )  # fmt: skip


# --- the store --------------------------------------------------------------------------------


def add_cards(office: Office, count: int) -> None:
    """New cards on the bad connection's boards, with text that does not compress away."""
    card = office.bad.world.all(Task)[0]
    for number in range(count):
        office.bad.world.put(
            replace_task(card, id=f"{card.id[:8]}{number:016x}", title=f"New {number}",
                         description=os.urandom(400).hex())
        )  # fmt: skip


def replace_task(task: Task, **to: Any) -> Task:
    import msgspec

    return msgspec.structs.replace(task, **to)


def test_a_full_disk_is_one_sentence_and_the_next_run_catches_up(
    office: Office, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.trello.board.CARDS_PAGE", 20)
    assert office.sync().code == 0
    before = (office.counts("good"), office.counts("bad"))
    add_cards(office, 100)
    disk.fill(office.store, spare=20)
    said = office.sync("--quiet")
    assert said.code == 1
    assert said.err == (
        "The store cannot be written: the disk is full; make room on the disk and run the command "
        "again; nothing is lost.\n"
    )
    assert office.is_intact()
    assert office.counts("good") == before[0]
    assert office.counts("bad")["task"] >= before[1]["task"]
    disk.pages = None
    again = office.sync("--quiet")
    assert again.code == 0, again.out
    assert office.count("bad") == 108
    assert office.count("good") == 6
    assert office.is_intact()


def test_a_store_of_a_newer_version_is_left_alone(office: Office) -> None:
    assert office.sync().code == 0
    connection = sqlite3.connect(office.store)
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    before = (office.counts("good"), office.rows("SELECT * FROM run"))
    for arguments in (["sync"], ["census"], ["flags"], ["db", "upgrade"], ["run"]):
        said = office.say(*arguments, "--quiet")
        assert said.code == 1, arguments
        assert "was written by a newer version of Flagstaff (revision 9999)" in said.err
        assert "install that version again, or restore the backup" in said.err
        assert len(said.err.splitlines()) == 1
    assert before == (office.counts("good"), office.rows("SELECT * FROM run"))


LETTER = b"this is a letter, not a database. " * 200


def no_database(office: Office) -> bytes:
    office.store.write_bytes(LETTER)
    return LETTER


def truncated(office: Office) -> bytes:
    assert office.sync().code == 0
    connection = sqlite3.connect(office.store)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    held = office.store.read_bytes()
    half = held[: len(held) // 2 - 100]
    for extra in ("-wal", "-shm"):
        office.store.with_name(office.store.name + extra).unlink(missing_ok=True)
    office.store.write_bytes(half)
    return half


def somebody_elses(office: Office) -> bytes:
    other = sqlite3.connect(office.store)
    other.execute("CREATE TABLE invoices (id INTEGER)")
    other.close()
    return office.store.read_bytes()


def folder(office: Office) -> None:
    office.store.mkdir()


@pytest.mark.parametrize(("harm", "remedy"), [
    (no_database, "put the last backup in its place"),
    (truncated, "put the last backup in its place"),
    (somebody_elses, "name another database in `store:`"),
    (folder, "option `store`"),
])  # fmt: skip
def test_a_store_that_cannot_be_used_is_told_and_never_made_anew(
    office: Office, harm: Callable[[Office], bytes | None], remedy: str
) -> None:
    before = harm(office)
    for command in ("sync", "census", "run", "flags"):
        said = office.say(command, "--quiet")
        assert said.code == 1
        assert len(said.err.splitlines()) == 1, said.err
        assert remedy in said.err
        if before is not None:
            assert office.store.read_bytes() == before


def test_a_store_that_may_not_be_written_is_told(office: Office, disk: Disk) -> None:
    assert office.sync().code == 0
    disk.read_only = True  # permissions do not bind an administrator, so not by them
    said = office.sync("--quiet")
    assert said.code == 1
    assert said.err == (
        "The store may not be written; check the permissions of its file and folder.\n"
    )


def test_a_folder_that_does_not_exist_is_told(office: Office) -> None:
    office.write(store="sqlite:///nowhere/flagstaff.db")
    said = office.sync("--quiet")
    assert said.code == 1
    assert said.err.startswith("The store cannot be opened: check that its folder exists")


def test_errors_stay_one_json_document(office: Office) -> None:
    office.file.write_bytes(b"timezone: U\x00TC\n")
    said = office.sync("--json")
    assert json.loads(said.out)["error"]["exit_code"] == 1


def test_flags_at_a_severity_end_in_3_only_when_all_went_well(office: Office) -> None:
    assert office.sync("--fail-on", "info").code in (0, 3)
    code = 3 if office.rows("SELECT count(*) FROM flag WHERE state = 'open'") != [(0,)] else 0
    assert office.sync("--fail-on", "info").code == code
    office.bad.interfere = always(HTML)
    assert office.sync("--fail-on", "info").code == 2
