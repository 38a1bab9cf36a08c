"""A small invented account, served over HTTP, and connectors that read it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from connectors.basecamp.connector import Basecamp
from connectors.basecamp.sandbox import BasecampSandbox
from connectors.sdk.contract import Connector
from connectors.sdk.records import Task
from tests.conformance.reading import Subject, Tool


class Account(Tool):
    """The served sandbox, with what these tests ask of it."""

    sandbox: BasecampSandbox

    def with_options(self, **options: Any) -> Connector:
        """A connector with other options."""
        return self.connect(self.config(**options))

    def some(self, label: str, **traits: Any) -> Task:
        """Some task that Basecamp calls so."""
        return next(
            task
            for task in self.sandbox.world.all(Task)
            if task.type_label == label
            and all(getattr(task, name) == value for name, value in traits.items())
        )

    def steps_of(self, task: Task) -> set[str]:
        """The ids of a task's steps."""
        return {each.id for each in self.sandbox.world.where(Task, "parent_id", task.id)}


Open = Callable[..., Account]


@pytest.fixture
def open_account() -> Iterator[Open]:
    """Opens accounts, with options for the sandbox."""
    yield from Subject(Basecamp, BasecampSandbox, served_as=Account).opener()


@pytest.fixture
def account(open_account: Open) -> Account:
    """The company in an account whose first pages hold four rows."""
    return open_account()
