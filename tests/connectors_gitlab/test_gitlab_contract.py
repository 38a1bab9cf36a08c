"""Against descriptions of GitLab's API: every request of the connector is one that they know.

The description of REST is a third party's and covers little, so paths that it does not have are
written down here as GitLab's documentation has them; so is the part of the GraphQL schema.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import graphql
import pytest

from connectors.gitlab.connector import GitLab
from connectors.gitlab.work_items import MORE_TIMES, query
from connectors.sdk.contract import Can
from connectors.sdk.records import Task
from connectors.sdk.sandbox import Request

PAGES = {"page", "per_page"}
KEYSET = {"pagination", "order_by", "sort", "id_after"}
DOCUMENTED: Mapping[str, set[str]] = {
    "/api/v4/user": set(),
    "/api/v4/version": set(),
    "/api/v4/personal_access_tokens/self": set(),
    "/api/v4/users": PAGES | KEYSET,
    "/api/v4/projects/{id}/members/all": PAGES,
    "/api/v4/projects/{id}/issues/{iid}/notes": PAGES | {"sort", "order_by", "activity_filter"},
    "/api/v4/projects/{id}/issues/{iid}/resource_state_events": PAGES,
    "/api/v4/projects/{id}/issues/{iid}/resource_label_events": PAGES,
    "/api/v4/projects/{id}/issues/{iid}/resource_milestone_events": PAGES,
    "/api/v4/projects/{id}/issues/{iid}/resource_iteration_events": PAGES,
    "/api/v4/projects/{id}/issues/{iid}/resource_weight_events": PAGES,
    "/api/v4/groups/{id}/projects": PAGES
    | {"include_subgroups", "with_shared", "order_by", "sort"},
    "/api/v4/groups/{id}/milestones": PAGES,
    "/api/v4/groups/{id}/epics": PAGES
    | {"include_descendant_groups", "include_ancestor_groups", "order_by", "sort"},
}
# The description gives projects the orders of issues.
WRONG = {("/api/v4/projects", "order_by")}
# A group's issues take what a project's take; and no path of the description has pages.
LIKE = {"/api/v4/groups/{id}/issues": "/api/v4/projects/{id}/issues"}

SCHEMA = graphql.build_schema("""
scalar Time
type Query { project(fullPath: ID!): Project }
type Project { id: ID! workItems(iids: [String!], first: Int, after: String): WorkItemConnection }
type WorkItemConnection { nodes: [WorkItem] pageInfo: PageInfo! }
type PageInfo { hasNextPage: Boolean! endCursor: String }
type Namespace { id: ID! }
type WorkItem { iid: String! project: Project namespace: Namespace widgets: [WorkItemWidget!] }
interface WorkItemWidget { type: String }
type WorkItemWidgetHierarchy implements WorkItemWidget { type: String parent: WorkItem }
type WorkItemWidgetLinkedItems implements WorkItemWidget {
  type: String linkedItems(first: Int, after: String): LinkedWorkItemTypeConnection
}
type LinkedWorkItemTypeConnection { nodes: [LinkedWorkItemType] pageInfo: PageInfo! }
type LinkedWorkItemType { linkId: ID! linkType: String! workItem: WorkItem }
type WorkItemWidgetTimeTracking implements WorkItemWidget {
  type: String timelogs(first: Int, after: String): WorkItemTimelogConnection
}
type WorkItemTimelogConnection { nodes: [WorkItemTimelog] pageInfo: PageInfo! }
type WorkItemTimelog { id: ID! timeSpent: Int! spentAt: Time summary: String user: UserCore! }
type UserCore { id: ID! }
type WorkItemWidgetStatus implements WorkItemWidget { type: String status: WorkItemStatus }
type WorkItemStatus { name: String category: String }
""")


@pytest.mark.parametrize(
    "question", [query(statuses=False), query(statuses=True), MORE_TIMES], ids=["1", "2", "3"]
)
def test_every_question_is_one_of_the_schema(question: str) -> None:
    assert graphql.validate(SCHEMA, graphql.parse(question)) == []


def test_a_wrong_question_would_be_noticed() -> None:
    wrong = query(statuses=True).replace("linkType", "linkKind")
    assert graphql.validate(SCHEMA, graphql.parse(wrong))


def test_questions_stay_below_gitlabs_complexity() -> None:
    """Each field counts one, and a list of a hundred doubles what is in it."""
    for question, most in ((query(statuses=True), 250), (MORE_TIMES, 250)):
        assert _complexity(graphql.parse(question).definitions[0]) < most


def _complexity(node: Any) -> float:
    held = node.selection_set.selections if node.selection_set else ()
    inner = sum(_complexity(each) for each in held)
    first = [a for a in (getattr(node, "arguments", None) or ()) if a.name.value == "first"]
    size = int(first[0].value.value) if first else 0
    return (inner + (1 if isinstance(node, graphql.FieldNode) else 0)) * (1 + size / 100)


class Description:
    """The part of the third party's OpenAPI description that speaks of requests."""

    def __init__(self, folder: Path) -> None:
        spec = json.loads((folder / "gitlab" / "spec.json").read_text())
        self.schemas = spec["components"]["schemas"]
        self.paths = spec["paths"]

    def complaints(self, request: Request) -> list[str]:
        """What it has against a request."""
        template = self.template(request.path)
        if template is None:
            return [f"no such path: {request.path}"]
        if template in DOCUMENTED:
            unknown = request.query.keys() - DOCUMENTED[template]
            return [f"{template}: no parameter {name}" for name in unknown]
        described = self.paths[LIKE.get(template, template)]
        named = {
            each["name"]: each.get("schema", {})
            for each in [*described.get("parameters", []), *described["get"].get("parameters", [])]
            if each.get("in") == "query"
        }
        return [
            problem
            for name, values in request.query.items()
            if name not in PAGES | {"pagination"} and (template, name) not in WRONG
            for problem in self._wrong(
                f"{template}: {name}={values[0]}", values[0], named.get(name)
            )
        ]

    def template(self, path: str) -> str | None:
        known = [*DOCUMENTED, *LIKE, *(each for each in self.paths if "get" in self.paths[each])]
        # The server has already decoded the path, so a group's full path may have slashes.
        for template in sorted(known, key=lambda each: ("{" in each, -len(each))):
            pattern = template.replace("{id}", r"[\w./-]+").replace("{iid}", r"\d+")
            if re.fullmatch(pattern, path):
                return str(template)
        return None

    def _wrong(self, what: str, value: str, schema: Any) -> list[str]:
        if schema is None:
            return [f"{what}: no such parameter"]
        while "$ref" in schema:
            schema = self.schemas[schema["$ref"].rsplit("/")[-1]]
        right = {"boolean": "true|false", "number": r"\d+", "integer": r"\d+"}
        if not re.fullmatch(right.get(schema.get("type", ""), ".+"), value):
            return [f"{what}: is no {schema['type']}"]
        if "enum" in schema and value not in schema["enum"]:
            return [f"{what}: is none of {schema['enum']}"]
        return []


