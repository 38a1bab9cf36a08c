"""Records as Basecamp's JSON. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from html import escape
from typing import Any

from connectors.basecamp.sandbox_adopt import ACCOUNT, FOUNDED, ON_HOLD, SITE, just_day, number_id
from connectors.basecamp.words import CARD, COMMENT, STEP, TO_DO
from connectors.sdk.records import Column, Comment, Person, Project, StatusUpdate, Task, Worklog

Object = dict[str, Any]
API = f"https://3.basecampapi.com/{ACCOUNT}"
TYPE = {"To-do": TO_DO, "Card": CARD, "Step": STEP}
PLACE = {TO_DO: "todos", CARD: "card_tables/cards", STEP: "card_tables/steps"}


def stamp(at: datetime | None) -> str | None:
    """An instant as Basecamp writes it."""
    if at is None:
        return None
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _day(value: date | datetime | None) -> str | None:
    found = just_day(value)
    return found.isoformat() if found else None


def html(text: str | None) -> str:
    """Text as rich text."""
    return f"<div>{escape(text).replace(chr(10), '<br>')}</div>" if text else ""


def person(held: Person | None) -> Object | None:
    """A person."""
    if held is None:
        return None
    client = held.kind == "customer"
    return {
        "id": int(held.id),
        "attachable_sgid": "BAh7Invented",
        "name": held.name,
        "email_address": held.email,
        "personable_type": "Client" if client else "User",
        "title": None,
        "bio": None,
        "location": None,
        "created_at": "2020-01-01T00:00:00.000Z",
        "updated_at": "2020-01-01T00:00:00.000Z",
        "admin": False,
        "owner": False,
        "client": client,
        "employee": not client,
        "time_zone": held.time_zone,
        "avatar_url": f"{API}/people/{held.id}/avatar",
    }


def project(held: Project, boards: Iterable[tuple[str, str]], *, timesheet: bool) -> Object:
    """A project. `boards`: id and name of its card tables."""
    tools = [("todoset", number_id("todoset", held.id), "To-dos")]
    tools += [("kanban_board", id, name) for id, name in boards]
    found: Object = {
        "id": int(held.id),
        "status": held.state,
        "created_at": stamp(held.created_at),
        "updated_at": stamp(held.updated_at),
        "name": held.name,
        "description": held.description or "",
        "purpose": "topic",
        "clients_enabled": False,
        "timesheet_enabled": timesheet,
        "url": f"{API}/projects/{held.id}.json",
        "app_url": held.url,
        "dock": [
            {
                "id": int(id),
                "title": title,
                "name": name,
                "enabled": True,
                "position": place,
                "url": f"{API}/{name}s/{id}.json",
                "app_url": f"{SITE}/{name}s/{id}",
            }
            for place, (name, id, title) in enumerate(tools, 1)
        ],
    }
    dates = {"start_date": _day(held.start_on), "end_date": _day(held.due_on)}
    return found | {name: date for name, date in dates.items() if date}


def recording(
    id: str,
    type: str,
    title: str,
    home: Project,
    *,
    status: str = "active",
    at: tuple[datetime | None, datetime | None] = (FOUNDED, FOUNDED),
    creator: Person | None,
    place: str,
) -> Object:
    """What all recordings have in common. `at`: when it was made, and changed last."""
    return {
        "id": int(id),
        "status": status,
        "visible_to_clients": False,
        "created_at": stamp(at[0]),
        "updated_at": stamp(at[1]),
        "title": title,
        "inherits_status": True,
        "type": type,
        "url": f"{API}/{place}/{id}.json",
        "app_url": f"{SITE}/buckets/{home.id}/{place}/{id}",
        "bucket": {"id": int(home.id), "name": home.name, "type": "Project"},
        "creator": person(creator),
    }


def parent(id: str, type: str, title: str) -> Object:
    """What a recording hangs on, as it stands in it."""
    place = type.lower()
    return {
        "id": int(id),
        "title": title,
        "type": type,
        "url": f"{API}/{place}/{id}.json",
        "app_url": f"{SITE}/{place}/{id}",
    }


def column_type(place: int, of: int) -> str:
    """The first column is the triage, the last one of several the end."""
    if place == 0:
        return "Kanban::Triage"
    return "Kanban::DoneColumn" if place == of - 1 else "Kanban::Column"


def column_of(task: Task, columns: Sequence[Column]) -> Object:
    """Where a card lies."""
    if task.status == "done" and len(columns) > 1:
        place = len(columns) - 1
    else:
        place = 1 if task.status == "in_progress" and len(columns) > 2 else 0
    if place == 1 and task.blocked:
        return parent(number_id("hold", columns[1].id), "Kanban::OnHold", ON_HOLD)
    return parent(columns[place].id, column_type(place, len(columns)), columns[place].name)


def task(
    held: Task,
    home: Project,
    above: Object,
    *,
    status: str,
    updated: datetime | None,
    creator: Person | None,
    assignees: Iterable[Person | None],
) -> Object:
    """A to-do, a card or a step, without its steps."""
    type = TYPE[held.type_label or "To-do"]
    found = recording(
        held.id, type, held.title, home, status=status, at=(held.created_at, updated),
        creator=creator, place=PLACE[type],
    )  # fmt: skip
    found |= {
        "app_url": held.url,
        "parent": above,
        "completed": held.status == "done",
        "due_on": _day(held.due_on),
        "assignees": [person(each) for each in assignees],
    }
    ended = held.completed_at if held.status == "done" else None
    if type == TO_DO:
        found["content"] = held.title
        found["description"] = html(held.description)
        found["starts_on"] = _day(held.start_on)
        if ended:
            found["completion"] = {"created_at": stamp(ended), "creator": person(creator)}
    elif ended:
        found["completed_at"] = stamp(ended)
    if type == CARD:
        found["content"] = html(held.description)
        found["description"] = held.description or ""
    return found


def comment(
    held: Comment, on: Object, home: Project, *, status: str, author: Person | None
) -> Object:
    """A comment."""
    found = recording(
        held.id, COMMENT, f"Re: {on['title']}", home, status=status,
        at=(held.at, held.updated_at or held.at), creator=author, place="comments",
    )  # fmt: skip
    found["visible_to_clients"] = bool(held.public)
    found["parent"] = parent(str(on["id"]), on["type"], on["title"])
    found["content"] = html(held.text)
    return found


def entry(held: Worklog, on: Object | None, home: Project, who: Person | None) -> Object:
    """An entry of a timesheet; one on no task hangs on the project's timesheet."""
    found = recording(
        held.id, "Timesheet::Entry", "Timesheet entry", home,
        at=(held.updated_at, held.updated_at), creator=who, place="timesheet_entries",
    )  # fmt: skip
    sheet = parent(number_id("timesheet", home.id), "Timesheet", "Timesheet")
    found["parent"] = parent(str(on["id"]), on["type"], on["title"]) if on else sheet
    found["date"] = held.on.isoformat()
    found["description"] = held.text or ""
    found["hours"] = f"{held.minutes / 60:.2f}"
    found["person"] = person(who)
    return found


def needle(held: StatusUpdate, home: Project, author: Person | None, position: int) -> Object:
    """A needle that was set on a gauge."""
    found = recording(
        held.id, "Gauge::Needle", "Moved the needle", home, at=(held.at, held.at),
        creator=author, place="gauge_needles",
    )  # fmt: skip
    found["description"] = html(held.text)
    found["color"] = held.health_label
    found["position"] = position
    return found
