"""What people may change, from the console and the command line alike. Every change is logged."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from sync_engine.rules.joins import table
from sync_engine.store import holds
from sync_engine.store.flag_models import FlagEvent, FlagRow, Waiver

_flag, _event, _waiver = map(table, (FlagRow, FlagEvent, Waiver))
LONGEST_WAIVER_DAYS = 366


class CommandError(Exception):
    """What was asked for cannot be done; the message says why and what can."""


def waive(
    engine: sa.Engine, flag: int | str, *, by: str, reason: str, until: date, now: datetime,
    today: date,
) -> None:  # fmt: skip
    """Accept a flag until a day (its last). A running waiver is replaced.

    Args:
        flag: id, or fingerprint.
        by: who approves it.
        today: the day it is in the PMO's time zone.
    """
    approver, why = by.strip(), reason.strip()
    if not approver or not why:
        raise CommandError("a waiver needs a name and a reason; give both")
    if until < today:
        raise CommandError(f"{until.isoformat()} has passed; name a day from today on")
    if (until - today).days > LONGEST_WAIVER_DAYS:
        raise CommandError("a waiver lasts a year at most; renew it then, or change the standard")
    with engine.begin() as connection:
        row = _found(connection, flag)
        if row.state == "resolved":
            raise CommandError(f"flag {row.id} is resolved; there is nothing to waive")
        _end(connection, row.id, "replaced", now)
        connection.execute(
            sa.insert(_waiver),
            {"flag_id": row.id, "approver": approver, "reason": why, "until": until,
             "made_at": now},
        )  # fmt: skip
        _set(connection, row.id, state="waived", waived_until=until)
        _log(connection, row, "waived", now, approver, f"until {until.isoformat()}: {why}")


def end_waiver(engine: sa.Engine, flag: int | str, *, by: str, now: datetime) -> None:
    """End a running waiver before its day: the flag is open again."""
    with engine.begin() as connection:
        row = _found(connection, flag)
        if row.state != "waived":
            raise CommandError(f"flag {row.id} is {row.state}, not waived")
        _end(connection, row.id, "ended", now)
        _set(connection, row.id, state="open", waived_until=None)
        _log(connection, row, "waiver_ended", now, by.strip(), None)


def acknowledge(
    engine: sa.Engine, flag: int | str, *, by: str, now: datetime, note: str | None = None
) -> None:
    """Say that someone has seen a flag and takes care of it."""
    who = by.strip()
    if not who:
        raise CommandError("say who acknowledges the flag")
    with engine.begin() as connection:
        row = _found(connection, flag)
        if row.state not in ("open", "acknowledged"):
            raise CommandError(f"flag {row.id} is {row.state}; only open flags can be acknowledged")
        _set(connection, row.id, state="acknowledged", acknowledged_by=who, acknowledged_note=note)
        _log(connection, row, "acknowledged", now, who, note)


def accept_census(engine: sa.Engine, run_id: int, *, by: str) -> int:
    """Let the retirements that one census asked for be applied, exactly those; how many items."""
    who = by.strip()
    if not who:
        raise CommandError("say who accepts the census")
    try:
        return holds.accept(engine, run_id, by=who)
    except LookupError as error:
        raise CommandError(str(error)) from None


def _found(connection: sa.Connection, flag: int | str) -> Any:
    column = _flag.c.id if isinstance(flag, int) or flag.isdecimal() else _flag.c.fingerprint
    wanted: int | str = flag
    if column is _flag.c.id:
        wanted = int(flag)
        if not 0 < wanted < 2**31:
            raise CommandError(f"there is no flag {flag}; `flagstaff flags` lists them")
    row = connection.execute(
        sa.select(_flag.c.id, _flag.c.state, _flag.c.severity)
        .where(column == wanted)
        .with_for_update()
    ).first()
    if row is None:
        raise CommandError(f"there is no flag {flag}; `flagstaff flags` lists them")
    return row


def _set(connection: sa.Connection, flag_id: int, **values: Any) -> None:
    connection.execute(sa.update(_flag).where(_flag.c.id == flag_id).values(**values))


def _end(connection: sa.Connection, flag_id: int, why: str, now: datetime) -> None:
    connection.execute(
        sa.update(_waiver)
        .where(_waiver.c.flag_id == flag_id, _waiver.c.ended_at.is_(None))
        .values(ended_at=now, ended_why=why)
    )


def _log(
    connection: sa.Connection, row: Any, event: str, now: datetime, actor: str, note: str | None
) -> None:
    connection.execute(
        sa.insert(_event),
        {"flag_id": row.id, "at": now, "event": event, "severity": row.severity, "actor": actor,
         "note": note},
    )  # fmt: skip
