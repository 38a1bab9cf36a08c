"""No answer can break the mapping."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.teamwork.connector import Teamwork
from tests.conformance.shapes import faults

NAMES = """
    id name task project list tags stage logged fields site person team company workflow stages
    milestone comment timelog update description descriptionContentType priority progress startDate
    dueDate estimateMinutes parentTask parentTaskId assignees assigneeUserIds assigneeTeamIds
    predecessors predecessorIds meta type createdBy createdAt updatedAt completedAt status subStatus
    startAt endAt
    projectOwner ownerId firstName lastName email deleted deadline responsibleParties completed
    object body contentType postedBy postedDateTime dateLastEdited minutes timeLogged user taskId
    projectId health healthLabel text value options choices
"""
KEYS = st.sampled_from(NAMES.split())
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8),
    st.sampled_from(
        ["7", "0", "2026-03-02T12:00:00Z", "2026-03-02", "20260302", "9999-12-31T23:59:59-05:00",
         "new", "completed", "HTML", "<p>&#x110000;<!--", "tasks", "users", "dropdown", "checkbox",
         "date", "number-decimal", "multiselect", "nan", "1e999", "²", 2**70, "high"]
    ),
)  # fmt: skip
ANY = st.recursive(
    VALUES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=25,
)
BODIES = st.dictionaries(KEYS, ANY)


@settings(max_examples=80, deadline=None)
@given(stream=st.sampled_from([*Teamwork.streams, "unknown"]), body=BODIES)
def test_no_body_breaks_the_mapping_and_the_same_gives_the_same(stream: str, body: Any) -> None:
    first = list(Teamwork.to_records(stream, body))
    assert first == list(Teamwork.to_records(stream, body))
    assert [fault for record in first for fault in faults(record)] == []


@settings(max_examples=80, deadline=None)
@given(body=BODIES, row=BODIES)
def test_a_project_a_person_a_milestone_and_a_task_with_an_id_are_never_lost(
    body: Any, row: Any
) -> None:
    held = {**row, "id": 86}
    for stream, name in (
        ("projects", "project"), ("people", "person"), ("milestones", "milestone"),
        ("tasks", "task"),
    ):  # fmt: skip
        item = {**body, "team": None, "company": None, name: held}
        first, *rest = Teamwork.to_records(stream, item)
        assert first.id == "86"
        assert [fault for record in (first, *rest) for fault in faults(record)] == []
