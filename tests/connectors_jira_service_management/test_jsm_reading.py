"""Reading service desks over HTTP: what is asked, what changed, what is gone, what is hidden."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from connectors.jira_service_management import lanes
from connectors.sdk.errors import CursorExpired, NotVisible, Unexpected
from connectors.sdk.records import (
    Approval,
    Change,
    Comment,
    Custom,
    Person,
    Project,
    Task,
    Worklog,
)
from connectors.sdk.sandbox import Reply, Request
from tests.conformance.world import ago
from tests.connectors_jira_service_management.conftest import Desk, Open, company


def titles(read: Any) -> set[str]:
    """Titles of the requests that were read."""
    return {task.title for task in read.of(Task).values()}


# -- what is read ----------------------------------------------------------------------------------


def test_what_the_desk_holds_is_what_is_read(desk: Desk) -> None:
    read = desk.read()
    kinds = {kind for kind, _ in read.records}
    for kind in kinds:
        assert read.of(kind) == {each.id: each for each in desk.sandbox.world.all(kind)}
    assert {kind.__name__ for kind in kinds} == {
        "Project", "Person", "Task", "Link", "Comment", "Worklog", "Change", "SlaCycle", "Approval",
    }  # fmt: skip


def test_only_service_projects_are_read(desk: Desk) -> None:
    """A site's other projects are the business of the connector `jira`."""
    desk.sandbox.software.add(desk.native(Project, "hr"))
    read = desk.read()
    hr = desk.native(Project, "hr")
    assert hr not in read.of(Project)
    assert hr not in {task.project_id for task in read.of(Task).values()}
    desk.clock.sleep(3600)
    desk.sandbox.world.edit(desk.native(Task, "r4"), title="Elsewhere")
    desk.sandbox.world.edit(desk.native(Task, "r3"), title="Here")
    assert titles(desk.read(read.cursors)) == {"Here"}
    questions = desk.questions(lambda: desk.turn("tasks", read.cursors))
    assert questions
    assert all(each.startswith("projectType = service_desk AND ") for each in questions)


@pytest.mark.parametrize("named", ["HELP", "IT help"])
def test_service_desks_are_chosen_by_key_or_name(desk: Desk, named: str) -> None:
    connector = desk.with_options(service_desks=(named,))
    help_desk = desk.native(Project, "help")
    assert [scope.id for scope in connector.scopes()] == [help_desk]
    read = desk.read(connector=connector)
    assert {task.project_id for task in read.of(Task).values()} == {help_desk}
    desk.clock.sleep(3600)
    for task in ("r3", "r4"):
        desk.sandbox.world.edit(desk.native(Task, task), title="Changed")
    read = desk.read(read.cursors, connector=connector)
    assert set(read.of(Task)) == {desk.native(Task, "r3")}


def test_a_service_desk_that_is_not_seen_is_said_and_the_others_are_read(desk: Desk) -> None:
    connector = desk.with_options(service_desks=("HELP", "LEGAL"))
    [warning] = connector.check().warnings
    assert "LEGAL" in warning
    for cursors in (None, desk.turn("tasks", connector=connector, patient=True).cursors):
        read = desk.turn("tasks", cursors, connector=connector, patient=True)
        assert [type(error) for error in read.errors] == [NotVisible]
        assert read.errors[0].scope == "LEGAL"
    assert desk.turn("tasks", connector=connector, patient=True).of(Task)


def test_when_no_chosen_desk_is_left_nothing_is_asked_and_nothing_gone(desk: Desk) -> None:
    connector = desk.with_options(service_desks=("HELP",))
    read = desk.turn("tasks", connector=connector)
    desk.sandbox.hidden.add(desk.native(Project, "help"))
    read = desk.turn("tasks", read.cursors, connector=connector, patient=True)
    assert [type(error) for error in read.errors] == [NotVisible]
    assert not read.records
    with pytest.raises(NotVisible):
        list(connector.pull("tasks", "", read.cursors["tasks"][""]))


def test_comments_say_whether_the_customer_sees_them(desk: Desk) -> None:
    told = {each.text: each.public for each in desk.turn("tasks").of(Comment).values()}
    assert told == {"It is ordered.": True, "Too dear?": False}


def test_long_conversations_and_many_work_logs_are_read_whole(desk: Desk) -> None:
    task = desk.native(Task, "r3")
    for number in range(25):
        desk.sandbox.world.put(
            Comment(id=f"5{number:03}", task_id=task, text=f"{number}", at=ago(1),
                    updated_at=ago(1), public=False)
        )  # fmt: skip
        desk.sandbox.world.put(
            Worklog(id=f"6{number:03}", task_id=task, minutes=5, on=date(2026, 11, 19),
                    started_at=ago(1), updated_at=ago(1))
        )  # fmt: skip
    read = desk.turn("tasks")
    for kind in (Comment, Worklog):
        assert len([each for each in read.of(kind).values() if each.task_id == task]) == 25


