"""A small invented organization, served over HTTP, and connectors that read it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlsplit

import pytest

from connectors.salesforce.connector import Salesforce
from connectors.salesforce.sandbox import SalesforceSandbox
from connectors.sdk.contract import Connector, Cursor
from connectors.sdk.records import Record, Task
from connectors.sdk.sandbox import serve
from tests.conformance import world
from tests.conformance.reading import Clock, Read, Subject, Tool

SUBJECT = Subject(Salesforce, SalesforceSandbox)


class Organization(Tool):
    """The served sandbox, with what these tests ask of it."""

    sandbox: SalesforceSandbox

    def id(self, kind: type[Record], id: str) -> str:
        """The native id of one of the company's records."""
        return self.sandbox.ids[kind, id]

    def turn(
        self, stream: str, cursors: Mapping[str, Mapping[str, Cursor]] | None = None, **how: Any
    ) -> Read:
        """One turn of one stream."""
        return self.read(cursors, streams=[stream], **how)

    def queries(self, act: Callable[[], Any]) -> list[str]:
        """The questions that an act asks."""
        start = len(self.sandbox.log)
        act()
        return [each.one("q") for each in self.sandbox.log[start:] if each.query.get("q")]

    def requests(self, act: Callable[[], Any]) -> list[str]:
        """The paths that an act asks for."""
        start = len(self.sandbox.log)
        act()
        return [urlsplit(each.path).path for each in self.sandbox.log[start:]]

    def task_of(self, object: str) -> Task:
        """Some task that is kept in an object."""
        prefix = {"Task": "00T", "Case": "500"}[object]
        return next(each for each in self.sandbox.world.all(Task) if each.id.startswith(prefix))

    def with_options(self, **options: Any) -> Connector:
        """A connector with other options."""
        return self.connect(self.config(**options))


Open = Callable[..., Organization]


@pytest.fixture
def open_organization() -> Iterator[Open]:
    """Opens organizations, with options for the sandbox."""
    with ExitStack() as stack:

        def opener(**options: Any) -> Organization:
            clock = Clock()
            sandbox = SalesforceSandbox(world.records(), clock.now, **{"page_size": 4, **options})
            url = stack.enter_context(serve(sandbox))
            organization = Organization(SUBJECT, sandbox, url, clock)
            stack.callback(organization.close)
            return organization

        yield opener


@pytest.fixture
def organization(open_organization: Open) -> Organization:
    """The company in an organization with batches of four rows."""
    return open_organization()
