"""How the connector reads: cheaply, completely, and telling apart the ways in which work goes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import msgspec
import orjson
import pytest

from connectors.sdk.errors import CursorExpired, NotVisible, Refused, Unavailable, Unexpected
from connectors.sdk.records import (
    Column,
    Comment,
    Link,
    Membership,
    Person,
    Project,
    Record,
    StatusUpdate,
    Task,
    Worklog,
)
from connectors.sdk.sandbox import Reply, Request


def test_an_unchanged_project_costs_one_request(account: Any) -> None:
    first = account.turn("tasks")
    account.asked()
    second = account.turn("tasks", first.cursors)
    # The roster, and one look at the events of each project that is not archived.
    assert Counter(account.asked()) == {
        f"GET /workspaces/{account.config().workspaces[0]}/projects": 1,
        "GET /events": 2,
    }
    assert second.items["tasks"] == {}
    assert second.cursors["tasks"].keys() == first.cursors["tasks"].keys()


def test_the_sync_token_is_taken_before_the_tasks_are_read(account: Any) -> None:
    account.turn("tasks", {})
    asked = account.asked()
    assert asked.index("GET /events") < asked.index("GET /tasks")


def test_a_change_reads_that_task_and_its_stories_only(account: Any, clock: Any) -> None:
    first = account.turn("tasks")
    clock.pass_by(hours=1)
    id = account.native(Task, "t3")
    account.sandbox.world.edit(id, author_id=account.native(Person, "bo"), due_on=date(2026, 7, 1))
    account.asked()
    second = account.turn("tasks", first.cursors)
    assert list(second.items["tasks"]) == [id]
    assert second.records[Task, id].due_on == date(2026, 7, 1)
    assert Counter(account.asked())["POST /batch"] == 2
    (change,) = [each for (_, key), each in second.records.items() if key.startswith(f"{id}-due")]
    assert (change.field, change.new) == ("due_on", "2026-07-01")


def test_a_status_is_seen_in_the_section(account: Any, clock: Any) -> None:
    first = account.turn("tasks")
    clock.pass_by(hours=1)
    id = account.native(Task, "t3")
    account.sandbox.world.edit(id, status="in_progress")
    second = account.turn("tasks", first.cursors)
    assert second.records[Task, id].status == "in_progress"
    clock.pass_by(hours=1)
    account.sandbox.world.edit(id, status="done", completed_at=clock.now())
    third = account.turn("tasks", second.cursors)
    assert third.records[Task, id].status == "done"


def test_a_new_comment_reads_its_task_again(account: Any, clock: Any) -> None:
    first = account.turn("tasks")
    clock.pass_by(hours=1)
    task = account.native(Task, "t2a")
    account.sandbox.world.put(Comment(id="77", task_id=task, text="Done?", at=clock.now()))
    second = account.turn("tasks", first.cursors)
    assert list(second.items["tasks"]) == [task]
    assert second.records[Comment, "77"].text == "Done?"


def test_an_edited_comment_reads_its_task_again(account: Any, clock: Any) -> None:
    first = account.turn("tasks")
    story = account.native(Comment, "k1")
    event = {
        "action": "changed",
        "resource": {"gid": story, "resource_type": "story"},
        "parent": None,
    }
    second = _with_events(account, first, [event])
    assert account.native(Task, "t1") in second.items["tasks"]


def test_a_renamed_section_reads_its_tasks_again(account: Any) -> None:
    first = account.turn("tasks")
    section = next(each.id for each in account.sandbox.world.all(Column) if each.name == "Backlog")
    event = {"action": "changed", "resource": {"gid": section, "resource_type": "section"}}
    second = _with_events(account, first, [event])
    assert account.native(Task, "t3") in second.items["tasks"]


def test_a_deleted_task_is_gone_and_comes_back_when_restored(account: Any, clock: Any) -> None:
    first = account.turn("tasks")
    clock.pass_by(hours=1)
    id = account.native(Task, "t3")
    record = account.sandbox.world.get(Task, id)
    account.sandbox.world.remove(Task, id)
    second = account.turn("tasks", first.cursors)
    assert {each.id: each.reason for each in second.gone} == {id: "deleted"}
    clock.pass_by(hours=1)
    account.sandbox.world.put(record)
    third = account.turn("tasks", second.cursors)
    assert id in third.items["tasks"]
    assert third.gone == []


def test_deleted_and_restored_in_one_drain_is_still_there(account: Any, clock: Any) -> None:
    first = account.turn("tasks")
    clock.pass_by(hours=1)
    id = account.native(Task, "t3")
    events = [
        {"action": action, "resource": {"gid": id, "resource_type": "task"}}
        for action in ("changed", "deleted", "undeleted")
    ]
    second = _with_events(account, first, events)
    assert id in second.items["tasks"]
    assert second.gone == []


def test_a_task_that_leaves_all_read_projects_has_moved(
    open_account: Callable[..., Any], clock: Any
) -> None:
    probe = open_account()
    site, shop = probe.native(Project, "site"), probe.native(Project, "shop")
    account = open_account(projects=[site])
    id = account.native(Task, "t3")
    first = account.turn("tasks")
    clock.pass_by(hours=1)
    world = account.sandbox.world
    world.remove(Membership, f"project:{site}:{id}")
    world.put(msgspec.structs.replace(world.get(Task, id), project_id=shop))
    second = account.turn("tasks", first.cursors)
    assert {each.id: each.reason for each in second.gone} == {id: "moved"}
    assert account.connector.confirm("tasks", [id]) == {id: "moved"}


def test_a_task_that_changes_between_read_projects_is_not_gone(account: Any, clock: Any) -> None:
    site, shop = account.native(Project, "site"), account.native(Project, "shop")
    id = account.native(Task, "t3")
    first = account.turn("tasks")
    clock.pass_by(hours=1)
    world = account.sandbox.world
    world.remove(Membership, f"project:{site}:{id}")
    world.put(msgspec.structs.replace(world.get(Task, id), project_id=shop))
    second = account.turn("tasks", first.cursors)
    assert second.gone == []
    assert second.items["tasks"][id].scope == shop
    assert account.connector.confirm("tasks", [id]) == {id: None}


def test_a_shared_task_reads_alike_in_both_projects(account: Any) -> None:
    site, shop = account.native(Project, "site"), account.native(Project, "shop")
    id = account.native(Task, "t1")
    found = []
    for project in (site, shop):
        pages = account.connector.pull("tasks", project, None)
        found += [item for page in pages for item in page.items if item.id == id]
    assert found[0] == found[1]
    assert found[0].scope == site


def test_a_deep_subtask_counts_where_its_root_does(account: Any, clock: Any) -> None:
    first = account.turn("tasks")
    id = account.native(Task, "t2a")
    assert first.items["tasks"][id].scope == account.native(Project, "site")
    clock.pass_by(hours=1)
    account.sandbox.world.edit(id, title="Imprint and terms")
    second = account.turn("tasks", first.cursors)
    assert second.items["tasks"][id].scope == first.items["tasks"][id].scope
    assert second.records[Task, id].project_id == first.items["tasks"][id].scope


def test_an_expired_token_falls_back_to_what_was_modified(account: Any, clock: Any) -> None:
    first = account.turn("tasks")
    clock.pass_by(hours=1)
    root, deep = account.native(Task, "t3"), account.native(Task, "t2a")
    account.sandbox.world.edit(root, title="Launch party")
    account.sandbox.world.edit(deep, title="Imprint, again")
    clock.pass_by(hours=30)
    second = account.turn("tasks", first.cursors)
    # A subtask's change does not count as one of its parent: it is found all the same.
    assert {root, deep} <= set(second.items["tasks"])
    assert account.native(Task, "t1") not in second.items["tasks"]
    account.asked()
    third = account.turn("tasks", second.cursors)
    assert third.items["tasks"] == {}
    assert "GET /tasks" not in account.asked()


def test_once_a_day_tasks_are_polled_because_events_may_be_lost(account: Any, clock: Any) -> None:
    cursors = account.turn("tasks").cursors
    for _ in range(2):
        clock.pass_by(hours=9)
        cursors = account.turn("tasks", cursors).cursors
    account.asked()
    clock.pass_by(hours=9)
    account.turn("tasks", cursors)
    assert account.asked().count("GET /tasks") >= 2


def test_a_token_that_expires_inside_a_drain_loses_nothing(account: Any, clock: Any) -> None:
    first = account.turn("tasks")
    clock.pass_by(hours=1)
    ids = [account.native(Task, each) for each in ("t1", "t3")]
    for id in ids:
        account.sandbox.world.edit(id, description="Read me")
    answers = iter(
        [
            Reply.of({"data": [], "sync": "aa.1", "has_more": True}),
            Reply.of({"errors": [{"message": "too old"}], "sync": "0.7fffffff"}, 412),
        ]
    )
    account.sandbox.interfere = lambda request: next(answers, None) if _is_events(request) else None
    lane = account.native(Project, "site")
    account.lane("tasks", lane, first)
    assert all(first.records[Task, id].description == "Read me" for id in ids)


def test_more_than_a_hundred_events_are_drained(account: Any, clock: Any) -> None:
    first = account.turn("tasks")
    clock.pass_by(hours=1)
    id = account.native(Task, "t3")
    for n in range(230):
        account.sandbox.world.edit(id, title=f"Launch {n}")
        account.sandbox._log.note()
    account.asked()
    second = account.turn("tasks", first.cursors)
    assert second.records[Task, id].title == "Launch 229"
    assert account.asked().count("GET /events") == 2 + 2


def test_events_that_go_round_in_circles_end_in_an_error(account: Any) -> None:
    first = account.turn("tasks")
    project = account.native(Project, "site")
    sync = first.cursors["tasks"][project]["sync"]
    account.sandbox.interfere = lambda request: (
        Reply.of({"data": [], "sync": sync, "has_more": True}) if _is_events(request) else None
    )
    with pytest.raises(Unexpected, match="circles"):
        account.lane("tasks", project, first)


def test_pages_that_go_round_in_circles_end_in_an_error(account: Any) -> None:
    def circle(request: Request) -> Reply | None:
        page = {"offset": "again", "path": "", "uri": ""}
        row = {"gid": "1", "name": "Ada"}
        return Reply.of({"data": [row], "next_page": page}) if "users" in request.path else None

    account.sandbox.interfere = circle
    with pytest.raises(Unexpected, match="circles"):
        account.turn("people")


def test_empty_pages_with_more_are_followed_three_times(account: Any) -> None:
    served = []

    def empty(request: Request) -> Reply | None:
        if not request.path.endswith("/users"):
            return None
        served.append(request.one("offset"))
        page = {"offset": f"page{len(served)}", "path": "", "uri": ""}
        if len(served) == 4:
            return Reply.of({"data": [{"gid": "1", "name": "Ada"}], "next_page": None})
        return Reply.of({"data": [], "next_page": page})

    account.sandbox.interfere = empty
    assert list(account.turn("people").items["people"]) == ["1"]
    assert served == ["", "page1", "page2", "page3"]


def test_a_fourth_empty_page_with_more_ends_in_an_error(account: Any) -> None:
    numbers = iter(range(100))

    def empty(request: Request) -> Reply | None:
        if not request.path.endswith("/users"):
            return None
        page = {"offset": f"page{next(numbers)}", "path": "", "uri": ""}
        return Reply.of({"data": [], "next_page": page})

    account.sandbox.interfere = empty
    with pytest.raises(Unexpected):
        account.turn("people")
    assert next(numbers) == 4


def test_a_cut_first_read_resumes_at_its_page(open_account: Callable[..., Any]) -> None:
    account = open_account(page_size=2)
    project = account.native(Project, "site")
    whole = {i.id for p in account.connector.pull("tasks", project, None) for i in p.items}
    pages = list(account.connector.pull("tasks", project, None))
    for cut in range(1, len(pages)):
        seen = {item.id for page in pages[:cut] for item in page.items}
        cursor = next((p.cursor for p in reversed(pages[:cut]) if p.cursor), None)
        rest = list(account.connector.pull("tasks", project, cursor))
        assert seen | {item.id for page in rest for item in page.items} == whole
        assert "offset" not in (rest[-1].cursor or {})


def test_a_page_that_asana_forgot_begins_the_lane_again(open_account: Callable[..., Any]) -> None:
    account = open_account(page_size=2)
    project = account.native(Project, "site")
    cursor = {"sync": "0.7fffffff", "offset": "bm9uc2Vuc2U="}
    with pytest.raises(CursorExpired):
        list(account.connector.pull("tasks", project, cursor))


def test_a_page_that_fails_fails_the_read(open_account: Callable[..., Any]) -> None:
    account = open_account(page_size=2)
    account.sandbox.interfere = lambda request: (
        Reply.of({"errors": []}, 500) if request.one("offset") else None
    )
    with pytest.raises(Unavailable):
        list(account.connector.pull("tasks", account.native(Project, "site"), None))


def test_a_batch_that_fails_in_part_fails_the_read(account: Any) -> None:
    account.sandbox.interfere = _spoiled("/stories", 503)
    with pytest.raises(Unavailable):
        account.turn("tasks")


def test_a_task_that_may_not_be_read_is_counted_not_dropped(account: Any) -> None:
    account.sandbox.interfere = _spoiled("/stories", 403)
    read = account.turn("tasks")
    assert account.native(Task, "s1") in read.unread
    assert read.items["tasks"] == {}


@pytest.mark.parametrize("status", [403, 451])
def test_a_project_that_may_not_be_read_is_counted_not_dropped(
    account: Any, open_account: Any, status: int
) -> None:
    site = account.native(Project, "site")
    narrow = open_account(projects=[site])
    narrow.sandbox.interfere = _spoiled("/projects/", status)
    read = narrow.turn("projects")
    assert site in read.unread
    assert read.items["projects"] == {}


def test_a_hidden_project_concerns_its_own_lane_only(account: Any) -> None:
    first = account.turn("tasks")
    site, shop = account.native(Project, "site"), account.native(Project, "shop")
    account.sandbox.hidden.add(shop)
    with pytest.raises(NotVisible) as caught:
        account.lane("tasks", shop, first)
    assert caught.value.scope == shop
    assert "share" in caught.value.remedy
    account.lane("tasks", site, first)
    assert shop not in {scope.id for scope in account.connector.scopes()}
    assert account.connector.confirm("tasks", [account.native(Task, "s1")]) == {
        account.native(Task, "s1"): "access_lost"
    }


def test_the_census_lists_what_the_pull_reads(account: Any) -> None:
    items = account.turn("tasks").items["tasks"]
    for name in ("site", "shop", "old"):
        project = account.native(Project, name)
        listed = [id for ids in account.connector.census("tasks", project) for id in ids]
        assert sorted(listed) == sorted(i.id for i in items.values() if i.scope == project)


def test_confirm_tells_deleted_from_there(account: Any) -> None:
    there, gone = account.native(Task, "t1"), account.native(Task, "t3")
    account.sandbox.world.remove(Task, gone)
    assert account.connector.confirm("tasks", [there, gone]) == {there: None, gone: "deleted"}
    project, person = account.native(Project, "site"), account.native(Person, "ada")
    assert account.connector.confirm("projects", [project, "1"]) == {project: None, "1": "deleted"}
    assert account.connector.confirm("people", [person]) == {person: None}


def test_archived_projects_are_read_once(account: Any) -> None:
    old = account.native(Project, "old")
    first = account.turn("tasks")
    assert account.native(Task, "o1") in first.items["tasks"]
    plan = account.connector.lanes("tasks", first.cursors["tasks"])
    assert old not in [lane.name for lane in plan.lanes]
    assert {scope.id: scope.state for scope in account.connector.scopes()}[old] == "archived"


def test_time_is_read_anew_only_for_the_last_weeks(account: Any, clock: Any) -> None:
    first = account.turn("worklogs")
    assert len(first.items["worklogs"]) == 1
    clock.pass_by(days=60)
    late = Worklog(id="9", task_id=account.native(Task, "t1"), minutes=5, on=date(2026, 5, 1))
    account.sandbox.world.put(late)
    second = account.turn("worklogs", account.turn("worklogs", first.cursors).cursors)
    assert list(second.items["worklogs"]) == ["9"]


def test_only_new_status_updates_are_asked_for(account: Any, clock: Any) -> None:
    first = account.turn("status_updates")
    assert len(first.items["status_updates"]) == 2
    clock.pass_by(days=1)
    site = account.native(Project, "site")
    account.sandbox.world.put(StatusUpdate(id="8", project_id=site, at=clock.now()))
    account.asked()
    second = account.turn("status_updates", first.cursors)
    assert list(second.items["status_updates"]) == ["8"]
    assert len(account.asked()) == 2
    clock.pass_by(hours=1)
    third = account.turn("status_updates", second.cursors)
    clock.pass_by(hours=1)
    account.asked()
    account.turn("status_updates", third.cursors)
    assert len(account.asked()) == 1


@pytest.mark.parametrize(
    ("row", "asked"),
    [
        ({"current_status": None, "current_status_update": None}, False),
        ({"current_status": {"gid": "1", "created_at": "2026-03-01T00:00:00.000Z"},
          "current_status_update": {"gid": "1"}}, False),
        ({"current_status": {"gid": "1", "created_at": "2026-03-03T00:00:00.000Z"},
          "current_status_update": {"gid": "1"}}, True),
        ({"current_status": {"gid": "1", "created_at": "2026-03-01T00:00:00.000Z"},
          "current_status_update": {"gid": "2"}}, True),
        ({"current_status": None, "current_status_update": {"gid": "2"}}, True),
    ],
)  # fmt: skip
def test_projects_without_a_new_report_are_not_asked(
    account: Any, row: dict[str, Any], asked: bool
) -> None:
    site = account.native(Project, "site")
    roster = {"gid": site, "name": "New web site", **row}
    account.sandbox.interfere = lambda request: (
        Reply.of({"data": [roster], "next_page": None})
        if request.path.endswith("/projects")
        else None
    )
    since = {"since": "2026-03-02T00:00:00+00:00", "projects": site}
    list(account.connector.pull("status_updates", "", since))
    assert ("POST /batch" in account.asked()) == asked


def test_the_first_read_of_many_tasks_stays_cheap(open_account: Callable[..., Any]) -> None:
    records: list[Record] = [Project(id="p", name="P")]
    records += [Task(id=f"t{n}", project_id="p", title=f"T{n}") for n in range(240)]
    account = open_account(records)
    account.turn("tasks")
    asked = Counter(account.asked())
    assert asked["GET /tasks"] == 3
    assert asked["POST /batch"] == 13 + 13 + 5


def test_without_history_no_stories_are_asked_for(open_account: Callable[..., Any]) -> None:
    account = open_account(history=False)
    read = account.turn("tasks")
    assert len(read.items["tasks"]) == len(account.sandbox.world.all(Task))
    assert read.of(Comment) == {}
    bodies = [each.body for each in account.sandbox.log if each.method == "POST"]
    assert not any(b"/stories" in body for body in bodies)


def test_without_time_tracking_there_is_no_lane(open_account: Callable[..., Any]) -> None:
    account = open_account(worklogs=False)
    assert account.connector.lanes("worklogs", {}).lanes == []


@pytest.mark.parametrize("status", [402, 403])
def test_time_that_may_not_be_read_concerns_nothing_else(
    open_account: Callable[..., Any], status: int
) -> None:
    probe = open_account()
    account = open_account(projects=[probe.native(Project, "site")])
    account.sandbox.interfere = lambda request: (
        Reply.of({"errors": [{"message": "No time tracking"}]}, status)
        if "time_tracking" in request.path
        else None
    )
    with pytest.raises(NotVisible) as caught:
        account.turn("worklogs")
    assert caught.value.scope is None  # the project itself is not lost
    assert caught.value.remedy
    assert account.turn("tasks").items["tasks"]


@pytest.mark.parametrize("stream", ["people", "projects", "tasks", "worklogs", "status_updates"])
def test_a_wrong_token_is_refused(open_account: Callable[..., Any], stream: str) -> None:
    account = open_account(token="wrong-credential", workspaces=None)
    with pytest.raises(Refused) as caught:
        account.connector.check()
    assert caught.value.remedy
    assert "wrong-credential" not in str(caught.value)
    with pytest.raises(Refused):
        account.turn(stream)


def test_check_says_who_we_are(account: Any, clock: Any) -> None:
    identity = account.connector.check()
    assert identity.account == "pmo@example.com"
    assert identity.site == "Sandbox"
    assert abs(identity.server_time - clock.now()) < timedelta(seconds=1)
    assert {scope.name: scope.state for scope in identity.scopes} == {
        "New web site": "active",
        "Old site": "archived",
        "Shop": "closed",
    }
    assert identity.warnings == []


def test_a_configured_project_that_is_not_there_is_a_warning(
    open_account: Callable[..., Any],
) -> None:
    probe = open_account()
    account = open_account(projects=[probe.native(Project, "site"), "404404"])
    (warning,) = account.connector.check().warnings
    assert "404404" in warning
    assert [lane.name for lane in account.connector.lanes("tasks", {}).lanes][1] == "404404"
    assert len(account.turn("projects").items["projects"]) == 1


def test_workspaces_may_be_given_by_name(open_account: Callable[..., Any]) -> None:
    assert len(open_account(workspaces=["sandbox"]).turn("people").items["people"]) == 3
    with pytest.raises(Refused) as caught:
        open_account(workspaces=["Acme"]).turn("people")
    assert "Acme" in caught.value.message
    assert "Sandbox" in caught.value.remedy


def test_a_link_has_one_id_from_both_ends(account: Any) -> None:
    read = account.turn("tasks")
    ends = account.native(Task, "t1"), account.native(Task, "t3")
    links = [
        record.id
        for id in ends
        for record in account.connector.to_records("tasks", read.items["tasks"][id].body)
        if isinstance(record, Link)
    ]
    assert links == [f"blocks:{ends[0]}:{ends[1]}"] * 2


def _is_events(request: Request) -> bool:
    return request.path.endswith("/events")


def _with_events(account: Any, first: Any, events: list[Any]) -> Any:
    """The next turn of the project "site", with these events."""
    answers = iter([Reply.of({"data": events, "sync": "0.7fffffff", "has_more": False})])
    account.sandbox.interfere = lambda request: next(answers, None) if _is_events(request) else None
    second = type(first)(cursors={"tasks": dict(first.cursors["tasks"])})
    account.lane("tasks", account.native(Project, "site"), second)
    return second


def _spoiled(path: str, status: int) -> Callable[[Request], Reply | None]:
    """Batches whose actions on a path fail."""

    def spoil(request: Request) -> Reply | None:
        if request.method != "POST":
            return None
        actions = orjson.loads(request.body)["data"]["actions"]
        if not any(path in action["relative_path"] for action in actions):
            return None
        return Reply.of({"data": [{"status_code": status, "body": {}} for _ in actions]})

    return spoil
