"""The fields that Teamwork can fill; README.md says which of its words fills which."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.sdk.records import (
    Column,
    Comment,
    Link,
    Membership,
    Milestone,
    Person,
    Project,
    Record,
    StatusUpdate,
    Task,
    Worklog,
)


def _fields(names: str) -> frozenset[str]:
    return frozenset(names.split())


PROVIDES: Mapping[type[Record], frozenset[str]] = {
    Project: _fields(
        "id name description url state owner_id start_on due_on created_at updated_at custom"
    ),
    Person: _fields("id name email active kind"),
    Column: _fields("id board_id board_name name position status_labels"),
    Milestone: _fields(
        "id project_id name description url state state_label owner_id due_on completed_at"
    ),
    Task: _fields(
        "id project_id parent_id title description url type status status_label priority "
        "priority_label assignee_ids reporter_id labels start_on due_on created_at updated_at "
        "completed_at estimate_minutes spent_minutes percent_complete milestone_id custom"
    ),
    Membership: _fields("id task_id kind container_id section"),
    Link: _fields("id type type_label from_id to_id"),
    Comment: _fields("id task_id author_id text at updated_at"),
    Worklog: _fields("id task_id project_id person_id minutes on started_at text updated_at"),
    StatusUpdate: _fields("id project_id author_id at health health_label text"),
}
