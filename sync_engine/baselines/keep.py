"""Baselines that are taken by themselves, as the configuration wants; commitments of sprints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import sqlalchemy as sa

from sync_engine.baselines import commitments
from sync_engine.baselines.capture import BASELINE, Chosen, Occasion, alone, due, take, unfit
from sync_engine.rules.calendars import Moment
from sync_engine.rules.compile import compiled
from sync_engine.rules.dialect import Truth
from sync_engine.rules.frames import connections
from sync_engine.rules.joins import TASK
from sync_engine.rules.language import read
from sync_engine.rules.resolve import resolve
from sync_engine.rules.sources import ConnectionInfo, StoreSource
from sync_engine.store.engine import reading

Every = Literal["week", "month", "quarter"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """When baselines are taken by themselves.

    Args:
        at_start: when work is first seen in progress in a project that has none.
        every: once in each week, month or quarter of the PMO's time zone.
        projects: of which projects, besides that they are active; None: of all.
    """

    at_start: bool = False
    every: Every | None = None
    projects: str | None = None


def period(day: date, every: Every) -> str:
    """The week, month or quarter of a day: "2026-W12", "2026-03", "2026-Q1"."""
    if every == "week":
        year, week, _ = day.isocalendar()
        return f"{year}-W{week:02}"
    return f"{day:%Y-%m}" if every == "month" else f"{day.year}-Q{(day.month + 2) // 3}"


def refresh(
    engine: sa.Engine,
    wanted: Wanted,
    moment: Moment,
    intervals: Mapping[str, timedelta] | None,
) -> int:
    """Take what is due: baselines of projects, and commitments of sprints; how many were taken.

    A connection that is stale or incomplete waits until it is neither.

    Args:
        intervals: by connection's name: how often it is pulled, which says when data are stale.
            None: not known.

    Raises:
        LanguageError: the condition on projects makes no sense.
    """
    occasions = list(_occasions(wanted, moment))
    with reading(engine) as connection:
        tools = [
            tool
            for tool in connections(connection, moment, intervals)
            if unfit(connection, tool) is None and _due(connection, tool, occasions, moment)
        ]
    count = 0
    for tool in tools:
        with alone(engine) as connection:
            if unfit(connection, tool, held=True) is not None:
                continue  # a read began since we looked
            count += commitments.take(connection, tool, moment)
            for occasion, chosen in occasions:
                count += take(connection, tool, occasion, moment, chosen)
    return count


def _due(
    connection: sa.Connection,
    tool: ConnectionInfo,
    occasions: Iterable[tuple[Occasion, Chosen]],
    moment: Moment,
) -> bool:
    """Whether there is anything to take: most of the time there is not, and nobody has to wait."""
    wanted = [commitments.due(tool, moment)]
    wanted += [due(connection, tool, occasion, moment, chosen) for occasion, chosen in occasions]
    return any(connection.execute(each.limit(1)).first() is not None for each in wanted)


def _occasions(wanted: Wanted, moment: Moment) -> Iterator[tuple[Occasion, Chosen]]:
    among = _among(wanted.projects)
    if wanted.every is not None:
        name = period(moment.today, wanted.every)
        yield Occasion(name, "period", period=name), among
    if wanted.at_start:
        yield (
            Occasion("Work first seen in progress", "start", period="start"),
            lambda source: sa.and_(among(source), _begun(source), _without(source)),
        )


def _among(condition: str | None) -> Chosen:
    resolved = None if condition is None else resolve(read(condition), "project")

    def chosen(source: StoreSource) -> Truth:
        active: Truth = source.base.c.state == "active"
        return active if resolved is None else sa.and_(active, compiled(resolved, source))

    return chosen


def _begun(source: StoreSource) -> Truth:
    """Work is in progress, or was: some of it is done."""
    own, task = source.base.c, TASK.alias()
    return (
        sa.select(sa.literal(1))
        .where(
            task.c.connection_id == own.connection_id,
            task.c.project_id == own.id,
            task.c.gone_at.is_(None),
            task.c.status.in_(("in_progress", "done")),
        )
        .exists()
    )


def _without(source: StoreSource) -> Truth:
    own, row = source.base.c, BASELINE.alias()
    held = sa.select(sa.literal(1)).where(
        row.c.connection_id == own.connection_id,
        row.c.project_id == own.id,
        row.c.removed_at.is_(None),
    )
    return sa.not_(held.exists())
