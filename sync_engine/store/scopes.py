"""Containers as last seen: still visible or lost, and both counts of their items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from connectors.sdk.contract import Scope
from sync_engine.store.engine import database_now
from sync_engine.store.models import RawItem, ScopeState
from sync_engine.store.upserts import Upsert

_scope = ScopeState.__table__  # type: ignore[attr-defined]
_raw = RawItem.__table__  # type: ignore[attr-defined]


def see(connection: sa.Connection, connection_id: int, roster: Sequence[Scope]) -> list[str]:
    """Keep the roster; the known scopes that it no longer names are lost (their ids)."""
    if roster:
        upsert = Upsert(
            _scope,
            ("connection_id", "scope", "name", "state", "visible"),
            connection.dialect,
            clear=("lost_at",),
        )
        seen = {each.id: (connection_id, each.id, each.name, each.state, True) for each in roster}
        upsert.run(connection, list(seen.values()))
    known = connection.execute(
        sa.select(_scope.c.scope).where(_scope.c.connection_id == connection_id)
    ).scalars()
    lost = sorted(set(known) - {each.id for each in roster})
    for scope in lost:
        lose(connection, connection_id, scope)
    return lost


def lose(connection: sa.Connection, connection_id: int, scope: str) -> None:
    """A container is not visible any more; since when is kept from the first time."""
    now = database_now(connection)
    updated = connection.execute(
        sa.update(_scope)
        .where(_scope.c.connection_id == connection_id, _scope.c.scope == scope)
        .values(visible=False, lost_at=sa.func.coalesce(_scope.c.lost_at, now))
    )
    if updated.rowcount == 0:
        connection.execute(
            sa.insert(_scope).values(
                connection_id=connection_id, scope=scope, name=scope, state="active",
                visible=False, lost_at=now,
            )
        )  # fmt: skip


def store_counts(connection: sa.Connection, connection_id: int, stream: str) -> dict[str, int]:
    """How many present items of a stream the store has, by scope."""
    rows = connection.execute(
        sa.select(_raw.c.scope, sa.func.count())
        .where(_raw.c.connection_id == connection_id, _raw.c.stream == stream)
        .where(_raw.c.gone_at.is_(None), _raw.c.scope.is_not(None))
        .group_by(_raw.c.scope)
    )
    return {scope: int(count) for scope, count in rows}


def keep_counts(
    connection: sa.Connection,
    connection_id: int,
    counts: Mapping[str, Mapping[str, Mapping[str, int | None]]],
) -> None:
    """Keep the counts of scopes: scope → stream → {"store": n, "tool": n or None}; those of other
    streams stay as they are."""
    now = database_now(connection)
    of_connection = _scope.c.connection_id == connection_id
    held = connection.execute(
        sa.select(_scope.c.scope, _scope.c.stream_counts).where(of_connection)
    )
    before = {scope: of_scope or {} for scope, of_scope in held}
    for scope, of_scope in counts.items():
        if scope in before:
            connection.execute(
                sa.update(_scope)
                .where(of_connection, _scope.c.scope == scope)
                .values(stream_counts={**before[scope], **of_scope}, counted_at=now)
            )
