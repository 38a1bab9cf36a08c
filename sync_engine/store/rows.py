"""Records to rows: which table a kind has, and how a record's fields become its columns.

Rows are tuples for the driver's executemany, in the order of `Shape.columns`, converted by hand
to what the driver takes: an order of magnitude faster than rows as objects.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlmodel import SQLModel

from connectors.sdk import records
from connectors.sdk.records import Record
from sync_engine.store import models
from sync_engine.store.mentions import url_key
from sync_engine.store.types import UTCDateTime
from sync_engine.store.upserts import Upsert

TABLES: Mapping[type[Record], type[SQLModel]] = {
    records.Project: models.ProjectRow,
    records.Person: models.PersonRow,
    records.Task: models.TaskRow,
    records.Link: models.LinkRow,
    records.Milestone: models.MilestoneRow,
    records.Sprint: models.SprintRow,
    records.Column: models.ColumnRow,
    records.Membership: models.MembershipRow,
    records.Comment: models.CommentRow,
    records.Worklog: models.WorklogRow,
    records.Change: models.ChangeRow,
    records.StatusUpdate: models.StatusUpdateRow,
    records.SlaCycle: models.SlaCycleRow,
    records.Approval: models.ApprovalRow,
}
KINDS: tuple[type[Record], ...] = records.STORED_KINDS
KIND_NUMBER: Mapping[type[Record], int] = {kind: number for number, kind in enumerate(KINDS)}
"""The number under which a kind stands in `RawItem.yields`. Append only."""

SHARED_KINDS = frozenset({records.Project, records.Person, records.Sprint, records.Change})
"""Kinds that stay when an item that yielded them does so no more: others may yield them too, or,
for `Change`, history only grows."""

MAX_TEXT = 1_000_000
CUT_MARK = " … [cut: longer than a million characters]"
DAY_AND_INSTANT = {"due_on": "due_at", "start_on": "start_at"}

Converter = Callable[[Any], Any]


def table_of(kind: type[Record]) -> sa.Table:
    """The table of a kind of record."""
    return TABLES[kind].__table__  # type: ignore[attr-defined,no-any-return]


def name_of(kind: type[Record]) -> str:
    """A kind's name as `Connection.provides` has it: "task", "statusupdate"."""
    return kind.__name__.lower()


def instant_for(dialect: str) -> Converter:
    """How the driver takes an aware instant."""
    return _sqlite_instant if dialect == "sqlite" else lambda value: value


def _sqlite_instant(value: datetime) -> str:
    """As SQLAlchemy writes a naive UTC datetime: always with microseconds, so that text sorts."""
    utc = value if value.tzinfo is UTC else value.astimezone(UTC)
    return utc.isoformat(" ", "microseconds")[:26]


def as_json(value: Any) -> str:
    """A JSON column's text, for either driver."""
    return msgspec.json.encode(value).decode()


def _text(value: str) -> str:
    return value if len(value) <= MAX_TEXT else value[:MAX_TEXT] + CUT_MARK


@dataclass(frozen=True)
class Shape:
    """How one kind of record is written on one database.

    Args:
        columns: the record's fields but its id, in their order; then the instants of the fields
            that hold a day or an instant; then what is derived.
        convert: position of a field → how the driver takes it.
        days: positions of the fields that hold a day or an instant.
    """

    kind: type[Record]
    table: sa.Table
    columns: tuple[str, ...]
    convert: tuple[tuple[int, Converter], ...]
    days: tuple[int, ...]
    to_day: Converter
    to_instant: Converter

    def values(self, record: Record, day: Callable[[Any], date | None]) -> list[Any]:
        """The record's own columns (after id), in order."""
        row = list(msgspec.structs.astuple(record))
        del row[0]
        for position, convert in self.convert:
            value = row[position]
            if value is not None:
                row[position] = convert(value)
        for position in self.days:
            value = row[position]
            if value is None:
                row.append(None)
                continue
            row[position] = self.to_day(day(value))
            row.append(self.to_instant(value) if isinstance(value, datetime) else None)
        if self.kind is records.Task:
            assignees: Sequence[str] = record.assignee_ids  # type: ignore[attr-defined]
            row.append(assignees[0] if assignees else None)
            row.append(url_key(record.url))  # type: ignore[attr-defined]
        return row


def shape(kind: type[Record], dialect: str) -> Shape:
    """Work out how a kind is written."""
    table = table_of(kind)
    to_instant = instant_for(dialect)
    to_day: Converter = date.isoformat if dialect == "sqlite" else lambda value: value
    names = [field.name for field in msgspec.structs.fields(kind)][1:]
    convert: list[tuple[int, Converter]] = []
    days: list[int] = []
    for position, name in enumerate(names):
        if DAY_AND_INSTANT.get(name, "") in table.c:
            days.append(position)
        elif converter := _converter(table.c[name], dialect, to_instant):
            convert.append((position, converter))
    columns = [*names, *(DAY_AND_INSTANT[names[position]] for position in days)]
    if kind is records.Task:
        columns += ["owner_id", "url_key"]
    return Shape(kind, table, tuple(columns), tuple(convert), tuple(days), to_day, to_instant)


def _converter(column: sa.Column[Any], dialect: str, to_instant: Converter) -> Converter | None:
    if isinstance(column.type, UTCDateTime):
        return to_instant
    if isinstance(column.type, sa.JSON):
        return as_json
    if isinstance(column.type, sa.Date):
        return date.isoformat if dialect == "sqlite" else None
    if isinstance(column.type, sa.Text):
        return _text
    return None


SYSTEM_COLUMNS = ("connection_id", "id", "item_id", "run_id", "hash", "seen_at", "written_at")


def upsert_of(shape: Shape, dialect: sa.Dialect) -> Upsert:
    """Inserts or replaces rows of a kind, and revives them."""
    return Upsert(
        shape.table,
        (*SYSTEM_COLUMNS, *shape.columns),
        dialect,
        keep=frozenset({"seen_at"}),
        clear=("gone_at", "gone_reason"),
    )
