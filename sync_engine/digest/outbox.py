"""The outbox: a digest is frozen here before anything is sent, and sent from here.

The promise: never lost, and repeated at most once per accident, only when the process dies or the
connection breaks between the mail server's taking a message and our writing that down; then with
the same Message-ID and the same bytes.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from sync_engine.digest import escalation
from sync_engine.digest.addresses import folded
from sync_engine.digest.channels.base import Answer
from sync_engine.digest.periods import Period
from sync_engine.store import audit
from sync_engine.store.audit import Actor
from sync_engine.store.digest_models import Delivery, DigestReader, Outgoing
from sync_engine.store.engine import database_now, reading

CLAIM = timedelta(minutes=15)
"""How long a worker may be busy with one message before another takes it over."""
GIVE_UP = timedelta(days=5)
"""How long a recipient's mailbox may put us off. A channel that is out of order may for ever."""
LONGEST_WAIT = timedelta(days=1)
"""No receiver may put a message off for longer at once."""
_WAITS = (1, 5, 15, 30, 60, 120, 240)  # minutes before the next attempt

_readers = DigestReader.__table__  # type: ignore[attr-defined]
_outbox = Outgoing.__table__  # type: ignore[attr-defined]
_deliveries = Delivery.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Reader:
    """What a recipient of a subscription was told last. `recipient`: as they were first known,
    however their address is spelled by now."""

    recipient: str
    since: datetime
    token: str
    last: Period | None
    told_until: datetime | None
    told_event: int | None
    thread: tuple[str, ...]
    unsubscribed: bool


@dataclass(frozen=True, slots=True)
class Parcel:
    """A claimed row of the outbox."""

    id: int
    claim: str
    channel: str
    recipient: str
    subscription: str
    period_key: str
    body: bytes
    attempts: int
    queued_at: datetime


@dataclass(frozen=True, slots=True)
class Delivered:
    """What came of one message. `state` is the message's: sent, queued, parked, or
    withdrawn; `text` says why."""

    subscription: str
    recipient: str
    period_key: str
    channel: str
    state: str
    text: str


def meet(
    engine: sa.Engine, subscription: str, recipients: Sequence[str], now: datetime
) -> dict[str, Reader]:
    """The recipients of a subscription as they stand, each once, by the first of their spellings;
    the new ones start with the next period."""
    wanted: dict[str, str] = {}
    for recipient in recipients:
        wanted.setdefault(folded(recipient), recipient)
    standing = known(engine, subscription)
    new = [recipient for mark, recipient in wanted.items() if mark not in standing]
    if new:
        with engine.begin() as connection:
            for recipient in new:
                row = {"subscription": subscription, "recipient": recipient, "since": now}
                _insert_once(connection, _readers, row | {"token": secrets.token_urlsafe(24)})
        standing = known(engine, subscription)
    return {recipient: standing[mark] for mark, recipient in wanted.items()}


def known(engine: sa.Engine, subscription: str) -> dict[str, Reader]:
    """All recipients that a subscription ever had, by their `folded` address; of several spellings
    the one that was served last, which has left if any has."""
    with reading(engine) as connection:
        rows = connection.execute(
            sa.select(_readers).where(_readers.c.subscription == subscription)
        ).mappings()
        readers = sorted(map(_reader, rows), key=_served)
    found: dict[str, Reader] = {}
    for reader in readers:
        mark = folded(reader.recipient)
        left = reader.unsubscribed or (mark in found and found[mark].unsubscribed)
        found[mark] = replace(reader, unsubscribed=left)
    return found


def _served(reader: Reader) -> tuple[bool, datetime, str]:
    at = reader.last.fire_at if reader.last else reader.since
    return reader.last is not None, at, reader.recipient


