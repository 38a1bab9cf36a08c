"""What there is to map in GitHub."""

from __future__ import annotations

from connectors.github.connector import GitHub
from connectors.github.sandbox import GitHubSandbox
from tests.conformance.reading import Subject

NATIVE = ("open", "reopened", "closed", "completed", "not_planned", "duplicate")


def test_states_and_reasons_are_known_and_issue_fields_are_not_listed() -> None:
    with Subject(GitHub, GitHubSandbox).tool(board=False) as tool:
        known = tool.vocabulary()
    assert known.status == NATIVE
    assert known.fields is None


def test_the_options_of_a_boards_status_are_status_words() -> None:
    with Subject(GitHub, GitHubSandbox).tool() as tool:
        known = tool.vocabulary()
    assert known.status is not None
    assert {*NATIVE, "Todo", "In progress", "Done"} <= {*known.status}
