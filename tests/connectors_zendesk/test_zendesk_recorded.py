"""Against answers that Zendesk really gave: none breaks the mapping, none is read with loss."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.sdk.contract import Answer, Budget
from connectors.sdk.errors import Refused
from connectors.sdk.records import Change, Comment, Person, Project, Task
from connectors.sdk.sandbox import Reply
from connectors.zendesk.connector import Zendesk
from connectors.zendesk.history import to_history
from connectors.zendesk.lookups import Lookups

pytestmark = pytest.mark.contract


class Recorded:
    """Zendesk's recorded answers, and what is in them."""

    def __init__(self, folder: Path) -> None:
        self.files = {
            path.stem: json.loads(path.read_text())["response"]
            for path in sorted((folder / "zendesk" / "recorded").glob("*.json"))
        }

    def objects(self) -> Iterator[Mapping[str, Any]]:
        """Every object with an id, at any depth."""
        for file in self.files.values():
            yield from _objects(file.get("body"))

    def tickets(self) -> list[Mapping[str, Any]]:
        return [each for each in self.objects() if "subject" in each and "requester_id" in each]


def _objects(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, list):
        for each in value:
            yield from _objects(each)
    elif isinstance(value, dict):
        if "id" in value:
            yield value
        for each in value.values():
            yield from _objects(each)


class FromFile(Lookups):
    """The tables of an account, from its recorded answers."""

    def __init__(self, fields: list[Mapping[str, Any]]) -> None:
        class Pages:
            def pages(self, path: str, key: str) -> Iterator[Any]:
                yield fields

        super().__init__(Pages())  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def recorded(contracts: Path) -> Recorded:
    return Recorded(contracts)


def task_of(ticket: Any, **body: Any) -> Task:
    first = next(iter(Zendesk.to_records("tasks", {"ticket": ticket, **body})))
    assert isinstance(first, Task)
    return first


def test_every_recorded_ticket_is_read_without_loss(recorded: Recorded) -> None:
    tickets = recorded.tickets()
    assert len(tickets) >= 18
    for ticket in tickets:
        task = task_of(ticket)
        assert task.id == str(ticket["id"])
        assert task.title == ticket["subject"]
        assert task.status is not None
        assert (task.priority is None) == (ticket["priority"] is None)
        assert (task.due_on is None) == (ticket["due_at"] is None)
        assert task.assignee_ids == ((str(ticket["assignee_id"]),) if ticket["assignee_id"] else ())
        assert task.reporter_id == str(ticket["requester_id"])
        assert (task.project_id is None) == (ticket["group_id"] is None)
        assert task.labels == tuple(dict.fromkeys(ticket["tags"]))
        assert task.created_at == datetime.fromisoformat(ticket["created_at"])
        assert task.updated_at == datetime.fromisoformat(ticket["updated_at"])
        assert len(task.custom) == len({each["id"] for each in ticket["custom_fields"]})
        assert task.url is not None
        assert task.url.endswith(f"/agent/tickets/{ticket['id']}")


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (1, ("Sample ticket: Meet the ticket", "issue", "incident", "in_progress", "Open", False,
             3, "normal", "23111598987540", None, ("sample", "support", "zendesk"))),
        (3, (None, "request", None, "in_progress", "Open", False, 1, "urgent", "23111598987540",
             None, ("order", "sample_ticket"))),
        (6, (None, "request", None, "done", "Closed", False, 4, "low", "23111598987540", None,
             ("other", "sample_ticket"))),
        (14, (None, "task", "task", "in_progress", "Pending", True, 3, "normal", "23111598987540",
              "2024-06-30 16:00:00+00:00", ("follow-up", "other"))),
    ],
)  # fmt: skip
def test_recorded_tickets_mean_this(
    recorded: Recorded, number: int, expected: tuple[Any, ...]
) -> None:
    [ticket] = [
        each for each in recorded.files["faros_zendesk_tickets"]["body"] if each["id"] == number
    ]
    task = task_of(ticket)
    assert (
        task.title if expected[0] else None, task.type, task.type_label, task.status,
        task.status_label, task.blocked, task.priority, task.priority_label, task.project_id,
        str(task.due_on) if task.due_on else None, task.labels,
    ) == expected  # fmt: skip


def test_the_export_goes_by_another_time_than_updated_at(recorded: Recorded) -> None:
    """The trap is real: the time in which the export is ordered lies after `updated_at`."""
    tickets = [each for each in recorded.tickets() if "generated_timestamp" in each]
    late = [
        each["generated_timestamp"] - datetime.fromisoformat(each["updated_at"]).timestamp()
        for each in tickets
    ]
    assert len(late) >= 14
    assert all(seconds >= 0 for seconds in late)
    assert any(seconds > 0 for seconds in late)


