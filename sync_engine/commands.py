"""What people may change, from the console and the command line alike. Every change is logged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from sync_engine.baselines import capture
from sync_engine.flags import many, waivers
from sync_engine.flags.named import named
from sync_engine.rules.calendars import Moment
from sync_engine.rules.frames import connections
from sync_engine.rules.joins import table
from sync_engine.settings.nearest import nearest
from sync_engine.store import audit, holds
from sync_engine.store.audit import Actor
from sync_engine.store.engine import database_now
from sync_engine.store.flag_models import FlagEvent, FlagRow, Waiver

_flag, _event, _waiver = map(table, (FlagRow, FlagEvent, Waiver))
LONGEST_WAIVER_DAYS = 366


class CommandError(Exception):
    """What was asked for cannot be done; the message says why and what can."""


class ChangedError(CommandError):
    """It is no longer as whoever asked has seen it; they should look again."""


def waive(
    engine: sa.Engine, flag: int | str, *, by: Actor, reason: str, until: date, now: datetime,
    today: date, seen: int | None = None,
) -> None:  # fmt: skip
    """Accept a flag until a day (its last). A running waiver is replaced.

    Args:
        flag: id, or fingerprint.
        by: who approves it.
        today: the day it is in the PMO's time zone.
        seen: id of the flag's last event that whoever asks has seen; None: they did not look.

    Raises:
        ChangedError: something has happened to the flag since.
    """
    with engine.begin() as connection:
        waive_within(
            connection, flag, by=by, reason=reason, until=until, now=now, today=today, seen=seen
        )


def waive_within(
    connection: sa.Connection, flag: int | str, *, by: Actor, reason: str, until: date,
    now: datetime, today: date, seen: int | None = None,
) -> None:  # fmt: skip
    """`waive`, in a transaction of the caller's."""
    approver, why = _accepted(by.name, reason, until, today)
    row = _found(connection, flag, seen)
    if row.state == "resolved":
        raise CommandError(f"flag {row.id} is resolved; there is nothing to waive")
    _end(connection, row.id, "replaced", now)
    connection.execute(
        sa.insert(_waiver),
        {"flag_id": row.id, "approver": approver, "reason": why, "until": until, "made_at": now},
    )
    _set(connection, row.id, state="waived", waived_until=until)
    _log(connection, row, "waived", now, approver, f"until {until.isoformat()}: {why}")
    said = {"until": until.isoformat(), "reason": why}
    audit.note(connection, by, "flag waived", _shown(row), at=now, after=said)


def _accepted(by: str, reason: str, until: date, today: date) -> tuple[str, str]:
    """Who accepts something and why, where it may be accepted until that day."""
    approver, why = by.strip(), reason.strip()
    if not approver or not why:
        raise CommandError("a waiver needs a name and a reason; give both")
    if until < today:
        raise CommandError(f"{until.isoformat()} has passed; name a day from today on")
    if (until - today).days > LONGEST_WAIVER_DAYS:
        raise CommandError("a waiver lasts a year at most; renew it then, or change the standard")
    return approver, why


def last_waiver_day(today: date) -> date:
    """The last day until which something may be accepted."""
    return today + timedelta(days=LONGEST_WAIVER_DAYS)


@dataclass(frozen=True, slots=True)
class ScopeWaived:
    """A waiver of a scope that was made: its number, and the flags that it covers already."""

    id: int
    covered: tuple[str, ...]


def waive_scope(
    engine: sa.Engine, *, standard: str | None, condition: str | None, by: Actor, reason: str,
    until: date, moment: Moment, known: Iterable[str],
) -> ScopeWaived:  # fmt: skip
    """Accept until a day (its last) all flags of a scope, those that are raised later included.

    Args:
        standard: id of the standard; None: of any.
        condition: on flags, in the standards' language; None: all of the standard.
        known: the ids of the standards in force.

    Raises:
        LanguageError: the condition makes no sense, or speaks of what changes by itself.
    """
    approver, why = _accepted(by.name, reason, until, moment.today)
    if standard is None and condition is None:
        raise CommandError("say what is accepted: a standard, a condition, or both")
    if standard is not None and standard not in (ids := list(known)):
        raise CommandError(f'there is no standard "{standard}"{nearest(standard, ids)}')
    if condition is not None:
        waivers.check(condition)
    with engine.begin() as connection:
        waivers.alone(connection)
        made = connection.execute(
            sa.insert(waivers.SCOPE).returning(waivers.SCOPE.c.id),
            {"standard": standard, "condition": condition, "approver": approver, "reason": why,
             "until": until, "made_at": moment.now},
        ).scalar_one()  # fmt: skip
        waivers.cover(connection, moment)
        said = {"standard": standard, "condition": condition, "until": until.isoformat(),
                "reason": why}  # fmt: skip
        audit.note(connection, by, "scope waived", waivers.shown(made), at=moment.now, after=said)
        return ScopeWaived(made, waivers.covered_by(connection, made))


