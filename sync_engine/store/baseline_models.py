"""The tables of what was agreed: plans of projects at a moment, and what sprints began with.

They hold what was, not what is: nothing that is read later changes them.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from sync_engine.store.models import instant, text_column


class Baseline(SQLModel, table=True):
    """A project's plan as it was taken. One that was removed stays, without what it held."""

    __tablename__ = "baseline"
    __table_args__ = (
        UniqueConstraint("connection_id", "project_id", "period"),
        Index("ix_baseline_project", "connection_id", "project_id", "id"),
        Index("ix_baseline_change", "change"),
    )

    id: int | None = Field(default=None, primary_key=True)
    connection_id: int = Field(foreign_key="connection.id")
    project_id: str
    name: str = text_column(nullable=False)
    reason: str  # person | start | period
    period: str | None = None  # "start", "2026-W12", "2026-03", "2026-Q1": each is taken once
    taken_at: datetime = instant(nullable=False)
    taken_by: str | None = None
    day: date  # of `taken_at` in the PMO's time zone
    start_on: date | None = None  # the project's own
    due_on: date | None = None
    last_due_on: date | None = None  # the last due date of its tasks
    tasks: int  # parts that are no more than subtasks left out
    change: int  # the how-manieth change of baselines it was taken or removed by
    removed_at: datetime | None = instant()
    removed_by: str | None = None


class BaselineTask(SQLModel, table=True):
    """A task as it was planned; cancelled ones are no part of a plan."""

    __tablename__ = "baseline_task"
    __table_args__ = (Index("ix_baseline_task_task", "task_id"),)

    baseline_id: int = Field(foreign_key="baseline.id", primary_key=True)
    task_id: str = Field(primary_key=True)
    type: str
    whole: bool  # it had parts: its effort is theirs
    status: str | None = None
    start_on: date | None = None
    due_on: date | None = None
    estimate_minutes: int | None = None
    points: float | None = None


class BaselineMilestone(SQLModel, table=True):
    """A milestone as it was planned."""

    __tablename__ = "baseline_milestone"
    __table_args__ = (Index("ix_baseline_milestone_milestone", "milestone_id"),)

    baseline_id: int = Field(foreign_key="baseline.id", primary_key=True)
    milestone_id: str = Field(primary_key=True)
    start_on: date | None = None
    due_on: date | None = None


class Commitment(SQLModel, table=True):
    """That we saw a sprint begin, and when we looked."""

    __tablename__ = "commitment"

    connection_id: int = Field(foreign_key="connection.id", primary_key=True)
    sprint_id: str = Field(primary_key=True)
    began_at: datetime = instant(nullable=False)  # the sprint's start as it was then
    taken_at: datetime = instant(nullable=False)


class CommitmentTask(SQLModel, table=True):
    """A task that a sprint began with."""

    __tablename__ = "commitment_task"

    connection_id: int = Field(foreign_key="connection.id", primary_key=True)
    sprint_id: str = Field(primary_key=True)
    task_id: str = Field(primary_key=True)
