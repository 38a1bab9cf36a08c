"""The tables of digests: what each recipient was told, what waits to be sent, what came of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, LargeBinary, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from sync_engine.store.models import instant, json_column, text_column
from sync_engine.store.types import UTCDateTime


class DigestReader(SQLModel, table=True):
    """A recipient of a subscription: which period was served last, and the thread it belongs to.

    Moves in the transaction that puts the digest into the outbox.
    """

    __tablename__ = "digest_reader"

    subscription: str = Field(primary_key=True)
    recipient: str = Field(primary_key=True)
    since: datetime = instant(nullable=False)  # first seen; periods before are not served
    token: str = Field(unique=True)  # unsubscribes without signing in
    period_key: str | None = None
    period_at: datetime | None = instant()  # when that period fell due
    told_until: datetime | None = instant()  # when that digest was composed
    told_event: int | None = None  # last event of flags that it knew of: what came later is news
    thread_id: str | None = None  # Message-ID of the first mail, the root of the thread
    message_id: str | None = None  # of the latest mail
    unsubscribed_at: datetime | None = instant()


class Outgoing(SQLModel, table=True):
    """A digest frozen into bytes: exactly these are sent, however often it is tried.

    One row per recipient, subscription, local period and channel: the period's key follows from
    the calendar, never from the instant of sending.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("subscription", "recipient", "period_key", "channel"),
        Index("ix_outbox_due", "state", "next_at"),
        Index("ix_outbox_recipient", "recipient", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    subscription: str
    recipient: str
    period_key: str
    channel: str
    label: str
    subject: str = Field(sa_type=Text)
    message_id: str
    body: bytes = Field(sa_type=LargeBinary)
    queued_at: datetime = instant(nullable=False)
    state: str = "queued"  # queued | sending | sent | parked | withdrawn
    next_at: datetime = instant(nullable=False)
    claim: str | None = None  # whose turn it is while `sending`
    claimed_until: datetime | None = instant()
    attempts: int = 0
    sent_at: datetime | None = instant()
    message: str | None = text_column()  # what the channel said last


class Delivery(SQLModel, table=True):
    """The log of deliveries: one row per attempt, and for what becomes of a message without one."""

    __tablename__ = "delivery"

    id: int | None = Field(default=None, primary_key=True)
    outbox_id: int = Field(foreign_key="outbox.id", index=True)
    at: datetime = instant(nullable=False)
    outcome: str  # sent | later | refused | down; astray | withdrawn: not tried
    code: int | None = None
    message: str | None = text_column()


class DigestRound(SQLModel, table=True):
    """Which period of a subscription whose recipients the store knows was served to them all.

    Who is to be told is looked up once a period, not at every look at the clock.
    """

    __tablename__ = "digest_round"

    subscription: str = Field(primary_key=True)
    since: datetime = instant(nullable=False)  # first seen; periods before are not served
    period_key: str | None = None
    period_at: datetime | None = instant()


class Escalation(SQLModel, table=True):
    """An unsolved flag that climbed to someone. A flag that is raised again climbs anew."""

    __tablename__ = "escalation"

    subscription: str = Field(primary_key=True)
    flag_id: int = Field(primary_key=True, foreign_key="flag.id", index=True)
    # Of the flag: which of its lives this is.
    opened_at: datetime = Field(sa_type=UTCDateTime, primary_key=True)
    recipient: str = Field(primary_key=True)  # nobody has it twice
    rung: str  # lead | manager | pmo
    had: Any = json_column()  # names of who had it before, the owner first
    at: datetime = instant(nullable=False)
    told_at: datetime | None = instant()  # when the digest that says so was frozen


class UsedLink(SQLModel, table=True):
    """A link out of a digest that was used: none works twice. Kept until it would have expired."""

    __tablename__ = "used_link"

    token: str = Field(primary_key=True)  # its digest; the token itself is a permission
    at: datetime = instant(nullable=False)
    expires_at: datetime = instant(nullable=False)
