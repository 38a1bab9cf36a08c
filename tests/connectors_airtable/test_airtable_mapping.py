"""Golden records of what Airtable says."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from connectors.airtable.connector import Airtable
from connectors.airtable.frame import Frame, changed_since
from connectors.sdk.records import Comment, Custom, Link, Person, Project, Record, Task

TABLE = "appBase0000000000:tblWork0000000000"
OWN = {"linkedTableId": "tblWork0000000000"}
ADA = {"id": "usrAda00000000000", "email": "ada@example.com", "name": "Ada Quist"}
BO = {"id": "usrBo000000000000", "email": "bo@example.com", "name": "Bo Lindqvist"}


def column(name: str, type: str, **options: Any) -> dict[str, Any]:
    """A column of a schema, whose id is made of its name."""
    found: dict[str, Any] = {"id": f"fld {name}", "name": name, "type": type}
    return {**found, "options": options} if options else found


def read(
    columns: list[dict[str, Any]], cells: dict[str, Any], settings: Any = None
) -> list[Record]:
    """The records of one record of a table with these columns; cells by the columns' names."""
    schema = {
        "id": "tblWork0000000000", "name": "Work", "primaryFieldId": "fld Name",
        "fields": [column("Name", "singleLineText"), *columns],
        "dateDependencySettings": settings,
    }  # fmt: skip
    record = {
        "id": "recOne00000000000",
        "createdTime": "2026-02-01T08:00:00.000Z",
        "fields": {f"fld {name}": value for name, value in cells.items()},
    }
    item = Frame.of("appBase0000000000", schema).item(record, 0)
    return list(Airtable.to_records("tasks", item.body))


def task(columns: list[dict[str, Any]], cells: dict[str, Any], settings: Any = None) -> Task:
    """The task among them."""
    found = read(columns, cells, settings)[0]
    assert isinstance(found, Task)
    return found


def test_a_record_with_everything() -> None:
    columns = [
        column("Notes", "multilineText"),
        column("No", "autoNumber"),
        column("Status", "singleSelect"),
        column("Type", "singleSelect"),
        column("Priority", "singleSelect"),
        column("Assigned to", "multipleCollaborators"),
        column("Created By", "createdBy"),
        column("Tags", "multipleSelects"),
        column("Start", "date"),
        column("Due", "dateTime"),
        column("Completed at", "dateTime"),
        column("Estimate", "duration"),
        column("Time spent", "duration"),
        column("Time left", "duration"),
        column("Points", "number"),
        column("Progress", "percent"),
        column("Blocked?", "checkbox"),
        column("Parent", "multipleRecordLinks", **OWN),
        column("Changed", "lastModifiedTime", isValid=True, referencedFieldIds=[]),
    ]
    cells = {
        "Name": "Dig the hole", "Notes": "Deep enough.\n", "No": 17, "Status": "⏳ In-progress",
        "Type": "Bug", "Priority": "High", "Assigned to": [ADA, BO, ADA], "Created By": BO,
        "Tags": ["garden", "urgent"], "Start": "2026-02-03", "Due": "2026-02-05T17:30:00.000Z",
        "Completed at": "2026-02-05T12:00:00.000Z", "Estimate": 5400, "Time spent": 3600,
        "Time left": 0, "Points": 2.5, "Progress": 0.35, "Blocked?": True,
        "Parent": ["recTop00000000000"], "Changed": "2026-02-04T09:00:00.000Z",
    }  # fmt: skip
    found = read(columns, cells)
    assert isinstance(found[0], Task)
    custom = {each.name: each.value for each in found[0].custom}
    assert found == [
        Task(
            id=f"{TABLE}:recOne00000000000",
            key="17",
            project_id=TABLE,
            parent_id=f"{TABLE}:recTop00000000000",
            title="Dig the hole",
            description="Deep enough.\n",
            url="https://airtable.com/appBase0000000000/tblWork0000000000/recOne00000000000",
            type="bug",
            type_label="Bug",
            status="in_progress",
            status_label="⏳ In-progress",
            blocked=True,
            priority=2,
            priority_label="High",
            assignee_ids=(ADA["id"], BO["id"]),
            reporter_id=BO["id"],
            labels=("garden", "urgent"),
            start_on=date(2026, 2, 3),
            due_on=datetime(2026, 2, 5, 17, 30, tzinfo=UTC),
            created_at=datetime(2026, 2, 1, 8, tzinfo=UTC),
            updated_at=datetime(2026, 2, 4, 9, tzinfo=UTC),
            completed_at=datetime(2026, 2, 5, 12, tzinfo=UTC),
            estimate_minutes=90,
            spent_minutes=60,
            remaining_minutes=0,
            points=2.5,
            percent_complete=35.0,
            custom=found[0].custom,
        ),
        Person(id=ADA["id"], name="Ada Quist", email="ada@example.com"),
        Person(id=BO["id"], name="Bo Lindqvist", email="bo@example.com"),
    ]
    assert custom == {
        "Name": "Dig the hole", "Notes": "Deep enough.\n", "No": 17.0, "Status": "⏳ In-progress",
        "Type": "Bug", "Priority": "High", "Assigned to": (ADA["id"], BO["id"]),
        "Created By": BO["id"], "Tags": ("garden", "urgent"), "Start": date(2026, 2, 3),
        "Due": datetime(2026, 2, 5, 17, 30, tzinfo=UTC), "Points": 2.5, "Progress": 35.0,
        "Completed at": datetime(2026, 2, 5, 12, tzinfo=UTC), "Estimate": 90.0,
        "Time spent": 60.0, "Time left": 0.0, "Blocked?": True, "Parent": ("recTop00000000000",),
        "Changed": datetime(2026, 2, 4, 9, tzinfo=UTC),
    }  # fmt: skip


