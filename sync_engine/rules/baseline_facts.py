"""The facts of tasks, milestones and projects that compare them with a baseline of their project.

The *first* baseline is what was agreed in the beginning, the *current* one the latest; both leave
out those that were removed. Without a baseline nothing can be compared, and all is unknown but
that there is none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import sqlalchemy as sa

from sync_engine.rules.dialect import Column, Truth
from sync_engine.rules.joins import TASK, count_if, is_put_away_done, table
from sync_engine.rules.sources import Builder, StoreSource, Value
from sync_engine.rules.working_days import working_days_between
from sync_engine.store.baseline_models import Baseline, BaselineMilestone, BaselineTask

BASELINE, PLANNED, PLANNED_MILESTONE = map(table, (Baseline, BaselineTask, BaselineMilestone))
Which = Literal["first", "current"]


def _standing(source: StoreSource) -> Any:
    """Which baselines the subject's project has: the first, the current, how many."""
    own = source.base.c
    project = own.id if source.subject == "project" else own.project_id

    def make() -> tuple[Any, Truth]:
        row = BASELINE.alias()
        grouped = (
            sa.select(
                row.c.connection_id,
                row.c.project_id,
                sa.func.min(row.c.id).label("first"),
                sa.func.max(row.c.id).label("current"),
                sa.func.count().label("total"),
            )
            .where(row.c.removed_at.is_(None))
            .group_by(row.c.connection_id, row.c.project_id)
            .cte()
        )
        return grouped, sa.and_(
            grouped.c.connection_id == own.connection_id, grouped.c.project_id == project
        )

    return source.join("baselines", make)


def _known(source: StoreSource) -> Truth:
    known: Truth = _standing(source).c.current.is_not(None)
    return known


def _baseline(source: StoreSource, which: Which) -> Any:
    """The baseline itself."""
    standing = _standing(source)

    def make() -> tuple[Any, Truth]:
        row = BASELINE.alias(f"{which}_baseline")
        return row, row.c.id == standing.c[which]

    return source.join(f"{which} baseline", make)


def _planned(source: StoreSource, which: Which) -> Any:
    """The subject itself, as the baseline has it."""
    standing, own = _standing(source), source.base.c
    target, column = (
        (PLANNED, "task_id") if source.subject == "task" else (PLANNED_MILESTONE, "milestone_id")
    )

    def make() -> tuple[Any, Truth]:
        row = target.alias(f"{which}_planned")
        return row, sa.and_(row.c.baseline_id == standing.c[which], row.c[column] == own.id)

    return source.join(f"{which} planned", make)


def _as_planned(type: str, column: str, which: Which = "current") -> Builder:
    return lambda s: Value(type, _planned(s, which).c[column], known=_known(s))


def _in_baseline(source: StoreSource) -> Value:
    there = _planned(source, "current").c.baseline_id.is_not(None)
    return Value("yes/no", there, known=_known(source), null="unknown")


def _slip(which: Which) -> Builder:
    """Of due dates: empty where either is missing."""

    def build(source: StoreSource) -> Value:
        planned, due = _planned(source, which).c.due_on, source.base.c.due_on
        slipped = working_days_between(planned, due, source.frame.moment)
        return Value("number", slipped, known=_known(source))

    return build


_OF_BOTH: dict[str, Builder] = {
    "in_baseline": _in_baseline,
    "baseline_due": _as_planned("day", "due_on"),
    "first_baseline_due": _as_planned("day", "due_on", "first"),
    "slip": _slip("current"),
    "first_slip": _slip("first"),
}
BASELINE_OF_MILESTONE = _OF_BOTH
BASELINE_OF_TASK: dict[str, Builder] = {
    **_OF_BOTH,
    "baseline_start": _as_planned("day", "start_on"),
    "baseline_estimate": _as_planned("minutes", "estimate_minutes"),
}


def _now(source: StoreSource) -> Any:
    """The plan as it is: its tasks that are not cancelled, and those among them that the current
    baseline lacks. Subtasks are no scope of their own; what is done and archived stays."""
    standing, own, task, planned = _standing(source), source.base.c, TASK.alias(), PLANNED.alias()

    def make() -> tuple[Any, Truth]:
        here = sa.and_(
            standing.c.connection_id == task.c.connection_id,
            standing.c.project_id == task.c.project_id,
        )
        same = sa.and_(planned.c.baseline_id == standing.c.current, planned.c.task_id == task.c.id)
        counts = task.c.type != "subtask"
        new, stands = planned.c.task_id.is_(None), task.c.status.is_distinct_from("cancelled")
        grouped = (
            sa.select(
                task.c.connection_id,
                task.c.project_id.label("id"),
                count_if(sa.and_(counts, stands)).label("total"),
                count_if(sa.and_(counts, stands, new)).label("added"),
                count_if(sa.and_(counts, task.c.status.is_(None))).label("unknown"),
                sa.func.max(sa.case((stands, task.c.due_on))).label("last_due_on"),
            )
            .select_from(task.join(standing, here).outerjoin(planned, same))
            .where(sa.or_(task.c.gone_at.is_(None), is_put_away_done(task)))
            .group_by(task.c.connection_id, task.c.project_id)
            .cte()
        )
        return grouped, sa.and_(
            grouped.c.connection_id == own.connection_id, grouped.c.id == own.id
        )

    return source.join("plan now", make)


