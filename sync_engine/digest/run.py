"""Queue what is due, deliver what waits, show what would be said."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from sync_engine.digest import outbox, periods
from sync_engine.digest.channels.base import Channel, Frozen, Letter
from sync_engine.digest.compose import compose
from sync_engine.digest.model import DigestInput, Occasion, Subscription, Unreadable
from sync_engine.digest.outbox import Reader
from sync_engine.digest.periods import Period, Schedule
from sync_engine.digest.render import Rendered, render

Gather = Callable[[sa.Engine, Occasion], DigestInput]
"""Reads from the store what a digest is made of."""


@dataclass(frozen=True, slots=True)
class Queued:
    """A digest that was put into the outbox, or, with `trouble`, why it could not be."""

    subscription: str
    recipient: str
    period_key: str
    channels: tuple[str, ...]
    trouble: str | None = None


@dataclass(frozen=True, slots=True)
class Delivered:
    """What came of one attempt to deliver. `state` is the message's: sent, queued or parked."""

    subscription: str
    recipient: str
    period_key: str
    channel: str
    state: str
    text: str


def queue_due(
    engine: sa.Engine,
    subscriptions: Iterable[Subscription],
    now: datetime,
    *,
    channels: Mapping[str, Channel],
    gather: Gather,
    web_url: str | None = None,
    by_hand: bool = False,
) -> list[Queued]:
    """Compose and freeze every digest that is due and not yet frozen.

    Args:
        now: the instant at which the digests are composed.
        channels: the ways out by name; a subscription's others are left out.
        web_url: address of the web console; None leaves out every link to it.
        by_hand: queue the digest of today whatever the schedule says, once a day, without
            moving what the next scheduled one will call new.
    """
    done: list[Queued] = []
    for subscription in subscriptions:
        schedule = periods.parse(subscription.when, subscription.zone, subscription.quiet)
        readers = outbox.meet(engine, subscription.name, subscription.to, now)
        for recipient, reader in readers.items():
            period = _by_hand(schedule, now) if by_hand else _due(schedule, now, reader)
            if period is None or reader.unsubscribed:
                continue
            occasion = _occasion(subscription, recipient, period, reader, now, web_url)
            try:
                queued = _queue(engine, occasion, reader, channels, gather, by_hand=by_hand)
            except Unreadable as error:  # it stays due; the others are not harmed
                queued = Queued(subscription.name, recipient, period.key, (), str(error))
            if queued is not None:
                done.append(queued)
    return done


def preview(
    engine: sa.Engine,
    subscription: Subscription,
    recipient: str,
    now: datetime,
    *,
    gather: Gather,
    web_url: str | None = None,
) -> Rendered:
    """The digest that the recipient would get now. Nothing is queued or remembered."""
    schedule = periods.parse(subscription.when, subscription.zone, subscription.quiet)
    reader = outbox.known(engine, subscription.name).get(recipient)
    occasion = _occasion(subscription, recipient, _by_hand(schedule, now), reader, now, web_url)
    return render(compose(gather(engine, occasion)))


def deliver(
    engine: sa.Engine,
    channels: Mapping[str, Channel],
    now: datetime,
    *,
    stopping: Callable[[], bool] = lambda: False,
) -> list[Delivered]:
    """Send what waits, one message at a time: claim, send, mark.

    A refused recipient is parked and the others go on; a channel that is out of order is left
    alone until the next round. `stopping` is asked between two messages.
    """
    done: list[Delivered] = []
    usable = dict(channels)
    try:
        while (
            usable and not stopping() and (parcel := outbox.claim(engine, usable, now)) is not None
        ):
            answer = usable[parcel.channel].send(parcel.recipient, parcel.body)
            state = outbox.mark(engine, parcel, answer, now)
            if answer.outcome == "down":
                del usable[parcel.channel]
            done.append(
                Delivered(
                    parcel.subscription,
                    parcel.recipient,
                    parcel.period_key,
                    parcel.channel,
                    state,
                    answer.text,
                )
            )
    finally:
        for channel in channels.values():
            channel.close()
    return done


def _due(schedule: Schedule, now: datetime, reader: Reader) -> Period | None:
    period = periods.due(schedule, now, reader.last)
    # Who is new is not told of a period that was over before anybody knew them.
    return period if period is not None and period.fire_at > reader.since else None


def _by_hand(schedule: Schedule, now: datetime) -> Period:
    day = now.astimezone(schedule.zone).date()
    return Period(f"{day}+hand", now, periods.day_label(day))


def _occasion(
    subscription: Subscription,
    recipient: str,
    period: Period,
    reader: Reader | None,
    now: datetime,
    web_url: str | None,
) -> Occasion:
    schedule = periods.parse(subscription.when, subscription.zone, subscription.quiet)
    base = web_url.rstrip("/") if web_url else None
    told = reader.told_until if reader is not None else None
    return Occasion(
        subscription=subscription,
        recipient=recipient,
        period=period,
        now=now,
        since=told or periods.before(schedule, period),
        unsubscribe=f"{base}/unsubscribe/{reader.token}" if base and reader else None,
        console=base,
    )


def _queue(
    engine: sa.Engine,
    occasion: Occasion,
    reader: Reader,
    channels: Mapping[str, Channel],
    gather: Gather,
    *,
    by_hand: bool,
) -> Queued | None:
    given = gather(engine, occasion)
    digest = compose(given)
    subscription, period = occasion.subscription, occasion.period
    silent = subscription.only_changes and not digest.changed and not by_hand
    rows: list[dict[str, Any]] = []
    if not silent:
        names = [name for name in subscription.channels if name in channels]
        rendered = render(digest)
        rows = [_row(name, channels[name], rendered, given, occasion, reader) for name in names]
        if not rows:
            return None
    served: dict[str, Any] | None = None
    if not by_hand:
        served = {
            "subscription": subscription.name,
            "recipient": occasion.recipient,
            "period_key": period.key,
            "period_at": period.fire_at,
            "told_until": occasion.now,
        }
        mail = next((r["message_id"] for r in rows if r["channel"] == "email"), None)
        if mail is not None:
            served |= {"message_id": mail, "thread_id": (reader.thread or (mail,))[0]}
    fresh = outbox.put(engine, rows, served=served)
    if not fresh:
        return None
    return Queued(subscription.name, occasion.recipient, period.key, tuple(fresh))


def _row(
    name: str,
    channel: Channel,
    rendered: Rendered,
    given: DigestInput,
    occasion: Occasion,
    reader: Reader,
) -> dict[str, Any]:
    subscription, key = occasion.subscription.name, occasion.period.key
    letter = Letter(
        rendered=rendered,
        subscription=subscription,
        recipient=occasion.recipient,
        recipient_name=given.recipient_name,
        period_key=key,
        message_key=_message_key(subscription, occasion.recipient, name, key),
        at=occasion.now,
        thread=reader.thread,
        unsubscribe=occasion.unsubscribe,
    )
    state, message = "queued", None
    try:
        frozen = channel.freeze(letter)
    except ValueError as error:  # the address is none: kept and shown, the others go on
        state, message, frozen = "parked", str(error), Frozen(b"", letter.message_key)
    return {
        "subscription": subscription,
        "recipient": occasion.recipient,
        "period_key": key,
        "channel": name,
        "label": occasion.period.label,
        "subject": rendered.subject,
        "message_id": frozen.message_id,
        "body": frozen.body,
        "queued_at": occasion.now,
        "next_at": occasion.now,
        "state": state,
        "attempts": 0,
        "message": message,
    }


def _message_key(*parts: str) -> str:
    """Names a digest the same way each time it is frozen."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:40]
