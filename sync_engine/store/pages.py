"""Writing a page: raw items, their records, what they yield no more, and the cursor, at once.

An item whose raw form is as before is not even mapped. Of the others only records that differ are
written. All in one transaction, fenced by the lease.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from connectors.sdk.contract import Cursor
from connectors.sdk.records import STORED_KINDS, Gone, Record, Task
from sync_engine.admin_map import AdminMapping
from sync_engine.store import history, mentions, retire, writebacks
from sync_engine.store.cursors import Cursors
from sync_engine.store.items import (
    NOTHING,
    Dumped,
    Held,
    ItemMapper,
    Made,
    Mapped,
    Packer,
    read_yields,
)
from sync_engine.store.lease import Lease, fence
from sync_engine.store.mapped_fields import MappedFields
from sync_engine.store.models import Assignment, Mention, RawItem
from sync_engine.store.rows import (
    KIND_NUMBER,
    KINDS,
    SHARED_KINDS,
    instant_for,
    shape,
    upsert_of,
)
from sync_engine.store.upserts import Upsert
from sync_engine.store.words import StatusWords

CHUNK = 500
RAW_COLUMNS = (
    "connection_id", "stream", "item_id", "scope", "hash", "body", "yields", "parked", "read_at",
    "run_id",
)  # fmt: skip
ASSIGNMENT_COLUMNS = ("connection_id", "task_id", "position", "person_id")
REFUSALS = (sa.exc.DataError, sa.exc.IntegrityError, OverflowError, UnicodeEncodeError)
"""How a database says that it cannot hold a value."""

_raw = RawItem.__table__  # type: ignore[attr-defined]
_assignment = Assignment.__table__  # type: ignore[attr-defined]
_mention = Mention.__table__  # type: ignore[attr-defined]


@dataclass(slots=True)
class Tally:
    """What came of some pages. `changed` counts the records written, by kind."""

    items: int = 0
    written: int = 0
    unchanged: int = 0
    retired: int = 0
    parked: int = 0
    altered: int = 0
    changed: dict[str, int] = field(default_factory=dict)

    def add(self, other: Tally) -> None:
        """Count another tally in."""
        for name in ("items", "written", "unchanged", "retired", "parked", "altered"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for kind, count in other.changed.items():
            self.changed[kind] = self.changed.get(kind, 0) + count


@dataclass(frozen=True, slots=True)
class PageToWrite:
    """A page on its way into the store.

    Args:
        cursor: where the lane resumes after it; None: it moves no cursor.
        replay: the items come from the store itself: map all, leave their raw form alone.
    """

    stream: str
    lane: str
    items: Sequence[Dumped]
    cursor: Cursor | None = None
    gone: Sequence[Gone] = ()
    replay: bool = False


class PageWriter:
    """Writes the pages of one run of one connection.

    Args:
        to_records: the connector's pure mapping.
        mapping: what the admin says on top of it.
        observe: fields of a task whose history the tool does not give; we keep the differences.
    """

    def __init__(
        self,
        engine: sa.Engine,
        lease: Lease,
        run_id: int,
        *,
        to_records: Callable[[str, Any], Iterable[Record]],
        mapping: AdminMapping,
        observe: frozenset[str] = frozenset(),
    ) -> None:
        self.engine = engine
        self.lease = lease
        self.run_id = run_id
        self._fields = MappedFields(engine, lease.connection_id, mapping)
        mapping = self._fields.remembered(mapping)
        mapping = writebacks.remembered(engine, lease.connection_id, mapping)
        self.mapper = ItemMapper(to_records, mapping)
        self._mapping = mapping
        self._observe = observe
        dialect = engine.dialect
        self._shapes = {kind: shape(kind, dialect.name) for kind in STORED_KINDS}
        self._upserts = {kind: upsert_of(each, dialect) for kind, each in self._shapes.items()}
        self._raw_upsert = Upsert(
            _raw, RAW_COLUMNS, dialect, clear=("gone_at", "gone_reason", "absent_since")
        )
        self._assignment_upsert = Upsert(_assignment, ASSIGNMENT_COLUMNS, dialect)
        self._mention_upsert = Upsert(_mention, mentions.COLUMNS, dialect)
        self._instant = instant_for(dialect.name)
        self._packer = Packer(keep=self.mapper.keeps_raw)
        self.cursors = Cursors(engine, lease, run_id)
        self._words = StatusWords(lease.connection_id)

    def write(self, page: PageToWrite) -> Tally:
        """Write one page and move the lane's cursor, in one transaction.

        An item that the database refuses is parked, the others of its page are written.

        Raises:
            LeaseLostError: another worker has taken over; nothing was written.
        """
        try:
            with self.engine.begin() as connection:
                return self._write(connection, page, page.items)
        except REFUSALS:
            self._forget()
            return self._write_singly(page)

    def _forget(self) -> None:
        self._words.forget()
        self._fields.forget()

    def _write_singly(self, page: PageToWrite) -> Tally:
        tally = Tally()
        bare = PageToWrite(page.stream, page.lane, (), replay=page.replay)
        with self.engine.begin() as connection:
            for each in page.items:
                try:
                    with connection.begin_nested():
                        tally.add(self._write(connection, bare, [each]))
                except REFUSALS as error:
                    self._forget()
                    cause = str(getattr(error, "orig", None) or error).splitlines()[0]
                    refused = Made({}, f"the store cannot hold it: {cause}")
                    parked = Dumped(each.item, each.body, each.hash, refused, each.packed)
                    tally.add(self._write(connection, bare, [parked]))
            tally.add(self._write(connection, page, ()))
        return tally

    def _write(
        self, connection: sa.Connection, page: PageToWrite, items: Sequence[Dumped]
    ) -> Tally:
        now = fence(connection, self.lease)
        tally = Tally(items=len(items), altered=sum(each.item.altered for each in items))
        mapped = self._map(connection, page, items, tally)
        if mapped:
            self._write_records(connection, mapped, now, tally)
            if page.replay:
                self._write_yields(connection, page.stream, mapped)
            else:
                self._write_raw(connection, page.stream, mapped, now)
        for gone in page.gone:
            tally.retired += retire.items(
                connection, self.lease.connection_id, gone.stream, [gone.id], gone.reason,
                at=now, run_id=self.run_id,
            )  # fmt: skip
        if page.cursor is not None:
            self.cursors.move(connection, page.stream, page.lane, page.cursor, now)
        return tally

    def _held(
        self, connection: sa.Connection, stream: str, items: Sequence[Dumped]
    ) -> dict[str, Held]:
        held: dict[str, Held] = {}
        ids = [each.item.id for each in items]
        for start in range(0, len(ids), CHUNK):
            rows = connection.execute(
                sa.select(
                    _raw.c.item_id,
                    _raw.c.hash,
                    _raw.c.yields,
                    _raw.c.gone_at.is_(None) & _raw.c.absent_since.is_(None),
                    _raw.c.parked.is_not(None),
                )
                .where(_raw.c.connection_id == self.lease.connection_id)
                .where(_raw.c.stream == stream)
                .where(_raw.c.item_id.in_(ids[start : start + CHUNK]))
            )
            for id, digest, yields, present, parked in rows:
                held[id] = Held(bytes(digest), bytes(yields), bool(present), bool(parked))
        return held

    def _map(
        self,
        connection: sa.Connection,
        page: PageToWrite,
        items: Sequence[Dumped],
        tally: Tally,
    ) -> dict[str, Mapped]:
        held = self._held(connection, page.stream, items)
        mapped: dict[str, Mapped] = {}
        for each in items:
            known = held.get(each.item.id)
            parked = each.made is not None and each.made.parked is not None
            again = page.replay or parked or known is None or known.parked
            if known and not again and known.present and known.hash == each.hash:
                tally.unchanged += len(read_yields(known.yields))
                continue
            one = self.mapper.map(page.stream, each, known)
            tally.parked += one.made.parked is not None
            mapped[each.item.id] = one
        return mapped

    def _write_records(
        self, connection: sa.Connection, mapped: Mapping[str, Mapped], now: datetime, tally: Tally
    ) -> None:
        rows: dict[type[Record], dict[str, tuple[str, bytes, Record]]] = {}
        for item_id, each in mapped.items():
            for (number, id), (digest, record) in each.made.records.items():
                if each.before.get((number, id)) == digest:
                    tally.unchanged += 1
                else:
                    rows.setdefault(KINDS[number], {})[id] = (item_id, digest, record)
        self._write_task_history(connection, mapped, rows.get(Task, {}), now)
        for kind, changed in rows.items():
            self._upsert(connection, kind, changed, now)
            tally.written += len(changed)
            name = kind.__name__.lower()
            tally.changed[name] = tally.changed.get(name, 0) + len(changed)
            if kind in mentions.KINDS:
                self._write_mentions(connection, kind, mapped, changed)
        for kind, dropped in _dropped(mapped).items():
            ids = retire.still_theirs(
                connection, self.lease.connection_id, kind, list(dropped), dropped.values()
            )
            tally.retired += retire.records(
                connection, self.lease.connection_id, kind, ids, "deleted",
                at=now, run_id=self.run_id,
            )  # fmt: skip

    def _write_task_history(
        self,
        connection: sa.Connection,
        mapped: Mapping[str, Mapped],
        changed: Mapping[str, tuple[str, bytes, Record]],
        now: datetime,
    ) -> None:
        """What a changed task says besides its row: observed history, words, assignments."""
        tasks = {id: record for id, (_, _, record) in changed.items() if isinstance(record, Task)}
        if not tasks:
            return
        number = KIND_NUMBER[Task]
        known = {id for each in mapped.values() for kind, id in each.before if kind == number}
        observed = history.differences(
            connection, self.lease.connection_id,
            {id: task for id, task in tasks.items() if id in known},
            self._observe, at=now, day=self._mapping.day,
        )  # fmt: skip
        history.write(connection, self.lease.connection_id, self.run_id, observed, at=now)
        self._words.learn(connection, tasks.values(), self._mapping, now)
        self._fields.learn(connection, tasks.values(), self._mapping, now)
        self._assign(connection, tasks, [id for id in tasks if id in known])

    def _write_mentions(
        self,
        connection: sa.Connection,
        kind: type[Record],
        mapped: Mapping[str, Mapped],
        changed: Mapping[str, tuple[str, bytes, Record]],
    ) -> None:
        number = KIND_NUMBER[kind]
        known = {id for each in mapped.values() for of, id in each.before if of == number}
        mentions.write(
            connection, self.lease.connection_id, kind,
            (record for _, _, record in changed.values()),
            [id for id in changed if id in known], self._mention_upsert,
        )  # fmt: skip

    def _upsert(
        self,
        connection: sa.Connection,
        kind: type[Record],
        changed: Mapping[str, tuple[str, bytes, Record]],
        now: datetime,
    ) -> None:
        each, at, day = self._shapes[kind], self._instant(now), self._mapping.day
        self._upserts[kind].run(
            connection,
            [
                (
                    self.lease.connection_id, id, item_id, self.run_id, digest, at, at,
                    *each.values(record, day),
                )
                for id, (item_id, digest, record) in changed.items()
            ],
        )  # fmt: skip

    def _assign(
        self, connection: sa.Connection, tasks: Mapping[str, Task], again: Sequence[str]
    ) -> None:
        for start in range(0, len(again), CHUNK):
            connection.execute(
                sa.delete(_assignment)
                .where(_assignment.c.connection_id == self.lease.connection_id)
                .where(_assignment.c.task_id.in_(again[start : start + CHUNK]))
            )
        rows = [
            (self.lease.connection_id, id, position, person)
            for id, task in tasks.items()
            for position, person in enumerate(task.assignee_ids)
        ]
        if rows:
            self._assignment_upsert.run(connection, rows)

    def _write_raw(
        self, connection: sa.Connection, stream: str, mapped: Mapping[str, Mapped], now: datetime
    ) -> None:
        at = self._instant(now)
        self._raw_upsert.run(
            connection,
            [
                (
                    self.lease.connection_id, stream, id, each.dumped.item.scope,
                    each.dumped.hash, self._packed(each.dumped), each.yields,
                    each.made.parked, at, self.run_id,
                )
                for id, each in mapped.items()
            ],
        )  # fmt: skip

    def _packed(self, dumped: Dumped) -> bytes:
        made_ahead = dumped.packed
        return self._packer.pack(dumped.body) if made_ahead is None else made_ahead

    def _write_yields(
        self, connection: sa.Connection, stream: str, mapped: Mapping[str, Mapped]
    ) -> None:
        emptied = {} if self.mapper.keeps_raw else {"body": NOTHING}
        connection.execute(
            sa.update(_raw)
            .where(_raw.c.connection_id == self.lease.connection_id)
            .where(_raw.c.stream == stream)
            .where(_raw.c.item_id == sa.bindparam("item"))
            .values(yields=sa.bindparam("made"), parked=sa.bindparam("why"), **emptied),
            [
                {"item": id, "made": each.yields, "why": each.made.parked}
                for id, each in mapped.items()
            ],
        )


def _dropped(mapped: Mapping[str, Mapped]) -> dict[type[Record], dict[str, str]]:
    """Records that an item of the page yielded before and that none of the page yields now, each
    with that item."""
    present = {key for each in mapped.values() for key in each.made.records}
    dropped: dict[type[Record], dict[str, str]] = {}
    for item_id, each in mapped.items():
        if each.made.parked is not None:
            continue
        for number, id in each.before:
            if (number, id) not in present and KINDS[number] not in SHARED_KINDS:
                dropped.setdefault(KINDS[number], {})[id] = item_id
    return dropped
