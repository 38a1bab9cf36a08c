"""Taking baselines: what the store holds of a project now, copied within the database.

Taken is only what is known: of a connection whose last read was complete and is not out of date,
and of which nothing is being read.
One transaction a connection; whoever takes or removes baselines does so alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from sync_engine.rules.calendars import Moment
from sync_engine.rules.dialect import Truth
from sync_engine.rules.frames import frame_for
from sync_engine.rules.joins import CONNECTION, MILESTONE, TASK, is_put_away_done, table
from sync_engine.rules.other_facts import source_of
from sync_engine.rules.sources import ConnectionInfo, StoreSource
from sync_engine.store.baseline_models import Baseline, BaselineMilestone, BaselineTask
from sync_engine.store.locks import Lock, hold
from sync_engine.store.models import Run

BASELINE, PLANNED, PLANNED_MILESTONE = map(table, (Baseline, BaselineTask, BaselineMilestone))
RUN = table(Run)
NEEDED = ("task.project_id", "task.status")

Chosen = Callable[[StoreSource], Truth]
"""Which projects: a condition on them as a source of facts."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """Why a baseline is taken, and what it is called.

    Args:
        period: of those that are taken by themselves: what each project has one of at most, for
            ever, one that was removed included.
        by: who takes it.
    """

    name: str
    reason: Literal["person", "start", "period"]
    period: str | None = None
    by: str | None = None


@contextmanager
def alone(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction that no other process that takes or removes baselines is in."""
    with engine.begin() as connection:
        hold(connection, Lock.BASELINES)
        yield connection


def unfit(connection: sa.Connection, tool: ConnectionInfo, *, held: bool = False) -> str | None:
    """Why nothing can be taken of a connection, and what to do; None: it can.

    Args:
        held: nobody writes for the connection until this transaction ends. Whoever takes a
            baseline asks so: a read that begins meanwhile would be in it by half.
    """
    about = sa.select(CONNECTION.c.state, CONNECTION.c.complete_at).where(
        CONNECTION.c.id == tool.id
    )
    row = connection.execute(about.with_for_update() if held else about).one()
    again = f"read it by `flagstaff sync {tool.name}`, and take the baseline then"
    if not tool.read:
        again = "it is not in force: correct its settings in the console, or remove it"
    if row.complete_at is None:
        return f"The connection {tool.name} was never read completely; {again}."
    if row.state != "ok":
        state = row.state.replace("_", " ")
        return f"The last read of the connection {tool.name} was not complete ({state}); {again}."
    if not tool.fresh:
        at = f"{row.complete_at:%Y-%m-%d %H:%M} UTC"
        return f"The connection {tool.name} was last read completely on {at}; {again}."
    if (why := _under_way(connection, tool)) is not None:
        return f"{why}; {again}."
    if not tool.has(NEEDED):
        return (
            f"The connection {tool.name} does not say which project a task belongs to, or where it "
            "stands; there is no plan to keep."
        )
    return None


def _under_way(connection: sa.Connection, tool: ConnectionInfo) -> str | None:
    """Why the store holds a connection's work by half; None: it does not.

    The last pull says whether all was read, whatever census came after it.
    """
    runs = sa.select(RUN.c.ended_at, RUN.c.outcome).where(RUN.c.connection_id == tool.id)
    newest = runs.order_by(RUN.c.id.desc()).limit(1)
    last = connection.execute(newest).first()
    read = connection.execute(newest.where(RUN.c.kind.in_(("pull", "delivery")))).first()
    if any(row is not None and row.ended_at is None for row in (last, read)):
        return f"A read of the connection {tool.name} is under way, or was broken off"
    if read is not None and read.outcome != "complete":
        outcome = read.outcome.replace("_", " ")
        return f"The last read of the connection {tool.name} was not complete ({outcome})"
    return None


