"""Against answers that Basecamp publishes: none breaks the mapping, none is read with loss."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from connectors.basecamp.connector import Basecamp
from connectors.basecamp.recordings import COMMENT_KEPT, TASK_KEPT
from connectors.basecamp.words import TASKS
from connectors.sdk.records import Column, Person, Project, Record, Task
from connectors.sdk.webhooks import Call

pytestmark = pytest.mark.contract


class Recorded:
    """Basecamp's published answers."""

    def __init__(self, folder: Path) -> None:
        self.files = sorted((folder / "basecamp" / "recorded").glob("*.json"))

    def bodies(self, *names: str) -> list[dict[str, Any]]:
        """The objects of some answers."""
        found: list[dict[str, Any]] = []
        for path in self.files:
            if path.stem in names:
                body = json.loads(path.read_text())["response"]["body"]
                found += body if isinstance(body, list) else [body]
        assert found, f"no answer is called {names}"
        return found


@pytest.fixture(scope="module")
def recorded(contracts: Path) -> Recorded:
    return Recorded(contracts)


def of(stream: str, body: Any) -> list[Record]:
    return list(Basecamp.to_records(stream, body))


def test_every_to_do_card_and_step_is_read_without_loss(recorded: Recorded) -> None:
    names = ("todos__get", "todos__list", "todos__create-response", "cards__get", "cards__list",
             "cards__step")  # fmt: skip
    bodies = recorded.bodies(*names)
    bodies += [step for body in bodies for step in body.get("steps") or []]
    assert len(bodies) >= 8
    for body in bodies:
        (task,) = of("tasks", body)
        assert isinstance(task, Task)
        assert (task.id, task.title, task.url) == (str(body["id"]), body["title"], body["app_url"])
        assert task.project_id == str(body["bucket"]["id"])
        assert task.status is not None
        assert task.archived is (body["status"] == "archived")
        assert (task.due_on is None) is (body.get("due_on") is None)
        assert (task.start_on is None) is (body.get("starts_on") is None)
        assert (task.completed_at is None) is (body.get("completed_at") is None)
        assert task.assignee_ids == tuple(str(each["id"]) for each in body.get("assignees") or [])
        assert task.created_at is not None
        assert task.updated_at is not None
        assert "<" not in (task.description or "")
        kept = {name: body[name] for name in (*TASK_KEPT, "creator", "assignees") if name in body}
        assert of("tasks", kept) == [task], "nothing that the mapping reads is left out"


def test_every_project_and_person_is_read_without_loss(recorded: Recorded) -> None:
    for body in recorded.bodies("projects__get", "projects__list"):
        (project,) = of("projects", body)
        assert isinstance(project, Project)
        assert (project.id, project.name, project.state) == (
            str(body["id"]), body["name"], body["status"],
        )  # fmt: skip
        assert project.description == (body.get("description") or None)
        assert (project.due_on is None) is ("end_date" not in body)
    for body in recorded.bodies("people__get", "people__list"):
        (person,) = of("people", body)
        assert isinstance(person, Person)
        assert (person.name, person.email) == (body["name"], body["email_address"])
        assert person.time_zone == body["time_zone"]


def test_the_columns_of_a_card_table_keep_their_order(recorded: Recorded) -> None:
    (body,) = recorded.bodies("cards__card_table")
    columns = of("columns", body)
    assert [each.name for each in columns if isinstance(each, Column)] == [
        each["title"] for each in body["lists"]
    ]


def test_comments_count_where_they_are_on_work(recorded: Recorded) -> None:
    for body in recorded.bodies("comments__get", "comments__list", "comments__create"):
        records = of("comments", body)
        assert len(records) == (body["parent"]["type"] in TASKS)
        on_work = {**body, "parent": {**body["parent"], "type": "Todo"}}
        (comment,) = of("comments", on_work)
        kept = {name: on_work[name] for name in (*COMMENT_KEPT, "creator") if name in on_work}
        assert of("comments", kept) == [comment]


def test_whatever_is_recorded_breaks_no_mapping(recorded: Recorded) -> None:
    for path in recorded.files:
        body = json.loads(path.read_text())["response"]["body"]
        for each in body if isinstance(body, list) else [body]:
            if isinstance(each, dict):
                for stream in Basecamp.streams:
                    assert of(stream, each) == of(stream, each)


def test_calls_name_their_to_dos(recorded: Recorded) -> None:
    (body,) = recorded.bodies("webhooks__event-todo-created")
    call = Call("POST", "https://flagstaff.example.com", {}, json.dumps(body).encode())
    (hint,) = Basecamp.webhook.hints(call)
    assert (hint.stream, hint.item_id, hint.gone) == ("tasks", str(body["recording"]["id"]), False)
    for other in recorded.bodies(
        "webhooks__event-message-copied", "webhooks__event-unknown-future"
    ):
        call = Call("POST", "https://flagstaff.example.com", {}, json.dumps(other).encode())
        kinds = {hint.stream for hint in Basecamp.webhook.hints(call)}
        assert kinds <= {"tasks", "comments", "worklogs"}