def test_recorded_custom_fields_mean_this(recorded: Recorded) -> None:
    look = FromFile(recorded.files["faros_zendesk_ticket_fields"]["body"])
    values = {}
    for ticket in recorded.files["faros_zendesk_tickets"]["body"]:
        used = {str(each["id"]): [each["value"]] for each in ticket["custom_fields"]}
        task = task_of(ticket, fields=look.explain(used))
        values[task.id] = {custom.name: custom.value for custom in task.custom}
    assert values["1"] == {"Topic": None}
    assert values["3"] == {"Topic": "Order"}
    assert values["2"] == {"Topic": "Delivery"}
    assert {value for each in values.values() for value in each.values()} == {
        None, "Order", "Delivery", "Other",
    }  # fmt: skip


def test_every_recorded_user_is_read_without_loss(recorded: Recorded) -> None:
    users = [each for each in recorded.objects() if "role" in each and "email" in each]
    assert len(users) > 15
    for user in users:
        [person] = Zendesk.to_records("people", {"user": user})
        assert isinstance(person, Person)
        assert (person.id, person.name) == (str(user["id"]), user["name"])
        assert person.email == user["email"]
        assert person.kind == ("customer" if user["role"] == "end-user" else "human")
        assert person.active == (user["active"] and not user["suspended"])
        assert person.url is not None
    kinds = [
        next(iter(Zendesk.to_records("people", {"user": user}))).kind  # type: ignore[attr-defined]
        for user in recorded.files["faros_zendesk_users"]["body"]
    ]
    assert (kinds.count("customer"), kinds.count("human")) == (13, 2)


def test_every_recorded_group_is_read_without_loss(recorded: Recorded) -> None:
    groups = [
        *recorded.files["faros_zendesk_groups"]["body"],
        *recorded.files["gozd_groups"]["body"]["groups"],
        recorded.files["gozd_group"]["body"]["group"],
    ]
    for group in groups:
        [project] = Zendesk.to_records("projects", {"group": group})
        assert isinstance(project, Project)
        assert (project.id, project.name) == (str(group["id"]), group["name"])
        assert project.state == ("trashed" if group["deleted"] else "active")
        assert project.created_at == datetime.fromisoformat(group["created_at"])
    assert [each["deleted"] for each in groups[:2]] == [True, True]  # a list holds deleted ones


def test_recorded_audits_mean_this(recorded: Recorded) -> None:
    body = recorded.files["gozd_ticket_audits"]["body"]
    [audit] = body["audits"]
    comment, change = to_history({"audit": audit})
    assert isinstance(comment, Comment)
    assert (comment.id, comment.task_id, comment.author_id, comment.public, comment.text) == (
        "2127301148", "666", "5246746", False, "This is a new private comment",
    )  # fmt: skip
    assert isinstance(change, Change)
    assert (change.id, change.field, change.old, change.new) == (
        "2127301163", "status", "todo", "in_progress",
    )  # fmt: skip
    assert (change.old_label, change.new_label) == ("New", "Open")
    assert str(change.at) == str(comment.at) == "2011-09-25 22:35:44+00:00"


def test_every_recorded_comment_is_read_without_loss(recorded: Recorded) -> None:
    comments = recorded.files["gozd_ticket_comments"]["body"]["comments"]
    audit = {"id": 1, "ticket_id": 2, "events": comments}
    records = list(to_history({"audit": audit}))
    assert [each.id for each in records] == [str(each["id"]) for each in comments]
    for record, comment in zip(records, comments, strict=True):
        assert isinstance(record, Comment)
        assert (record.text, record.public) == (comment["body"], comment["public"])
        assert record.author_id == str(comment["author_id"])
        assert record.at == datetime.fromisoformat(comment["created_at"])


def test_every_recorded_object_goes_through_every_mapping(recorded: Recorded) -> None:
    count = 0
    for each in recorded.objects():
        for stream, name in (
            ("projects", "group"), ("people", "user"), ("tasks", "ticket"), ("events", "audit"),
            ("slas", "ticket"),
        ):  # fmt: skip
            assert all(r.id for r in Zendesk.to_records(stream, {name: each}))
            count += 1
    assert count > 1000


def test_recorded_strangers_are_refused(recorded: Recorded, reading: Any) -> None:
    body = recorded.files["nodezd_authentication_test_incorrect_token_00"]["body"]
    reading.sandbox.interfere = lambda request: Reply.of(body)
    with pytest.raises(Refused, match="whose token"):
        reading.connector.check()


def test_recorded_lists_have_the_end_marks_that_we_go_by(recorded: Recorded) -> None:
    pages = [
        recorded.files[f"nodezd_organizations_test_list_all_0{number}"]["body"]["meta"]
        for number in (0, 1)
    ]
    assert [each["has_more"] for each in pages] == [pages[0]["has_more"], False]
    assert pages[1]["after_cursor"] is None


def test_recorded_headers_say_what_is_left(recorded: Recorded) -> None:
    headers = recorded.files["nodezd_organizations_test_list_all_00"]["headers"]
    said = {name.lower(): value for name, value in headers.items()}
    assert Zendesk.budget(Answer(200, said, None, "https://x.example.com/api/v2/groups")) == [
        Budget(694, timedelta(seconds=43), 700, name="account")
    ]
