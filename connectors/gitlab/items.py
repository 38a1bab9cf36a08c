"""GitLab's rows as items that explain themselves. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.sdk.contract import Json

ISSUE = (
    "id", "iid", "project_id", "title", "description", "state", "issue_type", "type", "created_at",
    "updated_at", "closed_at", "labels", "milestone", "assignees", "assignee", "author", "due_date",
    "confidential", "severity", "weight", "health_status", "epic", "iteration", "time_stats",
    "moved_to_id", "web_url", "references",
)  # fmt: skip
PROJECT = (
    "id", "name", "name_with_namespace", "path_with_namespace", "description", "web_url",
    "archived", "marked_for_deletion_on", "marked_for_deletion_at", "created_at", "updated_at",
    "last_activity_at",
)  # fmt: skip
PERSON = (
    "id", "username", "name", "state", "blocked", "email", "public_email", "bot",
    "web_url",
)  # fmt: skip
MILESTONE = (
    "id", "iid", "project_id", "group_id", "title", "description", "state", "start_date",
    "due_date", "web_url",
)  # fmt: skip
ITERATION = ("id", "title", "description", "state", "start_date", "due_date")
EPIC = (
    "id", "iid", "group_id", "_links", "title", "description", "state",
    "confidential", "author", "start_date", "due_date", "end_date", "created_at", "updated_at",
    "closed_at", "labels", "web_url", "references",
)  # fmt: skip
NOTE = (
    "id", "body", "author", "created_at", "updated_at", "system", "internal", "confidential",
)  # fmt: skip
EVENT = (
    "id", "user", "created_at", "action", "state", "label", "milestone", "iteration", "weight",
)  # fmt: skip
NESTED = {
    "author": ("id",), "user": ("id",), "assignee": ("id",), "assignees": ("id",),
    "milestone": ("id", "title"), "iteration": ("id", "title"), "label": ("id", "name"),
    "epic": ("iid", "group_id"), "references": ("full",), "_links": ("parent",),
}  # fmt: skip
"""What is kept of what stands inside a row: the rest (pictures, counts) changes by itself."""


def kept(row: Json, names: tuple[str, ...]) -> dict[str, object]:
    """A row with the fields that the mapping reads, where GitLab gave them."""
    return {name: _trimmed(name, row[name]) for name in names if name in row}


def issue_body(
    id: str, row: Json, detail: Json, told: Mapping[str, list[Json]], *, statuses: bool
) -> Json:
    """An issue with what GraphQL says of it (`detail`), its notes and its events."""
    return {
        "id": id,
        "issue": kept(row, ISSUE),
        "work_item": dict(detail),
        "statuses": statuses,
        **{
            name: [kept(each, NOTE if name == "notes" else EVENT) for each in rows]
            for name, rows in told.items()
        },
    }


def _trimmed(name: str, value: object) -> object:
    names = NESTED.get(name)
    if names is None:
        return value
    if isinstance(value, list):
        return [_trimmed(name, each) for each in value]
    if isinstance(value, Mapping):
        return {each: value[each] for each in names if each in value}
    return value
