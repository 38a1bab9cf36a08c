"""Replay: mapping what is stored again, with no request to the tool.

Needed after a change of a mapping, the admin's or the connector's. Raw items are read in order of
their key, so that a replay that was cut may simply be run again.
"""

from __future__ import annotations

from collections.abc import Iterator

import orjson
import sqlalchemy as sa
import zstandard

from connectors.sdk.contract import Item
from sync_engine.source import Source
from sync_engine.store import runs
from sync_engine.store.engine import reading
from sync_engine.store.items import Dumped, raw_hash
from sync_engine.store.lease import Lease
from sync_engine.store.models import RawItem
from sync_engine.store.pages import PageToWrite, PageWriter
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
    for stream in source.connector.streams:
        for items in stored_items(engine, lease.connection_id, stream):
            report.tally.add(writer.write(PageToWrite(stream, "", items, replay=True)))
    return runs.end(
        engine,
        lease,
        report,
        {
            "mapping_fingerprint": source.mapping_fingerprint,
            "provides": source.provides,
        },
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
