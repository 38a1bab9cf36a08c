"""Asana's words to ours, by example and by everything that hypothesis can think of."""

from __future__ import annotations

import copy
import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.asana.feed import home, plan
from connectors.asana.mapping import to_records
from connectors.asana.tasks import STORY_FIELDS, TASK_FIELDS
from connectors.asana.words import priority_of, status_of
from connectors.sdk.records import (
    Approval,
    Change,
    Comment,
    Link,
    Membership,
    Milestone,
    Project,
    Record,
    StatusUpdate,
    Task,
    Worklog,
)


def task(**fields: Any) -> Task:
    """The task that a vendor's task becomes."""
    records = to_records("tasks", {"task": {"gid": "1", "name": "T", **fields}, "home": "9"})
    return next(each for each in records if isinstance(each, Task))


def told(*stories: dict[str, Any], **fields: Any) -> list[Change]:
    """The changes that stories become, told an hour apart."""
    body = {
        "task": {"gid": "1", "name": "T", "completed": False, **fields},
        "home": "9",
        "stories": [
            {
                "gid": f"s{n}",
                "type": "system",
                "created_at": f"2026-03-02T{n:02}:00:00.000Z",
                **each,
            }
            for n, each in enumerate(stories)
        ],
    }
    return [each for each in to_records("tasks", body) if isinstance(each, Change)]


def in_section(name: str | None) -> list[dict[str, Any]]:
    """A membership in the home project."""
    return [{"project": {"gid": "9"}, "section": {"gid": "s", "name": name} if name else None}]


def option(field: str, value: str | None) -> dict[str, Any]:
    """An enum field with a chosen option."""
    chosen = {"gid": "o", "name": value} if value else None
    return {"gid": "f", "name": field, "type": "enum", "enum_value": chosen}


@pytest.mark.parametrize(
    ("fields", "status", "label"),
    [
        ({"completed": False}, "todo", "Incomplete"),
        ({"completed": True}, "done", "Completed"),
        ({"completed": False, "memberships": in_section("Doing")}, "in_progress", "Doing"),
        ({"completed": False, "memberships": in_section("2. 🚧 In-Progress:")}, "in_progress",
         "2. 🚧 In-Progress:"),
        ({"completed": False, "memberships": in_section("Backlog")}, "todo", "Backlog"),
        ({"completed": False, "memberships": in_section(None)}, "todo", "Incomplete"),
        ({"completed": True, "memberships": in_section("In review")}, "done", "Completed"),
        ({"completed": True, "memberships": in_section("Won\u2019t do")}, "cancelled",
         "Won\u2019t do"),
        ({"completed": False, "custom_fields": [option("Stage", "Testing")],
          "memberships": in_section("Q3")}, "in_progress", "Testing"),
        ({"completed": False, "custom_fields": [option("Status", "On track")],
          "memberships": in_section("Q3")}, "todo", "Q3"),
        ({"completed": False, "custom_type_status_option": {"gid": "c", "name": "Triage"}},
         "todo", "Triage"),
        ({"completed": None}, None, None),
        ({"completed": True, "resource_subtype": "approval", "approval_status": "rejected"},
         "done", "Rejected"),
    ],
)  # fmt: skip
def test_status(fields: dict[str, Any], status: str | None, label: str | None) -> None:
    found = task(**fields)
    assert (found.status, found.status_label) == (status, label)


@pytest.mark.parametrize(
    ("fields", "kind", "label"),
    [
        ({"resource_subtype": "default_task"}, "task", "default_task"),
        ({"resource_subtype": "default_task", "parent": {"gid": "2"}}, "subtask", "default_task"),
        ({"resource_subtype": "default_task", "parent": None}, "task", "default_task"),
        ({"resource_subtype": "milestone", "parent": {"gid": "2"}}, "milestone", "milestone"),
        ({"resource_subtype": "custom", "custom_type": {"name": "Bug"}}, "task", "Bug"),
        ({"resource_subtype": "hologram"}, "other", "hologram"),
        ({"resource_subtype": "default_task", "name": "Phase 2:", "is_rendered_as_separator": True},
         "other", "separator"),
    ],
)  # fmt: skip
def test_kinds(fields: dict[str, Any], kind: str, label: str) -> None:
    found = task(**fields)
    assert (found.type, found.type_label) == (kind, label)


