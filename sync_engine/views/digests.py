"""Digests: who is told what and when, what was delivered, who has left."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, get_args

import sqlalchemy as sa

from sync_engine.access import Visible
from sync_engine.digest import periods
from sync_engine.digest.model import Subscription
from sync_engine.settings import Configuration
from sync_engine.settings.origins import origins
from sync_engine.store.digest_models import Delivery, DigestReader, Outgoing
from sync_engine.subscriptions import subscriptions

State = Literal["queued", "sending", "sent", "parked", "withdrawn"]
STATES: tuple[State, ...] = get_args(State)
PAGE = 50

_reader: sa.Table = DigestReader.__table__  # type: ignore[attr-defined]
_outbox: sa.Table = Outgoing.__table__  # type: ignore[attr-defined]
_delivery: sa.Table = Delivery.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Subscribed:
    """A digest as it is configured.

    Args:
        next_at: when it goes out next; None: never again.
        place: where it stands, or who made it in the console and when.
        version: of what was made in the console; None: it stands in the file.
    """

    subscription: Subscription
    next_at: datetime | None
    place: str
    version: int | None

    @property
    def name(self) -> str:
        """What tells it from others."""
        return self.subscription.name


def subscribed(
    connection: sa.Connection, configuration: Configuration, visible: Visible, now: datetime
) -> list[Subscribed]:
    """Every digest, the next to go out first; a manager's own only, and who else gets one is not
    named."""
    had = set(
        connection.execute(
            sa.select(_reader.c.subscription).where(_mine(visible, _reader.c.recipient))
        ).scalars()
    )
    places = {each.name: each.place for each in origins(configuration) if each.kind == "digest"}
    versions = {each.name: each.version for each in configuration.of_kind("digest")}
    found = []
    for each in subscriptions(configuration):
        if not visible.everything and each.name not in had and not _theirs(each, visible.address):
            continue
        schedule = periods.parse(each.when, each.zone, each.quiet)
        found.append(
            Subscribed(_shown(each, visible), periods.next_at(schedule, now),
                       places.get(each.name, ""), versions.get(each.name))
        )  # fmt: skip
    return sorted(found, key=lambda each: (each.next_at is None, each.next_at or now, each.name))


def _shown(subscription: Subscription, visible: Visible) -> Subscription:
    """With the recipients whom the reader may see."""
    if visible.everything:
        return subscription
    own, *also = (
        replace(part, to=tuple(to for to in part.to if to.casefold() == visible.address))
        for part in subscription.parts
    )
    return replace(own, also=tuple(also))


def _theirs(subscription: Subscription, address: str) -> bool:
    named = (recipient for part in subscription.parts for recipient in part.to)
    return any(recipient.casefold() == address for recipient in named)


@dataclass(frozen=True, slots=True)
class Sent:
    """A message to one recipient. `said`: what the channel answered last."""

    id: int
    subscription: str
    recipient: str
    channel: str
    label: str
    subject: str
    state: State
    queued_at: datetime
    next_at: datetime
    sent_at: datetime | None
    attempts: int
    said: str | None
    releasable: bool


@dataclass(frozen=True, slots=True)
class Sought:
    """Which deliveries are shown; "" is no limit.

    Args:
        before: only those of a lower id.
        since, until: only those that were written from the one instant on, and before the other.
    """

    state: str = ""
    subscription: str = ""
    recipient: str = ""
    before: int | None = None
    since: datetime | None = None
    until: datetime | None = None


def deliveries(
    connection: sa.Connection, visible: Visible, sought: Sought, most: int = PAGE
) -> tuple[list[Sent], int | None]:
    """Messages, the latest first, and the id to go on before; None: that was all."""
    columns = [column for column in _outbox.c if column.name != "body"]
    query = sa.select(*columns, (sa.func.length(_outbox.c.body) > 0).label("held"))
    query = query.where(_mine(visible, _outbox.c.recipient))
    if sought.state:
        query = query.where(_outbox.c.state == sought.state)
    if sought.subscription:
        query = query.where(_outbox.c.subscription == sought.subscription)
    if sought.recipient:
        query = query.where(_outbox.c.recipient == sought.recipient)
    if sought.before is not None:
        query = query.where(_outbox.c.id < sought.before)
    if sought.since is not None:
        query = query.where(_outbox.c.queued_at >= sought.since)
    if sought.until is not None:
        query = query.where(_outbox.c.queued_at < sought.until)
    rows = connection.execute(query.order_by(_outbox.c.id.desc()).limit(most + 1)).all()
    shown = [_sent(row) for row in rows[:most]]
    return shown, shown[-1].id if len(rows) > most else None


def delivery(connection: sa.Connection, visible: Visible, id: int) -> Sent | None:
    """One message; None: there is none that the reader may see."""
    found, _ = deliveries(connection, visible, Sought(before=id + 1), most=1)
    return found[0] if found and found[0].id == id else None


def _sent(row: Any) -> Sent:
    releasable = row.state == "parked" and bool(row.held)
    return Sent(
        row.id, row.subscription, row.recipient, row.channel, row.label, row.subject, row.state,
        row.queued_at, row.next_at, row.sent_at, row.attempts, row.message, releasable,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Attempt:
    """A line of a message's log. `outcome`: sent | later | refused | down | astray | withdrawn."""

    at: datetime
    outcome: str
    code: int | None
    said: str | None


def attempts(connection: sa.Connection, outbox_id: int, most: int = PAGE) -> list[Attempt]:
    """The latest tries to deliver a message, the latest first."""
    rows = connection.execute(
        sa.select(_delivery)
        .where(_delivery.c.outbox_id == outbox_id)
        .order_by(_delivery.c.id.desc())
        .limit(most)
    )
    return [Attempt(row.at, row.outcome, row.code, row.message) for row in rows]


def parked(connection: sa.Connection, visible: Visible) -> int:
    """How many messages were given up."""
    query = sa.select(sa.func.count()).where(
        _outbox.c.state == "parked", _mine(visible, _outbox.c.recipient)
    )
    return int(connection.execute(query).scalar_one())


@dataclass(frozen=True, slots=True)
class Left:
    """Someone who gets a digest no more, by their own wish."""

    subscription: str
    recipient: str
    at: datetime


def left(connection: sa.Connection, visible: Visible, most: int = PAGE) -> list[Left]:
    """Who has unsubscribed, the latest first."""
    rows = connection.execute(
        sa.select(_reader.c.subscription, _reader.c.recipient, _reader.c.unsubscribed_at)
        .where(_reader.c.unsubscribed_at.is_not(None), _mine(visible, _reader.c.recipient))
        .order_by(_reader.c.unsubscribed_at.desc())
        .limit(most)
    )
    return [Left(row.subscription, row.recipient, row.unsubscribed_at) for row in rows]


def _mine(visible: Visible, recipient: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """Messages to the reader, by index: however their address is spelled in the configuration."""
    if visible.everything:
        return sa.true()
    spelled = sa.select(_reader.c.recipient).where(
        sa.func.lower(_reader.c.recipient) == visible.address
    )
    return recipient.in_(spelled)
