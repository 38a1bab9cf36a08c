"""What there is to map in Wrike."""

from __future__ import annotations

from connectors.sdk.sandbox import Reply, Request
from connectors.wrike.connector import Wrike
from connectors.wrike.sandbox import WrikeSandbox
from tests.conformance.reading import Subject


def test_two_requests_tell_all_workflows_and_fields() -> None:
    fields = [
        {"id": "F1", "title": "Stage", "type": "DropDown"},
        {"id": "F2", "title": "Budget", "type": "Currency"},
        {"id": "F3", "type": "LinkToDatabase"},
    ]
    workflows = [{"id": "W", "customStatuses": [{"id": "S", "name": "Soaking"}, {"id": "T"}]}]

    def answers(request: Request) -> Reply:
        found = fields if request.path.endswith("/customfields") else workflows
        return Reply.of({"kind": "any", "data": found})

    with Subject(Wrike, WrikeSandbox).tool() as tool:
        tool.sandbox.interfere = answers
        known = tool.vocabulary()
        assert len(tool.sandbox.log) == 2
    assert known.status == ("Soaking",)
    assert [(each.name, each.type) for each in known.fields or ()] == [
        ("Stage", "one of a list"), ("Budget", "number"), ("F3", "LinkToDatabase"),
    ]  # fmt: skip
