"""A small invented account, served over HTTP, and connectors that read it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from connectors.hubspot.connector import HubSpot
from connectors.hubspot.sandbox import HubSpotSandbox
from connectors.sdk.contract import Connector
from connectors.sdk.records import Task
from tests.conformance.reading import Subject, Tool


class Portal(Tool):
    """The served sandbox, with what these tests ask of it."""

    sandbox: HubSpotSandbox

    def questions(self, act: Callable[[], Any]) -> list[tuple[str, Any]]:
        """What an act asks by POST: addresses and bodies."""
        start = len(self.sandbox.log)
        act()
        asked = self.sandbox.log[start:]
        return [(each.path, json.loads(each.body)) for each in asked if each.method == "POST"]

    def work(self, object: str) -> list[Task]:
        """What is kept in an object."""
        prefix = {"tasks": "0-27-", "tickets": "0-5-", "deals": "0-3-"}[object]
        return [each for each in self.sandbox.world.all(Task) if each.id.startswith(prefix)]

    def with_options(self, **options: Any) -> Connector:
        """A connector with other options."""
        return self.connect(self.config(**options))


Open = Callable[..., Portal]


@pytest.fixture
def open_portal() -> Iterator[Open]:
    """Opens accounts, with options for the sandbox."""
    yield from Subject(HubSpot, HubSpotSandbox, served_as=Portal).opener()


@pytest.fixture
def portal(open_portal: Open) -> Portal:
    """The company in an account whose answers hold four records."""
    return open_portal()
