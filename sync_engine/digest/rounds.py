"""Rounds: which period of a subscription was served to all of those whom the store names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from sync_engine.digest.periods import Period
from sync_engine.store.digest_models import DigestRound
from sync_engine.store.engine import reading

_rounds = DigestRound.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Round:
    """When a subscription was first seen, and the period that everybody was served last."""

    since: datetime
    last: Period | None


def meet(engine: sa.Engine, subscription: str, now: datetime) -> Round:
    """A subscription's round; a new one begins with the next period."""
    with reading(engine) as connection:
        row = _row(connection, subscription)
    if row is None:
        with engine.begin() as connection:
            insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
            connection.execute(
                insert(_rounds).values(subscription=subscription, since=now)
                .on_conflict_do_nothing()
            )  # fmt: skip
            row = _row(connection, subscription)
    if row is None or row.period_key is None:
        return Round(now if row is None else row.since, None)
    return Round(row.since, Period(row.period_key, row.period_at, ""))


def end(engine: sa.Engine, subscription: str, period: Period) -> None:
    """Say that a period was frozen for everybody. Never moves back."""
    earlier = sa.or_(_rounds.c.period_at.is_(None), _rounds.c.period_at < period.fire_at)
    with engine.begin() as connection:
        connection.execute(
            sa.update(_rounds)
            .where(_rounds.c.subscription == subscription, earlier)
            .values(period_key=period.key, period_at=period.fire_at)
        )


def _row(connection: sa.Connection, subscription: str) -> sa.Row[tuple[object, ...]] | None:
    return connection.execute(
        sa.select(_rounds).where(_rounds.c.subscription == subscription)
    ).one_or_none()
