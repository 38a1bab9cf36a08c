"""The facts of sprints that compare them with what they began with.

Known only of sprints that we saw begin: what was added before the first look cannot be told from
what was there.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from sync_engine.rules.dialect import Column, Truth
from sync_engine.rules.joins import MEMBERSHIP, SPRINT, TASK, count_if, is_out_of_sight, table
from sync_engine.rules.sources import Builder, StoreSource, Value
from sync_engine.store.baseline_models import Commitment, CommitmentTask

COMMITMENT, COMMITTED = map(table, (Commitment, CommitmentTask))


def _known(source: StoreSource) -> Truth:
    """We saw it begin."""
    own = source.base.c

    def make() -> tuple[Any, Truth]:
        row = COMMITMENT.alias("commitment_row")
        return row, sa.and_(
            row.c.connection_id == own.connection_id, row.c.sprint_id == own.id
        )  # fmt: skip

    known: Truth = source.join("commitment", make).c.taken_at.is_not(None)
    return known


def _committed(source: StoreSource) -> Any:
    """What it began with, and what became of it by the sprint's end."""
    own, row, place = source.base.c, COMMITTED.alias(), MEMBERSHIP.alias()
    task, sprint = TASK.alias(), SPRINT.alias()

    def make() -> tuple[Any, Truth]:
        of_sprint = sa.and_(
            sprint.c.connection_id == row.c.connection_id, sprint.c.id == row.c.sprint_id
        )
        same = sa.and_(task.c.connection_id == row.c.connection_id, task.c.id == row.c.task_id)
        still = sa.and_(
            place.c.connection_id == row.c.connection_id,
            place.c.kind == "sprint",
            place.c.container_id == row.c.sprint_id,
            place.c.task_id == row.c.task_id,
            place.c.gone_at.is_(None),
        )
        closed = sa.case(
            (sprint.c.state == "closed", sa.func.coalesce(sprint.c.completed_at, sprint.c.end_at))
        )
        done = task.c.status == "done"
        in_time = sa.or_(closed.is_(None), task.c.completed_at <= closed)
        unknown = sa.or_(
            task.c.status.is_(None),
            sa.and_(is_out_of_sight(task), sa.not_(done)),
            sa.and_(done, closed.is_not(None), task.c.completed_at.is_(None)),
        )
        grouped = (
            sa.select(
                row.c.connection_id,
                row.c.sprint_id.label("id"),
                sa.func.count().label("total"),
                count_if(sa.and_(done, in_time)).label("done"),
                count_if(unknown).label("unknown"),
                count_if(place.c.task_id.is_(None)).label("dropped"),
            )
            .select_from(row.join(sprint, of_sprint).outerjoin(task, same).outerjoin(place, still))
            .group_by(row.c.connection_id, row.c.sprint_id)
            .cte()
        )
        return grouped, sa.and_(
            grouped.c.connection_id == own.connection_id, grouped.c.id == own.id
        )

    return source.join("committed", make)


def _added(source: StoreSource) -> Value:
    """What is in it now, and was not when it began."""
    own, row, place, task = source.base.c, COMMITTED.alias(), MEMBERSHIP.alias(), TASK.alias()

    def make() -> tuple[Any, Truth]:
        same = sa.and_(
            row.c.connection_id == place.c.connection_id,
            row.c.sprint_id == place.c.container_id,
            row.c.task_id == place.c.task_id,
        )
        live = sa.and_(
            task.c.connection_id == place.c.connection_id,
            task.c.id == place.c.task_id,
            task.c.gone_at.is_(None),
        )
        grouped = (
            sa.select(place.c.connection_id, place.c.container_id.label("id"))
            .add_columns(sa.func.count().label("total"))
            .select_from(place.join(task, live).outerjoin(row, same))
            .where(
                place.c.kind == "sprint", place.c.gone_at.is_(None), row.c.task_id.is_(None)
            )
            .group_by(place.c.connection_id, place.c.container_id)
            .cte()
        )  # fmt: skip
        return grouped, sa.and_(
            grouped.c.connection_id == own.connection_id, grouped.c.id == own.id
        )

    total = sa.func.coalesce(source.join("added later", make).c.total, 0)
    return Value("number", total, known=_known(source))


def _count(name: str) -> Builder:
    return lambda s: Value(
        "number", sa.func.coalesce(_committed(s).c[name], 0), known=_known(s)
    )  # fmt: skip


def _settled(source: StoreSource) -> Truth:
    return sa.and_(_known(source), sa.func.coalesce(_committed(source).c.unknown, 0) == 0)


def _done(source: StoreSource) -> Value:
    done: Column = sa.func.coalesce(_committed(source).c.done, 0)
    return Value("number", done, known=_settled(source))


def _done_share(source: StoreSource) -> Value:
    """Empty where it began with nothing."""
    counts = _committed(source).c
    share = sa.case((counts.total > 0, counts.done * 100.0 / counts.total))
    return Value("percent", share, known=_settled(source))


COMMITMENT_FACTS: dict[str, Builder] = {
    "committed_tasks": _count("total"),
    "dropped_tasks": _count("dropped"),
    "added_tasks": _added,
    "committed_done": _done,
    "committed_done_share": _done_share,
}
