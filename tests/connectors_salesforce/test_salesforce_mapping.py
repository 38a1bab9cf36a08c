"""Golden rows, as Salesforce's documentation writes them, and rows that nobody has written."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.salesforce.connector import Salesforce
from connectors.salesforce.values import custom_value, day, instant
from connectors.sdk.records import (
    Approval,
    Change,
    Comment,
    Custom,
    Person,
    Project,
    Record,
    SlaCycle,
    Task,
)

WEB = "https://acme.lightning.force.com"
CASE = "500xx0000000001AAA"
ADA = "005xx0000000001AAA"
QUEUE = "00Gxx0000000001EAA"
CAMPAIGN = "701xx0000000001AAA"


def one(stream: str, row: dict[str, Any], **more: Any) -> Record:
    [record] = Salesforce.to_records(stream, {"row": row, "web": WEB, **more})
    return record


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


TASK_ROW: dict[str, Any] = {
    "Id": "00Txx0000000001AAA", "IsDeleted": False, "Subject": "Call the supplier",
    "Description": "Ask\r\nfor the date", "Status": "In Progress", "IsClosed": False,
    "Priority": "High", "ActivityDate": "2026-12-04", "OwnerId": ADA, "CreatedById": ADA,
    "WhatId": CAMPAIGN, "CompletedDateTime": None, "TaskSubtype": "Call", "IsArchived": False,
    "CreatedDate": "2026-11-01T08:00:00.000+0000",
    "LastModifiedDate": "2026-11-02T09:30:15.000+0000",
    "SystemModstamp": "2026-11-03T00:00:00.000+0000", "Risk__c": "H", "Cost__c": 12,
}  # fmt: skip
FIELDS = {
    "Risk__c": {"label": "Risk", "type": "picklist", "labels": {"H": "High risk"}},
    "Cost__c": {"label": "Cost", "type": "currency"},
    "Gone__c": {"label": "Gone", "type": "string"},
}
OPEN = {"closed": False, "default": False}


def test_a_task() -> None:
    assert one("tasks", TASK_ROW, fields=FIELDS, status=OPEN, project=CAMPAIGN) == Task(
        id="00Txx0000000001AAA", project_id=CAMPAIGN, title="Call the supplier",
        description="Ask\nfor the date", url=f"{WEB}/00Txx0000000001AAA", type="task",
        type_label="Call", status="in_progress", status_label="In Progress", priority=2,
        priority_label="High", assignee_ids=(ADA,), reporter_id=ADA, due_on=date(2026, 12, 4),
        created_at=at(2026, 11, 1, 8), updated_at=at(2026, 11, 2, 9, 30, 15), archived=False,
        custom=(Custom(id="Risk__c", name="Risk", value="High risk"),
                Custom(id="Cost__c", name="Cost", value=12.0)),
    )  # fmt: skip


def test_a_case() -> None:
    row = {
        "Id": CASE, "CaseNumber": "00001026", "Subject": None, "Status": "Closed - Duplicate",
        "IsClosed": True, "Priority": "Medium", "Type": "Problem", "IsEscalated": True,
        "OwnerId": QUEUE, "CreatedById": ADA, "ParentId": "500xx0000000002AAA",
        "ClosedDate": "2026-11-05T10:00:00.000+0000", "RecordType": {"Name": "Change request"},
        "CreatedDate": "2026-11-01T08:00:00.000+0000", "LastModifiedDate": None,
    }  # fmt: skip
    assert one("cases", row, status={"closed": True, "default": False}) == Task(
        id=CASE, key="00001026", parent_id="500xx0000000002AAA", title="Case 00001026",
        url=f"{WEB}/{CASE}", type="request", type_label="Problem", status="cancelled",
        status_label="Closed - Duplicate", priority=3, priority_label="Medium",
        assignee_ids=(QUEUE,), reporter_id=ADA, created_at=at(2026, 11, 1, 8),
        completed_at=at(2026, 11, 5, 10),
        custom=(Custom(id="IsEscalated", name="Escalated", value=True),
                Custom(id="RecordTypeId", name="Record type", value="Change request")),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("row", "said", "status"),
    [
        ({"Status": "New", "IsClosed": False}, {"closed": False, "default": True}, "todo"),
        ({"Status": "Waiting", "IsClosed": False}, OPEN, "in_progress"),
        ({"Status": "Erledigt", "IsClosed": True}, None, "done"),
        ({"Status": "Withdrawn", "IsClosed": True}, None, "cancelled"),
        ({"Status": "No longer used", "IsClosed": False}, None, None),
        ({"Status": "Deferred"}, {"closed": True, "default": False}, "done"),
        ({"Status": "Deferred"}, None, None),
        # What the row says goes before the picklist, which may have changed since.
        ({"Status": "Odd", "IsClosed": True}, OPEN, "done"),
    ],
)
def test_a_status_follows_salesforces_own_flags(row: Any, said: Any, status: str | None) -> None:
    task = one("tasks", {**TASK_ROW, "IsClosed": None, **row}, status=said)
    assert isinstance(task, Task)
    assert (task.status, task.status_label) == (status, row["Status"])


@pytest.mark.parametrize(
    ("word", "rank"),
    [("Critical", 1), ("High", 2), ("Normal", 3), ("Medium", 3), ("low", 4), ("P1?", None),
     (None, None)],
)  # fmt: skip
def test_priorities(word: str | None, rank: int | None) -> None:
    task = one("tasks", {**TASK_ROW, "Priority": word})
    assert isinstance(task, Task)
    assert (task.priority, task.priority_label) == (rank, word)


def test_a_campaign() -> None:
    row = {
        "Id": CAMPAIGN, "Name": "Launch", "Description": "All of it", "ParentId": None,
        "OwnerId": ADA, "StartDate": "2026-10-01", "EndDate": "2026-12-31",
        "CreatedDate": "2026-09-01T08:00:00.000+0000",
        "LastModifiedDate": "2026-09-02T08:00:00.000+0000",
    }  # fmt: skip
    assert one("projects", row) == Project(
        id=CAMPAIGN, name="Launch", description="All of it", url=f"{WEB}/{CAMPAIGN}", owner_id=ADA,
        start_on=date(2026, 10, 1), due_on=date(2026, 12, 31), created_at=at(2026, 9, 1, 8),
        updated_at=at(2026, 9, 2, 8),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("type", "kind"),
    [("Standard", "human"), ("AutomatedProcess", "app"), ("PowerCustomerSuccess", "customer"),
     ("Guest", "customer"), ("Unheard", "human"), (None, "human")],
)  # fmt: skip
def test_people(type: str | None, kind: Any) -> None:
    row = {"Id": ADA, "Name": "Ada Quist", "Email": "ada@example.com", "IsActive": False,
           "TimeZoneSidKey": "America/Toronto", "UserType": type}  # fmt: skip
    assert one("people", row) == Person(
        id=ADA, name="Ada Quist", email="ada@example.com", active=False, kind=kind,
        time_zone="America/Toronto", url=f"{WEB}/{ADA}",
    )  # fmt: skip


def test_a_queue_is_a_group() -> None:
    assert one("queues", {"Id": QUEUE, "Name": "First level"}) == Person(
        id=QUEUE, name="First level", kind="group", url=f"{WEB}/{QUEUE}"
    )


COMMENT_ROW = {
    "Id": "00axx0000000001AAA", "ParentId": CASE, "CommentBody": "Done?", "IsPublished": False,
    "CreatedById": ADA, "CreatedDate": "2026-11-05T10:00:00.000+0000",
    "LastModifiedDate": "2026-11-05T10:00:00.000+0000",
}  # fmt: skip


def test_a_comment() -> None:
    expected = Comment(
        id="00axx0000000001AAA", task_id=CASE, author_id=ADA, text="Done?",
        at=at(2026, 11, 5, 10), public=False,
    )  # fmt: skip
    assert one("comments", COMMENT_ROW) == expected
    edited = one("comments", {**COMMENT_ROW, "LastModifiedDate": "2026-11-06T10:00:00.000+0000"})
    assert isinstance(edited, Comment)
    assert edited.updated_at == at(2026, 11, 6, 10)


def test_a_milestone() -> None:
    row = {
        "Id": "555xx0000000001AAA", "CaseId": CASE, "MilestoneType": {"Name": "First response"},
        "StartDate": "2026-11-05T10:00:00.000+0000", "TargetDate": "2026-11-05T14:00:00.000+0000",
        "CompletionDate": None, "IsCompleted": False, "IsViolated": True,
        "TargetResponseInMins": 240,
    }  # fmt: skip
    assert one("milestones", row) == SlaCycle(
        id="555xx0000000001AAA", task_id=CASE, name="First response",
        started_at=at(2026, 11, 5, 10), breach_at=at(2026, 11, 5, 14), breached=True,
        goal_minutes=240,
    )  # fmt: skip


def approval(status: str, **more: Any) -> dict[str, Any]:
    return {
        "Id": "04gxx0000000001AAA", "TargetObjectId": CASE, "Status": status,
        "ProcessDefinition": {"Name": "Budget"}, "CreatedDate": "2026-11-05T10:00:00.000+0000",
        "CompletedDate": None, **more,
    }  # fmt: skip


def test_a_pending_approval_names_who_is_asked_now() -> None:
    items = [
        {"ActorId": "005xx0000000009AAA", "IsDeleted": True},  # decided, still in the bin
        {"ActorId": ADA, "IsDeleted": False},
    ]
    steps = [{"ActorId": "005xx0000000009AAA", "StepStatus": "Approved"}]
    row = approval("Pending", Workitems={"records": items}, Steps={"records": steps})
    assert one("approvals", row) == Approval(
        id="04gxx0000000001AAA", task_id=CASE, name="Budget", approver_ids=(ADA,),
        decision="pending", decision_label="Pending", asked_at=at(2026, 11, 5, 10),
    )  # fmt: skip


@pytest.mark.parametrize(("status", "ours"), [("Approved", "approved"), ("Rejected", "declined")])
def test_a_decided_approval_names_who_decided(status: str, ours: str) -> None:
    steps = [
        {"ActorId": "005xx0000000009AAA", "StepStatus": "Started"},
        {"ActorId": "005xx0000000008AAA", "StepStatus": "Reassigned"},
        {"ActorId": ADA, "StepStatus": status},
    ]
    row = approval(status, Workitems=None, Steps={"records": steps},
                   CompletedDate="2026-11-06T10:00:00.000+0000")  # fmt: skip
    record = one("approvals", row)
    assert isinstance(record, Approval)
    assert (record.decision, record.approver_ids) == (ours, (ADA,))
    assert record.decided_at == at(2026, 11, 6, 10)


def test_a_recalled_approval_is_none() -> None:
    assert list(Salesforce.to_records("approvals", {"row": approval("Removed")})) == []


HISTORY_ROW = {
    "Id": "017xx0000000001AAA", "CaseId": CASE, "Field": "Status", "OldValue": "New",
    "NewValue": "Closed", "CreatedById": ADA, "CreatedDate": "2026-11-05T10:00:00.000+0000",
}  # fmt: skip
MEANINGS = {"New": {"closed": False, "default": True}, "Closed": {"closed": True, "default": False}}


def change(**more: Any) -> Change:
    body = {"statuses": MEANINGS, "tracked": ["Status", "Owner", "Priority", "Parent"]}
    [record] = Salesforce.to_records("changes", {"row": {**HISTORY_ROW, **more}, **body})
    assert isinstance(record, Change)
    return record


def test_a_tracked_change_is_called_as_the_task_calls_it() -> None:
    assert change() == Change(
        id="017xx0000000001AAA", task_id=CASE, at=at(2026, 11, 5, 10), author_id=ADA,
        field="status", field_label="Status", old="todo", new="done", old_label="New",
        new_label="Closed",
    )  # fmt: skip


def test_an_untracked_change_keeps_salesforces_name() -> None:
    """Else the engine, which sees the difference itself, would count it twice."""
    [record] = Salesforce.to_records("changes", {"row": HISTORY_ROW, "statuses": MEANINGS})
    assert isinstance(record, Change)
    assert (record.field, record.old, record.new) == ("Status", "todo", "done")


@pytest.mark.parametrize(
    ("row", "field", "old", "new"),
    [
        ({"Field": "Priority", "OldValue": "Low", "NewValue": "Odd"}, "priority", "4", "Odd"),
        ({"Field": "Owner", "OldValue": QUEUE, "NewValue": ADA}, "assignee_ids", QUEUE, ADA),
        ({"Field": "Status", "OldValue": "Retired", "NewValue": None}, "status", "Retired", None),
        ({"Field": "created", "OldValue": None, "NewValue": None}, "created", None, None),
        ({"Field": "Sum__c", "OldValue": 5.0, "NewValue": 7.5}, "Sum__c", "5", "7.5"),
        ({"Field": "IsEscalated", "OldValue": False, "NewValue": True}, "IsEscalated", "false",
         "true"),
    ],
)  # fmt: skip
def test_other_changes(row: Any, field: str, old: str | None, new: str | None) -> None:
    record = change(**row)
    assert (record.field, record.old, record.new) == (field, old, new)


def test_of_two_rows_for_a_reference_the_one_with_ids_counts() -> None:
    named = {**HISTORY_ROW, "Field": "Owner", "OldValue": "First level", "NewValue": "Ada Quist"}
    assert list(Salesforce.to_records("changes", {"row": named})) == []


@pytest.mark.parametrize(
    ("raw", "kind", "value"),
    [
        (None, "string", None), ("", "string", None), (True, "boolean", True), (0, "double", 0.0),
        (12.5, "percent", 12.5), ("2026-12-01", "date", date(2026, 12, 1)),
        ("2026-12-01T08:00:00.000+0000", "datetime", at(2026, 12, 1, 8)),
        ("a;b", "multipicklist", ("A", "b")), ("a", "picklist", "A"), ("a", "string", "a"),
        ("soon", "date", "soon"), (ADA, "reference", ADA), (["x"], "string", None),
    ],
)  # fmt: skip
def test_custom_values(raw: Any, kind: str, value: Any) -> None:
    assert custom_value(raw, kind, {"a": "A"}) == value


def test_days_have_no_zone_and_instants_have() -> None:
    assert day("2026-01-01") == date(2026, 1, 1)
    assert day("2026-01-01T00:00:00.000+0000") is None
    assert instant("2026-01-01T00:00:00.000+0000") == at(2026, 1, 1)
    assert instant("2026-01-01T00:00:00.000") is None
    assert instant("2026-01-01") is None


WORDS = st.sampled_from(
    [*TASK_ROW, *COMMENT_ROW, *HISTORY_ROW, *approval("x"), "row", "web", "fields", "status",
     "project", "parent", "statuses", "tracked", "Workitems", "Steps", "records", "ActorId",
     "RecordType", "MilestoneType", "label", "type", "labels", "StepStatus", "TargetDate"]
)  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
    | st.sampled_from(["2026-12-01", "2026-12-01T08:00:00.000+0000", ADA, "Status", "Owner",
                       "9999-12-31T23:59:59.000-2300", "date", "multipicklist", ";", "Approved"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=6),
    max_leaves=25,
)  # fmt: skip


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(
    stream=st.sampled_from(sorted(Salesforce.streams)),
    row=st.dictionaries(WORDS, VALUES, max_size=12),
    more=st.dictionaries(WORDS, VALUES, max_size=6),
)
def test_no_row_breaks_the_mapping(stream: str, row: Any, more: Any) -> None:
    for record in Salesforce.to_records(stream, {**more, "row": {"Id": CASE, **row}}):
        assert record.id


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(stream=st.sampled_from([*sorted(Salesforce.streams), "unheard"]), body=VALUES)
def test_no_body_breaks_the_mapping(stream: str, body: Any) -> None:
    list(Salesforce.to_records(stream, body if isinstance(body, dict) else {"row": body}))
