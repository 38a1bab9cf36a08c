"""Against Teamwork's own description (of 2021), and what its own client of 2026 asks besides."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.sdk.contract import Can
from connectors.sdk.records import Project, Record, StatusUpdate, Task
from connectors.sdk.sandbox import Request
from connectors.teamwork.catalog import PERSON_KEPT, PROJECT_KEPT
from connectors.teamwork.changing import LISTED
from connectors.teamwork.connector import Teamwork
from connectors.teamwork.tasks import KEPT
from tests.connectors_teamwork.conftest import Open, of

pytestmark = pytest.mark.contract

V3 = "/projects/api/v3"
SHAPES = {"boolean": "true|false", "integer": r"-?\d+", "number": r"-?\d+", "string": ".+"}

PLAIN = {"integer": 7, "number": 7.5, "boolean": False, "string": "2026-03-02T12:00:00Z"}

NEWER_PATHS = {
    "/me.json": (), "/companies.json": ("page", "pageSize", "skipCounts"),
    "/teams.json": ("page", "pageSize", "skipCounts"),
    "/workflows.json": ("page", "pageSize", "skipCounts"),
    "/workflows/{id}.json": (),
    "/workflows/{id}/stages.json": ("page", "pageSize", "skipCounts", "orderBy", "orderMode"),
    "/projects/{id}/tasks.json": (
        "page", "pageSize", "skipCounts", "orderBy", "orderMode", "includeCompletedTasks",
        "includeCompletedSubtasks", "showCompletedLists", "includeArchivedProjects",
        "fields[tasks]",
    ),
    "/projects/{id}/time.json": (
        "page", "pageSize", "skipCounts", "orderBy", "orderMode", "includeArchivedProjects",
    ),
    "/time/{id}.json": (),
    "/comments.json": (
        "page", "pageSize", "skipCounts", "orderBy", "orderMode", "updatedAfter", "projectIds",
        "includeArchivedProjects",
    ),
    "/comments/{id}.json": (),
    "/projects/updates.json": (
        "page", "pageSize", "skipCounts", "orderBy", "orderMode", "updatedAfter", "projectIds",
        "includeArchivedProjects", "activeOnly", "showDeleted",
    ),
}  # fmt: skip
"""Paths that the description leaves out or does not know yet, with what they may be asked."""
NEWER_PARAMETERS = {
    "/tasks.json": {"skipCounts", "includeCompletedPredecessors", "includeArchivedProjects"},
    "*": {"skipCounts"},
}
NEWER_VALUES = {
    "orderBy": {"id"},  # of every list
    "include": {"customfieldtasks"},  # of tasks
}
INSTANTS = {"updatedAfter"}
"""Called a day in one place of the description, an instant in all others and in the client."""


class Description:
    """The part of Teamwork's OpenAPI description that speaks of requests and answers."""

    def __init__(self, folder: Path) -> None:
        held = json.loads((folder / "teamwork" / "spec_v3.json").read_text())
        self.paths: Mapping[str, Any] = held["paths"]
        self.schemas: Mapping[str, Any] = held["components"]["schemas"]

    def complaints(self, request: Request) -> Iterator[str]:
        """What the description has against a request."""
        path = request.path.removeprefix(V3)
        for template, names in NEWER_PATHS.items():
            if re.fullmatch(re.escape(template).replace(r"\{id\}", r"\d+"), path):
                yield from (f"{template}: {name}" for name in request.query.keys() - set(names))
                return
        described_as = self.template(request.path)
        if described_as is None or request.method != "GET":
            yield f"no such path: {request.method} {request.path}"
            return
        described = self.paths[described_as]["get"].get("parameters", [])
        known = {each["name"]: each["schema"] for each in described if each["in"] == "query"}
        newer = NEWER_PARAMETERS["*"] | NEWER_PARAMETERS.get(path, set())
        for name, values in request.query.items():
            if name in known:
                for value in values:
                    yield from self._value(f"{described_as}: {name}", name, known[name], value)
            elif name not in newer:
                yield f"{described_as}: no parameter {name}"

    def _value(self, what: str, name: str, schema: Any, value: str) -> Iterator[str]:
        if name in INSTANTS:
            if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", value):
                yield f"{what}={value}"
            return
        items = schema.get("items", schema)
        # Some of the described words were torn apart by a line break.
        told = items.get("enum") or schema.get("enum") or ()
        words = {word for each in told for word in str(each).split()}
        for each in value.split(",") if "items" in schema else [value]:
            if words and each not in words | NEWER_VALUES.get(name, set()):
                yield f"{what}={each}"
            if not re.fullmatch(SHAPES[items.get("type", "string")], each):
                yield f"{what}={each}"

    def template(self, path: str) -> str | None:
        """The described path that a path is one of; a whole word before a name in braces."""
        for template in sorted(self.paths, key=lambda each: each.count("{")):
            if re.fullmatch(re.sub(r"\\\{\w+\\\}", r"\\d+", re.escape(template)), path):
                return str(template)
        return None

    def properties(self, name: str) -> set[str]:
        """The fields of something, as the description names them."""
        return set(self.schemas[f"view.{name}"]["properties"])

    def example(self, name: str, depth: int = 0) -> Any:
        """Something with every field that the description names."""
        return self._example(self.schemas[f"view.{name}"], depth)

    def _example(self, schema: Any, depth: int) -> Any:
        if "$ref" in schema:
            name = schema["$ref"].rsplit("/", 1)[-1]
            return self._example(self.schemas[name], depth + 1) if depth < 3 else None
        if schema.get("type") in PLAIN:
            return PLAIN[schema["type"]]
        if schema.get("type") == "array":
            return [self._example(schema["items"], depth)]
        held = schema.get("properties", {})
        return {name: self._example(each, depth) for name, each in held.items()}


