"""Against Smartsheet's own description and the vendor's recorded test answers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.sdk.contract import Answer
from connectors.sdk.errors import Unexpected
from connectors.sdk.records import Comment, Link, Person, Project, Record, Task
from connectors.sdk.sandbox import Request
from connectors.smartsheet.api import Api
from connectors.smartsheet.connector import Smartsheet
from connectors.smartsheet.frame import project_body, row_items

pytestmark = pytest.mark.contract

# The description at hand leaves out the path of one discussion, which the vendor's guides have.
UNNAMED = {"/2.0/sheets/{sheetId}/discussions/{discussionId}"}
# One value of an enumeration by the description, several with commas between by its words.
LISTS = {"include", "exclude"}


class Description:
    """The part of Smartsheet's OpenAPI description that speaks of requests."""

    def __init__(self, folder: Path) -> None:
        spec = json.loads((folder / "smartsheet" / "spec.json").read_text())
        self.components = spec["components"]
        self.paths = spec["paths"]

    def template(self, path: str) -> str | None:
        """The described path that a path is one of."""
        for template in [*self.paths, *UNNAMED]:
            if re.fullmatch(re.sub(r"\\\{\w+\\\}", r"\\d+", re.escape(template)), path):
                return str(template)
        return None

    def complaints(self, request: Request) -> list[str]:
        """What the description has against a request."""
        template = self.template(request.path)
        if template is None:
            return [f"no such path: {request.path}"]
        if template in UNNAMED:
            return []
        operation = self.paths[template].get(request.method.lower())
        if operation is None:
            return [f"{template}: no {request.method}"]
        listed = [*self.paths[template].get("parameters", []), *operation.get("parameters", [])]
        named = {each["name"]: each for each in map(self.follow, listed) if each["in"] == "query"}
        found = []
        for name, values in request.query.items():
            if name not in named:
                found.append(f"{template}: no parameter {name}")
                continue
            given = values[0].split(",") if name in LISTS else values
            schema = self.follow(named[name]["schema"])
            found += [f"{template}: {name}={each}" for each in given if not right(each, schema)]
        return found

    def follow(self, held: Mapping[str, Any]) -> Mapping[str, Any]:
        """What a reference leads to."""
        while "$ref" in held:
            *_, kind, name = held["$ref"].split("/")
            held = self.components[kind][name]
        return held


def right(value: str, schema: Mapping[str, Any]) -> bool:
    """Whether a value is one that a schema allows."""
    shape = {"boolean": "true|false", "number": r"\d+", "integer": r"\d+"}
    if not re.fullmatch(shape.get(schema.get("type", ""), ".+"), value):
        return False
    return "enum" not in schema or value in schema["enum"]


@pytest.fixture(scope="module")
def description(contracts: Path) -> Description:
    return Description(contracts)


def test_every_request_is_one_that_smartsheet_describes(
    description: Description, tool_of: Callable[..., Any]
) -> None:
    asked: list[Request] = []
    for options in ({"page_size": 2}, {"directory": False}):
        tool = tool_of(**options)
        tool.connector.check()
        for stream in Smartsheet.streams:
            cursors = tool.turn(stream).cursors[stream]
            tool.clock.pass_by(hours=1)
            tool.sandbox.world.edit(tool.native(Task, "q"), title=f"Other {stream}")
            tool.turn(stream, {stream: cursors})
        sheet = tool.native(Project, "erp")
        for stream in ("tasks", "comments"):
            [ids] = tool.connector.census(stream, sheet)
            assert ids
            assert tool.connector.confirm(stream, ids) == dict.fromkeys(ids)
            tool.connector.count(stream, sheet)
        assert tool.connector.confirm("projects", [sheet]) == {sheet: None}
        asked += tool.sandbox.log
    assert not {each for request in asked for each in description.complaints(request)}
    assert {description.template(request.path) for request in asked} == {
        "/2.0/users/me", "/2.0/users", "/2.0/contacts", "/2.0/sheets", "/2.0/sheets/{sheetId}",
        "/2.0/sheets/{sheetId}/version", "/2.0/sheets/{sheetId}/summary/fields",
        "/2.0/sheets/{sheetId}/discussions", "/2.0/sheets/{sheetId}/rows/{rowId}", *UNNAMED,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/2.0/sheet/5", {}),
        ("/2.0/sheets/five", {}),
        ("/2.0/sheets/5", {"limit": ["5"]}),
        ("/2.0/sheets/5", {"level": ["two"]}),
        ("/2.0/sheets/5", {"include": ["objectValue,everything"]}),
        ("/2.0/sheets", {"includeAll": ["yes"]}),
    ],
)
def test_the_check_itself_can_fail(
    description: Description, path: str, query: dict[str, list[str]]
) -> None:
    assert description.complaints(Request("GET", path, query, {}))


