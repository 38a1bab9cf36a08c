"""One person across tools: by e-mail, by the people file where e-mail is hidden, else suggested.

Two accounts are one person when they show the same e-mail address, or when the PMO's people file
says so. The same name alone only makes a suggestion.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import sqlalchemy as sa

from sync_engine.store.engine import reading
from sync_engine.store.locks import Lock, hold
from sync_engine.store.models import Connection, Identity, Leave, PeopleState, PersonRow, Run

_identity = Identity.__table__  # type: ignore[attr-defined]
_leave = Leave.__table__  # type: ignore[attr-defined]
_person = PersonRow.__table__  # type: ignore[attr-defined]
_connection = Connection.__table__  # type: ignore[attr-defined]
_state = PeopleState.__table__  # type: ignore[attr-defined]
_run = Run.__table__  # type: ignore[attr-defined]

CHUNK = 500
SHORTEST_MAILBOX = 5
ROLES = frozenset({
    "admin", "contact", "hello", "helpdesk", "noreply", "office", "projects", "sales", "support",
    "service",
})  # fmt: skip
"""Mailboxes that say nothing of who reads them."""


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """A person of the people file.

    Args:
        emails: all addresses, the first one is where digests go; none where nobody knows any.
        accounts: connection name → the tool's id or the name shown there.
        capacity_minutes: what they work in a week.
        leave: first and last day of each.
    """

    name: str
    emails: Sequence[str]
    accounts: Mapping[str, Sequence[str]] = field(default_factory=dict)
    lead: str | None = None
    manager: str | None = None
    capacity_minutes: int | None = None
    leave: Sequence[tuple[date, date]] = ()


@dataclass(frozen=True, slots=True)
class Account:
    """A person as one tool knows them; `id` is the tool's."""

    connection: str
    id: str
    name: str
    email: str | None
    identity_id: int

    @property
    def key(self) -> tuple[str, str]:
        """What tells it from all others."""
        return self.connection, self.id


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Accounts that look like one person and are not known to be; `why` in plain words."""

    name: str
    why: str
    accounts: tuple[Account, ...]

    @property
    def identity_ids(self) -> tuple[int, ...]:
        """The identities that they have now."""
        return tuple(sorted({each.identity_id for each in self.accounts}))


def fold(text: str) -> str:
    """Text as names and addresses are compared: NFKC, case folded, spaces collapsed."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def take(engine: sa.Engine, known: Sequence[KnownPerson]) -> None:
    """Give accounts their identity anew if other people are known than when that was done last."""
    with reading(engine) as connection:
        if _taken(connection) == _basis(known):
            return
    assign_identities(engine, known)


def assign_identities(
    engine: sa.Engine, known: Sequence[KnownPerson] = (), *, connection_id: int | None = None
) -> int:
    """Give human accounts their identity; how many were given one.

    An account whose address changed since, or that is a known person's now or no longer, is
    assigned anew.

    Args:
        connection_id: look only at accounts of this connection that were written after its last
            read that came to its end, unless other people are known than before; None: at all.
    """
    basis = _basis(known)
    looked_at = sa.true() if connection_id is None else _written_since(connection_id)
    with reading(engine) as connection:
        fresh = sa.select(sa.literal(1)).where(looked_at).select_from(_person).limit(1)
        if _taken(connection) == basis and connection.execute(fresh).first() is None:
            return 0
    by_email = {fold(email): person for person in known for email in person.emails}
    by_account = {
        (connection, fold(account)): person
        for person in known
        for connection, accounts in person.accounts.items()
        for account in accounts
    }
    with engine.begin() as connection:
        hold(connection, Lock.PEOPLE)  # a person is made once
        if _taken(connection) != basis:
            looked_at = sa.true()
            connection.execute(sa.delete(_state))
            connection.execute(sa.insert(_state), {"id": 1, "basis": basis})
        identities, former = _identities(connection, known)
        rows = connection.execute(
            sa.select(
                _person.c.connection_id, _person.c.id, _person.c.name, _person.c.email,
                _person.c.identity_id, _identity.c.email.label("identity_email"),
                _identity.c.source.label("identity_source"),
                _connection.c.name.label("connection"),
            )
            .join(_connection, _connection.c.id == _person.c.connection_id)
            .outerjoin(_identity, _identity.c.id == _person.c.identity_id)
            .where(_person.c.kind == "human")
            .where(looked_at)
        ).all()  # fmt: skip
        given = []
        for row in rows:
            listed = by_account.get((row.connection, fold(row.id))) or by_account.get(
                (row.connection, fold(row.name))
            )
            email = fold(row.email) if row.email else None
            if listed is None and email:
                listed = by_email.get(email)
            wanted = _key(listed) if listed else email
            held = identities.get(wanted) if wanted else None
            alone = (
                row.identity_email is None
                and row.identity_source == "tool"
                and row.identity_id not in former
            )
            if row.identity_id is not None and (
                row.identity_id == held or (wanted is None and alone)
            ):
                continue
            if held is None:
                held = _make(connection, row.name, wanted)
                if wanted:
                    identities[wanted] = held
            given.append({"c": row.connection_id, "p": row.id, "i": held})
        for start in range(0, len(given), CHUNK):
            connection.execute(
                sa.update(_person)
                .where(_person.c.connection_id == sa.bindparam("c"))
                .where(_person.c.id == sa.bindparam("p"))
                .values(identity_id=sa.bindparam("i")),
                given[start : start + CHUNK],
            )
    return len(given)


