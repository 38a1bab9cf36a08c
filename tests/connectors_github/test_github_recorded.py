"""Against answers that GitHub really gave: none breaks the mapping, none is read with loss."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.github.answers import next_link
from connectors.github.connector import REPOSITORY_FIELDS, GitHub
from connectors.github.reading import (
    COMMENT_FIELDS,
    ISSUE_FIELDS,
    MILESTONE_FIELDS,
    is_on_pull_request,
    pick,
)
from connectors.sdk.contract import Answer
from connectors.sdk.errors import NotVisible, Refused, Throttled
from connectors.sdk.records import Comment, Milestone, Project, Record, Task

pytestmark = pytest.mark.contract


class Recorded:
    """GitHub's recorded answers and webhooks, and what is in them."""

    def __init__(self, folder: Path) -> None:
        self.files = {
            path.stem: json.loads(path.read_text())
            for path in sorted((folder / "github" / "recorded").glob("*.json"))
        }

    def answer(self, name: str) -> Answer:
        """A recorded answer as the door gives it."""
        held = self.files[name]["response"]
        url = f"https://api.github.com{self.files[name]['request']['path']}"
        return Answer(held["status"], held["headers"], held["body"], url)

    def body(self, name: str) -> Any:
        return self.files[name]["response"]["body"]

    def objects(self, *names: str) -> Iterator[Mapping[str, Any]]:
        """Every object that has all these fields, at any depth."""
        for file in self.files.values():
            for each in _objects(file["response"].get("body")):
                if all(name in each for name in names):
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


def of(stream: str, body: Any) -> list[Record]:
    return list(GitHub.to_records(stream, body))


def the_task(issue: Any) -> Task:
    body: dict[str, Any] = {
        "id": f"5#{issue['number']}",
        "issue": pick(issue, ISSUE_FIELDS),
        "repository": {"id": "5", "full_name": "acme/site"},
        "parent": None,
        "blocked_by": [],
    }
    [task] = of("tasks", body)
    assert isinstance(task, Task)
    return task


def test_every_recorded_issue_is_read_without_loss(recorded: Recorded) -> None:
    issues = list(recorded.objects("number", "title", "labels", "assignees", "comments_url"))
    assert len(issues) > 25
    for issue in issues:
        task = the_task(issue)
        assert task.title == issue["title"]
        assert task.status_label == issue.get("state_reason") or issue["state"]
        assert task.status is not None
        assert len(task.labels) == len(issue["labels"])
        assert task.assignee_ids == tuple(str(each["id"]) for each in issue["assignees"])
        assert task.reporter_id == str(issue["user"]["id"])
        assert (task.completed_at is None) == (issue["closed_at"] is None)
        assert task.created_at is not None
        assert task.updated_at is not None
        assert (task.milestone_id is None) == (issue["milestone"] is None)
        assert (task.description is None) == (not issue["body"])
        assert task.url == issue["html_url"]


def test_the_first_issue_of_a_recorded_page(recorded: Recorded) -> None:
    task = the_task(recorded.body("octokit_paginate-issues_00")[0])
    at = datetime(2017, 10, 10, 16, tzinfo=UTC)
    assert task == Task(
        id="5#13", key="acme/site#13", project_id="5", title="Test issue 13",
        url="https://github.com/octokit-fixture-org/paginate-issues/issues/13", status="todo",
        status_label="open", reporter_id="1000", created_at=at, updated_at=at,
    )  # fmt: skip


def test_an_issue_of_a_webhook_has_its_milestone_assignee_and_label(recorded: Recorded) -> None:
    task = the_task(recorded.body("webhook_issues_00")["issue"])
    assert (task.id, task.milestone_id) == ("5#1", "4317517")
    assert (task.assignee_ids, task.reporter_id) == (("21031067",), "21031067")
    assert (task.type, task.labels) == ("bug", ("bug",))


def test_every_recorded_comment_is_read_without_loss(recorded: Recorded) -> None:
    comments = list(recorded.objects("issue_url", "body", "author_association"))
    assert len(comments) >= 6
    for comment in comments:
        body = {"comment": pick(comment, COMMENT_FIELDS), "repository": "5"}
        [record] = of("comments", body)
        assert isinstance(record, Comment)
        assert record.id == str(comment["id"])
        assert record.task_id == f"5#{comment['issue_url'].rpartition('/')[2]}"
        assert record.text == comment["body"]
        assert record.author_id == str(comment["user"]["id"])
        assert is_on_pull_request(comment) == ("/pull/" in comment["html_url"])


def test_every_recorded_milestone_is_read_without_loss(recorded: Recorded) -> None:
    milestones = list(recorded.objects("open_issues", "closed_issues", "due_on"))
    assert len(milestones) >= 5
    for milestone in milestones:
        body = {"milestone": pick(milestone, MILESTONE_FIELDS), "repository": "5"}
        [record] = of("milestones", body)
        assert isinstance(record, Milestone)
        assert record.name == milestone["title"]
        assert record.state == {"open": "open", "closed": "done"}[milestone["state"]]
        due = milestone["due_on"]
        assert record.due_on == (None if due is None else date.fromisoformat(due[:10]))


def test_every_recorded_repository_is_read_without_loss(recorded: Recorded) -> None:
    repositories = list(recorded.objects("full_name", "archived", "has_issues"))
    assert len(repositories) > 25
    for row in repositories:
        [project] = of("projects", pick(row, REPOSITORY_FIELDS))
        assert isinstance(project, Project)
        assert (project.id, project.key) == (str(row["id"]), row["full_name"])
        assert (project.state == "archived") == row["archived"]


def test_recorded_pages_link_to_the_next_by_the_repositorys_id(recorded: Recorded) -> None:
    chain = [f"octokit_paginate-issues_0{place}" for place in range(5)]
    for place, name in enumerate(chain):
        link = next_link(recorded.answer(name))
        if place == 4:
            assert link is None
        else:
            request = recorded.files[chain[place + 1]]["request"]
            assert link is not None
            assert link.startswith(f"https://api.github.com{request['path']}?")
            assert f"page={request['query']['page']}" in link


def test_a_former_name_leads_to_the_repositorys_id(recorded: Recorded) -> None:
    moved = recorded.answer("octokit_rename-repository_01")
    assert (moved.status, moved.headers["location"]) == (
        301, "https://api.github.com/repositories/1000",
    )  # fmt: skip
    assert recorded.files["octokit_rename-repository_02"]["request"]["path"] == "/repositories/1000"
    assert recorded.answer("octokit_rename-repository_02").status == 200


def test_no_recorded_answer_is_taken_for_another(recorded: Recorded) -> None:
    """Success is success, an error of another kind is neither a limit nor a lost permission."""
    statuses = set()
    for name, file in recorded.files.items():
        if file["source"]["kind"] != "recorded":
            continue
        answer = recorded.answer(name)
        statuses.add(answer.status)
        error = GitHub.classify(answer)
        assert not isinstance(error, (Throttled, NotVisible)), name
        assert error is None or (answer.status == 401 and isinstance(error, Refused)), name
    assert {200, 301, 422} <= statuses


def test_recorded_limits_are_read(recorded: Recorded) -> None:
    answer = recorded.answer("octokit_paginate-issues_00")
    [budget] = GitHub.budget(answer)
    assert (budget.remaining, budget.limit, budget.name) == (4999, 5000, "core")
    assert budget.resets_in <= timedelta(hours=1)  # the recorder wrote milliseconds
