"""Against answers that Bitbucket really gave: none breaks the mapping, none is read with loss."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from connectors.bitbucket.connector import REPOSITORY_FIELDS, Bitbucket
from connectors.bitbucket.reading import COMMENT_FIELDS, ISSUE_FIELDS, PULL_FIELDS, pick
from connectors.bitbucket.words import instant
from connectors.sdk.records import Approval, Comment, Project, Task
from connectors.sdk.sandbox import Reply
from tests.connectors_bitbucket.conftest import Open

pytestmark = pytest.mark.contract

HOME = {"id": "{r}", "name": "acme/site"}


class Recorded:
    """Bitbucket's recorded answers, and the objects in them."""

    def __init__(self, folder: Path) -> None:
        self.bodies = {
            path.stem: json.loads(path.read_text())["response"]["body"]
            for path in sorted((folder / "bitbucket" / "recorded").glob("*.json"))
        }

    def objects(self, type: str, *names: str) -> Iterator[Mapping[str, Any]]:
        """Every object of a type that has all these fields, at any depth."""
        for body in self.bodies.values():
            for each in _objects(body):
                if each.get("type") == type and all(name in each for name in names):
                    yield each


def _objects(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, list):
        for each in value:
            yield from _objects(each)
    elif isinstance(value, dict):
        yield value
        for each in value.values():
            yield from _objects(each)


@pytest.fixture(scope="module")
def recorded(contracts: Path) -> Recorded:
    return Recorded(contracts)


def test_every_recorded_issue_is_read_without_loss(recorded: Recorded) -> None:
    issues = list(recorded.objects("issue", "kind", "priority", "created_on"))
    assert len(issues) >= 15
    for issue in issues:
        body = {"id": f"{{r}}#{issue['id']}", "repository": HOME, "comments": [], "changes": []}
        [task] = Bitbucket.to_records("tasks", {**body, "issue": pick(issue, ISSUE_FIELDS)})
        assert isinstance(task, Task)
        assert (task.title, task.status_label) == (issue["title"], issue["state"])
        assert task.status is not None
        assert (task.type_label, task.priority_label) == (issue["kind"], issue["priority"])
        assert task.priority is not None
        assert task.description == (issue["content"]["raw"] or None)
        assert task.url == issue["links"]["html"]["href"]
        assert task.created_at == instant(issue["created_on"]) is not None
        assert task.updated_at == instant(issue["updated_on"]) is not None
        assert task.reporter_id == (issue["reporter"] and issue["reporter"]["uuid"])
        who = issue["assignee"]
        assert task.assignee_ids == ((who["uuid"],) if who else ())


def test_recorded_issues_that_were_talked_about_were_moved_by_it(recorded: Recorded) -> None:
    """What was never moved has nothing to be asked for: that is what we save requests by."""
    said: dict[int, str] = {}
    for comment in recorded.objects("issue_comment", "issue", "content"):
        if comment["content"]["raw"]:
            number = comment["issue"]["id"]
            said[number] = max(said.get(number, ""), comment["created_on"])
    issues = {each["id"]: each for each in recorded.objects("issue", "kind", "updated_on")}
    both = said.keys() & issues.keys()
    assert both
    for number in both:
        assert issues[number]["updated_on"] >= said[number] > issues[number]["created_on"]


def test_every_recorded_comment_that_says_something_is_read_without_loss(
    recorded: Recorded,
) -> None:
    comments = list(recorded.objects("issue_comment", "content"))
    comments += recorded.objects("pullrequest_comment", "content")
    assert len(comments) >= 15
    read = 0
    for row in comments:
        body = {"id": "{r}#1", "repository": HOME, "issue": {}, "changes": []}
        found = list(
            Bitbucket.to_records("tasks", {**body, "comments": [pick(row, COMMENT_FIELDS)]})
        )
        comments_of = [each for each in found if isinstance(each, Comment)]
        if not row["content"]["raw"]:
            assert comments_of == []
            continue
        [comment] = comments_of
        read += 1
        assert comment.text == row["content"]["raw"]
        assert comment.author_id == row["user"]["uuid"]
        assert comment.at == instant(row["created_on"])
        assert comment.updated_at is None
    assert read >= 10


def test_every_recorded_pull_request_is_read_without_loss(recorded: Recorded) -> None:
    pulls = list(recorded.objects("pullrequest", "state", "author", "created_on"))
    assert len(pulls) >= 5
    states = set()
    for pull in pulls:
        body = {"id": f"{{r}}!{pull['id']}", "repository": HOME, "tasks": [], "activity": []}
        task, *rest = Bitbucket.to_records("tasks", {**body, "pull": pick(pull, PULL_FIELDS)})
        assert isinstance(task, Task)
        states.add(pull["state"])
        assert (task.title, task.status_label) == (pull["title"], pull["state"])
        assert task.status is not None
        assert task.description == (pull["description"] or None)
        assert task.reporter_id == pull["author"]["uuid"]
        assert task.assignee_ids == (pull["author"]["uuid"],)
        assert task.url == pull["links"]["html"]["href"]
        assert None not in (task.created_at, task.updated_at)
        asked = {each["uuid"] for each in pull.get("reviewers", [])}
        assert asked == {each.approver_ids[0] for each in rest if isinstance(each, Approval)}
    assert {"OPEN", "MERGED", "DECLINED"} <= states


def test_every_recorded_repository_is_read_without_loss(recorded: Recorded) -> None:
    rows = list(recorded.objects("repository", "has_issues", "created_on"))
    assert len(rows) >= 4
    for row in rows:
        body = {"repository": pick(row, REPOSITORY_FIELDS)}
        [project] = Bitbucket.to_records("projects", body)
        assert isinstance(project, Project)
        assert (project.id, project.key) == (row["uuid"], row["full_name"])
        assert project.parent_id == row["project"]["uuid"]
        assert project.created_at == instant(row["created_on"])
        assert bool(project.lacks) == (not row["has_issues"])


def test_recorded_lists_of_workspaces_are_read(recorded: Recorded, open_workspace: Open) -> None:
    workspace = open_workspace(options={"workspaces": []})
    body = recorded.bodies["goscm_user_workspaces"]
    assert body["next"] == ""
    workspace.answering("/user/workspaces", Reply.of(body))
    read = workspace.turn("people", patient=True)
    assert len(read.lanes["people"]) == len(body["values"])
