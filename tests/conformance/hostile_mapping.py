"""Deliberately wrong connectors to Pebble: what they declare or map is wrong."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar

import msgspec

from connectors.sdk.contract import (
    Can,
    Cursor,
    Item,
    Json,
    Options,
    Page,
)
from connectors.sdk.records import Person, Record, Task
from tests.conformance.pebble import Pebble, PebbleOptions


class Altering(Pebble):
    """Every task is altered by `alter`."""

    @staticmethod
    def alter(task: Task) -> Task:
        """What is wrong with it."""
        return task

    @classmethod
    def to_records(cls, stream: str, item: Json) -> Iterable[Record]:
        """As the right one, then altered."""
        for record in Pebble.to_records(stream, item):
            yield cls.alter(record) if isinstance(record, Task) else record


def altering(**to: Any) -> type[Pebble]:
    """A connector whose tasks have fields computed otherwise."""

    def alter(task: Task) -> Task:
        changed = {name: make(task) for name, make in to.items()}
        return msgspec.structs.replace(task, **changed)

    return type("Altered", (Altering,), {"alter": staticmethod(alter)})


class TouchesItems(Pebble):
    """Leaves a mark in the item."""

    @staticmethod
    def to_records(stream: str, item: Json) -> Iterable[Record]:
        """Marks."""
        item["seen"] = True  # type: ignore[index]
        return Pebble.to_records(stream, item)


class Remembers(Pebble):
    """Maps by what it mapped before."""

    _count: ClassVar[Iterator[int]] = itertools.count()

    @staticmethod
    def to_records(stream: str, item: Json) -> Iterable[Record]:
        """Numbers the titles."""
        for record in Pebble.to_records(stream, item):
            if isinstance(record, Task):
                title = f"{record.title} {next(Remembers._count)}"
                record = msgspec.structs.replace(record, title=title)
            yield record


class Trusts(Pebble):
    """Believes that a title is always a text."""

    @staticmethod
    def to_records(stream: str, item: Json) -> Iterable[Record]:
        """Strips what may be a number."""
        assert item["title" if stream != "people" else "name"].strip() is not None
        return Pebble.to_records(stream, item)


class Picky(Pebble):
    """Leaves out what is in a state that it does not know."""

    @staticmethod
    def to_records(stream: str, item: Json) -> Iterable[Record]:
        """None of it."""
        records = list(Pebble.to_records(stream, item))
        unknown = any(isinstance(each, Task) and each.status is None for each in records)
        return [] if unknown else records


class OneIdForAll(Pebble):
    """Gives its people's items one id."""

    def pull(self, stream: str, lane: str, since: Cursor | None) -> Iterator[Page]:
        """Of the people's pages only."""
        for page in super().pull(stream, lane, since):
            if stream == "people":
                page = Page([Item("person", item.body) for item in page.items])
            yield page


class UnknownField(Pebble):
    """Provides what records do not have."""

    provides: ClassVar[Mapping[type[Record], frozenset[str]]] = {
        **Pebble.provides, Person: frozenset({"id", "name", "email", "shoe_size"}),
    }  # fmt: skip


class Boastful(Pebble):
    """Provides what it never fills."""

    provides: ClassVar[Mapping[type[Record], frozenset[str]]] = {
        **Pebble.provides, Person: frozenset({"id", "name", "email", "url"}),
    }  # fmt: skip


class Modest(Pebble):
    """Fills what it does not provide."""

    provides: ClassVar[Mapping[type[Record], frozenset[str]]] = {
        **Pebble.provides, Person: frozenset({"id", "name"}),
    }  # fmt: skip


class SilentOptions(PebbleOptions):
    """Has an option that says nothing."""

    boards: str = ""


class OpenOptions(Options):
    """Its key is no secret."""

    key: str = "canary-pebble-key-0123456789"


class Silent(Pebble):
    """Options are not described."""

    Config: ClassVar[type[Options]] = SilentOptions


class Open(Pebble):
    """Shows its key."""

    Config: ClassVar[type[Options]] = OpenOptions


class Part(Pebble):
    """Cannot read its people in full."""

    streams: ClassVar[Mapping[str, Can]] = {**Pebble.streams, "people": Can.INCREMENTAL}
