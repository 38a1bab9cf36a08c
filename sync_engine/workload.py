"""What people have to do, by account and week, kept: pages read it, and never all tasks.

It follows from tasks and who is assigned to them, connection by connection, whatever the day. A
person's load is that of all their accounts, so it need not be made anew when accounts of several
connections are joined. Of several in one connection, the first that is assigned to a task has it.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from sync_engine.rules.dialect import list_length
from sync_engine.rules.joins import (
    ASSIGNMENT,
    CONNECTION,
    OPEN,
    PERSON,
    TASK,
    count_if,
    is_part,
    table,
)
from sync_engine.rules.person_facts import effort_left, is_first, of_account
from sync_engine.store.engine import reading
from sync_engine.store.load_models import LoadOfAccount, LoadOfConnection, LoadOfWeek
from sync_engine.store.locks import Lock, hold
from sync_engine.store.models import Run

METHOD = "3"  # changes with the way to compute, so that what is kept is made anew
ACCOUNT, WEEK, _KEPT, _RUN = map(table, (LoadOfAccount, LoadOfWeek, LoadOfConnection, Run))
OF_ACCOUNT = ("open", "in_progress", "undated", "unmapped")
OF_WEEK = ("open", "minutes", "unsized")

Found = dict[tuple[Any, ...], dict[str, int]]
"""By what is left of the key of a table when its connection is known: its numbers."""


def monday_of(day: date) -> date:
    """The first day of a day's week."""
    return day - timedelta(days=day.weekday())


def refresh(engine: sa.Engine) -> int:
    """Bring what is kept up to date; of how many connections it was made anew."""
    count = 0
    with reading(engine) as connection:
        tools = connection.execute(
            sa.select(CONNECTION.c.id).where(CONNECTION.c.removed_at.is_(None))
        ).scalars()
        outdated = {
            id: run for id in tools if (run := _outdated(connection, id)) is not None
        }  # fmt: skip
    for id, run in outdated.items():
        with reading(engine) as connection:
            found, basis = _computed(connection, id), _basis(connection, id)
        _write(engine, id, *found, run, basis)
        count += 1
    return count


def _outdated(connection: sa.Connection, tool: int) -> int | None:
    """The last run that has ended, unless nothing was written since what is kept was made."""
    ended = sa.and_(_RUN.c.connection_id == tool, _RUN.c.ended_at.is_not(None))
    run = connection.execute(sa.select(sa.func.max(_RUN.c.id)).where(ended)).scalar_one() or 0
    kept = connection.execute(
        sa.select(_KEPT.c.run_id).where(
            _KEPT.c.connection_id == tool, _KEPT.c.basis == _basis(connection, tool)
        )
    ).scalar()
    if kept is None:
        return run
    later = sa.and_(TASK.c.connection_id == tool, TASK.c.run_id > kept)
    changed = connection.execute(sa.select(TASK.c.id).where(later).limit(1)).first()
    return None if changed is None else run


def _basis(connection: sa.Connection, tool: int) -> str:
    """Changes whenever numbers would be others though the tasks are the same: with the way to
    compute, and with who has several accounts."""
    row = PERSON.c
    mine = sa.and_(row.connection_id == tool, row.gone_at.is_(None))
    several = (
        sa.select(row.identity_id)
        .where(mine, row.identity_id.is_not(None))
        .group_by(row.identity_id)
        .having(sa.func.count() > 1)
    )
    joined = connection.execute(
        sa.select(row.identity_id, row.id).where(mine, row.identity_id.in_(several))
    )
    pairs = sorted(tuple(each) for each in joined)
    return f"{METHOD} {hashlib.sha256(repr(pairs).encode()).hexdigest()[:16]}"


def _computed(connection: sa.Connection, tool: int) -> tuple[Found, Found]:
    """The numbers of a connection: by account, and by account and week."""
    given, account = ASSIGNMENT.alias(), PERSON.alias()
    task, part = TASK.alias(), TASK.alias()
    is_open = task.c.status.in_(OPEN)
    whole = sa.exists().where(
        part.c.connection_id == task.c.connection_id,
        part.c.parent_id == task.c.id,
        is_part(part),
    )
    sized, left = sa.and_(is_open, ~whole), effort_left(task)
    heads = list_length(task.c.assignee_ids, connection.dialect.name)
    share = left // sa.case((heads > 1, heads), else_=1)
    on = sa.and_(given.c.connection_id == task.c.connection_id, given.c.task_id == task.c.id)
    first = is_first(given, account)
    rows = connection.execute(
        sa.select(
            given.c.person_id,
            task.c.due_on,
            count_if(sa.and_(is_open, first)).label("open"),
            count_if(sa.and_(task.c.status == "in_progress", first)).label("in_progress"),
            count_if(sa.and_(task.c.status.is_(None), first)).label("unmapped"),
            sa.func.coalesce(sa.func.sum(sa.case((sized, share))), 0).label("minutes"),
            count_if(sa.and_(sized, left.is_(None), first)).label("unsized"),
        )
        .select_from(task.join(given, on).outerjoin(account, of_account(given, account)))
        .where(
            task.c.connection_id == tool,
            task.c.gone_at.is_(None),
            sa.or_(is_open, task.c.status.is_(None)),
            task.c.type != "epic",
        )
        .group_by(given.c.person_id, task.c.due_on)
    )
    of_accounts: Found = defaultdict(lambda: dict.fromkeys(OF_ACCOUNT, 0))
    of_weeks: Found = defaultdict(lambda: dict.fromkeys(OF_WEEK, 0))
    for row in rows:
        total = of_accounts[row.person_id,]
        for name in ("open", "in_progress", "unmapped"):
            total[name] += int(getattr(row, name))
        if row.due_on is None:
            total["undated"] += int(row.open)
        elif row.open or row.minutes:
            week = of_weeks[row.person_id, monday_of(row.due_on)]
            for name in OF_WEEK:
                week[name] += int(getattr(row, name))
    return of_accounts, of_weeks


def _write(
    engine: sa.Engine, tool: int, of_accounts: Found, of_weeks: Found, run: int, basis: str
) -> None:
    with engine.begin() as connection:
        hold(connection, Lock.WORKLOAD)
        _replace(connection, ACCOUNT, tool, of_accounts)
        _replace(connection, WEEK, tool, of_weeks)
        connection.execute(sa.delete(_KEPT).where(_KEPT.c.connection_id == tool))
        connection.execute(sa.insert(_KEPT), {"connection_id": tool, "run_id": run, "basis": basis})


def _replace(connection: sa.Connection, into: sa.Table, tool: int, found: Found) -> None:
    """Write what differs from what is kept."""
    mine = into.c.connection_id == tool
    _, *keys = (column.name for column in into.primary_key)
    kept: Found = {
        tuple(row[key] for key in keys): {
            name: value for name, value in row.items() if name not in into.primary_key.columns
        }
        for row in connection.execute(sa.select(into).where(mine)).mappings()
    }
    going = [key for key, numbers in kept.items() if found.get(key) != numbers]
    if going:
        connection.execute(
            sa.delete(into).where(mine, *(into.c[key] == sa.bindparam(f"_{key}") for key in keys)),
            [{f"_{name}": value for name, value in zip(keys, key, strict=True)} for key in going],
        )
    rows = [
        {"connection_id": tool, **dict(zip(keys, key, strict=True)), **numbers}
        for key, numbers in found.items()
        if kept.get(key) != numbers
    ]
    if rows:
        connection.execute(sa.insert(into), rows)
