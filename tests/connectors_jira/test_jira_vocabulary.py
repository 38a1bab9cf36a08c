"""What there is to map in Jira."""

from __future__ import annotations

from connectors.jira.catalogue import catalogue, words
from connectors.jira.connector import Jira
from connectors.jira.sandbox import JiraSandbox
from connectors.sdk.vocabulary import FieldName
from tests.conformance.reading import Subject


def _field(id: str, name: str, type: str, made_by: str = "x:y") -> dict[str, object]:
    return {"id": id, "name": name, "schema": {"type": type, "custom": made_by}}


def test_fields_with_a_role_fill_ours_and_cannot_be_mapped_elsewhere() -> None:
    listed = [
        _field("c1", "Story Points", "number"),
        _field("c2", "Start date", "date"),
        _field("c3", "Flagged", "array"),
        _field("c4", "Risk rating", "option"),
        _field("c5", "Sprint", "array", "com.pyxis.greenhopper.jira:gh-sprint"),
        {"id": "summary", "name": "Summary", "schema": {"type": "string"}},
    ]
    statuses = [{"id": "1", "name": "In Review"}, {"id": "2", "name": "Done"}, {"id": "3"}]
    known = words(catalogue(listed, [], statuses, None), statuses)
    assert known.status == ("In Review", "Done")
    assert known.fields == (
        FieldName("c1", "Story Points", "number", "points", taken=True),
        FieldName("c2", "Start date", "date", "start_on", taken=True),
        FieldName("c3", "Flagged", "several of a list", "blocked", taken=True),
        FieldName("c4", "Risk rating", "one of a list"),
    )


def test_it_costs_three_requests_whatever_there_is() -> None:
    with Subject(Jira, JiraSandbox).tool() as tool:
        asked = tool.requests(tool.vocabulary)
    assert [path.rpartition("/")[2] for path in asked] == ["status", "field", "search"]
