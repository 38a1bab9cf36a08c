"""From a raw item to the records it yields, with the hashes that tell what changed. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import orjson

from connectors.sdk.contract import Item
from connectors.sdk.records import Record
from sync_engine.admin_map import AdminMapping
from sync_engine.store.rows import KIND_NUMBER

Key = tuple[int, str]
"""A record of a connection: the kind's number, its id."""

_encoder = msgspec.msgpack.Encoder()
_yields = msgspec.msgpack.Decoder(list[tuple[int, str, bytes]])


@dataclass(frozen=True, slots=True)
class Dumped:
    """An item with its body as bytes; `problem` says why it has none."""

    item: Item
    body: bytes
    problem: str | None = None


def dump(items: Iterable[Item]) -> list[Dumped]:
    """Bodies to bytes; done by the lane's own thread."""
    dumped = []
    for item in items:
        try:
            dumped.append(Dumped(item, orjson.dumps(item.body)))
        except (TypeError, ValueError) as error:
            dumped.append(Dumped(item, b"null", f"cannot be kept as JSON: {error}"))
    return dumped


@dataclass(frozen=True, slots=True)
class Held:
    """What the store has of an item: its raw hash, its yields, whether it counts as present, and
    whether it waits for a mapping that can read it."""

    hash: bytes
    yields: bytes
    present: bool
    parked: bool


@dataclass(frozen=True, slots=True)
class Mapped:
    """An item to be written.

    Args:
        records: what it yields now, with the hash of each.
        before: what it yielded, with the hashes; empty for an item that was gone.
        parked: why no record could be made of it.
    """

    dumped: Dumped
    hash: bytes
    records: Mapping[Key, tuple[bytes, Record]]
    before: Mapping[Key, bytes]
    parked: str | None

    @property
    def yields(self) -> bytes:
        """As `RawItem.yields`. A parked item keeps its old records, to be written anew later."""
        if self.parked is None:
            return _encoder.encode(
                [(kind, id, digest) for (kind, id), (digest, _) in self.records.items()]
            )
        return _encoder.encode([(kind, id, b"") for kind, id in self.before])


def read_yields(yields: bytes) -> dict[Key, bytes]:
    """`RawItem.yields` by key."""
    return {(kind, id): digest for kind, id, digest in _yields.decode(yields)}


def raw_hash(body: bytes) -> bytes:
    """The hash by which an unchanged item is known."""
    return hashlib.blake2b(body, digest_size=16).digest()


class ItemMapper:
    """A connector's mapping, and the admin's on top of it.

    A mapping may be anyone's code: whatever it raises parks the one item.
    """

    def __init__(
        self, to_records: Callable[[str, Any], Iterable[Record]], mapping: AdminMapping
    ) -> None:
        self._to_records = to_records
        self._mapping = mapping

    def map(self, stream: str, dumped: Dumped, held: Held | None) -> Mapped:
        """The records of one item."""
        records, parked = self._records(stream, dumped)
        before = read_yields(held.yields) if held and held.present else {}
        return Mapped(dumped, raw_hash(dumped.body), records, before, parked)

    def _records(
        self, stream: str, dumped: Dumped
    ) -> tuple[dict[Key, tuple[bytes, Record]], str | None]:
        if dumped.problem:
            return {}, dumped.problem
        records: dict[Key, tuple[bytes, Record]] = {}
        try:
            for made in self._to_records(stream, dumped.item.body):
                if not made.id:
                    return {}, f"a {type(made).__name__} without an id"
                record = self._mapping.apply(made)
                digest = hashlib.blake2b(_encoder.encode(record), digest_size=8).digest()
                records[KIND_NUMBER[type(record)], record.id] = (digest, record)
        except Exception as error:  # noqa: BLE001  one item is parked, the others proceed
            return {}, f"{type(error).__name__}: {error}"
        return records, None
