"""Teamwork's answers, as its description and its own client name their fields, as records."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from connectors.sdk.records import (
    Column,
    Comment,
    Custom,
    Link,
    Membership,
    Milestone,
    Person,
    Project,
    StatusUpdate,
    Task,
    Worklog,
)
from connectors.teamwork.mapping import is_deleted, state_of
from tests.connectors_teamwork.conftest import of

SITE = "https://acme.teamwork.com"
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)

TASK: dict[str, Any] = {
    "id": 41276637,
    "name": "Choose a supplier",
    "description": "Three offers, **one** choice.",
    "priority": "high",
    "progress": 40,
    "startDate": "2026-03-01T00:00:00Z",
    "dueDate": "2026-03-20T00:00:00Z",
    "estimateMinutes": 480,
    "tasklist": {"id": 1518546, "type": "tasklists"},
    "parentTask": {"id": 41276600, "type": "tasks"},
    "assignees": [
        {"id": 238860, "type": "users"},
        {"id": 17, "type": "teams"},
        {"id": 17, "type": "companies"},
    ],
    "predecessors": [
        {"id": 41276601, "type": "tasks", "meta": {"type": "start"}},
        {"id": 41276602, "type": "complete"},
    ],
    "createdBy": 238861,
    "createdAt": "2026-02-01T08:00:00Z",
    "updatedAt": "2026-03-02T12:00:00Z",
    "completedAt": None,
    "status": "new",
}
ITEM: dict[str, Any] = {
    "task": TASK,
    "project": "787076",
    "list": {"name": "Buying", "milestone": "487051"},
    "tags": ["release", "release", "web"],
    "stage": "In review",
    "logged": 90,
    "fields": [{"id": 9, "name": "Size", "type": "number-integer", "options": None, "value": "5"}],
    "site": SITE,
}


def task_of(body: dict[str, Any] | None = None, **changed: Any) -> Task:
    found = of("tasks", {**ITEM, **(body or {}), "task": {**TASK, **changed}})[0]
    assert isinstance(found, Task)
    return found


def test_a_task_with_all_that_it_may_have() -> None:
    assert of("tasks", ITEM) == [
        Task(
            id="41276637",
            project_id="787076",
            parent_id="41276600",
            title="Choose a supplier",
            description="Three offers, **one** choice.",
            url=f"{SITE}/app/tasks/41276637",
            type="subtask",
            status="in_progress",
            status_label="In review",
            priority=2,
            priority_label="high",
            assignee_ids=("238860", "team-17", "company-17"),
            reporter_id="238861",
            labels=("release", "web"),
            start_on=date(2026, 3, 1),
            due_on=date(2026, 3, 20),
            created_at=datetime(2026, 2, 1, 8, 0, tzinfo=UTC),
            updated_at=NOON,
            estimate_minutes=480,
            spent_minutes=90,
            percent_complete=40.0,
            milestone_id="487051",
            custom=(Custom(id="9", name="Size", value=5.0),),
        ),
        Membership(
            id="project:787076:41276637", task_id="41276637", kind="project",
            container_id="787076", section="Buying",
        ),
        Link(id="blocks:41276601:41276637", type="blocks", type_label="start",
             from_id="41276601", to_id="41276637"),
        Link(id="other:41276602:41276637", type="other", type_label="complete",
             from_id="41276602", to_id="41276637"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("status", "progress", "stage", "expected"),
    [
        ("new", 0, None, ("todo", "new")),
        ("reopened", 0, None, ("todo", "reopened")),
        ("new", 1, None, ("in_progress", "new")),
        ("new", 0, "Doing", ("todo", "Doing")),
        # Its stage says nothing any more once a task is completed.
        ("completed", 40, "Doing", ("done", "completed")),
        ("paused", 0, None, (None, "paused")),
        (None, 0, "Doing", (None, "Doing")),
    ],
)
def test_the_status_is_teamworks_and_the_label_what_people_see(
    status: Any, progress: int, stage: Any, expected: tuple[str | None, str | None]
) -> None:
    task = task_of({"stage": stage}, status=status, progress=progress)
    assert (task.status, task.status_label) == expected


def test_zero_and_empty_text_stand_for_nothing() -> None:
    task = task_of({"logged": None}, estimateMinutes=0, parentTask=None, parentTaskId=0,
                   priority="none", description="", startDate="", dueDate=None)  # fmt: skip
    assert (task.estimate_minutes, task.parent_id, task.type) == (None, None, "task")
    assert (task.priority, task.priority_label, task.description) == (None, None, None)
    assert (task.start_on, task.due_on, task.spent_minutes) == (None, None, None)


def test_ids_are_the_same_as_numbers_and_as_text() -> None:
    assert task_of(id="41276637", createdBy="238861") == task_of()


def test_older_answers_name_the_same_things_otherwise() -> None:
    older = {name: value for name, value in TASK.items() if name != "assignees"}
    older |= {"assigneeUserIds": [238860], "assigneeTeamIds": [17], "parentTask": None,
              "parentTaskId": 41276600, "dateUpdated": older.pop("updatedAt"),
              "completedOn": "2026-03-02T12:00:00Z", "dueDate": "20260320",
              "assignees": None}  # fmt: skip
    task, *_ = of("tasks", {**ITEM, "task": older})
    assert isinstance(task, Task)
    assert task.assignee_ids == ("238860", "team-17")
    assert (task.parent_id, task.updated_at) == ("41276600", NOON)
    assert (task.completed_at, task.due_on) == (NOON, date(2026, 3, 20))


def test_a_day_is_the_one_that_is_written() -> None:
    assert task_of(dueDate="2026-03-20T23:00:00-05:00").due_on == date(2026, 3, 20)


def test_a_time_that_was_never_set_is_none() -> None:
    never = "0001-01-01T00:00:00Z"
    task = task_of(dueDate=never, completedAt=never)
    assert (task.due_on, task.completed_at) == (None, None)
    assert not is_deleted({"deletedAt": never, "status": "new"})
    assert is_deleted({"deletedAt": "2026-03-02T12:00:00Z"})
    assert is_deleted({"deletedOn": "2026-03-02T12:00:00Z"})
    assert is_deleted({"isDeleted": True})
    assert state_of({"status": "active", "completedAt": never}) == "active"


def test_html_becomes_text_only_where_teamwork_says_that_it_is_html() -> None:
    text = "<p>Call &amp; ask</p><ul><li>price</li></ul>"
    assert task_of(description=text).description == text
    as_html = task_of(description=text, descriptionContentType="HTML")
    assert as_html.description == "Call & ask\nprice"


def test_a_task_waits_neither_for_itself_nor_twice_for_another() -> None:
    twice = [{"id": 5, "type": "start"}, {"id": 5, "type": "start"}, {"id": 41276637}]
    links = of("tasks", {**ITEM, "task": {**TASK, "predecessors": twice}})[2:]
    assert [link.id for link in links] == ["blocks:5:41276637"]


def test_predecessors_by_their_bare_ids() -> None:
    task = {name: value for name, value in TASK.items() if name != "predecessors"}
    links = of("tasks", {**ITEM, "task": {**task, "predecessorIds": [5, 5, 6]}})[2:]
    assert [link.id for link in links] == ["blocks:5:41276637", "blocks:6:41276637"]
    assert {link.type_label for link in links if isinstance(link, Link)} == {None}


def test_a_project_with_its_company_category_tags_and_fields() -> None:
    row = {
        "id": 787076, "name": "New site", "description": "Replaces the old one.",
        "status": "active", "subStatus": "late", "startAt": "2026-01-05T00:00:00Z",
        "endAt": "2026-06-30T00:00:00Z", "projectOwner": {"id": 238860, "type": "users"},
        "createdAt": "2026-01-01T10:00:00Z", "updatedAt": "2026-03-02T12:00:00Z",
    }  # fmt: skip
    body = {"project": row, "company": "Acme", "category": None, "tags": ["client"],
            "fields": [{"id": 3, "name": "Risk", "type": "dropdown", "value": None}],
            "site": SITE}  # fmt: skip
    assert of("projects", body) == [
        Project(
            id="787076",
            name="New site",
            description="Replaces the old one.",
            url=f"{SITE}/app/projects/787076",
            state="active",
            owner_id="238860",
            start_on=date(2026, 1, 5),
            due_on=date(2026, 6, 30),
            created_at=datetime(2026, 1, 1, 10, 0, tzinfo=UTC),
            updated_at=NOON,
            custom=(
                Custom(id="company", name="Company", value="Acme"),
                Custom(id="category", name="Category", value=None),
                Custom(id="tags", name="Tags", value=("client",)),
                Custom(id="3", name="Risk", value=None),
            ),
        )
    ]


@pytest.mark.parametrize(
    ("row", "state"),
    [
        ({"status": "inactive"}, "archived"),
        ({"status": "inactive", "completedAt": "2026-03-02T12:00:00Z"}, "archived"),
        ({"status": "active", "subStatus": "completed"}, "closed"),
        ({"status": "active", "completedAt": "2026-03-02T12:00:00Z"}, "closed"),
        ({"status": "deleted"}, "trashed"),
        ({"status": "who knows"}, "active"),
    ],
)
def test_states_of_projects(row: dict[str, Any], state: str) -> None:
    (project,) = of("projects", {"project": {"id": 1, **row}})
    assert isinstance(project, Project)
    assert project.state == state


def test_owner_and_days_as_older_answers_tell_them() -> None:
    (project,) = of(
        "projects",
        {"project": {"id": 1, "ownerId": 7, "startDate": "2026-01-05", "endDate": "20260630"}},
    )
    assert isinstance(project, Project)
    assert (project.owner_id, project.start_on) == ("7", date(2026, 1, 5))
    assert project.due_on == date(2026, 6, 30)


def test_people_teams_and_companies() -> None:
    row = {"id": 5, "firstName": "Ada", "lastName": "Quist", "email": "ada@example.com"}
    assert of("people", {"person": {**row, "type": "account", "deleted": False}}) == [
        Person(id="5", name="Ada Quist", email="ada@example.com", active=True)
    ]
    (client,) = of("people", {"person": {"id": 6, "email": "c@example.com", "type": "contact"}})
    assert client == Person(id="6", name="c@example.com", email="c@example.com", kind="customer")
    assert of("people", {"team": {"id": 5, "name": "Design"}}) == [
        Person(id="team-5", name="Design", kind="group")
    ]
    assert of("people", {"company": {"id": 5, "name": "Acme"}}) == [
        Person(id="company-5", name="Acme", kind="group")
    ]


def test_a_workflow_is_a_board_and_its_stages_are_the_columns() -> None:
    body = {"workflow": {"id": 8, "name": "Delivery"},
            "stages": [{"id": 80, "name": "To do"}, {"id": 81, "name": "Done"}]}  # fmt: skip
    assert of("boards", body) == [
        Column(id=id, board_id="8", board_name="Delivery", name=name, position=position,
               status_labels=(name,))
        for position, (id, name) in enumerate((("80", "To do"), ("81", "Done")))
    ]  # fmt: skip


def test_a_milestone() -> None:
    row = {"id": 487051, "name": "Go live", "description": "", "deadline": "2026-04-01T00:00:00Z",
           "project": {"id": 787076, "type": "projects"}, "status": "reopened", "completed": False,
           "responsibleParties": [{"id": 17, "type": "teams"}, {"id": 5, "type": "users"}],
           "completedOn": None}  # fmt: skip
    milestone = Milestone(
        id="487051", project_id="787076", name="Go live", url=f"{SITE}/app/milestones/487051",
        state="open", state_label="reopened", owner_id="team-17", due_on=date(2026, 4, 1),
    )  # fmt: skip
    assert of("milestones", {"milestone": row, "site": SITE}) == [milestone]
    done = row | {"status": "completed", "completed": True, "completedOn": "2026-03-02T12:00:00Z"}
    (found,) = of("milestones", {"milestone": done, "site": SITE})
    assert isinstance(found, Milestone)
    assert (found.state, found.completed_at) == ("done", NOON)
    (unknown,) = of("milestones", {"milestone": {"id": 1, "status": "paused"}})
    assert isinstance(unknown, Milestone)
    assert unknown.state is None


def test_a_comment_on_a_task_and_on_nothing_else() -> None:
    row = {"id": 3, "body": "Agreed.", "contentType": "TEXT", "object": {"id": 4, "type": "tasks"},
           "postedBy": 5, "postedDateTime": "2026-03-02T12:00:00Z",
           "dateLastEdited": None}  # fmt: skip
    comment = Comment(id="3", task_id="4", author_id="5", text="Agreed.", at=NOON)
    assert of("comments", {"comment": row}) == [comment]
    for away in ({"object": {"id": 4, "type": "milestones"}}, {"deleted": True}, {"object": None}):
        assert of("comments", {"comment": row | away}) == []


def test_logged_time_with_and_without_a_task() -> None:
    row = {"id": 23200713, "description": "", "minutes": 45, "timeLogged": "2026-03-02T12:00:00Z",
           "user": {"id": 5, "type": "users"}, "task": {"id": 4, "type": "tasks"},
           "project": {"id": 7, "type": "projects"}, "createdAt": "2026-03-02T12:00:00Z",
           "updatedAt": None}  # fmt: skip
    entry = Worklog(id="23200713", task_id="4", project_id="7", person_id="5", minutes=45,
                    on=date(2026, 3, 2), started_at=NOON, updated_at=NOON)  # fmt: skip
    assert of("worklogs", {"timelog": row}) == [entry]
    (without,) = of("worklogs", {"timelog": row | {"task": None, "taskId": 0}})
    assert isinstance(without, Worklog)
    assert without.task_id is None


@pytest.mark.parametrize(
    ("health", "expected"), [(0, None), (1, "off_track"), (2, "at_risk"), ("3", "on_track")]
)
def test_the_health_of_a_status_update(health: Any, expected: str | None) -> None:
    row = {"id": 1, "projectId": 7, "createdBy": 5, "createdAt": "2026-03-02T12:00:00Z",
           "health": health, "healthLabel": "Green-ish", "text": "Week 9"}  # fmt: skip
    assert of("updates", {"update": row}) == [
        StatusUpdate(id="1", project_id="7", author_id="5", at=NOON, health=expected,  # type: ignore[arg-type]
                     health_label="Green-ish", text="Week 9")
    ]  # fmt: skip


def field(kind: str, value: Any, **more: Any) -> Any:
    body = {"project": {"id": 1}, "fields": [{"id": 3, "name": "F", "type": kind, "value": value,
                                              **more}]}  # fmt: skip
    (project,) = of("projects", body)
    assert isinstance(project, Project)
    held = project.custom[3:]
    return held[0].value if held else "left out"


CHOICES = {"choices": [{"id": 21, "value": "High"}, {"id": 22, "value": "Low"}]}


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("text-short", "as said", "as said"),
        ("url", "https://example.com", "https://example.com"),
        ("number-integer", "7", 7.0),
        ("number-decimal", 2.5, 2.5),
        ("number-decimal", "many", "left out"),
        ("checkbox", True, True),
        ("checkbox", "false", False),
        ("checkbox", "perhaps", "left out"),
        ("date", "2026-04-01", date(2026, 4, 1)),
        ("date", "2026-04-01T00:00:00Z", date(2026, 4, 1)),
        ("dropdown", 21, "High"),
        ("dropdown", "22", "Low"),
        ("dropdown", "Low", "Low"),
        ("dropdown", 99, "99"),
        ("multiselect", [22, 21], ("Low", "High")),
        ("something new", ["a", 1], ("a", "1")),
        ("something new", {"a": 1}, "left out"),
        ("dropdown", "", None),
        ("multiselect", [], None),
    ],
)
def test_custom_fields_by_their_type(kind: str, value: Any, expected: Any) -> None:
    assert field(kind, value, options=CHOICES) == expected


@pytest.mark.parametrize(
    "stream",
    ["projects", "people", "boards", "milestones", "tasks", "comments", "worklogs", "updates"],
)
def test_a_body_without_an_id_has_no_records(stream: str) -> None:
    names = ("project", "person", "workflow", "milestone", "task", "comment", "timelog", "update")
    for id in (None, 0, "", "0", -1, True, "x", 1.5):
        assert of(stream, {name: {"id": id, "name": "N"} for name in names}) == []


def test_a_stream_that_is_not_known_has_no_records() -> None:
    assert of("risks", ITEM) == []
