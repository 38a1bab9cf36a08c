"""What there is to map in HubSpot."""

from __future__ import annotations

from connectors.hubspot.connector import HubSpot
from connectors.hubspot.sandbox import HubSpotSandbox
from tests.conformance.reading import Subject


def test_only_the_objects_that_are_read_are_asked_for() -> None:
    with Subject(HubSpot, HubSpotSandbox).tool() as tool:
        known = tool.vocabulary(objects=["tasks"])
        paths = [request.path for request in tool.sandbox.log]
    assert len(paths) == 1
    assert paths[0].endswith("/properties/tasks")
    assert known.status == ("Not started", "In progress", "Completed", "Waiting", "Deferred")


def test_stages_are_status_words_and_properties_of_hubspot_are_no_fields() -> None:
    with Subject(HubSpot, HubSpotSandbox).tool() as tool:
        known = tool.vocabulary(objects=["tickets"])
    assert {"To do", "Done"} <= {*(known.status or ())}
    names = {each.id for each in known.fields or ()}
    assert "risk" in names
    assert "subject" not in names
