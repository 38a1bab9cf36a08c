"""A small invented site, served over HTTP, and connectors that read it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from connectors.sdk.contract import Connector
from connectors.sdk.records import Record
from connectors.sdk.sandbox import Request
from connectors.teamwork.connector import Teamwork
from connectors.teamwork.sandbox import TeamworkSandbox
from tests.conformance.reading import Subject, Tool


class Site(Tool):
    """The served sandbox, with what these tests ask of it."""

    sandbox: TeamworkSandbox

    def asked(self, act: Callable[[], Any]) -> list[Request]:
        """The requests that an act makes."""
        start = len(self.sandbox.log)
        act()
        return self.sandbox.log[start:]

    def with_options(self, **options: Any) -> Connector:
        """A connector with other options."""
        return self.connect(self.config(**options))


Open = Callable[..., Site]


def of(stream: str, body: Any) -> list[Record]:
    """The records of an item."""
    return list(Teamwork.to_records(stream, body))


@pytest.fixture
def open_site() -> Iterator[Open]:
    """Opens sites, with options for the sandbox."""
    yield from Subject(Teamwork, TeamworkSandbox, served_as=Site).opener()


@pytest.fixture
def site(open_site: Open) -> Site:
    """The company in a site with pages of four rows."""
    return open_site()
