"""What is said about many flags at once: each gets its state, its event, its waiver."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from sync_engine.flags.ledger import CHUNK, EVENT, FLAG
from sync_engine.rules.joins import table
from sync_engine.store.flag_models import Waiver

WAIVER = table(Waiver)


def those(
    connection: sa.Connection, chosen: sa.ColumnElement[bool], states: Sequence[str]
) -> Sequence[Any]:
    """The flags of a condition that are in one of these states, kept from other writers."""
    return connection.execute(
        sa.select(FLAG.c.id, FLAG.c.severity, FLAG.c.state)
        .where(FLAG.c.state.in_(states), chosen)
        .order_by(FLAG.c.id)
        .with_for_update()
    ).all()


def acknowledge(
    connection: sa.Connection, rows: Sequence[Any], who: str, note: str | None, now: datetime
) -> None:
    """Somebody has seen these and takes care of them."""
    _set(connection, rows, state="acknowledged", acknowledged_by=who, acknowledged_note=note)
    _log(connection, rows, "acknowledged", who, note, now)


def waive(
    connection: sa.Connection, rows: Sequence[Any], who: str, why: str, until: date, now: datetime
) -> None:
    """Somebody accepts these until a day, its last. None of them is waived yet."""
    if not rows:
        return
    _set(connection, rows, state="waived", waived_until=until)
    waiver = {"approver": who, "reason": why, "until": until, "made_at": now}
    connection.execute(sa.insert(WAIVER), [{"flag_id": row.id, **waiver} for row in rows])
    _log(connection, rows, "waived", who, f"until {until.isoformat()}: {why}", now)


def _set(connection: sa.Connection, rows: Sequence[Any], **values: Any) -> None:
    for start in range(0, len(rows), CHUNK):
        ids = [row.id for row in rows[start : start + CHUNK]]
        connection.execute(sa.update(FLAG).where(FLAG.c.id.in_(ids)).values(values))


def _log(
    connection: sa.Connection, rows: Sequence[Any], event: str, who: str, note: str | None,
    now: datetime,
) -> None:  # fmt: skip
    told = {"at": now, "event": event, "actor": who, "note": note}
    if rows:
        connection.execute(
            sa.insert(EVENT),
            [{"flag_id": row.id, "severity": row.severity, **told} for row in rows],
        )
