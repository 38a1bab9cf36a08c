"""The status words of a connection: learnt from the tasks, so that unmapped ones can be shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import sqlalchemy as sa

from connectors.sdk.records import Status, Task
from sync_engine.admin_map import AdminMapping
from sync_engine.store.models import Connection, StatusWord
from sync_engine.store.rows import instant_for
from sync_engine.store.upserts import Upsert

_word = StatusWord.__table__  # type: ignore[attr-defined]
_connection = Connection.__table__  # type: ignore[attr-defined]


def words_of(
    connection: sa.Connection, name: str
) -> Mapping[str, tuple[Status | None, str | None]]:
    """By word that tasks of a connection have shown: what it means, and who said so."""
    rows = connection.execute(
        sa.select(_word.c.label, _word.c.status, _word.c.mapped_by)
        .join(_connection, _connection.c.id == _word.c.connection_id)
        .where(_connection.c.name == name)
    )
    return {row.label: (row.status, row.mapped_by) for row in rows}


class StatusWords:
    """What the store knows of one connection's words; reads it once, writes what is new."""

    def __init__(self, connection_id: int) -> None:
        self._connection_id = connection_id
        self._known: dict[str, tuple[str | None, str | None]] | None = None

    def forget(self) -> None:
        """Read anew next time: what was learnt last was rolled back."""
        self._known = None

    def learn(
        self,
        connection: sa.Connection,
        tasks: Iterable[Task],
        mapping: AdminMapping,
        now: datetime,
    ) -> None:
        """Keep each word with its meaning, and who gave it: the tool or the admin."""
        known = self._read(connection)
        new: dict[str, tuple[str | None, str | None]] = {}
        for task in tasks:
            label = task.status_label
            if not label or label in new:
                continue
            by = "admin" if mapping.status_of(label) else "tool" if task.status else None
            meaning = (task.status, by)
            if known.get(label) != meaning:
                new[label] = meaning
        if not new:
            return
        at = instant_for(connection.dialect.name)(now)
        columns = ("connection_id", "label", "status", "mapped_by", "seen_at")
        Upsert(_word, columns, connection.dialect).run(
            connection,
            [(self._connection_id, label, status, by, at) for label, (status, by) in new.items()],
        )
        known.update(new)

    def _read(self, connection: sa.Connection) -> dict[str, tuple[str | None, str | None]]:
        if self._known is None:
            rows = connection.execute(
                sa.select(_word.c.label, _word.c.status, _word.c.mapped_by).where(
                    _word.c.connection_id == self._connection_id
                )
            )
            self._known = {row[0]: (row[1], row[2]) for row in rows}
        return self._known
