"""How a workspace is read: first, later, cut, and while it changes."""

from __future__ import annotations

import dataclasses
from typing import Any

import msgspec
import pytest

from connectors.sdk.errors import Unavailable, Unexpected
from connectors.sdk.records import Approval, Comment, Milestone, Project, Task
from connectors.sdk.sandbox import Reply, Request
from tests.connectors_bitbucket.conftest import Open, Workspace


def listing(request: Request) -> bool:
    return request.path.endswith(("/pullrequests", "/issues"))


def test_all_states_of_pull_requests_are_asked_for_beside_a_filter_too(
    workspace: Workspace,
) -> None:
    read = workspace.turn("tasks")
    asked = workspace.asked(lambda: workspace.turn("tasks", read.cursors))
    pulls = [each for each in asked if each.path.endswith("/pullrequests")]
    assert len(pulls) == 3
    for each in pulls:
        assert each.query["state"] == ["OPEN", "MERGED", "DECLINED", "SUPERSEDED"]
        assert all(f'state="{state}"' in each.one("q") for state in each.query["state"])
    states = {each.status_label for each in read.of(Task).values() if "!" in each.id}
    assert {"OPEN", "MERGED"} <= states


def test_a_filter_is_an_instant_with_its_zone(workspace: Workspace) -> None:
    read = workspace.turn("tasks")
    asked = workspace.asked(lambda: workspace.turn("tasks", read.cursors))
    filters = [each.one("q") for each in asked if listing(each)]
    assert filters
    assert all("updated_on>=2026-11-20T14:58:00+00:00" in each for each in filters)


def test_pages_are_followed_by_their_link_as_it_is(open_workspace: Open) -> None:
    workspace = open_workspace(page_size=2)
    links: list[str] = []

    def opaque(request: Request) -> Reply:
        """Replaces the number of the page by a word that only the tool understands."""
        query = dict(request.query)
        if marks := query.pop("after", None):
            query = {**query, "page": [str(links.index(marks[0]) + 2)]}
        reply = workspace.sandbox.handle(dataclasses.replace(request, query=query))
        data = msgspec.json.decode(reply.body)
        if isinstance(data, dict) and "next" in data and request.path.endswith("/members"):
            links.append(f"mark-{len(links)}")
            data["next"] = f"{data['next'].split('?')[0]}?pagelen=100&after={links[-1]}"
            return Reply.of(data)
        return reply

    workspace.sandbox.interfere = opaque
    assert len(workspace.turn("people").ids("people")) == 8
    assert len(links) == 3


def test_an_empty_link_ends_a_list(workspace: Workspace) -> None:
    workspace.answering("/members", Reply.of({"values": [], "next": ""}))
    assert workspace.turn("people").ids("people") == set()


def test_lists_that_do_not_tell_their_size_are_read(open_workspace: Open) -> None:
    workspace = open_workspace(page_size=3)
    whole = workspace.turn("tasks").ids("tasks")
    workspace.sandbox.sized = False
    assert workspace.turn("tasks").ids("tasks") == whole
    scope = workspace.native(Project, "project-1")
    assert workspace.connect().count("tasks", scope) is None


def test_a_page_that_is_cut_down_silently_loses_nothing(
    open_workspace: Open, many_issues: Any
) -> None:
    workspace = open_workspace(many_issues(120), page_size=100)
    assert len(workspace.turn("tasks").ids("tasks")) == 120


def test_a_list_that_shrinks_while_it_is_read_is_read_again(
    open_workspace: Open, many_issues: Any
) -> None:
    workspace = open_workspace(many_issues(9), page_size=4)
    first = workspace.native(Task, "t1")

    def delete_on_the_way(request: Request) -> None:
        if request.path.endswith("/issues") and request.one("page") == "2":
            workspace.sandbox.world.remove(Task, first)

    workspace.sandbox.interfere = delete_on_the_way
    read = workspace.turn("tasks", patient=True)
    assert [type(error) for error in read.errors] == [Unavailable]
    again = workspace.turn("tasks", read.cursors)
    assert len(read.ids("tasks") | again.ids("tasks")) == 9


def test_a_first_read_that_was_cut_goes_on_where_it_was(
    open_workspace: Open, many_issues: Any
) -> None:
    workspace = open_workspace(many_issues(40), page_size=4)
    cut = workspace.turn("tasks", stop_after=6)  # one of pull requests, five of issues
    asked = workspace.asked(lambda: workspace.turn("tasks", cut.cursors))
    assert len([each for each in asked if each.path.endswith("/issues")]) == 6
    whole = cut.ids("tasks") | workspace.turn("tasks", cut.cursors).ids("tasks")
    assert len(whole) == 40


