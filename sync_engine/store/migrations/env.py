"""How Alembic runs our migrations: on the connection that `sync_engine.store.upgrade` opened."""

from __future__ import annotations

from typing import Any, Literal

import sqlalchemy as sa
from alembic import context
from sqlmodel.sql.sqltypes import AutoString

from sync_engine.store import tables
from sync_engine.store.types import UTCDateTime


def render_item(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Our own types by their names, so that a migration reads like the models."""
    if kind != "type":
        return False
    if isinstance(item, UTCDateTime):
        return "UTCDateTime()"
    if isinstance(item, sa.JSON):
        return "Json"
    if isinstance(item, AutoString):
        return "sa.String()"
    return False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=tables.METADATA,
    render_as_batch=True,
    render_item=render_item,
    compare_type=False,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
