"""What there is to map in Airtable."""

from __future__ import annotations

from typing import Any

from connectors.airtable.frame import Frame
from connectors.airtable.vocabulary import vocabulary
from connectors.sdk.vocabulary import FieldName, Vocabulary


def _column(id: str, name: str, type: str, *choices: str) -> dict[str, Any]:
    options = {"choices": [{"name": each} for each in choices]} if choices else {}
    return {"id": id, "name": name, "type": type, "options": options}


def _told(*columns: dict[str, Any]) -> Vocabulary:
    table = {"id": "tbl1", "name": "Work", "primaryFieldId": "f1", "fields": list(columns)}
    return vocabulary([(Frame.of("app1", table), table)])


def test_columns_are_told_with_what_they_fill() -> None:
    known = _told(
        _column("f1", "Name", "singleLineText"),
        _column("f2", "Status", "singleSelect", "Open", "Shut"),
        _column("f3", "Progress", "percent"),
        _column("f4", "Risk", "singleSelect", "High"),
        _column("f5", "Push", "button"),
        _column("f6", "Deadline", "date"),
        _column("f7", "Points", "number"),
    )
    assert known.status == ("Open", "Shut")
    assert known.fields == (
        FieldName("f1", "Name", "text", "title"),
        FieldName("f2", "Status", "one of a list", "status"),
        FieldName("f3", "Progress", "number", "percent_complete"),
        FieldName("f4", "Risk", "one of a list"),
        FieldName("f6", "Deadline", "date", "due_on"),
        FieldName("f7", "Points", "number", "points"),
    )


def test_a_number_is_the_key_only_where_no_column_is() -> None:
    number = _column("f2", "No", "autoNumber")
    alone = _told(_column("f1", "Name", "singleLineText"), number).fields or ()
    beside = _told(number, _column("f3", "Key", "singleLineText")).fields or ()
    assert [each.fills for each in alone] == ["title", "key"]
    assert [each.fills for each in beside] == [None, "key"]


def test_a_status_column_of_plain_text_may_hold_any_word() -> None:
    known = _told(_column("f2", "Status", "singleLineText"), _column("f3", "Done", "checkbox"))
    assert known.free
    assert known.status == ("Done",)
