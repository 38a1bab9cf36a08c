"""Replay: mapping what is stored again, with no request to the tool.

Needed after a change of a mapping, the admin's or the connector's. Raw items are read in order of
their key, so that a replay that was cut may simply be run again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
import sqlalchemy as sa
import zstandard

from connectors.sdk.contract import Item
from connectors.sdk.records import Change
from sync_engine.admin_map import CHANGE_VALUES, REDACTED_HISTORY, REDACTIONS
from sync_engine.source import Source
from sync_engine.store import runs
from sync_engine.store.engine import reading
from sync_engine.store.items import NOTHING, Dumped, raw_hash
from sync_engine.store.lease import Lease, fence
from sync_engine.store.models import RawItem
from sync_engine.store.pages import PageToWrite, PageWriter
from sync_engine.store.rows import table_of
from sync_engine.store.runs import RunReport

BATCH = 200

_raw = RawItem.__table__  # type: ignore[attr-defined]


def replay(engine: sa.Engine, source: Source, lease: Lease) -> RunReport:
    """Map every stored item of a connection again and write what differs."""
    report = runs.start(engine, lease, source.name, "replay", full=True)
    writer = PageWriter(
        engine,
        lease,
        report.run_id,
        to_records=source.connector.to_records,
        mapping=source.mapping,
    )
    lacking = _forget(engine, lease)
    for stream in source.connector.streams:
        for items in stored_items(engine, lease.connection_id, stream):
            report.tally.add(writer.write(PageToWrite(stream, "", items, replay=True)))
    for what in source.mapping.redact:
        _strip(engine, lease, what)
    changes: dict[str, Any] = {"provides": source.provides}
    if lacking:
        report.outcome, report.unread = "partial", lacking
        report.message = f"of {lacking} items the raw form was not kept (`redact`)"
        report.remedy = f"Run `flagstaff sync {source.name} --full` to read them anew."
    else:
        changes["mapping_fingerprint"] = source.mapping_fingerprint
    return runs.end(engine, lease, report, changes)


def _forget(engine: sa.Engine, lease: Lease) -> int:
    """Let items without their raw form be taken for changed when they are read next; how many."""
    with engine.begin() as connection:
        fence(connection, lease)
        done = connection.execute(
            sa.update(_raw)
            .where(_raw.c.connection_id == lease.connection_id)
            .where(_raw.c.gone_at.is_(None), sa.func.length(_raw.c.body) == 0)
            .values(hash=b"")
        )
    return int(done.rowcount)


def _strip(engine: sa.Engine, lease: Lease, what: str) -> None:
    """Take what is to be kept nowhere out of what no mapping reaches: tombstones, and history that
    the tool tells no more."""
    kind, name, instead = REDACTIONS[what]
    table, change = table_of(kind), table_of(Change)
    with engine.begin() as connection:
        fence(connection, lease)
        for target, values in ((table, {name: instead}), (_raw, {"body": NOTHING})):
            connection.execute(
                sa.update(target)
                .where(target.c.connection_id == lease.connection_id)
                .where(target.c.gone_at.is_not(None))
                .values(**values)
            )
        connection.execute(
            sa.update(change)
            .where(change.c.connection_id == lease.connection_id)
            .where(sa.func.lower(change.c.field) == REDACTED_HISTORY[what])
            .values(**dict.fromkeys(CHANGE_VALUES))
        )


def stored_items(engine: sa.Engine, connection_id: int, stream: str) -> Iterator[list[Dumped]]:
    """The present raw items of a stream, in batches, in order of their ids."""
    decompress = zstandard.ZstdDecompressor().decompress
    after = ""
    while True:
        with reading(engine) as connection:
            rows = connection.execute(
                sa.select(_raw.c.item_id, _raw.c.scope, _raw.c.body)
                .where(_raw.c.connection_id == connection_id, _raw.c.stream == stream)
                .where(_raw.c.gone_at.is_(None), _raw.c.item_id > after)
                .where(sa.func.length(_raw.c.body) > 0)
                .order_by(_raw.c.item_id)
                .limit(BATCH)
            ).all()
        if not rows:
            return
        batch = []
        for row in rows:
            body = decompress(bytes(row.body))
            item = Item(row.item_id, orjson.loads(body), row.scope)
            batch.append(Dumped(item, body, raw_hash(body)))
        yield batch
        after = rows[-1].item_id
