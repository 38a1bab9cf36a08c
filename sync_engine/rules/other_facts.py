"""The facts of projects, people, milestones and sprints that are more than a column."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from sync_engine.rules import facts, schedule_facts
from sync_engine.rules.connection_facts import CONNECTION_FACTS
from sync_engine.rules.dialect import Column, Truth, latest, seconds_between
from sync_engine.rules.joins import (
    ASSIGNMENT,
    COMMON,
    CONNECTION,
    ENDED,
    IDENTITY,
    MILESTONE,
    OF_PROJECT,
    OPEN,
    PERSON,
    PROJECT,
    TASK,
    count_if,
    count_unknown,
    joined,
    person,
    portfolio_of,
    settled,
    summed,
    table,
)
from sync_engine.rules.relations import tally_tasks, task_source
from sync_engine.rules.sources import NULL, Builder, Frame, Source, StoreSource, Value
from sync_engine.store.models import (
    MembershipRow,
    SprintRow,
    StatusUpdateRow,
)

SPRINT, REPORT, MEMBERSHIP = map(table, (SprintRow, StatusUpdateRow, MembershipRow))


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
            "unknown": count_if(task.c.status.is_(None)),
            "overdue": count_if(sa.and_(is_open, task.c.due_on < today)),
            "urgent": count_if(sa.and_(is_open, task.c.priority == 1)),
            "ranked": count_if(sa.and_(is_open, task.c.priority.is_not(None))),
            "last": sa.func.max(task.c.updated_at),
        },
    )  # fmt: skip


def _share(part: Column, whole: Column) -> Column:
    return sa.case((whole > 0, part * 100.0 / whole))


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
    "owner": person("owner_id"),
    "owner_active": lambda s: joined(s, "owner_id_account", PERSON, "owner_id").c.active,
    "parent": _parent_project,
    "portfolio": lambda s: portfolio_of(s, s.base),
    "open_tasks": _project_tasks("open"),
    "overdue_tasks": _project_tasks("overdue"),
    "total_tasks": lambda s: sa.func.coalesce(_counts(s, "project_id").c.total, 0),
    "top_priority_share": lambda s: _share(
        _counts(s, "project_id").c.urgent, _counts(s, "project_id").c.ranked
    ),
    "last_activity": lambda s: latest(s.base.c.updated_at, _counts(s, "project_id").c.last),
    "last_report": lambda s: _reports(s).c.last,
    "health": _health,
}


def _milestone_open(source: StoreSource) -> Column:
    counts = _counts(source, "milestone_id")
    return settled(counts.c.open, counts.c.unknown)


def _done_share(source: StoreSource) -> Column:
    counts = _counts(source, "milestone_id")
    share = _share(counts.c.ended, counts.c.total)
    return sa.case((counts.c.unknown > 0, sa.null()), else_=share)


_MILESTONE: dict[str, Builder] = {
    **COMMON,
    **OF_PROJECT,
    "owner": person("owner_id"),
    "total_tasks": lambda s: sa.func.coalesce(_counts(s, "milestone_id").c.total, 0),
    "open_tasks": _milestone_open,
    "done_share": _done_share,
}


def _sprint_open(source: StoreSource) -> Column:
    place, task, own = MEMBERSHIP.alias(), TASK.alias(), source.base.c

    def make() -> tuple[Any, Truth]:
        here = sa.and_(task.c.connection_id == place.c.connection_id, task.c.id == place.c.task_id)
        grouped = (
            sa.select(
                place.c.connection_id,
                place.c.container_id.label("id"),
                count_if(task.c.status.in_(OPEN)).label("open"),
                count_if(task.c.status.is_(None)).label("unknown"),
            )
            .select_from(place.join(task, here))
            .where(place.c.kind == "sprint", place.c.gone_at.is_(None), task.c.gone_at.is_(None))
            .group_by(place.c.connection_id, place.c.container_id)
            .cte()
        )
        return grouped, sa.and_(
            grouped.c.connection_id == own.connection_id, grouped.c.id == own.id
        )

    counts = source.join("sprint_tasks", make)
    return settled(counts.c.open, counts.c.unknown)


_SPRINT: dict[str, Builder] = {
    **COMMON,
    **OF_PROJECT,
    # "" is the tool's word for "no goal", NULL means that it cannot say.
    "goal": lambda s: Value(
        "text", sa.func.nullif(s.base.c.goal, ""), known=s.base.c.goal.is_not(None)
    ),
    "length": lambda s: seconds_between(s.base.c.start_at, s.base.c.end_at) / 86400.0,
    "open_tasks": _sprint_open,
}


def _accounts(source: StoreSource) -> Any:
    account = PERSON.alias()

    def make() -> tuple[Any, Truth]:
        frame = source.frame
        grouped = (
            sa.select(
                account.c.identity_id.label("id"),
                sa.func.count(account.c.connection_id.distinct()).label("tools"),
                count_if(account.c.active.is_(True)).label("active"),
                count_if(account.c.active.is_(False)).label("inactive"),
                count_if(account.c.active.is_(None)).label("untold"),
            )
            .where(
                account.c.gone_at.is_(None),
                account.c.identity_id.is_not(None),
                account.c.kind == "human",
                frame.configured(account.c.connection_id),
            )
            .group_by(account.c.identity_id)
            .cte()
        )
        return grouped, grouped.c.id == source.base.c.id

    return source.join("accounts", make)


def _active(source: StoreSource) -> Column:
    accounts = _accounts(source)
    # An account of which the tool does not tell it may be one that they still use.
    return sa.case(
        (accounts.c.active > 0, sa.true()),
        (accounts.c.untold > 0, NULL),
        (accounts.c.inactive > 0, sa.false()),
        else_=NULL,
    )


def _load(source: StoreSource) -> Any:
    """The tasks that each human is assigned to, each counted once."""
    given, account, task = ASSIGNMENT.alias(), PERSON.alias(), TASK.alias()
    today, frame = source.frame.moment.today, source.frame

    def make() -> tuple[Any, Truth]:
        origin = given.join(
            account,
            sa.and_(
                account.c.connection_id == given.c.connection_id,
                account.c.id == given.c.person_id,
                account.c.gone_at.is_(None),
            ),
        ).join(
            task,
            sa.and_(task.c.connection_id == given.c.connection_id, task.c.id == given.c.task_id),
        )
        grouped = (
            sa.select(
                account.c.identity_id.label("id"),
                count_if(task.c.status == "in_progress").label("in_progress"),
                sa.func.count().label("open"),
                count_if(task.c.due_on < today).label("overdue"),
            )
            .select_from(origin)
            .where(
                task.c.gone_at.is_(None),
                task.c.status.in_(OPEN),
                task.c.type != "epic",
                account.c.identity_id.is_not(None),
                frame.configured(task.c.connection_id),
            )
            .group_by(account.c.identity_id)
            .cte()
        )
        return grouped, grouped.c.id == source.base.c.id

    return source.join("load", make)


def _load_of(name: str, needs: tuple[str, ...]) -> Builder:
    """A number of someone's tasks; unknown when one of their tools cannot tell."""

    def build(source: StoreSource) -> Value:
        silent = [c.id for c in source.frame.connections if not c.has(needs)]
        known = None
        if silent:
            account = PERSON.alias()
            known = ~(
                sa.select(sa.literal(1))
                .where(account.c.identity_id == source.base.c.id)
                .where(account.c.gone_at.is_(None), account.c.connection_id.in_(silent))
                .correlate(source.base)
                .exists()
            )
        return Value("number", sa.func.coalesce(_load(source).c[name], 0), known=known)

    return build


