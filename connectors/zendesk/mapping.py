"""Zendesk's groups, users, tickets, audits and metric events as records. Pure and total.

What an item's body holds, by stream:

========== ===================================================================================
projects   `group`
people     `user`: an agent or administrator
tasks      `ticket`, the `people` that it names and who are not agents, `status_label` of its
           custom status, and `fields`: title, type and used options of its custom fields
events     `audit`, with the `fields` and custom `statuses` that it speaks of (`history.py`)
slas       `ticket`: its metric events and current targets (`cycles.py`)
========== ===================================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from connectors.sdk.contract import Json
from connectors.sdk.records import (
    Change,
    Comment,
    Link,
    Person,
    Project,
    Record,
    SlaCycle,
    Task,
)
from connectors.zendesk.cycles import to_cycles
from connectors.zendesk.history import to_history
from connectors.zendesk.words import (
    PRIORITIES,
    STATUS_TITLES,
    STATUSES,
    TYPES,
    WAITS,
    custom_fields,
    identifier,
    instant,
    objects,
    page_of,
    part,
    text,
)


def _fields(names: str) -> frozenset[str]:
    return frozenset(names.split())


PROVIDES: Mapping[type[Record], frozenset[str]] = {
    Project: _fields("id name description state created_at updated_at"),
    Person: _fields("id name email active kind time_zone url"),
    Task: _fields(
        "id key project_id title description url type type_label status status_label blocked "
        "blocked_reason priority priority_label assignee_ids reporter_id labels due_on created_at "
        "updated_at completed_at custom"
    ),
    Link: _fields("id type type_label from_id to_id"),
    Comment: _fields("id task_id author_id text at public"),
    Change: _fields("id task_id at author_id field field_label old new old_label new_label"),
    SlaCycle: _fields(
        "id task_id name started_at stopped_at breach_at breached paused goal_minutes "
        "elapsed_minutes"
    ),
}
"""The fields that Zendesk can fill; README.md says which of its words fills which."""

LONGEST_TITLE = 150


def to_records(stream: str, item: Json) -> Iterable[Record]:
    """The records of one item; none for a stream or an item that has no identity."""
    read = STREAMS.get(stream)
    return () if read is None else list(read(item))


def _group(item: Json) -> Iterator[Record]:
    group = part(item, "group")
    id = identifier(group.get("id"))
    if id is None:
        return
    yield Project(
        id=id,
        name=text(group.get("name")) or f"#{id}",
        description=text(group.get("description")),
        state="trashed" if group.get("deleted") is True else "active",
        created_at=instant(group.get("created_at")),
        updated_at=instant(group.get("updated_at")),
    )


def _user(item: Json) -> Iterator[Record]:
    yield from _person(part(item, "user"))


def _person(user: Json) -> Iterator[Person]:
    id = identifier(user.get("id"))
    if id is None:
        return
    active = user.get("active")
    if user.get("suspended") is True:
        active = False
    yield Person(
        id=id,
        name=text(user.get("name")) or text(user.get("email")) or f"#{id}",
        email=text(user.get("email")),
        active=active if isinstance(active, bool) else None,
        kind="customer" if user.get("role") == "end-user" else "human",
        time_zone=text(user.get("iana_time_zone")) or text(user.get("time_zone")),
        url=page_of(user.get("url"), "users", id),
    )


def _ticket(item: Json) -> Iterator[Record]:
    ticket = part(item, "ticket")
    id = identifier(ticket.get("id"))
    if id is None:
        return
    word, kind = text(ticket.get("status")) or "", text(ticket.get("type"))
    priority = text(ticket.get("priority"))
    status, assignee = STATUSES.get(word), identifier(ticket.get("assignee_id"))
    tags = ticket.get("tags")
    yield Task(
        id=id,
        key=f"#{id}",
        project_id=identifier(ticket.get("group_id")),
        title=_title(ticket),
        description=text(ticket.get("description")),
        url=page_of(ticket.get("url"), "tickets", id),
        type="request" if kind is None else TYPES.get(kind, "other"),
        type_label=kind,
        status=status,
        status_label=_status_label(word, text(item.get("status_label"))),
        blocked=None if status is None else word in WAITS,
        blocked_reason=WAITS.get(word),
        priority=PRIORITIES.get(priority or ""),
        priority_label=priority,
        assignee_ids=() if assignee is None else (assignee,),
        reporter_id=identifier(ticket.get("requester_id")),
        labels=tuple(
            dict.fromkeys(tag for tag in tags if text(tag)) if isinstance(tags, list) else ()
        ),
        # Zendesk shows and uses a due date on tickets of this type only.
        due_on=instant(ticket.get("due_at")) if kind == "task" else None,
        created_at=instant(ticket.get("created_at")),
        updated_at=instant(ticket.get("updated_at")),
        completed_at=_solved_at(ticket) if status == "done" else None,
        custom=custom_fields(ticket, part(item, "fields")),
    )
    problem = identifier(ticket.get("problem_id"))
    if problem is not None and problem != id:
        yield Link(
            id=f"relates:{id}:{problem}",
            type="relates",
            type_label="problem",
            from_id=id,
            to_id=problem,
        )
    for user in objects(item.get("people")):
        yield from _person(user)


def _title(ticket: Json) -> str:
    """The subject; a chat or a call may have none, and shows the beginning of what was said."""
    subject = text(ticket.get("subject"))
    if subject is not None:
        return subject
    lines = (text(ticket.get("description")) or "").strip().splitlines()
    return lines[0][:LONGEST_TITLE] if lines else ""


def _status_label(word: str, custom: str | None) -> str | None:
    """The custom status's name. A closed ticket keeps that of its solved status, and shows
    neither."""
    if custom is not None and word != "closed":
        return custom
    return STATUS_TITLES.get(word, word or None)


def _solved_at(ticket: Mapping[str, Any]) -> datetime | None:
    return instant(part(ticket, "metric_set").get("solved_at"))


STREAMS: Mapping[str, Callable[[Json], Iterator[Record]]] = {
    "projects": _group,
    "people": _user,
    "tasks": _ticket,
    "events": to_history,
    "slas": to_cycles,
}
