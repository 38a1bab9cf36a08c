"""Choosing from the tool's live list: what is chosen is what is read, with every connector."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from connectors.sdk import registry
from connectors.sdk.sandbox import serve
from sync_engine.configure import connections
from sync_engine.configure.changes import Desk
from sync_engine.demo.portfolio import portfolio
from sync_engine.settings import load

BESIDE = ("workspaces", "groups", "organizations")
"""Options that name more to be read, in their imitations' options."""


def _now() -> datetime:
    return datetime.now(UTC)


@pytest.mark.parametrize(
    "tool", [t for t in registry.imitated() if connections.scope_option(registry.get(t).Config)]
)
def test_what_is_chosen_is_read(tool: str, sqlite_store: sa.Engine, tmp_path: Path) -> None:
    """One of them alone: the option takes the value under which the list gives it."""
    desk = Desk(sqlite_store, load(tmp_path / "none.yaml", optional=True))
    made = portfolio(_now().date(), 7)
    sandbox = registry.sandbox(tool)(made.get(tool, made["asana"]), _now)
    with serve(sandbox) as url:
        given = sandbox.options(url)
        if tool != "asana":
            given = {key: value for key, value in given.items() if key not in BESIDE}
        document = {"connector": tool, "options": given}
        found = connections.choosable(desk, "work", document)
        assert found.option is not None
        assert len(found.choices) > 1, found.why_not
        first = found.choices[0]
        options = {**given, found.option: [first.value]}
        seen = connections.chosen(desk, "work", {**document, "options": options})
    assert [each.value for each in seen.choices] == [first.value], seen.why_not
