"""What answers become: whole items with all that is known of them, and the odd ones."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from connectors.jira_service_management.mapping import to_records
from connectors.sdk.records import (
    Approval,
    Change,
    Comment,
    Custom,
    Link,
    Person,
    Project,
    Record,
    SlaCycle,
    Task,
    Worklog,
)

ANN, CLEO = {"accountId": "5b-ann"}, {"accountId": "qm:cleo", "accountType": "customer"}


def moment(at_ms: int) -> dict[str, Any]:
    return {"epochMillis": at_ms, "friendly": "some time"}


def text(words: str) -> dict[str, Any]:
    paragraph = {"type": "paragraph", "content": [{"type": "text", "text": words}]}
    return {"type": "doc", "version": 1, "content": [paragraph]}


CYCLE_1 = {
    "startTime": moment(1_790_000_000_000), "stopTime": moment(1_790_003_600_000),
    "breachTime": moment(1_790_001_800_000), "breached": True,
    "goalDuration": {"millis": 1_800_000}, "elapsedTime": {"millis": 3_600_000},
    "remainingTime": {"millis": -1_800_000},
}  # fmt: skip
CYCLE_2 = {
    "startTime": moment(1_790_010_000_000), "breached": False, "paused": True,
    "withinCalendarHours": False, "goalDuration": {"millis": 1_800_000},
    "elapsedTime": {"millis": 600_000}, "remainingTime": {"millis": -5},
}  # fmt: skip
ITEM: dict[str, Any] = {
    "issue": {
        "id": "10042", "key": "HELP-42", "self": "https://acme.example.com/rest/api/3/issue/10042",
        "fields": {
            "summary": "VPN", "description": text("It drops."),
            "status": {"name": "Waiting for customer", "statusCategory": {"key": "indeterminate"}},
            "issuetype": {"name": "Get IT help", "hierarchyLevel": 0},
            "priority": {"name": "Highest"}, "resolution": None, "resolutiondate": None,
            "project": {"id": "10001", "key": "HELP"}, "assignee": ANN, "reporter": CLEO,
            "labels": ["vpn"], "duedate": "2026-12-01",
            "created": "2026-11-02T09:00:00.123+0200", "updated": "2026-11-03T09:00:00.000+0200",
            "timeoriginalestimate": 3600, "timeestimate": 1800, "timespent": 1800,
            "issuelinks": [
                {"id": "7", "type": {"name": "Blocks"}, "inwardIssue": {"id": "10041"}},
            ],
            "comment": {"total": 1, "comments": [
                {"id": "70", "author": ANN, "body": text("Which client?"), "jsdPublic": False,
                 "created": "2026-11-02T10:00:00.000+0000",
                 "updated": "2026-11-02T10:05:00.000+0000"},
            ]},
            "worklog": {"total": 1, "worklogs": [
                {"id": "80", "author": {**ANN, "timeZone": "Europe/Kyiv"},
                 "started": "2026-11-02T22:30:00.000+0000",
                 "timeSpentSeconds": 1800, "comment": text("Looked"),
                 "updated": "2026-11-03T07:00:00.000+0000"},
            ]},
            "customfield_1": {"requestType": {"id": "11", "name": "Get VPN help"}},
            "customfield_2": {"id": "5", "name": "Time to resolution",
                              "completedCycles": [CYCLE_1], "ongoingCycle": CYCLE_2},
            "customfield_3": [ANN, CLEO],
            "customfield_4": [{"id": "1", "name": "Acme Bakeries"}],
            "customfield_5": {"value": "EU", "child": {"value": "France"}},
            "customfield_6": 2.5,
        },
    },
    "fields": {
        "customfield_1": ["Request Type", "request_type"],
        "customfield_2": ["Time to resolution", "sla"],
        "customfield_3": ["Request participants", "array"],
        "customfield_4": ["Organizations", "array"],
        "customfield_5": ["Region", "option-with-child"],
        "customfield_6": ["Cost", "number"],
    },
    "changelog": [
        {"id": "90", "author": ANN, "created": "2026-11-02T11:00:00.000+0000", "items": [
            {"field": "status", "from": "1", "fromString": "Open", "fromCategory": "new",
             "to": "3", "toString": "Waiting for customer", "toCategory": "indeterminate"},
            {"field": "Request Type", "fieldId": "customfield_1", "from": None, "to": "11",
             "toString": "Get VPN help"},
        ]},
    ],
}  # fmt: skip


def one(records: Any, kind: type[Any]) -> Any:
    """The only record of a kind."""
    [found] = [each for each in records if type(each) is kind]
    return found


def test_a_request_becomes_a_task_with_all_that_hangs_on_it() -> None:
    assert list(to_records("tasks", ITEM)) == [
        Task(
            id="10042", key="HELP-42", project_id="10001", title="VPN", description="It drops.",
            url="https://acme.example.com/browse/HELP-42", type="request",
            type_label="Get VPN help", status="in_progress", status_label="Waiting for customer",
            priority=1, priority_label="Highest", assignee_ids=("5b-ann",), reporter_id="qm:cleo",
            labels=("vpn",), due_on=date(2026, 12, 1),
            created_at=datetime(2026, 11, 2, 7, 0, 0, 123000, UTC),
            updated_at=datetime(2026, 11, 3, 7, tzinfo=UTC), estimate_minutes=60,
            spent_minutes=30, remaining_minutes=30,
            custom=(
                Custom(id="customfield_3", name="Request participants",
                       value=("5b-ann", "qm:cleo")),
                Custom(id="customfield_4", name="Organizations", value=("Acme Bakeries",)),
                Custom(id="customfield_5", name="Region", value="EU / France"),
                Custom(id="customfield_6", name="Cost", value=2.5),
            ),
        ),
        SlaCycle(
            id="10042:5:1790000000000", task_id="10042", name="Time to resolution",
            started_at=datetime.fromtimestamp(1_790_000_000, UTC),
            stopped_at=datetime.fromtimestamp(1_790_003_600, UTC),
            breach_at=datetime.fromtimestamp(1_790_001_800, UTC), breached=True, paused=False,
            goal_minutes=30, elapsed_minutes=60,
        ),
        SlaCycle(
            id="10042:5:1790010000000", task_id="10042", name="Time to resolution",
            started_at=datetime.fromtimestamp(1_790_010_000, UTC), breached=False, paused=True,
            goal_minutes=30, elapsed_minutes=10,
        ),
        Link(id="7", type="blocks", type_label="Blocks", from_id="10041", to_id="10042"),
        Comment(
            id="70", task_id="10042", author_id="5b-ann", text="Which client?", public=False,
            at=datetime(2026, 11, 2, 10, tzinfo=UTC),
            updated_at=datetime(2026, 11, 2, 10, 5, tzinfo=UTC),
        ),
        Worklog(
            id="80", task_id="10042", person_id="5b-ann", minutes=30, on=date(2026, 11, 3),
            started_at=datetime(2026, 11, 2, 22, 30, tzinfo=UTC), text="Looked",
            updated_at=datetime(2026, 11, 3, 7, tzinfo=UTC),
        ),
        Change(
            id="90.0", task_id="10042", at=datetime(2026, 11, 2, 11, tzinfo=UTC),
            author_id="5b-ann", field="status", field_label="status", old="todo",
            new="in_progress", old_label="Open", new_label="Waiting for customer",
        ),
        Change(
            id="90.1", task_id="10042", at=datetime(2026, 11, 2, 11, tzinfo=UTC),
            author_id="5b-ann", field="Request Type", field_label="Request Type", new="11",
            new_label="Get VPN help",
        ),
    ]  # fmt: skip


def with_fields(**fields: Any) -> Task:
    """The task of a request whose fields are these besides."""
    issue = {**ITEM["issue"], "fields": {**ITEM["issue"]["fields"], **fields}}
    found: Task = one(to_records("tasks", {**ITEM, "issue": issue}), Task)
    return found


@pytest.mark.parametrize(
    ("issue_type", "request_type", "type", "label"),
    [
        ({"name": "[System] Incident"}, {"requestType": {"name": "Outage"}}, "issue", "Outage"),
        ({"name": "[System] Change"}, None, "change", "[System] Change"),
        ({"name": "Sub-task", "subtask": True}, None, "subtask", "Sub-task"),
        ({"name": "Étape", "hierarchyLevel": -1}, None, "subtask", "Étape"),
        ({"name": "Template"}, None, "other", "Template"),
        ({"name": "Initiative", "hierarchyLevel": 1}, None, "epic", "Initiative"),
        ({"name": "Template"}, {"requestType": None}, "other", "Template"),
        (None, {"requestType": {"name": "Ask"}}, "request", "Ask"),
    ],
)
def test_the_request_type_is_the_label_and_the_issue_type_the_type(
    issue_type: Any, request_type: Any, type: str, label: str
) -> None:
    task = with_fields(issuetype=issue_type, customfield_1=request_type)
    assert (task.type, task.type_label) == (type, label)


@pytest.mark.parametrize(
    ("category", "resolution", "status"),
    [
        ("new", None, "todo"), ("done", None, "done"), ("done", {"name": "Known Error"},
        "cancelled"), ("done", {"name": "Fixed"}, "done"), ("undefined", None, None),
        ("indeterminate", {"name": "Declined"}, "in_progress"),
    ],
)  # fmt: skip
def test_the_category_is_the_status_unless_the_resolution_cancels(
    category: str, resolution: Any, status: str | None
) -> None:
    word = {"name": "Whatever", "statusCategory": {"key": category}}
    task = with_fields(status=word, resolution=resolution)
    assert (task.status, task.status_label) == (status, "Whatever")


def test_a_request_closed_without_a_resolution_was_completed_when_its_category_changed() -> None:
    closed = {"name": "Closed", "statusCategory": {"key": "done"}}
    task = with_fields(status=closed, statuscategorychangedate="2026-11-04T07:00:00.000+0000")
    assert task.completed_at == datetime(2026, 11, 4, 7, tzinfo=UTC)


def test_what_is_missing_or_null_is_unknown() -> None:
    [task] = to_records("tasks", {"issue": {"id": 7, "key": "A-1", "fields": None}})
    assert task == Task(id="7", key="A-1", title="A-1", type="other")
    assert with_fields(assignee=None, description=None, duedate=None).assignee_ids == ()
    assert list(to_records("tasks", {"issue": {"key": "A-1"}})) == []
    assert list(to_records("queues", ITEM)) == []


def test_behind_the_gateway_links_lead_to_the_site() -> None:
    issue = {**ITEM["issue"], "self": "https://api.atlassian.com/ex/jira/1/rest/api/3/issue/1"}
    told: Task = one(to_records("tasks", {**ITEM, "issue": issue}), Task)
    assert told.url is None
    body = {**ITEM, "issue": issue, "site": "https://acme.example.com"}
    told = one(to_records("tasks", body), Task)
    assert told.url == "https://acme.example.com/browse/HELP-42"


def test_people_customers_and_organizations() -> None:
    def person(**body: Any) -> list[Record]:
        return list(to_records("people", body))

    user = {"accountId": "5b-ann", "displayName": "Ann", "emailAddress": "ann@example.com",
            "active": True, "timeZone": "Europe/Paris", "accountType": "atlassian"}  # fmt: skip
    assert person(user=user) == [
        Person(id="5b-ann", name="Ann", email="ann@example.com", active=True,
               time_zone="Europe/Paris"),
    ]  # fmt: skip
    portal_only = {"accountId": "qm:1:2", "displayName": "Cleo", "active": True}
    assert person(user={**portal_only, "accountType": "customer"}) == [
        Person(id="qm:1:2", name="Cleo", kind="customer", active=True)
    ]
    assert person(user=portal_only) == [Person(id="qm:1:2", name="Cleo", active=True)]
    assert person(organization={"id": "3", "name": "Acme"}) == [
        Person(id="organization:3", name="Acme", kind="group")
    ]
    assert person(user={"displayName": "Nobody"}) == []


def test_a_service_project() -> None:
    project = {
        "id": "10001", "key": "HELP", "name": "IT help", "description": "Ask us", "lead": ANN,
        "self": "https://acme.example.com/rest/api/3/project/10001",
    }  # fmt: skip
    told = Project(
        id="10001", key="HELP", name="IT help", description="Ask us", owner_id="5b-ann",
        url="https://acme.example.com/browse/HELP",
    )  # fmt: skip
    assert list(to_records("projects", {"project": project})) == [told]
    for flag, state in (("archived", "archived"), ("deleted", "trashed")):
        [found] = to_records("projects", {"project": {**project, flag: True}})
        assert isinstance(found, Project)
        assert found.state == state


def test_approvals_with_their_approvers_and_decisions() -> None:
    approval = {
        "id": "4", "name": "Head of IT", "finalDecision": "approved",
        "approvers": [
            {"approver": ANN, "approverDecision": "approved"},
            {"approver": CLEO, "approverDecision": "pending"}, {"approver": None},
        ],
        "createdDate": moment(1_790_000_000_000), "completedDate": moment(1_790_000_060_000),
    }  # fmt: skip
    pending = {"id": "5", "finalDecision": "pending", "createdDate": None}
    odd = [{"id": "6", "finalDecision": "on the fence"}, {"finalDecision": "pending"}, None]
    body = {"request_id": "10042", "approvals": [approval, pending, *odd]}
    assert list(to_records("approvals", body)) == [
        Approval(
            id="10042:4", task_id="10042", name="Head of IT", approver_ids=("5b-ann", "qm:cleo"),
            decision="approved", decision_label="approved",
            asked_at=datetime.fromtimestamp(1_790_000_000, UTC),
            decided_at=datetime.fromtimestamp(1_790_000_060, UTC),
        ),
        Approval(id="10042:5", task_id="10042", decision="pending", decision_label="pending"),
    ]  # fmt: skip
