"""Writing rows in bulk: insert what is new, replace what is there.

Rows share statements. Each execution of a statement lets go of Python's lock and waits for it
again, so that one row at a time would make the writer wait for the threads that read and map,
thousands of times a second.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

BATCH = 32
"""Rows of one statement; what is left of a page goes in halves of it: few texts are compiled."""


class Upsert:
    """``INSERT … ON CONFLICT (primary key) DO UPDATE`` over columns.

    Args:
        keep: columns that an existing row keeps.
        clear: columns set to NULL on conflict.
    """

    def __init__(
        self,
        table: sa.Table,
        columns: Sequence[str],
        dialect: sa.Dialect,
        *,
        keep: frozenset[str] = frozenset(),
        clear: Sequence[str] = (),
    ) -> None:
        quote = dialect.identifier_preparer.quote
        keys = [column.name for column in table.primary_key]
        kept = {*keep, *keys}
        sets = [f"{quote(c)}=excluded.{quote(c)}" for c in columns if c not in kept]
        sets += [f"{quote(c)}=NULL" for c in clear]
        mark = "?" if dialect.name == "sqlite" else "%s"
        self._row = f"({', '.join([mark] * len(columns))})"
        into = f"{quote(table.name)} ({', '.join(map(quote, columns))})"
        self._head = f"INSERT INTO {into} VALUES "  # noqa: S608  our own names, quoted
        self._tail = f" ON CONFLICT ({', '.join(map(quote, keys))}) DO UPDATE SET {', '.join(sets)}"
        self._texts: dict[int, str] = {}

    def run(self, connection: sa.Connection, rows: Sequence[Sequence[Any]]) -> None:
        """Write rows, no two of them with one key; values as the driver takes them."""
        start, size = 0, BATCH
        while start < len(rows):
            while size > len(rows) - start:
                size //= 2
            batch = rows[start : start + size]
            flat = tuple(value for row in batch for value in row)
            connection.exec_driver_sql(self._text(size), flat)
            start += size

    def _text(self, rows: int) -> str:
        if rows not in self._texts:
            self._texts[rows] = f"{self._head}{', '.join([self._row] * rows)}{self._tail}"
        return self._texts[rows]