@pytest.fixture(scope="module")
def description(contracts: Path) -> Description:
    return Description(contracts)


def test_every_request_is_one_that_teamwork_describes(
    description: Description, open_site: Open
) -> None:
    seen = set()
    for options in ({}, {"custom_fields": False, "archived": False}, {"projects": ["project-1"]}):
        site = open_site()
        given: dict[str, Any] = dict(options)
        if "projects" in given:
            given["projects"] = [site.native(Project, each) for each in given["projects"]]
        connector = site.with_options(**given)
        connector.check()
        read = site.read(connector=connector)
        site.clock.sleep(3600)
        site.sandbox.world.edit(site.native(Task, "task-5"), title="Other")
        site.read(read.cursors, connector=connector)
        home = site.native(Project, "project-1")
        for stream, can in connector.streams.items():
            if Can.CENSUS in can:
                list(connector.census(stream, home))
                connector.count(stream, home)
            ids = sorted(read.ids(stream))[:1]
            connector.confirm(stream, ids)
        for request in site.sandbox.log:
            assert list(description.complaints(request)) == []
            seen.add(re.sub(r"\d{4,}", "{id}", request.path.removeprefix(V3)))
    described = {"/tasks.json", "/projects.json", "/milestones.json", "/people.json", "/time.json",
                 "/customfields.json", "/tasks/{id}.json", "/projects/{id}.json",
                 "/people/{id}.json", "/milestones/{id}.json",
                 "/projects/{id}/milestones.json"}  # fmt: skip
    assert seen == described | NEWER_PATHS.keys()


def test_the_description_would_complain(description: Description) -> None:
    def asked(path: str, **query: list[str]) -> list[str]:
        return list(description.complaints(Request("GET", V3 + path, query, {})))

    assert asked("/tasklist.json") == [f"no such path: GET {V3}/tasklist.json"]
    assert asked("/tasks.json", updatedafter=["x"]) == [
        f"{V3}/tasks.json: no parameter updatedafter"
    ]
    assert asked("/tasks.json", updatedAfter=["2026-03-02"]) == [
        f"{V3}/tasks.json: updatedAfter=2026-03-02"
    ]
    assert asked("/tasks.json", page=["two"]) == [f"{V3}/tasks.json: page=two"]
    assert asked("/tasks.json", include=["tags,stages"]) == [f"{V3}/tasks.json: include=stages"]
    assert asked("/milestones.json", status=["done"]) == [f"{V3}/milestones.json: status=done"]
    assert asked("/comments.json", status=["all"]) == ["/comments.json: status"]


