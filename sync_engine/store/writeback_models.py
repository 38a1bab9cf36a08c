"""The table of flags that were written back: one row per comment of ours in a tool."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from sync_engine.store.models import instant, text_column


class WritebackRow(SQLModel, table=True):
    """A flag's one comment on its item, and how far it has got.

    A row is written before the tool is asked to change anything, so that whoever comes after a
    crash or a timeout looks for the comment before writing it.
    """

    __tablename__ = "writeback"
    __table_args__ = (Index("ix_writeback_connection", "connection_id", "task_id"),)

    fingerprint: str = Field(primary_key=True)  # of the flag
    connection_id: int = Field(foreign_key="connection.id")
    task_id: str
    state: str  # queued | written | updated | closed | removed (by people: never written again)
    comment_id: str | None = None
    text_hash: str | None = None  # of what the comment says
    team: str  # whose allowance it counts in
    day: date  # of the last change in the tool, in the PMO's time zone …
    changes: int  # … and how many there were on it
    written_on: date | None = None  # the day on which the comment was first written
    written_at: datetime | None = instant()
    changed_at: datetime | None = instant()
    tried_at: datetime | None = instant()  # since when it is not known what became of a change
    next_at: datetime | None = instant()  # not before
    holds_until: datetime | None = instant()  # nothing of the connection before: we were refused
    trouble: str | None = text_column()
    # The item's `updated_at` as our last change left it, and as it was before: the tool counts our
    # comment as an update of the item, and nobody else should.
    touched_at: datetime | None = instant()
    before_at: datetime | None = instant()
