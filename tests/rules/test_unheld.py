"""Names in a filter that nothing bears are told, on both databases."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from sync_engine.rules import unheld
from sync_engine.store import models as m
from tests.rules.rows import NOW

ALSO = {"standard": ["overdue", "no-owner"]}


@pytest.fixture
def work(
    store: sa.Engine, add: Callable[..., None], add_connection: Callable[..., None]
) -> sa.Engine:
    """A project with a task that has a custom field."""
    with store.begin() as c:
        add_connection(c, 1, {"task": ["custom"]})
        add(c, m.ProjectRow, 1, "P", name="Quay", key="QY", state="active")
        field = {"id": "cf_1", "name": "Costs", "value": None}
        for id, more in (("a", {"custom": [field]}), ("b", {}), (
            "gone", {"custom": [{**field, "name": "Old"}], "gone_at": NOW}
        )):  # fmt: skip
            add(c, m.TaskRow, 1, id, title="x", type="task", labels=[], project_id="P", **more)
    return store


@pytest.mark.parametrize(("subject", "where", "told"), [
    ("task", 'field "Cots" is empty',
     ['Nothing here has the custom field "Cots"; did you mean "Costs"?']),
    ("task", 'field "costs" is empty or field "CF_1" > 3', []),
    ("task", 'any subtask (field "Old" = 1)', ['Nothing here has the custom field "Old".']),
    ("task", 'connection in (tool-1, toool-1) and not project = "quay"',
     ['Nothing here has the connection "toool-1"; did you mean "tool-1"?']),
    ("task", "project = QY or project = Quai",
     ['Nothing here has the project "Quai"; did you mean "Quay"?']),
    ("task", 'title = "Quai" and project contains Quai', []),
    ("flag", "standard = overdeu",
     ['Nothing here has the standard "overdeu"; did you mean "overdue"?']),
    ("flag", "rule in (overdue, no-owner) and tool = jira and project is empty", []),
    ("flag", "tool = jria or tool = jria",
     ['Nothing here has the tool "jria"; did you mean "jira"?']),
])  # fmt: skip
def test_what_nothing_bears_is_told(
    work: sa.Engine, subject: str, where: str, told: list[str]
) -> None:
    with work.connect() as connection:
        assert list(unheld.told(connection, where, subject, ALSO)) == told
