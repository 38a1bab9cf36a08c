"""Up to which event of flags digests have told, after events were deleted."""

from __future__ import annotations

import sqlalchemy as sa

from sync_engine.store.digest_models import DigestReader
from sync_engine.store.flag_models import FlagEvent

_reader = DigestReader.__table__  # type: ignore[attr-defined]
_event = FlagEvent.__table__  # type: ignore[attr-defined]


def forget_deleted(connection: sa.Connection) -> None:
    """Let no reader have been told of an event whose number is free again: SQLite gives the numbers
    of the last rows, when these are deleted, to the next ones, which would never be told."""
    last = sa.select(sa.func.coalesce(sa.func.max(_event.c.id), 0)).scalar_subquery()
    connection.execute(
        sa.update(_reader).where(_reader.c.told_event > last).values(told_event=last)
    )
