"""Against ClickUp's own description: every request of the connector is one that it knows."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from connectors.clickup.connector import ClickUp
from connectors.clickup.sandbox_render import space_id
from connectors.sdk.records import Project, Task, Worklog
from connectors.sdk.sandbox import Request

pytestmark = pytest.mark.contract

SHAPES = {"boolean": "true|false", "integer": r"-?\d+", "number": r"-?\d+", "string": ".+"}
# The description calls this a number and says beside it: separate several by commas.
COMMAS = {"assignee": r"\d+(,\d+)*"}


class Description:
    """The part of ClickUp's OpenAPI description that speaks of requests."""

    def __init__(self, folder: Path) -> None:
        self.paths = json.loads((folder / "clickup" / "spec.json").read_text())["paths"]

    def complaints(self, request: Request) -> list[str]:
        """What the description has against a request."""
        template = self.template(request.path)
        if template is None:
            return [f"no such path: {request.path}"]
        operation = self.paths[template].get(request.method.lower())
        if operation is None:
            return [f"{template}: no {request.method}"]
        described = operation.get("parameters", [])
        known = {each["name"]: each for each in described if each["in"] == "query"}
        found = [f"{template}: no parameter {name}" for name in request.query.keys() - known.keys()]
        for name, values in request.query.items():
            schema = known.get(name, {}).get("schema", {})
            kind = schema.get("items", schema).get("type", "string")
            shape = COMMAS.get(name, SHAPES[kind])
            found += [f"{template}: {name}={v}" for v in values if not re.fullmatch(shape, v)]
        for each in described:
            place = request.query if each["in"] == "query" else request.headers
            name = each["name"] if each["in"] == "query" else each["name"].lower()
            if each.get("required") and each["in"] != "path" and name not in place:
                found.append(f"{template}: {each['in']} {each['name']} is missing")
        return found

    def template(self, path: str) -> str | None:
        for template in self.paths:
            if re.fullmatch(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template)), path):
                return str(template)
        return None


@pytest.fixture(scope="module")
def description(contracts: Path) -> Description:
    return Description(contracts)


def test_every_request_is_one_that_clickup_describes(
    description: Description, read_with: Any
) -> None:
    paths = set()
    spaces = tuple(space_id(name) for name in ("Delivery", "Operations"))
    for options in ({"page_size": 2}, {"spaces": spaces}, {"archived": False}):
        reading = read_with(**options)
        reading.connector.check()
        reading.connector.vocabulary()
        for _ in range(2):
            for stream in ClickUp.streams:
                reading.items(stream)
            reading.clock.pass_by(days=2)
            reading.world.edit(reading.native(Task, "s1"), title="Other")
        for stream in ("tasks", "comments", "worklogs"):
            list(reading.connector.census(stream, reading.native(Project, "web")))
        for stream, kind, id in (
            ("projects", Project, "web"), ("tasks", Task, "s1"), ("worklogs", Worklog, "w1"),
        ):  # fmt: skip
            native = reading.native(kind, id)
            assert reading.connector.confirm(stream, [native]) == {native: None}
        for request in reading.sandbox.log:
            assert description.complaints(request) == []
            paths.add(description.template(request.path))
    assert paths == {
        f"/api/v2/{path}"
        for path in (
            "user", "team", "group", "team/{team_id}/space", "team/{team_id}/shared",
            "team/{team_id}/custom_item", "team/{team_Id}/task", "team/{team_Id}/time_entries",
            "team/{team_id}/time_entries/{timer_id}", "space/{space_id}/folder",
            "space/{space_id}/list", "folder/{folder_id}/list", "list/{list_id}",
            "list/{list_id}/field", "list/{list_id}/task", "task/{task_id}",
            "task/{task_id}/comment",
        )
    }  # fmt: skip


def test_the_description_would_complain(description: Description) -> None:
    def asked(path: str, **query: list[str]) -> list[str]:
        return description.complaints(Request("GET", path, query, {}))

    assert asked("/api/v2/teams") == ["no such path: /api/v2/teams"]
    assert asked("/api/v2/team/9/task", archived=["true"]) == [
        "/api/v2/team/{team_Id}/task: no parameter archived"
    ]
    assert asked("/api/v2/list/1/task", page=["two"]) == ["/api/v2/list/{list_id}/task: page=two"]
    assert asked("/api/v2/team/9/time_entries") == [
        "/api/v2/team/{team_Id}/time_entries: header Content-Type is missing"
    ]
    assert asked("/api/v2/group") == ["/api/v2/group: query team_id is missing"]
