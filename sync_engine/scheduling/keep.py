"""Keeping the results: which projects have to be analysed anew, and what is written.

Results follow from what is stored and from the day, so they can be made anew at any time. They
are written before an assessment, so that standards read them like any other column.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from sync_engine.rules.baseline_facts import BASELINE
from sync_engine.rules.calendars import Moment
from sync_engine.rules.catalogue import SCHEDULE
from sync_engine.rules.frames import connections
from sync_engine.rules.joins import CHANGE, LINK, MILESTONE, PROJECT, TASK, table
from sync_engine.rules.sources import ConnectionInfo
from sync_engine.rules.standards import Standard
from sync_engine.schedule.axis import Axis
from sync_engine.schedule.model import Schedule
from sync_engine.schedule.work import UNMAPPED, may_be_undated
from sync_engine.scheduling.read import Plan, plan
from sync_engine.store.engine import reading
from sync_engine.store.locks import Lock, hold
from sync_engine.store.models import Run
from sync_engine.store.schedule_models import ScheduleResult, TaskSchedule

METHOD = "11"  # changes with the way to compute, so that kept results are made anew
CHUNK = 500
UNDATED = "schedule-undated"
"""The standard over what is undated, which is no point of DCMA's."""

RESULT, FLOAT, _RUN = table(ScheduleResult), table(TaskSchedule), table(Run)
COLUMNS = {
    "D01": "open_ends_share", "D02": "leads", "D03": "lags_share", "D04": "finish_to_start_share",
    "D06": "high_float_share", "D07": "negative_float", "D08": "high_duration_share",
    "D09": "invalid_dates", "D10": "unresourced", "D11": "missed_share",
    "D12": "critical_path_test", "D13": "cpli", "D14": "bei",
    "D15": "dependency_conflicts", "D16": "dependency_cycles",
}  # fmt: skip
"""Which point is kept in which column."""


def needed(standards: Iterable[Standard]) -> bool:
    """Whether any standard in force rests on the results."""
    computed = {(fact.subject, fact.name) for fact in SCHEDULE}
    return any(
        (fact.subject, fact.name) in computed
        for standard in standards
        if standard.enabled
        for fact in standard.needed()
    )


def refresh(engine: sa.Engine, moment: Moment, limits: Mapping[str, float] | None = None) -> int:
    """Analyse every project whose result no longer holds; how many those were.

    Args:
        limits: thresholds of points other than by default. A count that may be too small is kept
            only where it breaks its threshold all the same.
    """
    mark = basis(moment, limits)
    count = 0
    with reading(engine) as connection:
        tools = connections(connection, moment, None)
    for tool in tools:
        if not tool.has(("link.type", "task.project_id")):
            continue
        with reading(engine) as connection:
            run = _last_run(connection, tool.id)
            live, kept = _live(connection, tool.id), _kept(connection, tool.id)
            outdated = sorted(_outdated(connection, tool, moment, live, run, mark))
        for project in outdated:
            with reading(engine) as connection:
                held = plan(connection, tool, project, moment)
            found = held.analysed(moment, limits)
            most = (limits or {}).get(UNDATED, 0)
            row = result_row(held, found, run, moment, mark, most)
            _write(engine, held, found, row, run)
        count += len(outdated)
        _bring_forward(engine, tool.id, run)
        if kept - live:
            _forget(engine, tool.id)
    return count


def basis(moment: Moment, limits: Mapping[str, float] | None = None) -> str:
    """Changes whenever results would be others though data and day are the same."""
    calendar = moment.calendar
    parts = (METHOD, calendar.country, calendar.region, sorted(calendar.days_off),
             sorted(calendar.weekend), moment.zone.key, sorted((limits or {}).items()))  # fmt: skip
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def _last_run(connection: sa.Connection, tool: int) -> int:
    ended = sa.and_(_RUN.c.connection_id == tool, _RUN.c.ended_at.is_not(None))
    return connection.execute(sa.select(sa.func.max(_RUN.c.id)).where(ended)).scalar_one() or 0


def _live(connection: sa.Connection, tool: int) -> set[str]:
    there = sa.and_(PROJECT.c.connection_id == tool, PROJECT.c.gone_at.is_(None))
    return set(connection.execute(sa.select(PROJECT.c.id).where(there)).scalars())


