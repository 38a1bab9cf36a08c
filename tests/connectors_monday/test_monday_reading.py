"""How boards are read: what changed, what is gone, and all that monday.com does to hide it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import orjson
import pytest

from connectors.monday import queries
from connectors.sdk.errors import (
    CursorExpired,
    NotVisible,
    Refused,
    Throttled,
    Unavailable,
    Unexpected,
)
from connectors.sdk.records import Change, Comment, Gone, Person, Project, Task
from connectors.sdk.sandbox import Reply, Request


def later(reading: Any, hours: float = 3) -> None:
    reading.clock.pass_by(hours=hours)


def lane_of(reading: Any, board: str) -> str:
    """The lane that reads a board."""
    [lane] = [
        each.name
        for each in reading.connector.lanes("tasks", {}).lanes
        if each.scope == reading.native(Project, board)
    ]
    return str(lane)


# --- calls ----------------------------------------------------------------------------------


def test_a_turn_in_which_nothing_happened_costs_a_call_a_stream(reading: Any) -> None:
    reading.all()
    later(reading)
    assert reading.calls(reading.all) == 4


def test_a_changed_board_costs_one_call_more(reading: Any) -> None:
    reading.all()
    later(reading)
    reading.world.edit(reading.native(Task, "s2"), title="Paying")
    reading.world.edit(reading.native(Task, "t1"), title="Prices")
    later(reading)
    assert reading.calls(lambda: reading.items("tasks")) == 2


def test_only_what_changed_is_brought(reading: Any) -> None:
    reading.all()
    later(reading)
    reading.world.edit(reading.native(Task, "o1"), title="Renew it")
    later(reading)
    assert [item.id for item in reading.items("tasks")] == [reading.native(Task, "o1")]


def test_a_board_is_read_once_more_while_its_activity_may_be_late(reading: Any) -> None:
    """Activity shows half a minute late; by then the board's time of change moves no more."""
    reading.all()
    later(reading)
    reading.sandbox.shows_after = timedelta(seconds=30)
    reading.world.edit(reading.native(Task, "o1"), status="done", status_label="Done")
    reading.clock.pass_by(seconds=5)
    assert not reading.of("tasks", Change)
    reading.clock.pass_by(minutes=5)
    [change] = reading.of("tasks", Change).values()
    assert (change.field, change.new) == ("status", "done")
    later(reading)
    reading.items("tasks")
    assert reading.calls(lambda: reading.items("tasks")) == 1


def test_history_is_read_from_the_beginning_and_each_change_once(reading: Any) -> None:
    first = reading.of("tasks", Change)
    assert {change.field for change in first.values()} == {
        "status", "due_on", "assignee_ids", "title", "priority",
    }  # fmt: skip
    later(reading)
    reading.world.edit(reading.native(Task, "s1"), status="done", status_label="Done")
    later(reading)
    assert len(reading.of("tasks", Change)) == 1


# --- lists ----------------------------------------------------------------------------------


@pytest.mark.parametrize("most", [2, 3])
def test_a_page_that_is_cut_silently_is_no_end(
    reading: Any, read_with: Callable[..., Any], most: int
) -> None:
    whole = read_with().all()
    reading.sandbox.most = reading.sandbox.page_size = most
    assert {(type(r), r.id): r for r in reading.all()} == {(type(r), r.id): r for r in whole}


def test_a_census_goes_to_the_end(reading: Any) -> None:
    reading.sandbox.most = reading.sandbox.page_size = 1
    web = reading.native(Project, "web")
    names = ("s1", "s2", "t1", "t2")
    milestone = {each.id for each in reading.world.all(Task) if each.type == "milestone"}
    listed = [id for batch in reading.connector.census("tasks", web) for id in batch]
    assert sorted(listed) == sorted([*(reading.native(Task, name) for name in names), *milestone])
    comments = [id for batch in reading.connector.census("comments", web) for id in batch]
    assert sorted(comments) == sorted(reading.native(Comment, name) for name in ("c1", "c2"))
    assert reading.connector.count("tasks", web) is None


