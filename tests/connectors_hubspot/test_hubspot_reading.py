"""Reading an account: what is asked, what is found, and HubSpot's traps."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from connectors.sdk.errors import CursorExpired, NotVisible, Throttled, Unexpected
from connectors.sdk.records import Column, Person, Project, StatusUpdate, Task
from connectors.sdk.sandbox import Reply, Request
from tests.conformance.reading import Read
from tests.connectors_hubspot.conftest import Open, Portal


def searches(portal: Portal, read: Read, stream: str) -> list[Any]:
    asked = portal.questions(lambda: portal.turn(stream, read.cursors))
    return [body for path, body in asked if path.endswith("/search")]


def moment(portal: Portal, ids: list[str], title: str) -> None:
    """Change all of these in one instant, as an import does."""
    for id in ids:
        portal.sandbox.world.edit(id, title=title)


def test_a_first_read_lists_and_reads_in_batches_and_never_searches(portal: Portal) -> None:
    asked = portal.questions(lambda: portal.turn("tickets"))
    assert not [path for path, _ in asked if path.endswith("/search")]
    batches = [body for path, body in asked if path.endswith("tickets/batch/read")]
    assert all(len(body["inputs"]) <= 50 for body in batches)
    assert "hs_pipeline_stage" in batches[0]["propertiesWithHistory"]


def test_a_first_read_that_was_cut_goes_on_where_it_was(portal: Portal) -> None:
    cut = portal.turn("tickets", stop_after=1)
    rest = portal.turn("tickets", cut.cursors)
    assert cut.ids("tickets")
    assert rest.ids("tickets")
    assert not cut.ids("tickets") & rest.ids("tickets")


def test_what_changed_is_asked_for_from_a_little_before_the_last_turn(portal: Portal) -> None:
    first = portal.turn("tickets")
    begun = portal.clock.now()
    portal.clock.sleep(600)
    (question,) = searches(portal, first, "tickets")
    ((one,),) = [group["filters"] for group in question["filterGroups"]]
    assert (one["propertyName"], one["operator"]) == ("hs_lastmodifieddate", "GTE")
    low = begun.timestamp() * 1000 - int(one["value"])
    assert 0 <= low - timedelta(minutes=5).total_seconds() * 1000 <= 60_000
    assert question["sorts"] == ["hs_lastmodifieddate"]


def test_what_the_search_shows_only_after_most_of_an_hour_is_found_by_the_sweep(
    portal: Portal,
) -> None:
    def interfere(request: Request) -> Reply | None:
        if request.path.endswith("/search"):
            return Reply.of({"total": 0, "results": []})
        return None

    read = portal.turn("tickets")
    late = portal.work("tickets")[0].id
    portal.sandbox.world.edit(late, title="Seen late")
    portal.sandbox.interfere = interfere
    for _ in range(5):
        portal.clock.sleep(600)
        read = portal.turn("tickets", read.cursors)
    portal.sandbox.interfere = None
    found: list[str] = []
    for _ in range(3):
        portal.clock.sleep(600)
        read = portal.turn("tickets", read.cursors)
        found += read.ids("tickets")
    assert found == [late]


def test_more_than_a_page_of_changes_is_followed_without_a_second_page(portal: Portal) -> None:
    read = portal.turn("tickets")
    for ticket in portal.work("tickets"):
        portal.clock.sleep(1)
        portal.sandbox.world.edit(ticket.id, title="New title")
    portal.clock.sleep(60)
    start = len(portal.sandbox.log)
    again = portal.turn("tickets", read.cursors)
    asked = [e.json() for e in portal.sandbox.log[start:] if e.path.endswith("/search")]
    assert len(asked) > 2
    assert not [body for body in asked if body.get("after")]
    assert {each.title for each in again.of(Task).values()} == {"New title"}
    assert again.ids("tickets") == {each.id for each in portal.work("tickets")}


def test_the_ten_thousandth_record_is_no_wall(open_portal: Open) -> None:
    portal = open_portal(page_size=4)
    portal.sandbox.most_found = 200  # the first answer is the last that may be asked for
    read = portal.turn("tickets")
    for ticket in portal.work("tickets"):
        portal.clock.sleep(1)
        portal.sandbox.world.edit(ticket.id, title="New title")
    assert portal.turn("tickets", read.cursors).ids("tickets") == {
        each.id for each in portal.work("tickets")
    }


def test_an_import_in_one_instant_is_followed_by_the_ids(portal: Portal) -> None:
    read = portal.turn("tickets")
    portal.clock.sleep(3600)
    imported = [each.id for each in portal.work("tickets")]
    moment(portal, imported, "Imported")
    again = portal.turn("tickets", read.cursors)
    assert again.ids("tickets") == set(imported)
    by_id = [
        each.json()["filterGroups"][0]["filters"]
        for each in portal.sandbox.log
        if each.path.endswith("/search") and each.json()["sorts"] == ["hs_object_id"]
    ]
    assert [one["operator"] for one in by_id[0]] == ["EQ", "GT"]


def test_a_turn_cut_within_the_changes_loses_none(portal: Portal) -> None:
    read = portal.turn("tickets")
    for ticket in portal.work("tickets"):
        portal.clock.sleep(400)
        portal.sandbox.world.edit(ticket.id, title="New title")
    cut = portal.turn("tickets", read.cursors, stop_after=2)
    rest = portal.turn("tickets", cut.cursors)
    assert cut.ids("tickets") | rest.ids("tickets") == {e.id for e in portal.work("tickets")}


def test_the_recycle_bin_tells_what_was_deleted_once(portal: Portal) -> None:
    read = portal.turn("tickets")
    portal.clock.sleep(3600)
    gone = portal.work("tickets")[-1].id
    portal.sandbox.world.remove(Task, gone)
    portal.clock.sleep(3600)
    again = portal.turn("tickets", read.cursors)
    assert [(each.id, each.reason) for each in again.gone] == [(gone, "deleted")]
    portal.clock.sleep(3600)
    assert portal.turn("tickets", again.cursors).gone == []


def test_a_bin_that_lists_living_records_tells_nothing_deleted(portal: Portal) -> None:
    row = {"id": portal.work("tickets")[0].id.rpartition("-")[2], "archived": False}
    read = portal.turn("tickets")

    def interfere(request: Request) -> Reply | None:
        return Reply.of({"results": [row]}) if request.one("archived") == "true" else None

    portal.sandbox.interfere = interfere
    again = portal.turn("tickets", read.cursors, patient=True)
    assert again.gone == []
    assert isinstance(again.errors[0], Unexpected)


def test_a_merged_record_is_gone_and_the_other_one_stays(portal: Portal) -> None:
    read = portal.turn("tickets")
    loser, winner = (each.id for each in portal.work("tickets")[:2])
    portal.clock.sleep(3600)
    portal.sandbox.merge(loser, winner)
    again = portal.turn("tickets", read.cursors)
    assert [each.id for each in again.gone] == [loser]
    assert again.ids("tickets") == {winner}
    assert portal.connect().confirm("tickets", [loser, winner]) == {loser: "unknown", winner: None}


def test_a_record_that_goes_between_the_list_and_the_batch_is_left_out(portal: Portal) -> None:
    gone = portal.work("tickets")[0].id

    def interfere(request: Request) -> Reply | None:
        if request.path.endswith("/batch/read") and portal.sandbox.world.get(Task, gone):
            portal.sandbox.world.remove(Task, gone)
        return None

    portal.sandbox.interfere = interfere
    read = portal.turn("tickets")
    assert gone not in read.ids("tickets")
    assert [each.id for each in read.gone] == [gone]


def test_a_batch_that_fails_in_part_for_another_reason_is_an_error(portal: Portal) -> None:
    error = {"status": "error", "category": "INTERNAL_ERROR", "message": "some shards are away"}

    def interfere(request: Request) -> Reply | None:
        if request.path.endswith("tickets/batch/read"):
            return Reply.of({"status": "COMPLETE", "results": [], "errors": [error]}, 207)
        return None

    portal.sandbox.interfere = interfere
    with pytest.raises(Unexpected, match="some shards are away"):
        portal.turn("tickets")


def test_many_associations_of_one_record_are_followed(portal: Portal) -> None:
    task = portal.work("tasks")[4].id.rpartition("-")[2]
    first, second = (int(each.id.rpartition("-")[2]) for each in portal.work("tickets")[:2])

    def interfere(request: Request) -> Reply | None:
        if "/associations/tasks/tickets/" not in request.path:
            return None
        inputs = request.json()["inputs"]
        if inputs == [{"id": task, "after": "next"}]:
            to = [{"toObjectId": second}]
            return Reply.of({"results": [{"from": {"id": task}, "to": to}]})
        row = {"from": {"id": task}, "to": [{"toObjectId": first}]}
        return Reply.of({"results": [{**row, "paging": {"next": {"after": "next"}}}]})

    portal.sandbox.interfere = interfere
    item = portal.turn("tasks").items["tasks"][f"0-27-{task}"]
    assert item.body["linked"]["tickets"] == [f"0-5-{first}", f"0-5-{second}"]


def test_an_owner_who_left_still_has_the_work(portal: Portal) -> None:
    people = portal.turn("people").of(Person)
    left = portal.native(Person, "person-8")
    assert people[left].active is False
    assert sum(each.active is False for each in people.values()) == 1


def test_stages_are_told_by_their_labels(portal: Portal) -> None:
    columns = portal.turn("pipelines").of(Column).values()
    tickets = portal.turn("tickets").of(Task).values()
    names = {(each.project_id, each.name) for each in columns}
    assert {(each.project_id, each.status_label) for each in tickets} <= names
    assert not [each for each in tickets if (each.status_label or "").isdecimal()]


def test_the_health_of_a_project_is_told_with_its_history(portal: Portal) -> None:
    project = portal.native(Project, "project-1")
    read = portal.turn("projects")
    before = next(iter(read.of(StatusUpdate).values()))
    portal.clock.sleep(3600)
    later = replace(before, id="later", at=portal.clock.now(), health="off_track")
    portal.sandbox.world.put(later)
    held = portal.sandbox.world.get(Project, project)
    assert held is not None
    portal.sandbox.world.put(replace(held, updated_at=portal.clock.now()))
    told = portal.turn("projects", read.cursors).of(StatusUpdate).values()
    assert [each.health for each in told] == ["at_risk", "off_track"]


def test_what_the_options_leave_out_is_neither_read_nor_asked_about(portal: Portal) -> None:
    connector = portal.with_options(objects=["tasks"])
    assert connector.lanes("tickets", {}).lanes == ()
    assert connector.lanes("pipelines", {}).lanes == []
    asked = portal.requests(lambda: portal.read(streams=["tasks"], connector=connector))
    assert not [path for path in asked if "/associations/" in path]
    ticket = portal.work("tickets")[0].id
    assert connector.confirm("tasks", [ticket, "tickets", "tasks"]) == {
        ticket: "moved", "tickets": "moved", "tasks": None,
    }  # fmt: skip


def test_an_object_without_its_scope_harms_no_other(portal: Portal) -> None:
    portal.sandbox.no_scope.add("deals")
    connector = portal.with_options(objects=["tickets", "deals"])
    read = portal.read(streams=["pipelines", "tickets", "deals"], patient=True, connector=connector)
    assert read.ids("tickets")
    assert {error.scope for error in read.errors} == {"deals"}
    assert all(isinstance(error, NotVisible) for error in read.errors)
    assert "crm.objects.deals.read" in read.errors[0].advice
    assert not read.gone
    assert [scope.id for scope in connector.scopes()] == ["tickets"]
    assert connector.confirm("projects", ["deals"]) == {"deals": "access_lost"}


def test_an_account_without_projects_says_so(portal: Portal) -> None:
    portal.sandbox.no_object.add("projects")
    identity = portal.connect().check()
    assert [warning for warning in identity.warnings if warning.startswith("Projects")]
    with pytest.raises(NotVisible, match="no such object"):
        portal.turn("projects")


def test_a_used_up_day_is_waited_for(portal: Portal) -> None:
    portal.sandbox.quota = 3
    with pytest.raises(Throttled):
        portal.turn("tickets")


def test_a_cursor_of_no_known_form_reads_anew(portal: Portal) -> None:
    with pytest.raises(CursorExpired):
        list(portal.connect().pull("tickets", "", {"position": "7"}))


def test_an_empty_account_gives_cursors(open_portal: Open) -> None:
    portal = open_portal([])
    read = portal.read()
    assert not read.records
    assert all(read.cursors[stream][""]["since"] for stream in ("tasks", "tickets", "comments"))


def test_an_empty_paging_ends_a_list(portal: Portal) -> None:
    def interfere(request: Request) -> Reply | None:
        if request.path.endswith("/owners"):
            return Reply.of({"results": [], "paging": {}})
        return None

    portal.sandbox.interfere = interfere
    assert portal.turn("people").ids("people") == set()
