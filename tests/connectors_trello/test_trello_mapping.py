"""Golden mappings: what Trello's answers mean."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.sdk.records import (
    Change,
    Column,
    Comment,
    Custom,
    Link,
    Person,
    Project,
    Record,
    Task,
)
from connectors.trello.connector import Trello
from connectors.trello.words import status_of
from sync_engine.admin_map import AdminMapping

BOARD = "5f000000aaaaaaaaaaaaaaaa"  # made 2020-07-04T04:05:20Z, by its first eight digits
CARD = "60000000bbbbbbbbbbbbbbbb"  # made 2021-01-14T08:25:36Z
CARD_MADE = datetime(2021, 1, 14, 8, 25, 36, tzinfo=UTC)


def one(stream: str, body: dict[str, Any]) -> Record:
    [record] = Trello.to_records(stream, body)
    return record


def task(card: dict[str, Any], **look_ups: Any) -> Task:
    record = next(iter(Trello.to_records("tasks", {"card": {"id": CARD, **card}, **look_ups})))
    assert isinstance(record, Task)
    return record


def change(kind: str, **data: Any) -> list[Change]:
    action = {
        "id": "61000000cccccccccccccccc",
        "type": kind,
        "date": "2021-07-27T12:00:00.500Z",
        "idMemberCreator": "m1",
        "data": {"card": {"id": CARD}, **data},
    }
    return [each for each in Trello.to_records("changes", action) if isinstance(each, Change)]


def test_a_board_is_a_project_and_its_lists_are_columns() -> None:
    records = list(
        Trello.to_records(
            "projects",
            {
                "id": BOARD,
                "name": "Garden",
                "desc": "",
                "closed": True,
                "shortUrl": "https://trello.com/b/abc",
                "dateLastActivity": "2021-02-03T04:05:06.789Z",
                "memberships": [{"idMember": "ann"}, {"idMember": None}, {"idMember": "bo"}],
                "lists": [
                    {"id": "l2", "name": "Done", "pos": 20, "softLimit": None},
                    {"id": "l1", "name": "Doing", "pos": 10, "softLimit": "3"},
                ],
            },
        )
    )
    assert records == [
        Project(
            id=BOARD,
            name="Garden",
            url="https://trello.com/b/abc",
            state="closed",
            created_at=datetime(2020, 7, 4, 4, 5, 20, tzinfo=UTC),
            updated_at=datetime(2021, 2, 3, 4, 5, 6, 789000, tzinfo=UTC),
            member_ids=("ann", "bo"),
        ),
        Column(
            id="l1", project_id=BOARD, board_id=BOARD, board_name="Garden", name="Doing",
            position=0, status_labels=("Doing",), wip_max=3,
        ),
        Column(
            id="l2", project_id=BOARD, board_id=BOARD, board_name="Garden", name="Done",
            position=1, status_labels=("Done",),
        ),
    ]  # fmt: skip


def test_a_member_is_a_person_without_an_address() -> None:
    member = {"id": "m1", "fullName": "", "username": "dora", "url": "https://trello.com/dora"}
    assert one("people", {"member": member, "active": False}) == Person(
        id="m1", name="dora", active=False, url="https://trello.com/dora"
    )


def test_a_card_with_all_that_hangs_on_it() -> None:
    card = {
        "id": CARD,
        "idBoard": BOARD,
        "idShort": 12,
        "name": "Plant trees",
        "desc": "Ten of them",
        "shortUrl": "https://trello.com/c/card1",
        "due": "2021-03-01T11:00:00.000Z",
        "start": None,
        "dueComplete": False,
        "closed": False,
        "dateLastActivity": "2021-02-01T00:00:00.000Z",
        "idMembers": ["m1", "m2", "m1"],
        "labels": [{"name": "outdoors"}, {"name": "", "color": "green"}],
        "checklists": [
            {"pos": 2, "checkItems": [{"id": "60000010cccccccccccccccc", "name": "Water",
                                       "state": "incomplete", "pos": 1}]},
            {"pos": 1, "checkItems": [{"id": "60000020dddddddddddddddd", "name": "Dig",
                                       "state": "complete", "due": "2021-02-02T00:00:00.000Z",
                                       "idMember": "m2", "pos": 1}]},
        ],
        "attachments": [
            {"url": "https://trello.com/c/card2/7-buy-trees"},
            {"url": "https://trello.com/c/card1"},
            {"url": "https://trello.com/c/hidden"},
            {"url": "https://example.com/c/card2"},
        ],
    }  # fmt: skip
    body = {
        "card": card,
        "list": {"id": "l1", "name": "Doing", "closed": False},
        "linked": {"card2": "50000000eeeeeeeeeeeeeeee", "card1": CARD},
    }
    shared: dict[str, Any] = {
        "project_id": BOARD,
        "url": "https://trello.com/c/card1",
        "archived": False,
    }
    assert list(Trello.to_records("tasks", body)) == [
        Task(
            id=CARD, key="#12", title="Plant trees", description="Ten of them", type="task",
            status="in_progress", status_label="Doing", blocked=False, assignee_ids=("m1", "m2"),
            labels=("outdoors", "green"), due_on=datetime(2021, 3, 1, 11, tzinfo=UTC),
            created_at=CARD_MADE, updated_at=datetime(2021, 2, 1, tzinfo=UTC), **shared,
        ),
        Task(
            id="60000020dddddddddddddddd", parent_id=CARD, title="Dig", type="subtask",
            status="done", status_label="complete", assignee_ids=("m2",),
            due_on=datetime(2021, 2, 2, tzinfo=UTC),
            created_at=datetime(2021, 1, 14, 8, 26, 8, tzinfo=UTC), **shared,
        ),
        Task(
            id="60000010cccccccccccccccc", parent_id=CARD, title="Water", type="subtask",
            status="todo", status_label="incomplete",
            created_at=datetime(2021, 1, 14, 8, 25, 52, tzinfo=UTC), **shared,
        ),
        Link(
            id=f"relates:50000000eeeeeeeeeeeeeeee:{CARD}", type="relates",
            from_id="50000000eeeeeeeeeeeeeeee", to_id=CARD,
        ),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("To Do", "todo"), ("to-do", "todo"), ("Todo", "todo"), ("Product Backlog", "todo"),
        ("Ideas 💡", "todo"), ("Doing", "in_progress"), ("In Progress", "in_progress"),
        ("Code review", "in_progress"), ("Testing (QA)", "in_progress"),
        ("BLOCKED", "in_progress"), ("Ready for review", "in_progress"), ("Done", "done"),
        ("Completed in May", "done"), ("Closed", "done"), ("Done – reviewed", "done"),
        ("Cancelled", "cancelled"), ("Won't do", "cancelled"),
        ("Someday", None), ("Abandonedware", None), ("Undone", None), ("Contest", None),
        ("", None), (None, None), (7, None),
    ],
)  # fmt: skip
def test_a_lists_name_gives_the_status(name: Any, status: str | None) -> None:
    assert status_of(name) == status


@pytest.mark.parametrize(
    ("card", "column", "status", "archived"),
    [
        ({}, {"name": "Doing"}, "in_progress", False),
        ({"dueComplete": True}, {"name": "Doing"}, "done", False),
        ({"closed": True}, {"name": "Doing"}, "in_progress", True),
        ({}, {"name": "Doing", "closed": True}, "in_progress", True),
        ({}, {"name": "Somewhere"}, None, False),
        ({}, None, None, False),
    ],
)
def test_status_and_archive(
    card: dict[str, Any], column: Any, status: str | None, archived: bool
) -> None:
    read = task(card, list=column)
    assert (read.status, read.archived) == (status, archived)
    listed = column["name"] if column else None
    assert read.status_label == ("complete" if card.get("dueComplete") else listed)


def test_a_word_of_the_admins_for_a_list_never_opens_what_was_marked_complete_in_it() -> None:
    said, column = AdminMapping(status={"Parking lot": "todo"}), {"name": "Parking lot"}
    for marked, status in ((False, "todo"), (True, "done")):
        read = said.apply(task({"dueComplete": marked}, list=column))
        assert isinstance(read, Task)
        assert read.status == status
    data = {"card": {"id": CARD, "dueComplete": True}, "old": {"dueComplete": False}}
    [marking] = change("updateCard", **data, list=column)
    told = said.apply(marking)
    assert isinstance(told, Change)
    assert (told.old, told.new) == ("todo", "done")
    assert (told.old_label, told.new_label) == ("Parking lot", "complete")


@pytest.mark.parametrize(
    ("labels", "column", "blocked"),
    [
        (["Blocked"], "Doing", True),
        (["on hold"], "Doing", True),
        ([], "Blocked by others", True),
        (["unblocked"], "Doing", False),
        ([], "Doing", False),
    ],
)
def test_a_word_says_that_a_card_is_blocked(labels: list[str], column: str, blocked: bool) -> None:
    card = {"labels": [{"name": label} for label in labels]}
    assert task(card, list={"name": column}).blocked is blocked


@pytest.mark.parametrize(
    ("card", "type", "label"),
    [
        ({"isTemplate": True}, "other", "template"),
        ({"cardRole": "separator"}, "other", "separator"),
        ({"isTemplate": False, "cardRole": None}, "task", None),
    ],
)
def test_cards_that_are_no_work_say_so(card: dict[str, Any], type: str, label: str | None) -> None:
    read = task(card)
    assert (read.type, read.type_label) == (type, label)


def test_custom_fields_of_every_type_and_empty_ones() -> None:
    fields: list[dict[str, Any]] = [
        {"id": id, "name": id.upper()} for id in ("t", "n", "d", "c", "none", "null")
    ]
    fields.append({"id": "l", "options": [{"id": "o1", "value": {"text": "High"}}]})
    fields.append({"id": "x", "name": "Lost option", "options": []})
    items = [
        {"idCustomField": "t", "value": {"text": "words"}},
        {"idCustomField": "n", "value": {"number": "2.5"}},
        {"idCustomField": "d", "value": {"date": "2021-05-06T07:08:09.000Z"}},
        {"idCustomField": "c", "value": {"checked": "true"}},
        {"idCustomField": "null", "value": None},
        {"idCustomField": "l", "idValue": "o1", "value": None},
        {"idCustomField": "x", "idValue": "o9", "value": None},
        {"idCustomField": "of another board", "value": {"text": "?"}},
    ]
    assert task({"customFieldItems": items}, customFields=fields).custom == (
        Custom(id="t", name="T", value="words"),
        Custom(id="n", name="N", value=2.5),
        Custom(id="d", name="D", value=datetime(2021, 5, 6, 7, 8, 9, tzinfo=UTC)),
        Custom(id="c", name="C", value=True),
        Custom(id="none", name="NONE", value=None),
        Custom(id="null", name="NULL", value=None),
        Custom(id="l", name="l", value="High"),
        Custom(id="x", name="Lost option", value="o9"),
    )


def test_an_edited_comment_and_a_copied_one() -> None:
    action = {
        "id": "61000000cccccccccccccccc",
        "type": "commentCard",
        "date": "2021-07-27T12:00:00.500Z",
        "idMemberCreator": "m1",
        "data": {"card": {"id": CARD}, "text": "Yes",
                 "dateLastEdited": "2021-07-28T00:00:00.000Z"},
    }  # fmt: skip
    at = datetime(2021, 7, 27, 12, 0, 0, 500000, tzinfo=UTC)
    comment = Comment(
        id="61000000cccccccccccccccc", task_id=CARD, author_id="m1", text="Yes", at=at,
        updated_at=datetime(2021, 7, 28, tzinfo=UTC),
    )  # fmt: skip
    assert one("comments", action) == comment
    copied = {
        **action,
        "type": "copyCommentCard",
        "data": {"card": {"id": CARD}, "text": "Yes", "idOriginalCommenter": "m9"},
    }
    read = one("comments", copied)
    assert isinstance(read, Comment)
    assert read.author_id == "m9"
    assert not list(Trello.to_records("comments", {**action, "type": "updateCard"}))


def test_history_says_who_when_what_in_both_languages() -> None:
    assert change(
        "updateCard",
        listBefore={"name": "Doing"},
        listAfter={"name": "Done"},
        old={"idList": "l1"},
    ) == [
        Change(
            id="61000000cccccccccccccccc:status", task_id=CARD, author_id="m1",
            at=datetime(2021, 7, 27, 12, 0, 0, 500000, tzinfo=UTC), field="status",
            field_label="idList", old="in_progress", new="done", old_label="Doing",
            new_label="Done",
        )
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "data", "field", "old", "new"),
    [
        ("updateCard", {"card": {"id": CARD, "due": "2021-03-01T11:00:00.000Z"},
                        "old": {"due": None}}, "due_on", None, "2021-03-01T11:00:00+00:00"),
        ("updateCard", {"card": {"id": CARD, "start": None},
                        "old": {"start": "2021-03-01T11:00:00.000Z"}},
         "start_on", "2021-03-01T11:00:00+00:00", None),
        ("updateCard", {"card": {"id": CARD, "closed": True}, "old": {"closed": False}},
         "archived", "false", "true"),
        ("updateCard", {"card": {"id": CARD, "name": "New"}, "old": {"name": "Old"}},
         "title", "Old", "New"),
        ("updateCard", {"card": {"id": CARD, "dueComplete": True}, "old": {"dueComplete": False},
                        "list": {"name": "Doing"}}, "status", "in_progress", "done"),
        ("updateCard", {"card": {"id": CARD, "dueComplete": False}, "old": {"dueComplete": True},
                        "list": {"name": "Doing"}}, "status", "done", "in_progress"),
        ("addMemberToCard", {"idMember": "m2"}, "assignee_ids", None, "m2"),
        ("removeMemberFromCard", {"idMember": "m2", "deactivated": True}, "assignee_ids", "m2",
         None),
        ("moveCardToBoard", {"board": {"id": "b2"}, "boardSource": {"id": "b1"}}, "project_id",
         "b1", "b2"),
        ("updateCustomFieldItem",
         {"customField": {"id": "f1", "name": "status"}, "old": {"value": {"number": "3"}},
          "customFieldItem": {"value": {"number": "5"}}}, "f1", "3.0", "5.0"),
    ],
)  # fmt: skip
def test_every_kind_of_edit(kind: str, data: Any, field: str, old: Any, new: Any) -> None:
    assert [(each.field, each.old, each.new) for each in change(kind, **data)] == [
        (field, old, new)
    ]


def test_a_checked_item_is_a_change_of_the_item() -> None:
    [edit] = change("updateCheckItemStateOnCard", checkItem={"id": "i1", "state": "complete"})
    assert (edit.task_id, edit.field, edit.old, edit.new) == ("i1", "status", "todo", "done")


@pytest.mark.parametrize("kind", ["createCard", "deleteCard", "moveCardFromBoard", "copyCard", "?"])
def test_actions_that_edit_nothing_give_nothing(kind: str) -> None:
    assert not change(kind, old={"name": "x"}, boardTarget={"id": "b2"})


def test_an_action_that_tells_of_two_fields_gives_two_changes() -> None:
    edits = change(
        "updateCard", card={"id": CARD, "due": None, "name": "B"}, old={"due": None, "name": "A"}
    )
    assert {each.id for each in edits} == {
        "61000000cccccccccccccccc:due_on",
        "61000000cccccccccccccccc:title",
    }
