"""What a tool calls about is looked at, and only what the tool then denies is retired."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from connectors.sdk.errors import Unavailable
from connectors.sdk.webhooks import Hint
from sync_engine.store import hints
from sync_engine.store.engine import database_now


def call(bench: Any, *ids: str, gone: bool = True) -> None:
    """The tool calls about some tasks."""
    with bench.engine.begin() as connection:
        hints.note(connection, "tool", [Hint("tasks", id, gone=gone) for id in ids])


def waiting(bench: Any) -> int:
    return int(bench.rows("SELECT count(*) FROM hint")[0][0])


def test_a_deletion_that_the_tool_called_about_is_confirmed_and_retired(bench: Any) -> None:
    bench.pull()
    bench.ledger.remove("t03")
    call(bench, "t03")
    report = bench.pull()
    assert report.tally.retired > 0
    assert "t03" not in bench.tasks()
    assert bench.rows("SELECT gone_reason FROM task WHERE id = 't03'") == [("deleted",)]
    assert waiting(bench) == 0


def test_a_forged_call_retires_nothing(bench: Any) -> None:
    bench.pull()
    call(bench, "t03", "t04", "never-seen")
    bench.pull()
    assert len(bench.tasks()) == 12
    assert waiting(bench) == 0


def test_a_repeated_call_changes_nothing(bench: Any) -> None:
    bench.pull()
    bench.ledger.remove("t03")
    for _ in range(100):
        call(bench, "t03")
    assert waiting(bench) == 1
    bench.pull()
    before = bench.rows("SELECT * FROM task ORDER BY id")
    call(bench, "t03")
    report = bench.pull()
    assert report.tally.retired == 0
    assert bench.rows("SELECT * FROM task ORDER BY id") == before


def test_a_flood_is_left_to_the_census_and_its_guard(bench: Any) -> None:
    for number in range(12, 40):
        bench.ledger.put(f"t{number:02}", project="p1")
    bench.pull()
    ids = [f"t{number:02}" for number in range(12, 25)]
    for id in ids:
        bench.ledger.remove(id)
    call(bench, *ids)
    report = bench.pull()
    assert report.tally.retired == 0
    assert bench.rows("SELECT next_census_at IS NOT NULL FROM connection")[0][0]
    assert bench.census().outcome == "held"
    assert len(bench.tasks()) == 40


def test_a_tool_that_does_not_answer_is_asked_next_time(bench: Any) -> None:
    bench.pull()
    bench.ledger.remove("t03")
    call(bench, "t03")

    def down(what: str) -> None:
        if what.startswith("confirm"):
            raise Unavailable("The tool is down.")

    bench.ledger.fault = down
    report = bench.pull()
    assert "items that the tool called deleted" in report.problems[0]
    assert "t03" in bench.tasks()
    assert waiting(bench) == 1
    bench.ledger.fault = None
    bench.pull()
    assert "t03" not in bench.tasks()


def test_an_item_that_came_back_is_not_even_asked_for(bench: Any) -> None:
    bench.pull()
    call(bench, "t03")
    bench.ledger.put("t03", title="Back again")
    bench.ledger.calls.clear()
    bench.pull()
    assert not [each for each in bench.ledger.calls if each.startswith("confirm")]
    assert bench.tasks()["t03"] == "Back again"


def test_an_item_of_a_container_out_of_sight_is_not_deleted(bench: Any) -> None:
    bench.pull()
    bench.source.connector.confirm = lambda stream, ids: dict.fromkeys(ids, "unknown")
    with bench.engine.begin() as connection:
        from sync_engine.store import scopes

        scopes.lose(connection, bench.id, "p1")
    call(bench, "t03")
    bench.pull()
    assert bench.rows("SELECT gone_reason FROM task WHERE id = 't03'") == [("access_lost",)]


def test_no_more_wait_than_there_is_room_for(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hints, "KEPT", 3)
    bench.pull()
    call(bench, "a", "b", "c", "d")
    call(bench, "e")
    assert waiting(bench) == 3


@pytest.mark.parametrize(("state", "sooner"), [("ok", True), ("rate_limited", False)])
def test_a_call_makes_a_pull_due_soon_unless_the_tool_wants_us_to_stay_away(
    bench: Any, state: str, sooner: bool
) -> None:
    bench.pull()
    with bench.engine.begin() as connection:
        later = database_now(connection) + timedelta(hours=1)
        connection.execute(hints._connection.update().values(next_pull_at=later, state=state))
    call(bench, "t03", gone=False)
    with bench.engine.connect() as connection:
        due = connection.execute(hints._connection.select()).one().next_pull_at
        assert (due < database_now(connection) + timedelta(minutes=1)) is sooner
    assert waiting(bench) == 0


def test_a_call_during_a_pull_is_not_forgotten(bench: Any) -> None:
    bench.pull()
    with bench.engine.begin() as connection:
        started = database_now(connection)
    call(bench, "t03", gone=False)
    due = started + timedelta(hours=1)
    with bench.engine.begin() as connection:
        soon = hints.sooner(due, started, asked_to_wait=None)
        connection.execute(hints._connection.update().values(next_pull_at=soon))
        row = connection.execute(hints._connection.select()).one()
        assert row.next_pull_at == started + hints.SOON
        connection.execute(
            hints._connection.update().values(
                next_pull_at=hints.sooner(due, started, asked_to_wait=due)
            )
        )
        assert connection.execute(hints._connection.select()).one().next_pull_at == due


def test_a_call_that_comes_while_its_item_is_looked_at_waits_on(bench: Any) -> None:
    bench.pull()
    call(bench, "t03")
    confirm = bench.source.connector.confirm

    def then_deleted(stream: str, ids: Any) -> Any:
        answers = confirm(stream, ids)
        bench.ledger.remove("t03")
        with bench.engine.begin() as connection:
            later = database_now(connection) + timedelta(seconds=5)
            connection.execute(hints._hint.update().values(at=later))
        return answers

    bench.source.connector.confirm = then_deleted
    bench.pull()
    assert waiting(bench) == 1
    bench.source.connector.confirm = confirm
    with bench.engine.begin() as connection:
        connection.execute(hints._hint.update().values(at=database_now(connection)))
    bench.pull()
    assert "t03" not in bench.tasks()
