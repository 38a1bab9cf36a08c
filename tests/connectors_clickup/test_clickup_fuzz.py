"""No answer can break the mapping."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.clickup.connector import ClickUp
from connectors.clickup.custom import custom_fields
from tests.conformance.shapes import faults

NAMES = """
    id name custom_id custom_item_id type_name text_content description status type date_created
    date_updated date_done date_closed archived creator assignees group_assignees tags parent
    priority due_date due_date_time start_date start_date_time points time_estimate time_spent
    custom_fields value type_config options orderindex label dependencies task_id depends_on
    linked_tasks link_id locations url list space folder state workspace assignee user username
    email group task comments comment_text date start duration at task_location list_id current
    percent_complete formatted_address title
"""
KEYS = st.sampled_from(NAMES.split())
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8),
    st.sampled_from(
        ["86abc12de", "1772445600000", "0", "-1", "9" * 30, "drop_down", "labels", "date", "users",
         "manual_progress", "location", "closed", "custom", 1772445600000, 253402300800000, 2**70,
         "nan", "1e999", "²", "true"]
    ),
)  # fmt: skip
ANY = st.recursive(
    VALUES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=25,
)
BODIES = st.dictionaries(KEYS, ANY)


@settings(max_examples=60, deadline=None)
@given(stream=st.sampled_from([*ClickUp.streams, "unknown"]), body=BODIES)
def test_no_body_breaks_the_mapping_and_the_same_gives_the_same(stream: str, body: Any) -> None:
    first = list(ClickUp.to_records(stream, body))
    assert first == list(ClickUp.to_records(stream, body))
    assert [fault for record in first for fault in faults(record)] == []


@settings(max_examples=60, deadline=None)
@given(body=BODIES, extra=BODIES)
def test_a_task_a_list_and_a_person_with_an_id_are_never_lost(body: Any, extra: Any) -> None:
    for stream, item in (
        ("tasks", {**body, "id": "86abc12de"}),
        ("projects", {**body, "list": {**extra, "id": "86abc12de"}}),
        ("people", {**body, "group": None, "user": {**extra, "id": "86abc12de"}}),
    ):
        first, *_ = ClickUp.to_records(stream, item)
        assert first.id == "86abc12de"


@settings(max_examples=120, deadline=None)
@given(
    kind=st.sampled_from(
        ["drop_down", "labels", "users", "date", "number", "currency", "checkbox", "tasks",
         "automatic_progress", "manual_progress", "location", "attachment", "emoji", "text", None]
    ),
    value=ANY,
    config=ANY,
)  # fmt: skip
def test_no_value_of_a_custom_field_breaks_it(kind: Any, value: Any, config: Any) -> None:
    field = {"id": "f", "name": "F", "type": kind, "type_config": config, "value": value}
    for custom in custom_fields([field]):
        # What holds something is never said to be empty.
        assert custom.value is not None or value in (None, "", [], {})
