"""A small invented organization, served over HTTP, and connectors that read it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from connectors.salesforce.connector import Salesforce
from connectors.salesforce.sandbox import SalesforceSandbox
from connectors.sdk.contract import Connector
from connectors.sdk.records import Task
from tests.conformance.reading import Subject, Tool


class Organization(Tool):
    """The served sandbox, with what these tests ask of it."""

    sandbox: SalesforceSandbox

    def queries(self, act: Callable[[], Any]) -> list[str]:
        """The questions that an act asks."""
        start = len(self.sandbox.log)
        act()
        return [each.one("q") for each in self.sandbox.log[start:] if each.query.get("q")]

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
    yield from Subject(Salesforce, SalesforceSandbox, served_as=Organization).opener()


@pytest.fixture
def organization(open_organization: Open) -> Organization:
    """The company in an organization with batches of four rows."""
    return open_organization()
