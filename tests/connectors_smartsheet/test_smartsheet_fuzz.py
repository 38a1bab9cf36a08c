"""No answer can break the mapping."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.sdk.records import Comment, Person, Project, Task
from connectors.smartsheet.connector import Smartsheet
from connectors.smartsheet.frame import project_body, row_items
from connectors.smartsheet.words import ROLES
from tests.conformance.shapes import faults

KEYS = st.sampled_from(
    [
        "id", "sheet", "row", "fields", "parent", "parentId", "columnId", "title", "type", "tags",
        "system", "systemColumnType", "primary", "value", "values", "display", "displayValue",
        "object", "objectValue", "formula", "email", "name", "predecessors", "rowId", "lag",
        "days", "weeks", "negative", "elapsed", "hoursADay", "daysAWeek", "createdAt", "createdBy",
        "modifiedAt", "sheetId", "discussion", "parentType", "comments", "text", "user", "summary",
        "workspace", "owner", "cells", "columns", "projectSettings", "lengthOfDay", "workingDays",
        "status", "firstName", "invalid",
    ]
)  # fmt: skip
WORDS = st.sampled_from(
    [
        "Status", "Done", "Due", "Start", "% Complete", "Priority", "Assigned To", "Tags",
        "Blocked", "Duration", "CHECKBOX", "DATE", "ABSTRACT_DATETIME", "CONTACT_LIST",
        "MULTI_CONTACT_LIST", "PICKLIST", "MULTI_PICKLIST", "DURATION", "PREDECESSOR",
        "TEXT_NUMBER", "GANTT_END_DATE", "GANTT_PERCENT_COMPLETE", "GANTT_DURATION",
        "AUTO_NUMBER", "#REF", "#UNPARSEABLE", "In progress", "ROW", "2026-02-30", "0000-00-00",
        "9999-12-31T23:59:59-08:00", "2026-02-01T00:00:00Z", "2026-02-01T08:00:00", "50%",
        "a@x.org", "0", "5d", "ACTIVE", "",
    ]
)  # fmt: skip
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=6)
"""The door cleans NUL and lone surrogates away."""
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), TEXT, WORDS, WORDS,
    st.sampled_from([0, 1, 0.5, -1, 2**63, 10**400, 1e308]),
)  # fmt: skip


def bodies(leaves: Any) -> Any:
    inner = st.recursive(
        leaves,
        lambda each: st.lists(each, max_size=3) | st.dictionaries(KEYS, each, max_size=6),
        max_leaves=10,
    )
    return st.dictionaries(KEYS, inner, max_size=8)


BODIES = bodies(LEAVES)
FIELD = st.fixed_dictionaries(
    {"id": st.integers(1, 9), "title": LEAVES, "type": LEAVES},
    optional={"tags": st.lists(WORDS, max_size=2), "value": LEAVES, "display": LEAVES,
              "object": BODIES, "formula": st.booleans(), "primary": st.booleans()},
)  # fmt: skip
TYPED = st.sampled_from(
    [(type, title) for role in ROLES.values() for type in role.types for title in role.titles]
)


def sound(stream: str, body: Any) -> list[Any]:
    """The records of a body: the same each time, and well-formed."""
    first = list(Smartsheet.to_records(stream, body))
    assert repr(first) == repr(list(Smartsheet.to_records(stream, body)))
    assert not [fault for record in first for fault in faults(record)]
    return first


@settings(max_examples=150, deadline=None)
@given(stream=st.sampled_from([*Smartsheet.streams, "unknown"]), body=BODIES)
def test_no_body_breaks_the_mapping(stream: str, body: Any) -> None:
    sound(stream, body)


@settings(max_examples=60, deadline=None)
@given(
    fields=st.lists(FIELD, max_size=6),
    meant=st.lists(st.tuples(TYPED, LEAVES, BODIES), max_size=4),
    row=BODIES,
    sheet=BODIES,
)
def test_a_row_with_a_title_is_never_lost(fields: Any, meant: Any, row: Any, sheet: Any) -> None:
    held = [
        {"id": 20 + place, "title": title, "type": type, "value": value, "object": object}
        for place, ((type, title), value, object) in enumerate(meant)
    ]
    primary = {"id": 10, "title": "Task", "type": "TEXT_NUMBER", "primary": True, "value": "Dig"}
    body = {"id": "1:2", "row": row, "sheet": sheet, "fields": [primary, *held, *fields]}
    task = sound("tasks", body)[0]
    assert isinstance(task, Task)
    assert (task.id, task.title) == ("1:2", "Dig")


@settings(max_examples=50, deadline=None)
@given(body=BODIES, more=BODIES)
def test_sheets_people_and_comments_with_an_id_are_never_lost(body: Any, more: Any) -> None:
    [project] = sound("projects", {**more, "sheet": {**body, "id": 5}})
    assert isinstance(project, Project)
    [person] = sound("people", {"user": {**body, "email": "a@x.org"}})
    assert isinstance(person, Person)
    comment = {**body, "id": 7, "createdAt": "2026-02-01T00:00:00Z"}
    discussion = {**more, "parentType": "ROW", "parentId": 3, "comments": [comment]}
    [said] = sound("comments", {"sheetId": "5", "discussion": discussion})
    assert isinstance(said, Comment)


@settings(max_examples=50, deadline=None)
@given(sheet=BODIES, row=BODIES, summary=st.lists(BODIES, max_size=3))
def test_no_answer_breaks_what_makes_items_of_it(sheet: Any, row: Any, summary: Any) -> None:
    [item] = row_items("1", sheet, [{**row, "id": 2}], {"2"})
    assert isinstance(sound("tasks", item.body)[0], Task)
    sound("projects", project_body({**sheet, "id": 1}, summary))
