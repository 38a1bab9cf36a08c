"""A project as the network of its activities, read from the store."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from sync_engine.clock import day_in
from sync_engine.rules.baseline_facts import BASELINE, PLANNED, fate_of
from sync_engine.rules.calendars import Moment
from sync_engine.rules.joins import LINK, MILESTONE, PROJECT, TASK, is_put_away_done
from sync_engine.rules.scan import Key
from sync_engine.rules.sources import ConnectionInfo
from sync_engine.schedule.analysis import analyse
from sync_engine.schedule.model import Activity, Agreed, Dependency, Schedule, State
from sync_engine.scheduling.words import kind_of

CHUNK = 500
STATES: Mapping[str | None, State] = {"todo": "open", "in_progress": "started", "done": "done"}
NEEDED = (
    "task.status", "task.due_on", "task.assignee_ids", "link.type", "link.lag_minutes",
)  # fmt: skip
"""Fields whose lack makes points not assessable."""

_COLUMNS = tuple(
    TASK.c[name]
    for name in (
        "id", "key", "title", "url", "project_id", "parent_id", "type", "status", "start_on",
        "due_on", "started_at", "completed_at", "estimate_minutes", "remaining_minutes",
        "percent_complete", "owner_id", "gone_at", "gone_reason",
    )
)  # fmt: skip

_LINK_COLUMNS = tuple(
    LINK.c[name] for name in ("id", "type", "type_label", "from_id", "to_id", "lag_minutes")
)


@dataclass(frozen=True, slots=True)
class Plan:
    """A project's network.

    Args:
        rows: by id: the tasks, for who wants to name them.
        due: when the project is due.
        active: it is neither archived nor closed, as far as the tool can tell.
        lacks: fields that the tool cannot tell of this project.
        baseline_id: its current baseline, if it has one.
        unseen: what that has and is out of sight; see `analyse`.
    """

    key: Key
    name: str
    activities: tuple[Activity, ...]
    dependencies: tuple[Dependency, ...]
    rows: Mapping[str, Any]
    due: date | None
    active: bool
    lacks: frozenset[str]
    baseline_id: int | None = None
    unseen: tuple[Activity, ...] = ()

    def analysed(self, moment: Moment, limits: Mapping[str, float] | None = None) -> Schedule:
        """What its network says as of a moment."""
        return analyse(
            self.activities, self.dependencies, today=moment.today, calendar=moment.calendar,
            due=self.due, lacks=self.lacks, limits=limits, baselined=self.baseline_id is not None,
            unseen=self.unseen,
        )  # fmt: skip


def plan(connection: sa.Connection, tool: ConnectionInfo, id: str, moment: Moment) -> Plan:
    """The network of a project of a connection.

    Activities are the tasks that are linked, and of the others those that stand for no larger or
    smaller ones: a project is judged on the level on which it is linked. What is cancelled,
    deleted, or archived unfinished is no part of it; what is done and archived is.
    """
    project = connection.execute(
        sa.select(PROJECT).where(PROJECT.c.connection_id == tool.id, PROJECT.c.id == id)
    ).one()
    mine = {row.id: row for row in _tasks(connection, tool.id, TASK.c.project_id == id)}
    links = _links(connection, tool.id, id)
    ends = {end for link in links for end in (link.from_id, link.to_id)}
    others = _others(connection, tool.id, ends.difference(mine))
    left_out = {each.id for each in (*mine.values(), *others.values()) if _is_dropped(each)}
    dependencies = _dependencies(links, left_out)
    linked = {end for each in dependencies for end in (each.before, each.after)}
    lacks = _lacks(tool, project.lacks or ())
    judged = _judged(mine, linked).difference(left_out)
    baseline_id = connection.execute(current(tool.id, id)).scalar_one()
    agreed = _agreed(connection, baseline_id)
    owned = "task.assignee_ids" not in lacks
    activities = [
        _activity(mine[n], moment, owned=owned, agreed=agreed.get(n)) for n in sorted(judged)
    ]
    activities += [
        _foreign(n, others.get(n), moment) for n in sorted(linked.difference(mine))
    ]  # fmt: skip
    return Plan(
        (tool.id, id), project.name, tuple(activities), dependencies, {**mine, **others},
        project.due_on, project.state == "active", lacks, baseline_id,
        tuple(_unseen(each, moment) for each in connection.execute(unseen(project, baseline_id))),
    )  # fmt: skip


def _tasks(connection: sa.Connection, tool: int, *where: sa.ColumnElement[bool]) -> Iterable[Any]:
    due = sa.case((MILESTONE.c.state.is_distinct_from("done"), MILESTONE.c.due_on))
    on = sa.and_(
        MILESTONE.c.connection_id == TASK.c.connection_id,
        MILESTONE.c.id == TASK.c.milestone_id,
        MILESTONE.c.gone_at.is_(None),
    )
    return connection.execute(
        sa.select(*_COLUMNS, due.label("milestone_due"))
        .select_from(TASK.outerjoin(MILESTONE, on))
        .where(TASK.c.connection_id == tool, *where)
        .where(sa.or_(TASK.c.gone_at.is_(None), is_put_away_done(TASK)))
    )


def current(tool: int, project: str) -> sa.Select[Any]:
    """The id of a project's current baseline, if it has one."""
    mine = sa.and_(BASELINE.c.connection_id == tool, BASELINE.c.project_id == project)
    return sa.select(sa.func.max(BASELINE.c.id)).where(mine, BASELINE.c.removed_at.is_(None))


