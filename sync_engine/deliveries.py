"""Taking a delivery: rows to items, items to the store by the same writer as every page.

A row that cannot be read is refused by itself and told back; the others are written. Only a
delivery that says it is complete, and of which no row was refused, says anything of what it does
not name: that goes by the same guard as a stream that is always read whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import sqlalchemy as sa

from connectors.sdk.contract import Item
from connectors.sdk.deliveries import Row, RowError, TakesDeliveries
from connectors.sdk.records import Gone
from sync_engine import absence, people, replay
from sync_engine.source import Source
from sync_engine.store import runs
from sync_engine.store.engine import reading
from sync_engine.store.items import dump
from sync_engine.store.lease import Lease, fence
from sync_engine.store.models import Connection
from sync_engine.store.pages import PageToWrite, PageWriter
from sync_engine.store.runs import RunReport

STREAM = "tasks"
PAGE = 500
TOLD = 20
"""Refused rows that a run's problems name; the others are counted."""

_connection = Connection.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that could not be read."""

    line: int
    id: str | None
    why: str


@dataclass(slots=True)
class Delivery:
    """What was read of a delivery.

    Args:
        complete: the sender says that there is nothing else.
    """

    items: list[Item] = field(default_factory=list)
    gone: list[Gone] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    complete: bool = False


def takes_deliveries(kind: Any) -> bool:
    """Whether connections of a connector are delivered to, not pulled."""
    return bool(getattr(kind, "delivered", False))


def read(connector: Any, rows: Iterable[Row], *, complete: bool) -> Delivery:
    """Read all rows. Pure; the same id twice is a refusal of the second."""
    receiver = cast(TakesDeliveries, connector)
    delivery = Delivery(complete=complete)
    seen: dict[str, int] = {}
    for row in rows:
        try:
            item = _item(receiver, row, seen)
        except RowError as error:
            delivery.refused.append(Refusal(row.line, error.id, str(error)))
            continue
        seen[item.id] = row.line
        if receiver.is_gone(item):
            delivery.gone.append(Gone(id=item.id, stream=STREAM, reason="deleted"))
        else:
            delivery.items.append(item)
    return delivery


def _item(receiver: TakesDeliveries, row: Row, seen: Mapping[str, int]) -> Item:
    if row.trouble:
        raise RowError(row.trouble)
    item = receiver.item_of(row.value)
    if item.id in seen:
        raise RowError(f"its id was in row {seen[item.id]} already", id=item.id)
    return item


def deliver(
    engine: sa.Engine,
    source: Source,
    lease: Lease,
    delivery: Delivery,
    *,
    known_people: Sequence[people.KnownPerson] = (),
) -> RunReport:
    """Write a delivery.

    Raises:
        LeaseLostError: another worker has taken over.
    """
    with reading(engine) as connection:
        before = (
            connection.execute(
                sa.select(_connection).where(_connection.c.id == lease.connection_id)
            )
            .mappings()
            .one()
        )
    if before["mapping_fingerprint"] not in (None, source.mapping_fingerprint):
        replay.replay(engine, source, lease)
    report = runs.start(engine, lease, source.name, "delivery", full=delivery.complete)
    _write(engine, source, lease, delivery, report)
    _absent(engine, source, lease, delivery, report)
    people.assign_identities(engine, tuple(known_people), connection_id=lease.connection_id)
    whole = not (delivery.refused or report.tally.parked)
    _say(delivery, report)
    changes: dict[str, Any] = {
        "provides": source.provides,
        "scope_fingerprint": source.scope_fingerprint,
        "mapping_fingerprint": source.mapping_fingerprint,
        "checked_at": report.started_at,
    }
    if report.tally.written:
        changes["changed_at"] = report.started_at
    if whole and (delivery.complete or before["complete_at"] is not None):
        changes["complete_at"] = report.started_at
    return runs.end(engine, lease, report, changes)


def _write(
    engine: sa.Engine, source: Source, lease: Lease, delivery: Delivery, report: RunReport
) -> None:
    writer = PageWriter(
        engine,
        lease,
        report.run_id,
        to_records=source.connector.to_records,
        mapping=source.mapping,
        observe=source.observe,
    )
    for start in range(0, max(len(delivery.items), 1), PAGE):
        items = [dump(item) for item in delivery.items[start : start + PAGE]]
        gone = delivery.gone if start == 0 else ()
        report.tally.add(writer.write(PageToWrite(STREAM, "", items, gone=gone)))


def _absent(
    engine: sa.Engine, source: Source, lease: Lease, delivery: Delivery, report: RunReport
) -> None:
    """What a complete delivery does not name."""
    if not delivery.complete or delivery.refused:
        return
    with engine.begin() as connection:
        now = fence(connection, lease)
        seen = {item.id for item in delivery.items}
        found = absence.settle(
            connection, lease.connection_id, STREAM, seen, source.guard,
            now=now, run_id=report.run_id,
        )  # fmt: skip
    report.tally.retired += found.retired
    if found.held:
        report.problems.append(f"{found.held}; nothing was retired")


def _say(delivery: Delivery, report: RunReport) -> None:
    refused = delivery.refused
    if refused:
        report.outcome = "partial"
        report.remedy = "Mend these rows and deliver them again; the others were taken."
    report.problems += [f"row {each.line}: {each.why}" for each in refused[:TOLD]]
    if len(refused) > TOLD:
        report.problems.append(f"and {len(refused) - TOLD} rows more could not be read")
    if report.tally.parked:
        report.outcome = "partial"
        report.problems.append(f"{report.tally.parked} rows could not be kept")
    report.message = "; ".join(report.problems[:3])
    report.streams[STREAM] = {
        "outcome": report.outcome,
        "items": report.tally.items,
        "written": report.tally.written,
        "unchanged": report.tally.unchanged,
        "retired": report.tally.retired,
        "parked": report.tally.parked,
        "unread": len(refused),
    }
    report.unread = len(refused)