@pytest.mark.parametrize(
    ("said", "members"),
    [
        ({}, None),
        ({"members": None}, None),
        ({"members": []}, ()),
        ({"members": [{"gid": "5"}, {"gid": None}, {"gid": "6"}]}, ("5", "6")),
    ],
)
def test_members_are_those_that_the_answer_lists(said: Any, members: Any) -> None:
    records = to_records("projects", {"project": {"gid": "9", "name": "P", **said}})
    assert [r.member_ids for r in records if isinstance(r, Project)] == [members]


def test_dates_are_days_or_instants() -> None:
    found = task(
        due_on="2026-03-20", due_at="2026-03-20T15:30:00.000Z", start_on="2026-03-01", start_at=None
    )
    assert found.due_on == datetime(2026, 3, 20, 15, 30, tzinfo=UTC)
    assert found.start_on == date(2026, 3, 1)
    assert type(found.start_on) is date
    assert task(due_at="2026-03-20T15:30:00.000Z").due_on == found.due_on


@pytest.mark.parametrize("odd", ["0000-00-00", "2026-02-30", 1772000000000, "", "soon", None, []])
def test_odd_dates_are_unknown(odd: Any) -> None:
    found = task(due_on=odd, due_at=odd, created_at=odd, completed_at=odd)
    assert (found.due_on, found.created_at, found.completed_at) == (None, None, None)


def test_custom_fields_by_type() -> None:
    fields = [
        option("Risk", "High"),
        option("Team", None),
        {"gid": "n", "name": "Size", "type": "number", "number_value": 5},
        {"gid": "t", "name": "Ref", "type": "text", "text_value": "A-1"},
        {"gid": "d", "name": "Gate", "type": "date", "date_value": {"date": "2026-04-01"}},
        {"gid": "p", "name": "Sponsor", "type": "people", "people_value": [{"gid": "77"}]},
        {"gid": "m", "name": "Areas", "type": "multi_enum",
         "multi_enum_values": [{"name": "web"}, {"name": "ops"}]},
        {"gid": "x", "name": "Id", "type": "text", "resource_subtype": "custom_id",
         "display_value": "ENG-4"},
    ]  # fmt: skip
    held = {each.name: each.value for each in task(custom_fields=fields).custom}
    assert held == {
        "Risk": "High", "Team": None, "Size": 5.0, "Ref": "A-1", "Gate": date(2026, 4, 1),
        "Sponsor": "77", "Areas": ("web", "ops"), "Id": "ENG-4",
    }  # fmt: skip


def test_priority_and_estimate_are_custom_fields_of_asana() -> None:
    estimate = {"gid": "e", "name": "Estimated time", "type": "number", "number_value": 90}
    fields = [option("Priority", "High"), {**estimate, "format": "duration"}]
    found = task(custom_fields=fields, actual_time_minutes=30)
    assert (found.priority, found.priority_label) == (2, "High")
    assert (found.estimate_minutes, found.spent_minutes) == (90, 30)
    assert found.custom == ()
    # Without the format nobody knows whether it counts minutes, hours or days.
    plain = task(custom_fields=[estimate])
    assert plain.estimate_minutes is None
    assert plain.custom[0].value == 90.0
    strange = task(custom_fields=[option("Priority", "Someday")])
    assert (strange.priority, strange.priority_label) == (None, "Someday")


@pytest.mark.parametrize(
    ("word", "priority"),
    [("Highest", 1), ("P0", 1), ("P1", 1), ("high", 2), ("🔥 High", 2), ("Medium", 3), ("Low", 4),
     ("P4", 4), ("Lowest", 5), ("Maybe", None), (None, None)],
)  # fmt: skip
def test_priority_words(word: str | None, priority: int | None) -> None:
    assert priority_of(word) == priority


@pytest.mark.parametrize(
    "word", ["Done", "To do", "Complete", "Ready", "Untitled section", "", "!"]
)
def test_words_that_say_nothing(word: str) -> None:
    assert status_of(word) is None


def test_dependencies_are_links_that_block() -> None:
    body = {"task": {"gid": "2", "dependencies": [{"gid": "1"}], "dependents": [{"gid": "3"}]}}
    links = [each for each in to_records("tasks", body) if isinstance(each, Link)]
    assert [(each.id, each.type, each.from_id, each.to_id) for each in links] == [
        ("blocks:1:2", "blocks", "1", "2"),
        ("blocks:2:3", "blocks", "2", "3"),
    ]