def test_pages_that_repeat_end_in_an_error(reading: Any) -> None:
    reading.sandbox.most = 1

    def same_page(request: Request) -> Reply | None:
        body = request.json()
        text = body["query"].replace("page: 2", "page: 1").replace("page: 3", "page: 1")
        if text == body["query"]:
            return None
        asked = orjson.dumps({**body, "query": text})
        again = Request(request.method, request.path, request.query, request.headers, asked)
        reply: Reply = reading.sandbox.handle(again)
        return reply

    reading.sandbox.interfere = same_page
    with pytest.raises(Unexpected, match="again and again"):
        reading.connector.scopes()


def test_a_page_marker_that_repeats_ends_in_an_error(reading: Any) -> None:
    reading.sandbox.page_size = 1
    first: list[Reply] = []

    def stuck(request: Request) -> Reply | None:
        if "next_items_page" not in request.json()["query"]:
            return None
        if not first:
            first.append(reading.sandbox.handle(request))
        return first[0]

    reading.sandbox.interfere = stuck
    with pytest.raises(Unexpected, match="again and again"):
        list(reading.connector.pull("tasks", lane_of(reading, "web"), None))


@pytest.mark.parametrize(
    "broken",
    [
        {}, {"items": []}, {"cursor": 7, "items": []}, {"cursor": None},
        {"cursor": None, "items": [None]},
    ],
)  # fmt: skip
def test_a_page_without_an_end_mark_is_an_error(reading: Any, broken: Any) -> None:
    lane = lane_of(reading, "ops")

    def interfere(request: Request) -> Reply | None:
        if "items_page" not in request.json()["query"]:
            return None
        reply = orjson.loads(reading.sandbox.handle(request).body)
        reply["data"]["boards"][0]["items_page"] = broken
        return Reply.of(reply)

    reading.sandbox.interfere = interfere
    with pytest.raises(Unexpected):
        list(reading.connector.pull("tasks", lane, None))


def test_a_marker_older_than_an_hour_has_the_board_read_anew(reading: Any) -> None:
    reading.sandbox.page_size = 1
    pages = reading.connector.pull("tasks", lane_of(reading, "web"), None)
    next(pages)
    next(pages)
    reading.clock.pass_by(minutes=61)
    with pytest.raises(CursorExpired):
        list(pages)


# --- what is gone ---------------------------------------------------------------------------


@pytest.mark.parametrize("reason", ["deleted", "archived"])
def test_activity_tells_what_was_deleted_and_archived(reading: Any, reason: Any) -> None:
    reading.all()
    later(reading)
    gone = reading.native(Task, "o1")
    reading.world.remove(Task, gone, reason)
    later(reading)
    assert not reading.items("tasks")
    assert reading.kept.gone == [Gone(id=gone, stream="tasks", reason=reason)]
    assert reading.connector.confirm("tasks", [gone]) == {gone: reason}


def test_what_was_deleted_for_good_is_told_by_the_activity_alone(reading: Any) -> None:
    reading.all()
    later(reading)
    gone = reading.native(Task, "o1")
    reading.world.remove(Task, gone)
    reading.sandbox.forgotten.add(gone)
    later(reading)
    reading.items("tasks")
    assert [each.reason for each in reading.kept.gone] == ["deleted"]
    assert reading.connector.confirm("tasks", [gone]) == {gone: "unknown"}


def test_subitems_go_with_their_item(reading: Any) -> None:
    reading.all()
    later(reading)
    reading.world.remove(Task, reading.native(Task, "s1"), "archived")
    later(reading)
    reading.items("tasks")
    assert {each.id for each in reading.kept.gone} == {
        reading.native(Task, n) for n in ("s1", "t1", "t2")
    }
    assert {each.reason for each in reading.kept.gone} == {"archived"}


def test_an_item_moved_to_a_board_that_is_not_read_is_moved(
    reading: Any, read_with: Callable[..., Any]
) -> None:
    everything, some = reading, read_with(boards=("Operations",))
    for each, expected in ((everything, []), (some, ["moved"])):
        each.all()
        later(each)
        each.world.remove(Task, each.native(Task, "o1"), "moved")
        later(each)
        each.items("tasks")
        assert [gone.reason for gone in each.kept.gone] == expected
        item = each.native(Task, "o1")
        told = each.connector.confirm("tasks", [item])
        assert told == {item: expected[0] if expected else None}


def test_a_subitem_is_confirmed_on_its_hidden_board(read_with: Callable[..., Any]) -> None:
    reading = read_with(boards=("Website",))
    ids = [reading.native(Task, id) for id in ("s1", "t1", "t2")]
    assert reading.connector.confirm("tasks", ids) == dict.fromkeys(ids)


