"""The tables of who may use the console: people, their sessions, tokens and ways to look at
flags, and failed tries."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from sync_engine.store.models import instant, text_column


class Account(SQLModel, table=True):
    """Someone who may sign in."""

    __tablename__ = "account"

    id: int | None = Field(default=None, primary_key=True)
    address: str = Field(unique=True)  # in lower case
    name: str = text_column(nullable=False)
    role: str  # admin | pmo | manager | viewer
    zone: str | None = None  # None: the PMO's
    scope: str | None = text_column()  # of a manager: condition on projects; None: none of them
    enabled: bool
    password: str | None = text_column()  # argon2id; None: signs in elsewhere
    created_at: datetime = instant(nullable=False)
    signed_in_at: datetime | None = instant()


class WebSession(SQLModel, table=True):
    """A browser in which someone is signed in; the cookie's token itself is kept nowhere."""

    __tablename__ = "web_session"

    token: str = Field(primary_key=True)  # SHA-256 of the cookie's, in hex
    account_id: int = Field(foreign_key="account.id", index=True)
    created_at: datetime = instant(nullable=False)
    seen_at: datetime = instant(nullable=False)


class ApiToken(SQLModel, table=True):
    """What a program signs in with, in someone's name."""

    __tablename__ = "api_token"

    id: int | None = Field(default=None, primary_key=True)
    account_id: int = Field(foreign_key="account.id", index=True)
    name: str = text_column(nullable=False)
    scope: str  # read | write | admin
    token: str = Field(unique=True)  # SHA-256, in hex
    created_at: datetime = instant(nullable=False)
    expires_at: datetime | None = instant()
    used_at: datetime | None = instant()
    revoked_at: datetime | None = instant()


class Invitation(SQLModel, table=True):
    """A link with which someone chooses a password, once. Gone when used."""

    __tablename__ = "invitation"

    token: str = Field(primary_key=True)  # SHA-256, in hex
    account_id: int = Field(foreign_key="account.id", index=True)
    made_at: datetime = instant(nullable=False)
    expires_at: datetime = instant(nullable=False)


class FlagView(SQLModel, table=True):
    """A way to look at flags that somebody keeps by a name."""

    __tablename__ = "flag_view"
    __table_args__ = (UniqueConstraint("account_id", "name", name="uq_flag_view_account_id_name"),)

    id: int | None = Field(default=None, primary_key=True)
    account_id: int = Field(foreign_key="account.id")
    name: str = text_column(nullable=False)
    condition: str = text_column(nullable=False)  # on flags; "": all
    sort: str
    grouping: str | None = None  # standard | project | owner | tool; None: a list
    shared: bool  # everybody finds it; only who made it changes it
    created_at: datetime = instant(nullable=False)


class FailedSignIn(SQLModel, table=True):
    """A try to sign in that was refused; kept for as long as it counts."""

    __tablename__ = "failed_sign_in"
    __table_args__ = (
        Index("ix_failed_sign_in_address", "address", "at"),
        Index("ix_failed_sign_in_peer", "peer", "at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = instant(nullable=False)
    address: str  # SHA-256 of what was typed: it may be a password by mistake
    peer: str
