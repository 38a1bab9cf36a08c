"""The tables of what is configured in the console."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from sync_engine.store.models import instant, json_column, text_column


class ConfigEntry(SQLModel, table=True):
    """An entry of the configuration (see `sync_engine.settings.entry.Entry`)."""

    __tablename__ = "config_entry"
    __table_args__ = (UniqueConstraint("kind", "name"),)

    id: int | None = Field(default=None, primary_key=True)
    kind: str
    name: str = text_column(nullable=False)
    document: Any = json_column(nullable=False)  # secrets are references
    version: int
    made_at: datetime = instant(nullable=False)
    made_by: str = text_column(nullable=False)
    changed_at: datetime = instant(nullable=False)
    changed_by: str = text_column(nullable=False)


class ConfigState(SQLModel, table=True):
    """One row: how often entries were changed, for processes that look whether there is news."""

    __tablename__ = "config_state"

    id: int = Field(primary_key=True)
    version: int


class GuideStep(SQLModel, table=True):
    """A step of the guided start that somebody called done, or all of it ("all")."""

    __tablename__ = "guide_step"

    step: str = Field(primary_key=True)
    done_at: datetime = instant(nullable=False)
    done_by: str = text_column(nullable=False)


class PackVersion(SQLModel, table=True):
    """A pack as it was published. Rows are only added."""

    __tablename__ = "pack_version"

    name: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    text: str = text_column(nullable=False)
    at: datetime = instant(nullable=False)
    by: str = text_column(nullable=False)
    note: str | None = text_column()