def _kept(connection: sa.Connection, tool: int) -> set[str]:
    mine = RESULT.c.connection_id == tool
    return set(connection.execute(sa.select(RESULT.c.project_id).where(mine)).scalars())


def _outdated(
    connection: sa.Connection,
    tool: ConnectionInfo,
    moment: Moment,
    live: set[str],
    run: int,
    mark: str,
) -> set[str]:
    holding = connection.execute(
        sa.select(RESULT.c.project_id, RESULT.c.run_id, RESULT.c.baseline_id).where(
            RESULT.c.connection_id == tool.id,
            RESULT.c.day == moment.today,
            RESULT.c.basis == mark,
        )
    )
    agreed = _baselines(connection, tool.id)
    runs = {
        row.project_id: row.run_id
        for row in holding
        if row.baseline_id == agreed.get(row.project_id)
    }
    if not runs:
        return live
    since, found = min(runs.values()), live.difference(runs)
    if run > since:  # else nothing was read since the oldest of the results was made
        for statement in _changed(tool.id, since):
            found.update(connection.execute(statement).scalars())
    return found & live


def _baselines(connection: sa.Connection, tool: int) -> dict[str, int]:
    """By project: its current baseline."""
    rows = connection.execute(
        sa.select(BASELINE.c.project_id, sa.func.max(BASELINE.c.id).label("id"))
        .where(BASELINE.c.connection_id == tool, BASELINE.c.removed_at.is_(None))
        .group_by(BASELINE.c.project_id)
    )
    return {row.project_id: row.id for row in rows}


def _changed(tool: int, since: int) -> Iterator[sa.Select[Any]]:
    """Statements that find the projects touched by later runs, linked with a task that was, or
    with tasks under another project's milestone that was."""

    def later(row: Any) -> sa.ColumnElement[bool]:
        return sa.and_(row.c.connection_id == tool, row.c.run_id > since)

    yield sa.select(PROJECT.c.id).where(later(PROJECT))
    for row in (TASK, MILESTONE):
        yield (
            sa.select(row.c.project_id).where(later(row), row.c.project_id.is_not(None)).distinct()
        )
    yield (
        sa.select(TASK.c.project_id)
        .select_from(MILESTONE.join(TASK, _is(MILESTONE, TASK.c.milestone_id, TASK)))
        .where(later(MILESTONE), TASK.c.project_id.is_not(None))
        .distinct()
    )
    other = TASK.alias()
    for near, far in ((LINK.c.from_id, LINK.c.to_id), (LINK.c.to_id, LINK.c.from_id)):
        yield (
            sa.select(TASK.c.project_id)
            .select_from(LINK.join(TASK, _is(TASK, near)))
            .where(later(LINK), TASK.c.project_id.is_not(None))
            .distinct()
        )
        yield (
            sa.select(TASK.c.project_id)
            .select_from(other.join(LINK, _is(other, near)).join(TASK, _is(TASK, far)))
            .where(later(other), TASK.c.project_id.is_not(None))
            .distinct()
        )
    # a task that was moved is missed by the project that it left
    yield sa.select(CHANGE.c.old).where(later(CHANGE), CHANGE.c.field == "project_id").distinct()
    moved = sa.and_(
        FLOAT.c.connection_id == tool, FLOAT.c.project_id.is_distinct_from(TASK.c.project_id)
    )
    yield (
        sa.select(FLOAT.c.project_id)
        .select_from(FLOAT.join(TASK, _is(TASK, FLOAT.c.task_id, FLOAT)))
        .where(moved)
        .distinct()
    )


def _is(task: Any, id: Any, row: Any = LINK) -> sa.ColumnElement[bool]:
    return sa.and_(task.c.connection_id == row.c.connection_id, task.c.id == id)


def _linked(held: Plan) -> set[str]:
    return {end for link in held.dependencies for end in (link.before, link.after)}


