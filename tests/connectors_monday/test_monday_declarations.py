"""What the connector says of itself, and what its README promises."""

from __future__ import annotations

import re
from pathlib import Path

from connectors.monday import columns, words
from connectors.monday.comments import READ_AGAIN
from connectors.monday.connector import Monday, MondayOptions
from connectors.monday.words import STATUS_WORDS, priority_of, status_of, type_of


def readme(root: Path) -> str:
    return (root / "connectors" / "monday" / "README.md").read_text("utf-8")


def test_the_readme_describes_every_option(root: Path) -> None:
    for name, option in Monday.Config.model_fields.items():
        assert option.description
        assert f"| `{name}` |" in readme(root)


def test_the_words_of_the_readme_mean_what_it_says(root: Path) -> None:
    done = {"done": None, "cancelled": True}
    for status in STATUS_WORDS:
        row = next(each for each in readme(root).splitlines() if each.startswith(f"| `{status}` |"))
        words = re.sub(r"\(.*?\)", "", row.split("|")[2]).split(",")
        wrong = [w for w in words if status_of(w.strip(), done=done.get(status, False)) != status]
        assert wrong == []


def test_the_priorities_and_types_of_the_readme(root: Path) -> None:
    text = readme(root)
    [row] = [each for each in text.splitlines() if "| column *Priority*" in each]
    for label, rank in (("Critical", 1), ("Urgent", 1), ("High", 2), ("Medium", 3), ("Low", 4),
                        ("Best Effort", 5)):  # fmt: skip
        assert label in row
        assert priority_of(label) == rank
    [row] = [each for each in text.splitlines() if "| column *Type*" in each]
    for label in row.split("type: ")[1].split(";")[0].split(", "):
        assert type_of(label) == label
    assert {*words.TYPES.values()} - {"task"} <= {*re.findall(r"\w+", row)}


def test_the_columns_of_the_readme(root: Path) -> None:
    text = readme(root)
    for id in (*columns.STATUS_IDS, *columns.PEOPLE_IDS):
        assert f"`{id}`" in text
    for title, pattern in (
        ("Owner", columns.PEOPLE_TITLE), ("Assigned", columns.PEOPLE_TITLE),
        ("Responsible", columns.PEOPLE_TITLE), ("Deadline", columns.DUE_TITLE),
        ("kick-off", columns.START_TITLE), ("actual", columns.NEITHER_TITLE),
    ):  # fmt: skip
        assert pattern.search(title)
    assert f"the {['', 'one', 'two', 'three'][READ_AGAIN.days]} days before" in text


def test_the_token_and_the_version_travel_in_headers() -> None:
    config = MondayOptions(token="hush")
    access = Monday.access(config)
    assert access.base_url == "https://api.monday.com"
    assert access.headers == {"Authorization": "hush", "API-Version": "2026-07"}
    assert "hush" not in repr(access)
