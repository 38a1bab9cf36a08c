"""What becomes of Jira's answers, as they are written and as they should not be."""

from __future__ import annotations

import copy
from datetime import UTC, date, datetime
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.jira.catalogue import annotate, catalogue
from connectors.jira.custom import custom_value
from connectors.jira.mapping import READERS, to_records
from connectors.jira.values import instant
from connectors.jira.vocabulary import link_of, priority_of, status_of, type_of
from connectors.sdk.adf import plain
from connectors.sdk.records import (
    STORED_KINDS,
    Change,
    Custom,
    Link,
    Membership,
    Person,
    Project,
    Record,
    Task,
    Worklog,
)

SELF = "https://acme.example.com/rest/api/3"


def task_of(values: dict[str, Any], **body: Any) -> Task:
    issue = {"id": "10002", "key": "KAN-2", "self": f"{SELF}/issue/10002", "fields": values}
    found = [each for each in to_records("tasks", {"issue": issue, **body}) if type(each) is Task]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize(
    ("category", "resolution", "expected"),
    [
        ("new", None, "todo"),
        ("indeterminate", None, "in_progress"),
        ("done", None, "done"),
        ("done", "Fixed", "done"),
        ("done", "Won't Do", "cancelled"),
        ("done", "DUPLICATE", "cancelled"),
        ("new", "Won't Do", "todo"),
        ("undefined", None, None),
        ("IN_PROGRESS", None, "in_progress"),
        (None, None, None),
    ],
)
def test_status_comes_from_the_category(category: Any, resolution: Any, expected: Any) -> None:
    assert status_of({"statusCategory": {"key": category}}, resolution) == expected
    assert status_of({"statusCategory": category}, resolution) == expected


@pytest.mark.parametrize(
    ("issue_type", "expected"),
    [
        ({"name": "Bug"}, "bug"),
        ({"name": "Story", "hierarchyLevel": 0}, "story"),
        ({"name": "Sub-Task", "subtask": True}, "subtask"),
        ({"name": "Teilaufgabe", "hierarchyLevel": -1}, "subtask"),
        ({"name": "Feature", "hierarchyLevel": 1}, "epic"),
        ({"name": "Initiative", "hierarchyLevel": 2}, "other"),
        ({"name": "Aufgabe", "untranslatedName": "Task"}, "task"),
        ({"name": "Spike", "hierarchyLevel": 0}, "other"),
        ({}, "other"),
    ],
)
def test_type(issue_type: dict[str, Any], expected: str) -> None:
    assert type_of(issue_type) == expected


def test_priority_knows_both_standard_schemes() -> None:
    assert [priority_of(each) for each in ("Highest", "high", "Medium", "Low", "Lowest")] == [
        1, 2, 3, 4, 5,
    ]  # fmt: skip
    assert [priority_of(each) for each in ("Blocker", "Critical", "Major", "Minor", "Trivial")] == [
        1, 2, 3, 4, 5,
    ]  # fmt: skip
    assert priority_of("P1") is None
    assert task_of({"priority": {"name": "P1"}}).priority_label == "P1"


def test_both_ends_of_a_link_say_the_same() -> None:
    kind = {"name": "Blocks", "inward": "is blocked by", "outward": "blocks"}
    near = {"id": "1", "fields": {"issuelinks": [
        {"id": "77", "type": kind, "outwardIssue": {"id": "2"}}]}}  # fmt: skip
    far = {"id": "2", "fields": {"issuelinks": [
        {"id": "77", "type": kind, "inwardIssue": {"id": "1"}}]}}  # fmt: skip
    links = [
        each
        for issue in (near, far)
        for each in to_records("tasks", {"issue": issue})
        if isinstance(each, Link)
    ]
    assert links[0] == links[1]
    assert (links[0].type, links[0].from_id, links[0].to_id) == ("blocks", "1", "2")
    assert link_of({"name": "Causes", "outward": "causes"}) == "other"


