"""Against answers that Trello really gave: none breaks the mapping, none is read with loss."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.sdk.contract import Answer, Budget
from connectors.sdk.records import Change, Column, Comment, Project, Record, Task
from connectors.trello.connector import Trello

pytestmark = pytest.mark.contract


class Recorded:
    """Trello's recorded answers, and what is in them."""

    def __init__(self, folder: Path) -> None:
        self.files = {
            path.stem: json.loads(path.read_text())["response"]
            for path in sorted((folder / "trello" / "recorded").glob("*.json"))
        }

    def body(self, name: str) -> Any:
        body = self.files[name].get("body")
        if isinstance(body, str):  # some bodies are kept in base64
            try:
                return json.loads(base64.b64decode(body, validate=True))
            except (binascii.Error, ValueError):
                return body
        return body

    def objects(self) -> Iterator[Mapping[str, Any]]:
        """Every object with an id, at any depth, but for the mentions inside an action."""
        for name in self.files:
            yield from _objects(self.body(name))


def _objects(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, list):
        for each in value:
            yield from _objects(each)
    elif isinstance(value, dict):
        if "id" in value:
            yield value
        for name, each in value.items():
            if name not in ("data", "display", "limits"):
                yield from _objects(each)


@pytest.fixture(scope="module")
def recorded(contracts: Path) -> Recorded:
    return Recorded(contracts)


def of_card(card: Any, **look_ups: Any) -> list[Record]:
    return list(Trello.to_records("tasks", {"card": card, **look_ups}))


def the_task(card: Any, **look_ups: Any) -> Task:
    first = of_card(card, **look_ups)[0]
    assert isinstance(first, Task)
    return first


def test_every_recorded_card_is_read_without_loss(recorded: Recorded) -> None:
    cards = [each for each in recorded.objects() if "idList" in each and "name" in each]
    assert len(cards) > 80
    for card in cards:
        task = the_task(card)
        assert task.id == card["id"]
        assert task.title == card["name"]
        assert (task.due_on is None) == (card.get("due") is None)
        assert (task.start_on is None) == (card.get("start") is None)
        assert (task.updated_at is None) == (card.get("dateLastActivity") is None)
        assert len(task.assignee_ids) == len(card.get("idMembers", []))
        assert len(task.labels) == len(
            {each["name"] or each["color"] for each in card.get("labels", [])}
        )


def test_every_recorded_check_item_is_read_without_loss(recorded: Recorded) -> None:
    checklists = [each for each in recorded.objects() if "checkItems" in each]
    assert len(checklists) > 10
    for checklist in checklists:
        records = of_card({"id": "5e93ba665c58c44a46cb2ef9", "checklists": [checklist]})[1:]
        assert {each.id for each in records} == {each["id"] for each in checklist["checkItems"]}
        assert all(isinstance(each, Task) and each.status for each in records)


def test_every_recorded_board_list_and_member_is_read_without_loss(recorded: Recorded) -> None:
    objects = list(recorded.objects())
    boards = [each for each in objects if "prefs" in each and "permissionLevel" in each["prefs"]]
    lists = [each for each in objects if {"name", "closed", "idBoard", "pos"} == {*each} & {
        "name", "closed", "idBoard", "pos", "idList", "idCard"}]  # fmt: skip
    members = [each for each in objects if "username" in each]
    assert min(len(boards), len(lists), len(members)) > 10
    for board in boards:
        [project] = [
            each
            for each in Trello.to_records("projects", {**board, "lists": []})
            if isinstance(each, Project)
        ]
        assert (project.id, project.name) == (board["id"], board["name"])
        assert project.state == ("closed" if board.get("closed") else "active")
    columns = list(Trello.to_records("projects", {"id": "b", "name": "B", "lists": lists}))[1:]
    assert sorted(each.id for each in columns) == sorted(each["id"] for each in lists)
    for member in members:
        [person] = Trello.to_records("people", {"member": member, "active": True})
        assert person.id == member["id"]


def test_every_recorded_action_is_read_without_loss(recorded: Recorded) -> None:
    actions = [
        each
        for each in recorded.objects()
        if {"type", "data", "idMemberCreator", "date"} <= {*each}
    ]
    assert len(actions) > 100
    kept = {"name", "closed", "due", "start", "dueComplete", "idList"}
    for action in actions:
        at = datetime.fromisoformat(action["date"])
        comments = [*Trello.to_records("comments", action)]
        changes = [*Trello.to_records("changes", action)]
        edited = kept & {*action["data"].get("old", {})} if action["type"] == "updateCard" else ()
        edits = len(edited) or action["type"] in (
            "addMemberToCard", "removeMemberFromCard", "updateCustomFieldItem",
        )  # fmt: skip
        assert len(comments) == (action["type"] in ("commentCard", "copyCommentCard"))
        assert len(changes) == edits
        for record in (*comments, *changes):
            assert isinstance(record, (Comment, Change))
            assert record.id.startswith(action["id"])
            assert record.at == at


def facts(record: Record, *names: str) -> tuple[str, ...]:
    return tuple(str(getattr(record, name)) for name in names)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("card_find_with_id_and_get_all_fields_00",
         ("5e9310df53f23017628a8011", "#2", "2020-04-26 12:56:00+00:00",
          "2020-04-12 13:00:15+00:00", "2020-04-12 13:18:36.661000+00:00", "False")),
        ("can_close_bong_a_card_01",
         ("5e95bab4e5c5a66526f74278", "#4", "None", "2020-04-14 13:29:24+00:00",
          "2020-04-14 13:30:38.356000+00:00", "True")),
        ("can_success_create_a_card_when_due_is_time_00",
         ("5ec0e62003fe0f0f103a361b", "#4", "2020-12-22 01:59:00+00:00",
          "2020-05-17 07:22:08+00:00", "2020-05-17 07:22:08.374000+00:00", "False")),
        ("adlio_cards__card-archived",
         ("4eea503d91e31d174600008f", "None", "None", "2011-12-15 19:53:33+00:00", "None",
          "True")),
    ],
)  # fmt: skip
def test_recorded_cards_mean_this(recorded: Recorded, name: str, expected: tuple[str, ...]) -> None:
    task = the_task(recorded.body(name))
    assert facts(task, "id", "key", "due_on", "created_at", "updated_at", "archived") == expected


