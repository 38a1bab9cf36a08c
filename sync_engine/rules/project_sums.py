"""Facts of projects that are sums over their finished work and the columns of their boards."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from sync_engine.rules.dialect import Column, Truth, list_entries
from sync_engine.rules.joins import (
    MILESTONE,
    TASK,
    count_if,
    is_part,
    is_put_away_done,
    settled,
    summed,
    table,
)
from sync_engine.rules.sources import Builder, StoreSource
from sync_engine.store.models import ColumnRow

COLUMN = table(ColumnRow)


def _finished(source: StoreSource) -> Any:
    """Effort of finished tasks that have both an estimate and bookings, archived ones included;
    parts stand for the whole, since many tools add them up there."""
    task, part, own = TASK.alias(), TASK.alias(), source.base.c

    def make() -> tuple[Any, Truth]:
        wholes = (
            sa.select(part.c.connection_id, part.c.parent_id)
            .where(sa.or_(is_part(part), is_put_away_done(part)), part.c.parent_id.is_not(None))
            .distinct()
            .cte()
        )
        whole = sa.and_(
            wholes.c.connection_id == task.c.connection_id, wholes.c.parent_id == task.c.id
        )
        grouped = (
            sa.select(
                task.c.connection_id,
                task.c.project_id.label("id"),
                sa.func.sum(task.c.estimate_minutes, type_=sa.Integer()).label("estimate"),
                sa.func.sum(task.c.spent_minutes, type_=sa.Integer()).label("spent"),
            )
            .select_from(task.outerjoin(wholes, whole))
            .where(
                sa.or_(task.c.gone_at.is_(None), is_put_away_done(task)),
                task.c.status == "done",
                task.c.estimate_minutes > 0,
                task.c.spent_minutes > 0,
                wholes.c.parent_id.is_(None),
            )
            .group_by(task.c.connection_id, task.c.project_id)
            .cte()
        )
        return grouped, sa.and_(
            grouped.c.connection_id == own.connection_id, grouped.c.id == own.id
        )

    return source.join("finished", make)


def _milestones(source: StoreSource) -> Any:
    """Its milestones, by where they stand."""
    row, today = MILESTONE.alias(), source.frame.moment.today
    is_open = row.c.state == "open"
    return summed(
        source, "milestones", row, row.c.project_id,
        {
            "open": count_if(is_open),
            "overdue": count_if(sa.and_(is_open, row.c.due_on < today)),
            "next": sa.func.min(sa.case((sa.and_(is_open, row.c.due_on >= today), row.c.due_on))),
            "unknown": count_if(row.c.state.is_(None)),
        },
    )  # fmt: skip


def _crowded(source: StoreSource) -> Any:
    """Columns with more tasks than their limit: tasks by the words that lead to the column."""
    column, task, own = COLUMN.alias(), TASK.alias(), source.base.c

    def make() -> tuple[Any, Truth]:
        entries, label = list_entries(column.c.status_labels, source.frame.dialect)
        words = (
            sa.select(
                column.c.connection_id, column.c.project_id, column.c.id, column.c.name,
                column.c.wip_max, label.label("word"),
            )
            .select_from(column).select_from(entries)
            .where(column.c.gone_at.is_(None), column.c.wip_max.is_not(None))
            .distinct()  # several statuses of a column may bear the same word
            .cte()
        )  # fmt: skip
        counted = (
            sa.select(task.c.connection_id, task.c.project_id, task.c.status_label)
            .add_columns(sa.func.count().label("total"))
            .where(
                task.c.gone_at.is_(None),
                task.c.type != "subtask",
                task.c.archived.is_not(True),
            )
            .group_by(task.c.connection_id, task.c.project_id, task.c.status_label)
            .cte()
        )
        here = sa.and_(
            counted.c.connection_id == words.c.connection_id,
            counted.c.project_id == words.c.project_id,
            counted.c.status_label == words.c.word,
        )
        keys = [words.c[name] for name in ("connection_id", "project_id", "id", "name", "wip_max")]
        full = (
            sa.select(*keys)
            .select_from(words.join(counted, here))
            .group_by(*keys)
            .having(sa.func.sum(counted.c.total) > words.c.wip_max)
            .cte()
        )
        grouped = (
            sa.select(full.c.connection_id, full.c.project_id)
            .add_columns(sa.func.count().label("total"), sa.func.min(full.c.name).label("name"))
            .group_by(full.c.connection_id, full.c.project_id)
            .cte()
        )
        return grouped, sa.and_(
            grouped.c.connection_id == own.connection_id, grouped.c.project_id == own.id
        )

    return source.join("crowded", make)


def _effort(name: str) -> Builder:
    def build(source: StoreSource) -> Column:
        return sa.func.coalesce(_finished(source).c[name], 0)

    return build


PROJECT_SUMS: dict[str, Builder] = {
    "done_estimate": _effort("estimate"),
    "done_spent": _effort("spent"),
    "cost_performance": lambda s: sa.case(
        (_finished(s).c.spent > 0, _finished(s).c.estimate * 1.0 / _finished(s).c.spent)
    ),
    "open_milestones": lambda s: settled(_milestones(s).c.open, _milestones(s).c.unknown),
    "overdue_milestones": lambda s: settled(_milestones(s).c.overdue, _milestones(s).c.unknown),
    "next_milestone": lambda s: _milestones(s).c.next,
    "columns_over_limit": lambda s: sa.func.coalesce(_crowded(s).c.total, 0),
    "crowded_column": lambda s: _crowded(s).c.name,
}