def end_scope_waiver(engine: sa.Engine, scope_id: int, *, by: Actor, moment: Moment) -> int:
    """End a scope's waiver before its day; how many flags are no longer accepted by it."""
    with engine.begin() as connection:
        waivers.alone(connection)
        running = sa.select(waivers.SCOPE.c.ended_at).where(waivers.SCOPE.c.id == scope_id)
        row = connection.execute(running.with_for_update()).first()
        name = waivers.shown(scope_id)
        if row is None:
            raise CommandError(f"there is no waiver {name}; `flagstaff flags waivers` lists them")
        if row.ended_at is not None:
            raise CommandError(f"the waiver {name} has ended already")
        ended = waivers.end_scope(connection, scope_id, "ended", moment, by.name.strip() or None)
        waivers.cover(connection, moment)  # another scope may cover them
        audit.note(connection, by, "waiver of a scope ended", name, at=moment.now)
        return ended


def end_waiver(
    engine: sa.Engine, flag: int | str, *, by: Actor, now: datetime, seen: int | None = None
) -> None:
    """End a running waiver before its day: the flag is open again. `seen`: see `waive`."""
    with engine.begin() as connection:
        waivers.alone(connection)  # digests tell of it by its number
        row = _found(connection, flag, seen)
        if row.state != "waived":
            raise CommandError(f"flag {row.id} is {row.state}, not waived")
        _end(connection, row.id, "ended", now)
        _set(connection, row.id, state="open", waived_until=None)
        _log(connection, row, "waiver_ended", now, by.name.strip(), None)
        audit.note(connection, by, "waiver ended", _shown(row), at=now)


def acknowledge(
    engine: sa.Engine, flag: int | str, *, by: Actor, now: datetime, note: str | None = None,
    seen: int | None = None,
) -> None:  # fmt: skip
    """Say that someone has seen a flag and takes care of it. `seen`: see `waive`."""
    with engine.begin() as connection:
        acknowledge_within(connection, flag, by=by, now=now, note=note, seen=seen)


def acknowledge_within(
    connection: sa.Connection, flag: int | str, *, by: Actor, now: datetime,
    note: str | None = None, seen: int | None = None,
) -> None:  # fmt: skip
    """`acknowledge`, in a transaction of the caller's."""
    row = _found(connection, flag, seen)
    if row.state not in ("open", "acknowledged"):
        raise CommandError(f"flag {row.id} is {row.state}; only open flags can be acknowledged")
    _acknowledge(connection, row, by, now, note)


def acknowledge_all(
    engine: sa.Engine, flags: Iterable[int], *, by: Actor, now: datetime, note: str | None = None
) -> int:
    """Say so of all of these flags that are open by now; of how many it was said."""
    with engine.begin() as connection:
        rows = [_found(connection, flag) for flag in sorted(flags)]
        still = [row for row in rows if row.state == "open"]
        for row in still:
            _acknowledge(connection, row, by, now, note)
    return len(still)


def _acknowledge(
    connection: sa.Connection, row: Any, by: Actor, now: datetime, note: str | None
) -> None:
    who = by.name.strip()
    if not who:
        raise CommandError("say who acknowledges the flag")
    _set(connection, row.id, state="acknowledged", acknowledged_by=who, acknowledged_note=note)
    _log(connection, row, "acknowledged", now, who, note)
    said = {"note": note} if note else None
    audit.note(connection, by, "flag acknowledged", _shown(row), at=now, after=said)


def acknowledge_those(
    engine: sa.Engine, those: sa.ColumnElement[bool], expected: int, *, by: Actor, now: datetime,
    note: str | None = None,
) -> None:  # fmt: skip
    """Acknowledge the open ones of the flags that meet a condition, all of them or none.

    Args:
        those: condition on the table of flags.
        expected: how many they are, as far as whoever asks has seen.

    Raises:
        ChangedError: by now they are more, or fewer.
    """
    with engine.begin() as connection:
        rows = many.those(connection, those, ("open",))
        _as_expected(len(rows), expected)
        many.acknowledge(connection, rows, by.name, note, now)
        audit.note(
            connection, by, "flags acknowledged", _flags(len(rows)), at=now,
            after={"flags": [row.id for row in rows], "note": note},
        )  # fmt: skip


