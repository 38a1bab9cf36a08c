"""Approvals: decisions that someone has to take on a task, and the facts of that task."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from sync_engine.rules.dialect import Column, Truth, list_entries, list_length
from sync_engine.rules.joins import APPROVAL, COMMON, OF_PROJECT, PERSON, TASK, joined, person
from sync_engine.rules.sources import NULL, Builder, StoreSource, Value


def approvals() -> Any:
    """One row an approval of a task that is there; it belongs to the first who is to decide."""
    row, task = APPROVAL.alias(), TASK.alias()
    here = sa.and_(
        task.c.connection_id == row.c.connection_id,
        task.c.id == row.c.task_id,
        task.c.gone_at.is_(None),
    )
    first = row.c.approver_ids[0].as_string()
    return (
        sa.select(
            row.c.connection_id, row.c.id, row.c.gone_at, row.c.written_at,
            row.c.name.label("step"), row.c.decision, row.c.decision_label, row.c.approver_ids,
            row.c.asked_at, row.c.decided_at, first.label("owner_id"),
            task.c.item_id, task.c.title.label("name"), task.c.key, task.c.url, task.c.project_id,
            task.c.type, task.c.status, task.c.priority, task.c.reporter_id,
        )
        .select_from(row.join(task, here))
        .where(row.c.gone_at.is_(None))
        .subquery("t")
    )  # fmt: skip


def _approvers(source: StoreSource) -> Value:
    own = source.base.c

    def some(holds: Callable[[Column], Truth]) -> Truth:
        rows, id = list_entries(own.approver_ids, source.frame.dialect)
        account = PERSON.alias()
        here = sa.and_(account.c.connection_id == own.connection_id, account.c.id == id)
        return (
            sa.select(sa.literal(1))
            .select_from(rows)
            .select_from(account)
            .where(here, sa.or_(holds(account.c.name), holds(account.c.email)))
            .correlate(source.base)
            .exists()
        )

    account = joined(source, "owner_id_account", PERSON, "owner_id")
    return Value("people", own.owner_id, any=some, shown=account.c.name)


def _requester_approves(source: StoreSource) -> Value:
    """By the account, or another of the same human. Who is in a group, nobody has told us."""
    own, asks = source.base.c, joined(source, "reporter_id_account", PERSON, "reporter_id")
    rows, id = list_entries(own.approver_ids, source.frame.dialect)
    account = PERSON.alias()

    def any_of(*where: Truth) -> Truth:
        here = sa.and_(account.c.connection_id == own.connection_id, account.c.id == id)
        found = sa.select(sa.literal(1)).select_from(rows).select_from(account).where(here, *where)
        return found.correlate(source.base, asks).exists()

    named = sa.select(sa.literal(1)).select_from(rows).where(id == own.reporter_id)
    answer = sa.case(
        (named.correlate(source.base).exists(), sa.true()),
        (any_of(account.c.identity_id == asks.c.identity_id), sa.true()),
        (any_of(account.c.kind == "group"), NULL),
        else_=sa.false(),
    )
    known = sa.and_(own.reporter_id.is_not(None), own.owner_id.is_not(None))
    return Value("yes/no", answer, known=known, null="unknown")


APPROVAL_FACTS: dict[str, Builder] = {
    **COMMON,
    **OF_PROJECT,
    "owner": person("owner_id"),
    "approver": _approvers,
    "approvers": lambda s: list_length(s.base.c.approver_ids, s.frame.dialect),
    "requester": person("reporter_id"),
    "requester_approves": _requester_approves,
    "waiting_since": lambda s: sa.case((s.base.c.decision == "pending", s.base.c.asked_at)),
}
