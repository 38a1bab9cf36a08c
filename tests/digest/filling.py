"""Fills a store with flags and their histories."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from sync_engine.store.flag_models import AssessmentRow, FlagEvent, FlagRow

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


def days(count: float) -> datetime:
    return NOW - timedelta(days=count)


class Filling:
    """Fills a store with flags and their histories."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine

    def row(self, table: Any, **values: Any) -> int:
        with self.engine.begin() as connection:
            done = connection.execute(sa.insert(table).values(**values))
            key = done.inserted_primary_key
            return int(key[0]) if key and isinstance(key[0], int) else 0

    def flag(self, mark: str, *events: tuple[str, float], **values: Any) -> int:
        base = {
            "fingerprint": mark,
            "standard": "overdue",
            "pack": "pmo-core",
            "standard_version": "1",
            "standard_title": "Work is past its due date",
            "subject": "task",
            "connection_id": 1,
            "subject_id": mark,
            "severity": "high",
            "state": "open",
            "said": "Due on 1 November, and still open.",
            "remedy": "Finish it.",
            "title": f"Task {mark}",
            "key": mark.upper(),
            "url": f"https://jira.example.com/browse/{mark}",
            "project": "Checkout",
            "portfolio": "Core",
            "owner": "Ada Brandt",
            "tool": "jira",
            "opened_at": days(events[0][1]),
            "first_opened_at": days(events[0][1]),
            "assessed_at": NOW,
        }
        flag_id = self.row(FlagRow, **(base | values))
        severity = values.get("severity", "high")
        for event, ago in events:
            self.row(FlagEvent, flag_id=flag_id, at=days(ago), event=event, severity=severity)
        return flag_id

    def befalls(self, mark: str, event: str, at: datetime, **values: Any) -> None:
        """A further step in a flag's life, with what it changes."""
        flag = FlagRow.__table__  # type: ignore[attr-defined]
        with self.engine.begin() as connection:
            row = connection.execute(
                sa.select(flag.c.id, flag.c.severity).where(flag.c.fingerprint == mark)
            ).one()
            if values:
                connection.execute(sa.update(flag).where(flag.c.id == row.id).values(**values))
        self.row(FlagEvent, flag_id=row.id, at=at, event=event, severity=row.severity)

    def assessed(self, ago: float) -> None:
        """An assessment, so many days ago."""
        self.row(
            AssessmentRow, at=days(ago), day=days(ago).date(), full=True, standards="x",
            subjects=9, opened=0, worsened=0, resolved=0, reopened=0, frozen=0,
        )  # fmt: skip
