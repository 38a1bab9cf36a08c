"""Whatever Bitbucket answers, the mapping raises nothing, loses no work and says the same twice."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.bitbucket.connector import REPOSITORY_FIELDS, USER_FIELDS, Bitbucket
from connectors.bitbucket.reading import (
    CHANGE_FIELDS,
    COMMENT_FIELDS,
    ISSUE_FIELDS,
    PULL_FIELDS,
    TASK_FIELDS,
    pick,
)
from connectors.sdk.records import Task
from tests.conformance.shapes import faults

WORDS = st.sampled_from(
    ["OPEN", "MERGED", "RESOLVED", "new", "on hold", "resolved", "bug", "blocker", "approved",
     "changes_requested", "REVIEWER", "{u}", "\n", "2026-02-30", "2026-02-03T04:05:06+00:00",
     "9999-12-31T23:59:59-08:00", "0001-01-01T00:00:00+14:00"]
)  # fmt: skip
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), WORDS)
NAMES = st.sampled_from(
    [*REPOSITORY_FIELDS, *USER_FIELDS, *PULL_FIELDS, *TASK_FIELDS, *ISSUE_FIELDS, *COMMENT_FIELDS,
     *CHANGE_FIELDS, "repository", "pull", "issue", "tasks", "task", "activity", "comments",
     "update", "comment", "changes_requested", "raw", "html", "href", "uuid", "role", "date",
     "participated_on", "old", "new"]
)  # fmt: skip
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=12,
)
ROWS = st.dictionaries(NAMES, VALUES, max_size=12)


def read(stream: str, body: Any) -> list[Any]:
    found = list(Bitbucket.to_records(stream, body))
    assert found == list(Bitbucket.to_records(stream, body))
    assert [fault for record in found for fault in faults(record)] == []
    return found


@settings(max_examples=150, deadline=None)
@given(stream=st.sampled_from([*Bitbucket.streams, "unknown"]), body=ROWS)
def test_no_body_breaks_the_mapping(stream: str, body: Any) -> None:
    read(stream, body)


@settings(max_examples=150, deadline=None)
@given(
    row=ROWS,
    task=ROWS,
    activity=st.lists(
        st.dictionaries(st.sampled_from(["update", "comment", "changes_requested"]), ROWS),
        max_size=3,
    ),
)
def test_a_pull_request_and_its_tasks_are_never_lost(row: Any, task: Any, activity: Any) -> None:
    home = {"id": "{r}", "name": "acme/site"}
    tasks = [{"id": "{r}!7/1", "task": pick(task, TASK_FIELDS)}]
    body = {"id": "{r}!7", "repository": home, "pull": pick(row, PULL_FIELDS), "tasks": tasks}
    found = read("tasks", {**body, "activity": activity})
    ids = [each.id for each in found if isinstance(each, Task)]
    assert ids == ["{r}!7", "{r}!7/1"][: 1 if task.get("pending") is True else 2]


@settings(max_examples=150, deadline=None)
@given(row=ROWS, comments=st.lists(ROWS, max_size=2), changes=st.lists(ROWS, max_size=2))
def test_an_issue_is_never_lost(row: Any, comments: Any, changes: Any) -> None:
    home = {"id": "{r}", "name": "acme/site"}
    body = {"id": "{r}#7", "repository": home, "issue": pick(row, ISSUE_FIELDS)}
    task, *_ = read("tasks", {**body, "comments": comments, "changes": changes})
    assert isinstance(task, Task)
    assert task.id == "{r}#7"
