"""Lists are read whole once, then by what the server says has changed and gone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from connectors.caldav.sandbox import TOKENS
from connectors.sdk.errors import CursorExpired, NotVisible, Unavailable, Unexpected
from connectors.sdk.records import Gone, Project, Task
from connectors.sdk.sandbox import Reply, Request
from tests.connectors_caldav.conftest import Open, Server

MULTISTATUS = '<?xml version="1.0"?><D:multistatus xmlns:D="DAV:" xmlns:C="{}">{}</D:multistatus>'


def multistatus(inner: str) -> Reply:
    text = MULTISTATUS.format("urn:ietf:params:xml:ns:caldav", inner)
    return Reply(207, text.encode(), {"Content-Type": "text/xml; charset=utf-8"})


def to_report(name: str, change: Callable[[Request], Reply]) -> Callable[[Request], Reply | None]:
    """Answer one kind of report in another way."""
    return lambda request: change(request) if name.encode() in request.body else None


def edit(server: Server, number: int, **to: Any) -> None:
    server.sandbox.world.edit(server.native(Task, f"task-{number}"), **to)


def test_a_first_read_asks_for_the_state_the_addresses_and_a_hundred_objects_at_once(
    server: Server,
) -> None:
    calls = server.calls(lambda: server.turn("tasks"))
    assert calls[:3] == [
        "PROPFIND /dav/", "PROPFIND /dav/principals/reader/", "PROPFIND /dav/calendars/reader/",
    ]  # fmt: skip
    each = [f"PROPFIND {server.list_at(1)}", "calendar-query", "calendar-multiget"]
    assert calls[3:6] == each
    assert len(calls) == 3 + 3 * len(each)


def test_large_lists_are_fetched_in_several_requests(open_server: Open) -> None:
    tasks = [Task(id=f"t{number}", project_id="j", title="T") for number in range(230)]
    server = open_server([Project(id="j", name="J"), *tasks])
    read = server.turn("tasks")
    assert len(read.of(Task)) == 230
    assert server.calls(lambda: server.turn("tasks")).count("calendar-multiget") == 3


def test_a_later_read_asks_only_lists_that_changed_and_only_for_what_changed(
    server: Server,
) -> None:
    first = server.turn("tasks")
    edit(server, 5, title="Changed")
    again = server.turn("tasks", first.cursors)
    assert {task.title for task in again.of(Task).values()} == {"Changed"}
    start = len(server.sandbox.log)
    edit(server, 6, title="Changed too")
    server.turn("tasks", again.cursors)
    later = server.sandbox.log[start + 3 :]
    assert [each.path for each in later] == [server.list_at(1)] * 2
    assert later[1].body.count(b"<D:href>") == 1


def test_what_the_server_says_is_gone_is_gone_and_nothing_else(server: Server) -> None:
    first = server.turn("tasks")
    address = server.address(30)
    server.sandbox.world.remove(Task, server.native(Task, "task-30"))
    again = server.turn("tasks", first.cursors)
    assert again.gone == [Gone(id=address, stream="tasks", reason="deleted")]
    assert again.items["tasks"] == {}


def test_cut_changes_are_read_to_their_end_and_each_part_is_kept(server: Server) -> None:
    first = server.turn("tasks")
    for number in range(1, 12):
        edit(server, number, title=f"Changed {number}")
    cut = server.turn("tasks", first.cursors, stop_after=2)
    assert len(cut.items["tasks"]) == 4
    rest = server.turn("tasks", cut.cursors)
    titles = {task.title for read in (cut, rest) for task in read.of(Task).values()}
    assert titles == {f"Changed {number}" for number in range(1, 12)}


def test_a_token_that_is_too_old_has_the_list_read_anew(server: Server) -> None:
    first = server.turn("tasks")
    edit(server, 5, title="Changed")
    server.sandbox.oldest = len(server.sandbox.events) + 1
    with pytest.raises(CursorExpired):
        server.turn("tasks", first.cursors)
    server.sandbox.oldest = 0
    foreign = {"tasks": {server.list_at(1): {"token": "data:,of-another-server"}}}
    with pytest.raises(CursorExpired):
        server.turn("tasks", foreign)


def test_too_many_changes_have_the_list_read_anew(server: Server) -> None:
    first = server.turn("tasks")
    edit(server, 5, title="Changed")
    body = b'<error xmlns="DAV:"><number-of-matches-within-limits/></error>'
    server.sandbox.interfere = to_report("sync-collection", lambda _: Reply(507, body))
    with pytest.raises(CursorExpired):
        server.turn("tasks", first.cursors)


def test_a_refused_report_that_names_no_token_is_no_expired_cursor(server: Server) -> None:
    first = server.turn("tasks")
    edit(server, 5, title="Changed")
    server.sandbox.interfere = to_report("sync-collection", lambda _: Reply(403, b"<error/>"))
    with pytest.raises(NotVisible) as caught:
        server.turn("tasks", first.cursors)
    assert caught.value.scope == server.list_at(1)


def test_changes_that_never_end_are_an_error(server: Server) -> None:
    first = server.turn("tasks")
    edit(server, 5, title="Changed")
    same = multistatus(
        f"<D:response><D:href>{server.list_at(1)}</D:href>"
        "<D:status>HTTP/1.1 507 Insufficient Storage</D:status></D:response>"
        f"<D:sync-token>{TOKENS}99</D:sync-token>"
    )
    server.sandbox.interfere = to_report("sync-collection", lambda _: same)
    with pytest.raises(Unexpected, match="do not come to an end"):
        server.turn("tasks", first.cursors)


def test_an_answer_without_a_token_is_an_error(server: Server) -> None:
    first = server.turn("tasks")
    edit(server, 5, title="Changed")
    server.sandbox.interfere = to_report("sync-collection", lambda _: multistatus(""))
    with pytest.raises(Unexpected, match="no sync token"):
        server.turn("tasks", first.cursors)


def test_without_sync_tokens_a_list_is_read_whole_when_its_ctag_has_changed(
    open_server: Open,
) -> None:
    server = open_server(sync=False)
    first = server.turn("tasks")
    assert len(server.calls(lambda: server.turn("tasks", first.cursors))) == 3
    edit(server, 5, title="Changed")
    server.sandbox.world.remove(Task, server.native(Task, "task-14"))
    plan = server.connect().lanes("tasks", first.cursors["tasks"])
    assert [(lane.name, lane.full) for lane in plan.lanes] == [(server.list_at(1), True)]
    again = server.turn("tasks", first.cursors)
    assert len(again.of(Task)) == 13
    assert again.gone == []
    assert server.turn("tasks", again.cursors).lanes["tasks"] == []


def test_without_any_state_every_turn_reads_everything(open_server: Open) -> None:
    server = open_server(sync=False, ctag=False)
    first = server.turn("tasks")
    again = server.turn("tasks", first.cursors)
    assert again.records == first.records
    assert len(again.of(Task)) == 30


def test_what_changes_during_a_first_read_is_in_the_next(server: Server) -> None:
    def meanwhile(_: Request) -> None:
        server.sandbox.interfere = None
        edit(server, 5, title="Meanwhile")

    server.sandbox.interfere = lambda request: (
        meanwhile(request) if b"calendar-multiget" in request.body else None
    )
    first = server.turn("tasks")
    again = server.turn("tasks", first.cursors)
    assert "Meanwhile" in {task.title for task in again.of(Task).values()}


def test_an_object_that_went_since_it_was_listed_is_gone(server: Server) -> None:
    first = server.turn("tasks")
    edit(server, 5, title="Changed")
    address = server.address(5)

    def vanish(request: Request) -> None:
        server.sandbox.interfere = None
        server.sandbox.world.remove(Task, server.native(Task, "task-5"))

    server.sandbox.interfere = lambda request: (
        vanish(request) if b"calendar-multiget" in request.body else None
    )
    again = server.turn("tasks", first.cursors)
    assert {each.id for each in again.gone} == {address}


def test_a_moved_task_stays_the_same_task_with_its_parent(server: Server) -> None:
    first = server.turn("tasks")
    id = server.native(Task, "task-2")
    before, left = first.records[Task, id], server.address(2)
    edit(server, 2, project_id=server.list_at(2))
    again = server.turn("tasks", first.cursors)
    after = again.records[Task, id]
    assert isinstance(before, Task)
    assert isinstance(after, Task)
    assert (after.project_id, after.parent_id) == (server.list_at(2), before.parent_id)
    assert before.parent_id is not None
    assert [each.id for each in again.gone] == [left]
    assert list(again.items["tasks"]) == [server.address(2)]


def test_appointments_and_calendars_for_them_are_left_out(server: Server) -> None:
    read = server.read()
    assert len(read.of(Task)) == len(read.items["tasks"]) == 30
    assert set(read.of(Project)) == {server.list_at(number) for number in (1, 2, 3)}
    server.sandbox.world.put(Project(id="/dav/calendars/reader/new/", name="New"))
    later = server.turn("tasks", read.cursors)
    assert later.items["tasks"] == {}
    assert len(later.lanes["tasks"]) == 1


def test_an_object_that_is_hidden_is_named_and_not_retired(server: Server) -> None:
    address = server.address(5)

    def hide(request: Request) -> Reply:
        server.sandbox.interfere = None
        reply = server.sandbox.handle(request)
        start = reply.body.index(address.encode())
        end = reply.body.index(b"</response>", start)
        hidden = b"</href><status>HTTP/1.1 403 Forbidden</status>"
        return Reply(207, reply.body[: start + len(address)] + hidden + reply.body[end:])

    server.sandbox.interfere = to_report("calendar-multiget", hide)
    lane = server.list_at(1)
    pages = list(server.connect().pull("tasks", lane, None))
    assert [each for page in pages for each in page.unread] == [(address, "the server says 403")]
    assert address not in {item.id for page in pages for item in page.items}
    assert [each for page in pages for each in page.gone] == []


@pytest.mark.parametrize(
    ("report", "answer", "error"),
    [
        ("calendar-multiget", "", "says nothing of"),
        ("calendar-query", "<D:response><D:href>{list}</D:href>"
         "<D:status>HTTP/1.1 507 X</D:status></D:response>", "cuts the list"),
    ],
)  # fmt: skip
def test_half_an_answer_is_an_error(server: Server, report: str, answer: str, error: str) -> None:
    reply = multistatus(answer.format(list=server.list_at(1)))
    server.sandbox.interfere = to_report(report, lambda _: reply)
    with pytest.raises(Unexpected, match=error):
        server.turn("tasks")


def test_an_object_without_its_data_is_an_error(server: Server) -> None:
    def bare(request: Request) -> Reply:
        body = request.body.replace(b"<C:calendar-data/>", b"")
        return server.sandbox.handle(replace(request, body=body))

    server.sandbox.interfere = to_report("calendar-multiget", bare)
    with pytest.raises(Unexpected, match="without its data"):
        server.turn("tasks")


def test_addresses_are_the_same_in_every_spelling(server: Server) -> None:
    first = server.turn("tasks")

    def respell(request: Request) -> Reply:
        reply = server.sandbox.handle(request)
        spelt = reply.body.replace(
            b"<href>/dav/calendars", b"<href>http://internal/dav/c%61lendars"
        )
        return Reply(reply.status, spelt, reply.headers)

    server.sandbox.interfere = respell
    again = server.turn("tasks")
    assert again.ids("tasks") == first.ids("tasks")
    assert again.records == first.records


def test_one_response_may_speak_of_several_objects(server: Server) -> None:
    first = server.turn("tasks")
    left = [server.address(number) for number in (13, 14)]
    for number in (13, 14):
        server.sandbox.world.remove(Task, server.native(Task, f"task-{number}"))
    inner = "".join(f"<D:href>{each}</D:href>" for each in left)
    both = multistatus(
        f"<D:response>{inner}<D:status>HTTP/1.1 404 Not Found</D:status></D:response>"
        f"<D:sync-token>{TOKENS}99</D:sync-token>"
    )
    server.sandbox.interfere = to_report("sync-collection", lambda _: both)
    assert [each.id for each in server.turn("tasks", first.cursors).gone] == left


def test_the_census_lists_to_dos_alone(server: Server) -> None:
    listed = [id for batch in server.connect().census("tasks", server.list_at(3)) for id in batch]
    assert sorted(listed) == sorted(server.address(number) for number in range(25, 31))


def test_confirm_asks_each_list_once_and_takes_no_hidden_list_for_deleted(server: Server) -> None:
    server.turn("tasks")
    gone, here, hidden = server.address(14), server.address(13), server.address(30)
    server.sandbox.world.remove(Task, server.native(Task, "task-14"))
    server.sandbox.hidden.add(server.list_at(3))
    connector = server.connect()
    told: dict[str, Any] = {}
    calls = server.calls(lambda: told.update(connector.confirm("tasks", [gone, here, hidden])))
    assert told == {gone: "deleted", here: None, hidden: "unknown"}
    assert calls == ["calendar-multiget", "calendar-multiget"]


def test_control_characters_in_a_text_do_not_stop_the_list(server: Server) -> None:
    def soil(request: Request) -> Reply:
        reply = server.sandbox.handle(request)
        return Reply(reply.status, reply.body.replace(b"Piece of work 5", b"Piece\x0b of work 5"))

    server.sandbox.interfere = soil
    titles = {task.title for task in server.turn("tasks").of(Task).values()}
    assert "Piece of work 5" in titles


def test_a_server_in_trouble_ends_the_turn_without_a_loss(server: Server) -> None:
    first = server.turn("tasks")
    edit(server, 5, title="Changed")
    server.sandbox.interfere = to_report("calendar-multiget", lambda _: Reply(502, b"<html>"))
    read = server.turn("tasks", first.cursors, patient=True)
    assert [type(each) for each in read.errors] == [Unavailable]
    assert read.cursors == first.cursors