def _written_since(connection_id: int) -> sa.ColumnElement[bool]:
    """What a read has written that is just ending, what a replay did before it, and what one that
    was killed left behind."""
    last = (
        sa.select(sa.func.coalesce(sa.func.max(_run.c.id), 0))
        .where(_run.c.connection_id == connection_id, _run.c.ended_at.is_not(None))
        .where(_run.c.kind.in_(("pull", "delivery")))
        .scalar_subquery()
    )
    return sa.and_(_person.c.connection_id == connection_id, _person.c.run_id > last)


def _basis(known: Sequence[KnownPerson]) -> str:
    return hashlib.sha256(repr(tuple(known)).encode()).hexdigest()


def _taken(connection: sa.Connection) -> str | None:
    return connection.execute(sa.select(_state.c.basis)).scalar_one_or_none()


def _key(person: KnownPerson) -> str:
    """What finds the identity of a person of the file: the address, else the name."""
    return fold(person.emails[0]) if person.emails else f"name:{fold(person.name)}"


def _identities(
    connection: sa.Connection, known: Sequence[KnownPerson]
) -> tuple[dict[str, int], frozenset[int]]:
    """Identities by their key, those of known people brought up to date; and those whom nobody
    knows any more: of them only the address is left."""
    held, of_file = {}, set()
    for row in connection.execute(
        sa.select(_identity.c.id, _identity.c.email, _identity.c.name, _identity.c.source)
    ):
        if row.source == "file":
            of_file.add(row.id)
        if row.email is not None:
            held[row.email] = row.id
        elif row.source == "file":
            held[f"name:{fold(row.name)}"] = row.id
    for person in known:
        key = _key(person)
        email = fold(person.emails[0]) if person.emails else None
        values = {
            "name": person.name,
            "lead_email": person.lead,
            "manager_email": person.manager,
            "capacity_minutes": person.capacity_minutes,
            "source": "file",
        }
        if key in held:
            connection.execute(
                sa.update(_identity).where(_identity.c.id == held[key]).values(**values)
            )
        else:
            made = connection.execute(
                sa.insert(_identity).values(email=email, **values).returning(_identity.c.id)
            )
            held[key] = made.scalar_one()
    listed = {held[_key(person)]: person.leave for person in known}
    former = sorted(of_file - listed.keys())
    for start in range(0, len(former), CHUNK):
        connection.execute(
            sa.update(_identity)
            .where(_identity.c.id.in_(former[start : start + CHUNK]))
            .values(source="tool", lead_email=None, manager_email=None, capacity_minutes=None)
        )
    _keep_leave(connection, listed)
    return held, frozenset(former)


def _keep_leave(
    connection: sa.Connection, wanted: Mapping[int, Sequence[tuple[date, date]]]
) -> None:
    """The leave of the people file, written only where it differs: this runs after every pull."""
    kept: dict[int, set[tuple[date, date]]] = defaultdict(set)
    for row in connection.execute(sa.select(_leave)):
        kept[row.identity_id].add((row.first_on, row.last_on))
    differing = {
        id for id in kept.keys() | wanted.keys() if kept.get(id, set()) != set(wanted.get(id, ()))
    }
    for id in sorted(differing):
        connection.execute(sa.delete(_leave).where(_leave.c.identity_id == id))
        rows = [
            {"identity_id": id, "first_on": first, "last_on": last}
            for first, last in wanted.get(id, ())
        ]
        if rows:
            connection.execute(sa.insert(_leave), rows)


def _make(connection: sa.Connection, name: str, email: str | None) -> int:
    made = connection.execute(
        sa.insert(_identity).values(name=name, email=email, source="tool").returning(_identity.c.id)
    )
    return int(made.scalar_one())


def accounts(connection: sa.Connection) -> list[Account]:
    """The human accounts of connections in force that are there and have an identity."""
    rows = connection.execute(
        sa.select(
            _connection.c.name.label("connection"), _person.c.id, _person.c.name, _person.c.email,
            _person.c.identity_id,
        )
        .join(_connection, _connection.c.id == _person.c.connection_id)
        .where(_person.c.kind == "human", _person.c.gone_at.is_(None))
        .where(_person.c.identity_id.is_not(None), _connection.c.removed_at.is_(None))
        .order_by(_connection.c.name, _person.c.id)
    )  # fmt: skip
    return [Account(*row) for row in rows]


def suggested(found: Iterable[Account]) -> list[Suggestion]:
    """Accounts of different identities that share a name, or the part of their address before the
    @ (pure): for a person to decide."""
    alike: dict[tuple[str, str], list[Account]] = defaultdict(list)
    for account in found:
        if name := _name_key(account.name):
            alike["the same name", name].append(account)
        if account.email and (mailbox := _mailbox(account.email)):
            alike["similar addresses", mailbox].append(account)
    made: dict[frozenset[tuple[str, str]], Suggestion] = {}
    for (why, _), held in sorted(alike.items(), key=lambda each: each[0]):
        if len({account.identity_id for account in held}) < 2:
            continue
        key = frozenset(account.key for account in held)
        if key in made:
            why = f"{made[key].why} and {why}"
        made[key] = Suggestion(held[0].name, why, tuple(held))
    return list(made.values())


def _name_key(name: str) -> str:
    """A name whatever the order of its parts: "Quist, Ada" is "Ada Quist"."""
    return " ".join(sorted(fold(name.replace(",", " ")).split()))


def _mailbox(email: str) -> str | None:
    """Who an address is for, whatever its domain; None where that is a role or too short."""
    local = fold(email).partition("@")[0].partition("+")[0]
    plain = "".join(char for char in local if char.isalnum())
    return plain if len(plain) >= SHORTEST_MAILBOX and plain not in ROLES else None