def test_a_milestone_yields_both() -> None:
    body = {"task": {"gid": "1", "name": "Live", "resource_subtype": "milestone",
                     "completed": True, "completed_at": "2026-03-02T09:00:00.000Z"}}  # fmt: skip
    (milestone,) = [each for each in to_records("tasks", body) if isinstance(each, Milestone)]
    assert (milestone.id, milestone.name, milestone.state) == ("1", "Live", "done")
    assert milestone.completed_at == datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("word", "decision", "decided"),
    [("pending", "pending", False), ("approved", "approved", True),
     ("rejected", "declined", True), ("changes_requested", "declined", True)],
)  # fmt: skip
def test_approvals(word: str, decision: str, decided: bool) -> None:
    body = {"task": {"gid": "1", "resource_subtype": "approval", "approval_status": word,
                     "assignee": {"gid": "7"}, "created_at": "2026-03-01T09:00:00.000Z",
                     "completed_at": "2026-03-02T09:00:00.000Z"}}  # fmt: skip
    (approval,) = [each for each in to_records("tasks", body) if isinstance(each, Approval)]
    assert (approval.task_id, approval.approver_ids) == ("1", ("7",))
    assert (approval.decision, approval.decision_label) == (decision, word)
    assert (approval.decided_at is not None) == decided


def test_memberships_name_project_and_section() -> None:
    body = {"task": {"gid": "1", "memberships": [*in_section("Doing"), {}, {"project": None}]}}
    (place,) = [each for each in to_records("tasks", body) if isinstance(each, Membership)]
    assert place == Membership(
        id="project:9:1", task_id="1", kind="project", container_id="9", section="Doing"
    )


def test_the_history_of_the_status() -> None:
    changes = told(
        {"resource_subtype": "section_changed", "old_section": {"name": "Ideas"},
         "new_section": {"name": "Doing"}},
        {"resource_subtype": "marked_complete", "created_by": {"gid": "7"}},
        {"resource_subtype": "section_changed", "old_section": {"name": "Doing"},
         "new_section": {"name": "Archive"}},
        {"resource_subtype": "marked_incomplete"},
    )  # fmt: skip
    assert [(c.field, c.old, c.new, c.old_label, c.new_label) for c in changes] == [
        ("status", "todo", "in_progress", "Ideas", "Doing"),
        ("status", "in_progress", "done", "Doing", "Completed"),
        ("section", "Doing", "Archive", "Doing", "Archive"),
        ("status", "done", "todo", "Completed", "Archive"),
    ]
    assert changes[1].author_id == "7"


def test_a_first_completion_knows_the_section_that_the_task_stands_in() -> None:
    (change,) = told({"resource_subtype": "marked_complete"}, memberships=in_section("Review"))
    assert (change.old, change.new, change.old_label) == ("in_progress", "done", "Review")


def test_a_move_in_another_project_is_no_status() -> None:
    (change,) = told(
        {"resource_subtype": "section_changed", "project": {"gid": "8"},
         "old_section": {"name": "A"}, "new_section": {"name": "Doing"}},
    )  # fmt: skip
    assert change.field == "section"


def test_the_history_of_the_owner_remembers_who_had_it() -> None:
    changes = told(
        {"resource_subtype": "assigned", "assignee": {"gid": "7", "name": "Ada"}},
        {"resource_subtype": "assigned", "assignee": {"gid": "8", "name": "Bo"}},
        {"resource_subtype": "unassigned"},
    )
    assert [(c.field, c.old, c.new) for c in changes] == [
        ("assignee_ids", None, "7"),
        ("assignee_ids", "7", "8"),
        ("assignee_ids", "8", None),
    ]
    assert changes[1].old_label == "Ada"


def test_both_dates_may_move_in_one_story() -> None:
    changes = told(
        {"resource_subtype": "due_date_changed",
         "old_dates": {"start_on": None, "due_on": "2026-03-10", "due_at": None},
         "new_dates": {"start_on": "2026-03-05", "due_on": "2026-03-12",
                       "due_at": "2026-03-12T10:00:00.000Z"}},
    )  # fmt: skip
    assert [(c.id, c.field, c.old, c.new) for c in changes] == [
        ("s0", "due_on", "2026-03-10", "2026-03-12T10:00:00+00:00"),
        ("s0:start_on", "start_on", None, "2026-03-05"),
    ]


def test_an_old_story_without_its_dates_still_tells_that_the_date_moved() -> None:
    (change,) = told({"resource_subtype": "due_date_changed", "text": "moved it to Friday"})
    assert (change.field, change.old, change.new) == ("due_on", None, None)
    assert change.new_label == "moved it to Friday"


