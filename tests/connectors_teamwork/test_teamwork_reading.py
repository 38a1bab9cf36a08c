"""Reading a site: what is asked, what is told, and what is not taken for a deletion."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from connectors.sdk.contract import Can
from connectors.sdk.errors import NotVisible
from connectors.sdk.records import (
    Column,
    Comment,
    Custom,
    Gone,
    Link,
    Membership,
    Milestone,
    Person,
    Project,
    Record,
    StatusUpdate,
    Task,
    Worklog,
)
from connectors.sdk.sandbox import Reply, Request
from connectors.teamwork.connector import Teamwork
from tests.conformance import world
from tests.conformance.reading import Read
from tests.connectors_teamwork.conftest import Open, Site

STREAMS = [name for name, can in Teamwork.streams.items() if Can.INCREMENTAL in can]


def asked_with(requests: list[Request], path: str) -> Request:
    return next(each for each in requests if each.path.endswith(path))


def later(site: Site, read: Read, stream: str) -> Read:
    site.clock.sleep(3600)
    return site.turn(stream, read.cursors)


def changed(site: Site, kind: type[Any], id: str, **to: Any) -> None:
    held: Any = site.sandbox.world.get(kind, site.native(kind, id))
    site.sandbox.world.put(msgspec.structs.replace(held, **to))


def test_completed_tasks_lists_and_predecessors_are_asked_for(site: Site) -> None:
    requests = site.asked(lambda: site.turn("tasks"))
    request = asked_with(requests, "/projects/api/v3/tasks.json")
    for flag in (
        "includeCompletedTasks", "includeCompletedSubtasks", "showCompletedLists",
        "includeRelatedTasks", "includeCompletedPredecessors", "includeArchivedProjects",
        "showDeleted", "skipCounts",
    ):  # fmt: skip
        assert request.one(flag) == "true", flag
    assert (request.one("orderBy"), request.one("orderMode")) == ("id", "asc")


def test_without_the_flags_completed_tasks_would_look_deleted(site: Site) -> None:
    whole = site.turn("tasks").of(Task)
    for flag in ("includeCompletedTasks", "showCompletedLists"):
        site.sandbox.interfere = without(site, flag)
        assert site.turn("tasks").of(Task).keys() < whole.keys(), flag


def without(site: Site, flag: str) -> Any:
    """The tool as it answers where a parameter is left out."""

    def interfere(request: Request) -> Reply | None:
        query = {name: values for name, values in request.query.items() if name != flag}
        return site.sandbox.handle(asked_anew(request, query))

    return interfere


def asked_anew(request: Request, query: Any) -> Request:
    return Request(request.method, request.path, query, request.headers, request.body)


def test_a_completed_predecessor_stays_one(site: Site) -> None:
    before = site.native(Task, "task-8")
    site.sandbox.world.edit(before, status="done", status_label="completed")
    links = site.turn("tasks").of(Link)
    assert f"blocks:{before}:{site.native(Task, 'task-10')}" in links


def test_pages_are_counted_and_end_where_teamwork_says_so(open_site: Open) -> None:
    site = open_site(page_size=7)
    requests = site.asked(lambda: site.turn("tasks"))
    pages = [each.one("page") for each in requests if each.path.endswith("/v3/tasks.json")]
    assert pages == ["1", "2", "3", "4", "5"]  # 30 tasks
    assert {each.one("pageSize") for each in requests} == {"250"}


def test_a_task_deleted_between_two_pages_takes_no_other_along(site: Site) -> None:
    whole = site.turn("tasks").of(Task)
    first = min(whole, key=int)
    count = 0

    def interfere(request: Request) -> Reply | None:
        nonlocal count
        count += request.path.endswith("/v3/tasks.json")
        if count == 3 and site.sandbox.world.get(Task, first):
            site.sandbox.world.remove(Task, first)
        return None

    site.sandbox.interfere = interfere
    assert site.turn("tasks").of(Task).keys() == whole.keys()


@pytest.mark.parametrize("stream", STREAMS)
def test_an_unchanged_list_costs_one_request(site: Site, stream: str) -> None:
    read = site.turn(stream)
    requests = site.asked(lambda: later(site, read, stream))
    assert len(requests) == (2 if stream == "updates" else 1)  # of updates the projects as well
    # Teamwork's clock at the beginning of the first read, less five minutes.
    assert requests[-1].one("updatedAfter") == "2026-11-20T14:55:00Z"


@pytest.mark.parametrize(
    ("stream", "kind", "id", "to"),
    [
        ("tasks", Task, "task-5", {"title": "Other", "updated_at": world.NOW}),
        ("milestones", Milestone, "milestone-1", {"name": "Other"}),
        ("comments", Comment, "comment-1", {"text": "Other"}),
        ("worklogs", Worklog, "worklog-1", {"text": "Other"}),
        ("updates", StatusUpdate, "update-1", {"text": "Other"}),
    ],
)
def test_what_changed_is_told_and_nothing_else(
    site: Site, stream: str, kind: type[Any], id: str, to: dict[str, Any]
) -> None:
    read = site.turn(stream)
    site.clock.sleep(3600)
    changed(site, kind, id, **to)
    again = later(site, read, stream)
    native = site.native(kind, id)
    assert again.of(kind) == {native: site.sandbox.world.get(kind, native)}
    assert not later(site, again, stream).records


@pytest.mark.parametrize(
    ("stream", "kind", "id"),
    [
        ("tasks", Task, "task-20"),
        ("milestones", Milestone, "milestone-2"),
        ("worklogs", Worklog, "worklog-1"),
        ("updates", StatusUpdate, "update-1"),
    ],
)
def test_what_was_deleted_is_told_once(site: Site, stream: str, kind: type[Any], id: str) -> None:
    read = site.turn(stream)
    site.clock.sleep(3600)
    native, at = site.native(kind, id), site.clock.now()
    site.sandbox.world.remove(kind, native)
    again = later(site, read, stream)
    assert again.gone == [Gone(id=native, stream=stream, reason="deleted", at=at)]
    assert native not in again.ids(stream)
    assert not later(site, again, stream).gone


def test_a_comment_that_is_flagged_as_deleted_has_no_record_any_more(site: Site) -> None:
    row = {"id": 12, "object": {"id": 5, "type": "tasks"}, "body": "Agreed.", "deleted": True,
           "postedDateTime": "2026-11-20T10:00:00Z",
           "project": {"id": int(site.native(Project, "project-1"))}}  # fmt: skip
    body = {"comments": [row], "meta": {"page": {"hasMore": False}}}
    site.sandbox.interfere = lambda _: Reply.of(body)
    read = site.turn("comments")
    assert read.ids("comments") == {"12"}
    assert read.records == {}


def test_comments_on_other_things_are_not_items(site: Site) -> None:
    row = {"id": 12, "object": {"id": 5, "type": "milestones"}, "body": "Agreed.",
           "postedDateTime": "2026-11-20T10:00:00Z", "project": {"id": 7}}  # fmt: skip
    body = {"comments": [row], "meta": {"page": {"hasMore": False}}}
    site.sandbox.interfere = lambda _: Reply.of(body)
    assert not site.turn("comments").ids("comments")


def test_all_status_updates_are_read_not_only_the_latest(open_site: Open) -> None:
    older = StatusUpdate(id="update-0", project_id="project-1", at=world.ago(11), text="Fine",
                         health="on_track")  # fmt: skip
    site = open_site([*world.records(), older])
    read = site.turn("updates")
    assert {each.text for each in read.of(StatusUpdate).values()} == {
        "Fine", "The supplier is late.",
    }  # fmt: skip


def test_status_updates_of_a_project_that_is_shown_later_are_all_read(site: Site) -> None:
    project = site.native(Project, "project-1")
    site.sandbox.hidden.add(project)
    read = site.turn("updates")
    assert read.of(StatusUpdate) == {}
    site.clock.sleep(3600)
    site.sandbox.hidden.remove(project)
    again = later(site, read, "updates")
    assert [each.project_id for each in again.of(StatusUpdate).values()] == [project]
    assert not later(site, again, "updates").records


def test_a_first_read_that_was_cut_goes_on_where_it_was(open_site: Open) -> None:
    site = open_site(page_size=10)
    cut = site.turn("tasks", stop_after=1)
    cursor = cut.cursors["tasks"][""]
    assert cursor == {"begun": "2026-11-20T15:00:00Z", "page": "2"}
    site.clock.sleep(3600)
    requests = site.asked(lambda: later(site, cut, "tasks"))
    pages = [each.one("page") for each in requests if each.path.endswith("/v3/tasks.json")]
    assert pages == ["2", "3"]
    rest = site.turn("tasks", cut.cursors)
    # What changed while it was cut is within the next turn's time.
    assert rest.cursors["tasks"][""] == {"since": "2026-11-20T14:55:00Z"}


def test_a_changing_read_that_was_cut_keeps_its_time(open_site: Open) -> None:
    site = open_site(page_size=1)
    read = site.turn("tasks")
    site.clock.sleep(3600)
    for number in (5, 6):
        site.sandbox.world.edit(site.native(Task, f"task-{number}"), title="Other")
    cut = site.turn("tasks", read.cursors, stop_after=1)
    held = cut.cursors["tasks"][""]
    assert held["since"] == "2026-11-20T14:55:00Z"
    assert (held["page"], held["begun"]) == ("2", "2026-11-20T16:00:00Z")
    rest = site.turn("tasks", cut.cursors)
    assert len(cut.of(Task) | rest.of(Task)) == 2


def test_a_lane_is_whole_until_all_was_read_once(site: Site) -> None:
    connector = site.connect()
    assert connector.lanes("tasks", {}).lanes[0].full
    read = site.turn("tasks")
    assert not connector.lanes("tasks", read.cursors["tasks"]).lanes[0].full
    assert connector.lanes("projects", {"": {}}).lanes[0].full


def test_a_turn_with_changes_asks_for_fields_and_stages_once(open_site: Open) -> None:
    site = open_site(small_pages=False)
    read = site.turn("tasks")
    site.clock.sleep(3600)
    for number in (4, 7, 10):  # in progress, so in a stage of the project's workflow
        site.sandbox.world.edit(site.native(Task, f"task-{number}"), title="Other")
    board = site.sandbox.world.all(Column)[0].board_id
    requests = site.asked(lambda: later(site, read, "tasks"))
    assert [each.path.removeprefix("/projects/api/v3/") for each in requests] == [
        "tasks.json", f"workflows/{board}/stages.json", "customfields.json",
    ]  # fmt: skip


def test_a_task_is_in_the_stage_of_its_workflow_until_it_is_completed(site: Site) -> None:
    tasks = site.turn("tasks").of(Task)
    labels = {
        number: tasks[site.native(Task, f"task-{number}")].status_label for number in (3, 4, 5)
    }
    assert labels == {3: "To do", 4: "In progress", 5: "completed"}
    assert tasks[site.native(Task, "task-16")].status_label == "new"  # a project without one


def test_a_custom_field_of_another_project_is_not_this_ones(site: Site) -> None:
    tasks = site.turn("tasks").of(Task)
    rich, other = (tasks[site.native(Task, each)] for each in ("task-2", "task-16"))
    assert [(each.name, each.value) for each in sorted(rich.custom, key=lambda c: c.name)] == [
        ("Risk", "High"), ("Size", 3.5),
    ]  # fmt: skip
    assert not {each.id for each in rich.custom} & {each.id for each in other.custom}
    empty = tasks[site.native(Task, "task-3")]
    assert {each.value for each in empty.custom} == {None}
    assert {each.id for each in empty.custom} == {each.id for each in rich.custom}


def test_a_value_that_is_not_told_is_unknown_and_not_empty(site: Site) -> None:
    def interfere(request: Request) -> Reply | None:
        if not request.path.endswith("/v3/tasks.json"):
            return None
        body = json.loads(site.sandbox.handle(request).body)
        for row in body["tasks"]:
            row["customFieldValueIds"] = [98765]  # which is not told beside the tasks
        return Reply.of(body)

    whole = site.turn("tasks").of(Task)
    site.sandbox.interfere = interfere
    tasks = site.turn("tasks").of(Task)
    rich, poor = (site.native(Task, each) for each in ("task-2", "task-3"))
    assert tasks[rich].custom == whole[rich].custom  # both of its fields have told values
    assert (len(whole[poor].custom), tasks[poor].custom) == (2, ())


def test_a_workflow_that_may_not_be_seen_is_told_and_its_tasks_are_read(site: Site) -> None:
    site.sandbox.interfere = lambda request: (
        Reply.of({}, 403) if request.path.endswith("stages.json") else None
    )
    pages = list(site.connect().pull("tasks", "", None))
    assert sum(len(page.items) for page in pages) == 30
    board = site.sandbox.world.all(Column)[0].board_id
    assert [name for page in pages for name, _ in page.unread] == [f"workflow {board}"]


def test_a_task_list_is_the_section_and_says_the_milestone(site: Site) -> None:
    read = site.turn("tasks")
    places = {each.task_id: each.section for each in read.of(Membership).values()}
    assert places[site.native(Task, "task-6")] == "In progress"
    assert places[site.native(Task, "task-7")] == "General tasks"
    with_one = [each for each in read.of(Task).values() if each.milestone_id]
    assert [each.milestone_id for each in with_one] == [site.native(Milestone, "milestone-1")]


def test_teams_and_companies_have_ids_of_their_own(open_site: Open) -> None:
    crew = Person(id="crew", name="The crew", kind="group")
    task = msgspec.structs.replace(
        next(each for each in world.records() if each.id == "task-5"),
        assignee_ids=("crew", "person-1"),
    )
    held: list[Record] = [each for each in world.records() if each.id != "task-5"]
    site = open_site([*held, crew, task])
    read = site.read(streams=["people", "tasks"])
    found = read.of(Task)[site.native(Task, "task-5")].assignee_ids
    assert found == (site.native(Person, "crew"), site.native(Person, "person-1"))
    assert found[0].startswith("team-")
    assert read.of(Person)[found[0]] == Person(id=found[0], name="The crew", kind="group")


def test_teams_that_may_not_be_seen_do_not_end_the_people(site: Site) -> None:
    site.sandbox.interfere = lambda request: (
        Reply.of({}, 403) if request.path.endswith("teams.json") else None
    )
    pages = list(site.connect().pull("people", "", None))
    (unread,) = [each for page in pages for each in page.unread]
    assert unread[0] == "teams"
    assert {item.id for page in pages for item in page.items} > {site.native(Person, "person-1")}


def test_archived_projects_and_only_some_projects(open_site: Open) -> None:
    held: list[Record] = [
        msgspec.structs.replace(each, state="archived") if each.id == "project-3" else each
        for each in world.records()
    ]
    site = open_site(held)
    all_of_them = {each.project_id for each in site.turn("tasks").of(Task).values()}
    assert len(all_of_them) == 3
    states = {scope.id: scope.state for scope in site.connect().scopes()}
    away = site.native(Project, "project-3")
    assert states[away] == "archived"
    leaner = site.with_options(archived=False)
    assert away not in {scope.id for scope in leaner.scopes()}
    assert leaner.confirm("projects", [away]) == {away: "archived"}
    read = site.read(streams=["tasks"], connector=leaner)
    assert {each.project_id for each in read.of(Task).values()} == all_of_them - {away}
    only = site.native(Project, "project-2")
    one = site.with_options(projects=[only])
    read = site.read(connector=one)
    assert set(read.of(Project)) == {only}
    assert {each.project_id for each in read.of(Task).values()} == {only}
    assert one.check().warnings == []
    assert site.with_options(projects=["1"]).check().warnings[0] == (
        "The project 1 is not visible to the account."
    )


def test_what_is_switched_off_is_neither_asked_nor_provided(site: Site) -> None:
    connector = site.with_options(worklogs=False, custom_fields=False)
    assert isinstance(connector, Teamwork)
    requests = site.asked(lambda: site.read(connector=connector))
    paths = {each.path.removeprefix("/projects/api/v3/") for each in requests}
    assert not paths & {"time.json", "customfields.json"}
    assert not list(connector.census("worklogs", site.native(Project, "project-1")))
    assert Worklog not in connector.provided
    assert "custom" not in connector.provided[Task]
    assert "custom" in connector.provides[Task]
    assert "custom" in connector.provided[Project]  # company, category, tags


def test_a_census_of_a_hidden_project_is_refused_not_empty(site: Site) -> None:
    away = site.native(Project, "project-2")
    site.sandbox.hidden.add(away)
    connector = site.connect()
    for stream in ("tasks", "milestones", "comments", "worklogs"):
        with pytest.raises(NotVisible) as refused:
            list(connector.census(stream, away))
        assert refused.value.scope == away


def test_what_a_project_has_is_counted(site: Site) -> None:
    connector = site.connect()
    home = site.native(Project, "project-1")
    assert connector.count("tasks", home) == world.PROJECTS["project-1"]
    assert connector.count("comments", home) is None


@pytest.mark.parametrize(
    ("stream", "kind", "id"),
    [
        ("projects", Project, "project-1"),
        ("milestones", Milestone, "milestone-1"),
        ("tasks", Task, "task-5"),
        ("comments", Comment, "comment-1"),
        ("worklogs", Worklog, "worklog-1"),
        ("people", Person, "person-1"),
    ],
)
def test_what_is_still_there_is_told_from_what_is_not(
    site: Site, stream: str, kind: type[Any], id: str
) -> None:
    native, never = site.native(kind, id), "12345"
    told = site.connect().confirm(stream, [native, never])
    assert told == {native: None, never: "deleted" if stream == "projects" else "unknown"}


def test_a_hidden_project_is_lost_and_not_deleted(site: Site) -> None:
    away = site.native(Project, "project-2")
    site.sandbox.hidden.add(away)
    assert site.connect().confirm("projects", [away]) == {away: "access_lost"}


def test_a_task_that_teamwork_shows_as_deleted_is_deleted(site: Site) -> None:
    shown = {"task": {"id": 7, "status": "deleted", "deletedAt": "2026-11-19T10:00:00Z"}}
    site.sandbox.interfere = lambda _: Reply.of(shown)
    assert site.connect().confirm("tasks", ["7"]) == {"7": "deleted"}


def test_groups_and_status_updates_cannot_be_asked_for(site: Site) -> None:
    connector = site.connect()
    requests = site.asked(lambda: connector.confirm("people", ["team-5"]))
    assert requests == []
    assert connector.confirm("updates", ["5"]) == {"5": "unknown"}


def test_boards_are_read_with_their_stages_in_order(site: Site) -> None:
    columns = site.turn("boards").of(Column).values()
    assert [each.name for each in sorted(columns, key=lambda each: each.position)] == [
        "To do", "In progress", "Done",
    ]  # fmt: skip


def test_links_lead_to_the_address_that_people_open(site: Site) -> None:
    connector = site.with_options(web_url="https://projects.example.com/")
    read = site.read(streams=["tasks"], connector=connector)
    id = site.native(Task, "task-5")
    assert read.of(Task)[id].url == f"https://projects.example.com/app/tasks/{id}"


def test_project_fields_are_those_of_the_site(site: Site) -> None:
    projects = site.turn("projects").of(Project)
    found = {
        name: next(each for each in projects[site.native(Project, name)].custom[3:])
        for name in ("project-1", "project-2")
    }
    assert found["project-1"] == Custom(id=found["project-2"].id, name="Cost centre", value="CC-12")
    assert found["project-2"].value is None
