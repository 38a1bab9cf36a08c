"""`flagstaff deliver`: files of work, seen first and then taken."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Flagstaff

COLUMNS = {"No": "id", "Task": "title", "State": "status", "Missing": "due_on"}
ROWS = "No;Task;State;Deadline\n1;Pour the base;Running;x\n2;Set the frame;Done;\n;Nobody;Done;\n"


@pytest.fixture(autouse=True)
def config(tmp_path: Path) -> None:
    """A connection that takes deliveries, one that does not, and a file."""
    inbound = {"name": "plant", "connector": "inbound", "options": {"columns": COLUMNS},
               "mapping": {"status": {"Running": "in_progress"}}}  # fmt: skip
    options = {"url": "https://redmine.example.com", "token": "t"}
    asked = {"name": "tracker", "connector": "redmine", "options": options, "enabled": False}
    (tmp_path / "flagstaff.yaml").write_text(json.dumps({"connections": [inbound, asked]}))
    (tmp_path / "work.csv").write_text(ROWS)


def test_a_dry_run_shows_what_would_be_read_and_what_nobody_mapped(
    flagstaff: Flagstaff, tmp_path: Path
) -> None:
    said = flagstaff("deliver", "plant", "work.csv", "--dry-run")
    assert said.code == 2
    assert "3 rows: 2 would be taken, 0 are gone, 1 could not be read." in said.out
    assert "row 4: the row has no id" in said.out
    assert 'No row has the column "Missing"' in said.out
    assert '"Deadline": due_on' in said.out
    told = flagstaff("--json", "deliver", "plant", "work.csv", "--dry-run").json
    assert told["unmapped_columns"] == {"Deadline": "due_on"}
    assert flagstaff("--json", "tasks").json == []


def test_what_is_taken_is_there_with_the_admins_words(flagstaff: Flagstaff) -> None:
    said = flagstaff("--json", "deliver", "plant", "work.csv", "--complete")
    assert said.code == 2
    assert [each["line"] for each in said.json["refused"]] == [4]
    found = {each["id"]: each["status"] for each in flagstaff("--json", "tasks").json}
    assert found == {"1": "in_progress", "2": "done"}


def test_a_delivery_without_a_wrong_row_ends_well(flagstaff: Flagstaff, tmp_path: Path) -> None:
    (tmp_path / "work.jsonl").write_text('{"No": 1, "Task": "Pour the base"}\n')
    said = flagstaff("deliver", "plant", "work.jsonl")
    assert said.code == 0
    assert "complete" in said.out


@pytest.mark.parametrize(
    ("name", "file", "told"),
    [
        ("tracker", "work.csv", "takes no deliveries"),
        ("plant", "nowhere.csv", "cannot be read"),
        ("plant", "flagstaff.yaml", "has to end with"),
        ("nobody", "work.csv", "nobody"),
    ],
)
def test_what_cannot_be_delivered_says_why(
    flagstaff: Flagstaff, name: str, file: str, told: str
) -> None:
    said = flagstaff("deliver", name, file)
    assert said.code == 1
    assert told in said.err


def test_it_cannot_be_asked(flagstaff: Flagstaff) -> None:
    said = flagstaff("sync", "plant")
    assert said.code == 1
    assert "takes deliveries and cannot be asked" in said.err
    check = flagstaff("connections", "check", "plant")
    assert check.code == 0, check.out