def test_missing_cells_are_empty_and_a_box_that_is_not_there_is_not_ticked() -> None:
    columns = [column("Done", "checkbox"), column("Due", "date"), column("Blocked", "checkbox")]
    found = task(columns, {})
    assert (found.title, found.status, found.due_on, found.blocked) == ("", "todo", None, False)
    assert {each.name: each.value for each in found.custom} == {
        "Name": None, "Done": False, "Due": None, "Blocked": False,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("type", "options", "held", "value"),
    [
        ("singleLineText", {}, "words", "words"),
        ("multipleAttachments", {}, [{"id": "att1", "url": "https://x.example.com/?sig=1",
                                     "filename": "plan.pdf"}], ("plan.pdf",)),
        ("multipleRecordLinks", {"linkedTableId": "tblOther"}, ["recA", "recB"], ("recA", "recB")),
        ("multipleLookupValues", {}, ["Low", "High", "Low"], ("Low", "High")),
        ("multipleLookupValues", {}, [3, True, None], ("3", "true")),
        ("formula", {"result": {"type": "number"}}, 4, 4.0),
        ("formula", {"result": {"type": "number"}}, {"specialValue": "NaN"}, None),
        ("formula", {"result": {"type": "singleLineText"}}, {"error": "#ERROR!"}, None),
        ("formula", {"result": {"type": "dateTime"}}, "2026-02-01T10:00:00.000Z",
         datetime(2026, 2, 1, 10, tzinfo=UTC)),
        ("rollup", {"result": {"type": "percent"}}, 0.125, 12.5),
        ("rollup", {"result": {"type": "checkbox"}}, {"error": "#ERROR!"}, None),
        ("singleCollaborator", {}, ADA, ADA["id"]),
        ("lastModifiedBy", {}, BO, BO["id"]),
        ("duration", {}, 90, 1.5),
        ("barcode", {}, {"type": "ean8", "text": "01234567"}, "01234567"),
        ("aiText", {}, {"state": "generated", "value": "A summary", "isStale": False},
         "A summary"),
        ("currency", {}, 12.5, 12.5),
        ("rating", {}, 3, 3.0),
        ("date", {}, "soon", "soon"),
        ("somethingNew", {}, {"id": "x1"}, "x1"),
    ],
)  # fmt: skip
def test_the_value_of_a_custom_field(
    type: str, options: dict[str, Any], held: Any, value: Any
) -> None:
    found = task([column("Thing", type, **options)], {"Thing": held})
    assert found.custom[1] == Custom(id="fld Thing", name="Thing", value=value)


