"""What becomes what: items as Basecamp gives them, and the records that they are."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from connectors.basecamp.connector import Basecamp
from connectors.basecamp.words import minutes, plain
from connectors.sdk.records import (
    Column,
    Comment,
    Custom,
    Person,
    Project,
    Record,
    StatusUpdate,
    Task,
    Worklog,
)

BUCKET = {"id": 4711, "name": "Tide tables", "type": "Project"}
MADE, CHANGED = "2026-11-02T09:15:30.125Z", "2026-11-19T08:00:00.000-06:00"
MADE_AT = datetime(2026, 11, 2, 9, 15, 30, 125000, tzinfo=UTC)
CHANGED_AT = datetime(2026, 11, 19, 14, 0, tzinfo=UTC)


def of(stream: str, body: Any) -> list[Record]:
    return list(Basecamp.to_records(stream, body))


def todo(**fields: Any) -> dict[str, Any]:
    return {
        "id": 801, "status": "active", "type": "Todo", "title": "Measure the pier",
        "content": "Measure the pier", "description": "<div>At <strong>low</strong> tide.</div>",
        "app_url": "https://3.basecamp.com/5550123/buckets/4711/todos/801",
        "created_at": MADE, "updated_at": CHANGED, "bucket": BUCKET,
        "parent": {"id": 77, "title": "Survey", "type": "Todolist"}, "completed": False,
        "starts_on": "2026-11-20", "due_on": "2026-11-27", "creator": {"id": 31},
        "assignees": [{"id": 32}, {"id": 33}, {"id": 32}], **fields,
    }  # fmt: skip


def card(**fields: Any) -> dict[str, Any]:
    return {
        "id": 802, "status": "active", "type": "Kanban::Card", "title": "Order the buoys",
        "content": "<div>Twelve of them</div>", "description": "Twelve of them", "bucket": BUCKET,
        "created_at": MADE, "updated_at": MADE, "completed": False, "due_on": None,
        "parent": {"id": 91, "title": "Doing", "type": "Kanban::Column"}, "assignees": [], **fields,
    }  # fmt: skip


def task_of(body: Any) -> Task:
    (task,) = of("tasks", body)
    assert isinstance(task, Task)
    return task


def test_a_to_do() -> None:
    assert task_of(todo()) == Task(
        id="801", project_id="4711", title="Measure the pier", description="At low tide.",
        url="https://3.basecamp.com/5550123/buckets/4711/todos/801", type="task",
        type_label="To-do", status="todo", status_label="pending", assignee_ids=("32", "33"),
        reporter_id="31", start_on=date(2026, 11, 20), due_on=date(2026, 11, 27),
        created_at=MADE_AT, updated_at=CHANGED_AT, archived=False,
        custom=(Custom(id="list", name="List", value="Survey"),),
    )  # fmt: skip


def test_a_to_do_that_was_ticked_off_says_when() -> None:
    done = task_of(todo(completed=True, completion={"created_at": CHANGED, "creator": {"id": 32}}))
    assert (done.status, done.status_label) == ("done", "completed")
    assert done.completed_at == CHANGED_AT


def test_a_to_do_in_no_list_has_an_empty_one() -> None:
    loose = task_of(todo(parent={"id": 70, "title": "To-dos", "type": "Todoset"}))
    assert loose.custom == (Custom(id="list", name="List", value=None),)


def test_nobody_and_no_day_are_none() -> None:
    bare = task_of(todo(assignees=[], due_on=None, starts_on=None, description=""))
    assert (bare.assignee_ids, bare.due_on, bare.start_on, bare.description) == (
        (),
        None,
        None,
        None,
    )


def test_an_archived_to_do_is_archived() -> None:
    assert task_of(todo(status="archived")).archived is True


@pytest.mark.parametrize(
    ("kind", "title", "status", "blocked"),
    [
        ("Kanban::Triage", "Triage", "todo", False),
        ("Kanban::NotNowColumn", "Not now", "todo", False),
        ("Kanban::Column", "Doing", "in_progress", False),
        ("Kanban::OnHold", "On hold", "in_progress", True),
        ("Kanban::OnHoldColumn", "On hold", "in_progress", True),
        ("Kanban::DoneColumn", "Done", "done", False),
        ("Kanban::Attic", "Attic", None, False),
    ],
)
def test_the_column_of_a_card_is_its_status(
    kind: str, title: str, status: str | None, blocked: bool
) -> None:
    task = task_of(card(parent={"id": 91, "title": title, "type": kind}))
    assert (task.status, task.status_label, task.blocked) == (status, title, blocked)
    assert (task.type_label, task.description) == ("Card", "Twelve of them")
    assert task.custom == ()


def test_a_card_that_was_ticked_off_is_done_wherever_it_lies() -> None:
    task = task_of(card(completed=True, completed_at=CHANGED))
    assert (task.status, task.status_label, task.completed_at) == ("done", "Doing", CHANGED_AT)


def test_a_step_hangs_on_its_card() -> None:
    step = task_of(
        {
            "id": 803, "status": "active", "type": "Kanban::Step", "title": "Ask for offers",
            "parent": {"id": 802, "title": "Order the buoys", "type": "Kanban::Card"},
            "bucket": BUCKET, "completed": True, "completed_at": MADE, "due_on": "2026-11-21",
        }
    )  # fmt: skip
    assert (step.parent_id, step.type, step.type_label) == ("802", "subtask", "Step")
    assert (step.status, step.status_label, step.completed_at) == ("done", "completed", MADE_AT)


def test_a_type_that_is_new_stays_a_task_with_its_word() -> None:
    task = task_of(todo(type="Puzzle"))
    assert (task.type, task.type_label) == ("other", "Puzzle")


def test_a_project() -> None:
    assert of(
        "projects",
        {
            "id": 4711, "status": "archived", "name": "Tide tables", "description": "For sailors.",
            "app_url": "https://3.basecamp.com/5550123/projects/4711", "start_date": "2026-01-01",
            "end_date": "2026-12-31", "created_at": MADE, "updated_at": CHANGED,
        },
    ) == [
        Project(
            id="4711", name="Tide tables", description="For sailors.",
            url="https://3.basecamp.com/5550123/projects/4711", state="archived",
            start_on=date(2026, 1, 1), due_on=date(2026, 12, 31), created_at=MADE_AT,
            updated_at=CHANGED_AT,
        )
    ]  # fmt: skip


@pytest.mark.parametrize(
    "said", [{"client": True, "personable_type": "User"}, {"personable_type": "Client"}]
)
def test_a_client_is_a_customer(said: dict[str, Any]) -> None:
    row = {"id": 31, "name": "Ida Brook", "email_address": "ida@example.com", **said}
    (person,) = of("people", {**row, "time_zone": "Europe/Oslo"})
    assert person == Person(
        id="31", name="Ida Brook", email="ida@example.com", kind="customer",
        time_zone="Europe/Oslo",
    )  # fmt: skip


def test_columns_come_in_the_order_of_their_table() -> None:
    lists = [{"id": 90, "title": "Triage"}, {"id": 91, "title": "Doing"}, {"title": "no id"}]
    body = {"id": 9, "title": "Board", "bucket": BUCKET, "lists": lists}
    assert of("columns", body) == [
        Column(id="90", project_id="4711", board_id="9", board_name="Board", name="Triage",
               position=0, status_labels=("Triage",)),
        Column(id="91", project_id="4711", board_id="9", board_name="Board", name="Doing",
               position=1, status_labels=("Doing",)),
    ]  # fmt: skip


def test_a_comment_on_work() -> None:
    body = {
        "id": 601, "content": "<div>Fine.<br>Go on &amp; on.</div>", "created_at": MADE,
        "updated_at": CHANGED, "visible_to_clients": True, "creator": {"id": 32},
        "parent": {"id": 801, "type": "Todo"},
    }  # fmt: skip
    assert of("comments", body) == [
        Comment(id="601", task_id="801", author_id="32", text="Fine.\nGo on & on.", at=MADE_AT,
                updated_at=CHANGED_AT, public=True)
    ]  # fmt: skip
    assert of("comments", {**body, "parent": {"id": 5, "type": "Message"}}) == []


def test_time_counts_where_it_was_booked() -> None:
    body = {
        "id": 501, "date": "2026-11-18", "hours": "1.5", "description": "On the water",
        "person": {"id": 32}, "bucket": BUCKET, "parent": {"id": 802, "type": "Kanban::Card"},
        "updated_at": MADE,
    }  # fmt: skip
    entry = Worklog(
        id="501", task_id="802", project_id="4711", person_id="32", minutes=90,
        on=date(2026, 11, 18), text="On the water", updated_at=MADE_AT,
    )  # fmt: skip
    assert of("worklogs", body) == [entry]
    (other,) = of("worklogs", {**body, "parent": {"id": 5, "type": "Message"}})
    assert isinstance(other, Worklog)
    assert (other.task_id, other.project_id) == (None, "4711")


@pytest.mark.parametrize(
    ("hours", "read"), [("2.0", 120), ("0.33", 20), (1, 60), ("a while", None), ("nan", None),
                        ("-1", None), (True, None), (None, None), ("1e9", None)],
)  # fmt: skip
def test_hours(hours: Any, read: int | None) -> None:
    assert minutes(hours) == read


@pytest.mark.parametrize(
    ("color", "health"),
    [("green", "on_track"), ("yellow", "at_risk"), ("red", "off_track"), ("mauve", None)],
)
def test_the_colour_of_a_needle_is_the_health(color: str, health: str | None) -> None:
    needle = {
        "id": 401, "bucket": BUCKET, "created_at": MADE, "color": color, "creator": {"id": 31},
        "description": "<div>Late</div>",
    }  # fmt: skip
    assert of("status_updates", {"needles": [needle]}) == [
        StatusUpdate(id="401", project_id="4711", author_id="31", at=MADE_AT,
                     health=health, health_label=color, text="Late")  # type: ignore[arg-type]
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("rich", "words"),
    [
        ("<div>One<br>two</div><div>three</div>", "One\ntwo\n\nthree"),
        ("<ul><li>tea</li><li>salt</li></ul>", "- tea\n- salt"),
        ("a &lt;b&gt; &amp; c", "a <b> & c"),
        ("<div></div>", None),
        ("<![CDATA[odd]]> text", "<![CDATA[odd]]> text"),
        ("1 < 2", "1 < 2"),
        (7, None),
    ],
)
def test_rich_text_becomes_words(rich: Any, words: str | None) -> None:
    assert plain(rich) == words
