"""What there is to map in GitHub."""

from __future__ import annotations

from connectors.github.connector import GitHub
from connectors.github.sandbox import GitHubSandbox
from tests.conformance.reading import Subject


def test_states_and_reasons_are_known_and_issue_fields_are_not_listed() -> None:
    with Subject(GitHub, GitHubSandbox).tool() as tool:
        known = tool.vocabulary()
    assert known.status == (
        "open", "reopened", "closed", "completed", "not_planned", "duplicate",
    )  # fmt: skip
    assert known.fields is None
