"""What single cells hold: percentages, contacts, dates, durations, predecessors."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from connectors.sdk.records import Link
from connectors.smartsheet.connector import Smartsheet
from connectors.smartsheet.frame import row_items
from tests.connectors_smartsheet.rows import (
    PRIMARY,
    SHEET,
    cell,
    column,
    custom,
    links,
    task,
)

# -- values ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tagged", "value", "display", "percent"),
    [
        (True, 0.5, "50%", 50.0),
        (True, 1, "100%", 100.0),
        (True, 0.07, None, 7.0),
        (True, "#REF", "#REF", None),
        (True, 2, "200%", None),
        (True, -0.1, "-10%", None),
        (True, True, None, None),
        (False, 0.5, "50%", 50.0),
        (False, 50, "50", 50.0),
        (False, 0, "0", 0.0),
        (False, 1, "1", None),  # one percent, or all of it
        (False, 0.5, "0.5", None),
        (False, "half", "half", None),
    ],
)
def test_percent_complete(tagged: bool, value: Any, display: Any, percent: float | None) -> None:
    tags: dict[str, Any] = {"tags": ["GANTT_PERCENT_COMPLETE"]} if tagged else {}
    found = task([column(2, "% Complete", **tags)], [cell(2, value, display)])
    assert found.percent_complete == percent


@pytest.mark.parametrize(
    ("object", "value", "people"),
    [
        ({"objectType": "CONTACT", "email": "A@x.org", "name": "Ada"}, "A@x.org", ("a@x.org",)),
        ({"objectType": "CONTACT", "email": "a@x.org"}, "a@x.org", ("a@x.org",)),
        ({"objectType": "CONTACT", "name": "Ada Quist"}, "Ada Quist", ("Ada Quist",)),
        (
            {"objectType": "MULTI_CONTACT", "values": [
                {"objectType": "CONTACT", "email": "a@x.org"}, {"name": "Bo"}, {"email": "A@x.org"}
            ]},
            "a@x.org, Bo",
            ("a@x.org", "Bo"),
        ),
        ({"objectType": "MULTI_CONTACT", "value": [{"email": "b@x.org"}]}, "b", ("b@x.org",)),
        (None, "a@x.org, Bo", ("a@x.org", "Bo")),
        (None, "#CONTACT EXPECTED", ()),
        (None, None, ()),
    ],
)  # fmt: skip
def test_contacts(object: Any, value: Any, people: tuple[str, ...]) -> None:
    columns = [column(2, "Assigned To", "MULTI_CONTACT_LIST")]
    found = task(columns, [cell(2, value, None, object)])
    assert found.assignee_ids == people
    assert found.custom[-1].value == (people or None)


@pytest.mark.parametrize(
    ("type", "held", "value"),
    [
        ("TEXT_NUMBER", cell(2, 12.5, "$12.50"), 12.5),
        ("TEXT_NUMBER", cell(2, 7, "7"), 7.0),
        ("TEXT_NUMBER", cell(2, 0.25, "25%"), 25.0),
        ("TEXT_NUMBER", cell(2, "007", "007"), "007"),
        ("TEXT_NUMBER", cell(2, "Plan", "The plan"), "The plan"),
        ("TEXT_NUMBER", cell(2, True), True),
        ("TEXT_NUMBER", cell(2, 0, "0"), 0.0),
        ("TEXT_NUMBER", cell(2, 1e300, "huge"), "huge"),
        ("TEXT_NUMBER", cell(2, "#1 priority", "#1 priority"), "#1 priority"),
        ("TEXT_NUMBER", cell(2, "#HASHTAG", "#HASHTAG"), "#HASHTAG"),
        ("TEXT_NUMBER", cell(2, "#NEW ERROR", formula="=X1"), None),
        ("TEXT_NUMBER", cell(2, "#INVALID OPERATION"), None),
        ("TEXT_NUMBER", cell(2, "#INVALID"), None),
        ("TEXT_NUMBER", cell(2), None),
        ("PICKLIST", cell(2, "High", "High"), "High"),
        ("MULTI_PICKLIST", cell(2, "a, b", "a, b",
                                {"objectType": "MULTI_PICKLIST", "values": ["a", "b, c"]}),
         ("a", "b, c")),
        ("MULTI_PICKLIST", cell(2, "a, b", "a, b"), ("a", "b")),
        ("MULTI_PICKLIST", cell(2), None),
        ("CHECKBOX", cell(2, True), True),
        ("CHECKBOX", cell(2, False), False),
        ("CHECKBOX", cell(2), False),
        ("CHECKBOX", cell(2, "#REF", formula="=A1"), None),
        ("CHECKBOX", cell(2, "maybe", "maybe"), "maybe"),
        ("DATE", cell(2, "2026-02-28"), date(2026, 2, 28)),
        ("DATE", cell(2, "28/02/26", None, {"objectType": "DATE", "value": "2026-02-28"}),
         date(2026, 2, 28)),
        ("DATE", cell(2, "TBD", "TBD"), "TBD"),
        ("DATE", cell(2, "0000-00-00"), "0000-00-00"),
        ("ABSTRACT_DATETIME", cell(2, "2026-02-28T23:59:59"), date(2026, 2, 28)),
        ("DATETIME", cell(2, "2026-02-28T23:59:59Z"),
         datetime(2026, 2, 28, 23, 59, 59, tzinfo=UTC)),
        ("DURATION", cell(2, "5d", "5d", {"objectType": "DURATION", "days": 5}), "5d"),
        ("CONTACT_LIST", cell(2, "a@x.org", "Ada"), "a@x.org"),
    ],
)  # fmt: skip
def test_every_column_is_a_custom_field(type: str, held: Any, value: Any) -> None:
    found = custom([column(2, "Anything", type)], [held])
    assert (found, builtin_type(found)) == (value, builtin_type(value))


def builtin_type(value: Any) -> str:
    return type(value).__name__


@pytest.mark.parametrize(
    ("held", "milestone"),
    [
        (cell(2, "0", "0", {"objectType": "DURATION", "days": 0}), True),
        (cell(2, "0", "0"), True),
        (cell(2, "0d", "0d"), True),
        (cell(2, "5d", "5d", {"objectType": "DURATION", "days": 5}), False),
        (cell(2, "5d", "5d"), False),
        (cell(2, "~0", "~0"), False),
        (cell(2), False),
    ],
)
def test_a_duration_of_nothing_is_a_milestone(held: Any, milestone: bool) -> None:
    found = task([column(2, "Duration", "DURATION", tags=["GANTT_DURATION"])], [held])
    assert found.type == ("milestone" if milestone else "task")


def test_labels_and_priority_words_that_nobody_knows_keep_their_label() -> None:
    columns = [column(2, "Tags", "MULTI_PICKLIST"), column(3, "Priority", "PICKLIST")]
    object = {"objectType": "MULTI_PICKLIST", "values": ["web", "release", "web"]}
    found = task(columns, [cell(2, "web", "web", object), cell(3, "Mauve", "Mauve")])
    assert found.labels == ("web", "release")
    assert (found.priority, found.priority_label) == (None, "Mauve")


# -- predecessors ------------------------------------------------------------------------------


def test_predecessors_become_links_with_their_kind() -> None:
    found = links(
        {"rowId": 5, "rowNumber": 3, "type": "FS"},
        {"rowId": 6, "type": "SS", "lag": {"objectType": "DURATION", "days": 2}},
    )
    assert found == [
        Link(id=f"precedes:{SHEET}:5:{SHEET}:77", type="precedes", type_label="FS",
             from_id=f"{SHEET}:5", to_id=f"{SHEET}:77"),
        Link(id=f"precedes:{SHEET}:6:{SHEET}:77", type="precedes", type_label="SS",
             from_id=f"{SHEET}:6", to_id=f"{SHEET}:77", lag_minutes=900),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("lag", "minutes"),
    [
        ({"days": 1}, 450),  # seven and a half hours
        ({"weeks": 1}, 1350),  # of three such days
        ({"weeks": 1.5, "days": 2.5, "hours": 3.5, "minutes": 4.5, "seconds": 30}, 3365),
        ({"days": 2, "negative": True}, -900),
        ({"days": 1, "elapsed": True}, 193),  # a seventh of such a week
        ({"weeks": 1, "elapsed": True, "negative": True}, -1350),
        ({"hours": 2}, 120),
        ({"days": 0}, 0),
        ({"days": "two"}, None),
        ({}, None),
        ({"days": 1e300}, None),
    ],
)
def test_lags_in_minutes_of_the_sheets_own_working_time(lag: Any, minutes: int | None) -> None:
    [found] = links({"rowId": 5, "type": "FS", "lag": {"objectType": "DURATION", **lag}})
    assert isinstance(found, Link)
    assert found.lag_minutes == minutes


def test_a_lag_of_days_of_unknown_length_is_unknown() -> None:
    held = {"predecessors": [{"rowId": 5, "type": "FS", "lag": {"days": 1}}]}
    sheet = {"id": 1, "columns": [PRIMARY, column(9, "B", "PREDECESSOR")]}
    [item] = row_items(
        "1", sheet, [{"id": 7, "cells": [cell(1, "x"), cell(9, "5", "5", held)]}], ()
    )
    [_, link] = Smartsheet.to_records("tasks", item.body)
    assert isinstance(link, Link)  # without a tag too: a sheet has but one column of this type
    assert link.lag_minutes is None


@pytest.mark.parametrize(
    "predecessor",
    [
        {"rowId": 5, "type": "FS", "invalid": True},
        {"type": "FS"},
        {"rowId": 77, "type": "FS"},
        {"rowId": None},
    ],
)
def test_a_reference_to_nothing_or_itself_is_no_link(predecessor: Any) -> None:
    assert links(predecessor) == []
