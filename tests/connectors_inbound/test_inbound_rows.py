"""Rows as people shape them: what is read of each value, and how a wrong one is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors.inbound import mapping
from connectors.inbound.connector import Inbound, InboundOptions
from connectors.inbound.fields import FIELDS
from connectors.inbound.files import rows_of
from connectors.inbound.rows import propose, read_row
from connectors.sdk.deliveries import FileError, RowError
from connectors.sdk.records import Custom, Link, Person, Project, Task

OWN: Any = {field: field for field in FIELDS if field != "custom"}


def records(row: Any, columns: Any = OWN, date_format: str | None = None) -> list[Any]:
    return list(mapping.to_records("tasks", read_row(row, columns, date_format).body))


def task(**row: Any) -> Task:
    [found] = [each for each in records({"id": "1", "title": "T", **row}) if isinstance(each, Task)]
    return found


def test_a_whole_row_becomes_a_task_with_its_project_people_and_links() -> None:
    columns: Any = {
        "No.": "id", "Task": "title", "Area": "project", "State": "status", "Who": "assignees",
        "By": "reporter", "Deadline": "due_on", "Effort": "estimate_hours", "Class": "custom",
        "After": "depends_on", "Of": "parent", "Weight": "priority",
    }  # fmt: skip
    row = {
        "No.": 17, "Task": " Pour the base ", "Area": "North wing", "State": "Running",
        "Who": "Ann Archer <Ann@Example.com>; Bo", "By": "bo", "Deadline": "31.01.2026",
        "Effort": "2,5", "Class": "B", "After": "15, 16", "Of": "10", "Weight": "Urgent",
    }  # fmt: skip
    found = records(row, columns, "%d.%m.%Y")
    assert found == [
        Project(id="North wing", name="North wing"),
        Person(id="ann@example.com", name="Ann Archer", email="Ann@Example.com"),
        Person(id="bo", name="bo"),
        Task(
            id="17", title="Pour the base", project_id="North wing", parent_id="10",
            status_label="Running", assignee_ids=("ann@example.com", "bo"), reporter_id="bo",
            due_on=date(2026, 1, 31), estimate_minutes=150, priority=1, priority_label="Urgent",
            custom=(Custom(id="Class", name="Class", value="B"),),
        ),
        Link(id="blocks:15:17", type="blocks", from_id="15", to_id="17"),
        Link(id="blocks:16:17", type="blocks", from_id="16", to_id="17"),
    ]  # fmt: skip


def test_what_a_row_names_twice_counts_once_and_no_task_hangs_on_itself() -> None:
    row = {
        "id": "7", "title": "T", "parent": "7", "labels": "a, a",
        "assignees": "Ann <ann@example.com>, ann@example.com", "blocks": "8, 8, 7",
        "depends_on": ["6", "6", "7"],
    }  # fmt: skip
    found = records(row)
    [kept] = [each for each in found if isinstance(each, Task)]
    assert (kept.assignee_ids, kept.labels) == (("ann@example.com",), ("a",))
    assert kept.parent_id is None
    links = [each.id for each in found if isinstance(each, Link)]
    assert links == ["blocks:7:8", "blocks:6:7"]


ANN = {"id": "ann@example.com", "name": "Archer, Ann", "email": "ann@example.com"}


@pytest.mark.parametrize(
    ("said", "read"),
    [
        (["Archer, Ann <ann@example.com>", "bo"], [ANN, {"id": "bo", "name": "bo"}]),
        ("Archer, Ann <ann@example.com>; Bell, Bo", [ANN, {"id": "bell, bo", "name": "Bell, Bo"}]),
        ('"Archer, Ann" <ann@example.com>, bo', [ANN, {"id": "bo", "name": "bo"}]),
        ("<ann@example.com>,", [ANN | {"name": "ann@example.com"}]),
    ],
)
def test_the_comma_of_a_name_makes_no_second_person(said: Any, read: Any) -> None:
    item = read_row({"id": "1", "title": "T", "assignees": said}, OWN, None)
    assert item.body["assignees"] == read


def test_an_empty_custom_column_says_that_there_is_none() -> None:
    columns: Any = {"No.": "id", "Task": "title", "Class": "custom", "Cost": "custom"}
    [found] = records({"No.": "1", "Task": "Pour", "Class": " "}, columns)
    assert found.custom == (Custom(id="Class", name="Class", value=None),)


@pytest.mark.parametrize(
    ("field", "said", "name", "read"),
    [
        ("status", "In Progress", "status", "in_progress"),
        ("status", "Waiting", "status", None),
        ("status", "Waiting", "status_label", "Waiting"),
        ("type", "Bug", "type", "bug"),
        ("type", "Template", "type", "other"),
        ("priority", 2, "priority", 2),
        ("priority", "lowest", "priority", 5),
        ("priority", "A", "priority", None),
        ("priority", "A", "priority_label", "A"),
        ("blocked", "x", "blocked", True),
        ("blocked", "No", "blocked", False),
        ("blocked", "", "blocked", None),
        ("labels", ["a", "b"], "labels", ("a", "b")),
        ("labels", "a; b,, c", "labels", ("a", "b", "c")),
        ("due_on", "2026-01-31", "due_on", date(2026, 1, 31)),
        ("due_on", "2026-01-31T10:00:00+01:00", "due_on", datetime(2026, 1, 31, 9, tzinfo=UTC)),
        ("created_at", "2026-01-31", "created_at", datetime(2026, 1, 31, tzinfo=UTC)),
        ("percent_complete", "40 %".replace(" ", ""), "percent_complete", 40.0),
        ("spent_minutes", "90", "spent_minutes", 90),
        ("remaining_hours", 0.5, "remaining_minutes", 30),
        ("points", "0", "points", 0.0),
    ],
)
def test_a_value_is_read_as_its_field_holds_it(field: str, said: Any, name: str, read: Any) -> None:
    assert getattr(task(**{field: said}), name) == read


@pytest.mark.parametrize(
    ("field", "said", "why"),
    [
        ("due_on", "31.01.2026", "a day written as 2026-01-31"),
        ("due_on", "2026-02-30", "a day written as"),
        ("due_on", "2026-01-31T10:00:00", "needs its zone"),
        ("due_on", "9999-12-31T23:59:59-05:00", "between the years"),
        ("created_at", "0001-01-01T00:00:00+05:00", "between the years"),
        ("created_at", "yesterday", "a day written as"),
        ("blocked", "maybe", "yes or no"),
        ("priority", "0", "from 1 to 5"),
        ("priority", 9, "from 1 to 5"),
        ("points", "many", "a number"),
        ("points", True, "text is needed"),
        ("percent_complete", 140, "from 0 to 100"),
        ("estimate_hours", "-2", "zero or more"),
        ("estimate_hours", 1e15, "zero or more"),
        ("title", {"a": 1}, "text is needed"),
        ("assignees", [["x"]], "text is needed"),
    ],
)
def test_a_value_that_is_none_of_its_field_refuses_the_row_by_the_senders_own_name(
    field: str, said: Any, why: str
) -> None:
    columns: Any = {"Mine": field, "#": "id", "T": "title"}
    if field == "title":
        columns = {"#": "id", "Mine": "title"}
    with pytest.raises(RowError, match=why) as refused:
        read_row({"#": "7", "T": "T", "Mine": said}, columns, None)
    assert str(refused.value).startswith('"Mine": ')
    assert refused.value.id == "7"


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"title": "T"}, "the row has no id"),
        ({"id": "1", "title": "  "}, "the row has no title"),
        ({}, "no id and no title"),
        (["1", "T"], "an object"),
        (None, "an object"),
    ],
)
def test_a_row_without_what_is_needed_is_refused(row: Any, why: str) -> None:
    with pytest.raises(RowError, match=why):
        read_row(row, OWN, None)


def test_a_deleted_row_needs_its_id_alone() -> None:
    item = read_row({"id": "1", "deleted": "yes"}, OWN, None)
    assert (item.id, item.body["deleted"]) == ("1", True)


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        ({"A": "title"}, 'no column fills "id"'),
        ({"A": "id", "B": "title", "C": "title"}, 'more than one column fills "title"'),
        ({"A": "id", "B": "titel"}, "titel"),
    ],
)
def test_columns_that_cannot_work_are_refused(columns: Any, why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        InboundOptions(columns=columns)


def test_only_what_a_column_fills_is_known() -> None:
    config = InboundOptions(
        columns={"a": "id", "b": "title", "c": "estimate_hours", "d": "status", "e": "assignees"}
    )
    found = Inbound(config, None).provided  # type: ignore[arg-type]
    assert found[Task] == {
        "id", "title", "type", "estimate_minutes", "status", "status_label", "assignee_ids",
    }  # fmt: skip
    assert found.keys() == {Task, Person}


def test_names_that_people_give_to_columns_are_proposed_once_each() -> None:
    header = ["Task ID", "Summary", "Assigned To", "Owner", "Due date", "Story-Points", "Colour"]
    assert propose(header) == {
        "Task ID": "id", "Summary": "title", "Assigned To": "assignees", "Due date": "due_on",
        "Story-Points": "points",
    }  # fmt: skip


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_file_of_a_spreadsheet_is_read_with_its_lines(delimiter: str) -> None:
    said = 'id,title\n1,"Two\nlines, and a comma"\n\n2,Plain\n'
    content = said.replace(",", delimiter).replace(f"lines{delimiter}", "lines,")
    found = list(rows_of("work.csv", "\ufeff".encode() + content.encode()))
    assert [(row.line, row.value["id"]) for row in found] == [(2, "1"), (5, "2")]
    assert found[0].value["title"] == "Two\nlines, and a comma"


@pytest.mark.parametrize(
    ("content", "header"),
    [
        ("No.;Due (d, m, y);State\n1;3, 4, 26;Open\n", ["No.", "Due (d, m, y)", "State"]),
        ("No.;Task, area\n1;Pour, North\n", ["No.", "Task, area"]),
        ("No.\tTask, area\n1\tPour\n", ["No.", "Task, area"]),
        ("No.,Task;area,State\n1,Pour,Open\n", ["No.", "Task;area", "State"]),
        ('No.,Task,"a;b;c"\n1,Pour,x\n', ["No.", "Task", "a;b;c"]),
        ('"Effort, h";No.\n"2,5";1\n', ["Effort, h", "No."]),
        ("No.\n1, 2\n", ["No."]),
    ],
)
def test_what_stands_between_cells_is_seen_by_the_rows(content: str, header: list[str]) -> None:
    row = next(rows_of("work.csv", content.encode()))
    assert list(row.value) == header


def test_a_row_with_too_many_cells_is_refused_and_the_others_are_read() -> None:
    found = list(rows_of("work.csv", b"id,title\n1,One,more\n2,Two\n3\n"))
    assert [(row.line, bool(row.trouble)) for row in found] == [(2, True), (3, False), (4, False)]
    assert "3 cells" in found[0].trouble


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("work.csv", b"", "empty"),
        ("work.csv", b"id,title\n1,\xe4\n", "line 2: the file is not UTF-8"),
        ("work.csv", b"id,title,id\n", 'more than one column is called "id"'),
        ("work.csv", b'id,title\n1,"open', "line 2"),
        ("work.xlsx", b"PK", "has to end with"),
        ("work", b"", "has to end with"),
    ],
)
def test_a_file_that_cannot_be_read_says_why_and_where(name: str, content: bytes, why: str) -> None:
    with pytest.raises(FileError, match=why):
        list(rows_of(name, content))


def test_json_lines_are_read_one_by_one() -> None:
    found = list(rows_of("work.jsonl", b'{"id": 1}\n\nnot json\n{"id": 2}\n"\xff"\n'))
    assert [(row.line, row.value) for row in found] == [
        (1, {"id": 1}), (3, None), (4, {"id": 2}), (5, None),
    ]  # fmt: skip


anything = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20)
    | st.dates().map(str),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


@given(row=st.dictionaries(st.sampled_from(list(OWN)), anything))
def test_any_row_is_read_or_refused(row: Any) -> None:
    try:
        item = read_row(row, OWN, None)
    except RowError:
        return
    assert item.id
    assert list(mapping.to_records("tasks", item.body)) == list(
        mapping.to_records("tasks", item.body)
    )


@given(body=st.dictionaries(st.sampled_from([*OWN, "custom"]), anything))
def test_no_body_breaks_the_mapping(body: Any) -> None:
    for record in mapping.to_records("tasks", body):
        assert record.id