def test_organizations_come_page_by_page(open_desk: Open) -> None:
    groups = [Person(id=f"org-{number}", name=f"Customer {number}", kind="group")
              for number in range(4)]  # fmt: skip
    desk = open_desk([*company(), *groups], page_size=2)
    people = desk.turn("people").of(Person).values()
    names = {each.name for each in people if each.kind == "group"}
    assert names == {"Acme Bakeries", *(f"Customer {number}" for number in range(4))}


# -- what changed ----------------------------------------------------------------------------------


def test_a_change_costs_a_handful_of_requests(desk: Desk) -> None:
    read = desk.read()
    desk.clock.sleep(600)
    desk.sandbox.world.edit(desk.native(Task, "r3"), title="Unpack both")
    asked = desk.requests(lambda: desk.turn("tasks", read.cursors))
    rest = "/rest/api/3/"
    assert [each.removeprefix(rest) for each in asked] == [
        "search/jql", "field", "field/search", "status", "search/jql", "changelog/bulkfetch",
    ]  # fmt: skip


def test_history_comes_with_the_request(desk: Desk) -> None:
    read = desk.turn("tasks")
    desk.clock.sleep(600)
    task = desk.native(Task, "r3")
    desk.sandbox.world.edit(task, status="done", status_label="Resolved")
    desk.sandbox.world.edit(task, due_on=date(2026, 12, 1))
    read = desk.turn("tasks", read.cursors)
    told = {(each.field, each.old, each.new) for each in read.of(Change).values()}
    assert told == {("status", "todo", "done"), ("due_on", None, "2026-12-01")}


def test_approvals_are_asked_for_changed_requests_alone(desk: Desk) -> None:
    read = desk.turn("approvals")
    assert len(read.of(Approval)) == 2
    desk.clock.sleep(3600)
    read = desk.turn("approvals", read.cursors)
    pending = read.of(Approval)
    assert not pending
    held = desk.sandbox.world.get(Approval, desk.native(Approval, "a1"))
    assert held is not None
    decided = replace(held, decision="approved", decision_label="approved",
                      decided_at=desk.clock.now())  # fmt: skip
    desk.sandbox.world.put(decided)
    desk.sandbox.world.edit(held.task_id, status="in_progress", status_label="In progress")
    desk.sandbox.log.clear()
    read = desk.turn("approvals", read.cursors)
    assert read.of(Approval) == {held.id: decided}
    asked = [each.path for each in desk.sandbox.log if each.path.endswith("/approval")]
    assert asked == [f"/rest/servicedeskapi/request/{held.task_id}/approval"]


def test_an_issue_without_a_request_type_is_not_asked_for_approvals(desk: Desk) -> None:
    subtask = desk.native(Task, "r3")
    asked = desk.requests(lambda: desk.turn("approvals"))
    assert f"/rest/servicedeskapi/request/{subtask}/approval" not in asked
    assert subtask in desk.turn("approvals").ids("approvals")


def test_where_the_request_type_is_not_seen_every_issue_is_asked(desk: Desk) -> None:
    desk.alter("/field", lambda fields: [each for each in fields if "Request" not in each["name"]])
    connector = desk.connect()
    connector.client.more_fields = list  # type: ignore[attr-defined]
    read = desk.turn("approvals", connector=connector)
    assert len(read.of(Approval)) == 2
    assert desk.native(Task, "r3") not in read.ids("approvals")


def test_what_the_search_learns_late_is_read_by_the_sweep(desk: Desk) -> None:
    read = desk.turn("tasks")
    task = desk.native(Task, "r4")
    desk.clock.sleep(600)
    desk.sandbox.world.edit(task, title="Late")
    desk.sandbox.unfound.add(task)
    for _ in range(3):
        desk.clock.sleep(1800)
        read = desk.turn("tasks", read.cursors)
        assert "Late" not in titles(read)
    desk.sandbox.unfound.clear()
    desk.clock.sleep(6 * 3600)
    assert "Late" in titles(desk.turn("tasks", read.cursors))


def test_the_window_is_asked_in_milliseconds_and_overlaps(desk: Desk) -> None:
    read = desk.turn("tasks")
    begun = lanes.ms(desk.clock.now())
    desk.clock.sleep(600)
    desk.sandbox.log.clear()
    desk.turn("tasks", read.cursors)
    [asked] = [each.json()["jql"] for each in desk.sandbox.log]
    assert f"updated >= {begun - 300_000} OR" in asked


def test_a_large_desk_is_read_in_windows(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "LANE_ISSUES", 1)
    monkeypatch.setattr("connectors.jira_service_management.connector.LANE_ISSUES", 1)
    plan = desk.connect().lanes("tasks", {})
    assert len(plan.lanes) > 3
    read = desk.turn("tasks")
    assert len(read.of(Task)) == 4
    assert set(read.cursors["tasks"]) == {""}


def test_a_damaged_cursor_starts_the_lane_anew(desk: Desk) -> None:
    with pytest.raises(CursorExpired):
        list(desk.connect().pull("tasks", "", {"updated_ms": "soon", "swept_ms": "0"}))


# -- what is gone or hidden ------------------------------------------------------------------------


