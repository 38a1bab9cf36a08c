"""No answer can break the mapping, or what reads errors and limits."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.monday.connector import Monday
from connectors.monday.values import ticks
from connectors.sdk.contract import Answer, Budget
from connectors.sdk.errors import ConnectorError
from tests.conformance.shapes import faults

KEYS = st.sampled_from([
    "id", "name", "title", "type", "state", "item", "board", "columns", "logs", "group", "done",
    "parent_item", "column_values", "text", "value", "label", "index", "is_done", "date", "time",
    "from", "to", "visualization_type", "number", "checked", "values", "tags", "display_value",
    "linked_item_ids", "dependency_links", "linked_item_id", "dependency_type", "lag", "duration",
    "history", "started_at", "ended_at", "persons_and_teams", "kind", "created_at", "updated_at",
    "creator_id", "url", "event", "data", "user_id", "workspace", "owners", "user", "team",
    "status", "item_id", "text_body", "replies", "x",
])  # fmt: skip
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8),
    st.sampled_from([
        "status", "people", "date", "timeline", "dependency", "board_relation", "numbers", "tags",
        "checkbox", "time_tracking", "item_id", "milestone", "2026-02-01", "9999-12-31T23:59:59Z",
        "0000-00-00", "17720000001234567", "99999999999999999", "update_column_value",
        "update_name", "move_pulse_into_group", '{"pulse_id": 7, "column_id": "status"}',
        '{"date": "2026-02-30", "time": "25:00"}', '{"index": 1e400}', "{", "team", "7", "Done",
    ]),
)  # fmt: skip
BODIES = st.dictionaries(
    KEYS,
    st.recursive(
        VALUES,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5),
        max_leaves=8,
    ),
)


@settings(max_examples=80, deadline=None)
@given(stream=st.sampled_from([*Monday.streams, "unknown"]), body=BODIES)
def test_no_body_breaks_the_mapping_and_the_same_gives_the_same(stream: str, body: Any) -> None:
    first = list(Monday.to_records(stream, body))
    assert first == list(Monday.to_records(stream, body))
    assert not [fault for record in first for fault in faults(record)]


FLAT = st.dictionaries(KEYS, VALUES | st.lists(VALUES, max_size=2), max_size=6)
NESTED = st.dictionaries(KEYS, VALUES | FLAT | st.lists(FLAT, max_size=2), max_size=6)


@settings(max_examples=80, deadline=None)
@given(item=FLAT, cells=st.lists(NESTED, max_size=4), columns=st.lists(FLAT, max_size=4),
       logs=st.lists(FLAT, max_size=3))  # fmt: skip
def test_an_item_with_an_id_is_never_lost(item: Any, cells: Any, columns: Any, logs: Any) -> None:
    body = {"item": {**item, "id": "7", "column_values": cells}, "board": {"id": "1"},
            "columns": columns, "logs": logs}  # fmt: skip
    records = list(Monday.to_records("tasks", body))
    assert records[0].id == "7"
    assert not [fault for record in records for fault in faults(record)]


@settings(max_examples=80, deadline=None)
@given(status=st.sampled_from([200, 400, 401, 403, 429, 500]), data=BODIES | VALUES,
       errors=VALUES | st.lists(BODIES | VALUES, max_size=3),
       header=st.text(max_size=20))  # fmt: skip
def test_no_answer_breaks_its_reading(status: int, data: Any, errors: Any, header: str) -> None:
    body = {"data": {"complexity": data}, "errors": errors}
    headers = {"ratelimit": header, "ratelimit-policy": header, "date": header}
    answer = Answer(status, headers, body, "/v2")
    error = Monday.classify(answer)
    assert error is None or isinstance(error, ConnectorError)
    if errors and status == 200:
        assert error is not None, "an answer with errors passed for a good one"
    assert all(isinstance(each, Budget) for each in Monday.budget(answer))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("16292437120165948", datetime(2021, 8, 17, 23, 41, 52, 16594, tzinfo=UTC)),
        (16292437120165948, datetime(2021, 8, 17, 23, 41, 52, 16594, tzinfo=UTC)),
        ("2021-08-17T23:41:52Z", datetime(2021, 8, 17, 23, 41, 52, tzinfo=UTC)),
        ("1629243712", None),
        ("162924371201659480", None),
        ("soon", None),
        (None, None),
    ],
)
def test_ticks(written: Any, read: datetime | None) -> None:
    assert ticks(written) == read
