"""Against the answers in Wrike's documentation: all are read, nothing is lost."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.sdk.contract import Answer
from connectors.sdk.records import Custom, Person, Project, Record, Task
from connectors.wrike.api import Api
from connectors.wrike.connector import Wrike
from connectors.wrike.roster import Lookups, Roster
from connectors.wrike.tasks import Tasks

pytestmark = pytest.mark.contract

DATE = {"date": "Mon, 30 Nov 2026 10:00:00 GMT"}


class Recorded:
    """The answers, by file."""

    def __init__(self, folder: Path) -> None:
        self.bodies = {
            path.stem.removeprefix("wrikego_"): json.loads(path.read_text())["response"]["body"]
            for path in sorted((folder / "wrike" / "recorded").glob("*.json"))
        }

    def rows(self, kind: str) -> list[dict[str, Any]]:
        bodies = (body for body in self.bodies.values() if body["kind"] == kind)
        return [row for body in bodies for row in body["data"]]


class Tool:
    """Answers like the door: with recorded rows by path, and else with nothing."""

    def __init__(self, answers: Mapping[str, list[dict[str, Any]]]) -> None:
        self.answers = answers

    def request(self, method: str, path: str, **_: Any) -> Answer:
        rows = self.answers.get(path, [])
        return Answer(200, DATE, {"kind": "", "data": rows}, f"{method} {path}")


@pytest.fixture(scope="module")
def recorded(contracts: Path) -> Recorded:
    return Recorded(contracts)


def of(stream: str, body: Any) -> list[Record]:
    return list(Wrike.to_records(stream, body))


def test_every_recorded_task_is_read_without_loss(recorded: Recorded) -> None:
    rows = {row["id"]: row for row in recorded.rows("tasks") if row["scope"] == "WsTask"}
    tree = recorded.bodies["get_folder_tree"]["data"]
    tool = Tool({
        "/tasks": list(rows.values()),
        "/folders": tree,
        "/customfields": recorded.rows("customfields"),
        "/account": recorded.bodies["query_accounts"]["data"],
    })  # fmt: skip
    pages = list(Tasks(Api(tool)).pull(None))  # type: ignore[arg-type]
    items = [item for page in pages for item in page.items]
    assert {item.id for item in items} == rows.keys()
    for item in items:
        task, row = of("tasks", item.body)[0], rows[item.id]
        assert isinstance(task, Task)
        assert (task.title, task.url) == (row["title"], row["permalink"])
        assert task.description == (row["description"] or None)
        assert task.status_label == row["status"]
        assert task.priority_label == row["importance"]
        assert task.assignee_ids == tuple(row["responsibleIds"])
        assert [task.reporter_id] == row["authorIds"]
        assert [task.parent_id or ""] == (row["superTaskIds"] or [""])
        assert str(task.start_on) == row["dates"]["start"][:10]
        assert str(task.due_on) == row["dates"]["due"][:10]
        assert [(each.id, each.value) for each in task.custom] == [
            (each["id"], each["value"]) for each in row["customFields"]
        ]
        projects = {folder["id"] for folder in tree if "project" in folder}
        assert task.project_id in projects


def test_the_first_recorded_task_field_by_field(recorded: Recorded) -> None:
    row = recorded.bodies["query_tasks"]["data"][0]
    held = {**row, "homes": row["parentIds"], "fields": row["customFields"]}
    assert of("tasks", held)[0] == Task(
        id="IEAAAAAQKQAB5BG3",
        project_id="IEAAAAAQI4AB5BGV",
        title="Test task",
        url="https://dev.wrke.io/open.htm?id=2000091",
        type="task",
        type_label="Task",
        status="in_progress",
        status_label="Active",
        priority=3,
        priority_label="Normal",
        reporter_id="KUAAAAAQ",
        start_on=date(2019, 2, 14),
        due_on=date(2019, 2, 21),
        created_at=datetime(2019, 2, 18, 11, 17, 43, tzinfo=UTC),
        updated_at=datetime(2019, 2, 18, 11, 17, 44, tzinfo=UTC),
        custom=tuple(
            Custom(id=id, name=id, value="testValue")
            for id in ("IEAAAAAQJUAAAAAX", "IEAAAAAQJUAAAAAY")
        ),
    )


def test_a_deleted_task_lies_in_the_recycle_bin_of_the_account_with_a_new_date(
    recorded: Recorded,
) -> None:
    """What the reading of deletions relies on."""
    [deleted] = recorded.bodies["delete_task"]["data"]
    [before] = recorded.bodies["modify_task"]["data"]
    [account] = recorded.bodies["query_accounts"]["data"]
    assert (deleted["scope"], deleted["parentIds"]) == ("RbTask", [account["recycleBinId"]])
    assert deleted["updatedDate"] > before["updatedDate"]
    tool = Tool({f"/folders/{account['recycleBinId']}/tasks": [deleted]})
    cursor = {"since": "2019-02-18T00:00:00Z", "bin": account["recycleBinId"]}
    pages = Tasks(Api(tool)).pull(cursor)  # type: ignore[arg-type]
    [gone] = [each for page in pages for each in page.gone]
    assert (gone.id, gone.reason) == (deleted["id"], "deleted")


def test_every_recorded_project_is_read_without_loss(recorded: Recorded) -> None:
    rows = [row for row in recorded.rows("folders") if "project" in row]
    assert len(rows) == 4
    for row in rows:
        [project] = of("projects", {"folder": row, "fields": row["customFields"]})
        assert isinstance(project, Project)
        assert (project.id, project.name) == (row["id"], row["title"])
        assert project.description == (row["description"] or None)
        assert project.url == row["permalink"]
        assert [project.owner_id] == row["project"]["ownerIds"]
        assert (project.start_on, project.due_on) == (date(2019, 2, 18), date(2019, 2, 25))
        assert project.custom[0] == Custom(id="status", name="Status", value="Green")
        assert len(project.custom) == 1 + len(row["customFields"])


def test_the_recorded_tree_has_a_project_in_a_project(recorded: Recorded) -> None:
    tree = recorded.bodies["get_folder_tree"]["data"]
    api = Api(Tool({"/folders": tree}))  # type: ignore[arg-type]
    places = {place.id: place for place in Roster(api, Lookups(api)).places()}
    assert {id: place.parent for id, place in places.items()} == {
        "IEAAAAAQI4AB5BGU": None, "IEAAAAAQI4AB5BGV": "IEAAAAAQI4AB5BGU",
    }  # fmt: skip
    assert {place.scope.name for place in places.values()} == {"New title", "Test folder"}


def test_recorded_contacts_and_users(recorded: Recorded) -> None:
    user, group = recorded.bodies["query_contacts"]["data"]
    [person] = of("people", user)
    assert person == Person(
        id="KUAAAAAQ",
        name=f"{user['firstName']} {user['lastName']}",
        email=user["profiles"][0]["email"],
        active=True,
        time_zone="Europe/Moscow",
    )
    assert of("people", group) == [
        Person(id="KX77777H", name="New test group", active=True, kind="group")
    ]
    for row in recorded.rows("users"):
        [read] = of("people", row)
        assert isinstance(read, Person)
        assert (read.id, read.time_zone) == (row["id"], row["timezone"])


def test_recorded_definitions_name_and_type_custom_fields(recorded: Recorded) -> None:
    api = Api(Tool({"/customfields": recorded.rows("customfields")}))  # type: ignore[arg-type]
    held = [{"id": row["id"], "value": "1"} for row in recorded.rows("customfields")]
    for field, row in zip(Lookups(api).fields(held), recorded.rows("customfields"), strict=True):
        assert (field["title"], field["type"]) == (row["title"], row["type"])


def test_the_recorded_account_has_a_recycle_bin_and_a_beginning(recorded: Recorded) -> None:
    for body in recorded.rows("accounts"):
        held = Api(Tool({"/account": [body]})).account()  # type: ignore[arg-type]
        assert (held["recycleBinId"], held["createdDate"]) == (
            "IEAAAAAQI7777776", "2019-02-11T09:45:40Z",
        )  # fmt: skip


def test_every_recorded_kind_is_one_that_is_read(recorded: Recorded) -> None:
    kinds = {body["kind"] for body in recorded.bodies.values()}
    assert kinds - {"groups"} == {
        "accounts", "contacts", "customfields", "folderTree", "folders", "tasks", "users",
    }  # fmt: skip
