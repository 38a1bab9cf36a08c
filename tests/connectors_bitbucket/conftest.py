"""The small invented company in a Bitbucket workspace, and connectors that read it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from connectors.bitbucket.connector import Bitbucket
from connectors.bitbucket.sandbox import BitbucketSandbox
from connectors.sdk.records import Project, Record, Task
from connectors.sdk.sandbox import Reply, Request
from tests.conformance import world
from tests.conformance.reading import Subject, Tool


class Workspace(Tool):
    """The served sandbox, with what these tests ask of it."""

    sandbox: BitbucketSandbox

    def asked(self, act: Callable[[], Any]) -> list[Request]:
        """The requests that an act makes."""
        start = len(self.sandbox.log)
        act()
        return list(self.sandbox.log[start:])

    def still_since(self, project: str, days: float) -> str:
        """Give a repository a date long ago; its id."""
        held = self.sandbox.world.get(Project, self.native(Project, project))
        assert held is not None
        at = self.clock.now() - timedelta(days=days)
        self.sandbox.world.put(msgspec.structs.replace(held, updated_at=at))
        return held.id

    def answering(self, path: str, reply: Reply) -> None:
        """Answer all paths that end so with this."""
        self.sandbox.interfere = lambda request: reply if request.path.endswith(path) else None

    def pulls(self) -> list[Task]:
        """The pull requests."""
        return [each for each in self.sandbox.world.all(Task) if each.type_label == "Pull request"]


Open = Callable[..., Workspace]


def many(count: int) -> list[Record]:
    """One repository with many issues that nobody touched."""
    return [
        Project(id="site", name="Site", created_at=world.ago(90), updated_at=world.ago(1)),
        *(
            Task(
                id=f"t{number}",
                project_id="site",
                title=f"Piece {number}",
                status="todo",
                created_at=world.ago(60) + timedelta(minutes=number),
            )
            for number in range(1, count + 1)
        ),
    ]


@pytest.fixture
def open_workspace() -> Iterator[Open]:
    """Opens workspaces, with options for the sandbox."""
    yield from Subject(Bitbucket, BitbucketSandbox, served_as=Workspace).opener()


@pytest.fixture
def workspace(open_workspace: Open) -> Workspace:
    """The company in a workspace with pages of four rows."""
    return open_workspace()


@pytest.fixture
def many_issues() -> Callable[[int], list[Record]]:
    """Makes a repository with many issues."""
    return many
