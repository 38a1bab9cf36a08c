"""GitLab's items as records: every field, every word, every oddity."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from connectors.gitlab.connector import GitLab
from connectors.sdk.records import (
    Change,
    Comment,
    Custom,
    Link,
    Membership,
    Milestone,
    Person,
    Project,
    Record,
    Sprint,
    Task,
    Worklog,
)

AT = "2026-02-03T04:05:06.789Z"
READ_AT = datetime(2026, 2, 3, 4, 5, 6, 789000, tzinfo=UTC)

ISSUE: dict[str, Any] = {
    "id": 9001, "iid": 34, "project_id": 12, "title": "Basket", "description": "As a *buyer*",
    "state": "opened", "issue_type": "issue", "type": "ISSUE", "created_at": AT, "updated_at": AT,
    "closed_at": None, "labels": ["shop", "workflow::in review", "team::a::lead"],
    "milestone": {"id": 5, "title": "Go live"}, "assignees": [{"id": 7}, {"id": 8}],
    "assignee": {"id": 7}, "author": {"id": 9}, "due_date": "2026-03-20", "confidential": True,
    "severity": "UNKNOWN", "weight": 3, "health_status": None,
    "epic": {"iid": 2, "group_id": 4}, "iteration": {"id": 77, "title": None},
    "time_stats": {"time_estimate": 7200, "total_time_spent": 5400}, "moved_to_id": None,
    "web_url": "https://gitlab.example.com/acme/web/-/issues/34",
    "references": {"full": "acme/web#34"},
}  # fmt: skip


def items(issue: dict[str, Any] | None = None, **parts: Any) -> dict[str, Any]:
    return {"id": "12-34", "issue": {**ISSUE, **(issue or {})}, "statuses": False, **parts}


def records(stream: str, body: Any) -> list[Record]:
    return list(GitLab.to_records(stream, body))


def task(issue: dict[str, Any] | None = None, **parts: Any) -> Task:
    [found] = [each for each in records("tasks", items(issue, **parts)) if isinstance(each, Task)]
    return found


def test_an_issue() -> None:
    assert records("tasks", items()) == [
        Task(
            id="12-34", key="acme/web#34", project_id="12", parent_id="g4-2", title="Basket",
            description="As a *buyer*", url="https://gitlab.example.com/acme/web/-/issues/34",
            type="task", type_label="issue", status="todo", status_label="opened",
            assignee_ids=("7", "8"), reporter_id="9",
            labels=("shop", "workflow::in review", "team::a::lead"), due_on=date(2026, 3, 20),
            created_at=READ_AT, updated_at=READ_AT, estimate_minutes=120, spent_minutes=90,
            points=3.0, milestone_id="5",
            custom=(Custom(id="confidential", name="Confidential", value=True),
                    Custom(id="health_status", name="Health", value=None),
                    Custom(id="label:workflow", name="workflow", value="in review"),
                    Custom(id="label:team::a", name="team::a", value="lead")),
        ),
        Membership(id="sprint:77:12-34", task_id="12-34", kind="sprint", container_id="77"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("issue", "status", "label", "completed"),
    [
        ({}, "todo", "opened", None),
        ({"state": "closed", "closed_at": AT}, "done", "closed", READ_AT),
        ({"state": "closed", "closed_at": None}, "done", "closed", None),  # closed long ago
        ({"state": "opened", "closed_at": AT}, "todo", "opened", None),
        ({"state": "closed", "moved_to_id": 99}, "cancelled", "closed", None),
        ({"state": "locked"}, None, "locked", None),
        ({"state": None}, None, None, None),
    ],
)
def test_states(issue: dict[str, Any], status: str, label: str, completed: Any) -> None:
    found = task(issue)
    assert (found.status, found.status_label, found.completed_at) == (status, label, completed)


@pytest.mark.parametrize(
    ("state", "category", "status"),
    [
        ("opened", "TRIAGE", "todo"),
        ("opened", "to_do", "todo"),
        ("opened", "in_progress", "in_progress"),
        ("opened", "done", "todo"),  # the state goes before a category that contradicts it
        ("opened", "something new", "todo"),
        ("closed", "done", "done"),
        ("closed", "canceled", "cancelled"),
        ("closed", "CANCELLED", "cancelled"),  # as 18.1 wrote it
        ("closed", "in_progress", "done"),
    ],
)
def test_statuses_of_work_items(state: str, category: str, status: str) -> None:
    found = task({"state": state}, work_item={"status": {"name": "Ours", "category": category}})
    assert (found.status, found.status_label) == (status, "Ours")


@pytest.mark.parametrize(
    ("issue", "kind", "label"),
    [
        ({"issue_type": "incident"}, "bug", "incident"),
        ({"issue_type": "task"}, "subtask", "task"),
        ({"issue_type": "task", "epic": None}, "task", "task"),
        ({"issue_type": "ticket"}, "request", "ticket"),
        ({"issue_type": "test_case"}, "other", "test_case"),
        ({"issue_type": None, "type": "INCIDENT"}, "bug", "incident"),
        ({"issue_type": None, "type": None}, "task", None),
    ],
)
def test_types(issue: dict[str, Any], kind: str, label: str) -> None:
    found = task(issue)
    assert (found.type, found.type_label) == (kind, label)


def test_a_parent_is_an_issue_an_epic_or_none() -> None:
    project, group = {"id": "gid://gitlab/Project/12"}, {"id": "gid://gitlab/Group/4"}
    space = {"id": "gid://gitlab/Namespaces::ProjectNamespace/99"}
    up: dict[str, Any] = {"iid": "3", "project": project, "namespace": space}
    assert task(work_item={"parent": up}).parent_id == "12-3"
    up = {"iid": "3", "project": None, "namespace": group}
    assert task(work_item={"parent": up}).parent_id == "g4-3"
    assert task({"epic": None}, work_item={"parent": None}).parent_id is None
    assert task({"epic": None}).parent_id is None
    itself = {"iid": "34", "project": project}
    assert task(work_item={"parent": itself}).parent_id is None


def test_what_is_not_told_is_unknown_and_an_estimate_of_nothing_is_none() -> None:
    found = task({"time_stats": {"time_estimate": 0, "total_time_spent": 0}})
    assert (found.estimate_minutes, found.spent_minutes) == (None, 0)
    [bare, *more] = records("tasks", {"id": "12-34", "issue": {"iid": 34, "project_id": 12}})
    assert bare == Task(id="12-34", key="#34", project_id="12", title="")
    assert more == []


def test_labels_with_details_and_people_of_old_versions() -> None:
    found = task({"labels": [{"name": "a"}, "b", None, {"name": "a"}], "assignees": None})
    assert (found.labels, found.assignee_ids) == (("a", "b"), ("7",))


def test_severity_and_several_labels_of_one_scope() -> None:
    found = task({"severity": "HIGH", "labels": ["s::1", "s::2", "::x", "y::"]})
    assert Custom(id="severity", name="Severity", value="high") in found.custom
    assert Custom(id="label:s", name="s", value=("1", "2")) in found.custom
    assert len(found.custom) == 4


def test_a_label_forgotten_on_a_closed_issue_says_no_status() -> None:
    found = task({"state": "closed"})
    assert [each.id for each in found.custom] == ["confidential", "health_status"]
    assert "workflow::in review" in found.labels


def link(kind: str, iid: str, number: int = 1) -> dict[str, Any]:
    other = {"iid": iid, "project": {"id": "gid://gitlab/Project/12"}}
    name = f"gid://gitlab/WorkItems::RelatedWorkItemLink/{number}"
    return {"linkId": name, "linkType": kind, "workItem": other}


def test_links_are_the_same_from_both_ends() -> None:
    def told(id: str, links: list[Any]) -> list[Link]:
        body = {**items(work_item={"links": links}), "id": id}
        return [each for each in records("tasks", body) if isinstance(each, Link)]

    blocks = Link(id="1", type="blocks", type_label="blocks", from_id="12-34", to_id="12-5")
    assert told("12-34", [link("blocks", "5")]) == [blocks]
    assert told("12-5", [link("is_blocked_by", "34")]) == [blocks]
    relates = Link(id="2", type="relates", type_label="relates_to", from_id="12-34", to_id="12-5")
    assert told("12-34", [link("relates_to", "5", 2)]) == [relates]
    assert told("12-5", [link("relates_to", "34", 2)]) == [relates]
    [odd] = told("12-34", [link("mirrors", "5")])
    assert (odd.type, odd.type_label) == ("other", "mirrors")
    assert told("12-34", [{"linkId": None}, {"linkType": "blocks"}]) == []


def test_booked_time() -> None:
    logs = [
        {"id": "gid://gitlab/WorkItemTimelog/8", "timeSpent": 5400, "spentAt": AT,
         "summary": "Looked", "user": {"id": "gid://gitlab/User/7"}},
        {"id": "gid://gitlab/WorkItemTimelog/9", "timeSpent": -1800,
         "spentAt": "2026-02-04T23:30:00-02:00", "summary": None, "user": None},
        {"id": "gid://gitlab/WorkItemTimelog/10", "timeSpent": 60, "spentAt": None},
    ]  # fmt: skip
    found = records("tasks", items(work_item={"timelogs": logs}))
    assert [each for each in found if isinstance(each, Worklog)] == [
        Worklog(id="8", task_id="12-34", project_id="12", person_id="7", minutes=90,
                on=date(2026, 2, 3), text="Looked"),
        Worklog(id="9", task_id="12-34", project_id="12", minutes=-30, on=date(2026, 2, 5)),
    ]  # fmt: skip


def test_notes_of_people_are_comments_those_of_gitlab_are_none() -> None:
    notes = [
        {"id": 1, "body": "Hi", "author": {"id": 7}, "created_at": AT, "updated_at": AT,
         "system": False, "internal": False},
        {"id": 2, "body": "assigned to @ann", "created_at": AT, "system": True},
        {"id": 3, "body": "Hush", "author": None, "created_at": AT, "internal": True,
         "updated_at": "2026-02-03T05:00:00Z", "system": False},
        {"id": 4, "body": "Old", "created_at": AT},
        {"id": 5, "body": "Never"},
    ]  # fmt: skip
    found = [each for each in records("tasks", items(notes=notes)) if isinstance(each, Comment)]
    edited = datetime(2026, 2, 3, 5, tzinfo=UTC)
    assert found == [
        Comment(id="1", task_id="12-34", author_id="7", text="Hi", at=READ_AT, public=True),
        Comment(id="3", task_id="12-34", text="Hush", at=READ_AT, updated_at=edited, public=False),
        Comment(id="4", task_id="12-34", text="Old", at=READ_AT),
    ]


def changes(**parts: Any) -> list[Change]:
    return [each for each in records("tasks", items(**parts)) if isinstance(each, Change)]


def event(id: int, **more: Any) -> dict[str, Any]:
    return {"id": id, "user": {"id": 7}, "created_at": AT, **more}


COMMON: dict[str, Any] = {"task_id": "12-34", "at": READ_AT, "author_id": "7"}


def test_state_events() -> None:
    events = [event(1, state="closed"), event(2, state="reopened"), event(3, state="merged")]
    assert changes(state_events=events) == [
        Change(id="state:1", field="status", field_label="state", old="todo", new="done",
               old_label="opened", new_label="closed", **COMMON),
        Change(id="state:2", field="status", field_label="state", old="done", new="todo",
               old_label="closed", new_label="opened", **COMMON),
        Change(id="state:3", field="status", field_label="state", new_label="merged", **COMMON),
    ]  # fmt: skip
    fields = [each.field for each in changes(state_events=events, statuses=True)]
    assert fields == ["state"] * 3  # where statuses are read, a state is no status


def test_label_milestone_iteration_and_weight_events() -> None:
    found = changes(
        label_events=[event(1, action="add", label={"id": 2, "name": "shop"}),
                      event(2, action="remove", label={"id": 2, "name": "shop"}),
                      event(3, action="add", label=None)],
        milestone_events=[event(1, action="add", milestone={"id": 5, "title": "Go live"})],
        iteration_events=[event(1, action="remove", iteration={"id": 77, "title": "S1"})],
        weight_events=[event(1, weight=3), event(2, weight=None)],
    )  # fmt: skip
    assert found == [
        Change(id="label:1", field="labels", field_label="label", new="shop", new_label="shop",
               **COMMON),
        Change(id="label:2", field="labels", field_label="label", old="shop", old_label="shop",
               **COMMON),
        Change(id="label:3", field="labels", field_label="label", **COMMON),
        Change(id="milestone:1", field="milestone_id", field_label="milestone", new="5",
               new_label="Go live", **COMMON),
        Change(id="iteration:1", field="iteration", field_label="iteration", old="77",
               old_label="S1", **COMMON),
        Change(id="weight:1", field="points", field_label="weight", new="3.0", **COMMON),
        Change(id="weight:2", field="points", field_label="weight", old="3.0", **COMMON),
    ]  # fmt: skip


def test_an_epic() -> None:
    body = {
        "id": "g4-2",
        "epic": {
            "id": 60, "iid": 2, "group_id": 4, "title": "Shop", "description": "", "state":
            "closed", "author": {"id": 9}, "due_date": "2026-05-01", "end_date": "2026-05-01",
            "created_at": AT, "updated_at": AT, "closed_at": AT, "labels": ["x"],
            "web_url": "https://gitlab.example.com/groups/acme/-/epics/2", "confidential": False,
            "references": {"full": "acme&2"},
            "_links": {"parent": "https://gitlab.example.com/api/v4/groups/3/epics/1"},
        },
    }  # fmt: skip
    assert records("epics", body) == [
        Task(
            id="g4-2", key="acme&2", parent_id="g3-1", title="Shop", type="epic",
            type_label="epic", url="https://gitlab.example.com/groups/acme/-/epics/2",
            status="done", status_label="closed", reporter_id="9", labels=("x",),
            due_on=date(2026, 5, 1), created_at=READ_AT, updated_at=READ_AT, completed_at=READ_AT,
            custom=(Custom(id="confidential", name="Confidential", value=False),),
        )
    ]  # fmt: skip


def test_projects() -> None:
    row = {
        "id": 12, "name": "Web", "path_with_namespace": "acme/web", "description": None,
        "archived": False, "created_at": AT, "last_activity_at": AT, "web_url": "https://x.example",
    }  # fmt: skip
    assert records("projects", row) == [
        Project(id="12", key="acme/web", name="Web", url="https://x.example", created_at=READ_AT,
                updated_at=READ_AT)
    ]  # fmt: skip
    for more, state in (
        ({"archived": True}, "archived"),
        ({"archived": True, "marked_for_deletion_on": "2026-04-01"}, "trashed"),
        ({"marked_for_deletion_at": "2026-04-01"}, "trashed"),
    ):
        [project] = records("projects", {**row, **more})
        assert isinstance(project, Project)
        assert project.state == state


@pytest.mark.parametrize(
    ("user", "active", "kind"),
    [
        ({"username": "ann", "state": "active"}, True, "human"),
        ({"username": "ann", "state": "blocked"}, False, "human"),
        ({"username": "ann", "state": "deactivated"}, False, "human"),
        ({"username": "ann", "blocked": False}, True, "human"),  # versions before `state`
        ({"username": "ann"}, None, "human"),
        ({"username": "ann", "bot": True}, None, "app"),
        ({"username": "project_12_bot_0a1b"}, None, "app"),
        ({"username": "group_4_bot"}, None, "app"),
        ({"username": "projectmanager_bot"}, None, "human"),
    ],
)
def test_people(user: dict[str, Any], active: bool | None, kind: str) -> None:
    [person] = records("people", {"id": 7, "name": "Ann", "email": "ann@example.com", **user})
    assert isinstance(person, Person)
    assert (person.active, person.kind, person.email) == (active, kind, "ann@example.com")


def test_a_hidden_email_is_unknown_and_a_public_one_counts() -> None:
    [hidden] = records("people", {"id": 7, "username": "ann", "public_email": ""})
    assert hidden == Person(id="7", name="ann")
    [public] = records("people", {"id": 7, "name": "A", "public_email": "a@example.com"})
    assert public == Person(id="7", name="A", email="a@example.com")


def test_milestones_of_projects_and_groups() -> None:
    row = {"id": 5, "title": "Go", "state": "active", "start_date": "2026-01-01",
           "due_date": "2026-02-30", "project_id": 12}  # fmt: skip
    assert records("milestones", row) == [
        Milestone(id="5", project_id="12", name="Go", state="open", state_label="active",
                  start_on=date(2026, 1, 1))
    ]  # fmt: skip
    [group] = records("milestones", {"id": 6, "group_id": 4, "title": "Q", "state": "closed"})
    assert group == Milestone(id="6", name="Q", state="done", state_label="closed")


def test_iterations() -> None:
    row = {"id": 77, "title": None, "description": None, "state": 2, "start_date": "2026-02-02",
           "due_date": "2026-02-15"}  # fmt: skip
    assert records("sprints", row) == [
        Sprint(id="77", name="2026-02-02 – 2026-02-15", goal="", state="active",
               start_at=datetime(2026, 2, 2, tzinfo=UTC),
               end_at=datetime(2026, 2, 15, 23, 59, 59, tzinfo=UTC))
    ]  # fmt: skip
    [odd] = records("sprints", {"id": 78, "state": 9})
    assert odd == Sprint(id="78", name="#78", goal="", state=None)


def test_what_has_no_identity_gives_no_record() -> None:
    for stream in GitLab.streams:
        for body in ({}, {"id": None}, {"id": ""}):
            assert records(stream, body) == []
    assert records("boards", {"id": 1}) == []
