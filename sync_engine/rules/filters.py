"""The same language as a filter of tasks and flags: command line, console, digests."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from sync_engine.rules import facts
from sync_engine.rules.calendars import Moment
from sync_engine.rules.compile import compiled
from sync_engine.rules.frames import frame_for
from sync_engine.rules.joins import COMMON, OF_PROJECT, person, table
from sync_engine.rules.language import read
from sync_engine.rules.relations import task_source
from sync_engine.rules.resolve import resolve
from sync_engine.rules.sources import Builder, Frame, StoreSource, Value
from sync_engine.store.flag_models import FlagRow

FLAG = table(FlagRow)
SEVERITY_RANKS = {"info": 1, "low": 2, "medium": 3, "high": 4, "critical": 5}
SECONDS = 2.0
"""What a filter may take; run it within `limits.limited`."""


def check(condition: str, subject: str) -> None:
    """Raise `LanguageError` unless a condition makes sense for a subject."""
    resolve(read(condition), subject)


def filter_tasks(
    connection: sa.Connection, condition: str | None, moment: Moment
) -> sa.Select[Any]:
    """Live tasks for which a condition is true, with the columns that lists show.

    Columns: those of the task's table, and connection, tool, project, owner by name.
    """
    source = task_source(frame_for(connection, moment))
    where = sa.true() if condition is None else _compiled(condition, "task", source)
    owner = person("owner_id")(source)
    project = OF_PROJECT["project"](source)
    named: dict[str, Any] = {
        "connection": COMMON["connection"](source),
        "tool": COMMON["tool"](source),
        "project": project.expr if isinstance(project, Value) else project,
        "owner": owner.shown if isinstance(owner, Value) else owner,
    }
    columns = [column for name, column in source.base.c.items() if name not in ("hash", "item_id")]
    live = source.live()
    return (
        sa.select(*columns, *(sa.label(name, column) for name, column in named.items()))
        .select_from(source.origin)
        .where(live, where)
        .order_by(source.base.c.connection_id, source.base.c.id)
    )


def filter_flags(
    condition: str | None, moment: Moment, dialect: str, flag: sa.FromClause | None = None
) -> sa.Select[Any]:
    """Flags for which a condition is true, all columns, the most severe and oldest first.

    `flag`: what has the columns of the table of flags, in its place.
    """
    flag = FLAG.alias("t") if flag is None else flag
    where = sa.true() if condition is None else flag_condition(condition, moment, dialect, flag)
    rank = sa.case(SEVERITY_RANKS, value=flag.c.severity)
    return sa.select(flag).where(where).order_by(rank.desc(), flag.c.opened_at, flag.c.id)


def flag_condition(
    condition: str, moment: Moment, dialect: str, flag: sa.FromClause
) -> sa.ColumnElement[bool]:
    """A condition on an alias of the table of flags, for a WHERE."""
    source = StoreSource(
        Frame(moment, dialect), "flag", flag, facts.of("flag"), _BUILDERS, keys=("id", None)
    )
    return _compiled(condition, "flag", source)


def _compiled(condition: str, subject: str, source: StoreSource) -> sa.ColumnElement[bool]:
    return compiled(resolve(read(condition), subject), source)


def _owner(source: StoreSource) -> Value:
    row = source.base.c
    return Value("person", row.owner, names=(row.owner, row.owner_email))


_BUILDERS: dict[str, Builder] = {
    "severity": lambda s: sa.case(SEVERITY_RANKS, value=s.base.c.severity),
    "owner": _owner,
    "frozen": lambda s: s.base.c.frozen_at.is_not(None),
}
