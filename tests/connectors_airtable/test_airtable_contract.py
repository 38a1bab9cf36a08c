"""Against the API description at hand, Airtable's examples and recorded answers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from connectors.airtable.api import Api
from connectors.airtable.connector import Airtable
from connectors.airtable.frame import SILENT, Frame
from connectors.sdk.contract import Answer
from connectors.sdk.errors import Unexpected
from connectors.sdk.records import Comment, Project, Task
from connectors.sdk.sandbox import Request
from tests.connectors_airtable.conftest import Workspace

pytestmark = pytest.mark.contract

# The description is a third party's and knows two paths; Airtable's own guides have these.
UNNAMED = (
    r"/v0/meta/whoami", r"/v0/meta/bases", r"/v0/meta/bases/app\w{14}/tables",
    r"/v0/app\w{14}/tbl\w{14}/rec\w{14}/comments",
)  # fmt: skip
# Neither described nor recorded in 2017: from the guides.
NEWER = {"returnFieldsByFieldId", "recordMetadata[]"}


class Contract:
    """The description, and the recorded exchanges."""

    def __init__(self, folder: Path) -> None:
        own = folder / "airtable"
        self.paths = json.loads((own / "spec_powerplatform_swagger2.json").read_text())["paths"]
        self.files = {
            path.stem.removeprefix("pyairtable_"): json.loads(path.read_text())
            for path in sorted((own / "recorded").glob("*.json"))
        }

    def body(self, name: str) -> Any:
        return self.files[name]["response"]["body"]

    def of_lists(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Every recorded answer that lists records, by its name."""
        for name, each in self.files.items():
            body = each["response"]["body"]
            if isinstance(body, dict) and "records" in body and "deleted" not in str(body):
                yield name, body

    def recorded_parameters(self) -> set[str]:
        """Parameters of lists that a recorded exchange had."""
        return {name for each in self.files.values() for name in each["request"].get("query") or ()}

    def template(self, path: str) -> str | None:
        """The described path that a path is one of; Airtable's guides outweigh it."""
        for known in UNNAMED:
            if re.fullmatch(known, path):
                return known
        for template in self.paths:
            if re.fullmatch(
                re.sub(r"\\\{\w+\\\}", r"(app|tbl|rec)\\w{14}", re.escape(template)), path
            ):
                return str(template)
        return None

    def complaints(self, request: Request) -> list[str]:
        """What there is against a request."""
        template = self.template(request.path)
        if template is None or request.method != "GET":
            return [f"no such request: {request.method} {request.path}"]
        if template in UNNAMED:
            known = {"offset", "pageSize"}
        else:
            described = self.paths[template]["get"]["parameters"]
            known = {each["name"] for each in described if each["in"] == "query"}
            if template.endswith("{table}"):
                known |= self.recorded_parameters() | NEWER
        return [f"{template}: no parameter {name}" for name in request.query if name not in known]


@pytest.fixture(scope="module")
def contract(contracts: Path) -> Contract:
    return Contract(contracts)


def test_every_request_is_one_that_airtable_knows(contract: Contract, workspace: Workspace) -> None:
    connector = workspace.connect()
    connector.check()
    read = workspace.read()
    workspace.edit(5, title="Changed")
    workspace.read(read.cursors)
    [*batches] = connector.census("tasks", workspace.table())
    connector.confirm("tasks", [*batches[0], f"{workspace.table()}:recNobodyKnowsIt0"])
    asked = workspace.sandbox.log
    assert not {each for request in asked for each in contract.complaints(request)}
    described = {contract.template(request.path) for request in asked}
    assert described == {*UNNAMED, "/v0/{baseId}/{table}", "/v0/{baseId}/{table}/{recordId}"}


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/v0/meta/table", {}),
        ("/v0/app12345678901234/tbl12345678901234", {"limit": ["5"]}),
        ("/v0/app12345678901234/tbl12345678901234/rec12345678901234", {"offset": ["5"]}),
        ("/v0/app12345678901234/tbl1", {}),
        ("/v0/meta/bases", {"fields[]": ["x"]}),
    ],
)
def test_the_check_itself_can_fail(
    contract: Contract, path: str, query: dict[str, list[str]]
) -> None:
    assert contract.complaints(Request("GET", path, query, {}))


class Replays:
    """A door at which one recorded answer waits."""

    def __init__(self, data: Any) -> None:
        self.data = data

    def request(self, method: str, path: str, **_: Any) -> Answer:
        return Answer(200, {}, self.data, f"{method} {path}")


def api(data: Any) -> Api:
    """Airtable as it answered."""
    return Api(Replays(data))  # type: ignore[arg-type]


def columns(rows: list[Mapping[str, Any]]) -> Frame:
    """A frame for recorded records, which name their cells; the types were not recorded."""
    names = dict.fromkeys(name for row in rows for name in row["fields"])
    fields = [{"id": name, "name": name, "type": "unknown"} for name in names]
    primary = next(iter(names), None)
    return Frame.of("app1", {"id": "tbl1", "fields": fields, "primaryFieldId": primary})


