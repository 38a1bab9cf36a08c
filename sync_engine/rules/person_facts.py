"""The facts of people that are more than a column: one human's work across all tools."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from sync_engine.rules.calendars import Moment
from sync_engine.rules.dialect import Column, Truth, list_length
from sync_engine.rules.joins import (
    ASSIGNMENT,
    LEAVE,
    OPEN,
    PERSON,
    TASK,
    count_if,
    is_part,
    joined,
)
from sync_engine.rules.relations import summed_up, sums, task_source
from sync_engine.rules.sources import NULL, Builder, Measures, StoreSource, Tally, Value, both

WEEK = 7
FULL_TIME_MINUTES = 40 * 60
"""A week's work of someone of whom the people file says nothing else."""


def accounts(source: StoreSource) -> Any:
    account = PERSON.alias()

    def make() -> tuple[Any, Truth]:
        frame = source.frame
        grouped = (
            sa.select(
                account.c.identity_id.label("id"),
                sa.func.count(account.c.connection_id.distinct()).label("tools"),
                count_if(account.c.active.is_(True)).label("active"),
                count_if(account.c.active.is_(False)).label("inactive"),
                count_if(account.c.active.is_(None)).label("untold"),
            )
            .where(
                account.c.gone_at.is_(None),
                account.c.identity_id.is_not(None),
                account.c.kind == "human",
                frame.configured(account.c.connection_id),
            )
            .group_by(account.c.identity_id)
            .cte()
        )
        return grouped, grouped.c.id == source.base.c.id

    return source.join("accounts", make)


def _active(source: StoreSource) -> Column:
    held = accounts(source).c
    # An account of which the tool does not tell it may be one that they still use.
    return sa.case(
        (held.active > 0, sa.true()),
        (held.untold > 0, NULL),
        (held.inactive > 0, sa.false()),
        else_=NULL,
    )


def is_first(given: Any, account: Any) -> Truth:
    """Of several accounts of one human that are assigned to a task, the first stands for them."""
    before, other = ASSIGNMENT.alias(), PERSON.alias()
    earlier = (
        sa.select(sa.literal(1))
        .select_from(before.join(other, of_account(before, other)))
        .where(
            before.c.connection_id == given.c.connection_id,
            before.c.task_id == given.c.task_id,
            before.c.position < given.c.position,
            other.c.identity_id == account.c.identity_id,
        )
        .correlate(given, account)
        .exists()
    )
    return sa.or_(given.c.position == 0, sa.not_(earlier))


def of_account(given: Any, account: Any) -> Truth:
    """The account that an assignment names, while it is there."""
    return sa.and_(
        account.c.connection_id == given.c.connection_id,
        account.c.id == given.c.person_id,
        account.c.gone_at.is_(None),
    )


def _may_be_open(task: Any) -> Truth:
    """Open, or nobody knows where it stands."""
    return sa.or_(task.c.status.in_(OPEN), task.c.status.is_(None))


def _load(source: StoreSource) -> Any:
    """The tasks that each human is assigned to, each counted once."""
    given, account, task = ASSIGNMENT.alias(), PERSON.alias(), TASK.alias()
    today, frame = source.frame.moment.today, source.frame

    def make() -> tuple[Any, Truth]:
        origin = given.join(account, of_account(given, account)).join(
            task,
            sa.and_(task.c.connection_id == given.c.connection_id, task.c.id == given.c.task_id),
        )
        grouped = (
            sa.select(
                account.c.identity_id.label("id"),
                count_if(task.c.status == "in_progress").label("in_progress"),
                sa.func.count().label("open"),
                count_if(task.c.due_on < today).label("overdue"),
                count_if(task.c.status.is_(None)).label("unmapped"),
            )
            .select_from(origin)
            .where(
                task.c.gone_at.is_(None),
                _may_be_open(task),
                task.c.type != "epic",
                account.c.identity_id.is_not(None),
                is_first(given, account),
                frame.configured(task.c.connection_id),
            )
            .group_by(account.c.identity_id)
            .cte()
        )
        return grouped, grouped.c.id == source.base.c.id

    return source.join("load", make)


def _told(source: StoreSource, needs: tuple[str, ...]) -> Truth | None:
    """Whether all tools of someone can tell this; None: all tools can."""
    silent = [c.id for c in source.frame.connections if not c.has(needs)]
    if not silent:
        return None
    account = PERSON.alias()
    return ~(
        sa.select(sa.literal(1))
        .where(account.c.identity_id == source.base.c.id)
        .where(account.c.gone_at.is_(None), account.c.connection_id.in_(silent))
        .correlate(source.base)
        .exists()
    )


def _mapped(unmapped: Column) -> Truth:
    """All of the tasks that count have a status that we know."""
    return sa.func.coalesce(unmapped, 0) == 0


def _load_of(name: str, needs: tuple[str, ...]) -> Builder:
    """A number of someone's tasks; unknown when one of their tools cannot tell, or while the
    status of one of the tasks is not mapped."""

    def build(source: StoreSource) -> Value:
        load = _load(source).c
        known = both(_told(source, needs), _mapped(load.unmapped))
        return Value("number", sa.func.coalesce(load[name], 0), known=known)

    return build


def _effort_of(name: str, *further: str) -> Callable[[StoreSource], Value]:
    """Likewise of the effort that is left: of all open tasks, or of those due within the week."""

    def build(source: StoreSource) -> Value:
        effort = _effort(source).c
        unmapped = effort.unmapped_soon if further else effort.unmapped
        known = both(_told(source, (*_BASIC, *further)), _mapped(unmapped))
        return Value("minutes", sa.func.coalesce(effort[name], 0), known=known)

    return build


