"""What the imitated Redmine shows of a record, the mapping reads back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from connectors.redmine.connector import Redmine
from connectors.sdk.records import (
    Approval,
    Change,
    Comment,
    Link,
    Membership,
    Milestone,
    Person,
    Project,
    Record,
    Sprint,
    Task,
    Worklog,
)

WORDS = {
    "key", "url", "type_label", "status_label", "priority_label", "state_label", "custom",
    "field_label", "old_label", "new_label", "public",
}  # fmt: skip


def held(tool: Any) -> dict[tuple[type[Record], str], Record]:
    kinds: tuple[type[Record], ...] = tuple(Redmine.provides)
    return {(kind, each.id): each for kind in kinds for each in tool.sandbox.world.all(kind)}


@pytest.mark.parametrize("admin", [True, False])
def test_every_record_comes_back(tool_of: Callable[..., Any], admin: bool) -> None:
    tool = tool_of(admin=admin)
    found: dict[tuple[type[Record], str], Record] = {}
    for stream in Redmine.streams:
        found |= tool.turn(stream).records
    expected = held(tool)
    if not admin:  # members are shown, locked accounts are none, formats are not
        expected = {at: each for at, each in expected.items() if at[0] not in (Task, Project)}
        found = {at: each for at, each in found.items() if at[0] not in (Task, Project)}
    assert found == expected
    assert {kind for kind, _ in found} >= {Person, Milestone, Link, Comment, Change, Worklog}


def test_values_survive_adoption(tool: Any) -> None:
    checked = 0
    for (kind, original_id), native in tool.sandbox.ids.items():
        adopted = tool.sandbox.world.get(kind, native)
        if adopted is None:
            continue
        before = tool.sandbox.refer(original(kind, original_id, tool))
        for field in Redmine.provides[kind] - WORDS - {"id"}:
            value = getattr(before, field)
            if value is not None:
                assert getattr(adopted, field) == value, (kind, original_id, field)
                checked += 1
    assert checked > 120


def original(kind: type[Record], id: str, tool: Any) -> Record:
    for record in tool.subject.holds():
        if type(record) is kind and record.id == id:
            return record
    raise KeyError(id)


def test_fields_outside_provides_are_never_set(tool: Any) -> None:
    for stream in Redmine.streams:
        for (kind, id), record in tool.turn(stream).records.items():
            for field in msgspec.structs.fields(kind):
                if field.name not in Redmine.provides[kind]:
                    assert getattr(record, field.name) == field.default, (kind, id, field.name)


def test_kinds_that_redmine_lacks_are_not_adopted(tool: Any) -> None:
    for kind in (Sprint, Membership, Approval):
        assert tool.sandbox.world.all(kind) == []
    assert len(tool.sandbox.world.all(Change)) == 4  # Redmine has no points that could change


def test_an_edit_in_the_world_becomes_history(tool: Any) -> None:
    task = tool.native(Task, "c")
    first = tool.turn("tasks")
    tool.clock.pass_by(minutes=10)
    tool.sandbox.world.edit(
        task, author_id=tool.native(Person, "ann"), status="in_progress", status_label="In Progress"
    )

    second = tool.turn("tasks", first.cursors)

    assert list(second.items["tasks"]) == [task]
    changes = [r for r in second.records.values() if isinstance(r, Change)]
    assert [(c.field, c.old, c.new, c.new_label) for c in changes] == [
        ("status", "todo", "in_progress", "In Progress")
    ]


@pytest.mark.parametrize("kind", sorted(Redmine.provides, key=str))
def test_provides_names_fields_that_exist(kind: type[Record]) -> None:
    assert Redmine.provides[kind] <= {field.name for field in msgspec.structs.fields(kind)}
    assert kind in (Project, Person, Milestone, Task, Link, Comment, Worklog, Change)
