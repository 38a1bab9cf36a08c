"""What a run does when nothing changed, much vanished, a token is revoked, or a tool hangs; and
the life of one flag over many runs."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.sdk.records import Task
from connectors.sdk.sandbox import Reply, Request
from tests.system.conftest import Office

DATA = {
    "task": "*", "project": "*", "person": "*", "comment": "*", "change": "*", "assignment": "*",
    "raw_item": "connection_id, stream, item_id, hash, body, run_id, gone_at, absent_since",
    "lane_state": "stream, lane, cursor, done",
    "flag": "id, fingerprint, state, severity, said, opened_at, resolved_at, frozen_at",
    "flag_event": "*", "outbox": "*", "delivery": "*",
}  # fmt: skip


def snapshot(office: Office, **tables: str) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of these tables, in no order."""
    return {
        table: sorted(office.rows(f"SELECT {columns} FROM {table}"), key=repr)
        for table, columns in (tables or DATA).items()
    }


def test_ten_runs_without_a_change_write_nothing_and_tell_nobody(office: Office) -> None:
    office.write(digests=[{"to": "maria@example.com", "channels": ["file"], "when": "daily 00:00"}])
    assert office.sync().code == 0
    assert office.sync().code == 0  # from here on both cursors stand behind all that there is
    office.say("digest", "send")
    before = snapshot(office)
    asked = len(office.good.log)
    for _ in range(10):
        said = office.sync("--json")
        assert said.code == 0
        assert [each["written"] for each in said.json["connections"]] == [0, 0]
        assert not any(said.json["flags"][what] for what in ("opened", "worsened", "resolved"))
        office.say("digest", "send")
    assert snapshot(office) == before
    assert len(office.good.log) - asked <= 10 * 2 * 5  # two requests a stream


def remove_cards(office: Office, count: int, board: str | None = None) -> set[str]:
    """Delete cards in the tool, of one board or of any."""
    cards = [task for task in office.bad.world.all(Task) if board in (None, task.project_id)]
    for card in cards[:count]:
        office.bad.world.remove(Task, card.id)
    return {card.id for card in cards[:count]}


def add_cards(office: Office, count: int) -> None:
    """More cards on the board of the first one."""
    import msgspec

    card = office.bad.world.all(Task)[0]
    for number in range(count):
        office.bad.world.put(
            msgspec.structs.replace(card, id=f"{card.id[:8]}{number:016x}", title=f"More {number}")
        )


def gone(office: Office) -> set[str]:
    """Tasks that were retired."""
    return {id for (id,) in office.rows("SELECT id FROM task WHERE gone_at IS NOT NULL")}


def test_a_mass_deletion_waits_for_the_word_on_that_very_run(office: Office) -> None:
    add_cards(office, 40)
    assert office.sync().code == 0
    assert office.say("census").code == 0
    removed = remove_cards(office, 15, office.board)
    said = office.say("census", "--quiet")
    assert said.code == 2
    assert "15 of 44 items (34%) are missing" in said.out
    [(run,)] = office.rows("SELECT run_id FROM hold WHERE stream = 'tasks'")
    assert f"flagstaff census bad --accept {run}" in said.out
    assert gone(office) == set()
    assert "would be retired" in office.say("flags").out

    wrong = office.say("census", "bad", "--accept", str(run + 1000))
    assert wrong.code == 1
    assert len(wrong.err.splitlines()) == 1
    assert gone(office) == set()

    also = remove_cards(office, 1, office.board)  # after the word was asked for
    accepted = office.say("census", "bad", "--accept", str(run), "--json")
    assert accepted.code == 0
    assert gone(office) == removed | also  # the later one by a census of its own, under the guard
    assert office.say("census", "--quiet").code == 0
    assert office.rows("SELECT count(*) FROM hold WHERE superseded_at IS NULL") == [(0,)]


def test_a_board_that_is_empty_all_at_once_is_held(office: Office) -> None:
    assert office.sync().code == 0
    assert office.say("census").code == 0
    remove_cards(office, 99, office.board)
    said = office.say("census", "--quiet")
    assert said.code == 2
    assert "the tool lists nothing where 4 items were" in said.out
    assert gone(office) == set()