def test_a_done_issue_without_resolution_date_was_done_when_its_category_changed() -> None:
    done = {"statusCategory": {"key": "done"}}
    moved = {"statuscategorychangedate": "2026-05-06T07:08:09.123+0200"}
    at = datetime(2026, 5, 6, 5, 8, 9, 123000, UTC)
    assert task_of({"status": done, **moved}).completed_at == at
    assert task_of({**moved}).completed_at is None
    resolved = {"resolutiondate": "2026-05-05T00:00:00.000+0000"}
    assert task_of({"status": done, **moved, **resolved}).completed_at == datetime(
        2026, 5, 5, tzinfo=UTC
    )


def test_sprints_as_objects_and_as_javas_words() -> None:
    described = {"customfield_10020": ["Sprint", "sprint"]}
    java = "com.atlassian.greenhopper.service.sprint.Sprint@1f[id=7,rapidViewId=8,state=CLOSED]"
    for value, expected in (
        ([{"id": 7}, {"id": 9}], ["7", "9"]),
        ([java], ["7"]),
        ([{"id": 7}, java], ["7"]),
        (None, []),
        ("nothing", ["nothing"]),
    ):
        issue = {"id": "1", "fields": {"customfield_10020": value}}
        found = to_records("tasks", {"issue": issue, "fields": described})
        assert [each.container_id for each in found if isinstance(each, Membership)] == expected


def test_the_first_filled_points_field_counts() -> None:
    described = {"a": ["Story Points", "points"], "b": ["Story point estimate", "points"]}
    assert task_of({"a": None, "b": 3}, fields=described).points == 3.0
    assert task_of({"a": 0.0, "b": None}, fields=described).points == 0.0
    assert task_of({"a": None}, fields=described).points is None


def test_flagged_is_blocked_only_where_the_field_is() -> None:
    described = {"f": ["Flagged", "flagged"]}
    assert task_of({"f": [{"value": "Impediment"}]}, fields=described).blocked is True
    assert task_of({"f": None}, fields=described).blocked is False
    assert task_of({}, fields=described).blocked is None


def test_roles_and_kinds_of_fields_are_found_by_schema() -> None:
    base = "com.atlassian.jira.plugin.system.customfieldtypes:"
    fields = [
        {"id": "c1", "name": "Iteration", "schema": {"type": "array",
         "custom": "com.pyxis.greenhopper.jira:gh-sprint"}},
        {"id": "c2", "name": "Story point estimate", "schema": {"type": "number",
         "custom": "com.pyxis.greenhopper.jira:jsw-story-points"}},
        {"id": "c3", "name": "Start date", "schema": {"type": "date",
         "custom": f"{base}datepicker"}},
        {"id": "c4", "name": "Flagged", "schema": {"type": "array",
         "custom": f"{base}multicheckboxes"}},
        {"id": "c5", "name": "Story Points", "schema": {"type": "string",
         "custom": f"{base}textfield"}},
        {"id": "c6", "name": "Rank", "schema": {"type": "any",
         "custom": "com.pyxis.greenhopper.jira:gh-lexo-rank"}},
        {"id": "c7", "name": "Epic Link", "schema": {"type": "any",
         "custom": "com.pyxis.greenhopper.jira:gh-epic-link"}},
        {"id": "summary", "name": "Summary", "schema": {"type": "string", "system": "summary"}},
    ]  # fmt: skip
    more = [{"id": "c8", "name": "Risk", "schema": {"type": "option", "custom": f"{base}select"}}]
    found = catalogue(
        fields, [*more, fields[0]], [{"id": "3", "statusCategory": {"key": "new"}}], None
    )
    assert {id_: kind for id_, (_, kind) in found.custom.items()} == {
        "c1": "sprint", "c2": "points", "c3": "start", "c4": "flagged", "c5": "string",
        "c7": "epic", "c8": "option",
    }  # fmt: skip
    assert found.categories == {"3": "new"}
    assert found.epic_field == "c7"
    assert {"summary", "c1", "c8"} <= set(found.wanted)
    assert found.describe({"c8": None, "x": 1}) == {"c8": ["Risk", "option"]}


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        ({"value": "High", "id": "1"}, "option", "High"),
        ({"value": "EU", "child": {"value": "France"}}, "option-with-child", "EU / France"),
        ({"accountId": "5f", "displayName": "Ann"}, "user", "5f"),
        ([{"value": "a"}, {"name": "b"}, "c", None, {"accountId": "5f"}], "array",
         ("a", "b", "c", "5f")),
        ("2026-01-02", "date", date(2026, 1, 2)),
        ("2026-01-02T03:04:05.000+0000", "datetime", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("0000-00-00", "date", "0000-00-00"),
        (7, "number", 7.0),
        ("text", "string", "text"),
        ([], "array", None),
        (None, "date", None),
        ({"id": "10", "name": "Team blue"}, "team", "Team blue"),
    ],
)  # fmt: skip
def test_custom_values(value: Any, kind: str, expected: Any) -> None:
    assert custom_value(value, kind) == expected
    described = {"c": ["Name", kind]}
    assert task_of({"c": value}, fields=described).custom == (
        Custom(id="c", name="Name", value=expected),
    )


