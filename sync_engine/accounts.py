"""Who may use the console: people with a role, their sessions, tokens, and tries to sign in.

Passwords are kept as argon2id, random tokens as their SHA-256. Who tries in vain cannot tell from
the answer or its time whether an account exists.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, cast, get_args
from zoneinfo import available_timezones

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from sync_engine.store import audit
from sync_engine.store.account_models import (
    Account,
    ApiToken,
    FailedSignIn,
    FlagView,
    Invitation,
    WebSession,
)
from sync_engine.store.audit import Actor
from sync_engine.store.engine import reading
from sync_engine.store.locks import Lock, hold

Role = Literal["admin", "pmo", "manager", "viewer"]
ROLES: tuple[Role, ...] = get_args(Role)

IDLE = timedelta(hours=12)
LONGEST = timedelta(days=14)
"""How long a session lasts without use, and at all."""

WINDOW = timedelta(minutes=15)
TRIES_OF_ADDRESS = 10
TRIES_OF_PEER = 50
"""Failed tries within the window after which no more are looked at: for an address from one peer,
and of a peer. An office is one peer."""

BUSY_ADDRESS = 50
TRIES_WHEN_BUSY = 3
"""Where an address was tried so often by all peers, each has so few tries: whoever guesses from
many places is slowed, and whose address it is still gets in."""

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 1024
SEEN_EVERY = timedelta(minutes=5)
"""How exactly a session's last use is kept: a page view should not write."""

_ADDRESS = re.compile(r"[^@\s<>,;]{1,64}@[^@\s<>,;]{1,190}")

ACCOUNT, SESSION, TOKEN, FAILED, INVITATION, VIEW = (
    cast(sa.Table, getattr(model, "__table__"))  # noqa: B009 - made by SQLModel
    for model in (Account, WebSession, ApiToken, FailedSignIn, Invitation, FlagView)
)


class AccountError(Exception):
    """An account cannot be made or changed so; the message says what can be done."""


class ThrottledError(Exception):
    """Too many tries have failed; nothing was looked at."""


@dataclass(frozen=True, slots=True)
class User:
    """Someone who may sign in. `scope`: of a manager, a condition on projects."""

    id: int
    address: str
    name: str
    role: Role
    zone: str | None = None
    scope: str | None = None
    enabled: bool = True


class Passwords:
    """Makes and compares argon2id hashes, no more of them at once than there is memory for.

    Args:
        hasher: 64 MiB and three rounds: more than 100 ms on a machine of today.
    """

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher(time_cost=3, memory_cost=65536, parallelism=1)
        self._room = threading.Semaphore(2)
        self._nobody = self._hasher.hash(secrets.token_urlsafe())

    def hash(self, password: str) -> str:
        """What is kept of a password. Raises `AccountError` when it is too short or too long."""
        if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
            raise AccountError(
                f"a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters; "
                "a few words in a row are easy to keep in mind"
            )
        with self._room:
            return self._hasher.hash(password)

    def fits(self, kept: str | None, password: str) -> bool:
        """Whether it is the one; takes the same time when there is none."""
        with self._room:
            try:
                self._hasher.verify(kept or self._nobody, password[:LONGEST_PASSWORD])
            except (VerificationError, InvalidHashError):
                return False
        return kept is not None


def digest(token: str) -> str:
    """What is kept of a random token."""
    return hashlib.sha256(token.encode()).hexdigest()


# -- accounts --------------------------------------------------------------------------------------


def anybody(connection: sa.Connection) -> bool:
    """Whether there is any account."""
    return connection.execute(sa.select(ACCOUNT.c.id).limit(1)).first() is not None


def everybody(connection: sa.Connection) -> list[User]:
    """All accounts, by address."""
    return [_user(row) for row in connection.execute(_USERS.order_by(ACCOUNT.c.address))]


