"""Smartsheet's numbered errors, and what they say of what is gone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from connectors.sdk.contract import Answer
from connectors.sdk.errors import (
    NotVisible,
    Refused,
    Throttled,
    Unavailable,
    Unexpected,
)
from connectors.sdk.records import Comment, Project, Task
from connectors.sdk.sandbox import Reply, Request
from connectors.smartsheet.connector import Smartsheet

DATE = {"date": "Mon, 02 Mar 2026 12:00:00 GMT"}


def error(status: int, code: int | None, **headers: str) -> Answer:
    data = None if code is None else {"errorCode": code, "message": "…", "refId": "x"}
    return Answer(status, headers, data, "https://api.smartsheet.com/2.0/sheets/1")


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (error(401, 1001), Refused),
        (error(401, 1002), Refused),
        (error(401, 1003), Refused),
        (error(401, 1005), Refused),
        (error(403, 1013), NotVisible),
        (error(429, 4003, **DATE), Throttled),
        (error(429, None, **DATE), Throttled),
        (error(503, 4001), Unavailable),
        (error(500, 4002), Unavailable),
        (error(409, 4004), Unavailable),
        (error(400, 4004), Unavailable),
        (error(400, 4003), Unavailable),
    ],
)
def test_numbers_that_mean_something(answer: Answer, kind: type[Exception]) -> None:
    found = Smartsheet.classify(answer)
    assert type(found) is kind
    if isinstance(found, Refused):
        assert found.remedy


@pytest.mark.parametrize(
    "answer",
    [
        error(403, 1004),
        error(404, 1006),
        error(400, 1018),
        error(500, 4000),
        error(429, 4003),  # without a date: as the door reads it
        error(429, 4003, **{"retry-after": "7"}),
        Answer(200, {}, {"errorCode": 4003}, "u"),
        Answer(401, {}, "no", "u"),
        Answer(403, {}, ["errorCode"], "u"),
        Answer(500, {}, {"errorCode": "4004"}, "u"),
    ],
)
def test_all_else_is_read_by_its_status(answer: Answer) -> None:
    assert Smartsheet.classify(answer) is None


def test_too_many_requests_are_waited_out_for_a_minute(tool: Any) -> None:
    refused: list[datetime] = []

    def once(request: Request) -> Reply | None:
        if refused:
            return None
        refused.append(tool.clock.at)
        return Reply.of({"errorCode": 4003, "message": "Rate limit exceeded."}, 429)

    tool.sandbox.interfere = once
    assert len(tool.turn("people").items["people"]) == 3
    assert (tool.clock.at - refused[0]).total_seconds() == pytest.approx(60, abs=2)


def test_another_request_that_changes_the_sheet_is_waited_for(tool: Any) -> None:
    busy = [3]

    def updating(request: Request) -> Reply | None:
        if request.path == "/2.0/sheets" or not busy[0]:
            return None
        busy[0] -= 1
        return Reply.of({"errorCode": 4004, "message": "… is currently being updated"}, 409)

    tool.sandbox.interfere = updating
    assert len(tool.turn("tasks").tasks()) == 6
    busy[0] = 10**6
    with pytest.raises(Unavailable):
        tool.turn("tasks")


# -- what is gone ------------------------------------------------------------------------------


def test_a_deleted_row_is_told_by_the_census_and_by_its_own_read(tool: Any) -> None:
    read = tool.turn("tasks")
    gone, here = tool.native(Task, "q"), tool.native(Task, "p")
    tool.sandbox.world.remove(Task, gone)
    again = tool.turn("tasks", read.cursors)
    assert gone not in again.items["tasks"]  # which by itself says nothing
    [listed] = tool.connector.census("tasks", tool.native(Project, "erp"))
    assert gone not in listed
    assert tool.connector.confirm("tasks", [gone, here]) == {gone: "deleted", here: None}


def test_a_deleted_discussion_likewise(tool: Any) -> None:
    read = tool.turn("comments")
    scope = tool.native(Project, "mig")
    [gone] = [id for id, item in read.items["comments"].items() if item.scope == scope]
    for each in tool.sandbox.world.where(Comment, "task_id", tool.native(Task, "d")):
        tool.sandbox.world.remove(Comment, each.id)
    assert list(tool.connector.census("comments", scope)) == [[]]
    others = read.items["comments"].keys() - {gone}
    expected = {gone: "deleted", **dict.fromkeys(others)}
    assert tool.connector.confirm("comments", sorted(read.items["comments"])) == expected
    assert tool.connector.count("comments", scope) is None


def test_a_hidden_sheet_is_lost_access_for_it_and_its_rows(tool: Any) -> None:
    sheet, row = tool.native(Project, "erp"), tool.native(Task, "q")
    tool.sandbox.hidden.add(sheet)
    assert tool.connector.confirm("projects", [sheet]) == {sheet: "access_lost"}
    assert tool.connector.confirm("tasks", [row]) == {row: "access_lost"}
    with pytest.raises(NotVisible) as caught:
        list(tool.connector.census("tasks", sheet))
    assert caught.value.scope == sheet
    with pytest.raises(NotVisible):
        list(tool.connector.pull("tasks", sheet, None))


def test_a_sheet_that_is_not_found_deletes_none_of_its_rows(tool: Any) -> None:
    sheet, row = tool.native(Project, "erp"), tool.native(Task, "q")
    tool.sandbox.world.remove(Project, sheet)
    assert tool.connector.confirm("projects", [sheet]) == {sheet: "deleted"}
    assert tool.connector.confirm("tasks", [row, row]) == {row: "unknown"}
    with pytest.raises(NotVisible):
        list(tool.connector.census("tasks", sheet))


@pytest.mark.parametrize("body", [b"<html>nginx", b"{}", b'{"errorCode": 1007}'])
def test_a_404_that_is_not_smartsheets_own_says_nothing(tool: Any, body: bytes) -> None:
    row = tool.native(Task, "q")
    tool.sandbox.interfere = lambda _: Reply(404, body)
    with pytest.raises(Unexpected):
        tool.connector.confirm("tasks", [row])


def test_a_row_is_not_deleted_where_its_sheet_cannot_be_asked(tool: Any) -> None:
    row = tool.native(Task, "q")
    tool.sandbox.world.remove(Task, row)

    def down(request: Request) -> Reply | None:
        return Reply(503) if request.path.endswith("/version") else None

    tool.sandbox.interfere = down
    with pytest.raises(Unavailable):
        tool.connector.confirm("tasks", [row])


def test_only_what_is_listed_can_be_confirmed(tool: Any) -> None:
    assert tool.connector.confirm("people", ["ann@example.com"]) == {}
    assert tool.connector.confirm("tasks", []) == {}


def test_an_unknown_stream_is_an_error(tool: Any) -> None:
    with pytest.raises(Unexpected):
        list(tool.connector.pull("sprints", "", None))
    assert list(Smartsheet.to_records("sprints", {})) == []


def test_a_configured_sheet_that_is_not_seen_fails_its_own_lane(
    tool_of: Callable[..., Any],
) -> None:
    tool = tool_of(sheets=("Nowhere",))
    with pytest.raises(NotVisible, match="Nowhere"):
        tool.turn("tasks")


def test_the_limit_is_declared_and_nothing_more_is_promised() -> None:
    [limit] = Smartsheet.limits
    assert (limit.requests, limit.per.total_seconds()) == (300, 60)
    assert Smartsheet.budget(Answer(200, DATE, {}, "u")) == ()
    assert Smartsheet.history == frozenset()