def test_edits_of_custom_fields() -> None:
    enum = {"resource_subtype": "enum_custom_field_changed"}
    changes = told(
        {**enum, "custom_field": {"gid": "p", "name": "Priority"},
         "old_enum_value": {"name": "Low"}, "new_enum_value": {"name": "High"}},
        {**enum, "custom_field": {"gid": "s", "name": "Stage"},
         "old_enum_value": None, "new_enum_value": {"name": "Doing"}},
        {"resource_subtype": "number_custom_field_changed",
         "custom_field": {"gid": "e", "name": "Estimated time"},
         "old_number_value": None, "new_number_value": 60},
        {"resource_subtype": "people_custom_field_changed",
         "custom_field": {"gid": "r", "name": "Reviewers"},
         "old_people_value": [], "new_people_value": [{"gid": "7", "name": "Ada"}]},
        custom_fields=[{"gid": "e", "name": "Estimated time", "type": "number",
                        "format": "duration", "number_value": 60}],
    )  # fmt: skip
    assert [(c.field, c.old, c.new, c.new_label) for c in changes] == [
        ("priority", "4", "2", "High"),
        ("status", "todo", "in_progress", "Doing"),
        ("estimate_minutes", None, "60", "60"),
        ("Reviewers", None, "7", "Ada"),
    ]


@pytest.mark.parametrize(
    ("story", "field", "old", "new"),
    [
        ({"resource_subtype": "name_changed", "old_name": "A", "new_name": "B"}, "title", "A", "B"),
        ({"resource_subtype": "notes_changed"}, "description", None, None),
        ({"resource_subtype": "added_to_project", "project": {"gid": "8"}}, "project_id", None,
         "8"),
        ({"resource_subtype": "removed_from_project", "project": {"gid": "8"}}, "project_id", "8",
         None),
        ({"resource_subtype": "dependency_added", "dependency": {"gid": "5"}}, "dependency", None,
         "5"),
        ({"resource_subtype": "removed_from_tag", "tag": {"gid": "4", "name": "hot"}}, "labels",
         "hot", None),
        ({"resource_subtype": "approval_status_changed", "old_approval_status": "pending",
          "new_approval_status": "approved"}, "approval_status", "pending", "approved"),
        ({"resource_subtype": "resource_subtype_changed", "old_resource_subtype": "default_task",
          "new_resource_subtype": "milestone"}, "type", "task", "milestone"),
        ({"resource_subtype": "weather_changed", "text": "rain"}, "weather", None, None),
    ],
)  # fmt: skip
def test_other_edits(story: dict[str, Any], field: str, old: str | None, new: str | None) -> None:
    (change,) = told(story)
    assert (change.field, change.old, change.new) == (field, old, new)


@pytest.mark.parametrize("subtype", ["due_today", "liked", "follower_added", "attachment_added"])
def test_what_is_no_edit(subtype: str) -> None:
    assert told({"resource_subtype": subtype}) == []


def test_comments() -> None:
    body = {
        "task": {"gid": "1"},
        "stories": [
            {"gid": "5", "type": "comment", "resource_subtype": "comment_added", "text": "Hello",
             "created_at": "2026-03-02T09:00:00.000Z", "created_by": {"gid": "7"}},
        ],
    }  # fmt: skip
    (comment,) = [each for each in to_records("tasks", body) if isinstance(each, Comment)]
    assert comment == Comment(
        id="5", task_id="1", author_id="7", text="Hello", at=datetime(2026, 3, 2, 9, tzinfo=UTC)
    )


def test_projects_in_every_state() -> None:
    states = {
        name: next(iter(to_records("projects", {"project": {"gid": "1", **fields}})))
        for name, fields in {
            "active": {"archived": False, "completed": False},
            "closed": {"archived": False, "completed": True},
            "archived": {"archived": True, "completed": True},
        }.items()
    }
    for name, project in states.items():
        assert isinstance(project, Project)
        assert project.state == name


def test_time_and_reports() -> None:
    (entry,) = to_records(
        "worklogs",
        {"gid": "1", "duration_minutes": 45, "entered_on": "2026-03-02", "task": {"gid": "5"},
         "created_by": {"gid": "7"}, "attributable_to": {"gid": "9"}},
    )  # fmt: skip
    assert entry == Worklog(
        id="1", task_id="5", project_id="9", person_id="7", minutes=45, on=date(2026, 3, 2)
    )
    (report,) = to_records(
        "status_updates",
        {"gid": "1", "parent": {"gid": "9"}, "created_at": "2026-03-02T09:00:00.000Z",
         "status_type": "dropped", "title": "End"},
    )  # fmt: skip
    assert isinstance(report, StatusUpdate)
    assert (report.health, report.health_label, report.project_id) == (None, "dropped", "9")


