"""One worker per connection: a lease by the database's clock, with an epoch that fences writes.

A worker that was stalled beyond its lease and wakes up finds the epoch moved on, and its page is
not written. Taking a lease needs no other lock, on either database.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from sync_engine.store.engine import database_now
from sync_engine.store.models import Connection

LEASE = timedelta(seconds=120)

_table = Connection.__table__  # type: ignore[attr-defined]


class LeaseLostError(Exception):
    """Another worker has taken the connection over; nothing was written."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to write for a connection, as long as the epoch stands."""

    connection_id: int
    owner: str
    epoch: int


def claim(
    engine: sa.Engine, connection_id: int, owner: str, length: timedelta = LEASE
) -> Lease | None:
    """Take a connection for `length`; None while another owner holds it."""
    with engine.begin() as connection:
        now = database_now(connection)
        epoch = connection.execute(
            sa.update(_table)
            .where(_table.c.id == connection_id)
            .where(sa.or_(_table.c.lease_until.is_(None), _table.c.lease_until < now))
            .values(
                lease_owner=owner,
                lease_until=now + length,
                lease_epoch=_table.c.lease_epoch + 1,
            )
            .returning(_table.c.lease_epoch)
        ).scalar_one_or_none()
    return None if epoch is None else Lease(connection_id, owner, epoch)


def fence(connection: sa.Connection, lease: Lease, length: timedelta = LEASE) -> datetime:
    """Renew the lease inside the transaction that is about to write; the database's time.

    Raises:
        LeaseLostError: another worker has taken over.
    """
    now = database_now(connection)
    renewed = connection.execute(
        sa.update(_table)
        .where(_table.c.id == lease.connection_id)
        .where(_table.c.lease_epoch == lease.epoch)
        .where(_table.c.lease_owner == lease.owner)
        .values(lease_until=now + length)
    )
    if renewed.rowcount != 1:
        raise LeaseLostError(f"connection {lease.connection_id}: epoch {lease.epoch} is over")
    return now


def release(engine: sa.Engine, lease: Lease) -> None:
    """Give the connection back, if it is still ours."""
    with engine.begin() as connection:
        connection.execute(
            sa.update(_table)
            .where(_table.c.id == lease.connection_id)
            .where(_table.c.lease_epoch == lease.epoch)
            .where(_table.c.lease_owner == lease.owner)
            .values(lease_until=None, lease_owner=None)
        )


def release_all(engine: sa.Engine, owners: str) -> None:
    """Give back whatever owners with this beginning of their name still hold: they are at an end.

    One of them that is still under way finds its lease lost, and writes nothing more.
    """
    with engine.begin() as connection:
        connection.execute(
            sa.update(_table)
            .where(_table.c.lease_owner.startswith(owners, autoescape=True))
            .values(lease_until=None, lease_owner=None)
        )
