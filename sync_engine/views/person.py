"""One person: their open work in all tools, their flags, their accounts, their load by week."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from sync_engine.access import Visible
from sync_engine.flags.ledger import FLAG
from sync_engine.rules.calendars import Moment
from sync_engine.rules.filters import SEVERITY_RANKS
from sync_engine.rules.frames import connections as connections_of
from sync_engine.rules.joins import (
    ASSIGNMENT,
    CONNECTION,
    IDENTITY,
    LEAVE,
    OPEN,
    PERSON,
    PROJECT,
    TASK,
)
from sync_engine.rules.person_facts import effort_left
from sync_engine.views.compliance import Counts, counted_of_person, last_assessed
from sync_engine.views.load import Load, loads, silent
from sync_engine.views.overview import UNSOLVED
from sync_engine.views.people import flags_of

TASKS_SHOWN = 50
FLAGS_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Account:
    """An account of a tool. `active`: None: the tool does not tell."""

    connection: str
    tool: str
    id: str
    name: str
    address: str | None
    active: bool | None
    url: str | None


@dataclass(frozen=True, slots=True)
class Colleague:
    """Who leads somebody; `id` only where the reader may see them."""

    address: str
    name: str | None
    id: int | None


@dataclass(frozen=True, slots=True)
class Work:
    """An open task of theirs. `minutes`: what is left, in all; None: nobody has said."""

    title: str
    key: str | None
    url: str | None
    connection: str
    project: str | None
    status: str | None
    label: str | None
    due_on: date | None
    minutes: int | None
    shared: bool


@dataclass(frozen=True, slots=True)
class OwnFlag:
    """An unsolved flag of theirs."""

    id: int
    severity: str
    key: str | None
    title: str
    said: str
    url: str | None
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class Person:
    """All that a person's page shows.

    Args:
        counts: how what they own fared at the last full assessment; None: nothing of it was.
        weekly: minutes that they work in a week; None: nobody has said.
        more_tasks, more_flags: there are others beside those shown.
        silent: by connection of theirs: what its tool cannot tell.
        stale: connections of theirs that are out of date.
        leave: first and last day of each absence that is not over.
    """

    id: int
    name: str
    address: str | None
    lead: Colleague | None
    manager: Colleague | None
    weekly: int | None
    accounts: tuple[Account, ...]
    load: Load
    tasks: tuple[Work, ...]
    more_tasks: bool
    flags: Mapping[str, int]
    counts: Counts | None
    newest: tuple[OwnFlag, ...]
    more_flags: bool
    leave: tuple[tuple[date, date], ...]
    silent: Mapping[str, str]
    stale: tuple[str, ...]


def person(
    connection: sa.Connection,
    visible: Visible,
    moment: Moment,
    intervals: Mapping[str, timedelta],
    id: int,
) -> Person | None:
    """Somebody's page; None: there is nobody of that number whom the reader may see."""
    row = connection.execute(
        sa.select(IDENTITY).where(IDENTITY.c.id == id, visible.people())
    ).first()
    if row is None:
        return None
    tools = {tool.id: tool for tool in connections_of(connection, moment, intervals)}
    accounts = _accounts(connection, id, list(tools))
    mine = PERSON.c.identity_id == id
    theirs = {account.connection for _, account in accounts}
    held = [tool for tool in tools.values() if tool.name in theirs]
    tasks = _tasks(connection, visible, accounts)
    flags = _flags(connection, visible, id)
    absent = connection.execute(
        sa.select(LEAVE.c.first_on, LEAVE.c.last_on)
        .where(LEAVE.c.identity_id == id, LEAVE.c.last_on >= moment.today)
        .order_by(LEAVE.c.first_on)
    )
    return Person(
        id, row.name, row.email,
        _colleague(connection, visible, row.lead_email),
        _colleague(connection, visible, row.manager_email),
        row.capacity_minutes,
        tuple(account for _, account in accounts),
        loads(connection, {id: row.capacity_minutes}, mine, moment)[id],
        tasks[:TASKS_SHOWN], len(tasks) > TASKS_SHOWN,
        flags_of(connection, [id]).get(id, {}),
        counted_of_person(connection, id, last_assessed(connection)),
        flags[:FLAGS_SHOWN], len(flags) > FLAGS_SHOWN,
        tuple((each.first_on, each.last_on) for each in absent),
        silent(held), tuple(tool.name for tool in held if not tool.fresh),
    )  # fmt: skip


