"""What changed is found, all of it, and nothing is read twice without need."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from connectors.sdk.errors import Refused
from connectors.sdk.records import Task, Worklog
from connectors.sdk.sandbox import Reply, Request

START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


def numbers(count: int) -> set[str]:
    return {str(n) for n in range(1, count + 1)}


@pytest.mark.parametrize("stream", ["tasks", "worklogs"])
def test_a_quiet_turn_costs_one_question(tool: Any, stream: str) -> None:
    first = tool.turn(stream)
    tool.clock.pass_by(minutes=30)
    second = tool.turn(stream, first.cursors)
    assert len(second.asked) == 1
    assert second.cursors[stream] == first.cursors[stream]
    assert second.records.items() <= first.records.items()


@pytest.mark.parametrize("stream", ["tasks", "worklogs"])
def test_a_quiet_turn_on_public_projects_asks_who_we_are(tool: Any, stream: str) -> None:
    first = tool.turn(stream)
    public = {lane: {**cursor, "private": "999"} for lane, cursor in first.cursors[stream].items()}
    assert len(tool.turn(stream, {stream: public}).asked) == 2
    tool.sandbox.key = "another key by now, forty characters long"
    for cursors in (first.cursors[stream], public):
        with pytest.raises(Refused):
            tool.turn(stream, {stream: cursors})


def test_more_changes_in_one_second_than_a_page_holds(
    tool_of: Callable[..., Any], many: Callable[..., Any]
) -> None:
    crowd = many(25, step=timedelta(0))
    late = [replace(each, updated_at=START + timedelta(seconds=1)) for each in crowd[-5:]]
    tool = tool_of([*crowd[:-5], *late], page_size=4)
    changed = tool.turn("tasks", {"tasks": {"": {"updated": "2026-02-28T00:00:00Z"}}})
    assert set(changed.items["tasks"]) == numbers(25)
    opened = [r.path for r in tool.sandbox.log if r.path.startswith("/issues/")]
    assert len(opened) == 25


def test_seconds_are_not_cut_between_pages(
    tool_of: Callable[..., Any], many: Callable[..., Any]
) -> None:
    world = [
        replace(each, updated_at=START + timedelta(seconds=n // 3))
        if isinstance(each, Task)
        else each
        for n, each in enumerate(many(20))
    ]
    tool = tool_of(world, page_size=4)
    changed = tool.turn("tasks", {"tasks": {"": {"updated": "2026-02-28T00:00:00Z"}}})
    assert set(changed.items["tasks"]) == numbers(20)
    opened = [r.path for r in tool.sandbox.log if r.path.startswith("/issues/")]
    assert len(opened) == len(set(opened)) == 20


def test_changes_after_any_page_resume_to_the_same_set(
    tool_of: Callable[..., Any], many: Callable[..., Any]
) -> None:
    for cut in range(1, 8):
        tool = tool_of(many(12, step=timedelta(minutes=5)), page_size=3)
        since, got = {"updated": "2026-02-28T00:00:00Z"}, set()
        for number, page in enumerate(tool.connector.pull("tasks", "", since), start=1):
            got |= {item.id for item in page.items}
            since = dict(page.cursor or since)
            if number == cut:
                break
        assert got | set(tool.turn("tasks", {"tasks": {"": since}}).items["tasks"]) == numbers(12)


def test_a_first_read_that_was_cut_misses_no_change(
    tool_of: Callable[..., Any], many: Callable[..., Any]
) -> None:
    """Two lanes began at different times; what changed since the first of them is read."""
    tool = tool_of(many(9, projects=3), page_size=2)
    cursors: dict[str, Any] = {}
    read: set[str] = set()
    for lane in ("1", "2"):
        page = next(iter(tool.connector.pull("tasks", lane, None)))
        cursors[lane] = page.cursor
        read |= {item.id for item in page.items}
        for item in page.items:
            tool.clock.pass_by(hours=1)
            tool.sandbox.world.edit(item.id, title=f"Changed after lane {lane} began")

    rest = tool.turn("tasks", {"tasks": cursors})
    assert read | set(rest.items["tasks"]) == numbers(9)
    later = tool.turn("tasks", rest.cursors).records.values()
    titles = [record.title for record in later if isinstance(record, Task)]
    assert [titles.count(f"Changed after lane {lane} began") for lane in "12"] == [2, 2]


@pytest.mark.parametrize(
    "ahead", [datetime(2999, 1, 1, tzinfo=UTC), datetime(2026, 3, 2, 20, 0, tzinfo=UTC)]
)
def test_a_date_in_the_future_does_not_hide_what_comes(
    tool_of: Callable[..., Any], many: Callable[..., Any], ahead: datetime
) -> None:
    tool = tool_of(many(3))
    tool.sandbox.world.edit("1", title="From the future", at=ahead)
    first = tool.turn("tasks")
    tool.clock.pass_by(minutes=10)
    tool.sandbox.world.edit("2", title="Edited now")
    second = tool.turn("tasks", first.cursors)
    assert "2" in second.items["tasks"]
    tool.clock.pass_by(minutes=10)
    tool.sandbox.world.edit("3", title="Edited later")
    assert "3" in tool.turn("tasks", second.cursors).items["tasks"]


def test_without_a_clock_the_future_is_still_not_believed(
    tool_of: Callable[..., Any], many: Callable[..., Any]
) -> None:
    tool = tool_of(many(3))
    tool.sandbox.world.edit("1", title="From the future", at=datetime(2999, 1, 1, tzinfo=UTC))
    without_date(tool)
    first = tool.turn("tasks")
    assert first.cursors["tasks"][""]["updated"] < "2026-03-03"
    tool.clock.pass_by(minutes=10)
    tool.sandbox.world.edit("2", title="Edited now")
    second = tool.turn("tasks", first.cursors)
    assert "2" in second.items["tasks"]
    assert second.cursors["tasks"][""]["updated"] < "2026-03-03"


def without_date(tool: Any) -> None:
    """As a Redmine that nothing stands before: Puma itself sends no Date."""

    def handle(request: Request) -> Reply:
        reply = tool.sandbox.handle(request)
        return Reply(reply.status, reply.body, {**reply.headers, "Date": ""})

    tool.sandbox.interfere = handle


def test_a_transaction_that_ends_late_is_found(tool: Any) -> None:
    first = tool.turn("tasks")
    tool.clock.pass_by(minutes=10)
    second_task, late = tool.native(Task, "c"), tool.native(Task, "d")
    tool.sandbox.world.edit(second_task, title="On time")
    second = tool.turn("tasks", first.cursors)
    tool.sandbox.world.edit(late, title="Late", at=tool.clock.at - timedelta(seconds=90))
    tool.clock.pass_by(minutes=5)
    assert set(tool.turn("tasks", second.cursors).items["tasks"]) >= {late}


def test_an_edit_in_the_second_of_the_reading_is_found(tool: Any) -> None:
    task = tool.native(Task, "c")
    first = tool.turn("tasks")
    tool.clock.pass_by(minutes=10)
    tool.sandbox.world.edit(task, title="Before")
    second = tool.turn("tasks", first.cursors)
    tool.sandbox.world.edit(task, title="After, in the same second")
    third = tool.turn("tasks", second.cursors)
    assert third.records[Task, task].title == "After, in the same second"
    tool.clock.pass_by(minutes=10)
    fourth = tool.turn("tasks", third.cursors)
    assert len(tool.turn("tasks", fourth.cursors).asked) == 1


def test_time_booked_and_corrected_is_found(tool: Any) -> None:
    first = tool.turn("worklogs")
    tool.clock.pass_by(minutes=10)
    old = tool.sandbox.world.get(Worklog, tool.native(Worklog, "w2"))
    tool.sandbox.world.put(replace(old, minutes=60))
    tool.sandbox.world.put(replace(old, id="900", minutes=15, updated_at=tool.clock.at))
    second = tool.turn("worklogs", first.cursors).records
    minutes = {record.id: record.minutes for record in second.values()}
    assert (minutes[old.id], minutes["900"]) == (60, 15)
