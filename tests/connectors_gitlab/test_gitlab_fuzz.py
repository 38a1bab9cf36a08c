"""Whatever GitLab answers, the mapping raises nothing, loses no issue and says the same twice."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.gitlab.connector import GitLab
from connectors.gitlab.items import EPIC, EVENT, ISSUE, NOTE, issue_body, kept
from connectors.sdk.records import Task
from tests.conformance.shapes import faults

WORDS = st.sampled_from(
    ["opened", "closed", "reopened", "blocks", "is_blocked_by", "relates_to", "task", "add",
     "remove", "a::b", "::", "2026-02-30", "2026-02-03", "2026-02-03T04:05:06.789Z",
     "9999-12-31T23:59:59-08:00", "gid://gitlab/User/7", "gid://gitlab/Project/0x7", "in_progress"]
)  # fmt: skip
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), WORDS)
NAMES = st.sampled_from(
    [*ISSUE, *NOTE, *EVENT, "parent", "links", "timelogs", "status", "linkId", "linkType",
     "workItem", "timeSpent", "spentAt", "user", "project", "namespace", "name", "category"]
)  # fmt: skip
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=12,
)
ROWS = st.dictionaries(NAMES, VALUES, max_size=12)


def read(stream: str, body: Any) -> list[Any]:
    found = list(GitLab.to_records(stream, body))
    assert found == list(GitLab.to_records(stream, body))
    assert [fault for record in found for fault in faults(record)] == []
    return found


@settings(max_examples=150, deadline=None)
@given(stream=st.sampled_from([*GitLab.streams, "unknown"]), body=ROWS)
def test_no_body_breaks_the_mapping(stream: str, body: Any) -> None:
    read(stream, body)


@settings(max_examples=150, deadline=None)
@given(row=ROWS, detail=ROWS, told=st.dictionaries(
    st.sampled_from(["notes", "state_events", "label_events", "milestone_events",
                     "iteration_events", "weight_events"]), st.lists(ROWS, max_size=3)),
    statuses=st.booleans())  # fmt: skip
def test_an_issue_is_never_lost(row: Any, detail: Any, told: Any, statuses: bool) -> None:
    body = issue_body("12-34", row, detail, told, statuses=statuses)
    task, *_ = read("tasks", body)
    assert isinstance(task, Task)
    assert (task.id, task.title) == ("12-34", row["title"] if _text(row.get("title")) else "")


@settings(max_examples=80, deadline=None)
@given(row=ROWS)
def test_an_epic_is_never_lost(row: Any) -> None:
    [task] = read("epics", {"id": "g4-2", "epic": kept(row, EPIC)})
    assert (task.id, task.type) == ("g4-2", "epic")


def _text(value: object) -> bool:
    return isinstance(value, str)