def take(
    connection: sa.Connection,
    tool: ConnectionInfo,
    occasion: Occasion,
    moment: Moment,
    chosen: Chosen,
) -> int:
    """Take a baseline of each chosen project of a connection that has none of this period; how
    many were taken. Within `alone`, of a connection that is not `unfit`.

    The day of a baseline is that of its instant in the PMO's time zone.
    """
    change = _next_change(connection)
    heads = due(connection, tool, occasion, moment, chosen, change)
    connection.execute(sa.insert(BASELINE).from_select(list(heads.selected_columns.keys()), heads))
    mine = BASELINE.c.change == change
    count = connection.execute(
        sa.select(sa.func.count()).select_from(BASELINE).where(mine)
    ).scalar_one()
    if not count:
        return 0
    part = TASK.alias()
    whole = (
        sa.select(sa.literal(1))
        .where(
            part.c.connection_id == TASK.c.connection_id,
            part.c.parent_id == TASK.c.id,
            *_planned(part),
        )
        .exists()
    )
    tasks = sa.select(
        BASELINE.c.id, TASK.c.id, TASK.c.type, whole, TASK.c.status, TASK.c.start_on,
        TASK.c.due_on, TASK.c.estimate_minutes, TASK.c.points,
    ).select_from(BASELINE.join(TASK, _of_project(TASK))).where(mine, *_planned(TASK))  # fmt: skip
    connection.execute(sa.insert(PLANNED).from_select(list(PLANNED.c.keys()), tasks))
    held = PLANNED.c.baseline_id == BASELINE.c.id
    scope = sa.select(sa.func.count()).where(held, PLANNED.c.type != "subtask")
    last = sa.select(sa.func.max(PLANNED.c.due_on)).where(held)
    connection.execute(
        sa.update(BASELINE)
        .where(mine)
        .values(tasks=scope.scalar_subquery(), last_due_on=last.scalar_subquery())
    )
    milestones = (
        sa.select(BASELINE.c.id, MILESTONE.c.id, MILESTONE.c.start_on, MILESTONE.c.due_on)
        .select_from(BASELINE.join(MILESTONE, _of_project(MILESTONE)))
        .where(mine, MILESTONE.c.gone_at.is_(None))
    )
    connection.execute(
        sa.insert(PLANNED_MILESTONE).from_select(list(PLANNED_MILESTONE.c.keys()), milestones)
    )
    return int(count)


def _next_change(connection: sa.Connection) -> int:
    last = connection.execute(sa.select(sa.func.max(BASELINE.c.change))).scalar_one()
    return int(last or 0) + 1


def _of_project(row: sa.Table) -> Truth:
    return sa.and_(
        row.c.connection_id == BASELINE.c.connection_id, row.c.project_id == BASELINE.c.project_id
    )


def _planned(task: Any) -> Sequence[Truth]:
    """What is part of a plan: there, or done and archived by then, and not cancelled."""
    there = sa.or_(task.c.gone_at.is_(None), is_put_away_done(task))
    return there, task.c.status.is_distinct_from("cancelled")


def due(  # all of them are the caller's to say
    connection: sa.Connection,
    tool: ConnectionInfo,
    occasion: Occasion,
    moment: Moment,
    chosen: Chosen,
    change: int = 0,
) -> sa.Select[Any]:
    """The baselines that an occasion asks for and that are not there, as they will be kept."""
    source = source_of(frame_for(connection, moment), "project")
    where, own, before = chosen(source), source.base.c, BASELINE.alias()
    taken = (
        sa.select(sa.literal(1))
        .where(
            before.c.connection_id == own.connection_id,
            before.c.project_id == own.id,
            before.c.period == occasion.period,
        )
        .exists()
    )
    values: dict[str, sa.ColumnElement[object]] = {
        "connection_id": own.connection_id,
        "project_id": own.id,
        "name": sa.literal(occasion.name),
        "reason": sa.literal(occasion.reason),
        "period": sa.literal(occasion.period, sa.String()),
        "taken_at": sa.literal(moment.now, BASELINE.c.taken_at.type),
        "taken_by": sa.literal(occasion.by, sa.String()),
        "day": sa.literal(moment.today, sa.Date()),
        "start_on": own.start_on,
        "due_on": own.due_on,
        "tasks": sa.literal(0),
        "change": sa.literal(change),
    }
    columns: list[Any] = [value.label(name) for name, value in values.items()]
    statement = (
        sa.select(*columns)
        .select_from(source.origin)
        .where(source.live(), own.connection_id == tool.id, where)
        .order_by(own.id)
    )
    if occasion.period is not None:
        statement = statement.where(sa.not_(taken))
    return statement


def latest(project: tuple[int, str]) -> sa.Select[Any]:
    """The current baseline of a project, named by its connection's id and its own."""
    mine = (BASELINE.c.connection_id == project[0], BASELINE.c.project_id == project[1])
    return (
        sa.select(BASELINE)
        .where(*mine, BASELINE.c.removed_at.is_(None))
        .order_by(BASELINE.c.id.desc())
        .limit(1)
    )


def remove(connection: sa.Connection, id: int, *, by: str, now: datetime) -> Any:
    """Take a baseline out: what it held goes, that it was there stays. Within `alone`.

    Returns:
        The row as it was; None: there is no such baseline.
    """
    mine = sa.and_(BASELINE.c.id == id, BASELINE.c.removed_at.is_(None))
    row = connection.execute(sa.select(BASELINE).where(mine)).first()
    if row is None:
        return None
    for part in (PLANNED, PLANNED_MILESTONE):
        connection.execute(sa.delete(part).where(part.c.baseline_id == id))
    connection.execute(
        sa.update(BASELINE)
        .where(mine)
        .values(removed_at=now, removed_by=by, change=_next_change(connection))
    )
    return row
