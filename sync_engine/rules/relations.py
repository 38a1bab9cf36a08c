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
    is_out_of_sight,
    joined,
)
from sync_engine.rules.sources import Frame, Measures, StoreSource, Tally
from sync_engine.rules.task_facts import BUILDERS, owner_account


def task_source(
    frame: Frame,
    base: Any = None,
    *,
    root: bool = True,
    link: Column | None = None,
    seen: Truth | None = None,
) -> StoreSource:
    """Tasks as a source of facts."""
    return StoreSource(
        frame, "task", TASK.alias("t") if base is None else base, facts.of("task"), BUILDERS,
        root=root, link=link, seen=seen, relations=RELATIONS,
    )  # fmt: skip


def sums(
    inner: StoreSource, measures: Measures, keys: list[Column], origin: Any = None, *where: Truth
) -> Any:
    """A grouped CTE of what is added up over related tasks, one row per value of the keys.

    `origin`: makes the FROM clause of the tasks' own, once the measures have joined to it all
    that they need.
    """
    summed = [expr.label(name) for name, expr in measures(inner).items()]
    there: Truth = inner.base.c.gone_at.is_(None)
    if inner.seen is not None:
        there = sa.or_(there, sa.not_(inner.seen))
    return (
        sa.select(*keys, *summed)
        .select_from(inner.origin if origin is None else origin())
        .where(there, *where)
        .group_by(*keys)
        .cte()
    )


def summed_up(grouped: Any, *keys: str) -> dict[str, Column]:
    """The sums of such a CTE, 0 where nothing is related."""
    return {
        name: sa.func.coalesce(column, 0)
        for name, column in grouped.c.items()
        if name not in ("connection_id", "id", *keys)
    }


def _tallied(source: StoreSource, grouped: Any, needs: tuple[str, ...]) -> Tally:
    own = source.base.c
    on = sa.and_(grouped.c.connection_id == own.connection_id, grouped.c.id == own.id)
    source.join(source.unused("tally"), lambda: (grouped, on))
    return summed_up(grouped), source.frame.provided(needs, own.connection_id)


def tally_tasks(key: str, needs: tuple[str, ...]) -> Callable[[StoreSource, Measures], Tally]:
    """Tasks whose column `key` names the subject."""

    def tally(source: StoreSource, measures: Measures) -> Tally:
        inner = task_source(source.frame, TASK.alias(), root=False)
        child = inner.base.c
        keys = [child.connection_id, child[key].label("id")]
        return _tallied(source, sums(inner, measures, keys, None, child[key].is_not(None)), needs)

    return tally


LINK_WORDS = {"blocks": "blocked_by", "precedes": "follows", "duplicates": "duplicated_by",
              "clones": "cloned_by"}  # fmt: skip


def _over_links(source: StoreSource, measures: Measures, links: Any) -> Tally:
    """Tasks at the `other_id` of links (connection_id, id, other_id, type).

    A task is one, however often it is linked; in conditions on the link, one by kind of link. One
    that is out of our sight (in a tool or a project that is not read) counts as one of which
    nothing but the link is known.
    """
    asked = task_source(source.frame, TASK.alias(), root=False, link=links.c.type)
    measures(asked)
    pair = [links.c.connection_id, links.c.id, links.c.other_id]
    kinds = [links.c.type] if asked.uses("link") else []
    each = sa.select(*pair, *kinds).distinct().subquery()
    link = each.c.type if kinds else None
    other = TASK.alias()
    seen = sa.not_(is_out_of_sight(other))
    inner = task_source(source.frame, other, root=False, link=link, seen=seen)
    here = sa.and_(other.c.connection_id == each.c.connection_id, other.c.id == each.c.other_id)
    keys: list[Column] = [each.c.connection_id, each.c.id]
    grouped = sums(inner, measures, keys, lambda: inner.joined_to(each.outerjoin(other, here)))
    return _tallied(source, grouped, ("link.type",))


def _tally_links(source: StoreSource, measures: Measures) -> Tally:
    """Both directions of every link; `link` says how the other task stands to this one."""
    row = LINK.alias()
    there = sa.select(
        row.c.connection_id, row.c.to_id.label("id"), row.c.from_id.label("other_id"), row.c.type
    ).where(row.c.gone_at.is_(None))
    turned = sa.case(LINK_WORDS, value=row.c.type, else_=row.c.type)
    back = sa.select(row.c.connection_id, row.c.from_id, row.c.to_id, turned).where(
        row.c.gone_at.is_(None)
    )
    return _over_links(source, measures, there.union_all(back).subquery())


def _tally_blockers(source: StoreSource, measures: Measures) -> Tally:
    """Tasks that block the subject, as the fact `blockers` counts them."""
    row = LINK.alias()
    links = sa.select(
        row.c.connection_id, row.c.to_id.label("id"), row.c.from_id.label("other_id"), row.c.type
    ).where(row.c.gone_at.is_(None), row.c.type == "blocks")
    return _over_links(source, measures, links.subquery())


def _per_owner(source: StoreSource, measures: Measures) -> Tally:
    """Tasks of the same human, across tools; without an owner there is nothing to count."""
    inner = task_source(source.frame, TASK.alias(), root=False)
    account = joined(inner, "peer", PERSON, "owner_id")
    grouped = sums(inner, measures, [account.c.identity_id.label("id")], None,
                   account.c.identity_id.is_not(None))  # fmt: skip
    mine = owner_account(source)
    source.join(source.unused("per owner"), lambda: (grouped, grouped.c.id == mine.c.identity_id))
    known = source.frame.provided(("task.assignee_ids",), source.base.c.connection_id)
    return dict(grouped.c.items()), known


def _per_project(source: StoreSource, measures: Measures) -> Tally:
    inner = task_source(source.frame, TASK.alias(), root=False)
    child, own = inner.base.c, source.base.c
    keys = [child.connection_id, child.project_id.label("id")]
    grouped = sums(inner, measures, keys, None, child.project_id.is_not(None))
    on = sa.and_(grouped.c.connection_id == own.connection_id, grouped.c.id == own.project_id)
    source.join(source.unused("per project"), lambda: (grouped, on))
    known = source.frame.provided(("task.project_id",), own.connection_id)
    return dict(grouped.c.items()), known


RELATIONS: dict[str, Any] = {
    "subtask": tally_tasks("parent_id", ("task.parent_id",)),
    "linked_task": _tally_links,
    "blocker": _tally_blockers,
    "per owner": _per_owner,
    "per project": _per_project,
}
