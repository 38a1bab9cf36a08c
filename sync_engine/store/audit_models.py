"""The table of who changed what."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from sync_engine.store.models import instant, json_column, text_column


class AuditRow(SQLModel, table=True):
    """One change that a person made. Rows are only added."""

    __tablename__ = "audit"
    __table_args__ = (
        Index("ix_audit_at", "at", "id"),
        Index("ix_audit_about", "about", "id"),
        Index("ix_audit_who", "who", "id"),
        Index("ix_audit_action", "action", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = instant(nullable=False)
    who: str = text_column(nullable=False)  # address or name, as they were then
    via: str  # console | api | command line | mail
    action: str  # "connection changed", "signed in", …
    about: str = text_column(nullable=False)  # what it was done to, as people call it
    before: Any = json_column()  # values before and after, without secrets
    after: Any = json_column()
