"""What there is to map in monday.com."""

from __future__ import annotations

import json
from typing import Any

from connectors.monday.vocabulary import field_names, status_words
from connectors.sdk.vocabulary import FieldName


def test_columns_are_told_with_what_they_fill() -> None:
    columns: list[dict[str, Any]] = [
        {"id": "name", "title": "Name", "type": "name"},
        {"id": "status", "title": "Status", "type": "status"},
        {"id": "color_1", "title": "Risk", "type": "status"},
        {"id": "timeline", "title": "When", "type": "timeline"},
        {"id": "date4", "title": "Due", "type": "date"},
        {"id": "labels", "title": "Labels", "type": "tags"},
        {"id": "gone", "title": "Gone", "type": "text", "archived": True},
        {"id": "odd", "title": "Odd", "type": "vote_of_all"},
    ]
    assert list(field_names(columns)) == [
        FieldName("status", "Status", "one of a list", "status"),
        FieldName("color_1", "Risk", "one of a list"),
        FieldName("timeline.from", "When from", "date", "start_on"),
        FieldName("timeline.to", "When to", "date"),
        FieldName("date4", "Due", "date", "due_on"),
        FieldName("labels", "Labels", "several of a list", "labels"),
        FieldName("odd", "Odd", "vote of all"),
    ]


def test_only_the_column_that_tells_the_status_has_status_words() -> None:
    def settings(*labels: str) -> str:
        return json.dumps({"labels": {str(place): label for place, label in enumerate(labels)}})

    columns = [
        {"id": "risk", "title": "Risk", "type": "status", "settings_str": settings("High")},
        {"id": "status", "title": "S", "type": "status", "settings_str": settings("Stuck", "")},
    ]
    assert list(filter(None, status_words(columns))) == ["Stuck"]
    assert list(status_words([])) == []
    assert list(status_words([{"id": "status", "type": "status", "settings_str": "{"}])) == []
