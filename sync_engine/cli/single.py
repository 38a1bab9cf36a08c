"""What `flagstaff sync NAME --item ITEM` looks at and says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from sync_engine.store import hints
from sync_engine.store.engine import reading
from sync_engine.store.models import Connection, RawItem, TaskRow

_connection = Connection.__table__  # type: ignore[attr-defined]
_raw = RawItem.__table__  # type: ignore[attr-defined]
_task = TaskRow.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Standing:
    """How an item stands in the store."""

    stream: str
    item_id: str
    read_at: datetime
    gone_reason: str | None
    title: str | None

    @property
    def sentence(self) -> str:
        """For people."""
        name = f"{self.title} ({self.item_id})" if self.title else self.item_id
        if self.gone_reason is not None:
            return f"{self.stream}: {name} is gone: {self.gone_reason.replace('_', ' ')}."
        return f"{self.stream}: {name} is there."

    def document(self) -> dict[str, Any]:
        """For machines."""
        return asdict(self)


def suspect(engine: sa.Engine, name: str, item: str) -> None:
    """Let the next pull of a connection look at an item by itself, where the store knows it."""
    present = [each for each in standings(engine, name, item) if each.gone_reason is None]
    with engine.begin() as connection:
        id = connection.execute(
            sa.select(_connection.c.id).where(_connection.c.name == name)
        ).scalar_one_or_none()
        if id is not None:
            hints.suspect(connection, id, {(each.stream, each.item_id) for each in present})


def standings(engine: sa.Engine, name: str, item: str) -> Sequence[Standing]:
    """How what a connection has under an id, a key or an address stands."""
    same = sa.and_(_raw.c.connection_id == _connection.c.id, _connection.c.name == name)
    task = sa.and_(
        _task.c.connection_id == _raw.c.connection_id, _task.c.item_id == _raw.c.item_id,
        _task.c.id == _raw.c.item_id,
    )  # fmt: skip
    said = sa.or_(_raw.c.item_id == item, _task.c.key == item, _task.c.url == item)
    columns = (_raw.c.stream, _raw.c.item_id, _raw.c.read_at, _raw.c.gone_reason, _task.c.title)
    with reading(engine) as connection:
        rows = connection.execute(
            sa.select(*columns)
            .select_from(_raw.join(_connection, same).outerjoin(_task, task))
            .where(said)
            .order_by(_raw.c.stream, _raw.c.item_id)
        )
        return [Standing(*row) for row in rows]
