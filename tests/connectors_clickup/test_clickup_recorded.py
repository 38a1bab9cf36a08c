"""Against answers that ClickUp really gave: none breaks the mapping, none is read with loss."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.clickup.api import Api
from connectors.clickup.connector import ClickUp
from connectors.clickup.people import people
from connectors.clickup.roster import Roster
from connectors.clickup.tasks import KEPT
from connectors.clickup.words import since_1970
from connectors.sdk.contract import Answer
from connectors.sdk.errors import NotVisible
from connectors.sdk.records import Comment, Custom, Link, Person, Project, Record, Task

pytestmark = pytest.mark.contract


class Recorded:
    """ClickUp's recorded answers."""

    def __init__(self, folder: Path) -> None:
        self.files = {
            path.stem: json.loads(path.read_text())
            for path in sorted((folder / "clickup" / "recorded").glob("*.json"))
        }

    def body(self, name: str) -> Any:
        return self.files[name]["response"]["body"]

    def answer(self, name: str) -> Answer:
        response, request = self.files[name]["response"], self.files[name]["request"]
        path = f"https://api.clickup.com{request.get('path') or '/'}"
        return Answer(response["status"] or 200, response["headers"], response["body"], path)

    def tasks(self) -> list[Mapping[str, Any]]:
        singles = ("nango_get-task_get_00", "nango_create-task_post_00")
        return [*self.body("faros_clickup_tasks"), *map(self.body, singles)]


@pytest.fixture(scope="module")
def recorded(contracts: Path) -> Recorded:
    return Recorded(contracts)


def of(stream: str, body: Any) -> list[Record]:
    return list(ClickUp.to_records(stream, body))


def the_task(body: Mapping[str, Any]) -> Task:
    first = of("tasks", {key: body[key] for key in KEPT if key in body})[0]
    assert isinstance(first, Task)
    return first


def test_every_recorded_task_is_read_without_loss(recorded: Recorded) -> None:
    tasks = recorded.tasks()
    assert len(tasks) == 11
    for body in tasks:
        task = the_task(body)
        assert task == of("tasks", body)[0], "nothing that the mapping reads is left out"
        assert (task.id, task.title, task.url) == (body["id"], body["name"], body["url"])
        assert task.project_id == body["list"]["id"]
        assert task.parent_id == body["parent"]
        assert task.status_label == body["status"]["status"]
        assert task.status is not None
        assert task.archived is body["archived"]
        assert task.labels == tuple(tag["name"] for tag in body["tags"])
        assert task.assignee_ids == tuple(str(each["id"]) for each in body["assignees"])
        assert task.reporter_id == str(body["creator"]["id"])
        assert len(task.custom) == len(body["custom_fields"])
        assert (task.priority is None) == (body["priority"] is None)
        for field, at in (
            ("date_created", task.created_at), ("date_updated", task.updated_at),
            ("date_done", task.completed_at), ("due_date", task.due_on),
        ):  # fmt: skip
            told = body[field]
            held = None if not isinstance(at, datetime) else str(since_1970(at))
            assert held == told, field


def test_the_first_recorded_task_field_by_field(recorded: Recorded) -> None:
    task, *links = of("tasks", recorded.tasks()[0])
    body = recorded.tasks()[0]
    assert task == Task(
        id=body["id"],
        project_id="900900062157",
        title="First Task",
        description="First Task Description",
        url=body["url"],
        type="task",
        type_label="Task",
        status="in_progress",
        status_label="in progress",
        reporter_id=str(body["creator"]["id"]),
        labels=("tag 1", "tag 2"),
        created_at=datetime(2023, 1, 3, 18, 21, 0, 210000, tzinfo=UTC),
        updated_at=datetime(2023, 1, 19, 17, 3, 17, 285000, tzinfo=UTC),
        spent_minutes=0,  # 3.81 seconds
        points=3.0,
        archived=False,
        custom=(
            Custom(id=body["custom_fields"][0]["id"], name="Custom Emoji Rating", value=4.0),
            Custom(
                id=body["custom_fields"][1]["id"], name="Custom Field 1", value="Custom Value 1"
            ),
        ),
    )
    other = recorded.tasks()[1]["id"]
    id = f"relates:{body['id']}:{other}"
    assert links == [Link(id=id, type="relates", from_id=body["id"], to_id=other)]
    assert of("tasks", recorded.tasks()[1])[1:] == links, "the other end tells the same"


def test_reviewed_tasks(recorded: Recorded) -> None:
    found = {body["name"]: the_task(body) for body in recorded.tasks()}
    second = found["Second Task"]
    assert (second.status, second.priority, second.priority_label) == ("done", 3, "normal")
    assert second.due_on == datetime(2023, 1, 18, 12, 0, tzinfo=UTC)  # 4 am in California
    assert second.spent_minutes is None
    assert {custom.value for custom in second.custom} == {None}
    assert found["Completed Task"].priority == 1
    assert found["First Task Subtask"].type == "subtask"
    assert found["First Task Subtask"].parent_id == found["First Task"].id
    assert [name for name, task in found.items() if task.archived] == [
        "Archived Task", "Archived Task in Archived List",
    ]  # fmt: skip
    fresh = found["Test Task for get-task action"]
    assert (fresh.status, fresh.description, fresh.spent_minutes) == ("todo", None, 0)