_BASIC = ("task.assignee_ids", "task.status")
_PERSON: dict[str, Builder] = {
    "active": _active,
    "tools": lambda s: sa.func.coalesce(_accounts(s).c.tools, 0),
    "work_in_progress": _load_of("in_progress", _BASIC),
    "open_tasks": _load_of("open", _BASIC),
    "overdue_tasks": _load_of("overdue", (*_BASIC, "task.due_on")),
}


def _tally_of_person(
    source: StoreSource, condition: Callable[[Source], Truth]
) -> tuple[Column, Column, Truth | None]:
    inner = task_source(source.frame, TASK.alias(), root=False)
    holds = condition(inner)
    account = joined(inner, "owner_id_account", PERSON, "owner_id")
    grouped = (
        sa.select(
            account.c.identity_id.label("id"),
            count_if(holds).label("yes"),
            count_unknown(holds).label("unknown"),
        )
        .select_from(inner.origin)
        .where(inner.base.c.gone_at.is_(None), account.c.identity_id.is_not(None))
        .group_by(account.c.identity_id)
        .cte()
    )
    source.join(source.unused("tally"), lambda: (grouped, grouped.c.id == source.base.c.id))
    return sa.func.coalesce(grouped.c.yes, 0), sa.func.coalesce(grouped.c.unknown, 0), None


_TASKS_OF: dict[str, dict[str, Any]] = {
    "project": {"task": tally_tasks("project_id", ("task.project_id",))},
    "milestone": {"task": tally_tasks("milestone_id", ("task.milestone_id",))},
    "person": {"task": _tally_of_person},
}
_TABLES: dict[str, tuple[sa.Table, dict[str, Builder]]] = {
    "project": (PROJECT, _PROJECT),
    "milestone": (MILESTONE, _MILESTONE),
    "sprint": (SPRINT, _SPRINT),
    "person": (IDENTITY, _PERSON),
    "connection": (CONNECTION, CONNECTION_FACTS),
}


_THERE: dict[str, Callable[[StoreSource], Truth]] = {
    "person": lambda s: _accounts(s).c.tools > 0,
    "connection": lambda s: s.base.c.id.in_([c.id for c in s.frame.connections]),
}
"""Which of the subjects that are no records of a connection are assessed."""


def source_of(frame: Frame, subject: str) -> StoreSource:
    """A subject as a source of facts."""
    if subject == "task":
        return task_source(frame)
    target, builders = _TABLES[subject]
    whole = subject in _THERE
    return StoreSource(
        frame, subject, target.alias("t"), facts.of(subject), builders,
        keys=("id", None) if whole else ("connection_id", "id"),
        relations=_TASKS_OF.get(subject, {}), there=_THERE.get(subject),
    )  # fmt: skip
