"""No answer can break the mapping."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.wrike.connector import Wrike
from tests.conformance.shapes import faults

NAMES = """
    id title description status importance createdDate updatedDate completedDate dates type start
    due permalink authorIds responsibleIds superTaskIds effortAllocation totalEffort homes
    own_status name group standard fields value dependencies predecessorId successorId relationType
    folder space project ownerIds startDate endDate state parent firstName lastName profiles email
    timezone deleted authorId text taskId hours userId trackedDate comment decisions approverId
"""
KEYS = st.sampled_from(NAMES.split())
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8),
    st.sampled_from(
        ["IEAAAAAQKQAB5BG5", "2026-11-20T10:00:00Z", "2026-11-20", "0001-01-01T00:00:00+14:00",
         "Milestone", "Numeric", "Contacts", "Checkbox", "Date", "[", '["a", 1]', "[[]]", "nan",
         "1e999", "<p>a<br>", "&#0;", "<!", "Rejected", "Approved", "Active", 1e300, 2**70]
    ),
)  # fmt: skip
ANY = st.recursive(
    VALUES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=25,
)
BODIES = st.dictionaries(KEYS, ANY)


@settings(max_examples=150, deadline=None)
@given(stream=st.sampled_from([*Wrike.streams, "unknown"]), body=BODIES)
def test_no_body_breaks_the_mapping_and_the_same_gives_the_same(stream: str, body: Any) -> None:
    first = list(Wrike.to_records(stream, body))
    assert first == list(Wrike.to_records(stream, body))
    assert [fault for record in first for fault in faults(record)] == []


@settings(max_examples=60, deadline=None)
@given(body=BODIES, extra=BODIES)
def test_a_task_a_project_and_a_person_with_an_id_are_never_lost(body: Any, extra: Any) -> None:
    for stream, item in (
        ("tasks", {**body, "id": "IEAAAAAQKQAB5BG5"}),
        ("projects", {**body, "folder": {**extra, "id": "IEAAAAAQKQAB5BG5"}}),
        ("people", {**body, "id": "IEAAAAAQKQAB5BG5"}),
    ):
        first, *_ = Wrike.to_records(stream, item)
        assert first.id == "IEAAAAAQKQAB5BG5"


@settings(max_examples=100, deadline=None)
@given(kind=VALUES, value=ANY)
def test_no_value_of_a_custom_field_breaks_it(kind: Any, value: Any) -> None:
    field = {"id": "C1", "title": "Ours", "type": kind, "value": value}
    [task] = Wrike.to_records("tasks", {"id": "T1", "fields": [field]})
    assert list(faults(task)) == []
