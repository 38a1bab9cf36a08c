"""The CalDAV connector against a Radicale that nobody here wrote."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from connectors.caldav.connector import CalDAV, CalDAVOptions
from connectors.sdk.errors import ConnectorError, CursorExpired, NotVisible, Refused
from connectors.sdk.http import Door, open_door
from connectors.sdk.records import Gone, Link, Person, Project, Task
from tests.conftest import missing_part
from tests.live.caldav_kit import Reader, await_start, free_port

pytestmark = [pytest.mark.caldav, pytest.mark.slow, pytest.mark.xdist_group(__name__)]

WORKS, YARD = "/amara/works/", "/amara/yard/"
COUNT = 120
MKCALENDAR = """<?xml version="1.0"?>
<C:mkcalendar xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:set><D:prop>
<D:displayname>{name}</D:displayname><C:calendar-description>{name} of all</C:calendar-description>
<C:supported-calendar-component-set>{kinds}</C:supported-calendar-component-set>
</D:prop></D:set></C:mkcalendar>"""


@dataclass
class Radicale:
    """A running Radicale, as an app uses it."""

    base_url: str
    session: requests.Session = field(default_factory=requests.Session)

    def call(self, method: str, path: str, body: str = "", **headers: str) -> requests.Response:
        """One request; fails the test on a refusal."""
        answer = self.session.request(
            method, self.base_url + path, data=body.encode(), auth=("amara", "secret1"),
            headers=headers, timeout=30,
        )  # fmt: skip
        assert answer.status_code < 400, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer

    def make(self, path: str, name: str, *kinds: str) -> None:
        """Make a calendar for some kinds of component."""
        said = "".join(f'<C:comp name="{kind}"/>' for kind in kinds)
        self.call("MKCALENDAR", path, MKCALENDAR.format(name=name, kinds=said))

    def put(self, path: str, *lines: str, kind: str = "VTODO") -> None:
        """Write a component."""
        text = [
            "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Example//Test//EN", f"BEGIN:{kind}",
            "DTSTAMP:20261120T100000Z", *lines, f"END:{kind}", "END:VCALENDAR", "",
        ]  # fmt: skip
        self.call("PUT", path, "\r\n".join(text), **{"Content-Type": "text/calendar"})


@pytest.fixture(scope="module")
def radicale(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Radicale]:
    """A Radicale of its own with three calendars of two people, stopped afterwards."""
    if importlib.util.find_spec("radicale") is None:
        missing_part("Radicale", "install the requirements of development")
    work: Path = tmp_path_factory.mktemp("radicale")
    (work / "users").write_text("amara:secret1\nbruno:secret2\n")
    port = free_port()
    arguments = {
        "config": "", "server-hosts": f"127.0.0.1:{port}", "auth-type": "htpasswd",
        "auth-htpasswd-filename": str(work / "users"), "auth-htpasswd-encryption": "plain",
        "auth-delay": "0", "storage-filesystem-folder": str(work / "collections"),
    }  # fmt: skip
    command = [sys.executable, "-m", "radicale"]
    command += [part for name, value in arguments.items() for part in (f"--{name}", value)]
    with (work / "log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        await_start("Radicale", port, server, work / "log")
        held = Radicale(f"http://127.0.0.1:{port}")
        held.make(WORKS, "Works", "VTODO")
        held.make(YARD, "Yard", "VTODO", "VEVENT")
        held.make("/amara/meetings/", "Meetings", "VEVENT")
        for number in range(COUNT):
            held.put(f"{WORKS}object-{number}.ics", f"UID:t{number}", f"SUMMARY:Work {number}")
        held.put(f"{YARD}event.ics", "UID:e1", "SUMMARY:Visit", "DTSTART:20261120T100000Z",
                 kind="VEVENT")  # fmt: skip
        yield held
    finally:
        server.terminate()
        server.wait(10)


@pytest.fixture
def reader_of(radicale: Radicale) -> Iterator[Callable[..., Reader]]:
    """Makes a reader with some options."""
    doors: list[Door] = []

    def make(**options: Any) -> Reader:
        held = {"url": f"{radicale.base_url}/", "user": "amara", "token": "secret1", **options}
        config = CalDAVOptions.model_validate({**held, "allow_private_network": True})
        doors.append(open_door(CalDAV, config))
        return Reader(CalDAV(config, doors[-1]), doors[-1])

    yield make
    for door in doors:
        door.close()


@pytest.fixture
def reader(reader_of: Callable[..., Reader]) -> Reader:
    return reader_of()


@pytest.mark.parametrize("path", ["/", "/.well-known/caldav", "/amara/"])
def test_the_account_and_its_task_lists_are_found(
    radicale: Radicale, reader_of: Callable[..., Reader], path: str
) -> None:
    identity = reader_of(url=radicale.base_url + path).connector.check()
    assert identity.account == "amara"
    assert identity.server_time is not None
    assert {scope.id: scope.name for scope in identity.scopes} == {WORKS: "Works", YARD: "Yard"}


def test_collections_are_projects(reader: Reader) -> None:
    items = reader.read(stream="projects").items.values()
    found = [record for item in items for record in CalDAV.to_records("projects", item.body)]
    assert sorted(found, key=lambda record: record.id) == [
        Project(id=WORKS, name="Works", description="Works of all"),
        Project(id=YARD, name="Yard", description="Yard of all"),
    ]


def test_everything_is_read_once_and_then_nothing(reader: Reader) -> None:
    first = reader.read()
    assert {f"t{number}" for number in range(COUNT)} <= set(first.of(Task))
    assert first.items[f"{WORKS}object-7.ics"].scope == WORKS
    assert f"{YARD}event.ics" not in first.items
    again = reader.read(first.cursors)
    assert (again.items, again.gone, again.requests) == ({}, [], 1)


def test_a_to_do_is_read_as_it_was_written(radicale: Radicale, reader: Reader) -> None:
    radicale.put(
        f"{YARD}rich.ics", "UID:rich", "SUMMARY:Crane\\, north – café", "DESCRIPTION:One\\nTwo",
        "STATUS:IN-PROCESS", "PERCENT-COMPLETE:25", "PRIORITY:1", "CATEGORIES:PMO,Site\\, north",
        "DTSTART;VALUE=DATE:20261118", "DUE;TZID=Europe/Berlin:20261120T170000",
        "CREATED:20261101T080000Z", "LAST-MODIFIED:20261119T080000Z",
        "RELATED-TO;RELTYPE=PARENT:t1", "RELATED-TO;RELTYPE=DEPENDS-ON:t2",
        "ORGANIZER;CN=Amara Okafor:mailto:amara@example.com",
        "ATTENDEE;CN=Bruno Silva:mailto:bruno@example.com",
    )  # fmt: skip
    read = reader.read()
    assert read.of(Task)["rich"] == Task(
        id="rich", project_id=YARD, parent_id="t1", title="Crane, north – café",
        description="One\nTwo", type="subtask", status="in_progress", status_label="IN-PROCESS",
        percent_complete=25.0, priority=1, priority_label="1", labels=("PMO", "Site, north"),
        start_on=date(2026, 11, 18), due_on=datetime(2026, 11, 20, 16, tzinfo=UTC),
        created_at=datetime(2026, 11, 1, 8, tzinfo=UTC),
        updated_at=datetime(2026, 11, 19, 8, tzinfo=UTC),
        assignee_ids=("mailto:bruno@example.com",), reporter_id="mailto:amara@example.com",
    )  # fmt: skip
    assert {each.name for each in read.of(Person).values()} == {"Amara Okafor", "Bruno Silva"}
    (link,) = read.of(Link).values()
    assert (link.type, link.from_id, link.to_id) == ("blocks", "t2", "rich")


def test_a_recurring_to_do_is_one_task(radicale: Radicale, reader: Reader) -> None:
    radicale.put(
        f"{YARD}round.ics", "UID:round", "SUMMARY:Round", "DTSTART:20261101T080000Z",
        "RRULE:FREQ=WEEKLY", "END:VTODO", "BEGIN:VTODO", "UID:round", "DTSTAMP:20261121T100000Z",
        "RECURRENCE-ID:20261108T080000Z", "SUMMARY:Round in the rain",
    )  # fmt: skip
    task = reader.read().of(Task)["round"]
    assert (task.title, task.updated_at) == ("Round", datetime(2026, 11, 21, 10, tzinfo=UTC))


def test_only_what_changed_is_read_and_what_is_gone_is_told(
    radicale: Radicale, reader: Reader
) -> None:
    for name in ("edited", "deleted"):
        radicale.put(f"{WORKS}{name}.ics", f"UID:{name}", "SUMMARY:Before")
    first = reader.read()
    radicale.put(f"{WORKS}edited.ics", "UID:edited", "SUMMARY:After")
    radicale.put(f"{WORKS}new.ics", "UID:new", "SUMMARY:New")
    radicale.call("DELETE", f"{WORKS}deleted.ics")
    again = reader.read(first.cursors)
    assert {task.title for task in again.of(Task).values()} == {"After", "New"}
    assert again.gone == [Gone(id=f"{WORKS}deleted.ics", stream="tasks", reason="deleted")]
    assert again.requests == 3
    assert reader.read(again.cursors).requests == 1


def test_a_moved_to_do_is_the_same_task_elsewhere(radicale: Radicale, reader: Reader) -> None:
    radicale.put(f"{WORKS}moving.ics", "UID:moving", "SUMMARY:Moves", "RELATED-TO:t3")
    first = reader.read()
    radicale.call("MOVE", f"{WORKS}moving.ics",
                  Destination=f"{radicale.base_url}{YARD}moving.ics")  # fmt: skip
    again = reader.read(first.cursors)
    (task,) = again.of(Task).values()
    assert (task.id, task.project_id, task.parent_id) == ("moving", YARD, "t3")
    assert [each.id for each in again.gone] == [f"{WORKS}moving.ics"]


def test_a_token_that_the_server_does_not_know_is_expired(reader: Reader) -> None:
    for token in (f"http://radicale.org/ns/sync/{'0' * 64}", "http://example.com/other"):
        with pytest.raises(CursorExpired):
            list(reader.connector.pull("tasks", WORKS, {"token": token}))


def test_the_census_is_what_was_read_and_confirm_tells_it_apart(
    radicale: Radicale, reader: Reader
) -> None:
    radicale.put(f"{WORKS}short.ics", "UID:short", "SUMMARY:Short-lived")
    read = reader.read()
    for scope in (WORKS, YARD):
        listed = [id for batch in reader.connector.census("tasks", scope) for id in batch]
        assert sorted(listed) == sorted(id for id in read.items if id.startswith(scope))
    radicale.call("DELETE", f"{WORKS}short.ics")
    asked = [f"{WORKS}short.ics", f"{WORKS}object-1.ics", "/bruno/secret/x.ics"]
    assert reader.connector.confirm("tasks", asked) == {
        f"{WORKS}short.ics": "deleted", f"{WORKS}object-1.ics": None, asked[2]: "unknown",
    }  # fmt: skip


@pytest.mark.parametrize("path", ["/bruno/secret/", "/amara/none/"])
def test_a_list_of_somebody_else_or_of_nobody_is_not_visible(
    reader_of: Callable[..., Reader], path: str
) -> None:
    reader = reader_of(calendars=["Works", path])
    assert [scope.id for scope in reader.connector.scopes()] == [WORKS]
    with pytest.raises(NotVisible) as caught:
        list(reader.connector.pull("tasks", path, None))
    assert caught.value.scope == path


def test_a_deleted_list_is_not_visible_and_the_others_are_read(
    radicale: Radicale, reader: Reader
) -> None:
    radicale.make("/amara/brief/", "Brief", "VTODO")
    radicale.put("/amara/brief/one.ics", "UID:brief", "SUMMARY:Brief")
    first = reader.read()
    radicale.call("DELETE", "/amara/brief/")
    again = reader.read(first.cursors)
    assert (again.items, again.gone) == ({}, [])
    with pytest.raises(NotVisible):
        list(reader.connector.pull("tasks", "/amara/brief/", first.cursors["/amara/brief/"]))


def test_a_wrong_password_is_refused_and_told_nowhere(reader_of: Callable[..., Reader]) -> None:
    with pytest.raises(ConnectorError) as caught:
        reader_of(token="not-the-password").connector.check()
    assert type(caught.value) is Refused
    assert "not-the-password" not in f"{caught.value!r} {vars(caught.value)}"
