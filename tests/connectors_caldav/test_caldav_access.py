"""Who we are for the server, which lists are read, and what is said when we may not."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.caldav.connector import CalDAV, CalDAVOptions
from connectors.caldav.dav import normal
from connectors.sdk.contract import Answer
from connectors.sdk.errors import NotVisible, Refused, Unexpected
from connectors.sdk.records import Project, Task
from connectors.sdk.sandbox import Reply, Request
from tests.conformance import world
from tests.connectors_caldav.conftest import Server


def test_the_address_leads_to_the_account_and_its_lists(server: Server) -> None:
    identity = server.connect().check()
    assert identity.account == "Flagstaff Reader"
    assert identity.site == server.url.removeprefix("http://")
    assert identity.server_time == world.NOW
    assert {scope.name for scope in identity.scopes} == {"New web site", "Operations", "Web shop"}
    assert not identity.warnings


@pytest.mark.parametrize("path", ["/.well-known/caldav", "/dav/principals/reader/", "/dav/"])
def test_any_address_that_knows_the_account_will_do(server: Server, path: str) -> None:
    connector = server.with_options(url=server.url + path)
    assert len(connector.scopes()) == 3


def test_an_address_that_knows_no_account_is_the_admins(server: Server) -> None:
    with pytest.raises(NotVisible):
        server.with_options(url=f"{server.url}/elsewhere/").check()
    with pytest.raises(Refused, match="does not say who"):
        server.with_options(url=f"{server.url}/dav/calendars/reader/").check()


def test_an_account_without_calendars_is_told(server: Server) -> None:
    def homeless(request: Request) -> Reply:
        reply = server.sandbox.handle(request)
        body = reply.body.replace(b"<href>/dav/calendars/reader/</href>", b"")
        return Reply(reply.status, body, reply.headers)

    server.sandbox.interfere = homeless
    with pytest.raises(Refused, match="no calendars"):
        server.connect().check()


def test_a_page_that_is_xml_and_no_answer_is_unexpected(server: Server) -> None:
    server.sandbox.interfere = lambda _: Reply(200, b"<html><body>Sign in</body></html>")
    with pytest.raises(Unexpected, match="no WebDAV"):
        server.connect().check()


def test_a_wrong_password_is_refused(server: Server) -> None:
    for options in ({"token": "wrong"}, {"user": "somebody"}):
        with pytest.raises(Refused) as caught:
            server.with_options(**options).check()
        assert type(caught.value) is Refused


def test_the_credential_is_basic_and_in_no_address() -> None:
    config = CalDAVOptions(url="https://dav.example.com/remote.php/dav", user="é", token="p:w")
    access = CalDAV.access(config)
    assert access.base_url == "https://dav.example.com"
    assert access.headers == {"Authorization": "Basic w6k6cDp3"}


@pytest.mark.parametrize("chosen", ["Operations", "/dav/calendars/reader/project-2/",
                                    "/dav/calendars/reader/project-2", "URL"])  # fmt: skip
def test_lists_are_chosen_by_name_path_or_address(server: Server, chosen: str) -> None:
    if chosen == "URL":
        chosen = f"{server.url}/dav/calendars/reader/project%2D2/"
    connector = server.with_options(calendars=[chosen])
    assert [scope.id for scope in connector.scopes()] == [server.list_at(2)]
    read = server.read(connector=connector)
    assert {task.project_id for task in read.of(Task).values()} == {server.list_at(2)}
    assert set(read.of(Project)) == {server.list_at(2)}


def test_a_list_in_another_home_is_named_by_its_path(server: Server) -> None:
    elsewhere = "/dav/calendars/colleague/shared/"
    server.sandbox.world.put(Project(id=elsewhere, name="Shared"))

    def of_own(request: Request) -> Reply | None:
        """The home lists only what lies in it."""
        if request.path != "/dav/calendars/reader/":
            return None
        reply = server.sandbox.handle(request)
        start = reply.body.find(f"<response><href>{elsewhere}".encode())
        end = reply.body.index(b"</response>", start) + len(b"</response>")
        return Reply(207, reply.body[:start] + reply.body[end:], reply.headers)

    server.sandbox.interfere = of_own
    assert len(server.connect().scopes()) == 3
    connector = server.with_options(calendars=["Operations", elsewhere])
    assert [scope.name for scope in connector.scopes()] == ["Operations", "Shared"]


@pytest.mark.parametrize("missing", ["No such list", "/dav/calendars/reader/none/"])
def test_a_list_that_is_not_visible_is_named_and_harms_no_other(
    server: Server, missing: str
) -> None:
    connector = server.with_options(calendars=["Operations", missing])
    (warning,) = connector.check().warnings
    assert missing in warning
    read = server.turn("tasks", connector=connector, patient=True)
    assert len(read.of(Task)) == 10
    (error,) = read.errors
    assert isinstance(error, NotVisible)
    assert error.scope == missing


def test_a_calendar_for_appointments_is_no_task_list(server: Server) -> None:
    connector = server.with_options(calendars=["/dav/calendars/reader/meetings/"])
    assert connector.scopes() == []
    with pytest.raises(NotVisible, match="no calendar with tasks"):
        server.turn("tasks", connector=connector)


def test_a_list_that_is_no_longer_shared_is_not_deleted(server: Server) -> None:
    first = server.turn("tasks")
    server.sandbox.hidden.add(server.list_at(2))
    connector = server.connect()
    cursor = first.cursors["tasks"][server.list_at(2)]
    with pytest.raises(NotVisible) as caught:
        list(connector.pull("tasks", server.list_at(2), cursor))
    assert caught.value.scope == server.list_at(2)
    with pytest.raises(NotVisible):
        list(connector.census("tasks", server.list_at(2)))
    assert server.turn("tasks", first.cursors).gone == []


def test_a_list_that_was_left_out_is_told_from_one_that_is_not_visible(server: Server) -> None:
    connector = server.with_options(calendars=["Operations"])
    server.sandbox.hidden.add(server.list_at(3))
    assert connector.confirm("projects", [server.list_at(1), server.list_at(3)]) == {
        server.list_at(1): None,
        server.list_at(3): "unknown",
    }


def test_no_list_at_all_is_a_warning(open_server: Any) -> None:
    server = open_server([])
    assert server.connect().check().warnings == ["The account has no task list."]
    assert server.turn("tasks").items["tasks"] == {}


@pytest.mark.parametrize(
    ("path", "one"),
    [
        ("/a/b%40c/", "/a/b%40c/"),
        ("/a/b@c/", "/a/b%40c/"),
        ("https://h.example.com/a/b%2Fc%20d.ics", "/a/b%2Fc%20d.ics"),
        ("/a/ünicode", "/a/%C3%BCnicode"),
        ("/a/%c3%bcnicode", "/a/%C3%BCnicode"),
    ],
)
def test_a_path_has_one_spelling(path: str, one: str) -> None:
    assert normal(path) == one
    assert normal(one) == one


def test_only_an_error_that_names_the_token_expires_a_cursor() -> None:
    assert CalDAV.classify(Answer(403, {}, None, "")) is None
    assert CalDAV.classify(Answer(403, {}, "valid-sync-token", "")) is None


def ask(server: Server, method: str, path: str, body: str, **headers: str) -> int:
    request = Request(method, path, {}, {"authorization": _basic(server), **headers}, body.encode())
    return server.sandbox.handle(request).status


def _basic(server: Server) -> str:
    config = server.config()
    assert isinstance(config, CalDAVOptions)
    return CalDAV.access(config).headers["Authorization"]


def test_the_imitation_refuses_what_servers_refuse(server: Server) -> None:
    propfind = '<propfind xmlns="DAV:"><prop/></propfind>'
    sync = '<sync-collection xmlns="DAV:"><sync-token/><prop/></sync-collection>'
    home, works = "/dav/calendars/reader/", server.list_at(1)
    assert ask(server, "PROPFIND", home, propfind, depth="1") == 207
    assert ask(server, "PROPFIND", home, propfind) == 403  # no depth is infinity
    assert ask(server, "PROPFIND", home, "no xml", depth="1") == 400
    assert ask(server, "PROPFIND", "/dav/nowhere/", propfind, depth="0") == 404
    assert ask(server, "REPORT", works, sync, depth="0") == 207
    assert ask(server, "REPORT", works, sync, depth="1") == 400
    assert ask(server, "REPORT", home, sync, depth="0") == 403
    assert ask(server, "GET", works, propfind) == 403
    query = '<calendar-query xmlns="urn:ietf:params:xml:ns:caldav"/>'
    assert ask(server, "REPORT", works, query, depth="1") == 403