def test_what_changed_while_a_cut_read_rested_is_read_afterwards(
    open_workspace: Open, many_issues: Any
) -> None:
    workspace = open_workspace(many_issues(12), page_size=4)
    cut = workspace.turn("tasks", stop_after=2)
    workspace.clock.pass_by(hours=1)
    workspace.sandbox.world.edit(workspace.native(Task, "t1"), title="Meanwhile")
    workspace.clock.pass_by(hours=1)
    rest = workspace.turn("tasks", cut.cursors)
    last = workspace.turn("tasks", rest.cursors)
    titles = {each.title for read in (rest, last) for each in read.of(Task).values()}
    assert "Meanwhile" in titles


def test_an_issue_that_nobody_touched_costs_no_request_of_its_own(
    open_workspace: Open, many_issues: Any
) -> None:
    workspace = open_workspace(many_issues(3))
    asked = workspace.asked(lambda: workspace.turn("tasks"))
    assert not [each for each in asked if each.path.endswith(("/comments", "/changes"))]
    workspace.sandbox.world.put(
        Comment(id=f"{workspace.native(Task, 't1')}/9", task_id=workspace.native(Task, "t1"),
                text="Look.", at=workspace.clock.now())
    )  # fmt: skip
    assert len(workspace.turn("tasks").of(Comment)) == 1


def test_a_comment_moves_its_pull_request_into_the_next_turn(workspace: Workspace) -> None:
    read = workspace.turn("tasks")
    pull = workspace.pulls()[0].id
    workspace.clock.pass_by(hours=1)
    workspace.sandbox.world.put(
        Comment(id=f"{pull}/77", task_id=pull, text="Why?", at=workspace.clock.now())
    )
    assert f"{pull}/77" in workspace.turn("tasks", read.cursors).of(Comment)


def test_a_deleted_comment_is_no_more_in_its_pull_request(workspace: Workspace) -> None:
    pull = workspace.pulls()[0].id
    comment = Comment(id=f"{pull}/77", task_id=pull, text="Why?", at=workspace.clock.now())
    workspace.sandbox.world.put(comment)
    read = workspace.turn("tasks")
    assert read.of(Comment)[comment.id].text == "Why?"
    workspace.clock.pass_by(hours=1)
    workspace.sandbox.world.remove(Comment, comment.id)
    workspace.sandbox.world.edit(comment.task_id, title="Moved on")
    again = workspace.turn("tasks", read.cursors)
    assert comment.task_id in again.ids("tasks")
    assert comment.id not in again.of(Comment)


def test_open_pull_requests_are_read_again_every_six_hours(workspace: Workspace) -> None:
    """A task that is resolved, an approval, may move no date."""
    read = workspace.turn("tasks")
    pull = next(each for each in workspace.pulls() if each.status_label == "OPEN")
    part = next(
        each
        for each in workspace.sandbox.world.where(Task, "parent_id", pull.id)
        if each.status == "todo"
    )
    workspace.clock.pass_by(hours=1)
    workspace.sandbox.world.put(
        msgspec.structs.replace(part, status="done", status_label="RESOLVED")
    )
    who = next(iter(pull.assignee_ids))
    workspace.sandbox.world.put(
        Approval(id=f"{pull.id}/{who}", task_id=pull.id, approver_ids=(who,), decision="approved",
                 decision_label="approved", decided_at=workspace.clock.now())
    )  # fmt: skip
    read = workspace.turn("tasks", read.cursors)
    assert pull.id not in read.ids("tasks")
    workspace.clock.pass_by(hours=6)
    read = workspace.turn("tasks", read.cursors)  # the last that looks back at less
    read = workspace.turn("tasks", read.cursors)
    assert read.of(Task)[part.id].status == "done"
    assert read.of(Approval)[f"{pull.id}/{who}"].decision == "approved"
    assert {each.status_label for each in read.of(Task).values() if "!" in each.id} >= {"OPEN"}
    closed = [each.id for each in workspace.pulls() if each.status_label == "MERGED"]
    assert not read.ids("tasks") & set(closed)
    later = workspace.turn("tasks", read.cursors)
    assert pull.id not in later.ids("tasks")


