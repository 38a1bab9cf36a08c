"""Records as Asana's API gives them, and the choice of fields by `opt_fields`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from connectors.asana.sandbox_adopt import number
from connectors.asana.sandbox_history import dates, iso
from connectors.sdk.records import (
    Comment,
    Custom,
    Person,
    Project,
    StatusUpdate,
    Task,
    Worklog,
)

COMPACT = ("gid", "resource_type", "name")


def ref(id: str | None, kind: str, name: str | None = None) -> dict[str, Any] | None:
    """A compact resource."""
    return None if id is None else {"gid": id, "resource_type": kind, "name": name}


def project(record: Project, workspace: str) -> dict[str, Any]:
    """A project."""
    return {
        "gid": record.id,
        "resource_type": "project",
        "name": record.name,
        "notes": record.description or "",
        "archived": record.state == "archived",
        "completed": record.state == "closed",
        "owner": ref(record.owner_id, "user"),
        "start_on": record.start_on.isoformat() if record.start_on else None,
        "due_on": record.due_on.isoformat() if record.due_on else None,
        "created_at": iso(record.created_at),
        "modified_at": iso(record.updated_at),
        "permalink_url": record.url,
        "workspace": ref(workspace, "workspace"),
        "custom_fields": [custom(each) for each in record.custom],
    }


def person(record: Person) -> dict[str, Any]:
    """A user."""
    return {
        "gid": record.id,
        "resource_type": "user",
        "name": record.name,
        "email": record.email,
    }


def task(record: Task) -> dict[str, Any]:
    """A task without its neighbours (memberships, dependencies, subtasks)."""
    due, start = dates(record.due_on, "due"), dates(record.start_on, "start")
    return {
        "gid": record.id,
        "resource_type": "task",
        "name": record.title,
        "notes": record.description or "",
        "resource_subtype": record.type_label or "default_task",
        "is_rendered_as_separator": False,
        "completed": record.status == "done" or record.completed_at is not None,
        "completed_at": iso(record.completed_at),
        "created_at": iso(record.created_at),
        "created_by": ref(record.reporter_id, "user"),
        "modified_at": iso(record.updated_at),
        **due,
        **start,
        "assignee": ref(record.assignee_ids[0] if record.assignee_ids else None, "user"),
        "parent": ref(record.parent_id, "task"),
        "tags": [ref(number("Tag", label), "tag", label) for label in record.labels],
        "actual_time_minutes": record.spent_minutes,
        "permalink_url": record.url,
        "custom_fields": [
            _enum("Priority", record.priority_label),
            _field("Estimated time", "number", number_value=record.estimate_minutes,
                   format="duration"),
            *(custom(each) for each in record.custom),
        ],
    }  # fmt: skip


def comment(record: Comment, author: dict[str, Any] | None) -> dict[str, Any]:
    """A comment as a story."""
    return {
        "gid": record.id,
        "resource_type": "story",
        "type": "comment",
        "resource_subtype": "comment_added",
        "created_at": iso(record.at),
        "created_by": author,
        "text": record.text,
        "target": ref(record.task_id, "task"),
    }


def status_update(record: StatusUpdate) -> dict[str, Any]:
    """A status update of a project."""
    return {
        "gid": record.id,
        "resource_type": "status_update",
        "resource_subtype": "project_status_update",
        "title": record.title or "",
        "text": record.text or "",
        "status_type": record.health_label,
        "author": ref(record.author_id, "user"),
        "created_by": ref(record.author_id, "user"),
        "created_at": iso(record.at),
        "parent": ref(record.project_id, "project"),
    }


def worklog(record: Worklog) -> dict[str, Any]:
    """A time entry."""
    return {
        "gid": record.id,
        "resource_type": "time_tracking_entry",
        "duration_minutes": record.minutes,
        "entered_on": record.on.isoformat(),
        "created_by": ref(record.person_id, "user"),
        "task": ref(record.task_id, "task"),
        "attributable_to": ref(record.project_id, "project"),
    }


def custom(field: Custom) -> dict[str, Any]:
    """A custom field by the kind of its value; text where it is empty."""
    value, found = field.value, {"gid": field.id}
    if isinstance(value, tuple):
        options = [ref(number("Option", each), "enum_option", each) for each in value]
        return {**_field(field.name, "multi_enum", multi_enum_values=options), **found}
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return {**_field(field.name, "number", number_value=value, format="none"), **found}
    if isinstance(value, (date, datetime)):
        moment = dates(value, "date")
        chosen = {"date": moment["date_on"], "date_time": moment["date_at"]}
        return {**_field(field.name, "date", date_value=chosen), **found}
    return {**_field(field.name, "text", text_value=value), **found}


def _enum(name: str, value: str | None) -> dict[str, Any]:
    option = ref(number("Option", value), "enum_option", value) if value else None
    return _field(name, "enum", enum_value=option)


def _field(name: str, kind: str, **value: Any) -> dict[str, Any]:
    return {
        "gid": number("Custom", name),
        "resource_type": "custom_field",
        "resource_subtype": kind,
        "type": kind,
        "name": name,
        "display_value": None,
        **value,
    }


@lru_cache(maxsize=64)
def wanted(opt_fields: str) -> Mapping[str, Any]:
    """The paths of `opt_fields` as a tree."""
    tree: dict[str, Any] = {}
    for path in filter(None, opt_fields.split(",")):
        node = tree
        for name in path.split("."):
            node = node.setdefault(name, {})
    return tree


def select(value: Any, tree: Mapping[str, Any]) -> Any:
    """Only what was asked for; a resource always has its gid, and is compact when only named."""
    if isinstance(value, list):
        return [select(each, tree) for each in value]
    if not isinstance(value, dict):
        return value
    if not tree:
        return _only(value, COMPACT) if "gid" in value else value
    chosen = _only(value, ("gid", "resource_type"))
    for name, below in tree.items():
        if name in value:
            chosen[name] = select(value[name], below)
    return chosen


def _only(value: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: value[name] for name in names if name in value}
