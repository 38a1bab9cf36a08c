"""A store with one connection of tasks, its standards, and a clock that only tests move."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from sync_engine.flags.apply import FlagReport, run
from sync_engine.rules.calendars import Moment, WorkCalendar
from sync_engine.rules.packs import from_source
from sync_engine.rules.standards import Standard
from sync_engine.settings.source import parse
from sync_engine.store.flag_models import FlagEvent, FlagRow
from sync_engine.store.models import Connection, TaskRow

NOW = datetime(2026, 3, 18, 11, 30, tzinfo=UTC)
PACK = """
pack: small
title: Small
standards:
  - id: no-owner
    title: Nobody owns it
    source: test
    why: Because somebody has to.
    severity: low
    subject: task
    scope: status = in_progress
    flag_when: owner is empty
    escalate: {after: 5 days, to: high}
    limit: LIMIT
    say: "{title} has no owner."
    remedy: Name one in {tool}.
    examples: {flags: [{status: in_progress}], passes: [{status: in_progress, owner: Ada}]}
"""
TASKS, CONNECTION = TaskRow.__table__, Connection.__table__  # type: ignore[attr-defined]
FLAG, EVENT = FlagRow.__table__, FlagEvent.__table__  # type: ignore[attr-defined]
PROVIDES = {"task": ["status", "assignee_ids", "title"]}


def standards(limit: str = "100%") -> tuple[Standard, ...]:
    return from_source(parse(PACK.replace("LIMIT", limit), "small.yaml")).standards


class World:
    """A store with one connection, and a clock that only we move."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine, self.now, self.runs = engine, NOW, 1
        self.standards: tuple[Standard, ...] = standards()

    def task(self, id: str, **values: Any) -> None:
        row = {"connection_id": 1, "item_id": id, "run_id": self.runs, "hash": b"", "seen_at": NOW,
               "written_at": NOW, "type": "task", "title": f"Task {id}", "status": "in_progress",
               "gone_at": None, "gone_reason": None, "owner_id": None, **values}  # fmt: skip
        with self.engine.begin() as connection:
            connection.execute(sa.delete(TASKS).where(TASKS.c.id == id))
            connection.execute(sa.insert(TASKS), {"id": id, **row})

    def read(self) -> None:
        """The connection has been read completely just now."""
        self.connection(complete_at=self.now)

    def connection(self, **values: Any) -> None:
        with self.engine.begin() as connection:
            connection.execute(sa.update(CONNECTION).values(**values))

    def assess(self, **more: Any) -> FlagReport:
        self.now += timedelta(seconds=1)
        return run(self.engine, self.standards, now=self.now, timezone=ZoneInfo("UTC"),
                   calendar=WorkCalendar(), **more)  # fmt: skip

    @property
    def moment(self) -> Moment:
        """Now, in the calendar of the tests."""
        return Moment(self.now, ZoneInfo("UTC"), WorkCalendar())

    def pass_days(self, days: int) -> None:
        self.now += timedelta(days=days)

    def flag(self, id: str = "a") -> Any:
        with self.engine.connect() as connection:
            return connection.execute(sa.select(FLAG).where(FLAG.c.subject_id == id)).one()

    def events(self, id: str = "a") -> list[str]:
        with self.engine.connect() as connection:
            return list(connection.execute(
                sa.select(EVENT.c.event).join(FLAG, FLAG.c.id == EVENT.c.flag_id)
                .where(FLAG.c.subject_id == id).order_by(EVENT.c.id)
            ).scalars())  # fmt: skip
