"""Links with which people choose a password: for who is new, and for who has lost theirs.

A link works once and for three days, and its token is kept as a hash. So nobody but its owner ever
knows a password, and an admin has none to pass on.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

import sqlalchemy as sa

from sync_engine import accounts
from sync_engine.accounts import (
    ACCOUNT,
    INVITATION,
    AccountError,
    User,
    digest,
    find,
    find_by_id,
)
from sync_engine.store import audit
from sync_engine.store.audit import Actor

LASTS = timedelta(days=3)
GONE = (
    "this link has been used, has run out, or was replaced by a later one; ask an admin for another"
)


def make(engine: sa.Engine, address: str, actor: Actor, now: datetime) -> str:
    """The token of a new link for an account, to be shown once; an earlier link works no more.

    Raises:
        AccountError: there is no such account, or it is disabled.
    """
    token = secrets.token_urlsafe(32)
    with engine.begin() as connection:
        user = find(connection, address)
        if not user.enabled:
            raise AccountError(f"{user.address} may not sign in; let them in again first")
        connection.execute(
            sa.delete(INVITATION).where(
                sa.or_(INVITATION.c.account_id == user.id, INVITATION.c.expires_at <= now)
            )
        )
        connection.execute(
            sa.insert(INVITATION),
            {"token": digest(token), "account_id": user.id, "made_at": now,
             "expires_at": now + LASTS},
        )  # fmt: skip
        audit.note(connection, actor, "invitation made", user.address, at=now)
    return token


def of(connection: sa.Connection, token: str, now: datetime) -> User | None:
    """Whom a link is for; None: it does not work (any more)."""
    found = connection.execute(
        sa.select(INVITATION.c.account_id)
        .join(ACCOUNT, ACCOUNT.c.id == INVITATION.c.account_id)
        .where(INVITATION.c.token == digest(token), INVITATION.c.expires_at > now)
        .where(ACCOUNT.c.enabled.is_(True))
    ).scalar_one_or_none()
    return None if found is None else find_by_id(connection, found)


def waiting(connection: sa.Connection, now: datetime) -> dict[int, datetime]:
    """By account: until when its link works."""
    rows = connection.execute(
        sa.select(INVITATION.c.account_id, INVITATION.c.expires_at)
        .where(INVITATION.c.expires_at > now)
    )  # fmt: skip
    return {row.account_id: row.expires_at for row in rows}


def accept(engine: sa.Engine, token: str, password: str, now: datetime) -> User:
    """Give the account of a link its password, as a hash, and end its sessions; the link is used.

    Raises:
        AccountError: the link does not work (any more).
    """
    with engine.begin() as connection:
        user = of(connection, token, now)
        used = connection.execute(
            sa.delete(INVITATION)
            .where(INVITATION.c.token == digest(token))
            .returning(INVITATION.c.token)
        ).first()
        if user is None or used is None:
            raise AccountError(GONE)
        accounts.write_password(connection, user.id, password)
        audit.note(connection, Actor(user.address, "console"), "password chosen", user.address,
                   at=now)  # fmt: skip
    return user
