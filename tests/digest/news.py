"""Flags of values with what is news of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sync_engine.digest.model import Change, FlagLine


def as_of(flag: FlagLine, since: datetime) -> FlagLine:
    """A flag whose news are what befell it after an instant."""
    befell: tuple[tuple[datetime | None, Change], ...] = (
        (flag.opened_at, "reopened" if flag.reopened_at else "opened"),
        (flag.worsened_at, "worsened"),
        (flag.waiver_ended_at, "waiver_ended"),
        (flag.resolved_at, "resolved"),
    )
    return replace(flag, news=tuple(change for at, change in befell if at and at > since))
