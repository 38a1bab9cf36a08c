"""`flagstaff baselines`, and what the configuration takes by itself, from delivered rows on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Flagstaff

COLUMNS = {"No": "id", "Task": "title", "State": "status", "To": "due_on", "Project": "project"}


def _config(path: Path, **more: Any) -> None:
    connection = {
        "name": "plant", "connector": "inbound", "options": {"columns": COLUMNS},
        "mapping": {"status": {"Planned": "todo", "Begun": "in_progress"}},
    }  # fmt: skip
    path.write_text(json.dumps({"connections": [connection], **more}))


def _deliver(flagstaff: Flagstaff, folder: Path, *rows: tuple[str, str, str]) -> None:
    lines = [
        json.dumps({"No": id, "Task": f"Task {id}", "State": state, "To": to, "Project": "Crane"})
        for id, state, to in rows
    ]
    (folder / "work.jsonl").write_text("\n".join(lines) + "\n")
    said = flagstaff("deliver", "plant", "work.jsonl", "--complete")
    assert said.code in (0, 3), said.err


@pytest.fixture(autouse=True)
def plant(flagstaff: Flagstaff, tmp_path: Path) -> None:
    """Two planned tasks."""
    _config(tmp_path / "flagstaff.yaml")
    _deliver(flagstaff, tmp_path, ("a", "Planned", "2026-03-20"), ("b", "Planned", "2026-03-27"))


def test_a_baseline_is_taken_listed_and_removed(flagstaff: Flagstaff) -> None:
    assert "There are none" in flagstaff("baselines").out
    said = flagstaff("baselines", "take", "crane", "--name", "Kick-off", "--by", "Ann")
    assert said.code == 0
    assert said.out == (
        "Baseline 1 of Crane is taken: 2 tasks, to be finished on 2026-03-27. "
        "It is its first and current one.\n"
    )
    taken = flagstaff("--json", "baselines", "take", "Crane").json
    assert (taken["id"], taken["standing"], taken["tasks"]) == (2, "current", 2)
    listed = flagstaff("--json", "baselines", "--project", "crane").json
    kept = [(row["name"], row["standing"], row["taken_by"]) for row in listed]
    assert ("Kick-off", "first", "Ann") in kept
    table = flagstaff("baselines").out
    assert "Kick-off" in table
    assert "Crane (plant)" in table
    assert flagstaff("baselines", "--format", "csv").out.startswith("id,connection,project_id,")
    gone = flagstaff("baselines", "remove", "1")
    assert (gone.code, gone.out) == (0, "Baseline 1 (Kick-off) is removed.\n")
    assert [row["id"] for row in flagstaff("--json", "baselines").json] == [2]
    all_of_them = flagstaff("--json", "baselines", "--removed").json
    assert [row["standing"] for row in all_of_them] == ["removed", "first and current"]


def test_tasks_are_filtered_by_how_far_they_slipped(flagstaff: Flagstaff, tmp_path: Path) -> None:
    flagstaff("baselines", "take", "Crane")
    _deliver(flagstaff, tmp_path, ("a", "Planned", "2026-03-20"), ("b", "Planned", "2026-04-03"))
    found = flagstaff("--json", "tasks", "--where", "slip > 4").json
    assert [row["id"] for row in found] == ["b"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("take", "Mast"), "There is no project Mast."),
        (("take", "Cran"), 'There is no project Cran; did you mean "Crane"?'),
        (("take", "Mast", "--connection", "plant"), "There is no project Mast in plant."),
        (
            ("take", "Crane", "--connection", "plnt"),
            'There is no connection plnt; did you mean "plant"?',
        ),
        (("--connection", "plnt"), 'There is no connection plnt; did you mean "plant"?'),
        (("remove", "9"), "There is no baseline 9; `flagstaff baselines` lists them."),
    ],
)
def test_what_cannot_be_done_is_said(
    flagstaff: Flagstaff, arguments: tuple[str, ...], says: str
) -> None:
    said = flagstaff("baselines", *arguments)
    assert (said.code, said.err.strip()) == (1, says)


def test_the_configuration_takes_one_when_work_begins(flagstaff: Flagstaff, tmp_path: Path) -> None:
    _config(
        tmp_path / "flagstaff.yaml", baselines={"at_start": True, "projects": "name = Crane"},
        standards={"packs": ["governance"]},
    )  # fmt: skip
    _deliver(flagstaff, tmp_path, ("a", "Planned", "2026-03-20"), ("b", "Planned", "2026-03-27"))
    assert flagstaff("--json", "baselines").json == []
    _deliver(flagstaff, tmp_path, ("a", "Begun", "2026-03-20"), ("b", "Planned", "2026-03-27"))
    (row,) = flagstaff("--json", "baselines").json
    assert (row["name"], row["reason"]) == ("Work first seen in progress", "start")
    flags = flagstaff("--json", "flags", "--where", "standard = project-without-baseline").json
    assert flags == []  # it was there before the standards were looked at


def test_a_condition_that_makes_no_sense_is_said_with_its_place(
    flagstaff: Flagstaff, tmp_path: Path
) -> None:
    (tmp_path / "flagstaff.yaml").write_text("baselines:\n  projects: colour = red\n")
    said = flagstaff("config", "check")
    assert said.code == 1
    assert "flagstaff.yaml:2:3: baselines.projects: line 1, column 1: there is no fact" in said.out
    assert flagstaff("--json", "config", "check").json["problems"][0]["line"] == 2
