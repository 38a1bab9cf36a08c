"""What tools called about: when they last did, and which items they said were deleted."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from connectors.sdk.webhooks import Hint
from sync_engine.store.engine import database_now
from sync_engine.store.hook_models import HintRow
from sync_engine.store.models import Connection, RawItem, ScopeState
from sync_engine.store.rows import instant_for
from sync_engine.store.upserts import Upsert

SOON = timedelta(seconds=10)
"""How long a pull waits for further calls after the first: people save in bursts."""

KEPT = 1000
"""Items of one connection that wait to be looked at; what is beyond is the census's."""

WAITING_STATES = ("rate_limited", "needs_reauth")

_hint = HintRow.__table__  # type: ignore[attr-defined]
_connection = Connection.__table__  # type: ignore[attr-defined]
_raw = RawItem.__table__  # type: ignore[attr-defined]
_scope = ScopeState.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Suspect:
    """An item of the store that the tool said was deleted, not read since."""

    item_id: str
    scope: str | None
    visible: bool  # whether we still see its container


def note(connection: sa.Connection, name: str, hints: Iterable[Hint]) -> None:
    """A believed call: the connection is pulled soon, unless its tool wants us to stay away."""
    now = database_now(connection)
    soon = now + SOON
    due = _connection.c.next_pull_at
    called = connection.execute(
        sa.update(_connection)
        .where(_connection.c.name == name)
        .values(
            hooked_at=now,
            next_pull_at=sa.case(
                (_connection.c.state.in_(WAITING_STATES), due),
                (due > soon, soon),
                else_=due,
            ),
        )
        .returning(_connection.c.id)
    ).scalar_one_or_none()
    if called is not None:
        suspect(connection, called, {(each.stream, each.item_id) for each in hints if each.gone})


def suspect(
    connection: sa.Connection, connection_id: int, items: Collection[tuple[str, str]]
) -> None:
    """Let the next pull look at items, given as stream and id, by themselves."""
    if not items:
        return
    held = connection.execute(
        sa.select(sa.func.count()).where(_hint.c.connection_id == connection_id)
    ).scalar_one()
    at = instant_for(connection.dialect.name)(database_now(connection))
    rows = [(connection_id, *each, at) for each in sorted(items)[: max(0, KEPT - held)]]
    columns = ("connection_id", "stream", "item_id", "at")
    Upsert(_hint, columns, connection.dialect).run(connection, rows)


def sooner(due: datetime, started: datetime, *, asked_to_wait: datetime | None) -> Any:
    """When a connection whose pull has ended is due: soon, where a call came while it ran.

    Args:
        started: when that pull began.
        asked_to_wait: until when the tool wants us to stay away.
    """
    if asked_to_wait is not None:
        return due
    kind = _connection.c.next_pull_at.type
    soon = min(due, started + SOON)
    return sa.case(
        (_connection.c.hooked_at >= started, sa.literal(soon, kind)), else_=sa.literal(due, kind)
    )


def refuse(connection: sa.Connection, name: str) -> None:
    """A call to the right address that nobody signed whom we know."""
    connection.execute(
        sa.update(_connection)
        .where(_connection.c.name == name)
        .values(hook_refused_at=database_now(connection))
    )


def trouble(connection: sa.Connection, connection_id: int, what: str) -> None:
    """What the tool says is wrong with its hooks; empty: nothing that we know of."""
    connection.execute(
        sa.update(_connection)
        .where(_connection.c.id == connection_id)
        .values(hook_trouble=what or None)
    )


def waiting(connection: sa.Connection, connection_id: int) -> dict[str, dict[str, datetime]]:
    """The items that wait to be looked at, by stream, and when the tool last called of each."""
    rows = connection.execute(
        sa.select(_hint.c.stream, _hint.c.item_id, _hint.c.at).where(
            _hint.c.connection_id == connection_id
        )
    )
    found: dict[str, dict[str, datetime]] = {}
    for stream, id, at in rows:
        found.setdefault(stream, {})[id] = at
    return found


def suspects(
    connection: sa.Connection, connection_id: int, stream: str, ids: Sequence[str], run_id: int
) -> list[Suspect]:
    """Those of the ids that the store has as present and that this run has not read."""
    rows = connection.execute(
        sa.select(_raw.c.item_id, _raw.c.scope, _scope.c.visible)
        .join(
            _scope,
            sa.and_(_scope.c.connection_id == _raw.c.connection_id, _scope.c.scope == _raw.c.scope),
            isouter=True,
        )
        .where(_raw.c.connection_id == connection_id, _raw.c.stream == stream)
        .where(_raw.c.item_id.in_(ids), _raw.c.gone_at.is_(None), _raw.c.run_id != run_id)
    )
    return [Suspect(id, scope, visible is not False) for id, scope, visible in rows]


def settle(
    connection: sa.Connection, connection_id: int, stream: str, looked_at: Mapping[str, datetime]
) -> None:
    """These have been looked at, as of the call; one that came since waits on."""
    for id, at in looked_at.items():
        connection.execute(
            sa.delete(_hint)
            .where(_hint.c.connection_id == connection_id, _hint.c.stream == stream)
            .where(_hint.c.item_id == id, _hint.c.at <= at)
        )
