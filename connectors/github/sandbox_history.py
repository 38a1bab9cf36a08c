"""The edits of tasks that GitHub has events for."""

from __future__ import annotations

from connectors.sdk.records import Change, Status, Task

OVER: tuple[Status, ...] = ("done", "cancelled")


def said(value: str | None) -> str | None:
    """Text that says something."""
    return value if value and value.strip() else None


Edit = tuple[str, str | None, str | None, str | None, str | None]


def edit_of(change: Change) -> Edit | None:
    """The event that a change is, and what it says: kind, old, new, and both in words."""
    old, new = change.old, change.new
    match change.field:
        case "status" if old not in OVER and new in OVER:
            reason = "completed" if new == "done" else "not_planned"
            return "closed", "todo", new, "open", reason
        case "status" if new not in OVER and (old in OVER or change.field_label == "reopened"):
            return "reopened", None, "todo", "closed", "reopened"
        case "title":
            return "renamed", said(old), said(new), None, None
        case "assignee_ids":
            before, after = set((old or "").split(",")) - {""}, set((new or "").split(",")) - {""}
            if len(before ^ after) != 1:
                return None
            id = next(iter(before ^ after))
            gained = id in after
            kind = "assigned" if gained else "unassigned"
            return kind, None if gained else id, id if gained else None, None, None
        case _:
            return None


def closing(task: Task) -> Change | None:
    """The event that every closed issue has."""
    at = task.completed_at or task.updated_at or task.created_at
    if task.status not in OVER or task.project_id is None or at is None:
        return None
    author = next(iter(task.assignee_ids), task.reporter_id)
    return Change(
        id=f"{task.id} closed", task_id=task.id, at=at, author_id=author, field="status",
        old="todo", new=task.status,
    )  # fmt: skip
