"""The tables of analysed schedules: what follows from tasks, links and the day. They can be made
anew at any time."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Index
from sqlmodel import Field, SQLModel


class ScheduleResult(SQLModel, table=True):
    """A project's schedule as of a day. None: not assessable."""

    __tablename__ = "schedule_result"

    connection_id: int = Field(foreign_key="connection.id", primary_key=True)
    project_id: str = Field(primary_key=True)
    day: date  # for which it holds
    run_id: int  # last run of the connection that it takes into account
    basis: str  # fingerprint of the calendar and of the way to compute
    baseline_id: int | None = None  # the project's baseline that it takes into account
    dependencies: int
    open_activities: int
    undated_activities: int | None = None  # open ones with links, without what the passes need
    forecast_finish: date | None = None
    open_ends_share: float | None = None  # %
    leads: int | None = None
    lags_share: float | None = None  # %
    finish_to_start_share: float | None = None  # %
    high_float_share: float | None = None  # %
    negative_float: int | None = None
    high_duration_share: float | None = None  # %
    invalid_dates: int | None = None
    unresourced: int | None = None
    missed_share: float | None = None  # %
    critical_path_test: bool | None = None
    cpli: float | None = None
    bei: float | None = None
    dependency_conflicts: int | None = None
    dependency_cycles: int | None = None


class TaskSchedule(SQLModel, table=True):
    """What the passes say of a task that has links. Days are working days."""

    __tablename__ = "task_schedule"
    __table_args__ = (Index("ix_task_schedule_project", "connection_id", "project_id"),)

    connection_id: int = Field(foreign_key="connection.id", primary_key=True)
    task_id: str = Field(primary_key=True)
    project_id: str
    run_id: int  # last run that had ended when this row last changed
    total_float: float | None = None
    critical: bool | None = None
    conflicts: int