def _agreed(connection: sa.Connection, baseline_id: int | None) -> dict[str, Agreed]:
    """By task: what a baseline has of it."""
    rows = connection.execute(sa.select(PLANNED).where(PLANNED.c.baseline_id == baseline_id))
    return {row.task_id: _as_agreed(row) for row in rows}


def _as_agreed(row: Any) -> Agreed:
    return Agreed(start=row.start_on, finish=row.due_on, estimate=row.estimate_minutes)


def unseen(project: Any, baseline_id: int | None) -> sa.Select[Any]:
    """The tasks of a baseline of a project that are out of sight: nobody can say any more how
    they stand, unless they were done by then. Wholes stand for their parts."""
    same = sa.and_(TASK.c.connection_id == project.connection_id, TASK.c.id == PLANNED.c.task_id)
    fate = fate_of(TASK, sa.literal(project.id))
    return (
        sa.select(PLANNED, TASK.c.status.label("last_status"), TASK.c.completed_at)
        .select_from(PLANNED.outerjoin(TASK, same))
        .where(PLANNED.c.baseline_id == baseline_id, PLANNED.c.whole.is_(False))
        .where(sa.or_(TASK.c.id.is_(None), TASK.c.gone_at.is_not(None)))
        .where(fate.in_(("lost", "moved")))
    )


def _unseen(row: Any, moment: Moment) -> Activity:
    return Activity(
        id=row.task_id,
        state="done" if row.last_status == "done" else None,
        actual_finish=_day(row.completed_at, moment),
        agreed=_as_agreed(row),
    )


def _links(connection: sa.Connection, tool: int, project: str) -> list[Any]:
    """Links of which an end is a task of the project, each once."""
    found: dict[str, Any] = {}
    for end in (LINK.c.from_id, LINK.c.to_id):
        on = sa.and_(TASK.c.connection_id == LINK.c.connection_id, TASK.c.id == end)
        rows = connection.execute(
            sa.select(*_LINK_COLUMNS)
            .select_from(LINK.join(TASK, on))
            .where(LINK.c.connection_id == tool, LINK.c.gone_at.is_(None))
            .where(TASK.c.project_id == project, TASK.c.gone_at.is_(None))
        )
        found.update((row.id, row) for row in rows)
    return [row for _, row in sorted(found.items()) if kind_of(row.type, row.type_label)]


