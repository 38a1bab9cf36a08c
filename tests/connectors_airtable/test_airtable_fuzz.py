"""No answer can break the mapping."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.airtable.connector import Airtable
from connectors.airtable.frame import Frame
from connectors.airtable.words import OWN_LINKS, ROLES
from connectors.sdk.records import Comment, Project, Task
from tests.conformance.shapes import faults

KEYS = st.sampled_from(
    [
        "id", "table", "createdTime", "fields", "name", "type", "result", "links", "primary",
        "part", "watches", "value", "options", "linkedTableId", "referencedFieldIds", "isValid",
        "filename", "url", "email", "text", "state", "label", "comments", "author", "mentioned",
        "displayName", "lastUpdatedTime", "base", "primaryFieldId", "dateDependencySettings",
        "isEnabled", "startDateFieldId", "predecessorFieldId", "error", "specialValue",
    ]
)  # fmt: skip
WORDS = st.sampled_from(
    [
        "Status", "Done", "Due", "Parent", "Depends on", "checkbox", "date", "dateTime",
        "singleSelect", "multipleSelects", "singleCollaborator", "multipleRecordLinks", "formula",
        "rollup", "multipleLookupValues", "lastModifiedTime", "duration", "percent", "autoNumber",
        "usrA", "ugpA", "recA", "tblA", "appA:tblA", "appA:tblA:recA", "#ERROR!", "NaN", "start",
        "2026-02-30", "9999-12-31T23:59:59-08:00", "2026-02-01T00:00:00.000Z", "@[usrA]", "",
    ]
)  # fmt: skip
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=6)
"""The door cleans NUL and lone surrogates away."""
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), TEXT, WORDS, WORDS,
    st.sampled_from([0, 1, 0.5, -1, 2**63, 10**400, 1e308]),
)  # fmt: skip
INNER = st.recursive(
    LEAVES,
    lambda each: st.lists(each, max_size=3) | st.dictionaries(KEYS, each, max_size=6),
    max_leaves=10,
)
BODIES = st.dictionaries(KEYS, INNER, max_size=8)
TYPED = st.sampled_from(
    [
        (type, name)
        for role in (*ROLES.values(), *OWN_LINKS.values())
        for type in role.types
        for name in role.names or ("Anything",)
    ]
)


def sound(stream: str, body: Any) -> list[Any]:
    """The records of a body: the same each time, and well-formed."""
    first = list(Airtable.to_records(stream, body))
    assert repr(first) == repr(list(Airtable.to_records(stream, body)))
    assert not [fault for record in first for fault in faults(record)]
    return first


@settings(max_examples=150, deadline=None)
@given(stream=st.sampled_from([*Airtable.streams, "unknown"]), body=BODIES)
def test_no_body_breaks_the_mapping(stream: str, body: Any) -> None:
    sound(stream, body)


@settings(max_examples=100, deadline=None)
@given(meant=st.lists(st.tuples(TYPED, INNER), max_size=6), more=BODIES)
def test_a_record_is_never_lost(meant: Any, more: Any) -> None:
    fields = [
        {"id": f"fld{place}", "name": name, "type": type, "links": "tblA", "value": value}
        for place, ((type, name), value) in enumerate(meant)
    ]
    body = {**more, "id": "appA:tblA:recA", "table": "appA:tblA", "fields": fields}
    task = sound("tasks", body)[0]
    assert isinstance(task, Task)
    assert [each.id for each in task.custom] == [each["id"] for each in fields]


@settings(max_examples=50, deadline=None)
@given(body=BODIES)
def test_projects_and_comments_with_an_id_are_never_lost(body: Any) -> None:
    [project] = sound("projects", {**body, "id": "appA:tblA"})
    assert isinstance(project, Project)
    comment = {**body, "id": "comA", "createdTime": "2026-02-01T00:00:00.000Z"}
    [said] = sound("comments", {"id": "appA:tblA:recA", "comments": [comment]})
    assert isinstance(said, Comment)


@settings(max_examples=80, deadline=None)
@given(schema=BODIES, columns=st.lists(BODIES, max_size=4), cells=BODIES)
def test_no_answer_breaks_what_makes_items_of_it(schema: Any, columns: Any, cells: Any) -> None:
    fields = [{**each, "id": f"fld{place}"} for place, each in enumerate(columns)]
    held = {f"fld{place}": value for place, value in enumerate(cells.values())}
    frame = Frame.of("appA", {**schema, "id": "tblA", "fields": fields})
    item = frame.item({"id": "recA", "fields": held}, 0)
    assert isinstance(sound("tasks", item.body)[0], Task)
    sound("projects", frame.project(schema, {"id": "appA"}).body)
    assert len(frame.digest) == 16
