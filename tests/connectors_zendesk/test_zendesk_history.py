"""Golden mappings of audits: as the export tells them, and as a ticket's own list does."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.sdk.records import Change, Comment
from connectors.zendesk.connector import Zendesk

AT = datetime(2026, 2, 20, 12, 30, tzinfo=UTC)


def told(*events: dict[str, Any], **body: Any) -> list[Any]:
    audit = {
        "id": 900, "ticket_id": 155, "author_id": 5, "created_at": "2026-02-20T12:30:00Z",
        "events": list(events),
    }  # fmt: skip
    return list(Zendesk.to_records("events", {"audit": audit, **body}))


def change(event: dict[str, Any], **body: Any) -> Change:
    [only] = told(event, **body)
    assert isinstance(only, Change)
    return only


def test_a_comment() -> None:
    event = {"id": 901, "event_type": "Comment", "type": "Comment", "author_id": 6,
             "body": "Looking\r\ninto it.", "public": False,
             "created_at": "2026-02-20T12:30:01Z"}  # fmt: skip
    assert told(event) == [
        Comment(
            id="901",
            task_id="155",
            author_id="6",
            text="Looking\ninto it.",
            at=AT.replace(second=1),
            public=False,
        )
    ]


@pytest.mark.parametrize("kind", ["Comment", "VoiceComment", "FacebookComment"])
def test_kinds_of_comments_with_less_said(kind: str) -> None:
    [comment] = told({"id": 901, "type": kind})
    assert comment == Comment(id="901", task_id="155", author_id="5", text="", at=AT, public=None)


@pytest.mark.parametrize("kind", ["Notification", "Cc", "Push", "SatisfactionRating", "Unheard of"])
def test_other_events_tell_nothing(kind: str) -> None:
    assert told({"id": 901, "event_type": kind, "body": "Sent", "value": 7}) == []


def test_a_creation_is_no_change_and_its_comment_the_description() -> None:
    events = (
        {"id": 901, "event_type": "Create", "status": "new"},
        {"id": 902, "event_type": "Comment", "body": "My printer burns.", "public": True},
        {"id": 903, "event_type": "Change", "priority": "urgent", "previous_value": None},
    )
    [only] = told(*events)
    assert isinstance(only, Change)
    assert only.id == "903"


@pytest.mark.parametrize("way", ["export", "audit"])
@pytest.mark.parametrize(
    ("name", "old", "new", "field", "values", "labels"),
    [
        ("status", "new", "open", "status", ("todo", "in_progress"), ("New", "Open")),
        ("status", "open", "hold", "status", ("in_progress",) * 2, ("Open", "On-hold")),
        ("status", "open", "frozen", "status", ("in_progress", None), ("Open", "frozen")),
        ("assignee_id", None, "235323", "assignee_ids", (None, "235323"), (None, None)),
        ("assignee_id", 5, 6, "assignee_ids", ("5", "6"), (None, None)),
        ("group_id", "98738", "98739", "project_id", ("98738", "98739"), (None, None)),
        ("priority", "low", "urgent", "priority", ("4", "1"), ("low", "urgent")),
        ("priority", None, "severe", "priority", (None, None), (None, "severe")),
        ("subject", "Help", "Fire", "title", ("Help", "Fire"), (None, None)),
        ("requester_id", 7, 8, "reporter_id", ("7", "8"), (None, None)),
        ("ticket_type", None, "task", "type", (None, "task"), (None, "task")),
        ("tags", ["a"], ["a", "b"], "labels", ("a", "a,b"), (None, None)),
        ("tags", ["a"], [], "labels", ("a", None), (None, None)),
        ("due_at", None, "2026-03-01T12:00:00Z", "due_at", (None, "2026-03-01T12:00:00Z"),
         (None, None)),
        ("is_public", True, False, "is_public", ("true", "false"), (None, None)),
        ("custom_status_id", 1, 123, "custom_status_id", ("1", "123"), (None, "With legal")),
        ("360001", "low", "risk_high", "360001", ("low", "risk_high"), (None, "High")),
    ],
)  # fmt: skip
def test_changes(
    way: str, name: str, old: Any, new: Any, field: str, values: Any, labels: Any
) -> None:
    event = {"id": 901, "event_type": "Change", "via": "Web form", name: new, "previous_value": old}
    if way == "audit":
        event = {"id": 901, "type": "Change", "field_name": name, "value": new,
                 "previous_value": old}  # fmt: skip
    options = {"title": "Risk", "type": "tagger", "options": {"risk_high": "High"}}
    made = change(event, fields={"360001": options}, statuses={"123": "With legal"})
    assert (made.id, made.task_id, made.at, made.author_id) == ("901", "155", AT, "5")
    assert made.field == field
    assert made.field_label == ("Risk" if name == "360001" else name)
    assert ((made.old, made.new), (made.old_label, made.new_label)) == (values, labels)


@pytest.mark.parametrize("word", ["question", "incident", "problem", "task", None])
def test_the_type_of_a_ticket_is_told_from_the_type_of_an_event(word: Any) -> None:
    made = change({"id": 901, "event_type": "Change", "type": word, "previous_value": "task"})
    assert (made.field, made.old_label, made.new_label) == ("type", "task", word)
    made = change({"id": 901, "type": "Change", "field_name": "type", "value": word,
                   "previous_value": "task"})  # fmt: skip
    assert (made.field, made.old_label, made.new_label) == ("type", "task", word)


def test_custom_fields_in_the_export_stand_together() -> None:
    event = {"id": 901, "event_type": "Change", "custom_ticket_fields": {"7": "x", "8": None},
             "previous_value": {"7": None, "8": "y"}}  # fmt: skip
    first, second = told(event)
    assert (first.id, first.field, first.old, first.new) == ("901:7", "7", None, "x")
    assert (second.id, second.field, second.old, second.new) == ("901:8", "8", "y", None)
    event = {"id": 901, "event_type": "Change", "custom_ticket_fields": {"7": "x"},
             "previous_value": "w"}  # fmt: skip
    [only] = told(event)
    assert (only.id, only.old, only.new) == ("901", "w", "x")


def test_an_audit_without_its_ticket_time_or_number_tells_nothing() -> None:
    event = {"id": 901, "event_type": "Change", "status": "open", "previous_value": "new"}
    whole = {"id": 900, "ticket_id": 155, "created_at": "2026-02-20T12:30:00Z", "events": [event]}
    assert len(list(Zendesk.to_records("events", {"audit": whole}))) == 1
    for name in ("id", "ticket_id", "created_at"):
        audit = {**whole, name: None}
        assert list(Zendesk.to_records("events", {"audit": audit})) == []


def test_an_event_without_a_number_is_called_by_its_place() -> None:
    events = [{"event_type": "Change", "status": "open"}, {"event_type": "Comment", "body": "x"}]
    assert [each.id for each in told(*events)] == ["900:0", "900:1"]