def test_a_changelog_in_our_words() -> None:
    items = [
        {"field": "status", "fieldId": "status", "from": "1", "fromString": "Open", "to": "3",
         "toString": "Doing"},
        {"field": "duedate", "fieldId": "duedate", "from": None, "fromString": None,
         "to": "2026-03-01", "toString": "2026-03-01 00:00:00.0"},
        {"field": "timeoriginalestimate", "to": "7200", "toString": "7200"},
        {"field": "Fix Version", "fieldId": "fixVersions", "from": "10008", "fromString": "v2",
         "to": None, "toString": None},
        {"field": "SP", "fieldId": "c2", "fromString": "3", "toString": "5"},
        {"field": "Team", "fieldId": "c9", "from": "4", "fromString": "Blue", "toString": None},
    ]  # fmt: skip
    histories = annotate(
        [{"id": "57278", "created": "2026-01-02T03:04:05.678+0800", "author": {"accountId": "5f"},
          "items": items}],
        {"1": "new", "3": "indeterminate"},
    )  # fmt: skip
    body = {
        "issue": {"id": "1", "fields": {}},
        "changelog": histories,
        "fields": {"c2": ["SP", "points"]},
    }
    found = [each for each in to_records("tasks", body) if isinstance(each, Change)]
    assert [(each.field, each.old, each.new) for each in found] == [
        ("status", "todo", "in_progress"), ("due_on", None, "2026-03-01"),
        ("estimate_minutes", None, "120"), ("milestone_id", "10008", None),
        ("points", "3.0", "5.0"), ("Team", "4", None),
    ]  # fmt: skip
    assert found[0].id == "57278.0"
    assert (found[0].old_label, found[0].new_label) == ("Open", "Doing")
    assert found[0].at == datetime(2026, 1, 1, 19, 4, 5, 678000, UTC)
    assert found[5].old_label == "Blue"


def test_time_is_booked_on_the_workers_own_day() -> None:
    body = {"worklog": {"id": 1, "issueId": 2, "timeSpentSeconds": 5400,
                        "started": "2026-02-22T01:30:00.000+0900"}}  # fmt: skip
    (found,) = to_records("worklogs", body)
    assert isinstance(found, Worklog)
    assert (found.minutes, found.on) == (90, date(2026, 2, 22))
    assert found.started_at == datetime(2026, 2, 21, 16, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "day"),
    [("Australia/Sydney", 23), ("America/New_York", 22), ("UTC", 22), (None, 22), ("Mars/Base", 22),
     ("", 22), ("../etc", 22), (7, 22)],
)  # fmt: skip
def test_the_workers_zone_makes_the_day_whatever_zone_jira_writes_in(zone: Any, day: int) -> None:
    """Jira writes times in the zone of the account that reads."""
    body = {"worklog": {"id": 1, "issueId": 2, "timeSpentSeconds": 5400,
                        "author": {"accountId": "a", "timeZone": zone},
                        "started": "2026-02-22T22:00:00.000+0000"}}  # fmt: skip
    (found,) = to_records("worklogs", body)
    assert isinstance(found, Worklog)
    assert found.on == date(2026, 2, day)


