"""One connection: its runs, containers, what its census holds, its words, what was read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from connectors.sdk.records import Status
from sync_engine.rules.joins import table
from sync_engine.store.models import (
    Connection,
    Hold,
    MappedField,
    RawItem,
    Run,
    ScopeState,
    StatusWord,
    TaskRow,
)
from sync_engine.store.rows import KINDS, name_of, table_of
from sync_engine.views.connections import Completeness, completeness

CONNECTION, RUN, SCOPE, HOLD, RAW, TASK, WORD, FIELD = map(
    table, (Connection, Run, ScopeState, Hold, RawItem, TaskRow, StatusWord, MappedField)
)
RUNS_SHOWN = 25
SCOPES_SHOWN = 50
COUNTED = 2_000
"""Records of a kind that are counted one by one; beyond, it is said that there are more."""

SAMPLED = 400
"""Tasks that were written last, out of which samples are taken."""

SAMPLES = 3
HELD_SHOWN = 20


@dataclass(frozen=True, slots=True)
class RunLine:
    """One pull, census or replay. `seconds` and `outcome` are None while it is under way."""

    id: int
    kind: str
    full: bool
    started_at: datetime
    seconds: float | None
    outcome: str | None
    message: str | None
    remedy: str | None
    requests: int
    retries: int
    items: int
    written: int
    retired: int
    parked: int
    unread: int


@dataclass(frozen=True, slots=True)
class Container:
    """A scope, with how much of it is in the store."""

    id: str
    name: str
    state: str
    visible: bool
    lost_at: datetime | None
    counted_at: datetime | None
    complete: Completeness


@dataclass(frozen=True, slots=True)
class Held:
    """What a census would retire in a scope, and waits for an admin's word.

    Args:
        known: items of the scope in the store.
        items: the first of them: key and title where they are tasks, else their ids.
    """

    run_id: int
    stream: str
    scope: str
    reason: str
    count: int
    known: int
    at: datetime
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Count:
    """How many present records of a kind there are; `more`: at least so many."""

    kind: str
    number: int
    more: bool


@dataclass(frozen=True, slots=True)
class About:
    """What the store keeps of a connection beside its line."""

    state: str
    budget_used: float | None
    checked_at: datetime | None
    census_at: datetime | None
    next_census_at: datetime | None
    credential_expires_at: datetime | None
    changed_at: datetime | None
    hook_since: datetime | None
    hooked_at: datetime | None
    hook_refused_at: datetime | None
    hook_trouble: str | None
    parked: int


def about(connection: sa.Connection, id: int) -> About:
    """Of a connection that the store knows."""
    names = [name for name in About.__slots__ if name != "parked"]
    row = connection.execute(
        sa.select(*(CONNECTION.c[name] for name in names)).where(CONNECTION.c.id == id)
    ).one()
    parked = connection.execute(
        sa.select(sa.func.count()).where(RAW.c.connection_id == id, RAW.c.parked.is_not(None))
    ).scalar_one()
    return About(**row._mapping, parked=parked)  # its public way


def runs(
    connection: sa.Connection, id: int, before: int | None = None, most: int = RUNS_SHOWN
) -> list[RunLine]:
    """The newest first, one more than are shown where there are more.

    Args:
        before: the id of a run; older ones are wanted.
        most: how many are shown.
    """
    wanted = sa.select(RUN).where(RUN.c.connection_id == id).order_by(RUN.c.id.desc())
    if before is not None:
        wanted = wanted.where(RUN.c.id < before)
    rows = connection.execute(wanted.limit(most + 1))
    return [
        RunLine(
            row.id, row.kind, row.full, row.started_at,
            (row.ended_at - row.started_at).total_seconds() if row.ended_at else None,
            row.outcome, row.message, row.remedy, row.requests, row.retries, row.items,
            row.written, row.retired, row.parked, row.unread,
        )
        for row in rows
    ]  # fmt: skip


def containers(connection: sa.Connection, id: int, after: str | None = None) -> list[Container]:
    """Lost ones first, then by id; one more than are shown where there are more.

    Args:
        after: the id of a container; those behind it are wanted, lost ones not again.
    """
    of = sa.select(SCOPE).where(SCOPE.c.connection_id == id)
    rows: list[Any] = []
    if after is None:
        lost = of.where(SCOPE.c.visible.is_(False)).order_by(SCOPE.c.lost_at.desc())
        rows += connection.execute(lost.limit(SCOPES_SHOWN))
    seen = of.where(SCOPE.c.visible.is_(True)).order_by(SCOPE.c.scope)
    if after is not None:
        seen = seen.where(SCOPE.c.scope > after)
    rows += connection.execute(seen.limit(SCOPES_SHOWN + 1))
    return [
        Container(row.scope, row.name, row.state, row.visible, row.lost_at, row.counted_at,
                  completeness([row]))
        for row in rows
    ]  # fmt: skip


def held(connection: sa.Connection, id: int) -> list[Held]:
    """What the last census held and nobody has accepted yet."""
    rows = connection.execute(
        sa.select(HOLD)
        .where(HOLD.c.connection_id == id, HOLD.c.accepted_at.is_(None))
        .where(HOLD.c.superseded_at.is_(None))
        .order_by(HOLD.c.id)
    ).all()
    names = {
        row.scope: row.name
        for row in connection.execute(
            sa.select(SCOPE.c.scope, SCOPE.c.name).where(
                SCOPE.c.connection_id == id, SCOPE.c.scope.in_([row.scope for row in rows])
            )
        )
    }
    return [
        Held(row.run_id, row.stream, names.get(row.scope, row.scope), row.reason, len(row.ids),
             row.known, row.at, _items(connection, id, row.stream, row.ids[:HELD_SHOWN]))
        for row in rows
    ]  # fmt: skip


def accepted(connection: sa.Connection, id: int) -> int:
    """How many items were accepted to be retired and wait for the next census."""
    rows = connection.execute(
        sa.select(HOLD.c.ids)
        .where(HOLD.c.connection_id == id, HOLD.c.accepted_at.is_not(None))
        .where(HOLD.c.superseded_at.is_(None))
    ).scalars()
    return sum(len(ids) for ids in rows)


def _items(connection: sa.Connection, id: int, stream: str, ids: Sequence[str]) -> tuple[str, ...]:
    if stream != "tasks":
        return tuple(ids)
    rows = connection.execute(
        sa.select(TASK.c.id, TASK.c.key, TASK.c.title).where(
            TASK.c.connection_id == id, TASK.c.id.in_(ids)
        )
    )
    known = {row.id: " ".join(filter(None, (row.key, row.title))) for row in rows}
    return tuple(known.get(each, each) for each in ids)


def counts(connection: sa.Connection, id: int) -> list[Count]:
    """What there is of each kind; each a short walk on the index of its table."""
    found = []
    for kind in KINDS:
        rows = table_of(kind)
        some = (
            sa.select(sa.literal(1).label("one"))
            .where(rows.c.connection_id == id, rows.c.gone_at.is_(None))
            .limit(COUNTED + 1)
        )
        number = connection.execute(
            sa.select(sa.func.count()).select_from(some.subquery())
        ).scalar_one()
        if number:
            found.append(Count(name_of(kind), min(number, COUNTED), more=number > COUNTED))
    return found


@dataclass(frozen=True, slots=True)
class Word:
    """A status word of a tool, as tasks have shown it.

    Args:
        means: None: nobody has said, so its tasks are not assessable by status.
        by: "tool" or "admin"; None: nobody.
        samples: titles of tasks that have it, among those that were written last.
    """

    word: str
    means: Status | None
    by: str | None
    samples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A custom field that tasks carry, with values that it had lately."""

    id: str
    name: str
    samples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """How a mapped field was last found; `at` None: never yet."""

    ours: str
    named: str
    name: str | None
    unreadable: bool
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What there is to map of a connection, by what was read of it."""

    words: tuple[Word, ...]
    columns: tuple[Column, ...]
    mapped: tuple[Found, ...]
    sampled: int

    @property
    def unsaid(self) -> int:
        """Words that nobody has given a meaning."""
        return sum(each.means is None for each in self.words)


def vocabulary(connection: sa.Connection, id: int) -> Vocabulary:
    """Words and fields with samples out of the tasks that were written last."""
    lately = connection.execute(
        sa.select(TASK.c.key, TASK.c.title, TASK.c.status_label, TASK.c.custom)
        .where(TASK.c.connection_id == id, TASK.c.gone_at.is_(None))
        .order_by(TASK.c.run_id.desc())
        .limit(SAMPLED)
    ).all()
    titles: dict[str, list[str]] = {}
    columns: dict[str, tuple[str, list[str]]] = {}
    for row in lately:
        of_word = titles.setdefault(row.status_label or "", [])
        if len(of_word) < SAMPLES:
            of_word.append(" ".join(filter(None, (row.key, row.title))))
        for each in row.custom or ():
            _, values = columns.setdefault(str(each["id"]), (str(each["name"]), []))
            shown = _shown(each.get("value"))
            if shown and shown not in values and len(values) < SAMPLES:
                values.append(shown)
    words = connection.execute(
        sa.select(WORD).where(WORD.c.connection_id == id).order_by(WORD.c.label)
    ).all()
    mapped = connection.execute(
        sa.select(FIELD).where(FIELD.c.connection_id == id).order_by(FIELD.c.field)
    )
    return Vocabulary(
        tuple(
            Word(row.label, row.status, row.mapped_by, tuple(titles.get(row.label, ())))
            for row in sorted(words, key=lambda row: (row.status is not None, row.label.casefold()))
        ),
        tuple(
            Column(key, name, tuple(values))
            for key, (name, values) in sorted(columns.items(), key=lambda e: e[1][0].casefold())
        ),
        tuple(Found(r.field, r.named, r.field_name, r.unreadable, r.found_at) for r in mapped),
        len(lately),
    )


def unsaid_words(connection: sa.Connection) -> Mapping[str, int]:
    """By connection: how many of its status words nobody has given a meaning."""
    rows = connection.execute(
        sa.select(CONNECTION.c.name, sa.func.count().label("words"))
        .join(WORD, WORD.c.connection_id == CONNECTION.c.id)
        .where(WORD.c.status.is_(None), CONNECTION.c.removed_at.is_(None))
        .group_by(CONNECTION.c.name)
        .order_by(CONNECTION.c.name)
    )
    return {row.name: int(row.words) for row in rows}


def _shown(value: Any) -> str:
    if value is None or value == "" or value == []:
        return ""
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= 60 else f"{text[:59]}…"