def _accounts(
    connection: sa.Connection, id: int, tools: list[int]
) -> list[tuple[tuple[int, str], Account]]:
    row = PERSON.c
    rows = connection.execute(
        sa.select(PERSON, CONNECTION.c.name.label("connection"), CONNECTION.c.connector)
        .select_from(PERSON.join(CONNECTION, CONNECTION.c.id == row.connection_id))
        .where(row.identity_id == id, row.gone_at.is_(None), row.connection_id.in_(tools))
        .order_by(CONNECTION.c.name, row.id)
    )
    return [
        ((each.connection_id, each.id),
         Account(each.connection, each.connector, each.id, each.name, each.email, each.active,
                 each.url))
        for each in rows
    ]  # fmt: skip


def _colleague(
    connection: sa.Connection, visible: Visible, address: str | None
) -> Colleague | None:
    if address is None:
        return None
    row = connection.execute(
        sa.select(IDENTITY.c.id, IDENTITY.c.name, visible.people().label("seen")).where(
            IDENTITY.c.email == address.casefold()
        )
    ).first()
    if row is None:
        return Colleague(address, None, None)
    return Colleague(address, row.name, row.id if row.seen else None)


def _tasks(
    connection: sa.Connection, visible: Visible, accounts: list[tuple[tuple[int, str], Account]]
) -> tuple[Work, ...]:
    """Their open tasks: what is in progress first, then by due date. One more than is shown."""
    row, before = TASK.c, ASSIGNMENT.alias()
    keys = {key for key, _ in accounts}
    earlier = (
        sa.select(before.c.position)
        .where(
            before.c.connection_id == ASSIGNMENT.c.connection_id,
            before.c.task_id == ASSIGNMENT.c.task_id,
            before.c.position < ASSIGNMENT.c.position,
            _names(before, keys),
        )
        .exists()
    )
    on = sa.and_(row.connection_id == ASSIGNMENT.c.connection_id, row.id == ASSIGNMENT.c.task_id)
    of = sa.and_(
        PROJECT.c.connection_id == row.connection_id, PROJECT.c.id == row.project_id,
        PROJECT.c.gone_at.is_(None),
    )  # fmt: skip
    origin = (
        ASSIGNMENT.join(TASK, on)
        .join(CONNECTION, CONNECTION.c.id == row.connection_id)
        .outerjoin(PROJECT, of)
    )
    begun = sa.case((row.status == "in_progress", 0), (row.status == "todo", 1), else_=2)
    rows = connection.execute(
        sa.select(
            row.title, row.key, row.url, row.connection_id, CONNECTION.c.name.label("connection"),
            PROJECT.c.name.label("project"), row.status, row.status_label, row.due_on,
            effort_left(TASK).label("minutes"), row.assignee_ids,
        )
        .select_from(origin)
        .where(
            _names(ASSIGNMENT, keys), ~earlier, row.gone_at.is_(None), row.type != "epic",
            sa.or_(row.status.in_(OPEN), row.status.is_(None)), visible.tasks(TASK),
        )
        .order_by(begun, row.due_on.is_(None), row.due_on, row.connection_id, row.id)
        .limit(TASKS_SHOWN + 1)
    )  # fmt: skip
    return tuple(
        Work(each.title, each.key, each.url, each.connection, each.project, each.status,
             each.status_label, each.due_on, each.minutes,
             not keys.issuperset((each.connection_id, one) for one in each.assignee_ids or ()))
        for each in rows
    )  # fmt: skip


def _names(given: Any, accounts: Iterable[tuple[int, str]]) -> sa.ColumnElement[bool]:
    """An assignment of one of some accounts."""
    return sa.or_(
        sa.false(),
        *(sa.and_(given.c.connection_id == c, given.c.person_id == p) for c, p in sorted(accounts)),
    )


def _flags(connection: sa.Connection, visible: Visible, id: int) -> tuple[OwnFlag, ...]:
    row = FLAG.c
    rank = sa.case(SEVERITY_RANKS, value=row.severity)
    rows = connection.execute(
        sa.select(row.id, row.severity, row.key, row.title, row.said, row.url, row.opened_at)
        .where(row.identity_id == id, row.state.in_(UNSOLVED), visible.flags(FLAG))
        .order_by(rank.desc(), row.opened_at, row.id)
        .limit(FLAGS_SHOWN + 1)
    )
    return tuple(OwnFlag(*each) for each in rows)
