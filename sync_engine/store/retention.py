"""Letting go of what is no longer needed to assess the present, as the configuration says.

Only what is past goes: tombstones, the log of runs, resolved flags. What is present in a tool, open
or waived is never deleted here, nor a tombstone that a baseline speaks of.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from sync_engine.store import told
from sync_engine.store.baseline_models import Baseline, BaselineMilestone, BaselineTask
from sync_engine.store.digest_models import Escalation
from sync_engine.store.flag_models import FlagEvent, FlagRow, Waiver
from sync_engine.store.models import Assignment, Hold, MilestoneRow, RawItem, Run, TaskRow
from sync_engine.store.rows import KINDS, table_of

_run = Run.__table__  # type: ignore[attr-defined]
_hold = Hold.__table__  # type: ignore[attr-defined]
_raw = RawItem.__table__  # type: ignore[attr-defined]
_task = TaskRow.__table__  # type: ignore[attr-defined]
_assignment = Assignment.__table__  # type: ignore[attr-defined]
_flag = FlagRow.__table__  # type: ignore[attr-defined]
_event = FlagEvent.__table__  # type: ignore[attr-defined]
_waiver = Waiver.__table__  # type: ignore[attr-defined]
_escalation = Escalation.__table__  # type: ignore[attr-defined]
_baseline = Baseline.__table__  # type: ignore[attr-defined]

_PLANNED: dict[str, sa.Column[str]] = {
    TaskRow.__tablename__: BaselineTask.__table__.c.task_id,  # type: ignore[attr-defined]
    MilestoneRow.__tablename__: BaselineMilestone.__table__.c.milestone_id,  # type: ignore[attr-defined]
}
"""By table of records: what names its rows in baselines."""


@dataclass(frozen=True, slots=True)
class Removed:
    """How many rows went."""

    records: int
    runs: int
    flags: int


def tidy(engine: sa.Engine, *, gone: datetime, runs: datetime, flags: datetime) -> Removed:
    """Delete what became past before these instants.

    Args:
        gone: tombstones of records and items that were retired before.
        runs: runs that ended before; those that a held census refers to stay, and the last one of
            each connection: numbers of runs only grow, and what was looked at is told by them.
        flags: flags that were resolved before, with their history.
    """
    return Removed(_gone(engine, gone), _runs(engine, runs), _flags(engine, flags))


def _gone(engine: sa.Engine, before: datetime) -> int:
    removed = 0
    with engine.begin() as connection:
        assigned = sa.exists().where(
            _task.c.connection_id == _assignment.c.connection_id,
            _task.c.id == _assignment.c.task_id,
            _task.c.gone_at < before,
        )
        connection.execute(sa.delete(_assignment).where(assigned))
        for kind in KINDS:
            table = table_of(kind)
            past = sa.and_(table.c.gone_at < before, *_unplanned(table))
            removed += connection.execute(sa.delete(table).where(past)).rowcount
        connection.execute(sa.delete(_raw).where(_raw.c.gone_at < before))
    return removed


def _unplanned(table: sa.Table) -> list[sa.ColumnElement[bool]]:
    """No baseline has it: what was agreed and is gone would else be as if it had never been."""
    if table.name not in _PLANNED:
        return []
    id = _PLANNED[table.name]
    planned = (
        sa.select(sa.literal(1))
        .select_from(id.table.join(_baseline, _baseline.c.id == id.table.c.baseline_id))
        .where(id == table.c.id, _baseline.c.connection_id == table.c.connection_id)
    )
    return [sa.not_(planned.exists())]


def _runs(engine: sa.Engine, before: datetime) -> int:
    last = sa.select(sa.func.max(_run.c.id)).group_by(_run.c.connection_id)
    with engine.begin() as connection:
        return connection.execute(
            sa.delete(_run)
            .where(_run.c.ended_at < before)
            .where(_run.c.id.not_in(sa.select(_hold.c.run_id)), _run.c.id.not_in(last))
        ).rowcount


def _flags(engine: sa.Engine, before: datetime) -> int:
    past = sa.select(_flag.c.id).where(_flag.c.state == "resolved", _flag.c.resolved_at < before)
    with engine.begin() as connection:
        for table in (_event, _waiver, _escalation):
            connection.execute(sa.delete(table).where(table.c.flag_id.in_(past)))
        told.forget_deleted(connection)
        return connection.execute(sa.delete(_flag).where(_flag.c.id.in_(past))).rowcount
