"""Retiring: a record that is gone stays as a tombstone with its reason, and so does its item."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec
import sqlalchemy as sa

from connectors.sdk.records import Record, Task
from sync_engine.store import mentions
from sync_engine.store.models import RawItem
from sync_engine.store.rows import KINDS, SHARED_KINDS, table_of

CHUNK = 500

_raw = RawItem.__table__  # type: ignore[attr-defined]


def records(
    connection: sa.Connection,
    connection_id: int,
    kind: type[Record],
    ids: Sequence[str],
    reason: str,
    *,
    at: datetime,
    run_id: int,
) -> int:
    """Make tombstones of records that are still there; how many."""
    table = table_of(kind)
    retired = 0
    for start in range(0, len(ids), CHUNK):
        done = connection.execute(
            sa.update(table)
            .where(table.c.connection_id == connection_id)
            .where(table.c.id.in_(ids[start : start + CHUNK]))
            .where(table.c.gone_at.is_(None))
            .values(gone_at=at, gone_reason=reason, run_id=run_id, written_at=at)
        )
        retired += done.rowcount
    if kind in mentions.KINDS:
        mentions.forget(connection, connection_id, kind, ids)
    return retired


def items(
    connection: sa.Connection,
    connection_id: int,
    stream: str,
    ids: Sequence[str],
    reason: str,
    *,
    at: datetime,
    run_id: int,
) -> int:
    """Retire items of a stream and all that they yielded; how many records went."""
    retired = 0
    for start in range(0, len(ids), CHUNK):
        chosen = sa.and_(
            _raw.c.connection_id == connection_id,
            _raw.c.stream == stream,
            _raw.c.item_id.in_(ids[start : start + CHUNK]),
            _raw.c.gone_at.is_(None),
        )
        held = connection.execute(sa.select(_raw.c.item_id, _raw.c.yields).where(chosen)).all()
        gone: dict[type[Record], list[str]] = {}
        for item_id, yields in held:
            for number, id, _ in msgspec.msgpack.decode(yields):
                kind = KINDS[number]
                if kind not in SHARED_KINDS or id == item_id:
                    gone.setdefault(kind, []).append(id)
        if Task in gone:
            whose = [item_id for item_id, _ in held]
            gone[Task] = still_theirs(connection, connection_id, Task, gone[Task], whose)
        for kind, kind_ids in gone.items():
            retired += records(
                connection, connection_id, kind, kind_ids, reason, at=at, run_id=run_id
            )
        connection.execute(sa.update(_raw).where(chosen).values(gone_at=at, gone_reason=reason))
    return retired


def still_theirs(
    connection: sa.Connection, connection_id: int, kind: type[Record], ids: Sequence[str],
    items: Iterable[str],
) -> list[str]:  # fmt: skip
    """Of the records that items yielded, those that no other item has yielded since: one that has
    moved may come with another item before the old one says that it has it no more."""
    table, theirs = table_of(kind), set(items)
    found: list[str] = []
    for start in range(0, len(ids), CHUNK):
        rows = connection.execute(
            sa.select(table.c.id, table.c.item_id)
            .where(table.c.connection_id == connection_id)
            .where(table.c.id.in_(ids[start : start + CHUNK]))
        )
        found += [id for id, item_id in rows if item_id in theirs]
    return found
