"""Changes of flags, gathered and written in bulk."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from sync_engine.rules.joins import table
from sync_engine.store.flag_models import FlagEvent, FlagRow

CHUNK = 500
FLAG, EVENT = map(table, (FlagRow, FlagEvent))


class Ledger:
    """New flags, changed flags and events of one assessment; flags are named by fingerprint."""

    def __init__(self, connection: sa.Connection, now: datetime) -> None:
        self.connection, self.now = connection, now
        self.marks: dict[str, list[str]] = {}  # by event: the flags that met with it
        self._clear()

    def _clear(self) -> None:
        self.ids: dict[str, int] = {}
        self.inserts: list[dict[str, Any]] = []
        self.events: list[tuple[str, str, str, str | None]] = []  # flag, event, severity, note
        self.touched: dict[str, dict[str, Any]] = {}

    def marked(self, event: str) -> tuple[str, ...]:
        """The flags that met with an event."""
        return tuple(self.marks.get(event, ()))

    def change(self, row: Any, **values: Any) -> None:
        """Set columns of a flag."""
        self.ids[row.fingerprint] = row.id
        self.touched.setdefault(row.fingerprint, {}).update(values)

    def event(self, mark: str, event: str, severity: str, note: str | None = None) -> None:
        """Note an event in the life of a flag that is new or changed."""
        self.events.append((mark, event, severity, note))
        self.marks.setdefault(event, []).append(mark)

    def write(self) -> None:
        """Bring what was gathered since the last time into the store."""
        if self.inserts:
            self.connection.execute(sa.insert(FLAG), self.inserts)
            self._learn_ids([row["fingerprint"] for row in self.inserts])
        self._update()
        if self.events:
            self.connection.execute(
                sa.insert(EVENT),
                [
                    {"flag_id": self.ids[mark], "at": self.now, "event": event,
                     "severity": severity, "note": note}
                    for mark, event, severity, note in self.events
                ],
            )  # fmt: skip
        self._clear()

    def _learn_ids(self, marks: Sequence[str]) -> None:
        for start in range(0, len(marks), CHUNK):
            rows = self.connection.execute(
                sa.select(FLAG.c.fingerprint, FLAG.c.id).where(
                    FLAG.c.fingerprint.in_(marks[start : start + CHUNK])
                )
            )
            self.ids.update({row.fingerprint: row.id for row in rows})

    def _update(self) -> None:
        """One statement for each set of columns."""
        alike: dict[tuple[str, ...], list[dict[str, Any]]] = {}
        for mark, values in self.touched.items():
            row = {f"new_{name}": value for name, value in values.items()}
            alike.setdefault(tuple(sorted(values)), []).append({**row, "flag": self.ids[mark]})
        for names, rows in alike.items():
            changes = {name: sa.bindparam(f"new_{name}", type_=FLAG.c[name].type) for name in names}
            statement = sa.update(FLAG).where(FLAG.c.id == sa.bindparam("flag")).values(changes)
            self.connection.execute(statement, rows)
