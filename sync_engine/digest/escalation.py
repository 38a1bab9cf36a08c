"""Which flags climbed to whom: read from the store, and kept there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from sync_engine.digest import ladder, leaving, periods
from sync_engine.digest.addresses import folded
from sync_engine.digest.ladder import Climb, Standing, Step
from sync_engine.digest.model import Escalated, Rung, Subscription
from sync_engine.rules.calendars import WorkCalendar
from sync_engine.store.digest_models import Escalation
from sync_engine.store.flag_models import FlagRow

if TYPE_CHECKING:
    from sync_engine.digest.audience import Human, Humans

UNSOLVED = ("open", "acknowledged")

_flag = FlagRow.__table__  # type: ignore[attr-defined]
_escalation = Escalation.__table__  # type: ignore[attr-defined]
_this_life = sa.and_(
    _flag.c.id == _escalation.c.flag_id, _flag.c.opened_at == _escalation.c.opened_at
)


def climb(
    connection: sa.Connection, subscription: Subscription, condition: sa.ColumnElement[bool],
    everybody: Humans, calendar: WorkCalendar, now: datetime,
) -> None:  # fmt: skip
    """Move every unsolved flag that a condition names one rung up, if its time has come."""
    steps = subscription.escalate
    if steps is None:
        return
    schedule = periods.parse(subscription.when, subscription.zone, subscription.quiet)
    past = _past(connection, subscription.name, everybody)
    left = leaving.left(connection, subscription.name)
    rows = connection.execute(
        sa.select(_flag.c.id, _flag.c.opened_at, _flag.c.owner, _flag.c.identity_id)
        .where(condition, _flag.c.state.in_(UNSOLVED))
        .order_by(_flag.c.id)
    ).all()
    fresh = []
    for row in rows:
        human = everybody.by_id.get(row.identity_id) if row.identity_id is not None else None
        flag = Standing(
            opened_at=row.opened_at,
            owner=(
                row.owner or (human.name if human else "nobody"),
                human.email if human else None,
            ),
            chain=_chain(subscription, human, everybody, left),
            past=past.get(row.id, ()),
        )
        found = ladder.climb(flag, steps, schedule, calendar, now)
        if found is not None:
            fresh.append(_row(subscription.name, row, found, now))
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    for values in fresh:  # who composes at the same moment has the same step
        connection.execute(insert(_escalation).values(**values).on_conflict_do_nothing())


def _row(subscription: str, flag: Any, found: Climb, now: datetime) -> dict[str, Any]:
    return {
        "subscription": subscription, "flag_id": flag.id, "opened_at": flag.opened_at,
        "recipient": found.to.address, "rung": found.to.rung, "had": list(found.had), "at": now,
    }  # fmt: skip


def _chain(
    subscription: Subscription, human: Human | None, everybody: Humans, left: set[str]
) -> tuple[Step, ...]:
    """Who can be told on which rung of an owner's ladder."""
    addresses: dict[Rung, str | None] = {
        "lead": human.lead if human else None,
        "manager": human.manager if human else None,
        "pmo": subscription.fallback,
    }
    return tuple(
        Step(rung, address, everybody.name(address))
        for rung, address in addresses.items()
        if address and everybody.trouble(address, rung) is None and folded(address) not in left
    )


def _past(
    connection: sa.Connection, subscription: str, everybody: Humans
) -> dict[int, list[tuple[Step, datetime]]]:
    """By flag: how it climbed in its present life."""
    found: dict[int, list[tuple[Step, datetime]]] = defaultdict(list)
    rows = connection.execute(
        sa.select(_escalation)
        .join(_flag, _this_life)
        .where(_escalation.c.subscription == subscription)
        .order_by(_escalation.c.at)
    )
    for row in rows:
        step = Step(cast("Rung", row.rung), row.recipient, everybody.name(row.recipient))
        found[row.flag_id].append((step, row.at))
    return found


def standing(connection: sa.Connection, subscription: str) -> dict[str, tuple[Escalated, ...]]:
    """By address: the flags that climbed there and are not solved."""
    found: dict[str, list[Escalated]] = defaultdict(list)
    rows = connection.execute(
        sa.select(_escalation)
        .join(_flag, _this_life)
        .where(_escalation.c.subscription == subscription, _flag.c.state.in_(UNSOLVED))
        .order_by(_escalation.c.flag_id, _escalation.c.recipient)
    )
    for row in rows:
        told = row.told_at is not None
        found[row.recipient].append(Escalated(row.flag_id, row.at, tuple(row.had), told))
    return {address: tuple(flags) for address, flags in found.items()}


def tell(
    connection: sa.Connection,
    subscription: str,
    recipient: str,
    flags: Iterable[int],
    now: datetime,
) -> None:
    """Write down that a digest tells someone of what climbed to them, with the digest itself."""
    told = sa.and_(
        _escalation.c.subscription == subscription,
        _escalation.c.flag_id.in_(sorted(flags)),
        _escalation.c.told_at.is_(None),
    )
    known = connection.execute(sa.select(_escalation.c.recipient).where(told).distinct()).scalars()
    spelled = [each for each in known if folded(each) == folded(recipient)]
    if spelled:
        connection.execute(
            sa.update(_escalation)
            .where(told, _escalation.c.recipient.in_(spelled))
            .values(told_at=now)
        )
