"""Streams that are always read whole (people, boards): what complete reads no longer name.

One complete read that misses an item only marks it; a second one retires it. A read that names
nothing, or misses too much, retires nothing.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from sync_engine.reconcile import Guard, why_hold
from sync_engine.store import retire
from sync_engine.store.models import RawItem

_raw = RawItem.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Settled:
    """How many records were retired, or why none were."""

    retired: int = 0
    held: str | None = None


def settle(
    connection: sa.Connection,
    connection_id: int,
    stream: str,
    seen: Set[str],
    guard: Guard,
    *,
    now: datetime,
    run_id: int,
) -> Settled:
    """Judge what a complete read of a stream did not name."""
    of_stream = sa.and_(
        _raw.c.connection_id == connection_id, _raw.c.stream == stream, _raw.c.gone_at.is_(None)
    )
    rows = connection.execute(sa.select(_raw.c.item_id, _raw.c.absent_since).where(of_stream))
    held: dict[str, datetime | None] = {row.item_id: row.absent_since for row in rows}
    absent = sorted(held.keys() - seen)
    if not absent:
        return Settled()
    reason = why_hold(len(absent), len(held), len(seen), guard)
    if reason:
        return Settled(held=reason)
    again = [id for id in absent if held[id] is not None]
    first = [id for id in absent if held[id] is None]
    for start in range(0, len(first), retire.CHUNK):
        connection.execute(
            sa.update(_raw)
            .where(of_stream, _raw.c.item_id.in_(first[start : start + retire.CHUNK]))
            .values(absent_since=now)
        )
    retired = retire.items(
        connection, connection_id, stream, again, "unknown", at=now, run_id=run_id
    )
    return Settled(retired)
