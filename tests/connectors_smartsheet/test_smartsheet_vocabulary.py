"""What there is to map in Smartsheet."""

from __future__ import annotations

from connectors.sdk.vocabulary import FieldName
from connectors.smartsheet.words import vocabulary

COLUMNS = [
    {"id": 1, "title": "Task", "type": "TEXT_NUMBER", "primary": True},
    {"id": 2, "title": "Status", "type": "PICKLIST", "options": ["Open", "Shut"]},
    {"id": 3, "title": "Done", "type": "CHECKBOX"},
    {"id": 4, "title": "Risk", "type": "PICKLIST", "options": ["High"]},
    {"id": 5, "title": "Before", "type": "PREDECESSOR"},
    {"id": 6, "title": "No", "type": "TEXT_NUMBER", "systemColumnType": "AUTO_NUMBER"},
    {"id": 7, "title": "Finish", "type": "DATE"},
]


def test_columns_are_told_with_what_they_fill() -> None:
    known = vocabulary([{"columns": COLUMNS}])
    assert known.fields == (
        FieldName("1", "Task", "text or number", "title"),
        FieldName("2", "Status", "one of a list", "status"),
        FieldName("3", "Done", "yes or no", "status"),
        FieldName("4", "Risk", "one of a list"),
        FieldName("6", "No", "text or number", "key"),
        FieldName("7", "Finish", "date", "due_on"),
    )


def test_the_name_of_a_box_that_says_done_is_a_status_word() -> None:
    known = vocabulary([{"columns": COLUMNS}])
    assert known.status == ("Open", "Shut", "Done")
    assert not known.free


def test_a_status_column_of_plain_text_may_hold_any_word() -> None:
    typed = [{"id": 2, "title": "Status", "type": "TEXT_NUMBER"}]
    assert vocabulary([{"columns": COLUMNS}, {"columns": typed}]).free
