"""Entries of the configuration in the store: read all at once, written one at a time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from sync_engine.settings.entry import Entry, Key
from sync_engine.store.config_models import ConfigEntry, ConfigState, PackVersion
from sync_engine.store.engine import reading

_entry: sa.Table = ConfigEntry.__table__  # type: ignore[attr-defined]
_state: sa.Table = ConfigState.__table__  # type: ignore[attr-defined]
_pack: sa.Table = PackVersion.__table__  # type: ignore[attr-defined]


def version(engine: sa.Engine) -> int:
    """How often entries were changed so far: another number means news."""
    with reading(engine) as connection:
        return _version(connection)


def snapshot(engine: sa.Engine) -> tuple[int, list[Entry]]:
    """The version, and all entries as of it. A store that is not made yet, or is older than such
    entries, has none."""
    file = engine.url.database
    if engine.dialect.name == "sqlite" and not (file and Path(file).exists()):
        return 0, []  # looking would make the file
    with reading(engine) as connection:
        if not sa.inspect(connection).has_table(_entry.name):
            return 0, []
        return _version(connection), read(connection)


def read(connection: sa.Connection) -> list[Entry]:
    """All entries."""
    rows = connection.execute(sa.select(_entry).order_by(_entry.c.id))
    return [
        Entry(
            row.kind, row.name, row.document, row.version, row.made_at, row.made_by,
            row.changed_at, row.changed_by,
        )
        for row in rows
    ]  # fmt: skip


def begin_change(connection: sa.Connection) -> None:
    """Count a change; from here on every other one waits until this transaction ends."""
    counted = connection.execute(sa.update(_state).values(version=_state.c.version + 1))
    if counted.rowcount == 0:
        # Two that are the first: one of them waits here for the other, and counts on.
        connection.exec_driver_sql(
            "INSERT INTO config_state (id, version) VALUES (1, 1) "
            "ON CONFLICT (id) DO UPDATE SET version = config_state.version + 1"
        )


def write(connection: sa.Connection, key: Key, document: Any, *, by: str, at: datetime) -> int:
    """Make or change an entry within `begin_change`; its version."""
    kind, name = key
    done = connection.execute(
        sa.update(_entry)
        .where(_entry.c.kind == kind, _entry.c.name == name)
        .values(document=document, version=_entry.c.version + 1, changed_at=at, changed_by=by)
        .returning(_entry.c.version)
    ).scalar_one_or_none()
    if done is not None:
        return int(done)
    connection.execute(
        sa.insert(_entry),
        {"kind": kind, "name": name, "document": document, "version": 1, "made_at": at,
         "made_by": by, "changed_at": at, "changed_by": by},
    )  # fmt: skip
    return 1


def remove(connection: sa.Connection, key: Key) -> None:
    """Remove an entry within `begin_change`."""
    connection.execute(sa.delete(_entry).where(_entry.c.kind == key[0], _entry.c.name == key[1]))


def publish(
    connection: sa.Connection, name: str, text: str, *, by: str, at: datetime, note: str | None
) -> int:
    """Keep a pack as it is published, within `begin_change`; its number."""
    last = sa.select(sa.func.max(_pack.c.number)).where(_pack.c.name == name)
    number = int(connection.execute(last).scalar_one() or 0) + 1
    connection.execute(
        sa.insert(_pack),
        {"name": name, "number": number, "text": text, "at": at, "by": by, "note": note},
    )
    return number


def published(engine: sa.Engine, name: str) -> Sequence[PackVersion]:
    """All versions of a pack, the newest first."""
    with reading(engine) as connection:
        rows = connection.execute(
            sa.select(_pack).where(_pack.c.name == name).order_by(_pack.c.number.desc())
        )
        return [PackVersion(**row._mapping) for row in rows]


def _version(connection: sa.Connection) -> int:
    return int(connection.execute(sa.select(_state.c.version)).scalar_one_or_none() or 0)
