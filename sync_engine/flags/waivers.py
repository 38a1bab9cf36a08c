"""Waivers of a scope: what someone accepted for all flags that meet a condition, now and later.

Each flag that a scope covers gets a waiver of its own that names the scope, so that it runs out,
ends and comes back as any other.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from sync_engine.flags.ledger import EVENT, FLAG
from sync_engine.flags.lifecycle import WAIVER_NOTICE
from sync_engine.rules.calendars import Moment
from sync_engine.rules.filters import flag_condition
from sync_engine.rules.joins import table
from sync_engine.rules.language import LanguageError, read
from sync_engine.rules.resolve import resolve
from sync_engine.rules.syntax import refs
from sync_engine.store.flag_models import ScopeWaiver, Waiver
from sync_engine.store.locks import Lock, hold

WAIVER, SCOPE = table(Waiver), table(ScopeWaiver)
LASTING = (
    "standard", "pack", "subject", "title", "key", "project", "portfolio", "owner", "tool",
    "connection",
)  # fmt: skip
"""Facts that a scope may speak of: the others change by the waiver itself, or with time."""


def alone(connection: sa.Connection) -> None:
    """Wait until nobody else changes many flags; SQLite sees to that by itself."""
    hold(connection, Lock.FLAGS)


def check(condition: str) -> None:
    """Raise `LanguageError` unless a scope may be said so."""
    for ref in refs(resolve(read(condition), "flag")):
        if ref.name not in LASTING:
            raise LanguageError(
                f'a waiver cannot depend on "{ref.name.replace("_", " ")}", which changes by '
                f"itself; it may speak of {', '.join(LASTING)}",
                ref.at,
            )


def shown(scope_id: int) -> str:
    """How people name a scope's waiver; no flag has such a name."""
    return f"s{scope_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiverLine:
    """A waiver as people list it.

    Args:
        id: what ends it: the flag's number, or the name of a scope's waiver.
        covers: how many flags it hides from the open ones just now.
        runs_out: it ends within `lifecycle.WAIVER_NOTICE`.
    """

    id: str
    standard: str | None
    condition: str | None
    title: str | None
    covers: int
    approver: str
    reason: str
    made_at: datetime
    until: date
    runs_out: bool
    ended_at: datetime | None
    ended_why: str | None


def listed(
    connection: sa.Connection, today: date, *, ended: bool = False
) -> tuple[WaiverLine, ...]:
    """The waivers of flags and of scopes, those that run out first before the others.

    Args:
        ended: those that have ended too, the latest first, after the others.
    """
    hidden = FLAG.c.state == "waived"
    single = (
        sa.select(WAIVER, FLAG.c.standard, FLAG.c.title, sa.case((hidden, 1), else_=0).label("n"))
        .join(FLAG, FLAG.c.id == WAIVER.c.flag_id)
        .where(WAIVER.c.scope_id.is_(None))
    )
    counted = (
        sa.select(WAIVER.c.scope_id, sa.func.count().label("n"))
        .join(FLAG, FLAG.c.id == WAIVER.c.flag_id)
        .where(WAIVER.c.ended_at.is_(None), hidden)
        .group_by(WAIVER.c.scope_id)
        .subquery()
    )
    scopes = sa.select(SCOPE, sa.func.coalesce(counted.c.n, 0).label("n")).outerjoin(
        counted, counted.c.scope_id == SCOPE.c.id
    )
    if not ended:
        single = single.where(WAIVER.c.ended_at.is_(None))
        scopes = scopes.where(SCOPE.c.ended_at.is_(None))
    lines = [
        *(
            _line(row, today, id=str(row.flag_id), title=row.title, condition=None)
            for row in connection.execute(single)
        ),
        *(
            _line(row, today, id=shown(row.id), title=None, condition=row.condition)
            for row in connection.execute(scopes)
        ),
    ]
    running = sorted((e for e in lines if e.ended_at is None), key=lambda e: (e.until, e.id))
    over = sorted((e for e in lines if e.ended_at), key=lambda e: (e.ended_at, e.id), reverse=True)
    return (*running, *over)


def _line(row: Any, today: date, **more: Any) -> WaiverLine:
    running = row.ended_at is None
    return WaiverLine(
        standard=row.standard, covers=row.n if running else 0, approver=row.approver,
        reason=row.reason, made_at=row.made_at, until=row.until,
        runs_out=running and row.until <= today + WAIVER_NOTICE,
        ended_at=row.ended_at, ended_why=row.ended_why, **more,
    )  # fmt: skip


def cover(connection: sa.Connection, moment: Moment) -> list[str]:
    """Let every running waiver of a scope cover what is in it by now, and no more.

    Returns:
        The fingerprints of the flags that are waived from now on.
    """
    running = connection.execute(
        sa.select(SCOPE)
        .where(SCOPE.c.ended_at.is_(None), SCOPE.c.until >= moment.today)
        .order_by(SCOPE.c.id)
    ).all()
    covered: list[str] = []
    for scope in running:
        try:
            inside = _inside(scope, moment, connection.dialect.name)
        except LanguageError as error:  # written for another version: it must hide nothing
            end_scope(connection, scope.id, "unreadable", moment, None, str(error))
            continue
        _let_go(connection, _held(scope.id).where(sa.not_(inside)), scope.id, "left_scope", moment)
        covered += _take(connection, scope, inside, moment)
    return covered


