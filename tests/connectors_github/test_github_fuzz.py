"""No answer can break the mapping, nor what reads the headers."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.github.connector import GitHub
from connectors.github.reading import ISSUE_FIELDS, pick
from connectors.sdk.contract import Answer
from connectors.sdk.errors import ConnectorError
from tests.conformance.shapes import faults

KEYS = st.sampled_from(
    [
        "id", "issue", "repository", "parent", "blocked_by", "number", "title", "state",
        "state_reason", "body", "html_url", "user", "assignee", "assignees", "labels", "name",
        "milestone", "type", "created_at", "updated_at", "closed_at", "parent_issue_url",
        "issue_field_values", "issue_field_id", "issue_field_name", "data_type", "value",
        "single_select_option", "multi_select_options", "full_name", "archived", "databaseId",
        "login", "url", "comment", "issue_url", "event", "actor", "assigner", "label", "rename",
        "from", "to", "due_on", "description", "x", "board", "boards", "fields", "field",
        "iteration",        "startDate", "duration", "over", "read_on",
    ]
)  # fmt: skip
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8),
    st.sampled_from(
        ["5#7", "open", "closed", "completed", "2026-02-03T04:05:06Z", "0000-00-00", "2026-02-30",
         "9999-12-31T23:59:59-08:00", "single_select", "multi_select", "number", "date", "nan",
         "1e999", "assigned", "unlabeled", "renamed", "milestoned", "reopened", "bug",
         "https://api.github.com/repos/a/b/issues/7", "SINGLE_SELECT", "DATE", "NUMBER",
         "ITERATION", "Status", "Priority", "Due", "Points", "In progress", "2026-03-02"]
    ),
)  # fmt: skip
BODIES = st.dictionaries(
    KEYS,
    st.recursive(
        VALUES,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=6),
        max_leaves=25,
    ),
    max_size=12,
)


@settings(max_examples=150, deadline=None)
@given(stream=st.sampled_from([*GitHub.streams, "unknown"]), body=BODIES)
def test_no_body_breaks_the_mapping_and_the_same_gives_the_same(stream: str, body: Any) -> None:
    first = list(GitHub.to_records(stream, body))
    assert first == list(GitHub.to_records(stream, body))
    assert [fault for record in first for fault in faults(record)] == []


@settings(max_examples=150, deadline=None)
@given(row=BODIES, comment=BODIES, event=BODIES)
def test_what_has_an_id_is_never_lost(row: Any, comment: Any, event: Any) -> None:
    [task, *_] = GitHub.to_records("tasks", {"id": "5#7", "issue": pick(row, ISSUE_FIELDS)})
    assert task.id == "5#7"
    at = "2026-02-03T04:05:06Z"
    said = {**comment, "id": 4, "created_at": at,
            "issue_url": "https://api.github.com/repos/a/b/issues/7"}  # fmt: skip
    [record] = GitHub.to_records("comments", {"comment": said, "repository": "5"})
    assert (record.id, [*faults(record)]) == ("4", [])
    closed = {**event, "id": 9, "event": "closed", "created_at": at, "issue": {"number": 7}}
    [change] = GitHub.to_records("changes", {"event": closed, "repository": "5"})
    assert (change.id, [*faults(change)]) == ("9", [])


@settings(max_examples=150, deadline=None)
@given(
    status=st.sampled_from([200, 301, 400, 401, 403, 404, 410, 422, 429, 500]),
    data=st.one_of(BODIES, VALUES, BODIES.map(lambda body: {"errors": body, "message": body})),
    headers=st.dictionaries(
        st.sampled_from(
            ["date", "link", "retry-after", "x-ratelimit-limit", "x-ratelimit-remaining",
             "x-ratelimit-reset", "x-ratelimit-resource", "x-github-sso"]
        ),
        st.text(max_size=12)
        | st.sampled_from(
            ["0", "1", "99999999999999", "٣", "Mon, 02 Mar 2026 12:00:00 GMT", "graphql"]
        ),
    ),
)  # fmt: skip
def test_no_answer_breaks_what_reads_limits_and_refusals(
    status: int, data: Any, headers: dict[str, str]
) -> None:
    answer = Answer(status, headers, data, "https://api.github.com/x")
    error = GitHub.classify(answer)
    assert error is None or isinstance(error, ConnectorError)
    for budget in GitHub.budget(answer):
        assert budget.remaining >= 0