def test_addresses_of_attachments_which_change_at_each_reading_are_not_kept() -> None:
    schema = {"id": "tbl1", "fields": [column("Files", "multipleAttachments")]}
    bodies = [
        Frame.of("app1", schema).item(
            {"id": "rec1", "fields": {"fld Files": [{"id": "a", "url": url, "filename": "b.png"}]}},
            0,
        )
        for url in ("https://x.example.com/1", "https://x.example.com/2")
    ]
    assert bodies[0] == bodies[1]


def test_buttons_are_no_custom_fields() -> None:
    assert len(task([column("Open", "button")], {"Open": {"label": "Open"}}).custom) == 1


# -- which column says what --------------------------------------------------------------------


def test_the_tables_date_dependencies_outweigh_names() -> None:
    columns = [
        column("Start", "date"), column("Due", "date"), column("Von", "date"),
        column("Bis", "date"), column("Vorher", "multipleRecordLinks", **OWN),
        column("Depends on", "multipleRecordLinks", **OWN),
    ]  # fmt: skip
    cells = {
        "Start": "2026-01-01", "Due": "2026-01-02", "Von": "2026-03-01", "Bis": "2026-03-02",
        "Vorher": ["recA"], "Depends on": ["recB"],
    }  # fmt: skip
    settings = {
        "isEnabled": True, "startDateFieldId": "fld Von", "endDateFieldId": "fld Bis",
        "predecessorFieldId": "fld Vorher", "durationFieldId": None,
    }  # fmt: skip
    found = read(columns, cells, settings)
    assert isinstance(found[0], Task)
    assert (found[0].start_on, found[0].due_on) == (date(2026, 3, 1), date(2026, 3, 2))
    [link] = found[1:]
    assert isinstance(link, Link)
    assert (link.from_id, link.type, link.type_label) == (f"{TABLE}:recA", "precedes", "Vorher")
    off = task(columns, cells, {**settings, "isEnabled": False})
    assert (off.start_on, off.due_on) == (date(2026, 1, 1), date(2026, 1, 2))


def test_names_count_in_their_order_and_then_the_first_column() -> None:
    columns = [
        column("Deadline", "date"),
        column("🏁 Due date:", "date"),
        column("Due date", "date"),
    ]
    cells = {"Deadline": "2026-01-01", "🏁 Due date:": "2026-01-02", "Due date": "2026-01-03"}
    assert task(columns, cells).due_on == date(2026, 1, 2)


def test_a_formula_may_say_the_status() -> None:
    columns = [column("Status", "formula", result={"type": "singleLineText"})]
    assert task(columns, {"Status": "Done"}).status == "done"
    failed = task(columns, {"Status": {"error": "#ERROR!"}})
    assert (failed.status, failed.status_label) == (None, None)


def test_links_are_told_from_both_ends_alike() -> None:
    columns = [
        column("Blocked by", "multipleRecordLinks", **OWN),
        column("Blocks", "multipleRecordLinks", **OWN),
        column("Related", "multipleRecordLinks", **OWN),
    ]
    one = f"{TABLE}:recOne00000000000"
    cells = {
        "Blocked by": ["recA", "recOne00000000000", "recA"], "Blocks": ["recB"], "Related": ["recC"]
    }  # fmt: skip
    links = [each for each in read(columns, cells) if isinstance(each, Link)]
    assert [each.id for each in links] == [
        f"blocks:{TABLE}:recA:{one}", f"blocks:{one}:{TABLE}:recB", f"relates:{one}:{TABLE}:recC",
    ]  # fmt: skip


def test_links_to_another_table_are_no_parents_and_no_dependencies() -> None:
    other = {"linkedTableId": "tblOther000000000"}
    columns = [
        column("Parent", "multipleRecordLinks", **other),
        column("Depends on", "multipleRecordLinks", **other),
    ]
    found = read(columns, {"Parent": ["recA"], "Depends on": ["recB"]})
    assert isinstance(found[0], Task)
    assert found[0].parent_id is None
    assert len(found) == 1


