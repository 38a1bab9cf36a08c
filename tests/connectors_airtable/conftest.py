"""The company in Airtable, served over HTTP, and connectors that read it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from connectors.airtable.connector import Airtable
from connectors.airtable.sandbox import AirtableSandbox
from connectors.airtable.sandbox_words import Column
from connectors.sdk.contract import Connector
from connectors.sdk.records import Project, Task
from tests.conformance.reading import Subject, Tool


class Workspace(Tool):
    """The served sandbox, with what these tests ask of it."""

    sandbox: AirtableSandbox

    def table(self, project: str = "project-1") -> str:
        """The id of the table that holds a project."""
        return self.native(Project, project)

    def column(self, name: str, project: str = "project-1") -> Column:
        """A column of a table."""
        return next(each for each in self.sandbox.columns[self.table(project)] if each.name == name)

    def add_column(self, type: str, name: str, project: str = "project-1") -> str:
        """A further column of a table; its id."""
        id = f"fld{name:x<14}"
        self.sandbox.columns[self.table(project)] += (Column(id, name, type),)
        return id

    def task(self, number: int) -> str:
        """The id of one of the company's tasks."""
        return self.native(Task, f"task-{number}")

    def edit(self, number: int, **to: Any) -> None:
        """A person changes a task, an hour after all that was before."""
        self.clock.sleep(3600)
        self.sandbox.world.edit(self.task(number), **to)

    def with_options(self, **options: Any) -> Connector:
        """A connector with other options."""
        return self.connect(self.config(**options))


Open = Callable[..., Workspace]


@pytest.fixture
def open_workspace() -> Iterator[Open]:
    """Opens workspaces, with options for the sandbox."""
    yield from Subject(Airtable, AirtableSandbox, served_as=Workspace).opener()


@pytest.fixture
def workspace(open_workspace: Open) -> Workspace:
    """The company in a workspace with pages of four records."""
    return open_workspace()
