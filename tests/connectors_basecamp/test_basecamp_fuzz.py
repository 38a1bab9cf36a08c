"""No answer can break the mapping."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.basecamp.connector import Basecamp
from connectors.basecamp.words import plain
from tests.conformance.shapes import faults

NAMES = """
    id status type title content description app_url created_at updated_at parent bucket completed
    completed_at completion starts_on due_on creator assignees visible_to_clients date hours person
    needles color lists name email_address personable_type client time_zone start_date end_date
"""
KEYS = st.sampled_from(NAMES.split())
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8),
    st.sampled_from(
        ["Todo", "Kanban::Card", "Kanban::Step", "Kanban::OnHold", "Todolist", "archived", "1.5",
         "2026-11-20", "2026-11-20T10:00:00Z", "2026-11-20T10:00:00", "0001-01-01T00:00:00+23:59",
         "1e999", "nan", "<li><![if", "<!-- -", "<a href='"]
    ),
)  # fmt: skip
ANY = st.recursive(
    VALUES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=25,
)
BODIES = st.dictionaries(KEYS, ANY)


@settings(max_examples=80, deadline=None)
@given(stream=st.sampled_from([*Basecamp.streams, "unknown"]), body=BODIES)
def test_no_body_breaks_the_mapping_and_the_same_gives_the_same(stream: str, body: Any) -> None:
    first = list(Basecamp.to_records(stream, body))
    assert first == list(Basecamp.to_records(stream, body))
    assert [fault for record in first for fault in faults(record)] == []


@settings(max_examples=60, deadline=None)
@given(body=BODIES, stream=st.sampled_from(["projects", "people", "tasks"]))
def test_a_project_a_person_and_a_task_with_an_id_are_never_lost(body: Any, stream: str) -> None:
    first, *_ = Basecamp.to_records(stream, {**body, "id": 4711})
    assert first.id == "4711"


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="<>!-[]&;/ abdivl='\"", max_size=40))
def test_no_rich_text_breaks_it(rich: str) -> None:
    words = plain(rich)
    assert words is None or words.strip() == words != ""