class Tool:
    """Answers paths with recorded bodies, and the rest with nothing."""

    def __init__(self, answers: Mapping[str, Any], rest: Callable[[str], Any]) -> None:
        self.answers = answers
        self.rest = rest

    def request(self, method: str, path: str, *, params: Any = None, **_: Any) -> Answer:
        archived = bool((params or {}).get("archived"))
        data = self.answers.get(path)
        if data is None or archived:
            data = self.rest(path)
        return Answer(200, {}, data, f"{method} {path}")


def nothing(path: str) -> Any:
    return {"shared": {}} if path.endswith("shared") else {f"{path.rpartition('/')[2]}s": []}


def test_recorded_spaces_folders_and_lists_make_a_roster(recorded: Recorded) -> None:
    space = recorded.body("nango_list-spaces_get_00")["spaces"][0]["id"]
    answers = {
        "/team/9/space": recorded.body("nango_list-spaces_get_00"),
        f"/space/{space}/folder": recorded.body("nango_list-folders_get_00"),
        f"/space/{space}/list": recorded.body("nango_list-lists_get_00"),
    }
    roster = Roster(Api(Tool(answers, nothing), "9"), (), archived=True)  # type: ignore[arg-type]
    places = list(roster.places())
    lists = recorded.body("nango_list-lists_get_00")["lists"]
    assert [place.scope.id for place in places] == [each["id"] for each in lists]
    assert {(place.space, place.folder, place.archived) for place in places} == {
        ("Team Space", None, False)
    }


def test_recorded_lists_are_read_without_loss(recorded: Recorded) -> None:
    lists = [
        *recorded.body("faros_clickup_lists"),
        *recorded.body("nango_list-lists_get_00")["lists"],
        *(each for folder in recorded.body("faros_clickup_folders") for each in folder["lists"]),
    ]
    assert len(lists) > 8
    for body in lists:
        item = {"list": body, "space": "S", "folder": None, "state": "active", "workspace": "9"}
        [project] = of("projects", item)
        assert isinstance(project, Project)
        assert (project.id, project.name) == (body["id"], body["name"])
        assert (project.owner_id, project.due_on, project.start_on) == (None, None, None)


def test_lists_of_recorded_folders_come_with_them(recorded: Recorded) -> None:
    folders = recorded.body("faros_clickup_folders")
    space = folders[0]["space"]["id"]
    answers = {
        "/team/9/space": {"spaces": [{"id": space, "name": "Space 1"}]},
        f"/space/{space}/folder": {"folders": folders},
    }
    roster = Roster(Api(Tool(answers, nothing), "9"), (), archived=False)  # type: ignore[arg-type]
    assert [(place.scope.name, place.folder) for place in roster.places()] == [
        ("List 1", "Folder 1"), ("List", "Archived Folder"),
    ]  # fmt: skip


def test_recorded_workspaces_give_their_people(recorded: Recorded) -> None:
    bodies = [*recorded.body("faros_clickup_workspaces")]
    bodies += recorded.body("nango_get-user_get_00__2")["teams"]
    for team in bodies:
        tool = Tool({"/team": {"teams": bodies}}, nothing)
        api = Api(tool, team["id"])  # type: ignore[arg-type]
        read = [r for page in people(api) for item in page.items for r in of("people", item.body)]
        assert read == [
            Person(
                id=str(each["user"]["id"]),
                name=each["user"]["username"],
                email=each["user"]["email"],
            )
            for each in team["members"]
        ]


def test_recorded_comments(recorded: Recorded) -> None:
    comments = recorded.body("nango_list-comments_get_00")["comments"]
    api = Api(Tool({"/task/86c9w2nke/comment": {"comments": comments}}, nothing), "9")  # type: ignore[arg-type]
    found, _ = api.comments("86c9w2nke", None)
    read = of("comments", {"task": "86c9w2nke", "comments": found})
    assert len(read) == 4
    assert read[0] == Comment(
        id=comments[0]["id"],
        task_id="86c9w2nke",
        author_id=str(comments[0]["user"]["id"]),
        text="Test comment created for update-comment validation",
        at=datetime(2026, 5, 19, 14, 58, 13, 938000, tzinfo=UTC),
    )


def test_an_empty_list_is_one_page(recorded: Recorded) -> None:
    body = recorded.body("nango_list-tasks_get_00")
    tool = Tool({"/list/1/task": body}, nothing)
    [page] = Api(tool, "9").tasks("/list/1/task", {}, by="created")  # type: ignore[arg-type]
    assert page.rows == []


def test_a_recorded_refusal_by_the_plan(recorded: Recorded) -> None:
    error = ClickUp.classify(recorded.answer("nango_get-user_get_00"))
    assert isinstance(error, NotVisible)
    assert "Team must be on enterprise plan" in error.message


def test_time_in_status_is_a_sum_and_no_history(recorded: Recorded) -> None:
    """Why no `Change` is made of it: it has one entry a status, however often it was entered, in
    the order of the list, and the entries do not follow one another in time."""
    for each in recorded.body("faros_clickup_status_histories"):
        words = [entry["status"] for entry in each["status_history"]]
        assert len(words) == len(set(words))
    first = recorded.body("faros_clickup_status_histories")[0]["status_history"]
    starts = [int(entry["total_time"]["since"]) for entry in first]
    assert starts != sorted(starts)


def test_every_recorded_answer_of_a_kind_that_is_read_is_used(recorded: Recorded) -> None:
    not_read = {"faros_clickup_goals", "faros_clickup_spaces"}
    text = Path(__file__).read_text()
    assert [name for name in recorded.files if name not in text and name not in not_read] == []
