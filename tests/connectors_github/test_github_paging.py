"""Lists that move while they are read, lists that do not end, answers that come too late."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import orjson
import pytest

from connectors.sdk.errors import Unavailable, Unexpected
from connectors.sdk.records import Comment, Milestone, Task
from connectors.sdk.sandbox import Reply


def numbers(items: Any) -> set[int]:
    return {int(id.partition("#")[2]) for id in items}


def lists(tool: Any) -> list[Any]:
    return [request for request in tool.sandbox.log if request.path.endswith("/issues")]


def test_pages_go_by_time_so_that_an_edit_meanwhile_hides_nothing(
    tool_of: Callable[..., Any], many: Callable[..., Any]
) -> None:
    tool = tool_of(many(40), page_size=10)
    first = tool.native(Task, "t1")

    def interfere(request: Any) -> Reply | None:
        asked = len(lists(tool))
        if request.path.endswith("/issues") and asked == 2:
            # What the first page held goes to the end; the rest moves up by one place.
            tool.sandbox.world.edit(first, title="Edited meanwhile", at=tool.clock.at)
        return None

    tool.sandbox.interfere = interfere
    read = tool.turn("tasks")
    assert numbers(read.items["tasks"]) == set(range(1, 41))
    assert "Edited meanwhile" in read.tasks()
    assert all("page" not in request.query for request in lists(tool))


def test_more_issues_of_one_second_than_a_page_holds(
    tool_of: Callable[..., Any], many: Callable[..., Any]
) -> None:
    tool = tool_of(many(35, same_second=True), page_size=10)
    read = tool.turn("tasks")
    assert numbers(read.items["tasks"]) == set(range(1, 36))
    assert any("page" in request.query for request in lists(tool))


def test_a_busy_repository_is_read_to_its_end(
    tool_of: Callable[..., Any], many: Callable[..., Any]
) -> None:
    """All changed within the minutes that are read again: no time can tell their pages apart."""
    tool = tool_of(many(35), page_size=10)
    for number in range(1, 36):
        at = tool.clock.at - timedelta(seconds=number)
        tool.sandbox.world.edit(tool.native(Task, f"t{number}"), title=f"New {number}", at=at)
    read = tool.turn("tasks")
    assert numbers(read.items["tasks"]) == set(range(1, 36))
    [cursor] = read.cursors["tasks"].values()
    assert cursor == {"since": "2026-03-02T11:55:00Z"}


def test_a_read_that_is_cut_among_future_dates_goes_on_from_today(
    tool_of: Callable[..., Any], many: Callable[..., Any]
) -> None:
    tool = tool_of(many(30), page_size=10)
    for number in range(1, 16):
        at = tool.clock.at + timedelta(days=3000, minutes=number)
        tool.sandbox.world.edit(tool.native(Task, f"t{number}"), title="From afar", at=at)
    [lane] = tool.connector.lanes("tasks", {}).lanes
    cursors = [page.cursor for page in tool.connector.pull("tasks", lane.name, None)]
    assert len(cursors) > 3
    tool.clock.pass_by(hours=1)
    tool.sandbox.world.edit(tool.native(Task, "t30"), title="Today", at=tool.clock.at)
    for cursor in cursors:
        assert "Today" in tool.turn("tasks", {"tasks": {lane.name: cursor}}).tasks(), cursor


def test_a_page_of_pull_requests_alone_moves_the_cursor(
    tool_of: Callable[..., Any], many: Callable[..., Any]
) -> None:
    tool = tool_of(many(6), page_size=4)
    [lane] = tool.connector.lanes("tasks", {}).lanes
    pages = list(tool.connector.pull("tasks", lane.name, None))
    assert pages[0].items == []  # the four oldest are pull requests
    assert pages[0].cursor is not None
    again = tool.turn("tasks", {"tasks": {lane.name: pages[1].cursor}})
    assert numbers([item.id for page in pages for item in page.items]) == set(range(1, 7))
    assert set(again.items["tasks"]) <= {item.id for page in pages for item in page.items}


@pytest.mark.parametrize("stream", ["tasks", "comments"])
def test_nothing_of_a_pull_request_is_read(tool: Any, stream: str) -> None:
    read = tool.turn(stream)
    assert not [id for id in read.items[stream] if "#90" in id]
    assert not [item for item in read.items[stream].values() if "/pull/" in str(item.body)]


def test_events_of_pull_requests_are_left_out(tool: Any) -> None:
    changes = tool.turn("changes").records.values()
    assert changes
    assert not [change for change in changes if "#90" in change.task_id]


def test_the_boundary_comes_again_and_is_the_same(tool: Any) -> None:
    first = tool.turn("tasks")
    tool.clock.pass_by(minutes=1)
    id = tool.native(Task, "a")
    tool.sandbox.world.edit(id, title="Trolley", at=tool.clock.at)
    second = tool.turn("tasks", first.cursors)
    third = tool.turn("tasks", second.cursors)
    assert set(second.items["tasks"]) == set(third.items["tasks"]) == {id}
    assert second.items["tasks"][id].body == third.items["tasks"][id].body


def test_an_unchanged_list_costs_nothing(tool: Any) -> None:
    """Each stream: read, read once more (nothing new: the answer gets a name), then 304."""
    for stream in ("tasks", "comments", "milestones", "changes"):
        cursors = tool.turn(stream).cursors[stream]
        tool.clock.pass_by(hours=1)
        cursors = tool.turn(stream, {stream: cursors}).cursors[stream]
        tool.clock.pass_by(hours=1)
        tool.sandbox.log.clear()
        again = tool.turn(stream, {stream: cursors})
        asked = [request for request in tool.sandbox.log if request.path != "/user/repos"]
        assert len(asked) == 3, stream
        assert all(request.headers.get("if-none-match") for request in asked), stream
        assert (again.items[stream], again.cursors[stream]) == ({}, cursors), stream
        for lane in tool.connector.lanes(stream, cursors).lanes:
            assert list(tool.connector.pull(stream, lane.name, cursors[lane.name])) == []


def test_after_an_unchanged_list_a_change_is_read(tool: Any) -> None:
    cursors = tool.turn("tasks").cursors["tasks"]
    for _ in range(3):
        tool.clock.pass_by(hours=1)
        cursors = tool.turn("tasks", {"tasks": cursors}).cursors["tasks"]
    tool.sandbox.world.edit(tool.native(Task, "s"), title="Cash desk", at=tool.clock.at)
    assert tool.turn("tasks", {"tasks": cursors}).tasks().keys() == {"Cash desk"}


def test_a_deleted_milestone_changes_its_list_and_no_other(tool: Any) -> None:
    cursors = tool.turn("milestones").cursors["milestones"]
    tool.clock.pass_by(hours=1)
    first, other = tool.sandbox.world.all(Milestone)
    tool.sandbox.world.remove(Milestone, first.id)
    assert list(tool.turn("milestones", {"milestones": cursors}).records.values()) == [other]


def test_a_list_without_a_further_link_ends(tool: Any) -> None:
    tool.sandbox.interfere = lambda request: (
        Reply(200, b"[]", {"Content-Type": "application/json"})
        if request.path.endswith("/issues")
        else None
    )
    assert tool.turn("tasks").items["tasks"] == {}


@pytest.mark.parametrize("stream", ["tasks", "comments", "milestones", "changes"])
def test_empty_pages_that_go_on_for_ever_are_an_error(tool: Any, stream: str) -> None:
    count = [0]

    def interfere(request: Any) -> Reply | None:
        if request.path == "/user/repos":
            return None
        count[0] += 1
        assert count[0] < 20
        link = f'<http://{request.headers["host"]}{request.path}?page={count[0] + 1}>; rel="next"'
        return Reply(200, b"[]", {"Link": link})

    tool.sandbox.interfere = interfere
    with pytest.raises(Unexpected, match="do not come to an end"):
        tool.turn(stream)


def test_a_link_to_another_host_is_not_followed(tool: Any) -> None:
    def interfere(request: Any) -> Reply | None:
        if not request.path.endswith("/events"):
            return None
        return Reply(200, b"[]", {"Link": '<https://evil.example/x?page=2>; rel="next"'})

    tool.sandbox.interfere = interfere
    with pytest.raises(Exception, match="another address"):
        tool.turn("changes")


def test_a_date_that_is_none_ends_the_lane(tool: Any) -> None:
    row = [{"id": 1, "number": 1, "updated_at": "soon", "title": "x"}]

    def interfere(request: Any) -> Reply | None:
        if not request.path.endswith("/issues"):
            return None
        link = f'<http://{request.headers["host"]}{request.path}?page=2>; rel="next"'
        return Reply(200, orjson.dumps(row), {"Link": link})

    tool.sandbox.interfere = interfere
    with pytest.raises(Unexpected, match="a time that is none"):
        tool.turn("tasks")


@pytest.mark.parametrize("status", [502, 504])
def test_a_page_that_takes_github_too_long_is_asked_for_in_parts(
    tool_of: Callable[..., Any], many: Callable[..., Any], status: int
) -> None:
    tool = tool_of(many(60))
    tool.sandbox.interfere = lambda request: (
        Reply(status) if int(request.one("per_page", "0")) > 30 and _is_list(request) else None
    )
    read = tool.turn("tasks")
    assert numbers(read.items["tasks"]) == set(range(1, 61))
    sizes = [request.one("per_page") for request in lists(tool)]
    assert sizes[:3] == ["100", "50", "25"]
    assert set(sizes[3:]) == {"25"}


def test_a_github_that_is_down_is_an_outage(tool: Any) -> None:
    tool.sandbox.interfere = lambda request: Reply(502) if _is_list(request) else None
    with pytest.raises(Unavailable):
        tool.turn("tasks")


def _is_list(request: Any) -> bool:
    return bool(request.path.endswith("/issues"))


def test_a_first_read_of_events_goes_on_where_it_was_cut(
    tool_of: Callable[..., Any], many: Callable[..., Any]
) -> None:
    tool = tool_of(many(30), page_size=10)
    for number in range(1, 31):
        tool.sandbox.world.edit(
            tool.native(Task, f"t{number}"), title=f"New {number}",
            at=tool.clock.at - timedelta(days=1, minutes=number),
        )  # fmt: skip
    [lane] = tool.connector.lanes("changes", {}).lanes
    pull = tool.connector.pull("changes", lane.name, None)
    first = next(pull)
    pull.close()
    assert first.cursor is not None
    assert set(first.cursor) == {"floor", "next"}
    tool.clock.pass_by(hours=2)  # the floor stays: what happens meanwhile is read in the next turn
    tool.sandbox.world.edit(tool.native(Task, "t9"), title="Late", at=tool.clock.at)
    rest = tool.turn("changes", {"changes": {lane.name: first.cursor}})
    assert (
        rest.cursors["changes"][lane.name]["since"]
        == first.cursor["floor"]
        == "2026-03-02T11:55:00Z"
    )
    ids = {item.id for item in first.items} | set(rest.items["changes"])
    assert len(ids) == 30  # all but the one that is new
    last = tool.turn("changes", rest.cursors)
    assert [change.new for change in last.records.values()][:1] == ["Late"]


def test_later_events_end_where_the_last_read_began(
    tool_of: Callable[..., Any], many: Callable[..., Any]
) -> None:
    tool = tool_of(many(30), page_size=10)
    for number in range(1, 31):
        at = tool.clock.at - timedelta(days=number)
        tool.sandbox.world.edit(tool.native(Task, f"t{number}"), title="New", at=at)
    cursors = tool.turn("changes").cursors["changes"]
    tool.clock.pass_by(hours=1)
    tool.sandbox.world.edit(tool.native(Task, "t1"), title="Newer", at=tool.clock.at)
    again = tool.turn("changes", {"changes": cursors})
    assert len(again.asked) == 2  # the repositories, and one page
    assert "Newer" in {change.new for change in again.records.values()}


def test_an_edited_comment_is_read_again(tool: Any) -> None:
    cursors = tool.turn("comments").cursors["comments"]
    tool.clock.pass_by(days=30)
    [comment] = [each for each in tool.sandbox.world.all(Comment) if each.text == "Final?"]
    edited = Comment(
        id=comment.id, task_id=comment.task_id, author_id=comment.author_id, text="Final!",
        at=comment.at, updated_at=tool.clock.at,
    )  # fmt: skip
    tool.sandbox.world.put(edited)
    assert list(tool.turn("comments", {"comments": cursors}).records.values()) == [edited]


def test_milestones_of_several_pages_have_no_name_for_their_list(
    tool_of: Callable[..., Any],
) -> None:
    tool = tool_of(page_size=1)
    read = tool.turn("milestones")
    assert len(read.items["milestones"]) == 2
    assert {"etag": ""} in read.cursors["milestones"].values()
    assert len(tool.turn("milestones", read.cursors).items["milestones"]) == 2
