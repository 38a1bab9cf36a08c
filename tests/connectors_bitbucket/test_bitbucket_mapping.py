"""What Bitbucket's answers become."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.bitbucket.connector import Bitbucket
from connectors.sdk.records import (
    Approval,
    Change,
    Comment,
    Custom,
    Milestone,
    Person,
    Project,
    Record,
    Task,
)

REPOSITORY = "{11111111-2222-4333-8444-555555555555}"
ANN, BOB = "{aaaaaaaa-0000-4000-8000-000000000001}", "{bbbbbbbb-0000-4000-8000-000000000002}"
HOME = {"id": REPOSITORY, "name": "acme/site"}


def at(day: int, hour: int = 9) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=UTC)


def said(day: int, hour: int = 9) -> str:
    return f"2026-03-{day:02}T{hour:02}:00:00.000000+00:00"


def user(id: str) -> dict[str, str]:
    return {"uuid": id, "type": "user"}


def of(stream: str, body: Any) -> list[Record]:
    return list(Bitbucket.to_records(stream, body))


def pull_item(**fields: Any) -> dict[str, Any]:
    pull = {
        "id": 7, "title": "Faster search", "summary": {"raw": "Indexes."}, "state": "OPEN",
        "author": user(ANN), "created_on": said(1), "updated_on": said(4),
        "links": {"html": {"href": "https://bitbucket.org/acme/site/pull-requests/7"}},
    }  # fmt: skip
    body = {"id": f"{REPOSITORY}!7", "repository": HOME, "tasks": [], "activity": []}
    return {**body, "pull": {**pull, **fields}}


def issue_item(**fields: Any) -> dict[str, Any]:
    issue = {
        "id": 3, "title": "Broken link", "content": {"raw": "On the first page."}, "state": "new",
        "kind": "bug", "priority": "critical", "assignee": user(BOB), "reporter": user(ANN),
        "milestone": {"id": 5, "name": "Go live"}, "component": {"id": 1, "name": "Pages"},
        "version": None, "created_on": said(1), "updated_on": said(2),
        "links": {"html": {"href": "https://bitbucket.org/acme/site/issues/3"}},
    }  # fmt: skip
    body = {"id": f"{REPOSITORY}#3", "repository": HOME, "comments": [], "changes": []}
    return {**body, "issue": {**issue, **fields}}


def test_a_repository_is_a_project_in_the_workspaces_project() -> None:
    row = {
        "uuid": REPOSITORY, "full_name": "acme/site", "name": "Site", "description": "",
        "project": {"uuid": "{p}", "key": "WEB"}, "has_issues": False, "created_on": said(1),
        "updated_on": said(2), "links": {"html": {"href": "https://bitbucket.org/acme/site"}},
    }  # fmt: skip
    assert of("projects", {"repository": row}) == [
        Project(id=REPOSITORY, key="acme/site", name="Site", parent_id="{p}", created_at=at(1),
                updated_at=at(2), url="https://bitbucket.org/acme/site",
                lacks=("priority", "priority_label", "milestone_id"))
    ]  # fmt: skip


def test_a_repository_with_an_issue_tracker_lacks_nothing() -> None:
    [project] = of("projects", {"repository": {"uuid": REPOSITORY, "has_issues": True}})
    assert isinstance(project, Project)
    assert project.lacks == ()


def test_a_workspaces_project_is_a_project() -> None:
    row = {"uuid": "{p}", "key": "WEB", "name": "Web", "links": {"html": {"href": "https://x"}}}
    assert of("projects", {"project": row}) == [
        Project(id="{p}", key="WEB", name="Web", url="https://x")
    ]


@pytest.mark.parametrize(
    ("type", "kind"), [("user", "human"), ("app_user", "app"), ("team", "group")]
)
def test_a_member_is_a_person(type: str, kind: Any) -> None:
    row = {"uuid": ANN, "display_name": "Ann Archer", "nickname": "ann", "type": type}
    assert of("people", {"user": row}) == [Person(id=ANN, name="Ann Archer", kind=kind)]


def test_a_milestone_has_a_name_and_nothing_else() -> None:
    id = f"{REPOSITORY}/5"
    row = {"id": 5, "name": "Go live"}
    assert of("milestones", {"id": id, "milestone": row, "repository": REPOSITORY}) == [
        Milestone(id=id, project_id=REPOSITORY, name="Go live")
    ]


def test_an_open_pull_request_is_work_of_its_author() -> None:
    assert of("tasks", pull_item()) == [
        Task(
            id=f"{REPOSITORY}!7", key="acme/site/pull-requests/7", project_id=REPOSITORY,
            title="Faster search", description="Indexes.", type="other",
            type_label="Pull request", status="in_progress", status_label="OPEN",
            url="https://bitbucket.org/acme/site/pull-requests/7", assignee_ids=(ANN,),
            reporter_id=ANN, created_at=at(1), updated_at=at(4),
        )
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("state", "draft", "status", "label"),
    [
        ("OPEN", False, "in_progress", "OPEN"),
        ("OPEN", True, "in_progress", "DRAFT"),
        ("MERGED", True, "done", "MERGED"),
        ("DECLINED", False, "cancelled", "DECLINED"),
        ("SUPERSEDED", False, "cancelled", "SUPERSEDED"),
        ("QUEUED", False, None, "QUEUED"),
    ],
)
def test_states_of_pull_requests(state: str, draft: bool, status: Any, label: str) -> None:
    task = of("tasks", pull_item(state=state, draft=draft))[0]
    assert isinstance(task, Task)
    assert (task.status, task.status_label) == (status, label)
    assert task.resolution == (state if status in ("done", "cancelled") else None)


def test_a_pull_request_of_a_deleted_account_is_nobodys() -> None:
    task = of("tasks", pull_item(author=None))[0]
    assert isinstance(task, Task)
    assert (task.reporter_id, task.assignee_ids) == (None, ())


def test_tasks_of_a_pull_request_are_subtasks_of_its_author() -> None:
    item = pull_item()
    id = f"{item['id']}/41"
    row = {
        "id": 41, "state": "RESOLVED", "content": {"raw": "Add a test\n\nFor the empty page."},
        "creator": user(BOB), "pending": False, "created_on": said(2), "updated_on": said(3),
        "resolved_on": said(3), "resolved_by": user(ANN),
        "links": {"html": {"href": "https://bitbucket.org/t"}},
    }  # fmt: skip
    item["tasks"] = [
        {"id": id, "task": row},
        {"id": f"{item['id']}/42", "task": {**row, "pending": True}},
    ]
    assert of("tasks", item)[1:] == [
        Task(
            id=id, project_id=REPOSITORY, parent_id=item["id"], title="Add a test",
            description="For the empty page.", url="https://bitbucket.org/t", type="subtask",
            type_label="Pull request task", status="done", status_label="RESOLVED",
            assignee_ids=(ANN,), reporter_id=BOB, created_at=at(2), updated_at=at(3),
            completed_at=at(3), resolution="RESOLVED",
        ),
        Change(
            id=f"{id}@{at(3).isoformat()}/status", task_id=id, at=at(3), author_id=ANN,
            field="status", field_label="state", old="todo", new="done", old_label="UNRESOLVED",
            new_label="RESOLVED",
        ),
    ]  # fmt: skip


def test_a_task_that_was_reopened_is_not_completed() -> None:
    item = pull_item()
    row = {"state": "UNRESOLVED", "content": {"raw": "Again"}, "resolved_on": said(3)}
    item["tasks"] = [{"id": f"{item['id']}/1", "task": row}]
    task = of("tasks", item)[1]
    assert isinstance(task, Task)
    assert (task.status, task.completed_at, task.resolution) == ("todo", None, None)


def test_reviewers_are_approvals_with_what_they_decided() -> None:
    eve = "{eeeeeeee-0000-4000-8000-000000000003}"
    item = pull_item(
        reviewers=[user(ANN), user(BOB)],
        participants=[
            {"user": user(BOB), "role": "REVIEWER", "state": "approved",
             "participated_on": said(3)},
            {"user": user(eve), "role": "PARTICIPANT", "state": "changes_requested",
             "participated_on": said(9)},
            {"user": user("{c}"), "role": "PARTICIPANT", "state": None},
            {"user": None, "role": "REVIEWER", "state": "approved"},
        ],
    )  # fmt: skip
    item["activity"] = [
        {"changes_requested": {"date": said(2), "user": user(eve)}},
        {"changes_requested": {"date": said(4), "user": user(eve)}},
        {"changes_requested": {"date": said(5), "user": user(BOB)}},
    ]
    id = item["id"]
    assert of("tasks", item)[1:] == [
        Approval(id=f"{id}/{ANN}", task_id=id, approver_ids=(ANN,), decision="pending"),
        Approval(id=f"{id}/{BOB}", task_id=id, approver_ids=(BOB,), decision="approved",
                 decision_label="approved", decided_at=at(3)),
        Approval(id=f"{id}/{eve}", task_id=id, approver_ids=(eve,), decision="declined",
                 decision_label="changes_requested", decided_at=at(4)),
    ]  # fmt: skip


def test_updates_tell_when_a_pull_request_was_renamed_and_merged() -> None:
    item = pull_item(state="MERGED")

    def update(day: int, state: str, title: str) -> Any:
        shown = {"state": state, "title": title, "date": said(day), "author": user(BOB)}
        return {"update": shown}

    item["activity"] = [  # newest first
        update(4, "MERGED", "Faster search"),
        update(3, "OPEN", "Faster search"),
        update(1, "OPEN", "Search"),
    ]
    task, renamed, merged = of("tasks", item)
    id = item["id"]
    assert isinstance(task, Task)
    assert task.completed_at == at(4)
    assert renamed == Change(
        id=f"{id}@{at(3).isoformat()}/title", task_id=id, at=at(3), author_id=BOB, field="title",
        field_label="title", old="Search", new="Faster search", old_label="Search",
        new_label="Faster search",
    )  # fmt: skip
    assert merged == Change(
        id=f"{id}@{at(4).isoformat()}/status", task_id=id, at=at(4), author_id=BOB,
        field="status", field_label="state", old="in_progress", new="done", old_label="OPEN",
        new_label="MERGED",
    )  # fmt: skip


def test_comments_that_say_nothing_or_are_not_sent_are_left_out() -> None:
    item = pull_item()

    def comment(number: int, **fields: Any) -> Any:
        row = {"id": number, "content": {"raw": "Well."}, "user": user(BOB),
               "created_on": said(2), "updated_on": said(2)}  # fmt: skip
        return {"comment": {**row, **fields}}

    item["activity"] = [
        comment(1, updated_on="2026-03-02T09:00:00.000073+00:00"),
        comment(2, deleted=True), comment(3, pending=True), comment(4, content={"raw": None}),
        comment(5, updated_on=said(3), user=None),
    ]  # fmt: skip
    id = item["id"]
    assert of("tasks", item)[1:] == [
        Comment(id=f"{id}/1", task_id=id, author_id=BOB, text="Well.", at=at(2)),
        Comment(id=f"{id}/5", task_id=id, text="Well.", at=at(2), updated_at=at(3)),
    ]


def test_an_issue_is_a_task() -> None:
    assert of("tasks", issue_item()) == [
        Task(
            id=f"{REPOSITORY}#3", key="acme/site#3", project_id=REPOSITORY, title="Broken link",
            description="On the first page.", url="https://bitbucket.org/acme/site/issues/3",
            type="bug", type_label="bug", status="todo", status_label="new", priority=2,
            priority_label="critical", assignee_ids=(BOB,), reporter_id=ANN, created_at=at(1),
            updated_at=at(2), milestone_id=f"{REPOSITORY}/5",
            custom=(Custom(id="component", name="Component", value="Pages"),
                    Custom(id="version", name="Version", value=None)),
        )
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("state", "status", "resolution"),
    [
        ("submitted", "todo", None), ("new", "todo", None), ("open", "todo", None),
        ("on hold", "todo", None), ("resolved", "done", "resolved"), ("closed", "done", "closed"),
        ("invalid", "cancelled", "invalid"), ("duplicate", "cancelled", "duplicate"),
        ("wontfix", "cancelled", "wontfix"), ("parked", None, None),
    ],
)  # fmt: skip
def test_states_of_issues(state: str, status: Any, resolution: str | None) -> None:
    task = of("tasks", issue_item(state=state))[0]
    assert isinstance(task, Task)
    assert (task.status, task.status_label, task.resolution) == (status, state, resolution)


@pytest.mark.parametrize(
    ("kind", "type"),
    [("bug", "bug"), ("task", "task"), ("enhancement", "story"), ("proposal", "other")],
)
def test_kinds_of_issues(kind: str, type: str) -> None:
    task = of("tasks", issue_item(kind=kind))[0]
    assert isinstance(task, Task)
    assert (task.type, task.type_label) == (type, kind)


def test_changes_of_an_issue_are_history_and_tell_when_it_was_resolved() -> None:
    item = issue_item(state="resolved")
    item["changes"] = [
        {"id": 1, "created_on": said(2), "user": user(BOB),
         "changes": {"state": {"old": "new", "new": "resolved"},
                     "priority": {"old": "major", "new": "critical"},
                     "assignee": {"old": "", "new": "Bob"},
                     "content": {"old": "a", "new": "b"}}},
        {"id": 2, "created_on": said(1), "user": None,
         "changes": {"milestone": {"old": "Go live", "new": ""}}},
    ]  # fmt: skip
    task, *changes = of("tasks", item)
    assert isinstance(task, Task)
    assert task.completed_at == at(2)
    told = [
        (c.id.partition("@")[2], c.old, c.new, c.old_label, c.new_label, c.author_id)
        for c in changes
        if isinstance(c, Change)
    ]
    assert told == [
        ("1/status", "todo", "done", "new", "resolved", BOB),
        ("1/priority", "3", "2", "major", "critical", BOB),
        ("1/assignee", None, "Bob", None, "Bob", BOB),
        ("2/milestone", "Go live", None, "Go live", None, None),
    ]


def test_an_issue_that_was_opened_again_is_not_completed() -> None:
    item = issue_item(state="open")
    item["changes"] = [
        {"id": 1, "created_on": said(1), "changes": {"state": {"old": "new", "new": "closed"}}}
    ]
    task = of("tasks", item)[0]
    assert isinstance(task, Task)
    assert task.completed_at is None


@pytest.mark.parametrize("stream", [*Bitbucket.streams, "unknown"])
def test_a_body_without_an_id_is_nothing(stream: str) -> None:
    assert of(stream, {}) == []
