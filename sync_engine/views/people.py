"""People: who has more to do than they can, across all tools."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from sync_engine.access import MOST_IDS, Visible
from sync_engine.flags.ledger import FLAG
from sync_engine.rules.calendars import Moment
from sync_engine.rules.dialect import ascii_lower, ascii_small
from sync_engine.rules.frames import connections as connections_of
from sync_engine.rules.joins import CONNECTION, IDENTITY, PERSON
from sync_engine.rules.sources import ConnectionInfo
from sync_engine.views.load import Load, loads, silent
from sync_engine.views.overview import UNSOLVED

PAGE = 25


@dataclass(frozen=True, slots=True)
class Someone:
    """A person in the list.

    Args:
        assumed: nobody has said how much they work, so full time is assumed.
        connections: where they have an account.
        silent: those of them whose tool cannot tell all that is counted here.
        flags: theirs that are unsolved, by severity.
    """

    id: int
    name: str
    address: str | None
    lead: str | None
    assumed: bool
    connections: tuple[str, ...]
    silent: tuple[str, ...]
    load: Load
    flags: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class People:
    """A page of people, those with the fullest week first.

    Args:
        count: how many there are; `over`: how many of them are overbooked in some week.
        silent: by connection: what its tool cannot tell.
        stale: connections that are out of date, so the load may be older than it looks.
    """

    shown: tuple[Someone, ...]
    count: int
    over: int
    page: int
    silent: Mapping[str, str]
    stale: tuple[str, ...]

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return max(1, -(-self.count // PAGE))


def people(
    connection: sa.Connection,
    visible: Visible,
    moment: Moment,
    intervals: Mapping[str, timedelta],
    *,
    text: str = "",
    page: int = 1,
) -> People:
    """The people whom someone may see.

    Args:
        moment: in the PMO's zone: load is counted by its days.
        intervals: how often each connection is pulled, by name.
        text: part of a name or an address.
    """
    tools = connections_of(connection, moment, intervals)
    seen = _seen(tools, visible)
    rows = connection.execute(_wanted(seen, text)).all()
    few = bool(text) and len(rows) <= MOST_IDS  # of more, all are added up, and theirs are taken
    mine = sa.and_(seen, PERSON.c.identity_id.in_([row.id for row in rows])) if few else seen
    found = loads(connection, {row.id: row.capacity_minutes for row in rows}, mine, moment)
    ranked = sorted(
        rows, key=lambda row: (-found[row.id].peak, -found[row.id].in_progress, row.name, row.id)
    )
    over = sum(bool(each.over) for each in found.values())
    count = len(rows)
    page = min(max(page, 1), max(1, -(-count // PAGE)))
    chosen = ranked[(page - 1) * PAGE : page * PAGE]
    ids = [row.id for row in chosen]
    cannot = silent(tools)
    where, flags = _connections(connection, ids, tools), flags_of(connection, ids)
    return People(
        tuple(_someone(row, found[row.id], where.get(row.id, ()), cannot, flags) for row in chosen),
        count, over, page,
        {name: what for name, what in cannot.items() if visible.everything or _any(name, where)},
        tuple(tool.name for tool in tools
              if not tool.fresh and (visible.everything or _any(tool.name, where))),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Some:
    """People by their number. `next`: of the last of them, if more follow; else as `People`."""

    shown: tuple[Someone, ...]
    next: int | None
    silent: Mapping[str, str]
    stale: tuple[str, ...]


def people_after(
    connection: sa.Connection, visible: Visible, moment: Moment,
    intervals: Mapping[str, timedelta], text: str, after: int | None, most: int,
) -> Some:  # fmt: skip
    """As `people`, ordered by number, those behind one of them."""
    tools = connections_of(connection, moment, intervals)
    seen = _seen(tools, visible)
    wanted = _wanted(seen, text).order_by(IDENTITY.c.id).limit(most + 1)
    rows = connection.execute(wanted if after is None else wanted.where(IDENTITY.c.id > after))
    found = rows.all()
    ids = [row.id for row in found[:most]]
    mine = sa.and_(seen, PERSON.c.identity_id.in_(ids))
    load = loads(connection, {row.id: row.capacity_minutes for row in found[:most]}, mine, moment)
    cannot = silent(tools)
    where, flags = _connections(connection, ids, tools), flags_of(connection, ids)
    return Some(
        tuple(_someone(row, load[row.id], where.get(row.id, ()), cannot, flags)
              for row in found[:most]),
        ids[-1] if len(found) > most else None,
        {name: what for name, what in cannot.items() if _any(name, where)},
        tuple(tool.name for tool in tools if not tool.fresh and _any(tool.name, where)),
    )  # fmt: skip


def _seen(tools: tuple[ConnectionInfo, ...], visible: Visible) -> sa.ColumnElement[bool]:
    """The accounts of people who may be seen."""
    return sa.and_(
        PERSON.c.kind == "human", PERSON.c.identity_id.is_not(None), PERSON.c.gone_at.is_(None),
        PERSON.c.connection_id.in_([tool.id for tool in tools]),
        visible.people(PERSON.c.identity_id),
    )  # fmt: skip


def flags_of(connection: sa.Connection, ids: list[int]) -> dict[int, dict[str, int]]:
    """By person: their unsolved flags by severity."""
    rows = connection.execute(
        sa.select(FLAG.c.identity_id, FLAG.c.severity, sa.func.count().label("times"))
        .where(FLAG.c.identity_id.in_(ids), FLAG.c.state.in_(UNSOLVED))
        .group_by(FLAG.c.identity_id, FLAG.c.severity)
    )
    found: dict[int, dict[str, int]] = {}
    for row in rows:
        found.setdefault(row.identity_id, {})[row.severity] = row.times
    return found


def _wanted(seen: sa.ColumnElement[bool], text: str) -> sa.Select[Any]:
    row = IDENTITY.c
    there = sa.select(PERSON.c.identity_id).where(seen)
    wanted = sa.select(row.id, row.name, row.email, row.lead_email, row.capacity_minutes)
    wanted = wanted.where(row.id.in_(there))
    if text:
        named = [ascii_lower(column) for column in (row.name, row.email)]
        parts = [f"%{_escaped(spelling)}%" for spelling in _spellings(text)]
        alike = [each.like(part, escape="\\") for each in named for part in parts]
        wanted = wanted.where(sa.or_(*alike))
    return wanted


def _spellings(text: str) -> set[str]:
    """How it may stand in a name: not all databases know small letters beyond ASCII."""
    return {ascii_small(each) for each in (text, text.lower(), text.title(), text.upper())}


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _connections(
    connection: sa.Connection, ids: list[int], tools: tuple[ConnectionInfo, ...]
) -> dict[int, tuple[str, ...]]:
    rows = connection.execute(
        sa.select(PERSON.c.identity_id, CONNECTION.c.name)
        .select_from(PERSON.join(CONNECTION, CONNECTION.c.id == PERSON.c.connection_id))
        .where(PERSON.c.identity_id.in_(ids), PERSON.c.gone_at.is_(None))
        .where(CONNECTION.c.id.in_([tool.id for tool in tools]))
        .order_by(CONNECTION.c.name)
        .distinct()
    )
    found: dict[int, list[str]] = {}
    for row in rows:
        found.setdefault(row.identity_id, []).append(row.name)
    return {id: tuple(names) for id, names in found.items()}


def _someone(
    row: Any, load: Load, where: tuple[str, ...], cannot: Mapping[str, str],
    flags: Mapping[int, Mapping[str, int]],
) -> Someone:  # fmt: skip
    return Someone(
        row.id, row.name, row.email, row.lead_email, row.capacity_minutes is None, where,
        tuple(name for name in where if name in cannot), load, flags.get(row.id, {}),
    )  # fmt: skip


def _any(name: str, where: Mapping[int, tuple[str, ...]]) -> bool:
    return any(name in held for held in where.values())
