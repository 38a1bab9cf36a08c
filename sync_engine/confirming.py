"""Retiring what a read of its own denies: the last word on every item that seems to be gone."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from connectors.sdk.contract import Connector
from connectors.sdk.records import GoneReason
from sync_engine.reconcile import verdict
from sync_engine.source import telling
from sync_engine.store import retire
from sync_engine.store.lease import Lease, fence

BATCH = 100


def confirm_and_retire(
    engine: sa.Engine,
    connector: Connector,
    lease: Lease,
    run_id: int,
    stream: str,
    ids: Sequence[str],
    *,
    visible: bool,
) -> int:
    """Read each id by itself; retire those that are denied. How many records went.

    Args:
        visible: whether we still see the container of these items.

    Raises:
        ConnectorError: the tool does not answer, or its connector fails.
        LeaseLostError: another worker has taken over.
    """
    retired = 0
    for start in range(0, len(ids), BATCH):
        batch = ids[start : start + BATCH]
        with telling(connector, f"confirming {stream}"):
            answers = connector.confirm(stream, batch)
        gone: dict[GoneReason, list[str]] = {}
        for id in batch:
            reason = verdict(answers[id], container_visible=visible) if id in answers else None
            if reason is not None:
                gone.setdefault(reason, []).append(id)
        with engine.begin() as connection:
            now = fence(connection, lease)
            for reason, gone_ids in gone.items():
                retired += retire.items(
                    connection, lease.connection_id, stream, gone_ids, reason, at=now, run_id=run_id
                )
    return retired
