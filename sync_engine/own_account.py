"""What people do with their own account: their password, and the browsers that they are signed in
with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from sync_engine import accounts
from sync_engine.accounts import ACCOUNT, IDLE, LONGEST, SESSION, AccountError, Passwords, User
from sync_engine.store import audit
from sync_engine.store.audit import Actor
from sync_engine.store.engine import reading

HANDLE = 16
"""Characters of a session's hash that name it in a form."""


@dataclass(frozen=True, slots=True)
class Session:
    """A browser in which someone is signed in. `here`: the one that asks."""

    handle: str
    created_at: datetime
    seen_at: datetime
    here: bool


def has_password(connection: sa.Connection, user: User) -> bool:
    """Whether someone can sign in with a password at all."""
    held = sa.select(ACCOUNT.c.password).where(ACCOUNT.c.id == user.id)
    return connection.execute(held).scalar_one_or_none() is not None


def change_password(
    engine: sa.Engine, passwords: Passwords, user: User, current: str, new: str, peer: str,
    now: datetime,
) -> None:  # fmt: skip
    """Give oneself another password; all sessions end.

    Raises:
        AccountError: the present one is wrong, or the new one does not do.
        ThrottledError: too many tries failed.
    """
    with reading(engine) as connection:
        accounts.refuse_too_many(connection, user.address, peer, now)
        held = connection.execute(
            sa.select(ACCOUNT.c.password).where(ACCOUNT.c.id == user.id)
        ).scalar_one()
    if not passwords.fits(held, current):
        accounts.failed(engine, user.address, peer, now)
        raise AccountError("the present password is another one")
    hashed = passwords.hash(new)
    accounts.set_password(engine, user.address, hashed, Actor(user.address, "console"), now)


def sessions(connection: sa.Connection, user: User, token: str, now: datetime) -> list[Session]:
    """Where someone is signed in, the latest first.

    Args:
        token: of the session that asks.
    """
    here = accounts.digest(token)
    rows = connection.execute(
        sa.select(SESSION)
        .where(SESSION.c.account_id == user.id, SESSION.c.seen_at >= now - IDLE)
        .where(SESSION.c.created_at >= now - LONGEST)
        .order_by(SESSION.c.seen_at.desc(), SESSION.c.token)
    )
    return [
        Session(row.token[:HANDLE], row.created_at, row.seen_at, row.token == here) for row in rows
    ]


def end_session(engine: sa.Engine, user: User, handle: str, now: datetime) -> None:
    """Sign someone out of one browser. Raises `AccountError`: they are not signed in there."""
    with engine.begin() as connection:
        ended = connection.execute(
            sa.delete(SESSION)
            .where(SESSION.c.account_id == user.id)
            .where(sa.func.substr(SESSION.c.token, 1, HANDLE) == handle)
            .returning(SESSION.c.token)
        ).first()
        if ended is None:
            raise AccountError("that browser is signed out already")
        audit.note(connection, Actor(user.address, "console"), "signed out elsewhere",
                   user.address, at=now)  # fmt: skip
