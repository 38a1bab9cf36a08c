"""The facts of tasks that are more than a column: joins, and sums over related records.

Each sum is one grouped CTE, joined only when a condition needs it. Counts of related records are
never NULL where the relation is known; a count that depends on an unmapped status is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from sync_engine.rules.baseline_facts import BASELINE_OF_TASK
from sync_engine.rules.dialect import (
    Column,
    Truth,
    at_hour,
    days_since_epoch,
    latest,
    list_entries,
    list_length,
)
from sync_engine.rules.distances import day_at
from sync_engine.rules.joins import (
    ASSIGNMENT,
    CHANGE,
    COMMON,
    ENDED,
    MILESTONE,
    OF_PROJECT,
    OPEN,
    PERSON,
    TASK,
    WORKLOG,
    count_if,
    joined,
    person,
    settled,
    summed,
)
from sync_engine.rules.link_facts import blocker_owners, blockers, siblings
from sync_engine.rules.schedule_facts import OF_TASK
from sync_engine.rules.sources import Builder, StoreSource, Value
from sync_engine.rules.task_sums import (
    approvals_of,
    booked_late,
    comments,
    current_sprint,
    last_commenter,
    same_title,
    sprints,
)
from sync_engine.rules.team_facts import owner_in_team


def _parent(source: StoreSource) -> Any:
    return joined(source, "parent_task", TASK, "parent_id")


def _parent_name(source: StoreSource) -> Value:
    row = _parent(source)
    name = sa.case((row.c.id.is_not(None), row.c.title), else_=source.base.c.parent_id)
    return Value("text", name, names=(name, row.c.key))


def _milestone(source: StoreSource) -> Any:
    return joined(source, "milestone_row", MILESTONE, "milestone_id")


def _milestone_name(source: StoreSource) -> Value:
    row = _milestone(source)
    return Value("text", sa.func.coalesce(row.c.name, source.base.c.milestone_id))


def owner_account(source: StoreSource) -> Any:
    return joined(source, "owner_id_account", PERSON, "owner_id")


def _labels(source: StoreSource) -> Value:
    column = source.base.c.labels

    def some(holds: Callable[[Column], Truth]) -> Truth:
        rows, text = list_entries(column, source.frame.dialect)
        return sa.select(sa.literal(1)).select_from(rows).where(holds(text)).exists()

    length = list_length(column, source.frame.dialect)
    return Value("list", sa.case((length > 0, length)), any=some, shown=column)


def _assignees(source: StoreSource) -> Value:
    own = source.base.c

    def some(holds: Callable[[Column], Truth]) -> Truth:
        given, account = ASSIGNMENT.alias(), PERSON.alias()
        here = sa.and_(
            account.c.connection_id == given.c.connection_id, account.c.id == given.c.person_id
        )
        return (
            sa.select(sa.literal(1))
            .select_from(given.join(account, here))
            .where(given.c.connection_id == own.connection_id, given.c.task_id == own.id)
            .where(sa.or_(holds(account.c.name), holds(account.c.email)))
            .correlate(source.base)
            .exists()
        )

    account = owner_account(source)
    return Value("people", own.owner_id, any=some, shown=account.c.name)


def _subtasks(source: StoreSource) -> Any:
    child = TASK.alias()
    return summed(
        source, "subtasks", child, child.c.parent_id,
        {
            "total": sa.func.count(),
            "open": count_if(child.c.status.in_(OPEN)),
            "ended": count_if(child.c.status.in_(ENDED)),
            "unknown": count_if(child.c.status.is_(None)),
            "last_done": sa.func.max(child.c.completed_at),
        },
    )  # fmt: skip


def _worklogs(source: StoreSource) -> Any:
    row = WORKLOG.alias()
    at = sa.func.coalesce(row.c.started_at, at_hour(row.c.on, source.frame.moment.noon))
    return summed(source, "worklogs", row, row.c.task_id, {"last": sa.func.max(at)})


def _last_activity(source: StoreSource) -> Column:
    return latest(source.base.c.updated_at, comments(source).c.last, _worklogs(source).c.last)


def _history(source: StoreSource) -> Any:
    row = CHANGE.alias()
    field, old, new = row.c.field, row.c.old, row.c.new
    status, blocked = field == "status", sa.and_(field == "blocked", new == "true")
    skipped = sa.and_(status, old == "todo", new == "done", row.c.observed.is_(False))
    replaced = sa.and_(old.is_not(None), new.is_not(None))
    due, before, after = sa.and_(field == "due_on", replaced), _day(old), _day(new)
    return summed(
        source, "history", row, row.c.task_id,
        {
            "status_since": sa.func.max(sa.case((status, row.c.at))),
            "due_moves": count_if(sa.and_(due, before != after)),
            "due_pushes": count_if(sa.and_(due, after > before)),
            "due_moved_by": sa.func.sum(sa.case((due, _days(new) - _days(old)), else_=0)),
            "due_changed": sa.func.max(sa.case((field == "due_on", row.c.at))),
            "reopens": count_if(sa.and_(status, old.in_(ENDED), new.in_(OPEN))),
            "straight": count_if(skipped),
            "blocked_since": sa.func.max(sa.case((blocked, row.c.at))),
            "reassignments": count_if(sa.and_(field == "assignee_ids", replaced, old != new)),
        },
        row.c.field.in_(("status", "due_on", "assignee_ids", "blocked")),
    )  # fmt: skip


def _day(text: Column) -> Column:
    """The day of what history holds: a day, or what is not read anew since it held instants."""
    return sa.func.substr(text, 1, 10)


def _days(text: Column) -> Column:
    """That day, as a number."""
    day = _day(text)
    return days_since_epoch(sa.case((day.like("____-__-__"), day)))


def _of_sprint(source: StoreSource, type: str, column: Column) -> Value:
    told = sa.func.coalesce(current_sprint(source).c.untold, 0) == 0
    return Value(type, column, known=told)


def _blocked_since(source: StoreSource) -> Value:
    """Empty while it is not blocked; unknown where nobody saw it become so."""
    blocked, since = source.base.c.blocked, _history(source).c.blocked_since
    known = sa.or_(blocked.is_(False), sa.and_(blocked.is_(True), since.is_not(None)))
    return Value("instant", sa.case((blocked.is_(True), since)), known=known)


def _blocker_owner(source: StoreSource) -> Value:
    told = sa.func.coalesce(blockers(source).c.unknown, 0) == 0
    return Value("text", blocker_owners(source).c.name, known=told)


def _effort_used(source: StoreSource) -> Column:
    own = source.base.c
    return sa.case((own.estimate_minutes > 0, own.spent_minutes * 100.0 / own.estimate_minutes))


def _times(name: str) -> Builder:
    return lambda source: sa.func.coalesce(_history(source).c[name], 0)


BUILDERS: dict[str, Builder] = {
    **COMMON,
    **OF_PROJECT,
    **OF_TASK,
    **BASELINE_OF_TASK,
    "title_length": lambda s: sa.func.length(sa.func.trim(s.base.c.title)),
    "description_length": lambda s: sa.func.coalesce(
        sa.func.length(sa.func.trim(s.base.c.description)), 0
    ),
    "owner": person("owner_id"),
    "owner_active": lambda s: owner_account(s).c.active,
    "owner_in_team": owner_in_team,
    "owner_email": lambda s: owner_account(s).c.email,
    "assignee": _assignees,
    "owners": lambda s: list_length(s.base.c.assignee_ids, s.frame.dialect),
    "reporter": person("reporter_id"),
    "labels": _labels,
    "parent": _parent_name,
    "parent_due": lambda s: _parent(s).c.due_on,
    "parent_status": lambda s: _parent(s).c.status,
    "milestone": _milestone_name,
    "milestone_due": lambda s: _milestone(s).c.due_on,
    "subtask_count": lambda s: sa.func.coalesce(_subtasks(s).c.total, 0),
    "open_subtasks": lambda s: settled(_subtasks(s).c.open, _subtasks(s).c.unknown),
    "done_subtasks": lambda s: settled(_subtasks(s).c.ended, _subtasks(s).c.unknown),
    "last_subtask_done": lambda s: _subtasks(s).c.last_done,
    "blockers": lambda s: sa.func.coalesce(blockers(s).c.total, 0),
    "open_blockers": lambda s: settled(blockers(s).c.open, blockers(s).c.unknown),
    "unowned_blockers": lambda s: settled(blockers(s).c.unowned, blockers(s).c.unknown),
    "blocker_owner": _blocker_owner,
    "open_siblings": lambda s: settled(siblings(s).c.open, siblings(s).c.unknown),
    "done_siblings": lambda s: settled(siblings(s).c.done, siblings(s).c.unknown),
    "comments": lambda s: sa.func.coalesce(comments(s).c.total, 0),
    "last_comment": lambda s: comments(s).c.last,
    "last_comment_by": last_commenter,
    "last_booking": lambda s: _worklogs(s).c.last,
    "booked_after_completion": booked_late,
    "effort_used": _effort_used,
    "sprints": sprints,
    "sprint": lambda s: _of_sprint(s, "text", current_sprint(s).c.name),
    "sprint_end": lambda s: _of_sprint(
        s, "day", day_at(current_sprint(s).c.end_at, s.frame.moment)
    ),
    "approvals": approvals_of("total"),
    "pending_approvals": approvals_of("pending"),
    "given_approvals": approvals_of("given"),
    "same_title_elsewhere": same_title,
    "last_activity": _last_activity,
    "status_since": lambda s: _history(s).c.status_since,
    "due_changed": lambda s: _history(s).c.due_changed,
    "blocked_since": _blocked_since,
    "straight_to_done": lambda s: sa.func.coalesce(_history(s).c.straight, 0),
    **{
        name: _times(name)
        for name in ("due_pushes", "due_moves", "due_moved_by", "reopens", "reassignments")
    },
}