def _week(moment: Moment) -> list[date]:
    """The working days of the seven that begin today."""
    days = [moment.today + timedelta(days=n) for n in range(WEEK)]
    before = timedelta(days=1)
    return [day for day in days if moment.calendar.age(day - before, day)]


def effort_left(task: Any) -> Column:
    """Minutes that are left of a task: what the tool says, else the estimate less what was spent.
    NULL: nobody can say."""
    return sa.func.coalesce(
        task.c.remaining_minutes,
        sa.case(
            (task.c.estimate_minutes > task.c.spent_minutes,
             task.c.estimate_minutes - task.c.spent_minutes),
            (task.c.spent_minutes >= task.c.estimate_minutes, 0),
            else_=task.c.estimate_minutes,
        ),
    )  # fmt: skip


def _effort(source: StoreSource) -> Any:
    """What is left of the open tasks, of all and of those due within the week, shared among
    those assigned.

    The parts of a task stand for the whole: many tools add them up there.
    """
    given, account, task, part = (t.alias() for t in (ASSIGNMENT, PERSON, TASK, TASK))
    frame = source.frame
    last = frame.moment.today + timedelta(days=WEEK - 1)

    def make() -> tuple[Any, Truth]:
        wholes = (
            sa.select(part.c.connection_id, part.c.parent_id).where(is_part(part)).distinct().cte()
        )
        origin = (
            given.join(account, of_account(given, account))
            .join(
                task,
                sa.and_(
                    task.c.connection_id == given.c.connection_id, task.c.id == given.c.task_id
                ),
            )
            .outerjoin(
                wholes,
                sa.and_(
                    wholes.c.connection_id == task.c.connection_id,
                    wholes.c.parent_id == task.c.id,
                ),
            )
        )
        left = effort_left(task)
        heads = list_length(task.c.assignee_ids, frame.dialect)
        soon, unmapped = task.c.due_on <= last, task.c.status.is_(None)
        share = left // sa.case((heads > 1, heads), else_=1)
        grouped = (
            sa.select(
                account.c.identity_id.label("id"),
                sa.func.sum(share, type_=sa.Integer()).label("everything"),
                sa.func.sum(sa.case((soon, share)), type_=sa.Integer()).label("minutes"),
                count_if(sa.and_(soon, left.is_(None), is_first(given, account))).label("unsized"),
                count_if(unmapped).label("unmapped"),
                count_if(sa.and_(soon, unmapped)).label("unmapped_soon"),
            )
            .select_from(origin)
            .where(
                task.c.gone_at.is_(None),
                _may_be_open(task),
                task.c.type != "epic",
                wholes.c.parent_id.is_(None),
                account.c.identity_id.is_not(None),
                frame.configured(task.c.connection_id),
            )
            .group_by(account.c.identity_id)
            .cte()
        )
        return grouped, grouped.c.id == source.base.c.id

    return source.join("effort", make)


def _weekly(source: StoreSource) -> Column:
    return sa.func.coalesce(source.base.c.capacity_minutes, FULL_TIME_MINUTES)


def _capacity(source: StoreSource) -> Column:
    """A week's work, without the days off of the calendar and the person."""
    calendar, week, leave = source.frame.moment.calendar, _week(source.frame.moment), LEAVE.alias()

    def make() -> tuple[Any, Truth]:
        away: Column = sa.literal(0)
        for day in week:
            on_leave = sa.and_(leave.c.first_on <= day, leave.c.last_on >= day)
            away = away + sa.func.max(sa.case((on_leave, 1), else_=0))
        grouped = sa.select(leave.c.identity_id, away.label("days")).group_by(leave.c.identity_id)
        absent = grouped.cte()
        return absent, absent.c.identity_id == source.base.c.id

    days = len(week) - sa.func.coalesce(source.join("leave", make).c.days, 0)
    return _weekly(source) * days // max(WEEK - len(calendar.weekend), 1)


def _away(source: StoreSource) -> Column:
    """Someone's leave covers today."""
    leave, today = LEAVE.alias(), source.frame.moment.today
    return (
        sa.select(sa.literal(1))
        .where(leave.c.identity_id == source.base.c.id)
        .where(leave.c.first_on <= today, leave.c.last_on >= today)
        .correlate(source.base)
        .exists()
    )


def _used(source: StoreSource) -> Value:
    """Booked up by so much; empty for someone who is away."""
    effort, capacity = _effort_of("minutes", "task.due_on")(source), _capacity(source)
    share = sa.case((capacity > 0, effort.expr * 100.0 / capacity))
    return Value("percent", share, known=effort.known)


_BASIC = ("task.assignee_ids", "task.status")
PERSON_FACTS: dict[str, Builder] = {
    "active": _active,
    "tools": lambda s: sa.func.coalesce(accounts(s).c.tools, 0),
    "work_in_progress": _load_of("in_progress", _BASIC),
    "open_tasks": _load_of("open", _BASIC),
    "overdue_tasks": _load_of("overdue", (*_BASIC, "task.due_on")),
    "weekly_capacity": _weekly,
    "capacity": _capacity,
    "open_effort": _effort_of("everything"),
    "away": _away,
    "effort_due": _effort_of("minutes", "task.due_on"),
    "unestimated_tasks": _effort_of("unsized", "task.due_on"),
    "load": _used,
}


def tally_of_person(source: StoreSource, measures: Measures) -> Tally:
    """The tasks that a human owns, across tools."""
    inner = task_source(source.frame, TASK.alias(), root=False)
    account = joined(inner, "owner_id_account", PERSON, "owner_id")
    grouped = sums(inner, measures, [account.c.identity_id.label("id")], None,
                   account.c.identity_id.is_not(None))  # fmt: skip
    source.join(source.unused("tally"), lambda: (grouped, grouped.c.id == source.base.c.id))
    return summed_up(grouped), _told(source, ("task.assignee_ids",))
