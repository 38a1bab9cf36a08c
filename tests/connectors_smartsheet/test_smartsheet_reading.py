"""What is asked when, and what is made of answers that are not what they seem."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import orjson
import pytest
from msgspec.structs import replace

from connectors.sdk.errors import Unavailable, Unexpected
from connectors.sdk.records import Comment, Person, Project, Task
from connectors.sdk.sandbox import Reply, Request
from connectors.smartsheet.connector import REREAD, Smartsheet, SmartsheetOptions

Make = Callable[..., Any]


def sheet_of(tool: Any, name: str = "erp") -> str:
    return str(tool.native(Project, name))


def rows_asked(tool: Any) -> list[Request]:
    """The requests for rows of sheets, all columns."""
    return [each for each in tool.sandbox.log if "objectValue" in each.one("include")]


# -- turns -------------------------------------------------------------------------------------


@pytest.mark.parametrize("stream", ["tasks", "comments"])
def test_a_turn_in_which_nothing_happened_costs_one_request(tool: Any, stream: str) -> None:
    first = tool.turn(stream)
    tool.clock.pass_by(hours=1)
    again = tool.turn(stream, first.cursors)
    assert (len(again.asked), again.items[stream]) == (1, {})


def test_only_the_sheet_that_has_changed_is_read(tool: Any) -> None:
    first = tool.turn("tasks")
    tool.sandbox.world.edit(tool.native(Task, "q"), title="Workshop, moved")
    tool.sandbox.log.clear()
    again = tool.turn("tasks", first.cursors)
    assert tool.asked() == ["/sheets", f"/sheets/{sheet_of(tool)}"]
    assert set(again.tasks()) == {"Phase 1", "Workshop, moved", "Go live"}
    assert len(tool.turn("tasks", again.cursors).asked) == 1


def test_a_comment_raises_the_version_too(tool: Any) -> None:
    first = tool.turn("comments")
    new = Comment(id="9000000000000", task_id=tool.native(Task, "d"), text="More", at=tool.clock.at)
    tool.sandbox.world.put(new)
    again = tool.turn("comments", first.cursors)
    assert (Comment, new.id) in again.records
    assert {item.scope for item in again.items["comments"].values()} == {sheet_of(tool, "mig")}
    tool.sandbox.world.remove(Comment, new.id)
    gone = tool.turn("comments", again.cursors)
    assert (Comment, new.id) not in gone.records
    # The discussion is still there.
    assert gone.items["comments"].keys() == again.items["comments"].keys()


def test_renaming_a_column_brings_all_rows(tool: Any) -> None:
    first = tool.turn("tasks")
    sheet = sheet_of(tool)
    columns = tool.sandbox.columns[sheet]
    tool.sandbox.columns[sheet] = tuple(
        each._replace(title="Zustand") if each.title == "Status" else each for each in columns
    )
    project = tool.sandbox.world.get(Project, sheet)
    tool.sandbox.world.put(replace(project, name="ERP rollout "))
    again = tool.turn("tasks", first.cursors).tasks()
    assert len(again) == 3
    for each in again.values():
        assert "Zustand" in {held.name for held in each.custom}


def test_what_changes_while_a_sheet_is_read_is_read_the_next_time(tool_of: Make) -> None:
    tool = tool_of(page_size=2)
    task = tool.native(Task, "q")

    def edit(request: Request) -> None:
        if request.one("page") == "2" and "objectValue" in request.one("include"):
            tool.sandbox.interfere = None
            tool.sandbox.world.edit(task, title="Changed meanwhile")

    tool.sandbox.interfere = edit
    first = tool.turn("tasks")
    assert "Workshop" in first.tasks()
    assert "Changed meanwhile" in tool.turn("tasks", first.cursors).tasks()


def test_a_list_without_versions_still_tells_by_the_time(tool: Any) -> None:
    def strip(request: Request) -> Reply | None:
        if request.path != "/2.0/sheets":
            return None
        data = orjson.loads(tool.sandbox.handle(request).body)
        for each in data["data"]:
            del each["version"]
        return Reply.of(data)

    tool.sandbox.interfere = strip
    first = tool.turn("tasks")
    assert len(tool.turn("tasks", first.cursors).asked) == 1
    tool.clock.pass_by(hours=1)
    tool.sandbox.world.edit(tool.native(Task, "q"), title="Later")
    assert "Later" in tool.turn("tasks", first.cursors).tasks()


def test_sheets_as_projects_are_read_again_after_half_an_hour_and_then_all(tool: Any) -> None:
    first = tool.turn("projects")
    assert len(first.items["projects"]) == 3
    tool.clock.pass_by(minutes=29)
    assert tool.turn("projects", first.cursors).items["projects"] == {}
    tool.clock.pass_by(minutes=2)
    assert (
        tool.turn("projects", first.cursors).items["projects"].keys()
        == first.items["projects"].keys()
    )
    some = dict(first.cursors["projects"])
    del some[sheet_of(tool)]
    tool.clock.at -= timedelta(minutes=20)
    assert (
        tool.turn("projects", {"projects": some}).items["projects"].keys()
        == first.items["projects"].keys()
    )
    assert timedelta(minutes=30) == REREAD


def test_no_request_for_a_summary_where_there_is_none(tool: Any) -> None:
    tool.turn("projects")
    summaries = [path for path in tool.asked() if path.endswith("/summary/fields")]
    assert summaries == [f"/sheets/{sheet_of(tool)}/summary/fields"]


# -- rows --------------------------------------------------------------------------------------


def test_multi_valued_cells_are_asked_for_as_such(tool: Any) -> None:
    found = tool.turn("tasks").tasks()
    asked = rows_asked(tool)
    assert {each.one("level") for each in asked} == {"2"}
    assert len(found["Workshop"].assignee_ids) == 2
    assert found["Workshop"].labels == ("web", "release")


@pytest.mark.parametrize(("count", "size"), [(1, 5), (5, 5), (6, 5), (40, 5), (40, 40), (0, 5)])
def test_all_rows_of_a_sheet_are_read_whatever_the_pages(
    tool_of: Make, many: Any, count: int, size: int
) -> None:
    tool = tool_of(many(count), page_size=size)
    found = tool.turn("tasks").tasks()
    assert set(found) == {f"Row {n}" for n in range(count)}
    parents = {task.parent_id for task in found.values()} - {None}
    assert {task.id for task in found.values() if task.type == "other"} == parents
    if count <= size:
        assert len(rows_asked(tool)) == 1


def test_a_row_deleted_between_two_pages_hides_no_other(tool_of: Make, many: Any) -> None:
    tool = tool_of(many(20), page_size=5)
    pages: list[str] = []

    def delete(request: Request) -> None:
        if "objectValue" in request.one("include") and request.one("page") == "2":
            pages.append("2")
            if len(pages) == 1:
                tool.sandbox.world.remove(Task, tool.native(Task, "t1"))

    tool.sandbox.interfere = delete
    first = tool.turn("tasks")
    assert pages
    assert set(first.tasks()) == {f"Row {n}" for n in range(20)}
    assert any(each.one("rowIds") for each in tool.sandbox.log)
    again = tool.turn("tasks", first.cursors)
    assert set(again.tasks()) == {f"Row {n}" for n in range(20)} - {"Row 1"}


def test_a_page_that_brings_nothing_new_ends_the_read(tool_of: Make, many: Any) -> None:
    tool = tool_of(many(20), page_size=5)

    def first_page(request: Request) -> Reply | None:
        if request.one("page") not in ("3", "4"):
            return None
        query = {**request.query, "page": ["1"]}
        reply: Reply = tool.sandbox.handle(Request("GET", request.path, query, request.headers))
        return reply

    tool.sandbox.interfere = first_page
    with pytest.raises(Unexpected, match="no new row"):
        tool.turn("tasks")


def test_a_sheet_that_never_stands_still_cannot_be_listed(tool_of: Make, many: Any) -> None:
    tool = tool_of(many(12), page_size=5)
    world = tool.sandbox.world

    def restless(request: Request) -> None:
        if request.one("columnIds"):
            world.edit(tool.native(Task, "t3"), title=f"Row {world.revision}")

    tool.sandbox.interfere = restless
    with pytest.raises(Unavailable, match="faster than its rows"):
        list(tool.connector.census("tasks", sheet_of(tool, "big")))


def test_a_change_while_listing_begins_the_list_anew(tool_of: Make, many: Any) -> None:
    tool = tool_of(many(12), page_size=5)

    def delete_once(request: Request) -> None:
        if request.one("columnIds") and request.one("page") == "2":
            tool.sandbox.interfere = None
            tool.sandbox.world.remove(Task, tool.native(Task, "t1"))

    tool.sandbox.interfere = delete_once
    [listed] = tool.connector.census("tasks", sheet_of(tool, "big"))
    here = {tool.native(Task, f"t{n}") for n in range(12)} - {tool.native(Task, "t1")}
    assert set(listed) == here
    assert tool.connector.count("tasks", sheet_of(tool, "big")) == 11


def test_a_blank_row_is_known_to_the_census_and_is_no_task(tool: Any) -> None:
    sheet = sheet_of(tool)
    tool.sandbox.blank[sheet] = ["9100000000000", "9200000000000"]
    read = tool.turn("tasks")
    blank = {f"{sheet}:9100000000000", f"{sheet}:9200000000000"}
    assert blank <= read.items["tasks"].keys()
    assert not blank & {id for _, id in read.records}
    [listed] = tool.connector.census("tasks", sheet)
    assert set(listed) == {id for id, item in read.items["tasks"].items() if item.scope == sheet}
    assert tool.connector.confirm("tasks", sorted(blank)) == dict.fromkeys(blank)
    assert tool.connector.count("tasks", sheet) == 5


def answering(tool: Any, path: str, change: Callable[[Any], Any]) -> None:
    """Answers of one path are changed before they are sent."""

    def interfere(request: Request) -> Reply | None:
        if request.path != f"/2.0{path}":
            return None
        return Reply.of(change(orjson.loads(tool.sandbox.handle(request).body)))

    tool.sandbox.interfere = interfere


@pytest.mark.parametrize(
    "change",
    [
        lambda sheet: {"id": sheet["id"], "version": sheet["version"]},  # the abbreviated one
        lambda sheet: {name: sheet[name] for name in sheet if name != "rows"},
        lambda sheet: {name: sheet[name] for name in sheet if name != "columns"},
        lambda sheet: {name: sheet[name] for name in sheet if name != "totalRowCount"},
        lambda sheet: {**sheet, "rows": [None]},
        lambda sheet: {**sheet, "rows": [{"cells": []}]},
        lambda sheet: {**sheet, "rows": []},
        lambda sheet: {**sheet, "rows": sheet["rows"][:1]},
    ],
)
def test_a_sheet_without_its_rows_is_never_taken_for_an_empty_one(
    tool: Any, change: Callable[[Any], Any]
) -> None:
    sheet = sheet_of(tool)
    answering(tool, f"/sheets/{sheet}", change)
    moved: list[Any] = []
    with pytest.raises(Unexpected):
        moved.extend(page.cursor for page in tool.connector.pull("tasks", sheet, None))
    assert not any(moved)
    with pytest.raises(Unexpected):
        list(tool.connector.census("tasks", sheet))


@pytest.mark.parametrize("path", ["/sheets", "/users"])
@pytest.mark.parametrize(
    "change",
    [
        lambda answer: {**answer, "totalCount": 7},
        lambda answer: {**answer, "totalPages": 2},
        lambda answer: {**answer, "data": answer["data"][:-1]},
        lambda answer: {**answer, "data": [{"name": "no id"}]},
        lambda answer: {"lastKey": "x"},
    ],
)
def test_a_list_that_lacks_some_is_refused(
    tool: Any, path: str, change: Callable[[Any], Any]
) -> None:
    answering(tool, path, change)
    with pytest.raises(Unexpected):
        tool.turn("people" if path == "/users" else "projects")


# -- who and where -----------------------------------------------------------------------------


def test_people_of_the_organization_or_of_ones_own_contacts(tool_of: Make) -> None:
    admin = tool_of().turn("people").records
    assert admin[Person, "bob@example.com"].active is False
    member = tool_of(admin=False).turn("people").records
    assert member[Person, "bob@example.com"].active is None
    outsider = tool_of(directory=False)
    found = outsider.turn("people").records
    assert outsider.asked() == ["/users", "/contacts"]
    assert found.keys() == admin.keys() == member.keys()


def test_two_users_with_one_address_are_one_person(tool: Any) -> None:
    double = {"id": 4, "email": "ANN@example.com", "name": "Ann again"}
    answering(tool, "/users", lambda got: {**got, "data": [*got["data"], double], "totalCount": 4})
    read = tool.turn("people")
    assert read.records[Person, "ann@example.com"].name == "Ann Archer"
    assert len(read.items["people"]) == 3


def test_sheets_are_chosen_by_id_address_or_name(tool_of: Make) -> None:
    every = tool_of()
    address = every.sandbox.world.get(Project, sheet_of(every, "mig")).url
    tool = tool_of(sheets=(sheet_of(every), address, "No such sheet"))
    assert {scope.name for scope in tool.connector.scopes()} == {"ERP rollout", "Migration"}
    [warning] = tool.connector.check().warnings
    assert "'No such sheet'" in warning
    for stream in ("projects", "tasks", "comments"):
        lanes = {lane.name: lane for lane in tool.connector.lanes(stream, {}).lanes}
        assert len(lanes) == 3
        assert lanes["missing:No such sheet"].full is False
    by_name = tool_of(sheets=("Old works",))
    assert set(by_name.turn("tasks").tasks()) == {"Quiet"}


def test_two_sheets_of_one_name_are_both_read(tool_of: Make) -> None:
    records = [Project(id="a", name="Plan"), Project(id="b", name="Plan")]
    tool = tool_of(records, sheets=("Plan",))
    assert len(tool.connector.scopes()) == 2


def test_check_says_who_we_are(tool: Any) -> None:
    identity = tool.connector.check()
    assert identity.account == "Flagstaff Reader flagstaff@example.com"
    assert (identity.time_zone, identity.version) == ("US/Eastern", "2.0")
    assert identity.server_time == tool.clock.at
    assert len(identity.scopes) == 3
    assert not identity.warnings


def test_an_account_that_sees_nothing_is_told_so(tool_of: Make) -> None:
    [warning] = tool_of([]).connector.check().warnings
    assert "sees no sheet" in warning


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("https://api.smartsheet.eu", "https://api.smartsheet.eu/2.0"),
        ("https://api.smartsheetgov.com/", "https://api.smartsheetgov.com/2.0"),
        ("https://api.smartsheet.au/2.0/", "https://api.smartsheet.au/2.0"),
        (None, "https://api.smartsheet.com/2.0"),
    ],
)
def test_each_region_has_its_own_address(url: str | None, base: str) -> None:
    given = {"token": "t"} if url is None else {"token": "t", "url": url}
    access = Smartsheet.access(SmartsheetOptions.model_validate(given))
    assert access.base_url == base
    assert access.headers == {"Authorization": "Bearer t"}
