"""Against Basecamp's own description: every request of the connector is one that it knows."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from connectors.basecamp.connector import Basecamp
from connectors.basecamp.sandbox_adopt import ACCOUNT
from connectors.sdk.records import Comment, Project, Task, Worklog
from connectors.sdk.sandbox import Request
from tests.connectors_basecamp.conftest import Account, Open

pytestmark = pytest.mark.contract

SHAPES = {"boolean": "true|false", "integer": r"\d+", "string": ".+"}
LEFT_OUT = re.compile(rf"/{ACCOUNT}/timesheet_entries/\d+\.json")
"""Documented, but among the paths that were cut from the kept copy of the description."""


class Description:
    """The part of Basecamp's OpenAPI description that speaks of requests."""

    def __init__(self, folder: Path) -> None:
        found = json.loads((folder / "basecamp" / "spec.json").read_text())
        self.paths = found["paths"]
        self.schemas = found["components"]["schemas"]

    def complaints(self, request: Request) -> list[str]:
        """What the description has against a request."""
        template = self.template(request)
        if template is None:
            return [f"no such path: {request.method} {request.path}"]
        operation = self.paths[template][request.method.lower()]
        described = operation.get("parameters", [])
        known = {each["name"]: each for each in described if each["in"] == "query"}
        found = [f"{template}: no parameter {name}" for name in request.query.keys() - known.keys()]
        for name, values in request.query.items():
            shape = SHAPES[known.get(name, {}).get("schema", {}).get("type", "string")]
            words = known.get(name, {}).get("description", "")
            if re.fullmatch(r"[\w:]+(\|[\w:]+)+", words):
                shape = words
            found += [f"{template}: {name}={v}" for v in values if not re.fullmatch(shape, v)]
        found += [
            f"{template}: {each['name']} is missing"
            for each in described
            if each.get("required") and each["in"] == "query" and each["name"] not in request.query
        ]
        return found + self.of_body(template, operation, request.json())

    def of_body(self, template: str, operation: Any, body: Any) -> list[str]:
        if "requestBody" not in operation:
            return [f"{template}: has no body"] if body is not None else []
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        schema = self.schemas[schema["$ref"].rpartition("/")[2]]
        lacking = set(schema.get("required", ())) - body.keys()
        return [
            f"{template}: {name}" for name in lacking | body.keys() - schema["properties"].keys()
        ]

    def template(self, request: Request) -> str | None:
        for template, operations in self.paths.items():
            pattern = re.sub(r"\\\{\w+\\\}", r"\\d+", re.escape(template))
            if request.method.lower() in operations and re.fullmatch(pattern, request.path):
                return str(template)
        return None


@pytest.fixture(scope="module")
def description(contracts: Path) -> Description:
    return Description(contracts)


def everything(account: Account) -> None:
    """All that the connector asks: first reads, later ones, censuses, confirmations, webhooks."""
    connector = account.connect()
    connector.check()
    read = account.read(connector=connector)
    account.clock.sleep(3600)
    world = account.sandbox.world
    project = account.native(Project, "project-2")
    world.remove(Task, account.some("Card").id)
    account.sandbox.lists[account.sandbox.list_id(project)] = ("archived", account.clock.now())
    account.read(read.cursors, connector=connector)
    for stream in ("tasks", "comments", "worklogs"):
        list(connector.census(stream, account.native(Project, "project-1")))
    for stream, kind in (("tasks", Task), ("comments", Comment), ("worklogs", Worklog),
                         ("projects", Project)):  # fmt: skip
        connector.confirm(stream, [next(iter(read.of(kind)))])
    connector.confirm("tasks", ["1"])
    connector.confirm("people", ["1"])
    hook, door, scopes = Basecamp.webhook, account.door, connector.scopes()
    for made in hook.register(door, scopes, "https://flagstaff.example.com/h", ""):
        hook.renew(door, made)
        hook.remove(door, made)
    hook.registered(door, scopes, "https://flagstaff.example.com/h")


def test_every_request_is_one_that_basecamp_describes(
    description: Description, open_account: Open
) -> None:
    account, narrow = open_account(), open_account()
    everything(account)
    chosen = [narrow.native(Project, name) for name in ("project-1", "project-2")]
    narrow.read(connector=narrow.with_options(projects=chosen))
    asked = set()
    for request in (*account.sandbox.log, *narrow.sandbox.log):
        if request.path.startswith("/authorization") or LEFT_OUT.fullmatch(request.path):
            continue
        assert description.complaints(request) == []
        template = description.template(request) or ""
        asked.add(f"{request.method} {template.removeprefix('/{accountId}/')}")
    assert asked == {
        "GET my/profile.json", "GET projects.json", "GET people.json", "GET people/{personId}",
        "GET projects/{projectId}", "GET projects/recordings.json", "GET comments/{commentId}",
        "GET todos/{todoId}", "GET card_tables/cards/{cardId}", "GET card_tables/steps/{stepId}",
        "GET card_tables/{cardTableId}", "GET todolists/{todolistId}/todos.json",
        "GET todolists/{todolistId}/groups.json", "GET reports/timesheet.json",
        "GET projects/{projectId}/timesheet.json", "GET reports/gauges.json",
        "GET projects/{projectId}/gauge/needles.json", "GET buckets/{bucketId}/webhooks.json",
        "POST buckets/{bucketId}/webhooks.json", "PUT webhooks/{webhookId}",
        "DELETE webhooks/{webhookId}",
    }  # fmt: skip


def test_the_description_would_complain(description: Description) -> None:
    def asked(path: str, **query: list[str]) -> list[str]:
        return description.complaints(Request("GET", f"/{ACCOUNT}/{path}", query, {}))

    assert asked("todo/1") == [f"no such path: GET /{ACCOUNT}/todo/1"]
    where = "/{accountId}/projects/recordings.json"
    assert asked("projects/recordings.json") == [f"{where}: type is missing"]
    assert asked("projects/recordings.json", type=["Todo"], since=["1"]) == [
        f"{where}: no parameter since"
    ]
    assert asked("projects/recordings.json", type=["Todo"], status=["gone"]) == [
        f"{where}: status=gone"
    ]
