"""Against the vendor's description: each request is one that it knows."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from connectors.bitbucket.reading import CHANGE_FIELDS, COMMENT_FIELDS, ISSUE_FIELDS, PULL_FIELDS
from connectors.bitbucket.webhook import EVENTS
from connectors.sdk.records import Project, Task
from connectors.sdk.sandbox import Request
from tests.connectors_bitbucket.conftest import Open

pytestmark = pytest.mark.contract

EVERYWHERE = {"pagelen", "page", "q", "sort", "fields"}
"""Parameters of every list, which the description explains apart from the paths."""
NEWER = {
    "/2.0/user/workspaces",  # since lists across workspaces were removed
    "/2.0/repositories/{workspace}/{repo_slug}/pullrequests/{pull_request_id}/tasks",
}
"""Paths that came after the copy of the description that there is."""
NEWER_FIELDS = {"draft", "pending"}


class Description:
    """The part of Bitbucket's OpenAPI description that speaks of requests and objects."""

    def __init__(self, folder: Path) -> None:
        self.spec = json.loads((folder / "bitbucket" / "spec.json").read_text())

    def template(self, path: str) -> str | None:
        """The described path that fits; one with fewer blanks goes before."""
        fitting = [
            template
            for template in (*self.spec["paths"], *NEWER)
            if re.fullmatch(re.sub(r"\\\{[\w-]+\\\}", "[^/]+", re.escape(template)), path)
        ]
        return min(fitting, key=lambda template: template.count("{"), default=None)

    def complaints(self, request: Request) -> list[str]:
        """What the description has against a request."""
        template = self.template(request.path)
        if template in NEWER:
            return [
                f"{template}: no parameter {name}"
                for name in request.query
                if name not in EVERYWHERE
            ]
        if template is None or request.method.lower() not in self.spec["paths"][template]:
            return [f"no such path: {request.method} {request.path}"]
        path = self.spec["paths"][template]
        named = {
            each["name"]: each["schema"]
            for each in (
                *path.get("parameters", []),
                *path[request.method.lower()].get("parameters", []),
            )
            if each["in"] == "query"
        }
        found = []
        for name, values in request.query.items():
            if name not in named and name not in EVERYWHERE:
                found.append(f"{template}: no parameter {name}")
            allowed = named.get(name, {}).get("enum")
            found += [
                f"{template}: {name}={each}" for each in values if each not in (allowed or [each])
            ]
        return found

    def fields(self, name: str) -> set[str]:
        """Names that an object may have, with those of what it is made of."""
        schema = self.spec["components"]["schemas"][name]
        found = set(schema.get("properties", {}))
        for each in schema.get("allOf", []):
            inner = each.get("$ref", "").rpartition("/")[2]
            found |= self.fields(inner) if inner else set(each.get("properties", {}))
        return found


@pytest.fixture(scope="module")
def description(contracts: Path) -> Description:
    return Description(contracts)


@pytest.mark.parametrize(
    "options",
    [{}, {"workspaces": []}, {"workspaces": [], "repositories": ["acme/operations"]}],
)
def test_every_request_is_one_that_bitbucket_describes(
    description: Description, open_workspace: Open, options: Any
) -> None:
    workspace = open_workspace(page_size=2, options=options)
    connector: Any = workspace.connect()
    connector.check()
    cut = workspace.turn("tasks", stop_after=2)
    workspace.turn("tasks", cut.cursors)
    read = workspace.read()
    workspace.clock.pass_by(hours=7)
    workspace.sandbox.world.edit(workspace.native(Task, "task-20"), title="Other")
    read = workspace.read(read.cursors)
    workspace.read(read.cursors)
    home = workspace.native(Project, "project-2")
    ids = [id for batch in connector.census("tasks", home) for id in batch]
    connector.confirm("tasks", ids)
    connector.count("tasks", home)
    http, hook = connector._api.http, connector.webhook
    for made in hook.register(http, connector.scopes(), "https://x.example.com/h", "secret"):
        hook.registered(http, connector.scopes(), made.url)
        hook.renew(http, made)
        hook.remove(http, made)
    asked = workspace.sandbox.log
    assert {each for request in asked for each in description.complaints(request)} == set()
    assert len({description.template(request.path) for request in asked}) >= 14


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/2.0/repositories/acme/site/issue", {}),
        ("/2.0/repositories/acme/site/issues", {"since": ["2026-01-01"]}),
        ("/2.0/repositories/acme/site/pullrequests", {"state": ["open"]}),
        ("/2.0/user/workspaces", {"role": ["member"]}),
    ],
)
def test_the_check_itself_can_fail(
    description: Description, path: str, query: dict[str, list[str]]
) -> None:
    assert description.complaints(Request("GET", path, query, {}))


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("pullrequest", PULL_FIELDS), ("issue", ISSUE_FIELDS), ("issue_comment", COMMENT_FIELDS),
        ("pullrequest_comment", COMMENT_FIELDS), ("issue_change", CHANGE_FIELDS),
    ],
)  # fmt: skip
def test_every_field_that_is_kept_is_described(
    description: Description, name: str, kept: tuple[str, ...]
) -> None:
    # That a change has a number its own address says.
    described = description.fields(name) | NEWER_FIELDS | ({"id"} if "change" in name else set())
    assert set(kept) <= described


def test_every_event_that_is_asked_for_is_described(description: Description) -> None:
    schema = description.spec["components"]["schemas"]["webhook_subscription"]
    assert set(re.findall(r"\w+:\w+", json.dumps(schema))) >= EVENTS
