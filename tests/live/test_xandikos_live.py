"""The CalDAV connector against a Xandikos: another server, written by others, on Git."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from connectors.caldav.connector import CalDAV, CalDAVOptions
from connectors.sdk.errors import CursorExpired, NotVisible
from connectors.sdk.http import open_door
from connectors.sdk.records import Gone, Task
from tests.conftest import missing_part
from tests.live.caldav_kit import Reader, await_start, free_port

pytestmark = [pytest.mark.caldav, pytest.mark.slow, pytest.mark.xdist_group(__name__)]

LIST = "/user/calendars/calendar/"
COUNT = 30


@dataclass
class Xandikos:
    """A running Xandikos with one calendar."""

    base_url: str

    def put(self, name: str, *lines: str) -> None:
        """Write a to-do."""
        text = [
            "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Example//Test//EN", "BEGIN:VTODO",
            f"UID:{name}", "DTSTAMP:20261120T100000Z", *lines, "END:VTODO", "END:VCALENDAR", "",
        ]  # fmt: skip
        answer = requests.put(
            f"{self.base_url}{LIST}{name}.ics", "\r\n".join(text).encode(),
            headers={"Content-Type": "text/calendar"}, timeout=30,
        )  # fmt: skip
        assert answer.status_code < 400, answer.text

    def delete(self, name: str) -> None:
        """Delete a to-do."""
        answer = requests.delete(f"{self.base_url}{LIST}{name}.ics", timeout=30)
        assert answer.status_code < 400, answer.text


@pytest.fixture(scope="module")
def xandikos(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Xandikos]:
    """A Xandikos of its own, stopped afterwards."""
    if importlib.util.find_spec("xandikos") is None:
        missing_part("Xandikos", "install the requirements of development")
    work: Path = tmp_path_factory.mktemp("xandikos")
    port = free_port()
    command = [sys.executable, "-m", "xandikos", "serve", "--defaults", "-d", str(work / "held"),
               "-l", "127.0.0.1", "-p", str(port)]  # fmt: skip
    with (work / "log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        await_start("Xandikos", port, server, work / "log")
        held = Xandikos(f"http://127.0.0.1:{port}")
        for number in range(COUNT):
            held.put(f"t{number}", f"SUMMARY:Work {number}", "DUE;VALUE=DATE:20261203")
        yield held
    finally:
        server.terminate()
        server.wait(10)


@pytest.fixture
def reader(xandikos: Xandikos) -> Iterator[Reader]:
    options = {"url": f"{xandikos.base_url}/", "user": "anyone", "token": "this server asks nobody"}
    config = CalDAVOptions.model_validate({**options, "allow_private_network": True})
    door = open_door(CalDAV, config)
    yield Reader(CalDAV(config, door), door)
    door.close()


def test_everything_is_read_once_and_then_nothing(reader: Reader) -> None:
    assert [scope.id for scope in reader.connector.check().scopes] == [LIST]
    first = reader.read()
    assert {f"t{number}" for number in range(COUNT)} <= set(first.of(Task))
    again = reader.read(first.cursors)
    assert (again.items, again.gone) == ({}, [])


def test_only_what_changed_is_read_and_what_is_gone_is_told(
    xandikos: Xandikos, reader: Reader
) -> None:
    for name in ("edited", "deleted"):
        xandikos.put(name, "SUMMARY:Before")
    first = reader.read()
    xandikos.put("edited", "SUMMARY:After")
    xandikos.put("new", "SUMMARY:New")
    xandikos.delete("deleted")
    again = reader.read(first.cursors)
    assert {task.title for task in again.of(Task).values()} == {"After", "New"}
    assert again.gone == [Gone(id=f"{LIST}deleted.ics", stream="tasks", reason="deleted")]


def test_the_census_is_what_was_read_and_confirm_tells_it_apart(
    xandikos: Xandikos, reader: Reader
) -> None:
    xandikos.put("short", "SUMMARY:Short-lived")
    read = reader.read()
    listed = [id for batch in reader.connector.census("tasks", LIST) for id in batch]
    assert sorted(listed) == sorted(read.items)
    xandikos.delete("short")
    asked = [f"{LIST}short.ics", f"{LIST}t1.ics"]
    assert reader.connector.confirm("tasks", asked) == {asked[0]: "deleted", asked[1]: None}


def test_a_token_that_the_server_does_not_know_is_expired(reader: Reader) -> None:
    with pytest.raises(CursorExpired):
        list(reader.connector.pull("tasks", LIST, {"token": "0" * 40}))


def test_a_list_that_is_not_there_is_not_visible(reader: Reader) -> None:
    with pytest.raises(NotVisible):
        list(reader.connector.pull("tasks", "/user/calendars/none/", None))
