"""What Airtable can fill."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.sdk.records import Comment, Link, Person, Project, Record, Task


def _fields(names: str) -> frozenset[str]:
    return frozenset(names.split())


PROVIDES: Mapping[type[Record], frozenset[str]] = {
    Project: _fields("id name url parent_id"),
    Person: _fields("id name email kind"),
    Task: _fields(
        "id key project_id parent_id title description url type type_label status status_label "
        "blocked priority priority_label assignee_ids reporter_id labels start_on due_on "
        "created_at updated_at completed_at estimate_minutes spent_minutes remaining_minutes "
        "points percent_complete custom"
    ),
    Link: _fields("id type type_label from_id to_id"),
    Comment: _fields("id task_id author_id text at updated_at"),
}
"""Of a task: what a record itself says, or a column whose meaning Airtable or its name tells. What
a table has no column for, its project `lacks`."""