def test_events_are_hints_and_the_last_one_counts() -> None:
    def event(action: str, id: str, kind: str = "task", parent: Any = None) -> dict[str, Any]:
        resource = {"gid": id, "resource_type": kind}
        return {"action": action, "resource": resource, "parent": parent}

    todo = plan(
        [
            event("changed", "1"),
            event("added", "1", parent={"gid": "9", "resource_type": "project"}),
            event("changed", "1"),
            event("changed", "2"),
            event("deleted", "2"),
            event("changed", "2"),
            event("deleted", "3"),
            event("undeleted", "3"),
            event("added", "77", "story", {"gid": "4", "resource_type": "task"}),
            event("changed", "78", "story"),
            event("changed", "9", "project"),
            event("changed", "6", "section"),
            {"action": "changed", "resource": None},
        ]
    )
    assert todo.read == {"1": True, "3": True, "4": False}
    assert todo.gone.keys() == {"2"}
    assert (todo.stories, todo.sections) == ({"78"}, {"6"})


def test_where_a_task_counts() -> None:
    shared = {"memberships": [{"project": {"gid": "1"}}, {"project": {"gid": "2"}}]}
    assert home(shared, frozenset(), None) == "1"
    assert home(shared, frozenset({"2"}), None) == "2"
    assert home(shared, frozenset({"3"}), "3") == "3"
    assert home({"memberships": []}, frozenset(), "5") == "5"


def test_fields_are_asked_for_once() -> None:
    for fields in (TASK_FIELDS, STORY_FIELDS):
        names = fields.split(",")
        assert len(names) == len(set(names))


WORDS = st.sampled_from(
    ["gid", "name", "1", "2026-03-02", "2026-03-02T09:00:00.000Z", "0000-00-00", "9999-12-31",
     "9999-12-31T23:59:59.999-12:00", "0001-01-01T00:00:00+14:00", "milestone", "approval",
     "pending", "comment", "section_changed", "assigned", "marked_complete", "due_date_changed",
     "enum", "Priority", "Status", "enum_custom_field_changed", "number_custom_field_changed", ""]
)  # fmt: skip
SCALARS = (
    st.none() | st.booleans() | WORDS | st.text(max_size=5)
    | st.integers() | st.floats() | st.just(1772000000000) | st.just(10**400)
)  # fmt: skip
NAMES = st.sampled_from(
    sorted(
        {name for path in f"{TASK_FIELDS},{STORY_FIELDS}".split(",") for name in path.split(".")}
        | {"gid", "task", "home", "stories", "project", "sections", "archived", "entered_on",
           "duration_minutes", "status_type", "date", "date_time", "attributable_to"}
    )
)  # fmt: skip
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=6),
    max_leaves=25,
)
STREAMS = st.sampled_from(["projects", "people", "tasks", "worklogs", "status_updates", "nothing"])


@settings(max_examples=400, deadline=None)
@given(STREAMS, st.dictionaries(NAMES, ANYTHING, max_size=8))
def test_the_mapping_is_total_and_pure(stream: str, item: dict[str, Any]) -> None:
    item["gid"] = item.get("gid") or "1"
    before = copy.deepcopy(item)
    first = list(to_records(stream, item))
    assert repr(item) == repr(before)
    assert first == list(to_records(stream, item)) or "nan" in repr(first)
    for record in first:
        assert isinstance(record, Record)
        assert isinstance(record.id, str)
        assert record.id
        for name in record.__struct_fields__:
            value = getattr(record, name)
            if isinstance(value, datetime):
                assert value.tzinfo is not None


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.dictionaries(NAMES, ANYTHING, max_size=6).flatmap(
            lambda story: WORDS.map(lambda kind: {**story, "resource_subtype": kind, "gid": "5"})
        ),
        max_size=4,
    )
)
def test_any_story_can_be_read(stories: list[dict[str, Any]]) -> None:
    body = {
        "task": {"gid": "1", "created_at": "2026-03-02T09:00:00.000Z", "completed": False},
        "stories": stories,
    }
    records = list(to_records("tasks", body))
    assert isinstance(records[0], Task)
    assert all(isinstance(each, (Task, Comment, Change)) for each in records)


def test_items_survive_json() -> None:
    """A body is stored as JSON and read again."""
    body = {"task": {"gid": "1", "name": "T", "due_on": "2026-03-02"}, "home": "9", "stories": []}
    assert list(to_records("tasks", json.loads(json.dumps(body)))) == list(
        to_records("tasks", body)
    )
