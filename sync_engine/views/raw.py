"""An item as its tool gave it, beside the records that were made of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa
import zstandard

from sync_engine.rules.joins import table
from sync_engine.store.items import NOTHING, read_yields
from sync_engine.store.models import LaneState, RawItem, TaskRow
from sync_engine.store.rows import KINDS, name_of, table_of

RAW, LANE, TASK = map(table, (RawItem, LaneState, TaskRow))
MOST_BYTES = 200_000
"""Of a body that is shown; the rest is cut, and that is said."""

RECORDS_SHOWN = 30
HIDDEN = ("token", "secret", "password", "passwd", "authorization", "apikey", "api_key",
          "privatekey", "private_key", "credential", "cookie", "session")  # fmt: skip
"""What is in the name of a key whose value is not shown: tools do pass such things on."""

NAMES = ("name", "key", "label", "title")
"""Keys under which a custom field says how it is called, beside its value."""

INSIDE = frozenset({"connection_id", "hash", "run_id", "item_id", "url_key"})
"""Columns that are the store's own business."""


@dataclass(frozen=True, slots=True)
class RecordShown:
    """A record that an item yielded; `values` None: it is not in the store any more."""

    kind: str
    id: str
    values: Mapping[str, str] | None


@dataclass(frozen=True, slots=True)
class ItemShown:
    """A raw item.

    Args:
        body: as JSON; None: raw items of this connection are not kept.
        cut: the body is longer than what is shown.
        parked: why no record could be made of it.
        more: further records that are not shown.
    """

    stream: str
    id: str
    body: str | None
    cut: bool
    parked: str | None
    read_at: datetime
    gone_at: datetime | None
    gone_reason: str | None
    records: tuple[RecordShown, ...]
    more: int


def items(connection: sa.Connection, id: int, wanted: str) -> list[ItemShown]:
    """The items of a connection that a key, or an id of the tool, means; by index alone."""
    streams = connection.execute(
        sa.select(LANE.c.stream).where(LANE.c.connection_id == id).distinct()
    ).scalars()
    ids = {wanted}
    of_key = connection.execute(
        sa.select(TASK.c.item_id).where(TASK.c.connection_id == id, TASK.c.key == wanted).limit(5)
    ).scalars()
    ids |= set(of_key)
    rows = connection.execute(
        sa.select(RAW)
        .where(RAW.c.connection_id == id, RAW.c.stream.in_(list(streams)), RAW.c.item_id.in_(ids))
        .order_by(RAW.c.stream, RAW.c.item_id)
        .limit(10)
    ).all()
    return [_shown(connection, id, row) for row in rows]


def parked(connection: sa.Connection, id: int, most: int = 20) -> list[tuple[str, str, str]]:
    """Items that could not be read: their stream, id, and why."""
    rows = connection.execute(
        sa.select(RAW.c.stream, RAW.c.item_id, RAW.c.parked)
        .where(RAW.c.connection_id == id, RAW.c.parked.is_not(None))
        .order_by(RAW.c.stream, RAW.c.item_id)
        .limit(most)
    )
    return [(row.stream, row.item_id, row.parked) for row in rows]


def _shown(connection: sa.Connection, id: int, row: Any) -> ItemShown:
    keys = list(read_yields(row.yields))
    rows = [(*key, _row(connection, id, *key)) for key in keys[:RECORDS_SHOWN]]
    body, cut = _body(row.body, _secret_fields(each for _, _, each in rows))
    return ItemShown(
        row.stream, row.item_id, body, cut, row.parked, row.read_at, row.gone_at, row.gone_reason,
        tuple(_record(*each) for each in rows),
        max(len(keys) - RECORDS_SHOWN, 0),
    )  # fmt: skip


def _secret_fields(rows: Iterable[Mapping[Any, Any] | None]) -> frozenset[str]:
    """The ids of custom fields whose names speak of a secret, which only their records may know."""
    custom = (entry for row in rows if row for entry in row.get("custom") or ())
    return frozenset(str(each.get("id")) for each in custom if _is_secret(str(each.get("name"))))


def _body(stored: bytes, secret_fields: frozenset[str]) -> tuple[str | None, bool]:
    if stored == NOTHING:
        return None, False
    text = orjson.dumps(
        without_secrets(
            orjson.loads(zstandard.ZstdDecompressor().decompress(stored)), secret_fields
        ),
        option=orjson.OPT_INDENT_2,
    ).decode()
    return text[:MOST_BYTES], len(text) > MOST_BYTES


def without_secrets(value: Any, fields: Collection[str] = ()) -> Any:
    """The value, without what stands under a name that speaks of a secret (pure).

    Args:
        fields: ids of custom fields that hold one.
    """
    if isinstance(value, list):
        return [without_secrets(each, fields) for each in value]
    if not isinstance(value, dict):
        return value
    named = (value.get(name) for name in NAMES)
    of_secret = str(value.get("id")) in fields or any(
        isinstance(name, str) and _is_secret(name) for name in named
    )
    return {
        key: "not shown"
        if not isinstance(held, (bool, type(None)))
        and (_is_secret(key) or key in fields or (of_secret and "value" in key.casefold()))
        else without_secrets(held, fields)
        for key, held in value.items()
    }


def _is_secret(key: str) -> bool:
    folded = key.casefold().replace("-", "_").replace(" ", "_")
    return any(word in folded for word in HIDDEN)


def _row(connection: sa.Connection, id: int, kind: int, of: str) -> Mapping[Any, Any] | None:
    rows = table_of(KINDS[kind])
    wanted = sa.select(rows).where(rows.c.connection_id == id, rows.c.id == of)
    return connection.execute(wanted).mappings().one_or_none()


def _record(kind: int, of: str, row: Mapping[Any, Any] | None) -> RecordShown:
    return RecordShown(name_of(KINDS[kind]), of, None if row is None else dict(_values(row)))


def _values(row: Mapping[Any, Any]) -> Iterator[tuple[str, str]]:
    for name, value in row.items():
        if name in INSIDE or value is None or value in ("", [], {}):
            continue
        if isinstance(value, datetime):
            yield name, value.isoformat(timespec="seconds")
        elif isinstance(value, (list, dict)):
            yield name, orjson.dumps(without_secrets(value), default=str).decode()
        else:
            yield name, str(value)
