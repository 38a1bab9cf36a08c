"""Golden mappings of tickets, users and groups."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from connectors.sdk.records import Custom, Link, Person, Project, Task
from connectors.zendesk.connector import Zendesk

API = "https://acme.zendesk.example.com/api/v2"


def ticket(**other: Any) -> dict[str, Any]:
    """An incident as the export gives it."""
    return {
        "id": 35436, "url": f"{API}/tickets/35436.json", "subject": "Printer on fire",
        "description": "The fire is very colourful.\r\nPlease hurry.", "type": "incident",
        "status": "open", "custom_status_id": 77, "priority": "high", "group_id": 98738,
        "assignee_id": 235323, "requester_id": 20978392, "problem_id": 9873, "due_at": None,
        "tags": ["enterprise", "printer", "printer"], "custom_fields": [],
        "created_at": "2026-02-20T22:55:29Z", "updated_at": "2026-02-21T10:38:52Z", **other,
    }  # fmt: skip


def records(ticket: dict[str, Any], **body: Any) -> list[Any]:
    return list(Zendesk.to_records("tasks", {"ticket": ticket, **body}))


def task_of(**other: Any) -> Task:
    first = records(ticket(**other))[0]
    assert isinstance(first, Task)
    return first


def test_an_incident_in_full() -> None:
    task, link, customer = records(
        ticket(metric_set={"solved_at": "2026-02-21T09:00:00Z"}),
        status_label="Investigating",
        fields={"5": {"title": "Floor", "type": "integer", "options": {}}},
        people=[{"id": 20978392, "url": f"{API}/users/20978392.json", "name": "Kim",
                 "email": "kim@example.org", "role": "end-user", "active": True,
                 "suspended": False, "time_zone": "Copenhagen",
                 "iana_time_zone": "Europe/Copenhagen"}],
    )  # fmt: skip
    assert task == Task(
        id="35436",
        key="#35436",
        project_id="98738",
        title="Printer on fire",
        description="The fire is very colourful.\nPlease hurry.",
        url="https://acme.zendesk.example.com/agent/tickets/35436",
        type="issue",
        type_label="incident",
        status="in_progress",
        status_label="Investigating",
        blocked=False,
        blocked_reason=None,
        priority=2,
        priority_label="high",
        assignee_ids=("235323",),
        reporter_id="20978392",
        labels=("enterprise", "printer"),
        due_on=None,
        created_at=datetime(2026, 2, 20, 22, 55, 29, tzinfo=UTC),
        updated_at=datetime(2026, 2, 21, 10, 38, 52, tzinfo=UTC),
        completed_at=None,  # it was solved once, and is open again
        custom=(),
    )
    assert link == Link(
        id="relates:35436:9873",
        type="relates",
        type_label="problem",
        from_id="35436",
        to_id="9873",
    )
    assert customer == Person(
        id="20978392",
        name="Kim",
        email="kim@example.org",
        active=True,
        kind="customer",
        time_zone="Europe/Copenhagen",
        url="https://acme.zendesk.example.com/agent/users/20978392",
    )


@pytest.mark.parametrize(
    ("word", "status", "label", "blocked", "reason"),
    [
        ("new", "todo", "New", False, None),
        ("open", "in_progress", "Open", False, None),
        ("pending", "in_progress", "Pending", True, "Waits for the requester"),
        ("hold", "in_progress", "On-hold", True, "Waits for a third party"),
        ("solved", "done", "Solved", False, None),
        ("closed", "done", "Closed", False, None),
        ("frozen", None, "frozen", None, None),
        (None, None, None, None, None),
    ],
)
def test_statuses(
    word: Any, status: Any, label: str | None, blocked: bool | None, reason: str | None
) -> None:
    task = task_of(status=word)
    assert (task.status, task.status_label) == (status, label)
    assert (task.blocked, task.blocked_reason) == (blocked, reason)


def test_a_custom_status_gives_its_name_and_a_closed_ticket_shows_it_no_more() -> None:
    for word, label in (("pending", "With legal"), ("solved", "With legal"), ("closed", "Closed")):
        [task, *_] = records(ticket(status=word), status_label="With legal")
        assert task.status_label == label


@pytest.mark.parametrize(
    ("word", "priority"),
    [("urgent", 1), ("high", 2), ("normal", 3), ("low", 4), ("severe", None), (None, None)],
)
def test_priorities(word: Any, priority: int | None) -> None:
    task = task_of(priority=word)
    assert (task.priority, task.priority_label) == (priority, word)


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("question", "request"),
        ("incident", "issue"),
        ("problem", "issue"),
        ("task", "task"),
        (None, "request"),
        ("riddle", "other"),
    ],
)
def test_types(word: Any, kind: str) -> None:
    task = task_of(type=word)
    assert (task.type, task.type_label) == (kind, word)


def test_only_a_task_has_a_due_date() -> None:
    due = "2026-03-09T16:00:00Z"
    assert task_of(type="task", due_at=due).due_on == datetime(2026, 3, 9, 16, tzinfo=UTC)
    assert task_of(type="task", due_at=None).due_on is None
    for other in ("question", "incident", "problem", None):
        assert task_of(type=other, due_at=due).due_on is None


def test_solved_and_closed_tickets_are_completed_when_they_were_solved() -> None:
    at = {"solved_at": "2026-02-21T09:00:00Z"}
    for word in ("solved", "closed"):
        done = task_of(status=word, metric_set=at)
        assert done.completed_at == datetime(2026, 2, 21, 9, tzinfo=UTC)
        assert task_of(status=word).completed_at is None
    for word in ("new", "open", "pending", "hold"):
        assert task_of(status=word, metric_set=at).completed_at is None


def test_a_merged_ticket_is_done_and_says_so_in_a_label() -> None:
    task = task_of(status="closed", tags=["closed_by_merge"])
    assert (task.status, task.labels) == ("done", ("closed_by_merge",))


@pytest.mark.parametrize(
    ("subject", "description", "title"),
    [
        (None, "Hello, is anyone there?\nHello?", "Hello, is anyone there?"),
        ("", "  \n first", "first"),
        (None, None, ""),
        (None, "x" * 400, "x" * 150),
    ],
)
def test_a_conversation_without_a_subject(subject: Any, description: Any, title: str) -> None:
    assert task_of(subject=subject, description=description).title == title


@pytest.mark.parametrize(
    ("kind", "raw", "value"),
    [
        ("text", "as it is", "as it is"),
        ("textarea", "two\r\nlines", "two\nlines"),
        ("regexp", "AB-12", "AB-12"),
        ("integer", "42", 42.0),
        ("integer", 42, 42.0),
        ("decimal", "2.5", 2.5),
        ("decimal", "much", "much"),
        ("checkbox", True, True),
        ("checkbox", False, False),
        ("checkbox", "1", True),
        ("checkbox", "0", False),
        ("checkbox", "maybe", "maybe"),
        ("date", "2026-04-01", date(2026, 4, 1)),
        ("date", "0000-00-00", "0000-00-00"),
        ("tagger", "risk_high", "High"),
        ("tagger", "gone_since", "gone_since"),
        ("multiselect", ["risk_high", "gone_since"], ("High", "gone_since")),
        ("multiselect", [], None),
        ("partialcreditcard", "XXXXXXXXXXXX1234", "XXXXXXXXXXXX1234"),
        ("lookup", 23111598722068, "23111598722068"),
        ("lookup", "23111598722068", "23111598722068"),
        ("newest", 1.5, "1.5"),
        ("text", "", None),
        ("integer", None, None),
        ("checkbox", None, None),
        ("tagger", None, None),
        ("date", None, None),
    ],
)
def test_custom_fields_by_their_type(kind: str, raw: Any, value: Any) -> None:
    field = {"title": "Risk", "type": kind, "options": {"risk_high": "High"}}
    [task] = records(
        ticket(problem_id=None, custom_fields=[{"id": 5, "value": raw}]), fields={"5": field}
    )
    assert task.custom == (Custom(id="5", name="Risk", value=value),)
    assert type(task.custom[0].value) is type(value)


def test_a_custom_field_that_was_deleted_is_called_by_its_id() -> None:
    [task] = records(ticket(problem_id=None, custom_fields=[{"id": 5, "value": "left"}]))
    assert task.custom == (Custom(id="5", name="5", value="left"),)


def test_a_ticket_without_problem_assignee_or_group() -> None:
    [task] = records(ticket(problem_id=None, assignee_id=None, group_id=None, requester_id=None))
    assert (task.assignee_ids, task.project_id, task.reporter_id) == ((), None, None)
    assert len(records(ticket(problem_id=35436))) == 1  # its own problem


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        ({"role": "agent", "active": True, "suspended": False}, ("human", True)),
        ({"role": "admin", "active": True, "suspended": True}, ("human", False)),
        ({"role": "agent", "active": False}, ("human", False)),
        ({"role": "end-user"}, ("customer", None)),
        ({"role": "overlord", "active": "yes"}, ("human", None)),
    ],
)
def test_users(user: dict[str, Any], expected: tuple[str, bool | None]) -> None:
    [person] = Zendesk.to_records("people", {"user": {"id": 7, "name": "Ann", **user}})
    assert isinstance(person, Person)
    assert (person.kind, person.active) == expected


@pytest.mark.parametrize(
    ("named", "name"),
    [({"name": "Ann"}, "Ann"), ({"email": "ann@example.com"}, "ann@example.com"), ({}, "#7")],
)
def test_a_user_is_called_by_what_is_there(named: dict[str, Any], name: str) -> None:
    [person] = Zendesk.to_records("people", {"user": {"id": 7, **named}})
    assert isinstance(person, Person)
    assert person.name == name


def test_groups() -> None:
    group = {
        "id": 211, "name": "DJs", "description": "", "deleted": False,
        "created_at": "2009-05-13T00:07:08Z", "updated_at": "2011-07-22T00:11:12Z",
    }  # fmt: skip
    [project] = Zendesk.to_records("projects", {"group": group})
    assert project == Project(
        id="211",
        name="DJs",
        description=None,
        state="active",
        created_at=datetime(2009, 5, 13, 0, 7, 8, tzinfo=UTC),
        updated_at=datetime(2011, 7, 22, 0, 11, 12, tzinfo=UTC),
    )
    [gone] = Zendesk.to_records("projects", {"group": {**group, "deleted": True}})
    assert isinstance(gone, Project)
    assert gone.state == "trashed"


@pytest.mark.parametrize("stream", [*Zendesk.streams, "views"])
@pytest.mark.parametrize("body", [{}, {"ticket": None}, {"user": []}, {"group": {"id": True}}])
def test_what_has_no_identity_gives_nothing(stream: str, body: Any) -> None:
    assert list(Zendesk.to_records(stream, body)) == []
