"""Pulling: what is read is stored, once, whatever happens on the way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from connectors.sdk.contract import Item, Lane, Page, Plan
from connectors.sdk.errors import CursorExpired, Refused, Throttled, Unavailable
from connectors.sdk.records import Gone
from sync_engine.admin_map import AdminMapping
from sync_engine.pull import pull
from sync_engine.store.lease import LeaseLostError, claim, release_all
from tests.engine.conftest import failing, task_records


def test_a_first_pull_stores_everything(bench: Any) -> None:
    report = bench.pull()
    assert report.outcome == "complete"
    assert len(bench.tasks()) == 12
    assert bench.rows("SELECT count(*) FROM person") == [(2,)]
    assert bench.rows("SELECT count(*) FROM assignment") == [(12,)]
    assert bench.rows("SELECT lane, done FROM lane_state WHERE stream = 'tasks'") == [("", False)]


def test_a_second_pull_without_changes_writes_nothing(bench: Any) -> None:
    bench.pull()
    before = len(bench.ledger.calls)
    stamp = bench.rows("SELECT max(written_at) FROM task")
    report = bench.pull()
    assert report.tally.written == 0
    assert report.tally.retired == 0
    assert len(bench.ledger.calls) - before == 3  # one request a stream
    assert bench.rows("SELECT max(written_at) FROM task") == stamp
    assert bench.rows("SELECT count(*) FROM change") == [(0,)]


def test_only_what_changed_is_written(bench: Any) -> None:
    bench.pull()
    bench.ledger.put("t03", title="Renamed")
    report = bench.pull()
    assert report.tally.changed == {"task": 1}
    assert bench.tasks()["t03"] == "Renamed"


def test_a_part_that_an_item_no_longer_has_is_retired(bench: Any) -> None:
    bench.ledger.put("t01", comments=["one", "two"], blocks=["t02"])
    bench.pull()
    bench.ledger.put("t01", comments=["one"], blocks=[])
    report = bench.pull()
    assert report.tally.retired == 2
    assert bench.rows("SELECT id FROM comment WHERE gone_at IS NULL") == [("t01-0",)]
    assert bench.rows("SELECT gone_reason FROM link") == [("deleted",)]


def test_a_task_that_came_with_another_item_outlives_its_old_one(bench: Any) -> None:
    def turn(*pages: Page) -> Any:
        bench.source.connector.pull = lambda stream, *_: iter(pages if stream == "tasks" else ())
        return bench.pull()

    moved = bench.ledger.tasks["t01"]
    turn(Page([Item("/old/1", moved, "p1")]))
    gone_from = Gone(id="/old/1", stream="tasks", reason="deleted")
    turn(Page([Item("/new/1", {**moved, "project": "p2"}, "p2")]), Page(gone=[gone_from]))
    assert bench.tasks() == {"t01": "Task t01"}
    report = turn(Page(gone=[Gone(id="/new/1", stream="tasks", reason="deleted")]))
    assert bench.tasks() == {}
    assert report.tally.retired == 1


@pytest.mark.parametrize("apart", [True, False])
def test_a_part_that_another_item_has_by_now_outlives_the_one_that_has_it_no_more(
    bench: Any, apart: bool
) -> None:
    def cards(stream: str, item: Any) -> Any:
        yield from (record for each in item.get("parts", ()) for record in task_records(each))

    def turn(*pages: Page) -> None:
        bench.source.connector.pull = lambda stream, *_: iter(pages if stream == "tasks" else ())
        bench.pull()

    bench.source.connector.to_records = cards
    first, second = bench.ledger.tasks["t01"], bench.ledger.tasks["t02"]
    turn(Page([Item("a", {"parts": [first, second]}), Item("b", {"parts": []})]))
    items = [Item("b", {"parts": [first]}), Item("a", {"parts": [second]})]
    turn(*([Page([each]) for each in items] if apart else [Page(items)]))
    assert sorted(bench.tasks()) == ["t01", "t02"]
    turn(Page([Item("b", {"parts": []})]))
    assert sorted(bench.tasks()) == ["t02"]


def test_a_retired_part_that_comes_back_is_present_again(bench: Any) -> None:
    bench.ledger.put("t01", blocks=["t02"])
    bench.pull()
    bench.ledger.put("t01", blocks=[])
    bench.pull()
    bench.ledger.put("t01", blocks=["t02"])
    bench.pull()
    assert bench.rows("SELECT gone_at, gone_reason FROM link") == [(None, None)]


def test_our_own_differences_are_history_where_the_tool_has_none(bench: Any) -> None:
    bench.ledger.put("t01", due="2026-04-01")
    bench.pull()
    bench.ledger.put("t01", due="2026-04-10", status="doing", who=["u1", "u2"])
    bench.pull()
    rows = bench.rows("SELECT field, old, new, observed FROM change ORDER BY field")
    assert [(field, old, new) for field, old, new, _ in rows] == [
        ("assignee_ids", "u1", "u1,u2"),
        ("due_on", "2026-04-01", "2026-04-10"),
        ("status", "todo", "in_progress"),
    ]
    assert all(observed for *_, observed in rows)


def test_a_page_that_fails_ends_its_lane_and_no_other(bench: Any) -> None:
    def fault(what: str) -> None:
        if what == "tasks p1 1":
            raise Unavailable("bad gateway")

    bench.ledger.fault = fault
    report = bench.pull()
    assert report.outcome == "partial"
    assert "bad gateway" in report.message
    held = bench.tasks()
    assert {f"t{n:02}" for n in range(8, 12)} <= held.keys()  # the other project is whole
    assert len(held) == 9  # and the first page of the broken one was kept
    assert bench.rows("SELECT complete_at FROM connection") == [(None,)]


def test_a_first_read_that_was_cut_goes_on_where_it_was(bench: Any) -> None:
    bench.ledger.fault = lambda what: _raise(Unavailable("down")) if what == "tasks p1 1" else None
    bench.pull()
    bench.ledger.fault = None
    bench.ledger.calls.clear()
    assert bench.pull().outcome == "complete"
    assert len(bench.tasks()) == 12
    reads = [call for call in bench.ledger.calls if call.startswith("tasks")]
    assert reads == ["tasks p1 0"]  # the lane that had ended was not read again


def test_a_change_between_two_halves_of_a_first_read_is_not_lost(bench: Any) -> None:
    bench.ledger.fault = lambda what: _raise(Unavailable("down")) if what == "tasks p1 1" else None
    bench.pull()
    bench.ledger.fault = None
    bench.ledger.put("t09", title="Changed in a lane that had ended")
    bench.pull()
    bench.pull()
    assert bench.tasks()["t09"] == "Changed in a lane that had ended"


def test_a_refusal_ends_the_run_and_keeps_what_was_read(bench: Any) -> None:
    bench.ledger.page_size = 2

    def fault(what: str) -> None:
        if what == "tasks p1 2":
            raise Refused("the token was revoked", remedy="Make a new token.")

    bench.ledger.fault = fault
    report = bench.pull()
    assert report.outcome == "needs_reauth"
    assert report.remedy == "Make a new token."
    assert len(bench.tasks()) >= 4
    assert bench.rows("SELECT count(*) FROM task WHERE gone_at IS NOT NULL") == [(0,)]
    assert bench.rows("SELECT state FROM connection") == [("needs_reauth",)]


def test_a_long_wait_is_given_to_the_planner(lite: Any) -> None:
    until = datetime(2026, 3, 2, 12, tzinfo=UTC)
    lite.ledger.fault = lambda what: _raise(Throttled("slow down", until=until))
    report = lite.pull()
    assert (report.outcome, report.next_at) == ("rate_limited", until)


def test_a_hidden_project_harms_no_other_and_deletes_nothing(bench: Any) -> None:
    bench.pull()
    bench.ledger.hidden.add("p2")
    report = bench.pull(full=True)
    assert report.outcome == "complete"
    assert "p2" in report.message
    assert len(bench.tasks()) == 12
    assert bench.rows("SELECT visible FROM scope_state WHERE scope = 'p2'") == [(False,)]


def test_an_expired_cursor_reads_the_lane_again(lite: Any) -> None:
    lite.pull()
    lite.ledger.put("t05", title="After the cursor died")
    fired: list[str] = []

    def fault(what: str) -> None:
        if what.startswith("tasks") and not fired:
            fired.append(what)
            raise CursorExpired("the cursor is too old")

    lite.ledger.fault = fault
    report = lite.pull()
    assert report.outcome == "complete"
    assert lite.tasks()["t05"] == "After the cursor died"


def test_lanes_whose_place_others_took_are_forgotten(
    bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.pull()

    def lanes(stream: str, _cursors: Any) -> Plan:
        return Plan([Lane("p1")], forget=[""] if stream == "tasks" else ())

    monkeypatch.setattr(bench.source.connector, "lanes", lanes)
    assert bench.pull().outcome == "complete"
    assert bench.rows("SELECT lane FROM lane_state WHERE stream = 'tasks'") == [("p1",)]


def test_a_defect_of_a_connector_is_reported_and_kept_in_its_lane(lite: Any) -> None:
    lite.ledger.fault = lambda what: 1 / 0 if what == "people" else None
    report = lite.pull()
    assert report.outcome == "partial"
    assert "ZeroDivisionError" in report.message
    assert len(lite.tasks()) == 12


def test_a_defect_of_a_connector_that_is_asked_who_we_are_ends_the_run_and_is_told(
    lite: Any,
) -> None:
    def defective() -> Any:
        raise KeyError("surprise")

    lite.source.connector.check = defective
    report = lite.pull()
    assert (report.outcome, report.ended_at is None) == ("failed", False)
    assert "the Tool connector failed in check" in report.message
    assert lite.rows("SELECT state FROM connection") == [("failed",)]


def test_an_item_that_cannot_be_mapped_is_parked_and_counted(bench: Any) -> None:
    bench.ledger.put("t04", title="fine")
    bench.ledger.tasks["t04"]["due"] = "not a day"
    report = bench.pull()
    assert (report.outcome, report.tally.parked) == ("complete", 1)
    assert len(bench.tasks()) == 11
    [(why,)] = bench.rows("SELECT parked FROM raw_item WHERE item_id = 't04'")
    assert "not a day" in why
    bench.ledger.put("t04", due="2026-05-01")
    bench.pull()
    assert len(bench.tasks()) == 12


def test_a_mapping_that_fails_for_most_items_is_a_failure_not_a_green_run(bench: Any) -> None:
    for task in bench.ledger.tasks.values():
        task["due"] = "not a day"
    report = bench.pull()
    assert report.outcome == "partial"
    assert "12 of 12 items" in report.message


def test_a_parked_item_is_tried_again_though_it_did_not_change(bench: Any) -> None:
    bench.ledger.tasks["t04"]["due"] = "not a day"
    bench.pull()
    report = bench.pull(full=True)
    assert report.tally.parked == 1


def test_a_value_that_the_database_refuses_parks_only_its_item(bench: Any) -> None:
    bench.ledger.put("t04", estimate=10**30)
    report = bench.pull()
    assert (report.outcome, report.tally.parked) == ("complete", 1)
    assert len(bench.tasks()) == 11


def test_nothing_is_written_with_a_lost_lease(bench: Any) -> None:
    lease = claim(bench.engine, bench.id, "slow", timedelta(seconds=-1))
    assert lease is not None
    assert claim(bench.engine, bench.id, "quick") is not None
    with pytest.raises(LeaseLostError):
        pull(bench.engine, bench.source, lease)
    assert bench.rows("SELECT count(*) FROM task") == [(0,)]


def test_a_held_connection_is_not_claimed_twice(bench: Any) -> None:
    assert claim(bench.engine, bench.id, "one") is not None
    assert claim(bench.engine, bench.id, "two") is None


def test_the_admins_words_win_and_a_change_of_them_replays_without_requests(bench: Any) -> None:
    bench.ledger.put("t01", status="parked")
    bench.pull()
    assert bench.rows("SELECT status FROM task WHERE id = 't01'") == [(None,)]
    assert bench.rows("SELECT status FROM status_word WHERE label = 'parked'") == [(None,)]
    bench.source_with(mapping=AdminMapping({"Parked": "cancelled"}), mapping_fingerprint="m2")
    bench.ledger.calls.clear()
    report = bench.pull()
    assert len(bench.ledger.calls) == 3  # the ordinary pull's own
    assert report.outcome == "complete"
    assert bench.rows("SELECT status FROM task WHERE id = 't01'") == [("cancelled",)]
    assert bench.rows("SELECT mapped_by FROM status_word WHERE label = 'parked'") == [("admin",)]


def test_a_changed_scope_reads_everything_again(lite: Any) -> None:
    lite.pull()
    lite.source_with(scope_fingerprint="other")
    report = lite.pull()
    assert report.full
    assert lite.rows("SELECT next_census_at IS NOT NULL FROM connection") == [(1,)]


def test_a_changed_scope_is_not_forgotten_by_a_run_that_never_began(lite: Any) -> None:
    lite.pull()
    lite.source_with(scope_fingerprint="other")
    lite.ledger.fault = failing("check", error=Unavailable("down"))
    assert lite.pull().outcome == "failed"
    lite.ledger.fault = None
    assert lite.pull().full
    assert not lite.pull().full


def test_people_missing_from_two_complete_reads_are_gone_and_from_one_are_not(bench: Any) -> None:
    for number in range(3, 9):
        bench.ledger.people[f"u{number}"] = {"id": f"u{number}", "name": f"Person {number}"}
    bench.pull()
    del bench.ledger.people["u2"]
    bench.pull()
    assert bench.rows("SELECT count(*) FROM person WHERE gone_at IS NOT NULL") == [(0,)]
    bench.pull()
    assert bench.rows("SELECT id FROM person WHERE gone_at IS NOT NULL") == [("u2",)]


def test_an_empty_answer_retires_nobody(bench: Any) -> None:
    bench.pull()
    bench.ledger.people.clear()
    bench.pull()
    bench.pull()
    report = bench.pull()
    assert "nothing was retired" in report.message
    assert bench.rows("SELECT count(*) FROM person WHERE gone_at IS NOT NULL") == [(0,)]


def test_a_spent_budget_cuts_the_run_and_the_next_goes_on(lite: Any) -> None:
    report = lite.pull(seconds=-1.0)
    assert report.outcome == "cut"
    assert lite.pull().outcome == "complete"
    assert len(lite.tasks()) == 12


def test_two_accounts_with_one_address_are_one_person(bench: Any) -> None:
    bench.ledger.people["u3"] = {"id": "u3", "name": "I. Moreau", "email": "Ines@Example.com"}
    bench.pull()
    [(one,), (three,)] = bench.rows(
        "SELECT identity_id FROM person WHERE id IN ('u1', 'u3') ORDER BY id"
    )
    assert one == three
    assert bench.rows("SELECT count(*) FROM identity") == [(2,)]


def test_the_store_keeps_the_raw_item_and_who_wrote_it(bench: Any) -> None:
    report = bench.pull()
    rows = bench.rows("SELECT DISTINCT run_id FROM task")
    assert rows == [(report.run_id,)]
    assert bench.rows("SELECT count(*) FROM raw_item WHERE stream = 'tasks'") == [(12,)]


def _raise(error: Exception) -> None:
    raise error


def test_a_run_is_accounted_for(bench: Any) -> None:
    bench.pull()
    with bench.engine.connect() as connection:
        run = connection.execute(sa.text("SELECT * FROM run")).mappings().one()
    assert (run["outcome"], run["items"], run["requests"]) == ("complete", 16, 6)
    assert run["ended_at"] is not None


def test_how_much_of_the_tools_limit_was_used_is_kept(bench: Any) -> None:
    bench.source.meter.budget_used = 0.85
    bench.pull()
    assert bench.rows("SELECT budget_used FROM connection") == [(85.0,)]


def test_a_process_that_ends_gives_back_all_its_leases_and_no_others(bench: Any) -> None:
    lease = claim(bench.engine, bench.id, "host:7:1")
    assert lease is not None
    release_all(bench.engine, "host:77:")
    assert claim(bench.engine, bench.id, "host:8:1") is None
    release_all(bench.engine, "host:7:")
    assert claim(bench.engine, bench.id, "host:8:1") is not None
    with pytest.raises(LeaseLostError):
        pull(bench.engine, bench.source, lease)
