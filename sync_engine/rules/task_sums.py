"""Facts of tasks that are sums over what else was recorded of them: comments, bookings, sprints,
approvals, and the titles of others."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from sync_engine.rules.dialect import (
    Column,
    Truth,
    ascii_lower,
    at_hour,
    seconds_between,
)
from sync_engine.rules.joins import (
    APPROVAL,
    COMMENT,
    MEMBERSHIP,
    OPEN,
    PERSON,
    SPRINT,
    TASK,
    WORKLOG,
    count_if,
    identity_of,
    joined,
    summed,
)
from sync_engine.rules.sources import Builder, StoreSource, Value


def comments(source: StoreSource) -> Any:
    """How many comments a task has, and when the last was written."""
    row = COMMENT.alias()
    return summed(
        source, "comments", row, row.c.task_id,
        {"total": sa.func.count(), "last": sa.func.max(row.c.at)},
    )  # fmt: skip


def last_commenter(source: StoreSource) -> Value:
    """Whoever wrote the last comment; the first by id of several at one instant."""
    last, row, own = comments(source), COMMENT.alias(), source.base.c

    def make() -> tuple[Any, Truth]:
        start = source.frame.start(row, row.c.connection_id, row.c.task_id)
        written = (
            sa.select(row.c.connection_id, row.c.task_id, row.c.at)
            .add_columns(sa.func.min(row.c.author_id).label("author_id"))
            .select_from(start if source.root else row)
            .where(row.c.gone_at.is_(None))
            .group_by(row.c.connection_id, row.c.task_id, row.c.at)
            .cte()
        )
        return written, sa.and_(
            written.c.connection_id == own.connection_id,
            written.c.task_id == own.id,
            written.c.at == last.c.last,
        )

    written = source.join("last_comment", make)
    account = joined(source, "last_commenter", PERSON, "author_id", written)
    human = identity_of(source, "last_commenter_identity", account)
    names = (account.c.name, account.c.email, human.c.name, human.c.email)
    known = sa.or_(last.c.last.is_(None), written.c.author_id.is_not(None))
    shown = sa.func.coalesce(human.c.name, account.c.name)
    return Value("person", written.c.author_id, known=known, names=names, shown=shown)


def sprints(source: StoreSource) -> Column:
    """Sprints that it was in once they had begun, those that it has left included."""
    place, sprint, own = MEMBERSHIP.alias(), SPRINT.alias(), source.base.c
    now = sa.literal(source.frame.moment.now, sprint.c.start_at.type)

    def make() -> tuple[Any, Truth]:
        # All of them, for whichever tasks: no index leads from a task to its places.
        here = sa.and_(
            sprint.c.connection_id == place.c.connection_id, sprint.c.id == place.c.container_id
        )
        grouped = (
            sa.select(place.c.connection_id, place.c.task_id)
            .add_columns(sa.func.count(sprint.c.id.distinct()).label("total"))
            .select_from(place.join(sprint, here))
            .where(
                place.c.kind == "sprint",
                sprint.c.state.is_distinct_from("future"),  # planned to have begun is not begun
                sprint.c.start_at <= sa.func.coalesce(place.c.gone_at, now),
            )
            .group_by(place.c.connection_id, place.c.task_id)
            .cte()
        )
        return grouped, sa.and_(
            grouped.c.connection_id == own.connection_id, grouped.c.task_id == own.id
        )

    return sa.func.coalesce(source.join("sprints", make).c.total, 0)


def current_sprint(source: StoreSource) -> Any:
    """The sprint that it is in: of those that are not closed, the one that ends last; `untold`: of
    so many nobody knows whether they are."""
    own = source.base.c

    def make() -> tuple[Any, Truth]:
        place, sprint = MEMBERSHIP.alias(), SPRINT.alias()
        here = sa.and_(
            sprint.c.connection_id == place.c.connection_id, sprint.c.id == place.c.container_id,
            sprint.c.gone_at.is_(None), sprint.c.state.is_distinct_from("closed"),
        )  # fmt: skip
        same = [place.c.connection_id, place.c.task_id]
        untold = count_if(sprint.c.state.is_(None)).over(partition_by=same)
        nth = sa.func.row_number().over(
            partition_by=same,
            order_by=[sprint.c.end_at.desc().nulls_last(), sprint.c.id],
        )
        ranked = (
            sa.select(place.c.connection_id, place.c.task_id, sprint.c.name, sprint.c.end_at)
            .add_columns(nth.label("nth"), untold.label("untold"))
            .select_from(place.join(sprint, here))
            .where(place.c.kind == "sprint", place.c.gone_at.is_(None))
            .subquery()
        )
        # Grouped, not chosen by `nth`: a plan that expects few rows looks at all for every task.
        first = {
            name: sa.func.max(sa.case((ranked.c.nth == 1, ranked.c[name])))
            for name in ("name", "end_at")
        }
        current = (
            sa.select(ranked.c.connection_id, ranked.c.task_id)
            .add_columns(*(column.label(name) for name, column in first.items()))
            .add_columns(sa.func.max(ranked.c.untold).label("untold"))
            .group_by(ranked.c.connection_id, ranked.c.task_id)
            .cte()
        )
        return current, sa.and_(
            current.c.connection_id == own.connection_id, current.c.task_id == own.id
        )

    return source.join("current sprint", make)


_FARTHEST_ZONE = 14 * 3600
"""Seconds: a day that begins so much later in UTC has begun nowhere before."""


def booked_late(source: StoreSource) -> Column:
    """Minutes booked for days that began after it was finished, whatever the time zone."""
    row, task, own = WORKLOG.alias(), TASK.alias(), source.base.c

    def make() -> tuple[Any, Truth]:
        start = source.frame.start(row, row.c.connection_id, row.c.task_id)
        here = sa.and_(task.c.connection_id == row.c.connection_id, task.c.id == row.c.task_id)
        after = seconds_between(task.c.completed_at, at_hour(row.c.on, 0))
        grouped = (
            sa.select(row.c.connection_id, row.c.task_id)
            .add_columns(sa.func.sum(row.c.minutes, type_=sa.Integer()).label("minutes"))
            .select_from((start if source.root else row).join(task, here))
            .where(row.c.gone_at.is_(None), after > _FARTHEST_ZONE)
            .group_by(row.c.connection_id, row.c.task_id)
            .cte()
        )
        return grouped, sa.and_(
            grouped.c.connection_id == own.connection_id, grouped.c.task_id == own.id
        )

    return sa.func.coalesce(source.join("late bookings", make).c.minutes, 0)


SHORTEST_TITLE = 12
"""Shorter titles ("Test", "Release") are shared by work that has nothing in common."""


def normal_title(title: Column) -> Column:
    """A title as duplicates are found by it."""
    return ascii_lower(sa.func.trim(title))


def is_comparable(task: Any) -> Truth:
    """Open work of its own with a title long enough to tell it by."""
    return sa.and_(
        task.c.gone_at.is_(None),
        task.c.status.in_(OPEN),
        task.c.parent_id.is_(None),
        sa.func.length(task.c.title) >= SHORTEST_TITLE,
    )


def same_title(source: StoreSource) -> Column:
    """One pass over the open tasks, and no join by title: windows over them count those of all
    connections and those of each."""
    task, own = TASK.alias(), source.base.c

    def make() -> tuple[Any, Truth]:
        title = normal_title(task.c.title)
        everywhere = sa.func.count().over(partition_by=title)
        here = sa.func.count().over(partition_by=[title, task.c.connection_id])
        counted = (
            sa.select(task.c.connection_id, task.c.id, (everywhere - here).label("others"))
            .where(is_comparable(task), source.frame.configured(task.c.connection_id))
            .subquery()
        )
        shared = sa.select(counted).where(counted.c.others > 0).cte()
        return shared, sa.and_(shared.c.connection_id == own.connection_id, shared.c.id == own.id)

    return sa.func.coalesce(source.join("same title", make).c.others, 0)


def _approvals(source: StoreSource) -> Any:
    row = APPROVAL.alias()
    return summed(
        source, "approvals", row, row.c.task_id,
        {
            "total": sa.func.count(),
            "pending": count_if(row.c.decision == "pending"),
            "given": count_if(row.c.decision == "approved"),
        },
    )  # fmt: skip


def approvals_of(name: str) -> Builder:
    return lambda source: sa.func.coalesce(_approvals(source).c[name], 0)
