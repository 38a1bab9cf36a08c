"""Whatever a record holds, its mapping raises nothing and keeps the record."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.hubspot.kinds import STREAMS
from connectors.hubspot.mapping import to_records
from connectors.sdk.records import Project, Task
from tests.conformance.shapes import faults

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
    | st.sampled_from(["2026-11-20", "9999-12-31T23:59:59-10:00", "-99999999999999", "a;;b", "<p"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner,
                                                                 max_size=3),
    max_leaves=8,
)  # fmt: skip
NAMES = sorted({name for kind in STREAMS.values() for name in (*kind.properties, "x")})
VERSIONS = st.lists(
    st.fixed_dictionaries({}, optional={"value": JSON, "timestamp": JSON, "updatedByUserId": JSON})
)
BODIES = st.fixed_dictionaries(
    {
        "row": st.fixed_dictionaries(
            {"id": st.just("0-5-7")},
            optional={
                "properties": st.dictionaries(st.sampled_from(NAMES), JSON) | JSON,
                "propertiesWithHistory": st.dictionaries(st.sampled_from(NAMES), VERSIONS) | JSON,
                "createdAt": JSON,
                "stages": JSON,
                "label": JSON,
                "archived": JSON,
            },
        )
    },
    optional=dict.fromkeys(("fields", "custom", "stages", "owners", "linked"), JSON),
)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(["pipelines", "people", *STREAMS]), BODIES)
def test_any_body_is_mapped_and_its_record_is_there(stream: str, body: dict[str, Any]) -> None:
    made = list(to_records(stream, body))
    assert not [fault for record in made for fault in faults(record)]
    if stream in ("tasks", "tickets", "deals"):
        assert [each.id for each in made if isinstance(each, Task)] == ["0-5-7"]
    if stream in ("pipelines", "projects"):
        assert [each.id for each in made if isinstance(each, Project)] == ["0-5-7"]


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(["pipelines", "people", *STREAMS, "other"]), JSON)
def test_what_is_no_record_is_passed_over(stream: str, row: Any) -> None:
    body = {"row": row} if not isinstance(row, dict) or "id" not in row else {}
    assert list(to_records(stream, body)) == []
