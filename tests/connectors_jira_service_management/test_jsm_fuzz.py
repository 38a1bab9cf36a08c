"""Whatever an item holds, its mapping raises nothing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.jira_service_management.clocks import runs_out_ms
from connectors.jira_service_management.connector import JiraServiceManagement
from connectors.jira_service_management.custom import custom_value
from connectors.jira_service_management.values import (
    duration_minutes,
    ident,
    instant,
    minutes,
    moment,
    number,
)
from connectors.sdk.records import Approval, Person, Project, Task
from tests.conformance.shapes import faults

NAMES = """
    id key self fields summary description status statusCategory name issuetype subtask
    hierarchyLevel priority resolution resolutiondate statuscategorychangedate project parent
    assignee reporter accountId labels duedate created updated timespent issuelinks outwardIssue
    inwardIssue type comment comments body author jsdPublic worklog worklogs started
    timeSpentSeconds changelog items field fieldId from fromString to toString fromCategory
    toCategory customfield_1 requestType completedCycles ongoingCycle startTime stopTime
    breachTime breached paused goalDuration elapsedTime remainingTime millis epochMillis iso8601
    jira content text
"""
KEYS = st.sampled_from(sorted(NAMES.split()))
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8),
    st.sampled_from(
        [1, 10**30, -(10**17), "0000-00-00", "2026-02-30", "9999-12-31T23:59:59.000-0800",
         "2026-05-06T07:08:09.123+0200", "new", "done", "Incident", "doc", "nan", "10042"]
    ),
)  # fmt: skip
ANY = st.recursive(
    VALUES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=30,
)
BODIES = st.dictionaries(KEYS, ANY)


@settings(max_examples=80, deadline=None)
@given(stream=st.sampled_from([*JiraServiceManagement.streams, "unknown"]), body=BODIES)
def test_no_body_breaks_the_mapping_and_the_same_gives_the_same(stream: str, body: Any) -> None:
    first = list(JiraServiceManagement.to_records(stream, body))
    assert first == list(JiraServiceManagement.to_records(stream, body))
    assert [fault for record in first for fault in faults(record)] == []


@settings(max_examples=120, deadline=None)
@given(fields=BODIES, kind=st.sampled_from(["sla", "request_type", "array", "number", "date", 7]),
       histories=st.lists(BODIES, max_size=3))  # fmt: skip
def test_a_request_is_never_lost_whatever_it_holds(fields: Any, kind: Any, histories: Any) -> None:
    body = {
        "issue": {"id": "7", "fields": fields},
        "fields": {"customfield_1": ["Field", kind], "customfield_2": fields},
        "changelog": histories,
    }
    told = list(JiraServiceManagement.to_records("tasks", body))
    assert [each.id for each in told if isinstance(each, Task)] == ["7"]
    assert [fault for record in told for fault in faults(record)] == []
    ends = runs_out_ms(fields, ["customfield_1"], 1_790_000_000_000)
    assert ends is None or type(ends) is int


@settings(max_examples=80, deadline=None)
@given(inner=BODIES)
def test_what_has_an_identity_is_never_lost(inner: Any) -> None:
    [person] = JiraServiceManagement.to_records("people", {"user": {**inner, "accountId": "7"}})
    [project] = JiraServiceManagement.to_records("projects", {"project": {**inner, "id": "7"}})
    held = {**inner, "id": "7", "finalDecision": "pending"}
    [approval] = JiraServiceManagement.to_records(
        "approvals", {"request_id": "8", "approvals": [held]}
    )
    kinds = (Person, Project, Approval)
    for record, kind in zip((person, project, approval), kinds, strict=True):
        assert isinstance(record, kind)
        assert list(faults(record)) == []


@pytest.mark.parametrize(
    ("value", "kind", "read"),
    [
        (None, "string", None), (True, "any", True), ([], "array", None), ("", "string", None),
        ([{"value": "A"}, None, {"value": "B"}], "array", ("A", "B")), (3, "number", 3.0),
        ("plain", "string", "plain"), ({"id": 7}, "any", "7"), ("2026-02-30", "date", None),
        ({"type": "doc", "content": []}, "string", None), (float("nan"), "number", None),
    ],
)  # fmt: skip
def test_odd_custom_values(value: Any, kind: str, read: Any) -> None:
    assert custom_value(value, kind) == read


def test_odd_single_values() -> None:
    assert [instant(each) for each in ("2026-02-03T04:05:06", "2026-02-30", True, None)] == [
        None
    ] * 4
    assert instant(1_790_000_000_123) == instant("2026-09-21T14:13:20.123+0000")
    assert instant(1_790_000_000) == instant("2026-09-21T16:13:20+0200")
    odd: list[Any] = [{"epochMillis": 10**30}, {"epochMillis": True}, [], "x"]
    assert [moment(each) for each in odd] == [None] * 4
    assert moment({"iso8601": "x", "jira": "2026-02-03T04:05:06.000+0000"}) is not None
    assert [duration_minutes(each) for each in ({"millis": "1"}, {"millis": -60_000}, None)] == [
        None, -1, None,
    ]  # fmt: skip
    assert [minutes(each) for each in ("120", "9" * 40, "soon", 61.0, True)] == [
        2, None, None, None, None,
    ]  # fmt: skip
    assert [ident(each) for each in ("", 0, True, 1.5)] == [None, "0", None, None]
    assert [number(each) for each in (10**400, float("inf"), "1")] == [None] * 3
