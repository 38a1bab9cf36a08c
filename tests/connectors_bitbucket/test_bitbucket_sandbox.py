"""The imitation refuses what Bitbucket refuses, and shows what Bitbucket shows."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs

import pytest

from connectors.bitbucket.sandbox import ACCESS_TOKEN
from connectors.sdk.records import Task
from connectors.sdk.sandbox import Request
from tests.connectors_bitbucket.conftest import Open, Workspace

SITE = "/2.0/repositories/acme/new-web-site"


def ask(workspace: Workspace, path: str, query: str = "", method: str = "GET") -> tuple[int, Any]:
    sent = {"authorization": f"Bearer {ACCESS_TOKEN}"}
    reply = workspace.sandbox.handle(Request(method, path, parse_qs(query), sent))
    return reply.status, json.loads(reply.body)


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        (f"{SITE}/issues", "q=updated_on>=2026-01-01T00:00:00+00:00", 400),  # the plus is a space
        (f"{SITE}/issues", "q=updated_on>=2026-01-01T00:00:00%2B00:00", 200),
        (f"{SITE}/issues", "q=updated_on>=yesterday", 400),
        (f"{SITE}/issues", "q=title~x", 400),
        (f"{SITE}/issues", "sort=colour", 400),
        (f"{SITE}/issues", "pagelen=many", 400),
        (f"{SITE}/issues", "page=0", 400),
        (f"{SITE}/pullrequests", "state=open", 400),
        (f"{SITE}/nothing", "", 404),
        (f"{SITE}/issues/9999", "", 404),
        (f"{SITE}/pullrequests/1/comments", "", 404),
        ("/2.0/repositories/other", "", 404),
        ("/2.0/repositories", "", 410),
        ("/1.0/user", "", 404),
    ],
)
def test_what_is_refused(workspace: Workspace, path: str, query: str, status: int) -> None:
    assert ask(workspace, path, query)[0] == status


def test_nothing_can_be_written(workspace: Workspace) -> None:
    assert ask(workspace, f"{SITE}/issues", method="POST")[0] == 405


def test_a_refusal_is_told_as_bitbucket_tells_it(workspace: Workspace) -> None:
    workspace.sandbox.granted = {"repository"}
    status, body = ask(workspace, f"{SITE}/pullrequests")
    assert (status, body["type"]) == (403, "error")
    assert body["error"]["detail"] == {"granted": ["repository"], "required": ["pullrequest"]}


def test_without_a_state_only_open_pull_requests_are_listed(workspace: Workspace) -> None:
    for project in ("new-web-site", "operations", "web-shop"):
        _, body = ask(workspace, f"/2.0/repositories/acme/{project}/pullrequests")
        assert all(row["state"] == "OPEN" for row in body["values"])


def test_reviewers_are_listed_only_when_they_are_asked_for(workspace: Workspace) -> None:
    path, states = f"{SITE}/pullrequests", "state=OPEN&state=MERGED"
    _, plain = ask(workspace, path, states)
    _, more = ask(workspace, path, f"{states}&fields=%2Bvalues.reviewers,%2Bvalues.participants")
    assert plain["values"]
    assert "reviewers" not in plain["values"][0]
    assert more["values"][0].keys() - plain["values"][0].keys() == {"reviewers", "participants"}


def test_too_long_a_page_is_silently_shorter(open_workspace: Open) -> None:
    workspace = open_workspace(page_size=100)
    assert ask(workspace, f"{SITE}/pullrequests", "pagelen=100")[1]["pagelen"] == 50
    assert ask(workspace, f"{SITE}/issues", "pagelen=500")[1]["pagelen"] == 100


def test_an_edited_status_is_shown_in_bitbuckets_word(workspace: Workspace) -> None:
    id = workspace.native(Task, "task-5")
    number = id.rpartition("#")[2]
    for status, word in (("done", "resolved"), ("cancelled", "wontfix"), ("in_progress", "open")):
        workspace.sandbox.world.edit(id, status=status)
        assert ask(workspace, f"{SITE}/issues/{number}")[1]["state"] == word
