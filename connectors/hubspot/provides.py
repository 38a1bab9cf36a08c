"""Which fields HubSpot can fill, and which of them a connection's options leave. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from connectors.sdk.records import (
    Change,
    Column,
    Comment,
    Link,
    Membership,
    Person,
    Project,
    Record,
    StatusUpdate,
    Task,
)

Provides = Mapping[type[Record], frozenset[str]]


def _fields(names: str) -> frozenset[str]:
    return frozenset(names.split())


PROVIDES: Provides = {
    Project: _fields(
        "id name description url state owner_id start_on due_on created_at updated_at custom"
    ),
    Person: _fields("id name email active kind"),
    Task: _fields(
        "id project_id parent_id title description url type type_label status status_label "
        "priority priority_label assignee_ids reporter_id labels due_on created_at updated_at "
        "completed_at custom"
    ),
    Link: _fields("id type from_id to_id"),
    Column: _fields("id project_id board_id board_name name position status_labels"),
    Membership: _fields("id task_id kind container_id"),
    Comment: _fields("id task_id author_id text at updated_at public"),
    Change: _fields("id task_id at author_id field field_label old new old_label new_label"),
    StatusUpdate: _fields("id project_id author_id at health health_label"),
}  # fmt: skip

OF_PROJECTS = _fields("description url owner_id start_on due_on custom")
"""Fields of a project that a pipeline has not."""

LACKING: Mapping[str, tuple[str, ...]] = {
    "tickets": ("due_on", "parent_id"), "deals": ("parent_id", "labels"),
    "projects": ("labels",),
}  # fmt: skip
"""Fields of `Task` that what is in a pipeline, or in a project, cannot have."""


WORK = frozenset({"tasks", "tickets", "deals"})
STAGED = frozenset({"tickets", "deals"})
ONLY_WITH: tuple[tuple[type[Record], frozenset[str] | None, tuple[frozenset[str], ...]], ...] = (
    (Link, None, (_fields("tasks"), STAGED)),
    (Column, None, (STAGED,)),
    (Comment, None, (_fields("notes"),)),
    (StatusUpdate, None, (_fields("projects"),)),
    (Project, OF_PROJECTS, (_fields("projects"),)),
    (Project, None, (STAGED | {"projects"},)),
    (Membership, None, (_fields("projects"), WORK)),
    (Task, _fields("project_id"), (STAGED | {"projects"},)),
    (Task, _fields("parent_id"), (_fields("tasks"),)),
    (Task, _fields("labels"), (_fields("tickets"),)),
    (Task, _fields("due_on"), (_fields("tasks deals"),)),
    (Task, None, (WORK,)),
    (Change, None, (WORK,)),
)
"""A kind, or fields of it, and the objects of each of which at least one has to be read."""


def provided(objects: Collection[str]) -> Provides:
    """What a connection can say with its `objects`: at most `PROVIDES`."""
    found = dict(PROVIDES)
    for kind, fields, needed in ONLY_WITH:
        if kind in found and not all(each.intersection(objects) for each in needed):
            if fields is None:
                del found[kind]
            else:
                found[kind] -= fields
    return found
