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
from sync_engine.store.types import UTCDateTime

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
    if dialect == "sqlite":
        return lambda value: (
            value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
        )
    return lambda value: value


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
    """How one kind of record is written on one database."""

    kind: type[Record]
    table: sa.Table
    columns: tuple[str, ...]
    steps: tuple[tuple[str, Converter | None], ...]
    days: frozenset[str]  # fields that hold a day or an instant
    dialect: str

    def values(self, record: Record, day: Callable[[Any], date | None]) -> list[Any]:
        """The record's own columns (after id), in order."""
        row: list[Any] = []
        for name, convert in self.steps:
            value = getattr(record, name)
            if name in self.days:
                row.append(self._day(day(value)))
                row.append(convert(value) if isinstance(value, datetime) and convert else None)
                continue
            if value is not None and convert is not None:
                value = convert(value)
            row.append(value)
        if self.kind is records.Task:
            assignees: Sequence[str] = record.assignee_ids  # type: ignore[attr-defined]
            row.append(assignees[0] if assignees else None)
        return row

    def _day(self, value: date | None) -> Any:
        return value.isoformat() if value is not None and self.dialect == "sqlite" else value


def shape(kind: type[Record], dialect: str) -> Shape:
    """Work out how a kind is written."""
    table = table_of(kind)
    to_instant = instant_for(dialect)
    columns: list[str] = []
    steps: list[tuple[str, Converter | None]] = []
    days: set[str] = set()
    for field in msgspec.structs.fields(kind):
        name = field.name
        if name == "id":
            continue
        column = table.c[name]
        paired = DAY_AND_INSTANT.get(name)
        if paired is not None and paired in table.c:
            days.add(name)
            columns += [name, paired]
            steps.append((name, to_instant))
            continue
        columns.append(name)
        steps.append((name, _converter(column, dialect, to_instant)))
    if kind is records.Task:
        columns.append("owner_id")
    return Shape(kind, table, tuple(columns), tuple(steps), frozenset(days), dialect)


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


def upsert_sql(shape: Shape, dialect: sa.Dialect) -> str:
    """The statement text that inserts or replaces a row of a kind, and revives it."""
    columns = (*SYSTEM_COLUMNS, *shape.columns)
    return upsert_text(
        shape.table,
        columns,
        keep=frozenset({"seen_at"}),
        clear=("gone_at", "gone_reason"),
        dialect=dialect,
    )


def upsert_text(
    table: sa.Table,
    columns: Sequence[str],
    *,
    dialect: sa.Dialect,
    keep: frozenset[str] = frozenset(),
    clear: Sequence[str] = (),
) -> str:
    """``INSERT … ON CONFLICT (primary key) DO UPDATE`` over columns, with positional marks.

    Args:
        keep: columns that an existing row keeps.
        clear: columns set to NULL on conflict.
    """
    mark = "?" if dialect.name == "sqlite" else "%s"
    quote = dialect.identifier_preparer.quote
    keys = [column.name for column in table.primary_key]
    sets = [f"{quote(c)}=excluded.{quote(c)}" for c in columns if c not in keep and c not in keys]
    sets += [f"{quote(c)}=NULL" for c in clear]
    return (
        f"INSERT INTO {quote(table.name)} ({', '.join(quote(c) for c in columns)}) "  # noqa: S608
        f"VALUES ({', '.join([mark] * len(columns))}) "
        f"ON CONFLICT ({', '.join(quote(k) for k in keys)}) DO UPDATE SET {', '.join(sets)}"
    )
