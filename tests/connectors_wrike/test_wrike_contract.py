"""Against Wrike's own description: every request of the connector is one that it knows, and the
imitation answers with nothing that it does not describe."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest

from connectors.sdk.records import Project, Task
from connectors.sdk.sandbox import Request
from connectors.wrike.sandbox_asked import OPTIONAL
from connectors.wrike.tasks import FIELDS
from connectors.wrike.words import DECISIONS, GROUPS, PROJECT_STATES
from tests.connectors_wrike.conftest import Account

pytestmark = pytest.mark.contract

LATER = {"id"}
"""An approval has an id by which it is read; its described model leaves it out."""


class Description:
    """The part of Wrike's description that speaks of reading."""

    def __init__(self, folder: Path) -> None:
        self._all = json.loads((folder / "wrike" / "spec.json").read_text())
        self.paths = self._all["paths"]

    def template(self, path: str) -> str | None:
        for template in sorted(self.paths, key=lambda each: each.count("{")):
            if re.fullmatch(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template)), path):
                return str(template)
        return None

    def complaints(self, request: Request) -> list[str]:
        """What the description has against a request."""
        template = self.template(request.path)
        if template is None:
            return [f"no such path: {request.path}"]
        operation = self.paths[template].get(request.method.lower())
        if operation is None:
            return [f"{template}: no {request.method}"]
        known = {
            each["name"]: each["description"]
            for each in operation.get("parameters", [])
            if each["in"] == "query"
        }
        found = [f"{template}: no parameter {name}" for name in request.query.keys() - known.keys()]
        for name, [*values] in request.query.items():
            coded = "[JSON-encoded]" in known.get(name, "")
            found += [
                f"{template}: {name}={value}"
                for value in values
                if coded and not isinstance(orjson.loads(value), (dict, list))
            ]
        return found

    def model(self, path: str) -> Mapping[str, Any]:
        """What one row of an answer may hold."""
        answer = self.paths[self.template(path)]["get"]["responses"]["200"]
        rows = answer["content"]["application/json"]["schema"]["properties"]["data"]
        return self._named(rows["items"])

    def extra(self, row: Any, model: Mapping[str, Any], at: str = "") -> Iterator[str]:
        """What a row holds beyond its model, and words that the model does not list."""
        properties = model.get("properties", {})
        for name, value in row.items():
            if name not in properties:
                yield f"{at}{name}"
                continue
            held = self._named(properties[name])
            if "enum" in held and value is not None and value not in held["enum"]:
                yield f"{at}{name}={value}"
            inner = self._named(held.get("items", held))
            for each in value if isinstance(value, list) else [value]:
                if isinstance(each, dict):
                    yield from self.extra(each, inner, f"{at}{name}.")

    def words(self, path: str, *names: str) -> set[str]:
        """The words that a field may hold."""
        held = self.model(path)
        for name in names:
            held = self._named(held["properties"][name])
            held = self._named(held.get("items", held))
        return set(held["enum"])

    def _named(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        name = schema.get("$ref", "").rpartition("/")[2]
        return self._all["components"]["schemas"][name] if name else schema


@pytest.fixture(scope="module")
def description(contracts: Path) -> Description:
    return Description(contracts)


def everything(account: Account) -> None:
    """Ask all that the connector can ask but for webhooks."""
    read = account.read()
    account.edit("task-5", title="Other")
    account.sandbox.world.remove(Task, account.native(Task, "task-30"))
    account.read(read.cursors)
    connector = account.connect()
    connector.check()
    for stream in ("tasks", "worklogs"):
        list(connector.census(stream, account.native(Project, "project-1")))
    for stream, items in read.items.items():
        connector.confirm(stream, list(items)[:2])


def test_every_request_is_one_that_wrike_describes(
    description: Description, account: Account
) -> None:
    everything(account)
    for request in account.sandbox.log:
        assert description.complaints(request) == []
    assert {description.template(request.path) for request in account.sandbox.log} == {
        f"/api/v4/{path}"
        for path in (
            "account", "approvals", "approvals/{approvalId}", "comments", "comments/{commentId}",
            "contacts", "contacts/{contactId}", "customfields", "dependencies/{dependencyId}",
            "folders", "folders/{folderId}", "folders/{folderId}/tasks",
            "folders/{folderId}/timelogs", "spaces", "tasks",
            "tasks/{taskId}", "timelogs", "timelogs/{timelogId}", "workflows",
        )
    }  # fmt: skip


def test_the_imitation_answers_with_nothing_that_wrike_does_not_describe(
    description: Description, account: Account
) -> None:
    everything(account)
    rows = 0
    for request in list(account.sandbox.log):
        answer = orjson.loads(account.sandbox.handle(request).body)
        if "data" not in answer:
            continue  # what has gone meanwhile
        model = description.model(request.path)
        for row in answer["data"]:
            rows += 1
            assert set(description.extra(row, model)) <= LATER, request.path
    assert rows > 150


def test_the_description_would_complain(description: Description) -> None:
    def asked(path: str, **query: list[str]) -> list[str]:
        return description.complaints(Request("GET", f"/api/v4/{path}", query, {}))

    assert asked("issues") == ["no such path: /api/v4/issues"]
    assert asked("workflows", page=["1"]) == ["/api/v4/workflows: no parameter page"]
    assert asked("tasks", fields=['"title"']) == ['/api/v4/tasks: fields="title"']
    row = {"id": "T", "status": "Odd", "dates": {"type": "Never", "end": "x"}}
    found = set(description.extra(row, description.model("/api/v4/tasks")))
    assert found == {"status=Odd", "dates.type=Never", "dates.end"}


def test_what_is_asked_for_besides_is_an_optional_field_of_a_task(
    description: Description,
) -> None:
    assert OPTIONAL.issuperset(FIELDS)
    assert description.model("/api/v4/tasks")["properties"].keys() >= set(FIELDS)


def test_every_word_of_wrikes_is_known(description: Description) -> None:
    assert description.words("/api/v4/workflows", "customStatuses", "group") == GROUPS.keys()
    assert description.words("/api/v4/tasks", "status") == GROUPS.keys()
    assert description.words("/api/v4/approvals", "decisions", "status") == DECISIONS.keys()
    states = description.words("/api/v4/folders/1", "project", "status")
    assert PROJECT_STATES.keys() | {"Green", "Yellow", "Red", "OnHold", "Custom"} == states