def find(connection: sa.Connection, address: str) -> User:
    """The account of an address. Raises `AccountError` when there is none."""
    row = connection.execute(_USERS.where(ACCOUNT.c.address == address.strip().lower())).first()
    if row is None:
        raise AccountError(f"nobody has the address {address.strip()}; `flagstaff users list`")
    return _user(row)


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account to be made. `scope` was checked by the caller, who knows the language."""

    address: str
    name: str
    role: str
    zone: str | None = None
    scope: str | None = None


def add(
    engine: sa.Engine,
    new: NewAccount,
    password: str | None,
    actor: Actor,
    now: datetime,
    *,
    first: bool = False,
) -> User:
    """Make an account.

    Args:
        password: its hash (see `Passwords`); None: they sign in elsewhere.
        first: only while there is none.

    Raises:
        AccountError: a value is wrong, the address is taken, or there is an account already.
    """
    values = {
        "address": _address(new.address), "name": new.name.strip() or new.address.strip(),
        "role": _role(new.role), "zone": _zone(new.zone), "scope": new.scope or None,
        "enabled": True,
    }  # fmt: skip
    with engine.begin() as connection:
        _alone(connection)
        if first and anybody(connection):
            raise AccountError("there is an account already; sign in with it")
        taken = sa.select(ACCOUNT.c.id).where(ACCOUNT.c.address == values["address"])
        if connection.execute(taken).first():
            raise AccountError(f"{values['address']} has an account already")
        made = connection.execute(
            sa.insert(ACCOUNT).returning(ACCOUNT.c.id),
            {**values, "password": password, "created_at": now},
        ).scalar_one()
        audit.note(connection, actor, "user added", str(values["address"]), at=now, after=values)
        return find_by_id(connection, made)


def find_by_id(connection: sa.Connection, id: int) -> User:
    """An account that is there."""
    return _user(connection.execute(_USERS.where(ACCOUNT.c.id == id)).one())


def change(engine: sa.Engine, address: str, actor: Actor, now: datetime, **to: Any) -> User:
    """Set values of an account: name, role, zone, scope, enabled. Open sessions end when it may
    do less than before.

    Raises:
        AccountError: there is no such account, a value is wrong, or no admin would be left.
    """
    checks = {"role": _role, "zone": _zone}
    values = {name: checks.get(name, lambda v: v)(value) for name, value in to.items()}
    with engine.begin() as connection:
        _alone(connection)
        user = find(connection, address)
        before = {name: getattr(user, name) for name in values}
        if before == values:
            return user
        connection.execute(sa.update(ACCOUNT).where(ACCOUNT.c.id == user.id).values(**values))
        _some_admin(connection)
        if values.get("enabled") is False or values.get("role", user.role) != user.role:
            _end(connection, user.id)
        if values.get("enabled") is False:
            connection.execute(sa.delete(INVITATION).where(INVITATION.c.account_id == user.id))
        audit.note(connection, actor, "user changed", user.address, at=now, before=before,
                   after=values)  # fmt: skip
        return find_by_id(connection, user.id)


def set_password(
    engine: sa.Engine, address: str, password: str, actor: Actor, now: datetime
) -> None:
    """Give an account another password, as its hash, and end its sessions."""
    with engine.begin() as connection:
        user = find(connection, address)
        write_password(connection, user.id, password)
        audit.note(connection, actor, "password changed", user.address, at=now)


def write_password(connection: sa.Connection, account_id: int, password: str) -> None:
    """Give an account a password, as its hash, and end its sessions; the caller audits it. Tries
    that failed with the one before count no more."""
    address = connection.execute(
        sa.update(ACCOUNT)
        .where(ACCOUNT.c.id == account_id)
        .values(password=password)
        .returning(ACCOUNT.c.address)
    ).scalar_one()
    connection.execute(sa.delete(FAILED).where(FAILED.c.address == digest(address)))
    _end(connection, account_id)


def remove(engine: sa.Engine, address: str, actor: Actor, now: datetime) -> None:
    """Delete an account with its sessions and tokens; what it did stays in the audit log."""
    with engine.begin() as connection:
        _alone(connection)
        user = find(connection, address)
        _end(connection, user.id)
        for table in (TOKEN, INVITATION, VIEW):
            connection.execute(sa.delete(table).where(table.c.account_id == user.id))
        connection.execute(sa.delete(ACCOUNT).where(ACCOUNT.c.id == user.id))
        _some_admin(connection)
        audit.note(connection, actor, "user removed", user.address, at=now,
                   before={"name": user.name, "role": user.role})  # fmt: skip


def _alone(connection: sa.Connection) -> None:
    """From here on nobody else changes who has an account until this transaction ends. On SQLite
    it is so already: a transaction that writes begins alone."""
    hold(connection, Lock.ACCOUNTS)


def _some_admin(connection: sa.Connection) -> None:
    left = sa.select(ACCOUNT.c.id).where(ACCOUNT.c.role == "admin", ACCOUNT.c.enabled.is_(True))
    if connection.execute(left.limit(1)).first() is None:
        raise AccountError("no admin would be left; make somebody else an admin first")


# -- sessions --------------------------------------------------------------------------------------


def sign_in(
    engine: sa.Engine, passwords: Passwords, address: str, password: str, peer: str, now: datetime
) -> tuple[User, str] | None:
    """The user and a new session's token; None when address and password do not fit.

    Raises:
        ThrottledError: too many tries failed, for this address or from this peer.
    """
    typed = address.strip().lower()
    with reading(engine) as connection:
        refuse_too_many(connection, typed, peer, now)
        row = connection.execute(
            sa.select(ACCOUNT).where(ACCOUNT.c.address == typed, ACCOUNT.c.enabled.is_(True))
        ).first()
    if not passwords.fits(row.password if row else None, password) or row is None:
        failed(engine, typed, peer, now)
        return None
    return _user(row), open_session(engine, row.id, now)


def open_session(engine: sa.Engine, account_id: int, now: datetime) -> str:
    """A new session of an account: the token for its cookie. What has run out goes."""
    token = secrets.token_urlsafe(32)
    with engine.begin() as connection:
        connection.execute(
            sa.delete(SESSION).where(
                sa.or_(SESSION.c.seen_at < now - IDLE, SESSION.c.created_at < now - LONGEST)
            )
        )
        connection.execute(sa.delete(FAILED).where(FAILED.c.at <= now - WINDOW))
        connection.execute(
            sa.insert(SESSION),
            {"token": digest(token), "account_id": account_id, "created_at": now, "seen_at": now},
        )
        connection.execute(
            sa.update(ACCOUNT).where(ACCOUNT.c.id == account_id).values(signed_in_at=now)
        )
        user = find_by_id(connection, account_id)
        audit.note(connection, Actor(user.address, "console"), "signed in", user.address, at=now)
    return token


def of_session(connection: sa.Connection, token: str, now: datetime) -> tuple[User, bool] | None:
    """Who a session's token stands for, and whether its use is to be noted (`seen`)."""
    row = connection.execute(
        _USERS.add_columns(SESSION.c.seen_at)
        .join(SESSION, SESSION.c.account_id == ACCOUNT.c.id)
        .where(SESSION.c.token == digest(token), ACCOUNT.c.enabled.is_(True))
        .where(SESSION.c.seen_at >= now - IDLE, SESSION.c.created_at >= now - LONGEST)
    ).first()
    return None if row is None else (_user(row), now - row.seen_at > SEEN_EVERY)


