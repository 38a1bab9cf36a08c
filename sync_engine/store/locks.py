"""Our advisory locks on PostgreSQL: what is done by one process at a time.

On SQLite nothing is locked: a transaction that writes begins alone. The vault's locks are made of
the names of its keys, 64 bits of a digest, so that they do not meet these.
"""

from __future__ import annotations

from enum import IntEnum, unique

import sqlalchemy as sa


@unique
class Lock(IntEnum):
    """What is held; older versions that run beside us know the numbers, so they stay."""

    FLAGS = 7_204_118
    SCHEDULES = 7_204_119
    BASELINES = 7_204_120
    PEOPLE = 7_204_121
    WORKLOAD = 7_204_122
    UPGRADE = 7_204_123
    QUEUE = 715_271_001
    ACCOUNTS = 0x464C4147


def hold(connection: sa.Connection, lock: Lock) -> None:
    """Wait for a lock; it is let go when the transaction ends."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(int(lock))))
