"""Golden mappings: what monday.com's words become."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from connectors.monday.columns import Roles, roles
from connectors.monday.connector import Monday
from connectors.monday.words import priority_of, status_of, type_of
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
    Task,
    Worklog,
)

COLUMNS: list[dict[str, Any]] = [
    {"id": "name", "title": "Name", "type": "name"},
    {"id": "subtasks_x", "title": "Subitems", "type": "subtasks"},
    {"id": "stage", "title": "Stage", "type": "status", "done": [4]},
    {"id": "priority_1", "title": "Priority", "type": "status", "done": []},
    {"id": "status", "title": "State of work", "type": "status", "done": [1]},
    {"id": "kind", "title": "Type", "type": "status", "done": []},
    {"id": "reviewer", "title": "Reviewer", "type": "people"},
    {"id": "owners", "title": "Owner", "type": "people"},
    {"id": "date_made", "title": "Created on", "type": "date"},
    {"id": "date_due", "title": "Deadline", "type": "date"},
    {"id": "span", "title": "Plan", "type": "timeline"},
    {"id": "before", "title": "Dependent on", "type": "dependency"},
    {"id": "related", "title": "Epic", "type": "board_relation"},
    {"id": "hours", "title": "Hours", "type": "numbers"},
    {"id": "ok", "title": "Signed", "type": "checkbox"},
    {"id": "systems", "title": "Systems", "type": "dropdown"},
    {"id": "tags", "title": "Tags", "type": "tags"},
    {"id": "timer", "title": "Timer", "type": "time_tracking"},
    {"id": "shown", "title": "Sprint name", "type": "mirror"},
    {"id": "sum", "title": "Cost", "type": "formula"},
    {"id": "stars", "title": "Rating", "type": "rating"},
    {"id": "key", "title": "ID", "type": "item_id"},
    {"id": "note", "title": "Note", "type": "long_text"},
    {"id": "log", "title": "Made", "type": "creation_log"},
]


def cell(id: str, **held: Any) -> dict[str, Any]:
    """A cell as the API gives it."""
    kind = next(column["type"] for column in COLUMNS if column["id"] == id)
    return {"id": id, "type": kind, "text": None, "value": None, **held}


CELLS = [
    cell("subtasks_x"),
    cell("stage", label="Build", index=2, is_done=False, text="Build"),
    cell("priority_1", label="Critical ⚠️️", index=0, is_done=False),
    cell("status", label="Stuck", index=2, is_done=False, text="Stuck"),
    cell("kind", label="Bug", index=0, is_done=False),
    cell("reviewer", persons_and_teams=[{"id": "11", "kind": "person"}]),
    cell("owners", persons_and_teams=[
        {"id": "12", "kind": "person"}, {"id": "12", "kind": "team"},
        {"id": "12", "kind": "agent"}, {"id": "12", "kind": "person"}]),
    cell("date_made", date="2026-01-01", value=json.dumps({"date": "2026-01-01"})),
    cell("date_due", date="2026-03-01", time="19:30:00",
         value=json.dumps({"date": "2026-03-01", "time": "18:30:00"})),
    cell("span", **{"from": "2026-02-01T00:00:00+00:00", "to": "2026-02-20T00:00:00+00:00"}),
    cell("before", display_value="First, Second", linked_item_ids=["101", "102"],
         dependency_links=[{"linked_item_id": "101", "dependency_type": 0, "lag": 2},
                           {"linked_item_id": "102", "dependency_type": 1, "lag": None}]),
    cell("related", display_value="Big thing", linked_item_ids=["99", "300"]),
    cell("hours", number=7.5, text="7.5"),
    cell("ok", checked=True),
    cell("systems", values=[{"label": "Shop"}, {"label": "Till"}], text="Shop, Till"),
    cell("tags", tags=[{"name": "red"}, {"name": "blue"}], text="red, blue"),
    cell("timer", duration=5430, running=True, history=[
        {"id": "s1", "started_at": "2026-02-03T08:00:00Z", "ended_at": "2026-02-03T09:30:30Z",
         "started_user_id": "12", "updated_at": "2026-02-03T09:31:00Z"},
        {"id": "s2", "started_at": "2026-02-04T08:00:00Z", "ended_at": None},
        {"id": "s3", "started_at": None, "ended_at": "2026-02-04T09:00:00Z"}]),
    cell("shown", display_value="Sprint 4"),
    cell("sum", display_value="120.5"),
    cell("stars", rating=4),
    cell("key", text="SHOP-007"),
    cell("note", text="Ask first"),
    cell("log", text="2026-01-01"),
]  # fmt: skip

ITEM: dict[str, Any] = {
    "id": "200",
    "name": "Basket",
    "state": "active",
    "created_at": "2026-01-05T08:00:00Z",
    "updated_at": "2026-02-25T08:00:00Z",
    "creator_id": "11",
    "url": "https://example.monday.com/boards/1/pulses/200",
    "board": {"id": "1"},
    "group": {"id": "topics", "title": "Sprint 4"},
    "parent_item": None,
    "column_values": CELLS,
}


def body(item: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {"item": item or ITEM, "board": {"id": "1"}, "columns": COLUMNS, "logs": [], **more}


def read(kind: type[Any], of: dict[str, Any]) -> list[Any]:
    return [each for each in Monday.to_records("tasks", of) if isinstance(each, kind)]


def the_task(of: dict[str, Any]) -> Task:
    [task] = read(Task, of)
    assert isinstance(task, Task)
    return task


def with_cells(*cells: dict[str, Any], **item: Any) -> dict[str, Any]:
    """A body in which some cells (or more) are others."""
    changed = {each["id"]: each for each in cells}
    held = [changed.get(each["id"], each) for each in CELLS]
    return body({**ITEM, **item, "column_values": held})


def test_an_item_with_every_kind_of_column() -> None:
    assert the_task(body()) == Task(
        id="200",
        key="SHOP-007",
        project_id="1",
        title="Basket",
        url="https://example.monday.com/boards/1/pulses/200",
        type="bug",
        type_label="Bug",
        status="in_progress",
        status_label="Stuck",
        blocked=True,
        priority=1,
        priority_label="Critical ⚠️️",
        assignee_ids=("12", "team:12", "agent:12"),
        reporter_id="11",
        labels=("red", "blue"),
        start_on=date(2026, 2, 1),
        due_on=datetime(2026, 3, 1, 18, 30, tzinfo=UTC),
        created_at=datetime(2026, 1, 5, 8, tzinfo=UTC),
        updated_at=datetime(2026, 2, 25, 8, tzinfo=UTC),
        spent_minutes=90,
        custom=(
            Custom(id="stage", name="Stage", value="Build"),
            Custom(id="priority_1", name="Priority", value="Critical ⚠️️"),
            Custom(id="status", name="State of work", value="Stuck"),
            Custom(id="kind", name="Type", value="Bug"),
            Custom(id="reviewer", name="Reviewer", value=("11",)),
            Custom(id="owners", name="Owner", value=("12", "team:12", "agent:12")),
            Custom(id="date_made", name="Created on", value=date(2026, 1, 1)),
            Custom(id="date_due", name="Deadline",
                   value=datetime(2026, 3, 1, 18, 30, tzinfo=UTC)),
            Custom(id="span.from", name="Plan from", value=date(2026, 2, 1)),
            Custom(id="span.to", name="Plan to", value=date(2026, 2, 20)),
            Custom(id="before", name="Dependent on", value="First, Second"),
            Custom(id="related", name="Epic", value="Big thing"),
            Custom(id="hours", name="Hours", value=7.5),
            Custom(id="ok", name="Signed", value=True),
            Custom(id="systems", name="Systems", value=("Shop", "Till")),
            Custom(id="tags", name="Tags", value=("red", "blue")),
            Custom(id="timer", name="Timer", value=90.5),
            Custom(id="shown", name="Sprint name", value="Sprint 4"),
            Custom(id="sum", name="Cost", value="120.5"),
            Custom(id="stars", name="Rating", value=4.0),
            Custom(id="key", name="ID", value="SHOP-007"),
            Custom(id="note", name="Note", value="Ask first"),
        ),
    )  # fmt: skip


def test_its_place_links_and_booked_time() -> None:
    others = [each for each in Monday.to_records("tasks", body()) if not isinstance(each, Task)]
    assert others == [
        Membership(id="project:1:200", task_id="200", kind="project", container_id="1",
                   section="Sprint 4"),
        Link(id="blocks:101:200", type="blocks", type_label="finish to start", from_id="101",
             to_id="200", lag_minutes=960),
        Link(id="other:102:200", type="other", type_label="start to start", from_id="102",
             to_id="200"),
        Link(id="relates:200:99", type="relates", from_id="200", to_id="99"),
        Link(id="relates:200:300", type="relates", from_id="200", to_id="300"),
        Worklog(id="s1", task_id="200", project_id="1", person_id="12", minutes=90,
                on=date(2026, 2, 3), started_at=datetime(2026, 2, 3, 8, tzinfo=UTC),
                updated_at=datetime(2026, 2, 3, 9, 31, tzinfo=UTC)),
    ]  # fmt: skip


def test_an_empty_item_has_nothing_and_no_zero() -> None:
    empty = [{"id": c["id"], "type": c["type"], "text": "", "value": None} for c in CELLS]
    task = the_task(body({**ITEM, "column_values": empty}))
    assert (task.status, task.status_label, task.blocked) == ("todo", None, False)
    assert (task.priority, task.priority_label, task.type, task.type_label) == (
        None, None, "task", None,
    )  # fmt: skip
    assert (task.start_on, task.due_on, task.spent_minutes, task.key) == (None, None, None, None)
    assert (task.assignee_ids, task.labels) == ((), ())
    assert {each.value for each in task.custom} == {None}


def test_a_board_without_a_status_column_says_nothing_of_status() -> None:
    plain = [each for each in COLUMNS if each["type"] != "status"]
    cells = [each for each in CELLS if each["type"] != "status"]
    task = the_task(body({**ITEM, "column_values": cells}, columns=plain))
    assert (task.status, task.status_label, task.blocked, task.type) == (None, None, None, "task")


def test_a_subitem_is_a_subtask_of_its_item_in_the_project_that_people_know() -> None:
    sub = {**ITEM, "board": {"id": "77"}, "parent_item": {"id": "150", "board": {"id": "1"}}}
    task = the_task(body(sub))
    assert (task.type, task.type_label, task.parent_id, task.project_id) == (
        "subtask", "Bug", "150", "1",
    )  # fmt: skip
    assert not read(Membership, body(sub))


def test_done_is_what_the_board_says_and_completed_when_it_was_set() -> None:
    value = json.dumps({"index": 1, "changed_at": "2026-02-20T10:00:00.500Z"})
    done = cell("status", label="Live", index=1, is_done=True, value=value)
    task = the_task(with_cells(done))
    assert (task.status, task.status_label) == ("done", "Live")
    assert task.completed_at == datetime(2026, 2, 20, 10, 0, 0, 500_000, tzinfo=UTC)
    # By the settings of the column, where the cell does not say it.
    task = the_task(with_cells(cell("status", text="Live", value=value)))
    assert (task.status, task.completed_at is not None) == ("done", True)
    # A copied label is older than the item.
    old = value.replace("2026-02-20", "2024-02-20")
    task = the_task(with_cells(cell("status", label="Live", is_done=True, value=old)))
    assert (task.status, task.completed_at) == ("done", None)
    # What is open again is not completed.
    assert the_task(with_cells(cell("status", label="Doing", is_done=False, value=value))
                    ).completed_at is None  # fmt: skip


@pytest.mark.parametrize(
    ("label", "done", "status"),
    [
        (None, None, "todo"), (None, False, "todo"), ("Working on it", False, "in_progress"),
        ("Ready to start", False, "todo"), ("Not started", None, "todo"),
        ("Ready for review", False, "in_progress"), ("Waiting for review", False, "in_progress"),
        ("Pending Deploy", False, "in_progress"), ("Stuck", False, "in_progress"),
        ("Backlog", False, "todo"), ("Shipped to moon", True, "done"), ("Cancelled", True,
                                                                         "cancelled"),
        ("Won't do", False, "cancelled"), ("Done", None, "done"), ("Done", False, None),
        ("Parking lot", False, None), ("Undone", None, None),
    ],
)  # fmt: skip
def test_statuses(label: str | None, done: bool | None, status: str | None) -> None:
    assert status_of(label, done=done) == status


def test_words_of_priority_and_type() -> None:
    words = ("Critical ⚠️", "High", "Medium", "Low", "Best Effort", "Missing", "", None)
    assert [priority_of(each) for each in words] == [1, 2, 3, 4, 5, None, None, None]
    kinds = ("Bug", "User Story", "Feature", None, "RISK", "Change request")
    assert [type_of(each) for each in kinds] == ["bug", "story", "task", "task", "risk", "change"]


def column(id: str, title: str, type: str, **more: Any) -> dict[str, Any]:
    return {"id": id, "title": title, "type": type, **more}


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ([], Roles()),
        ([column("priority", "Priority", "status")], Roles(priority="priority")),
        ([column("a", "Phase", "status"), column("b", "Status", "status")], Roles(status="b")),
        ([column("a", "Phase", "status"), column("b", "Step", "status")], Roles(status="a")),
        ([column("b", "Status", "status"), column("task_status", "Step", "status")],
         Roles(status="task_status")),
        ([column("a", "Status", "status", archived=True)], Roles()),
        ([column("a", "Reviewer", "people"), column("b", "Helper", "people")], Roles(people="a")),
        ([column("a", "Reviewer", "people"), column("b", "Assigned to", "people")],
         Roles(people="b")),
        ([column("a", "Date", "date")], Roles(due="a")),
        ([column("a", "Completed", "date"), column("b", "Day", "date")], Roles(due="b")),
        ([column("a", "Completed", "date")], Roles()),
        ([column("a", "Start date", "date"), column("b", "End date", "date")],
         Roles(start="a", due="b")),
        ([column("a", "Date", "date"), column("t", "Timeline", "timeline")], Roles(timeline="t")),
        ([column("t", "Timeline", "timeline"), column("a", "Due date", "date")],
         Roles(timeline="t", due="a")),
        ([column("t", "Plan", "timeline"), column("u", "Real", "timeline")], Roles(timeline="t")),
    ],
)  # fmt: skip
def test_which_column_is_what(columns: list[dict[str, Any]], expected: Roles) -> None:
    assert roles(columns) == expected


def test_a_timeline_drawn_as_a_milestone_is_one() -> None:
    drawn = cell("span", visualization_type="milestone", value=json.dumps(
        {"from": "2026-03-05", "to": "2026-03-05", "visualization_type": "milestone"}))  # fmt: skip
    due = cell("date_due")
    assert not read(Milestone, body())
    assert the_task(with_cells(drawn, due)).type == "milestone"
    assert read(Milestone, with_cells(drawn, due)) == [
        Milestone(id="200", project_id="1", name="Basket", url=ITEM["url"], state="open",
                  state_label="Stuck", owner_id="12", start_on=date(2026, 3, 5))
    ]  # fmt: skip
    no_due_column = [each for each in COLUMNS if each["id"] != "date_due"]
    [milestone] = read(Milestone, {**with_cells(drawn), "columns": no_due_column})
    assert milestone.due_on == date(2026, 3, 5)


def entry(event: str, data: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "id": "5c68db4b-0000-4000-8000-000000000001", "event": event, "entity": "pulse",
        "data": json.dumps(data), "created_at": "17720000001234567", "user_id": "12", **more,
    }  # fmt: skip


AT = datetime(2026, 2, 25, 6, 13, 20, 123456, tzinfo=UTC)


def value_entry(id: str, kind: str, before: Any, after: Any, **more: Any) -> dict[str, Any]:
    title = next(each["title"] for each in COLUMNS if each["id"] == id)
    return entry("update_column_value", {
        "board_id": 1, "pulse_id": 200, "column_id": id, "column_type": kind,
        "column_title": title, "previous_value": before, "value": after, **more})  # fmt: skip


@pytest.mark.parametrize(
    ("told", "field", "old", "new", "old_label", "new_label"),
    [
        (value_entry("status", "color", {"label": {"index": 2, "text": "Stuck"}, "post_id": None},
                     {"label": {"index": 1, "text": "Live", "is_done": True}}),
         "status", "in_progress", "done", "Stuck", "Live"),
        (value_entry("status", "color", None, {"label": {"index": 1, "text": "Live"}}),
         "status", "todo", "done", None, "Live"),
        (value_entry("priority_1", "color", None, {"label": {"index": 0, "text": "High"}}),
         "priority", None, "2", None, "High"),
        (value_entry("stage", "color", None, {"label": {"index": 0, "text": "Build"}}),
         "stage", None, "Build", None, "Build"),
        (value_entry("owners", "multiple-person", {"column_settings": {}},
                     {"personsAndTeams": [{"id": 11, "kind": "person"},
                                          {"id": 12, "kind": "team"}]}, textual_value="Ann, Crew"),
         "assignee_ids", None, "11,team:12", None, "Ann, Crew"),
        (value_entry("date_due", "date", {"date": "2026-03-01"},
                     {"date": "2026-03-02", "time": "10:00:00"}),
         "due_on", "2026-03-01", "2026-03-02T10:00:00+00:00", "2026-03-01",
         "2026-03-02T10:00:00+00:00"),
        (value_entry("span", "timerange", {"from": "2026-01-01", "to": "2026-01-05"},
                     {"from": "2026-01-02", "to": "2026-01-05"}),
         "start_on", "2026-01-01", "2026-01-02", "2026-01-01", "2026-01-02"),
        (value_entry("hours", "numeric", None, {"value": 4, "unit": None}),
         "hours", None, "4", None, "4"),
        (value_entry("systems", "dropdown", None, {"chosenValues": [{"id": 5, "name": "Shop"}]},
                     textual_value="Shop"),
         "systems", None, "Shop", None, "Shop"),
        (value_entry("ok", "boolean", {"checked": "true"}, {"checked": False}),
         "ok", "true", "false", "true", "false"),
        (value_entry("note", "long-text", {"text": "a"}, {"text": "b"}),
         "note", "a", "b", "a", "b"),
        (value_entry("timer", "duration", {"running": "true"}, {"duration": 81},
                     textual_value="00:01:21"),
         "timer", None, "00:01:21", None, "00:01:21"),
        (entry("update_name", {"pulse_id": 200, "previous_value": {"name": "Bag"},
                               "value": {"name": "Basket"}}),
         "title", "Bag", "Basket", "Bag", "Basket"),
        (entry("move_pulse_into_group", {
            "pulse": {"id": 200, "name": "Basket"}, "source_group": {"id": "a", "title": "To come"},
            "dest_group": {"id": "b", "title": "Sprint 4"}}),
         "section", "a", "b", "To come", "Sprint 4"),
    ],
)  # fmt: skip
def test_activity_becomes_history(
    told: dict[str, Any], field: str, old: Any, new: Any, old_label: Any, new_label: Any
) -> None:
    [change] = read(Change, body(logs=[told]))
    assert change.id == f"{told['id']}:{field}"
    assert (change.task_id, change.at, change.author_id) == ("200", AT, "12")
    assert (change.field, change.old, change.new) == (field, old, new)
    assert (change.old_label, change.new_label) == (old_label, new_label)


def test_a_timeline_moves_both_ends_where_no_date_column_fills_them() -> None:
    moved = value_entry("span", "timerange", {"from": "2026-01-01", "to": "2026-01-05"},
                        {"from": "2026-01-02", "to": "2026-01-06"})  # fmt: skip
    columns = [each for each in COLUMNS if each["id"] != "date_due"]
    changes = read(Change, body(logs=[moved], columns=columns))
    assert [(c.field, c.new) for c in changes] == [
        ("start_on", "2026-01-02"), ("due_on", "2026-01-06"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "told",
    [
        entry("create_pulse", {"pulse_id": 200}),
        entry("move_pulse_from_group", {"pulse": {"id": 200}}),
        entry("update_name", {"pulse_id": 201, "value": {"name": "Of another item"}}),
        {**entry("update_name", {"pulse_id": 200}), "created_at": "soon"},
        {**entry("update_name", {"pulse_id": 200}), "id": None},
        {**entry("update_name", {}), "data": "no JSON"},
    ],
)
def test_what_changes_no_field_of_this_item_is_no_change(told: dict[str, Any]) -> None:
    assert not read(Change, body(logs=[told]))


def test_boards_people_and_teams() -> None:
    records: list[Record] = []
    records += Monday.to_records(
        "projects",
        {
            "id": "1",
            "name": "Website",
            "description": "",
            "state": "archived",
            "url": "https://example.monday.com/boards/1",
            "created_at": "2026-01-01T00:00:00Z",
            "updated_at": None,
            "workspace": None,
            "owners": [None, {"id": "12"}, {"id": "11"}],
        },
    )
    for status in ("ACTIVE", "INACTIVE", "PENDING", "ODD"):
        user = {"id": "12", "name": "Ann", "status": status, "time_zone_identifier": "Europe/Riga"}
        records += Monday.to_records("people", {"user": user})
    records += Monday.to_records(
        "people",
        {
            "user": {
                "id": "12",
                "name": "",
                "email": "a@example.com",
                "status": "ACTIVE",
                "is_deleted": True,
            }
        },
    )
    records += Monday.to_records("people", {"team": {"id": "12", "name": "Crew"}})
    ann: dict[str, Any] = {"id": "12", "name": "Ann", "time_zone": "Europe/Riga"}
    assert records == [
        Project(id="1", name="Website", url="https://example.monday.com/boards/1",
                state="archived", owner_id="12", created_at=datetime(2026, 1, 1, tzinfo=UTC),
                custom=(Custom(id="workspace", name="Workspace", value=None),)),
        Person(**ann, active=True),
        Person(**ann, active=False),
        Person(**ann, active=False),
        Person(**ann),
        Person(id="12", name="a@example.com", email="a@example.com", active=False),
        Person(id="team:12", name="Crew", kind="group"),
    ]  # fmt: skip


def test_an_update_with_replies_and_one_about_the_board() -> None:
    at = "2026-02-01T10:00:00.000Z"
    update = {
        "id": "5", "item_id": "200", "text_body": "Ready?", "creator_id": "11", "created_at": at,
        "updated_at": "2026-02-01T11:00:00.000Z",
        "replies": [{"id": "6", "text_body": "Yes", "creator_id": "12", "created_at": at,
                     "updated_at": at}, {"id": None}],
    }  # fmt: skip
    noon = datetime(2026, 2, 1, 10, tzinfo=UTC)
    assert list(Monday.to_records("comments", update)) == [
        Comment(id="5", task_id="200", author_id="11", text="Ready?", at=noon,
                updated_at=datetime(2026, 2, 1, 11, tzinfo=UTC)),
        Comment(id="6", task_id="200", author_id="12", text="Yes", at=noon),
    ]  # fmt: skip
    assert not list(Monday.to_records("comments", {**update, "item_id": None}))


def test_a_board_says_what_its_items_have_no_column_for() -> None:
    columns = [
        {"id": "name", "title": "Name", "type": "name"},
        {"id": "state", "title": "Stage", "type": "status"},
        {"id": "when", "title": "Timeline", "type": "timeline"},
        {"id": "gone", "title": "Owner", "type": "people", "archived": True},
    ]
    [board] = Monday.to_records("projects", {"id": "1", "name": "Quay", "columns": columns})
    assert isinstance(board, Project)
    assert set(board.lacks) == {"priority", "assignee_ids", "spent_minutes", "labels"}
    assert {"state", "Stage", "when", "Timeline"} <= set(board.task_fields)
    [bare] = Monday.to_records("projects", {"id": "1", "name": "Quay"})
    assert isinstance(bare, Project)
    assert bare.lacks == ()
