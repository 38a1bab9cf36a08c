"""What there is to map in Asana."""

from __future__ import annotations

import pytest

from connectors.asana.connector import Asana
from connectors.asana.sandbox import AsanaSandbox
from connectors.asana.words import described
from connectors.sdk.records import Project
from connectors.sdk.sandbox import Reply, Request
from connectors.sdk.vocabulary import FieldName
from tests.conformance.reading import Subject


@pytest.mark.parametrize(
    ("field", "told"),
    [
        ({"name": "Priority", "type": "enum"},
         FieldName("1", "Priority", "one of a list", "priority", taken=True)),
        ({"name": "Estimated time", "type": "number", "format": "duration"},
         FieldName("1", "Estimated time", "number", "estimate_minutes", taken=True)),
        ({"name": "Stage", "type": "enum"}, FieldName("1", "Stage", "one of a list", "status")),
        ({"name": "Priority", "type": "text"}, FieldName("1", "Priority", "text")),
        ({"type": "reference"}, FieldName("1", "1", "reference")),
    ],
)  # fmt: skip
def test_a_field_is_told_with_what_it_fills(field: dict[str, object], told: FieldName) -> None:
    assert described({"gid": "1", **field}) == told


def test_the_options_of_a_field_called_status_are_status_words() -> None:
    stage = {"gid": "9", "name": "Stage", "type": "enum",
             "enum_options": [{"name": "Drafting"}, {"name": "In review"}]}  # fmt: skip
    row = {"gid": "1", "custom_field_settings": [{"custom_field": stage}]}

    def projects(request: Request) -> Reply | None:
        return Reply.of({"data": [row]}) if request.path.endswith("/projects") else None

    with Subject(Asana, AsanaSandbox).tool() as tool:
        row["gid"] = next(iter(tool.sandbox.world.all(Project))).id
        tool.sandbox.interfere = projects
        known = tool.vocabulary()
    assert (known.status or ())[:2] == ("Drafting", "In review")
    assert {"To do", "Completed", "Incomplete"} <= {*(known.status or ())}