def test_an_item_out_of_sight_is_not_gone(reading: Any) -> None:
    reading.all()
    later(reading)
    reading.world.remove(Task, reading.native(Task, "o1"), "access_lost")
    later(reading)
    reading.items("tasks")
    assert not reading.kept.gone


def logged(reading: Any, event: str, data: dict[str, Any], board: str = "ops") -> None:
    """Let the activity of a board tell something."""
    entry = {"id": f"entry-{event}", "event": event, "entity": "pulse", "user_id": "1",
             "created_at": "17720000001234567", "data": orjson.dumps(data).decode()}  # fmt: skip

    def interfere(request: Request) -> Reply | None:
        if "query Board(" not in request.json()["query"]:
            return None
        reply = orjson.loads(reading.sandbox.handle(request).body)
        if reply["data"]["boards"][0]["id"] == reading.native(Project, board):
            reply["data"]["boards"][0]["a1"].insert(0, entry)
        return Reply.of(reply)

    reading.sandbox.interfere = interfere


@pytest.mark.parametrize(
    ("event", "data"),
    [
        ("restore_pulse", lambda id: {"pulse_id": int(id)}),
        ("move_pulse_into_board", lambda id: {"pulse": {"id": int(id)}}),
        ("batch_duplicate_pulses", lambda id: {"duplicated_pulse_ids": [int(id)]}),
    ],
)
def test_what_came_with_an_old_time_of_change_is_asked_for(
    reading: Any, event: str, data: Any
) -> None:
    reading.all()
    later(reading)
    reading.world.edit(reading.native(Task, "o1"), title="Something happens")
    later(reading)
    old = reading.native(Task, "o2")
    logged(reading, event, data(old))
    assert {item.id for item in reading.items("tasks")} == {reading.native(Task, "o1"), old}
    assert not reading.kept.gone


def test_who_merely_subscribes_costs_nothing(reading: Any) -> None:
    reading.all()
    later(reading)
    reading.world.edit(reading.native(Task, "o1"), title="Something happens")
    later(reading)
    logged(reading, "subscribe", {"pulse_id": int(reading.native(Task, "o2"))})
    assert reading.calls(lambda: reading.items("tasks")) == 2


def test_a_restored_group_has_the_board_read_whole(reading: Any) -> None:
    reading.all()
    later(reading)
    reading.world.edit(reading.native(Task, "o1"), title="Something happens")
    later(reading)
    logged(reading, "restore_group", {"board_id": 1})
    ids = {item.id for item in reading.items("tasks")}
    assert ids == {reading.native(Task, name) for name in ("o1", "o2")}


def test_a_deleted_item_that_came_back_is_not_gone(reading: Any) -> None:
    """Newest first: the restoring counts, even where the item is not shown to us yet."""
    reading.all()
    later(reading)
    id = reading.native(Task, "o1")
    reading.world.remove(Task, id)
    reading.sandbox.forgotten.add(id)
    later(reading)
    logged(reading, "restore_pulse", {"pulse_id": int(id)})
    reading.items("tasks")
    assert not reading.kept.gone


def test_a_deleted_board_is_told_and_its_items_are_not_asked_for(reading: Any) -> None:
    reading.all()
    later(reading)
    ops = reading.native(Project, "ops")
    reading.world.remove(Project, ops)
    assert ops not in {each.scope for each in reading.connector.lanes("tasks", {}).lanes}
    assert ops not in {each.id for each in reading.connector.scopes()}
    reading.all()
    assert reading.kept.gone == [Gone(id=ops, stream="projects", reason="deleted")]
    assert reading.connector.confirm("projects", [ops]) == {ops: "deleted"}
    with pytest.raises(Unavailable):  # as monday.com says it, in the turn of the deletion
        list(reading.connector.pull("tasks", ops, None))


# --- what may not be seen -------------------------------------------------------------------


