"""Reading an account turn by turn."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import orjson
import pytest

from connectors.sdk.errors import NotVisible, Unexpected
from connectors.sdk.records import (
    Approval,
    Comment,
    Gone,
    Link,
    Membership,
    Milestone,
    Person,
    Project,
    Task,
    Worklog,
)
from connectors.sdk.sandbox import Reply, Request
from connectors.wrike.sandbox_render import comment
from connectors.wrike.sandbox_words import BIN, ROOT
from connectors.wrike.words import stamp
from tests.connectors_wrike.conftest import Account, Open


def test_all_tasks_come_page_by_page_subtasks_included(account: Account) -> None:
    read = account.turn("tasks")
    assert read.ids("tasks") == {task.id for task in account.sandbox.world.all(Task)}
    assert read.pages["tasks"] > 5
    asked = [each for each in account.sandbox.log if each.path == "/api/v4/tasks"]
    assert {each.one("subTasks") for each in asked} == {"true"}
    assert {each.one("pageSize") for each in asked} == {"1000"}
    assert not asked[0].one("nextPageToken")
    assert all(each.one("nextPageToken") for each in asked[1:])


def test_every_page_is_asked_with_the_same_filters(account: Account) -> None:
    read = account.turn("tasks")
    start = len(account.sandbox.log)
    for number in (5, 6, 7, 8, 9):
        account.edit(f"task-{number}", title=f"Again {number}")
    again = account.turn("tasks", read.cursors)
    asked = [each for each in account.sandbox.log[start:] if each.path == "/api/v4/tasks"]
    assert len(asked) == 2
    assert len({each.one("updatedDate") for each in asked}) == 1
    assert len(again.ids("tasks")) == 5


def test_changed_tasks_are_asked_for_since_the_last_turn_less_an_overlap(account: Account) -> None:
    begun = account.clock.now()
    read = account.turn("tasks")
    account.clock.sleep(3600)
    account.turn("tasks", read.cursors)
    [changed, bin] = account.sandbox.log[-2:]
    since = {"start": stamp(begun - timedelta(minutes=5))}
    assert orjson.loads(changed.one("updatedDate")) == since
    assert orjson.loads(bin.one("updatedDate")) == since
    assert bin.path == f"/api/v4/folders/{BIN}/tasks"


def test_a_first_read_that_is_cut_goes_on_from_the_last_creation(account: Account) -> None:
    cut = account.turn("tasks", stop_after=3)
    start = len(account.sandbox.log)
    rest = account.turn("tasks", cut.cursors)
    after = orjson.loads(account.sandbox.log[start].one("createdDate"))["start"]
    assert after == max(item.body["createdDate"] for item in cut.items["tasks"].values())
    assert len(rest.ids("tasks")) < len(account.sandbox.world.all(Task)) - 8
    assert rest.cursors["tasks"][""].keys() == {"since", "bin"}


def test_pages_that_do_not_show_their_order_are_not_gone_on_from(account: Account) -> None:
    handle = account.sandbox.handle

    def shuffled(request: Request) -> Reply | None:
        if request.path != "/api/v4/tasks":
            return None
        answer = orjson.loads(handle(request).body)
        return Reply.of({**answer, "data": answer["data"][::-1]})

    account.sandbox.interfere = shuffled
    assert "after" not in account.turn("tasks", stop_after=2).cursors["tasks"][""]


def test_a_task_counts_in_the_nearest_project_whatever_folders_lie_between(
    account: Account,
) -> None:
    read, lie = account.turn("tasks"), set()
    for task in account.sandbox.world.all(Task):
        row = account.sandbox.task_json(task)
        first = (row["parentIds"] or row["superParentIds"])[0]
        lie.add((first == task.project_id, bool(row["parentIds"])))
        assert read.of(Task)[task.id].project_id == task.project_id
    assert len(lie) == 4, "directly and in a folder, by itself and under another task"


def test_a_task_in_two_projects_counts_in_the_first_and_is_a_member_of_the_other(
    account: Account,
) -> None:
    read = account.turn("tasks")
    [place] = read.of(Membership).values()
    task = read.of(Task)[account.native(Task, "task-6")]
    assert (place.task_id, task.project_id) == (task.id, account.native(Project, "project-1"))
    assert place.container_id != task.project_id


def test_a_task_that_is_shared_without_its_folder_counts_in_no_project(account: Account) -> None:
    handle, id = account.sandbox.handle, account.native(Task, "task-5")

    def shared(request: Request) -> Reply | None:
        if request.path != "/api/v4/tasks":
            return None
        answer = orjson.loads(handle(request).body)
        for row in answer["data"]:
            if row["id"] == id:
                row |= {"parentIds": [ROOT], "superParentIds": []}
        return Reply.of(answer)

    account.sandbox.interfere = shared
    read = account.turn("tasks")
    assert read.of(Task)[id].project_id is None
    assert read.items["tasks"][id].scope is None


def test_the_root_and_the_recycle_bin_are_no_projects(account: Account) -> None:
    read = account.turn("projects")
    assert not read.ids("projects") & {ROOT, BIN}
    names = {project.name for project in read.of(Project).values()}
    assert names == {"Delivery", "Operations", "New web site", "Web shop"}
    spaces = [each for each in read.of(Project).values() if each.parent_id is None]
    assert {each.name for each in spaces} == {"Delivery", "Operations"}


def test_projects_are_read_by_their_ids_at_once(open_account: Open) -> None:
    many = [Project(id=f"p{number}", name=f"P {number}") for number in range(101)]
    account = open_account(many)
    read = account.turn("projects")
    asked = [each.path for each in account.sandbox.log if each.path.startswith("/api/v4/folders/")]
    assert [path.count(",") for path in sorted(asked, key=len)] == [0, 99]
    assert len(read.ids("projects")) == 103


def test_a_folder_that_is_refused_is_unread_and_harms_no_other(account: Account) -> None:
    away = account.native(Project, "project-2")
    handle = account.sandbox.handle

    def refuse(request: Request) -> Reply | None:
        if request.path.startswith("/api/v4/folders/") and away in request.path:
            return Reply.of({"error": "access_forbidden", "errorDescription": "no"}, 403)
        return handle(request)

    account.sandbox.interfere = refuse
    connector = account.connect()
    [page] = connector.pull("projects", "", None)
    assert [id for id, _ in page.unread] == [away]
    assert len(page.items) == len(account.sandbox.world.all(Project)) - 1


def test_a_thrown_away_task_is_told_and_a_restored_one_comes_back(account: Account) -> None:
    read = account.turn("tasks")
    id = account.native(Task, "task-30")
    kept = account.sandbox.world.get(Task, id)
    assert kept is not None
    account.clock.sleep(3600)
    account.sandbox.world.remove(Task, id)
    at = account.clock.now()
    read = account.turn("tasks", read.cursors)
    assert read.gone == [Gone(id=id, stream="tasks", reason="deleted", at=at)]
    account.clock.sleep(3600)
    account.sandbox.world.put(msgspec.structs.replace(kept, updated_at=account.clock.now()))
    read = account.turn("tasks", read.cursors)
    assert not read.gone
    assert id in read.ids("tasks")


def test_what_was_emptied_out_of_the_bin_is_denied_by_its_id(account: Account) -> None:
    binned, emptied, hidden, here = (
        account.native(Task, f"task-{number}") for number in (27, 28, 20, 5)
    )
    for id in (binned, emptied):
        account.sandbox.world.remove(Task, id)
    account.sandbox.emptied.add(emptied)
    account.sandbox.hidden.add(account.native(Project, "project-2"))
    start = len(account.sandbox.log)
    told = account.connect().confirm("tasks", [binned, emptied, hidden, here])
    assert told == {binned: "deleted", emptied: "unknown", hidden: "access_lost", here: None}
    assert len(account.sandbox.log) - start == 7, "halved until the refused ones stand alone"


def test_items_of_all_streams_are_confirmed_by_their_ids(account: Account) -> None:
    read = account.read()
    connector = account.connect()
    for stream, items in read.items.items():
        assert set(connector.confirm(stream, list(items)).values()) == {None}, stream
    assert connector.confirm("comments", ["IEAAAAAQIMNOTTHERE"]) == {
        "IEAAAAAQIMNOTTHERE": "unknown"
    }


def test_dependencies_are_read_by_their_ids_and_one_that_is_hidden_is_unread(
    account: Account,
) -> None:
    read = account.turn("tasks")
    ends = {(link.from_id, link.to_id) for link in read.of(Link).values()}
    pairs = (("task-5", "task-6"), ("task-8", "task-10"))
    assert ends == {(account.native(Task, a), account.native(Task, b)) for a, b in pairs}
    [link] = account.sandbox.world.where(Link, "to_id", account.native(Task, "task-6"))
    handle = account.sandbox.handle

    def refuse(request: Request) -> Reply | None:
        if request.path.startswith("/api/v4/dependencies/") and link.id in request.path:
            return Reply.of({"error": "access_forbidden", "errorDescription": "no"}, 403)
        return handle(request)

    account.sandbox.interfere = refuse
    pages = list(account.connect().pull("tasks", "", None))
    assert {id for page in pages for id, _ in page.unread} == {link.id}
    assert sum(len(page.items) for page in pages) == len(account.sandbox.world.all(Task))


def test_nothing_is_looked_up_where_nothing_changed(account: Account) -> None:
    read = account.turn("tasks")
    account.clock.sleep(3600)
    asked = account.requests(lambda: account.turn("tasks", read.cursors))
    assert asked == ["/api/v4/tasks", f"/api/v4/folders/{BIN}/tasks"]


def test_milestones_come_with_their_tasks(account: Account) -> None:
    read = account.turn("tasks")
    names = {each.name for each in read.of(Milestone).values()}
    assert names == {"Go live", "Design frozen", "First order"}
    assert read.of(Milestone).keys() <= read.of(Task).keys()


def test_people_who_left_stay_known(account: Account) -> None:
    read = account.turn("people")
    gone = [person.name for person in read.of(Person).values() if person.active is False]
    assert gone == ["Hal Ferreira"]


def test_contacts_other_than_those_asked_for_are_not_believed(account: Account) -> None:
    handle = account.sandbox.handle
    account.sandbox.interfere = lambda request: handle(
        Request(
            request.method, request.path, {}, request.headers, request.body
        )
    )  # fmt: skip
    with pytest.raises(Unexpected, match="other contacts"):
        account.turn("people")


def test_comments_are_asked_for_by_less_than_a_week(open_account: Open) -> None:
    account = open_account(small_pages=False)
    early = account.native(Comment, "comment-1")
    held = account.sandbox.world.get(Comment, early)
    assert held is not None
    old = msgspec.structs.replace(held, id="IEAAAAAQIMOLDOLDOL", at=held.at - timedelta(days=50))
    account.sandbox.world.put(old, old.at)
    read = account.turn("comments")
    asked = [each for each in account.sandbox.log if each.path == "/api/v4/comments"]
    assert len(asked) == 9
    assert {each.one("plainText") for each in asked} == {"true"}
    assert old.id in read.of(Comment)
    assert len(read.of(Comment)) == 13
    account.clock.sleep(60 * 86400)
    assert account.requests(lambda: account.turn("comments", read.cursors)) == (
        ["/api/v4/comments"] * 9
    )


def test_an_answer_that_may_have_been_cut_is_asked_for_in_halves(account: Account) -> None:
    handle = account.sandbox.handle
    first = account.sandbox.world.all(Comment)[0]

    def cut(request: Request) -> Reply | None:
        if request.path != "/api/v4/comments" or len(asked) > 0:
            return None
        asked.append(request)
        rows = [
            comment(msgspec.structs.replace(first, id=f"IEAAAAAQIM{number:08}"), plain=True)
            for number in range(1000)
        ]
        return Reply.of({**orjson.loads(handle(request).body), "data": rows})

    asked: list[Request] = []
    account.sandbox.interfere = cut
    read = account.turn("comments")
    assert read.ids("comments") == {each.id for each in account.sandbox.world.all(Comment)}
    spans = [
        orjson.loads(each.one("updatedDate"))
        for each in account.sandbox.log
        if each.path == "/api/v4/comments"
    ]
    assert spans[1]["start"] == spans[0]["start"]
    assert spans[1]["end"] == spans[2]["start"]
    assert spans[2]["end"] == spans[0]["end"]


def test_a_filter_by_time_that_is_ignored_is_found_out(account: Account) -> None:
    rows = [comment(each, plain=True) for each in account.sandbox.world.all(Comment)]
    founded = {"id": "IEAAAAAQ", "createdDate": "2020-01-01T00:00:00Z"}

    def deaf(request: Request) -> Reply:
        data = [founded] if request.path == "/api/v4/account" else rows
        return Reply.of({"kind": "", "data": data})

    account.sandbox.interfere = deaf
    with pytest.raises(Unexpected, match="alike"):
        account.turn("comments")


@pytest.mark.parametrize(("stream", "kind"), [("worklogs", Worklog), ("approvals", Approval)])
def test_what_changed_on_tasks_is_read_again(account: Account, stream: str, kind: Any) -> None:
    read = account.turn(stream)
    assert read.of(kind)
    account.clock.sleep(86400)
    held = account.sandbox.world.all(kind)[0]
    at = account.clock.now()
    if kind is Worklog:
        held = msgspec.structs.replace(held, minutes=15, updated_at=at)
    else:
        held = msgspec.structs.replace(held, name="Budget, second part")
    account.sandbox.world.put(held)
    account.clock.sleep(3600)
    assert account.turn(stream, read.cursors).of(kind) == {held.id: held}


@pytest.mark.parametrize("option", ["comments", "worklogs", "approvals"])
def test_what_an_option_switches_off_is_neither_read_nor_provided(
    account: Account, option: str
) -> None:
    connector: Any = account.connect(account.config(**{option: False}))
    kind = {"comments": Comment, "worklogs": Worklog, "approvals": Approval}[option]
    assert kind not in connector.provided
    assert connector.provided.keys() == connector.provides.keys() - {kind}
    assert not connector.lanes(option, {}).lanes


def test_time_counts_where_its_task_does_which_is_asked_for_once(account: Account) -> None:
    read = account.turn("worklogs")
    for id, entry in read.of(Worklog).items():
        task = account.sandbox.world.get(Task, entry.task_id)
        assert task is not None
        assert entry.project_id == read.items["worklogs"][id].scope == task.project_id
    asked = [each.path for each in account.sandbox.log if each.path.startswith("/api/v4/tasks/")]
    assert len(asked) == 1
    account.clock.sleep(3600)
    assert account.requests(lambda: account.turn("worklogs", read.cursors)) == ["/api/v4/timelogs"]


def test_time_that_was_taken_back_is_in_no_census(account: Account) -> None:
    first, *rest = account.turn("worklogs").ids("worklogs")
    account.sandbox.world.remove(Worklog, first)
    connector = account.connect()
    scopes = [scope.id for scope in connector.scopes()]
    listed = {
        id for scope in scopes for ids in connector.census("worklogs", scope) for id in ids
    }  # fmt: skip
    assert listed == set(rest)
    assert connector.confirm("worklogs", [first]) == {first: "unknown"}
    off = account.connect(account.config(worklogs=False))
    assert list(off.census("worklogs", scopes[0])) == []


def test_a_census_names_each_task_and_time_in_the_place_where_it_counts(account: Account) -> None:
    """A space lists what its projects hold as well, and a project what lies in those within it."""
    connector = account.connect()
    for stream in ("tasks", "worklogs"):
        read = account.turn(stream)
        scopes = {item.id: item.scope for item in read.items[stream].values()}
        listed = {
            id: scope.id
            for scope in connector.scopes()
            for ids in connector.census(stream, scope.id)
            for id in ids
        }
        assert listed == scopes


def test_a_census_of_a_hidden_project_is_refused_for_it_alone(account: Account) -> None:
    away = account.native(Project, "project-2")
    account.sandbox.hidden.add(away)
    with pytest.raises(NotVisible) as refused:
        list(account.connect().census("tasks", away))
    assert refused.value.scope == away


def test_a_closed_project_is_a_closed_scope(open_account: Open) -> None:
    held = [Project(id="a", name="Old", state="closed"), Project(id="b", name="New")]
    account = open_account(held)
    states = {scope.name: scope.state for scope in account.connect().scopes()}
    assert states == {
        "Old": "closed", "New": "active", "Delivery": "active", "Operations": "active"
    }  # fmt: skip
