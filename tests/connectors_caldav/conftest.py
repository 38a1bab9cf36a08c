"""A server with the company's task lists, and to-dos as apps write them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from connectors.caldav.connector import CalDAV
from connectors.caldav.mapping import to_records
from connectors.caldav.sandbox import CalDAVSandbox
from connectors.sdk.contract import Connector
from connectors.sdk.records import Link, Person, Project, Record, Task
from tests.conformance.reading import Subject, Tool

LIST = "/dav/calendars/reader/works/"


class Server(Tool):
    """The served sandbox, with what these tests ask of it."""

    sandbox: CalDAVSandbox

    def list_at(self, number: int) -> str:
        """The address of one of the company's lists."""
        return self.native(Project, f"project-{number}")

    def address(self, number: int) -> str:
        """The address of one of the company's tasks."""
        task = self.sandbox.world.get(Task, self.native(Task, f"task-{number}"))
        assert task is not None
        return self.sandbox.path_of(task)

    def calls(self, act: Callable[[], Any]) -> list[str]:
        """What an act asks: method and report."""
        start = len(self.sandbox.log)
        act()
        return [
            f"{each.method} {each.path}" if each.method == "PROPFIND" else _report(each.body)
            for each in self.sandbox.log[start:]
        ]

    def with_options(self, **options: Any) -> Connector:
        """A connector with other options."""
        return self.connect(self.config(**options))


def _report(body: bytes) -> str:
    names = ("sync-collection", "calendar-query", "calendar-multiget")
    return next(name for name in names if name.encode() in body)


Open = Callable[..., Server]


@pytest.fixture
def open_server() -> Iterator[Open]:
    """Opens servers, with options for the sandbox."""
    yield from Subject(CalDAV, CalDAVSandbox, served_as=Server, speaks="xml").opener()


@pytest.fixture
def server(open_server: Open) -> Server:
    """The company on a server that tells four changes at a time."""
    return open_server()


def calendar(*lines: str, kind: str = "VTODO") -> str:
    """A calendar object with one component."""
    inner = (f"BEGIN:{kind}", "UID:task-1@example.com", *lines, f"END:{kind}")
    return "\r\n".join(("BEGIN:VCALENDAR", "VERSION:2.0", *inner, "END:VCALENDAR", ""))


def records_of(data: Any) -> list[Record]:
    """The records of a calendar object."""
    body = {"href": f"{LIST}a.ics", "etag": '"1"', "collection": LIST, "data": data}
    return list(to_records("tasks", body))


def task_of(*lines: str) -> Task:
    """The task that a to-do with such lines is."""
    return next(each for each in records_of(calendar(*lines)) if isinstance(each, Task))


def people_of(*lines: str) -> dict[str, Person]:
    """The people whom a to-do with such lines names."""
    return {each.id: each for each in records_of(calendar(*lines)) if isinstance(each, Person)}


def links_of(*lines: str) -> list[Link]:
    """The links of a to-do with such lines."""
    return [each for each in records_of(calendar(*lines)) if isinstance(each, Link)]
