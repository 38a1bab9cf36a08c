"""Connections, each in one line: how it stands in plain words, and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa

from sync_engine.access import Visible
from sync_engine.rules.calendars import Moment
from sync_engine.rules.joins import CONNECTION, table
from sync_engine.settings.models import Connection as Configured
from sync_engine.settings.values import duration_text
from sync_engine.store.models import ScopeState
from sync_engine.views.attention import Trouble, troubles

SCOPE = table(ScopeState)
State = Literal["good", "trouble", "reading", "new", "off", "unfinished", "removed"]
ORDER: Mapping[State, int] = {
    "trouble": 0, "unfinished": 1, "reading": 2, "new": 3, "good": 4, "off": 5, "removed": 6,
}  # fmt: skip
"""Those first that want somebody's attention."""


@dataclass(frozen=True, slots=True)
class Completeness:
    """How much of what the tools count is in the store; scopes that no tool counts are left out.

    Args:
        ours, theirs: items; 0 and 0: nothing was counted.
        uncounted: scopes of which the tool tells no number.
        lost: scopes that are not visible any more.
    """

    ours: int = 0
    theirs: int = 0
    uncounted: int = 0
    lost: int = 0
    scopes: int = 0

    @property
    def share(self) -> float | None:
        """0 to 1; None: not known."""
        return min(self.ours / self.theirs, 1.0) if self.theirs else None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An entry of the console that is not in force. `connector`: "" where it names none."""

    reason: str
    connector: str


@dataclass(frozen=True, slots=True)
class Line:
    """One connection.

    Args:
        id: None: it was never read, so the store does not know it.
        said, remedy: how it stands, and what to do.
        frozen: its flags stay as they are until it is read again; None: it has none yet.
        at: the last time that it was read completely; None: never.
        next_at: when it is read next; None: at once, or not at all.
        left_out: why an entry of the console of this name is not in force; None: there is none.
    """

    id: int | None
    name: str
    connector: str
    state: State
    said: str
    remedy: str | None
    frozen: bool | None
    at: datetime | None
    next_at: datetime | None
    complete: Completeness
    left_out: str | None = None


def lines(
    connection: sa.Connection,
    visible: Visible,
    moment: Moment,
    configured: Sequence[Configured],
    left_out: Mapping[str, LeftOut],
) -> list[Line]:
    """All that the reader may see, those that need a hand first; without their completeness.

    Args:
        left_out: by name, entries of the console that are not in force.
    """
    found = {each.connection: each for each in _troubles(connection, visible, moment, configured)}
    rows = connection.execute(
        sa.select(CONNECTION).where(visible.connections(CONNECTION.c.id))
    ).all()
    held = {row.name: row for row in rows}
    in_force = {each.name: each for each in configured}
    unread = dict.fromkeys((*in_force, *left_out)) if visible.everything else {}
    names = [*held, *(name for name in unread if name not in held)]
    made = [
        line_of(name, held.get(name), in_force.get(name), found.get(name), moment.now,
                left_out.get(name))
        for name in names
    ]  # fmt: skip
    return sorted(made, key=lambda each: (ORDER[each.state], each.name.casefold()))


def line(
    connection: sa.Connection,
    visible: Visible,
    moment: Moment,
    configured: Sequence[Configured],
    left_out: Mapping[str, LeftOut],
    name: str,
) -> Line | None:
    """One connection with its completeness; None: there is none that the reader may see."""
    row = connection.execute(
        sa.select(CONNECTION).where(CONNECTION.c.name == name, visible.connections(CONNECTION.c.id))
    ).one_or_none()
    in_force = next((each for each in configured if each.name == name), None)
    said = in_force is not None or name in left_out
    if row is None and not (said and visible.everything):
        return None
    found = _troubles(connection, visible, moment, configured)
    trouble = next((each for each in found if each.connection == name), None)
    made = line_of(name, row, in_force, trouble, moment.now, left_out.get(name))
    (made,) = with_completeness(connection, visible, [made])
    return made


def _troubles(
    connection: sa.Connection, visible: Visible, moment: Moment, configured: Sequence[Configured]
) -> tuple[Trouble, ...]:
    intervals = {each.name: each.every for each in configured}
    return troubles(connection, visible, moment, intervals)


def line_of(
    name: str,
    row: Any | None,
    configured: Configured | None,
    trouble: Trouble | None,
    now: datetime,
    left_out: LeftOut | None = None,
) -> Line:
    """A connection in one line (pure).

    Args:
        row: of the store; None: it was never read.
        configured: None: it is not in force.
        left_out: an entry of the console that is not in force; where something is in force, it
            stands beside it, and says nothing of how the connection stands.
    """
    connector = (
        configured.connector if configured
        else row.connector if row is not None
        else left_out.connector if left_out
        else ""
    )  # fmt: skip
    state, said, remedy = _said(row, configured, trouble, now, left_out)
    at = row.complete_at if row is not None else None
    off = configured is None or not configured.enabled
    return Line(
        id=None if row is None else row.id,
        name=name,
        connector=connector,
        state=state,
        said=said,
        remedy=remedy,
        frozen=None if at is None else bool(trouble and trouble.stale) or off,
        at=at,
        next_at=None if row is None or off else row.next_pull_at,
        complete=Completeness(),
        left_out=left_out.reason if left_out else None,
    )


def _said(  # noqa: PLR0911  # one answer a state
    row: Any | None,
    configured: Configured | None,
    trouble: Trouble | None,
    now: datetime,
    left_out: LeftOut | None,
) -> tuple[State, str, str | None]:
    if configured is None:
        if left_out is not None:
            told = f"It is not in force, so it is not read: {left_out.reason}"
            return "trouble", told, "Correct its settings, or remove it."
        told = "It has left the configuration; what was read of it is kept"
        return "removed", told, None
    if not configured.enabled:
        if row is None:
            return "unfinished", "It was never switched on", "Test it, choose what is read, begin."
        return "off", "It is switched off; what was read of it is kept", None
    if being_read(row, now):
        first = row is not None and row.complete_at is None
        return (
            "reading",
            "It is being read for the first time" if first else "It is being read",
            None,
        )
    if row is None or (row.complete_at is None and row.state == "new"):
        return "new", "It waits for its first read, which begins within seconds", None
    if trouble is not None:
        return "trouble", trouble.problem.rstrip("."), trouble.remedy
    return "good", "All that it has to say was read", None


def being_read(row: Any | None, now: datetime) -> bool:
    """Whether a worker has the connection now."""
    return (
        row is not None and row.lease_owner is not None and row.lease_until is not None
        and row.lease_until > now
    )  # fmt: skip


def with_completeness(
    connection: sa.Connection, visible: Visible, made: Iterable[Line]
) -> list[Line]:
    """The lines with their completeness, for as many as are shown; it counts all projects of a
    connection, so it is for those who see them all."""
    made = list(made)
    if not visible.everything:
        return made
    rows = connection.execute(
        sa.select(SCOPE.c.connection_id, SCOPE.c.visible, SCOPE.c.stream_counts).where(
            SCOPE.c.connection_id.in_([each.id for each in made if each.id is not None])
        )
    )
    of: dict[int, list[Any]] = {}
    for row in rows:
        of.setdefault(row.connection_id, []).append(row)
    return [replace(each, complete=completeness(of.get(each.id or 0, []))) for each in made]


def completeness(scopes: Iterable[Any]) -> Completeness:
    """Of scopes, by what the last census counted (pure)."""
    ours = theirs = uncounted = lost = count = 0
    for scope in scopes:
        count += 1
        lost += not scope.visible
        known = [
            each for each in (scope.stream_counts or {}).values() if each.get("tool") is not None
        ]
        if scope.visible and not known:
            uncounted += 1
        ours += sum(min(each["store"], each["tool"]) for each in known)
        theirs += sum(each["tool"] for each in known)
    return Completeness(ours, theirs, uncounted, lost, count)


def census_text(configured: Configured) -> str | None:
    """When every id is listed; None: never."""
    if configured.census is None:
        return None
    if isinstance(configured.census, timedelta):
        return f"every {duration_text(configured.census)}"
    return str(configured.census)
