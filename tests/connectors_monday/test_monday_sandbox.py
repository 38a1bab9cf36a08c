"""The imitation: what it holds is what is read, and its limits are the vendor's."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.monday.sandbox_graphql import Answering, QueryError, parse
from connectors.sdk.errors import Unexpected
from connectors.sdk.records import STORED_KINDS, Task
from tests.conformance.shapes import without_table


def test_what_is_read_is_what_the_tool_holds(reading: Any) -> None:
    read = {(type(record), record.id): record for record in reading.all()}
    held = {
        (kind, record.id): record for kind in STORED_KINDS for record in reading.world.all(kind)
    }
    assert len(held) > 30
    for key, record in held.items():
        assert without_table(read.get(key)) == record
    assert read.keys() == held.keys()


def test_the_time_of_change_takes_no_other_operator_than_between(reading: Any) -> None:
    rule = {"column_id": "__last_updated__", "operator": "greater_than",
            "compare_value": ["2026-01-01"]}  # fmt: skip
    board = next(iter(reading.sandbox.columns))
    query = (
        "query ($ids: [ID!], $rules: ItemsQuery) { boards(ids: $ids, limit: 1) "
        "{ items_page(limit: 5, query_params: $rules) { cursor } } }"
    )
    with pytest.raises(Unexpected, match="no_operator_config"):
        reading.connector.api.ask(query, {"ids": [board], "rules": {"rules": [rule]}})


def test_complexity_is_spent_and_comes_back_after_a_minute(reading: Any) -> None:
    reading.sandbox._budget = (reading.clock.now(), 100)
    assert reading.all()
    assert reading.door.retries == 1
    assert reading.clock.seconds == 60


def test_subitems_have_one_level_and_a_board_of_their_own(reading: Any) -> None:
    currency = reading.world.get(Task, reading.native(Task, "t2"))
    assert currency.parent_id == reading.native(Task, "s1")
    told = reading.connector.api.ask(
        "query ($ids: [ID!]) { items(ids: $ids, limit: 1) { board { id } "
        "parent_item { id board { id } } } }",
        {"ids": [currency.id]},
    )
    [item] = told.data["items"]
    assert item["board"]["id"] != item["parent_item"]["board"]["id"] == currency.project_id


@pytest.mark.parametrize(
    "query",
    ["query {", "query { nothing }", "query { me { ...Lost } }", "nonsense", "{ me ~ }"],
)
def test_what_is_no_query_is_refused(query: str) -> None:
    with pytest.raises(QueryError):
        Answering(parse(query), {}).answer({"me": {"id": "1"}})
