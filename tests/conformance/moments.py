"""The instant at which the connectors' own portfolios stand, and instants before it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def ago(days: float = 0, **time: float) -> datetime:
    """An instant before `NOW`."""
    return NOW - timedelta(days=days, **time)
