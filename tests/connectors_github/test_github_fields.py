"""Golden mappings: what a board's fields become."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from connectors.github.connector import GitHub
from connectors.github.fields import by_role, lacking, priority_of, status_of
from connectors.sdk.records import Custom, Membership, Project, Record, Sprint, Task


def field(id: str, name: str, type: str, value: Any = None, **more: Any) -> dict[str, Any]:
    return {"id": id, "name": name, "type": type, "value": value, **more}


FIELDS = [
    field("PVTSSF_1", "Status", "SINGLE_SELECT", "👀 In review"),
    field("PVTSSF_2", "Priority", "SINGLE_SELECT", "P2"),
    field("PVTF_3", "Estimate", "NUMBER", 5),
    field("PVTF_4", "Start date", "DATE", "2026-03-02"),
    field("PVTF_5", "Target date", "DATE", "2026-03-13"),
    field("PVTIF_6", "Iteration", "ITERATION", "Sprint 7", iteration="9f3a"),
    field("PVTF_7", "Team", "TEXT"),
]


def of(fields: list[Any], **issue: Any) -> list[Record]:
    body: dict[str, Any] = {
        "id": "5#7",
        "issue": {"number": 7, "title": "Basket", "state": "open", "state_reason": None, **issue},
        "repository": {"id": "5", "full_name": "acme/site"},
        "parent": None,
        "blocked_by": [],
        "board": {"id": "PVT_1", "title": "Delivery", "fields": fields},
    }
    return list(GitHub.to_records("tasks", body))


def the_task(fields: list[Any], **issue: Any) -> Task:
    task = of(fields, **issue)[0]
    assert isinstance(task, Task)
    return task


def test_a_board_says_what_an_issue_does_not() -> None:
    assert of(FIELDS) == [
        Task(
            id="5#7",
            key="acme/site#7",
            project_id="5",
            title="Basket",
            status="in_progress",
            status_label="👀 In review",
            priority=2,
            priority_label="P2",
            start_on=date(2026, 3, 2),
            due_on=date(2026, 3, 13),
            points=5.0,
            custom=(
                Custom(id="PVTSSF_1", name="Status", value="👀 In review"),
                Custom(id="PVTSSF_2", name="Priority", value="P2"),
                Custom(id="PVTF_3", name="Estimate", value=5.0),
                Custom(id="PVTF_4", name="Start date", value=date(2026, 3, 2)),
                Custom(id="PVTF_5", name="Target date", value=date(2026, 3, 13)),
                Custom(id="PVTIF_6", name="Iteration", value="Sprint 7"),
                Custom(id="PVTF_7", name="Team", value=None),
            ),
        ),
        Membership(
            id="sprint:PVTIF_6:9f3a:5#7",
            task_id="5#7",
            kind="sprint",
            container_id="PVTIF_6:9f3a",
        ),
    ]


def test_the_state_of_a_closed_issue_counts_more_than_its_column() -> None:
    task = the_task(FIELDS, state="closed", state_reason="not_planned")
    assert (task.status, task.status_label) == ("cancelled", "not_planned")
    assert task.due_on == date(2026, 3, 13)


@pytest.mark.parametrize(
    ("option", "status", "label"),
    [
        ("Todo", "todo", "Todo"),
        ("Done", "done", "Done"),
        ("Waiting for legal", None, "Waiting for legal"),
        (None, "todo", "open"),
        ("", "todo", "open"),
        (7, "todo", "open"),
    ],
)
def test_the_column_of_an_open_issue_is_its_status(option: Any, status: Any, label: str) -> None:
    task = the_task([field("PVTSSF_1", "Status", "SINGLE_SELECT", option)])
    assert (task.status, task.status_label) == (status, label)


def test_of_two_fields_that_fit_the_more_usual_name_counts_even_where_it_is_empty() -> None:
    end, due = field("PVTF_1", "End date", "DATE", "2026-05-01"), field("PVTF_2", "Due", "DATE")
    assert the_task([end]).due_on == date(2026, 5, 1)
    assert the_task([end, due]).due_on is None


@pytest.mark.parametrize(
    ("name", "type", "role"),
    [
        ("🗓 Due date:", "DATE", "due"),
        ("DEADLINE", "DATE", "due"),
        ("Start_date", "DATE", "start"),
        ("Story Points", "NUMBER", "points"),
        ("Stage", "SINGLE_SELECT", "status"),
        ("Due date", "TEXT", None),
        ("Launch", "DATE", None),
        ("Size", "SINGLE_SELECT", None),
    ],
)
def test_a_field_is_known_by_its_type_and_a_usual_name(
    name: str, type: str, role: str | None
) -> None:
    assert list(by_role([field("PVTF_1", name, type)])) == ([role] if role else [])


def test_words_that_are_not_ours_mean_nothing() -> None:
    assert [status_of(each) for each in ("1. In-Progress", "Icebox", None)] == [
        "in_progress", None, None,
    ]  # fmt: skip
    assert [priority_of(each) for each in ("🌋 Urgent", "Someday", None)] == [1, None, None]


def test_a_repository_lacks_what_none_of_its_boards_has_a_field_for() -> None:
    assert lacking([FIELDS]) == ()
    assert lacking([]) == ("start_on", "due_on", "priority", "points")
    only_due = [field("PVTF_5", "Due", "DATE")]
    assert lacking([only_due]) == ("start_on", "priority", "points")
    assert lacking([only_due, [field("PVTF_3", "Points", "NUMBER")]]) == ("start_on", "priority")


def repository(**body: Any) -> Project:
    row = {"id": 5, "name": "site", "full_name": "acme/site", **body}
    [project] = GitHub.to_records("projects", row)
    assert isinstance(project, Project)
    return project


def test_a_repository_names_the_fields_that_its_issues_may_have() -> None:
    project = repository(boards=[[{"id": "PVTF_5", "name": "Due", "type": "DATE"}], [None]])
    assert project.task_fields == ("PVTF_5", "Due")
    assert repository(boards=[]).lacks == ("start_on", "due_on", "priority", "points")
    assert repository().lacks == repository().task_fields == ()


def sprint(start: Any, duration: Any, *, over: bool = False, on: str = "2026-03-10") -> Sprint:
    body = {
        "board": {"id": "PVT_1", "title": "Delivery"},
        "field": "PVTIF_6",
        "iteration": {
            "id": "9f3a", "title": "Sprint 7", "startDate": start, "duration": duration,
        },
        "over": over,
        "read_on": on,
    }  # fmt: skip
    [found] = GitHub.to_records("sprints", body)
    assert isinstance(found, Sprint)
    return found


def test_an_iteration_is_a_sprint_of_whole_days() -> None:
    assert sprint("2026-03-02", 14) == Sprint(
        id="PVTIF_6:9f3a",
        board_id="PVT_1",
        name="Sprint 7",
        state="active",
        start_at=datetime(2026, 3, 2, tzinfo=UTC),
        end_at=datetime(2026, 3, 15, 23, 59, 59, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("on", "over", "state"),
    [
        ("2026-03-01", False, "future"),
        ("2026-03-02", False, "active"),
        ("2026-03-15", False, "active"),
        ("2026-03-16", False, "closed"),
        ("2026-03-01", True, "closed"),
        ("never", False, None),
    ],
)
def test_the_day_says_whether_an_iteration_runs(on: str, over: bool, state: Any) -> None:
    assert sprint("2026-03-02", 14, over=over, on=on).state == state


@pytest.mark.parametrize("duration", [None, 0, -3, "14", True, 10**9])
def test_an_iteration_without_a_length_has_no_end(duration: Any) -> None:
    found = sprint("2026-03-02", duration)
    assert (found.end_at, found.state) == (None, "active")
    assert sprint("9998-03-02", 14).end_at is None
