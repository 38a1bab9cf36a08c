"""Against GitHub's own descriptions: each request is one that they know, each question valid."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import graphql
import pytest

from connectors.github.people import MORE_PEOPLE, NUMBERS, PEOPLE
from connectors.sdk.records import Project, Task
from connectors.sdk.sandbox import Request

pytestmark = pytest.mark.contract

# Redirects of renamed repositories and links to further pages lead to `/repositories/{id}`, which
# is in the recorded answers and in no description.
BY_ID = re.compile(r"^/repositories/\d+")
# Not in the cut of the description that we have: "Get an issue comment".
UNDESCRIBED = {"/repos/{owner}/{repo}/issues/comments/{comment_id}"}


class Description:
    """The part of GitHub's OpenAPI description that speaks of requests and answers."""

    def __init__(self, folder: Path) -> None:
        self.spec = json.loads((folder / "github" / "spec.json").read_text())

    def resolved(self, part: Any) -> Any:
        while "$ref" in part:
            found: Any = self.spec
            for name in part["$ref"].split("/")[1:]:
                found = found[name]
            part = found
        return part

    def template(self, path: str) -> str | None:
        """The described path that fits; one with fewer blanks goes before."""
        fitting = [
            template
            for template in (*self.spec["paths"], *UNDESCRIBED)
            if re.fullmatch(re.sub(r"\\\{[\w-]+\\\}", "[^/]+", re.escape(template)), path)
        ]
        return min(fitting, key=lambda template: template.count("{"), default=None)

    def complaints(self, request: Request) -> list[str]:
        """What the description has against a request."""
        path = BY_ID.sub("/repos/acme/site", request.path)
        template = self.template(path)
        if template in UNDESCRIBED:
            return []
        if template is None or request.method.lower() not in self.spec["paths"][template]:
            return [f"no such path: {request.method} {path}"]
        described = self.spec["paths"][template][request.method.lower()]
        named = {
            each["name"]: self.resolved(each["schema"])
            for each in map(self.resolved, described.get("parameters", []))
            if each["in"] == "query"
        }
        found = []
        for name, values in request.query.items():
            schema = named.get(name)
            if schema is None:
                found.append(f"{template}: no parameter {name}")
            elif schema.get("type") == "integer" and not values[0].isdecimal():
                found.append(f"{template}: {name}={values[0]} is no number")
            elif "enum" in schema and values[0] not in schema["enum"]:
                found.append(f"{template}: {name}={values[0]} is not allowed")
            elif schema.get("format") == "date-time" and not re.fullmatch(
                r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", values[0]
            ):
                found.append(f"{template}: {name}={values[0]} is no time")
        return found

    def row_fields(self, path: str) -> set[str]:
        """Names that an answer's object (or the objects of its list) may have."""
        answer = self.resolved(self.spec["paths"][path]["get"]["responses"]["200"])
        [media] = [each for name, each in answer["content"].items() if "json" in name]
        schema = self.resolved(media["schema"])
        schema = self.resolved(schema["items"]) if schema.get("type") == "array" else schema
        return set(schema["properties"])


@pytest.fixture(scope="module")
def description(contracts: Path) -> Description:
    return Description(contracts)


@pytest.fixture(scope="module")
def schema(contracts: Path) -> graphql.GraphQLSchema:
    sdl = (contracts / "github" / "schema.graphql").read_text()
    # It contradicts itself in matters of deprecation, which is no concern of ours.
    return graphql.build_schema(sdl, assume_valid=True)


def everything(tool: Any) -> None:
    """All that the connector can ask."""
    connector = tool.connector
    connector.check()
    for _ in range(2):
        for stream in connector.streams:
            tool.turn(stream, tool.turn(stream).cursors)
        tool.clock.pass_by(hours=1)
        tool.sandbox.world.edit(tool.native(Task, "a"), title="Other", at=tool.clock.at)
    site = tool.native(Project, "site")
    for stream in ("tasks", "comments", "milestones"):
        ids = [id for batch in connector.census(stream, site) for id in batch]
        connector.confirm(stream, ids)
        connector.count(stream, site)
    connector.confirm("projects", [site])