def test_every_recorded_record_is_read_without_loss(contract: Contract) -> None:
    count = 0
    for name, body in contract.of_lists():
        rows = body["records"]
        frame = columns(rows)
        for row in rows:
            count += 1
            task = next(iter(Airtable.to_records("tasks", frame.item(row, 0).body)))
            assert isinstance(task, Task), name
            assert task.id == f"app1:tbl1:{row['id']}"
            assert task.created_at is not None
            held = {each.name: each.value for each in task.custom}
            assert set(held) >= set(row["fields"]), name
            for cell, value in row["fields"].items():
                if isinstance(value, str):
                    assert held[cell] == value
                elif isinstance(value, list) and all(isinstance(each, str) for each in value):
                    assert held[cell] == tuple(dict.fromkeys(value))
                else:
                    assert held[cell] is not None
    assert count > 60


def test_recorded_pages_lead_on_by_tokens_with_a_slash(contract: Contract) -> None:
    bodies = [
        body
        for name, body in contract.of_lists()
        if "offset" in body and contract.files[name]["source"]["kind"] == "recorded"
    ]
    assert bodies
    assert all("/" in body["offset"] for body in bodies)
    pages = api(bodies[0]).records("t", {})
    assert next(pages).rows
    next(pages)
    with pytest.raises(Unexpected):  # the same page again and again
        next(pages)


def test_recorded_errors_are_read_by_their_status(contract: Contract) -> None:
    refused = [each["response"] for each in contract.files.values()
               if (each["response"]["status"] or 0) >= 400]  # fmt: skip
    assert len(refused) >= 5
    for response in refused:
        answer = Answer(response["status"], {}, response["body"], "u")
        assert Airtable.classify(answer) is None
        with pytest.raises(Unexpected):
            list(api(response["body"]).records("t", {}))


def test_the_example_bases_and_tables(contract: Contract) -> None:
    listed, at = api(contract.body("Bases")).bases()
    assert ([base["name"] for base in listed], at) == (
        ["Apartment Hunting", "Project Tracker"],
        None,
    )
    for name in ("BaseSchema", "mehanizm_base_schema"):
        tables = api(contract.body(name)).tables("app1")
        assert tables
        for table in tables:
            frame = Frame.of("app1", table)
            item = frame.project(table, listed[0])
            [project] = Airtable.to_records("projects", item.body)
            assert isinstance(project, Project)
            assert project.name == f"Apartment Hunting / {table['name']}"
            assert {each["id"] for each in table["fields"]} <= set(project.task_fields)
            assert frame.smallest == table["primaryFieldId"]


def test_the_example_table_with_date_dependencies(contract: Contract) -> None:
    table = contract.body("TableSchema")
    settings = table["dateDependencySettings"]
    ids = {"startDateFieldId": "start", "endDateFieldId": "end"}
    fields = [{"id": settings[name], "name": "X", "type": "date"} for name in ids]
    frame = Frame.of("app1", {**table, "fields": fields})
    assert [column["part"] for column in frame.columns] == ["start", "end"]


def test_every_example_of_a_column_is_taken(contract: Contract) -> None:
    fields = [contract.body(name) for name in contract.files if name.startswith("field_schema")]
    assert len(fields) > 30
    # Each has an id of its own here; some examples share one.
    fields = [{**each, "id": f"{each['id']}{place}"} for place, each in enumerate(fields)]
    frame = Frame.of("app1", {"id": "tbl1", "fields": fields})
    spoken = [each["id"] for each in fields if each["type"] not in SILENT]
    assert [column["id"] for column in frame.columns] == spoken
    assert frame.unseen
    clock = next(each for each in fields if each["type"] == "lastModifiedTime")
    assert frame.clock == clock["id"]
    [item] = [frame.item({"id": "rec1", "createdTime": None, "fields": {}}, 0)]
    [task] = Airtable.to_records("tasks", item.body)
    assert isinstance(task, Task)
    assert len(task.custom) == len(spoken)


def test_the_example_comment(contract: Contract) -> None:
    comment = contract.body("Comment")
    body = {"id": "app1:tbl1:rec1", "comments": [comment]}
    [said] = Airtable.to_records("comments", body)
    assert isinstance(said, Comment)
    assert said.author_id == comment["author"]["id"]
    assert said.updated_at is None
    [mentioned] = comment["mentioned"].values()
    assert said.text == f"Hello, @{mentioned['displayName']}!"


def test_every_recorded_object_goes_through_every_mapping(contract: Contract) -> None:
    count = 0
    for each in contract.files.values():
        for found in _objects(each["response"]["body"]):
            count += 1
            for body in (found, {"id": "app1:tbl1:rec1", "fields": [found], "comments": [found]}):
                for stream in Airtable.streams:
                    list(Airtable.to_records(stream, body))
    assert count > 200


def _objects(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, dict):
        yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for each in inner:
        yield from _objects(each)