def fate_of(task: Any, project_id: Column) -> Column:
    """What became of a task of the plan.

    Gone counts as removed only where the tool has deleted it, or put it away unfinished; what is
    out of sight is lost: nobody can say.
    """
    gone, status = task.c.gone_at.is_not(None), task.c.status
    archived = sa.and_(gone, task.c.gone_reason == "archived")
    return sa.case(
        (task.c.id.is_(None), "lost"),
        (sa.and_(gone, task.c.gone_reason == "moved"), "moved"),
        (sa.and_(gone, task.c.gone_reason == "deleted"), "removed"),
        (is_put_away_done(task), "kept"),
        (sa.and_(archived, status.is_not(None)), "removed"),
        (gone, "lost"),
        (task.c.project_id.is_distinct_from(project_id), "moved"),
        (status.is_(None), "lost"),
        (status == "cancelled", "removed"),
        else_="kept",
    )


def _is_untold(task: Any) -> Truth:
    """Nobody can say how far a task of the plan is that went to another project: out of our sight,
    or to where its status word is not mapped."""
    return sa.or_(task.c.gone_at.is_not(None), task.c.status.is_(None))


def _since(source: StoreSource, which: Which) -> Any:
    """What became of the plan, and its value by today.

    Earned value management (ANSI/EIA-748; PMI's Standard for Earned Value Management) by the
    0/100 rule: planned value is the baseline's effort of what was due before today, earned value
    that of what is done. Of tasks with a due date in the baseline; parts instead of wholes. What
    was done and has gone since stays earned.
    """
    standing, own, task, planned = _standing(source), source.base.c, TASK.alias(), PLANNED.alias()

    def make() -> tuple[Any, Truth]:
        same = sa.and_(
            task.c.connection_id == standing.c.connection_id, task.c.id == planned.c.task_id
        )
        fate, counts = fate_of(task, standing.c.project_id), planned.c.type != "subtask"
        valued = sa.and_(planned.c.whole.is_(False), planned.c.due_on.is_not(None))
        due = sa.and_(valued, planned.c.due_on < source.frame.moment.today)
        done = sa.and_(valued, task.c.status == "done")
        unseen = sa.and_(
            valued,
            sa.or_(fate == "lost", sa.and_(fate == "moved", _is_untold(task))),
            task.c.status.is_distinct_from("done"),
        )
        effort = planned.c.estimate_minutes
        grouped = (
            sa.select(
                standing.c.connection_id,
                standing.c.project_id.label("id"),
                *(count_if(sa.and_(counts, fate == each)).label(each)
                  for each in ("removed", "moved", "lost")),
                count_if(fate == "lost").label("lost_of_all"),
                count_if(due).label("due"),
                count_if(done).label("done"),
                count_if(unseen).label("unseen"),
                count_if(sa.and_(valued, effort.is_(None))).label("unsized"),
                sa.func.sum(sa.case((due, effort)), type_=sa.Integer()).label("planned_value"),
                sa.func.sum(sa.case((done, effort)), type_=sa.Integer()).label("earned_value"),
            )
            .select_from(
                standing.join(planned, planned.c.baseline_id == standing.c[which])
                .outerjoin(task, same)
            )
            .group_by(standing.c.connection_id, standing.c.project_id)
            .cte()
        )  # fmt: skip
        return grouped, sa.and_(
            grouped.c.connection_id == own.connection_id, grouped.c.id == own.id
        )

    return source.join(f"since {which}", make)


def _none(*counts: Column) -> Truth:
    """All of these counts are 0; so are they where there was nothing to count."""
    return sa.and_(*(sa.func.coalesce(each, 0) == 0 for each in counts))


def _unless(type: str, value: Column, source: StoreSource, *unknown: Column) -> Value:
    """A value that is known where there is a baseline and none of the counts says otherwise."""
    return Value(type, value, known=sa.and_(_known(source), _none(*unknown)))


