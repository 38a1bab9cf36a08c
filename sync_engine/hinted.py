"""Items of which the tool said in a call that they were deleted: each is read by itself.

A call is a hint, whoever sent it. Only an item that the tool then denies is retired, and where a
flood of calls would take much of a container, the census decides, with its guard and its hold.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from sync_engine.confirming import confirm_and_retire
from sync_engine.reconcile import why_hold
from sync_engine.source import Source
from sync_engine.store import hints, scopes
from sync_engine.store.engine import reading
from sync_engine.store.hints import Suspect
from sync_engine.store.lease import Lease, fence
from sync_engine.store.models import Connection

AT_ONCE = 100
"""Items of a stream that one pull looks at; the others wait for the next."""

_connection = Connection.__table__  # type: ignore[attr-defined]


def look(engine: sa.Engine, source: Source, lease: Lease, run_id: int) -> int:
    """Look at what waits, after a pull has read what changed; how many records were retired.

    Raises:
        ConnectorError: the tool does not answer; what was not looked at waits on.
        LeaseLostError: another worker has taken over.
    """
    with reading(engine) as connection:
        waiting = hints.waiting(connection, lease.connection_id)
    retired = 0
    for stream, all_ids in waiting.items():
        ids = list(all_ids)[:AT_ONCE]
        with reading(engine) as connection:
            found = hints.suspects(connection, lease.connection_id, stream, ids, run_id)
            counts = scopes.store_counts(connection, lease.connection_id, stream)
        few, too_many = _divided(found, counts, source)
        if stream in source.connector.streams:
            for visible in (True, False):
                chosen = [each.item_id for each in few if each.visible is visible]
                retired += confirm_and_retire(
                    engine, source.connector, lease, run_id, stream, chosen, visible=visible
                )
        with engine.begin() as connection:
            now = fence(connection, lease)
            hints.settle(connection, lease.connection_id, stream, {id: all_ids[id] for id in ids})
            if too_many:
                connection.execute(
                    sa.update(_connection)
                    .where(_connection.c.id == lease.connection_id)
                    .values(next_census_at=now)
                )
    return retired


def _divided(
    found: Sequence[Suspect], counts: dict[str, int], source: Source
) -> tuple[list[Suspect], list[Suspect]]:
    """Those of containers that would lose little, and those of containers that would lose much."""
    of_scope: dict[str | None, list[Suspect]] = {}
    for each in found:
        of_scope.setdefault(each.scope, []).append(each)
    few: list[Suspect] = []
    too_many: list[Suspect] = []
    for scope, each_of in of_scope.items():
        known = counts.get(scope or "", len(each_of))
        much = len(each_of) >= source.guard.items and why_hold(
            len(each_of), known, known - len(each_of), source.guard
        )
        (too_many if much else few).extend(each_of)
    return few, too_many
