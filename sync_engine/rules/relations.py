"""Tasks that stand to a subject in some relation, counted by a condition of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from sync_engine.rules import facts
from sync_engine.rules.dialect import (
    Column,
    Truth,
)
from sync_engine.rules.joins import (
    LINK,
    PERSON,
    TASK,
    count_if,
    count_unknown,
    joined,
)
from sync_engine.rules.sources import Frame, Source, StoreSource
from sync_engine.rules.task_facts import BUILDERS, owner_account


def task_source(
    frame: Frame, base: Any = None, *, root: bool = True, link: Column | None = None
) -> StoreSource:
    """Tasks as a source of facts."""
    return StoreSource(
        frame, "task", TASK.alias("t") if base is None else base, facts.of("task"), BUILDERS,
        root=root, link=link, relations=RELATIONS,
    )  # fmt: skip


def _tallied(
    source: StoreSource, grouped: Any, on: Truth, needs: tuple[str, ...]
) -> tuple[Column, Column, Truth | None]:
    name = source.unused("tally")
    source.join(name, lambda: (grouped, on))
    yes = sa.func.coalesce(grouped.c.yes, 0)
    unknown = sa.func.coalesce(grouped.c.unknown, 0)
    return yes, unknown, source.frame.provided(needs, source.base.c.connection_id)


def tally_tasks(
    key: str, needs: tuple[str, ...]
) -> Callable[[StoreSource, Callable[[Source], Truth]], tuple[Column, Column, Truth | None]]:
    """Tasks whose column `key` names the subject."""

    def tally(
        source: StoreSource, condition: Callable[[Source], Truth]
    ) -> tuple[Column, Column, Truth | None]:
        inner = task_source(source.frame, TASK.alias(), root=False)
        holds = condition(inner)
        child = inner.base
        grouped = (
            sa.select(
                child.c.connection_id,
                child.c[key].label("id"),
                count_if(holds).label("yes"),
                count_unknown(holds).label("unknown"),
            )
            .select_from(inner.origin)
            .where(child.c.gone_at.is_(None), child.c[key].is_not(None))
            .group_by(child.c.connection_id, child.c[key])
            .cte()
        )
        own = source.base.c
        on = sa.and_(grouped.c.connection_id == own.connection_id, grouped.c.id == own.id)
        return _tallied(source, grouped, on, needs)

    return tally


LINK_WORDS = {"blocks": "blocked_by", "precedes": "follows", "duplicates": "duplicated_by",
              "clones": "cloned_by"}  # fmt: skip


def _tally_links(
    source: StoreSource, condition: Callable[[Source], Truth]
) -> tuple[Column, Column, Truth | None]:
    """Both directions of every link; `link` says how the other task stands to this one."""
    row = LINK.alias()
    there = sa.select(
        row.c.connection_id, row.c.to_id.label("id"), row.c.from_id.label("other_id"), row.c.type
    ).where(row.c.gone_at.is_(None))
    turned = sa.case(LINK_WORDS, value=row.c.type, else_=row.c.type)
    back = sa.select(row.c.connection_id, row.c.from_id, row.c.to_id, turned).where(
        row.c.gone_at.is_(None)
    )
    links = there.union_all(back).subquery()
    inner = task_source(source.frame, TASK.alias(), root=False, link=links.c.type)
    holds = condition(inner)
    other = inner.base
    here = sa.and_(other.c.connection_id == links.c.connection_id, other.c.id == links.c.other_id)
    grouped = (
        sa.select(
            links.c.connection_id,
            links.c.id,
            count_if(holds).label("yes"),
            count_unknown(holds).label("unknown"),
        )
        .select_from(inner.origin.join(links, here))
        .where(other.c.gone_at.is_(None))
        .group_by(links.c.connection_id, links.c.id)
        .cte()
    )
    own = source.base.c
    on = sa.and_(grouped.c.connection_id == own.connection_id, grouped.c.id == own.id)
    return _tallied(source, grouped, on, ("link.type",))


def _per_owner(
    source: StoreSource, condition: Callable[[Source], Truth]
) -> tuple[Column, Column, Truth | None]:
    """Tasks of the same human, across tools; without an owner there is nothing to count."""
    inner = task_source(source.frame, TASK.alias(), root=False)
    holds = condition(inner)
    account = joined(inner, "peer", PERSON, "owner_id")
    grouped = (
        sa.select(
            account.c.identity_id.label("id"),
            count_if(holds).label("yes"),
            count_unknown(holds).label("unknown"),
        )
        .select_from(inner.origin)
        .where(inner.base.c.gone_at.is_(None), account.c.identity_id.is_not(None))
        .group_by(account.c.identity_id)
        .cte()
    )
    mine = owner_account(source)
    name = source.unused("per owner")
    source.join(name, lambda: (grouped, grouped.c.id == mine.c.identity_id))
    known = source.frame.provided(("task.assignee_ids",), source.base.c.connection_id)
    return grouped.c.yes, grouped.c.unknown, known


def _per_project(
    source: StoreSource, condition: Callable[[Source], Truth]
) -> tuple[Column, Column, Truth | None]:
    inner = task_source(source.frame, TASK.alias(), root=False)
    holds = condition(inner)
    child = inner.base
    grouped = (
        sa.select(
            child.c.connection_id,
            child.c.project_id.label("id"),
            count_if(holds).label("yes"),
            count_unknown(holds).label("unknown"),
        )
        .select_from(inner.origin)
        .where(child.c.gone_at.is_(None), child.c.project_id.is_not(None))
        .group_by(child.c.connection_id, child.c.project_id)
        .cte()
    )
    own = source.base.c
    on = sa.and_(grouped.c.connection_id == own.connection_id, grouped.c.id == own.project_id)
    name = source.unused("per project")
    source.join(name, lambda: (grouped, on))
    known = source.frame.provided(("task.project_id",), own.connection_id)
    return grouped.c.yes, grouped.c.unknown, known


RELATIONS: dict[str, Any] = {
    "subtask": tally_tasks("parent_id", ("task.parent_id",)),
    "linked_task": _tally_links,
    "per owner": _per_owner,
    "per project": _per_project,
}