def _reader(row: sa.RowMapping) -> Reader:
    last = None
    if row["period_key"] is not None and row["period_at"] is not None:
        last = Period(row["period_key"], row["period_at"], "")
    thread = (row["thread_id"], row["message_id"])
    return Reader(
        recipient=row["recipient"],
        since=row["since"],
        token=row["token"],
        last=last,
        told_until=row["told_until"],
        told_event=row["told_event"],
        thread=tuple(dict.fromkeys(i for i in thread if i)),
        unsubscribed=row["unsubscribed_at"] is not None,
    )


def put(
    engine: sa.Engine,
    rows: Iterable[dict[str, Any]],
    *,
    served: dict[str, Any] | None,
    climbed: Sequence[int] = (),
) -> list[str]:
    """Freeze a digest into the outbox, and move its reader on, in one transaction.

    Args:
        rows: the digest once per channel.
        served: columns of its reader to move; None leaves the reader as it is.
        climbed: ids of the flags of which the digest says that they climbed to its reader.

    Returns:
        The channels for which it was new; another worker may have been first, and a reader who
        left meanwhile gets nothing.
    """
    rows = list(rows)
    with engine.begin() as connection:
        if rows and _has_left(connection, rows[0]["subscription"], rows[0]["recipient"]):
            return []
        fresh = [row["channel"] for row in rows if _insert_once(connection, _outbox, row)]
        if served is not None:
            connection.execute(
                sa.update(_readers)
                .where(_readers.c.subscription == served["subscription"])
                .where(_readers.c.recipient == served["recipient"])
                .where(
                    sa.or_(
                        _readers.c.period_at.is_(None),
                        _readers.c.period_at < served["period_at"],
                    )
                )
                .values(**served)
            )
            if fresh:
                escalation.tell(
                    connection, served["subscription"], served["recipient"], climbed,
                    served["told_until"],
                )  # fmt: skip
    return fresh


def _has_left(connection: sa.Connection, subscription: str, recipient: str) -> bool:
    """Whether a reader does not want it any more; who just says so is waited for."""
    at = connection.execute(
        sa.select(_readers.c.unsubscribed_at)
        .where(_readers.c.subscription == subscription, _readers.c.recipient == recipient)
        .with_for_update()
    ).scalar_one_or_none()
    return at is not None


def _insert_once(connection: sa.Connection, table: sa.Table, row: dict[str, Any]) -> bool:
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    statement = insert(table).values(**row).on_conflict_do_nothing()
    # Not the row count: PostgreSQL's driver knows none here.
    done = connection.execute(statement.returning(table.c.recipient))
    return done.first() is not None


def claim(
    engine: sa.Engine,
    channels: Iterable[str],
    now: datetime,
    but: Collection[tuple[str, str]] = (),
) -> Parcel | None:
    """Take the oldest message that may be sent now, for `CLAIM` by the database's clock.

    Args:
        but: subscriptions with a channel each, of which none is taken.
    """
    token = uuid4().hex
    with engine.begin() as connection:
        clock = database_now(connection)
        waiting = sa.and_(_outbox.c.state == "queued", _outbox.c.next_at <= now)
        orphaned = sa.and_(_outbox.c.state == "sending", _outbox.c.claimed_until < clock)
        chosen = connection.execute(
            sa.select(_outbox.c.id)
            .where(_outbox.c.channel.in_(list(channels)))
            .where(sa.tuple_(_outbox.c.subscription, _outbox.c.channel).not_in(list(but)))
            .where(sa.or_(waiting, orphaned))
            .order_by(_outbox.c.id)  # a reader gets the older digest first
            .limit(1)
            .with_for_update(skip_locked=True)
        ).scalar_one_or_none()
        if chosen is None:
            return None
        row = (
            connection.execute(
                sa.update(_outbox)
                .where(_outbox.c.id == chosen)
                .values(
                    state="sending",
                    claim=token,
                    claimed_until=clock + CLAIM,
                    attempts=_outbox.c.attempts + 1,
                )
                .returning(_outbox)
            )
            .mappings()
            .one()
        )
    return Parcel(
        id=row["id"],
        claim=token,
        channel=row["channel"],
        recipient=row["recipient"],
        subscription=row["subscription"],
        period_key=row["period_key"],
        body=row["body"],
        attempts=row["attempts"],
        queued_at=row["queued_at"],
    )


