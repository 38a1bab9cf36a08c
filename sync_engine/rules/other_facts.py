"""Subjects as sources of facts; those of projects and milestones that are more than a column."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from sync_engine.rules import facts, schedule_facts
from sync_engine.rules.approval_facts import APPROVAL_FACTS, approvals
from sync_engine.rules.baseline_facts import BASELINE_OF_MILESTONE, BASELINE_OF_PROJECT
from sync_engine.rules.connection_facts import CONNECTION_FACTS
from sync_engine.rules.dependency_facts import DEPENDENCY_FACTS, dependencies
from sync_engine.rules.dialect import Column, Truth, latest
from sync_engine.rules.joins import (
    COMMON,
    CONNECTION,
    ENDED,
    IDENTITY,
    MILESTONE,
    OF_PROJECT,
    OPEN,
    PERSON,
    PROJECT,
    SPRINT,
    TASK,
    count_if,
    joined,
    person,
    portfolio_of,
    settled,
    summed,
    table,
)
from sync_engine.rules.person_facts import PERSON_FACTS, accounts, tally_of_person
from sync_engine.rules.portfolio_facts import PORTFOLIO_FACTS, portfolios, tally_of_portfolio
from sync_engine.rules.project_sums import PROJECT_SUMS
from sync_engine.rules.relations import RELATIONS, tally_tasks, task_source
from sync_engine.rules.request_facts import REQUEST_FACTS, is_request
from sync_engine.rules.sources import Builder, Frame, StoreSource, Value
from sync_engine.rules.sprint_facts import SPRINT_FACTS
from sync_engine.store.models import StatusUpdateRow

REPORT = table(StatusUpdateRow)
BEGUN = ("in_progress", "done")


def _counts(source: StoreSource, key: str) -> Any:
    """Numbers of tasks by the column that names the subject."""
    task, today = TASK.alias(), source.frame.moment.today
    is_open = task.c.status.in_(OPEN)
    return summed(
        source, "tasks", task, task.c[key],
        {
            "total": sa.func.count(),
            "open": count_if(is_open),
            "ended": count_if(task.c.status.in_(ENDED)),
            "begun": count_if(task.c.status.in_(BEGUN)),
            "unknown": count_if(task.c.status.is_(None)),
            "overdue": count_if(sa.and_(is_open, task.c.due_on < today)),
            "urgent": count_if(sa.and_(is_open, task.c.priority == 1)),
            "ranked": count_if(sa.and_(is_open, task.c.priority.is_not(None))),
            "last": sa.func.max(task.c.updated_at),
        },
    )  # fmt: skip


def _share(part: Column, whole: Column) -> Column:
    return sa.case((whole > 0, part * 100.0 / whole))


def _share_of(part: str, whole: str, key: str) -> Builder:
    """A share of tasks: empty without any, unknown while the status of some is."""

    def build(source: StoreSource) -> Value:
        counts = _counts(source, key).c
        known = sa.func.coalesce(counts.unknown, 0) == 0
        return Value("percent", _share(counts[part], counts[whole]), known=known)

    return build


def _reports(source: StoreSource) -> Any:
    row = REPORT.alias()
    return summed(source, "reports", row, row.c.project_id, {"last": sa.func.max(row.c.at)})


def _health(source: StoreSource) -> Column:
    last, row, own = _reports(source), REPORT.alias("report_row"), source.base.c

    def make() -> tuple[Any, Truth]:
        newest = (
            sa.select(row.c.connection_id, row.c.project_id, row.c.at)
            .add_columns(sa.func.min(row.c.health).label("health"))
            .where(row.c.gone_at.is_(None))
            .group_by(row.c.connection_id, row.c.project_id, row.c.at)
            .cte()
        )  # fmt: skip
        return newest, sa.and_(
            newest.c.connection_id == own.connection_id,
            newest.c.project_id == own.id,
            newest.c.at == last.c.last,
        )

    found: Column = source.join("newest_report", make).c.health
    return found


def _project_tasks(name: str) -> Builder:
    def build(source: StoreSource) -> Column:
        counts = _counts(source, "project_id")
        return settled(counts.c[name], counts.c.unknown)

    return build


def _parent_project(source: StoreSource) -> Value:
    row = joined(source, "parent_project", PROJECT, "parent_id")
    return Value("text", sa.func.coalesce(row.c.name, source.base.c.parent_id))


_PROJECT: dict[str, Builder] = {
    **COMMON,
    **schedule_facts.OF_PROJECT,
    **BASELINE_OF_PROJECT,
    "owner": person("owner_id"),
    "owner_active": lambda s: joined(s, "owner_id_account", PERSON, "owner_id").c.active,
    "parent": _parent_project,
    "portfolio": lambda s: portfolio_of(s, s.base),
    "open_tasks": _project_tasks("open"),
    "begun_tasks": _project_tasks("begun"),
    "overdue_tasks": _project_tasks("overdue"),
    "total_tasks": lambda s: sa.func.coalesce(_counts(s, "project_id").c.total, 0),
    "done_share": _share_of("ended", "total", "project_id"),
    "overdue_share": _share_of("overdue", "open", "project_id"),
    "top_priority_share": _share_of("urgent", "ranked", "project_id"),
    "last_activity": lambda s: latest(s.base.c.updated_at, _counts(s, "project_id").c.last),
    "last_report": lambda s: _reports(s).c.last,
    "health": _health,
    **PROJECT_SUMS,
}


def _milestone_open(source: StoreSource) -> Column:
    counts = _counts(source, "milestone_id")
    return settled(counts.c.open, counts.c.unknown)


_MILESTONE: dict[str, Builder] = {
    **COMMON,
    **OF_PROJECT,
    **BASELINE_OF_MILESTONE,
    "owner": person("owner_id"),
    "total_tasks": lambda s: sa.func.coalesce(_counts(s, "milestone_id").c.total, 0),
    "open_tasks": _milestone_open,
    "done_share": _share_of("ended", "total", "milestone_id"),
}


_TASKS_OF: dict[str, dict[str, Any]] = {
    "project": {"task": tally_tasks("project_id", ("task.project_id",))},
    "milestone": {"task": tally_tasks("milestone_id", ("task.milestone_id",))},
    "person": {"task": tally_of_person},
    "request": RELATIONS,
}
_TABLES: dict[str, tuple[sa.Table, dict[str, Builder]]] = {
    "project": (PROJECT, _PROJECT),
    "milestone": (MILESTONE, _MILESTONE),
    "sprint": (SPRINT, SPRINT_FACTS),
    "person": (IDENTITY, PERSON_FACTS),
    "request": (TASK, REQUEST_FACTS),
    "connection": (CONNECTION, CONNECTION_FACTS),
}


_THERE: dict[str, Callable[[StoreSource], Truth]] = {
    "person": lambda s: accounts(s).c.tools > 0,
    "request": is_request,
    "connection": lambda s: s.base.c.id.in_([c.id for c in s.frame.connections]),
}
"""Which rows are assessed, where it is not all that are there."""


_JOINED: dict[str, tuple[Callable[[], Any], dict[str, Builder]]] = {
    "dependency": (dependencies, DEPENDENCY_FACTS),
    "approval": (approvals, APPROVAL_FACTS),
}
"""Subjects that are a row with what it is about."""


def source_of(frame: Frame, subject: str) -> StoreSource:
    """A subject as a source of facts."""
    if subject == "task":
        return task_source(frame)
    if subject == "portfolio":
        return StoreSource(
            frame, subject, portfolios(frame), facts.of(subject), PORTFOLIO_FACTS,
            keys=("nowhere", "id"), relations={"task": tally_of_portfolio},
            there=lambda _: sa.true(),
        )  # fmt: skip
    if subject in _JOINED:
        rows, builders = _JOINED[subject]
        return StoreSource(frame, subject, rows(), facts.of(subject), builders)
    target, builders = _TABLES[subject]
    whole = subject in ("person", "connection")
    return StoreSource(
        frame, subject, target.alias("t"), facts.of(subject), builders,
        keys=("id", None) if whole else ("connection_id", "id"),
        relations=_TASKS_OF.get(subject, {}), there=_THERE.get(subject),
    )  # fmt: skip
