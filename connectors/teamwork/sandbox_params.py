"""What each path of the imitated API may be asked with; anything else is refused."""

from __future__ import annotations

from collections.abc import Mapping

LARGEST = 500
"""Rows that may be asked for at once."""

_PAGED = {"page", "pageSize", "skipCounts", "orderBy", "orderMode"}
_ACROSS = {"projectIds", "includeArchivedProjects"}
_TASKS = {
    "updatedAfter", "createdAfter", "completedAfter", "showDeleted", "includeCompletedTasks",
    "includeCompletedSubtasks", "showCompletedLists", "includeRelatedTasks",
    "includeCompletedPredecessors", "include", "fields[tasks]",
}  # fmt: skip
_MILESTONES = {"updatedAfter", "status", "includeCompleted", "showDeleted"}
_TIME = {"updatedAfter", "startDate", "endDate", "showDeleted"}

ALLOWED: Mapping[str, frozenset[str]] = {
    path: frozenset(names)
    for path, names in {
        "me": set[str](),
        "projects": _PAGED | _ACROSS | {"updatedAfter", "include", "includeCustomFields"},
        "projects/{id}": {"include", "includeCustomFields"},
        "projects/{id}/tasks": _PAGED | _ACROSS | _TASKS,
        "projects/{id}/time": _PAGED | _ACROSS | _TIME,
        "projects/updates": _PAGED
        | _ACROSS
        | {"activeOnly", "showDeleted", "createdAfter", "updatedAfter"},
        "people": _PAGED | {"include"},
        "people/{id}": {"include"},
        "teams": _PAGED,
        "companies": _PAGED | {"updatedAfter"},
        "workflows": _PAGED,
        "workflows/{id}": set[str](),
        "workflows/{id}/stages": _PAGED,
        "milestones": _PAGED | _ACROSS | _MILESTONES,
        "projects/{id}/milestones": _PAGED | _ACROSS | _MILESTONES,
        "milestones/{id}": {"include"},
        "customfields": _PAGED | {"includeSiteLevel", "projectId", "entities"},
        "tasks": _PAGED | _ACROSS | _TASKS,
        "tasks/{id}": {"include", "includeRelatedTasks"},
        "comments": _PAGED | _ACROSS | {"updatedAfter", "objectTypes"},
        "comments/{id}": set[str](),
        "time": _PAGED | _ACROSS | _TIME,
        "time/{id}": set[str](),
    }.items()
}