def waive_those(
    engine: sa.Engine, those: sa.ColumnElement[bool], expected: int, *, by: Actor, reason: str,
    until: date, now: datetime, today: date,
) -> None:  # fmt: skip
    """Accept the unsolved ones of the flags that meet a condition until a day, all of them or
    none; see `acknowledge_those`. Flags that are raised later are not covered."""
    approver, why = _accepted(by.name, reason, until, today)
    with engine.begin() as connection:
        rows = many.those(connection, those, ("open", "acknowledged"))
        _as_expected(len(rows), expected)
        many.waive(connection, rows, approver, why, until, now)
        audit.note(
            connection, by, "flags waived", _flags(len(rows)), at=now,
            after={"flags": [row.id for row in rows], "until": until.isoformat(), "reason": why},
        )  # fmt: skip


def _as_expected(found: int, expected: int) -> None:
    if found != expected:
        raise ChangedError(
            f"by now these are {_flags(found)}, not {expected:,}: nothing was changed; "
            "look at them again"
        )


def _flags(count: int) -> str:
    return f"{count:,} flag{'' if count == 1 else 's'}"


def accept_census(engine: sa.Engine, run_id: int, *, by: Actor) -> int:
    """Let the retirements that one census asked for be applied, exactly those; how many items."""
    who = by.name.strip()
    if not who:
        raise CommandError("say who accepts the census")
    try:
        with engine.begin() as connection:
            count = holds.accept(connection, run_id, by=who)
            audit.note(
                connection, by, "census accepted", f"run {run_id}", at=database_now(connection),
                after={"items": count},
            )  # fmt: skip
    except LookupError as error:
        raise CommandError(str(error)) from None
    return count


def take_baseline(
    engine: sa.Engine, project: tuple[int, str], *, name: str | None, actor: Actor, moment: Moment,
    intervals: Mapping[str, timedelta] | None,
) -> int:  # fmt: skip
    """Keep a project's plan as it is now as what was agreed; the baseline's id.

    Args:
        project: its connection's id, and its own.
        name: what the baseline is called; None: by its day.
        intervals: by connection's name: how often it is pulled, which says when data are stale.
            None: not known.
    """
    called = (name or "").strip() or f"Agreed on {moment.today.isoformat()}"
    with capture.alone(engine) as connection:
        known = {each.id: each for each in connections(connection, moment, intervals)}
        tool = known.get(project[0])
        if tool is None:
            raise CommandError("the project's connection is no longer configured")
        if (why := capture.unfit(connection, tool, held=True)) is not None:
            raise CommandError(why)
        occasion = capture.Occasion(called, "person", by=actor.name)
        taken = capture.take(
            connection, tool, occasion, moment, lambda source: source.base.c.id == project[1]
        )
        if not taken:
            raise CommandError(f"there is no project {project[1]} in {tool.name} any more")
        row = connection.execute(capture.latest(project)).one()
        audit.note(
            connection, actor, "baseline taken", f"project {project[1]} of {tool.name}",
            at=moment.now, after={"baseline": row.id, "name": called, "tasks": row.tasks},
        )  # fmt: skip
        return int(row.id)


def remove_baseline(engine: sa.Engine, baseline: int, *, actor: Actor, now: datetime) -> str:
    """Take a baseline out, with all that it held; what it was called."""
    with capture.alone(engine) as connection:
        known = 0 < baseline < 2**31
        row = capture.remove(connection, baseline, by=actor.name, now=now) if known else None
        if row is None:
            raise CommandError(f"there is no baseline {baseline}; `flagstaff baselines` lists them")
        audit.note(
            connection, actor, "baseline removed", f"project {row.project_id}", at=now,
            before={"baseline": row.id, "name": row.name, "tasks": row.tasks},
        )  # fmt: skip
        return str(row.name)


def _shown(row: Any) -> str:
    """A flag as the audit log names it."""
    return f"flag {row.id}: {row.standard}, {row.title}"


def _found(connection: sa.Connection, flag: int | str, seen: int | None = None) -> Any:
    row = connection.execute(
        sa.select(_flag.c.id, _flag.c.state, _flag.c.severity, _flag.c.standard, _flag.c.title)
        .where(named(flag))
        .with_for_update()
    ).first()
    if row is None:
        raise CommandError(f"there is no flag {flag}; `flagstaff flags` lists them")
    if seen is not None:
        last = sa.select(sa.func.coalesce(sa.func.max(_event.c.id), 0)).where(
            _event.c.flag_id == row.id
        )
        if connection.execute(last).scalar_one() != seen:
            raise ChangedError(
                f"flag {row.id} has changed since you looked, and is {row.state} now: nothing was "
                "done; look at it again"
            )
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
