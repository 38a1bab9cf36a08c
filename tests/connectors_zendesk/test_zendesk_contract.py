"""Against Zendesk's own description: every request of the connector is one that it knows."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from connectors.sdk.records import Person, Project, Task
from connectors.sdk.sandbox import Reply, Request

pytestmark = pytest.mark.contract

# What the description leaves to Zendesk's guides: side-loads, cursor pagination (which the
# recorded answers show), the size of an export's page, and roles as `role[]=…` in its prose.
UNNAMED = {
    "/api/v2/incremental/tickets/cursor": {"include", "per_page"},
    "/api/v2/incremental/ticket_events": {"include"},
    "/api/v2/tickets/show_many": {"include"},
    "/api/v2/tickets/{ticket_id}": {"include"},
    "/api/v2/users": {"role[]"},
}
PAGED = {
    "/api/v2/groups", "/api/v2/users", "/api/v2/ticket_fields",
    "/api/v2/tickets/{ticket_id}/audits",
}  # fmt: skip


class Description:
    """The part of Zendesk's OpenAPI description that speaks of requests."""

    def __init__(self, folder: Path) -> None:
        spec = json.loads((folder / "zendesk" / "spec.json").read_text())
        self.parameters = spec["components"]["parameters"]
        self.paths = spec["paths"]

    def complaints(self, request: Request) -> list[str]:
        """What the description has against a request."""
        template = self.template(request.path)
        if request.method != "GET" or template is None:
            return [f"no such path: {request.method} {request.path}"]
        described = self.paths[template]
        given = [*described.get("parameters", []), *described["get"].get("parameters", [])]
        resolved = [self.parameters.get(p.get("$ref", "").rsplit("/")[-1], p) for p in given]
        named = {p["name"]: p for p in resolved if p["in"] == "query"}
        known = named.keys() | UNNAMED.get(template, set())
        if template in PAGED:
            known |= {"page[size]", "page[after]"}
        found = [f"{template}: no parameter {name}" for name in request.query if name not in known]
        for name, parameter in named.items():
            values = request.query.get(name)
            # With a cursor there is no start: the description of this path forgets that.
            if values is None and parameter.get("required") and "cursor" not in request.query:
                found.append(f"{template}: {name} is missing")
            found += self._wrong(template, name, values or [], parameter["schema"])
        return found

    def template(self, path: str) -> str | None:
        for template in sorted(self.paths, key=lambda each: each.count("{")):
            pattern = re.sub(r"\\\{\w+\\\}", r"\\d+", re.escape(template))
            if "get" in self.paths[template] and re.fullmatch(pattern, path):
                return str(template)
        return None

    def _wrong(self, template: str, name: str, values: list[str], schema: Any) -> list[str]:
        right = {"boolean": "true|false", "integer": r"\d+"}.get(schema.get("type"), ".+")
        found = [
            f"{template}: {name}={value} is no {schema.get('type')}"
            for value in values
            if not re.fullmatch(right, value)
        ]
        allowed = schema.get("enum")
        return found + [
            f"{template}: {name}={value} is not allowed"
            for value in values
            if allowed and value not in allowed
        ]


@pytest.fixture(scope="module")
def description(contracts: Path) -> Description:
    return Description(contracts)


def test_every_request_is_one_that_zendesk_describes(
    description: Description, read_with: Any
) -> None:
    logs = []
    for sandbox in ({"page_size": 3}, {"bulk_clocks": False}):
        for options in ({}, {"groups": ("IT Operations",), "page_size": 500}):
            reading = read_with(**sandbox, options=options)
            reading.connector.check()
            reading.connector.scopes()
            for stream in reading.connector.streams:
                reading.turn(stream)
            ops = reading.native(Project, "ops")
            reading.world.edit(reading.native(Task, "t3"), project_id=ops)
            for stream in reading.connector.streams:
                reading.turn(stream)
            reading.connector.confirm("tasks", [reading.native(Task, "t1"), "4711"])
            reading.connector.confirm("people", [reading.native(Person, "ann")])
            reading.connector.confirm("projects", [ops])
            logs += reading.sandbox.log
    assert {each for request in logs for each in description.complaints(request)} == set()
    asked = {description.template(request.path) for request in logs}
    assert asked == {
        "/api/v2/users/me", "/api/v2/groups", "/api/v2/groups/{group_id}", "/api/v2/users",
        "/api/v2/users/{user_id}", "/api/v2/incremental/tickets/cursor",
        "/api/v2/incremental/ticket_events", "/api/v2/incremental/ticket_metric_events",
        "/api/v2/ticket_fields", "/api/v2/custom_statuses", "/api/v2/tickets/show_many",
        "/api/v2/tickets/{ticket_id}", "/api/v2/tickets/{ticket_id}/audits",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/api/v2/ticket", {}),
        ("/api/v2/incremental/tickets/cursor", {}),
        ("/api/v2/incremental/tickets/cursor", {"start_time": ["yesterday"]}),
        ("/api/v2/incremental/ticket_events", {"start_time": ["0"], "cursor_": ["x"]}),
        ("/api/v2/groups", {"exclude_deleted": ["no"]}),
        ("/api/v2/custom_statuses", {"page[size]": ["100"]}),
        ("/api/v2/users", {"role": ["boss"]}),
        ("/api/v2/tickets/show_many", {}),
    ],
)
def test_the_check_itself_can_fail(
    description: Description, path: str, query: dict[str, list[str]]
) -> None:
    assert description.complaints(Request("GET", path, query, {}))


def test_the_imitation_answers_in_the_described_shapes(contracts: Path, read_with: Any) -> None:
    """Every key of the sandbox's envelopes and rows is one of the description, or of a guide."""
    spec = json.loads((contracts / "zendesk" / "spec.json").read_text())
    schemas = spec["components"]["schemas"]
    beside = {
        "TicketObject": {
            "generated_timestamp", "metric_set", "metric_events", "slas", "fields",
        },
        "UserForAdmin": {"iana_time_zone", "time_zone"},
        "GroupObject": set(),
        "TicketFieldObject": set(),
        "CustomStatusObject": set(),
    }  # fmt: skip
    reading = read_with()
    for path, query, key, schema in (
        ("incremental/tickets/cursor", {"start_time": 0}, "tickets", "TicketObject"),
        ("groups", {}, "groups", "GroupObject"),
        ("users", {}, "users", "UserForAdmin"),
        ("ticket_fields", {}, "ticket_fields", "TicketFieldObject"),
        ("custom_statuses", {}, "custom_statuses", "CustomStatusObject"),
    ):
        rows = reading.door.get(f"/api/v2/{path}", query)[key]
        assert rows
        unknown = {name for row in rows for name in row} - _names(schemas, schema) - beside[schema]
        assert not unknown, f"{schema}: {unknown}"


def _names(schemas: Any, name: str) -> set[str]:
    schema = schemas[name]
    names = set(schema.get("properties", {}))
    for each in schema.get("allOf", ()):
        if "$ref" in each:
            names |= _names(schemas, each["$ref"].rsplit("/")[-1])
        names |= set(each.get("properties", {}))
    return names


def test_a_recorded_refusal_is_no_list(reading: Any) -> None:
    reading.sandbox.interfere = lambda request: Reply.of(
        {"error": "RecordNotFound", "description": "Not found"}, 404
    )
    assert reading.connector.confirm("people", ["1"]) == {"1": "deleted"}
