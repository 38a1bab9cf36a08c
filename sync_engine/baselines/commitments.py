"""What sprints begin with: kept once for each that we see begin."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from sync_engine.rules.calendars import Moment
from sync_engine.rules.dialect import seconds_between
from sync_engine.rules.joins import CONNECTION, MEMBERSHIP, SPRINT, TASK, table
from sync_engine.rules.sources import ConnectionInfo
from sync_engine.store.baseline_models import Commitment, CommitmentTask

COMMITMENT, COMMITTED = map(table, (Commitment, CommitmentTask))
NEEDED = ("membership.container_id", "sprint.start_at")
CHUNK = 500

LATEST = timedelta(days=1)
"""What is first read so long after a sprint's start says no more what it began with."""


def due(tool: ConnectionInfo, moment: Moment) -> sa.Select[Any]:
    """The sprints that have just begun, and of which nothing is kept.

    A sprint counts as seen to begin when we knew it before its start, and read its connection
    completely within a day after.
    """
    read_at = CONNECTION.c.complete_at
    had = sa.and_(
        COMMITMENT.c.connection_id == SPRINT.c.connection_id, COMMITMENT.c.sprint_id == SPRINT.c.id
    )
    return (
        sa.select(
            SPRINT.c.connection_id, SPRINT.c.id, SPRINT.c.start_at,
            sa.literal(moment.now, COMMITMENT.c.taken_at.type),
        )
        .select_from(SPRINT.join(CONNECTION, CONNECTION.c.id == SPRINT.c.connection_id))
        .where(
            SPRINT.c.connection_id == tool.id,
            SPRINT.c.gone_at.is_(None),
            SPRINT.c.state.is_distinct_from("future"),
            SPRINT.c.seen_at <= SPRINT.c.start_at,
            SPRINT.c.start_at <= read_at,
            seconds_between(SPRINT.c.start_at, read_at) <= LATEST.total_seconds(),
            sa.true() if tool.has(NEEDED) else sa.false(),
            sa.not_(sa.select(sa.literal(1)).where(had).exists()),
        )
    )  # fmt: skip


def take(connection: sa.Connection, tool: ConnectionInfo, moment: Moment) -> int:
    """Keep what the sprints hold that have just begun; how many those are.

    Within `capture.alone`, of a connection that is not `unfit`.
    """
    ids = list(
        connection.execute(
            sa.insert(COMMITMENT)
            .from_select(["connection_id", "sprint_id", "began_at", "taken_at"], due(tool, moment))
            .returning(COMMITMENT.c.sprint_id)
        ).scalars()
    )
    for start in range(0, len(ids), CHUNK):
        here = sa.and_(
            TASK.c.connection_id == MEMBERSHIP.c.connection_id, TASK.c.id == MEMBERSHIP.c.task_id
        )
        held = (
            sa.select(
                MEMBERSHIP.c.connection_id, MEMBERSHIP.c.container_id, MEMBERSHIP.c.task_id
            )
            .distinct()
            .select_from(MEMBERSHIP.join(TASK, here))
            .where(
                MEMBERSHIP.c.connection_id == tool.id,
                MEMBERSHIP.c.kind == "sprint",
                MEMBERSHIP.c.container_id.in_(ids[start : start + CHUNK]),
                MEMBERSHIP.c.gone_at.is_(None),
                TASK.c.gone_at.is_(None),
            )
        )  # fmt: skip
        connection.execute(sa.insert(COMMITTED).from_select(list(COMMITTED.c.keys()), held))
    return len(ids)
