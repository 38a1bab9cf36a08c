"""Reading an imitated GitLab through the real door: streams, turns, census, every known trap."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from connectors.gitlab.connector import GitLab
from connectors.gitlab.sandbox import GitLabSandbox
from connectors.sdk.errors import NotVisible, Refused
from connectors.sdk.records import (
    Comment,
    Link,
    Membership,
    Milestone,
    Person,
    Project,
    Record,
    Sprint,
    Task,
    Worklog,
)
from connectors.sdk.sandbox import Reply, Request


def titles(read: Any) -> set[str]:
    return {each.title for each in read.records.values() if isinstance(each, Task)}


def test_everything_that_the_tool_holds_is_read_as_it_is(tool: Any) -> None:
    for stream, can in GitLab.streams.items():
        read = tool.turn(stream)
        assert read.items[stream], (stream, can)
        assert not read.errors
        for (kind, id), record in read.records.items():
            assert tool.sandbox.world.get(kind, id) == record
    assert len(tool.turn("tasks").records) == sum(
        len([each for each in tool.sandbox.world.all(kind) if not each.id.startswith("g")])
        for kind in GitLab.provides
        if kind not in (Project, Person, Milestone, Sprint)
    )


def test_records_of_the_portfolio_that_gitlab_has(tool: Any) -> None:
    held = tool.turn("tasks").records
    basket, price = tool.native(Task, "a"), tool.native(Task, "b")
    assert held[Task, basket].parent_id == tool.native(Task, "e") == "g7-1"
    assert held[Task, price].parent_id == basket
    assert held[Task, price].type == "subtask"
    assert {id for kind, id in held if kind is Link} == {"1", "2"}
    assert len([1 for kind, _ in held if kind is Worklog]) == 2
    assert {held[kind, id].public for kind, id in held if kind is Comment} == {True, False}
    assert [held[k, id].task_id for k, id in held if k is Membership] == [basket]


def test_a_subgroup_an_archived_project_and_its_issues_are_read(tool: Any) -> None:
    states = {scope.name: scope.state for scope in tool.connector.scopes()}
    assert states == {
        "acme/web-1": "active", "acme/operations-2": "active", "acme/labs/lab-3": "active",
        "acme/old-works-4": "archived",
    }  # fmt: skip
    assert {"Try it", "Archive papers"} <= titles(tool.turn("tasks"))


# --- turns ------------------------------------------------------------------------------------


def test_a_turn_in_which_nothing_happened_asks_the_roster_and_one_group(tool: Any) -> None:
    first = tool.turn("tasks")
    tool.clock.pass_by(hours=1)
    again = tool.turn("tasks", first.cursors)
    assert again.paths() == ["/api/v4/projects", "/api/v4/groups/acme/issues"]
    assert not again.items["tasks"]
    question = tool.sandbox.log[-1]
    assert question.one("scope") == "all"
    assert question.one("non_archived") == "false"
    assert question.one("updated_after") == "2026-03-02T11:48:00.000Z"
    tool.turn("tasks", again.cursors)
    assert tool.sandbox.log[-1].one("updated_after") == "2026-03-02T12:58:00.000Z"


def test_an_issue_costs_what_the_readme_says(tool_of: Callable[..., Any], many: Any) -> None:
    for has, events in (("free", 3), ("ultimate", 5)):
        tool = tool_of(many(1), plan=has)
        read = tool.turn("tasks")
        assert read.paths().count("/api/graphql") == 1
        assert len([path for path in read.paths() if path.endswith("_events")]) == events
        assert not [path for path in read.paths() if path.endswith("/notes")]  # it has none
    tool = tool_of(many(1), history=False)
    assert not [path for path in tool.turn("tasks").paths() if path.endswith("_events")]
    assert tool.connector.history == frozenset()


def test_fifty_issues_share_a_question_for_links_parents_and_time(
    tool_of: Callable[..., Any], many: Any
) -> None:
    tool = tool_of(many(120), history=False)
    asked = tool.turn("tasks").paths()
    assert asked.count("/api/graphql") == 3
    assert asked.count("/api/v4/projects/1/issues") == 2


def test_a_change_during_the_first_read_is_in_the_next_turn(tool: Any) -> None:
    issue = tool.native(Task, "d")

    def edit(request: Request) -> Reply | None:
        if request.path.endswith("/graphql") and not edited:
            edited.append(tool.clock.pass_by(seconds=30))
            tool.sandbox.world.edit(issue, title="Renewed meanwhile")
        return None

    edited: list[Any] = []
    tool.sandbox.interfere = edit
    first = tool.turn("tasks")
    tool.clock.pass_by(minutes=10)
    assert "Renewed meanwhile" in titles(tool.turn("tasks", first.cursors))


def test_a_change_that_shows_late_is_read(tool: Any) -> None:
    first = tool.turn("tasks")
    tool.clock.pass_by(minutes=5)
    second = tool.turn("tasks", first.cursors)
    late = tool.clock.at - timedelta(seconds=90)
    tool.sandbox.world.edit(tool.native(Task, "d"), title="Committed late", at=late)
    tool.clock.pass_by(minutes=5)
    assert "Committed late" in titles(tool.turn("tasks", second.cursors))


def test_a_project_that_we_are_let_into_is_read_in_full(tool: Any) -> None:
    lab = tool.native(Project, "lab")
    tool.sandbox.hidden.add(lab)
    read = tool.turn("tasks")
    assert "Try it" not in titles(read)
    for _ in range(2):  # the second time its old cursor must not count
        tool.sandbox.hidden.clear()
        tool.clock.pass_by(days=9)
        found = tool.turn("tasks", read.cursors)
        tool.clock.pass_by(minutes=5)
        next_turn = tool.turn("tasks", found.cursors)
        assert titles(found) | titles(next_turn) == {"Try it"}
        tool.clock.pass_by(hours=1)
        quiet = tool.turn("tasks", next_turn.cursors)
        assert (quiet.lanes["tasks"], quiet.items["tasks"]) == ([""], {})
        tool.sandbox.hidden.add(lab)
        tool.clock.pass_by(hours=1)
        read = tool.turn("tasks", quiet.cursors)


def test_a_project_that_refuses_to_be_read_holds_up_no_other(tool: Any) -> None:
    lab, certificate = tool.native(Project, "lab"), tool.native(Task, "d")

    def refuse(request: Request) -> Reply | None:
        return Reply.of({}, 403) if f"/projects/{lab}" in request.path else None

    tool.sandbox.interfere = refuse
    read = tool.turn("tasks")
    assert [(type(each), each.scope) for each in read.errors] == [(NotVisible, lab)]
    assert "Renew certificate" in titles(read)
    tool.clock.pass_by(hours=1)
    tool.sandbox.world.edit(certificate, title="Renewed")
    tool.clock.pass_by(minutes=5)
    later = tool.turn("tasks", read.cursors)
    assert later.lanes["tasks"] == ["", lab]
    assert titles(later) == {"Renewed"}
    tool.sandbox.interfere = None
    tool.clock.pass_by(hours=1)
    assert titles(tool.turn("tasks", later.cursors)) == {"Try it"}


def test_a_project_that_hides_while_changes_are_read_is_read_anew(tool: Any) -> None:
    first = tool.turn("tasks")
    tool.clock.pass_by(hours=1)
    for id, title in (("l", "Unread"), ("d", "Read")):
        tool.sandbox.world.edit(tool.native(Task, id), title=title)
    tool.clock.pass_by(minutes=5)

    def hide(request: Request) -> Reply | None:
        body = request.json() if request.path == "/api/graphql" else {}
        if body.get("variables", {}).get("path") == "acme/labs/lab-3":
            return Reply.of({"data": {"project": None}})
        return None

    tool.sandbox.interfere = hide
    later = tool.turn("tasks", first.cursors)
    assert titles(later) == {"Read"}
    assert [each.scope for each in later.errors] == [tool.native(Project, "lab")]
    tool.sandbox.interfere = None
    found = [tool.turn("tasks", later.cursors)]
    tool.clock.pass_by(minutes=5)
    found.append(tool.turn("tasks", found[0].cursors))
    assert set().union(*map(titles, found)) == {"Unread"}


def test_a_first_read_that_lost_its_start_closes_the_gap(tool: Any) -> None:
    first = tool.turn("tasks")
    cut = {
        name: each for name, each in first.cursors["tasks"].items() if name
    }  # it died just before
    tool.clock.pass_by(hours=5)
    tool.sandbox.world.edit(tool.native(Task, "d"), title="In between")
    tool.clock.pass_by(hours=5)
    again = tool.turn("tasks", {"tasks": cut})
    tool.clock.pass_by(minutes=5)
    assert "In between" in titles(tool.turn("tasks", again.cursors))


def test_a_project_of_the_group_that_is_not_ours_is_left_out(tool_of: Callable[..., Any]) -> None:
    tool = tool_of(projects=("acme/web-1", "acme/operations-2"))
    first = tool.turn("tasks")
    tool.clock.pass_by(hours=1)
    tool.sandbox.world.edit(tool.native(Task, "l"), title="Not ours")
    tool.sandbox.world.edit(tool.native(Task, "d"), title="Ours")
    later = tool.turn("tasks", first.cursors)
    assert "/api/v4/groups/acme/issues" in later.paths()
    assert titles(later) == {"Ours"}


def test_a_group_that_does_not_show_itself_is_asked_project_by_project(tool: Any) -> None:
    first = tool.turn("tasks")
    tool.sandbox.closed_groups.add("acme")
    tool.clock.pass_by(hours=1)
    tool.sandbox.world.edit(tool.native(Task, "d"), title="Still seen")
    later = tool.turn("tasks", first.cursors)
    assert not later.errors
    assert titles(later) == {"Still seen"}


def test_an_issue_that_vanishes_while_it_is_read_is_told_not_lost(tool: Any) -> None:
    gone = tool.native(Task, "d")

    def remove(request: Request) -> Reply | None:
        if request.path.endswith(f"/issues/{gone.partition('-')[2]}/resource_state_events"):
            tool.sandbox.world.remove(Task, gone)
        return None

    # Task d is the only one of its project, so the path is its own.
    tool.sandbox.interfere = lambda request: (
        remove(request) if "/projects/2/" in request.path else None
    )
    read = tool.turn("tasks")
    assert read.unread == {gone: "GitLab lists this issue but does not open it."}
    assert not read.errors


def test_an_issue_that_graphql_does_not_give_is_told_not_read_without_its_links(tool: Any) -> None:
    def empty(request: Request) -> Reply | None:
        if request.path == "/api/graphql":
            return Reply.of({"data": {"project": {"workItems": {"nodes": []}}}})
        return None

    tool.sandbox.interfere = empty
    read = tool.turn("tasks")
    assert not read.items["tasks"]
    assert len(read.unread) == 6


def test_all_booked_time_of_an_issue_is_read(tool_of: Callable[..., Any], many: Any) -> None:
    logs: list[Record] = [
        Worklog(id=f"w{n}", task_id="t0", person_id=None, minutes=n + 1, on=date(2026, 2, 1))
        for n in range(10)
    ]
    tool = tool_of([*many(2), *logs], page_size=3)
    found = tool.turn("tasks").records.values()
    assert sorted(each.minutes for each in found if isinstance(each, Worklog)) == [*range(1, 11)]


# --- what the plan has ------------------------------------------------------------------------


def test_a_free_gitlab_says_nothing_of_what_it_does_not_have(tool_of: Callable[..., Any]) -> None:
    tool = tool_of(plan="free")
    for stream in ("sprints", "epics"):
        assert tool.connector.lanes(stream, {}).lanes == []
    provides = tool.connector.provided
    assert Sprint not in provides
    assert Membership not in provides
    assert "points" not in provides[Task]
    assert "points" in GitLab.provides[Task]
    assert "points" not in tool.connector.history
    assert not [path for path in tool.turn("tasks").paths() if "weight" in path]


def test_a_plan_that_gitlab_does_not_confirm_is_told_and_takes_nothing_away(
    tool_of: Callable[..., Any],
) -> None:
    tool = tool_of(plan="free", options={"plan": "premium"})
    for stream in ("sprints", "epics"):
        [error, *_] = tool.turn(stream).errors
        assert isinstance(error, NotVisible)
        assert "plan: free" in error.advice


def test_check_notices_a_better_plan(tool_of: Callable[..., Any]) -> None:
    assert any(
        "plan: premium" in each
        for each in tool_of(options={"plan": "free"}).connector.check().warnings
    )
    assert not tool_of(plan="free").connector.check().warnings
    assert not tool_of().connector.check().warnings


def test_statuses_are_read_where_they_are_wanted(tool_of: Callable[..., Any]) -> None:
    tool = tool_of(statuses=True)
    tool.sandbox.world.edit(tool.native(Task, "c"), status="in_progress")
    read = tool.turn("tasks").records
    task = read[Task, tool.native(Task, "c")]
    assert (task.status, task.status_label) == ("in_progress", "In progress")
    assert tool.connector.history == {"labels", "milestone_id", "points"}


def test_a_gitlab_without_statuses_is_refused_with_a_remedy(tool_of: Callable[..., Any]) -> None:
    tool = tool_of(plan="free", options={"plan": "premium"}, statuses=True)
    [error, *_] = tool.turn("tasks").errors
    assert isinstance(error, Refused)
    assert not isinstance(error, NotVisible)
    assert "18.2" in error.advice


# --- people, milestones -----------------------------------------------------------------------


def test_an_administrator_sees_everybody_others_the_members(tool_of: Callable[..., Any]) -> None:
    admin, member = tool_of(), tool_of(admin=False)
    everybody = admin.turn("people").records
    assert len(everybody) == 3
    assert everybody[Person, admin.native(Person, "ann")].email == "ann@example.com"
    assert [lane.full for lane in admin.connector.lanes("people", {}).lanes] == [True]
    members = member.turn("people").records.values()
    assert {(each.name, each.email) for each in members} == {("Ann Archer", None), ("Robot", None)}
    assert [lane.full for lane in member.connector.lanes("people", {}).lanes] == [False]


def test_milestones_of_groups_and_projects(tool: Any) -> None:
    read = tool.turn("milestones")
    assert read.lanes["milestones"] == ["group:acme", "group:acme/labs", "1", "2", "3", "4"]
    scopes = {item.id: item.scope for item in read.items["milestones"].values()}
    assert scopes == {tool.native(Milestone, "m1"): "1", tool.native(Milestone, "m2"): None}


# --- configured groups and projects -----------------------------------------------------------


def test_groups_come_with_their_subgroups(tool_of: Callable[..., Any]) -> None:
    tool = tool_of(groups=("acme/labs",))
    assert [scope.name for scope in tool.connector.scopes()] == ["acme/labs/lab-3"]
    tool = tool_of(groups=("7",))
    assert len(tool.connector.scopes()) == 4


def test_a_configured_place_that_is_hidden_is_told_and_nothing_of_it_counts_as_gone(
    tool_of: Callable[..., Any],
) -> None:
    tool = tool_of(groups=("acme", "nowhere"), projects=("acme/none",))
    assert len(tool.connector.check().warnings) == 2
    for stream in GitLab.streams:
        first = tool.turn(stream)
        later = tool.turn(stream, first.cursors) if stream == "tasks" else first
        assert any(isinstance(error, NotVisible) for error in later.errors), stream
        assert first.items[stream], stream


# --- census -----------------------------------------------------------------------------------


def test_a_census_goes_by_the_time_of_creation(tool_of: Callable[..., Any], many: Any) -> None:
    tool = tool_of(many(25), page_size=4)
    ids = [id for batch in tool.connector.census("tasks", "1") for id in batch]
    assert ids == [f"1-{n}" for n in range(1, 26)]
    assert all(request.one("page") in ("", "1") for request in tool.sandbox.log)


def test_a_count_is_gitlabs_or_none(tool_of: Callable[..., Any], many: Any) -> None:
    tool = tool_of(many(7))
    assert tool.connector.count("tasks", "1") == 7
    tool.sandbox.counted = 5
    assert tool.connector.count("tasks", "1") is None


def test_what_became_of_missing_issues(tool: Any) -> None:
    here, gone, away = (tool.native(Task, id) for id in ("c", "d", "l"))
    tool.sandbox.world.remove(Task, gone)
    tool.sandbox.hidden.add(tool.native(Project, "lab"))
    told = tool.connector.confirm("tasks", [here, gone, away])
    assert told == {here: None, gone: "deleted", away: "unknown"}


def test_who_sees_no_confidential_issues_calls_nothing_deleted(tool_of: Callable[..., Any]) -> None:
    for level, told in ((10, "unknown"), (15, "deleted"), (20, "deleted")):
        tool = tool_of(admin=False)
        tool.sandbox.render.level = level
        gone = tool.native(Task, "d")
        tool.sandbox.world.remove(Task, gone)
        assert tool.connector.confirm("tasks", [gone]) == {gone: told}
    tool = tool_of(admin=True)
    tool.sandbox.render.level = 0
    gone = tool.native(Task, "d")
    tool.sandbox.world.remove(Task, gone)
    assert tool.connector.confirm("tasks", [gone]) == {gone: "deleted"}


def test_a_project_with_issues_switched_off_has_lost_none(
    tool: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tool.native(Task, "d")
    tool.sandbox.world.remove(Task, gone)
    render = tool.sandbox.render.project
    off = {"issues_enabled": False, "issues_access_level": "disabled"}
    monkeypatch.setattr(tool.sandbox.render, "project", lambda project: render(project) | off)
    assert tool.connector.confirm("tasks", [gone]) == {gone: "unknown"}


def test_a_moved_issue_is_still_there(tool: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    render = tool.sandbox.render.issue
    moved = {"moved_to_id": 5, "state": "closed"}
    monkeypatch.setattr(tool.sandbox.render, "issue", lambda task: render(task) | moved)
    id = tool.native(Task, "d")
    assert tool.connector.confirm("tasks", [id]) == {id: None}
    assert tool.turn("tasks").records[Task, id].status == "cancelled"


# --- the imitation itself ---------------------------------------------------------------------


def test_the_sandbox_keeps_gitlabs_traps(tool_of: Callable[..., Any], many: Any) -> None:
    tool = tool_of(many(5), page_size=2)
    get = tool.door.request
    last = get("GET", "/v4/projects/1/issues", params={"page": 3})
    assert last.headers["x-next-page"] == ""
    assert last.headers["x-total"] == "5"
    tool.sandbox.counted = 4
    assert "x-total" not in get("GET", "/v4/projects/1/issues").headers
    assert get("GET", "/v4/projects/99", accept=(404,)).status == 404
    hidden = get("GET", "/v4/projects", params={"pagination": "keyset"})
    assert "x-total" not in hidden.headers
    deep = get("GET", "/v4/projects/1/issues", params={"page": 90_000}, accept=(405,))
    assert deep.status == 405
    assert isinstance(tool.sandbox, GitLabSandbox)
