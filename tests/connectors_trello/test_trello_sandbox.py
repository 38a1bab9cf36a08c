"""What the sandbox says of a record, the mapping reads back."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from connectors.sdk.records import (
    Change,
    Column,
    Comment,
    Link,
    Milestone,
    Person,
    Project,
    Record,
    Task,
    Worklog,
)
from connectors.trello.connector import Trello
from tests.conformance.shapes import without_table


def held(reading: Any) -> dict[tuple[type[Record], str], Record]:
    return {
        (kind, record.id): record for kind in Trello.provides for record in reading.world.all(kind)
    }


def test_every_record_that_trello_can_hold_comes_back_as_it_is(reading: Any) -> None:
    read = {(type(record), record.id): without_table(record) for record in reading.all()}
    assert read == held(reading)


@pytest.mark.parametrize(
    ("kind", "count"),
    [(Project, 3), (Person, 3), (Task, 9), (Link, 2), (Comment, 2), (Change, 7)],
)
def test_as_many_as_there_were(reading: Any, kind: type[Record], count: int) -> None:
    """Of links and comments, those on a checklist item have no place in Trello."""
    assert len(reading.world.all(kind)) == count


def test_kinds_that_trello_does_not_have_are_not_adopted(reading: Any) -> None:
    assert not reading.world.all(Milestone)
    assert not reading.world.all(Worklog)


def test_values_survive_adoption(reading: Any) -> None:
    story = reading.world.get(Task, reading.native(Task, "s1"))
    assert (story.title, story.description, story.labels) == (
        "Basket", "As a buyer …", ("shop", "release"),
    )  # fmt: skip
    assert (story.status, story.status_label) == ("in_progress", "Quality review")
    assert str(story.due_on) == "2026-03-20 12:00:00+00:00"
    assert {custom.name: str(custom.value) for custom in story.custom} == {
        "Points": "5.0",
        "Risk": "High",
        "Signed off": "True",
        "Go live": "2026-04-01 12:00:00+00:00",
        "Note": "x" * 40,
    }
    assert story.assignee_ids == (reading.native(Person, "ann"), reading.native(Person, "bob"))
    [column] = [each for each in reading.world.all(Column) if each.name == "Quality review"]
    assert (column.wip_max, column.board_name) == (3, "Website")


def test_fields_outside_provides_are_empty(reading: Any) -> None:
    for record in reading.all():
        provided = Trello.provides[type(record)]
        empty = type(record).__struct_defaults__
        names = record.__struct_fields__
        defaults = dict(zip(names[len(names) - len(empty) :], empty, strict=True))
        for name, value in msgspec.structs.asdict(record).items():
            assert name in provided or value == defaults[name], (type(record), name)


def test_every_provided_field_is_filled_by_something(reading: Any) -> None:
    filled: dict[type[Record], set[str]] = {}
    for record in reading.all():
        values = msgspec.structs.asdict(record)
        filled.setdefault(type(record), set()).update(
            name for name, value in values.items() if value not in (None, ())
        )
    for kind, provided in Trello.provides.items():
        assert provided <= filled[kind], (kind, provided - filled[kind])