def test_a_board_that_comes_as_null_is_not_visible_and_nothing_is_gone(reading: Any) -> None:
    reading.all()
    lanes = reading.connector.lanes("tasks", {}).lanes
    ops = reading.native(Project, "ops")
    reading.sandbox.hidden.add(ops)
    for lane in lanes:
        if lane.scope == ops:
            with pytest.raises(NotVisible) as error:
                list(reading.connector.pull("tasks", lane.name, None))
            assert error.value.scope == ops
        else:
            assert list(reading.connector.pull("tasks", lane.name, None))
    for stream in ("tasks", "comments"):
        with pytest.raises(NotVisible):
            list(reading.connector.census(stream, ops))
    assert reading.connector.confirm("projects", [ops]) == {ops: "unknown"}
    assert reading.connector.confirm("tasks", [reading.native(Task, "o1")]) == {
        reading.native(Task, "o1"): "unknown"
    }
    assert not reading.kept.gone


def test_nulls_in_the_list_of_boards_are_said(reading: Any) -> None:
    def interfere(request: Request) -> Reply | None:
        if "query Boards" not in request.json()["query"]:
            return None
        reply = orjson.loads(reading.sandbox.handle(request).body)
        reply["data"]["p1"][0] = None
        return Reply.of(reply)

    reading.sandbox.interfere = interfere
    [warning, *_] = [w for w in reading.connector.check().warnings if "1 boards" in w]
    assert "may not see" in warning


def test_a_hidden_board_of_subitems_keeps_the_census_from_concluding(reading: Any) -> None:
    web = reading.native(Project, "web")

    def interfere(request: Request) -> Reply | None:
        body = request.json()
        reply = orjson.loads(reading.sandbox.handle(request).body)
        if "query Census" in body["query"] and body["variables"]["ids"] != [web]:
            reply["data"]["boards"] = [None]
        elif "query Boards" in body["query"]:
            reply["data"]["p1"] = [b for b in reply["data"]["p1"] if b["type"] == "board"]
        return Reply.of(reply)

    reading.sandbox.interfere = interfere
    with pytest.raises(NotVisible):
        list(reading.connector.census("tasks", web))
    assert any("subitems" in warning for warning in reading.connector.check().warnings)


def test_activity_that_is_not_shown_is_reported_and_takes_nothing_away(reading: Any) -> None:
    reading.sandbox.without_activity.add(reading.native(Project, "ops"))
    tasks = reading.of("tasks", Task)
    assert reading.native(Task, "o1") in tasks
    [(what, reason)] = reading.kept.unread.items()
    assert reading.native(Project, "ops") in what
    assert "does not show" in reason
    later(reading)
    assert reading.calls(lambda: reading.items("tasks")) == 1  # and the cursor has moved


def test_half_of_the_data_beside_an_error_is_not_read(reading: Any) -> None:
    def interfere(request: Request) -> Reply | None:
        reply = orjson.loads(reading.sandbox.handle(request).body)
        error = {"message": "oops", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}
        return Reply.of({**reply, "errors": [error]})

    reading.sandbox.interfere = interfere
    for stream in reading.connector.streams:
        with pytest.raises(Unavailable):
            reading.items(stream)


def test_the_days_calls_are_used_up(reading: Any) -> None:
    reading.sandbox.daily_calls = 3
    with pytest.raises(Throttled) as error:
        reading.all()
    assert error.value.until == reading.clock.now().replace(hour=0) + timedelta(days=1)


@pytest.mark.parametrize("stream", ["projects", "people", "tasks", "comments"])
def test_a_wrong_token_is_refused_everywhere(read_with: Callable[..., Any], stream: str) -> None:
    reading = read_with(token="wrong")
    with pytest.raises(Refused) as refused:
        reading.items(stream)
    assert not isinstance(refused.value, NotVisible)
    assert "`token`" in refused.value.remedy


# --- read whole -----------------------------------------------------------------------------


def test_a_renamed_column_or_label_has_the_board_read_whole(reading: Any) -> None:
    reading.all()
    later(reading)
    ops = reading.native(Project, "ops")
    reading.sandbox.columns[ops] = [
        each._replace(title="State") if each.id == "status" else each
        for each in reading.sandbox.columns[ops]
    ]
    reading.world.edit(reading.native(Task, "o1"), title="Something happens")
    later(reading)
    ids = {item.id for item in reading.items("tasks")}
    assert ids == {reading.native(Task, name) for name in ("o1", "o2")}


