"""`flagstaff schedule`, and what its pack raises, from delivered rows to the answer."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from sync_engine import clock
from tests.cli.conftest import Flagstaff

COLUMNS = {
    "No": "id", "Task": "title", "State": "status", "From": "start_on", "To": "due_on",
    "After": "depends_on", "Project": "project",
}  # fmt: skip


def _config(path: Path, packs: list[str], **standards: Any) -> None:
    options = {"columns": COLUMNS}
    path.write_text(
        json.dumps(
            {
                "connections": [
                    {"name": "plant", "connector": "inbound", "options": options,
                     "mapping": {"status": {"Planned": "todo"}}}
                ],
                "standards": {"packs": packs, "set": standards},
            }
        )
    )  # fmt: skip


@pytest.fixture(autouse=True)
def plant(flagstaff: Flagstaff, tmp_path: Path) -> date:
    """Three tasks behind each other, two that wait for each other, and one without dates."""
    _config(tmp_path / "flagstaff.yaml", ["schedule"])
    monday = clock.now().date() + timedelta(days=7)
    monday -= timedelta(days=monday.weekday())

    def row(id: str, start: int | None, due: int | None, after: list[str], at: str) -> str:
        days = [None if n is None else str(monday + timedelta(days=n)) for n in (start, due)]
        return json.dumps({"No": id, "Task": f"Task {id}", "State": "Planned", "From": days[0],
                           "To": days[1], "After": after, "Project": at})  # fmt: skip

    rows = [
        row("a", 0, 1, [], "Crane"), row("b", 2, 3, ["a"], "Crane"),
        row("c", 0, 4, ["b"], "Crane"), row("x", 0, 0, ["y"], "Mast"),
        row("y", 1, 1, ["x"], "Mast"), row("z", None, None, ["y"], "Mast"),
    ]  # fmt: skip
    (tmp_path / "work.jsonl").write_text("\n".join(rows) + "\n")
    assert flagstaff("deliver", "plant", "work.jsonl", "--complete").code == 0
    return monday


def test_a_schedule_is_told_with_its_points_and_its_critical_path(flagstaff: Flagstaff) -> None:
    said = flagstaff("schedule", "crane")
    assert said.code == 0
    assert "3 activities, 3 of them open, 2 links." in said.out
    for number in range(1, 15):
        assert f"D{number:02}" in said.out
    assert "100.0%" not in said.out
    assert "66.7% (2 of 3)" in said.out
    assert "link.lag_minutes" in said.out
    assert "Critical path" in said.out
    assert "Task c" in said.out


def test_the_same_as_a_document(flagstaff: Flagstaff, plant: date) -> None:
    found = flagstaff("--json", "schedule", "Crane").json
    assert (found["connection"], found["project"]) == ("plant", "Crane")
    assert found["critical_paths"] == [["a", "b", "c"]]
    assert found["finish"] == str(plant + timedelta(days=10))  # four days, then c's five
    points = {each["ref"]: each for each in found["points"]}
    assert points["D01"]["answer"] == "flagged"
    assert (points["D15"]["value"], points["D15"]["answer"]) == (1, "flagged")
    assert points["D02"]["missing"] == ["link.lag_minutes"]
    tasks = {each["id"]: each for each in found["tasks"]}
    assert tasks["b"]["early_start"] == str(plant + timedelta(days=2))
    assert tasks["c"]["critical"] is True


def test_cycles_and_what_is_not_assessable_are_named(flagstaff: Flagstaff) -> None:
    said = flagstaff("schedule", "Mast")
    assert "Earliest finish: not assessable." in said.out
    assert "These wait for each other: Task x, Task y." in said.out
    assert "Task z: it has neither both dates nor an estimate" in said.out


def test_thresholds_are_those_of_the_configuration(flagstaff: Flagstaff, tmp_path: Path) -> None:
    _config(tmp_path / "flagstaff.yaml", ["schedule"], **{"schedule-open-ends": {"most": 70}})
    points = flagstaff("--json", "schedule", "Crane").json["points"]
    assert (points[0]["limit"], points[0]["answer"]) == (70, "met")


def test_a_project_that_is_not_there_is_an_error(flagstaff: Flagstaff) -> None:
    said = flagstaff("schedule", "Derrick")
    assert said.code == 1
    assert "There is no project Derrick." in said.err


def test_the_pack_raises_flags_where_the_tool_can_tell(flagstaff: Flagstaff) -> None:
    """These rows do not tell who owns a task, nor has any link a lag."""
    found = {(f["standard"], f["title"]) for f in flagstaff("--json", "flags").json}
    assert found == {
        ("schedule-open-ends", "Crane"), ("schedule-open-ends", "Mast"),
        ("schedule-negative-float", "Crane"), ("schedule-path-index", "Crane"),
        ("schedule-undated", "Mast"), ("dependency-cycle", "Mast"),
        ("starts-before-predecessor", "Task c"), ("starts-before-predecessor", "Task x"),
    }  # fmt: skip


def test_a_preview_of_the_pack_says_what_it_would_open(
    flagstaff: Flagstaff, tmp_path: Path
) -> None:
    """Also where no result has been kept yet."""
    _config(tmp_path / "flagstaff.yaml", ["pmo-core"])
    _config(tmp_path / "changed.yaml", ["pmo-core", "schedule"])
    (tmp_path / "flagstaff.db").unlink()
    assert flagstaff("deliver", "plant", "work.jsonl", "--complete").code == 0
    effects = flagstaff("--json", "standards", "preview", "changed.yaml").json
    opens = {each["standard"]: each["opens"] for each in effects}
    assert (opens["schedule-undated"], opens["starts-before-predecessor"]) == (1, 2)


def test_a_preview_of_other_working_days_says_what_they_do_not_reach(
    flagstaff: Flagstaff, tmp_path: Path
) -> None:
    other = json.loads((tmp_path / "flagstaff.yaml").read_text())
    (tmp_path / "same.yaml").write_text(json.dumps(other))
    (tmp_path / "other.yaml").write_text(json.dumps({**other, "calendar": {"weekend": [4, 5]}}))
    told = "What rests on the schedules of projects is told by the working days that are in force."
    assert flagstaff("standards", "preview", "same.yaml").err == ""
    assert flagstaff("standards", "preview", "other.yaml").err.replace("\n", " ").strip() == told
