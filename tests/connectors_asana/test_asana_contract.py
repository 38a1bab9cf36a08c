"""Against what nobody here wrote: Asana's own description, and what Asana really answered."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.asana.connector import Asana
from connectors.sdk.records import (
    Change,
    Column,
    Comment,
    Membership,
    Person,
    Project,
    Record,
    Task,
)
from connectors.sdk.sandbox import Request

pytestmark = pytest.mark.contract

UNDESCRIBED: dict[str, set[str]] = {
    "/status_updates": {"parent", "created_since", "limit", "offset", "opt_fields"},
    "/status_updates/{status_update_gid}": {"opt_fields"},
    "/time_tracking_entries": {
        "workspace", "attributable_to", "task", "user", "portfolio", "entered_on_start_date",
        "entered_on_end_date", "timesheet_approval_status", "limit", "offset", "opt_fields",
    },
    "/time_tracking_entries/{time_tracking_entry_gid}": {"opt_fields"},
}  # fmt: skip
"""Paths that the description at hand leaves out, with the parameters of Asana's reference."""


class Description:
    """Asana's API description, as far as it says which requests there are."""

    def __init__(self, spec: Mapping[str, Any]) -> None:
        self._spec = spec
        self._paths = {
            path: re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path.removeprefix("/api/1.0")) + "$")
            for path in spec["paths"]
        }

    def complain(self, method: str, path: str, query: Mapping[str, str]) -> str | None:
        """What is wrong with a request; None: nothing."""
        found = [name for name, pattern in self._paths.items() if pattern.match(path)]
        if not found:
            return self._undescribed(path, query)
        found.sort(key=lambda name: name.count("{"))
        operation = self._spec["paths"][found[0]].get(method.lower())
        if operation is None:
            return f"{method} is not a method of {found[0]}"
        shared = self._spec["paths"][found[0]].get("parameters", [])
        known = {p["name"]: p for p in map(self._resolve, [*shared, *operation["parameters"]])}
        for name, parameter in known.items():
            if parameter.get("required") and parameter["in"] == "query" and name not in query:
                return f"{path} needs {name}"
        for name, value in query.items():
            if name not in known or known[name]["in"] != "query":
                return f"{path} has no parameter {name}"
            complaint = self._value(known[name], value)
            if complaint:
                return f"{path}: {complaint}"
        return None

    @staticmethod
    def _undescribed(path: str, query: Mapping[str, str]) -> str | None:
        for name, parameters in UNDESCRIBED.items():
            if re.fullmatch(re.sub(r"\{[^}]+\}", r"\\d+", name), path):
                unknown = set(query) - parameters
                return f"{path} has no parameter {unknown}" if unknown else None
        return f"there is no path {path}"

    @staticmethod
    def _value(parameter: Mapping[str, Any], value: str) -> str | None:
        schema = parameter["schema"]
        if schema.get("type") == "integer":
            fits = value.isdigit() and schema["minimum"] <= int(value) <= schema["maximum"]
            return None if fits else f"{parameter['name']}={value}"
        if schema.get("type") == "array":
            unknown = set(filter(None, value.split(","))) - set(schema["items"]["enum"])
            unknown -= {name for name in unknown if name.endswith(".resource_type")}
            return f"unknown fields {sorted(unknown)}" if unknown else None
        if schema.get("format") == "date-time":
            return None if datetime.fromisoformat(value).tzinfo else f"{value} has no zone"
        return None

    def _resolve(self, value: Mapping[str, Any]) -> Mapping[str, Any]:
        if "$ref" not in value:
            return value
        found: Any = self._spec
        for name in value["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        return self._resolve(found)


@pytest.fixture(scope="session")
def description(contracts: Path) -> Description:
    """Asana's own."""
    return Description(json.loads((contracts / "asana" / "spec.json").read_text()))


def sent(log: list[Request]) -> Iterator[tuple[str, str, dict[str, str]]]:
    """The requests of a sandbox's log, and the actions inside batches."""
    for request in log:
        path = request.path.removeprefix("/api/1.0")
        yield request.method, path, {name: ",".join(v) for name, v in request.query.items()}
        for action in request.json()["data"]["actions"] if request.body else ():
            options = action.get("options", {})
            query = {name: str(value) for name, value in action.get("data", {}).items()}
            query |= {name: str(options[name]) for name in ("limit", "offset") if name in options}
            query["opt_fields"] = ",".join(options.get("fields", ()))
            yield action["method"].upper(), action["relative_path"], query


def test_every_request_is_one_that_asana_describes(
    open_account: Callable[..., Any], clock: Any, description: Description
) -> None:
    account = open_account(page_size=3, workspaces=["Sandbox"])
    account.connector.check()
    account.connector.vocabulary()
    cursors = {stream: account.turn(stream).cursors for stream in account.connector.streams}
    clock.pass_by(hours=1)
    world = account.sandbox.world
    world.edit(account.native(Task, "t3"), title="Launch day")
    world.edit(account.native(Task, "t2a"), title="Imprint")
    world.put(Comment(id="5", task_id=account.native(Task, "t2b"), text="?", at=clock.now()))
    for stream in account.connector.streams:
        account.turn(stream, cursors[stream])
    clock.pass_by(hours=30)
    account.turn("tasks", cursors["tasks"])
    for project in (account.native(Project, "site"), account.native(Project, "shop")):
        list(account.connector.census("tasks", project))
    for stream in account.connector.streams:
        account.connector.confirm(stream, ["123"])
    narrow = open_account(projects=[account.native(Project, "site")])
    narrow.connector.vocabulary()
    for stream in narrow.connector.streams:
        narrow.turn(stream)
    requests = [*sent(account.sandbox.log), *sent(narrow.sandbox.log)]
    assert len({path for _, path, _ in requests}) > 15
    complaints = {description.complain(*each) for each in requests} - {None}
    assert complaints == set()


@pytest.mark.parametrize(
    ("method", "path", "query", "complaint"),
    [
        ("GET", "/task", {}, "no path"),
        ("GET", "/events", {"sync": "a"}, "needs resource"),
        ("GET", "/tasks", {"modified_after": "x"}, "no parameter modified_after"),
        ("GET", "/tasks", {"limit": "500"}, "limit=500"),
        ("GET", "/tasks", {"opt_fields": "name,colour"}, "colour"),
        ("PATCH", "/tasks/1", {}, "not a method"),
        ("GET", "/status_updates", {"modified_since": "x"}, "no parameter"),
    ],
)
def test_the_check_finds_what_is_wrong(
    description: Description, method: str, path: str, query: dict[str, str], complaint: str
) -> None:
    assert complaint in (description.complain(method, path, query) or "")


def recorded(contracts: Path, name: str) -> Any:
    """The body of a recorded answer, without Asana's envelope."""
    exchange = json.loads((contracts / "asana" / "recorded" / f"{name}.json").read_text())
    body = exchange["response"]["body"]
    return body["data"] if isinstance(body, dict) and "data" in body else body


def items(contracts: Path, name: str) -> list[Any]:
    """The recorded resources, one or many."""
    body = recorded(contracts, name)
    return body if isinstance(body, list) else [body]


KINDS: dict[str, tuple[str, type[Record]]] = {
    "devlake_asana_tasks_000": ("tasks", Task),
    "faros_asana_projects": ("projects", Project),
    "faros_asana_tasks": ("tasks", Task),
    "faros_asana_users": ("people", Person),
    "nango_create-task_post_00": ("tasks", Task),
    "nango_get-project_get_00": ("projects", Project),
    "nango_get-task_get_00": ("tasks", Task),
    "nango_list-projects-for-workspace_get_00": ("projects", Project),
    "nango_list-subtasks-for-task_get_00": ("tasks", Task),
    "nango_list-tasks-for-project_get_00": ("tasks", Task),
    "nango_list-users-for-workspace_get_00": ("people", Person),
}
"""Every recorded answer of a kind that a stream reads (stories have a test of their own)."""


@pytest.mark.parametrize("name", KINDS)
def test_recorded_answers_are_read_without_loss(contracts: Path, name: str) -> None:
    stream, kind = KINDS[name]
    given = items(contracts, name)
    assert given
    wrapped = {"tasks": "task", "projects": "project"}.get(stream)
    for item in given:
        body = {wrapped: item} if wrapped else item
        found = [each for each in Asana.to_records(stream, body) if isinstance(each, kind)]
        assert [each.id for each in found] == [item["gid"]]
        assert found[0] == next(
            each for each in Asana.to_records(stream, item) if type(each) is kind
        )


def test_no_recorded_answer_is_left_out(contracts: Path) -> None:
    """What is there and not read: tags and teams (no stream), workspaces (a look-up)."""
    names = {path.stem for path in (contracts / "asana" / "recorded").glob("*.json")}
    unread = {name for name in names if re.search("tags|teams|workspaces|stories", name)}
    assert names - unread == KINDS.keys()


def test_what_the_recorded_tasks_say(contracts: Path) -> None:
    tasks = {
        task.id: task
        for name, (stream, _) in KINDS.items()
        if stream == "tasks"
        for item in items(contracts, name)
        for task in Asana.to_records("tasks", {"task": item})
        if isinstance(task, Task)
    }
    assert tasks["987654321"].due_on == date(2025, 2, 15)
    assert tasks["987654321"].project_id == "123456789"
    assert tasks["987654321"].status == "todo"
    levels = [("1201076013221043", 4), ("1201076013221045", 3), ("1201076013221047", 2)]
    for id, priority in levels:
        assert tasks[id].priority == priority
        assert tasks[id].status is None  # the recording does not say whether it is completed
    # The template's field called Status says the health: no word for work in progress.
    assert [each.value for each in tasks["1201076013221047"].custom] == ["Off track"]
    assert tasks["1201076013221043"].created_at == datetime(
        2021, 9, 28, 9, 51, 20, 786000, tzinfo=UTC
    )
    assert tasks["1214302750114708"].title.startswith("Combo test")
    draft = tasks["1211440849237760"]
    assert draft.due_on == date(2025, 9, 25)
    assert draft.assignee_ids == ("1211440844472372",)
    for id in ("1214301858798544", "1214301996232552"):
        assert (tasks[id].type, tasks[id].parent_id) == ("subtask", "1214301141292050")
    assert tasks["1211440850780099"].assignee_ids == ()


def test_a_recorded_task_without_memberships_counts_in_its_project(contracts: Path) -> None:
    (item,) = items(contracts, "nango_get-task_get_00")
    records = list(Asana.to_records("tasks", {"task": item}))
    (task,) = [each for each in records if isinstance(each, Task)]
    assert task.project_id == "1211440849237745"
    assert task.start_on == date(2025, 9, 23)
    assert not [each for each in records if isinstance(each, Membership)]


def test_recorded_stories_become_comments_and_changes(contracts: Path) -> None:
    (item,) = items(contracts, "nango_get-task_get_00")
    stories = recorded(contracts, "nango_list-stories-for-task_get_00")
    body = {"task": item, "home": "1211440849237745", "stories": stories}
    records = list(Asana.to_records("tasks", body))
    (comment,) = [each for each in records if isinstance(each, Comment)]
    assert comment.id == "1214302242668505"
    assert comment.at == datetime(2026, 4, 27, 14, 33, 28, 246000, tzinfo=UTC)
    changes = {each.id: each for each in records if isinstance(each, Change)}
    # "due today" is a reminder, not a change.
    assert {id: each.field for id, each in changes.items()} == {
        "1211441112130015": "project_id",
        "1211441110392187": "due_on",
    }


def test_what_the_recorded_projects_and_people_say(contracts: Path) -> None:
    (item,) = items(contracts, "nango_get-project_get_00")
    section = {"gid": "9", "name": "To do"}
    project, column = Asana.to_records("projects", {"project": item, "sections": [section]})
    assert isinstance(project, Project)
    assert isinstance(column, Column)
    assert (project.name, project.state) == ("API Testing Sandbox", "active")
    assert project.owner_id == "1211440844472372"
    assert project.description is None
    assert column.board_name == project.name
    people = [
        person
        for item in items(contracts, "nango_list-users-for-workspace_get_00")
        for person in Asana.to_records("people", item)
        if isinstance(person, Person)
    ]
    assert len(people) == 6
    assert all(person.email and "@" in person.email for person in people)
