"""Held retirements: what a census would take and an admin has to accept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from sync_engine.store.engine import database_now, reading
from sync_engine.store.models import Hold

_hold = Hold.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Accepted:
    """A hold that an admin has accepted and that is not applied yet."""

    id: int
    scope: str
    ids: Sequence[str]


def hold(
    connection: sa.Connection,
    connection_id: int,
    run_id: int,
    *,
    stream: str,
    scope: str,
    reason: str,
    ids: Sequence[str],
    known: int,
) -> None:
    """Hold a scope's retirements; an older hold of the scope that still waits is superseded."""
    now = database_now(connection)
    connection.execute(
        sa.update(_hold)
        .where(_hold.c.connection_id == connection_id, _hold.c.stream == stream)
        .where(_hold.c.scope == scope, _hold.c.accepted_at.is_(None))
        .where(_hold.c.superseded_at.is_(None))
        .values(superseded_at=now)
    )
    connection.execute(
        sa.insert(_hold).values(
            connection_id=connection_id, run_id=run_id, stream=stream, scope=scope,
            reason=reason, ids=list(ids), known=known, at=now,
        )
    )  # fmt: skip


def accept(connection: sa.Connection, run_id: int, by: str) -> int:
    """Accept what a census run holds; how many ids may now be confirmed and retired.

    Raises:
        LookupError: that run holds nothing that still waits.
    """
    waiting = (
        sa.select(_hold.c.id, _hold.c.ids)
        .where(_hold.c.run_id == run_id, _hold.c.accepted_at.is_(None))
        .where(_hold.c.superseded_at.is_(None))
    )
    rows = connection.execute(waiting).all()
    if not rows:
        raise LookupError(
            f"run {run_id} holds nothing that waits: see `flagstaff connections list`"
        )
    connection.execute(
        sa.update(_hold)
        .where(_hold.c.id.in_([row.id for row in rows]))
        .values(accepted_at=database_now(connection), accepted_by=by)
    )
    return sum(len(row.ids) for row in rows)


def accepted(engine: sa.Engine, connection_id: int, stream: str) -> list[Accepted]:
    """Accepted holds that wait to be applied."""
    with reading(engine) as connection:
        rows = connection.execute(
            sa.select(_hold.c.id, _hold.c.scope, _hold.c.ids)
            .where(_hold.c.connection_id == connection_id, _hold.c.stream == stream)
            .where(_hold.c.accepted_at.is_not(None), _hold.c.superseded_at.is_(None))
        )
        return [Accepted(row.id, row.scope, row.ids) for row in rows]


def settle(connection: sa.Connection, hold_id: int) -> None:
    """An accepted hold has been applied."""
    connection.execute(
        sa.update(_hold).where(_hold.c.id == hold_id).values(superseded_at=database_now(connection))
    )


def release(
    connection: sa.Connection, connection_id: int, stream: str, scopes: Sequence[str]
) -> None:
    """A later census of these scopes passes the guard: what they held before is over."""
    connection.execute(
        sa.update(_hold)
        .where(_hold.c.connection_id == connection_id, _hold.c.stream == stream)
        .where(_hold.c.scope.in_(scopes), _hold.c.accepted_at.is_(None))
        .where(_hold.c.superseded_at.is_(None))
        .values(superseded_at=database_now(connection))
    )
