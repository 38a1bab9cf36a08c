"""Custom fields that the admin has mapped: found, renamed, retyped, or nowhere."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from connectors.sdk.records import Custom, Task
from sync_engine.admin_map import AdminMapping

FIELDS = {"points": "Size", "risk": "Risk rating"}
HELD = "SELECT field, field_id, field_name, unreadable FROM mapped_field ORDER BY field"


@pytest.fixture
def fields(bench: Any) -> dict[str, tuple[str, Any]]:
    """The custom fields that every task of the tool has: id → name and value."""
    held: dict[str, tuple[str, Any]] = {"f1": ("Size", 3.0), "f2": ("Risk rating", "High")}
    bench.source_with(mapping=AdminMapping(fields=FIELDS), mapping_fingerprint="m1")
    to_records = bench.source.connector.to_records

    def with_custom(stream: str, item: Any) -> Any:
        custom = tuple(Custom(id=id, name=name, value=value) for id, (name, value) in held.items())
        for record in to_records(stream, item):
            if isinstance(record, Task):
                yield Task(id=record.id, title=record.title, custom=custom)
            else:
                yield record

    bench.source.connector.to_records = with_custom
    return held


def points(bench: Any) -> list[Any]:
    return [value for (value,) in bench.rows("SELECT DISTINCT points FROM task ORDER BY points")]


def touch(bench: Any) -> None:
    """Everything is edited in the tool, and read again."""
    for id in bench.ledger.tasks:
        bench.ledger.put(id)
    bench.pull()


def test_where_each_field_was_found_is_kept(bench: Any, fields: Any) -> None:
    bench.pull()
    assert [tuple(row) for row in bench.rows(HELD)] == [
        ("points", "f1", "Size", False), ("risk", "f2", "Risk rating", False),
    ]  # fmt: skip
    assert points(bench) == [3.0]


def test_a_renamed_field_is_read_by_its_id_and_its_new_name_is_kept(
    bench: Any, fields: Any
) -> None:
    bench.pull()
    fields["f1"] = ("T-shirt size", 5.0)
    touch(bench)
    assert points(bench) == [5.0]
    assert tuple(bench.rows(HELD)[0]) == ("points", "f1", "T-shirt size", False)


def test_a_retyped_field_is_told(bench: Any, fields: Any) -> None:
    bench.pull()
    fields["f1"] = ("Size", "large")
    touch(bench)
    assert tuple(bench.rows(HELD)[0]) == ("points", "f1", "Size", True)
    fields["f1"] = ("Size", 2.0)
    touch(bench)
    assert tuple(bench.rows(HELD)[0]) == ("points", "f1", "Size", False)


def test_an_empty_value_says_nothing_of_the_type(bench: Any, fields: Any) -> None:
    bench.pull()
    fields["f1"] = ("Size", "large")
    touch(bench)
    fields["f1"] = ("Size", None)
    touch(bench)
    assert bench.rows(HELD)[0][3]


def test_a_field_that_no_task_has_is_found_nowhere(bench: Any, fields: Any) -> None:
    del fields["f2"]
    bench.pull()
    assert tuple(bench.rows(HELD)[1]) == ("risk", None, None, False)


def test_another_field_in_the_configuration_begins_anew(bench: Any, fields: Any) -> None:
    bench.pull()
    to_records = bench.source.connector.to_records
    bench.source_with(mapping=AdminMapping(fields={"points": "Weight"}), mapping_fingerprint="m2")
    bench.source.connector.to_records = to_records
    bench.pull()
    assert [tuple(row) for row in bench.rows(HELD)] == [("points", None, None, False)]
    assert points(bench) == [None]


def test_a_field_is_known_though_the_first_page_that_has_it_is_written_singly(
    bench: Any, fields: Any
) -> None:
    to_records = bench.source.connector.to_records

    def too_large(stream: str, item: Any) -> Any:
        for record in to_records(stream, item):
            large = record.id == "t03"
            yield msgspec.structs.replace(record, estimate_minutes=2**63) if large else record

    bench.source.connector.to_records = too_large
    bench.ledger.page_size = 50
    for id in bench.ledger.tasks:
        bench.ledger.put(id, project="p1")
    assert bench.pull().tally.parked == 1
    assert [row[1] for row in bench.rows(HELD)] == ["f1", "f2"]
