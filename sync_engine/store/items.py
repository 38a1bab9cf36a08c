"""From a raw item to the records it yields, with the hashes that tell what changed. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import orjson
import zstandard

from connectors.sdk.contract import Item
from connectors.sdk.records import Record
from sync_engine.admin_map import AdminMapping
from sync_engine.store.rows import KIND_NUMBER

Key = tuple[int, str]
"""A record of a connection: the kind's number, its id."""

_encoder = msgspec.msgpack.Encoder()
_yields = msgspec.msgpack.Decoder(list[tuple[int, str, bytes]])


@dataclass(frozen=True, slots=True)
class Made:
    """What a mapping makes of an item.

    Args:
        records: with the hash of each.
        parked: why no record could be made of it.
    """

    records: Mapping[Key, tuple[bytes, Record]]
    parked: str | None = None


@dataclass(frozen=True, slots=True)
class Dumped:
    """An item with its body as bytes, and their hash.

    Args:
        made: its records, where they were made ahead; the item's own body is then let go.
        packed: the bytes as `RawItem.body`, made ahead likewise.
    """

    item: Item
    body: bytes
    hash: bytes
    made: Made | None = None
    packed: bytes | None = None


def dump(item: Item) -> Dumped:
    """A body to bytes; parked when they cannot be had."""
    try:
        body = orjson.dumps(item.body)
    except (TypeError, ValueError) as error:
        parked = Made({}, f"cannot be kept as JSON: {error}")
        return Dumped(item, b"null", raw_hash(b"null"), parked)
    return Dumped(item, body, raw_hash(body))


NOTHING = b""
"""`RawItem.body` where raw items are not kept."""


class Packer:
    """Compresses bodies as `RawItem.body` holds them; for one thread.

    Args:
        keep: whether raw items are kept at all.
    """

    def __init__(self, *, keep: bool) -> None:
        self._compress = zstandard.ZstdCompressor(level=1).compress if keep else None

    def pack(self, body: bytes) -> bytes:
        """What is stored of a body."""
        return NOTHING if self._compress is None else self._compress(body)


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
        before: what it yielded, with the hashes; empty for an item that was gone.
    """

    dumped: Dumped
    made: Made
    before: Mapping[Key, bytes]

    @property
    def yields(self) -> bytes:
        """As `RawItem.yields`. A parked item keeps its old records, to be written anew later."""
        if self.made.parked is None:
            return _encoder.encode(
                [(kind, id, digest) for (kind, id), (digest, _) in self.made.records.items()]
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
        self.keeps_raw = not mapping.redact

    def map(self, stream: str, dumped: Dumped, held: Held | None) -> Mapped:
        """One item with its records, beside what the store has of it."""
        made = dumped.made or self._make(stream, dumped.item)
        before = read_yields(held.yields) if held and held.present else {}
        return Mapped(dumped, made, before)

    def ahead(self, stream: str, items: Iterable[Item]) -> list[Dumped]:
        """All that can be done with items before their turn to be written comes.

        For the lane's own thread: it overlaps with what other lanes fetch and with the writing.
        Wasted on items that the store has as they are.
        """
        pack = Packer(keep=self.keeps_raw).pack
        done = []
        for item in items:
            each = dump(item)
            made = each.made or self._make(stream, item)
            light = Item(item.id, {}, item.scope, item.altered)
            done.append(Dumped(light, each.body, each.hash, made, pack(each.body)))
        return done

    def _make(self, stream: str, item: Item) -> Made:
        records: dict[Key, tuple[bytes, Record]] = {}
        try:
            for mapped in self._to_records(stream, item.body):
                if not mapped.id:
                    return Made({}, f"a {type(mapped).__name__} without an id")
                record = self._mapping.apply(mapped)
                if record is None:
                    continue
                digest = hashlib.blake2b(_encoder.encode(record), digest_size=8).digest()
                records[KIND_NUMBER[type(record)], record.id] = (digest, record)
        except Exception as error:  # noqa: BLE001  one item is parked, the others proceed
            return Made({}, f"{type(error).__name__}: {error}")
        return Made(records)
