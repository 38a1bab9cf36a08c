"""Runs: the account of each pull, census and replay, and what a connection's state becomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from sync_engine.store.engine import database_now, reading
from sync_engine.store.lease import Lease, fence
from sync_engine.store.models import Connection, Run
from sync_engine.store.pages import Tally

_connection = Connection.__table__  # type: ignore[attr-defined]
_run = Run.__table__  # type: ignore[attr-defined]

STATE_OF = {
    "complete": "ok",
    "cut": "ok",
    "partial": "partial",
    "failed": "failed",
    "needs_reauth": "needs_reauth",
    "rate_limited": "rate_limited",
    "held": "ok",
}
"""A run's outcome as the state of its connection."""


class OtherToolError(ValueError):
    """A connection's name stands in the store for another tool."""


@dataclass(slots=True)
class RunReport:
    """What one run did, for people and for the run's row.

    Args:
        outcome: complete | cut | partial | failed | needs_reauth | rate_limited | held.
        problems: each with the place it concerns, in plain words.
        next_at: when the tool lets us come back, if it said so.
    """

    connection: str
    kind: str
    run_id: int
    started_at: datetime
    full: bool = False
    outcome: str = "complete"
    message: str = ""
    remedy: str = ""
    tally: Tally = field(default_factory=Tally)
    streams: dict[str, dict[str, Any]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    unread: int = 0
    requests: int = 0
    retries: int = 0
    ended_at: datetime | None = None
    next_at: datetime | None = None
    counts: dict[str, dict[str, int | None]] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """How long it took."""
        return (self.ended_at - self.started_at).total_seconds() if self.ended_at else 0.0

    @property
    def ok(self) -> bool:
        """Whether it read all that it set out to read."""
        return self.outcome in ("complete", "cut")


def connection_id(engine: sa.Engine, name: str, connector: str) -> int:
    """The id of a configured connection; makes its row when it is new, revives a removed one.

    Raises:
        OtherToolError: the name belongs to a connection of another tool.
    """
    with engine.begin() as connection:
        row = connection.execute(
            sa.select(_connection.c.id, _connection.c.connector).where(_connection.c.name == name)
        ).one_or_none()
        if row is None:
            made = connection.execute(
                sa.insert(_connection)
                .values(name=name, connector=connector, lease_epoch=0, state="new")
                .returning(_connection.c.id)
            )
            return int(made.scalar_one())
        if row.connector != connector:
            raise OtherToolError(
                f"connection {name!r} was a {row.connector} connection and is now {connector}: "
                "give the new one another name; the old one's records stay under the old name"
            )
        connection.execute(
            sa.update(_connection).where(_connection.c.id == row.id).values(removed_at=None)
        )
        return int(row.id)


def cannot_run(
    engine: sa.Engine, name: str, connector: str, message: str, again_in: timedelta
) -> None:
    """A connection's configuration does not let it run: say so on it, try again later."""
    with engine.begin() as connection:
        now = database_now(connection)
        again = now + again_in
        values = {"state": "failed", "message": message, "remedy": None, "next_pull_at": again}
        known = connection.execute(
            sa.update(_connection).where(_connection.c.name == name).values(**values)
        )
        census_at = _connection.c.next_census_at  # it goes before a pull, and cannot run either
        connection.execute(
            sa.update(_connection)
            .where(_connection.c.name == name, _connection.c.complete_at.is_not(None))
            .where(sa.or_(census_at.is_(None), census_at <= now))
            .values(next_census_at=again)
        )
        if known.rowcount == 0:
            connection.execute(
                sa.insert(_connection).values(
                    name=name, connector=connector, lease_epoch=0, **values
                )
            )


def start(engine: sa.Engine, lease: Lease, name: str, kind: str, *, full: bool) -> RunReport:
    """Open a run under a lease."""
    with engine.begin() as connection:
        now = fence(connection, lease)
        run_id = connection.execute(
            sa.insert(_run)
            .values(
                connection_id=lease.connection_id, kind=kind, full=full, epoch=lease.epoch,
                started_at=now, requests=0, retries=0, items=0, written=0, unchanged=0, retired=0,
                parked=0, unread=0, altered=0,
            )
            .returning(_run.c.id)
        ).scalar_one()  # fmt: skip
    return RunReport(name, kind, int(run_id), now, full)


def end(
    engine: sa.Engine, lease: Lease, report: RunReport, changes: Mapping[str, Any]
) -> RunReport:
    """Close a run and set its connection's state, in one transaction.

    Args:
        changes: further columns of the connection.
    """
    tally = report.tally
    with engine.begin() as connection:
        fence(connection, lease)
        report.ended_at = database_now(connection)
        connection.execute(
            sa.update(_run)
            .where(_run.c.id == report.run_id)
            .values(
                ended_at=report.ended_at,
                outcome=report.outcome,
                message=report.message or None,
                remedy=report.remedy or None,
                requests=report.requests,
                retries=report.retries,
                items=tally.items,
                written=tally.written,
                unchanged=tally.unchanged,
                retired=tally.retired,
                parked=tally.parked,
                unread=report.unread,
                altered=tally.altered,
                streams=report.streams,
            )
        )
        connection.execute(
            sa.update(_connection)
            .where(_connection.c.id == lease.connection_id)
            .values(
                state=STATE_OF[report.outcome],
                message=report.message or None,
                remedy=report.remedy or None,
                **changes,
            )
        )
    return report


def failures_in_a_row(engine: sa.Engine, connection_id: int) -> int:
    """How many of the last pulls failed without one that did not in between."""
    with reading(engine) as connection:
        outcomes = connection.execute(
            sa.select(_run.c.outcome)
            .where(_run.c.connection_id == connection_id)
            .where(_run.c.kind == "pull")
            .where(_run.c.outcome.is_not(None))
            .order_by(_run.c.id.desc())
            .limit(10)
        ).scalars()
        count = 0
        for outcome in outcomes:
            if outcome not in ("failed", "needs_reauth"):
                break
            count += 1
    return count
