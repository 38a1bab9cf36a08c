"""Queue what is due, deliver what waits, show what would be said."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from sync_engine.digest import astray, outbox, periods, rounds
from sync_engine.digest.addresses import folded
from sync_engine.digest.audience import Audiences, Recipient
from sync_engine.digest.channels.base import Channel, Frozen, Letter
from sync_engine.digest.compose import compose
from sync_engine.digest.links import Links
from sync_engine.digest.model import Digest, DigestInput, Occasion, Subscription, Unreadable
from sync_engine.digest.outbox import Delivered, Reader
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


WELL = ("sent", "withdrawn")
"""States of a message with which nothing is wrong."""


def queue_due(  # noqa: PLR0913 - all of them are the caller's to say
    engine: sa.Engine,
    subscriptions: Iterable[Subscription],
    now: datetime,
    *,
    channels: Mapping[str, Channel],
    gather: Gather,
    audiences: Audiences | None = None,
    links: Callable[[], Links | None] = lambda: None,
    web_url: str | None = None,
    by_hand: bool = False,
) -> list[Queued]:
    """Compose and freeze every digest that is due and not yet frozen.

    Args:
        now: the instant at which the digests are composed.
        channels: the ways out by name; a subscription's others are left out.
        audiences: says who is told what; needed where digests go to roles, have several parts, or
            flags climb: without it each recipient would be told all of it.
        links: what makes the links by which readers act; None leaves them out. Asked for a mail.
        web_url: address of the web console; None leaves out every link to it.
        by_hand: queue the digest of today whatever the schedule says, once a day, without
            moving what the next scheduled one will call new.
    """
    desk = _Desk(engine, now, channels, gather, links, web_url, by_hand)
    done: list[Queued] = []
    for subscription in subscriptions:
        if subscription.by_people:
            if audiences is None:
                raise ValueError(f'"{subscription.name}" needs to be told who its recipients are')
            done += desk.by_people(subscription, audiences)
        else:
            told = dict.fromkeys((*subscription.to, *subscription.boards), _ALL)
            done += desk.queue(subscription, told, since=now)
    return done


_ALL = Recipient((), personal=False)


@dataclass(frozen=True, slots=True)
class _Desk:
    """Where what is due is composed and frozen, at one instant; see `queue_due`."""

    engine: sa.Engine
    now: datetime
    channels: Mapping[str, Channel]
    gather: Gather
    links: Callable[[], Links | None]
    web_url: str | None
    by_hand: bool

    def by_people(self, subscription: Subscription, audiences: Audiences) -> list[Queued]:
        """A digest that is not the same for all: who is told what is looked up once a period."""
        standing = rounds.meet(self.engine, subscription.name, self.now)
        schedule = periods.parse(subscription.when, subscription.zone, subscription.quiet)
        due = periods.due(schedule, self.now, standing.last)
        if not self.by_hand and (due is None or due.fire_at <= standing.since):
            return []
        try:
            if not self.by_hand:
                audiences.climb(self.engine, subscription, self.now)
            told = audiences(self.engine, subscription, self.now)
        except Unreadable as error:  # it stays due; the others are not harmed
            return [Queued(subscription.name, "", due.key if due else "", (), str(error))]
        told |= dict.fromkeys(subscription.boards, _ALL)
        done = self.queue(subscription, told, since=standing.since)
        if due is not None and not self.by_hand and not any(each.trouble for each in done):
            rounds.end(self.engine, subscription.name, due)
        return done

    def queue(
        self, subscription: Subscription, told: Mapping[str, Recipient], *, since: datetime
    ) -> list[Queued]:
        """What is due to each recipient; who is new is known since then."""
        done: list[Queued] = []
        schedule = periods.parse(subscription.when, subscription.zone, subscription.quiet)
        readers = outbox.meet(self.engine, subscription.name, tuple(told), since)
        for named, reader in readers.items():
            recipient = reader.recipient
            period = (
                _by_hand(schedule, self.now) if self.by_hand else _due(schedule, self.now, reader)
            )
            if period is None or reader.unsubscribed:
                continue
            occasion = _occasion(
                subscription, recipient, told[named], period, reader, self.now, self.web_url
            )
            try:
                queued = self._freeze(occasion, reader)
            except Unreadable as error:  # it stays due; the others are not harmed
                queued = Queued(subscription.name, recipient, period.key, (), str(error))
            if queued is not None:
                done.append(queued)
        return done

    def _freeze(self, occasion: Occasion, reader: Reader) -> Queued | None:
        given = self.gather(self.engine, occasion)
        digest = compose(given)
        subscription, period, recipient = occasion.subscription, occasion.period, occasion.recipient
        silent = subscription.only_changes and not digest.changed and not self.by_hand
        silent = silent or (occasion.personal and not given.flags)
        rows: list[dict[str, Any]] = []
        if not silent:
            wanted = (recipient,) if recipient in subscription.boards else subscription.channels
            names = [name for name in wanted if name in self.channels]
            rows = [self._row(name, digest, given, occasion, reader) for name in names]
            if not rows:
                return None
        served: dict[str, Any] | None = None
        if not self.by_hand:
            served = {
                "subscription": subscription.name,
                "recipient": recipient,
                "period_key": period.key,
                "period_at": period.fire_at,
                "told_until": occasion.now,
                "told_event": given.until,
            }
            mail = next((r["message_id"] for r in rows if r["channel"] == "email"), None)
            if mail is not None:
                served |= {"message_id": mail, "thread_id": (reader.thread or (mail,))[0]}
        climbed = [each.flag_id for each in occasion.escalated]
        fresh = outbox.put(self.engine, rows, served=served, climbed=climbed)
        if not fresh:
            return None
        return Queued(subscription.name, recipient, period.key, tuple(fresh))

    def _row(
        self, name: str, plain: Digest, given: DigestInput, occasion: Occasion, reader: Reader
    ) -> dict[str, Any]:
        """The digest frozen for one channel."""
        digest = compose(acting(given, occasion, self.links())) if name == "email" else plain
        subscription, key = occasion.subscription.name, occasion.period.key
        letter = Letter(
            digest=digest,
            rendered=render(digest),
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
            frozen = self.channels[name].freeze(letter)
        except ValueError as error:  # the address is none: kept and shown, the others go on
            state, message, frozen = "parked", str(error), Frozen(b"", letter.message_key)
        return {
            "subscription": subscription,
            "recipient": occasion.recipient,
            "period_key": key,
            "channel": name,
            "label": occasion.period.label,
            "subject": digest.subject,
            "message_id": frozen.message_id,
            "body": frozen.body,
            "queued_at": occasion.now,
            "next_at": occasion.now,
            "state": state,
            "attempts": 0,
            "message": message,
        }


def acting(given: DigestInput, occasion: Occasion, links: Links | None) -> DigestInput:
    """The same, with links by which the recipient acts: for a mailbox, which one person reads."""
    if links is None:
        return given
    return replace(given, acts=lambda flag: links.acts(occasion.recipient, flag, occasion.now))


def preview(
    engine: sa.Engine,
    subscription: Subscription,
    recipient: str,
    now: datetime,
    *,
    gather: Gather,
    told: Recipient | None = None,
    links: Links | None = None,
    web_url: str | None = None,
) -> Rendered:
    """The digest that the recipient would get now. Nothing is queued or remembered.

    Args:
        told: what is theirs; None: all that the subscription is about.
    """
    schedule = periods.parse(subscription.when, subscription.zone, subscription.quiet)
    reader = outbox.known(engine, subscription.name).get(folded(recipient))
    occasion = _occasion(
        subscription, recipient, told or _ALL, _by_hand(schedule, now), reader, now, web_url
    )
    given = gather(engine, occasion)
    if "email" in subscription.channels and recipient not in subscription.boards:
        given = acting(given, occasion, links)
    return render(compose(given))


def deliver(
    engine: sa.Engine,
    channels: Mapping[str, Channel],
    now: Callable[[], datetime],
    *,
    digests: Mapping[str, Collection[str]] | None = None,
    stopping: Callable[[], bool] = lambda: False,
) -> list[Delivered]:
    """Send what waits when it begins, one message at a time: claim, send, mark.

    A refused recipient is parked and the others go on; a channel that is out of order is left
    alone until the next round.

    Args:
        now: the clock; a round may last, and each message is logged at its own instant.
        digests: those in force by name, each with its channels: what waits for others is kept
            back, see `astray`. None: what waits goes out, whosoever's it is.
        stopping: asked between two messages.
    """
    began, usable = now(), dict(channels)
    closed = astray.ways_closed(engine, digests, channels) if digests is not None else {}
    done = astray.tell(engine, closed, began)
    try:
        while usable and not stopping():
            parcel = outbox.claim(engine, usable, began, closed)
            if parcel is None:
                break
            answer = usable[parcel.channel].send(parcel.recipient, parcel.body)
            state = outbox.mark(engine, parcel, answer, now())
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
    told: Recipient,
    period: Period,
    reader: Reader | None,
    now: datetime,
    web_url: str | None,
) -> Occasion:
    schedule = periods.parse(subscription.when, subscription.zone, subscription.quiet)
    base = web_url.rstrip("/") if web_url else None
    until = reader.told_until if reader is not None else None
    shared = recipient in subscription.boards
    return Occasion(
        subscription=subscription,
        recipient=recipient,
        period=period,
        now=now,
        since=until or periods.before(schedule, period),
        after=reader.told_event if reader is not None else None,
        unsubscribe=f"{base}/unsubscribe/{reader.token}"
        if base and reader and not shared
        else None,
        console=base,
        shares=told.shares,
        escalated=told.escalated,
        notes=told.notes,
        personal=told.personal,
    )


def _message_key(*parts: str) -> str:
    """Names a digest the same way each time it is frozen."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:40]
