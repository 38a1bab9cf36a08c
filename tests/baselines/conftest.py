"""A store with a project to agree on, and what is said of it afterwards."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from sync_engine.baselines import capture
from sync_engine.baselines.capture import Occasion
from sync_engine.rules.calendars import Moment, WorkCalendar
from sync_engine.rules.evidence import items
from sync_engine.rules.frames import connections, frame_for
from sync_engine.rules.other_facts import source_of
from sync_engine.rules.syntax import Ref, Span
from sync_engine.store import models as m
from sync_engine.store.engine import reading
from tests.rules.rows import table
from tests.scheduling.conftest import PROVIDES, Tool

NOW = datetime(2026, 3, 18, 11, 30, tzinfo=UTC)  # a Wednesday
MORE = {
    "membership": ["container_id"], "sprint": sorted(m.SprintRow.model_fields),
    "change": ["field"],
}  # fmt: skip
BY_HAND = Occasion("Agreed", "person", by="ann")


class World(Tool):
    """One connection's rows; baselines of them; what facts say."""

    def __init__(self, engine: sa.Engine, moment: Moment) -> None:
        super().__init__(engine, moment)
        self.change(provides={**PROVIDES, **MORE})

    def change(self, **values: Any) -> None:
        """Change the connection's row."""
        with self.engine.begin() as connection:
            connection.execute(sa.update(table(m.Connection)).values(**values))

    def sprint(self, id: str = "S", **values: Any) -> None:
        self._write(m.SprintRow, id, **{"name": id, "project_id": "P", "state": "active", **values})

    def place(self, task: str, sprint: str = "S", **values: Any) -> None:
        given = {"task_id": task, "kind": "sprint", "container_id": sprint, **values}
        self._write(m.MembershipRow, f"sprint:{sprint}:{task}", **given)

    def take(self, *projects: str, occasion: Occasion = BY_HAND) -> int:
        """Take a baseline of these projects, of all without any."""
        with reading(self.engine) as connection:
            (tool,) = connections(connection, self.moment, None)
        with capture.alone(self.engine) as connection:
            return capture.take(
                connection, tool, occasion, self.moment,
                lambda s: s.base.c.id.in_(projects) if projects else sa.true(),
            )  # fmt: skip

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        with reading(self.engine) as connection:
            return [tuple(row) for row in connection.execute(sa.text(statement))]

    def said(self, subject: str, id: str, *names: str) -> dict[str, Any]:
        """Facts of a subject; "?" where one is not known."""
        refs = [Ref(name, Span(1, 1)) for name in names]
        with reading(self.engine) as connection:
            frame = frame_for(connection, self.moment)
            found = items(connection, frame, subject, [(1, id)], refs)[1, id].values
            unknown = self._unknown(connection, frame, subject, id, refs)
        return {name: "?" if name in unknown else found[name] for name in names}

    def _unknown(
        self, connection: sa.Connection, frame: Any, subject: str, id: str, refs: Iterable[Ref]
    ) -> set[str]:
        source = source_of(frame, subject)
        columns: list[Any] = []
        for ref in refs:
            value = source.value(ref)
            known = sa.true() if value.known is None else value.known
            if value.null == "unknown":
                known = sa.and_(known, value.expr.is_not(None))
            columns.append(sa.case((known, 0), else_=1).label(ref.name))
        row = connection.execute(
            sa.select(*columns)
            .select_from(source.origin)
            .where(source.base.c.connection_id == 1, source.base.c.id == id)
        ).one()
        return {name for name, value in row._mapping.items() if value}


@pytest.fixture
def moment() -> Moment:
    """The frozen moment."""
    return Moment(NOW, ZoneInfo("Europe/Berlin"), WorkCalendar())


@pytest.fixture
def world(store: sa.Engine, moment: Moment) -> World:
    """A tool with one project, without tasks yet."""
    made = World(store, moment)
    made.project()
    return made
