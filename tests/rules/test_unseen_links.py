"""Linked tasks in a tool or a project that is not read: nobody can say that there are none."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from sync_engine.store import models as m
from tests.rules.answers import NOW, answers

SIGHTS = ("never read", "moved", "access_lost", None, "deleted")
TOLD = {"task": list(m.TaskRow.model_fields), "link": list(m.LinkRow.model_fields)}
CONDITIONS = {
    "any linked task (link = blocks and status != done)": (None, None, True),
    'no linked task (title like "*review*")': (None, None, None),
    "any linked task (link = relates and status != done)": (False, False, False),
    "count of linked tasks (status = todo) >= 1": (None, None, True),
    "count of linked tasks (link = blocks) >= 1": (True, True, True),
    "all linked tasks (status = done)": (None, None, False),
    "sum of estimate of linked tasks (status = todo) > 0": (None, None, None),
    "any blocker (owner is empty)": (None, None, True),
    'any linked task (field "Risk" is empty)': (None, None, None),
    "blockers >= 1": (True, True, True),
    "open blockers > 0": (None, None, None),
    "unowned blockers > 0": (None, None, None),
    "blocker owner is empty": (None, None, None),
}
"""Of a task that only an unseen one blocks; that a done one blocks, too; that an open one does."""


@pytest.fixture
def linked(
    store: sa.Engine, add: Callable[..., None], add_connection: Callable[..., None]
) -> sa.Engine:
    """For each way to be out of sight: three tasks that such a one blocks."""
    with store.begin() as c:
        add_connection(c, 1, TOLD)
        for sight in SIGHTS:
            far = f"far {sight}"
            if sight != "never read":
                add(c, m.TaskRow, 1, far, title="Far", type="task", status="todo", labels=[],
                    gone_at=NOW, gone_reason=sight)  # fmt: skip
            for beside in ("none", "done", "todo"):
                id = f"{beside} {sight}"
                add(c, m.TaskRow, 1, id, title=id, type="task", status="in_progress", labels=[])
                add(c, m.LinkRow, 1, f"far {id}", type="blocks", from_id=far, to_id=id)
                if beside != "none":
                    near = f"near {id}"
                    owner = "ann" if beside == "done" else None
                    add(c, m.TaskRow, 1, near, title=near, type="task", status=beside, labels=[],
                        owner_id=owner)  # fmt: skip
                    add(c, m.LinkRow, 1, near, type="blocks", from_id=near, to_id=id)
    return store


def test_a_linked_task_out_of_sight_is_not_taken_for_none(linked: sa.Engine) -> None:
    for condition, expected in CONDITIONS.items():
        found = answers(linked, "task", condition)
        for sight in SIGHTS[:-1]:
            ids = [f"{beside} {sight}" for beside in ("none", "done", "todo")]
            told = tuple(None if id in found.unknown else id in found.flagged for id in ids)
            assert told == expected, (condition, sight)


def test_a_linked_task_that_was_deleted_is_none(linked: sa.Engine) -> None:
    for condition in (
        "any linked task (link = blocks and status != done)", "open blockers > 0",
        "any blocker (owner is empty)", "blocker owner is not empty",
    ):  # fmt: skip
        assert {"none deleted", "done deleted"} <= answers(linked, "task", condition).met, condition
