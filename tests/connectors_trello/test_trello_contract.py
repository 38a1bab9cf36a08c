"""Against Trello's own description: every request of the connector is one that it knows."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from connectors.sdk.records import Change, Comment, Person, Project, Task
from connectors.sdk.sandbox import Request

pytestmark = pytest.mark.contract

# The description names no parameters for this path although it speaks of them ("see Nested
# Resources"), and the recorded answers show `filter`. These are the nested resource's.
UNNAMED = {
    "/1/boards/{id}/cards": {
        "filter", "fields", "limit", "before", "checklists", "customFieldItems", "attachments",
        "attachment_fields",
    },
    "/1/boards/{id}/members": {"filter", "fields"},
}  # fmt: skip
# Fields that are in recorded answers, but in no schema of the description.
UNNAMED_FIELDS = {"start", "isTemplate", "cardRole", "dueComplete"}
SCHEMAS = {
    "/1/members/{id}/boards": "Board",
    "/1/boards/{id}": "Board",
    "/1/boards/{id}/cards": "Card",
    "/1/boards/{id}/members": "Member",
    "/1/members/{id}": "Member",
    "/1/cards/{id}": "Card",
}


class Description:
    """The part of Trello's OpenAPI description that speaks of requests."""

    def __init__(self, folder: Path) -> None:
        spec = json.loads((folder / "trello" / "spec.json").read_text())
        self.schemas = spec["components"]["schemas"]
        self.paths = spec["paths"]

    def complaints(self, request: Request) -> list[str]:
        """What the description has against a request.

        It wants 24 digits for every id; Trello's own guides use `me` and short links as well.
        """
        path = request.path.replace("/members/me", "/members/5e679b808e6e8828784b30e1")
        template = self._template(path)
        if template is None:
            return [f"no such path: {path}"]
        described = self.paths[template]
        named = {
            each["name"]: each["schema"]
            for each in [*described.get("parameters", []), *described["get"].get("parameters", [])]
            if each["in"] == "query"
        }
        found = []
        for name, values in request.query.items():
            if name not in named and name not in UNNAMED.get(template, set()):
                found.append(f"{template}: no parameter {name}")
            elif name == "fields":
                found += self._unknown_fields(template, values[0])
            elif name in named:
                found += self._wrong(template, name, values[0], named[name])
        return found

    def _template(self, path: str) -> str | None:
        for template in self.paths:
            pattern = re.sub(
                r"\\\{\w+\\\}", "([0-9a-fA-F]{24}|[0-9a-zA-Z]{8})", re.escape(template)
            )
            if "get" in self.paths[template] and re.fullmatch(pattern, path):
                return str(template)
        return None

    def _unknown_fields(self, template: str, value: str) -> list[str]:
        schema = "Action" if template.split("/")[-1] == "actions" or "/actions/" in template else ""
        schema = schema or SCHEMAS[template]
        known = {*self.schemas[schema]["properties"], *UNNAMED_FIELDS, "all"}
        return [f"{template}: no field {each}" for each in value.split(",") if each not in known]

    def _wrong(self, template: str, name: str, value: str, schema: Any) -> list[str]:
        while "$ref" in schema:
            schema = self.schemas[schema["$ref"].rsplit("/")[-1]]
        right = {"boolean": "true|false", "number": r"\d+", "integer": r"\d+"}
        if not re.fullmatch(right.get(schema.get("type", ""), ".+"), value):
            return [f"{template}: {name}={value} is no {schema['type']}"]
        if "enum" in schema and value not in schema["enum"]:
            return [f"{template}: {name}={value} is not allowed"]
        return []


@pytest.fixture(scope="module")
def description(contracts: Path) -> Description:
    return Description(contracts)


def test_every_request_is_one_that_trello_describes(description: Description, reading: Any) -> None:
    reading.connector.check()
    reading.connector.vocabulary()
    reading.all()
    project, task, comment = Project, Task, Comment
    web = reading.native(project, "web")
    card = reading.native(task, "s1")
    reading.world.edit(card, title="Other", at=reading.clock.pass_by(days=1))
    reading.world.edit(card, project_id=reading.native(project, "ops"))
    reading.all()
    list(reading.connector.census("tasks", web))
    list(reading.connector.census("comments", web))
    for stream, id in {
        "projects": web,
        "people": reading.native(Person, "ann"),
        "tasks": card,
        "comments": reading.native(comment, "c1"),
        "changes": reading.world.all(Change)[0].id.partition(":")[0],
    }.items():
        assert reading.connector.confirm(stream, [id]) == {id: None}
    complaints = {
        each for request in reading.sandbox.log for each in description.complaints(request)
    }
    assert not complaints
    asked = {description._template(request.path) for request in reading.sandbox.log}
    assert {"/1/boards/{boardId}/actions", "/1/boards/{id}/cards", "/1/cards/{id}"} <= asked


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/1/boards/5e93ba98614ac22d22f085c4/card", {}),
        ("/1/boards/5e93ba98614ac22d22f085c4/actions", {"limits": ["5"]}),
        ("/1/boards/5e93ba98614ac22d22f085c4/actions", {"limit": ["many"]}),
        ("/1/members/me/boards", {"lists": ["some"]}),
        ("/1/boards/5e93ba98614ac22d22f085c4", {"fields": ["id,nmae"]}),
    ],
)
def test_the_check_itself_can_fail(
    description: Description, path: str, query: dict[str, list[str]]
) -> None:
    assert description.complaints(Request("GET", path, query, {}))
