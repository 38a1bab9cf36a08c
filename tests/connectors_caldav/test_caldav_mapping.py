"""What becomes of a VTODO: every property, every way in which it may be written."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from connectors.caldav.mapping import to_records
from connectors.sdk.records import Link, Person, Project, Task
from tests.connectors_caldav.conftest import (
    LIST,
    calendar,
    links_of,
    people_of,
    records_of,
    task_of,
)


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, 20, hour, minute, tzinfo=UTC)


def test_a_whole_to_do() -> None:
    records = records_of(
        calendar(
            "SUMMARY:Set up the site\\, phase 2\\; \\\\o/",
            "DESCRIPTION:First line\\nsecond line that is so long that it has to go o",
            " n in the next one",
            "URL:https://example.com/plan?a=1,2",
            "STATUS:IN-PROCESS",
            "PERCENT-COMPLETE:40",
            "PRIORITY:3",
            "CATEGORIES:Site\\, north,urgent",
            "CATEGORIES:crane,urgent",
            "DTSTART;VALUE=DATE:20261118",
            "DUE;TZID=Europe/Berlin:20261120T170000",
            "CREATED:20261101T080000Z",
            "LAST-MODIFIED:20261120T090000Z",
            "DTSTAMP:20261120T100000Z",
            "RELATED-TO;RELTYPE=PARENT:task-0@example.com",
            "RELATED-TO;RELTYPE=DEPENDS-ON:task-9@example.com",
            'ORGANIZER;CN="Quist, Ada":mailto:Ada@Example.com',
            "ATTENDEE;CN=Bo Lindqvist;PARTSTAT=ACCEPTED:mailto:bo@example.com",
        )
    )
    assert records == [
        Person(id="mailto:ada@example.com", name="Quist, Ada", email="Ada@Example.com"),
        Person(id="mailto:bo@example.com", name="Bo Lindqvist", email="bo@example.com"),
        Task(
            id="task-1@example.com",
            project_id=LIST,
            parent_id="task-0@example.com",
            title="Set up the site, phase 2; \\o/",
            description="First line\nsecond line that is so long that it has to go on in the "
            "next one",
            url="https://example.com/plan?a=1,2",
            type="subtask",
            status="in_progress",
            status_label="IN-PROCESS",
            priority=2,
            priority_label="3",
            assignee_ids=("mailto:bo@example.com",),
            reporter_id="mailto:ada@example.com",
            labels=("Site, north", "urgent", "crane"),
            start_on=date(2026, 11, 18),
            due_on=at(16),
            created_at=datetime(2026, 11, 1, 8, tzinfo=UTC),
            updated_at=at(9),
            percent_complete=40.0,
        ),
        Link(
            id="blocks:task-9@example.com:task-1@example.com",
            type="blocks",
            type_label="DEPENDS-ON",
            from_id="task-9@example.com",
            to_id="task-1@example.com",
        ),
    ]


def test_a_collection_is_a_project() -> None:
    body = {"href": LIST, "name": "Works", "description": "On site"}
    assert list(to_records("projects", body)) == [
        Project(id=LIST, name="Works", description="On site")
    ]
    assert list(to_records("projects", {"href": LIST})) == [Project(id=LIST, name="works")]


@pytest.mark.parametrize(
    ("lines", "status", "label"),
    [
        (["STATUS:NEEDS-ACTION"], "todo", "NEEDS-ACTION"),
        (["STATUS:in-process"], "in_progress", "in-process"),
        (["STATUS:COMPLETED"], "done", "COMPLETED"),
        (["STATUS:CANCELLED", "COMPLETED:20261120T100000Z"], "cancelled", "CANCELLED"),
        (["STATUS:NEEDS-ACTION", "PERCENT-COMPLETE:100"], "todo", "NEEDS-ACTION"),
        (["STATUS:WAITING"], None, "WAITING"),
        ([], "todo", None),
        (["PERCENT-COMPLETE:0"], "todo", None),
        (["PERCENT-COMPLETE:30"], "in_progress", None),
        (["PERCENT-COMPLETE:100"], "done", None),
        (["COMPLETED:20261120T100000Z"], "done", None),
    ],
)
def test_the_word_says_the_status_and_without_one_what_was_done(
    lines: list[str], status: str | None, label: str | None
) -> None:
    task = task_of(*lines)
    assert (task.status, task.status_label) == (status, label)


@pytest.mark.parametrize(
    ("due", "expected"),
    [
        ("DUE;VALUE=DATE:20261120", date(2026, 11, 20)),
        ("DUE:20261120", date(2026, 11, 20)),
        ("DUE:20261120T100000Z", at(10)),
        ("DUE;TZID=Europe/Berlin:20261120T100000", at(9)),
        ("DUE;TZID=W. Europe Standard Time:20261120T100000", at(9)),
        ("DUE;TZID=/freeassociation.example/Tzfile/Europe/Berlin:20261120T100000", at(9)),
        ('DUE;TZID="America/Argentina/Buenos_Aires":20261120T100000', at(13)),
        ("DUE;TZID=Somewhere:20261120T233000", date(2026, 11, 20)),
        ("DUE;TZID=Europe:20261120T233000", date(2026, 11, 20)),
        ("DUE;TZID=../../etc/passwd:20261120T233000", date(2026, 11, 20)),
        ("DUE:20261120T233000", date(2026, 11, 20)),
        ("DUE:20261345", None),
        ("DUE:99991231T235959Z", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("DUE;TZID=America/New_York:99991231T235959", None),
        ("DUE:tomorrow", None),
        ("DUE:P1D", None),
        ("DUE:20261120T100000/P1D", None),
        ("DUE:", None),
    ],
)
def test_due_is_a_day_or_an_instant(due: str, expected: Any) -> None:
    task = task_of(due)
    assert (task.due_on, task.title) == (expected, "")


def test_a_to_do_may_be_due_after_a_duration() -> None:
    assert task_of("DTSTART:20261120T100000Z", "DURATION:PT90M").due_on == at(11, 30)
    assert task_of("DTSTART;VALUE=DATE:20261120", "DURATION:P2D").due_on == date(2026, 11, 22)
    assert task_of("DURATION:P2D").due_on is None
    assert task_of("DTSTART:20261120T100000Z", "DURATION:soon").due_on is None
    assert task_of("DTSTART:20261120T100000Z", "DURATION:P999999999D").due_on is None


def test_what_happened_is_an_instant_or_unknown() -> None:
    task = task_of("COMPLETED;VALUE=DATE:20261120", "CREATED:20261120T100000")
    assert (task.completed_at, task.created_at, task.updated_at) == (None, None, None)
    assert task_of("COMPLETED:20261120T100000Z").completed_at == at(10)
    assert task_of("DTSTAMP:20261120T100000Z").updated_at == at(10)


@pytest.mark.parametrize(
    ("written", "priority"),
    [("1", 1), ("2", 1), ("3", 2), ("4", 2), ("5", 3), ("6", 4), ("7", 4), ("8", 5), ("9", 5),
     ("0", None), ("10", None), ("-1", None), ("high", None)],
)  # fmt: skip
def test_priority_five_is_the_middle_and_zero_is_none(written: str, priority: int | None) -> None:
    task = task_of(f"PRIORITY:{written}")
    assert task.priority == priority
    assert task.priority_label == (written if written in "123456789" or written == "10" else None)


def test_attendees_who_take_part_are_assigned_and_rooms_are_nobody() -> None:
    lines = (
        "ATTENDEE;CN=Ada:mailto:ada@example.com",
        "ATTENDEE;ROLE=NON-PARTICIPANT;CN=Bo:mailto:bo@example.com",
        "ATTENDEE;PARTSTAT=DECLINED;CN=Cy:mailto:cy@example.com",
        "ATTENDEE;PARTSTAT=DELEGATED;CN=Dee:mailto:dee@example.com",
        "ATTENDEE;CUTYPE=ROOM;CN=Hall:mailto:hall@example.com",
        "ATTENDEE;CUTYPE=GROUP;CN=Crew:mailto:crew@example.com",
        "ATTENDEE:MAILTO:ada@example.com",
        "ATTENDEE:urn:uuid:42",
    )
    assert task_of(*lines).assignee_ids == (
        "mailto:ada@example.com", "mailto:crew@example.com", "urn:uuid:42",
    )  # fmt: skip
    people = people_of(*lines)
    assert {id: (each.name, each.email, each.kind) for id, each in people.items()} == {
        "mailto:ada@example.com": ("Ada", "ada@example.com", "human"),
        "mailto:bo@example.com": ("Bo", "bo@example.com", "human"),
        "mailto:cy@example.com": ("Cy", "cy@example.com", "human"),
        "mailto:dee@example.com": ("Dee", "dee@example.com", "human"),
        "mailto:crew@example.com": ("Crew", "crew@example.com", "group"),
        "urn:uuid:42": ("urn:uuid:42", None, "human"),
    }


def test_relations_are_parents_or_links() -> None:
    lines = (
        "RELATED-TO:task-0@example.com",
        "RELATED-TO;RELTYPE=SIBLING:a@example.com",
        "RELATED-TO;RELTYPE=sibling:z@example.com",
        "RELATED-TO;RELTYPE=CHILD:c@example.com",
        "RELATED-TO;RELTYPE=FINISHTOSTART;GAP=P1D:f@example.com",
        "RELATED-TO;RELTYPE=SIBLING:task-1@example.com",
        "RELATED-TO;VALUE=URI;RELTYPE=SIBLING:https://example.com/x",
    )
    assert task_of(*lines).parent_id == "task-0@example.com"
    me = "task-1@example.com"
    assert [
        (each.type, each.type_label, each.from_id, each.to_id) for each in links_of(*lines)
    ] == [
        ("relates", "SIBLING", "a@example.com", me),
        ("relates", "SIBLING", me, "z@example.com"),
        ("other", "CHILD", me, "c@example.com"),
        ("other", "FINISHTOSTART", me, "f@example.com"),
    ]


def test_both_siblings_report_one_link() -> None:
    here = links_of("RELATED-TO;RELTYPE=SIBLING:other@example.com")
    there = records_of(
        calendar("RELATED-TO;RELTYPE=SIBLING:task-1@example.com").replace(
            "UID:task-1@", "UID:other@"
        )
    )
    assert here == [each for each in there if isinstance(each, Link)]


def test_a_recurring_to_do_is_its_master_and_its_exceptions_count_for_when_it_changed() -> None:
    exception = (
        "BEGIN:VTODO\r\nUID:task-1@example.com\r\nRECURRENCE-ID:20261121T100000Z\r\n"
        "SUMMARY:Just this once\r\nSTATUS:COMPLETED\r\nLAST-MODIFIED:20261120T120000Z\r\n"
        "END:VTODO\r\n"
    )
    master = calendar("SUMMARY:Weekly round", "RRULE:FREQ=WEEKLY",
                      "LAST-MODIFIED:20261101T100000Z")  # fmt: skip
    for data in (
        master.replace("END:VCALENDAR", f"{exception}END:VCALENDAR"),
        master.replace("BEGIN:VTODO", f"{exception}BEGIN:VTODO"),
    ):
        (task,) = records_of(data)
        assert isinstance(task, Task)
        assert (task.title, task.status, task.updated_at) == ("Weekly round", "todo", at(12))


def test_an_exception_without_its_master_is_the_task() -> None:
    (task,) = records_of(calendar("RECURRENCE-ID:20261121T100000Z", "SUMMARY:Just this once"))
    assert isinstance(task, Task)
    assert task.title == "Just this once"


def test_alarms_and_zones_inside_say_nothing_of_the_to_do() -> None:
    data = calendar(
        "SUMMARY:Right", "BEGIN:VALARM", "SUMMARY:Wrong", "DESCRIPTION:Wrong", "END:VALARM",
        "PRIORITY:5",
    )  # fmt: skip
    (task,) = records_of(data)
    assert isinstance(task, Task)
    assert (task.title, task.description, task.priority) == ("Right", None, 3)


@pytest.mark.parametrize(
    "data",
    [None, 7, "", "garbage", calendar(kind="VEVENT"), calendar(kind="VJOURNAL"),
     "BEGIN:VTODO\r\nUID:x\r\nEND:VTODO", "END:VCALENDAR\r\nEND:VTODO", "BEGIN:VCALENDAR"],
)  # fmt: skip
def test_what_is_no_to_do_yields_nothing(data: Any) -> None:
    assert records_of(data) == []


def test_a_broken_line_costs_only_itself() -> None:
    task = task_of("no colon here", ":", ";;;", "SUMMARY:Still there", "X Y:1", "DUE;=:20261120")
    assert task.title == "Still there"


def test_without_a_uid_the_address_is_the_id() -> None:
    data = calendar("SUMMARY:Nameless").replace("UID:task-1@example.com\r\n", "")
    (task,) = records_of(data)
    assert task.id == f"{LIST}a.ics"


def test_a_zone_of_one_calendar_means_nothing_in_another() -> None:
    zone = (
        "BEGIN:VTIMEZONE\r\nTZID:Our yard\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\n"
        "TZOFFSETFROM:+0500\r\nTZOFFSETTO:+0500\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
    )
    plain = calendar("DUE;TZID=Our yard:20261120T100000")
    before = records_of(plain)
    records_of(plain.replace("BEGIN:VTODO", f"{zone}BEGIN:VTODO"))
    assert records_of(plain) == before
