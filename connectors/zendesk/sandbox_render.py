"""The JSON of the imitated Zendesk: one function per thing it answers with."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from connectors.sdk.records import (
    CustomValue,
    Link,
    Person,
    Project,
    Record,
    Task,
)
from connectors.sdk.sandbox import World
from connectors.zendesk.sandbox_adopt import (
    SITE,
    STATUS_IDS,
    category_of,
    due_at,
    number,
)
from connectors.zendesk.words import STATUS_TITLES

Out = dict[str, Any]
CLOCKS = 25_000_000_000_000
SYSTEM_FIELDS = ("subject", "description", "status", "tickettype", "priority", "group", "assignee")


def stamp(at: datetime | None) -> str | None:
    """An instant as Zendesk writes it."""
    return None if at is None else at.strftime("%Y-%m-%dT%H:%M:%SZ")


def tag_of(value: str) -> str:
    """The tag under which a ticket holds the option of a field."""
    return "".join(c if c.isalnum() else "_" for c in value.lower())


def status_id(category: str, label: str) -> int:
    """The id of a custom status."""
    return STATUS_IDS + zlib.crc32(f"{category}:{label}".encode())


class Render:
    """Writes the records of a world as Zendesk would."""

    def __init__(
        self, world: World, fields: Sequence[tuple[int, str, str, list[CustomValue]]]
    ) -> None:
        self.world = world
        self.fields = fields
        self._forms = {str(id): form for id, _, form, _ in fields}

    def group(self, group: Project) -> Out:
        """A row of /groups."""
        id = number(Project, group.id)
        return {
            "url": f"{SITE}/api/v2/groups/{id}.json",
            "id": id,
            "is_public": True,
            "name": group.name,
            "description": group.description or "",
            "default": False,
            "deleted": group.state != "active",
            "created_at": stamp(group.created_at),
            "updated_at": stamp(group.updated_at),
        }

    def user(self, person: Person) -> Out:
        """A row of /users."""
        id = number(Person, person.id)
        return {
            "id": id,
            "url": f"{SITE}/api/v2/users/{id}.json",
            "name": person.name,
            "email": person.email,
            "time_zone": "Eastern Time (US & Canada)" if person.time_zone else None,
            "iana_time_zone": person.time_zone,
            "phone": None,
            "role": "end-user" if person.kind == "customer" else "agent",
            "active": True,
            "suspended": person.active is False,
            "verified": True,
            "ticket_restriction": None,
            "tags": [],
            "user_fields": {},
        }

    def ticket(self, task: Task) -> Out:
        """A ticket as every list shows it."""
        id, category = number(Task, task.id), category_of(task)
        label = task.status_label or STATUS_TITLES[category]
        problem = next(iter(self.world.where(Link, "from_id", task.id)), None)
        assignee = next(iter(task.assignee_ids), None)
        custom = [
            {"id": int(each.id), "value": _value(each.value, self._forms.get(each.id, ""))}
            for each in task.custom
            if each.id.isdecimal()
        ]
        return {
            "url": f"{SITE}/api/v2/tickets/{id}.json",
            "id": id,
            "external_id": None,
            "via": {"channel": "web", "source": {"from": {}, "to": {}, "rel": None}},
            "created_at": stamp(task.created_at),
            "updated_at": stamp(task.updated_at),
            "type": task.type_label,
            "subject": task.title,
            "raw_subject": task.title,
            "description": task.description,
            "priority": task.priority_label,
            "status": category,
            "custom_status_id": status_id(category, label),
            "recipient": None,
            "requester_id": self.number(Person, task.reporter_id),
            "submitter_id": self.number(Person, task.reporter_id),
            "assignee_id": self.number(Person, assignee),
            "organization_id": None,
            "group_id": self.number(Project, task.project_id),
            "brand_id": 23_117_000_000_001,
            "problem_id": None if problem is None else number(Task, problem.to_id),
            "has_incidents": bool(self.world.where(Link, "to_id", task.id)),
            "due_at": stamp(due_at(task.due_on)),
            "tags": list(task.labels),
            "custom_fields": custom,
            "fields": custom,
            "satisfaction_rating": {"score": "unoffered"},
            "is_public": True,
        }

    def metric_set(self, task: Task) -> Out:
        """What Zendesk measures on a ticket."""
        return {
            "id": CLOCKS + number(Task, task.id),
            "ticket_id": number(Task, task.id),
            "created_at": stamp(task.created_at),
            "solved_at": stamp(task.completed_at),
            "reopens": 0,
            "replies": 0,
        }

    def tombstone(self, id: str, at: datetime) -> Out:
        """A deleted ticket: its content is gone."""
        return {
            "url": f"{SITE}/api/v2/tickets/{number(Task, id)}.json",
            "id": number(Task, id),
            "status": "deleted",
            "subject": "SCRUBBED",
            "description": "SCRUBBED",
            "updated_at": stamp(at),
            "requester_id": None,
            "assignee_id": None,
            "group_id": None,
            "tags": [],
            "custom_fields": [],
        }

    def ticket_fields(self) -> list[Out]:
        """Zendesk's own fields, and the custom ones with their options."""
        own = [
            {"id": 1000 + place, "type": kind, "title": kind.title(), "active": True,
             "removable": False}
            for place, kind in enumerate(SYSTEM_FIELDS)
        ]  # fmt: skip
        return own + [
            {
                "id": id,
                "type": form,
                "title": name,
                "raw_title": name,
                "active": True,
                "removable": True,
                **(
                    {"custom_field_options": _options(values)}
                    if form in ("tagger", "multiselect")
                    else {}
                ),
            }
            for id, name, form, values in self.fields
        ]

    def custom_statuses(self) -> list[Out]:
        """One for every word that a ticket's status has."""
        held = {
            (category_of(task), task.status_label or STATUS_TITLES[category_of(task)])
            for task in self.world.all(Task)
        }
        return [
            {
                "id": status_id(category, label),
                "status_category": category,
                "agent_label": label,
                "end_user_label": label,
                "active": True,
                "default": label == STATUS_TITLES[category],
            }
            for category, label in sorted(held)
            if category != "closed"
        ]

    def number(self, kind: type[Record], id: str | None) -> int | None:
        return None if id is None else number(kind, id)


def _value(value: CustomValue, form: str) -> object:
    """A custom field's value; an option is held as its tag."""
    if isinstance(value, tuple):
        return [tag_of(each) for each in value]
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, date):
        return value.isoformat()
    return tag_of(str(value)) if form == "tagger" else str(value)


def _options(values: Sequence[CustomValue]) -> list[Mapping[str, Any]]:
    names = dict.fromkeys(
        name
        for value in values
        for name in (value if isinstance(value, tuple) else (value,))
        if isinstance(name, str)
    )
    return [
        {"id": place, "name": name, "raw_name": name, "value": tag_of(name), "default": False}
        for place, name in enumerate(names)
    ]
