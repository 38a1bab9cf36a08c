"""A project's schedule as it was analysed last: its path, its float, the points it is judged by."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import sqlalchemy as sa

from sync_engine.rules.calendars import Moment
from sync_engine.rules.joins import TASK
from sync_engine.rules.sources import ConnectionInfo
from sync_engine.schedule.model import Point
from sync_engine.schedule.points import POINTS
from sync_engine.scheduling.keep import COLUMNS, FLOAT, RESULT
from sync_engine.scheduling.read import unseen

SHOWN = 6
DATES = ("task.status", "task.due_on")
NEEDS: Mapping[str, tuple[str, ...]] = {
    "D01": ("task.status",), "D02": ("task.status", "link.lag_minutes"),
    "D03": ("task.status", "link.lag_minutes"), "D04": ("task.status",), "D06": DATES,
    "D07": DATES, "D09": DATES, "D10": ("task.assignee_ids", *DATES), "D12": DATES, "D13": DATES,
    "D15": ("task.due_on",),
}  # fmt: skip
"""Fields that a tool must tell for a point to be assessable."""

AGREED = ("D08", "D11", "D14")
"""Points that compare with a baseline."""

PASSES = ("D06", "D07", "D12", "D13")
"""Points that rest on both passes."""

STATUSES = ("D01", "D02", "D03", "D09", "D15")
"""Points of which, where the tool tells all fields, only statuses may be unknown."""

FIELDS = {
    "task.status": "the status of tasks", "task.due_on": "due dates",
    "task.assignee_ids": "who is assigned", "link.lag_minutes": "leads and lags of links",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Judged:
    """A point of a schedule; `why` it is not assessable, where it is not."""

    point: Point
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Critical:
    """An open task on the critical path."""

    title: str
    key: str | None
    url: str | None
    due_on: date | None


@dataclass(frozen=True, slots=True)
class Schedule:
    """A schedule's health.

    Args:
        why: why nothing is known of it; then all else is empty.
        day: for which it holds; `old`: that is not today.
        length: working days from today to the forecast finish.
        path: the first of the open tasks without float, by due date; `critical` counts all.
        least, least_of: the least float of an open linked task, in working days.
    """

    why: str | None
    day: date | None = None
    old: bool = False
    finish: date | None = None
    length: int | None = None
    least: float | None = None
    critical: int = 0
    path: tuple[Critical, ...] = ()
    links: int = 0
    open: int = 0
    undated: int | None = 0
    points: tuple[Judged, ...] = ()

    def answers(self, answer: str) -> int:
        """How many points were answered so."""
        return sum(each.point.answer == answer for each in self.points)


def schedule(
    connection: sa.Connection,
    tool: ConnectionInfo,
    project: Any,
    moment: Moment,
    limits: Mapping[str, float],
) -> Schedule:
    """The health of a project's schedule.

    Args:
        project: its row.
        limits: thresholds other than by default, by point.
    """
    row = connection.execute(
        sa.select(RESULT).where(
            RESULT.c.connection_id == tool.id, RESULT.c.project_id == project.id
        )
    ).first()
    if row is None:
        if not tool.has(("link.type",)):
            return Schedule("its tool does not tell which tasks depend on which")
        return Schedule("no standard that is in force looks at schedules")
    if not row.dependencies:
        return Schedule("none of its tasks is linked with another, so there is no network to judge")
    lacks = {f"task.{name}" for name in project.lacks or ()}
    lacks |= {name for name in FIELDS if not tool.has((name,))}
    lost = _lost(connection, project, row.baseline_id)
    critical, least = _floats(connection, tool.id, project.id)
    length = None if row.forecast_finish is None else moment.calendar.age(
        moment.today, row.forecast_finish
    )  # fmt: skip
    return Schedule(
        None, row.day, row.day != moment.today, row.forecast_finish, length, least, critical,
        _path(connection, tool.id, project.id), row.dependencies, row.open_activities,
        row.undated_activities,
        tuple(
            _judged(row, ref, column, lacks, limits, lost=lost)
            for ref, column in sorted(COLUMNS.items())
        ),
    )  # fmt: skip


def _lost(connection: sa.Connection, project: Any, baseline_id: int | None) -> bool:
    """Whether nobody can say how some task of the baseline stands."""
    found = connection.execute(unseen(project, baseline_id))
    return any(each.last_status != "done" for each in found)


def _judged(
    row: Any,
    ref: str,
    column: str,
    lacks: Collection[str],
    limits: Mapping[str, float],
    *,
    lost: bool,
) -> Judged:
    value = getattr(row, column)
    point = replace(
        POINTS[ref], value=None if value is None else float(value),
        limit=limits.get(ref, POINTS[ref].limit),
    )  # fmt: skip
    return Judged(point, _why(row, ref, lacks, lost=lost) if value is None else None)


def _why(row: Any, ref: str, lacks: Collection[str], *, lost: bool) -> str:
    """Why a point is not assessable, as far as what is kept can tell."""
    missing = [FIELDS[name] for name in NEEDS.get(ref, ()) if name in lacks]
    reasons = (
        (ref in AGREED and row.baseline_id is None, "there is no baseline to compare with"),
        (missing, f"its tool does not tell {' and '.join(missing)}"),
        (ref in AGREED and lost, "tasks of its baseline are out of sight"),
        (ref == "D04", "nobody knows of what kind some links are, or where their tasks stand"),
        (ref in STATUSES, "nobody knows where some of its tasks stand"),
        (ref == "D14" and row.missed_share is not None, "nothing was due by now by its baseline"),
        (not row.open_activities, "no work of it is open"),
        (ref in PASSES and row.undated_activities, "linked tasks have no dates to compute with"),
        (ref == "D13", "nobody says when it is to be finished"),
    )
    known = (why for holds, why in reasons if holds)
    return next(known, "some of its tasks lack a status or a date")


def _floats(connection: sa.Connection, tool: int, project: str) -> tuple[int, float | None]:
    """How many tasks are critical, and the least float of all."""
    critical = sa.func.sum(sa.case((FLOAT.c.critical.is_(True), 1), else_=0))
    row = connection.execute(
        sa.select(critical.label("critical"), sa.func.min(FLOAT.c.total_float).label("least"))
        .where(FLOAT.c.connection_id == tool, FLOAT.c.project_id == project)
    ).one()  # fmt: skip
    return row.critical or 0, row.least


def _path(connection: sa.Connection, tool: int, project: str) -> tuple[Critical, ...]:
    row = TASK.c
    on = sa.and_(row.connection_id == FLOAT.c.connection_id, row.id == FLOAT.c.task_id)
    rows = connection.execute(
        sa.select(row.title, row.key, row.url, row.due_on)
        .select_from(FLOAT.join(TASK, on))
        .where(
            FLOAT.c.connection_id == tool, FLOAT.c.project_id == project,
            FLOAT.c.critical.is_(True), row.gone_at.is_(None),
        )
        .order_by(row.due_on.is_(None), row.due_on, row.id)
        .limit(SHOWN)
    )  # fmt: skip
    return tuple(Critical(*each) for each in rows)
