"""What the admin says of a connection's words and fields, on top of the tool's own mapping."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from connectors.sdk.records import Custom, CustomValue, Project, Task
from sync_engine.admin_map import AdminMapping


def read(
    fields: dict[str, str], status: dict[str, Any] | None = None, **custom: CustomValue
) -> Task:
    """A task with custom fields, as the admin wants it read."""
    held = tuple(Custom(id=f"id-{name}", name=name, value=value) for name, value in custom.items())
    task = Task(
        id="1", title="Quay", status="todo", status_label="New", assignee_ids=("ann",), custom=held
    )
    mapped = AdminMapping(status or {}, fields).apply(task)
    assert isinstance(mapped, Task)
    return mapped


def test_a_column_of_people_says_who_owns_the_work() -> None:
    assert read({"assignee_ids": "Lead"}, Lead=("bo", "cy")).assignee_ids == ("bo", "cy")
    assert read({"assignee_ids": "id-Lead"}, Lead="bo").assignee_ids == ("bo",)


def test_an_empty_column_of_people_means_nobody_and_a_missing_one_says_nothing() -> None:
    assert read({"assignee_ids": "Lead"}, Lead=None).assignee_ids == ()
    assert read({"assignee_ids": "Lead"}).assignee_ids == ("ann",)


def test_a_named_status_column_speaks_by_the_admins_words_alone() -> None:
    words: dict[str, Any] = {"under way": "in_progress"}
    read_as = read({"status": "Phase"}, words, Phase="Under way")
    assert (read_as.status, read_as.status_label) == ("in_progress", "Under way")
    unknown = read({"status": "Phase"}, words, Phase="Parked")
    assert (unknown.status, unknown.status_label) == (None, "Parked")
    empty = read({"status": "Phase"}, words, Phase=None)
    assert (empty.status, empty.status_label) == (None, None)
    assert read({"status": "Phase"}, words).status == "todo"


@pytest.mark.parametrize(
    ("value", "day"),
    [("2026-03-02", date(2026, 3, 2)), (date(2026, 3, 2), date(2026, 3, 2)), ("soon", None)],
)
def test_a_column_of_days_fills_a_date_and_nonsense_does_not(
    value: CustomValue, day: date | None
) -> None:
    assert read({"due_on": "Target"}, Target=value).due_on == day


def test_a_column_that_the_admin_names_is_not_lacking_where_it_is_there() -> None:
    mapping = AdminMapping(fields={"due_on": "Target", "status": "Phase"})
    held = Project(
        id="1", name="Plan", lacks=("due_on", "status", "points"), task_fields=("c1", "TARGET")
    )
    mapped = mapping.apply(held)
    assert isinstance(mapped, Project)
    assert mapped.lacks == ("status", "points")
