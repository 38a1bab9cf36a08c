"""Tokens with which programs use the API in someone's name: shown once, kept as a hash."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

import sqlalchemy as sa

from sync_engine.accounts import ACCOUNT, TOKEN, AccountError, User, digest, find_by_id
from sync_engine.store import audit
from sync_engine.store.audit import Actor

TokenScope = Literal["read", "write", "admin"]
SCOPES: tuple[TokenScope, ...] = get_args(TokenScope)
PREFIX = "flag_"
"""So that a scanner for leaked secrets knows one when it sees one."""

USED_EVERY = timedelta(minutes=1)
"""How exactly a token's last use is kept: not every call should write."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it is listed: never itself."""

    id: int
    name: str
    scope: TokenScope
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None


def make(
    engine: sa.Engine, user: User, *, name: str, scope: str, expires_at: datetime | None,
    actor: Actor, now: datetime,
) -> str:  # fmt: skip
    """A new token of a user, to be shown once.

    Raises:
        AccountError: it has no name, an unknown scope, or would have run out already.
    """
    if not name.strip() or scope not in SCOPES:
        raise AccountError(f"a token needs a name and one of the scopes {', '.join(SCOPES)}")
    if scope == "admin" and user.role != "admin":
        raise AccountError("only an admin's token may have the scope admin")
    if expires_at is not None and expires_at <= now:
        raise AccountError("the token would have run out already; name a later day")
    token = PREFIX + secrets.token_urlsafe(32)
    with engine.begin() as connection:
        connection.execute(
            sa.insert(TOKEN),
            {"account_id": user.id, "name": name.strip(), "scope": scope, "token": digest(token),
             "created_at": now, "expires_at": expires_at},
        )  # fmt: skip
        audit.note(connection, actor, "token made", f"{user.address}: {name.strip()}", at=now,
                   after={"scope": scope})  # fmt: skip
    return token


def of(
    connection: sa.Connection, token: str, now: datetime
) -> tuple[User, TokenScope, bool] | None:
    """Whose token it is, what it may do, and whether its use is to be noted (`used`); None: it is
    nobody's, has run out, was revoked."""
    row = connection.execute(
        sa.select(TOKEN.c.account_id, TOKEN.c.scope, TOKEN.c.used_at)
        .join(ACCOUNT, ACCOUNT.c.id == TOKEN.c.account_id)
        .where(TOKEN.c.token == digest(token), TOKEN.c.revoked_at.is_(None))
        .where(sa.or_(TOKEN.c.expires_at.is_(None), TOKEN.c.expires_at > now))
        .where(ACCOUNT.c.enabled.is_(True))
    ).first()
    if row is None:
        return None
    note = row.used_at is None or now - row.used_at >= USED_EVERY
    return find_by_id(connection, row.account_id), row.scope, note


def used(engine: sa.Engine, token: str, now: datetime) -> None:
    """Note that a token was used."""
    with engine.begin() as connection:
        connection.execute(
            sa.update(TOKEN).where(TOKEN.c.token == digest(token)).values(used_at=now)
        )


def listed(connection: sa.Connection, user: User) -> list[Token]:
    """The tokens of a user that were not revoked."""
    rows = connection.execute(
        sa.select(TOKEN)
        .where(TOKEN.c.account_id == user.id, TOKEN.c.revoked_at.is_(None))
        .order_by(TOKEN.c.id)
    )
    return [
        Token(row.id, row.name, row.scope, row.created_at, row.expires_at, row.used_at)
        for row in rows
    ]


def revoke(engine: sa.Engine, user: User, id: int, actor: Actor, now: datetime) -> None:
    """End a token of a user. Raises `AccountError` when they have no such token."""
    with engine.begin() as connection:
        ended = connection.execute(
            sa.update(TOKEN)
            .where(TOKEN.c.id == id, TOKEN.c.account_id == user.id, TOKEN.c.revoked_at.is_(None))
            .values(revoked_at=now)
            .returning(TOKEN.c.name)
        ).first()
        if ended is None:
            raise AccountError("there is no such token")
        audit.note(connection, actor, "token revoked", f"{user.address}: {ended.name}", at=now)
