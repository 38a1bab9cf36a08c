"""How the connector reads: first, later, resumed; what it asks, and how often."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import orjson
import pytest

from connectors.jira import tasks
from connectors.jira.connector import Jira
from connectors.jira.sandbox_load import bulk
from connectors.sdk.contract import Lane
from connectors.sdk.errors import CursorExpired, NotVisible, Refused, Unexpected
from connectors.sdk.records import Change, Comment, Milestone, Project, Sprint, Task, Worklog
from connectors.sdk.sandbox import Reply, Request


def paths(requests: list[Request]) -> list[str]:
    return [each.path.rpartition("/rest/")[2] for each in requests]


def load(make: Any, clock: Any, count: int, **options: Any) -> Any:
    return make(records=bulk(count, seed=3, now=clock.at), **options)


def test_check_says_who_and_what(site: Any, clock: Any) -> None:
    identity = site.jira.check()
    assert (identity.account, identity.site) == ("PMO reader", "https://jira.example.com")
    assert identity.server_time == clock.at
    assert {each.name: each.state for each in identity.scopes} == {
        "Website": "active", "Operations": "active", "Old works": "archived",
        "Thrown away": "trashed",
    }  # fmt: skip
    assert not identity.warnings


@pytest.mark.parametrize("deployment", ["cloud", "data_center"])
def test_the_wrong_deployment_is_named(make: Any, deployment: str) -> None:
    other = "cloud" if deployment == "data_center" else "data_center"
    site = make(deployment=deployment, options={"deployment": other, "email": None})
    credential = site.sandbox.options("")
    site.sandbox._is_signed_in = lambda _: credential is not None
    with pytest.raises(Refused) as refusal:
        site.jira.check()
    assert f"deployment: {deployment}" in refusal.value.remedy


@pytest.mark.parametrize("stream", list(Jira.streams))
def test_a_wrong_token_is_refused_everywhere(make: Any, stream: str) -> None:
    site = make(options={"token": "wrong"})
    with pytest.raises(Refused) as refusal:
        site.jira.check()
    assert "token" in refusal.value.message
    assert "email" in refusal.value.remedy
    errors: list[Exception] = []
    try:
        errors += site.turn(stream).errors
    except Refused as error:
        errors.append(error)
    assert [type(each) for each in errors] == [Refused]


def test_nothing_visible_is_checked_against_nobody_signed_in(make: Any) -> None:
    """Jira may answer 200 with nothing in it to who is not signed in."""
    site = make()
    jira = site.jira
    empty = Reply.of({"values": [], "isLast": True, "total": 0})
    site.sandbox.interfere = lambda request: (
        empty if request.path.endswith("/project/search") else None
    )
    assert next(iter(jira.pull("projects", "", None))).items == []
    site.sandbox.interfere = lambda request: (
        empty
        if request.path.endswith("/project/search")
        else Reply.of({"errorMessages": ["no"]}, 401)
    )
    with pytest.raises(Refused):
        list(jira.pull("projects", "", None))


def test_a_sign_in_that_failed_is_no_empty_success(site: Any) -> None:
    nothing = Reply.of(
        {"issues": [], "isLast": True}, 200, X_Seraph_LoginReason="AUTHENTICATED_FAILED"
    )
    site.sandbox.interfere = lambda request: nothing if "search/jql" in request.path else None
    with pytest.raises(Refused):
        list(site.jira.pull("tasks", "", {"updated_ms": "1", "swept_ms": "1"}))


def test_the_first_read_asks_in_bulk(make: Any, clock: Any) -> None:
    site = load(make, clock, 1000)
    turn = site.turn("tasks")
    assert len(turn.items["tasks"]) == 1000
    asked = paths(turn.asked)
    assert asked.count("api/3/search/jql") == 10  # 2 pages for each of 5 projects
    assert asked.count("api/3/changelog/bulkfetch") == 5
    assert len(asked) == 10 + 5 + 1 + 3  # the roster; fields, more fields, statuses
    body = orjson.loads(next(each for each in turn.asked if "jql" in each.path).body)
    assert "summary" in body["fields"]
    assert "*all" not in body["fields"]


def test_a_large_project_is_cut_into_windows(
    make: Any, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "LANE_ISSUES", 40)
    site = load(make, clock, 500)
    plan = site.jira.lanes("tasks", {})
    assert len(plan.lanes) >= 10
    assert all(lane.full and lane.scope for lane in plan.lanes)
    told = [item.id for item in site.items("tasks")]
    assert len(set(told)) == 500
    assert len(told) == 500  # windows do not overlap
    assert list(site.kept.cursors["tasks"]) == [""]


def test_windows_are_open_at_both_ends_and_stay_put(clock: Any) -> None:
    first = clock.at - timedelta(days=400)
    lanes = tasks.windows("7", 9000, first, clock.at)
    clauses = [tasks.clause_of(lane.name) for lane in lanes]
    assert clauses[0].count("created") == clauses[-1].count("created") == 1
    assert "created <" in clauses[0]
    assert "created >=" in clauses[-1]
    later = tasks.windows("7", 9010, first, clock.at + timedelta(hours=3))
    assert [lane.name for lane in later[:-1]] == [lane.name for lane in lanes[:-1]]
    assert tasks.windows("7", 9, first, clock.at) == [Lane("7:-", scope="7")]


def test_nothing_new_costs_one_question(site: Any, clock: Any) -> None:
    for stream in Jira.streams:
        site.turn(stream)
    clock.pass_by(minutes=30)
    assert paths(site.turn("tasks").asked) == ["api/3/search/jql"]
    assert paths(site.turn("projects").asked) == ["api/3/project/search"]
    assert paths(site.turn("worklogs").asked) == [
        "api/3/worklog/updated", "api/3/worklog/deleted",
    ]  # fmt: skip


@pytest.mark.parametrize("options", [{}, {"projects": ["WEB", "OPS"]}])
def test_versions_and_boards_are_read_again_after_a_while(
    make: Any, clock: Any, options: dict[str, Any]
) -> None:
    """They have no "changed since": all are read, or none while all have been read of late."""
    site = make(options=options)
    for stream, kind in (("milestones", Milestone), ("sprints", Sprint)):
        whole = set(site.turn(stream).of(kind))
        assert whole
        assert not site.turn(stream).items[stream]
        clock.pass_by(minutes=31)
        assert set(site.turn(stream).of(kind)) == whole
    site.turn("milestones")
    site.kept.cursors["milestones"].popitem()
    assert len(site.turn("milestones").of(Milestone)) == 3


def test_what_changed_is_read_and_then_is_no_news(site: Any, clock: Any) -> None:
    site.turn("tasks")
    clock.pass_by(hours=1)
    id_ = site.native(Task, "o1")
    site.sandbox.world.edit(id_, status="done", status_label="Done")
    turn = site.turn("tasks")
    assert list(turn.items["tasks"]) == [id_]
    [task] = turn.of(Task).values()
    assert task.status == "done"
    clock.pass_by(minutes=1)
    again = site.turn("tasks")
    assert not again.items["tasks"]
    assert len(again.asked) == 1


def test_an_edit_within_the_overlap_is_not_lost(site: Any, clock: Any) -> None:
    site.turn("tasks")
    clock.pass_by(hours=1)
    first, second = site.native(Task, "o1"), site.native(Task, "o2")
    site.sandbox.world.edit(first, title="One")
    site.turn("tasks")
    # The search finds the second one late: its time lies before that of the last read.
    site.sandbox.world.edit(second, title="Two", at=clock.at - timedelta(seconds=20))
    clock.pass_by(seconds=30)
    assert second in site.turn("tasks").items["tasks"]


def test_the_last_hours_are_swept_now_and_then(site: Any, clock: Any) -> None:
    site.turn("tasks")
    clock.pass_by(hours=1)
    id_ = site.native(Task, "o1")
    site.sandbox.unfound = {id_}
    site.sandbox.world.edit(id_, title="Found late")
    clock.pass_by(hours=1)
    site.turn("tasks")
    clock.pass_by(hours=1)
    site.sandbox.unfound = set()
    assert not site.turn("tasks").items["tasks"]  # it lies behind the overlap …
    clock.pass_by(hours=5)
    assert list(site.turn("tasks").items["tasks"]) == [id_]  # … and within the sweep
    clock.pass_by(minutes=10)
    assert not site.turn("tasks").items["tasks"]


def test_a_future_update_does_not_carry_the_cursor_away(site: Any, clock: Any) -> None:
    site.turn("tasks")
    clock.pass_by(hours=1)
    odd, plain = site.native(Task, "o1"), site.native(Task, "o2")
    site.sandbox.world.edit(odd, title="From 2999", at=clock.at.replace(year=2999))
    site.turn("tasks")
    assert int(site.kept.cursors["tasks"][""]["updated_ms"]) <= clock.at.timestamp() * 1000
    clock.pass_by(hours=1)
    site.sandbox.world.edit(plain, title="Today")
    assert plain in site.turn("tasks").items["tasks"]


@pytest.mark.parametrize("deployment", ["cloud", "data_center"])
def test_a_read_that_is_cut_after_any_page_goes_on(make: Any, clock: Any, deployment: str) -> None:
    whole = set(load(make, clock, 60, deployment=deployment).turn("tasks").items["tasks"])
    for cut in range(1, 16):
        site = load(make, clock, 60, deployment=deployment, page_size=7)
        first = site.turn("tasks", stop_after=cut)
        rest = site.turn("tasks")
        assert first.pages["tasks"] == cut
        assert set(first.items["tasks"]) | set(rest.items["tasks"]) == whole
        assert not rest.errors


def test_a_later_read_that_is_cut_goes_on(make: Any, clock: Any) -> None:
    site = load(make, clock, 60, page_size=10)
    site.turn("tasks")
    clock.pass_by(hours=1)
    edited = set()
    for position, task in enumerate(site.sandbox.world.all(Task)):
        if position % 2:
            clock.pass_by(milliseconds=7)
            edited.add(site.sandbox.world.edit(task.id, title="New").id)
    first = site.turn("tasks", stop_after=1)
    assert len(first.items["tasks"]) == 10
    assert edited <= {*first.items["tasks"], *site.turn("tasks").items["tasks"]}


def test_a_first_read_over_two_turns_forgets_no_edit(make: Any, clock: Any) -> None:
    site = load(make, clock, 60, page_size=10)
    first = site.turn("tasks", stop_after=1)
    clock.pass_by(hours=1)
    early = next(iter(first.items["tasks"]))
    site.sandbox.world.edit(early, title="Edited between the turns")
    site.turn("tasks")
    clock.pass_by(hours=1)
    assert early in site.turn("tasks").items["tasks"]


@pytest.mark.parametrize("date", ["", "yesterday", "Mon, 02 Mar 2026 12:00:00 -0000"])
def test_the_tools_clock_is_found_without_a_good_date(site: Any, clock: Any, date: str) -> None:
    """A proxy may strip or spoil the header: then Jira is asked for its time."""
    answers = site.sandbox.handle

    def undated(request: Request) -> Reply:
        reply = answers(request)
        return Reply(reply.status, reply.body, {**reply.headers, "Date": date})

    site.sandbox.interfere = undated
    site.turn("tasks")
    expected = clock.at - tasks.OVERLAP
    assert int(site.kept.cursors["tasks"][""]["updated_ms"]) == tasks.ms(expected)


def test_a_damaged_cursor_starts_the_lane_anew(site: Any) -> None:
    with pytest.raises(CursorExpired):
        list(site.jira.pull("tasks", "", {"updated_ms": "soon"}))


def test_a_hidden_project_fails_in_its_own_lane(make: Any, clock: Any) -> None:
    site = make(options={"projects": ["WEB", "OPS"]})
    site.sandbox.hidden = {site.native(Project, "ops")}
    turn = site.turn("tasks")
    assert {each.project_id for each in turn.of(Task).values()} == {site.native(Project, "web")}
    [error] = turn.errors
    assert isinstance(error, NotVisible)
    assert error.scope == "OPS"
    assert "OPS" in error.message
    clock.pass_by(hours=1)
    site.sandbox.world.edit(site.native(Task, "s1"), title="Still read")
    again = site.turn("tasks")
    assert site.native(Task, "s1") in again.items["tasks"]  # though the first read never was whole
    assert [each.scope for each in again.errors] == ["OPS"]
    assert any("OPS" in warning for warning in site.jira.check().warnings)


def test_a_project_hidden_later_stops_nothing(make: Any, clock: Any) -> None:
    site = make(options={"projects": ["WEB", "OPS"]})
    site.turn("tasks")
    assert list(site.kept.cursors["tasks"]) == [""]
    site.sandbox.hidden = {site.native(Project, "ops")}
    clock.pass_by(hours=1)
    site.sandbox.world.edit(site.native(Task, "s1"), title="Still read")
    turn = site.turn("tasks")
    assert list(turn.items["tasks"]) == [site.native(Task, "s1")]
    assert [each.scope for each in turn.errors] == ["OPS"]


def test_no_project_that_matches_is_a_hidden_one(make: Any) -> None:
    """Jira says 404, not an empty list, where no project matches at all."""
    site = make(options={"projects": ["TYPO"]})
    nothing = Reply.of({"errorMessages": ["No project could be found."]}, 404)
    site.sandbox.interfere = lambda request: (
        nothing if request.path.endswith("/project/search") else None
    )
    assert "project TYPO" in site.jira.check().warnings[0]
    for stream in ("projects", "milestones", "sprints", "tasks", "worklogs"):
        errors = [str(each) for each in site.turn(stream).errors]
        assert any("project TYPO" in each for each in errors), (stream, errors)


@pytest.mark.parametrize("stream", ["projects", "milestones", "sprints", "worklogs"])
def test_only_configured_projects_count(make: Any, stream: str) -> None:
    site = make(options={"projects": ["OPS"]})
    ops = site.native(Project, "ops")
    turn = site.turn(stream)
    if stream == "worklogs":
        assert {each.task_id for each in turn.of(Worklog).values()} == {site.native(Task, "o1")}
    else:
        assert {
            each.project_id for each in (*turn.of(Milestone).values(), *turn.of(Sprint).values())
        } <= {ops}
        assert set(turn.of(Project)) <= {ops}


def test_census_confirm_and_count(site: Any) -> None:
    jira, ops = site.jira, site.native(Project, "ops")
    first, second = site.native(Task, "o1"), site.native(Task, "o2")
    assert sorted(id_ for ids in jira.census("tasks", ops) for id_ in ids) == sorted(
        [first, second]
    )
    assert jira.count("tasks", ops) == 2
    site.sandbox.world.remove(Task, first)
    assert [id_ for ids in jira.census("tasks", ops) for id_ in ids] == [second]
    assert jira.confirm("tasks", [first, second]) == {first: "unknown", second: None}


def test_a_moved_issue_is_still_there(site: Any, clock: Any) -> None:
    site.turn("tasks")
    clock.pass_by(hours=1)
    id_, web = site.native(Task, "o1"), site.native(Project, "web")
    site.sandbox.world.edit(id_, project_id=web, key="WEB-99")
    assert site.jira.confirm("tasks", [id_]) == {id_: None}
    turn = site.turn("tasks")
    assert turn.items["tasks"][id_].scope == web
    [task] = turn.of(Task).values()
    assert task.key == "WEB-99"


@pytest.mark.parametrize("deployment", ["cloud", "data_center"])
def test_an_issue_that_moved_to_a_project_that_is_not_read_is_gone_from_here(
    make: Any, deployment: str
) -> None:
    site = make(deployment=deployment, options={"projects": ["OPS"]})
    moved, stays = site.native(Task, "o1"), site.native(Task, "o2")
    site.sandbox.world.edit(moved, project_id=site.native(Project, "web"), key="WEB-99")
    assert site.jira.confirm("tasks", [moved, stays]) == {moved: "moved", stays: None}


def test_a_census_of_what_cannot_be_seen_is_no_empty_list(site: Any) -> None:
    for project in ("ops", "old", "bin"):
        site.sandbox.hidden = {site.native(Project, "ops")}
        with pytest.raises(NotVisible):
            list(site.jira.census("tasks", site.native(Project, project)))


def test_comments_beyond_those_shown_are_fetched(make: Any, clock: Any) -> None:
    records = bulk(5, seed=1, now=clock.at)
    task = next(each for each in records if isinstance(each, Task))
    records += [
        Comment(id=str(9000 + n), task_id=task.id, text=f"No. {n}", at=clock.at - timedelta(days=n))
        for n in range(130)
    ]
    turn = make(records=records).turn("tasks")
    found = [each for each in turn.of(Comment).values() if each.text.startswith("No.")]
    assert len(found) == 130
    assert sum("/comment" in each.path for each in turn.asked) == 2


def test_worklogs_come_and_go_by_the_feeds(site: Any, clock: Any) -> None:
    assert len(site.turn("worklogs").of(Worklog)) == 2
    clock.pass_by(hours=1)
    booked = site.native(Worklog, "w1")
    site.sandbox.world.remove(Worklog, booked)
    assert not site.turn("worklogs").gone  # the feed leaves out the last minute
    clock.pass_by(minutes=2)
    gone = site.turn("worklogs").gone
    assert [(each.id, each.stream, each.reason) for each in gone] == [
        (booked, "worklogs", "deleted")
    ]
    assert not site.turn("worklogs").gone


def test_a_worklog_that_is_listed_and_not_shown_is_counted(site: Any) -> None:
    site.sandbox.hidden = {site.native(Project, "ops")}
    turn = site.turn("worklogs")
    assert list(turn.unread) == [site.native(Worklog, "w2")]


@pytest.mark.parametrize("projects", [None, ["WEB", "OPS"]])
def test_time_booked_in_a_project_that_is_shown_later_is_read(
    make: Any, clock: Any, projects: Any
) -> None:
    """Its worklogs changed long ago, and the feeds have gone past them."""
    site = make(options={"projects": projects})
    late, first = site.native(Worklog, "w2"), site.native(Worklog, "w1")
    site.sandbox.hidden = {site.native(Project, "ops")}
    assert list(site.turn("worklogs").items["worklogs"]) == [first]
    site.sandbox.hidden = set()
    clock.pass_by(days=1)
    site.turn("worklogs")  # sees the project, and has all read again
    assert late in site.turn("worklogs").items["worklogs"]
    site.sandbox.world.remove(Worklog, first)
    clock.pass_by(hours=1)
    again = site.turn("worklogs")
    assert [each.id for each in again.gone] == [first]
    assert again.items.get("worklogs", {}) == {}


def test_a_thousand_worklogs_of_one_moment_are_an_error(make: Any, clock: Any) -> None:
    at = clock.at - timedelta(days=1)
    task = Task(id="1", key="WEB-1", title="x", project_id="9", created_at=at, updated_at=at)
    records: list[Any] = [Project(id="9", key="WEB", name="Web"), task]
    records += [
        Worklog(id=str(n), task_id="1", minutes=1, on=at.date(), updated_at=at)
        for n in range(1, 1502)
    ]
    site = make(records=records)
    with pytest.raises(Unexpected, match="one and the same moment"):
        raise site.turn("worklogs").errors[0]


def test_worklogs_in_pages_of_a_thousand_are_all_read(make: Any, clock: Any) -> None:
    at = clock.at - timedelta(days=1)
    task = Task(id="1", key="WEB-1", title="x", project_id="9", created_at=at, updated_at=at)
    records: list[Any] = [Project(id="9", key="WEB", name="Web"), task]
    records += [
        Worklog(id=str(n), task_id="1", minutes=1, on=at.date(),
                updated_at=at + timedelta(milliseconds=n))
        for n in range(1, 2502)
    ]  # fmt: skip
    turn = make(records=records).turn("worklogs")
    assert len(turn.items["worklogs"]) == 2501


def answering(path: str, *answers: Any) -> Any:
    """A fault that gives these answers in turn (the last one for ever) on one path."""
    held = list(answers)

    def fault(request: Request) -> Reply | None:
        if not request.path.endswith(path):
            return None
        return Reply.of(held.pop(0) if len(held) > 1 else held[0])

    return fault


ISSUE = {
    "id": "1",
    "key": "WEB-1",
    "fields": {"summary": "x", "created": "2026-01-01T00:00:00.000+0000"},
}


@pytest.mark.parametrize(
    "pages",
    [
        [{"issues": [ISSUE], "nextPageToken": "a"}],
        [{"issues": [], "nextPageToken": "a"}],
        [{"issues": [], "nextPageToken": str(n)} for n in range(6)],
        [{"issues": [ISSUE], "isLast": False}],
        [{"issues": "none"}],
        [{"nextPageToken": "a"}],
        [{"issues": [{"key": "no id"}]}],
        [["a list"]],
    ],
    ids=["same token", "same token, empty", "empty pages", "no way on", "no list", "no issues",
         "no id", "no object"],
)  # fmt: skip
def test_a_search_that_goes_wrong_never_ends_normally(site: Any, pages: list[Any]) -> None:
    jira = site.jira
    site.sandbox.interfere = answering("search/jql", *pages)
    with pytest.raises(Unexpected):
        list(jira.pull("tasks", f"{site.native(Project, 'web')}:-", None))


def test_empty_pages_with_more_behind_them_are_followed(site: Any) -> None:
    jira = site.jira
    empty = [{"issues": [], "nextPageToken": str(n)} for n in range(3)]
    site.sandbox.interfere = answering("search/jql", *empty, {"issues": [ISSUE]})
    pages = list(jira.pull("tasks", f"{site.native(Project, 'web')}:-", None))
    assert [item.id for page in pages for item in page.items] == ["1"]


def test_a_changelog_of_many_pages_is_read_to_its_end(
    make: Any, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.jira.cloud.HISTORIES", 7)
    site = load(make, clock, 40)
    turn = site.turn("tasks")
    expected = {each.id for each in site.sandbox.world.all(Change)}
    assert set(turn.of(Change)) == expected


def test_data_center_steps_back_when_issues_vanish_between_pages(make: Any, clock: Any) -> None:
    site = load(make, clock, 1300, deployment="data_center")
    world = site.sandbox.world
    seen: set[str] = set()
    jql = "project in (10001) ORDER BY created ASC, key ASC"
    for found in site.jira.api.search(jql, ["id"]):
        ids = [issue["id"] for issue in found.issues]
        if not seen:
            for id_ in ids[:5]:
                world.remove(Task, id_)
        seen.update(ids)
    assert {each.id for each in world.all(Task) if each.project_id == "10001"} <= seen
