"""Turns that people ask for: a connection is read, or its census taken, at the next look."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from connectors.sdk import registry
from sync_engine.commands import CommandError
from sync_engine.configure.changes import Desk
from sync_engine.deliveries import takes_deliveries
from sync_engine.settings import models as settings
from sync_engine.store import audit
from sync_engine.store.audit import Actor
from sync_engine.store.engine import reading
from sync_engine.store.models import Connection as Row

_row: sa.Table = Row.__table__  # type: ignore[attr-defined]


def read_soon(desk: Desk, actor: Actor, name: str) -> None:
    """Let a connection be read at the next look; whoever runs the daemon's work does it.

    Raises:
        CommandError: it cannot be read, or the tool has asked us to stay away.
    """
    _configured(desk, name)
    row = _kept(desk, name)
    if row is not None and row.state == "rate_limited" and row.next_pull_at is not None:
        now = desk.now()
        if row.next_pull_at > now:
            raise CommandError(
                f"the tool has asked us to stay away until {row.next_pull_at:%H:%M} UTC; it is "
                "read then by itself"
            )
    _due(desk, actor, name, "next_pull_at", "read asked for")


def census_soon(desk: Desk, actor: Actor, name: str) -> None:
    """Let a connection's census be taken at the next look.

    Raises:
        CommandError: it has no census, or was never read completely.
    """
    if _configured(desk, name).census is None:
        raise CommandError(f'the census of "{name}" is off; say in its settings when it is taken')
    row = _kept(desk, name)
    if row is None or row.complete_at is None:
        raise CommandError(
            f'"{name}" was never read completely; its first census follows its first read'
        )
    _due(desk, actor, name, "next_census_at", "census asked for")


def _configured(desk: Desk, name: str) -> settings.Connection:
    held = desk.configuration().settings.connections
    found = next((each for each in held if each.name == name), None)
    if found is None:
        raise CommandError(f'the connection "{name}" is not configured')
    if not found.enabled:
        raise CommandError(f'the connection "{name}" is switched off; switch it on first')
    if takes_deliveries(registry.get(found.connector)):
        raise CommandError(f'"{name}" takes deliveries; whoever delivers decides when')
    return found


def _kept(desk: Desk, name: str) -> Any | None:
    with reading(desk.engine) as connection:
        return connection.execute(sa.select(_row).where(_row.c.name == name)).one_or_none()


def _due(desk: Desk, actor: Actor, name: str, column: str, action: str) -> None:
    with desk.engine.begin() as connection:
        now = desk.now()
        connection.execute(sa.update(_row).where(_row.c.name == name).values({column: now}))
        audit.note(connection, actor, action, name, at=now)