def test_labels_without_a_name_are_called_by_their_colour(recorded: Recorded) -> None:
    cards = recorded.body("can_get_cards_of_board_01")
    assert [the_task(card).labels for card in cards] == [(), (), ("green", "orange")]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("can_get_checklists_of_board_01",
         [("5ec15ed539da417d1659cb10", "todo", "2020-05-17 15:57:09+00:00"),
          ("5ec15ed6b0287040e383fe1a", "todo", "2020-05-17 15:57:10+00:00")]),
        ("checklist_can_update_the_item_state_02",
         [("5f527dd00ac0cb4a43d85be7", "done", "2020-09-04 17:48:00+00:00")]),
    ],
)  # fmt: skip
def test_recorded_checklists_mean_this(
    recorded: Recorded, name: str, expected: list[tuple[str, ...]]
) -> None:
    body = recorded.body(name)
    checklists = body if isinstance(body, list) else [body]
    records = of_card({"id": "5ec0e62003fe0f0f103a361b", "checklists": checklists})[1:]
    assert [facts(each, "id", "status", "created_at") for each in records] == expected


def test_recorded_custom_fields_mean_this(recorded: Recorded) -> None:
    items = recorded.body("custom_field_item_save_2_01")
    option = {"id": "5e68e8cf6b440a35fcc12af9", "value": {"text": "first"}}
    fields = [{"id": each["idCustomField"], "options": [option]} for each in items]
    custom = the_task({"id": "c", "customFieldItems": items}, customFields=fields).custom
    assert [str(each.value) for each in custom] == [
        "cool", "1.0", "first", "2020-03-11 04:00:00+00:00", "True",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "field", "expected"),
    [
        ("adlio_actions__card-actions-done", "status",
         ["Backlog > Approved Work: todo > None",
          "Approved Work > Ready for Development: None > None",
          "Ready for Development > Doing: None > in_progress",
          "Doing > Code Review: in_progress > in_progress",
          "Code Review > QA: in_progress > in_progress",
          "QA > Done: in_progress > done"]),
        ("adlio_actions__card-actions-revived", "archived",
         ["None > None: false > true", "None > None: true > false", "None > None: false > true"]),
        ("adlio_actions__card-actions-with-member", "assignee_ids",
         ["None > None: None > 4f0b777fd1e39cca3f217850",
          "None > None: 4f0b777fd1e39cca3f217850 > None"] * 2
         + ["None > None: None > 4f0b777fd1e39cca3f217850"]),
        ("can_get_actions_of_board_01", "due_on",
         ["None > None: None > 2020-12-22T01:59:00+00:00"] * 3),
        ("can_get_actions_of_board_01", "5ec160f6dafd0828fda1f6dd", ["None > None: None > 1.0"]),
    ],
)  # fmt: skip
def test_recorded_histories_mean_this(
    recorded: Recorded, name: str, field: str, expected: list[str]
) -> None:
    changes = [
        each
        for action in reversed(recorded.body(name))
        for each in Trello.to_records("changes", action)
        if isinstance(each, Change) and each.field == field
    ]
    told = [f"{each.old_label} > {each.new_label}: {each.old} > {each.new}" for each in changes]
    assert told == expected


def test_a_copied_comment_keeps_its_author_and_its_date(recorded: Recorded) -> None:
    actions = recorded.body("can_get_actions_of_board_01")
    [comment] = [each for action in actions for each in Trello.to_records("comments", action)]
    assert facts(comment, "id", "task_id", "author_id", "at") == (
        "5e93c827fb102a6f40c5fa30", "5e93c827fb102a6f40c5fa2b", "5e679b808e6e8828784b30e1",
        "2020-04-13 01:51:59.993000+00:00",
    )  # fmt: skip


def test_recorded_boards_and_lists_mean_this(recorded: Recorded) -> None:
    boards = recorded.body("get_boards_of_member_01")
    projects = [each for board in boards for each in Trello.to_records("projects", board)]
    assert len(projects) == 11
    assert facts(projects[0], "id", "state", "updated_at", "created_at", "url") == (
        "5e93ba403f1ab3603ba81a09", "active", "2020-06-07 03:44:11.955000+00:00",
        "2020-04-13 01:02:56+00:00", "https://trello.com/b/0zx7ive1",
    )  # fmt: skip
    lists = recorded.body("can_get_lists_of_board_01")
    _, column = Trello.to_records("projects", {"id": "b", "name": "B", "lists": lists})
    assert isinstance(column, Column)
    assert (column.id, column.name, column.wip_max) == ("5e93bac014d40e501ee46b8d", "L1", None)


def test_recorded_headers_say_what_is_left(recorded: Recorded) -> None:
    headers = recorded.files["get_members_of_card_00"]["headers"]
    said = {name.lower(): value for name, value in headers.items()}
    by_token = Budget(99, timedelta(seconds=10), 100, name="x-rate-limit-api-token")
    assert by_token in Trello.budget(Answer(200, said, None, ""))
    odd = Answer(200, {"x-rate-limit-api-token-remaining": "many"}, None, "")
    assert list(Trello.budget(odd)) == []
