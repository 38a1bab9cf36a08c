"""What the connector says of itself."""

from __future__ import annotations

from pathlib import Path

from connectors.trello.connector import Trello
from connectors.trello.words import STATUS_WORDS, status_of


def test_every_option_is_described() -> None:
    for name, option in Trello.Config.model_fields.items():
        assert option.description, name


def test_requests_are_counted_against_the_paths_that_trello_limits() -> None:
    assert [(limit.requests, limit.per.total_seconds(), limit.path) for limit in Trello.limits] == [
        (100, 10, ""),
        (100, 900, "/1/members"),
    ]


def test_the_readme_describes_every_option_and_status_word(root: Path) -> None:
    readme = (root / "connectors" / "trello" / "README.md").read_text()
    for name in Trello.Config.model_fields:
        assert f"| `{name}` |" in readme
    for status in STATUS_WORDS:
        row = next(line for line in readme.splitlines() if line.startswith(f"| `{status}` |"))
        words = row.split("|")[2].split(",")
        assert [word for word in words if status_of(word) != status] == []
