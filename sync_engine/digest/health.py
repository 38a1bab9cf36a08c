"""How far a digest's data can be trusted, read from the store: connections, holds, standards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from sync_engine.digest.model import HealthLine
from sync_engine.digest.text import listed, plural
from sync_engine.rules.calendars import Moment
from sync_engine.rules.frames import connections as connections_of
from sync_engine.rules.sources import ConnectionInfo
from sync_engine.store.flag_models import AssessmentRow, Compliance, FlagRow
from sync_engine.store.models import Connection, Hold

NOT_ASSESSED_SHOWN = 3
NOT_READ = "It is not in force, so nothing reads it"
NOT_READ_REMEDY = "An admin must correct its settings, or remove it."

_connection = Connection.__table__  # type: ignore[attr-defined]
_hold = Hold.__table__  # type: ignore[attr-defined]
_assessment = AssessmentRow.__table__  # type: ignore[attr-defined]
_compliance = Compliance.__table__  # type: ignore[attr-defined]
_flag = FlagRow.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """The findings, and the figures that stand above them.

    Attributes:
        read_at: when the oldest of the last complete reads began; None when one never was.
        met, flagged, not_assessed: checks of the last full assessment; None when not known.
    """

    lines: tuple[HealthLine, ...]
    connections: int
    read_at: datetime | None
    met: int | None
    flagged: int | None
    not_assessed: int | None


def health(
    connection: sa.Connection,
    now: datetime,
    intervals: Mapping[str, timedelta] | None,
    *,
    whole: bool,
    titles: Mapping[str, str],
) -> Health:
    """How things stand.

    Args:
        intervals: by connection's name: how often it is pulled. None: not known.
        titles: of standards, by id, as far as the caller knows them.
        whole: the digest is about everything, so that the figures of everything are its own.
    """
    rows = (
        connection.execute(
            sa.select(_connection)
            .where(_connection.c.removed_at.is_(None))
            .order_by(_connection.c.name)
        )
        .mappings()
        .all()
    )
    infos = connections_of(connection, Moment(now), intervals)
    known = {info.id: info for info in infos}
    reads = [row["complete_at"] for row in rows]
    named = _titles(connection) | dict(titles)
    totals = connection.execute(
        sa.select(
            sa.func.sum(_compliance.c.met).label("met"),
            sa.func.sum(_compliance.c.flagged).label("flagged"),
            sa.func.sum(_compliance.c.unknown).label("unknown"),
        ).where(_compliance.c.day == _last_day())
    ).one()
    return Health(
        lines=(
            *(line for row in rows for line in _of_connection(row, known[row["id"]])),
            *_held(connection),
            *_doubtful(connection, named),
            *_not_assessed(connection, named),
        ),
        connections=len(rows),
        read_at=None if None in reads else min(reads, default=None),
        met=_number(totals.met) if whole else None,
        flagged=_number(totals.flagged) if whole else None,
        not_assessed=_number(totals.unknown) if whole else None,
    )


def _number(value: Any) -> int | None:
    return None if value is None else int(value)


def _last_day() -> sa.ScalarSelect[Any]:
    return sa.select(sa.func.max(_compliance.c.day)).scalar_subquery()


def _of_connection(row: sa.RowMapping, info: ConnectionInfo) -> Iterator[HealthLine]:
    told, fresh = row["state"] not in ("ok", "new"), info.fresh
    if fresh and not told:
        return
    if not info.read:
        yield HealthLine(
            subject=row["name"], problem=NOT_READ, remedy=NOT_READ_REMEDY,
            since=row["complete_at"], stale=True,
        )  # fmt: skip
        return
    if row["complete_at"] is None:
        default = "It has never been read completely"
    else:
        default = "It has not been read completely"
    yield HealthLine(
        subject=row["name"],
        problem=(row["message"] if told else None) or default,
        remedy=row["remedy"] if told else None,
        since=None if fresh else row["complete_at"],
        stale=not fresh,
    )


def _held(connection: sa.Connection) -> Iterator[HealthLine]:
    rows = connection.execute(
        sa.select(_connection.c.name, _hold.c.reason, _hold.c.at)
        .join(_connection, _connection.c.id == _hold.c.connection_id)
        .where(_hold.c.accepted_at.is_(None), _hold.c.superseded_at.is_(None))
        .where(_connection.c.removed_at.is_(None))
        .order_by(_hold.c.id)
    )
    for row in rows:
        yield HealthLine(
            subject=row.name,
            problem=row.reason,
            remedy="An admin must look at the census and accept it, or mend the access.",
            since=row.at,
        )


def _doubtful(connection: sa.Connection, titles: Mapping[str, str]) -> Iterator[HealthLine]:
    """Standards that the last assessment could not use."""
    last = connection.execute(
        sa.select(_assessment.c.slow, _assessment.c.suspect)
        .order_by(_assessment.c.id.desc())
        .limit(1)
    ).first()
    if last is None:
        return
    for standard, seen in sorted((last.suspect or {}).items()):
        yield HealthLine(
            subject=titles.get(standard, standard),
            problem=f"It would flag {round(100 * seen['share'])}% of what it checks, which is more"
            " than it may, so its new flags are held back",
            remedy="An admin must tune it, or raise its limit.",
        )
    for standard in sorted(last.slow or []):
        yield HealthLine(
            subject=titles.get(standard, standard),
            problem="It took too long to check, so its flags are as they were",
        )


def _not_assessed(connection: sa.Connection, titles: Mapping[str, str]) -> Iterator[HealthLine]:
    """What could not be checked, by standard, the most first."""
    rows = connection.execute(
        sa.select(_compliance.c.standard, _compliance.c.unknown, _compliance.c.missing).where(
            _compliance.c.day == _last_day(), _compliance.c.unknown > 0
        )
    )
    counts: dict[str, int] = {}
    facts: dict[str, set[str]] = {}
    for row in rows:
        counts[row.standard] = counts.get(row.standard, 0) + row.unknown
        facts.setdefault(row.standard, set()).update(row.missing or [])
    ranked = sorted(counts, key=lambda standard: (-counts[standard], standard))
    for standard in ranked[:NOT_ASSESSED_SHOWN]:
        missing = sorted(facts[standard])
        why = f": the tool does not tell {listed(missing)}" if missing else ""
        yield HealthLine(
            subject=titles.get(standard, standard),
            problem=f"{plural(counts[standard], 'check')} could not be made{why}",
        )
    rest = ranked[NOT_ASSESSED_SHOWN:]
    if rest:
        checks = plural(sum(counts[standard] for standard in rest), "check")
        yield HealthLine(
            subject=plural(len(rest), "other standard"), problem=f"{checks} could not be made"
        )


def _titles(connection: sa.Connection) -> dict[str, str]:
    """Titles of the standards that ever flagged anything; of the others the id must do."""
    rows = connection.execute(sa.select(_flag.c.standard, _flag.c.standard_title).distinct())
    return {row.standard: row.standard_title for row in rows}