def test_links_for_people_come_from_jiras_own() -> None:
    assert task_of({}).url == "https://acme.example.com/browse/KAN-2"
    gateway = {
        "id": "1",
        "key": "A-1",
        "self": "https://api.atlassian.com/ex/jira/x/rest/api/3/i/1",
    }
    (behind,) = to_records("tasks", {"issue": gateway})
    (known,) = to_records("tasks", {"issue": gateway, "site": "https://acme.example.com"})
    assert isinstance(behind, Task)
    assert isinstance(known, Task)
    assert (behind.url, known.url) == (None, "https://acme.example.com/browse/A-1")


def test_a_person_without_mail_and_of_data_center() -> None:
    (cloud,) = to_records("people", {"user": {"accountId": "5f", "displayName": "Ann"}})
    (server,) = to_records("people", {"user": {"key": "JIRAUSER1", "name": "ann", "active": False}})
    assert cloud == Person(id="5f", name="Ann")
    assert server == Person(id="JIRAUSER1", name="ann", active=False)


def test_states_of_projects() -> None:
    states = {}
    for word, flags in {"live": {}, "bin": {"deleted": True}, "old": {"archived": True}}.items():
        (found,) = to_records("projects", {"project": {"id": "1", "key": "A", **flags}})
        assert isinstance(found, Project)
        states[word] = found.state
    assert states == {"live": "active", "bin": "trashed", "old": "archived"}


DOCUMENT = {
    "type": "doc",
    "version": 1,
    "content": [
        {"type": "heading", "attrs": {"level": 1}, "content": [{"type": "text", "text": "Plan"}]},
        {"type": "paragraph", "content": [
            {"type": "text", "text": "Ask "},
            {"type": "mention", "attrs": {"id": "5f", "text": "@Ann"}},
            {"type": "hardBreak"},
            {"type": "text", "text": "soon", "marks": [{"type": "strong"}]},
            {"type": "emoji", "attrs": {"shortName": ":tada:"}},
        ]},
        {"type": "bulletList", "content": [
            {"type": "listItem", "content": [
                {"type": "paragraph", "content": [{"type": "text", "text": "one"}]}]},
            {"type": "listItem", "content": [
                {"type": "paragraph", "content": [{"type": "text", "text": "two"}]}]},
        ]},
        {"type": "table", "content": [
            {"type": "tableRow", "content": [
                {"type": "tableCell", "content": [
                    {"type": "paragraph", "content": [{"type": "text", "text": "a"}]}]},
                {"type": "tableCell", "content": [
                    {"type": "paragraph", "content": [{"type": "text", "text": "b"}]}]},
            ]},
        ]},
        {"type": "unheardOf", "content": [
            {"type": "paragraph", "content": [{"type": "text", "text": "kept"}]}]},
    ],
}  # fmt: skip


def test_documents_become_plain_text() -> None:
    assert plain(DOCUMENT) == "Plan\n\nAsk @Ann\nsoon:tada:\n\n- one\n- two\n\na | b\n\nkept"
    assert plain("  wiki *text* ") == "wiki *text*"
    assert plain({"type": "doc", "content": []}) is None
    assert plain(None) is None


@pytest.mark.parametrize(
    ("timestamp", "text"),
    [("1700006400000", "By 2023-11-15"), (1700006400000, "By 2023-11-15"), ("soon", "By"),
     ("9" * 40, "By"), ("9" * 5000, "By"), (None, "By"), ("", "By")],
)  # fmt: skip
def test_a_date_in_a_text_is_written_as_one(timestamp: Any, text: str) -> None:
    said = [{"type": "text", "text": "By "}, {"type": "date", "attrs": {"timestamp": timestamp}}]
    assert plain({"type": "doc", "content": [{"type": "paragraph", "content": said}]}) == text