@pytest.mark.parametrize("stream", ["tasks", "approvals"])
def test_a_deleted_request_is_missed_by_the_census(desk: Desk, stream: str) -> None:
    help_desk, gone = desk.native(Project, "help"), desk.native(Task, "r3")
    before = {id_ for batch in desk.connect().census(stream, help_desk) for id_ in batch}
    desk.sandbox.world.remove(Task, gone)
    connector = desk.connect()
    after = {id_ for batch in connector.census(stream, help_desk) for id_ in batch}
    assert before - after == {gone}
    assert connector.confirm(stream, [gone]) == {gone: "unknown"}
    assert connector.count(stream, help_desk) == len(after)


def test_a_moved_request_is_still_there(desk: Desk) -> None:
    task = desk.native(Task, "r3")
    read = desk.turn("tasks")
    desk.clock.sleep(600)
    desk.sandbox.world.edit(task, project_id=desk.native(Project, "hr"), key="HR-9")
    assert desk.connect().confirm("tasks", [task]) == {task: None}
    moved = desk.turn("tasks", read.cursors).of(Task)[task]
    assert (moved.key, moved.project_id) == ("HR-9", desk.native(Project, "hr"))


@pytest.mark.parametrize("stream", ["tasks", "approvals"])
def test_a_request_that_moved_to_a_desk_that_is_not_read_is_gone_from_here(
    desk: Desk, stream: str
) -> None:
    moved, stays = desk.native(Task, "r3"), desk.native(Task, "r1")
    desk.sandbox.world.edit(moved, project_id=desk.native(Project, "hr"), key="HR-9")
    connector = desk.with_options(service_desks=["HELP"])
    assert connector.confirm(stream, [moved, stays]) == {moved: "moved", stays: None}
    no_desk = {"id": moved, "fields": {"project": {"id": "999"}}}  # a software project
    desk.answer("/issue/bulkfetch", Reply.of({"issues": [no_desk], "issueErrors": []}))
    assert desk.connect().confirm(stream, [moved]) == {moved: "moved"}


@pytest.mark.parametrize("stream", ["tasks", "approvals"])
def test_an_archived_desk_is_no_empty_desk(desk: Desk, stream: str) -> None:
    old = desk.native(Project, "old")
    assert {scope.id: scope.state for scope in desk.connect().scopes()}[old] == "archived"
    with pytest.raises(NotVisible, match="archived") as refused:
        list(desk.connect().census(stream, old))
    assert refused.value.scope == old


def test_a_hidden_desk_is_no_empty_desk(desk: Desk) -> None:
    help_desk = desk.native(Project, "help")
    desk.sandbox.hidden.add(help_desk)
    with pytest.raises(NotVisible) as refused:
        list(desk.connect().census("tasks", help_desk))
    assert refused.value.scope == help_desk


def test_a_request_whose_approvals_are_refused_is_unread_and_the_others_are_read(
    desk: Desk,
) -> None:
    reserved = desk.native(Task, "r1")
    desk.sandbox.reserved.add(reserved)
    connector = desk.connect()
    unread: list[tuple[str, str]] = []
    read: set[str] = set()
    for lane in connector.lanes("approvals", {}).lanes:
        for page in connector.pull("approvals", lane.name, None):
            unread += page.unread
            read |= {item.id for item in page.items}
    assert [id_ for id_, _ in unread] == [reserved]
    assert read == {desk.native(Task, each) for each in ("r2", "r3", "r4")}


def test_a_request_whose_approvals_are_refused_is_read_itself(desk: Desk) -> None:
    desk.sandbox.reserved.add(desk.native(Task, "r1"))
    assert desk.native(Task, "r1") in desk.turn("tasks").of(Task)


def test_a_list_that_ignores_where_it_should_start_is_found_out(desk: Desk) -> None:
    for number in range(3):
        desk.sandbox.world.put(
            Person(id=f"organization:9{number}", name=f"More {number}", kind="group")
        )

    def first_page(request: Request) -> Reply | None:
        if not request.path.endswith("/organization"):
            return None
        anew = Request(request.method, request.path, {}, request.headers)
        return desk.sandbox.handle(anew)

    desk.sandbox.interfere = first_page
    with pytest.raises(Unexpected, match="circle"):
        desk.turn("people")


def test_custom_fields_are_told_by_id_and_name(desk: Desk) -> None:
    [custom] = [each.custom for each in desk.turn("tasks").of(Task).values() if each.custom]
    assert {(each.name, each.value) for each in custom} == {
        ("Request participants", ("bob",)), ("Cost", 1250.5),
    }  # fmt: skip
    assert all(isinstance(each, Custom) and each.id.startswith("customfield_") for each in custom)


def test_the_account_the_site_and_its_clock(desk: Desk) -> None:
    identity = desk.connect().check()
    assert (identity.account, identity.site) == ("PMO reader", desk.url)
    assert identity.version == "5.12.0"
    assert identity.time_zone == "Etc/UTC"
    assert identity.server_time == desk.clock.now()
    assert [scope.name for scope in identity.scopes] == ["IT help", "People desk", "Old desk"]
    assert identity.warnings == []
    assert desk.clock.now() - identity.server_time < timedelta(seconds=1)
