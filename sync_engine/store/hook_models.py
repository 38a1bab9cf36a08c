"""The table of what tools called about: items that are to be looked at by themselves."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel

from sync_engine.store.models import instant


class HintRow(SQLModel, table=True):
    """An item of which a tool said that it was deleted; the next pull reads it by itself."""

    __tablename__ = "hint"

    connection_id: int = Field(foreign_key="connection.id", primary_key=True)
    stream: str = Field(primary_key=True)
    item_id: str = Field(primary_key=True)
    at: datetime = instant(nullable=False)