def seen(engine: sa.Engine, token: str, now: datetime) -> None:
    """Note that a session was used."""
    with engine.begin() as connection:
        connection.execute(
            sa.update(SESSION).where(SESSION.c.token == digest(token)).values(seen_at=now)
        )


def sign_out(engine: sa.Engine, token: str) -> None:
    """End one session."""
    with engine.begin() as connection:
        connection.execute(sa.delete(SESSION).where(SESSION.c.token == digest(token)))


def sign_out_everywhere(
    engine: sa.Engine, user: User, now: datetime, actor: Actor | None = None
) -> int:
    """End all sessions of someone; how many there were. `actor`: who does it; None: they."""
    with engine.begin() as connection:
        ended = _end(connection, user.id)
        audit.note(connection, actor or Actor(user.address, "console"), "signed out everywhere",
                   user.address, at=now, after={"sessions": ended})  # fmt: skip
    return ended


def _end(connection: sa.Connection, account_id: int) -> int:
    return connection.execute(sa.delete(SESSION).where(SESSION.c.account_id == account_id)).rowcount


def refuse_too_many(connection: sa.Connection, address: str, peer: str, now: datetime) -> None:
    """Raise `ThrottledError` when too many tries failed lately. The same for who is not there."""
    of_address = FAILED.c.address == digest(address)
    of_peer = FAILED.c.peer == _source(peer)

    def tries(*which: sa.ColumnElement[bool]) -> int:
        counted = sa.select(sa.func.count()).where(*which, FAILED.c.at > now - WINDOW)
        return int(connection.execute(counted).scalar_one())

    most = TRIES_WHEN_BUSY if tries(of_address) >= BUSY_ADDRESS else TRIES_OF_ADDRESS
    if tries(of_address, of_peer) >= most or tries(of_peer) >= TRIES_OF_PEER:
        raise ThrottledError


def failed(engine: sa.Engine, address: str, peer: str, now: datetime) -> None:
    """Note a try that was refused; those that count no more go."""
    tried = {"at": now, "address": digest(address), "peer": _source(peer)}
    with engine.begin() as connection:
        connection.execute(sa.delete(FAILED).where(FAILED.c.at <= now - WINDOW))
        connection.execute(sa.insert(FAILED), tried)


def _source(peer: str) -> str:
    """Where a try comes from: who has one address of IPv6 has a whole network of 64 bits."""
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return peer
    return peer if address.version == 4 else str(ipaddress.ip_network((address, 64), strict=False))


# -- values ----------------------------------------------------------------------------------------

_USERS = sa.select(
    ACCOUNT.c.id, ACCOUNT.c.address, ACCOUNT.c.name, ACCOUNT.c.role, ACCOUNT.c.zone,
    ACCOUNT.c.scope, ACCOUNT.c.enabled,
)  # fmt: skip


def _user(row: Any) -> User:
    held: Mapping[str, Any] = row._mapping
    return User(
        held["id"], held["address"], held["name"], held["role"], held["zone"], held["scope"],
        held["enabled"],
    )  # fmt: skip


def _address(text: str) -> str:
    address = text.strip().lower()
    if not _ADDRESS.fullmatch(address):
        raise AccountError(f'"{text.strip()[:80]}" is no e-mail address; write ada@acme.example')
    return address


def _role(text: str) -> str:
    if text not in ROLES:
        raise AccountError(f'there is no role "{text[:40]}"; there are {", ".join(ROLES)}')
    return text


def _zone(text: str | None) -> str | None:
    if text and text not in available_timezones():
        raise AccountError(f'no time zone is called "{text[:40]}"; write one like Europe/Berlin')
    return text or None
