"""Records as to-dos, written by the library's components, of which the connector reads none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from icalendar import Calendar, Event, Todo, vCalAddress, vText

from connectors.sdk.records import Link, Person, Status, Task

STATUS_WORDS: Mapping[Status, str] = {
    "todo": "NEEDS-ACTION",
    "in_progress": "IN-PROCESS",
    "done": "COMPLETED",
    "cancelled": "CANCELLED",
}
PRIORITY_WORDS = {1: "1", 2: "3", 3: "5", 4: "7", 5: "9"}
RELATIONS = {"relates": "SIBLING", "blocks": "DEPENDS-ON", "precedes": "FINISHTOSTART"}
FOUNDED = datetime(2020, 1, 1, tzinfo=UTC)


def seconds(value: Any) -> Any:
    """A day as it is; an instant in UTC to the second, which is all that iCalendar can say."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(microsecond=0)
    return value


def calendar_text(task: Task, people: Mapping[str, Person], links: Iterable[Link]) -> str:
    """The calendar object of a task."""
    todo = Todo()
    todo.add("uid", task.id)
    todo.add("summary", task.title)
    dated: dict[str, date | datetime | None] = {
        "dtstamp": task.updated_at or FOUNDED,
        "created": task.created_at,
        "last-modified": task.updated_at,
        "dtstart": task.start_on,
        "due": task.due_on,
        "completed": task.completed_at,
    }
    for name, value in dated.items():
        if value is not None:
            todo.add(name, value)
    said = {
        "description": task.description,
        "url": task.url,
        "status": task.status_label,
        "priority": task.priority_label,
        "percent-complete": None if task.percent_complete is None else int(task.percent_complete),
        "categories": list(task.labels) or None,
    }
    for name, each in said.items():
        if each is not None:
            todo.add(name, each)
    for id in task.assignee_ids:
        todo.add("attendee", _address(id, people))
    if task.reporter_id:
        todo.add("organizer", _address(task.reporter_id, people))
    if task.parent_id:
        todo.add("related-to", _related(task.parent_id, "PARENT"))
    for link in links:
        other = link.from_id if link.type == "blocks" else link.to_id
        todo.add("related-to", _related(other, link.type_label or ""))
    return _written(todo)


def appointment_text() -> str:
    """A calendar object that is no task."""
    event = Event()
    event.add("uid", "appointment@example.com")
    event.add("summary", "Team meeting")
    event.add("dtstamp", FOUNDED)
    event.add("dtstart", FOUNDED)
    return _written(event)


def _written(part: Todo | Event) -> str:
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", "-//Example//Sandbox//EN")
    calendar.add_component(part)
    return str(calendar.to_ical(), "utf-8")


def _address(id: str, people: Mapping[str, Person]) -> vCalAddress:
    address = vCalAddress(id)
    if id in people:
        address.params["CN"] = people[id].name
    return address


def _related(uid: str, type: str) -> vText:
    text = vText(uid)
    text.params["RELTYPE"] = type
    return text
