"""Against descriptions of HubSpot's API, and answers that it really gave."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from connectors.hubspot.answers import budget
from connectors.hubspot.kinds import DEAL, TASK, TICKET
from connectors.hubspot.mapping import to_records
from connectors.hubspot.values import instant
from connectors.sdk.contract import Answer
from connectors.sdk.records import Person, Task
from connectors.sdk.sandbox import Request
from tests.connectors_hubspot.conftest import Portal

pytestmark = pytest.mark.contract

UNDESCRIBED = ("/crm/v3/owners", "/crm/v4/associations/", "/account-info/v3/details")
"""What no description at hand speaks of."""


class Descriptions:
    """HubSpot's descriptions of its lists, batches, searches, pipelines and properties. All objects
    share their addresses and shapes; that of tasks is the newest, so it stands for all."""

    def __init__(self, folder: Path) -> None:
        self.specs = {
            name: json.loads((folder / "hubspot" / f"spec_{name}_v3.json").read_text())
            for name in ("tasks", "pipelines", "properties")
        }

    def complaints(self, request: Request) -> list[str]:
        """What the descriptions have against a request."""
        path = re.sub(r"^/crm/v3/objects/\w+", "/crm/v3/objects/tasks", request.path)
        path = re.sub(r"^/crm/v3/(pipelines|properties)/\w+$", r"/crm/v3/\1/{objectType}", path)
        spec = next((each for each in self.specs.values() if path in each["paths"]), None)
        operation = spec and spec["paths"][path].get(request.method.lower())
        if spec is None or operation is None:
            return [f"no such operation: {request.method} {request.path}"]
        named = {p["name"]: p for p in operation.get("parameters", ()) if p["in"] == "query"}
        found = [f"{path}: no parameter {name}" for name in request.query if name not in named]
        for name, values in request.query.items():
            kind = named.get(name, {}).get("schema", {}).get("type")
            pattern = {"boolean": "true|false", "integer": r"\d+"}.get(kind, ".*")
            found += [f"{path}: {name}={v}" for v in values if not re.fullmatch(pattern, v)]
        if request.method == "POST":
            content = operation["requestBody"]["content"]["application/json"]["schema"]
            schema = {**content, "components": spec["components"]}
            errors = Draft202012Validator(schema).iter_errors(request.json())
            found += [f"{path}: {error.message}" for error in errors]
        return found


@pytest.fixture(scope="module")
def recorded(contracts: Path) -> dict[str, Any]:
    return {
        path.stem: json.loads(path.read_text())["response"]
        for path in sorted((contracts / "hubspot" / "recorded").glob("nango_*.json"))
    }


def test_every_request_is_one_that_hubspot_describes(portal: Portal, contracts: Path) -> None:
    described = Descriptions(contracts)
    portal.connect().check()
    read = portal.read()
    for object in ("tasks", "tickets", "deals"):
        for task in portal.work(object):
            portal.sandbox.world.edit(task.id, title="Imported")
    portal.read(read.cursors)
    connector = portal.connect()
    assert list(connector.census("tickets", "tickets"))
    assert connector.confirm("tasks", [portal.work("tasks")[0].id])
    asked = [each for each in portal.sandbox.log if not each.path.startswith(UNDESCRIBED)]
    assert {each.path.rsplit("/", 1)[-1] for each in asked} >= {"tasks", "search", "read"}
    assert not [complaint for each in asked for complaint in described.complaints(each)]


def test_the_descriptions_have_something_against_a_wrong_request(contracts: Path) -> None:
    described = Descriptions(contracts)
    wrong = [
        Request("GET", "/crm/v3/objects/tasks", {"limit": ["many"]}, {}),
        Request("GET", "/crm/v3/objects/tasks", {"since": ["1"]}, {}),
        Request("PUT", "/crm/v3/objects/tasks", {}, {}),
        Request("POST", "/crm/v3/objects/tasks/search", {}, {}, b'{"limit": "many"}'),
    ]
    assert all(described.complaints(request) for request in wrong)


def test_the_properties_of_tickets_that_are_asked_for_are_those_that_were_answered(
    recorded: dict[str, Any],
) -> None:
    (body, *_) = recorded["nango_list-tickets_get_00"]["body"]["results"]
    known = {"subject", "content", "hs_pipeline", "hs_pipeline_stage", "hs_ticket_priority",
             "hs_ticket_category", "createdate", "hs_lastmodifieddate"}  # fmt: skip
    assert known <= set(TICKET.properties)
    assert known <= body["properties"].keys()


@pytest.mark.parametrize(
    ("name", "stream", "kind", "title"),
    [
        ("nango_list-tickets_get_00", "tickets", TICKET, "subject"),
        ("nango_search-tickets_post_00", "tickets", TICKET, "subject"),
        ("nango_list-deals_get_00", "deals", DEAL, "dealname"),
    ],
)
def test_recorded_lists_are_read_without_loss(
    recorded: dict[str, Any], name: str, stream: str, kind: Any, title: str
) -> None:
    rows = recorded[name]["body"]["results"]
    assert rows
    for row in rows:
        coordinates = kind.coordinates(row["id"])
        (task,) = to_records(stream, {"row": {**row, "id": coordinates}})
        assert isinstance(task, Task)
        assert task.id == coordinates
        assert task.title == row["properties"][title]
        assert task.url == row["url"]
        assert task.created_at == instant(row["createdAt"])
        assert task.updated_at == instant(row["properties"]["hs_lastmodifieddate"])
        assert task.status is None  # without its pipeline a stage says nothing


def test_a_recorded_task_is_read_without_loss(recorded: dict[str, Any]) -> None:
    row = recorded["nango_create-task_post_00"]["body"]
    held = row["properties"]
    assert TASK.coordinates(row["id"]) == held["hs_obj_coords"]
    (task,) = to_records("tasks", {"row": {**row, "id": held["hs_obj_coords"]}})
    assert isinstance(task, Task)
    assert task.title == held["hs_task_subject"]
    assert task.due_on == instant(held["hs_timestamp"])
    assert (task.status, task.priority, task.type) == ("todo", 3, "task")


def test_recorded_owners_are_people(recorded: dict[str, Any]) -> None:
    for row in recorded["nango_owners_get_00"]["body"]["results"]:
        (person,) = to_records("people", {"row": row})
        assert person == Person(
            id=row["id"], name=f"{row['firstName']} {row['lastName']}", email=row["email"],
            active=True,
        )  # fmt: skip


def test_recorded_headers_tell_what_is_left_of_ten_seconds(recorded: dict[str, Any]) -> None:
    headers = recorded["nango_list-tickets_get_00"]["headers"]
    (left,) = budget(Answer(200, headers, {}, "https://api.example.com"))
    assert (left.remaining, left.limit, left.resets_in.total_seconds()) == (106, 110, 10)
