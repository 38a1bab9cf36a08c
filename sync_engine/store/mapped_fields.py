"""The custom fields that the admin has mapped: where each was last found, and whether it still is.

A field that somebody renames in the tool is found by its id from then on, so that a name is no
reason to lose what it holds; that it has another name is said.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa

from connectors.sdk.records import Custom, Task
from sync_engine.admin_map import MAPPABLE_FIELDS, PEOPLE_FIELDS, WORD_FIELDS, AdminMapping, convert
from sync_engine.store.models import MappedField
from sync_engine.store.rows import instant_for
from sync_engine.store.upserts import Upsert

COLUMNS = ("connection_id", "field", "named", "field_id", "field_name", "unreadable", "found_at")

_field = MappedField.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class _Found:
    """How a field was last found."""

    id: str
    name: str
    unreadable: bool


class MappedFields:
    """What the store knows of one connection's mapped fields; reads it once, writes what is new."""

    def __init__(self, engine: sa.Engine, connection_id: int, mapping: AdminMapping) -> None:
        self._connection_id = connection_id
        self._known: dict[str, _Found] = {}
        if mapping.fields:
            with engine.begin() as connection:
                self._begin(connection, mapping)

    def remembered(self, mapping: AdminMapping) -> AdminMapping:
        """The mapping, with the ids under which its fields were last found."""
        return replace(mapping, ids={ours: found.id for ours, found in self._known.items()})

    def forget(self) -> None:
        """Learn anew: what was learnt last was rolled back."""
        self._known.clear()

    def learn(
        self,
        connection: sa.Connection,
        tasks: Iterable[Task],
        mapping: AdminMapping,
        now: datetime,
    ) -> None:
        """Keep under which id and name each field is found, and whether its values can be read."""
        new: dict[str, _Found] = {}
        for task in tasks if mapping.fields else ():
            for ours in mapping.fields:
                held = mapping.held(task, ours)
                if held is None:
                    continue
                before = new.get(ours) or self._known.get(ours)
                found = _Found(held.id, held.name, _is_unreadable(ours, held))
                if before is None or (held.value is not None and found != before):
                    new[ours] = found
        if new:
            at = instant_for(connection.dialect.name)(now)
            rows = [
                (self._connection_id, ours, mapping.fields[ours], found.id, found.name,
                 found.unreadable, at)
                for ours, found in new.items()
            ]  # fmt: skip
            Upsert(_field, COLUMNS, connection.dialect).run(connection, rows)
            self._known.update(new)

    def _begin(self, connection: sa.Connection, mapping: AdminMapping) -> None:
        """Read what is known; let go of what is mapped no more, keep a place for what is new."""
        of_connection = _field.c.connection_id == self._connection_id
        rows = connection.execute(sa.select(_field).where(of_connection)).all()
        for row in rows:
            if mapping.fields.get(row.field) != row.named:
                connection.execute(
                    sa.delete(_field).where(of_connection, _field.c.field == row.field)
                )
            elif row.field_id is not None:
                self._known[row.field] = _Found(row.field_id, row.field_name, row.unreadable)
        places = {row.field for row in rows if mapping.fields.get(row.field) == row.named}
        empty = [
            (self._connection_id, ours, theirs, None, None, False, None)
            for ours, theirs in mapping.fields.items()
            if ours not in places
        ]
        if empty:
            Upsert(_field, COLUMNS, connection.dialect).run(connection, empty)


def _is_unreadable(ours: str, held: Custom) -> bool:
    """Whether a value says nothing to the field that it is to fill."""
    if held.value in (None, "", ()) or ours in PEOPLE_FIELDS | WORD_FIELDS:
        return False
    return ours in MAPPABLE_FIELDS and convert(ours, held.value) is None