def _fates(name: str) -> Callable[[StoreSource], Value]:
    def build(source: StoreSource) -> Value:
        since = _since(source, "current").c
        return _unless("number", sa.func.coalesce(since[name], 0), source, since.lost)

    return build


def _added(source: StoreSource) -> Value:
    now = _now(source).c
    return _unless("number", sa.func.coalesce(now.added, 0), source, now.unknown)


def _share(part: Callable[[StoreSource], Value]) -> Builder:
    """Of the tasks of the current baseline; empty where it had none."""

    def build(source: StoreSource) -> Value:
        value, whole = part(source), _baseline(source, "current").c.tasks
        share = sa.case((whole > 0, value.expr * 100.0 / whole))
        return Value("percent", share, known=value.known)

    return build


def _growth(which: Which) -> Builder:
    """By how much there is more to do than there was: (tasks now - tasks then) / tasks then."""

    def build(source: StoreSource) -> Value:
        now, lost = _now(source).c, _since(source, which).c.lost
        then = _baseline(source, which).c.tasks
        growth = sa.case((then > 0, (sa.func.coalesce(now.total, 0) - then) * 100.0 / then))
        return _unless("percent", growth, source, now.unknown, lost)

    return build


def _finish(which: Which) -> Builder:
    """A project is to be finished when it says so itself, else when its last task is due."""
    return lambda s: Value(
        "day",
        sa.func.coalesce(_baseline(s, which).c.due_on, _baseline(s, which).c.last_due_on),
        known=_known(s),
    )


def _finish_slip(which: Which) -> Builder:
    """Compared is like with like: due dates of the project, or last due dates of its tasks, as
    long as none of these is out of sight."""

    def build(source: StoreSource) -> Value:
        then, now, own = _baseline(source, which).c, _now(source).c, source.base.c
        moment = source.frame.moment
        own_dates = sa.and_(then.due_on.is_not(None), own.due_on.is_not(None))
        neither = sa.and_(then.due_on.is_(None), own.due_on.is_(None))
        slipped = sa.case(
            (own_dates, working_days_between(then.due_on, own.due_on, moment)),
            (neither, working_days_between(then.last_due_on, now.last_due_on, moment)),
        )
        seen = sa.or_(own_dates, _none(_since(source, which).c.lost_of_all))
        return Value("number", slipped, known=sa.and_(_known(source), seen), null="unknown")

    return build


def _planned_value(source: StoreSource) -> Value:
    since = _since(source, "current").c
    return _unless("minutes", sa.func.coalesce(since.planned_value, 0), source, since.unsized)


def _earned_value(source: StoreSource) -> Value:
    since = _since(source, "current").c
    value = sa.func.coalesce(since.earned_value, 0)
    return _unless("minutes", value, source, since.unsized, since.unseen)


def _index(source: StoreSource) -> Value:
    """SPI = earned value / planned value; empty while nothing was to be done yet."""
    since = _since(source, "current").c
    earned = sa.func.coalesce(since.earned_value, 0)
    index = sa.case((since.planned_value > 0, earned * 1.0 / since.planned_value))
    return _unless("number", index, source, since.unsized, since.unseen)


def _index_by_count(source: StoreSource) -> Value:
    """The same with every task worth as much as any other, for plans without estimates."""
    since = _since(source, "current").c
    index = sa.case((since.due > 0, since.done * 1.0 / since.due))
    return _unless("number", index, source, since.unseen)


BASELINE_OF_PROJECT: dict[str, Builder] = {
    "has_baseline": lambda s: Value("yes/no", _known(s), null="unknown"),
    "baselines": lambda s: sa.func.coalesce(_standing(s).c.total, 0),
    "baseline_at": lambda s: _baseline(s, "current").c.taken_at,
    "first_baseline_at": lambda s: _baseline(s, "first").c.taken_at,
    "baseline_tasks": lambda s: Value("number", _baseline(s, "current").c.tasks, known=_known(s)),
    "baseline_due": _finish("current"),
    "first_baseline_due": _finish("first"),
    "finish_slip": _finish_slip("current"),
    "first_finish_slip": _finish_slip("first"),
    "added_tasks": _added,
    "removed_tasks": _fates("removed"),
    "moved_tasks": _fates("moved"),
    "added_share": _share(_added),
    "removed_share": _share(_fates("removed")),
    "scope_growth": _growth("current"),
    "first_scope_growth": _growth("first"),
    "planned_value": _planned_value,
    "earned_value": _earned_value,
    "spi": _index,
    "spi_by_count": _index_by_count,
}