def test_a_document_nested_without_end_is_cut() -> None:
    node: dict[str, Any] = {"type": "text", "text": "deep"}
    for _ in range(900):
        node = {"type": "panel", "content": [node]}
    assert plain({"type": "doc", "content": [node, {"type": "text", "text": "flat"}]}) == "flat"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2024-05-06T07:08:09.123+0200", datetime(2024, 5, 6, 5, 8, 9, 123000, UTC)),
        ("2024-05-06T07:08:09Z", datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)),
        (1492070429, datetime(2017, 4, 13, 8, 0, 29, tzinfo=UTC)),
        (1492070429000, datetime(2017, 4, 13, 8, 0, 29, tzinfo=UTC)),
        ("0000-00-00", None),
        ("9999-12-31T23:59:59.999-1200", None),
        ("2024-05-06T24:00:00", None),
        ("soon", None),
        (None, None),
        (True, None),
        (1e300, None),
    ],
)
def test_instants(written: Any, expected: Any) -> None:
    assert instant(written) == expected


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(
        ["0000-00-00", "9999-12-31T23:59:59.999-1200", "2026-01-02T03:04:05.000+0000", "10002"]
    ),
    lambda below: (
        st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=6), below, max_size=3)
    ),
    max_leaves=6,
)


@pytest.mark.parametrize("stream", list(READERS))
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_the_mapping_takes_anything(
    bodies: dict[str, list[dict[str, Any]]], stream: str, data: st.DataObject
) -> None:
    """Any part of a whole item may be missing, null or of another type."""
    body = copy.deepcopy(data.draw(st.sampled_from(bodies[stream])))
    for _ in range(data.draw(st.integers(1, 4))):
        place, key = data.draw(st.sampled_from(list(places(body))))
        if data.draw(st.booleans()) and isinstance(place, dict):
            del place[key]
        else:
            place[key] = data.draw(JSON)
        if not list(places(body)):
            break
    before = copy.deepcopy(body)
    records = list(to_records(stream, body))
    assert repr(body) == repr(before)  # it changes nothing …
    assert repr(records) == repr(list(to_records(stream, body)))  # … and says the same again
    for record in records:
        check(record)


@settings(max_examples=100, deadline=None)
@given(item=JSON, stream=st.sampled_from([*READERS, "unheard of"]))
def test_the_mapping_takes_what_is_no_item_at_all(item: Any, stream: str) -> None:
    for record in to_records(stream, item):
        check(record)


def places(node: Any) -> Any:
    """Every place in a JSON value: the container and the key or index."""
    for key in node if isinstance(node, dict) else range(len(node)):
        yield node, key
        if isinstance(node[key], (dict, list)):
            yield from places(node[key])


def check(record: Record) -> None:
    """A record is whole: an id, aware times, values of the types that it promises."""
    assert type(record) in STORED_KINDS
    assert record.id
    for name, hint in HINTS[type(record)].items():
        value = getattr(record, name)
        assert fits(value, hint), f"{name}={value!r}"


def fits(value: Any, hint: Any) -> bool:
    """Whether a value is of a record's annotated type, and a time has its zone."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return any(fits(value, each) for each in inner)
    if origin is Literal:
        return value in inner
    if origin is tuple:
        return type(value) is tuple and all(fits(each, inner[0]) for each in value)
    if hint is Custom:
        hints = get_type_hints(Custom)
        return type(value) is Custom and all(fits(getattr(value, n), h) for n, h in hints.items())
    if hint is datetime:
        return type(value) is datetime and value.tzinfo is not None
    return value is None if hint is type(None) else type(value) is hint


HINTS = {kind: get_type_hints(kind) for kind in STORED_KINDS}