def test_all_that_roles_and_types_are_named_by_is_described(description: Description) -> None:
    from connectors.smartsheet.words import ROLES

    column = description.components["schemas"]["Column"]["properties"]
    types = set(column["type"]["enum"])
    tags = set(column["tags"]["items"]["enum"])
    for role in ROLES.values():
        assert set(role.types) <= types
        assert set(role.tags) <= tags


# -- recorded answers --------------------------------------------------------------------------


class Recorded:
    """The recorded exchanges, and the rows, users and so on in them."""

    def __init__(self, folder: Path) -> None:
        self.files = {
            path.stem.removeprefix("sdktests_"): json.loads(path.read_text())
            for path in sorted((folder / "smartsheet" / "recorded").glob("*.json"))
        }

    def body(self, name: str) -> Any:
        return self.files[name]["response"].get("body")

    def objects(self) -> Iterator[Mapping[str, Any]]:
        """Every object of every answer, at any depth."""
        for name in self.files:
            yield from _objects(self.body(name))


def _objects(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, dict):
        yield value
    for each in (
        value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    ):
        yield from _objects(each)


@pytest.fixture(scope="module")
def recorded(contracts: Path) -> Recorded:
    return Recorded(contracts)


def of_row(row: Mapping[str, Any], sheet: Mapping[str, Any] | None = None) -> list[Record]:
    """The records of a recorded row; columns that were not recorded are made up as plain ones."""
    ids = [cell.get("columnId", cell.get("virtualColumnId")) for cell in row["cells"]]
    columns = [{"id": id, "title": f"C{id}", "type": "TEXT_NUMBER"} for id in ids]
    columns[:1] = [{**each, "primary": True} for each in columns[:1]]
    [item] = row_items("1", sheet or {"id": 1, "columns": columns}, [row], {str(row["id"])})
    return list(Smartsheet.to_records("tasks", item.body))


def test_every_recorded_row_is_read_without_loss(recorded: Recorded) -> None:
    rows = [each for each in recorded.objects() if "cells" in each and "id" in each]
    assert len(rows) > 25
    for row in rows:
        task = of_row(row)[0]
        assert isinstance(task, Task)
        assert task.id == f"1:{row['id']}"
        assert (task.updated_at is None) == (row.get("modifiedAt") is None)
        assert (task.created_at is None) == (row.get("createdAt") is None)
        columns = {cell.get("columnId") for cell in row["cells"]} - {None}
        assert {each.id for each in task.custom} >= {str(each) for each in columns}
        held = {each.id: each.value for each in task.custom}
        for cell in row["cells"]:
            if isinstance(cell.get("value"), str) and "columnId" in cell:
                shown = cell.get("displayValue") or cell["value"]
                assert held[str(cell["columnId"])] == shown


def test_the_recorded_predecessor_with_every_unit_of_lag(recorded: Recorded) -> None:
    [row] = recorded.body("Serialization_-_Predecessor")["result"]
    settings = recorded.body("Serialization_-_Sheet_Settings")["result"]["projectSettings"]
    columns = [
        {"id": cell["columnId"], "title": "C", "type": "PREDECESSOR" if "objectValue" in cell
         else "TEXT_NUMBER"}
        for cell in row["cells"]
    ]  # fmt: skip
    link = of_row(row, {"id": 1, "columns": columns, "projectSettings": settings})[1]
    # two days of 23.5 hours a week: 1.5 weeks, 2.5 days, 3.5 hours, 4.5 minutes, 5.5 seconds
    hours = 1.5 * 2 * 23.5 + 2.5 * 23.5 + 3.5
    assert link == Link(
        id="precedes:1:3:1:5", type="precedes", type_label="FS", from_id="1:3", to_id="1:5",
        lag_minutes=round(hours * 60 + 4.5 + 5.5 / 60),
    )  # fmt: skip


