"""Cooldowns shared by all processes on one store (see `connectors.sdk.gate.Cooldowns`)."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from sync_engine.store.engine import reading
from sync_engine.store.models import Cooldown
from sync_engine.store.rows import instant_for
from sync_engine.store.upserts import Upsert

_cooldown = Cooldown.__table__  # type: ignore[attr-defined]


class StoreCooldowns:
    """Until when nobody knocks on a limit scope."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def get(self, key: str) -> datetime | None:
        """When the limit scope opens again; None when it is open."""
        with reading(self._engine) as connection:
            until: datetime | None = connection.execute(
                sa.select(_cooldown.c.until).where(_cooldown.c.key == key)
            ).scalar_one_or_none()
        return until

    def set(self, key: str, until: datetime) -> None:
        """Close a limit scope for every process."""
        with self._engine.begin() as connection:
            dialect = connection.dialect
            row = (key, instant_for(dialect.name)(until))
            Upsert(_cooldown, ("key", "until"), dialect).run(connection, [row])
