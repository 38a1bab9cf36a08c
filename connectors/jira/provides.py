"""Which fields of our records Jira can fill."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.sdk.records import (
    Change,
    Column,
    Comment,
    Link,
    Membership,
    Milestone,
    Person,
    Project,
    Record,
    Sprint,
    Task,
    Worklog,
)

PROVIDES: Mapping[type[Record], frozenset[str]] = {
    Project: frozenset({"id", "key", "name", "description", "url", "state", "owner_id"}),
    Person: frozenset({"id", "name", "email", "active", "kind", "time_zone"}),
    Task: frozenset({
        "id", "key", "project_id", "parent_id", "title", "description", "url", "type",
        "type_label", "status", "status_label", "blocked", "priority", "priority_label",
        "assignee_ids", "reporter_id", "labels", "start_on", "due_on", "created_at", "updated_at",
        "completed_at", "resolution", "estimate_minutes", "spent_minutes", "remaining_minutes",
        "points", "milestone_id", "custom",
    }),
    Link: frozenset({"id", "type", "type_label", "from_id", "to_id"}),
    Milestone: frozenset({
        "id", "project_id", "name", "description", "url", "state", "state_label", "start_on",
        "due_on",
    }),
    Sprint: frozenset({
        "id", "project_id", "board_id", "name", "goal", "state", "start_at", "end_at",
        "completed_at",
    }),
    Column: frozenset({
        "id", "project_id", "board_id", "board_name", "name", "position", "status_labels",
        "wip_min", "wip_max",
    }),
    Membership: frozenset({"id", "task_id", "kind", "container_id"}),
    Comment: frozenset({"id", "task_id", "author_id", "text", "at", "updated_at", "public"}),
    Worklog: frozenset({
        "id", "task_id", "person_id", "minutes", "on", "started_at", "text", "updated_at",
    }),
    Change: frozenset({
        "id", "task_id", "at", "author_id", "field", "field_label", "old", "new", "old_label",
        "new_label",
    }),
}  # fmt: skip
