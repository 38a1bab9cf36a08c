"""The facts of sprints that are more than a column."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from sync_engine.rules.commitment_facts import COMMITMENT_FACTS
from sync_engine.rules.dialect import Truth, seconds_between
from sync_engine.rules.joins import (
    COMMON,
    MEMBERSHIP,
    OF_PROJECT,
    OPEN,
    SPRINT,
    TASK,
    count_if,
    settled,
)
from sync_engine.rules.sources import Builder, StoreSource, Value

PLANNING = timedelta(days=1)
"""What is added so soon after the start was planned, and entered late."""


def _tasks(source: StoreSource) -> Any:
    place, task, own = MEMBERSHIP.alias(), TASK.alias(), source.base.c

    def make() -> tuple[Any, Truth]:
        here = sa.and_(task.c.connection_id == place.c.connection_id, task.c.id == place.c.task_id)
        is_open = task.c.status.in_(OPEN)
        unsized = sa.and_(task.c.estimate_minutes.is_(None), task.c.points.is_(None))
        grouped = (
            sa.select(
                place.c.connection_id,
                place.c.container_id.label("id"),
                count_if(is_open).label("open"),
                count_if(sa.and_(is_open, task.c.type != "subtask", unsized)).label("unsized"),
                count_if(sa.and_(is_open, task.c.owner_id.is_(None))).label("unowned"),
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

    return source.join("sprint_tasks", make)


def _tasks_of(name: str) -> Builder:
    return lambda source: settled(_tasks(source).c[name], _tasks(source).c.unknown)


def _parallel(source: StoreSource) -> Value:
    """Other active sprints of the board whose time overlaps; unknown while it may overlap that of
    one without both its days."""
    mine, other, own = SPRINT.alias(), SPRINT.alias(), source.base.c

    def make() -> tuple[Any, Truth]:
        beside = sa.and_(
            other.c.connection_id == mine.c.connection_id,
            other.c.board_id == mine.c.board_id,
            other.c.id != mine.c.id,
            other.c.gone_at.is_(None),
            other.c.state == "active",
            sa.or_(other.c.start_at.is_(None), other.c.start_at < mine.c.end_at),
            sa.or_(other.c.end_at.is_(None), other.c.end_at > mine.c.start_at),
        )
        undated = sa.or_(other.c.start_at.is_(None), other.c.end_at.is_(None))
        grouped = (
            sa.select(mine.c.connection_id, mine.c.id, sa.func.count().label("total"),
                      count_if(undated).label("unknown"))
            .select_from(mine.join(other, beside))
            .where(mine.c.gone_at.is_(None))
            .group_by(mine.c.connection_id, mine.c.id)
            .cte()
        )  # fmt: skip
        return grouped, sa.and_(
            grouped.c.connection_id == own.connection_id, grouped.c.id == own.id
        )

    found = source.join("parallel", make).c
    known = sa.and_(own.board_id.is_not(None), own.start_at.is_not(None), own.end_at.is_not(None))
    return Value("number", settled(found.total, found.unknown), known=known, null="unknown")


def _added(source: StoreSource) -> Value:
    """Known only of sprints that we saw before they began: else all seems to be added later."""
    place, sprint, own = MEMBERSHIP.alias(), SPRINT.alias(), source.base.c

    def make() -> tuple[Any, Truth]:
        here = sa.and_(
            sprint.c.connection_id == place.c.connection_id, sprint.c.id == place.c.container_id
        )
        late = seconds_between(sprint.c.start_at, place.c.seen_at) > PLANNING.total_seconds()
        stayed = sa.or_(place.c.gone_at.is_(None), place.c.gone_at > sprint.c.start_at)
        grouped = (
            sa.select(
                place.c.connection_id,
                place.c.container_id.label("id"),
                count_if(sa.and_(late, stayed)).label("later"),
                count_if(sa.and_(sa.not_(late), stayed)).label("planned"),
            )
            .select_from(place.join(sprint, here))
            .where(place.c.kind == "sprint", sprint.c.start_at.is_not(None))
            .group_by(place.c.connection_id, place.c.container_id)
            .cte()
        )
        return grouped, sa.and_(
            grouped.c.connection_id == own.connection_id, grouped.c.id == own.id
        )

    counts = source.join("scope", make).c
    share = sa.case((counts.planned > 0, counts.later * 100.0 / counts.planned))
    return Value("percent", share, known=own.seen_at <= own.start_at)


SPRINT_FACTS: dict[str, Builder] = {
    **COMMON,
    **OF_PROJECT,
    **COMMITMENT_FACTS,
    # "" is the tool's word for "no goal", NULL means that it cannot say.
    "goal": lambda s: Value(
        "text", sa.func.nullif(s.base.c.goal, ""), known=s.base.c.goal.is_not(None)
    ),
    "length": lambda s: seconds_between(s.base.c.start_at, s.base.c.end_at) / 86400.0,
    "open_tasks": _tasks_of("open"),
    "unestimated_tasks": _tasks_of("unsized"),
    "unowned_tasks": _tasks_of("unowned"),
    "parallel_sprints": _parallel,
    "added_share": _added,
}
