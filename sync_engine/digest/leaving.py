"""Who does not want a digest any more, and who wants it again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from sync_engine.digest.addresses import folded
from sync_engine.store import audit
from sync_engine.store.audit import Actor
from sync_engine.store.digest_models import DigestReader, Outgoing
from sync_engine.store.engine import reading

_readers = DigestReader.__table__  # type: ignore[attr-defined]
_outbox = Outgoing.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Membership:
    """A recipient of a subscription as they stand.

    Attributes:
        since: first known.
        period_key: the period that was served last; None: none yet.
        left_at: since when they do not want it; None: they do.
    """

    subscription: str
    recipient: str
    since: datetime
    period_key: str | None
    left_at: datetime | None


def members(engine: sa.Engine, subscription: str | None = None) -> list[Membership]:
    """Everybody who ever had a digest, or one digest, due."""
    wanted = sa.select(_readers).order_by(_readers.c.subscription, _readers.c.recipient)
    if subscription is not None:
        wanted = wanted.where(_readers.c.subscription == subscription)
    with reading(engine) as connection:
        return [_member(row) for row in connection.execute(wanted)]


def left(connection: sa.Connection, subscription: str) -> set[str]:
    """Who does not want a digest any more, by `folded` address."""
    rows = connection.execute(
        sa.select(_readers.c.recipient).where(
            _readers.c.subscription == subscription, _readers.c.unsubscribed_at.is_not(None)
        )
    )
    return {folded(row.recipient) for row in rows}


def by_token(engine: sa.Engine, token: str) -> Membership | None:
    """Whom the link for unsubscribing in a digest belongs to."""
    with reading(engine) as connection:
        row = connection.execute(sa.select(_readers).where(_readers.c.token == token)).one_or_none()
    return None if row is None else _member(row)


def unsubscribe(engine: sa.Engine, token: str, now: datetime) -> bool:
    """End a recipient's subscription. False: unknown token.

    What waits, was given up or is just under way is withdrawn: what the mail server takes in this
    very moment still counts as sent, and nothing is tried again.
    """
    with engine.begin() as connection:
        row = connection.execute(
            sa.select(_readers).where(_readers.c.token == token).with_for_update()
        ).one_or_none()
        if row is None:
            return False
        if row.unsubscribed_at is None:
            _set(connection, row, now)
            _note(connection, row, "digest unsubscribed", now)
        connection.execute(
            sa.update(_outbox)
            .where(_outbox.c.subscription == row.subscription)
            .where(_outbox.c.recipient.in_(_spellings(connection, row)))
            .where(_outbox.c.state.in_(["queued", "sending", "parked"]))
            .values(state="withdrawn", claim=None, claimed_until=None)
        )
    return True


def resubscribe(engine: sa.Engine, token: str, now: datetime) -> bool:
    """Take a recipient back; they get the next digest. False: unknown token."""
    with engine.begin() as connection:
        row = connection.execute(
            sa.select(_readers).where(_readers.c.token == token).with_for_update()
        ).one_or_none()
        if row is None:
            return False
        if row.unsubscribed_at is not None:
            _set(connection, row, None)
            _note(connection, row, "digest subscribed again", now)
    return True


def _set(connection: sa.Connection, row: Any, at: datetime | None) -> None:
    connection.execute(
        sa.update(_readers)
        .where(_readers.c.subscription == row.subscription)
        .where(_readers.c.recipient.in_(_spellings(connection, row)))
        .values(unsubscribed_at=at)
    )


def _spellings(connection: sa.Connection, row: Any) -> list[str]:
    """Every way in which a reader's address is spelled."""
    known = connection.execute(
        sa.select(_readers.c.recipient).where(_readers.c.subscription == row.subscription)
    ).scalars()
    return [each for each in known if folded(each) == folded(row.recipient)]


def _note(connection: sa.Connection, row: Any, action: str, now: datetime) -> None:
    audit.note(connection, Actor(row.recipient, "mail"), action, row.subscription, at=now)


def _member(row: Any) -> Membership:
    return Membership(
        row.subscription, row.recipient, row.since, row.period_key, row.unsubscribed_at
    )
