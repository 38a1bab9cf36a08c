"""What there is to map in HubSpot."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from connectors.hubspot.connector import HubSpot
from connectors.hubspot.sandbox import HubSpotSandbox
from connectors.sdk.errors import Refused
from connectors.sdk.sandbox import Reply, Request
from tests.conformance.reading import Subject


def test_only_the_objects_that_are_read_are_asked_for() -> None:
    with Subject(HubSpot, HubSpotSandbox).tool() as tool:
        known = tool.vocabulary(objects=["tasks"])
        paths = [request.path for request in tool.sandbox.log]
    assert [path.rsplit("/", 2)[-2:] for path in paths] == [
        ["objects", "tasks"],
        ["properties", "tasks"],
    ]
    assert known.status == ("Not started", "In progress", "Completed", "Waiting", "Deferred")


def test_stages_are_status_words_and_properties_of_hubspot_are_no_fields() -> None:
    with Subject(HubSpot, HubSpotSandbox).tool() as tool:
        known = tool.vocabulary(objects=["tickets"])
    assert {"To do", "Done"} <= {*(known.status or ())}
    names = {each.id for each in known.fields or ()}
    assert "risk" in names
    assert "subject" not in names


def test_an_object_that_is_hidden_takes_no_other_words_away() -> None:
    def hidden(name: str) -> Callable[[Request], Reply | None]:
        return lambda request: Reply(403, b"{}") if name in request.path else None

    with Subject(HubSpot, HubSpotSandbox).tool() as tool:
        tool.sandbox.interfere = hidden("/deals")
        assert {"Not started", "To do"} <= {*(tool.vocabulary().status or ())}
        tool.sandbox.interfere = hidden("/objects/")
        with pytest.raises(Refused):
            tool.vocabulary()
