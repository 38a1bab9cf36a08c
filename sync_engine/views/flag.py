"""One flag: what it says, of what, why, since when, what was said about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from sync_engine.access import Visible
from sync_engine.flags.explain import EVENT, FLAG, WAIVER, Step, ValueLine, values_of
from sync_engine.flags.named import named
from sync_engine.flags.waivers import SCOPE
from sync_engine.flags.waivers import shown as scope_name
from sync_engine.rules.standards import Standard


@dataclass(frozen=True, slots=True)
class WaiverOf:
    """A waiver of the flag.

    Args:
        scope: the name of the waiver of a scope to which it belongs; `condition` is that scope's.
        ended_why: None while it runs.
    """

    approver: str
    reason: str
    until: date
    made_at: datetime
    ended_at: datetime | None
    ended_why: str | None
    scope: str | None
    condition: str | None


@dataclass(frozen=True, slots=True)
class Whole:
    """All that there is to say about a flag.

    Args:
        flag: the columns of the table of flags.
        standard: as it is now; None: no longer in force. `outdated`: it has changed since the flag
            was last assessed.
        seen: id of its last event: what a change must name, so that it is no surprise.
    """

    flag: Mapping[str, Any]
    evidence: tuple[ValueLine, ...]
    steps: tuple[Step, ...]
    waivers: tuple[WaiverOf, ...]
    standard: Standard | None
    outdated: bool
    seen: int


def whole(
    connection: sa.Connection, visible: Visible, flag: int | str, standards: Iterable[Standard],
    zone: ZoneInfo,
) -> Whole | None:  # fmt: skip
    """A flag by its id or fingerprint; None: there is none, or it is not the reader's to see."""
    row = connection.execute(
        sa.select(FLAG).where(named(flag), visible.flags(FLAG))
    ).mappings().first()  # fmt: skip
    if row is None:
        return None
    id = row["id"]
    events = connection.execute(
        sa.select(EVENT).where(EVENT.c.flag_id == id).order_by(EVENT.c.id)
    ).all()
    standard = next((each for each in standards if each.id == row["standard"]), None)
    return Whole(
        flag=dict(row),
        evidence=tuple(values_of(dict(row), standard, zone)),
        steps=tuple(Step(e.at, e.event, e.severity, e.actor, e.note) for e in events),
        waivers=_waivers(connection, id),
        standard=standard,
        outdated=standard is not None and standard.version != row["standard_version"],
        seen=events[-1].id if events else 0,
    )


def _waivers(connection: sa.Connection, id: int) -> tuple[WaiverOf, ...]:
    rows = connection.execute(
        sa.select(WAIVER, SCOPE.c.condition)
        .outerjoin(SCOPE, SCOPE.c.id == WAIVER.c.scope_id)
        .where(WAIVER.c.flag_id == id)
        .order_by(WAIVER.c.id.desc())
    )
    return tuple(
        WaiverOf(
            row.approver, row.reason, row.until, row.made_at, row.ended_at, row.ended_why,
            None if row.scope_id is None else scope_name(row.scope_id), row.condition,
        )
        for row in rows
    )  # fmt: skip
