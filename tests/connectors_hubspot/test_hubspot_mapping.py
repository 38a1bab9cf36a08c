"""What HubSpot's records become."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from connectors.hubspot.mapping import to_records
from connectors.hubspot.values import custom_value, day, instant, plain
from connectors.sdk.records import (
    Change,
    Column,
    Comment,
    Custom,
    Link,
    Membership,
    Person,
    Project,
    Record,
    StatusUpdate,
    Task,
)

STAGES = {
    "1": {"label": "New", "metadata": {"ticketState": "OPEN", "isClosed": "false"}, "first": True},
    "2": {"label": "Waiting on us", "metadata": {"ticketState": "OPEN"}, "first": False},
    "4": {"label": "Closed", "metadata": {"ticketState": "CLOSED"}, "first": False},
    "5": {"label": "Duplicate", "metadata": {"ticketState": "CLOSED"}, "first": False},
    "won": {"label": "Won", "metadata": {"isClosed": "true", "probability": "1.0"}},
    "lost": {"label": "Lost", "metadata": {"isClosed": "true", "probability": "0.0"}},
}


def records(stream: str, id: str, properties: dict[str, Any], **body: Any) -> list[Record]:
    row = {"id": id, "properties": properties, **body.pop("row", {})}
    return list(to_records(stream, {"row": row, **body}))


def ticket(**properties: Any) -> Task:
    made = records("tickets", "0-5-7", properties, stages=STAGES)[0]
    assert isinstance(made, Task)
    return made


def test_a_task_with_all_that_it_can_have() -> None:
    made = records(
        "tasks",
        "0-27-512",
        {
            "hs_task_subject": "Call the supplier",
            "hs_task_body": "<p>Ask for the <b>price</b> &amp; date</p><p>Today</p>",
            "hs_task_status": "COMPLETED",
            "hs_task_priority": "HIGH",
            "hs_task_type": "CALL",
            "hs_timestamp": "2026-11-20T16:30:00Z",
            "hs_task_completion_date": "2026-11-19T09:00:00.250Z",
            "hs_task_parent_task_id": "500",
            "hubspot_owner_id": "31",
            "hs_created_by_user_id": "9001",
            "hs_createdate": "2026-11-01T08:00:00Z",
            "hs_lastmodifieddate": "1795075200000",
            "budget": "12.5",
        },
        row={"url": "https://app.example.com/task/512"},
        fields={
            "hs_task_type": {"label": "Task type", "labels": {"CALL": "Call"}},
            "hs_task_status": {"label": "Task status", "labels": {"COMPLETED": "Completed"}},
            "hs_task_priority": {"label": "Priority", "labels": {"HIGH": "High"}},
            "budget": {"label": "Budget", "type": "number"},
        },
        custom=["budget"],
        owners={"9001": "32"},
        linked={"projects": ["0-970-3"], "tickets": ["0-5-7"], "deals": ["0-3-8"]},
    )
    assert made == [
        Task(
            id="0-27-512",
            project_id="0-970-3",
            parent_id="0-27-500",
            title="Call the supplier",
            description="Ask for the price & date\nToday",
            url="https://app.example.com/task/512",
            type="subtask",
            type_label="Call",
            status="done",
            status_label="Completed",
            priority=2,
            priority_label="High",
            assignee_ids=("31",),
            reporter_id="32",
            due_on=datetime(2026, 11, 20, 16, 30, tzinfo=UTC),
            created_at=datetime(2026, 11, 1, 8, tzinfo=UTC),
            updated_at=datetime(2026, 11, 19, 8, tzinfo=UTC),
            completed_at=datetime(2026, 11, 19, 9, 0, 0, 250_000, tzinfo=UTC),
            custom=(Custom(id="budget", name="Budget", value=12.5),),
        ),
        Link(id="relates:0-27-512:0-5-7", type="relates", from_id="0-27-512", to_id="0-5-7"),
        Link(id="relates:0-27-512:0-3-8", type="relates", from_id="0-27-512", to_id="0-3-8"),
    ]


def test_a_task_of_several_projects_is_a_member_of_each_and_at_home_in_none() -> None:
    made = records("tasks", "0-27-1", {}, linked={"projects": ["0-970-3", "0-970-4"]})
    assert isinstance(made[0], Task)
    assert made[0].project_id is None
    assert [each.container_id for each in made[1:] if isinstance(each, Membership)] == [
        "0-970-3", "0-970-4",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("word", "status"),
    [("NOT_STARTED", "todo"), ("DEFERRED", "todo"), ("IN_PROGRESS", "in_progress"),
     ("WAITING", "in_progress"), ("COMPLETED", "done"), ("SOMETHING_NEW", None)],
)  # fmt: skip
def test_statuses_of_tasks(word: str, status: str | None) -> None:
    made = records("tasks", "0-27-1", {"hs_task_status": word})[0]
    assert isinstance(made, Task)
    assert (made.status, made.status_label) == (status, word)


@pytest.mark.parametrize(
    ("stage", "status", "label"),
    [("1", "todo", "New"), ("2", "in_progress", "Waiting on us"), ("4", "done", "Closed"),
     ("5", "cancelled", "Duplicate"), ("99", None, "99"), (None, None, None)],
)  # fmt: skip
def test_a_stage_is_known_by_what_its_pipeline_says(
    stage: str | None, status: str | None, label: str | None
) -> None:
    made = ticket(hs_pipeline_stage=stage)
    assert (made.status, made.status_label) == (status, label)


def test_a_ticket_that_was_reopened_is_not_completed() -> None:
    assert ticket(hs_pipeline_stage="2", closed_date="2026-11-01T08:00:00Z").completed_at is None
    closed = ticket(hs_pipeline_stage="4", closed_date="2026-11-01T08:00:00Z").completed_at
    assert closed == datetime(2026, 11, 1, 8, tzinfo=UTC)


def test_a_ticket_in_its_pipeline() -> None:
    made = records(
        "tickets",
        "0-5-7",
        {
            "subject": "Printer <3rd floor>",
            "content": "a < b",
            "hs_pipeline": "0",
            "hs_pipeline_stage": "2",
            "hs_ticket_category": "BILLING;OTHER",
            "hs_ticket_priority": "URGENT",
        },
        stages=STAGES,
        fields={"hs_ticket_category": {"label": "Category", "labels": {"BILLING": "Billing"}}},
        linked={"projects": ["0-970-3"]},
    )
    task = made[0]
    assert isinstance(task, Task)
    assert (task.project_id, task.type, task.type_label) == ("tickets/0", "request", "Ticket")
    assert (task.title, task.description) == ("Printer <3rd floor>", "a < b")
    assert task.labels == ("Billing", "OTHER")
    assert (task.priority, task.priority_label) == (1, "URGENT")
    assert made[1] == Membership(
        id="project:0-970-3:0-5-7", task_id="0-5-7", kind="project", container_id="0-970-3"
    )


@pytest.mark.parametrize(
    ("stage", "status", "completed"),
    [("won", "done", True), ("lost", "cancelled", True), ("open", None, False)],
)
def test_a_deal_is_won_or_lost_on_its_close_date(
    stage: str, status: str | None, completed: bool
) -> None:
    closes = "2026-12-01T00:00:00Z"
    properties = {"dealname": "Big one", "pipeline": "default", "dealstage": stage}
    made = records("deals", "0-3-8", {**properties, "closedate": closes}, stages=STAGES)[0]
    assert isinstance(made, Task)
    assert made.project_id == "deals/default"
    assert made.status == status
    assert made.due_on == instant(closes)
    assert made.completed_at == (instant(closes) if completed else None)


def test_versions_are_changes_and_the_oldest_is_none() -> None:
    made = records(
        "tickets",
        "0-5-7",
        {"hs_pipeline_stage": "4"},
        row={
            "propertiesWithHistory": {
                "hs_pipeline_stage": [
                    {"value": "4", "timestamp": "2026-11-03T08:00:00.500Z",
                     "updatedByUserId": 9001},
                    {"value": "2", "timestamp": "2026-11-02T08:00:00Z"},
                    {"value": "2", "timestamp": "2026-11-01T12:00:00Z"},
                    {"value": "1", "timestamp": "2026-11-01T08:00:00Z"},
                ],
                "hubspot_owner_id": [
                    {"value": "", "timestamp": "2026-11-02T09:00:00Z"},
                    {"value": "31", "timestamp": "2026-11-01T08:00:00Z"},
                ],
            }
        },
        stages=STAGES,
        fields={"hs_pipeline_stage": {"label": "Ticket status"}},
        owners={"9001": "32"},
    )  # fmt: skip
    changes = [each for each in made if isinstance(each, Change)]
    assert [(each.field, each.old, each.new) for each in changes] == [
        ("status", "todo", "in_progress"), ("status", "in_progress", "done"),
        ("assignee_ids", "31", None),
    ]  # fmt: skip
    assert changes[1] == Change(
        id="0-5-7:hs_pipeline_stage:1793692800500",
        task_id="0-5-7",
        at=datetime(2026, 11, 3, 8, 0, 0, 500_000, tzinfo=UTC),
        author_id="32",
        field="status",
        field_label="Ticket status",
        old="in_progress",
        new="done",
        old_label="Waiting on us",
        new_label="Closed",
    )


def test_a_project_and_how_it_was_said_to_be() -> None:
    made = records(
        "projects",
        "0-970-3",
        {
            "hs_name": "Move",
            "hs_pipeline_stage": "won",
            "hs_status": "at_risk",
            "hs_start_date": "2026-10-01",
            "hs_target_due_date": "1796083200000",
            "hubspot_owner_id": "31",
        },
        row={
            "propertiesWithHistory": {
                "hs_status": [
                    {"value": "at_risk", "timestamp": "2026-11-03T08:00:00Z"},
                    {"value": "on_track", "timestamp": "2026-10-03T08:00:00Z"},
                ]
            }
        },
        stages=STAGES,
        fields={"hs_status": {"label": "Status", "labels": {"at_risk": "At risk"}}},
    )
    project = made[0]
    assert isinstance(project, Project)
    assert (project.name, project.state, project.owner_id) == ("Move", "closed", "31")
    assert (project.start_on, project.due_on) == (date(2026, 10, 1), date(2026, 12, 1))
    assert project.lacks == ("labels",)
    told = [(e.health, e.health_label) for e in made if isinstance(e, StatusUpdate)]
    assert told == [("on_track", "on_track"), ("at_risk", "At risk")]


def test_a_pipeline_is_a_project_with_a_board_and_says_what_tickets_lack() -> None:
    stages = [{"id": "1", "label": "New", "displayOrder": 0}, {"id": "4", "label": "Closed"}]
    row = {"id": "tickets/0", "label": "Support", "createdAt": "1970-01-01T00:00:00Z"}
    made = list(
        to_records(
            "pipelines",
            {"row": {**row, "stages": stages}, "task_fields": ["target", "Target date"]},
        )
    )
    assert made == [
        Project(
            id="tickets/0",
            name="Support",
            lacks=("due_on", "parent_id"),
            task_fields=("target", "Target date"),
        ),
        *(
            Column(
                id=f"tickets/0/{id}",
                project_id="tickets/0",
                board_id="tickets/0",
                board_name="Support",
                name=name,
                position=0,
                status_labels=(name,),
            )
            for id, name in (("1", "New"), ("4", "Closed"))
        ),
    ]


def test_owners_who_left_and_queues() -> None:
    left = {"id": "31", "firstName": "Ada", "lastName": "Quist", "archived": True}
    queue = {"id": "40", "email": "desk@example.com", "type": "QUEUE", "archived": False}
    made = [next(iter(to_records("people", {"row": row}))) for row in (left, queue)]
    assert made == [
        Person(id="31", name="Ada Quist", active=False),
        Person(id="40", name="desk@example.com", email="desk@example.com", active=True,
               kind="group"),
    ]  # fmt: skip


def test_a_note_is_a_comment_on_each_thing_that_it_is_on() -> None:
    made = records(
        "comments",
        "0-46-9",
        {"hs_note_body": "<div>One<br>two</div>", "hs_timestamp": "2026-11-03T08:00:00Z",
         "hubspot_owner_id": "31"},
        linked={"tickets": ["0-5-7"], "deals": ["0-3-8"]},
    )  # fmt: skip
    assert [each.id for each in made] == ["0-46-9:0-5-7", "0-46-9:0-3-8"]
    assert isinstance(made[0], Comment)
    assert (made[0].text, made[0].author_id, made[0].public) == ("One\ntwo", "31", False)
    assert records("comments", "0-46-9", {"hs_note_body": "on a contact"}) == []


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-11-20T16:30:00.250Z", datetime(2026, 11, 20, 16, 30, 0, 250_000, tzinfo=UTC)),
        ("2026-11-20T16:30:00Z", datetime(2026, 11, 20, 16, 30, tzinfo=UTC)),
        ("1700000000000", datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)),
        ("2026-11-20T16:30:00", None),
        ("999999999999999", None),
        ("soon", None),
        (None, None),
    ],
)
def test_times_have_milliseconds_or_not_or_are_a_number(
    written: str | None, read: datetime | None
) -> None:
    assert instant(written) == read


@pytest.mark.parametrize(
    ("raw", "field", "value"),
    [
        ("true", {"type": "bool"}, True),
        ("maybe", {"type": "bool"}, None),
        ("3", {"type": "number"}, 3.0),
        ("inf", {"type": "number"}, None),
        ("2026-11-20", {"type": "date"}, date(2026, 11, 20)),
        ("a;b", {"several": True, "labels": {"a": "Alpha"}}, ("Alpha", "b")),
        ("a", {"type": "enumeration", "labels": {"a": "Alpha"}}, "Alpha"),
        ("", {"type": "string"}, None),
    ],
)
def test_every_value_is_a_text_and_is_read_by_its_definition(
    raw: str, field: dict[str, Any], value: Any
) -> None:
    assert custom_value(raw, field) == value


def test_days_and_html_that_are_none() -> None:
    assert day("2026-02-30") is None
    assert day(None) is None
    assert plain("<p>&nbsp;</p>") is None
    assert plain("1 < 2") == "1 < 2"
