"""Against answers that monday.com really gave: none breaks the mapping, none is read with loss."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.monday.columns import Roles, done_colors, index_done, roles
from connectors.monday.connector import Monday
from connectors.monday.roster import subitem_boards
from connectors.sdk.contract import Answer
from connectors.sdk.records import Comment, Custom, Membership, Person, Project, Record, Task

pytestmark = pytest.mark.contract


class Recorded:
    """monday.com's recorded answers by the name of their file."""

    def __init__(self, folder: Path) -> None:
        self.files: dict[str, Mapping[str, Any]] = {
            path.stem.removeprefix("nango_").removesuffix("_post_00"): json.loads(path.read_text())
            for path in sorted((folder / "monday" / "recorded").glob("*.json"))
        }

    def data(self, name: str) -> Any:
        return self.files[name]["response"]["body"]["data"]

    def columns(self) -> list[dict[str, Any]]:
        """The columns of the recorded board, as an item's body holds them."""
        [board] = self.data("list-columns")["boards"]
        return [
            {
                **{name: column[name] for name in ("id", "title", "type")},
                **({"done": done_colors(column["settings_str"])} if column["type"] == "status"
                   else {}),
            }
            for column in board["columns"]
        ]  # fmt: skip


@pytest.fixture(scope="module")
def recorded(contracts: Path) -> Recorded:
    return Recorded(contracts)


def of_item(recorded: Recorded, item: Mapping[str, Any], **more: Any) -> list[Record]:
    """Records of an item; its cells get their types from the columns, as the query asks for."""
    kinds = {each["id"]: each["type"] for each in recorded.columns()}
    cells = [{"type": kinds.get(c["id"]), **c} for c in item["column_values"]]
    body = {
        "item": {**item, "column_values": cells}, "board": {"id": "5096980653"},
        "columns": recorded.columns(), "logs": [], **more,
    }  # fmt: skip
    return list(Monday.to_records("tasks", body))


def test_there_are_as_many_as_the_reviewed_expectations_were_made_for(recorded: Recorded) -> None:
    assert len(recorded.files) == 11


def test_no_recorded_answer_is_an_error_and_each_tells_the_time(recorded: Recorded) -> None:
    for name, file in recorded.files.items():
        response = file["response"]
        answer = Answer(response["status"], response["headers"], response["body"], "/v2")
        assert Monday.classify(answer) is None, name
        assert Monday.budget(answer) == []


def test_a_finished_item(recorded: Recorded) -> None:
    [item] = recorded.data("list-items")["boards"][0]["items_page"]["items"]
    task, place = of_item(recorded, item)
    assert isinstance(task, Task)
    assert (task.id, task.title, task.project_id) == ("2933602562", "Deploy", "5096980653")
    assert (task.status, task.status_label) == ("done", "Done")
    assert task.completed_at == datetime(2026, 5, 22, 5, 47, 17, 769000, tzinfo=UTC)
    assert (task.priority, task.priority_label) == (3, "Medium")
    assert (task.type, task.type_label) == ("task", "Other")
    assert task.key == "TNAN-002"
    assert task.assignee_ids == ()
    assert task.created_at == datetime(2026, 5, 21, 19, 32, 13, tzinfo=UTC)
    assert task.updated_at == datetime(2026, 5, 22, 5, 47, 42, tzinfo=UTC)
    assert place == Membership(
        id="project:5096980653:2933602562", task_id="2933602562", kind="project",
        container_id="5096980653", section="All Tasks Updated",
    )  # fmt: skip


