"""The facts that are computed from a project's network and kept, for projects and for tasks.

A result holds for the day for which it was made; on any other it is not known.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from sync_engine.rules.catalogue import SCHEDULE_OF_PROJECT
from sync_engine.rules.dialect import Column, Truth
from sync_engine.rules.joins import table
from sync_engine.rules.sources import Builder, StoreSource
from sync_engine.store.schedule_models import ScheduleResult, TaskSchedule

RESULT, FLOAT = table(ScheduleResult), table(TaskSchedule)


def _result(source: StoreSource) -> Any:
    """Today's result of the subject's project."""
    own, today = source.base.c, source.frame.moment.today
    project = own.id if source.subject == "project" else own.project_id

    def make() -> tuple[Any, Truth]:
        row = RESULT.alias("schedule_row")
        return row, sa.and_(
            row.c.connection_id == own.connection_id,
            row.c.project_id == project,
            row.c.day == today,
        )

    return source.join("schedule", make)


def _float(source: StoreSource) -> Any:
    """The task's own row."""
    own = source.base.c

    def make() -> tuple[Any, Truth]:
        row = FLOAT.alias("float_row")
        return row, sa.and_(
            row.c.connection_id == own.connection_id,
            row.c.task_id == own.id,
            row.c.project_id == own.project_id,
        )

    return source.join("float", make)


def _of_project(name: str) -> Builder:
    def build(source: StoreSource) -> Column:
        found: Column = _result(source).c[name]
        return found

    return build


def _of_task(name: str) -> Builder:
    def build(source: StoreSource) -> Column:
        held = _result(source).c.day.is_not(None)
        return sa.case((held, _float(source).c[name]))

    return build


def _conflicts(source: StoreSource) -> Column:
    held = _result(source).c.day.is_not(None)
    return sa.case((held, sa.func.coalesce(_float(source).c.conflicts, 0)))


OF_PROJECT: dict[str, Builder] = {
    fact.name: _of_project(fact.name) for fact in SCHEDULE_OF_PROJECT
}  # fmt: skip
OF_TASK: dict[str, Builder] = {
    "total_float": _of_task("total_float"),
    "critical": _of_task("critical"),
    "predecessor_conflicts": _conflicts,
}