def covered_by(connection: sa.Connection, scope_id: int) -> tuple[str, ...]:
    """The fingerprints of the flags that a scope's waiver covers."""
    covered = _held(scope_id).with_only_columns(FLAG.c.fingerprint).order_by(FLAG.c.id)
    return tuple(connection.execute(covered).scalars())


def end_scope(
    connection: sa.Connection, scope_id: int, why: str, moment: Moment, actor: str | None,
    note: str | None = None,
) -> int:  # fmt: skip
    """End a scope's waiver; its flags are open again, each with an event. How many were waived."""
    connection.execute(
        sa.update(SCOPE).where(SCOPE.c.id == scope_id).values(ended_at=moment.now, ended_why=why)
    )
    return _let_go(connection, _held(scope_id), scope_id, why, moment, actor, note)


def _inside(scope: Any, moment: Moment, dialect: str) -> sa.ColumnElement[bool]:
    """The flags of a scope, as a condition that is never unknown."""
    flag = FLAG.alias("covered")
    wanted = sa.select(flag.c.id)
    if scope.standard is not None:
        wanted = wanted.where(flag.c.standard == scope.standard)
    if scope.condition is not None:
        wanted = wanted.where(flag_condition(scope.condition, moment, dialect, flag))
    return FLAG.c.id.in_(wanted)


def _held(scope_id: int) -> sa.Select[Any]:
    """The flags that a scope's waiver covers."""
    return (
        sa.select(FLAG.c.id, FLAG.c.state, FLAG.c.severity)
        .join(WAIVER, WAIVER.c.flag_id == FLAG.c.id)
        .where(WAIVER.c.scope_id == scope_id, WAIVER.c.ended_at.is_(None))
    )


def _take(
    connection: sa.Connection, scope: Any, inside: sa.ColumnElement[bool], moment: Moment
) -> list[str]:
    excepted = sa.select(WAIVER.c.flag_id).where(  # somebody wanted to see these nevertheless
        WAIVER.c.scope_id == scope.id, WAIVER.c.ended_why == "ended"
    )
    rows = connection.execute(
        sa.select(FLAG.c.id, FLAG.c.fingerprint, FLAG.c.severity).where(
            FLAG.c.state.in_(("open", "acknowledged")), FLAG.c.id.not_in(excepted), inside
        )
    ).all()
    if not rows:
        return []
    connection.execute(
        sa.insert(WAIVER),
        [
            {"flag_id": row.id, "scope_id": scope.id, "approver": scope.approver,
             "reason": scope.reason, "until": scope.until, "made_at": moment.now}
            for row in rows
        ],
    )  # fmt: skip
    _set(connection, [row.id for row in rows], state="waived", waived_until=scope.until)
    note = f"until {scope.until.isoformat()} by the waiver {shown(scope.id)}: {scope.reason}"
    _log(connection, rows, "waived", moment, scope.approver, note)
    return [row.fingerprint for row in rows]


def _let_go(
    connection: sa.Connection, held: sa.Select[Any], scope_id: int, why: str, moment: Moment,
    actor: str | None = None, note: str | None = None,
) -> int:  # fmt: skip
    rows = connection.execute(held).all()
    if not rows:
        return 0
    ids = [row.id for row in rows]
    ended = {"ended_at": moment.now, "ended_why": why}
    connection.execute(
        sa.update(WAIVER)
        .where(WAIVER.c.scope_id == scope_id, WAIVER.c.ended_at.is_(None))
        .where(WAIVER.c.flag_id == sa.bindparam("flag"))
        .values(ended),
        [{"flag": id} for id in ids],
    )
    waived = [row for row in rows if row.state == "waived"]
    _set(connection, ids, waived_until=None)
    if waived:
        _set(connection, [row.id for row in waived], state="open")
        told = note or {
            "left_scope": f"it is no longer in the scope of the waiver {shown(scope_id)}"
        }.get(why, f"the waiver {shown(scope_id)} was ended")
        _log(connection, waived, "waiver_ended", moment, actor, told)
    return len(waived)


def _set(connection: sa.Connection, ids: list[int], **values: Any) -> None:
    statement = sa.update(FLAG).where(FLAG.c.id == sa.bindparam("flag")).values(values)
    connection.execute(statement, [{"flag": id} for id in ids])


def _log(
    connection: sa.Connection, rows: Any, event: str, moment: Moment, actor: str | None, note: str
) -> None:
    connection.execute(
        sa.insert(EVENT),
        [
            {"flag_id": row.id, "at": moment.now, "event": event, "severity": row.severity,
             "actor": actor, "note": note}
            for row in rows
        ],
    )  # fmt: skip
