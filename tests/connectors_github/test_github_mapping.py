"""Golden mappings: GitHub's words in, our records out."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from connectors.github.connector import GitHub
from connectors.sdk.records import (
    Change,
    Comment,
    Custom,
    Link,
    Milestone,
    Person,
    Project,
    Record,
    Task,
)

ANN = {"login": "ann", "id": 11, "type": "User"}
BOB = {"login": "bob", "id": 12, "type": "User"}
AT = "2026-02-03T04:05:06Z"
INSTANT = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)


def issue(**fields: Any) -> dict[str, Any]:
    return {"number": 7, "title": "Basket", "state": "open", "state_reason": None, **fields}


def item(parent: str | None = None, blocked_by: Any = (), **fields: Any) -> dict[str, Any]:
    return {
        "id": "5#7",
        "issue": issue(**fields),
        "repository": {"id": "5", "full_name": "acme/site"},
        "parent": parent,
        "blocked_by": blocked_by,
    }


def of(stream: str, body: Any) -> list[Record]:
    return list(GitHub.to_records(stream, body))


def the_task(**fields: Any) -> Task:
    [task, *_] = of("tasks", item(**fields))
    assert isinstance(task, Task)
    return task


def test_an_issue_with_everything() -> None:
    found = of(
        "tasks",
        item(
            parent="6#1",
            blocked_by=["5#3", "6#9"],
            body="Two\nlines",
            html_url="https://github.com/acme/site/issues/7",
            user=BOB,
            assignee=ANN,
            assignees=[ANN, BOB],
            labels=[{"id": 1, "name": "release"}, "web"],
            milestone={"id": 31, "number": 2, "title": "Go live"},
            type={"id": 1, "name": "Feature"},
            state="closed",
            state_reason="completed",
            created_at="2026-01-01T00:00:00Z",
            updated_at=AT,
            closed_at=AT,
            parent_issue_url="https://api.github.com/repos/acme/plan/issues/1",
            issue_field_values=[
                {"issue_field_id": 1, "issue_field_name": "Priority", "data_type": "single_select",
                 "value": "High", "single_select_option": {"id": 4, "name": "High", "color": "x"}},
                {"issue_field_id": 2, "issue_field_name": "Effort", "data_type": "number",
                 "value": 3},
                {"issue_field_id": 3, "issue_field_name": "Target", "data_type": "date",
                 "value": "2026-04-01"},
                {"issue_field_id": 4, "issue_field_name": "Teams", "data_type": "multi_select",
                 "value": None, "multi_select_options": [{"name": "Web"}, {"name": "Ops"}]},
                {"issue_field_id": 5, "issue_field_name": "Note", "data_type": "text",
                 "value": "see there"},
            ],
        ),
    )  # fmt: skip
    assert found == [
        Task(
            id="5#7",
            key="acme/site#7",
            project_id="5",
            parent_id="6#1",
            title="Basket",
            description="Two\nlines",
            url="https://github.com/acme/site/issues/7",
            type="story",
            type_label="Feature",
            status="done",
            status_label="completed",
            assignee_ids=("11", "12"),
            reporter_id="12",
            labels=("release", "web"),
            created_at=datetime(2026, 1, 1, tzinfo=UTC),
            updated_at=INSTANT,
            completed_at=INSTANT,
            resolution="completed",
            milestone_id="31",
            custom=(
                Custom(id="1", name="Priority", value="High"),
                Custom(id="2", name="Effort", value=3.0),
                Custom(id="3", name="Target", value=date(2026, 4, 1)),
                Custom(id="4", name="Teams", value=("Web", "Ops")),
                Custom(id="5", name="Note", value="see there"),
            ),
        ),
        Link(id="blocks:5#3:5#7", type="blocks", from_id="5#3", to_id="5#7"),
        Link(id="blocks:6#9:5#7", type="blocks", from_id="6#9", to_id="5#7"),
    ]


def test_a_bare_issue_leaves_unknown_what_is_not_said() -> None:
    task = the_task(body=None, assignee=None, assignees=[], user=None, milestone=None)
    assert task == Task(
        id="5#7", key="acme/site#7", project_id="5", title="Basket", status="todo",
        status_label="open",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("state", "reason", "status", "label", "resolution"),
    [
        ("open", None, "todo", "open", None),
        ("open", "reopened", "todo", "reopened", None),
        ("closed", None, "done", "closed", None),
        ("closed", "completed", "done", "completed", "completed"),
        ("closed", "not_planned", "cancelled", "not_planned", "not_planned"),
        ("closed", "duplicate", "cancelled", "duplicate", "duplicate"),
        ("closed", "superseded", None, "superseded", "superseded"),
        ("frozen", None, None, "frozen", None),
        (None, None, None, None, None),
    ],
)
def test_state_and_reason(
    state: Any, reason: Any, status: str | None, label: str | None, resolution: str | None
) -> None:
    task = the_task(state=state, state_reason=reason, closed_at=AT)
    assert (task.status, task.status_label, task.resolution) == (status, label, resolution)
    assert task.completed_at == (INSTANT if state == "closed" else None)


@pytest.mark.parametrize(
    ("fields", "kind", "label"),
    [
        ({"type": {"name": "Bug"}}, "bug", "Bug"),
        ({"type": {"name": "feature"}}, "story", "feature"),
        ({"type": {"name": "Spike"}}, "other", "Spike"),
        ({"type": {"name": "Task"}, "labels": [{"name": "bug"}]}, "task", "Task"),
        ({"labels": [{"name": "bug"}]}, "bug", "bug"),
        ({"labels": ["good first issue", "type: Epic"]}, "epic", "type: Epic"),
        ({"labels": [{"name": "kind/story"}]}, "story", "kind/story"),
        ({"labels": [{"name": "bug-bash"}, {"name": "not a bug"}]}, "task", None),
        ({"parent_issue_url": "https://api.github.com/repos/a/b/issues/1"}, "subtask", None),
        ({"type": None, "labels": None}, "task", None),
    ],
)
def test_what_kind_of_issue(fields: dict[str, Any], kind: str, label: str | None) -> None:
    task = the_task(**fields)
    assert (task.type, task.type_label) == (kind, label)


def test_assignee_is_heeded_only_where_assignees_are_missing() -> None:
    assert the_task(assignee=ANN).assignee_ids == ("11",)
    assert the_task(assignee=ANN, assignees=[BOB, ANN, BOB]).assignee_ids == ("12", "11")


def test_an_issue_does_not_block_itself_nor_twice() -> None:
    found = of("tasks", item(blocked_by=["5#7", "5#3", "5#3", None, 4]))
    assert [record.id for record in found] == ["5#7", "blocks:5#3:5#7"]


@pytest.mark.parametrize(
    ("due", "day"),
    [
        ("2026-04-01T07:00:00Z", date(2026, 4, 1)),  # midnight in California, in summer
        ("2026-12-18T08:00:00Z", date(2026, 12, 18)),
        ("2026-12-18", date(2026, 12, 18)),
        ("soon", None),
        (None, None),
    ],
)
def test_a_milestone(due: Any, day: date | None) -> None:
    row = {"id": 31, "number": 2, "title": "Go live", "description": "", "state": "open",
           "html_url": "https://github.com/acme/site/milestone/2", "due_on": due,
           "closed_at": None}  # fmt: skip
    assert of("milestones", {"milestone": row, "repository": "5"}) == [
        Milestone(
            id="31", project_id="5", name="Go live", state="open", state_label="open", due_on=day,
            url="https://github.com/acme/site/milestone/2",
        )
    ]  # fmt: skip


def test_a_closed_milestone_is_done() -> None:
    row = {"id": 31, "title": "Go live", "state": "closed", "closed_at": AT}
    [milestone] = of("milestones", {"milestone": row, "repository": "5"})
    assert isinstance(milestone, Milestone)
    assert (milestone.state, milestone.completed_at) == ("done", INSTANT)


def test_a_repository_and_a_person() -> None:
    row = {"id": 5, "name": "site", "full_name": "acme/site", "description": None,
           "html_url": "https://github.com/acme/site", "archived": True, "created_at": AT,
           "updated_at": AT}  # fmt: skip
    assert of("projects", row) == [
        Project(id="5", key="acme/site", name="site", url="https://github.com/acme/site",
                state="archived", created_at=INSTANT, updated_at=INSTANT)
    ]  # fmt: skip
    ann = {"databaseId": 11, "login": "ann", "name": "Ann Archer", "url": "https://github.com/ann"}
    assert of("people", ann) == [Person(id="11", name="Ann Archer", url="https://github.com/ann")]
    assert of("people", {**ann, "name": None, "url": None}) == [Person(id="11", name="ann")]


def test_a_comment() -> None:
    row = {"id": 41, "user": ANN, "body": "Final?", "created_at": AT, "updated_at": AT,
           "issue_url": "https://api.github.com/repos/acme/site/issues/7"}  # fmt: skip
    said = Comment(id="41", task_id="5#7", author_id="11", text="Final?", at=INSTANT)
    assert of("comments", {"comment": row, "repository": "5"}) == [said]
    edited = {**row, "updated_at": "2026-02-04T00:00:00Z", "user": None}
    [comment] = of("comments", {"comment": edited, "repository": "5"})
    assert isinstance(comment, Comment)
    assert comment.updated_at == datetime(2026, 2, 4, tzinfo=UTC)
    assert comment.author_id is None


@pytest.mark.parametrize(
    ("event", "told"),
    [
        ({"event": "closed", "state_reason": "not_planned"},
         ("status", "todo", "cancelled", "open", "not_planned")),
        ({"event": "closed", "state_reason": None}, ("status", "todo", "done", "open", "closed")),
        ({"event": "closed", "state_reason": "new"}, ("status", "todo", None, "open", "new")),
        ({"event": "reopened"}, ("status", None, "todo", "closed", "reopened")),
        ({"event": "assigned", "assignee": BOB}, ("assignee_ids", None, "12", None, "bob")),
        ({"event": "unassigned", "assignee": BOB}, ("assignee_ids", "12", None, "bob", None)),
        ({"event": "labeled", "label": {"name": "web"}}, ("labels", None, "web", None, "web")),
        ({"event": "unlabeled", "label": {"name": "web"}}, ("labels", "web", None, "web", None)),
        ({"event": "milestoned", "milestone": {"title": "M"}},
         ("milestone", None, "M", None, "M")),
        ({"event": "demilestoned", "milestone": {"title": "M"}},
         ("milestone", "M", None, "M", None)),
        ({"event": "renamed", "rename": {"from": "A", "to": "B"}},
         ("title", "A", "B", None, None)),
    ],
)  # fmt: skip
def test_events(event: dict[str, Any], told: tuple[str | None, ...]) -> None:
    row = {"id": 51, "actor": ANN, "created_at": AT, "issue": {"number": 7}, **event}
    [change] = of("changes", {"event": row, "repository": "5"})
    assert isinstance(change, Change)
    assert (change.id, change.task_id, change.at) == ("51", "5#7", INSTANT)
    assert (change.field, change.old, change.new, change.old_label, change.new_label) == told
    assert (change.author_id, change.field_label) == ("11", event["event"])


def test_who_assigned_is_not_who_was_assigned() -> None:
    row = {"id": 51, "event": "assigned", "actor": BOB, "assignee": BOB, "assigner": ANN,
           "created_at": AT, "issue": {"number": 7}}  # fmt: skip
    [change] = of("changes", {"event": row, "repository": "5"})
    assert isinstance(change, Change)
    assert change.author_id == "11"


@pytest.mark.parametrize("kind", ["subscribed", "mentioned", "assigned", "labeled", None])
def test_an_event_that_changes_no_field_is_no_change(kind: Any) -> None:
    row = {"id": 51, "event": kind, "actor": ANN, "created_at": AT, "issue": {"number": 7}}
    assert of("changes", {"event": row, "repository": "5"}) == []


@pytest.mark.parametrize("stream", [*GitHub.streams, "unknown"])
def test_a_body_without_an_id_gives_nothing(stream: str) -> None:
    assert of(stream, {}) == []