NEWER_FIELDS = {
    # What Teamwork's client of 2026 names otherwise than the description of 2021, or besides.
    "Task": {"descriptionContentType", "assignees", "predecessors", "createdAt", "completedAt"},
    "Project": {"startAt", "endAt", "projectOwner", "completedAt"},
    "User": {"deleted"},
    "Milestone": set[str](),
    "Timelog": set[str](),
    "ProjectUpdate": {"dateCreated"},
}


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("Task", KEPT),
        ("Project", PROJECT_KEPT),
        ("User", PERSON_KEPT),
        ("Milestone", LISTED["milestones"].kept),
        ("Timelog", LISTED["worklogs"].kept),
        ("ProjectUpdate", LISTED["updates"].kept),
    ],
)
def test_every_field_that_is_read_is_one_that_teamwork_names(
    description: Description, name: str, kept: tuple[str, ...]
) -> None:
    named = description.properties(name)
    assert set(kept) - named == NEWER_FIELDS[name]


@pytest.mark.parametrize(
    ("stream", "name", "body"),
    [
        ("projects", "Project", "project"),
        ("people", "User", "person"),
        ("milestones", "Milestone", "milestone"),
        ("tasks", "Task", "task"),
        ("worklogs", "Timelog", "timelog"),
        ("updates", "ProjectUpdate", "update"),
    ],
)
def test_what_the_description_describes_is_read(
    description: Description, stream: str, name: str, body: str
) -> None:
    first, *_ = of(stream, {body: description.example(name), "project": "7"} | (
        {"project": description.example(name)} if stream == "projects" else {}
    ))  # fmt: skip
    assert first.id == "7"
    expected: dict[str, Any] = {
        "projects": {"owner_id": "7", "start_on": date(2026, 3, 2)},
        "milestones": {"project_id": "7", "due_on": date(2026, 3, 2)},
        "tasks": {
            "parent_id": "7", "assignee_ids": ("7", "team-7", "company-7"), "reporter_id": "7",
            "due_on": date(2026, 3, 2), "estimate_minutes": 7, "percent_complete": 7.0,
        },
        "worklogs": {"task_id": "7", "person_id": "7", "minutes": 7},
        "updates": {"project_id": "7", "author_id": "7"},
    }  # fmt: skip
    for field, value in expected.get(stream, {}).items():
        assert getattr(first, field) == value, field


@pytest.mark.parametrize("name", ["updates", "update"])
def test_an_example_of_a_status_update_is_read(contracts: Path, name: str) -> None:
    """Those of version 1 are the same but for who wrote them."""
    path = contracts / "teamwork" / "recorded" / f"ex_get_projects__projId__{name}.json_200.json"
    body = json.loads(path.read_text())["response"]["body"]["update"]
    (found,) = of("updates", {"update": body})
    assert isinstance(found, StatusUpdate)
    assert (found.id, found.project_id) == (body["id"], body["projectId"])
    assert found.at == datetime.fromisoformat(body["dateCreated"]).astimezone(UTC)
    assert found.health == {"0": None, "3": "on_track"}[body["health"]]
    assert found.text == body["text"]


def test_no_example_breaks_the_mapping(contracts: Path) -> None:
    """Answers of version 1, which are of another shape, end in records or in nothing."""
    told: list[Record] = []
    files = sorted((contracts / "teamwork" / "recorded").glob("*.json"))
    assert len(files) == 80
    for path in files:
        body = json.loads(path.read_text())["response"]["body"]
        for held in body.values() if isinstance(body, dict) else ():
            for row in held if isinstance(held, list) else [held]:
                for stream in Teamwork.streams:
                    names = ("project", "person", "milestone", "task", "timelog", "update")
                    told += of(stream, dict.fromkeys(names, row))
    assert told
