"""What the sandbox holds comes back through its HTTP API, the connector and the mapping."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import msgspec
import pytest

from connectors.asana.connector import Asana
from connectors.sdk.records import (
    STORED_KINDS,
    Change,
    Milestone,
    Person,
    Project,
    Record,
    SlaCycle,
    Sprint,
    Task,
)
from tests.conformance.shapes import without_table

START = datetime(2026, 3, 2, tzinfo=UTC)
HELD = [kind for kind in STORED_KINDS if kind not in (Sprint, SlaCycle)]


@pytest.mark.parametrize("kind", HELD, ids=lambda kind: kind.__name__)
def test_every_record_comes_back(account: Any, kind: type[Record]) -> None:
    held = {each.id: each for each in account.sandbox.world.all(kind)}
    assert held, f"the portfolio has no {kind.__name__}"
    read = account.read().of(kind)
    for id, record in held.items():
        assert without_table(read.get(id)) == record
    assert read.keys() == held.keys()


def test_small_pages_and_an_extra_reading_give_the_same(open_account: Callable[..., Any]) -> None:
    whole = open_account().read().records
    assert open_account(page_size=1).read().records == whole


@pytest.mark.parametrize("kind", HELD, ids=lambda kind: kind.__name__)
def test_provides_is_exact(account: Any, kind: type[Record]) -> None:
    """Each provided field is filled somewhere; each other one nowhere."""
    provided = Asana.provides[kind]
    records = list(account.read().of(kind).values())
    for each in msgspec.structs.fields(kind):
        filled = [r for r in records if getattr(r, each.name) not in (None, ())]
        if each.name in provided:
            assert filled, f"{kind.__name__}.{each.name} is never filled"
        elif each.default is None or each.default == ():
            assert not filled, f"{kind.__name__}.{each.name} is filled but not provided"


def test_values_survive_adoption(account: Any, portfolio_tasks: dict[str, Task]) -> None:
    """What Asana provides of a task is what the portfolio said."""
    names = "status priority due_on start_on estimate_minutes spent_minutes labels completed_at"
    for id, given in portfolio_tasks.items():
        held = account.sandbox.world.get(Task, account.native(Task, id))
        assert held is not None
        for name in names.split():
            assert getattr(held, name) == getattr(given, name), (id, name)
        assert len(held.custom) == len(given.custom)


def test_a_milestone_is_a_task_and_a_milestone_of_one_id(account: Any) -> None:
    read = account.turn("tasks")
    milestone = read.of(Milestone)[account.native(Milestone, "m1")]
    task = read.of(Task)[milestone.id]
    assert (task.type, task.title, task.due_on) == ("milestone", "Go live", milestone.due_on)
    assert milestone.state == "open"
    assert milestone.owner_id == account.native(Person, "ada")


def test_what_asana_cannot_tell_is_not_told(account: Any) -> None:
    fields = {change.field for change in account.turn("tasks").of(Change).values()}
    assert "milestone_id" not in fields


STEPS = [("todo", "in_progress"), ("in_progress", "done"), ("done", "in_progress"),
         ("in_progress", "todo"), ("todo", "done"), ("done", "todo"), ("todo", "cancelled"),
         ("in_progress", "in_progress"), ("done", "cancelled")]  # fmt: skip


@pytest.mark.parametrize("steps", list(permutations(STEPS, 3))[::7])
def test_odd_histories_come_back(
    open_account: Callable[..., Any], steps: tuple[tuple[str, str], ...]
) -> None:
    """Whatever order people worked in, each step's status is told as it was held."""
    task = Task(id="t", project_id="p", title="T", status=steps[-1][1])  # type: ignore[arg-type]
    changes = [
        Change(id=f"c{n}", task_id="t", at=START + timedelta(days=n), field="status",
               old=old, new=new)
        for n, (old, new) in enumerate(steps)
    ]  # fmt: skip
    account = open_account([Project(id="p", name="P"), task, *changes])
    read = account.turn("tasks")
    held = {each.id: each for each in account.sandbox.world.all(Change)}
    assert read.of(Change) == held
    assert len(held) == len(steps)
    assert [each.status for each in read.of(Task).values()] == [steps[-1][1]]


@pytest.fixture
def portfolio_tasks(account: Any) -> dict[str, Task]:
    """The tasks as they were given."""
    given = account.sandbox._given.tasks
    return {id: task for id, task in given.items() if not id.startswith("m")}
