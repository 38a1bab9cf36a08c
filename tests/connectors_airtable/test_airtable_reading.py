"""What is asked when, and what comes of it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connectors.airtable.connector import LEARN_EVERY
from connectors.sdk.errors import CursorExpired, NotVisible, Unavailable, Unexpected
from connectors.sdk.records import Comment, Link, Project, Task
from connectors.sdk.sandbox import Reply, Request
from tests.conformance import world
from tests.connectors_airtable.conftest import Open, Workspace


def meta(paths: list[str]) -> list[str]:
    """The requests among them that ask for bases or tables."""
    return [path for path in paths if path.startswith("/v0/meta/")]


# -- incremental -------------------------------------------------------------------------------


def test_a_quiet_turn_costs_a_request_for_each_table_and_one_more(workspace: Workspace) -> None:
    first = workspace.turn("tasks")
    workspace.clock.sleep(1800)
    paths = workspace.requests(lambda: workspace.turn("tasks", first.cursors))
    assert sorted(paths) == sorted(
        ["/v0/meta/bases"] + [f"/v0/{workspace.table(p).replace(':', '/')}" for p in world.PROJECTS]
    )


def test_only_what_changed_is_read_again(workspace: Workspace) -> None:
    first = workspace.turn("tasks")
    workspace.edit(5, title="Another title")
    again = workspace.turn("tasks", first.cursors)
    assert again.ids("tasks") == {workspace.task(5)}
    assert again.of(Task)[workspace.task(5)].title == "Another title"


def test_a_table_with_a_time_of_change_is_asked_by_its_column(workspace: Workspace) -> None:
    first = workspace.turn("tasks")
    workspace.sandbox.log.clear()
    workspace.turn("tasks", first.cursors)
    asked = [each.one("filterByFormula") for each in workspace.sandbox.log]
    clocks = [workspace.column("Last modified", project).id for project in world.PROJECTS]
    for clock in clocks:
        assert sum(f"{{{clock}}}" in formula for formula in asked) == 1


def test_a_table_without_one_is_asked_by_airtables_own(workspace: Workspace) -> None:
    for project in world.PROJECTS:
        workspace.sandbox.dropped.add(workspace.column("Last modified", project).id)
    first = workspace.turn("tasks")
    workspace.edit(5, title="Another title")
    workspace.sandbox.log.clear()
    again = workspace.turn("tasks", first.cursors)
    asked = [each.one("filterByFormula") for each in workspace.sandbox.log]
    assert sum("LAST_MODIFIED_TIME()" in formula for formula in asked) == len(world.PROJECTS)
    assert again.ids("tasks") == {workspace.task(5)}
    assert again.of(Task)[workspace.task(5)].updated_at is None


def test_a_link_that_was_made_is_read(workspace: Workspace) -> None:
    first = workspace.turn("tasks")
    workspace.clock.sleep(3600)
    ends = workspace.task(9), workspace.task(12)
    link = Link(id="precedes:9:12", type="precedes", from_id=ends[0], to_id=ends[1])
    workspace.sandbox.world.put(link)
    again = workspace.turn("tasks", first.cursors)
    assert again.ids("tasks") == set(ends)
    assert f"precedes:{ends[0]}:{ends[1]}" in again.of(Link)


def test_what_changes_between_two_pages_is_read_now_or_in_the_next_turn(
    workspace: Workspace,
) -> None:
    first = workspace.turn("tasks")
    for number in range(5, 12):
        workspace.edit(number, title=f"Before {number}")
    edited: list[Request] = []

    def interfere(request: Request) -> Reply | None:
        if request.one("offset") and not edited:
            edited.append(request)
            workspace.clock.sleep(1)
            for number in (5, 11, 13):
                workspace.sandbox.world.edit(workspace.task(number), title=f"During {number}")
        return None

    workspace.sandbox.interfere = interfere
    second = workspace.turn("tasks", first.cursors)
    assert edited
    third = workspace.turn("tasks", second.cursors)
    titles = {task.title for read in (second, third) for task in read.of(Task).values()}
    assert titles >= {"During 5", "During 11", "During 13", "Before 8"}


# -- what does not change its record -----------------------------------------------------------


def test_a_renamed_column_is_read_whole_and_keeps_its_id(workspace: Workspace) -> None:
    first = workspace.turn("tasks")
    points = workspace.column("Points").id
    workspace.sandbox.renamed[points] = "Weight"
    workspace.edit(5, title="Touched")
    again = workspace.turn("tasks", first.cursors)
    assert len(again.ids("tasks")) == world.PROJECTS["project-1"]
    task = again.of(Task)[workspace.task(5)]
    assert task.points is None
    assert {each.id: (each.name, each.value) for each in task.custom}[points] == ("Weight", 3.0)


def test_a_new_name_alone_is_noticed_within_six_hours(workspace: Workspace) -> None:
    read = workspace.turn("tasks")
    workspace.sandbox.renamed[workspace.column("Points").id] = "Weight"
    workspace.clock.sleep(3600)
    read = workspace.turn("tasks", read.cursors)
    assert not read.ids("tasks")
    workspace.clock.sleep(LEARN_EVERY.total_seconds())
    read = workspace.turn("tasks", read.cursors)
    assert len(read.ids("tasks")) == world.PROJECTS["project-1"]


def test_a_formula_that_changes_alone_is_read_within_six_hours(workspace: Workspace) -> None:
    formula = workspace.add_column("formula", "Risk")
    cell = workspace.task(5), formula
    workspace.sandbox.cells[cell] = 2
    read = workspace.turn("tasks")
    workspace.sandbox.cells[cell] = 7
    workspace.clock.sleep(3600)
    read = workspace.turn("tasks", read.cursors)
    assert not read.ids("tasks")
    workspace.edit(6, title="Something else changed")  # this alone does not put it off
    read = workspace.turn("tasks", read.cursors)
    workspace.clock.sleep((LEARN_EVERY - timedelta(hours=2)).total_seconds())
    read = workspace.turn("tasks", read.cursors)
    held = {each.id: each.value for each in read.of(Task)[workspace.task(5)].custom}
    assert held[formula] == 7.0
    assert len(read.ids("tasks")) == world.PROJECTS["project-1"]


def test_a_table_without_computed_columns_is_not_read_whole_again(workspace: Workspace) -> None:
    read = workspace.turn("tasks")
    for _ in range(3):
        workspace.clock.sleep(LEARN_EVERY.total_seconds())
        read = workspace.turn("tasks", read.cursors)
        assert not read.ids("tasks")


def test_a_deleted_time_of_change_has_the_table_read_from_its_beginning(
    workspace: Workspace,
) -> None:
    first = workspace.turn("tasks")
    workspace.sandbox.dropped.add(workspace.column("Last modified").id)
    with pytest.raises(CursorExpired):
        workspace.turn("tasks", first.cursors)
    cursors = {"tasks": {k: v for k, v in first.cursors["tasks"].items() if "tbl" not in k}}
    assert len(workspace.turn("tasks", cursors).ids("tasks")) == sum(world.PROJECTS.values())


# -- tables come and go ------------------------------------------------------------------------


def test_a_table_that_failed_at_first_is_read_in_the_next_turn(workspace: Workspace) -> None:
    path = f"/v0/{workspace.table('project-3').replace(':', '/')}"
    workspace.sandbox.interfere = lambda r: Reply(500, b"{}") if r.path == path else None
    first = workspace.turn("tasks", patient=True)
    assert [type(error) for error in first.errors] == [Unavailable]
    workspace.sandbox.interfere = None
    again = workspace.turn("tasks", first.cursors)
    assert len(again.ids("tasks")) == world.PROJECTS["project-3"]


def test_a_new_table_is_found_when_its_base_is_asked_again(workspace: Workspace) -> None:
    workspace.sandbox.hidden.add(workspace.table("project-3"))
    read = workspace.turn("tasks")
    workspace.sandbox.hidden.clear()
    workspace.clock.sleep(LEARN_EVERY.total_seconds())
    read = workspace.turn("tasks", read.cursors)
    assert len(read.ids("tasks")) == world.PROJECTS["project-3"]


def test_a_new_base_is_found_at_once(workspace: Workspace) -> None:
    base = workspace.table("project-2").partition(":")[0]
    workspace.sandbox.hidden.add(base)
    read = workspace.turn("tasks")
    workspace.sandbox.hidden.clear()
    read = workspace.turn("tasks", read.cursors)
    assert len(read.ids("tasks")) == world.PROJECTS["project-2"]


def test_a_table_that_is_gone_is_not_visible_and_harms_no_other(workspace: Workspace) -> None:
    first = workspace.turn("tasks")
    away = workspace.table("project-3")
    workspace.sandbox.hidden.add(away)
    workspace.edit(5, title="Seen")
    again = workspace.turn("tasks", first.cursors, patient=True)
    [error] = again.errors
    assert isinstance(error, NotVisible)
    assert error.scope == away
    assert again.ids("tasks") == {workspace.task(5)}


def test_bases_and_tables_are_chosen_by_name_or_id(workspace: Workspace) -> None:
    site = workspace.table("project-1")
    base, _, table = site.partition(":")
    for options in (
        {"tables": ["New web site"]},
        {"tables": [table]},
        {"tables": ["New web site base / New web site"]},
        {"bases": [base], "tables": [table, table]},
        {"bases": ["New web site base"], "tables": ["New web site"]},
    ):
        connector = workspace.with_options(**options)
        assert [scope.id for scope in connector.scopes()] == [site]
        read = workspace.read(streams=["projects", "tasks"], connector=connector)
        assert set(read.of(Project)) == {base, site}
        assert {task.project_id for task in read.of(Task).values()} == {site}


@pytest.mark.parametrize("options", [{"bases": ["Nothing"]}, {"tables": ["Nothing"]}])
def test_what_is_configured_and_not_seen_is_said(
    workspace: Workspace, options: dict[str, list[str]]
) -> None:
    connector = workspace.with_options(**options)
    read = workspace.read(streams=["projects"], connector=connector, patient=True)
    [error] = read.errors
    assert isinstance(error, NotVisible)
    assert "'Nothing'" in error.message
    assert any("'Nothing'" in warning for warning in connector.check().warnings)


def test_bases_and_tables_as_projects_are_read_once_an_hour(workspace: Workspace) -> None:
    read = workspace.turn("projects")
    workspace.clock.sleep(1800)
    paths = workspace.requests(lambda: workspace.turn("projects", read.cursors))
    assert paths == ["/v0/meta/bases"]
    workspace.clock.sleep(1800)
    again = workspace.turn("projects", read.cursors)
    assert again.records == read.records


# -- paging ------------------------------------------------------------------------------------


def test_a_forgotten_list_is_begun_again(workspace: Workspace) -> None:
    lost: list[str] = []

    def interfere(request: Request) -> Reply | None:
        if request.one("offset").startswith("itr") and len(lost) < 1:
            lost.append(request.one("offset"))
            workspace.sandbox.forget_lists()
        return None

    workspace.sandbox.interfere = interfere
    read = workspace.turn("tasks")
    assert lost
    assert "/" in lost[0]
    assert len(read.ids("tasks")) == sum(world.PROJECTS.values())


def test_a_list_that_is_always_forgotten_ends_the_turn(workspace: Workspace) -> None:
    def interfere(request: Request) -> Reply | None:
        if request.one("offset"):
            workspace.sandbox.forget_lists()
        return None

    workspace.sandbox.interfere = interfere
    with pytest.raises(Unavailable, match="forgets"):
        workspace.turn("tasks")


def test_a_page_that_is_refused_for_another_reason_is_an_error_of_ours(
    workspace: Workspace,
) -> None:
    said = b'{"error":{"type":"INVALID_REQUEST_UNKNOWN"}}'
    workspace.sandbox.interfere = lambda r: Reply(422, said) if r.one("offset") else None
    with pytest.raises(Unexpected):
        workspace.turn("tasks")


def test_without_airtables_clock_everything_is_read_each_time(workspace: Workspace) -> None:
    def interfere(request: Request) -> Reply:
        reply = workspace.sandbox.handle(request)
        return Reply(reply.status, reply.body, {**reply.headers, "Date": "soon"})

    workspace.sandbox.interfere = interfere
    first = workspace.read()
    assert not any(first.cursors.values())
    again = workspace.read(first.cursors)
    assert again.records == first.records


# -- comments ----------------------------------------------------------------------------------


def test_comments_are_read_every_six_hours(workspace: Workspace) -> None:
    read = workspace.turn("comments")
    said = next(iter(read.of(Comment).values()))
    workspace.sandbox.world.put(Comment(id=said.id, task_id=said.task_id, text="Anew", at=said.at))
    workspace.clock.sleep(3600)
    paths = workspace.requests(lambda: workspace.turn("comments", read.cursors))
    assert paths == ["/v0/meta/bases"]
    workspace.clock.sleep(LEARN_EVERY.total_seconds())
    again = workspace.turn("comments", read.cursors)
    assert again.of(Comment)[said.id].text == "Anew"
    assert again.ids("comments") == read.ids("comments")


def test_comments_of_a_table_that_failed_are_read_in_the_next_turn(workspace: Workspace) -> None:
    whole = workspace.turn("comments").ids("comments")
    path = f"/v0/{workspace.table().replace(':', '/')}"
    workspace.sandbox.interfere = lambda r: Reply(500, b"{}") if r.path == path else None
    first = workspace.turn("comments", patient=True)
    assert first.errors
    workspace.sandbox.interfere = None
    again = workspace.turn("comments", first.cursors)
    assert again.ids("comments") == {id for id in whole if id.startswith(workspace.table())}


def test_a_record_whose_comments_were_all_deleted_is_told_by_the_census(
    workspace: Workspace,
) -> None:
    read = workspace.turn("comments")
    gone, *others = sorted(id for id in read.ids("comments") if id.startswith(workspace.table()))
    for comment in workspace.sandbox.world.where(Comment, "task_id", gone):
        workspace.sandbox.world.remove(Comment, comment.id)
    connector = workspace.connect()
    listed = {id for batch in connector.census("comments", workspace.table()) for id in batch}
    assert listed == set(others)
    assert connector.confirm("comments", [gone, others[0]]) == {gone: "deleted", others[0]: None}


def test_only_records_with_comments_are_asked_for_them(workspace: Workspace) -> None:
    paths = workspace.requests(lambda: workspace.turn("comments"))
    asked = [path for path in paths if path.endswith("/comments")]
    expected = {task.task_id for task in workspace.sandbox.world.all(Comment)}
    assert len(asked) == len(set(asked)) == len(expected)


def test_many_comments_come_in_pages(open_workspace: Open) -> None:
    records = [each for each in world.records() if not isinstance(each, Comment)]
    records += [
        Comment(id=f"c{n}", task_id="task-5", text=f"Remark {n}", at=world.ago(1)) for n in range(7)
    ]
    read = open_workspace(records, page_size=3).turn("comments")
    assert {each.text for each in read.of(Comment).values()} == {f"Remark {n}" for n in range(7)}


def test_comments_can_be_switched_off(workspace: Workspace) -> None:
    connector = workspace.with_options(comments=False)
    assert Comment not in connector.provided  # type: ignore[attr-defined]
    assert Task in connector.provided  # type: ignore[attr-defined]
    asked = len(workspace.sandbox.log)
    workspace.read(streams=["comments"], connector=connector)
    assert list(connector.census("comments", workspace.table())) == []
    assert len(workspace.sandbox.log) == asked


# -- what is gone ------------------------------------------------------------------------------


def test_a_deleted_record_is_told_by_the_census_and_confirmed(workspace: Workspace) -> None:
    gone, table = workspace.task(12), workspace.table()
    workspace.sandbox.world.remove(Task, gone)
    connector = workspace.connect()
    ids = [id for batch in connector.census("tasks", table) for id in batch]
    assert gone not in ids
    assert len(ids) == world.PROJECTS["project-1"] - 1
    assert connector.confirm("tasks", [gone, ids[0]]) == {gone: "deleted", ids[0]: None}


def test_a_census_asks_for_one_small_column(workspace: Workspace) -> None:
    list(workspace.connect().census("tasks", workspace.table()))
    asked = [each.query["fields[]"] for each in workspace.sandbox.log if "fields[]" in each.query]
    assert asked
    assert all(each == [workspace.column("Blocked").id] for each in asked)


def test_a_census_of_a_forgotten_list_names_no_record_twice(workspace: Workspace) -> None:
    lost: list[Request] = []

    def interfere(request: Request) -> Reply | None:
        if request.one("offset") and not lost:
            lost.append(request)
            workspace.sandbox.forget_lists()
        return None

    workspace.sandbox.interfere = interfere
    ids = [i for batch in workspace.connect().census("tasks", workspace.table()) for i in batch]
    assert lost
    assert len(ids) == len(set(ids)) == world.PROJECTS["project-1"]


def test_records_of_a_table_that_cannot_be_read_are_not_called_deleted(
    workspace: Workspace,
) -> None:
    base = workspace.table().partition(":")[0]
    for hidden in (workspace.table(), base):
        workspace.sandbox.hidden = {hidden}
        told = workspace.connect().confirm("tasks", [workspace.task(5), workspace.task(6)])
        assert set(told.values()) == {"unknown"}


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, b"<html>no such host"),
        (404, b"{}"),
        (403, b'{"error":{"type":"INVALID_PERMISSIONS","message":"Not permitted"}}'),
    ],
)
def test_a_refusal_that_does_not_say_so_is_no_deletion(
    workspace: Workspace, status: int, body: bytes
) -> None:
    record = workspace.task(5).rpartition(":")[2]
    workspace.sandbox.interfere = lambda r: Reply(status, body) if record in r.path else None
    with pytest.raises(Unexpected):
        workspace.connect().confirm("tasks", [workspace.task(5)])


@pytest.mark.parametrize(
    "body", [b'{"error":"NOT_FOUND"}', b'{"error":{"type":"MODEL_ID_NOT_FOUND"}}']
)
def test_airtables_other_ways_of_saying_it_are_understood(
    workspace: Workspace, body: bytes
) -> None:
    record = workspace.task(5).rpartition(":")[2]
    workspace.sandbox.interfere = lambda r: Reply(404, body) if record in r.path else None
    told = workspace.connect().confirm("tasks", [workspace.task(5)])
    assert told == {workspace.task(5): "deleted"}


def test_the_schema_is_not_asked_for_by_a_quiet_table(workspace: Workspace) -> None:
    first = workspace.turn("tasks")
    workspace.edit(5, title="Touched")
    paths = workspace.requests(lambda: workspace.turn("tasks", first.cursors))
    base = workspace.table().partition(":")[0]
    assert meta(paths) == ["/v0/meta/bases", f"/v0/meta/bases/{base}/tables"]
