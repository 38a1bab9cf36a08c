"""Answers that real GitLabs gave, as libraries keep them: of all ages, and read without loss."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.gitlab.connector import GitLab
from connectors.gitlab.items import (
    EPIC,
    MILESTONE,
    PERSON,
    PROJECT,
    issue_body,
    kept,
)
from connectors.gitlab.values import epic_id
from connectors.sdk.records import Change, Comment, Milestone, Person, Project, Record, Task
from tests.conformance.shapes import faults

pytestmark = pytest.mark.contract

ISSUES = (
    "goscm_issue", "goscm_issues", "narkoz_issue", "narkoz_issues", "narkoz_project_issues",
    "narkoz_group_issues", "narkoz_milestone_issues", "narkoz_group_milestone_issues",
    "narkoz_epic_issues", "narkoz_project_issue_links",
)  # fmt: skip
PROJECTS = (
    "goscm_repo", "goscm_repos", "goscm_repos_filter", "narkoz_project", "narkoz_projects",
    "narkoz_project_for_user", "narkoz_project_forked_for_user", "narkoz_user_projects",
    "narkoz_group_projects",
)  # fmt: skip
PEOPLE = (
    "goscm_user", "goscm_user_search", "narkoz_user", "narkoz_users", "narkoz_user_search",
    "narkoz_group_member", "narkoz_group_members", "narkoz_group_billable_members",
)  # fmt: skip
MILESTONES = (
    "goscm_milestone", "goscm_milestones", "narkoz_milestone", "narkoz_milestones",
    "narkoz_group_milestone", "narkoz_group_milestones",
)  # fmt: skip
EPICS = ("narkoz_epic", "narkoz_epics")
NOTES = ("goscm_issue_note", "goscm_issue_notes", "narkoz_note", "narkoz_notes")
EVENTS: Mapping[str, str] = {
    "narkoz_issue_resource_state_event": "state", "narkoz_issue_resource_state_events": "state",
    "narkoz_resource_label_event": "label", "narkoz_resource_label_events": "label",
}  # fmt: skip


def rows(contracts: Path, name: str) -> list[Any]:
    held = json.loads((contracts / "gitlab" / "recorded" / f"{name}.json").read_text())
    body = held["response"]["body"]
    return body if isinstance(body, list) else [body]


def read(stream: str, body: Any) -> list[Record]:
    found = list(GitLab.to_records(stream, body))
    assert [fault for record in found for fault in faults(record)] == []
    return found


def issue(row: Any, **told: list[Any]) -> Any:
    return issue_body(f"{row['project_id']}-{row.get('iid', row['id'])}", row, {}, told,
                      statuses=False)  # fmt: skip


def one(contracts: Path, stream: str, name: str, names: tuple[str, ...]) -> Record:
    [found] = read(stream, kept(rows(contracts, name)[0], names))
    return found


@pytest.mark.parametrize("name", ISSUES)
def test_every_recorded_issue_is_a_task(contracts: Path, name: str) -> None:
    found = rows(contracts, name)
    assert found
    for row in found:
        task, *_ = read("tasks", issue(row))
        assert isinstance(task, Task)
        assert task.title == row["title"]
        assert task.description == (row["description"] or None)
        assert task.labels == tuple(dict.fromkeys(row["labels"]))
        assert task.created_at == datetime.fromisoformat(row["created_at"])
        assert task.updated_at == datetime.fromisoformat(row["updated_at"])
        assert task.status == {"opened": "todo", "closed": "done", None: None}[row.get("state")]
        assert task.reporter_id == str(row["author"]["id"])
        people = row.get("assignees") or [row["assignee"]]
        assert task.assignee_ids == tuple(str(each["id"]) for each in people if each)
        assert task.milestone_id == (str(row["milestone"]["id"]) if row["milestone"] else None)
        assert task.due_on == (date.fromisoformat(row["due_date"]) if row.get("due_date") else None)
        assert task.points == row.get("weight")


@pytest.mark.parametrize(
    ("stream", "kind", "names", "files", "word"),
    [
        ("projects", Project, PROJECT, PROJECTS, "name"),
        ("people", Person, PERSON, PEOPLE, "name"),
        ("milestones", Milestone, MILESTONE, MILESTONES, "title"),
    ],
    ids=["projects", "people", "milestones"],
)
def test_every_recorded_row_is_a_record(
    contracts: Path, stream: str, kind: type[Any], names: Any, files: Any, word: str
) -> None:
    for name in files:
        for row in rows(contracts, name):
            [record] = [each for each in read(stream, kept(row, names)) if isinstance(each, kind)]
            assert (record.id, record.name) == (str(row["id"]), row[word])


def test_every_recorded_epic_note_and_event_is_read(contracts: Path) -> None:
    for name in EPICS:
        for row in rows(contracts, name):
            id = epic_id(row["group_id"], row["iid"])
            [task] = read("epics", {"id": id, "epic": kept(row, EPIC)})
            assert isinstance(task, Task)
            assert (task.title, task.type, task.status) == (row["title"], "epic", "todo")
    base = rows(contracts, "goscm_issue")[0]
    for name in NOTES:
        found = rows(contracts, name)
        told = [each for each in read("tasks", issue(base, notes=found))
                if isinstance(each, Comment)]  # fmt: skip
        assert [each.id for each in told] == [
            str(row["id"]) for row in found if row.get("system") is not True
        ]
    for name, kind in EVENTS.items():
        found = rows(contracts, name)
        body = issue(base, **{f"{kind}_events": found})
        events = [each for each in read("tasks", body) if isinstance(each, Change)]
        assert [(each.id, each.author_id) for each in events] == [
            (f"{kind}:{row['id']}", str(row["user"]["id"])) for row in found
        ]
