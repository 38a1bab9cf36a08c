"""What there is to map in Zendesk Support."""

from __future__ import annotations

from connectors.zendesk.connector import Zendesk
from connectors.zendesk.sandbox import ZendeskSandbox
from tests.conformance.reading import Subject


def test_the_fields_of_zendesk_itself_are_no_custom_fields() -> None:
    with Subject(Zendesk, ZendeskSandbox).tool() as tool:
        known = tool.vocabulary()
    assert [(each.name, each.type) for each in known.fields or ()] == [
        ("Risk", "one of a list"), ("Size", "number"),
    ]  # fmt: skip


def test_own_statuses_and_those_of_zendesk_are_status_words() -> None:
    with Subject(Zendesk, ZendeskSandbox).tool() as tool:
        known = tool.vocabulary()
    assert {"To do", "In progress", "On-hold", "Closed"} <= {*(known.status or ())}
