"""What records imply of others, and the labels that monday.com has for their words. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

import msgspec

from connectors.monday.sandbox_words import LABELS, PRIORITY_LABELS, STANDARD, STUCK, said
from connectors.monday.words import priority_of, status_of
from connectors.sdk.records import Change, Link, Membership, Milestone, Record, Status, Task


def is_left_out(record: Record) -> bool:
    """What monday.com lists to nobody."""
    return isinstance(record, Task) and record.archived is True


def is_dependency(link: Link) -> bool:
    return link.type in ("blocks", "precedes")


def implied(records: Iterable[Record]) -> list[Record]:
    """A milestone is an item, an item that is one a milestone, and every item has its group."""
    found: list[Record] = []
    for record in list(records):
        if isinstance(record, Milestone) and record.project_id is not None:
            found.append(
                Task(
                    id=record.id, project_id=record.project_id, title=record.name,
                    type="milestone", status={"done": "done", "cancelled": "cancelled"}.get(
                        record.state or "", "todo"),  # type: ignore[arg-type]
                    assignee_ids=(record.owner_id,) if record.owner_id else (),
                    start_on=record.start_on, due_on=record.due_on,
                    completed_at=record.completed_at,
                )
            )  # fmt: skip
        if isinstance(record, Task) and record.type == "milestone":
            found.append(Milestone(id=record.id, name=record.title))
    tasks = [each for each in (*records, *found) if isinstance(each, Task)]
    placed = {
        each.task_id for each in records if isinstance(each, Membership) and each.kind == "project"
    }
    found += [
        Membership(
            id=f"place:{task.id}", task_id=task.id, kind="project", container_id=task.project_id
        )
        for task in tasks
        if task.parent_id is None and task.project_id and task.id not in placed
    ]
    return found


def latest_activity(
    records: Iterable[Record], root: Callable[[str | None], Task | None]
) -> dict[str, datetime]:
    """When something last happened on each board, by its id in the records."""
    latest: dict[str, datetime] = {}
    for record in records:
        if isinstance(record, Task):
            home, at = root(record.id), record.updated_at or record.created_at
            if home is not None and at is not None:
                board = home.project_id or ""
                latest[board] = max(latest.get(board, at), at)
    return latest


def status_and_label(task: Task) -> tuple[Status | None, str | None]:
    """Status and label as a status column holds them; every item has a status, or none set."""
    status = task.status or "todo"
    if task.blocked and status == "in_progress":
        return status, STUCK
    return status, _label(status, task.status_label)


def _label(status: str | None, given: str | None) -> str | None:
    if status is None:
        return None
    done = status == "done"
    if said(given) and status_of(given, done=done) == status:
        return given
    return next((label for each, label in LABELS.items() if each == status), given)


def priority_label(task: Task) -> str | None:
    if task.priority_label and priority_of(task.priority_label) == task.priority:
        return task.priority_label
    return PRIORITY_LABELS.get(task.priority or 0)


def shown_change(change: Change) -> Change:
    """A change as activity will tell it: with the labels of its columns."""
    old_label, new_label = change.old_label, change.new_label
    columns = {"status": "status", "priority": "priority", "assignee_ids": "person",
               "due_on": "date4", "start_on": "date5", "title": "name"}  # fmt: skip
    by_id = {column.id: column.title for column in STANDARD}
    label = by_id[columns[change.field]]
    if change.field == "status":
        old_label, new_label = (
            _label(value, given)
            for value, given in ((change.old, old_label), (change.new, new_label))
        )
    elif change.field == "priority":
        old_label, new_label = (PRIORITY_LABELS.get(int(v or 0)) for v in (change.old, change.new))
    else:
        old_label, new_label = change.old, change.new
    return msgspec.structs.replace(
        change, field_label=label, old_label=old_label, new_label=new_label
    )