@pytest.mark.parametrize("how", ["hidden", "left out"])
def test_a_board_out_of_sight_is_no_board_deleted(office: Office, how: str) -> None:
    assert office.sync().code == 0
    assert office.say("census").code == 0
    if how == "hidden":
        office.bad.hidden.add(office.board)
    else:
        other = next(
            t.project_id for t in office.bad.world.all(Task) if t.project_id != office.board
        )
        office.write(office.entry("bad", boards=[other]))
    for _ in range(2):
        office.sync("--quiet")
        office.say("census", "--quiet")
    reasons = office.rows("SELECT DISTINCT gone_reason FROM task WHERE gone_at IS NOT NULL")
    assert ("deleted",) not in reasons
    if how == "hidden":
        assert office.count("bad") == 8


def test_a_token_revoked_in_mid_run_keeps_what_was_read(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.trello.board.CARDS_PAGE", 5)
    add_cards(office, 100)
    office.write(office.entry("bad", boards=[office.board]))
    served: set[str] = set()
    pages = 0

    def revoke(request: Request) -> Reply | None:
        nonlocal pages
        if not request.path.endswith("/cards"):
            return None
        pages += 1
        if pages >= 7:
            return Reply(401, b"invalid token", {"Content-Type": "text/plain"})
        reply = office.bad.handle(request)
        import orjson

        served.update(card["id"] for card in orjson.loads(reply.body))
        return reply

    office.bad.interfere = revoke
    said = office.sync("--quiet")
    assert said.code == 2
    told = [line for line in said.out.splitlines() if line.startswith("bad: ")]
    assert told == ["bad: Trello refuses the token: it is wrong, expired or revoked."]
    assert office.state("bad") == "needs_reauth"
    kept = {
        id
        for (id,) in office.rows(
            "SELECT t.id FROM task t JOIN connection c ON c.id = t.connection_id "
            "WHERE c.name = 'bad'"
        )
    }
    assert kept == served
    assert len(kept) >= 25
    assert pages == 7  # not asked again in that run
    assert gone(office) == set()
    assert office.state("good") == "ok"
    assert office.count("good") == 6

    # As long as it stays revoked, a turn costs one request, and says the same.
    office.bad.interfere = lambda _: Reply(401, b"invalid token", {"Content-Type": "text/plain"})
    before = len(office.bad.log)
    assert office.sync("--quiet").code == 2
    assert len(office.bad.log) == before + 1

    office.bad.interfere = None
    assert office.sync("--quiet").code == 0
    assert office.count("bad") == 104
    assert gone(office) == set()


def test_a_tool_that_hangs_holds_up_no_other(office: Office) -> None:
    """The bad tool answers only once the good one has been read; else it never does."""
    waited = threading.Event()

    def hang(_request: Request) -> None:
        for _ in range(400):
            if office.store.exists() and office.rows(
                "SELECT 1 FROM run r JOIN connection c ON c.id = r.connection_id "
                "WHERE c.name = 'good' AND r.outcome = 'complete'"
            ):
                waited.set()
                return
            threading.Event().wait(0.05)

    office.say("db", "upgrade")
    office.bad.interfere = hang
    assert office.sync("--quiet").code == 0
    assert waited.is_set()
    ended = dict(
        office.rows(
            "SELECT c.name, r.ended_at FROM run r JOIN connection c ON c.id = r.connection_id"
        )
    )
    assert ended["good"] < ended["bad"]


def test_one_flag_lives_through_real_runs(office: Office) -> None:
    today = datetime.now(UTC).date()
    card = office.bad.world.all(Task)[0].id

    def flag() -> tuple[Any, ...]:
        assert office.sync("--quiet").code == 0
        [row] = office.rows(
            "SELECT id, state, resolution FROM flag WHERE standard = 'overdue' AND subject_id = ?",
            card,
        )
        return row

    def events(id: int) -> list[str]:
        held = office.rows("SELECT event FROM flag_event WHERE flag_id = ? ORDER BY id", id)
        return [event for (event,) in held]

    office.bad.world.edit(card, due_on=today - timedelta(days=10))
    id, *opened = flag()
    assert opened == ["open", None]
    assert flag() == (id, "open", None)
    assert events(id) == ["opened"]
    office.bad.world.edit(card, due_on=today + timedelta(days=30))
    assert flag() == (id, "resolved", "fixed")
    office.bad.world.edit(card, due_on=today - timedelta(days=10))
    assert flag()[:2] == (id, "open")
    waived = office.say(
        "flags", "waive", str(id), "--reason", "The supplier is on strike", "--until",
        (today + timedelta(days=5)).isoformat(), "--by", "Maria",
    )  # fmt: skip
    assert waived.code == 0, waived.err
    assert flag()[:2] == (id, "waived")
    office.bad.world.remove(Task, card)
    assert flag() == (id, "resolved", "gone")
    assert events(id) == ["opened", "resolved", "reopened", "waived", "resolved"]
