"""What there is to map in Redmine."""

from __future__ import annotations

from connectors.redmine.connector import Redmine
from connectors.redmine.sandbox import RedmineSandbox
from connectors.sdk.sandbox import Reply, Request
from connectors.sdk.vocabulary import FieldName
from tests.conformance.reading import Subject


def test_only_administrators_are_told_of_fields_and_nobody_takes_that_for_none() -> None:
    with Subject(Redmine, RedmineSandbox).tool(admin=False) as tool:
        known = tool.vocabulary()
    assert known.fields is None
    assert "New" in (known.status or ())


def test_fields_of_projects_are_not_those_of_issues() -> None:
    listed = [
        {"id": 1, "name": "Risk", "customized_type": "issue", "field_format": "list"},
        {"id": 2, "name": "Areas", "customized_type": "issue", "field_format": "list",
         "multiple": True},
        {"id": 3, "name": "Cost centre", "customized_type": "project", "field_format": "string"},
    ]  # fmt: skip

    def fields(request: Request) -> Reply | None:
        told = Reply.of({"custom_fields": listed})
        return told if request.path.endswith("/custom_fields.json") else None

    with Subject(Redmine, RedmineSandbox).tool() as tool:
        tool.sandbox.interfere = fields
        known = tool.vocabulary()
    assert known.fields == (
        FieldName("1", "Risk", "one of a list"),
        FieldName("2", "Areas", "several of a list"),
        FieldName("category", "Category", "one of a list"),
    )
