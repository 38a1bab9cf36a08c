"""The frame of a store at a moment: the connections there are, what their tools provide, and how
fresh they are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import orjson
import sqlalchemy as sa

from sync_engine.rules.calendars import Moment
from sync_engine.rules.joins import CONNECTION, PROJECT
from sync_engine.rules.sources import ConnectionInfo, Frame

DEFAULT_ALLOWANCE = timedelta(hours=24)
LEAST_ALLOWANCE = timedelta(minutes=30)


def connections(
    connection: sa.Connection, moment: Moment, intervals: Mapping[str, timedelta] | None
) -> tuple[ConnectionInfo, ...]:
    """The connections of the store, with what they provide and how fresh they are.

    Args:
        intervals: by name: how often each is pulled. Nothing reads one that is missing there, so
            its data are out of date at once. None: it is not known which are read, and how often.
    """
    rows = connection.execute(
        sa.select(CONNECTION).where(CONNECTION.c.removed_at.is_(None)).order_by(CONNECTION.c.id)
    )
    found = []
    for row in rows.mappings():
        interval = None if intervals is None else intervals.get(row["name"])
        read = intervals is None or interval is not None
        allowance = DEFAULT_ALLOWANCE if interval is None else max(2 * interval, LEAST_ALLOWANCE)
        at = row["complete_at"]
        provides = {kind: frozenset(names) for kind, names in (row["provides"] or {}).items()}
        found.append(
            ConnectionInfo(
                row["id"],
                row["name"],
                row["connector"],
                provides,
                fresh=read and at is not None and moment.now - at <= allowance,
                interval=interval,
                read=read,
            )
        )
    return tuple(found)


def frame_for(
    connection: sa.Connection, moment: Moment, intervals: Mapping[str, timedelta] | None = None
) -> Frame:
    """What the statements on a store share at a moment."""
    known = connections(connection, moment, intervals)
    all_ids = set(connection.execute(sa.select(CONNECTION.c.id)).scalars())
    return Frame(
        moment,
        connection.dialect.name,
        known,
        every=all_ids == {each.id for each in known},
        lacking=_lacking(connection),
    )


def _lacking(connection: sa.Connection) -> frozenset[str]:
    """Fields of tasks that some project has no room for."""
    said = connection.execute(
        sa.select(sa.cast(PROJECT.c.lacks, sa.Text))
        .where(PROJECT.c.gone_at.is_(None), PROJECT.c.lacks.is_not(None))
        .distinct()
    ).scalars()
    return frozenset(name for each in said for name in orjson.loads(each))
