"""Connections that need somebody's hand, each in one line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from sync_engine.access import Visible
from sync_engine.rules.calendars import Moment
from sync_engine.rules.frames import connections as connections_of
from sync_engine.rules.joins import CONNECTION, table
from sync_engine.rules.sources import ConnectionInfo
from sync_engine.store.models import Hold

HOLD = table(Hold)
EXPIRES_SOON = timedelta(days=14)
NEVER = "It has never been read completely"
NOT_READ = "It is not in force, so nothing reads it"


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with a connection.

    Args:
        problem, remedy: plain sentences.
        since: the last time that it was read completely; None: never.
        stale: its flags are frozen until it is read again.
    """

    connection: str
    tool: str
    problem: str
    remedy: str | None
    since: datetime | None
    stale: bool


def troubles(
    connection: sa.Connection,
    visible: Visible,
    moment: Moment,
    intervals: Mapping[str, timedelta],
) -> tuple[Trouble, ...]:
    """All that need a hand, those whose flags are frozen first. Who sees some projects only is told
    in general words: what a run or a census says names others' work.

    Args:
        intervals: how often each is pulled, by name; says which are stale.
    """
    known = {info.id: info for info in connections_of(connection, moment, intervals)}
    rows = connection.execute(
        sa.select(CONNECTION)
        .where(CONNECTION.c.removed_at.is_(None), visible.connections(CONNECTION.c.id))
        .order_by(CONNECTION.c.name)
    ).all()
    held = _held(connection)
    found = []
    for row in rows:
        info = known[row.id]
        said = _said(row, held.get(row.id), moment.now, info)
        if said and not visible.everything:
            said = _in_general(row, info), None
        if said:
            stale = not info.fresh
            found.append(Trouble(row.name, row.connector, *said, row.complete_at, stale))
    return tuple(sorted(found, key=lambda trouble: not trouble.stale))


def _said(
    row: sa.Row[tuple[object, ...]], held: str | None, now: datetime, info: ConnectionInfo
) -> tuple[str, str | None] | None:
    """The problem and the remedy; None when all is well."""
    expires = row.credential_expires_at
    failing = row.state not in ("ok", "new")
    said: tuple[str, str | None] | None = None
    if not info.read:
        said = NOT_READ, "Correct its settings, or remove it."
    elif failing and row.message:
        said = row.message, row.remedy
    elif not info.fresh:
        said = ("It is out of date" if row.complete_at else NEVER), row.remedy
    elif failing:
        said = "It could not be read completely", row.remedy
    elif held:
        said = held, "Look at the census, and accept it or mend the access."
    elif row.hook_trouble:
        said = row.hook_trouble, None
    elif expires is not None and expires - now < EXPIRES_SOON:
        said = "Its credential runs out soon", "Give it a new one before it does."
    return said


def _in_general(row: sa.Row[tuple[object, ...]], info: ConnectionInfo) -> str:
    if not info.read:
        return NOT_READ
    if not info.fresh:
        return "It is out of date" if row.complete_at else NEVER
    if row.state not in ("ok", "new"):
        return "It could not be read completely"
    return "It works, and an admin has something to look at"


def _held(connection: sa.Connection) -> dict[int, str]:
    rows = connection.execute(
        sa.select(HOLD.c.connection_id, HOLD.c.reason).where(
            HOLD.c.accepted_at.is_(None), HOLD.c.superseded_at.is_(None)
        )
    )
    return {row.connection_id: row.reason for row in rows}
