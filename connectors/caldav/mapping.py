"""Calendars and to-dos as records. Pure and total; see README.md.

What an item's body holds, by stream:

========== ===================================================================================
projects   `href`, `name`, `description` of the collection
tasks      `href` and `etag` of the calendar object, its `collection`, and `data`: its iCalendar
           text as it came
========== ===================================================================================

A task's id is its UID, not its address: parents and links name UIDs, and a to-do that is moved to
another list keeps its UID and gets another address. The item's id is the address, since that is
all that a server says of what is gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from connectors.caldav.ical import Component, Property, day_or_instant, instant, later, todos
from connectors.sdk.contract import Json
from connectors.sdk.records import Link, LinkType, Person, Project, Record, Status, Task


def _fields(names: str) -> frozenset[str]:
    return frozenset(names.split())


PROVIDES: Mapping[type[Record], frozenset[str]] = {
    Project: _fields("id name description"),
    Person: _fields("id name email kind"),
    Task: _fields(
        "id project_id parent_id title description url type status status_label priority "
        "priority_label assignee_ids reporter_id labels start_on due_on created_at updated_at "
        "completed_at percent_complete"
    ),
    Link: _fields("id type type_label from_id to_id"),
}
"""The fields that a VTODO can fill; README.md says which of its properties fills which."""

STATUSES: Mapping[str, Status] = {
    "NEEDS-ACTION": "todo",
    "IN-PROCESS": "in_progress",
    "COMPLETED": "done",
    "CANCELLED": "cancelled",
}
PRIORITIES = {1: 1, 2: 1, 3: 2, 4: 2, 5: 3, 6: 4, 7: 4, 8: 5, 9: 5}
"""1 to 4 are high, 5 is medium, 6 to 9 are low; 0 says that there is none (RFC 5545 §3.8.1.9)."""

NOT_ASSIGNED = {"ROLE": {"NON-PARTICIPANT"}, "PARTSTAT": {"DECLINED", "DELEGATED"}}
"""Attendees who are merely informed, or who have said no or handed it on."""

THINGS = frozenset({"RESOURCE", "ROOM"})


def to_records(stream: str, item: Json) -> Iterable[Record]:
    """The records of one item; none for a body without an address or to-do."""
    match stream:
        case "projects":
            return _calendar(item)
        case "tasks":
            return _object(item)
        case _:
            return ()


def _calendar(item: Json) -> Iterator[Record]:
    href = _text(item.get("href"))
    if href is not None:
        name = _text(item.get("name")) or href.rstrip("/").rpartition("/")[2] or href
        yield Project(id=href, name=name, description=_text(item.get("description")))


def _object(item: Json) -> Iterator[Record]:
    found = todos(_text(item.get("data")) or "")
    if not found:
        return
    todo = found[0]
    id = todo.text("UID") or _text(item.get("href"))
    if id is None:
        return
    organizers, attendees = todo.all("ORGANIZER"), todo.all("ATTENDEE")
    people: dict[str, Person] = {}
    for each in (*organizers, *attendees):
        if (person := _person(each)) is not None:
            people.setdefault(person.id, person)
    yield from people.values()
    parent_id = next((uid for type, uid in _related(todo, id) if type == "PARENT"), None)
    start_on = day_or_instant(todo.first("DTSTART"))
    due = todo.first("DUE")
    priority = _whole(todo.text("PRIORITY"))
    status, status_label = _status(todo)
    yield Task(
        id=id,
        project_id=_text(item.get("collection")),
        parent_id=parent_id,
        title=todo.text("SUMMARY") or "",
        description=todo.text("DESCRIPTION"),
        url=todo.text("URL"),
        type="task" if parent_id is None else "subtask",
        status=status,
        status_label=status_label,
        priority=PRIORITIES.get(priority or 0),
        priority_label=str(priority) if priority else None,
        assignee_ids=_ids(each for each in attendees if _is_assigned(each)),
        reporter_id=next(iter(_ids(organizers)), None),
        labels=tuple(dict.fromkeys(said for each in todo.all("CATEGORIES") for said in each.texts)),
        start_on=start_on,
        due_on=later(start_on, todo.first("DURATION")) if due is None else day_or_instant(due),
        created_at=instant(todo.first("CREATED")),
        updated_at=_updated_at(found),
        completed_at=instant(todo.first("COMPLETED")),
        percent_complete=_percent(todo),
    )
    yield from _links(todo, id)


def _status(todo: Component) -> tuple[Status | None, str | None]:
    """The status and its word. A to-do without one is open unless it says that it is completed:
    RFC 4791 §7.8.9 looks for pending ones in that way."""
    word = todo.text("STATUS")
    if word is not None:
        return STATUSES.get(word.strip().upper()), word
    percent = _percent(todo) or 0
    if todo.first("COMPLETED") is not None or percent == 100:
        return "done", None
    return "in_progress" if percent else "todo", None


def _percent(todo: Component) -> float | None:
    percent = _whole(todo.text("PERCENT-COMPLETE"))
    return float(percent) if percent is not None and percent <= 100 else None


def _updated_at(found: Sequence[Component]) -> datetime | None:
    """The newest change of the to-do and its exceptions."""
    stamps = (
        instant(todo.first("LAST-MODIFIED")) or instant(todo.first("DTSTAMP")) for todo in found
    )
    return max((stamp for stamp in stamps if stamp is not None), default=None)


def _related(todo: Component, own: str) -> Iterator[tuple[str, str]]:
    """Types and UIDs of the to-dos that this one names; without a type it is the parent."""
    for each in todo.all("RELATED-TO"):
        uid = each.text
        if uid is not None and uid != own and each.param("VALUE") in (None, "TEXT", "UID"):
            yield (each.param("RELTYPE") or "PARENT").upper(), uid


def _links(todo: Component, id: str) -> Iterator[Record]:
    for type, uid in dict.fromkeys(_related(todo, id)):
        match type:
            case "PARENT":
                continue
            case "SIBLING":  # both may say so: one record
                first, second = sorted((id, uid))
                yield _link("relates", type, first, second)
            case "DEPENDS-ON":
                yield _link("blocks", type, uid, id)
            case _:
                yield _link("other", type, id, uid)


def _link(type: LinkType, label: str, from_id: str, to_id: str) -> Link:
    key = f"{type}:{from_id}:{to_id}" if type != "other" else f"{label}:{from_id}:{to_id}"
    return Link(id=key, type=type, type_label=label, from_id=from_id, to_id=to_id)


def _person(held: Property) -> Person | None:
    """Who an address stands for; None for rooms and things."""
    address = held.value.strip()
    kind = (held.param("CUTYPE") or "").upper()
    if not address or kind in THINGS:
        return None
    scheme, _, rest = address.partition(":")
    email = rest if scheme.lower() == "mailto" and "@" in rest else None
    return Person(
        id=address.lower(),
        name=held.param("CN") or email or address,
        email=email,
        kind="group" if kind == "GROUP" else "human",
    )


def _is_assigned(held: Property) -> bool:
    return not any((held.param(name) or "").upper() in no for name, no in NOT_ASSIGNED.items())


def _ids(held: Iterable[Property]) -> tuple[str, ...]:
    people = (_person(each) for each in held)
    return tuple(dict.fromkeys(person.id for person in people if person is not None))


def _whole(said: str | None) -> int | None:
    digits = (said or "").strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 5 else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value.strip() else None
