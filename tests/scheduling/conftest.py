"""A store with a project whose tasks depend on each other."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from sync_engine.rules.calendars import Moment, WorkCalendar
from sync_engine.rules.frames import connections
from sync_engine.scheduling.read import Plan, plan
from sync_engine.store import models as m
from sync_engine.store.engine import reading
from tests.rules.rows import connect, record

NOW = datetime(2026, 3, 18, 11, 30, tzinfo=UTC)  # a Wednesday
PROVIDES: dict[str, Iterable[str]] = {
    "task": sorted(m.TaskRow.model_fields),
    "project": sorted(m.ProjectRow.model_fields),
    "milestone": sorted(m.MilestoneRow.model_fields),
    "link": ["id", "type", "type_label", "from_id", "to_id", "lag_minutes"],
}


@pytest.fixture
def moment() -> Moment:
    """The frozen moment."""
    return Moment(NOW, ZoneInfo("Europe/Berlin"), WorkCalendar())


class Tool:
    """One connection's rows, written as a pull would."""

    def __init__(self, engine: sa.Engine, moment: Moment) -> None:
        self.engine, self.moment, self.run = engine, moment, 1
        with engine.begin() as connection:
            connect(connection, 1, PROVIDES)

    def pulled(self, **values: Any) -> None:
        """Another run has ended; what is written from now on belongs to it."""
        self.run += 1
        row = {"id": self.run, "connection_id": 1, "kind": "pull", "epoch": 1, "started_at": NOW,
               "ended_at": NOW, "outcome": "complete", **values}  # fmt: skip
        with self.engine.begin() as connection:
            connection.execute(sa.insert(m.Run.__table__), row)  # type: ignore[attr-defined]

    def _write(self, model: Any, id: str, **values: Any) -> None:
        table = model.__table__
        with self.engine.begin() as connection:
            connection.execute(sa.delete(table).where(table.c.connection_id == 1, table.c.id == id))
            record(connection, model, 1, id, **{"run_id": self.run, **values})

    def project(self, id: str = "P", **values: Any) -> None:
        self._write(m.ProjectRow, id, **{"name": id, "state": "active", **values})

    def task(self, id: str, **values: Any) -> None:
        given = {"project_id": "P", "title": f"Task {id}", "type": "task", "status": "todo",
                 "owner_id": "ann", "labels": [], **values}  # fmt: skip
        self._write(m.TaskRow, id, **given)

    def milestone(self, id: str, **values: Any) -> None:
        self._write(
            m.MilestoneRow, id, **{"name": id, "project_id": "P", "state": "open", **values}
        )

    def link(self, before: str, after: str, **values: Any) -> None:
        given = {
            "type": "precedes",
            "type_label": "FS",
            "from_id": before,
            "to_id": after,
            **values,
        }
        self._write(m.LinkRow, f"{before}:{after}", **given)

    def moved(self, task: str, old: str, new: str | None) -> None:
        """What is kept of a task that went to another project."""
        given = {"task_id": task, "at": NOW, "field": "project_id", "old": old, "new": new}
        self._write(m.ChangeRow, f"{self.run}:{task}", **given)

    def chain(self, *ids: str, project: str = "P", days: Iterable[tuple[int, int]] = ()) -> None:
        """Tasks behind each other, from day to day of March."""
        for id, (start, due) in zip(ids, days, strict=True):
            self.task(id, project_id=project, start_on=date(2026, 3, start),
                      due_on=date(2026, 3, due))  # fmt: skip
        for before, after in pairwise(ids):
            self.link(before, after)

    def plan(self, id: str = "P") -> Plan:
        with reading(self.engine) as connection:
            (tool,) = connections(connection, self.moment, None)
            return plan(connection, tool, id, self.moment)


@pytest.fixture
def tool(store: sa.Engine, moment: Moment) -> Tool:
    """A tool with one project, without tasks yet."""
    made = Tool(store, moment)
    made.project()
    return made