def test_the_recorded_sheet_as_the_connector_would_read_it(recorded: Recorded) -> None:
    body = recorded.body("Assume_User_-_Can_Be_Set")
    [item] = row_items("123", body, body["rows"], ())
    [task] = Smartsheet.to_records("tasks", item.body)
    assert isinstance(task, Task)
    assert (task.id, task.title, task.project_id) == ("123:345", "Some Value", "123")
    assert task.updated_at == datetime(2018, 2, 9, 17, 8, 41, tzinfo=UTC)
    [project] = Smartsheet.to_records("projects", project_body(body, ()))
    assert isinstance(project, Project)
    assert (project.id, project.name, project.owner_id) == ("123", "New Sheet", None)


class Replays:
    """A door at which one recorded answer waits."""

    def __init__(self, data: Any) -> None:
        self.data = data

    def request(self, method: str, path: str, **_: Any) -> Answer:
        return Answer(200, {}, self.data, f"{method} {path}")


def test_the_recorded_lists_are_whole_and_read(recorded: Recorded) -> None:
    for name in ("List_Sheets_-_No_Params", "List_Sheets_-_Include_Owner_Info"):
        listed, at = Api(Replays(recorded.body(name))).sheets()  # type: ignore[arg-type]
        assert at is None
        for sheet in listed:
            [project] = Smartsheet.to_records("projects", project_body(sheet, ()))
            assert isinstance(project, Project)
            assert (project.id, project.name) == (str(sheet["id"]), sheet["name"])
            assert project.updated_at is not None
            assert (project.owner_id is None) == ("owner" not in sheet)
    users = Api(Replays(recorded.body("Serialization_-_IndexResult"))).everything("/users")  # type: ignore[arg-type]
    [person] = Smartsheet.to_records("people", {"user": users[0]})
    assert isinstance(person, Person)
    assert (person.name, person.active) == ("John Doe", True)
    assert person.id == users[0]["email"].casefold()


def test_the_recorded_contact_and_discussion(recorded: Recorded) -> None:
    contact = recorded.body("Serialization_-_Contact")
    [person] = Smartsheet.to_records("people", {"user": contact})
    assert isinstance(person, Person)
    assert (person.name, person.active) == ("John Doe", None)
    discussion = {
        **recorded.body("Serialization_-_Discussion")["result"], "parentType": "ROW", "parentId": 2,
    }  # fmt: skip
    [said] = Smartsheet.to_records("comments", {"sheetId": "1", "discussion": discussion})
    assert isinstance(said, Comment)
    assert (said.id, said.task_id, said.text) == ("2", "1:2", "This is a comment!")
    assert (said.author_id, said.updated_at) == (person.id, None)


def test_every_recorded_object_goes_through_every_mapping(recorded: Recorded) -> None:
    count = 0
    for each in recorded.objects():
        count += 1
        for body in (each, {"sheet": each}, {"user": each}, {"sheetId": 1, "discussion": each}):
            for stream in Smartsheet.streams:
                list(Smartsheet.to_records(stream, body))
    assert count > 200


def test_recorded_refusals_are_read_by_their_status(recorded: Recorded) -> None:
    refused = [
        (name, each["response"])
        for name, each in recorded.files.items()
        if each["response"]["status"] >= 400
    ]
    assert len(refused) >= 5
    for name, response in refused:
        answer = Answer(response["status"], {}, response["body"], "u")
        assert isinstance(response["body"]["errorCode"], int), name
        assert Smartsheet.classify(answer) is None, name


def test_a_recorded_answer_to_another_question_is_no_list(recorded: Recorded) -> None:
    for name in ("Assume_User_-_Can_Be_Set", "Serialization_-_Home"):
        with pytest.raises(Unexpected):
            Api(Replays(recorded.body(name))).sheets()  # type: ignore[arg-type]
