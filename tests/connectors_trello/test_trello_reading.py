"""How the connector behaves over time: what it asks for, what it sees, what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson
import pytest
from msgspec import structs

from connectors.sdk.contract import Can
from connectors.sdk.records import Change, Column, Comment, Link, Person, Project, Record, Task
from connectors.sdk.sandbox import Reply, Request
from connectors.trello.connector import Trello


def ids(records: list[Record], kind: type[Record] = Task) -> set[str]:
    return {record.id for record in records if isinstance(record, kind)}


def test_an_unchanged_second_turn_costs_one_request_a_stream(reading: Any) -> None:
    reading.all()
    for stream, can in Trello.streams.items():
        if Can.INCREMENTAL in can:
            assert reading.requests(lambda stream=stream: reading.items(stream)) == [
                "/1/members/me/boards"
            ]


@pytest.mark.parametrize("stream", ["tasks", "comments", "changes"])
def test_a_board_that_is_unchanged_after_all_costs_one_request(reading: Any, stream: str) -> None:
    reading.all()
    web = reading.native(Project, "web")
    cursor = reading.kept.cursors[stream][web]
    assert reading.requests(lambda: list(reading.connector.pull(stream, web, cursor))) == [
        f"/1/boards/{web}"
    ]


def test_a_person_deactivated_on_one_board_only_is_active(reading: Any) -> None:
    ann, bob, cid = (reading.native(Person, id) for id in ("ann", "bob", "cid"))
    off = {"web": [ann, bob], "ops": [bob]}
    boards = [
        {
            "id": reading.native(Project, board),
            "memberships": [{"idMember": id, "deactivated": id in away} for id in (ann, bob, cid)],
        }
        for board, away in off.items()
    ]
    reading.sandbox.interfere = lambda request: (
        Reply.of(boards) if request.path == "/1/members/me/boards" else None
    )
    assert {person.id: person.active for person in reading.records("people")} == {
        ann: True,
        bob: False,
        cid: True,
    }


def test_people_on_many_boards_are_asked_for_once(reading: Any) -> None:
    assert len(reading.requests(lambda: reading.items("people"))) == 2


def test_a_changed_card_comes_alone_with_its_history(reading: Any) -> None:
    reading.all()
    task = reading.native(Task, "s1")
    reading.world.edit(task, status="done", status_label="Done", at=reading.clock.pass_by(days=2))
    [item] = reading.items("tasks")
    assert item.id == task
    changed = [
        change
        for change in reading.records("changes")
        if isinstance(change, Change) and change.at == reading.clock.now()
    ]
    assert [(change.field, change.old, change.new, change.new_label) for change in changed] == [
        ("status", "in_progress", "done", "Done")
    ]


def test_a_renamed_list_brings_all_cards_of_its_board(reading: Any) -> None:
    reading.all()
    column = next(each for each in reading.world.all(Column) if each.name == "Done")
    reading.world.put(structs.replace(column, name="Live"))
    web = reading.world.get(Project, reading.native(Project, "web"))
    reading.world.put(web, at=reading.clock.pass_by(days=2))
    assert {item.scope for item in reading.items("tasks")} == {web.id}
    assert len(reading.world.where(Task, "parent_id", None)) == 7


def test_a_label_that_is_used_more_often_brings_no_other_card(reading: Any) -> None:
    def count_uses(request: Request) -> Reply | None:
        if "labels" not in request.query:
            return None
        board = orjson.loads(reading.sandbox.handle(request).body)
        for label in board["labels"]:
            label["uses"] = len(reading.sandbox.log)
        return Reply.of(board)

    reading.sandbox.interfere = count_uses
    reading.all()
    card = reading.native(Task, "s1")
    reading.world.edit(card, title="Other", at=reading.clock.pass_by(days=2))
    assert [item.id for item in reading.items("tasks")] == [card]


def test_an_item_of_a_checklist_changes_its_card(reading: Any) -> None:
    reading.all()
    reading.world.edit(reading.native(Task, "t2"), status="done", at=reading.clock.pass_by(days=2))
    records = reading.records("tasks")
    assert {r.id: r.status for r in records if isinstance(r, Task) and r.parent_id} == {
        reading.native(Task, "t1"): "done",
        reading.native(Task, "t2"): "done",
    }


def test_a_deleted_card_is_a_tombstone_with_reason_and_time(reading: Any) -> None:
    reading.all()
    card = reading.native(Task, "s2")
    at = reading.clock.pass_by(days=1)
    reading.world.remove(Task, card, at=at)
    gone = [each for page in reading.pages("tasks") for each in page.gone]
    assert [(each.id, each.stream, each.reason, each.at) for each in gone] == [
        (card, "tasks", "deleted", at)
    ]


def test_a_card_moved_to_a_board_that_is_read_is_read_again(reading: Any) -> None:
    reading.all()
    card, ops = reading.native(Task, "s1"), reading.native(Project, "ops")
    reading.world.edit(card, project_id=ops, at=reading.clock.pass_by(days=1))
    pages = list(reading.pages("tasks"))
    assert not [each for page in pages for each in page.gone]
    assert (card, ops) in [(item.id, item.scope) for page in pages for item in page.items]


def test_a_card_moved_to_a_board_that_is_not_read_is_moved(read_with: Callable[..., Any]) -> None:
    reading = read_with(boards=("Website",))
    reading.all()
    card, ops = reading.native(Task, "s1"), reading.native(Project, "ops")
    reading.world.edit(card, project_id=ops, at=reading.clock.pass_by(days=1))
    gone = [each for page in reading.pages("tasks") for each in page.gone]
    assert [(each.id, each.reason) for each in gone] == [(card, "moved")]
    reading.world.edit(
        card, project_id=reading.native(Project, "web"), at=reading.clock.pass_by(minutes=5)
    )
    pages = list(reading.pages("tasks"))
    assert not [each for page in pages for each in page.gone]
    assert card in [item.id for page in pages for item in page.items]


def test_a_moved_card_is_moved_even_if_a_card_that_stayed_points_to_it(
    read_with: Callable[..., Any],
) -> None:
    reading = read_with(boards=("Website",))
    reading.all()
    [link] = [
        each
        for each in reading.world.all(Link)
        if reading.native(Task, "s2") in (each.from_id, each.to_id)
    ]
    at = reading.clock.pass_by(days=1)
    reading.world.edit(link.to_id, project_id=reading.native(Project, "ops"), at=at)
    reading.world.edit(link.from_id, title="Still points there", at=at)
    pages = list(reading.pages("tasks"))
    assert [(each.id, each.reason) for page in pages for each in page.gone] == [
        (link.to_id, "moved")
    ]
    items = [item for page in pages for item in page.items]
    assert link in [each for item in items for each in Trello.to_records("tasks", item.body)]


def test_an_archived_card_stays_and_says_so(reading: Any) -> None:
    reading.all()
    card = reading.native(Task, "o1")
    reading.world.edit(card, archived=True, at=reading.clock.pass_by(days=1))
    [task] = [r for r in reading.records("tasks") if isinstance(r, Task)]
    assert (task.id, task.archived, task.status) == (card, True, "todo")


def test_an_edited_comment_is_seen_for_a_week(reading: Any) -> None:
    reading.all()
    comment = reading.world.get(Comment, reading.native(Comment, "c2"))
    edited = structs.replace(comment, text="No.", updated_at=reading.clock.pass_by(days=1))
    reading.world.put(edited)
    assert edited in reading.records("comments")


def test_a_deleted_comment_is_missing_from_the_census_and_confirmed(reading: Any) -> None:
    web, comment = reading.native(Project, "web"), reading.native(Comment, "c1")
    other = reading.native(Comment, "c2")
    reading.world.remove(Comment, comment)
    assert [list(each) for each in reading.connector.census("comments", web)] == [[other]]
    assert reading.connector.confirm("comments", [comment, other]) == {
        comment: "deleted",
        other: None,
    }


def test_the_census_lists_archived_cards_too(reading: Any) -> None:
    web = reading.native(Project, "web")
    found = [id for batch in reading.connector.census("tasks", web) for id in batch]
    assert sorted(found) == sorted(reading.native(Task, id) for id in ("e1", "s1", "s2"))


def test_confirm_tells_deleted_from_hidden_from_there(reading: Any) -> None:
    there, hidden, deleted = (reading.native(Task, id) for id in ("s1", "o1", "s2"))
    reading.sandbox.hidden.add(reading.native(Project, "ops"))
    reading.world.remove(Task, deleted)
    assert reading.connector.confirm("tasks", [there, hidden, deleted]) == {
        there: None,
        hidden: "access_lost",
        deleted: "deleted",
    }
    boards = {id: reading.native(Project, id) for id in ("web", "ops")}
    assert reading.connector.confirm("projects", list(boards.values())) == {
        boards["web"]: None,
        boards["ops"]: "access_lost",
    }


def test_a_date_in_the_future_moves_no_cursor_past_now(reading: Any) -> None:
    card = reading.native(Task, "s1")
    future = reading.clock.now() + timedelta(days=365_000)
    reading.world.edit(card, title="From the future", at=future)
    reading.all()
    for stream in ("tasks", "changes", "comments"):
        cursor = reading.kept.cursors[stream][reading.native(Project, "web")]
        assert cursor["since"] <= reading.clock.now().isoformat()
    reading.all()
    other = reading.native(Task, "s2")
    reading.world.edit(other, title="Of today", at=reading.clock.pass_by(hours=3))
    assert other in {item.id for item in reading.items("tasks")}


def test_two_changes_in_one_instant_are_both_read(reading: Any) -> None:
    reading.all()
    for card in ("s1", "s2"):
        reading.world.edit(reading.native(Task, card), title="Changed", at=reading.clock.now())
        assert reading.native(Task, card) in {item.id for item in reading.items("tasks")}


def test_without_a_clock_the_next_read_is_a_full_one(
    reading: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire = reading.connector.client.http
    ask = wire.request
    monkeypatch.setattr(
        wire, "request", lambda *args, **options: replace(ask(*args, **options), headers={})
    )
    everything = {item.id for item in reading.items("tasks")}
    reading.clock.pass_by(days=9)
    assert {item.id for item in reading.items("tasks")} == everything


def test_an_attachment_that_points_to_another_board_is_looked_up_once(reading: Any) -> None:
    lookups = [
        path
        for path in reading.requests(lambda: reading.items("tasks"))
        if path.startswith("/1/cards/")
    ]
    assert len(lookups) == 1


def test_a_link_to_a_card_that_we_may_not_see_is_left_out(reading: Any) -> None:
    web, ops = reading.native(Project, "web"), reading.native(Project, "ops")
    boards = {task.id: task.project_id for task in reading.world.all(Task)}
    [far] = [
        link
        for link in reading.world.all(Link)
        if {boards[link.from_id], boards[link.to_id]} == {web, ops}
    ]
    # The card at the link's first end holds the attachment.
    reading.sandbox.hidden.add(boards[far.to_id])
    pages = reading.connector.pull("tasks", boards[far.from_id], None)
    items = [item for page in pages for item in page.items]
    records = [record for item in items for record in Trello.to_records("tasks", item.body)]
    assert far.from_id in ids(records)
    assert far.id not in ids(records, Link)


def test_secrets_are_in_no_request_but_its_header(reading: Any) -> None:
    reading.all()
    reading.connector.check()
    for request in reading.sandbox.log:
        said = f"{request.path} {request.query} {request.body!r}"
        assert "0123456789abcdef" not in said
        assert "ATTA" not in said
    assert "ATTA" not in repr(reading.config())
    assert "ATTA" not in repr(Trello.access(reading.config()))