@pytest.mark.parametrize(
    "options",
    [{}, {"organizations": ["acme"]}, {"repositories": ["acme/site", "other/public"]}],
)
def test_every_request_is_one_that_github_describes(
    description: Description, tool_of: Any, options: Any
) -> None:
    tool = tool_of(page_size=2, **options)
    if "repositories" in options:  # one that is not there: asked for, and not found
        assert tool.connector.check().warnings
        tool = tool_of(page_size=2, repositories=["acme/site"])
    everything(tool)
    asked = [request for request in tool.sandbox.log if request.path != "/graphql"]
    assert {each for request in asked for each in description.complaints(request)} == set()
    templates = {
        description.template(BY_ID.sub("/repos/acme/site", request.path)) for request in asked
    }
    assert len(templates) >= 10


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/repos/acme/site/issue", {}),
        ("/repos/acme/site/issues", {"sort": ["newest"]}),
        ("/repos/acme/site/issues", {"per_page": ["many"]}),
        ("/repos/acme/site/issues", {"since": ["yesterday"]}),
        ("/repos/acme/site/issues/events", {"since": ["2026-01-01T00:00:00Z"]}),
    ],
)
def test_the_check_itself_can_fail(
    description: Description, path: str, query: dict[str, list[str]]
) -> None:
    assert description.complaints(Request("GET", path, query, {}))


@pytest.mark.parametrize(
    ("path", "stream", "kept"),
    [
        ("/repos/{owner}/{repo}/issues", "tasks", "issue"),
        ("/repos/{owner}/{repo}/issues/comments", "comments", "comment"),
        ("/repos/{owner}/{repo}/milestones", "milestones", "milestone"),
        ("/repos/{owner}/{repo}/issues/events", "changes", "event"),
        ("/repos/{owner}/{repo}", "projects", None),
    ],
)
def test_every_field_that_is_kept_is_described(
    description: Description, tool: Any, path: str, stream: str, kept: str | None
) -> None:
    described = description.row_fields(path)
    if stream == "changes":  # of single kinds of events the description says more
        for name in ("state-change-issue-event", "assigned-issue-event", "renamed-issue-event"):
            described |= set(description.spec["components"]["schemas"][name]["properties"])
    bodies = [item.body for item in tool.turn(stream).items[stream].values()]
    shown = {name for body in bodies for name in (body[kept] if kept else body)}
    assert shown
    assert shown <= described


@pytest.mark.parametrize("query", [PEOPLE, MORE_PEOPLE, NUMBERS])
def test_every_question_is_valid(schema: graphql.GraphQLSchema, query: str) -> None:
    assert graphql.validate(schema, graphql.parse(query)) == []


def test_a_wrong_question_would_be_found(schema: graphql.GraphQLSchema) -> None:
    wrong = NUMBERS.replace("totalCount", "total")
    assert graphql.validate(schema, graphql.parse(wrong))


def test_the_sandbox_answers_questions_as_the_schema_has_it(
    schema: graphql.GraphQLSchema, tool_of: Any
) -> None:
    """Its answer, taken as the data behind the schema, gives itself."""
    tool = tool_of(page_size=1)
    everything(tool)
    posts = [request for request in tool.sandbox.log if request.path == "/graphql"]
    kinds = set()
    for post in posts:
        asked, answered = post.json(), json.loads(tool.sandbox.handle(post).body)["data"]
        kinds.add(asked["query"].split()[1].partition("(")[0])
        result = graphql.graphql_sync(
            schema,
            asked["query"],
            root_value=answered,
            variable_values=asked["variables"],
            type_resolver=lambda *_: "Repository",
        )
        assert result.errors is None
        assert result.data == answered
    assert kinds == {"People", "MorePeople", "Numbers"}


def test_a_question_costs_less_than_github_allows(schema: graphql.GraphQLSchema) -> None:
    """At most 100 a list and 500,000 nodes: 20 repositories of 100 people are 2,020."""
    assert max(int(each) for each in re.findall(r"first: (\d+)", PEOPLE + MORE_PEOPLE)) <= 100
