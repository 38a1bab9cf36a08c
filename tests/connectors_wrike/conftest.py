"""A small invented account, served over HTTP, and connectors that read it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from connectors.sdk.records import Task
from connectors.wrike.connector import Wrike
from connectors.wrike.sandbox import WrikeSandbox
from tests.conformance.reading import Subject, Tool


class Account(Tool):
    """The served sandbox, with what these tests ask of it."""

    sandbox: WrikeSandbox

    def edit(self, id: str, **to: Any) -> str:
        """Change a task of the company as a person would, an hour from now; its id in Wrike."""
        self.clock.sleep(3600)
        native = self.native(Task, id)
        self.sandbox.world.edit(native, **to)
        return native


Open = Callable[..., Account]


@pytest.fixture
def open_account() -> Iterator[Open]:
    """Opens accounts, with options for the sandbox."""
    yield from Subject(Wrike, WrikeSandbox, served_as=Account).opener()


@pytest.fixture
def account(open_account: Open) -> Account:
    """The company in an account with pages of four rows."""
    return open_account()
