"""Portfolios: projects of any tool under one name, and the facts of them together.

A portfolio is no record of a tool but a name: what projects say in their field "Portfolio", else
the name of the project that they are part of. Its key is that name with A to Z made small.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, Literal

import sqlalchemy as sa

from sync_engine.rules.dialect import Column, FieldRows, Truth, ascii_lower, latest
from sync_engine.rules.joins import OPEN, PROJECT, TASK, count_if, settled, table
from sync_engine.rules.relations import summed_up, sums, task_source
from sync_engine.rules.sources import Builder, Frame, Measures, StoreSource, Tally, Value
from sync_engine.store.models import StatusUpdateRow

REPORT = table(StatusUpdateRow)
RECENT = timedelta(days=30)
"""Older reports say nothing of how a project stands today."""


def members(frame: Frame) -> Any:
    """Every project in a portfolio: its connection, id, state, and the portfolio's key and name.

    One that we may no longer see is a member still, `lost`: nobody can say how it stands.
    """
    project, parent = PROJECT.alias(), PROJECT.alias()
    said = FieldRows(project.c.custom, "Portfolio", frame.dialect).first_text()
    name = sa.func.coalesce(said, parent.c.name)
    above = sa.and_(
        parent.c.connection_id == project.c.connection_id, parent.c.id == project.c.parent_id
    )
    named = (
        sa.select(
            project.c.connection_id, project.c.id, project.c.state, project.c.updated_at,
            name.label("name"), project.c.gone_at.is_not(None).label("lost"),
        )
        .select_from(project.outerjoin(parent, above))
        .where(
            sa.or_(project.c.gone_at.is_(None), project.c.gone_reason == "access_lost"),
            frame.configured(project.c.connection_id),
        )
        .subquery()
    )  # fmt: skip
    return (
        sa.select(named, ascii_lower(named.c.name).label("portfolio"))
        .where(named.c.name != "")
        .cte()
    )


def portfolios(frame: Frame) -> Any:
    """One row a portfolio, with what its projects count."""
    each = members(frame)
    return (
        sa.select(
            sa.literal(0).label("nowhere"),
            each.c.portfolio.label("id"),
            sa.func.min(each.c.name).label("name"),
            sa.func.count().label("projects"),
            count_if(each.c.lost).label("lost"),
            sa.func.count(each.c.connection_id.distinct()).label("tools"),
            count_if(each.c.state == "active").label("active"),
            count_if(each.c.state.is_(None)).label("stateless"),
        )
        .group_by(each.c.portfolio)
        .subquery("t")
    )


def _in_sight(source: StoreSource) -> Truth:
    found: Truth = source.base.c.lost == 0
    return found


def _told(source: StoreSource, needs: Sequence[str]) -> Truth:
    """Whether all its projects are in our sight, and their tools can tell this."""
    silent = [c.id for c in source.frame.connections if not c.has(needs)]
    if not silent:
        return _in_sight(source)

    def make() -> tuple[Any, Truth]:
        each = members(source.frame)
        grouped = (
            sa.select(each.c.portfolio, count_if(each.c.connection_id.in_(silent)).label("silent"))
            .group_by(each.c.portfolio)
            .cte()
        )
        return grouped, grouped.c.portfolio == source.base.c.id

    return sa.and_(_in_sight(source), source.join(f"silent {' '.join(needs)}", make).c.silent == 0)


def _tasks(source: StoreSource) -> Any:
    def make() -> tuple[Any, Truth]:
        each, task = members(source.frame), TASK.alias()
        here = sa.and_(
            task.c.connection_id == each.c.connection_id, task.c.project_id == each.c.id,
            task.c.gone_at.is_(None),
        )  # fmt: skip
        is_open = task.c.status.in_(OPEN)
        overdue = sa.and_(is_open, task.c.due_on < source.frame.moment.today)
        grouped = (
            sa.select(
                each.c.portfolio,
                count_if(is_open).label("open"),
                count_if(overdue).label("overdue"),
                count_if(sa.and_(task.c.id.is_not(None), task.c.status.is_(None))).label("unknown"),
                sa.func.max(task.c.updated_at).label("last"),
                sa.func.max(each.c.updated_at).label("last_project"),
            )
            .select_from(each.outerjoin(task, here))
            .group_by(each.c.portfolio)
            .cte()
        )
        return grouped, grouped.c.portfolio == source.base.c.id

    return source.join("tasks", make)


def _reports(source: StoreSource) -> Any:
    """Its active projects by their last report, if that is recent."""

    def make() -> tuple[Any, Truth]:
        each, row, newest = members(source.frame), REPORT.alias(), REPORT.alias()
        since = source.frame.moment.now - RECENT
        last = (
            sa.select(row.c.connection_id, row.c.project_id, sa.func.max(row.c.at).label("at"))
            .where(row.c.gone_at.is_(None))
            .group_by(row.c.connection_id, row.c.project_id)
            .cte()
        )
        told = (
            sa.select(last.c.connection_id, last.c.project_id, last.c.at)
            .add_columns(sa.func.min(newest.c.health).label("health"))
            .select_from(
                last.join(
                    newest,
                    sa.and_(
                        newest.c.connection_id == last.c.connection_id,
                        newest.c.project_id == last.c.project_id,
                        newest.c.at == last.c.at,
                        newest.c.gone_at.is_(None),
                    ),
                )
            )
            .group_by(last.c.connection_id, last.c.project_id, last.c.at)
            .cte()
        )
        here = sa.and_(told.c.connection_id == each.c.connection_id, told.c.project_id == each.c.id)
        recent = told.c.at >= since
        grouped = (
            sa.select(
                each.c.portfolio,
                count_if(sa.and_(recent, told.c.health == "off_track")).label("red"),
                count_if(sa.and_(recent, told.c.health.is_not(None))).label("rated"),
                count_if(sa.func.coalesce(told.c.at < since, sa.true())).label("silent"),
            )
            .select_from(each.outerjoin(told, here))
            .where(each.c.state == "active")
            .group_by(each.c.portfolio)
            .cte()
        )
        return grouped, grouped.c.portfolio == source.base.c.id

    return source.join("reports", make)


def _of(kind: str, needs: tuple[str, ...], column: Callable[[StoreSource], Column]) -> Builder:
    """A number is never empty: where it is not there, nobody can say it."""
    null: Literal["empty", "unknown"] = "unknown" if kind == "number" else "empty"
    return lambda s: Value(kind, column(s), known=_told(s, needs), null=null)


def _share(part: Column, whole: Column) -> Column:
    return sa.case((whole > 0, part * 100.0 / whole))


def _open(source: StoreSource) -> Column:
    return settled(_tasks(source).c.open, _tasks(source).c.unknown)


def _overdue(source: StoreSource) -> Column:
    return settled(_tasks(source).c.overdue, _tasks(source).c.unknown)


def _overdue_share(source: StoreSource) -> Value:
    """Empty without open tasks, unknown while the status of some is."""
    counts = _tasks(source).c
    known = sa.and_(_told(source, OVERDUE_NEEDS), sa.func.coalesce(counts.unknown, 0) == 0)
    return Value("percent", _share(counts.overdue, counts.open), known=known)


OPEN_NEEDS = ("task.project_id", "task.status")
OVERDUE_NEEDS = (*OPEN_NEEDS, "task.due_on")
REPORT_NEEDS = ("project.state", "statusupdate.at")
HEALTH_NEEDS = (*REPORT_NEEDS, "statusupdate.health")
PORTFOLIO_FACTS: dict[str, Builder] = {
    "projects": _of("number", (), lambda s: s.base.c.projects),
    "tools": _of("number", (), lambda s: s.base.c.tools),
    "active_projects": _of(
        "number", ("project.state",), lambda s: settled(s.base.c.active, s.base.c.stateless)
    ),
    "open_tasks": _of("number", OPEN_NEEDS, _open),
    "overdue_tasks": _of("number", OVERDUE_NEEDS, _overdue),
    "overdue_share": _overdue_share,
    "off_track_projects": _of(
        "number", HEALTH_NEEDS, lambda s: sa.func.coalesce(_reports(s).c.red, 0)
    ),
    "off_track_share": _of(
        "percent", HEALTH_NEEDS, lambda s: _share(_reports(s).c.red, _reports(s).c.rated)
    ),
    "unreported_projects": _of(
        "number", REPORT_NEEDS, lambda s: sa.func.coalesce(_reports(s).c.silent, 0)
    ),
    "last_activity": _of(
        "instant", ("task.project_id", "task.updated_at"),
        lambda s: latest(_tasks(s).c.last, _tasks(s).c.last_project),
    ),
}  # fmt: skip


def tally_of_portfolio(source: StoreSource, measures: Measures) -> Tally:
    """The tasks of all its projects."""
    each, inner = members(source.frame), task_source(source.frame, TASK.alias(), root=False)
    task = inner.base.c
    here = sa.and_(each.c.connection_id == task.connection_id, each.c.id == task.project_id)
    grouped = sums(
        inner, measures, [each.c.portfolio.label("id")], lambda: inner.origin.join(each, here)
    )
    source.join(source.unused("tally"), lambda: (grouped, grouped.c.id == source.base.c.id))
    return summed_up(grouped), _told(source, ("task.project_id",))


def touched_by(connection: sa.Connection, frame: Frame, connection_ids: Sequence[int]) -> set[str]:
    """Keys of the portfolios with a project in any of these connections."""
    each = members(frame)
    wanted = sa.select(each.c.portfolio).where(each.c.connection_id.in_(connection_ids)).distinct()
    return set(connection.execute(wanted).scalars())