def test_an_item_of_a_copied_board(recorded: Recorded) -> None:
    """Its labels keep the times of the board that it was copied from."""
    [item] = recorded.data("get-item")["items"]
    task = of_item(recorded, item)[0]
    assert isinstance(task, Task)
    assert (task.status, task.status_label) == ("in_progress", "In Progress")
    assert (task.priority, task.priority_label) == (2, "High")
    assert task.completed_at is None
    assert task.custom[:6] == (
        Custom(id="task_owner", name="Owner", value=None),
        Custom(id="task_status", name="Status", value="In Progress"),
        Custom(id="task_priority", name="Priority", value="High"),
        Custom(id="task_type", name="Type", value="Other"),
        Custom(id="task_estimation", name="Estimated SP", value=3.0),
        Custom(id="task_actual_effort", name="Actual SP", value=None),
    )
    assert {"check": False}.items() <= {c.id: c.value for c in task.custom}.items()
    value = item["column_values"][1]["value"].replace('"index":0', '"index":1')
    cell = {"id": "task_status", "type": "status", "text": "Done", "value": value}
    done = {**item, "column_values": [cell]}
    copied = of_item(recorded, done)[0]
    assert isinstance(copied, Task)
    assert (copied.status, copied.completed_at) == ("done", None)


def test_no_cell_of_a_recorded_item_is_lost(recorded: Recorded) -> None:
    items = [*recorded.data("get-item")["items"],
             *recorded.data("list-items")["boards"][0]["items_page"]["items"]]  # fmt: skip
    for item in items:
        task = of_item(recorded, item)[0]
        assert isinstance(task, Task)
        shown = {cell["id"] for cell in item["column_values"]} - {"subtasks_mm3jpjfr"}
        assert {each.id for each in task.custom} == shown


def test_a_subitem_without_types_is_a_task_all_the_same(recorded: Recorded) -> None:
    [item] = recorded.data("get-subitem")["items"]
    body = {"item": item, "board": {"id": "1"}, "columns": [], "logs": []}
    task = next(iter(Monday.to_records("tasks", body)))
    assert isinstance(task, Task)
    assert (task.id, task.title) == ("2933645613", "Second test subitem")
    assert len(task.custom) == 3


def test_the_columns_of_monday_coms_own_template_have_their_roles(recorded: Recorded) -> None:
    assert roles(recorded.columns()) == Roles(
        status="task_status", priority="task_priority", type="task_type", people="task_owner",
        key="item_id",
    )  # fmt: skip
    status = next(each for each in recorded.columns() if each["id"] == "task_status")
    assert [index_done(index, status) for index in (0, 1, 2, 103)] == [False, True, False, False]


def test_the_hidden_board_of_the_subitems_stands_in_the_columns(recorded: Recorded) -> None:
    [board] = recorded.data("list-columns")["boards"]
    assert subitem_boards(board) == ["5096982894"]
    assert any(each["id"] == "5096982894" for each in recorded.data("list-boards")["boards"])


def test_every_recorded_board_is_read(recorded: Recorded) -> None:
    boards = [*recorded.data("list-boards")["boards"], *recorded.data("get-board")["boards"]]
    for board in boards:
        [project] = Monday.to_records("projects", board)
        assert isinstance(project, Project)
        assert (project.id, project.name, project.state) == (board["id"], board["name"], "active")
        assert project.updated_at is not None
    [project] = Monday.to_records("projects", recorded.data("get-board")["boards"][0])
    assert isinstance(project, Project)
    assert project.description is None
    assert project.custom == (Custom(id="workspace", name="Workspace", value="My Team"),)
    assert project.created_at == datetime(2026, 5, 21, 19, 32, 4, tzinfo=UTC)


def test_every_recorded_person_is_read(recorded: Recorded) -> None:
    [user] = recorded.data("list-users")["users"]
    [person] = Monday.to_records("people", {"user": user})
    assert person == Person(
        id="104094154", name=user["name"], email=user["email"], url=user["url"],
    )  # fmt: skip
    for team in user["teams"]:
        [group] = Monday.to_records("people", {"team": team})
        assert group == Person(id=f"team:{team['id']}", name=team["name"], kind="group")


def test_every_recorded_update_is_read(recorded: Recorded) -> None:
    updates = recorded.data("list-updates")["updates"]
    read = [list(Monday.to_records("comments", update)) for update in updates]
    assert [len(each) for each in read] == [1, 1, 1]
    assert read[2] == [
        Comment(id="579577445", task_id="2933602562", text="Test update 2",
                at=datetime(2026, 5, 22, 5, 47, 31, tzinfo=UTC))
    ]  # fmt: skip