def result_row(
    held: Plan, found: Schedule, run: int, moment: Moment, mark: str, most_undated: float = 0
) -> dict[str, Any]:
    """What is kept of a project's schedule."""
    values: dict[str, Any] = {}
    for ref, column in COLUMNS.items():
        point = found.point(ref)
        value = point.value
        if point.missing and point.answer == "not assessable":
            value = None  # as many as we see are within the threshold, but there may be more
        of_count = not isinstance(RESULT.c[column].type, sa.Float)
        values[column] = int(value) if value is not None and of_count else value
    if values["critical_path_test"] is not None:
        values["critical_path_test"] = bool(values["critical_path_test"])
    connection_id, project_id = held.key
    return {
        "connection_id": connection_id, "project_id": project_id, "day": moment.today,
        "run_id": run, "basis": mark, "baseline_id": held.baseline_id,
        "dependencies": found.dependencies,
        "open_activities": found.open if held.active else 0,
        "undated_activities": _undated(held, found, moment, most_undated),
        "forecast_finish": found.finish, **values,
    }  # fmt: skip


def _undated(held: Plan, found: Schedule, moment: Moment, most: float) -> int | None:
    """Of how many linked activities nobody knows how long they take. None: of no more than
    `most` that are open, but there are others that may be."""
    reasons = {id: found.unassessable[id] for id in _linked(held) & found.unassessable.keys()}
    count = sum(why != UNMAPPED for why in reasons.values())
    axis = Axis(moment.calendar, moment.today)
    doubtful = (each for each in held.activities if reasons.get(each.id) == UNMAPPED)
    few = count <= most
    return None if few and any(may_be_undated(each, axis) for each in doubtful) else count


def float_rows(held: Plan, found: Schedule, run: int) -> dict[str, dict[str, Any]]:
    """What is kept of its tasks: those that have links."""
    connection_id, project_id = held.key
    rows = {}
    for id in sorted(_linked(held) & found.timings.keys()):
        timing = found.timings[id]
        rows[id] = {
            "connection_id": connection_id, "task_id": id, "project_id": project_id,
            "run_id": run, "total_float": timing.total_float, "critical": timing.critical,
            "conflicts": found.conflicts.get(id, 0),
        }  # fmt: skip
    return rows


@contextmanager
def _writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction that no other process that keeps results is in."""
    with engine.begin() as connection:
        hold(connection, Lock.SCHEDULES)
        yield connection


def _write(
    engine: sa.Engine, held: Plan, found: Schedule, row: Mapping[str, Any], run: int
) -> None:
    connection_id, project_id = held.key
    mine = sa.and_(RESULT.c.connection_id == connection_id, RESULT.c.project_id == project_id)
    rows = float_rows(held, found, run)
    with _writing(engine) as connection:
        connection.execute(sa.delete(RESULT).where(mine))
        connection.execute(sa.insert(RESULT), row)
        before = connection.execute(
            sa.select(FLOAT).where(
                FLOAT.c.connection_id == connection_id, FLOAT.c.project_id == project_id
            )
        ).mappings()
        kept = {row["task_id"]: dict(row) for row in before}
        changed = [row for id, row in rows.items() if _differs(row, kept.get(id))]
        going = [*kept.keys() - rows.keys(), *(row["task_id"] for row in changed)]
        for start in range(0, len(going), CHUNK):
            some = FLOAT.c.task_id.in_(going[start : start + CHUNK])
            connection.execute(sa.delete(FLOAT).where(FLOAT.c.connection_id == connection_id, some))
        if changed:
            connection.execute(sa.insert(FLOAT), changed)


def _differs(row: Mapping[str, Any], kept: Mapping[str, Any] | None) -> bool:
    return kept is None or any(
        row[name] != kept[name] for name in ("total_float", "critical", "conflicts")
    )


def _bring_forward(engine: sa.Engine, tool: int, run: int) -> None:
    """Results that a later run did not touch hold as of that run too."""
    older = sa.and_(RESULT.c.connection_id == tool, RESULT.c.run_id < run)
    with reading(engine) as connection:
        if connection.execute(sa.select(RESULT.c.project_id).where(older).limit(1)).first() is None:
            return
    with _writing(engine) as connection:
        connection.execute(sa.update(RESULT).where(older).values(run_id=run))


def _forget(engine: sa.Engine, tool: int) -> None:
    """Results of projects that are gone."""
    live = sa.select(PROJECT.c.id).where(
        PROJECT.c.connection_id == tool, PROJECT.c.gone_at.is_(None)
    )
    with _writing(engine) as connection:
        for row in (RESULT, FLOAT):
            connection.execute(
                sa.delete(row).where(row.c.connection_id == tool, row.c.project_id.not_in(live))
            )
