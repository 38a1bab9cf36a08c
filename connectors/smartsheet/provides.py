"""What Smartsheet can fill."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.sdk.records import Comment, Link, Person, Project, Record, Task


def _fields(names: str) -> frozenset[str]:
    return frozenset(names.split())


PROVIDES: Mapping[type[Record], frozenset[str]] = {
    Project: _fields("id name url state owner_id created_at updated_at custom"),
    Person: _fields("id name email active"),
    Task: _fields(
        "id key project_id parent_id title url type type_label status status_label blocked "
        "priority priority_label assignee_ids reporter_id labels start_on due_on created_at "
        "updated_at percent_complete custom"
    ),
    Link: _fields("id type type_label from_id to_id lag_minutes"),
    Comment: _fields("id task_id author_id text at updated_at"),
}
"""Of a task: what a row itself says, or a column whose meaning Smartsheet or its title tells.

Effort, points and the like are not here though a sheet may have a column for them: the admin maps
it, else a standard that needs it would flag every row of the sheets that have none.
"""