def test_a_still_repository_is_looked_at_once_an_hour(workspace: Workspace) -> None:
    still = workspace.still_since("project-2", days=8)
    read = workspace.turn("tasks")
    workspace.clock.pass_by(minutes=30)
    asked = workspace.asked(lambda: workspace.turn("tasks", read.cursors))
    assert not [each for each in asked if still in each.path]
    assert len([each for each in asked if listing(each)]) == 4
    workspace.sandbox.world.edit(workspace.native(Task, "task-20"), title="Late remark")
    workspace.clock.pass_by(minutes=31)
    read = workspace.turn("tasks", read.cursors)
    assert "Late remark" in {each.title for each in read.of(Task).values()}


def test_a_repository_that_was_pushed_to_this_week_is_always_asked(workspace: Workspace) -> None:
    busy = workspace.still_since("project-2", days=6)
    read = workspace.turn("tasks")
    asked = workspace.asked(lambda: workspace.turn("tasks", read.cursors))
    assert [each for each in asked if busy in each.path]


def test_a_read_that_was_cut_goes_on_in_a_still_repository_too(workspace: Workspace) -> None:
    for project in ("project-1", "project-2", "project-3"):
        workspace.still_since(project, days=30)
    whole = workspace.turn("tasks")
    cut = workspace.turn("tasks", stop_after=2)
    rest = workspace.turn("tasks", cut.cursors)
    assert cut.ids("tasks") | rest.ids("tasks") == whole.ids("tasks")


def test_a_pull_request_that_vanishes_after_it_was_listed_stops_no_other(
    workspace: Workspace,
) -> None:
    pull = workspace.pulls()[0]
    number = pull.id.rpartition("!")[2]
    home = pull.project_id or ""
    workspace.answering(
        f"{home}/pullrequests/{number}/activity",
        Reply.of({"type": "error", "error": {"message": "gone"}}, 404),
    )
    connector = workspace.connect()
    lane = next(each for each in connector.lanes("tasks", {}).lanes if each.name.startswith("!"))
    pages = list(connector.pull("tasks", lane.name, None))
    unread = [id for page in pages for id, _ in page.unread]
    assert unread == [pull.id]
    assert pages[-1].cursor is not None


def test_the_whole_is_read_again_under_a_new_name(workspace: Workspace) -> None:
    read = workspace.turn("tasks")
    home = workspace.native(Project, "project-2")
    project = workspace.sandbox.world.get(Project, home)
    assert project is not None
    workspace.sandbox.world.put(msgspec.structs.replace(project, name="Renamed"))
    again = workspace.turn("tasks", read.cursors)
    mine = {id for id in read.ids("tasks") if id.startswith(home)}
    assert mine <= again.ids("tasks")
    keys = {each.key for each in again.of(Task).values() if each.project_id == home and each.key}
    assert all(key.startswith("acme/renamed") for key in keys)


def test_without_pull_requests_only_issues_are_read(open_workspace: Open) -> None:
    workspace = open_workspace(options={"pull_requests": False})
    read = workspace.turn("tasks")
    assert read.ids("tasks")
    assert all("#" in id for id in read.ids("tasks"))
    connector: Any = workspace.connect()
    assert Approval not in connector.provided
    assert "parent_id" not in connector.provided[Task]
    scope = workspace.native(Project, "project-1")
    listed = [id for batch in connector.census("tasks", scope) for id in batch]
    assert all("#" in id for id in listed)


def test_without_issues_only_pull_requests_are_read(open_workspace: Open) -> None:
    workspace = open_workspace(options={"issues": False})
    asked = workspace.asked(lambda: workspace.read())
    assert not [each for each in asked if "/issues" in each.path or "/milestones" in each.path]
    ids = workspace.turn("tasks").ids("tasks")
    assert ids
    assert all("!" in id for id in ids)
    connector: Any = workspace.connect()
    assert Milestone not in connector.provided
    assert not connector.provided[Task] & {"priority", "milestone_id", "custom"}
    assert connector.provided[Task] >= {"status", "parent_id"}


@pytest.mark.parametrize(
    "body",
    [
        {"values": [{"title": "no number"}]},
        {"values": [{"id": "7"}]},
        {"values": "none"},
        {"next": None},
    ],
)
def test_a_list_of_another_shape_is_our_error(workspace: Workspace, body: Any) -> None:
    workspace.answering("/pullrequests", Reply.of(body))
    with pytest.raises(Unexpected):
        workspace.turn("tasks")


def test_an_answer_without_a_date_is_our_error(workspace: Workspace) -> None:
    workspace.answering("/members", Reply(200, b'{"values":[]}', {"Date": "yesterday"}))
    with pytest.raises(Unexpected, match="no date"):
        workspace.turn("people")
