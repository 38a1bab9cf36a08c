"""Accounts, sessions, tokens and throttling, on both databases."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from sync_engine import accounts, invitations, tokens
from sync_engine.accounts import (
    BUSY_ADDRESS,
    IDLE,
    LONGEST,
    TRIES_OF_ADDRESS,
    TRIES_OF_PEER,
    TRIES_WHEN_BUSY,
    WINDOW,
    AccountError,
    NewAccount,
    Passwords,
    ThrottledError,
    User,
)
from sync_engine.store.engine import reading
from sync_engine.store.locks import Lock, hold
from tests.console.portfolio import NOW
from tests.console.site import ACTOR, CHEAP, PASSWORD

ADA = NewAccount("Ada@Acme.example", "Ada", "admin")


def made(store: sa.Engine, new: NewAccount = ADA) -> User:
    return accounts.add(store, new, CHEAP.hash(PASSWORD), ACTOR, NOW)


def signed_in(store: sa.Engine, password: str = PASSWORD, at: Any = NOW, **more: str) -> Any:
    address, peer = more.get("address", "ada@acme.example"), more.get("peer", "192.0.2.1")
    return accounts.sign_in(store, CHEAP, address, password, peer, at)


def who(store: sa.Engine, token: str, at: Any = NOW) -> User | None:
    with reading(store) as connection:
        found = accounts.of_session(connection, token, at)
    return found[0] if found else None


def audited(store: sa.Engine) -> list[str]:
    with store.connect() as connection:
        return list(connection.execute(sa.text("SELECT action FROM audit ORDER BY id")).scalars())


def test_a_session_lasts_as_long_as_it_may(store: sa.Engine) -> None:
    """Idle, absolute; its token is kept nowhere."""
    made(store)
    user, token = signed_in(store, address=" ADA@acme.example ")
    assert user.address == "ada@acme.example"
    assert who(store, token) == user
    assert who(store, token + "x") is None
    assert who(store, token, NOW + IDLE) is not None
    assert who(store, token, NOW + IDLE + timedelta(seconds=1)) is None
    at = NOW
    while at < NOW + LONGEST - IDLE:
        at += IDLE
        accounts.seen(store, token, at)
    assert who(store, token, NOW + LONGEST) is not None
    assert who(store, token, NOW + LONGEST + timedelta(seconds=1)) is None
    with store.connect() as connection:
        kept = str(connection.execute(sa.text("SELECT * FROM web_session")).all())
    assert token not in kept
    assert audited(store) == ["user added", "signed in"]


def test_each_sign_in_has_a_session_of_its_own(store: sa.Engine) -> None:
    """One is ended alone, or all together."""
    user = made(store)
    first, second, third = (signed_in(store)[1] for _ in range(3))
    accounts.sign_out(store, first)
    assert [who(store, each) is not None for each in (first, second, third)] == [False, True, True]
    assert accounts.sign_out_everywhere(store, user, NOW) == 2
    assert who(store, second) is None
    assert audited(store)[-1] == "signed out everywhere"


@pytest.mark.parametrize(
    "change",
    [
        lambda store: accounts.set_password(store, "ada@acme.example", "x", ACTOR, NOW),
        lambda store: accounts.change(store, "ada@acme.example", ACTOR, NOW, enabled=False),
        lambda store: accounts.change(store, "ada@acme.example", ACTOR, NOW, role="viewer"),
        lambda store: accounts.remove(store, "ada@acme.example", ACTOR, NOW),
    ],
    ids=["password", "disabled", "role", "removed"],
)
def test_whoever_may_less_is_signed_out(store: sa.Engine, change: Any) -> None:
    """At once, in every browser and with every token."""
    made(store, NewAccount("olga@acme.example", "Olga", "admin"))
    user = made(store)
    session = signed_in(store)[1]
    token = tokens.make(store, user, name="bi", scope="admin", expires_at=None, actor=ACTOR,
                        now=NOW)  # fmt: skip
    change(store)
    assert who(store, session) is None
    with reading(store) as connection:
        held = tokens.of(connection, token, NOW)
    assert held is None or (held[0].enabled and held[0].id == user.id)
    assert accounts.ROLES


def test_wrong_tries_are_throttled_whether_or_not_there_is_an_account(store: sa.Engine) -> None:
    """The same answers for both, in the same order; and the right password helps no more."""
    made(store)
    for address in ("ada@acme.example", "nobody@acme.example"):
        for _ in range(TRIES_OF_ADDRESS):
            assert signed_in(store, "wrong", address=address) is None
        with pytest.raises(ThrottledError):
            signed_in(store, "wrong", address=address)
    with pytest.raises(ThrottledError):
        signed_in(store)
    assert signed_in(store, peer="198.51.100.1") is not None  # nobody locks somebody else out
    later = NOW + WINDOW + timedelta(seconds=1)
    assert signed_in(store, at=later) is not None


def test_who_guesses_from_many_places_is_slowed_and_locks_nobody_out(store: sa.Engine) -> None:
    """Networks of IPv6 are one place; what counts no more goes with the next try that fails."""
    made(store)
    for number in range(BUSY_ADDRESS):
        place = f"2001:db8:0:{number // TRIES_OF_ADDRESS}::{number:x}"
        assert signed_in(store, "wrong", peer=place) is None
    for _ in range(TRIES_WHEN_BUSY):
        assert signed_in(store, "wrong", peer="198.51.100.1") is None
    with pytest.raises(ThrottledError):
        signed_in(store, peer="198.51.100.1")
    with pytest.raises(ThrottledError):
        signed_in(store, peer="2001:db8::ffff")
    assert signed_in(store) is not None
    assert signed_in(store, "wrong", at=NOW + WINDOW) is None
    with store.connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM failed_sign_in")).scalar() == 1


def by_an_admin(store: sa.Engine, password: str) -> None:
    accounts.set_password(store, "ada@acme.example", password, ACTOR, NOW)


def by_an_invitation(store: sa.Engine, password: str) -> None:
    token = invitations.make(store, "ada@acme.example", ACTOR, NOW)
    invitations.accept(store, token, password, NOW)


@pytest.mark.parametrize("given", [by_an_admin, by_an_invitation])
def test_another_password_ends_the_wait_for_its_address_alone(store: sa.Engine, given: Any) -> None:
    made(store)
    for address in ("ada@acme.example", "bob@acme.example"):
        for _ in range(TRIES_OF_ADDRESS):
            assert signed_in(store, "wrong", address=address) is None
    given(store, CHEAP.hash("another horse battery"))
    assert signed_in(store) is None
    assert signed_in(store, "another horse battery") is not None
    with pytest.raises(ThrottledError):
        signed_in(store, address="bob@acme.example")


def test_a_peer_that_tries_many_addresses_is_throttled(store: sa.Engine) -> None:
    """And nobody else is."""
    made(store)
    for n in range(TRIES_OF_PEER):
        assert signed_in(store, "wrong", address=f"a{n}@acme.example") is None
    with pytest.raises(ThrottledError):
        signed_in(store)
    assert signed_in(store, peer="198.51.100.1") is not None


def test_a_hash_takes_its_time_and_nobody_takes_as_long() -> None:
    """At least 100 ms, also for who has no account; argon2id with its salt."""
    passwords = Passwords()
    kept = passwords.hash(PASSWORD)
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=1$")
    assert kept != passwords.hash(PASSWORD)
    for held, given, fits in ((kept, PASSWORD, True), (kept, "wrong", False), (None, "x", False)):
        began = time.process_time()
        assert passwords.fits(held, given) is fits
        assert time.process_time() - began >= 0.1


def test_a_disabled_account_and_one_without_a_password_do_not_sign_in(store: sa.Engine) -> None:
    """As if they were not there."""
    made(store)
    accounts.add(store, NewAccount("o@acme.example", "O", "viewer"), None, ACTOR, NOW)
    made(store, NewAccount("d@acme.example", "D", "viewer"))
    accounts.change(store, "d@acme.example", ACTOR, NOW, enabled=False)
    for address in ("o@acme.example", "d@acme.example"):
        assert signed_in(store, address=address) is None


def test_some_admin_stays(store: sa.Engine) -> None:
    """Nobody can lock everybody out."""
    made(store)
    for change in (
        lambda: accounts.remove(store, "ada@acme.example", ACTOR, NOW),
        lambda: accounts.change(store, "ada@acme.example", ACTOR, NOW, role="viewer"),
        lambda: accounts.change(store, "ada@acme.example", ACTOR, NOW, enabled=False),
    ):
        with pytest.raises(AccountError, match="no admin would be left"):
            change()
    with reading(store) as connection:
        assert accounts.find(connection, "ada@acme.example").role == "admin"


@pytest.mark.postgres
def test_of_two_admins_who_demote_each_other_one_stays(postgres_store: sa.Engine) -> None:
    """Both are at it before either has ended: each waits for its turn."""
    made(postgres_store)
    made(postgres_store, NewAccount("olga@acme.example", "Olga", "admin"))

    def demote(address: str) -> bool:
        try:
            accounts.change(postgres_store, address, ACTOR, NOW, role="viewer")
        except AccountError:
            return False
        return True

    waiting = sa.text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    with ThreadPoolExecutor(2) as pool, postgres_store.connect() as turn:
        hold(turn, Lock.ACCOUNTS)
        tried = [pool.submit(demote, f"{name}@acme.example") for name in ("ada", "olga")]
        with postgres_store.connect() as looking:
            while looking.execute(waiting).scalar_one() < len(tried):
                assert not any(each.done() for each in tried), "one did not wait for its turn"
        turn.rollback()
        assert sorted(each.result() for each in tried) == [False, True]
    with reading(postgres_store) as connection:
        assert sorted(each.role for each in accounts.everybody(connection)) == ["admin", "viewer"]


@pytest.mark.parametrize(
    ("new", "said"),
    [
        (NewAccount("ada", "A", "admin"), "no e-mail address"),
        (NewAccount("b@acme.example", "B", "boss"), 'no role "boss"'),
        (NewAccount("b@acme.example", "B", "viewer", "Mars/Base"), "no time zone"),
        (NewAccount("ADA@acme.example", "A", "viewer"), "has an account already"),
    ],
)
def test_what_is_wrong_is_said(store: sa.Engine, new: NewAccount, said: str) -> None:
    """In a sentence."""
    made(store)
    with pytest.raises(AccountError, match=said):
        made(store, new)


def test_only_one_can_be_the_first(store: sa.Engine) -> None:
    """However many try at once."""

    def begin(n: int) -> bool:
        new = NewAccount(f"a{n}@acme.example", "A", "admin")
        try:
            accounts.add(store, new, None, ACTOR, NOW, first=True)
        except AccountError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(begin, range(8))) == 1


def test_a_token_of_the_api_is_shown_once_and_ends(store: sa.Engine) -> None:
    """By its day, or when it is revoked; others' tokens are not there."""
    user, other = made(store), made(store, NewAccount("b@acme.example", "B", "viewer"))
    last = NOW + timedelta(days=1)

    def make(user: User, scope: str, until: Any = None) -> str:
        return tokens.make(store, user, name="bi", scope=scope, expires_at=until, actor=ACTOR,
                           now=NOW)  # fmt: skip

    token, kept = make(user, "read", last), make(user, "write")
    with reading(store) as connection:
        assert tokens.of(connection, token, NOW) == (user, "read", True)
        assert tokens.of(connection, token, last) is None
        assert tokens.of(connection, kept, NOW + timedelta(days=900)) == (user, "write", True)
        assert tokens.of(connection, token[:-1], NOW) is None
        held = str(connection.execute(sa.text("SELECT * FROM api_token")).all())
    assert token not in held
    with pytest.raises(AccountError, match="no such token"):
        tokens.revoke(store, other, 1, ACTOR, NOW)
    tokens.used(store, token, NOW)
    with reading(store) as connection:
        for later, note in ((tokens.USED_EVERY / 2, False), (tokens.USED_EVERY, True)):
            assert tokens.of(connection, token, NOW + later) == (user, "read", note)
    tokens.revoke(store, user, 1, ACTOR, NOW)
    with reading(store) as connection:
        assert tokens.of(connection, token, NOW) is None
        assert [each.scope for each in tokens.listed(connection, user)] == ["write"]
    for scope, until, said in (
        ("all", None, "one of the scopes"), ("read", NOW, "run out already"),
    ):  # fmt: skip
        with pytest.raises(AccountError, match=said):
            make(user, scope, until)
    with pytest.raises(AccountError, match="only an admin's"):
        make(other, "admin")
    assert audited(store)[-3:] == ["token made", "token made", "token revoked"]


def test_an_account_that_kept_views_of_flags_can_be_removed(store: sa.Engine) -> None:
    """They go with it."""
    made(store)
    user = made(store, NewAccount("vic@acme.example", "Vic", "viewer"))
    with store.begin() as connection:
        connection.execute(
            sa.insert(accounts.VIEW),
            {"account_id": user.id, "name": "Mine", "condition": "", "sort": "severity",
             "shared": True, "created_at": NOW},
        )  # fmt: skip
    accounts.remove(store, user.address, ACTOR, NOW)
    with reading(store) as connection:
        assert connection.execute(sa.select(accounts.VIEW)).first() is None
