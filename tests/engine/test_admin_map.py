"""What the admin says of a connection's words and fields, on top of the tool's own mapping."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connectors.sdk.records import Change, Custom, CustomValue, Project, Task
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


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("2026-03-02T23:30:00+00:00", "2026-03-03"),  # half past midnight in Berlin
        ("2026-03-02T22:30:00Z", "2026-03-02"),
        ("2026-07-01T22:30:00+00:00", "2026-07-02"),  # summer time
        ("2026-03-02T09:00:00", "2026-03-02"),
        ("2026-03-02", "2026-03-02"),
        ("9999-12-31T23:30:00+00:00", "9999-12-31"),  # there is no next day
        ("after the summer", "after the summer"),
        (None, None),
    ],
)
@pytest.mark.parametrize("field", ["due_on", "start_on"])
def test_the_history_of_dates_has_days_of_the_pmos_zone(
    field: str, text: str | None, kept: str | None
) -> None:
    mapping, at = AdminMapping(zone=ZoneInfo("Europe/Berlin")), datetime(2026, 3, 1, tzinfo=UTC)
    for old, new in ((text, "2026-03-01"), ("2026-03-01", text)):
        moved = mapping.apply(
            Change(id="1", task_id="1", at=at, field=field, old=old, new=new, new_label=new)
        )
        assert isinstance(moved, Change)
        assert {moved.old, moved.new} == {kept, "2026-03-01"}
        assert moved.new_label == new
    other = Change(id="1", task_id="1", at=at, field="note", new=text)
    assert mapping.apply(other) is other


@pytest.mark.parametrize(
    ("zone", "at", "day"),
    [
        ("America/New_York", datetime(2026, 3, 2, 3, tzinfo=UTC), date(2026, 3, 1)),
        ("America/New_York", datetime(1, 1, 1, tzinfo=UTC), date(1, 1, 1)),
        ("Europe/Berlin", datetime(9999, 12, 31, 23, 59, tzinfo=UTC), date(9999, 12, 31)),
    ],
)
def test_an_instant_at_the_end_of_the_calendar_has_a_day(
    zone: str, at: datetime, day: date
) -> None:
    """Tools write the first and the last one for what is never due."""
    assert AdminMapping(zone=ZoneInfo(zone)).day(at) == day


def test_a_column_that_the_admin_names_is_not_lacking_where_it_is_there() -> None:
    mapping = AdminMapping(fields={"due_on": "Target", "status": "Phase"})
    held = Project(
        id="1", name="Plan", lacks=("due_on", "status", "points"), task_fields=("c1", "TARGET")
    )
    mapped = mapping.apply(held)
    assert isinstance(mapped, Project)
    assert mapped.lacks == ("status", "points")