def test_a_record_is_not_its_own_parent() -> None:
    columns = [column("Parent", "multipleRecordLinks", **OWN)]
    assert task(columns, {"Parent": ["recOne00000000000"]}).parent_id is None


@pytest.mark.parametrize(
    ("word", "parent", "expected"),
    [
        ("User story", [], ("story", "User story")),
        ("Errand", [], ("other", "Errand")),
        (None, [], ("task", None)),
        (None, ["recA"], ("subtask", None)),
        ("Milestone", ["recA"], ("milestone", "Milestone")),
    ],
)
def test_the_type(word: str | None, parent: list[str], expected: tuple[str, str | None]) -> None:
    columns = [column("Type", "singleSelect"), column("Parent", "multipleRecordLinks", **OWN)]
    cells = {"Type": word, "Parent": parent} if word else {"Parent": parent}
    found = task(columns, cells)
    assert (found.type, found.type_label) == expected


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"Status": "Review"}, (None, "Review", None)),
        ({"Status": "On hold"}, (None, "On hold", True)),
        ({"Status": "Review", "Done": True}, ("done", "Done", False)),
        ({"Status": "Cancelled", "Done": True}, ("cancelled", "Cancelled", False)),
        ({"Progress": 0.5}, ("in_progress", None, False)),
        ({"Progress": 1}, ("done", None, False)),
        ({}, ("todo", None, False)),
    ],
)
def test_the_status(cells: dict[str, Any], expected: tuple[Any, ...]) -> None:
    columns = [
        column("Status", "singleSelect"), column("Done", "checkbox"), column("Progress", "percent")
    ]  # fmt: skip
    found = task(columns, cells)
    assert (found.status, found.status_label, found.blocked) == expected


def test_a_table_without_a_status_says_nothing_of_it() -> None:
    found = task([], {})
    assert (found.status, found.blocked) == (None, None)


# -- people, projects, comments ----------------------------------------------------------------


def test_groups_and_people_without_a_name_are_people_too() -> None:
    columns = [column("Assignee", "multipleCollaborators"), column("Left", "multipleLookupValues")]
    group = {"id": "ugpTeam0000000000", "name": "Builders"}
    gone = {"id": "usrGone0000000000", "email": "gone@example.com"}
    found = read(columns, {"Assignee": [group, gone, "nobody"], "Left": [{"id": "attX"}, gone]})
    assert found[1:] == [
        Person(id="ugpTeam0000000000", name="Builders", kind="group"),
        Person(id="usrGone0000000000", name="gone@example.com", email="gone@example.com"),
    ]


def test_a_table_says_what_its_records_lack() -> None:
    schema = {
        "id": "tblWork0000000000", "name": "Work", "primaryFieldId": "fld Name",
        "fields": [column("Name", "singleLineText"), column("Status", "singleSelect"),
                   column("Due", "date")],
    }  # fmt: skip
    base = {"id": "appBase0000000000", "name": "Launches"}
    item = Frame.of("appBase0000000000", schema).project(schema, base)
    [project] = Airtable.to_records("projects", item.body)
    assert project == Project(
        id=TABLE,
        name="Launches / Work",
        url="https://airtable.com/appBase0000000000/tblWork0000000000",
        parent_id="appBase0000000000",
        lacks=(
            "key", "parent_id", "description", "priority", "assignee_ids", "reporter_id", "labels",
            "start_on", "updated_at", "completed_at", "estimate_minutes", "spent_minutes",
            "remaining_minutes", "points", "percent_complete",
        ),
        task_fields=("fld Name", "Name", "fld Status", "Status", "fld Due", "Due"),
    )  # fmt: skip


def test_a_base_is_a_project_of_its_own() -> None:
    [project] = Airtable.to_records("projects", {"id": "appBase0000000000", "name": "Launches"})
    assert project == Project(
        id="appBase0000000000", name="Launches", url="https://airtable.com/appBase0000000000"
    )


