"""Whatever an item holds, its mapping raises nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.zendesk.connector import Zendesk
from connectors.zendesk.words import day, identifier, instant, moment, number, page_of, plain
from tests.conformance.shapes import faults

NAMES = """
    id url subject description type status custom_status_id priority group_id assignee_id
    requester_id problem_id tags custom_fields due_at created_at updated_at value metric_set
    solved_at people role active suspended email name time_zone iana_time_zone ticket user group
    audit fields statuses title options status_label deleted ticket_id author_id events event_type
    previous_value field_name custom_ticket_fields body public metric_events reply_time
    agent_work_time instance_id time sla group_sla target target_in_seconds business_hours slas
    policy_metrics metric breach_at calendar business 360001 x
"""
KEYS = st.sampled_from(sorted(NAMES.split()))
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8),
    st.sampled_from(
        [1, 7, 23111599474068, 10**30, "0000-00-00", "9999-12-31T23:59:59Z", "2026-02-30",
         "9999-12-31T23:59:59-08:00", "open", "hold", "task", "Change", "Create", "Comment",
         "VoiceComment", "apply_sla", "apply_group_sla", "activate", "pause", "fulfill", "breach",
         "update_status", "end-user", "tagger", "multiselect", "date", "integer", "checkbox",
         "first_reply_time", "https://acme.zendesk.example.com/api/v2/tickets/1.json", "nan",
         "1e999", "360001"]
    ),
)  # fmt: skip
BODIES = st.dictionaries(
    KEYS,
    st.recursive(
        VALUES,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6),
        max_leaves=30,
    ),
)


@settings(max_examples=80, deadline=None)
@given(stream=st.sampled_from([*Zendesk.streams, "unknown"]), body=BODIES)
def test_no_body_breaks_the_mapping_and_the_same_gives_the_same(stream: str, body: Any) -> None:
    first = list(Zendesk.to_records(stream, body))
    assert first == list(Zendesk.to_records(stream, body))
    assert [fault for record in first for fault in faults(record)] == []


@settings(max_examples=80, deadline=None)
@given(inner=BODIES, events=st.lists(BODIES, max_size=4))
def test_what_has_an_identity_is_never_lost(inner: Any, events: Any) -> None:
    [task, *_] = Zendesk.to_records("tasks", {"ticket": {**inner, "id": 7}})
    [person] = Zendesk.to_records("people", {"user": {**inner, "id": 7}})
    [project] = Zendesk.to_records("projects", {"group": {**inner, "id": 7}})
    for record in (task, person, project):
        assert record.id == "7"
        assert list(faults(record)) == []
    audit = {"id": 7, "ticket_id": 8, "created_at": "2026-02-20T12:00:00Z", "events": events}
    told = list(Zendesk.to_records("events", {"audit": audit}))
    assert [fault for record in told for fault in faults(record)] == []
    clocks = {"id": 7, "metric_events": {"reply_time": events}, "slas": inner}
    cycles = list(Zendesk.to_records("slas", {"ticket": clocks}))
    assert [fault for record in cycles for fault in faults(record)] == []


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-02-03T04:05:06Z", datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)),
        ("2026-02-03T04:05:06+02:00", datetime(2026, 2, 3, 2, 5, 6, tzinfo=UTC)),
        ("2026-02-03T04:05:06", None),
        ("2026-02-03", None),
        ("9999-12-31T23:59:59-08:00", None),
        ("0000-00-00", None),
        (1612325106, None),
        (None, None),
    ],
)
def test_odd_instants(written: Any, read: datetime | None) -> None:
    assert instant(written) == read


def test_odd_values() -> None:
    assert [day(each) for each in ("2026-02-03", "2026-02-30", 7, None)] == [
        date(2026, 2, 3), None, None, None,
    ]  # fmt: skip
    assert [identifier(each) for each in (7, "7", "", 0, -1, True, 7.0, None, 10**30)] == [
        "7", "7", None, None, None, None, None, None, None,
    ]  # fmt: skip
    assert [number(each) for each in ("2.5", 2, "nan", "1e999", True, None, "two")] == [
        2.5, 2.0, None, None, None, None, None,
    ]  # fmt: skip
    assert [moment(each) for each in (0, 10**17, -(10**17), "soon", None)] == [
        datetime(1970, 1, 1, tzinfo=UTC), None, None, None, None,
    ]  # fmt: skip
    odd: list[Any] = [3.0, 2.5, 10**20, float("nan"), [], [1, None, "a"], {}]
    assert [plain(each) for each in odd] == [
        "3", "2.5", str(10**20), None, None, "1,a", None,
    ]  # fmt: skip
    assert page_of("https://a.example.com/api/v2/users/7.json", "users", "7") == (
        "https://a.example.com/agent/users/7"
    )
    assert [page_of(each, "users", "7") for each in ("", None, 7, "https://a.example.com/u")] == [
        None, None, None, None,
    ]  # fmt: skip
