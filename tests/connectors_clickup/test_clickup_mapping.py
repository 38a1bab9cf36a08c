"""What ClickUp's answers become: written by hand from its documentation, field by field."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from connectors.clickup.connector import ClickUp
from connectors.clickup.words import day, day_or_instant, instant, millis, minutes
from connectors.sdk.records import (
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

ANN = {"id": 183, "username": "Ann Archer", "email": "ann@example.com", "color": "#0388d1"}
TASK: dict[str, Any] = {
    "id": "86abc12de",
    "custom_id": "WEB-7",
    "custom_item_id": 0,
    "name": "Basket",
    "text_content": "As a buyer\nI want one",
    "description": "As a buyer I want one",
    "status": {"status": "in review", "type": "custom", "orderindex": 1, "color": "#ff0"},
    "date_created": "1772445600000",
    "date_updated": "1772445660123",
    "date_closed": None,
    "date_done": None,
    "archived": False,
    "creator": ANN,
    "assignees": [ANN, {"id": 184}],
    "group_assignees": [{"id": "4bfdfcec-0000-4000-8000-000000000001", "name": "Crew"}],
    "watchers": [{"id": 999}],
    "tags": [{"name": "shop"}, {"name": "release"}],
    "parent": None,
    "priority": {"id": "2", "orderindex": "2", "priority": "high", "color": "#f8ae00"},
    "due_date": "1772874000000",
    "due_date_time": False,
    "start_date": "1772445600000",
    "start_date_time": True,
    "points": 3,
    "time_estimate": 28800000,
    "time_spent": 5400000,
    "custom_fields": [],
    "dependencies": [],
    "linked_tasks": [],
    "locations": [],
    "url": "https://app.clickup.com/t/86abc12de",
    "list": {"id": "901100", "name": "Website", "access": True},
    "folder": {"id": "902", "name": "hidden", "hidden": True},
    "space": {"id": "903"},
}


def of(stream: str, body: Any) -> list[Record]:
    return list(ClickUp.to_records(stream, body))


def task(**changed: Any) -> Task:
    first = of("tasks", {**TASK, **changed})[0]
    assert isinstance(first, Task)
    return first


def test_a_task() -> None:
    assert of("tasks", TASK) == [
        Task(
            id="86abc12de",
            key="WEB-7",
            project_id="901100",
            title="Basket",
            description="As a buyer\nI want one",
            url="https://app.clickup.com/t/86abc12de",
            type="task",
            type_label="Task",
            status="in_progress",
            status_label="in review",
            priority=2,
            priority_label="high",
            assignee_ids=("183", "184", "4bfdfcec-0000-4000-8000-000000000001"),
            reporter_id="183",
            labels=("shop", "release"),
            start_on=datetime(2026, 3, 2, 10, 0, tzinfo=UTC),
            due_on=date(2026, 3, 7),
            created_at=datetime(2026, 3, 2, 10, 0, tzinfo=UTC),
            updated_at=datetime(2026, 3, 2, 10, 1, 0, 123000, tzinfo=UTC),
            estimate_minutes=480,
            spent_minutes=90,
            points=3.0,
            archived=False,
        )
    ]


def test_a_task_that_says_nothing_is_unknown_everywhere() -> None:
    [bare] = of("tasks", {"id": "86a"})
    assert bare == Task(id="86a", title="", type="task", type_label="Task")


@pytest.mark.parametrize(
    ("kind", "status"),
    [("open", "todo"), ("unstarted", "todo"), ("custom", "in_progress"), ("done", "done"),
     ("closed", "done"), ("novel", None), (None, None), (7, None)],
)  # fmt: skip
def test_the_group_of_a_status_is_ours_and_its_word_is_kept(kind: Any, status: Any) -> None:
    read = task(status={"status": "Whatever", "type": kind})
    assert (read.status, read.status_label) == (status, "Whatever")


@pytest.mark.parametrize(
    ("told", "number", "label"),
    [
        ({"id": "1", "priority": "urgent"}, 1, "urgent"),
        ({"id": "4", "priority": "low"}, 4, "low"),
        ({"id": "3"}, 3, "normal"),
        ({"priority": "blazing"}, None, "blazing"),
        (3, 3, "normal"),
        ("1", 1, "urgent"),
        (None, None, None),
        ({}, None, None),
    ],
)
def test_priorities(told: Any, number: int | None, label: str | None) -> None:
    read = task(priority=told)
    assert (read.priority, read.priority_label) == (number, label)


@pytest.mark.parametrize(
    ("changed", "kind", "label"),
    [
        ({}, "task", "Task"),
        ({"custom_item_id": None}, "task", "Task"),
        ({"parent": "86parent1"}, "subtask", "Task"),
        ({"custom_item_id": 1}, "milestone", "Milestone"),
        ({"custom_item_id": 1, "parent": "86parent1"}, "milestone", "Milestone"),
        ({"custom_item_id": 1300, "type_name": "Bug"}, "bug", "Bug"),
        ({"custom_item_id": "1301", "type_name": "User Story"}, "story", "User Story"),
        ({"custom_item_id": 1302, "type_name": "Customer"}, "other", "Customer"),
        ({"custom_item_id": 1303, "type_name": None}, "other", None),
    ],
)
def test_types(changed: Any, kind: str, label: str | None) -> None:
    read = task(**changed)
    assert (read.type, read.type_label) == (kind, label)


def test_a_milestone_is_a_task_and_a_milestone() -> None:
    done = {"status": "Reached", "type": "closed"}
    read, milestone = of(
        "tasks", {**TASK, "custom_item_id": 1, "status": done, "date_done": "1772445660000"}
    )
    assert isinstance(read, Task)
    assert milestone == Milestone(
        id="86abc12de",
        project_id="901100",
        name="Basket",
        description="As a buyer\nI want one",
        url="https://app.clickup.com/t/86abc12de",
        state="done",
        state_label="Reached",
        owner_id="183",
        start_on=date(2026, 3, 2),
        due_on=date(2026, 3, 7),
        completed_at=datetime(2026, 3, 2, 10, 1, tzinfo=UTC),
    )


def test_done_comes_before_closed() -> None:
    both = task(date_done="1772445600000", date_closed="1772449200000")
    assert both.completed_at == datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
    assert task(date_closed="1772449200000").completed_at == datetime(2026, 3, 2, 11, tzinfo=UTC)


def test_watchers_own_nothing() -> None:
    assert task(assignees=[], group_assignees=[]).assignee_ids == ()


def test_a_task_in_several_lists_has_one_home() -> None:
    lists = [{"id": "901200", "name": "Next"}, {"id": 901300}]
    read, first, second = of("tasks", {**TASK, "locations": lists})
    assert isinstance(read, Task)
    assert read.project_id == "901100"
    assert first == Membership(
        id="project:901200:86abc12de", task_id="86abc12de", kind="project", container_id="901200"
    )
    assert isinstance(second, Membership)
    assert second.container_id == "901300"


def test_both_ends_of_a_dependency_tell_the_same_link() -> None:
    entry = {"task_id": "86waits", "depends_on": "86first", "type": 1, "userid": "183"}
    link = Link(id="blocks:86first:86waits", type="blocks", from_id="86first", to_id="86waits")
    for end in ("86waits", "86first"):
        assert of("tasks", {**TASK, "id": end, "dependencies": [entry, entry]})[1:] == [link]


def test_linked_tasks_relate_whichever_tells() -> None:
    entry = {"task_id": "86b", "link_id": "86a", "date_created": "1772445600000"}
    link = Link(id="relates:86a:86b", type="relates", from_id="86a", to_id="86b")
    for end in ("86a", "86b"):
        assert of("tasks", {**TASK, "id": end, "linked_tasks": [entry]})[1:] == [link]
    assert of("tasks", {**TASK, "linked_tasks": [{"task_id": "86b", "link_id": "86b"}]})[1:] == []


@pytest.mark.parametrize("absent", [None, "0", 0, "", "soon", True])
def test_no_due_date(absent: Any) -> None:
    assert task(due_date=absent, due_date_time=False).due_on is None


@pytest.mark.parametrize(
    ("zone", "written"),
    [
        ("Auckland, summer", "2026-03-06T15:00:00+00:00"),
        ("Tokyo", "2026-03-06T19:00:00+00:00"),
        ("Kolkata", "2026-03-06T22:30:00+00:00"),
        ("Berlin", "2026-03-07T03:00:00+00:00"),
        ("London", "2026-03-07T04:00:00+00:00"),
        ("Montreal", "2026-03-07T09:00:00+00:00"),
        ("Los Angeles", "2026-03-07T12:00:00+00:00"),
        ("Honolulu", "2026-03-07T14:00:00+00:00"),
    ],
)
def test_four_in_the_morning_is_the_day_of_who_set_it(zone: str, written: str) -> None:
    told = str(round(datetime.fromisoformat(written).timestamp() * 1000))
    assert day_or_instant(told, has_time=False) == date(2026, 3, 7), zone
    assert day(told, has_time=None) == date(2026, 3, 7), zone


def test_a_date_of_which_nothing_more_is_said_stays_an_instant() -> None:
    at = datetime(2026, 3, 7, 9, 0, tzinfo=UTC)
    assert day_or_instant("1772874000000", None) == at
    assert day_or_instant("1772874000000", True) == at
    assert day("1772920800000", True) == date(2026, 3, 7)  # 22:00


@pytest.mark.parametrize(
    ("told", "read"),
    [(0, 0), (29_999, 0), (30_001, 1), ("5400000", 90), (None, None), (-1, None), ("x", None),
     (1.5, None), (True, None), (10**20, None)],
)  # fmt: skip
def test_milliseconds_are_minutes(told: Any, read: int | None) -> None:
    assert minutes(told) == read


def test_time_spent_is_left_out_where_there_is_none() -> None:
    body = {key: value for key, value in TASK.items() if key != "time_spent"}
    [read] = of("tasks", body)
    assert isinstance(read, Task)
    assert read.spent_minutes is None


def test_odd_instants() -> None:
    assert instant("9" * 25) is None
    assert instant(253402300800000) is None
    assert instant("-1") == datetime(1969, 12, 31, 23, 59, 59, 999000, tzinfo=UTC)
    assert millis("12a") is None
    assert millis("²") is None


def test_a_list() -> None:
    held = {
        "id": "901100", "name": "Website", "assignee": ANN, "start_date": "1767600000000",
        "start_date_time": False, "due_date": "1772874000000", "due_date_time": False,
        "archived": False,
    }  # fmt: skip
    body = {"list": held, "space": "Delivery", "folder": None, "state": "active", "workspace": "9"}
    project = Project(
        id="901100",
        name="Website",
        url="https://app.clickup.com/9/v/li/901100",
        state="active",
        owner_id="183",
        start_on=date(2026, 1, 5),
        due_on=date(2026, 3, 7),
        custom=(
            Custom(id="space", name="Space", value="Delivery"),
            Custom(id="folder", name="Folder", value=None),
        ),
    )
    assert of("projects", body) == [project]
    [archived] = of("projects", {**body, "state": "archived", "list": {**held, "assignee": "183"}})
    assert isinstance(archived, Project)
    assert (archived.state, archived.owner_id) == ("archived", "183")


def test_people_and_groups() -> None:
    assert of("people", {"user": ANN}) == [
        Person(id="183", name="Ann Archer", email="ann@example.com")
    ]
    invited = {"id": 184, "username": None, "email": "bob@example.com"}
    assert of("people", {"user": invited}) == [
        Person(id="184", name="bob@example.com", email="bob@example.com")
    ]
    crew = {"id": "4bfdfcec-0000-4000-8000-000000000001", "name": "Crew"}
    assert of("people", {"group": crew}) == [Person(id=crew["id"], name="Crew", kind="group")]


def test_comments() -> None:
    held = {"id": "90150", "comment_text": "Looks good", "user": ANN, "date": "1772445600000"}
    body = {"task": "86abc12de", "comments": [held, {**held, "id": None}, {**held, "date": None}]}
    assert of("comments", body) == [
        Comment(
            id="90150",
            task_id="86abc12de",
            author_id="183",
            text="Looks good",
            at=datetime(2026, 3, 2, 10, 0, tzinfo=UTC),
        )
    ]


ENTRY = {
    "id": "1963465985517105840", "task": {"id": "86abc12de", "name": "Basket"}, "user": ANN,
    "start": "1772445600000", "end": "1772451000000", "duration": "5400000", "at": "1772451000000",
    "description": "", "task_location": {"list_id": 901100, "space_id": 903},
}  # fmt: skip


def test_a_time_entry() -> None:
    assert of("worklogs", ENTRY) == [
        Worklog(
            id="1963465985517105840",
            task_id="86abc12de",
            project_id="901100",
            person_id="183",
            minutes=90,
            on=date(2026, 3, 2),
            started_at=datetime(2026, 3, 2, 10, 0, tzinfo=UTC),
            updated_at=datetime(2026, 3, 2, 11, 30, tzinfo=UTC),
        )
    ]


def test_time_on_no_task() -> None:
    nothings: tuple[Any, ...] = ("0", None, {})
    for nothing in nothings:
        [read] = of("worklogs", {**ENTRY, "task": nothing, "task_location": {}})
        assert isinstance(read, Worklog)
        assert (read.task_id, read.project_id) == (None, None)


def test_a_running_timer_is_no_time_yet() -> None:
    assert of("worklogs", {**ENTRY, "duration": "-1772445600000"}) == []


def test_an_unknown_stream_has_no_records() -> None:
    assert of("goals", TASK) == []