@pytest.fixture(scope="module")
def description(contracts: Path) -> Description:
    return Description(contracts)


@pytest.mark.contract
@pytest.mark.parametrize(
    "options",
    [{}, {"groups": ("acme",), "projects": ("acme/web-1",)}, {"plan": "free"}],
    ids=["membership", "configured", "free"],
)
@pytest.mark.parametrize("admin", [True, False])
def test_every_request_is_described(
    description: Description, tool_of: Callable[..., Any], options: Any, admin: bool
) -> None:
    tool = tool_of(admin=admin, page_size=2, options=options)
    tool.connector.check()
    for stream, can in GitLab.streams.items():
        read = tool.turn(stream)
        if Can.INCREMENTAL in can:
            tool.clock.pass_by(hours=1)
            tool.sandbox.world.edit(tool.native(Task, "c"), title="Other")
            tool.turn(stream, read.cursors)
    for scope in tool.connector.scopes():
        list(tool.connector.census("tasks", scope.id))
        tool.connector.count("tasks", scope.id)
    tool.connector.confirm("tasks", [tool.native(Task, "c"), "1-999", "99-1"])
    asked = [each for each in tool.sandbox.log if each.path != "/api/graphql"]
    assert len(asked) > 60
    assert [each for request in asked for each in description.complaints(request)] == []


@pytest.mark.contract
def test_a_request_that_is_not_described_would_be_noticed(description: Description) -> None:
    def complaints(path: str, **query: str) -> list[str]:
        asked = Request("GET", path, {name: [each] for name, each in query.items()}, {})
        return description.complaints(asked)

    assert complaints("/api/v4/projects/1/issues", updated_since="x")
    assert complaints("/api/v4/projects/1/issues", state="open")
    assert complaints("/api/v4/groups/acme/issues", non_archived="no")
    assert complaints("/api/v4/users", since="x")
    assert complaints("/api/v4/tasks")
    assert not complaints("/api/v4/groups/acme/labs/issues", state="all")
