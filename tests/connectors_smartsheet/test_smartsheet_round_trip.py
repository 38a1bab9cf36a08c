"""What the sandbox holds is what the connector reads, field by field."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from connectors.sdk.records import Comment, Link, Person, Project, Record, Task
from connectors.smartsheet.connector import Smartsheet
from connectors.smartsheet.sandbox import SmartsheetSandbox
from tests.conformance.shapes import without_table


@pytest.mark.parametrize("page_size", [10_000, 2, 1])
def test_every_record_comes_back(tool_of: Callable[..., Any], page_size: int) -> None:
    tool = tool_of(page_size=page_size)
    read: dict[Any, Record] = {}
    for stream in Smartsheet.streams:
        read |= tool.turn(stream).records
    held: dict[Any, Record] = {
        (kind, each.id): each
        for kind in Smartsheet.provides
        for each in tool.sandbox.world.all(kind)
    }
    for key, record in held.items():
        assert without_table(read.get(key)) == record
    assert read.keys() == held.keys()
    kinds = [kind for kind, _ in held]
    counts = {kind: kinds.count(kind) for kind in (Project, Person, Task, Link, Comment)}
    assert counts == {Project: 3, Person: 3, Task: 6, Link: 2, Comment: 3}


def test_what_a_sheet_can_hold_of_a_task(tool: Any) -> None:
    tasks = tool.turn("tasks").tasks()
    phase, workshop, live = tasks["Phase 1"], tasks["Workshop"], tasks["Go live"]
    assert (phase.type, phase.type_label) == ("other", "Parent row")
    assert (live.type, live.type_label, live.parent_id) == ("milestone", "Milestone", phase.id)
    assert (workshop.type, workshop.type_label) == ("task", None)
    assert workshop.assignee_ids == ("ann@example.com", tool.native(Person, "ops"))
    assert workshop.due_on == date(2026, 3, 9)
    assert (phase.status, phase.status_label, phase.percent_complete) == (
        "in_progress", "In Progress", 40.0,
    )  # fmt: skip
    assert live.blocked is True
    assert phase.blocked is False
    assert tasks["Dropped"].parent_id is None  # its parent is a row of another sheet
    values = {each.name: each.value for each in workshop.custom}
    assert values["Assigned To"] == workshop.assignee_ids
    assert (values["Cost"], values["VIP"], values["From"]) == (12.5, True, date(2026, 1, 2))
    assert (values["Mixed"], values["Sites"]) == (3.0, ("Rome", "Oslo"))
    assert {each.name: each.value for each in phase.custom}["Duration"] == "48d"
    assert "Predecessors" not in values


def test_the_sandbox_takes_in_its_own_records_as_they_are(tool: Any) -> None:
    held = [each for kind in Smartsheet.provides for each in tool.sandbox.world.all(kind)]
    again = SmartsheetSandbox(held, tool.sandbox.world.now)
    for kind in (Project, Person, Task, Link, Comment):
        assert {each.id for each in again.world.all(kind)} == {
            each.id for each in tool.sandbox.world.all(kind)
        }
