"""Service requests: tasks that a service desk answers, and the clocks of their service levels."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from sync_engine.rules.dialect import Truth, ascii_lower, position_of, seconds_between
from sync_engine.rules.joins import SLA_CYCLE, count_if, summed
from sync_engine.rules.sources import NULL, Builder, StoreSource
from sync_engine.rules.task_facts import BUILDERS

WAITING_WORDS = ("pending", "on hold", "waiting for customer", "waiting on customer",
                 "awaiting customer")  # fmt: skip
"""What tools call a request that waits for whoever asked."""


def is_request(source: StoreSource) -> Truth:
    """Of the type, an incident by the tool's own word, or with a service level."""
    own = source.base.c
    here = sa.and_(own.gone_at.is_(None), source.frame.configured(own.connection_id))
    return sa.and_(
        here,
        sa.or_(
            own.type == "request",
            sa.func.coalesce(position_of(ascii_lower(own.type_label), "incident"), 0) > 0,
            _clocks(source).c.total.is_not(None),
        ),
    )


def _clocks(source: StoreSource) -> Any:
    row = SLA_CYCLE.alias()
    now = sa.literal(source.frame.moment.now, row.c.breach_at.type)
    runs, paused = row.c.stopped_at.is_(None), row.c.paused.is_(True)
    ticks = sa.and_(runs, row.c.paused.is_not(True))
    overdue = sa.and_(ticks, row.c.breach_at <= now)
    breached = sa.case(
        (row.c.breached.is_(True), sa.true()),
        (overdue, sa.true()),
        (row.c.breached.is_(False), sa.false()),
        (runs, sa.case((row.c.breach_at > now, sa.false()), else_=NULL)),
        else_=row.c.stopped_at > row.c.breach_at,
    )
    ahead = sa.and_(ticks, row.c.breached.is_not(True), row.c.breach_at > now)
    clock = seconds_between(now, row.c.breach_at) / 60.0
    left = sa.func.coalesce(row.c.goal_minutes - row.c.elapsed_minutes, clock)
    return summed(
        source, "clocks", row, row.c.task_id,
        {
            "total": sa.func.count(),
            "running": count_if(runs),
            "paused": count_if(sa.and_(runs, paused)),
            "breached": count_if(breached),
            "untold": count_if(breached.is_(None)),
            "next": sa.func.min(sa.case((ahead, row.c.breach_at))),
            "left": sa.func.min(
                sa.case((sa.and_(ahead, row.c.goal_minutes > 0), left * 100.0 / row.c.goal_minutes))
            ),
        },
    )  # fmt: skip


def _breached(source: StoreSource) -> Truth:
    clocks = _clocks(source).c
    return sa.case(
        (clocks.breached > 0, sa.true()),
        (sa.func.coalesce(clocks.untold, 1) > 0, NULL),
        else_=sa.false(),
    )


def _paused(source: StoreSource) -> Truth:
    clocks = _clocks(source).c
    all_of_them = sa.and_(clocks.running > 0, clocks.paused == clocks.running)
    return sa.func.coalesce(all_of_them, sa.false(), type_=sa.Boolean())


def _waiting(source: StoreSource) -> Truth:
    word = ascii_lower(source.base.c.status_label)
    named = sa.or_(*(position_of(word, each) > 0 for each in WAITING_WORDS))
    return sa.or_(_paused(source), named)


REQUEST_FACTS: dict[str, Builder] = {
    **BUILDERS,
    "sla_count": lambda s: sa.func.coalesce(_clocks(s).c.total, 0),
    "sla_running": lambda s: sa.func.coalesce(_clocks(s).c.running, 0),
    "sla_breached": _breached,
    "sla_paused": _paused,
    "sla_left": lambda s: _clocks(s).c.left,
    "next_breach": lambda s: _clocks(s).c.next,
    "waiting": _waiting,
}
