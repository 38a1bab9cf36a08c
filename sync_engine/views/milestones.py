"""A project's milestones: when they are due, how far they have slipped, how much is done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from sync_engine.rules.baseline_facts import BASELINE, PLANNED_MILESTONE
from sync_engine.rules.calendars import Moment
from sync_engine.rules.joins import ENDED, MILESTONE, TASK

SHOWN = 30


@dataclass(frozen=True, slots=True)
class Agreed:
    """The baseline in force: of which day it is, and when the project was to be finished by it."""

    name: str
    day: date
    due_on: date | None


@dataclass(frozen=True, slots=True)
class Milestone:
    """A milestone.

    Args:
        agreed_on: its due date in the baseline in force.
        agreed: whether that baseline has it; None: there is no baseline.
        slip: working days from there to its due date; below 0: earlier. None: nothing to compare.
        tasks, ended: that belong to it; `unmapped`: those of unknown status.
        late: it is neither done nor in time.
    """

    name: str
    url: str | None
    state: str | None
    label: str | None
    due_on: date | None
    completed_at: datetime | None
    agreed: bool | None
    agreed_on: date | None
    slip: int | None
    tasks: int
    ended: int
    unmapped: int
    late: bool

    @property
    def share(self) -> float | None:
        """Done of its tasks; None: it has none, or nobody knows of some whether they are done."""
        if not self.tasks or self.unmapped:
            return None
        return self.ended / self.tasks


def agreed(connection: sa.Connection, connection_id: int, project_id: str) -> Any:
    """The row of the baseline in force; None: there is none."""
    return connection.execute(
        sa.select(BASELINE)
        .where(
            BASELINE.c.connection_id == connection_id,
            BASELINE.c.project_id == project_id,
            BASELINE.c.removed_at.is_(None),
        )
        .order_by(BASELINE.c.id.desc())
        .limit(1)
    ).first()


def milestones(
    connection: sa.Connection, connection_id: int, project_id: str, baseline: Any, moment: Moment
) -> tuple[Milestone, ...]:
    """A project's milestones by due date, those without one last; one more than is shown."""
    row, planned = MILESTONE.c, PLANNED_MILESTONE.c
    number = None if baseline is None else baseline.id
    on = sa.and_(planned.baseline_id == number, planned.milestone_id == row.id)
    closed = sa.case((row.state == "done", 1), else_=0)
    rows = connection.execute(
        sa.select(
            MILESTONE, planned.due_on.label("agreed_on"), planned.milestone_id.label("agreed")
        )
        .select_from(MILESTONE.outerjoin(PLANNED_MILESTONE, on))
        .where(
            row.connection_id == connection_id, row.project_id == project_id, row.gone_at.is_(None)
        )
        .order_by(closed, row.due_on.is_(None), row.due_on, row.name, row.id)
        .limit(SHOWN + 1)
    ).all()
    counts = _counts(connection, connection_id, [each.id for each in rows])
    return tuple(_milestone(each, counts.get(each.id), number, moment) for each in rows)


def _counts(connection: sa.Connection, connection_id: int, ids: list[str]) -> dict[str, Any]:
    """By milestone: its tasks, from an index alone."""
    row = TASK.c
    rows = connection.execute(
        sa.select(
            row.milestone_id,
            sa.func.count().label("tasks"),
            sa.func.sum(sa.case((row.status.in_(ENDED), 1), else_=0)).label("ended"),
            sa.func.sum(sa.case((row.status.is_(None), 1), else_=0)).label("unmapped"),
        )
        .where(row.connection_id == connection_id, row.milestone_id.in_(ids), row.gone_at.is_(None))
        .group_by(row.milestone_id)
    )
    return {each.milestone_id: each for each in rows}


def _milestone(row: Any, counts: Any, baseline: int | None, moment: Moment) -> Milestone:
    done = row.state in ENDED or row.completed_at is not None
    return Milestone(
        row.name, row.url, row.state, row.state_label, row.due_on, row.completed_at,
        None if baseline is None else row.agreed is not None,
        row.agreed_on, slip(row.agreed_on, row.due_on, moment),
        counts.tasks if counts else 0, counts.ended if counts else 0,
        counts.unmapped if counts else 0,
        not done and row.due_on is not None and row.due_on < moment.today,
    )  # fmt: skip


def slip(then: date | None, now: date | None, moment: Moment) -> int | None:
    """Working days from what was agreed to what is planned now."""
    if then is None or now is None:
        return None
    between = moment.calendar.age
    return between(then, now) if now >= then else -between(now, then)
