"""Why a flag was raised: its condition, the values it rests on, where they come from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from sync_engine.flags.content import kept_as
from sync_engine.flags.named import named
from sync_engine.rules import facts
from sync_engine.rules.entries import shown_param
from sync_engine.rules.facts import Fact
from sync_engine.rules.joins import table
from sync_engine.rules.measured import measured_fact
from sync_engine.rules.standards import Standard, shown
from sync_engine.rules.syntax import surely_empty
from sync_engine.store.engine import reading
from sync_engine.store.flag_models import FlagEvent, FlagRow, Waiver

UTC_ZONE = ZoneInfo("UTC")
NONE = "none"
NOTHING = "none, or not known"
"""Evidence keeps neither: what is empty and what nobody could say look alike in it, unless the
condition tells them apart."""

FLAG, EVENT, WAIVER = map(table, (FlagRow, FlagEvent, Waiver))


@dataclass(frozen=True, slots=True)
class ValueLine:
    """One value that the answer rests on: as it was kept, and as people read it."""

    fact: str
    value: Any
    meaning: str
    shown: str


@dataclass(frozen=True, slots=True)
class Step:
    """One event of the flag's life."""

    at: datetime
    event: str
    severity: str
    actor: str | None
    note: str | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """All that there is to say about a flag.

    Args:
        flag: the columns of `FlagRow`.
        scope, condition, why, source: of the standard; None when it is no longer in force.
        params: the standard's parameters as people read them, as they are now.
        outdated: the standard has changed since the flag was last assessed.
        waiver: the last one, as the columns of `Waiver`.
    """

    flag: dict[str, Any]
    values: tuple[ValueLine, ...]
    steps: tuple[Step, ...]
    scope: str | None = None
    condition: str | None = None
    why: str | None = None
    source: str | None = None
    params: Mapping[str, str] = field(default_factory=dict)
    outdated: bool = False
    waiver: dict[str, Any] | None = None


def explain(
    engine: sa.Engine,
    flag: int | str,
    standards: Iterable[Standard] = (),
    zone: ZoneInfo = UTC_ZONE,
) -> Explanation | None:
    """Explain a flag by id or fingerprint; None when there is no such flag."""
    with reading(engine) as connection:
        row = connection.execute(sa.select(FLAG).where(named(flag))).mappings().first()
        if row is None:
            return None
        events = connection.execute(
            sa.select(EVENT).where(EVENT.c.flag_id == row["id"]).order_by(EVENT.c.id)
        ).all()
        waiver = connection.execute(
            sa.select(WAIVER).where(WAIVER.c.flag_id == row["id"]).order_by(WAIVER.c.id.desc())
        ).mappings().first()  # fmt: skip
    standard = next((s for s in standards if s.id == row["standard"]), None)
    return Explanation(
        flag=dict(row),
        values=tuple(values_of(dict(row), standard, zone)),
        steps=tuple(Step(e.at, e.event, e.severity, e.actor, e.note) for e in events),
        scope=standard.scope_text if standard else None,
        condition=standard.flag_text if standard else None,
        why=standard.why if standard else None,
        source=standard.source if standard else None,
        params=(
            {name: shown_param(param) for name, param in standard.params.items()}
            if standard
            else {}
        ),
        outdated=standard is not None and standard.version != row["standard_version"],
        waiver=dict(waiver) if waiver else None,
    )


def values_of(
    flag: Mapping[str, Any], standard: Standard | None, zone: ZoneInfo
) -> list[ValueLine]:
    """What a flag's answer rests on, as it was kept.

    Args:
        flag: the columns of `FlagRow`.
        standard: as it is now; None: no longer in force.
    """
    known, empty = facts.of(flag["subject"]), _empty(flag, standard)
    return [
        _counted(name, value, counted, zone)
        if (counted := measured_fact(name))
        else _line(name, value, known.get(name), zone, NONE if name in empty else NOTHING)
        for name, value in (flag["evidence"] or {}).items()
    ]


def _empty(flag: Mapping[str, Any], standard: Standard | None) -> set[str]:
    """The facts of which the standard that a flag was assessed by says that there is none."""
    if standard is None or standard.version != flag["standard_version"]:
        return set()
    return {kept_as(ref) for condition in standard.conditions() for ref in surely_empty(condition)}


def _counted(name: str, value: Any, fact: Fact, zone: ZoneInfo) -> ValueLine:
    """A number that was counted of related tasks, or the two between which it lies."""
    ends = value if isinstance(value, list) else [value]
    words = " to ".join(_number(each, fact, zone) for each in ends)
    return ValueLine(name, value, fact.meaning, words)


def _number(value: Any, fact: Fact, zone: ZoneInfo) -> str:
    """Shares more exactly than facts: they stand beside what they were compared with."""
    if fact.type == "percent" and value is not None:
        return f"{round(value, 1):g}%"
    return shown(value, fact, zone)


def _line(name: str, value: Any, fact: Fact | None, zone: ZoneInfo, without: str) -> ValueLine:
    meaning = fact.meaning if fact else "A custom field of the tool."
    words = without if value is None else _shown(value, fact, zone)
    return ValueLine(name.replace("_", " "), value, meaning, words)


def _shown(value: Any, fact: Fact | None, zone: ZoneInfo) -> str:
    if fact is None:
        return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    if fact.type in ("day", "instant") and isinstance(value, str):
        at = datetime.fromisoformat(value)
        if fact.type == "day":
            return shown(at.date(), fact, zone)
        return f"{shown(at, fact, zone)}, {at.astimezone(zone):%H:%M}"
    return shown(value, fact, zone)
