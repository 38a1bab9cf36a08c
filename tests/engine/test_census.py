"""Census: nothing is retired on absence alone, and nothing in bulk without an admin's word."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel

from connectors.sdk.errors import Unavailable
from sync_engine.reconcile import Guard, ScopeCensus, compare, verdict
from sync_engine.store import holds
from tests.engine.conftest import failing


def accept(bench: Any, run_id: int) -> int:
    """What an admin does with a held census."""
    with bench.engine.begin() as connection:
        return holds.accept(connection, run_id, "pmo")


def test_a_deleted_item_is_found_confirmed_and_retired(bench: Any) -> None:
    bench.pull()
    bench.ledger.remove("t03")
    bench.pull()
    assert "t03" in bench.tasks()  # no changed-since list can show it
    report = bench.census()
    assert report.outcome == "complete"
    assert "t03" not in bench.tasks()
    assert bench.rows("SELECT gone_reason FROM task WHERE id = 't03'") == [("deleted",)]


def test_an_id_that_a_read_of_its_own_finds_is_not_gone(bench: Any) -> None:
    bench.pull()
    connector = bench.source.connector
    listed = connector.census

    def short(stream: str, scope: str) -> Any:
        for ids in listed(stream, scope):
            yield [id for id in ids if id != "t03"]

    connector.census = short
    bench.census()
    assert "t03" in bench.tasks()


def test_an_empty_list_where_something_was_is_held(bench: Any) -> None:
    bench.pull()
    for id in list(bench.ledger.tasks):
        if bench.ledger.tasks[id]["project"] == "p2":
            bench.ledger.remove(id)
    report = bench.census()
    assert report.outcome == "held"
    assert len(bench.tasks()) == 12
    assert bench.rows("SELECT count(*) FROM hold WHERE accepted_at IS NULL") == [(1,)]


def test_a_fifth_missing_is_held_until_that_very_run_is_accepted(bench: Any) -> None:
    for number in range(12, 40):
        bench.ledger.put(f"t{number:02}", project="p1")
    bench.pull()
    for number in range(12, 25):
        bench.ledger.remove(f"t{number:02}")
    report = bench.census()
    assert report.outcome == "held"
    assert str(report.run_id) in report.remedy
    assert len(bench.tasks()) == 40
    with pytest.raises(LookupError):
        accept(bench, report.run_id + 1)
    assert accept(bench, report.run_id) == 13
    after = bench.census()
    assert after.outcome == "complete"
    assert len(bench.tasks()) == 27
    assert bench.rows("SELECT count(*) FROM hold WHERE superseded_at IS NULL") == [(0,)]


def test_an_accepted_hold_still_confirms_each_id(bench: Any) -> None:
    bench.pull()
    removed = {}
    for id in ("t08", "t09", "t10", "t11"):
        removed[id] = bench.ledger.tasks[id]
        bench.ledger.remove(id)
    report = bench.census()
    assert report.outcome == "held"
    bench.ledger.tasks["t09"] = removed["t09"]  # restored in the tool meanwhile
    accept(bench, report.run_id)
    bench.census()
    assert "t09" in bench.tasks()
    assert "t08" not in bench.tasks()


def test_a_hold_is_over_once_a_census_passes(bench: Any) -> None:
    bench.pull()
    lost = {id: bench.ledger.tasks[id] for id in ("t08", "t09", "t10", "t11")}
    for id in lost:
        bench.ledger.remove(id)
    bench.census()
    bench.ledger.tasks.update(lost)
    assert bench.census().outcome == "complete"
    assert bench.rows("SELECT count(*) FROM hold WHERE superseded_at IS NULL") == [(0,)]


def test_a_census_that_breaks_half_way_retires_nothing(bench: Any) -> None:
    bench.pull()
    bench.ledger.remove("t01")

    def fault(what: str) -> None:
        if what == "census p2":
            raise Unavailable("connection reset")

    bench.ledger.fault = fault
    assert bench.census().outcome == "failed"
    assert "t01" in bench.tasks()


def test_a_lost_project_is_reported_and_its_items_stay(bench: Any) -> None:
    bench.pull()
    bench.census()
    bench.ledger.hidden.add("p2")
    report = bench.census()
    assert "p2" in report.message
    assert len(bench.tasks()) == 12
    assert bench.rows("SELECT visible FROM scope_state WHERE scope = 'p2'") == [(False,)]


def test_an_archived_project_that_is_not_listed_any_more_is_not_lost(bench: Any) -> None:
    bench.pull()
    bench.ledger.archived.add("p2")
    report = bench.census()
    assert (report.outcome, report.message) == ("complete", "")
    assert len(bench.tasks()) == 12
    assert bench.rows("SELECT visible, state FROM scope_state WHERE scope = 'p2'") == [
        (True, "archived")
    ]


def test_a_deleted_project_is_held_with_all_its_items(bench: Any) -> None:
    bench.pull()
    bench.census()
    del bench.ledger.projects["p2"]
    for id in ("t08", "t09", "t10", "t11"):
        bench.ledger.remove(id)
    report = bench.census()
    assert report.outcome == "held"
    assert len(bench.tasks()) == 12
    accept(bench, report.run_id)
    bench.census()
    assert len(bench.tasks()) == 8


def test_a_project_left_out_of_the_configuration_takes_its_items_along(bench: Any) -> None:
    bench.pull()
    bench.census()
    bench.ledger.left_out.add("p2")
    bench.census()
    assert len(bench.tasks()) == 8
    assert bench.rows("SELECT DISTINCT gone_reason FROM task WHERE gone_at IS NOT NULL") == [
        ("moved",)
    ]


def test_an_item_that_lies_in_another_project_too_is_not_taken_along(bench: Any) -> None:
    bench.pull()
    bench.census()
    connector = bench.source.connector
    listed = connector.census

    def both(stream: str, scope: str) -> Any:
        for ids in listed(stream, scope):
            yield [*ids, *(["t08"] if scope == "p1" else [])]

    connector.census = both
    bench.ledger.left_out.add("p2")
    bench.census()
    assert sorted(bench.tasks()) == [f"t{number:02}" for number in range(9)]
    assert bench.rows("SELECT scope FROM raw_item WHERE item_id = 't08'") == [("p1",)]
    assert bench.rows("SELECT lane FROM lane_state WHERE lane = '~unread'") == []


def test_a_tool_that_lists_no_container_takes_no_items_along(bench: Any) -> None:
    bench.pull()
    bench.census()
    bench.source.connector.scopes = list  # an outage that answers 200
    report = bench.census()
    assert len(bench.tasks()) == 12
    assert "still answer but are not listed any more" in report.message
    assert "flagstaff sync tool --full" in report.remedy
    bench.pull(full=True)
    bench.census()
    assert len(bench.tasks()) == 12


def test_containers_that_drop_off_the_list_are_left_out_in_bulk_only_when_it_was_wanted(
    bench: Any,
) -> None:
    for number in range(12, 24):
        bench.ledger.put(f"t{number}", project="p2")
    bench.pull()
    bench.census()
    bench.ledger.left_out.add("p2")
    assert "p2" in bench.census().message
    assert "p2" in bench.census().message
    assert len(bench.tasks()) == 24
    bench.source_with(scope_fingerprint="another")
    bench.pull()
    assert bench.census().message == ""
    assert len(bench.tasks()) == 8


def test_a_moved_item_is_not_gone(bench: Any) -> None:
    bench.pull()
    bench.ledger.tasks["t01"]["project"] = "p2"  # without a trace in its updated time
    bench.census()
    assert "t01" in bench.tasks()
    assert bench.rows("SELECT scope FROM raw_item WHERE item_id = 't01'") == [("p2",)]


def test_an_item_that_no_pull_brought_is_found_and_read(bench: Any) -> None:
    bench.pull()
    bench.ledger.put("t99")
    bench.ledger.tasks["t99"]["updated"] = "2020-01-01T00:00:00+00:00"  # behind every cursor
    bench.pull()
    assert "t99" not in bench.tasks()
    bench.census()
    report = bench.pull()
    assert "1 items in the tool had not been read" in report.message
    assert bench.pull().message == ""
    assert "t99" in bench.tasks()


def test_an_item_that_is_new_since_the_last_pull_comes_with_the_next_and_nothing_is_read_anew(
    bench: Any,
) -> None:
    bench.pull()
    bench.ledger.put("t99")
    assert bench.census().message == ""
    bench.ledger.calls.clear()
    report = bench.pull()
    assert (report.outcome, report.message) == ("complete", "")
    assert "t99" in bench.tasks()
    assert [call for call in bench.ledger.calls if call.startswith("tasks")] == ["tasks  0"]
    assert bench.rows("SELECT lane FROM lane_state WHERE stream = 'tasks'") == [("",)]


def test_an_item_that_was_retired_and_is_listed_again_is_read_again(bench: Any) -> None:
    bench.pull()
    held = bench.ledger.tasks["t03"]
    bench.ledger.remove("t03")
    bench.census()
    bench.ledger.tasks["t03"] = held  # restored, behind every cursor
    bench.census()
    bench.pull()
    bench.pull()
    assert "t03" in bench.tasks()


def test_what_a_pull_that_failed_did_not_bring_is_expected_of_the_next(bench: Any) -> None:
    bench.pull()
    bench.ledger.put("t99")
    bench.census()
    bench.ledger.fault = failing("tasks  0")
    bench.pull()
    bench.ledger.fault = None
    assert bench.pull().message == ""
    assert "t99" in bench.tasks()


def test_an_item_that_comes_back_is_present_with_its_history(bench: Any) -> None:
    bench.pull()
    held = bench.ledger.tasks["t03"]
    first_seen = bench.rows("SELECT seen_at FROM task WHERE id = 't03'")
    bench.ledger.remove("t03")
    bench.census()
    bench.ledger.tasks["t03"] = held
    bench.ledger.put("t03")
    bench.pull()
    assert "t03" in bench.tasks()
    assert bench.rows("SELECT seen_at FROM task WHERE id = 't03'") == first_seen


def test_completeness_is_our_count_beside_the_tools(bench: Any) -> None:
    bench.pull()
    bench.census()
    with bench.engine.connect() as connection:
        table = SQLModel.metadata.tables["scope_state"]
        rows = connection.execute(sa.select(table.c.scope, table.c.stream_counts)).all()
    counts = {scope: counts["tasks"] for scope, counts in rows}
    assert counts == {"p1": {"store": 8, "tool": 8}, "p2": {"store": 4, "tool": 4}}


def test_an_item_of_two_projects_counts_in_both(bench: Any) -> None:
    bench.pull()
    connector = bench.source.connector
    listed, connector.count = connector.census, lambda stream, scope: None

    def both(stream: str, scope: str) -> Any:
        for ids in listed(stream, scope):
            yield [*ids, *(["t03"] if scope == "p2" else [])]

    connector.census = both
    bench.ledger.put("t99", project="p2")  # not read yet
    bench.census()
    with bench.engine.connect() as connection:
        table = SQLModel.metadata.tables["scope_state"]
        rows = connection.execute(sa.select(table.c.scope, table.c.stream_counts)).all()
    counts = {scope: counts["tasks"] for scope, counts in rows}
    assert counts == {"p1": {"store": 8, "tool": 8}, "p2": {"store": 5, "tool": 6}}


@pytest.mark.parametrize(
    ("known", "listed", "held"),
    [
        (100, 80, False),
        (100, 79, True),
        (40, 31, False),
        (40, 30, True),
        (3, 0, True),
        (9, 1, False),
    ],
)
def test_the_guard(known: int, listed: int, held: bool) -> None:
    ids = {str(number) for number in range(known)}
    findings = compare([ScopeCensus("s", ids, {str(number) for number in range(listed)})], Guard())
    assert bool(findings.held) is held


def test_a_denied_read_is_a_deletion_only_where_the_container_is_seen() -> None:
    assert verdict("unknown", container_visible=True) == "deleted"
    assert verdict("unknown", container_visible=False) == "access_lost"
    assert verdict("access_lost", container_visible=True) == "access_lost"
    assert verdict(None, container_visible=False) is None


def test_the_counts_of_one_stream_leave_those_of_the_others(bench: Any) -> None:
    from sync_engine.store import scopes
    from sync_engine.store.models import ScopeState

    bench.pull()
    bench.census()
    table = ScopeState.__table__  # type: ignore[attr-defined]
    with bench.engine.begin() as connection:
        scopes.keep_counts(connection, bench.id, {"p1": {"notes": {"store": 3, "tool": 4}}})
        held = dict(connection.execute(sa.select(table.c.scope, table.c.stream_counts)).all())
    assert held["p1"]["notes"] == {"store": 3, "tool": 4}
    assert held["p1"]["tasks"]["store"] == 8
    assert held["p2"]["tasks"]["store"] == 4


@pytest.mark.parametrize("part", ["check", "scopes", "census", "count", "confirm"])
def test_a_defect_of_a_plug_in_ends_the_census_and_is_told(lite: Any, part: str) -> None:
    lite.pull()
    lite.ledger.remove("t03")

    def defective(*_: Any) -> Any:
        raise KeyError("surprise")

    setattr(lite.source.connector, part, defective)
    report = lite.census()
    assert (report.outcome, report.ended_at is None) == ("failed", False)
    assert "the Tool connector failed" in report.message
    assert "authors of the connector" in report.remedy
    assert "t03" in lite.tasks()
    assert lite.rows("SELECT state, census_at FROM connection") == [("failed", None)]
