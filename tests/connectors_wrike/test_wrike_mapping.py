"""Golden mappings: what Wrike says, and what becomes of it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from connectors.sdk.records import (
    Approval,
    Comment,
    Custom,
    Link,
    Membership,
    Milestone,
    Person,
    Project,
    Record,
    Task,
    Worklog,
)
from connectors.wrike.connector import Wrike

TASK = {
    "id": "T1",
    "title": "Print the catalogue",
    "description": "<p>Two runs &amp; a proof.</p><ul><li>paper<br />ink</li></ul>",
    "status": "Active",
    "importance": "High",
    "createdDate": "2026-10-01T08:00:00Z",
    "updatedDate": "2026-11-02T09:30:00Z",
    "dates": {
        "type": "Planned",
        "duration": 960,
        "start": "2026-11-03T09:00:00",
        "due": "2026-11-05T17:00:00",
    },
    "customStatusId": "S1",
    "permalink": "https://www.wrike.com/open.htm?id=1",
    "authorIds": ["P1"],
    "responsibleIds": ["P2", "G1"],
    "superTaskIds": [],
    "effortAllocation": {"mode": "Basic", "totalEffort": 960},
    "homes": ["F1", "F2"],
    "own_status": {"name": "At the printer's", "group": "Active", "standard": False},
    "fields": [{"id": "C1", "title": "Copies", "type": "Numeric", "value": "500"}],
    "dependencies": [
        {
            "id": "D1",
            "predecessorId": "T0",
            "successorId": "T1",
            "relationType": "StartToStart",
        }
    ],
}


def of(stream: str, body: Any) -> list[Record]:
    return list(Wrike.to_records(stream, body))


def task(**changed: Any) -> Task:
    found = of("tasks", {**TASK, **changed})[0]
    assert isinstance(found, Task)
    return found


def test_a_task_with_its_dependency_and_its_further_project() -> None:
    assert of("tasks", TASK) == [
        Task(
            id="T1",
            project_id="F1",
            title="Print the catalogue",
            description="Two runs & a proof.\npaper\nink",
            url="https://www.wrike.com/open.htm?id=1",
            type="task",
            type_label="Task",
            status="in_progress",
            status_label="At the printer's",
            priority=2,
            priority_label="High",
            assignee_ids=("P2", "G1"),
            reporter_id="P1",
            start_on=date(2026, 11, 3),
            due_on=date(2026, 11, 5),
            created_at=datetime(2026, 10, 1, 8, tzinfo=UTC),
            updated_at=datetime(2026, 11, 2, 9, 30, tzinfo=UTC),
            estimate_minutes=960,
            custom=(Custom(id="C1", name="Copies", value=500.0),),
        ),
        Membership(id="project:F2:T1", task_id="T1", kind="project", container_id="F2"),
        Link(id="D1", type="precedes", type_label="StartToStart", from_id="T0", to_id="T1"),
    ]


def test_a_milestone_is_a_task_of_that_type_and_a_milestone() -> None:
    dates = {"type": "Milestone", "due": "2026-12-18T17:00:00"}
    found, milestone, *_ = of("tasks", {**TASK, "dates": dates, "superTaskIds": ["T9"]})
    assert isinstance(found, Task)
    assert (found.type, found.type_label, found.parent_id) == ("milestone", "Milestone", "T9")
    assert milestone == Milestone(
        id="T1",
        project_id="F1",
        name="Print the catalogue",
        description=found.description,
        url=found.url,
        state="open",
        state_label="At the printer's",
        owner_id="P2",
        due_on=date(2026, 12, 18),
    )


def test_a_subtask_of_several_tasks_hangs_on_the_first() -> None:
    found = task(superTaskIds=["T9", "T8"])
    assert (found.type, found.parent_id) == ("subtask", "T9")


@pytest.mark.parametrize(
    ("group", "standard", "status"),
    [
        ("Active", True, "todo"), ("Active", False, "in_progress"), ("Deferred", False, "todo"),
        ("Completed", True, "done"), ("Cancelled", False, "cancelled"), ("Paused", False, None),
    ],
)  # fmt: skip
def test_the_group_of_a_status_decides(group: str, standard: bool, status: str | None) -> None:
    found = task(own_status={"name": "Ours", "group": group, "standard": standard})
    assert (found.status, found.status_label) == (status, "Ours")


@pytest.mark.parametrize(
    ("word", "status"),
    [("Active", "in_progress"), ("Completed", "done"), ("Deferred", "todo"), ("Else", None)],
)
def test_a_status_of_a_workflow_that_is_not_shown_counts_by_its_group(
    word: str, status: str | None
) -> None:
    found = task(own_status=None, status=word)
    assert (found.status, found.status_label) == (status, word)


def test_a_task_in_the_backlog_has_no_days_and_one_without_a_folder_no_project() -> None:
    found = task(dates={"type": "Backlog"}, homes=[])
    assert (found.start_on, found.due_on, found.project_id) == (None, None, None)


def test_effort_that_is_not_kept_is_no_estimate() -> None:
    assert task(effortAllocation={"mode": "None"}).estimate_minutes is None


@pytest.mark.parametrize(
    ("kind", "value", "read"),
    [
        ("Text", "red", "red"), ("DropDown", "A4", "A4"), ("Numeric", "3.5", 3.5),
        ("Currency", "12", 12.0), ("Percentage", "40", 40.0), ("Duration", "90", 90.0),
        ("Date", "2026-12-01", date(2026, 12, 1)), ("Checkbox", "true", True),
        ("Checkbox", "false", False), ("Contacts", "P1, P2", ("P1", "P2")),
        ("Multiple", '["a, b","c"]', ("a, b", "c")), ("Multiple", "[torn", ("[torn",)),
        ("Numeric", "many", None), ("Date", "soon", None), ("Text", "", None), (None, "x", "x"),
    ],
)  # fmt: skip
def test_custom_fields_are_read_by_their_type(kind: Any, value: str, read: Any) -> None:
    held = {"id": "C1", "title": "Ours", "type": kind, "value": value}
    assert task(fields=[held]).custom == (Custom(id="C1", name="Ours", value=read),)


def test_a_custom_field_that_is_not_shown_is_called_by_its_id() -> None:
    held = {"id": "C1", "title": None, "type": None, "value": "x"}
    assert task(fields=[held]).custom == (Custom(id="C1", name="C1", value="x"),)


def test_a_project() -> None:
    folder = {
        "id": "F1",
        "title": "Catalogue",
        "description": "",
        "createdDate": "2026-01-01T08:00:00Z",
        "updatedDate": "2026-11-01T08:00:00Z",
        "permalink": "https://www.wrike.com/open.htm?id=2",
        "project": {
            "ownerIds": ["P1", "P2"], "status": "Custom", "customStatusId": "S9",
            "startDate": "2026-02-01", "endDate": "2026-12-31",
            "createdDate": "2026-01-05T08:00:00Z",
        },
    }  # fmt: skip
    item = {
        "folder": folder,
        "state": "closed",
        "parent": "SP",
        "own_status": {"name": "Delivered", "group": "Completed"},
        "fields": [{"id": "C2", "title": "Budget", "type": "Currency", "value": "1000"}],
    }
    assert of("projects", item) == [
        Project(
            id="F1",
            name="Catalogue",
            url="https://www.wrike.com/open.htm?id=2",
            state="closed",
            parent_id="SP",
            owner_id="P1",
            start_on=date(2026, 2, 1),
            due_on=date(2026, 12, 31),
            created_at=datetime(2026, 1, 5, 8, tzinfo=UTC),
            updated_at=datetime(2026, 11, 1, 8, tzinfo=UTC),
            custom=(
                Custom(id="status", name="Status", value="Delivered"),
                Custom(id="C2", name="Budget", value=1000.0),
            ),
        )
    ]


def test_a_space_is_a_project_without_dates_and_status() -> None:
    item = {"space": {"id": "SP", "title": "Print"}, "state": "archived"}
    assert of("projects", item) == [Project(id="SP", name="Print", state="archived")]


def test_people_and_groups() -> None:
    profiles = [{"accountId": "A", "email": None}, {"accountId": "A", "email": "ida@example.com"}]
    person = {
        "id": "P1", "firstName": "Ida", "lastName": "Berg", "type": "Person",
        "profiles": profiles, "timezone": "Europe/Oslo", "deleted": True,
    }  # fmt: skip
    group = {"id": "G1", "firstName": "Print", "lastName": "", "type": "Group", "timezone": "Z"}
    assert [*of("people", person), *of("people", group)] == [
        Person(
            id="P1", name="Ida Berg", email="ida@example.com", active=False,
            time_zone="Europe/Oslo",
        ),
        Person(id="G1", name="Print", kind="group"),
    ]  # fmt: skip


def test_a_comment_and_none_of_a_folder() -> None:
    comment = {
        "id": "M1", "authorId": "P1", "text": "Done & dusted", "taskId": "T1",
        "createdDate": "2026-11-01T08:00:00Z",
    }  # fmt: skip
    at = datetime(2026, 11, 1, 8, tzinfo=UTC)
    assert of("comments", comment) == [
        Comment(id="M1", task_id="T1", author_id="P1", text="Done & dusted", at=at)
    ]
    assert of("comments", {**comment, "taskId": None, "folderId": "F1"}) == []


def test_hours_become_minutes() -> None:
    entry = {
        "id": "L1", "taskId": "T1", "userId": "P1", "hours": 1.1, "trackedDate": "2026-11-01",
        "updatedDate": "2026-11-02T08:00:00Z", "comment": "", "home": "F1",
    }  # fmt: skip
    assert of("worklogs", entry) == [
        Worklog(
            id="L1", task_id="T1", project_id="F1", person_id="P1", minutes=66,
            on=date(2026, 11, 1), updated_at=datetime(2026, 11, 2, 8, tzinfo=UTC),
        )
    ]  # fmt: skip


def decision(approver: str, status: str, day: int) -> dict[str, str]:
    return {"approverId": approver, "status": status, "updatedDate": f"2026-11-{day:02}T08:00:00Z"}


@pytest.mark.parametrize(
    ("said", "label", "becomes", "day"),
    [
        (("Approved", "Pending"), "Pending", "pending", None),
        (("Approved", "Approved"), "Approved", "approved", 5),
        (("Rejected", "Pending"), "Rejected", "declined", 4),
    ],
)
def test_an_approval_is_what_its_approvers_say(
    said: tuple[str, str], label: str, becomes: Any, day: int | None
) -> None:
    decisions = [decision("P1", said[0], 4), decision("P2", said[1], 5)]
    item = {"id": "A1", "taskId": "T1", "title": "", "description": "<b>Go</b>"}
    assert of("approvals", {**item, "decisions": decisions}) == [
        Approval(
            id="A1",
            task_id="T1",
            name="Go",
            approver_ids=("P1", "P2"),
            decision=becomes,
            decision_label=label,
            decided_at=None if day is None else datetime(2026, 11, day, 8, tzinfo=UTC),
        )
    ]


def test_an_approval_that_was_called_off_and_one_of_a_folder_have_no_record() -> None:
    item = {"id": "A1", "taskId": "T1", "decisions": [decision("P1", "Pending", 4)]}
    assert of("approvals", {**item, "status": "Cancelled"}) == []
    assert of("approvals", {**item, "taskId": None, "folderId": "F1"}) == []
