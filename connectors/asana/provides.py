"""Which fields of our records Asana can fill. What is not here is never filled."""

from __future__ import annotations

from connectors.sdk.records import (
    Approval,
    Change,
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

_FIELDS: dict[type[Record], str] = {
    Project: "id name description url state owner_id start_on due_on created_at updated_at custom "
    "member_ids",
    Column: "id project_id board_id board_name name position status_labels",
    Person: "id name email",
    Task: """
        id project_id parent_id title description url type type_label status status_label
        priority priority_label assignee_ids reporter_id labels start_on due_on created_at
        updated_at completed_at estimate_minutes spent_minutes custom
    """,
    Milestone: """
        id project_id name description url state state_label owner_id due_on completed_at
    """,
    Membership: "id task_id kind container_id section",
    Link: "id type from_id to_id",
    Approval: "id task_id name approver_ids decision decision_label asked_at decided_at",
    Comment: "id task_id author_id text at",
    Change: "id task_id at author_id field field_label old new old_label new_label",
    Worklog: "id task_id project_id person_id minutes on",
    StatusUpdate: "id project_id author_id at health health_label title text",
}

PROVIDES: dict[type[Record], frozenset[str]] = {
    kind: frozenset(fields.split()) for kind, fields in _FIELDS.items()
}