def _others(connection: sa.Connection, tool: int, ids: Collection[str]) -> dict[str, Any]:
    """Tasks of other projects, gone ones too."""
    found: dict[str, Any] = {}
    wanted = sorted(ids)
    for start in range(0, len(wanted), CHUNK):
        rows = connection.execute(
            sa.select(*_COLUMNS).where(
                TASK.c.connection_id == tool, TASK.c.id.in_(wanted[start : start + CHUNK])
            )
        )
        found.update((row.id, row) for row in rows)
    return found


def _dependencies(links: Iterable[Any], left_out: Collection[str]) -> tuple[Dependency, ...]:
    found = []
    for link in links:
        kind = kind_of(link.type, link.type_label)
        if kind is not None and link.from_id not in left_out and link.to_id not in left_out:
            found.append(
                Dependency(link.from_id, link.to_id, kind[0], link.lag_minutes or 0, kind[1])
            )
    return tuple(found)


def _judged(tasks: Mapping[str, Any], linked: Collection[str]) -> set[str]:
    """Which tasks are activities: the linked ones, and others that neither have parts nor are a
    part of a linked one."""
    parents = {row.parent_id for row in tasks.values() if row.status != "cancelled"}
    within: dict[str | None, bool] = {None: False}
    for id in tasks:
        path: list[str | None] = []
        at: str | None = id
        while at is not None and at not in within:
            path.append(at)
            within[at] = False  # for now; parents may form a circle
            parent = tasks[at].parent_id if at in tasks else None
            if parent in linked and parent in tasks:
                within[at] = True
            else:
                at = parent
        within.update(dict.fromkeys(path, within[at]))
    return {
        id
        for id, row in tasks.items()
        if id in linked or not (id in parents or row.type == "epic" or within[id])
    }


def _lacks(tool: ConnectionInfo, of_project: Iterable[str]) -> frozenset[str]:
    lacking = {name for name in NEEDED if not tool.has((name,))}
    return frozenset(lacking | {f"task.{name}" for name in of_project})


def _day(at: datetime | None, moment: Moment) -> date | None:
    return None if at is None else day_in(moment.zone, at)


def _activity(row: Any, moment: Moment, *, owned: bool, agreed: Agreed | None) -> Activity:
    milestone = row.type == "milestone"
    deadlines = [row.milestone_due, row.due_on if milestone else None]
    return Activity(
        id=row.id,
        state=STATES.get(row.status),
        start=row.start_on,
        finish=row.due_on,
        actual_start=_day(row.started_at, moment),
        actual_finish=_day(row.completed_at, moment),
        estimate=row.estimate_minutes,
        remaining=row.remaining_minutes,
        percent=row.percent_complete,
        milestone=milestone,
        deadline=min((day for day in deadlines if day is not None), default=None),
        owned=row.owner_id is not None if owned else None,
        agreed=agreed,
    )


def _is_dropped(row: Any) -> bool:
    """Nobody is to do it any more: see `fate_of`, which calls it removed."""
    put_away = row.gone_reason == "archived" and row.status in ("todo", "in_progress")
    return bool(row.status == "cancelled" or row.gone_reason == "deleted" or put_away)


def _is_put_away_done(row: Any) -> bool:
    return bool(row.gone_reason == "archived" and row.status == "done")


def _foreign(id: str, row: Any, moment: Moment) -> Activity:
    """What a task of the project is linked with elsewhere; it may be out of our sight."""
    if row is None or not (row.gone_at is None or _is_put_away_done(row)):
        return Activity(id=id, state=None, external=True)
    return Activity(
        id=id,
        state=STATES.get(row.status),
        start=row.start_on,
        finish=row.due_on,
        actual_start=_day(row.started_at, moment),
        actual_finish=_day(row.completed_at, moment),
        milestone=row.type == "milestone",
        external=True,
    )