def mark(engine: sa.Engine, parcel: Parcel, answer: Answer, now: datetime) -> str:
    """Write down what came of an attempt; the state that the message is in now: withdrawn, where
    its reader left meanwhile and it was not taken."""
    state, next_at, text = "queued", now, answer.text
    if answer.outcome == "sent":
        state = "sent"
    elif answer.outcome == "refused":
        state = "parked"
    elif answer.outcome == "later" and now - parcel.queued_at > GIVE_UP:
        state, text = "parked", f"Given up after {GIVE_UP.days} days. {answer.text}"
    else:
        asked = timedelta(seconds=min(answer.wait or 0.0, LONGEST_WAIT.total_seconds()))
        next_at = now + max(wait(parcel.attempts), asked)
    with engine.begin() as connection:
        connection.execute(
            sa.insert(_deliveries).values(
                outbox_id=parcel.id, at=now, outcome=answer.outcome, code=answer.code, message=text
            )
        )
        mine = sa.and_(_outbox.c.id == parcel.id, _outbox.c.claim == parcel.claim)
        # What was taken is taken, even when a slower clock let another worker claim it meanwhile.
        whose = _outbox.c.id == parcel.id if state == "sent" else mine
        done = connection.execute(
            sa.update(_outbox)
            .where(whose)
            .values(
                state=state,
                next_at=next_at,
                claim=None,
                claimed_until=None,
                sent_at=now if state == "sent" else None,
                message=text,
            )
            .returning(_outbox.c.id)
        ).first()
        if done is None:
            now_in = sa.select(_outbox.c.state).where(_outbox.c.id == parcel.id)
            state = connection.execute(now_in).scalar_one_or_none() or state
    return state


def wait(attempts: int) -> timedelta:
    """How long to leave a message alone after so many attempts."""
    return timedelta(minutes=_WAITS[min(attempts, len(_WAITS)) - 1])


def release(engine: sa.Engine, outbox_id: int, now: datetime, actor: Actor | None = None) -> bool:
    """Try a parked message again, once its reason is mended. False: it is not parked, or its
    reader has left.

    Args:
        actor: who wants it, for the audit log.
    """
    with engine.begin() as connection:
        parked = sa.and_(
            _outbox.c.id == outbox_id,
            _outbox.c.state == "parked",
            sa.func.length(_outbox.c.body) > 0,
        )
        found = connection.execute(
            sa.select(_outbox.c.subscription, _outbox.c.recipient).where(parked)
        ).first()
        if found is None:
            return False
        left = _has_left(connection, found.subscription, found.recipient)
        fresh = {"state": "queued", "next_at": now, "queued_at": now, "attempts": 0}
        done = connection.execute(
            sa.update(_outbox)
            .where(parked)
            .values(**{"state": "withdrawn"} if left else fresh)
            .returning(_outbox.c.id)
        ).first()
        if left or done is None:
            return False
        if actor is not None:
            about = f"{found.subscription} to {found.recipient}"
            audit.note(connection, actor, "message released", about, at=now)
    return True


def forget(engine: sa.Engine, before: datetime) -> int:
    """Delete what was sent, parked or withdrawn before an instant, with its log; how many.

    The readers' own rows stay, so that no period is served again.
    """
    done = sa.and_(
        _outbox.c.state.in_(["sent", "parked", "withdrawn"]), _outbox.c.queued_at < before
    )
    with engine.begin() as connection:
        connection.execute(
            sa.delete(_deliveries).where(
                _deliveries.c.outbox_id.in_(sa.select(_outbox.c.id).where(done))
            )
        )
        return int(connection.execute(sa.delete(_outbox).where(done)).rowcount)
