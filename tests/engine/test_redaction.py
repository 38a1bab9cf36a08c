"""What is to be kept nowhere is nowhere in the store, and what needs it is not assessable."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from connectors.sdk.records import Change, Task
from sync_engine.admin_map import AdminMapping
from sync_engine.store.models import ChangeRow
from tests.engine.conftest import START

SECRET = "the buyer is Larkfield"
REDACTED: dict[str, Any] = {
    "mapping": AdminMapping(redact=frozenset({"descriptions", "comments"})),
    "mapping_fingerprint": "redacted",
}


def everything(bench: Any) -> str:
    """All that the tables with people's words hold."""
    found = []
    for table in ("task", "comment", "raw_item", "change"):
        found += bench.rows(f"SELECT * FROM {table}")
    return repr(found)


def write(bench: Any) -> None:
    """A task whose description and comment say what they should not."""
    bench.ledger.put("t01", description=SECRET, comments=[SECRET])


def test_what_is_left_out_is_in_no_table(bench: Any) -> None:
    bench.source_with(**REDACTED)
    write(bench)
    bench.pull()
    assert SECRET not in everything(bench)
    assert bench.rows("SELECT description FROM task WHERE id = 't01'") == [(None,)]
    assert bench.rows("SELECT text FROM comment WHERE task_id = 't01'") == [("",)]
    assert bench.rows("SELECT count(*) FROM raw_item WHERE length(body) > 0") == [(0,)]
    assert "description" not in bench.source.provides["task"]
    assert "title" in bench.source.provides["task"]


def test_an_unchanged_second_read_still_writes_nothing(bench: Any) -> None:
    bench.source_with(**REDACTED)
    write(bench)
    bench.pull()
    assert bench.pull().tally.written == 0


def test_leaving_it_out_later_takes_it_out_of_what_is_stored_and_of_tombstones(bench: Any) -> None:
    write(bench)
    bench.ledger.put("t02", description=SECRET)
    bench.pull()
    bench.census()
    bench.ledger.remove("t02")
    bench.census()
    bench.census()
    assert bench.rows("SELECT gone_reason FROM task WHERE id = 't02'") == [("deleted",)]
    assert SECRET in everything(bench)
    bench.source_with(**REDACTED)
    bench.ledger.calls.clear()
    report = bench.pull()
    assert not report.full
    assert SECRET not in everything(bench)
    assert bench.rows("SELECT count(*) FROM raw_item WHERE length(body) > 0") == [(0,)]


def test_taking_it_in_again_reads_everything_anew(bench: Any) -> None:
    bench.source_with(**REDACTED)
    write(bench)
    bench.pull()
    bench.source_with()
    report = bench.pull()
    assert report.full
    assert bench.rows("SELECT description FROM task WHERE id = 't01'") == [(SECRET,)]
    assert bench.rows("SELECT count(*) FROM raw_item WHERE length(body) = 0") == [(0,)]
    assert not bench.pull().full


def test_a_record_is_left_as_it_is_where_nothing_is_to_be_left_out() -> None:
    task = Task(id="1", title="Quay", description=SECRET)
    assert AdminMapping().apply(task) is task


def test_history_does_not_tell_what_is_left_out() -> None:
    mapping = AdminMapping(redact=frozenset({"descriptions", "comments"}))
    for field in ("description", "Comment"):
        told = Change(
            id="1", task_id="1", at=START, field=field, old=SECRET, new=SECRET,
            old_label=SECRET, new_label=SECRET,
        )  # fmt: skip
        left = mapping.apply(told)
        assert SECRET not in repr(left)
        assert isinstance(left, Change)
        assert (left.field, left.at) == (field, START)
    due = Change(id="2", task_id="1", at=START, field="due_on", new="2026-03-02")
    assert mapping.apply(due) is due


def test_history_that_is_stored_is_stripped_too(bench: Any) -> None:
    write(bench)
    bench.pull()
    change = ChangeRow.__table__  # type: ignore[attr-defined]
    with bench.engine.begin() as connection:
        connection.execute(
            sa.insert(change),
            [
                {"connection_id": bench.id, "id": f"h{n}", "item_id": "t01", "run_id": 1,
                 "hash": b"", "seen_at": START, "written_at": START, "task_id": "t01", "at": START,
                 "field": field, "old": SECRET, "new": SECRET, "old_label": SECRET}
                for n, field in enumerate(("description", "Comment"))
            ],
        )  # fmt: skip
    bench.source_with(**REDACTED)
    bench.pull()
    assert SECRET not in everything(bench)
    assert bench.rows("SELECT count(*) FROM change WHERE id LIKE 'h%'") == [(2,)]
