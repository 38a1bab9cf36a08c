"""Messages that wait for a digest or a channel which is configured no more.

None goes out. Each is withdrawn after `PATIENCE`, not at once: an entry of the console that is left
out for a mistake comes back, and a process that has an older file than another must lose nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from sync_engine.digest.outbox import Delivered
from sync_engine.store.digest_models import Delivery, Outgoing
from sync_engine.store.engine import database_now, reading

PATIENCE = timedelta(days=1)
SEEN, WITHDRAWN = "astray", "withdrawn"

_outbox = Outgoing.__table__  # type: ignore[attr-defined]
_deliveries = Delivery.__table__  # type: ignore[attr-defined]

Way = tuple[str, str]
"""A digest's name and a channel's."""


def ways_closed(
    engine: sa.Engine, digests: Mapping[str, Collection[str]], channels: Collection[str]
) -> dict[Way, str]:
    """The ways that messages wait for and that there are no more, each with the reason.

    Args:
        digests: those in force by name, each with the channels that it goes out by.
        channels: those that are configured.
    """
    waiting = sa.select(_outbox.c.subscription, _outbox.c.channel).where(
        _outbox.c.state.in_(["queued", "sending"])
    )
    with reading(engine) as connection:
        wanted = connection.execute(waiting.distinct()).all()
    found = {}
    for name, channel in wanted:
        why = _closed(name, channel, digests, channels)
        if why is not None:
            found[name, channel] = why
    return found


def _closed(
    name: str, channel: str, digests: Mapping[str, Collection[str]], channels: Collection[str]
) -> str | None:
    if name not in digests:
        return f'there is no digest "{name}" any more'
    if channel not in channels:
        return f'there is no channel "{channel}" any more'
    if channel not in digests[name]:
        return f'the digest "{name}" does not go out by "{channel}" any more'
    return None


def tell(engine: sa.Engine, closed: Mapping[Way, str], now: datetime) -> list[Delivered]:
    """Write into the log of deliveries what becomes of the messages of closed ways: once that they
    are kept back, and in the end that they are withdrawn."""
    if not closed:
        return []
    told: list[Delivered] = []
    with engine.begin() as connection:
        for row in _waiting(connection, closed):
            why = closed[row.subscription, row.channel]
            if row.outcome != SEEN:
                text = f"Kept back: {why}. If that stays so, it is withdrawn after a day."
                told.append(_say(connection, row, SEEN, text, now))
            elif row.at <= now - PATIENCE:
                told.append(_say(connection, row, WITHDRAWN, f"Withdrawn: {why}.", now))
    return told


def _waiting(connection: sa.Connection, closed: Collection[Way]) -> list[Any]:
    """The messages of these ways that nobody is sending now, with the last of their log."""
    log = _deliveries.alias("log")
    last = sa.select(sa.func.max(log.c.id)).where(log.c.outbox_id == _outbox.c.id)
    idle = sa.or_(
        _outbox.c.state == "queued",
        sa.and_(_outbox.c.state == "sending", _outbox.c.claimed_until < database_now(connection)),
    )
    rows = connection.execute(
        sa.select(
            _outbox.c.id, _outbox.c.subscription, _outbox.c.recipient, _outbox.c.period_key,
            _outbox.c.channel, _deliveries.c.outcome, _deliveries.c.at,
        )
        .select_from(_outbox)
        .outerjoin(_deliveries, _deliveries.c.id == last.scalar_subquery())
        .where(idle, sa.tuple_(_outbox.c.subscription, _outbox.c.channel).in_(list(closed)))
        .order_by(_outbox.c.id)
        .with_for_update(of=_outbox)
    )  # fmt: skip
    return list(rows)


def _say(connection: sa.Connection, row: Any, outcome: str, text: str, now: datetime) -> Delivered:
    connection.execute(
        sa.insert(_deliveries).values(outbox_id=row.id, at=now, outcome=outcome, message=text)
    )
    changed: dict[str, Any] = {"message": text}
    state = "queued"
    if outcome == WITHDRAWN:
        state = "withdrawn"
        changed |= {"state": state, "claim": None, "claimed_until": None}
    connection.execute(sa.update(_outbox).where(_outbox.c.id == row.id).values(**changed))
    return Delivered(row.subscription, row.recipient, row.period_key, row.channel, state, text)
