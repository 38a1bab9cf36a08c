"""Which project somebody means."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from sync_engine.rules.joins import CONNECTION, PROJECT


@dataclass(frozen=True, slots=True)
class Named:
    """A project, and the connection that it was read through."""

    connection_id: int
    connection: str
    id: str
    name: str


def names(connection: sa.Connection, of: str | None = None) -> list[str]:
    """What the projects are called. `of`: those of this connection only."""
    wanted = (
        sa.select(PROJECT.c.name)
        .select_from(PROJECT.join(CONNECTION, CONNECTION.c.id == PROJECT.c.connection_id))
        .where(PROJECT.c.gone_at.is_(None), CONNECTION.c.removed_at.is_(None))
    )
    if of is not None:
        wanted = wanted.where(CONNECTION.c.name == of)
    return list(connection.execute(wanted).scalars())


def find(connection: sa.Connection, wanted: str, of: str | None = None) -> list[Named]:
    """The projects with an id, a key, or (in any case) a name. `of`: of this connection only."""
    said = wanted.casefold()
    rows = connection.execute(
        sa.select(
            PROJECT.c.connection_id, CONNECTION.c.name.label("connection"), PROJECT.c.id,
            PROJECT.c.name, PROJECT.c.key,
        )
        .select_from(PROJECT.join(CONNECTION, CONNECTION.c.id == PROJECT.c.connection_id))
        .where(PROJECT.c.gone_at.is_(None), CONNECTION.c.removed_at.is_(None))
        .order_by(CONNECTION.c.name, PROJECT.c.id)
    )  # fmt: skip
    return [
        Named(row.connection_id, row.connection, row.id, row.name)
        for row in rows
        if wanted == row.id or said in (row.name.casefold(), (row.key or row.name).casefold())
        if of in (None, row.connection)
    ]
