"""What boards say of issues, and how a change there reaches them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest

from connectors.github.connector import GitHub
from connectors.github.following import MANY
from connectors.sdk.contract import provided
from connectors.sdk.errors import NotVisible, Unexpected
from connectors.sdk.records import (
    Membership,
    Milestone,
    Project,
    Record,
    Sprint,
    Task,
)
from connectors.sdk.sandbox import Reply
from tests.connectors_github.conftest import NOW, Tool, ago, many, portfolio

Open = Callable[..., Tool]


def planned() -> list[Record]:
    """The portfolio, with what a board says of it."""
    to: dict[str, dict[str, Any]] = {
        "e": {"status_label": "Doing"},
        "a": {"due_on": date(2026, 4, 1), "start_on": date(2026, 3, 2), "priority": 2,
              "priority_label": "High"},
        "b": {"due_on": date(2026, 2, 20), "points": 5.0},
    }  # fmt: skip
    return [
        msgspec.structs.replace(each, **to.get(each.id, {})) if isinstance(each, Task) else each
        for each in portfolio()
        if not isinstance(each, Sprint)
    ] + [
        Sprint(id="x1", name="Sprint 1", start_at=ago(days=20), end_at=ago(days=7)),
        Sprint(id="x2", name="Sprint 2", start_at=ago(days=6), end_at=ago(days=-7)),
        Membership(id="m", task_id="a", kind="sprint", container_id="x2"),
    ]


@pytest.fixture
def board_of(tool_of: Open) -> Open:
    """Makes a GitHub with a board."""

    def make(records: list[Record] | None = None, **how: Any) -> Tool:
        of_sandbox = {"board": True, **how.pop("of_sandbox", {})}
        return tool_of(planned() if records is None else records, of_sandbox=of_sandbox, **how)

    return make


@pytest.fixture
def tool(board_of: Open) -> Tool:
    """The portfolio with its board."""
    return board_of()


def tasks(read: Any) -> dict[str, Task]:
    found = read.records("tasks").items()
    return {id: task for (kind, id), task in found if kind is Task}


def on_board(tool: Tool, id: str, **to: Any) -> str:
    """Somebody changes a field on the board, an hour later: no date of the issue moves."""
    native = tool.native(Task, id)
    before = tool.sandbox.world.get(Task, native)
    assert before is not None
    tool.later(hours=1)
    tool.sandbox.world.edit(native, at=tool.clock.at, **{"updated_at": before.updated_at, **to})
    tool.later(hours=1)
    return native


def questions(tool: Tool) -> list[str]:
    """Names of what was asked of the GraphQL API."""
    return [
        request.json()["query"].split()[1].partition("(")[0]
        for request in tool.sandbox.log
        if request.path == "/graphql"
    ]


def singles(tool: Tool) -> list[str]:
    """Issues that were read one by one."""
    paths = [request.path.split("/") for request in tool.sandbox.log]
    return [f"{path[2]}#{path[4]}" for path in paths if path[3:4] == ["issues"] and len(path) == 5]


def test_an_issue_comes_with_what_its_board_says(tool: Tool) -> None:
    task = tasks(tool.read("tasks"))[tool.native(Task, "a")]
    assert (task.start_on, task.due_on) == (date(2026, 3, 2), date(2026, 4, 1))
    assert (task.priority, task.priority_label, task.points) == (2, "High", 3.0)
    custom = {each.name: each.value for each in task.custom}
    assert custom["Target date"] == date(2026, 4, 1)  # the board's, beside the issue field
    assert custom["Iteration"] == "Sprint 2"
    epic = tasks(tool.read("tasks"))[tool.native(Task, "e")]
    assert (epic.status, epic.status_label) == ("in_progress", "Doing")


def test_iterations_are_sprints_with_their_issues(tool: Tool) -> None:
    sprints = tool.read("sprints").records("sprints")
    ids = [tool.native(Sprint, each) for each in ("x1", "x2")]
    assert {id: record.state for (_, id), record in sprints.items()} == dict(  # type: ignore[attr-defined]
        zip(ids, ("closed", "active"), strict=True)
    )
    places = [each for each in tool.read("tasks").records("tasks").values()
              if isinstance(each, Membership)]  # fmt: skip
    assert [(each.task_id, each.container_id) for each in places] == [
        (tool.native(Task, "a"), ids[1])
    ]


def test_no_board_is_asked_for_where_none_is_configured(tool: Tool) -> None:
    without = tool.again(projects=())
    asked = len(tool.sandbox.log)
    for stream in GitHub.streams:
        assert not [each for each in without.read(stream).items.values() if "board" in each.body]
    assert set(questions(tool)) <= {"People", "MorePeople", "Numbers"}
    assert len(tool.sandbox.log) > asked
    assert without.connector.lanes("sprints", {}).lanes == []


def test_what_only_boards_say_is_provided_only_with_boards(tool: Tool) -> None:
    without = tool.again(projects=())
    more, less = provided(tool.connector), provided(without.connector)
    assert more == GitHub.provides
    assert set(more) - set(less) == {Sprint, Membership}
    assert more[Task] - less[Task] == {
        "due_on", "start_on", "points", "priority", "priority_label",
    }  # fmt: skip
    assert less[Milestone] == more[Milestone]
    assert without.connector.history - tool.connector.history == {"status"}


def test_a_repository_without_issues_on_a_board_lacks_what_boards_say(board_of: Open) -> None:
    tool = board_of(of_sandbox={"off_board": ["shop"]})

    def lacks(read: Any) -> dict[str, Any]:
        return {id: project.lacks for (_, id), project in read.records("projects").items()}

    first = tool.read("projects")
    site, shop = tool.native(Project, "site"), tool.native(Project, "shop")
    nothing = ("start_on", "due_on", "priority", "points")
    assert lacks(first) == {site: (), shop: nothing, tool.native(Project, "old"): ()}
    assert "PVTF_target" in first.records("projects")[Project, site].task_fields  # type: ignore[attr-defined]
    tool.sandbox.log.clear()
    again = tool.read("projects", first.cursors)
    assert lacks(again) == lacks(first)
    assert questions(tool) == ["Board"]
    tool.later(days=1)
    tool.read("projects", again.cursors)
    assert questions(tool)[1:] == ["Board", "OnBoard"]
    tool.sandbox.boards.hidden.add(1)  # then nothing is known of any
    assert set(lacks(tool.read("projects", again.cursors)).values()) == {nothing}


def test_a_cursor_that_would_be_too_long_is_left_out(board_of: Open) -> None:
    projects = [
        Project(id=f"p{each}", name=f"P{each}", created_at=ago(days=9)) for each in range(320)
    ]
    issues = [
        Task(id=f"t{each}", project_id=f"p{each}", title="T", created_at=ago(days=8))
        for each in range(320)
    ]
    assert board_of([*projects, *issues]).read("projects").cursors == {}


def test_a_change_on_the_board_brings_the_issue_again(tool: Tool) -> None:
    first = tool.read("tasks")
    tool.later(hours=1)
    quiet = tool.read("tasks", first.cursors)
    assert quiet.items == {}
    id = on_board(tool, "a", due_on=date(2026, 5, 1))
    tool.sandbox.log.clear()
    second = tool.read("tasks", quiet.cursors)
    assert set(second.items) == {id}
    assert tasks(second)[id].due_on == date(2026, 5, 1)
    assert singles(tool) == [id]
    changed = second.items[id].body
    assert changed == tool.read("tasks").items[id].body  # by whichever way it comes
    tool.later(hours=1)
    tool.sandbox.log.clear()
    assert tool.read("tasks", second.cursors).items == {}
    assert questions(tool) == ["Board"]


def test_a_change_in_the_instant_of_a_read_is_in_the_next_one(tool: Tool) -> None:
    cursors = tool.read("tasks").cursors
    for day in (1, 2, 3):
        native = tool.native(Task, "a")
        updated = tool.sandbox.world.get(Task, native).updated_at  # type: ignore[union-attr]
        due = date(2026, 6, day)
        tool.sandbox.world.edit(native, at=tool.clock.at, updated_at=updated, due_on=due)
        read = tool.read("tasks", cursors)
        assert tasks(read)[native].due_on == due
        cursors = read.cursors


def test_what_an_issue_says_of_itself_is_not_read_twice(tool: Tool) -> None:
    cursors = tool.read("tasks").cursors
    tool.later(hours=1)
    tool.sandbox.world.edit(tool.native(Task, "a"), title="Trolley", at=tool.clock.at)
    tool.sandbox.log.clear()
    assert tool.read("tasks", cursors).titles() == {"Trolley"}
    assert singles(tool) == []
    assert questions(tool).count("Placed") == 1


def test_an_issue_that_leaves_the_board_has_everything_read_again(tool: Tool) -> None:
    first = tool.read("tasks")
    tool.later(hours=1)
    id = tool.native(Task, "a")
    tool.sandbox.boards.take_off(id)
    tool.later(hours=1)
    second = tool.read("tasks", first.cursors)  # notes that one has gone, not which
    tool.later(hours=1)
    third = tool.read("tasks", second.cursors)
    assert set(third.items) == set(first.items)
    task = tasks(third)[id]
    assert (task.due_on, task.status, task.status_label) == (None, "todo", "open")
    tool.later(hours=1)
    fourth = tool.read("tasks", third.cursors)
    assert fourth.items == {}
    assert len(fourth.cursors) == len(first.cursors)  # those of the lanes before are forgotten


def test_everything_is_read_again_once_a_day_at_most(tool: Tool) -> None:
    cursors = tool.read("tasks").cursors
    read_again: list[int] = []
    for hour in range(31):
        tool.later(hours=1)
        if hour in (2, 5):
            tool.sandbox.boards.take_off(tool.native(Task, "a" if hour == 2 else "b"))
        read = tool.read("tasks", cursors)
        cursors = read.cursors
        if read.items:
            read_again.append(hour)
    assert read_again == [3, 27]


def test_a_renamed_option_has_everything_read_again(tool: Tool) -> None:
    first = tool.read("tasks")
    tool.later(hours=1)
    tool.sandbox.boards.rename("Doing", "Under way")
    second = tool.read("tasks", first.cursors)
    tool.later(hours=1)
    third = tool.read("tasks", second.cursors)
    assert tasks(third)[tool.native(Task, "e")].status_label == "Under way"


def test_a_board_is_listed_once_a_day_even_if_it_says_that_nothing_changed(tool: Tool) -> None:
    cursors = tool.read("tasks").cursors
    id = on_board(tool, "a", due_on=date(2026, 5, 1))
    head = tool.sandbox.boards.of

    def silent(number: int) -> Any:
        return {**(head(number) or {}), "updatedAt": "2026-01-01T00:00:00Z"}

    tool.sandbox.boards.of = silent  # type: ignore[method-assign]
    read = tool.read("tasks", cursors)
    assert read.items == {}
    tool.later(hours=22)
    assert set(tool.read("tasks", read.cursors).items) == {id}


def test_a_board_that_becomes_visible_later_is_read_for_every_issue(tool: Tool) -> None:
    tool.sandbox.boards.hidden.add(1)
    cursors: dict[str, Any] = {}
    lanes = tool.connector.lanes("tasks", {}).lanes
    with pytest.raises(NotVisible, match="acme/1") as hidden:
        list(tool.connector.pull("tasks", lanes[0].name, None))
    assert "read:project" in hidden.value.advice
    for lane in lanes[1:]:  # the others are read all the same
        for page in tool.connector.pull("tasks", lane.name, None):
            assert all("board" not in item.body for item in page.items)
            cursors[lane.name] = page.cursor
    tool.later(minutes=3)
    tool.sandbox.boards.hidden.clear()
    second = tool.read("tasks", cursors)
    tool.later(minutes=3)
    third = tool.read("tasks", second.cursors)
    assert len(third.items) == 6
    assert all("board" in item.body for item in third.items.values())


def test_a_board_that_was_hidden_for_a_while_is_read_for_every_issue(tool: Tool) -> None:
    cursors: dict[str, Any] = tool.read("tasks").cursors
    tool.later(hours=1)
    tool.sandbox.boards.hidden.add(1)
    lane = tool.connector.lanes("tasks", cursors).lanes[0].name
    pages = tool.connector.pull("tasks", lane, cursors[lane])
    cursors[lane] = next(pages).cursor
    with pytest.raises(NotVisible, match="acme/1") as hidden:
        next(pages)
    assert hidden.value.scope is None  # no container of ours is lost
    tool.sandbox.boards.hidden.clear()
    tool.later(hours=1)
    second = tool.read("tasks", cursors)
    tool.later(hours=1)
    third = tool.read("tasks", second.cursors)
    assert len(third.items) == 6
    tool.later(hours=1)
    assert tool.read("tasks", third.cursors).items == {}


def test_of_two_boards_the_first_that_is_named_counts(board_of: Open) -> None:
    tool = board_of(projects=["Acme/2", "acme/1", "acme/2"])
    both, first = tool.native(Task, "a"), tool.native(Task, "b")
    tool.sandbox.boards.second[both] = {"Target date": date(2027, 1, 1)}
    found = tasks(tool.read("tasks"))
    assert found[both].due_on == date(2027, 1, 1)
    assert found[both].points is None
    assert found[first].due_on == date(2026, 2, 20)
    assert tasks(tool.again(projects=("acme/1", "acme/2")).read("tasks"))[both].points == 3.0


def test_a_board_that_is_not_configured_says_nothing(board_of: Open) -> None:
    tool = board_of(projects=["acme/2"])
    tool.sandbox.boards.second[tool.native(Task, "a")] = {"Target date": date(2027, 1, 1)}
    found = tasks(tool.read("tasks"))
    assert [task.due_on for task in found.values() if task.due_on] == [date(2027, 1, 1)]


def test_an_archived_place_says_something_of_a_closed_issue_only(tool: Tool) -> None:
    opened, closed = tool.native(Task, "a"), tool.native(Task, "b")
    tool.sandbox.boards.archived |= {opened, closed}
    found = tasks(tool.read("tasks"))
    assert found[opened].due_on is None
    assert (found[closed].due_on, found[closed].points) == (date(2026, 2, 20), 5.0)


def test_a_place_that_is_archived_brings_the_issue_again(tool: Tool) -> None:
    cursors = tool.read("tasks").cursors
    tool.later(hours=1)
    tool.sandbox.boards.archived.add(tool.native(Task, "a"))
    tool.later(hours=1)
    assert [task.due_on for task in tasks(tool.read("tasks", cursors)).values()] == [None]


def test_an_issue_on_many_boards_is_asked_for_to_the_last(board_of: Open) -> None:
    tool = board_of(page_size=1, projects=["acme/1"])
    both = tool.native(Task, "a")
    tool.sandbox.boards.second[both] = {"Target date": date(2027, 1, 1)}
    assert tasks(tool.read("tasks"))[both].due_on == date(2026, 4, 1)
    assert "MorePlaced" in questions(tool)


def test_an_issue_that_does_not_open_is_counted_and_the_rest_is_read(tool: Tool) -> None:
    away = tool.native(Task, "a")

    def interfere(request: Any) -> Reply | None:
        if b"query Placed" in request.body:
            tool.sandbox.world.remove(Task, away)
        return None

    tool.sandbox.interfere = interfere
    read = tool.read("tasks")
    assert away in {id for id, _ in read.unread}
    assert tool.native(Task, "e") in read.items


def test_issues_of_repositories_that_are_not_configured_are_left_out(board_of: Open) -> None:
    tool = board_of(repositories=["acme/site"])
    cursors = tool.read("tasks").cursors
    on_board(tool, "s", due_on=date(2026, 5, 1))
    tool.sandbox.log.clear()
    assert tool.read("tasks", cursors).items == {}
    assert singles(tool) == []


def test_more_changes_than_are_cheap_one_by_one_have_everything_read_again(
    board_of: Open,
) -> None:
    tool = board_of(many(MANY + 1))
    cursors = tool.read("tasks").cursors
    tool.later(hours=1)
    for task in tool.sandbox.world.all(Task):
        tool.sandbox.world.edit(
            task.id, at=tool.clock.at, updated_at=task.updated_at, due_on=date(2026, 5, 1)
        )
    tool.later(minutes=1)
    tool.sandbox.log.clear()
    second = tool.read("tasks", cursors)
    assert second.items == {}
    tool.later(hours=1)
    third = tool.read("tasks", second.cursors)
    assert {task.due_on for task in tasks(third).values()} == {date(2026, 5, 1)}
    assert (len(third.items), singles(tool)) == (MANY + 1, [])


def test_changes_are_committed_in_parts_and_go_on_from_there(board_of: Open) -> None:
    tool = board_of(many(120))
    cursors = tool.read("tasks").cursors
    for task in tool.sandbox.world.all(Task):
        tool.later(minutes=1)
        tool.sandbox.world.edit(
            task.id, at=tool.clock.at, updated_at=task.updated_at, due_on=date(2026, 5, 1)
        )
    tool.later(hours=1)
    lane = tool.connector.lanes("tasks", cursors).lanes[0].name
    pages = list(tool.connector.pull("tasks", lane, cursors[lane]))
    assert [len(page.items) for page in pages] == [50, 50, 20, 0]
    rest = list(tool.connector.pull("tasks", lane, pages[0].cursor))
    read = {item.id for page in (pages[0], *rest) for item in page.items}
    assert len(read) == 120
    assert sum(len(page.items) for page in rest) == 71  # the last of the first part, once more


def test_a_place_dragged_past_the_reader_is_found_by_the_next_turn(board_of: Open) -> None:
    tool = board_of(many(8), page_size=3)
    cursors = tool.read("tasks").cursors
    moved = on_board(tool, "t8", due_on=date(2026, 5, 1))
    listed = tool.sandbox.boards.listed
    pages = iter(range(9))

    def dragged(number: int, seen: Any) -> list[Any]:
        rows = listed(number, seen)
        if next(pages) > 0:  # after the first page the last row goes to the top
            tool.sandbox.boards.touched = tool.clock.at
            rows = [rows[-1], *rows[:-1]]
        return rows

    tool.sandbox.boards.listed = dragged  # type: ignore[method-assign]
    second = tool.read("tasks", cursors)
    assert moved not in second.items
    tool.sandbox.boards.listed = listed  # type: ignore[method-assign]
    tool.later(minutes=10)
    assert moved in tool.read("tasks", second.cursors).items


def test_a_renamed_repository_is_read_anew_with_its_board(tool: Tool) -> None:
    first = tool.read("tasks")
    project = tool.sandbox.world.get(Project, tool.native(Project, "site"))
    assert project is not None
    tool.sandbox.world.put(msgspec.structs.replace(project, name="Portal"))
    tool.later(hours=1)
    second = tool.read("tasks", first.cursors)
    assert len([id for id in second.items if id.startswith(project.id)]) == 4


def test_check_names_boards_that_are_not_shown(board_of: Open) -> None:
    tool = board_of(projects=["acme/1", "acme/7", "nobody/1"])

    def interfere(request: Any) -> Reply | None:
        if request.path != "/user":
            return None
        return Reply.of({"login": "reader", "id": 1}, 200, X_OAuth_Scopes="repo")

    tool.sandbox.interfere = interfere
    scopes, *boards = tool.connector.check().warnings
    assert "read:project" in scopes
    assert [each.split("'")[1] for each in boards] == ["acme/7", "nobody/1"]


@pytest.mark.parametrize("name", ["acme", "acme/0", "acme/site", "acme/1/2", "/1"])
def test_a_board_is_named_with_its_owner_and_number(board_of: Open, name: str) -> None:
    with pytest.raises(ValueError, match="projects"):
        board_of(projects=[name])


@pytest.mark.parametrize(
    "data",
    [
        {"repositoryOwner": {"projectV2": {"id": "PVT_1", "updatedAt": None}}},
        {"repositoryOwner": {"projectV2": {
            "id": "PVT_1", "updatedAt": "2026-01-01T00:00:00Z",
            "fields": {"pageInfo": {"hasNextPage": True, "endCursor": "x"}, "nodes": []}}}},
        {"repositoryOwner": {"projectV2": {"id": "PVT_1", "updatedAt": "2026-01-01T00:00:00Z"}}},
    ],
)  # fmt: skip
def test_a_board_that_is_not_told_whole_is_no_board(tool: Tool, data: Any) -> None:
    tool.sandbox.interfere = lambda request: (
        Reply.of({"data": data}) if b"query Board" in request.body else None
    )
    with pytest.raises(Unexpected):
        tool.read("sprints")


def test_the_future_does_not_carry_the_cursor_away(tool: Tool) -> None:
    id = tool.native(Task, "a")
    updated = tool.sandbox.world.get(Task, id).updated_at  # type: ignore[union-attr]
    cursors = tool.read("tasks").cursors
    ahead = NOW + timedelta(days=3000)
    tool.sandbox.world.edit(id, at=ahead, updated_at=updated, due_on=date(2026, 5, 1))
    cursors = tool.read("tasks", cursors).cursors
    other = on_board(tool, "e", due_on=date(2026, 6, 1))
    assert other in tool.read("tasks", cursors).items