def test_a_comment_names_whom_it_mentions() -> None:
    comment = {
        "id": "comOne00000000000", "author": ADA, "createdTime": "2026-02-01T08:00:00.000Z",
        "lastUpdatedTime": "2026-02-01T09:00:00.000Z",
        "text": "Ask @[usrBo000000000000] or @[usrNobody0000000]",
        "mentioned": {"usrBo000000000000": {"displayName": "Bo", "type": "user"}},
    }  # fmt: skip
    id = f"{TABLE}:recOne00000000000"
    [found] = Airtable.to_records("comments", {"id": id, "comments": [comment, {"id": "x"}]})
    assert found == Comment(
        id="appBase0000000000:comOne00000000000",
        task_id=id,
        author_id=ADA["id"],
        text="Ask @Bo or @[usrNobody0000000]",
        at=datetime(2026, 2, 1, 8, tzinfo=UTC),
        updated_at=datetime(2026, 2, 1, 9, tzinfo=UTC),
    )


# -- the time of change ------------------------------------------------------------------------


def clock(*columns: dict[str, Any]) -> Frame:
    """The frame of a table with these columns beside two that people fill in."""
    fields = [column("Name", "singleLineText"), column("Due", "date"), *columns]
    return Frame.of("app1", {"id": "tbl1", "primaryFieldId": "fld Name", "fields": fields})


def test_only_a_time_of_change_for_all_columns_is_one() -> None:
    everything = column("Changed", "lastModifiedTime", isValid=True, referencedFieldIds=[])
    some = column("Due changed", "lastModifiedTime", isValid=True, referencedFieldIds=["fld Due"])
    broken = column("Broken", "lastModifiedTime", isValid=False, referencedFieldIds=[])
    assert clock(some, everything).clock == "fld Changed"
    assert clock(some).clock == ""
    assert clock(broken).clock == ""


def test_a_time_of_change_that_watches_the_formulas_ends_the_whole_reads() -> None:
    formula = column("Risk", "formula", result={"type": "number"})
    watched = ["fld Name", "fld Due", "fld Risk"]
    all_three = column("Changed", "lastModifiedTime", isValid=True, referencedFieldIds=watched)
    plain = column("Changed", "lastModifiedTime", isValid=True, referencedFieldIds=[])
    assert clock(formula, plain).unseen
    found = clock(formula, all_three)
    assert (found.clock, found.unseen) == ("fld Changed", False)


def test_the_time_of_change_of_some_columns_is_not_that_of_the_record() -> None:
    some = column("Changed", "lastModifiedTime", isValid=True, referencedFieldIds=["fld Due"])
    assert task([some], {"Changed": "2026-02-04T09:00:00.000Z"}).updated_at is None


def test_a_time_of_change_that_shows_the_day_only_is_none() -> None:
    day = column(
        "Changed on", "lastModifiedTime", isValid=True, referencedFieldIds=[],
        result={"type": "date", "options": {"dateFormat": {"name": "iso"}}},
    )  # fmt: skip
    instant = column(
        "Changed", "lastModifiedTime", isValid=True, referencedFieldIds=[],
        result={"type": "dateTime", "options": {"timeZone": "utc"}},
    )  # fmt: skip
    assert clock(day).clock == ""
    assert clock(day, instant).clock == "fld Changed"
    cells = {"Changed on": "2026-02-04", "Changed": "2026-02-04T09:00:00.000Z"}
    assert task([day, instant], cells).updated_at == datetime(2026, 2, 4, 9, tzinfo=UTC)


def test_the_formula_counts_new_records_that_nobody_has_changed() -> None:
    since = datetime(2026, 2, 4, 9, 0, 30, tzinfo=UTC)
    assert changed_since("", since) == (
        "IS_AFTER(IF(LAST_MODIFIED_TIME(),LAST_MODIFIED_TIME(),CREATED_TIME()),"
        "DATETIME_PARSE('2026-02-04T09:00:30.000Z'))"
    )
    assert "IF({fldX},{fldX},CREATED_TIME())" in changed_since("fldX", since)