def test_a_copied_board_fills_while_it_is_read(reading: Any) -> None:
    """Items come with the times of those that they were copied from."""
    ops = reading.world.get(Project, reading.native(Project, "ops"))
    reading.world.put(msgspec.structs.replace(ops, created_at=reading.clock.now()))
    reading.clock.pass_by(minutes=2)
    reading.items("tasks")
    old = reading.world.get(Task, reading.native(Task, "o2"))
    copy = msgspec.structs.replace(old, id="7777777777", title="Move office (copy)", custom=())
    reading.world.put(copy)
    later(reading)
    assert "7777777777" in {item.id for item in reading.items("tasks")}


def test_without_the_tools_clock_the_next_read_is_full(reading: Any) -> None:
    class Timeless:
        def __init__(self, http: Any) -> None:
            self.http = http

        def request(self, *args: Any, **how: Any) -> Any:
            answer = self.http.request(*args, **how)
            return type(answer)(answer.status, {}, answer.data, answer.url)

    reading.connector.api.http = Timeless(reading.connector.api.http)
    lane = lane_of(reading, "ops")
    *_, last = reading.connector.pull("tasks", lane, None)
    assert last.cursor == {}
    [again] = [x for x in reading.connector.lanes("tasks", {lane: {}}).lanes if x.name == lane]
    assert again.full


# --- comments -------------------------------------------------------------------------------


def test_edits_of_the_last_days_are_seen(reading: Any) -> None:
    reading.all()
    later(reading)
    recent = reading.world.get(Comment, reading.native(Comment, "c2"))
    reading.world.put(msgspec.structs.replace(recent, text="Yes!"))
    assert [each.text for each in reading.of("comments", Comment).values()] == ["Yes!"]


def test_comments_count_in_the_board_that_people_know(reading: Any) -> None:
    scopes = {item.id: item.scope for item in reading.items("comments")}
    web = reading.native(Project, "web")
    assert scopes == {reading.native(Comment, "c1"): web, reading.native(Comment, "c2"): web}


# --- what is configured ---------------------------------------------------------------------


@pytest.mark.parametrize("by", ["id", "name"])
def test_boards_are_chosen_by_id_or_name(
    reading: Any, read_with: Callable[..., Any], by: str
) -> None:
    ops = reading.native(Project, "ops")
    chosen = read_with(boards=({"id": ops, "name": "Operations"}[by],))
    assert [scope.id for scope in chosen.connector.scopes()] == [ops]
    assert {task.project_id for task in chosen.of("tasks", Task).values()} == {ops}
    assert not chosen.records("comments")


def test_workspaces_are_chosen_by_id_or_name(read_with: Callable[..., Any]) -> None:
    assert len(read_with(workspaces=("Delivery",)).connector.scopes()) == 3
    assert len(read_with(workspaces=("1000001",)).connector.scopes()) == 3
    nowhere = read_with(workspaces=("Sales",)).connector
    assert not nowhere.scopes()
    assert any("'Sales'" in warning for warning in nowhere.check().warnings)


def test_a_board_that_is_configured_and_not_there_fails_alone(
    read_with: Callable[..., Any],
) -> None:
    reading = read_with(boards=("Website", "Wbesite"))
    assert reading.records("tasks")
    [error] = reading.kept.errors
    assert error.scope == "Wbesite"
    assert any("'Wbesite'" in warning for warning in reading.connector.check().warnings)


def test_check_says_who_we_are_and_what_we_see(reading: Any) -> None:
    assert reading.calls(reading.connector.check) == 1
    identity = reading.connector.check()
    assert identity.account == "Flagstaff Reader (reader@example.com)"
    assert identity.site == "example.monday.com"
    assert identity.server_time == reading.clock.now()
    assert {(scope.name, scope.state) for scope in identity.scopes} == {
        ("Website", "active"), ("Operations", "active"), ("Old works", "archived"),
    }  # fmt: skip
    assert not identity.warnings


def test_people_are_confirmed_by_their_kind(reading: Any) -> None:
    ann, crew = reading.native(Person, "ann"), reading.native(Person, "crew")
    told = reading.connector.confirm("people", [ann, crew, "99999999", "team:99999999"])
    assert told == {ann: None, crew: None, "99999999": "unknown", "team:99999999": "unknown"}


def test_no_question_writes() -> None:
    texts = [queries.boards(queries.PROJECT, (1,)), queries.opened((1, 2)), queries.people((1,))]
    assert all("mutation" not in text for text in texts)
