"""What is running here, on what, and how it fares."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from importlib import metadata
from pathlib import Path

import sqlalchemy as sa

from sync_engine.store import upgrade
from sync_engine.store.flag_models import AssessmentRow
from sync_engine.store.models import Connection

_connection: sa.Table = Connection.__table__  # type: ignore[attr-defined]
_assessment: sa.Table = AssessmentRow.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class About:
    """The program and its store.

    Args:
        revision: of the store's tables; None: unknown.
        size: of the store in bytes, its log included; None: not known.
        connections: how many there are, by state.
        assessed_at: when the standards were last checked; None: never.
    """

    version: str
    database: str
    revision: str | None
    size: int | None
    connections: tuple[tuple[str, int], ...]
    assessed_at: datetime | None


def about(engine: sa.Engine, connection: sa.Connection) -> About:
    """How things are now."""
    states = connection.execute(
        sa.select(_connection.c.state, sa.func.count())
        .group_by(_connection.c.state)
        .order_by(_connection.c.state)
    )
    latest = sa.select(sa.func.max(_assessment.c.at))
    return About(
        version=metadata.version("flagstaff"),
        database="PostgreSQL" if engine.dialect.name == "postgresql" else "SQLite",
        revision=upgrade.revision(connection),
        size=_size(engine, connection),
        connections=tuple((state, count) for state, count in states),
        assessed_at=connection.execute(latest).scalar_one_or_none(),
    )


def _size(engine: sa.Engine, connection: sa.Connection) -> int | None:
    if engine.dialect.name == "postgresql":
        held = sa.select(sa.func.pg_database_size(sa.func.current_database()))
        return int(connection.execute(held).scalar_one())
    name = engine.url.database
    if not name:
        return None
    files = (Path(name), Path(f"{name}-wal"))
    return sum(file.stat().st_size for file in files if file.exists())
