"""Custom fields: every type, and what each leaves out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.clickup.custom import custom_fields
from connectors.sdk.records import Custom

CHOICES = {
    "options": [
        {"id": "id-low", "name": "Low", "label": "low", "orderindex": 0},
        {"id": "id-high", "name": "High", "label": "high", "orderindex": 1},
    ]
}


def read(kind: Any, value: Any, config: Any = None) -> list[Custom]:
    field = {"id": "f1", "name": "Field", "type": kind, "type_config": config, "value": value}
    return list(custom_fields([field]))


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("drop_down", 1, "High"),
        ("drop_down", 0, "Low"),
        ("drop_down", "1", "High"),
        ("drop_down", "id-low", "Low"),
        ("drop_down", 7, "7"),
        ("drop_down", "id-gone", "id-gone"),
        ("labels", ["id-high", "id-low"], ("high", "low")),
        ("labels", ["id-gone"], ("id-gone",)),
        ("number", "8.5", 8.5),
        ("number", 0, 0.0),
        ("number", "0", 0.0),
        ("currency", 1200, 1200.0),
        ("emoji", "4", 4.0),
        ("checkbox", "true", True),
        ("checkbox", False, False),
        ("checkbox", "false", False),
        ("date", "1772445600000", datetime(2026, 3, 2, 10, 0, tzinfo=UTC)),
        ("users", [{"id": 183, "username": "Ann"}, {"id": 184}], ("183", "184")),
        ("tasks", [{"id": "86a", "name": "One"}], ("86a",)),
        ("list_relationship", [{"id": "86b"}], ("86b",)),
        ("automatic_progress", {"percent_complete": 40.0}, 40.0),
        ("manual_progress", {"current": "25", "percent_completed": 0.5}, 25.0),
        ("attachment", [{"id": "a", "title": "plan.pdf", "url": "https://x.example.com"}],
         ("plan.pdf",)),
        ("location", {"location": {"lat": 1, "lng": 2}, "formatted_address": "12 Elm St"},
         "12 Elm St"),
        ("short_text", "Hello", "Hello"),
        ("short_text", "12", "12"),
        ("url", "https://example.com", "https://example.com"),
        ("email", "ann@example.com", "ann@example.com"),
        ("formula", 12.5, 12.5),
        ("novel", True, True),
        (None, "plain", "plain"),
    ],
)  # fmt: skip
def test_a_value(kind: Any, value: Any, expected: Any) -> None:
    assert read(kind, value, CHOICES) == [Custom(id="f1", name="Field", value=expected)]


@pytest.mark.parametrize("kind", ["drop_down", "labels", "number", "date", "users", "novel"])
@pytest.mark.parametrize("empty", [None, "", [], {}])
def test_empty_is_there_and_none(kind: str, empty: Any) -> None:
    assert read(kind, empty) == [Custom(id="f1", name="Field", value=None)]


def test_a_field_without_value_is_empty() -> None:
    field = {"id": "f1", "name": "Field", "type": "drop_down", "type_config": CHOICES}
    assert list(custom_fields([field])) == [Custom(id="f1", name="Field", value=None)]


@pytest.mark.parametrize(
    ("kind", "value"),
    [("novel", {"deep": 1}), ("number", "many"), ("date", "soon"), ("users", "ann"),
     ("labels", "id-high"), ("checkbox", "maybe"), ("location", {"location": {}}),
     ("manual_progress", {"start": 1}), ("drop_down", {"id": "id-low"})],
)  # fmt: skip
def test_what_is_not_understood_is_unknown_and_not_empty(kind: str, value: Any) -> None:
    assert read(kind, value, CHOICES) == []


def test_a_field_without_id_is_none_and_one_without_name_has_its_id() -> None:
    assert list(custom_fields([{"name": "x", "value": 1}, {"id": "f", "value": "v"}, 3])) == [
        Custom(id="f", name="f", value="v")
    ]
