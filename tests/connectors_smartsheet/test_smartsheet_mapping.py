"""Rows as people shape them, in Smartsheet's own words, and what they must become."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from connectors.sdk.records import Comment, Custom, Person, Project, Task
from connectors.smartsheet.connector import Smartsheet
from connectors.smartsheet.frame import project_body, row_items
from sync_engine.admin_map import AdminMapping
from tests.connectors_smartsheet.rows import (
    PRIMARY,
    SHEET,
    cell,
    column,
    records,
    task,
)

# -- rows --------------------------------------------------------------------------------------


def test_a_row_of_a_project_sheet_is_read_whole() -> None:
    found = records(
        [
            PRIMARY,
            column(2, "No", systemColumnType="AUTO_NUMBER"),
            column(3, "Status", "PICKLIST"),
            column(4, "Owner", "CONTACT_LIST"),
            column(5, "Begin", "ABSTRACT_DATETIME", tags=["GANTT_START_DATE"]),
            column(6, "Till", "ABSTRACT_DATETIME", tags=["CALENDAR_END_DATE", "GANTT_END_DATE"]),
            column(7, "Progress", tags=["GANTT_PERCENT_COMPLETE"]),
            column(8, "Importance", "PICKLIST"),
            column(9, "priority", "PICKLIST"),
        ],
        [
            cell(1, "Dig", "Dig"),
            cell(2, "SITE-0042", "SITE-0042"),
            cell(3, "In Progress", "In Progress"),
            cell(
                4, "Ada@Example.com", "Ada", {"objectType": "CONTACT", "email": "Ada@Example.com"}
            ),
            cell(5, "2026-03-02T08:00:00"),
            cell(6, "2026-03-06T16:59:59"),
            cell(7, 0.35, "35%"),
            cell(8, "Low", "Low"),
            cell(9, "High", "High"),
        ],
        parentId=76,
        permaLink="https://app.smartsheet.com/sheets/x?rowId=77",
        createdAt="2026-02-01T10:00:00Z",
        modifiedAt="2026-02-03T11:30:00Z",
        createdBy={"email": "Bo@example.com", "name": "Bo"},
    )
    assert found == [
        Task(
            id=f"{SHEET}:77", key="SITE-0042", project_id=SHEET, parent_id=f"{SHEET}:76",
            title="Dig", url="https://app.smartsheet.com/sheets/x?rowId=77", type="task",
            status="in_progress", status_label="In Progress", blocked=False, priority=2,
            priority_label="High", assignee_ids=("ada@example.com",),
            reporter_id="bo@example.com", start_on=date(2026, 3, 2), due_on=date(2026, 3, 6),
            created_at=datetime(2026, 2, 1, 10, tzinfo=UTC),
            updated_at=datetime(2026, 2, 3, 11, 30, tzinfo=UTC), percent_complete=35.0,
            custom=(
                Custom(id="1", name="Task", value="Dig"),
                Custom(id="2", name="No", value="SITE-0042"),
                Custom(id="3", name="Status", value="In Progress"),
                Custom(id="4", name="Owner", value="ada@example.com"),
                Custom(id="5", name="Begin", value=date(2026, 3, 2)),
                Custom(id="6", name="Till", value=date(2026, 3, 6)),
                Custom(id="7", name="Progress", value=35.0),
                Custom(id="8", name="Importance", value="Low"),
                Custom(id="9", name="priority", value="High"),
            ),
        )
    ]  # fmt: skip


def test_a_parent_row_is_no_work_of_its_own_but_its_hierarchy_holds() -> None:
    found = task([], [], parent=True)
    assert (found.type, found.type_label) == ("other", "Parent row")


@pytest.mark.parametrize(
    "cells",
    [
        [],
        [cell(1)],
        [cell(1, ""), cell(2, False)],
        [cell(2, False, None, {"objectType": "CHECKBOX", "value": False})],
        [cell(3, "A-7", "A-7")],  # an auto-number
        [cell(4, 0, "0", formula="=COUNT(CHILDREN())")],
        [cell(1, "#NO MATCH", formula="=INDEX({x}, 1)")],
        [cell(1, "   ")],
    ],
)
def test_a_blank_row_is_no_task(cells: list[Any]) -> None:
    columns = [
        PRIMARY,
        column(2, "Done", "CHECKBOX"),
        column(3, "No", systemColumnType="AUTO_NUMBER"),
        column(4, "Count"),
    ]
    assert records(columns, cells) == []
    [under] = records(columns, cells, parent=True)
    assert isinstance(under, Task)  # what is below it must have its parent


@pytest.mark.parametrize(
    "cells",
    [
        [cell(2, 0, "0")],
        [cell(3, True)],
        [cell(4, None, None, {"objectType": "CONTACT", "name": "Ada"})],
        [cell(2, "x", linkInFromCell={"status": "OK"})],
    ],
)
def test_a_row_without_a_title_that_holds_something_is_a_task(cells: list[Any]) -> None:
    columns = [
        PRIMARY,
        column(2, "N"),
        column(3, "Ok", "CHECKBOX"),
        column(4, "By", "CONTACT_LIST"),
    ]
    [found] = records(columns, cells)
    assert isinstance(found, Task)
    assert found.title == ""


def test_a_failed_title_is_shown_as_people_see_it() -> None:
    [found] = records([PRIMARY, column(2, "N")], [cell(1, "#REF", formula="=A1"), cell(2, "x")])
    assert isinstance(found, Task)
    assert found.title == "#REF"


# -- which column says what --------------------------------------------------------------------


def test_a_tag_outweighs_a_title_and_the_order_of_titles_that_of_columns() -> None:
    dates = [
        column(2, "Finish", "DATE"),
        column(3, "Due Date", "DATE"),
        column(4, "Somewhen", "DATE", tags=["CALENDAR_END_DATE"]),
        column(5, "Other", "DATE", tags=["GANTT_END_DATE"]),
    ]
    cells = [cell(number, f"2026-03-0{number}") for number in range(2, 6)]
    assert task(dates, cells).due_on == date(2026, 3, 5)
    assert task(dates[:3], cells).due_on == date(2026, 3, 4)
    assert task(dates[:2], cells).due_on == date(2026, 3, 3)
    assert task(dates[:1], cells).due_on == date(2026, 3, 2)


def test_of_two_columns_of_one_title_the_leftmost_counts_and_both_can_be_mapped() -> None:
    columns = [column(2, "Status", "PICKLIST"), column(3, " STATUS: ", "PICKLIST")]
    found = task(columns, [cell(2, "Done"), cell(3, "In progress")])
    assert (found.status, found.status_label) == ("done", "Done")
    assert [each.id for each in found.custom[1:]] == ["2", "3"]
    by_id = AdminMapping(fields={"status": "3"}, status={"In progress": "in_progress"})
    mapped = by_id.apply(found)
    assert isinstance(mapped, Task)
    assert (mapped.status, mapped.status_label) == ("in_progress", "In progress")


def test_an_admin_maps_columns_by_title() -> None:
    found = task(
        [
            column(2, "Lead", "CONTACT_LIST"),
            column(3, "Promised", "DATE"),
            column(4, "Weight"),
            column(5, "So far"),
            column(6, "Stuck", "CHECKBOX"),
        ],
        [
            cell(
                2, "ada@example.com", "Ada", {"objectType": "CONTACT", "email": "ada@example.com"}
            ),
            cell(3, "2026-04-01"),
            cell(4, 3, "3"),
            cell(5, 0.5, "50%"),
            cell(6, True),
        ],
    )
    assert (found.assignee_ids, found.due_on, found.percent_complete) == ((), None, None)
    mapped = AdminMapping(
        fields={
            "assignee_ids": "Lead", "due_on": "promised", "points": "Weight",
            "percent_complete": "So far", "blocked": "Stuck",
        }
    ).apply(found)  # fmt: skip
    assert isinstance(mapped, Task)
    assert (mapped.assignee_ids, mapped.due_on) == (("ada@example.com",), date(2026, 4, 1))
    assert (mapped.points, mapped.percent_complete, mapped.blocked) == (3.0, 50.0, True)


def test_a_title_of_another_type_means_nothing() -> None:
    columns = [
        column(2, "Status", "DATE"),
        column(3, "Due", "TEXT_NUMBER"),
        column(4, "Assigned To", "PICKLIST"),
        column(5, "Done", "PICKLIST"),
        column(6, "Blocked", "PICKLIST"),
    ]
    found = task(
        columns,
        [cell(2, "2026-01-01"), cell(3, "2026-01-01"), cell(4, "Ada"), cell(5, "x"), cell(6, "y")],
    )
    assert (found.status, found.status_label, found.due_on) == (None, None, None)
    assert (found.assignee_ids, found.blocked) == ((), False)


# -- status ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("Not Started", "todo"),
        ("2. IN-PROGRESS", "in_progress"),
        ("🚧 In progress", "in_progress"),
        ("Complete", "done"),
        ("Canceled", "cancelled"),
        ("Won’t do", "cancelled"),
        ("Waiting for permit", None),
        ("Green", None),
        ("Not complete", None),
        ("#UNPARSEABLE", None),
    ],
)
def test_only_unmistakable_words_are_understood(said: str, status: str | None) -> None:
    found = task([column(2, "Status", "PICKLIST")], [cell(2, said, said)])
    assert (found.status, found.status_label) == (status, said)


@pytest.mark.parametrize(
    ("box", "said", "share", "status", "label"),
    [
        (True, None, None, "done", "Done?"),
        (True, "In progress", None, "done", "Done?"),
        (True, "Waiting for permit", None, "done", "Done?"),
        (True, "Cancelled", None, "cancelled", "Cancelled"),
        (True, "Completed", None, "done", "Completed"),
        (False, "In progress", 1, "in_progress", "In progress"),
        (False, "Complete", None, "done", "Complete"),
        (False, None, None, "todo", None),
        (False, None, 0.5, "in_progress", None),
        (False, None, 0, "todo", None),
        (False, None, 1, "done", None),
        ("#REF", None, None, None, None),
    ],
)
def test_a_box_a_word_and_a_percentage_together(
    box: Any, said: str | None, share: float | None, status: str | None, label: str | None
) -> None:
    columns = [
        column(2, "Done?", "CHECKBOX"),
        column(3, "Status", "PICKLIST"),
        column(4, "% Complete", tags=["GANTT_PERCENT_COMPLETE"]),
    ]
    found = task(columns, [cell(2, box), cell(3, said, said), cell(4, share)])
    assert (found.status, found.status_label) == (status, label)


def test_without_any_column_for_it_the_status_is_unknown() -> None:
    found = task([], [])
    assert (found.status, found.status_label, found.blocked) == (None, None, False)


@pytest.mark.parametrize(
    ("said", "box", "blocked"),
    [
        ("Blocked", None, True),
        ("On hold", None, True),
        ("In progress", None, False),
        ("Waiting for permit", None, None),
        ("Waiting for permit", True, True),
        ("Waiting for permit", False, False),
        ("In progress", "#REF", None),
    ],
)
def test_what_is_blocked_and_what_may_be(said: str, box: Any, blocked: bool | None) -> None:
    columns = [column(2, "Status", "PICKLIST")]
    columns += [] if box is None else [column(3, "Blocked", "CHECKBOX")]
    assert task(columns, [cell(2, said, said), cell(3, box)]).blocked is blocked


# -- sheets, people, comments ------------------------------------------------------------------


def test_a_sheet_with_its_owner_workspace_and_summary() -> None:
    sheet = {
        "id": 4583173393803140, "name": "Site B", "permalink": "https://app.smartsheet.com/s/1",
        "createdAt": "2026-01-01T00:00:00Z", "modifiedAt": "2026-02-01T00:00:00Z",
        "owner": "Ada@example.com", "ownerId": 9, "workspace": {"id": 3, "name": "Building"},
    }  # fmt: skip
    summary = [
        {"id": 11, "title": "RAG", "type": "PICKLIST", "objectValue": "Red", "displayValue": "Red"},
        {"id": 12, "title": "Budget", "type": "TEXT_NUMBER", "objectValue": 5000,
         "displayValue": "$5,000"},
        {"id": 13, "title": "Live", "type": "DATE",
         "objectValue": {"objectType": "DATE", "value": "2026-05-01"}},
        {"id": 14, "title": "Sponsor", "type": "CONTACT_LIST", "displayValue": "Bo",
         "objectValue": {"objectType": "CONTACT", "email": "bo@example.com"}},
        {"id": 15, "title": "Late", "type": "TEXT_NUMBER", "objectValue": "#REF",
         "displayValue": "#REF", "formula": "=X1"},
        {"id": 16, "title": "Ready", "type": "CHECKBOX", "objectValue": True},
        {"id": 17, "title": "Empty", "type": "TEXT_NUMBER"},
    ]  # fmt: skip
    assert list(Smartsheet.to_records("projects", project_body(sheet, summary))) == [
        Project(
            id=SHEET, name="Site B", url="https://app.smartsheet.com/s/1",
            owner_id="ada@example.com", created_at=datetime(2026, 1, 1, tzinfo=UTC),
            updated_at=datetime(2026, 2, 1, tzinfo=UTC),
            custom=(
                Custom(id="workspace", name="Workspace", value="Building"),
                Custom(id="11", name="RAG", value="Red"),
                Custom(id="12", name="Budget", value=5000.0),
                Custom(id="13", name="Live", value=date(2026, 5, 1)),
                Custom(id="14", name="Sponsor", value="bo@example.com"),
                Custom(id="15", name="Late", value=None),
                Custom(id="16", name="Ready", value=True),
                Custom(id="17", name="Empty", value=None),
            ),
        )
    ]  # fmt: skip


def project(*columns: dict[str, Any]) -> Project:
    """A sheet with these columns beside its primary one."""
    sheet = {"id": int(SHEET), "name": "Site B", "columns": [PRIMARY, *columns]}
    [found] = Smartsheet.to_records("projects", project_body(sheet, ()))
    assert isinstance(found, Project)
    return found


def test_a_sheet_says_what_its_rows_have_no_column_for() -> None:
    bare = project()
    assert set(bare.lacks) == {
        "status", "blocked", "priority", "assignee_ids", "labels", "start_on", "due_on",
        "percent_complete",
    }  # fmt: skip
    held = project(
        column(2, "Status", "PICKLIST"), column(3, "Finish", "DATE"),
        column(4, "Owner", "CONTACT_LIST"),
    )  # fmt: skip
    assert set(held.lacks) == {"priority", "labels", "start_on", "percent_complete"}
    assert held.task_fields == ("1", "Task", "2", "Status", "3", "Finish", "4", "Owner")
    ticked = project(column(2, "Done", "CHECKBOX"))
    assert "status" not in ticked.lacks
    assert "blocked" in ticked.lacks


def test_a_column_that_the_admin_maps_ends_a_lack() -> None:
    held = project(column(2, "When ready", "DATE"))
    assert "due_on" in held.lacks
    mapped = AdminMapping(fields={"due_on": "when ready"}).apply(held)
    assert isinstance(mapped, Project)
    assert "due_on" not in mapped.lacks
    assert "start_on" in mapped.lacks


def test_a_sheet_that_shows_no_columns_lacks_nothing_for_certain() -> None:
    [found] = Smartsheet.to_records("projects", {"sheet": {"id": 5, "name": "Site B"}})
    assert isinstance(found, Project)
    assert found.lacks == ()


@pytest.mark.parametrize(
    ("user", "person"),
    [
        ({"id": 1, "email": "A@x.org", "name": "Ada Quist", "status": "ACTIVE"},
         Person(id="a@x.org", name="Ada Quist", email="A@x.org", active=True)),
        ({"id": 1, "email": "a@x.org", "firstName": "Ada", "status": "DEACTIVATED"},
         Person(id="a@x.org", name="Ada", email="a@x.org", active=False)),
        ({"id": 1, "email": "a@x.org", "status": "PENDING"},
         Person(id="a@x.org", name="a@x.org", email="a@x.org", active=None)),
        ({"id": "AbC", "name": "Bo"}, Person(id="Bo", name="Bo")),
        ({"id": 5}, Person(id="5", name="5")),
    ],
)  # fmt: skip
def test_users_and_contacts(user: Any, person: Person) -> None:
    assert list(Smartsheet.to_records("people", {"user": user})) == [person]


def test_comments_on_rows_and_none_on_sheets() -> None:
    said = [
        {"id": 1, "text": "Is it dry?", "createdAt": "2026-02-01T00:00:00Z",
         "modifiedAt": "2026-02-01T00:00:00Z", "createdBy": {"email": "Bo@x.org", "name": "Bo"}},
        {"id": 2, "text": "Yes", "createdAt": "2026-02-02T00:00:00Z",
         "modifiedAt": "2026-02-03T00:00:00Z", "createdBy": {"name": "Guest"}},
        {"id": 3, "text": "When?"},
    ]  # fmt: skip
    discussion = {"id": 9, "parentType": "ROW", "parentId": 77, "comments": said}
    first, second = (datetime(2026, 2, number, tzinfo=UTC) for number in (1, 2))
    assert list(
        Smartsheet.to_records("comments", {"sheetId": SHEET, "discussion": discussion})
    ) == [
        Comment(id="1", task_id=f"{SHEET}:77", author_id="bo@x.org", text="Is it dry?", at=first),
        Comment(id="2", task_id=f"{SHEET}:77", author_id="Guest", text="Yes", at=second,
                updated_at=datetime(2026, 2, 3, tzinfo=UTC)),
    ]  # fmt: skip
    on_sheet = {**discussion, "parentType": "SHEET", "parentId": int(SHEET)}
    assert not list(Smartsheet.to_records("comments", {"sheetId": SHEET, "discussion": on_sheet}))


def test_rows_that_moved_down_have_not_changed() -> None:
    sheet = {"id": 1, "columns": [PRIMARY, column(9, "B", "PREDECESSOR")]}
    bodies = []
    for number in (3, 4):
        held = {"predecessors": [{"rowId": 5, "rowNumber": number, "type": "FS"}]}
        cells = [cell(1, "Dig"), cell(9, None, None, held)]
        row = {"id": 7, "rowNumber": number, "siblingId": number, "expanded": number == 3}
        [item] = row_items("1", sheet, [{**row, "cells": cells}], ())
        bodies.append(item.body)
    assert bodies[0] == bodies[1]
